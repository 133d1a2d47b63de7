/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals of the process, from outside and from within: one pending signal with rank, source and
 * reason. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include <uv.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/log.h"

enum {
	SIGNAL_TEXT_MAX = 128
};

/* Who asked for it; shown as "hard", "soft", "connection failed(soft)". */
enum signal_source {
	SIGNAL_SOFT,		  /* the daemon itself */
	SIGNAL_HARD,		  /* the operating system or the management interface */
	SIGNAL_CONNECTION_FAILED, /* the daemon, because an attempt to connect failed */
};

/* What the process is doing decides which signals from outside count. */
enum signal_phase {
	SIGNAL_PHASE_INIT,    /* only SIGINT and SIGTERM */
	SIGNAL_PHASE_RUN,     /* all */
	SIGNAL_PHASE_LEAVING, /* sending exit notifications: only SIGINT and SIGTERM, which end it
			       */
};

enum signal_scope {
	SIGNAL_SCOPE_PROCESS,
	SIGNAL_SCOPE_CLIENT_INSTANCE,
};

/* Of one process, or of one client instance of a server. */
struct signal_state {
	int signum; /* pending: SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2; 0 is none */
	enum signal_source source;
	char text[SIGNAL_TEXT_MAX];
	enum signal_phase phase;
	int remap_usr1; /* SIGHUP, SIGTERM or 0 */
	/* a hard SIGUSR1 during initialisation counts as SIGHUP */
	bool early_usr1_is_hup;
};

/** signal_state_init() - nothing pending, phase INIT; @remap_usr1 is SIGHUP, SIGTERM or 0 */
void signal_state_init(struct signal_state *s, int remap_usr1);

/**
 * signal_raise() - make a signal pending
 * @text: reason, e.g. "ping-restart"; NULL for none
 *
 * A pending signal is only replaced by one of equal or higher rank: INT, TERM, HUP, USR1, USR2.
 * In phase LEAVING a soft SIGHUP or SIGUSR1 becomes the end of the process.
 *
 * Return: whether it is pending now.
 * Spec: 03 section 3.14, 3.9.9.
 */
bool signal_raise(struct signal_state *s, const struct log *log, int signum,
		  enum signal_source source, const char *text);

/** signal_pending() - the pending signal number with remap-usr1 applied, or 0 */
int signal_pending(const struct signal_state *s);

/** signal_clear() - nothing pending any more; the phase stays */
void signal_clear(struct signal_state *s);

/**
 * signal_settle() - apply remap-usr1 to the pending signal
 *
 * The signal stays pending until signal_clear(), so that scripts see it in their environment.
 *
 * Return: the signal to obey, or 0 when none is pending.
 */
int signal_settle(struct signal_state *s);

/** signal_log() - say that the pending signal is obeyed; for a process the last line of its life */
void signal_log(const struct signal_state *s, const struct log *log, enum signal_scope scope);

/** signal_act() - signal_settle() and signal_log() at once */
int signal_act(struct signal_state *s, const struct log *log, enum signal_scope scope);

/** signal_name() - "SIGUSR1" for SIGUSR1 ...; "UNKNOWN" for a number that is not ours */
const char *signal_name(int signum);

/** signal_number() - the reverse of signal_name() for the five of ours; 0 if unknown */
int signal_number(const char *name);

/** signal_reason() - what scripts and management are told: the text, or "sigterm", or "UNKNOWN" */
const char *signal_reason(const struct signal_state *s);

/** signal_export() - set the variable `signal` for down-type hooks */
void signal_export(const struct signal_state *s, struct env *env);

/* Called on the control loop after a signal from outside became pending, or came as SIGUSR2. */
typedef void (*signal_fn)(void *ctx, int signum);

struct signal_watch;

/**
 * signal_watch_new() - turn signals of the operating system into pending ones
 * @state: borrowed until signal_watch_close(); SIGUSR2 is reported to @fn only, never made pending
 *
 * SIGPIPE is ignored by the process from now on.
 *
 * Return: 0, or ERR_NOMEM / ERR_SYSTEM with nothing watched.
 */
int signal_watch_new(struct signal_watch **out, uv_loop_t *loop, struct signal_state *state,
		     const struct log *log, signal_fn fn, void *ctx) MUST_CHECK;

/** signal_watch_close() - stop watching; memory is released when the loop ran once more */
void signal_watch_close(struct signal_watch *w);
