/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.9: programs that are run on events. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/internal.h"

int opt_check_script(const struct opt *o, const char *command, bool in_chroot)
{
	char where[320], store[CONFIG_LINE_MAX + CONFIG_TOKENS_MAX + 2];
	const char *words[CONFIG_TOKENS_MAX];
	const char *program = command;
	const char *root = o->cfg->process.chroot_dir;
	struct str path = str_init();
	struct err ignored;
	int errnum;
	int count;

	snprintf(where, sizeof(where), "%.255s:%u", o->src->name, o->src->line);
	/* what cannot be split is taken as the program's name */
	count = config_tokenise(command, strlen(command), where, words, store, sizeof(store), NULL,
				&ignored);
	if (count > 0)
		program = words[0];
	if (count == 0) {
		config_report_add(
			o->p->report, LOG_CLASS_ERROR, 0,
			"Options error: --%s script fails with '%s': No path to executable.",
			o->name, command);
		return opt_error(o, "Please correct this error.");
	}
	if (in_chroot && root)
		str_addf(&path, "%s/%s", root, program);
	else
		str_add(&path, program);
	errnum = host_access(o->p->host, str_text(&path), X_OK);
	if (errnum)
		config_report_add(o->p->report, LOG_CLASS_ERROR, 0,
				  "Options error: --%s script fails with '%s': %s (errno=%d)",
				  o->name, program, strerror(errnum), errnum);
	str_fini(&path);
	return errnum ? opt_error(o, "Please correct this error.") : 0;
}

static int auth_verify_apply(struct opt *o)
{
	struct config_scripts *s = &o->cfg->scripts;
	int ret;

	if (o->argc > 2)
		return opt_error(
			o,
			"the --%s directive should have at most 2 parameters.  To pass a list of arguments as one of the parameters, try enclosing them in double quotes (\"\").",
			o->name);
	if (o->argc < 2)
		return opt_error(
			o,
			"--auth-user-pass-verify requires a second parameter ('via-env' or 'via-file')");
	if (strcmp(o->arg[1], "via-env") != 0 && strcmp(o->arg[1], "via-file") != 0)
		return opt_error(
			o,
			"second parm to --auth-user-pass-verify must be 'via-env' or 'via-file'");
	ret = opt_check_script(o, o->arg[0], true);
	if (ret < 0)
		return ret;
	if (s->auth_user_pass_verify)
		opt_warn(
			o,
			"Multiple --%s scripts defined.  The previously configured script is overridden.",
			o->name);
	s->auth_user_pass_via_file = strcmp(o->arg[1], "via-file") == 0;
	return value_text(o, o->arg[0], &s->auth_user_pass_verify);
}

static const struct option_row rows[] = {
	{.name = "up",
	 .args = "cmd",
	 .help = "run after the device was opened",
	 .groups = GROUP_SCRIPT,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.up),
	 WORKS("gets the driver's device")},
	{.name = "up-delay",
	 .help = "open the device only when connected",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(scripts.up_delay),
	 APART},
	{.name = "up-restart",
	 .help = "run up and down also on restarts that keep the device",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(scripts.up_restart),
	 APART},
	{.name = "down",
	 .args = "cmd",
	 .help = "run after the device was closed",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.down),
	 WORKS("gets the driver's device")},
	{.name = "down-pre",
	 .help = "run down before the device is closed",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(scripts.down_pre),
	 APART},
	{.name = "route-up",
	 .args = "cmd",
	 .help = "run after routes were added",
	 .groups = GROUP_SCRIPT,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.route_up),
	 WORKS("gets the driver's device")},
	{.name = "route-pre-down",
	 .args = "cmd",
	 .help = "run before routes are removed",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.route_pre_down),
	 WORKS("gets the driver's device")},
	{.name = "tls-verify",
	 .args = "cmd",
	 .help = "judge each certificate of the peer's chain",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_COMMAS | F_TLS,
	 IF_BUILT(ALWAYS),
	 SCRIPT(scripts.tls_verify),
	 APART},
	{.name = "tls-export-cert",
	 .args = "dir",
	 .help = "give tls-verify the certificate in a file",
	 .groups = GROUP_SCRIPT,
	 .flags = F_TLS,
	 IF_BUILT(ALWAYS),
	 TEXT(scripts.tls_export_cert_dir),
	 APART},
	{.name = "tls-crypt-v2-verify",
	 .args = "cmd",
	 .help = "judge the metadata of a tls-crypt-v2 client key",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 TEXT(scripts.tls_crypt_v2_verify),
	 APART},
	{.name = "auth-user-pass-verify",
	 .args = "cmd via-env|via-file",
	 .help = "judge user name and password",
	 .groups = GROUP_SCRIPT,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(1, MANY, auth_verify_apply),
	 APART},
	{.name = "client-connect",
	 .args = "cmd",
	 .help = "run when a client has logged in",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_SERVER,
	 IF_BUILT(SERVER),
	 SCRIPT(scripts.client_connect),
	 APART},
	{.name = "client-disconnect",
	 .args = "cmd",
	 .help = "run when a client has gone",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_SERVER,
	 IF_BUILT(SERVER),
	 SCRIPT(scripts.client_disconnect),
	 WORKS("gets the kernel's last counters")},
	{.name = "client-crresponse",
	 .args = "cmd",
	 .help = "judge the answer to a challenge",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_SERVER,
	 IF_BUILT(SERVER),
	 SCRIPT(scripts.client_crresponse),
	 APART},
	{.name = "learn-address",
	 .args = "cmd",
	 .help = "run when an address of a client is learned or forgotten",
	 .groups = GROUP_SCRIPT,
	 .flags = F_CHROOT | F_SERVER,
	 IF_BUILT(SERVER),
	 SCRIPT(scripts.learn_address),
	 WORKS("asked before the kernel gets the route")},
};

const struct option_table table_scripts = {"Scripts", rows, ARRAY_SIZE(rows)};
