/* SPDX-License-Identifier: GPL-2.0-only */
/* What one process has: loop, log, configuration, signals. Owned by main.c, passed down. */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "base/random.h"
#include "config/config.h"
#include "config/parse.h"
#include "daemon/dns.h"
#include "daemon/process_setup.h"
#include "daemon/script.h"
#include "daemon/signals.h"
#include "net/netlink.h"
#include "net/process.h"
#include "net/route_set.h"

struct client;
struct server;
struct dco_backend;
struct negotiated;
struct credentials;
struct status_file;

enum app_outcome {
	APP_RUNNING,
	APP_SIGNAL, /* the pending signal says what comes next */
	APP_FATAL,  /* the line has been logged */
};

struct app {
	int argc;
	char **argv;
	uv_loop_t *loop; /* once loop_open: made after going into the background */
	bool loop_open;
	struct log_sink *sink;
	struct log log;
	struct config_host host;       /* callbacks for parsing, also of pushed options */
	struct config *cfg;	       /* of the present run; replaced by SIGHUP */
	struct crypto_library *crypto; /* what --providers loaded */
	struct env *env;	       /* what scripts get */
	struct env *start_env;	       /* the same before the first connection */
	struct rng rng;
	struct signal_state signals;
	struct signal_watch *watch;
	struct netlink *nl;
	struct route_journal *journal;
	struct script_runner scripts;
	struct dns_runner *dns;
	struct process_privileges privileges;
	bool kernel_allowed;  /* the data plane may be in the kernel: its capability can be kept */
	bool offload;	      /* it is */
	bool offload_starved; /* it refused the last peer or key, for the moment: once more */
	struct pid_file pid_file;
	int start_dir; /* where relative names begin; -1: not open */
	bool chrooted;
	struct process_watchdog watchdog;
	struct credentials *credentials;
	char *key_password; /* of --askpass, secret memory; NULL: ask when it is wanted */
	struct status_file *status;
	enum app_outcome outcome;
	struct client *client; /* one of the two */
	struct server *server;
};

/**
 * app_run() - parse, run until the end, and clean up
 *
 * Return: the exit status of the process: 0 for an end by signal, 1 for errors.
 */
int app_run(int argc, char **argv);

/** app_chroot_to_come() - the directory of --chroot until that is done, then NULL */
const char *app_chroot_to_come(const struct app *app);

/** app_key_password() - tls_password_fn: the passphrase of a private key; @user is the app */
int app_key_password(void *user, char *buf, size_t cap);

/** app_credentials() - read or ask what credentials_wire() needs. Return: 0 or a fatal error. */
int app_credentials(struct app *app, struct err *err);

/** app_backend() - the data plane for these options; NULL with @err when there is none */
const struct dco_backend *app_backend(struct app *app, const struct config *cfg, struct err *err);

/** app_expected_backend() - what app_backend() would choose, without a word; NULL for nothing */
const struct dco_backend *app_expected_backend(const struct app *app, const struct config *cfg);

/**
 * app_expects_offload() - whether app_backend() would choose the kernel, without a word about it
 * @neg: what was negotiated with the peer must suit it too; NULL before that
 */
bool app_expects_offload(const struct app *app, const struct config *cfg,
			 const struct negotiated *neg);

/**
 * app_offload_refused() - the kernel refuses a peer or its first key with ERR_* @code
 *
 * What may pass, like want of memory, is forgiven once; app_offload_works() starts anew.
 *
 * Return: whether offload is given up, until SIGHUP (spec 05 section 1.19).
 */
bool app_offload_refused(struct app *app, int code);

/** app_offload_works() - the kernel has a peer with a key */
void app_offload_works(struct app *app);

/** app_finished() - the client or server has ended; called once, from the loop */
void app_finished(struct app *app, enum app_outcome outcome);

/**
 * app_initialised() - the tunnel is up: drop privileges if that is still due, tell the service
 * manager
 * @with_errors: some route is missing
 *
 * Return: 0, or ERR_* with the fatal line in @err.
 */
int app_initialised(struct app *app, bool with_errors, struct err *err) MUST_CHECK;
