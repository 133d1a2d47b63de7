/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/signals.h"

struct fixture {
	struct log_capture cap;
	struct signal_state s;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 1);
	signal_state_init(&f->s, 0);
	f->s.phase = SIGNAL_PHASE_RUN;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

static void signal_raise__pending_of_higher_rank__stays(void **state)
{
	struct fixture *f = *state;
	static const int falling[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

	for (size_t a = 0; a < ARRAY_SIZE(falling); a++) {
		for (size_t b = 0; b < ARRAY_SIZE(falling); b++) {
			signal_clear(&f->s);
			assert_true(signal_raise(&f->s, &f->cap.log, falling[a], SIGNAL_SOFT, "a"));
			assert_int_equal(
				signal_raise(&f->s, &f->cap.log, falling[b], SIGNAL_HARD, NULL),
				b <= a);
			assert_int_equal(signal_pending(&f->s), falling[b <= a ? b : a]);
			assert_string_equal(f->s.text, b <= a ? "" : "a");
		}
	}
}

static void signal_raise__unknown_number__is_refused(void **state)
{
	struct fixture *f = *state;

	assert_false(signal_raise(&f->s, &f->cap.log, SIGALRM, SIGNAL_HARD, NULL));
	assert_false(signal_raise(&f->s, &f->cap.log, 0, SIGNAL_HARD, NULL));
	assert_int_equal(signal_pending(&f->s), 0);
}

static void signal_act__each_source__has_its_text(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int signum;
		enum signal_source source;
		enum signal_scope scope;
		const char *text;
		const char *line;
	} rows[] = {
		{SIGTERM, SIGNAL_HARD, SIGNAL_SCOPE_PROCESS, NULL,
		 "SIGTERM[hard,] received, process exiting"},
		{SIGUSR1, SIGNAL_SOFT, SIGNAL_SCOPE_PROCESS, "ping-restart",
		 "SIGUSR1[soft,ping-restart] received, process restarting"},
		{SIGUSR1, SIGNAL_CONNECTION_FAILED, SIGNAL_SCOPE_PROCESS, "connection-failed",
		 "SIGUSR1[connection failed(soft),connection-failed] received, process restarting"},
		{SIGTERM, SIGNAL_SOFT, SIGNAL_SCOPE_CLIENT_INSTANCE, "delayed-exit",
		 "SIGTERM[soft,delayed-exit] received, client-instance exiting"},
		{SIGHUP, SIGNAL_HARD, SIGNAL_SCOPE_PROCESS, NULL,
		 "SIGHUP[hard,] received, process restarting"},
		{SIGINT, SIGNAL_HARD, SIGNAL_SCOPE_PROCESS, NULL,
		 "SIGINT[hard,] received, process exiting"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		signal_clear(&f->s);
		signal_raise(&f->s, &f->cap.log, rows[i].signum, rows[i].source, rows[i].text);
		assert_int_equal(signal_act(&f->s, &f->cap.log, rows[i].scope), rows[i].signum);
		assert_string_equal(f->cap.last, rows[i].line);
	}
}

static void signal_act__remap_usr1__changes_hard_and_soft(void **state)
{
	struct fixture *f = *state;

	f->s.remap_usr1 = SIGTERM;
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_SOFT, "ping-restart");
	assert_int_equal(signal_act(&f->s, &f->cap.log, SIGNAL_SCOPE_PROCESS), SIGTERM);
	assert_string_equal(f->cap.last, "SIGTERM[soft,ping-restart] received, process exiting");
	signal_clear(&f->s);
	f->s.remap_usr1 = SIGHUP;
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_HARD, NULL);
	assert_int_equal(signal_pending(&f->s), SIGHUP);
	assert_int_equal(signal_act(&f->s, &f->cap.log, SIGNAL_SCOPE_PROCESS), SIGHUP);
	assert_string_equal(f->cap.last, "SIGHUP[hard,] received, process restarting");
}

static void signal_act__nothing_pending__is_silent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(signal_act(&f->s, &f->cap.log, SIGNAL_SCOPE_PROCESS), 0);
	assert_int_equal(f->cap.lines, 0);
}

static void signal_raise__hard_usr1_during_init__counts_as_hup_for_clients(void **state)
{
	struct fixture *f = *state;

	f->s.phase = SIGNAL_PHASE_INIT;
	f->s.early_usr1_is_hup = true;
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_HARD, NULL);
	assert_int_equal(signal_pending(&f->s), SIGHUP);
	signal_clear(&f->s);
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_SOFT, "x");
	assert_int_equal(signal_pending(&f->s), SIGUSR1);
	signal_clear(&f->s);
	f->s.early_usr1_is_hup = false;
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_HARD, NULL);
	assert_int_equal(signal_pending(&f->s), SIGUSR1);
}

static void signal_raise__while_leaving__soft_restart_becomes_the_end(void **state)
{
	struct fixture *f = *state;

	f->s.phase = SIGNAL_PHASE_LEAVING;
	assert_false(signal_raise(&f->s, &f->cap.log, SIGHUP, SIGNAL_HARD, NULL));
	assert_true(signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_SOFT, "tls-error"));
	assert_string_equal(f->cap.last, "Converting soft SIGUSR1 received during exit "
					 "notification to SIGTERM");
	signal_act(&f->s, &f->cap.log, SIGNAL_SCOPE_PROCESS);
	assert_string_equal(f->cap.last,
			    "SIGTERM[soft,exit-with-notification] received, process exiting");
}

static void signal_reason__text_or_lower_name_or_unknown(void **state)
{
	struct fixture *f = *state;
	struct env *env = env_new();

	signal_export(&f->s, env);
	assert_string_equal(env_get(env, "signal"), "UNKNOWN");
	signal_raise(&f->s, &f->cap.log, SIGUSR1, SIGNAL_HARD, NULL);
	signal_export(&f->s, env);
	assert_string_equal(env_get(env, "signal"), "sigusr1");
	signal_raise(&f->s, &f->cap.log, SIGTERM, SIGNAL_SOFT, "exit-with-notification");
	signal_export(&f->s, env);
	assert_string_equal(env_get(env, "signal"), "exit-with-notification");
	env_free(env);
}

static void signal_number__reverses_signal_name(void **state)
{
	(void)state;
	assert_int_equal(signal_number("SIGUSR2"), SIGUSR2);
	assert_int_equal(signal_number(signal_name(SIGHUP)), SIGHUP);
	assert_int_equal(signal_number("SIGKILL"), 0);
	assert_string_equal(signal_name(SIGKILL), "UNKNOWN");
}

static void on_watched(void *ctx, int signum)
{
	*(int *)ctx = signum;
}

static void run_until(uv_loop_t *loop, const int *last, int signum)
{
	kill(getpid(), signum);
	for (int i = 0; i < 100 && *last != signum; i++)
		uv_run(loop, UV_RUN_ONCE);
	assert_int_equal(*last, signum);
}

static void signal_watch__delivers_by_phase(void **state)
{
	struct fixture *f = *state;
	struct signal_watch *w;
	uv_loop_t loop;
	int last = 0;

	uv_loop_init(&loop);
	assert_int_equal(signal_watch_new(&w, &loop, &f->s, &f->cap.log, on_watched, &last), 0);
	run_until(&loop, &last, SIGUSR2);
	assert_int_equal(signal_pending(&f->s), 0);
	run_until(&loop, &last, SIGUSR1);
	assert_int_equal(signal_pending(&f->s), SIGUSR1);

	signal_clear(&f->s);
	f->s.phase = SIGNAL_PHASE_INIT;
	kill(getpid(), SIGHUP);
	run_until(&loop, &last, SIGTERM);
	assert_int_equal(signal_act(&f->s, &f->cap.log, SIGNAL_SCOPE_PROCESS), SIGTERM);
	assert_string_equal(f->cap.last, "SIGTERM[hard,init_instance] received, process exiting");
	signal_watch_close(w);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(signal_raise__pending_of_higher_rank__stays),
		T(signal_raise__unknown_number__is_refused),
		T(signal_act__each_source__has_its_text),
		T(signal_act__remap_usr1__changes_hard_and_soft),
		T(signal_act__nothing_pending__is_silent),
		T(signal_raise__hard_usr1_during_init__counts_as_hup_for_clients),
		T(signal_raise__while_leaving__soft_restart_becomes_the_end),
		T(signal_reason__text_or_lower_name_or_unknown),
		T(signal_number__reverses_signal_name),
		T(signal_watch__delivers_by_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
