/* SPDX-License-Identifier: GPL-2.0-only */
/* The process itself: background, pid file, privileges, service manager. Spec 07 section 5. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <uv.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "net/privilege.h"

/**
 * process_background() - --daemon: fork, new session, standard descriptors to /dev/null
 *
 * The parent ends with status 0 inside this function. Under a service manager that wants readiness
 * nothing is forked and "READY=0" is sent. Call before the event loop exists and before any
 * thread was started. Without --daemon nothing happens.
 *
 * Return: 0, or ERR_SYSTEM.
 */
int process_background(const struct config *cfg, struct log_sink *sink, const struct log *log,
		       struct err *err) MUST_CHECK;

/* The file of --writepid. All zero is "none". */
struct pid_file {
	char path[4096]; /* absolute: the working directory may change */
	pid_t owner;	 /* only this process removes it, no child of it */
};

/** pid_file_write() - call after process_background(). Return: 0, or the fatal "Open error on pid
 * file %s". */
int pid_file_write(struct pid_file *f, const struct config_process *cfg,
		   struct err *err) MUST_CHECK;
/** pid_file_remove() - at the end; with chroot nothing happens, as it is out of reach */
void pid_file_remove(struct pid_file *f, const struct config_process *cfg);

/** process_tune() - --nice and --mlock, once, after process_background() */
int process_tune(const struct config_process *cfg, const struct log *log,
		 struct err *err) MUST_CHECK;

/* chroot, group, user: looked up at start, applied once. */
struct process_privileges {
	struct privilege_identity id;
	const char *chroot_dir; /* NULL: none; borrowed from the configuration */
	bool wanted;		/* any of the three is configured */
	bool applied;
};

/**
 * process_privileges_init() - look the names up
 *
 * Return: 0, or the fatal "failed to find UID for user %s".
 */
int process_privileges_init(struct process_privileges *p, const struct config *cfg,
			    struct err *err) MUST_CHECK;

/**
 * process_privileges_apply() - chroot and become the user, at most once in a process
 * @at_start: true: initialisation; false: it is complete. At the start nothing happens with pull or
 *            up-delay, except for the notes that it comes later.
 * @dco: the data plane is in the kernel, which needs CAP_NET_ADMIN later: not keeping it is fatal
 *
 * Return: 0, or ERR_* which is fatal.
 */
int process_privileges_apply(struct process_privileges *p, const struct config *cfg, bool at_start,
			     bool dco, const struct log *log, struct err *err) MUST_CHECK;

/** process_privileges_dco_possible() - whether DCO works after the change of identity, which may
 * have been made already; logs why not */
bool process_privileges_dco_possible(const struct process_privileges *p, const struct log *log);

/**
 * process_check_capability() - whether this process may do to the network what @cfg asks for
 *
 * A device that somebody else made and set up (ifconfig-noexec) can be had without.
 *
 * Return: 0, or ERR_PRIVILEGE with a line that names CAP_NET_ADMIN and the remedies.
 */
int process_check_capability(const struct config *cfg, struct err *err) MUST_CHECK;

/** process_notify_ready() - options and first initialisations are done */
void process_notify_ready(void);
/** process_notify_up() - "Initialization Sequence Completed", with or without errors */
void process_notify_up(bool with_errors);
/** process_notify_reloading(), process_notify_stopping() - around SIGHUP, before the end */
void process_notify_reloading(void);
void process_notify_stopping(void);
/** process_notify_failed() - the start ends with status 1 */
void process_notify_failed(const char *why);

/* Signs of life for the service manager, twice as often as it asks for. All zero is "off". */
struct process_watchdog {
	uv_timer_t timer;
	bool open;
};

/** process_watchdog_start() - nothing happens unless the service manager wants it; does not keep
 * the loop running */
void process_watchdog_start(struct process_watchdog *w, uv_loop_t *loop);
/** process_watchdog_stop() - @w may be released when the loop ran once more */
void process_watchdog_stop(struct process_watchdog *w);

/** process_leave_directory() - --daemon: chdir to "/" at the end of initialisation unless --cd */
void process_leave_directory(const struct config_process *cfg, const struct log *log);
