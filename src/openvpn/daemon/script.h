/* SPDX-License-Identifier: GPL-2.0-only */
/* The hooks at which programs of the administrator run. Spec 03 section 3.11, spec 04 section 6. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "net/process.h"

enum script_hook {
	SCRIPT_UP,
	SCRIPT_DOWN,
	SCRIPT_ROUTE_UP,
	SCRIPT_ROUTE_PRE_DOWN,
	SCRIPT_IPCHANGE,
	SCRIPT_TLS_VERIFY,
	SCRIPT_TLS_CRYPT_V2_VERIFY,
	SCRIPT_USER_PASS_VERIFY,
	SCRIPT_CLIENT_CONNECT,
	SCRIPT_CLIENT_DISCONNECT,
	SCRIPT_CLIENT_CRRESPONSE,
	SCRIPT_LEARN_ADDRESS,
	SCRIPT_HOOKS /* their number */
};

enum {
	SCRIPT_ARGS_MAX = 6
};

/* Runs programs for one daemon. Members are private; set up by script_runner_init(). */
struct script_runner {
	uv_loop_t *loop;
	struct process_policy policy;
	struct log log;
	const struct config_scripts *scripts;
};

/** script_runner_init() - @loop and @scripts are borrowed; @loop may be NULL without script_start()
 */
void script_runner_init(struct script_runner *r, uv_loop_t *loop,
			const struct config_scripts *scripts, const struct log *log);

/** script_configured() - whether a program is configured for @hook */
bool script_configured(const struct script_runner *r, enum script_hook hook);

/**
 * script_run() - run the program of a hook and wait for it
 * @env: what it gets; script_type is set in it
 * @args: @n arguments, each one word, added to those of the command
 * @exit_code: NULL, or gets 0..254, or -1 when it did not run or was killed
 *
 * A failure is logged as a warning here, except for hooks whose failure is fatal (up, down,
 * route-pre-down): the caller ends the process with @err. For auth-user-pass-verify an exit code
 * other than 0 is a result and not logged.
 *
 * Return: 0 when nothing is configured or it succeeded, else ERR_SCRIPT with the line in @err.
 */
int script_run(struct script_runner *r, enum script_hook hook, struct env *env,
	       const char *const *args, size_t n, int *exit_code, struct err *err);

struct script_wait;

/**
 * script_start() - the same without waiting
 * @done: called once from the loop; failures were logged as by script_run()
 * @out: NULL, or gets the handle for script_abandon(); invalid once @done was called
 *
 * Return: 0 when started, ERR_NOT_FOUND when nothing is configured, ERR_SCRIPT when it could not be
 * started (@done is not called then).
 */
int script_start(struct script_runner *r, enum script_hook hook, struct env *env,
		 const char *const *args, size_t n, process_done_fn done, void *ctx,
		 struct script_wait **out, struct err *err) MUST_CHECK;
/** script_abandon() - @done will not be called; the program runs on */
void script_abandon(struct script_wait *w);

/* Arguments of up, down, route-pre-down. Addresses are "" or NULL when unset. */
struct script_device {
	const char *dev;
	unsigned int mtu;
	const char *local;
	const char *remote_or_netmask;
	bool restart; /* "restart", else "init" */
};

/** script_up() ... - with their arguments; script_context is set in @env. Errors are fatal. */
int script_up(struct script_runner *r, struct env *env, const struct script_device *dev,
	      struct err *err) MUST_CHECK;
int script_down(struct script_runner *r, struct env *env, const struct script_device *dev,
		struct err *err) MUST_CHECK;
int script_route_pre_down(struct script_runner *r, struct env *env, const struct script_device *dev,
			  struct err *err) MUST_CHECK;

/** script_route_up(), script_ipchange() - failures are logged only */
void script_route_up(struct script_runner *r, struct env *env);
/** @addr: of the peer; given as one argument "[AF_INET]address port" */
void script_ipchange(struct script_runner *r, struct env *env, const union sock_addr *addr);

/**
 * script_tls_verify() - judge one certificate; logs "VERIFY SCRIPT OK" or "VERIFY SCRIPT ERROR"
 *
 * Return: 0, or ERR_CERT.
 */
int script_tls_verify(struct script_runner *r, struct env *env, unsigned int depth,
		      const char *subject) MUST_CHECK;

/**
 * script_learn_address() - "add", "update" or "delete" of an address
 * @cn: common name; NULL for delete
 */
int script_learn_address(struct script_runner *r, struct env *env, const char *op, const char *addr,
			 const char *cn) MUST_CHECK;
