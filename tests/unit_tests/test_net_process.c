/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "net/process.h"

struct scene {
	char dir[64];
	char script[96];
	char out[96];
	struct fixture f; /* only its log */
	struct process_policy policy;
	struct env *env;
	struct process_argv argv;
	struct process_spec spec;
	int exit_code;
	struct err err;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	snprintf(s->dir, sizeof(s->dir), "/tmp/test-process-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->script, sizeof(s->script), "%s/script", s->dir);
	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	fixture_log_init(&s->f);
	s->policy.script_security = 2;
	s->env = env_new();
	process_argv_add(&s->argv, s->script);
	s->spec = (struct process_spec){
		.kind = PROCESS_USER, .hook = "--up/--down", .argv = &s->argv, .env = s->env};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	unlink(s->script);
	unlink(s->out);
	assert_int_equal(rmdir(s->dir), 0);
	process_argv_fini(&s->argv);
	env_free(s->env);
	str_fini(&s->f.lines);
	log_sink_free(s->f.sink);
	free(s);
	return 0;
}

static void write_script(struct scene *s, const char *body)
{
	int fd = open(s->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "#!/bin/sh\n%s\n", body), 11 + strlen(body));
	close(fd);
}

static int run(struct scene *s)
{
	s->err.text[0] = '\0';
	return process_run(&s->policy, &s->spec, &s->f.log, &s->exit_code, &s->err);
}

static void expect_output(struct scene *s, const char *want)
{
	char text[2048];
	FILE *file = fopen(s->out, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void run__environment_and_arguments__only_given(void **state)
{
	struct scene *s = *state;
	char body[300];

	setenv("LEAKED", "yes", 1);
	env_set(s->env, "dev", "tun0");
	env_set(s->env, "script_type", "up");
	process_argv_add(&s->argv, "two words");
	process_argv_addf(&s->argv, "%d", 1500);
	process_argv_add(&s->argv, "");
	snprintf(
		body, sizeof(body),
		"exec >%s; for a; do echo \"[$a]\"; done; echo \"$dev,$script_type,$LEAKED,$HOME\"",
		s->out);
	write_script(s, body);
	assert_int_equal(run(s), 0);
	assert_int_equal(s->exit_code, 0);
	expect_output(s, "[two words]\n[1500]\n[]\ntun0,up,,\n");
}

static void run__password_variables__only_at_level_3(void **state)
{
	struct scene *s = *state;
	char body[200];

	env_set(s->env, "password", "secret");
	env_set(s->env, "username", "joe");
	snprintf(body, sizeof(body), "echo \"$username:$password\" >>%s", s->out);
	write_script(s, body);
	assert_int_equal(run(s), 0);
	s->policy.script_security = 3;
	assert_int_equal(run(s), 0);
	expect_output(s, "joe:\njoe:secret\n");
}

static void run__exit_codes__texts(void **state)
{
	static const struct {
		const char *body;
		int exit_code;
		const char *text;
	} cases[] = {
		{"exit 1", 1, "external program exited with error status: 1"},
		{"exit 2", 2, "external program exited with error status: 2"},
		{"exit 254", 254, "external program exited with error status: 254"},
		{"exit 255", -1, "external program did not exit normally"},
		{"exit 127", -1, "could not execute external program"},
		{"kill -9 $$", -1, "external program did not exit normally"},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char want[200];

		write_script(s, cases[i].body);
		assert_int_equal(run(s), ERR_SCRIPT);
		assert_int_equal(s->exit_code, cases[i].exit_code);
		snprintf(want, sizeof(want), "WARNING: Failed running command (--up/--down): %s",
			 cases[i].text);
		assert_string_equal(s->err.text, want);
	}
}

static void run__missing_or_not_executable__could_not_execute(void **state)
{
	struct scene *s = *state;

	assert_int_equal(run(s), ERR_SCRIPT);
	assert_string_equal(s->err.text, "WARNING: Failed running command (--up/--down): "
					 "could not execute external program");
	write_script(s, "exit 0");
	assert_int_equal(chmod(s->script, 0644), 0);
	assert_int_equal(run(s), ERR_SCRIPT);
	process_argv_fini(&s->argv);
	assert_int_equal(run(s), ERR_SCRIPT);
}

static void run__no_slash__no_path_search(void **state)
{
	struct scene *s = *state;

	process_argv_fini(&s->argv);
	process_argv_add(&s->argv, "true");
	env_set(s->env, "PATH", "/bin:/usr/bin");
	assert_int_equal(run(s), ERR_SCRIPT);
}

static void run__security_level__refused_with_one_warning(void **state)
{
	static const char warning[] =
		"WARNING: External program may not be called unless '--script-security 2' or higher is enabled. See --help text or man page for detailed info.\n";
	struct scene *s = *state;

	write_script(s, "exit 0");
	s->policy.script_security = 1;
	assert_int_equal(run(s), ERR_SCRIPT);
	assert_int_equal(run(s), ERR_SCRIPT);
	assert_string_equal(
		s->err.text,
		"WARNING: Failed running command (--up/--down): disallowed by script-security setting");
	assert_string_equal(str_text(&s->f.lines), warning);
	s->spec.kind = PROCESS_BUILTIN;
	assert_int_equal(run(s), 0);
	s->policy.script_security = 0;
	assert_int_equal(run(s), ERR_SCRIPT);
	assert_string_equal(str_text(&s->f.lines), warning);
}

static void run__signals__default_in_child(void **state)
{
	struct scene *s = *state;
	sigset_t set, old;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	write_script(s, "kill -TERM $$; exit 0");
	assert_int_equal(run(s), ERR_SCRIPT);
	write_script(s, "kill -PIPE $$; exit 0");
	assert_int_equal(run(s), ERR_SCRIPT);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
}

struct outcome {
	int calls, code, exit_code;
	char text[200];
};

static void on_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct outcome *o = ctx;

	o->calls++;
	o->code = code;
	o->exit_code = exit_code;
	str_copy(o->text, sizeof(o->text), code < 0 ? err->text : "");
}

static struct outcome start_and_wait(struct scene *s, int *ret)
{
	struct outcome o = {0};
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	*ret = process_start(&loop, &s->policy, &s->spec, &s->f.log, on_done, &o, NULL, &s->err);
	assert_int_equal(o.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return o;
}

static void start__outcomes__reported_once(void **state)
{
	struct scene *s = *state;
	struct outcome o;
	char body[200];
	int ret;

	env_set(s->env, "dev", "tun0");
	env_set(s->env, "password", "x");
	snprintf(body, sizeof(body), "echo \"$dev$password$LEAKED\" >%s", s->out);
	write_script(s, body);
	setenv("LEAKED", "yes", 1);
	o = start_and_wait(s, &ret);
	assert_int_equal(ret, 0);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.code, 0);
	assert_int_equal(o.exit_code, 0);
	expect_output(s, "tun0\n");
	write_script(s, "exit 3");
	o = start_and_wait(s, &ret);
	assert_int_equal(o.code, ERR_SCRIPT);
	assert_int_equal(o.exit_code, 3);
	assert_string_equal(o.text, "WARNING: Failed running command (--up/--down): "
				    "external program exited with error status: 3");
	write_script(s, "kill -9 $$");
	o = start_and_wait(s, &ret);
	assert_int_equal(o.exit_code, -1);
	assert_string_equal(o.text, "WARNING: Failed running command (--up/--down): "
				    "external program did not exit normally");
}

static void start__cannot__error_and_no_callback(void **state)
{
	struct scene *s = *state;
	struct outcome o;
	int ret;

	o = start_and_wait(s, &ret);
	assert_int_equal(ret, ERR_SCRIPT);
	assert_int_equal(o.calls, 0);
	assert_non_null(strstr(s->err.text, "could not execute external program"));
	s->policy.script_security = 1;
	o = start_and_wait(s, &ret);
	assert_int_equal(ret, ERR_SCRIPT);
	assert_int_equal(o.calls, 0);
	assert_non_null(strstr(s->err.text, "disallowed by script-security setting"));
}

static void abandon__running__no_callback(void **state)
{
	struct scene *s = *state;
	struct outcome o = {0};
	struct process *p;
	uv_loop_t loop;

	write_script(s, "exit 0");
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(
		process_start(&loop, &s->policy, &s->spec, &s->f.log, on_done, &o, &p, &s->err), 0);
	process_abandon(p);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.calls, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void check__missing__option_text(void **state)
{
	struct scene *s = *state;
	char want[200];

	assert_int_equal(process_check("--up script", &s->argv, &s->err), ERR_SCRIPT);
	snprintf(want, sizeof(want),
		 "--up script fails with '%s': No such file or directory (errno=2)", s->script);
	assert_string_equal(s->err.text, want);
	write_script(s, "");
	assert_int_equal(process_check("--up script", &s->argv, &s->err), 0);
}

static void expect_split(const char *command, const char *want)
{
	struct process_argv argv = {0};
	struct str s = str_init();

	process_argv_split(&argv, command);
	assert_false(argv.failed);
	for (size_t i = 0; i < argv.n; i++)
		str_addf(&s, "[%s]", argv.word[i]);
	assert_null(argv.word[argv.n]);
	assert_string_equal(str_text(&s), want);
	str_fini(&s);
	process_argv_fini(&argv);
}

static void split__rules_of_configuration_lines(void **state UNUSED)
{
	expect_split("/bin/a b  c\td", "[/bin/a][b][c][d]");
	expect_split("a \"b c\" 'd \\ e' f", "[a][b c][d \\ e][f]");
	expect_split("a \"b\"c", "[a][b][c]");
	expect_split("a \"\" b", "[a][][b]");
	expect_split("a b\\ c \\\"d \\\\e", "[a][b c][\"d][\\e]");
	expect_split("a b#c;d #e", "[a][b#c;d]");
	expect_split("a b\"c", "[a][b\"c]");
	expect_split("a \"b\\\"c\"", "[a][b\"c]");
	expect_split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
		     "[1][2][3][4][5][6][7][8][9][10][11][12][13][14][15][16]");
	/* cannot be split: the program's name as a whole */
	expect_split("a \"b", "[a \"b]");
	expect_split("a 'b", "[a 'b]");
	expect_split("c:\\x", "[c:\\x]");
	expect_split("a \"b\\", "[a \"b\\]");
	expect_split("a\\", "[a\\]");
	expect_split("", "[]");
	expect_split("# a", "[# a]");
}

#define SCENE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(run__environment_and_arguments__only_given),
		SCENE_TEST(run__password_variables__only_at_level_3),
		SCENE_TEST(run__exit_codes__texts),
		SCENE_TEST(run__missing_or_not_executable__could_not_execute),
		SCENE_TEST(run__no_slash__no_path_search),
		SCENE_TEST(run__security_level__refused_with_one_warning),
		SCENE_TEST(run__signals__default_in_child),
		SCENE_TEST(start__outcomes__reported_once),
		SCENE_TEST(start__cannot__error_and_no_callback),
		SCENE_TEST(abandon__running__no_callback),
		SCENE_TEST(check__missing__option_text),
		cmocka_unit_test(split__rules_of_configuration_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
