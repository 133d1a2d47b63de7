/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include <signal.h>

#include "daemon/dns.h"

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	struct config cfg;
	struct config_dns_server server;
	struct dns_settings *dns;
	struct dns_runner *r;
	struct process_policy policy;
	struct rng rng;
	struct err err;
	char program[128];
	char out[128];
	char text[4096];
};

static void write_program(struct fixture *f, const char *body)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);

	test_dir_file(&f->dir, "prog", 0700, text, (size_t)n, f->program);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char body[256];

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir.path);
	snprintf(body, sizeof(body), "/usr/bin/env >> %s", f->out);
	write_program(f, body);
	f->rng = rng_system();
	f->policy.script_security = 2;
	f->server.priority = 1;
	assert_int_equal(ip_addr_parse("10.8.0.1", &f->server.addr[0].ip), 0);
	f->server.addr_count = 1;
	f->cfg.dns.servers.at = &f->server;
	f->cfg.dns.servers.count = 1;
	f->cfg.dns.updown = f->program;
	f->cfg.dns.updown_user = true;
	f->cfg.process.tmp_dir = f->dir.path;
	f->dns = dns_settings_new(&f->cfg);
	assert_non_null(f->dns);
	f->r = dns_runner_new(&f->cfg, &f->policy, &f->cap.log, &f->rng);
	assert_non_null(f->r);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dns_runner_free(f->r);
	dns_settings_free(f->dns);
	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

static void assert_got(struct fixture *f, const char *text)
{
	test_read_file(f->out, f->text, sizeof(f->text));
	if (!strstr(f->text, text))
		fail_msg("'%s' is not in:\n%s", text, f->text);
}

static void up_down__same_variables(void **state)
{
	struct fixture *f = *state;

	dns_runner_up(f->r, f->dns, "tun0");
	assert_got(f, "dev=tun0\n");
	assert_got(f, "dns_server_1_address_1=10.8.0.1\n");
	assert_got(f, "script_type=dns-up\n");
	assert_string_equal(f->cap.last, "dns up command exited with status 0");
	unlink(f->out);
	dns_runner_down(f->r);
	assert_got(f, "dns_server_1_address_1=10.8.0.1\n");
	assert_got(f, "script_type=dns-down\n");
	assert_string_equal(f->cap.last, "dns down command exited with status 0");
	unlink(f->out);
	dns_runner_down(f->r); /* nothing is left to undo */
	assert_int_equal(access(f->out, F_OK), -1);
}

static void up__twice__undoes_the_first(void **state)
{
	struct fixture *f = *state;

	dns_runner_up(f->r, f->dns, "tun0");
	unlink(f->out);
	dns_runner_up(f->r, f->dns, "tun1");
	assert_got(f, "dev=tun0\n");
	assert_got(f, "script_type=dns-down\n");
	assert_got(f, "dev=tun1\n");
	assert_got(f, "script_type=dns-up\n");
}

static void up__program_fails__only_logs_the_status(void **state)
{
	struct fixture *f = *state;

	write_program(f, "exit 5");
	dns_runner_up(f->r, f->dns, "tun0");
	assert_string_equal(f->cap.last, "dns up command exited with status 5");
	unlink(f->program);
	dns_runner_down(f->r);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (dns updown): could not "
					 "execute external program");
}

static void up__security_1__is_not_run(void **state)
{
	struct fixture *f = *state;

	f->policy.script_security = 1;
	dns_runner_up(f->r, f->dns, "tun0");
	assert_string_equal(f->cap.last, "WARNING: Failed running command (dns updown): disallowed "
					 "by script-security setting");
	assert_int_equal(access(f->out, F_OK), -1);
}

static void helper__gets_a_file_of_variables(void **state)
{
	struct fixture *f = *state;
	char body[512];

	snprintf(body, sizeof(body), "{ /usr/bin/env; echo --; /bin/cat \"$dns_vars_file\"; } > %s",
		 f->out);
	write_program(f, body);
	assert_false(dns_runner_is_privileged(f->r));
	assert_int_equal(dns_runner_keep_privileges(f->r, &f->err), 0);
	assert_true(dns_runner_is_privileged(f->r));
	dns_runner_up(f->r, f->dns, "tun0");
	test_read_file(f->out, f->text, sizeof(f->text));
	assert_non_null(strstr(f->text, "\n--\ndev=tun0\ndns_server_1_address_1=10.8.0.1\n"
					"script_type=dns-up\n"));
	assert_true(strstr(f->text, "dns_server_1") > strstr(f->text, "\n--\n"));
	assert_non_null(strstr(f->text, "/openvpn_dvf_"));
	assert_string_equal(f->cap.last, "dns up command exited with status 0");
	/* the file is gone */
	snprintf(body, sizeof(body), "ls %s | grep -q dvf", f->dir.path);
	assert_int_not_equal(system(body), 0);
}

static void helper__reports_status_and_failure(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dns_runner_keep_privileges(f->r, &f->err), 0);
	write_program(f, "exit 9");
	dns_runner_up(f->r, f->dns, "tun0");
	assert_string_equal(f->cap.last, "dns up command exited with status 9");
	unlink(f->program);
	dns_runner_down(f->r);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (dns updown): could not "
					 "execute external program");
}

static void helper__holds_no_descriptor_of_the_daemon(void **state)
{
	struct fixture *f = *state;
	int pipe_fds[2];
	char byte;

	/* the write end must close with us alone: this is what keeps a tun device alive */
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dns_runner_keep_privileges(f->r, &f->err), 0);
	dns_runner_up(f->r, f->dns, "tun0"); /* the helper is past its start-up */
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 0);
	close(pipe_fds[0]);
}

static void recover__own_program_only__told_what_to_do(void **state)
{
	struct fixture *f = *state;

	f->policy.script_security = 1;
	dns_recover(f->program, &f->policy, &f->cap.log);
	assert_got(f, "script_type=dns-recover\n");
	unlink(f->out);
	dns_recover("/no/such/program", &f->policy, &f->cap.log);
	assert_int_equal(access(f->out, F_OK), -1);
	write_program(f, "exit 1");
	dns_recover(f->program, &f->policy, &f->cap.log);
	assert_string_equal(f->cap.last, "WARNING: Failed running command (dns updown): external "
					 "program exited with error status: 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(up_down__same_variables),
		T(up__twice__undoes_the_first),
		T(up__program_fails__only_logs_the_status),
		T(up__security_1__is_not_run),
		T(helper__gets_a_file_of_variables),
		T(helper__reports_status_and_failure),
		T(helper__holds_no_descriptor_of_the_daemon),
		T(recover__own_program_only__told_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
