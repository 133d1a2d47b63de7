/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <stdio.h>
#include <string.h>

#include "net/resolve.h"

struct answer {
	unsigned int calls;
	struct resolve_result result;
};

static void on_done(void *ctx, const struct resolve_result *result)
{
	struct answer *a = ctx;

	a->calls++;
	a->result = *result;
}

static struct answer ask(const struct resolve_query *q)
{
	struct answer a = {0};
	struct resolve_request *req;
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(resolve_start(&loop, q, on_done, &a, &req), 0);
	assert_non_null(req);
	assert_int_equal(a.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(a.calls, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	return a;
}

static void expect_addr(const struct answer *a, size_t i, const char *want)
{
	char text[ADDR_TEXT_MAX];

	assert_true(i < a->result.n_addrs);
	assert_string_equal(sock_addr_format(&a->result.addrs[i], text, sizeof(text)), want);
}

static void start__literals__no_lookup(void **state UNUSED)
{
	struct resolve_query q = {.host = "192.0.2.1", .port = "1194"};
	struct answer a = ask(&q);

	assert_int_equal(a.result.code, 0);
	assert_int_equal(a.result.n_addrs, 1);
	expect_addr(&a, 0, "[AF_INET]192.0.2.1:1194");
	q = (struct resolve_query){.host = "2001:db8::1", .port = "443", .family = AF_INET6};
	a = ask(&q);
	expect_addr(&a, 0, "[AF_INET6]2001:db8::1:443");
	assert_true(resolve_is_literal("2001:db8::1"));
	assert_false(resolve_is_literal("example.com"));
}

static void start__literal_of_other_family__error(void **state UNUSED)
{
	struct resolve_query q = {.host = "192.0.2.1", .port = "1194", .family = AF_INET6};
	struct answer a = ask(&q);

	assert_int_equal(a.result.code, ERR_RESOLVE);
	assert_int_equal(a.result.n_addrs, 0);
	assert_true(str_starts(a.result.err.text,
			       "RESOLVE: Cannot resolve host address: 192.0.2.1:1194[AF_INET6] ("));
}

static void start__wildcard_passive__any_address(void **state UNUSED)
{
	struct resolve_query q = {.port = "1194", .family = AF_INET, .passive = true};
	struct answer a = ask(&q);

	expect_addr(&a, 0, "[AF_INET][undef]:1194");
	q.host = "*";
	q.family = AF_INET6;
	a = ask(&q);
	expect_addr(&a, 0, "[AF_INET6][undef]:1194");
}

static bool hosts_has_localhost(void)
{
	FILE *f = fopen("/etc/hosts", "r");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, "127.0.0.1", 9) == 0 && strstr(line, "localhost");
	if (f)
		fclose(f);
	return found;
}

static void start__name_from_hosts__found(void **state UNUSED)
{
	if (!hosts_has_localhost()) {
		print_message("no 127.0.0.1 localhost in /etc/hosts\n");
		skip();
	}
	struct resolve_query q = {.host = "localhost", .port = "openvpn", .family = AF_INET};
	struct answer a = ask(&q);

	assert_int_equal(a.result.code, 0);
	expect_addr(&a, 0, "[AF_INET]127.0.0.1:1194");
}

static void start__bad_service__error(void **state UNUSED)
{
	struct resolve_query q = {.host = "127.0.0.1", .port = "no-such-service"};
	struct answer a = ask(&q);

	assert_int_equal(a.result.code, ERR_RESOLVE);
	assert_string_equal(a.result.err.text,
			    "RESOLVE: Cannot resolve host address: 127.0.0.1:no-such-service "
			    "(Servname not supported for ai_socktype)");
}

static void start__unknown_name__error_with_code(void **state)
{
	FIXTURE(f, state);
	struct resolve_query q = {.host = "name.invalid", .port = "1194", .family = AF_INET};
	struct answer a = ask(&q);

	assert_non_null(f->nl);
	assert_int_equal(a.result.code, ERR_RESOLVE);
	assert_int_not_equal(a.result.gai_code, 0);
	assert_true(
		str_starts(a.result.err.text,
			   "RESOLVE: Cannot resolve host address: name.invalid:1194[AF_INET] ("));
}

static void cancel__literal_and_name__never_called(void **state)
{
	static const char *const hosts[] = {"192.0.2.1", "localhost"};
	FIXTURE(f, state);

	assert_non_null(f->nl);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct resolve_query q = {.host = hosts[i]};
		struct answer a = {0};
		struct resolve_request *req;
		uv_loop_t loop;

		assert_int_equal(uv_loop_init(&loop), 0);
		assert_int_equal(resolve_start(&loop, &q, on_done, &a, &req), 0);
		resolve_cancel(req);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(a.calls, 0);
		assert_int_equal(uv_loop_close(&loop), 0);
	}
	resolve_cancel(NULL);
}

static void start__name_too_long__refused(void **state UNUSED)
{
	char host[400];
	struct resolve_query q = {.host = host};
	struct resolve_request *req;
	struct answer a = {0};
	uv_loop_t loop;

	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(resolve_start(&loop, &q, on_done, &a, &req), ERR_INVALID);
	assert_null(req);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void wait__literal__answered(void **state UNUSED)
{
	struct resolve_query q = {.host = "192.0.2.1"};
	struct resolve_result r;

	assert_int_equal(resolve_wait(&q, &r), 0);
	assert_int_equal(r.n_addrs, 1);
	q.host = "";
	assert_int_equal(resolve_wait(&q, &r), ERR_RESOLVE);
}

static void first__literal_and_nothing__address_or_reason(void **state UNUSED)
{
	struct resolve_query q = {.host = "192.0.2.1", .port = "1194"};
	union sock_addr at = {0};
	struct err err;

	assert_int_equal(resolve_first(&q, &at, &err), 0);
	assert_int_equal(sock_addr_port(&at), 1194);
	q.host = "";
	assert_int_equal(resolve_first(&q, &at, &err), ERR_RESOLVE);
	assert_non_null(strstr(err.text, "Cannot resolve host address"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first__literal_and_nothing__address_or_reason),
		cmocka_unit_test(start__literals__no_lookup),
		cmocka_unit_test(start__literal_of_other_family__error),
		cmocka_unit_test(start__wildcard_passive__any_address),
		cmocka_unit_test(start__name_from_hosts__found),
		cmocka_unit_test(start__bad_service__error),
		NETNS_TEST(start__unknown_name__error_with_code),
		NETNS_TEST(cancel__literal_and_name__never_called),
		cmocka_unit_test(start__name_too_long__refused),
		cmocka_unit_test(wait__literal__answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
