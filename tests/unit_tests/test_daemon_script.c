/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/script.h"

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	struct config_scripts scripts;
	struct script_runner r;
	struct env *env;
	struct err err;
	uv_loop_t loop;
	char program[128]; /* writes its arguments and environment to DIR/out */
	char command[256];
	char out[128];
	char text[4096];
};

/* A program in the test's directory; @exit_line ends it. */
static void write_program(struct fixture *f, const char *exit_line)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "#!/bin/sh\n{ for a in \"$@\"; do echo \"<$a>\"; done; /usr/bin/env; } "
			 "> %s/out\n%s\n",
			 f->dir.path, exit_line);

	test_dir_file(&f->dir, "prog", 0700, text, (size_t)n, f->program);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	uv_loop_init(&f->loop);
	write_program(f, "exit 0");
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir.path);
	f->scripts.security = 2;
	f->env = env_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	env_free(f->env);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	script_runner_init(&f->r, &f->loop, &f->scripts, &f->cap.log);
}

static void assert_got(struct fixture *f, const char *text)
{
	if (!strstr(f->text, text))
		fail_msg("'%s' is not in:\n%s", text, f->text);
}

static void read_out(struct fixture *f)
{
	test_read_file(f->out, f->text, sizeof(f->text));
}

static void up__six_arguments_and_only_our_environment(void **state)
{
	struct fixture *f = *state;
	const struct script_device dev = {
		.dev = "tun0",
		.mtu = 1500,
		.local = "10.8.0.2",
		.remote_or_netmask = "255.255.255.0",
	};

	snprintf(f->command, sizeof(f->command), "%s 'a b' c\\ d", f->program);
	f->scripts.up = f->command;
	start(f);
	env_set(f->env, "foo", "bar");
	assert_int_equal(setenv("LEAKED", "1", 1), 0);
	assert_int_equal(script_up(&f->r, f->env, &dev, &f->err), 0);
	unsetenv("LEAKED");
	read_out(f);
	assert_got(f, "<a b>\n<c d>\n<tun0>\n<1500>\n<0>\n<10.8.0.2>\n<255.255.255.0>\n<init>\n");
	assert_got(f, "foo=bar\n");
	assert_got(f, "script_context=init\n");
	assert_got(f, "script_type=up\n");
	assert_null(strstr(f->text, "LEAKED"));
	assert_null(strstr(f->text, "PATH="));
	assert_non_null(strstr(f->cap.last, "tun0 1500 0 10.8.0.2 255.255.255.0 init"));
}

static void down__unset_addresses_and_restart(void **state)
{
	struct fixture *f = *state;
	const struct script_device dev = {.dev = "tun0", .mtu = 1500, .restart = true};

	f->scripts.down = f->program;
	f->scripts.route_pre_down = f->program;
	start(f);
	assert_int_equal(script_down(&f->r, f->env, &dev, &f->err), 0);
	read_out(f);
	assert_got(f, "<tun0>\n<1500>\n<0>\n<>\n<>\n<restart>\n");
	assert_got(f, "script_type=down\n");
	assert_int_equal(script_route_pre_down(&f->r, f->env, &dev, &f->err), 0);
	read_out(f);
	assert_got(f, "script_type=route-pre-down\n");
}

static void up__exit_status_3__is_left_to_the_caller(void **state)
{
	struct fixture *f = *state;
	const struct script_device dev = {.dev = "tun0"};

	write_program(f, "exit 3");
	f->scripts.up = f->program;
	log_sink_set_verb(f->cap.sink, 0);
	start(f);
	assert_int_equal(script_up(&f->r, f->env, &dev, &f->err), ERR_SCRIPT);
	assert_string_equal(f->err.text, "WARNING: Failed running command (--up/--down): external "
					 "program exited with error status: 3");
	assert_int_equal(f->cap.lines, 0);
}

static void up__security_1__is_disallowed(void **state)
{
	struct fixture *f = *state;
	const struct script_device dev = {.dev = "tun0"};

	f->scripts.up = f->program;
	f->scripts.security = 1;
	start(f);
	assert_int_equal(script_up(&f->r, f->env, &dev, &f->err), ERR_SCRIPT);
	assert_string_equal(f->err.text, "WARNING: Failed running command (--up/--down): "
					 "disallowed by script-security setting");
	assert_non_null(strstr(f->cap.all, "WARNING: External program may not be called unless "
					   "'--script-security 2' or higher is enabled. See --help "
					   "text or man page for detailed info.\n"));
	assert_int_equal(access(f->out, F_OK), -1);
}

static void run__nothing_configured__is_success(void **state)
{
	struct fixture *f = *state;
	int code = 7;

	start(f);
	assert_false(script_configured(&f->r, SCRIPT_UP));
	assert_int_equal(script_run(&f->r, SCRIPT_CLIENT_CONNECT, f->env, NULL, 0, &code, NULL), 0);
	assert_int_equal(code, 0);
	assert_null(env_get(f->env, "script_type"));
}

static void route_up__fails__is_a_warning(void **state)
{
	struct fixture *f = *state;

	write_program(f, "kill -9 $$");
	f->scripts.route_up = f->program;
	start(f);
	script_route_up(&f->r, f->env);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (--route-up): external "
					 "program did not exit normally");
	assert_int_equal(f->cap.klass, LOG_CLASS_WARN);
}

static void route_up__cannot_be_executed__is_a_warning(void **state)
{
	struct fixture *f = *state;

	f->scripts.route_up = "/nonexistent/prog";
	start(f);
	script_route_up(&f->r, f->env);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (--route-up): could not "
					 "execute external program");
}

static void ipchange__address_is_one_argument(void **state)
{
	struct fixture *f = *state;
	struct ip_addr ip;
	union sock_addr addr;

	snprintf(f->command, sizeof(f->command), "%s,x", f->program);
	f->scripts.ipchange = f->command;
	start(f);
	assert_int_equal(ip_addr_parse("192.0.2.1", &ip), 0);
	addr = sock_addr_make(&ip, 1194);
	script_ipchange(&f->r, f->env, &addr);
	read_out(f);
	assert_got(f, "<x>\n<[AF_INET]192.0.2.1 1194>\n");
	assert_got(f, "script_type=ipchange\n");
	assert_int_equal(ip_addr_parse("2001:db8::1", &ip), 0);
	addr = sock_addr_make(&ip, 1194);
	script_ipchange(&f->r, f->env, &addr);
	read_out(f);
	assert_got(f, "<[AF_INET6]2001:db8::1 1194>\n");
}

static void tls_verify__accepts_and_rejects(void **state)
{
	struct fixture *f = *state;

	f->scripts.tls_verify = f->program;
	start(f);
	assert_int_equal(script_tls_verify(&f->r, f->env, 1, "C=XX, CN=a b"), 0);
	read_out(f);
	assert_got(f, "<1>\n<C=XX, CN=a b>\n");
	assert_string_equal(f->cap.last, "VERIFY SCRIPT OK: depth=1, C=XX, CN=a b");
	write_program(f, "exit 1");
	assert_int_equal(script_tls_verify(&f->r, f->env, 0, "CN=x"), ERR_CERT);
	assert_string_equal(f->cap.last, "VERIFY SCRIPT ERROR: depth=0, CN=x");
	assert_non_null(strstr(f->cap.all, "WARNING: Failed running command (--tls-verify script): "
					   "external program exited with error status: 1\n"));
}

static void learn_address__delete_has_no_name(void **state)
{
	struct fixture *f = *state;

	f->scripts.learn_address = f->program;
	start(f);
	assert_int_equal(script_learn_address(&f->r, f->env, "add", "10.8.0.6", "joe"), 0);
	read_out(f);
	assert_got(f, "<add>\n<10.8.0.6>\n<joe>\n");
	assert_int_equal(script_learn_address(&f->r, f->env, "delete", "10.8.0.6", NULL), 0);
	read_out(f);
	assert_int_equal(strncmp(f->text, "<delete>\n<10.8.0.6>\nscript_type=", 32), 0);
}

static void user_pass_verify__exit_code_2__is_an_answer(void **state)
{
	struct fixture *f = *state;
	int code;

	write_program(f, "exit 2");
	f->scripts.auth_user_pass_verify = f->program;
	log_sink_set_verb(f->cap.sink, 1);
	start(f);
	assert_int_equal(
		script_run(&f->r, SCRIPT_USER_PASS_VERIFY, f->env, NULL, 0, &code, &f->err),
		ERR_SCRIPT);
	assert_int_equal(code, 2);
	assert_int_equal(f->cap.lines, 0);
}

static void password__below_security_3__is_withheld(void **state)
{
	struct fixture *f = *state;

	f->scripts.auth_user_pass_verify = f->program;
	env_set(f->env, "username", "joe");
	env_set(f->env, "password", "hunter2");
	start(f);
	assert_int_equal(script_run(&f->r, SCRIPT_USER_PASS_VERIFY, f->env, NULL, 0, NULL, NULL),
			 0);
	read_out(f);
	assert_got(f, "username=joe\n");
	assert_null(strstr(f->text, "hunter2"));
	f->scripts.security = 3;
	start(f);
	assert_int_equal(script_run(&f->r, SCRIPT_USER_PASS_VERIFY, f->env, NULL, 0, NULL, NULL),
			 0);
	read_out(f);
	assert_got(f, "password=hunter2\n");
}

struct outcome {
	int calls;
	int code;
	int exit_code;
};

static void on_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct outcome *o = ctx;

	(void)err;
	o->calls++;
	o->code = code;
	o->exit_code = exit_code;
}

static void start__program_ends__calls_back_once(void **state)
{
	struct fixture *f = *state;
	const char *const args[] = {"/tmp/cc file"};
	struct outcome o = {0};

	write_program(f, "exit 4");
	f->scripts.client_connect = f->program;
	start(f);
	assert_int_equal(script_start(&f->r, SCRIPT_CLIENT_CONNECT, f->env, args, 1, on_done, &o,
				      NULL, &f->err),
			 0);
	assert_int_equal(o.calls, 0);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.code, ERR_SCRIPT);
	assert_int_equal(o.exit_code, 4);
	read_out(f);
	assert_got(f, "</tmp/cc file>\n");
	assert_got(f, "script_type=client-connect\n");
	assert_string_equal(f->cap.last, "WARNING: Failed running command (--client-connect): "
					 "external program exited with error status: 4");
}

static void start__abandoned__never_calls_back(void **state)
{
	struct fixture *f = *state;
	struct script_wait *w;
	struct outcome o = {0};

	f->scripts.client_connect = f->program;
	start(f);
	assert_int_equal(script_start(&f->r, SCRIPT_CLIENT_CONNECT, f->env, NULL, 0, on_done, &o,
				      &w, &f->err),
			 0);
	script_abandon(w);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(o.calls, 0);
	read_out(f); /* it ran all the same */
}

static void start__nothing_or_disallowed__is_refused(void **state)
{
	struct fixture *f = *state;
	struct outcome o = {0};

	start(f);
	assert_int_equal(script_start(&f->r, SCRIPT_CLIENT_CONNECT, f->env, NULL, 0, on_done, &o,
				      NULL, &f->err),
			 ERR_NOT_FOUND);
	f->scripts.client_connect = f->program;
	f->scripts.security = 1;
	start(f);
	assert_int_equal(script_start(&f->r, SCRIPT_CLIENT_CONNECT, f->env, NULL, 0, on_done, &o,
				      NULL, &f->err),
			 ERR_SCRIPT);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (--client-connect): "
					 "disallowed by script-security setting");
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(o.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(up__six_arguments_and_only_our_environment),
		T(down__unset_addresses_and_restart),
		T(up__exit_status_3__is_left_to_the_caller),
		T(up__security_1__is_disallowed),
		T(run__nothing_configured__is_success),
		T(route_up__fails__is_a_warning),
		T(route_up__cannot_be_executed__is_a_warning),
		T(ipchange__address_is_one_argument),
		T(tls_verify__accepts_and_rejects),
		T(learn_address__delete_has_no_name),
		T(user_pass_verify__exit_code_2__is_an_answer),
		T(password__below_security_3__is_withheld),
		T(start__program_ends__calls_back_once),
		T(start__abandoned__never_calls_back),
		T(start__nothing_or_disallowed__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
