/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/err.h"
#include "daemon/script_queue.h"

struct fixture {
	struct test_dir dir;
	char program[128];
	char command[300];
	uv_loop_t loop;
	struct config_scripts scripts;
	struct script_runner runner;
	struct env *env;
	struct script_queue *q;
	char order[64]; /* names and codes as done() was called */
};

static void make(struct fixture *f, const char *program)
{
	static const struct log no_log;

	memset(f, 0, sizeof(*f));
	test_dir_make(&f->dir);
	test_dir_file(&f->dir, "program", 0700, program, strlen(program), f->program);
	snprintf(f->command, sizeof(f->command), "%s %s/out", f->program, f->dir.path);
	f->scripts = (struct config_scripts){.learn_address = f->command, .security = 2};
	assert_int_equal(uv_loop_init(&f->loop), 0);
	script_runner_init(&f->runner, &f->loop, &f->scripts, &no_log);
	f->env = env_new();
	f->q = script_queue_new(&f->runner);
	assert_non_null(f->q);
}

static void drop(struct fixture *f)
{
	script_queue_free(f->q);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	env_free(f->env);
	test_dir_remove(&f->dir);
}

static void done(void *ctx, int code)
{
	struct fixture *f = ctx;

	strcat(f->order, code == 0 ? "+" : code == ERR_STATE ? "!" : "-");
}

static void add(struct fixture *f, const char *name)
{
	const char *args[] = {name};

	script_queue_add(f->q, SCRIPT_LEARN_ADDRESS, f->env, args, 1, done, f);
}

static void check_out(struct fixture *f, const char *want)
{
	char path[128], out[256];

	snprintf(path, sizeof(path), "%s/out", f->dir.path);
	test_read_file(path, out, sizeof(out));
	assert_string_equal(out, want);
}

/* The first is the slowest, and still the others wait for it. */
#define SLOW_FIRST "#!/bin/sh\n[ $2 = a ] && sleep 0.2\necho $2 >>$1\n[ $2 != b ]\n"

static void queue__runs_one_after_the_other(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, SLOW_FIRST);
	add(&f, "a");
	add(&f, "b");
	add(&f, "c");
	assert_string_equal(f.order, "");
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_string_equal(f.order, "+-+");
	check_out(&f, "a\nb\nc\n");
	drop(&f);
}

static void queue__held__runs_at_finish(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, SLOW_FIRST);
	script_queue_hold(f.q);
	add(&f, "c");
	add(&f, "b");
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_string_equal(f.order, "");
	script_queue_finish(f.q);
	assert_string_equal(f.order, "+-");
	check_out(&f, "c\nb\n");
	drop(&f);
}

static void queue__freed__tells_what_did_not_run(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, SLOW_FIRST);
	script_queue_hold(f.q);
	add(&f, "a");
	add(&f, "c");
	drop(&f);
	assert_string_equal(f.order, "!!");
}

static void queue__not_configured__counts_as_success(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, SLOW_FIRST);
	f.scripts.learn_address = NULL;
	add(&f, "a");
	assert_string_equal(f.order, "+");
	drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue__runs_one_after_the_other),
		cmocka_unit_test(queue__held__runs_at_finish),
		cmocka_unit_test(queue__freed__tells_what_did_not_run),
		cmocka_unit_test(queue__not_configured__counts_as_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
