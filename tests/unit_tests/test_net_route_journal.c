/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include "net/route_journal.h"

#define HEAD "openvpn-routes 1 boot-1 4026531840\n"

static const struct route_op sample_add = {
	.kind = ROUTE_OP_ADD,
	.route = {.dst = {.addr = {.family = AF_INET, .u.in4.s_addr = 0x057100cb}, .bits = 32},
		  .gateway = {.family = AF_INET, .u.in4.s_addr = 0x010200c0},
		  .ifindex = 2,
		  .table = 254,
		  .proto = 111,
		  .onlink = true},
};

static int parse(const char *text, struct route_ops *ops)
{
	struct route_journal_origin origin;

	return route_journal_parse(text, strlen(text), &origin, ops);
}

static void write__entries__read_back(void **state UNUSED)
{
	struct route_journal_origin origin = {.boot = "boot-1", .netns = 4026531840u}, got;
	struct route_op del = {.kind = ROUTE_OP_DEL};
	struct route_ops ops = {0};
	struct str s = str_init();

	del.route = (struct route){.dst = net("::", 0),
				   .gateway = ip("fe80::1"),
				   .src = ip("2001:db8::2"),
				   .ifindex = 3,
				   .table = 254,
				   .metric = 1024,
				   .proto = 9};
	route_journal_write_head(&s, &origin);
	route_journal_write_entry(&s, 1, &sample_add);
	route_journal_write_entry(&s, 2, &del);
	route_journal_write_entry(&s, 3, &sample_add);
	route_journal_write_done(&s, 1);
	assert_string_equal(str_text(&s), HEAD "+ 1 add 203.0.113.5/32 192.0.2.1 - 2 254 0 111 o\n"
					       "+ 2 del ::/0 fe80::1 2001:db8::2 3 254 1024 9 -\n"
					       "+ 3 add 203.0.113.5/32 192.0.2.1 - 2 254 0 111 o\n"
					       "- 1\n");
	assert_int_equal(route_journal_parse(s.text, s.len, &got, &ops), 0);
	assert_string_equal(got.boot, "boot-1");
	assert_int_equal(got.netns, origin.netns);
	assert_int_equal(ops.n, 2);
	assert_int_equal(ops.op[0].kind, ROUTE_OP_DEL);
	assert_true(route_equal(&ops.op[0].route, &del.route));
	assert_true(ip_addr_equal(&ops.op[0].route.src, &del.route.src));
	assert_int_equal(ops.op[0].route.proto, 9);
	assert_int_equal(ops.op[1].kind, ROUTE_OP_ADD);
	assert_true(route_equal(&ops.op[1].route, &sample_add.route));
	assert_true(ops.op[1].route.onlink);
	route_ops_fini(&ops);
	str_fini(&s);
}

static void parse__every_prefix__no_more_than_whole_lines(void **state UNUSED)
{
	static const char text[] = HEAD "+ 1 add 203.0.113.5/32 192.0.2.1 - 2 254 0 111 o\n"
					"+ 2 del 0.0.0.0/0 192.0.2.1 - 2 254 100 16 -\n"
					"- 1\n";
	size_t head = strlen(HEAD);
	struct route_journal_origin origin;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct route_ops ops = {0};
		size_t whole = 0;
		int ret = route_journal_parse(text, n, &origin, &ops);

		for (size_t i = head; i < n; i++)
			if (text[i] == '\n')
				whole++;
		assert_int_equal(ret, n < head ? ERR_INVALID : 0);
		if (n >= head)
			assert_int_equal(ops.n, whole == 3 ? 1 : whole);
		route_ops_fini(&ops);
	}
}

static void parse__malformed__stops_there(void **state UNUSED)
{
	static const char *const bad[] = {
		"",
		"\n",
		"openvpn-routes 2 boot-1 1\n",
		"openvpn-routes 1 boot-1\n",
		"openvpn-routes 1 boot-1 -1\n",
		"openvpn-routes 1 boot-1 99999999999999999999999\n",
		"something else 1 1\n",
		HEAD "\n",
		HEAD "- 1\n",
		HEAD "- x\n",
		HEAD "+ 0 add 10.0.0.0/8 - - 2 254 0 111 -\n",
		HEAD "+ 1 mul 10.0.0.0/8 - - 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0 - - 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/33 - - 2 254 0 111 -\n",
		HEAD "+ 1 add fd00::/129 - - 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0/8 - - 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 fd00::1 - 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - x 2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2147483648 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - -2 254 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 4294967296 0 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0x1 111 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 256 -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 111 x\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 111\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 111 - -\n",
		HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 111 - - - - - - - -\n",
		HEAD "* 1 add 10.0.0.0/8 - - 2 254 0 111 -\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct route_ops ops = {0};

		if (parse(bad[i], &ops) != ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(ops.n, 0);
		route_ops_fini(&ops);
	}
}

static void parse__bad_line_after_good__good_kept(void **state UNUSED)
{
	struct route_ops ops = {0};

	assert_int_equal(parse(HEAD "+ 1 add 10.0.0.0/8 - - 2 254 0 111 -\n+ 2 rubbish\n", &ops),
			 ERR_INVALID);
	assert_int_equal(ops.n, 1);
	route_ops_fini(&ops);
}

static void parse__nul_or_endless_line__invalid(void **state UNUSED)
{
	static const char nul[] = HEAD "- \0001\n";
	struct route_journal_origin origin;
	struct route_ops ops = {0};
	char line[2000];

	assert_int_equal(route_journal_parse(nul, sizeof(nul) - 1, &origin, &ops), ERR_INVALID);
	route_ops_fini(&ops);
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(route_journal_parse(line, sizeof(line), &origin, &ops), ERR_INVALID);
	route_ops_fini(&ops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__entries__read_back),
		cmocka_unit_test(parse__every_prefix__no_more_than_whole_lines),
		cmocka_unit_test(parse__malformed__stops_there),
		cmocka_unit_test(parse__bad_line_after_good__good_kept),
		cmocka_unit_test(parse__nul_or_endless_line__invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
