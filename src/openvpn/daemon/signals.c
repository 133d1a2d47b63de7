/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/signals.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/thread.h"

/* Of falling rank; the rank of a row is its place. */
static const struct {
	int signum;
	const char *name;
	const char *lower;
} signal_table[] = {
	{.signum = SIGINT, .name = "SIGINT", .lower = "sigint"},
	{.signum = SIGTERM, .name = "SIGTERM", .lower = "sigterm"},
	{.signum = SIGHUP, .name = "SIGHUP", .lower = "sighup"},
	{.signum = SIGUSR1, .name = "SIGUSR1", .lower = "sigusr1"},
	{.signum = SIGUSR2, .name = "SIGUSR2", .lower = "sigusr2"},
};

static const char *const source_names[] = {
	[SIGNAL_SOFT] = "soft",
	[SIGNAL_HARD] = "hard",
	[SIGNAL_CONNECTION_FAILED] = "connection failed(soft)",
};

static const char *const scope_names[] = {
	[SIGNAL_SCOPE_PROCESS] = "process",
	[SIGNAL_SCOPE_CLIENT_INSTANCE] = "client-instance",
};

/* Place in the table; beyond its end for anything else, 0 (none) included. */
static size_t signal_row(int signum)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(signal_table) && signal_table[i].signum != signum)
		i++;
	return i;
}

void signal_state_init(struct signal_state *s, int remap_usr1)
{
	*s = (struct signal_state){.remap_usr1 = remap_usr1};
}

static bool is_restart(int signum)
{
	return signum == SIGHUP || signum == SIGUSR1;
}

bool signal_raise(struct signal_state *s, const struct log *log, int signum,
		  enum signal_source source, const char *text)
{
	if (signal_row(signum) == ARRAY_SIZE(signal_table))
		return false;
	if (s->phase == SIGNAL_PHASE_INIT && s->early_usr1_is_hup && source == SIGNAL_HARD &&
	    signum == SIGUSR1)
		signum = SIGHUP;
	if (s->phase == SIGNAL_PHASE_LEAVING && is_restart(signum)) {
		if (source == SIGNAL_HARD)
			return false;
		log_info(log, 1, "Converting soft %s received during exit notification to SIGTERM",
			 signal_name(signum));
		signum = SIGTERM;
		source = SIGNAL_SOFT;
		text = "exit-with-notification";
	}
	if (s->signum && signal_row(signum) > signal_row(s->signum))
		return false;
	s->signum = signum;
	s->source = source;
	str_copy(s->text, sizeof(s->text), text ? text : "");
	return true;
}

int signal_pending(const struct signal_state *s)
{
	return s->signum == SIGUSR1 && s->remap_usr1 ? s->remap_usr1 : s->signum;
}

void signal_clear(struct signal_state *s)
{
	s->signum = 0;
	s->source = SIGNAL_SOFT;
	s->text[0] = '\0';
}

int signal_settle(struct signal_state *s)
{
	s->signum = signal_pending(s);
	return s->signum;
}

void signal_log(const struct signal_state *s, const struct log *log, enum signal_scope scope)
{
	if (!s->signum || s->signum == SIGUSR2)
		return;
	log_info(log, 1, "%s[%s,%s] received, %s %s", signal_name(s->signum),
		 source_names[s->source], s->text, scope_names[scope],
		 is_restart(s->signum) ? "restarting" : "exiting");
}

int signal_act(struct signal_state *s, const struct log *log, enum signal_scope scope)
{
	int signum = signal_settle(s);

	signal_log(s, log, scope);
	return signum;
}

const char *signal_name(int signum)
{
	size_t i = signal_row(signum);

	return i < ARRAY_SIZE(signal_table) ? signal_table[i].name : "UNKNOWN";
}

int signal_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(signal_table); i++) {
		if (!strcmp(signal_table[i].name, name))
			return signal_table[i].signum;
	}
	return 0;
}

const char *signal_reason(const struct signal_state *s)
{
	size_t i = signal_row(s->signum);

	if (s->text[0])
		return s->text;
	return i < ARRAY_SIZE(signal_table) ? signal_table[i].lower : "UNKNOWN";
}

void signal_export(const struct signal_state *s, struct env *env)
{
	env_set(env, "signal", signal_reason(s));
}

struct signal_watch {
	uv_signal_t handles[ARRAY_SIZE(signal_table)];
	size_t open;
	struct signal_state *state;
	struct log log;
	signal_fn fn;
	void *ctx;
};

static void on_signal(uv_signal_t *handle, int signum)
{
	struct signal_watch *w = handle->data;
	const char *text = NULL;

	assume_control_thread();
	if (w->state->phase != SIGNAL_PHASE_RUN && signum != SIGINT && signum != SIGTERM)
		return;
	if (signum == SIGUSR2) {
		w->fn(w->ctx, signum);
		return;
	}
	if (w->state->phase == SIGNAL_PHASE_INIT)
		text = "init_instance";
	if (signal_raise(w->state, &w->log, signum, SIGNAL_HARD, text))
		w->fn(w->ctx, signum);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct signal_watch *w = handle->data;

	if (--w->open == 0)
		free(w);
}

int signal_watch_new(struct signal_watch **out, uv_loop_t *loop, struct signal_state *state,
		     const struct log *log, signal_fn fn, void *ctx)
{
	struct signal_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_NOMEM;
	w->state = state;
	w->log = *log;
	w->fn = fn;
	w->ctx = ctx;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(signal_table); i++) {
		if (uv_signal_init(loop, &w->handles[i]) != 0)
			goto fail;
		w->handles[i].data = w;
		w->open++;
		if (uv_signal_start(&w->handles[i], on_signal, signal_table[i].signum) != 0)
			goto fail;
	}
	*out = w;
	return 0;
fail:
	if (w->open)
		signal_watch_close(w);
	else
		free(w);
	return ERR_SYSTEM;
}

void signal_watch_close(struct signal_watch *w)
{
	size_t open = w->open;

	/* the last close callback frees w, but not before the loop runs again */
	for (size_t i = 0; i < open; i++)
		uv_close((uv_handle_t *)&w->handles[i], on_handle_closed);
}
