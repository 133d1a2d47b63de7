/* SPDX-License-Identifier: GPL-2.0-only */
/* From arguments to a running client or server and back; SIGHUP begins again. Spec 04 section 3. */
#include "daemon/app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "crypto/cipher.h"
#include "crypto/kdf.h"
#include "crypto/library.h"
#include "daemon/client.h"
#include "daemon/backend_choice.h"
#include "daemon/commands.h"
#include "daemon/credentials.h"
#include "daemon/environment.h"
#include "daemon/negotiation_setup.h"
#include "daemon/server.h"
#include "daemon/status_file.h"
#include "dco.h"

#define RUN_DIR "/run/openvpn"

/* ---- what lower layers ask ---- */

static int host_log_file(void *ctx, const char *path, bool append)
{
	struct app *app = ctx;

	return log_sink_open_file(app->sink, path, append) < 0 ? EACCES : 0;
}

static void host_log_syslog(void *ctx, const char *ident)
{
	struct app *app = ctx;

	log_sink_open_syslog(app->sink, ident);
}

static void host_log_format(void *ctx, const struct config_log *log)
{
	struct app *app = ctx;

	log_sink_set_verb(app->sink, log->verb);
	log_sink_set_mute(app->sink, log->mute);
	log_sink_set_timestamps(app->sink, !log->suppress_timestamps);
	log_sink_set_machine_readable(app->sink, log->machine_readable);
	log_sink_set_errors_to_stderr(app->sink, log->errors_to_stderr);
}

static bool host_cipher(void *ctx, const char *name, char *out, size_t cap)
{
	const struct cipher_info *info = cipher_by_name(name);

	(void)ctx;
	if (!info || !cipher_available(info))
		return false;
	return str_copy(out, cap, info->name);
}

static bool host_tls1_prf(void *ctx)
{
	(void)ctx;
	return tls1_prf_self_test() == 0;
}

static void forget_key_password(struct app *app)
{
	secret_free(app->key_password);
	app->key_password = NULL;
}

static int ask_key_password(struct app *app, char *out, struct err *err)
{
	struct prompter prompter = prompter_console();

	return password_obtain(&prompter, "Private Key", app->cfg->tls.askpass_file, out, err);
}

static int keep_key_password(struct app *app, struct err *err)
{
	int ret;

	app->key_password = secret_alloc(USER_PASS_MAX);
	if (!app->key_password)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = ask_key_password(app, app->key_password, err);
	if (ret < 0)
		forget_key_password(app);
	return ret;
}

const char *app_chroot_to_come(const struct app *app)
{
	return app->chrooted ? NULL : app->cfg->process.chroot_dir;
}

int app_key_password(void *user, char *buf, size_t cap)
{
	struct app *app = user;
	struct err err = {0};
	bool kept = app->key_password != NULL;
	int ret = kept ? 0 : keep_key_password(app, &err);

	/* the library's buffer may be smaller than a passphrase of ours */
	if (ret == 0 && !str_copy(buf, cap, app->key_password))
		ret = err_set(&err, ERR_LIMIT, "the private key's passphrase is too long");
	if (!kept || app->cfg->auth.nocache)
		forget_key_password(app);
	if (ret < 0)
		log_error(&app->log, "%s", err.text);
	return ret;
}

const struct dco_backend *app_backend(struct app *app, const struct config *cfg, struct err *err)
{
	const struct dco_backend *found = backend_choose(cfg, app->kernel_allowed, &app->log, err);

	app->offload = found && backend_is_kernel(found);
	return found;
}

const struct dco_backend *app_expected_backend(const struct app *app, const struct config *cfg)
{
	struct log quiet = log_init(NULL, "");
	struct err err;

	return backend_choose(cfg, app->kernel_allowed, &quiet, &err);
}

bool app_expects_offload(const struct app *app, const struct config *cfg,
			 const struct negotiated *neg)
{
	const struct dco_backend *found = app_expected_backend(app, cfg);

	return found && backend_is_kernel(found) && (!neg || backend_suits(found, neg));
}

/* What says nothing about the kernel's abilities. */
static bool may_pass(int code)
{
	switch (code) {
	case ERR_EXISTS: /* the peer id */
	case ERR_NO_PEER:
	case ERR_NO_DEVICE: /* an event says so, too */
	case ERR_NOMEM:
	case ERR_AGAIN:
	case ERR_CLOSED:
		return true;
	default:
		return false;
	}
}

bool app_offload_refused(struct app *app, int code)
{
	if (may_pass(code) && !app->offload_starved) {
		app->offload_starved = true;
		return false;
	}
	if (app->kernel_allowed)
		log_warn(
			&app->log,
			"Note: data channel offload does not work here, continuing without it until SIGHUP.");
	app->kernel_allowed = false;
	return true;
}

void app_offload_works(struct app *app)
{
	app->offload_starved = false;
}

/* ---- one run ---- */

static void format_status(void *ctx, struct str *out)
{
	struct app *app = ctx;

	if (app->client)
		client_status(app->client, out);
	if (app->server)
		server_status(app->server, 0, out);
}

static void on_signal(void *ctx, int signum)
{
	struct app *app = ctx;

	if (signum == SIGUSR2) {
		status_log(&app->log, format_status, app);
		if (app->server)
			server_log_lateness(app->server);
		return;
	}
	if (app->client)
		client_signal(app->client);
	if (app->server)
		server_signal(app->server);
}

void app_finished(struct app *app, enum app_outcome outcome)
{
	if (app->outcome == APP_RUNNING)
		app->outcome = outcome;
	uv_stop(app->loop);
}

static void forget_start_dir(struct app *app)
{
	if (app->start_dir >= 0)
		close(app->start_dir);
	app->start_dir = -1;
}

static int drop_privileges(struct app *app, bool at_start, struct err *err)
{
	if (app->cfg->process.chroot_dir && !app->privileges.applied) {
		forget_start_dir(app);
		app->chrooted = true;
	}
	return process_privileges_apply(&app->privileges, app->cfg, at_start,
					!at_start && app->offload, &app->log, err);
}

int app_initialised(struct app *app, bool with_errors, struct err *err)
{
	int ret = drop_privileges(app, false, err);

	if (ret == 0)
		process_notify_up(with_errors);
	return ret;
}

/* Kept over SIGHUP, but for the options. */
static int set_credentials(struct app *app, struct err *err)
{
	struct credentials_config c = credentials_config_from(app->cfg);

	if (app->credentials)
		credentials_reconfigure(app->credentials, &c);
	else
		app->credentials = credentials_new(&c, &app->log);
	return app->credentials ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static int remap(enum config_signal s)
{
	switch (s) {
	case CONFIG_SIGHUP:
		return SIGHUP;
	case CONFIG_SIGTERM:
		return SIGTERM;
	case CONFIG_SIGNAL_NONE:
		break;
	}
	return 0;
}

int app_credentials(struct app *app, struct err *err)
{
	int ret = credentials_prepare(app->credentials, err);

	if (ret == ERR_AGAIN) {
		struct prompter prompter = prompter_console();

		ret = credentials_ask(app->credentials, &prompter, err);
	}
	return ret;
}

/* Steps between the checks and the first packet that happen once a process (spec 07 section 5.1).
 */
static int start_process(struct app *app, struct err *err)
{
	int ret = process_background(app->cfg, app->sink, &app->log, err);

	/* The loop would not survive a fork. */
	if (ret == 0 && uv_loop_init(app->loop))
		return err_set(err, ERR_SYSTEM, "cannot make an event loop");
	app->loop_open = ret == 0;

	if (ret == 0)
		ret = pid_file_write(&app->pid_file, &app->cfg->process, err);
	if (ret == 0)
		ret = process_tune(&app->cfg->process, &app->log, err);
	return ret;
}

static int open_system(struct app *app, struct err *err)
{
	struct err journal = {0};
	int ret = netlink_open(&app->log, &app->nl, err);

	if (ret < 0)
		return ret;
	if (route_journal_open(RUN_DIR, app->nl, &app->log, &app->journal, &journal) < 0) {
		log_info(&app->log, 3, "Note: changed routes are not recorded: %s", journal.text);
		app->journal = NULL;
	}
	return 0;
}

/* What could not be opened again after --user: it is kept over SIGHUP, as far as it still fits. */
static int open_with_privileges(struct app *app, struct err *err)
{
	const struct config_process *process = &app->cfg->process;

	if (!app->dns || !dns_runner_is_privileged(app->dns)) {
		dns_runner_free(app->dns);
		app->dns = dns_runner_new(app->cfg, &app->scripts.policy, &app->log, &app->rng);
	}
	if (!app->dns)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (app->status && !status_file_is(app->status, process->status_file)) {
		status_file_close(app->status);
		app->status = NULL;
	}
	if (!app->status && process->status_file)
		app->status = status_file_open(process->status_file, &app->log);
	if (process->user && !app->privileges.applied)
		return dns_runner_keep_privileges(app->dns, err);
	return 0;
}

static int run_setup(struct app *app, bool first, struct err *err)
{
	const struct config *cfg = app->cfg;
	int ret;

	app->env = env_new();
	if (!app->env)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = first ? process_check_capability(cfg, err) : 0;
	if (ret == 0)
		ret = crypto_setup_check(cfg, err);
	if (ret == 0)
		ret = set_credentials(app, err);
	if (ret == 0)
		ret = app_credentials(app, err); /* while there still is a terminal */
	/* before chroot takes the file away */
	if (ret == 0 && cfg->tls.askpass && !app->key_password)
		ret = keep_key_password(app, err);
	if (ret == 0 && first)
		ret = process_privileges_init(&app->privileges, cfg, err);
	if (ret == 0 && first)
		ret = start_process(app, err);
	if (ret == 0 && first)
		ret = open_system(app, err);
	if (ret < 0)
		return ret;
	environment_add_start(app->env, cfg, getpid(), clock_now().unix_sec);
	app->start_env = env_clone(app->env);
	if (!app->start_env)
		return err_set(err, ERR_NOMEM, "out of memory");
	signal_state_init(&app->signals, remap(cfg->process.remap_usr1));
	app->signals.early_usr1_is_hup = !cfg->process.from_stdin;
	script_runner_init(&app->scripts, app->loop, &cfg->scripts, &app->log);
	if (first && cfg->mode != CONFIG_MODE_SERVER)
		dns_recover(NULL, &app->scripts.policy, &app->log);
	app->offload_starved = false;
	app->kernel_allowed = process_privileges_dco_possible(&app->privileges, &app->log);
	ret = open_with_privileges(app, err);
	/* a server opens its sockets and its device first: app_initialised() */
	if (ret == 0 && cfg->mode != CONFIG_MODE_SERVER)
		ret = drop_privileges(app, true, err);
	return ret;
}

static int run_start(struct app *app, struct err *err)
{
	int ret =
		signal_watch_new(&app->watch, app->loop, &app->signals, &app->log, on_signal, app);

	if (ret < 0)
		return err_set(err, ret, "cannot watch signals: %s", err_text(ret));
	if (app->cfg->mode == CONFIG_MODE_SERVER)
		ret = server_start(app, &app->server, err);
	else
		ret = client_start(app, &app->client, err);
	if (ret < 0)
		return ret;
	if (app->status)
		status_file_start(app->status, app->loop, app->cfg->process.status_sec,
				  format_status, app);
	process_watchdog_start(&app->watchdog, app->loop);
	process_notify_ready();
	process_leave_directory(&app->cfg->process, &app->log);
	return 0;
}

/* What is opened for the whole life of the process stays: see app_fini(). */
static void run_cleanup(struct app *app)
{
	if (app->status)
		status_file_stop(app->status);
	client_free(app->client);
	app->client = NULL;
	server_free(app->server);
	app->server = NULL;
	if (app->dns)
		dns_runner_down(app->dns);
	process_watchdog_stop(&app->watchdog);
	if (app->watch)
		signal_watch_close(app->watch);
	app->watch = NULL;
	if (app->loop_open)
		uv_run(app->loop, UV_RUN_DEFAULT); /* the last close callbacks */
	env_free(app->env);
	env_free(app->start_env);
	app->env = app->start_env = NULL;
}

/* One run until a signal or a fatal error ends it. Return: whether to begin again (SIGHUP). */
static bool run_once(struct app *app, bool first, struct err *err)
{
	int ret = run_setup(app, first, err);
	bool again = false;

	app->outcome = APP_RUNNING;
	if (ret == 0)
		ret = run_start(app, err);
	if (ret == 0)
		uv_run(app->loop, UV_RUN_DEFAULT);
	if (ret < 0) {
		log_fatal(&app->log, "%s", err->text);
		process_notify_failed(err->text);
		app->outcome = APP_FATAL;
	}
	again = app->outcome == APP_SIGNAL && signal_pending(&app->signals) == SIGHUP;
	if (again)
		process_notify_reloading();
	else
		process_notify_stopping();
	run_cleanup(app);
	return again;
}

/* ---- configuration ---- */

/* Option errors come without timestamp and with a hint (spec 04 conventions). */
static void report_parse_error(struct app *app, int code, const struct err *err)
{
	if (code == ERR_USAGE) {
		log_sink_set_timestamps(app->sink, false);
		log_fatal(&app->log, "%s", err->text);
		log_fatal(&app->log, "Use --help for more information.");
		return;
	}
	log_fatal(&app->log, "%s", err->text);
	log_fatal(&app->log, "Exiting due to fatal error");
}

/* Notes in order; complaints about options come without timestamp, as all of their kind. */
static void log_report(struct app *app, struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		struct config_note *n = &report->note[i];
		bool option_error = n->klass == LOG_CLASS_ERROR && n->verb == 0;

		if (option_error)
			log_sink_set_timestamps(app->sink, false);
		if (log_enabled(&app->log, n->verb))
			log_write(&app->log, n->klass, n->verb, n->text, "%s", n->text);
		if (option_error)
			log_sink_set_timestamps(app->sink, !app->cfg->log.suppress_timestamps);
	}
	if (report->dropped)
		log_warn(&app->log, "%zu notes about the configuration were lost", report->dropped);
	config_report_fini(report);
}

/*
 * Relative names mean the directory in which the program was started, also after SIGHUP. A
 * directory outside must not stay open in a chroot, so there the names are looked up inside.
 */
static void enter_start_dir(struct app *app)
{
	if (app->start_dir < 0)
		app->start_dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (fchdir(app->start_dir))
		log_warn(&app->log, "cannot return to the start directory: %s (errno=%d)",
			 strerror(errno), errno);
}

/*
 * --providers, before anything asks which ciphers there are. The ones of a configuration before are
 * given back afterwards: what both name stays loaded, also where its file is out of reach by now.
 */
static int load_providers(struct app *app, struct err *err)
{
	const struct config *cfg = app->cfg;
	size_t n = cfg->crypto.providers.count;
	const char **names = calloc(n + 1, sizeof(*names));
	struct crypto_library *lib = NULL;
	int ret;

	if (!names)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		names[i] = cfg->crypto.providers.at[i];
	ret = crypto_library_load(n ? names : NULL, &lib, err);
	free(names);
	if (ret < 0)
		return ret;
	crypto_library_free(app->crypto);
	app->crypto = lib;
	return 0;
}

/* Return: -1 to go on, else the exit status. */
static int load_config(struct app *app)
{
	struct config_report report = {0};
	struct err err = {0};
	int ret, status;

	if (!app->chrooted)
		enter_start_dir(app);
	config_free(app->cfg);
	app->cfg = config_new();
	if (!app->cfg)
		return 1;
	ret = config_parse_command_line(app->cfg, app->argc, app->argv, &app->host, &report, &err);
	if (ret == 0)
		ret = load_providers(app, &err);
	if (ret == 0 && app->cfg->command.kind != CONFIG_RUN) {
		log_report(app, &report);
		config_report_fini(&report);
		status = command_run(app->cfg, &app->log);
		if (status >= 0)
			return status;
	}
	if (ret == 0)
		host_log_format(app, &app->cfg->log);
	if (ret == 0)
		ret = config_finish(app->cfg, &app->host, &report, &err);
	host_log_format(app, &app->cfg->log);
	if (ret == 0 && app->cfg->command.kind == CONFIG_DCO_CHECK) {
		config_report_fini(&report); /* a table is asked for, nothing starts */
		return -1;
	}
	log_report(app, &report);
	if (ret == 0) {
		config_dump(app->cfg, &report);
		config_warnings(app->cfg, &report);
		log_report(app, &report);
	}
	config_report_fini(&report);
	if (ret == 0)
		return -1;
	report_parse_error(app, ret, &err);
	return 1;
}

static int app_main(struct app *app)
{
	struct err err = {0};
	bool first = true, again;
	int status;

	do {
		status = load_config(app);
		if (status >= 0)
			return status;
		if (app->cfg->command.kind == CONFIG_DCO_CHECK)
			return command_dco_check(app->cfg, &app->log);
		if (!app->cfg->tun.disable_dco)
			backend_load_driver();
		version_log(&app->log);
		if (app->cfg->command.kind == CONFIG_TEST_CRYPTO)
			return command_test_crypto(app->cfg, &app->log);
		again = run_once(app, first, &err);
		first = false;
	} while (again);
	if (app->outcome == APP_FATAL) {
		log_fatal(&app->log, "Exiting due to fatal error");
		return 1;
	}
	return 0;
}

static void app_fini(struct app *app)
{
	dns_runner_free(app->dns);
	status_file_close(app->status);
	if (app->cfg)
		pid_file_remove(&app->pid_file, &app->cfg->process);
	credentials_free(app->credentials);
	forget_key_password(app);
	route_journal_close(app->journal);
	netlink_close(app->nl);
	config_free(app->cfg);
	if (app->loop_open) {
		uv_run(app->loop, UV_RUN_DEFAULT); /* the status file's last callback */
		uv_loop_close(app->loop);
	}
	forget_start_dir(app);
	crypto_library_free(app->crypto);
	log_sink_free(app->sink);
}

int app_run(int argc, char **argv)
{
	uv_loop_t loop;
	struct app app = {
		.argc = argc,
		.argv = argv,
		.loop = &loop,
		.sink = log_sink_new(),
		.rng = rng_system(),
		.start_dir = -1,
	};
	int status;

	if (!app.sink)
		return 1;
	app.log = log_init(app.sink, "");
	app.host = (struct config_host){
		.ctx = &app,
		.log_to_file = host_log_file,
		.log_to_syslog = host_log_syslog,
		.log_format = host_log_format,
		.cipher_canonical = host_cipher,
		.has_tls1_prf = host_tls1_prf,
	};
	status = app_main(&app);
	app_fini(&app);
	return status;
}
