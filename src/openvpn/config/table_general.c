/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.1: files, logging, the process. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static void log_format_changed(const struct opt *o)
{
	const struct config_host *host = o->p->host;

	if (host && host->log_format)
		host->log_format(host->ctx, &o->cfg->log);
}

static int help_apply(struct opt *o)
{
	o->cfg->command.kind = CONFIG_HELP;
	o->cfg->command.immediate = true;
	return 0;
}

static int version_apply(struct opt *o)
{
	o->cfg->command.kind = CONFIG_VERSION;
	o->cfg->command.immediate = true;
	return 0;
}

static int cd_apply(struct opt *o)
{
	const struct config_host *host = o->p->host;
	int errnum;

	if (host && host->change_dir)
		errnum = host->change_dir(host->ctx, o->arg[0]);
	else
		errnum = chdir(o->arg[0]) == 0 ? 0 : errno;
	if (errnum)
		return opt_fatal(o, "cd to '%s' failed: %s (errno=%d)", o->arg[0], strerror(errnum),
				 errnum);
	return value_text(o, o->arg[0], &o->cfg->process.cd);
}

static int start_syslog(struct opt *o)
{
	struct config_process *pr = &o->cfg->process;
	const struct config_host *host = o->p->host;

	if (o->argc > 0) {
		if (pr->progname && o->cfg->log.syslog) {
			opt_warn(
				o,
				"WARNING: Multiple --daemon directives specified, ignoring --daemon %s. (Note that initscripts sometimes add their own --daemon directive.)",
				o->arg[0]);
		} else {
			int ret = value_text(o, o->arg[0], &pr->progname);

			if (ret < 0)
				return ret;
		}
	}
	if (!o->cfg->log.syslog && host && host->log_to_syslog)
		host->log_to_syslog(host->ctx, pr->progname ? pr->progname : "openvpn");
	o->cfg->log.syslog = true;
	return 0;
}

static int daemon_apply(struct opt *o)
{
	o->cfg->process.daemon = true;
	return start_syslog(o);
}

static int log_apply(struct opt *o)
{
	const struct config_host *host = o->p->host;
	bool append = strcmp(o->name, "log-append") == 0;

	if (o->cfg->log.file)
		return 0; /* the first one wins */
	if (host && host->log_to_file) {
		int errnum = host->log_to_file(host->ctx, o->arg[0], append);

		if (errnum) {
			opt_warn(
				o,
				"Warning: Error redirecting stdout/stderr to --log file: %s: %s (errno=%d)",
				o->arg[0], strerror(errnum), errnum);
			return 0;
		}
	}
	o->cfg->log.file_append = append;
	return value_text(o, o->arg[0], &o->cfg->log.file);
}

static int log_format_apply(struct opt *o)
{
	struct config_log *log = &o->cfg->log;

	if (strcmp(o->name, "suppress-timestamps") == 0)
		log->suppress_timestamps = true;
	else if (strcmp(o->name, "machine-readable-output") == 0)
		log->machine_readable = true;
	else
		log->errors_to_stderr = true;
	if (!opt_is_pushed(o))
		log_format_changed(o);
	return 0;
}

static int verb_apply(struct opt *o)
{
	uint32_t verb;
	int ret = value_u31(o, o->arg[0], &verb);

	if (ret < 0)
		return ret;
	o->cfg->log.verb = verb > 15 ? 15 : verb;
	o->cfg->log.verb_set = true;
	return 0;
}

static int nice_apply(struct opt *o)
{
	o->cfg->process.nice_set = true;
	return value_i32(o, o->arg[0], &o->cfg->process.nice);
}

static int status_apply(struct opt *o)
{
	int ret = o->argc > 1 ? value_u31(o, o->arg[1], &o->cfg->process.status_sec) : 0;

	return ret < 0 ? ret : value_text(o, o->arg[0], &o->cfg->process.status_file);
}

static int echo_apply(struct opt *o)
{
	struct str text = str_init();
	const char *copy = NULL;
	int ret = 0;

	for (size_t i = 0; i < o->argc; i++)
		str_addf(&text, "%s%s", i > 0 ? " " : "", o->arg[i]);
	if (text.len > 255)
		opt_warn(o, "echo/parameter option overflow");
	else {
		if (str_starts(str_text(&text), "msg"))
			opt_info(o, "%s:%s", opt_is_pushed(o) ? "ECHO-PULL" : "ECHO",
				 str_text(&text));
		ret = value_text(o, str_text(&text), &copy);
		if (ret == 0)
			LIST_ADD(o->cfg, &o->cfg->echo, copy);
	}
	str_fini(&text);
	return ret;
}

static int remap_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "SIGHUP") == 0)
		o->cfg->process.remap_usr1 = CONFIG_SIGHUP;
	else if (strcmp(o->arg[0], "SIGTERM") == 0)
		o->cfg->process.remap_usr1 = CONFIG_SIGTERM;
	else
		return opt_error(o, "--remap-usr1 parm must be 'SIGHUP' or 'SIGTERM'");
	return 0;
}

static int set_variable(struct opt *o, const char *prefix, const char *name, const char *value)
{
	struct config_setenv entry = {0};
	struct str s = str_init();
	int ret = 0;

	str_add(&s, prefix);
	for (const char *c = name; *c; c++)
		if (isalnum((unsigned char)*c) || *c == '_')
			str_add_len(&s, c, 1);
	if (s.len == strlen(prefix))
		ret = opt_error(o, "%s: invalid name", o->name);
	else if (*prefix && s.len > 63)
		ret = opt_error(o, "setenv_str_safe: name overflow");
	if (ret == 0)
		ret = value_text(o, str_text(&s), &entry.name);
	if (ret == 0)
		ret = value_text(o, value, &entry.value);
	if (ret == 0)
		LIST_ADD_ITEM(o->cfg, &o->cfg->setenv, &entry);
	str_fini(&s);
	return ret;
}

static int setenv_apply(struct opt *o)
{
	const char *name = o->arg[0];

	if (strcmp(name, "GENERIC_CONFIG") == 0)
		return opt_error(o, "this is a generic configuration and cannot directly be used");
	if (strcmp(name, "REMOTE_RANDOM_HOSTNAME") == 0 && o->argc == 1) {
		o->cfg->remote_random_hostname = true;
		return 0;
	}
	if (strcmp(name, "PUSH_PEER_INFO") == 0 && o->argc == 1) {
		o->cfg->push_peer_info = true;
		return 0;
	}
	if (strcmp(name, "SERVER_POLL_TIMEOUT") == 0 && o->argc == 2)
		return value_u31(o, o->arg[1], &o->ce->connect_timeout_sec);
	if (strcmp(name, "FORWARD_COMPATIBLE") == 0 && o->argc == 2 && strcmp(o->arg[1], "1") == 0)
		o->cfg->forward_compatible = true;
	return set_variable(o, "", name, o->argc > 1 ? o->arg[1] : "");
}

static int setenv_safe_apply(struct opt *o)
{
	return set_variable(o, "OPENVPN_", o->arg[0], o->argc > 1 ? o->arg[1] : "");
}

static int ignore_unknown_apply(struct opt *o)
{
	for (size_t i = 0; i < o->argc; i++) {
		const char *name = o->arg[i];
		int ret = value_text(o, str_starts(name, "--") ? name + 2 : name, &name);

		if (ret < 0)
			return ret;
		LIST_ADD(o->cfg, &o->cfg->ignore_unknown, name);
	}
	return 0;
}

static int compat_mode_apply(struct opt *o)
{
	unsigned int major, minor, patch;

	if (sscanf(o->arg[0], "%u.%u.%u", &major, &minor, &patch) != 3 || major > 99 ||
	    minor > 99 || patch > 99)
		return opt_error(o, "cannot parse version number for --compat-mode: %s", o->arg[0]);
	o->cfg->process.compat_version = major * 10000 + minor * 100 + patch;
	return 0;
}

static int providers_apply(struct opt *o)
{
	LIST_CLEAR(&o->cfg->crypto.providers); /* the last occurrence counts, whole */
	for (size_t i = 0; i < o->argc; i++) {
		const char *name;
		int ret = value_text(o, o->arg[i], &name);

		if (ret < 0)
			return ret;
		LIST_ADD(o->cfg, &o->cfg->crypto.providers, name);
	}
	return 0;
}

enum {
	PLUGINS_MAX = 16,
};

/* One extra parameter is split like a line; several are taken as they are. */
static int plugin_apply(struct opt *o)
{
	char where[320], store[CONFIG_LINE_MAX + CONFIG_TOKENS_MAX + 2];
	const char *words[CONFIG_TOKENS_MAX];
	const char *const *args = o->arg + 1;
	size_t argc = o->argc - 1;
	struct config_plugin plugin = {0};

	if (o->cfg->plugins.count >= PLUGINS_MAX)
		return opt_error(o, "plugin add failed: %s", o->arg[0]);
	if (argc == 1) {
		snprintf(where, sizeof(where), "%.255s:%u", o->src->name, o->src->line);

		int ret = config_tokenise(args[0], strlen(args[0]), where, words, store,
					  sizeof(store), NULL, o->p->err);

		if (ret < 0)
			return ret;
		argc = (size_t)ret;
		args = words;
	}

	const char **copy = pool_alloc(o->cfg->pool, (argc + 1) * sizeof(*copy));

	for (size_t i = 0; i < argc && copy; i++)
		copy[i] = pool_strdup(o->cfg->pool, args[i]);
	plugin.argc = argc;
	plugin.argv = copy;
	LIST_ADD_ITEM(o->cfg, &o->cfg->plugins, &plugin);
	return value_text(o, o->arg[0], &o->cfg->plugins.at[o->cfg->plugins.count - 1].path);
}

static const struct option_row rows[] = {
	{.name = "help",
	 .help = "show this text",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, help_apply),
	 APART},
	{.name = "version",
	 .help = "show version, libraries and build features",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, version_apply),
	 APART},
	{.name = "config",
	 .args = "file",
	 .help = "read options from a file (\"stdin\": standard input)",
	 .groups = GROUP_CONFIG,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, include_apply),
	 APART},
	{.name = "cd",
	 .args = "dir",
	 .help = "change the directory before what follows",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, cd_apply),
	 APART},
	{.name = "chroot",
	 .args = "dir",
	 .help = "confine the process to a directory after initialisation",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(process.chroot_dir),
	 APART},
	{.name = "user",
	 .args = "name",
	 .help = "switch to this user after initialisation",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(process.user),
	 WORKS("one capability, CAP_NET_ADMIN, is kept; where that is not allowed offload is not used")},
	{.name = "group",
	 .args = "name",
	 .help = "switch to this group after initialisation",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(process.group),
	 WORKS("one capability, CAP_NET_ADMIN, is kept")},
	{.name = "setcon",
	 .args = "context",
	 .help = "apply an SELinux context (other builds only)",
	 .groups = GROUP_GENERAL,
	 .status = OPTION_ABSENT,
	 ARGS(1, 1),
	 REFUSED},
	{.name = "daemon",
	 .args = "[name]",
	 .help = "go to the background, log to syslog under that name",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, daemon_apply),
	 APART},
	{.name = "syslog",
	 .args = "[name]",
	 .help = "log to syslog, stay in the foreground",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, start_syslog),
	 APART},
	{.name = "log",
	 .args = "file",
	 .help = "log to a file which is emptied first",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, log_apply),
	 APART},
	{.name = "log-append",
	 .args = "file",
	 .help = "log to the end of a file",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, log_apply),
	 APART},
	{.name = "suppress-timestamps",
	 .help = "no time in front of log lines",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, log_format_apply),
	 APART},
	{.name = "machine-readable-output",
	 .help = "log lines as \"seconds.microseconds flags text\"",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, log_format_apply),
	 APART},
	{.name = "errors-to-stderr",
	 .help = "fatal errors go to standard error",
	 .groups = GROUP_MESSAGES,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, log_format_apply),
	 APART},
	{.name = "verb",
	 .args = "n",
	 .help = "amount of log lines: 0 errors, 1-4 normal, 5 and above debugging",
	 .groups = GROUP_MESSAGES,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, verb_apply),
	 APART},
	{.name = "mute",
	 .args = "n",
	 .help = "log at most n consecutive lines of one kind",
	 .groups = GROUP_MESSAGES,
	 IF_BUILT(ALWAYS),
	 U31(log.mute),
	 APART},
	{.name = "writepid",
	 .args = "file",
	 .help = "write the process id to a file",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(process.writepid),
	 APART},
	{.name = "nice",
	 .args = "n",
	 .help = "adjust the priority of the process",
	 .groups = GROUP_NICE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, nice_apply),
	 APART},
	{.name = "mlock",
	 .help = "keep all memory out of swap",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(process.mlock),
	 APART},
	{.name = "status",
	 .args = "file [seconds]",
	 .help = "write a status file every 60 or so many seconds",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, status_apply),
	 WORKS("counters come from the kernel")},
	{.name = "status-version",
	 .args = "1|2|3",
	 .help = "format of a server's status file",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 RANGE(process.status_version, 1, 3, "status-version"),
	 APART},
	{.name = "echo",
	 .args = "[word ...]",
	 .help = "pass words to the management interface",
	 .groups = GROUP_ECHO,
	 IF_BUILT(ALWAYS),
	 FN(0, MANY, echo_apply),
	 APART},
	{.name = "parameter",
	 .args = "[word ...]",
	 .help = "the same as --echo",
	 .groups = GROUP_ECHO,
	 IF_BUILT(ALWAYS),
	 FN(0, MANY, echo_apply),
	 APART},
	{.name = "tmp-dir",
	 .args = "dir",
	 .help = "where files for scripts are made",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(process.tmp_dir),
	 APART},
	{.name = "remap-usr1",
	 .args = "SIGHUP|SIGTERM",
	 .help = "turn every SIGUSR1 into another signal",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, remap_apply),
	 APART},
	{.name = "script-security",
	 .args = "0|1|2|3",
	 .help = "0 no programs, 1 network tools, 2 also scripts, 3 also with passwords",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 RANGE(scripts.security, 0, 3, "script-security"),
	 APART},
	{.name = "setenv",
	 .args = "name [value]",
	 .help = "set a variable for scripts; \"setenv opt X\" softens an unknown X",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, setenv_apply),
	 APART},
	{.name = "setenv-safe",
	 .args = "name [value]",
	 .help = "set OPENVPN_name for scripts",
	 .groups = GROUP_SETENV,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, setenv_safe_apply),
	 APART},
	{.name = "ignore-unknown-option",
	 .args = "name ...",
	 .help = "only warn when these options are unknown",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, ignore_unknown_apply),
	 APART},
	{.name = "compat-mode",
	 .args = "version",
	 .help = "use defaults which fit peers of that version (x.y.z)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 2, compat_mode_apply),
	 OBSTACLE("below 2.6.0 it allows compression, below 2.4.0 ciphers that the driver lacks",
		  "set --allow-compression no, or a version of at least 2.6.0")},
	{.name = "disable-occ",
	 .help = "no comparison of options between peers without TLS",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(crypto.disable_occ),
	 APART},
	{.name = "gremlin",
	 .args = "mask",
	 .help = "fault injection (debug builds only)",
	 .groups = GROUP_GENERAL,
	 .status = OPTION_ABSENT,
	 ARGS(1, 1),
	 REFUSED},
	{.name = "engine",
	 .args = "[name]",
	 .help = "ignored, current TLS libraries have no engines; see --providers",
	 .groups = GROUP_GENERAL,
	 NO_OP,
	 ARGS(0, 1),
	 .kind = KIND_IGNORED,
	 .label = "Note: OpenSSL hardware crypto engine functionality is not available"},
	{.name = "providers",
	 .args = "name ...",
	 .help = "modules of the TLS library to load first",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, providers_apply),
	 APART},
	{.name = "prng",
	 .args = "digest [length]",
	 .help = "ignored",
	 .groups = GROUP_ANY,
	 NO_OP,
	 ARGS(1, 2),
	 .kind = KIND_IGNORED,
	 .label = "NOTICE: --prng option ignored (SSL library PRNG is used)"},
	{.name = "use-prediction-resistance",
	 .help = "ignored",
	 .groups = GROUP_GENERAL,
	 NO_OP,
	 ARGS(0, 0),
	 .kind = KIND_IGNORED,
	 .label = "NOTICE: --use-prediction-resistance option ignored (SSL library PRNG is used)"},
	{.name = "plugin",
	 .args = "path [argument ...]",
	 .help = "load a plugin",
	 .groups = GROUP_PLUGIN,
	 IF_BUILT(PLUGIN),
	 FN(1, MANY, plugin_apply),
	 APART},
	{.name = "iproute",
	 .args = "program",
	 .help = "ignored, network settings are made by system calls",
	 .groups = GROUP_GENERAL,
	 NO_OP,
	 ARGS(1, 1),
	 .kind = KIND_IGNORED,
	 .label =
		 "NOTICE: --iproute option ignored (network settings are made without an external program)"},
	{.name = "fast-io",
	 .help = "ignored",
	 .groups = GROUP_GENERAL,
	 NO_OP,
	 ARGS(0, 0),
	 .kind = KIND_IGNORED,
	 .label = "DEPRECATED OPTION: --fast-io option ignored."},
	{.name = "persist-tun",
	 .help = "keep device and routes across restarts of the connection",
	 .groups = GROUP_PERSIST,
	 IF_BUILT(ALWAYS),
	 FLAG(process.persist_tun),
	 WORKS("the device stays, its peer is new")},
	{.name = "persist-key",
	 .help = "ignored, keys are always kept",
	 .groups = GROUP_PERSIST,
	 NO_OP,
	 ARGS(0, 0),
	 .kind = KIND_IGNORED,
	 .label =
		 "DEPRECATED OPTION: --persist-key option ignored. Keys are now always persisted across restarts. "},
	{.name = "persist-local-ip",
	 .help = "keep the resolved local address across restarts",
	 .groups = GROUP_PERSIST_IP,
	 IF_BUILT(PERSIST_LOCAL_IP),
	 FLAG(process.persist_local_ip),
	 APART},
	{.name = "persist-remote-ip",
	 .help = "keep the peer's last authenticated address across restarts",
	 .groups = GROUP_PERSIST_IP,
	 IF_BUILT(ALWAYS),
	 FLAG(process.persist_remote_ip),
	 APART},
};

const struct option_table table_general = {"General, logging, process", rows, ARRAY_SIZE(rows)};
