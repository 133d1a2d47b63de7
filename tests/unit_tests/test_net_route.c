/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

static void add__via_gateway__used_and_deleted(void **state)
{
	FIXTURE(f, state);
	struct route rt = {.dst = net("10.0.0.0", 8), .gateway = ip("192.0.2.1")};
	struct ip_addr host = ip("10.1.2.3");
	struct route got;

	assert_int_equal(route_get(f->nl, &host, &got), ERR_UNREACHABLE);
	assert_int_equal(route_add(f->nl, &rt, NULL), 0);
	assert_int_equal(route_get(f->nl, &host, &got), 0);
	assert_true(ip_addr_equal(&got.gateway, &rt.gateway));
	assert_int_equal(got.ifindex, f->eth.ifindex);
	assert_int_equal(route_add(f->nl, &rt, NULL), ERR_EXISTS);
	assert_int_equal(route_del(f->nl, &rt, NULL), 0);
	assert_int_equal(route_del(f->nl, &rt, NULL), ERR_NOT_FOUND);
	assert_true(fixture_logged(
		f, "net_route_v4_add: 10.0.0.0/8 via 192.0.2.1 dev [NULL] table 0 metric -1\n"));
	assert_true(fixture_logged(
		f, "net_route_v4_del: 10.0.0.0/8 via 192.0.2.1 dev [NULL] table 0 metric -1\n"));
}

static void add__ipv6_to_device__used_and_deleted(void **state)
{
	FIXTURE(f, state);
	struct route rt = {.dst = net("fd01::", 64), .ifindex = f->eth.ifindex, .metric = 7};
	struct ip_addr host = ip("fd01::5");
	struct route got;

	assert_int_equal(route_add(f->nl, &rt, NULL), 0);
	assert_int_equal(route_add(f->nl, &rt, NULL), ERR_EXISTS);
	assert_int_equal(route_get(f->nl, &host, &got), 0);
	assert_int_equal(got.ifindex, f->eth.ifindex);
	assert_false(ip_addr_is_set(&got.gateway));
	assert_int_equal(route_del(f->nl, &rt, NULL), 0);
	assert_true(fixture_logged(
		f, "net_route_v6_add: fd01::/64 via :: dev eth0 table 0 metric 7\n"));
}

static void add__other_table__not_in_main(void **state)
{
	FIXTURE(f, state);
	struct route rt = {.dst = net("10.0.0.0", 8), .gateway = ip("192.0.2.1"), .table = 1000};
	struct ip_addr host = ip("10.1.2.3");
	struct route got;

	assert_int_equal(route_add(f->nl, &rt, NULL), 0);
	assert_int_equal(route_get(f->nl, &host, &got), ERR_UNREACHABLE);
	assert_int_equal(route_del(f->nl, &rt, NULL), 0);
}

static void add__unreachable_gateway__says_why(void **state)
{
	FIXTURE(f, state);
	struct route rt = {.dst = net("10.0.0.0", 8), .gateway = ip("198.51.100.1")};
	struct err err = {0};

	assert_int_equal(route_add(f->nl, &rt, &err), ERR_UNREACHABLE);
	assert_string_equal(err.text, "10.0.0.0/8 via 198.51.100.1 dev [NULL] table 0 metric -1: "
				      "Network is unreachable (errno=101): "
				      "Nexthop has invalid gateway");
	rt.ifindex = f->eth.ifindex;
	rt.onlink = true;
	assert_int_equal(route_add(f->nl, &rt, &err), 0);
}

static void add__nonsense__invalid(void **state)
{
	FIXTURE(f, state);
	struct route none = {0}, wide = {.dst = net("10.0.0.0", 33)},
		     mixed = {.dst = net("10.0.0.0", 8), .gateway = ip("fd00::1")};

	assert_int_equal(route_add(f->nl, &none, NULL), ERR_INVALID);
	assert_int_equal(route_add(f->nl, &wide, NULL), ERR_INVALID);
	assert_int_equal(route_add(f->nl, &mixed, NULL), ERR_INVALID);
	assert_int_equal(route_del(f->nl, &none, NULL), ERR_INVALID);
}

static void default__lowest_metric__found_in_full(void **state)
{
	FIXTURE(f, state);
	struct route a = {.dst = net("0.0.0.0", 0), .gateway = ip("192.0.2.1"), .metric = 600};
	struct route b = {.dst = net("0.0.0.0", 0),
			  .gateway = ip("192.0.2.9"),
			  .metric = 100,
			  .src = ip("192.0.2.2"),
			  .proto = 16};
	struct route other = {.dst = net("0.0.0.0", 0), .gateway = ip("192.0.2.7"), .table = 99};
	struct route got;

	assert_int_equal(route_default(f->nl, AF_INET, 0, &got), ERR_NOT_FOUND);
	assert_int_equal(route_add(f->nl, &a, NULL), 0);
	assert_int_equal(route_add(f->nl, &b, NULL), 0);
	assert_int_equal(route_add(f->nl, &other, NULL), 0);
	assert_int_equal(route_default(f->nl, AF_INET, 0, &got), 0);
	b.ifindex = f->eth.ifindex;
	assert_true(route_equal(&got, &b));
	assert_true(ip_addr_equal(&got.src, &b.src));
	assert_int_equal(got.proto, 16);
	assert_int_equal(got.table, ROUTE_TABLE_MAIN);
	assert_false(got.multipath);
	assert_int_equal(route_del(f->nl, &b, NULL), 0);
	assert_int_equal(route_default(f->nl, AF_INET, 0, &got), 0);
	assert_int_equal(got.metric, 600);
	assert_int_equal(route_default(f->nl, AF_INET, f->eth.ifindex, &got), ERR_NOT_FOUND);
	assert_int_equal(route_default(f->nl, AF_INET6, 0, &got), ERR_NOT_FOUND);
}

static void del__other_protocol__left_alone(void **state)
{
	FIXTURE(f, state);
	struct route theirs = {.dst = net("10.0.0.0", 8), .gateway = ip("192.0.2.1"), .proto = 4};
	struct route ours = theirs;

	ours.proto = ROUTE_PROTO_OPENVPN;
	assert_int_equal(route_add(f->nl, &theirs, NULL), 0);
	assert_int_equal(route_del(f->nl, &ours, NULL), ERR_NOT_FOUND);
	assert_int_equal(route_del(f->nl, &theirs, NULL), 0);
}

static void flush_stale__ours_of_device__only_those(void **state)
{
	FIXTURE(f, state);
	struct tun other;
	struct route ours = {.dst = net("10.0.0.0", 8), .ifindex = f->eth.ifindex};
	struct route ours6 = {.dst = net("fd01::", 64), .ifindex = f->eth.ifindex};
	struct route theirs = {.dst = net("10.0.0.0", 9), .ifindex = f->eth.ifindex, .proto = 4};
	struct route elsewhere = {.dst = net("10.0.0.0", 10)};

	fixture_tap(f, "eth1", &other);
	elsewhere.ifindex = other.ifindex;
	assert_int_equal(route_add(f->nl, &ours, NULL), 0);
	assert_int_equal(route_add(f->nl, &ours6, NULL), 0);
	assert_int_equal(route_add(f->nl, &theirs, NULL), 0);
	assert_int_equal(route_add(f->nl, &elsewhere, NULL), 0);
	assert_int_equal(route_flush_stale(f->nl, f->eth.ifindex), 2);
	assert_int_equal(route_flush_stale(f->nl, f->eth.ifindex), 0);
	assert_int_equal(route_del(f->nl, &ours, NULL), ERR_NOT_FOUND);
	assert_int_equal(route_del(f->nl, &theirs, NULL), 0);
	assert_int_equal(route_del(f->nl, &elsewhere, NULL), 0);
	tun_close(&other);
}

static void connected__networks_only__no_hosts_or_link_local(void **state)
{
	FIXTURE(f, state);
	struct route via = {.dst = net("10.0.0.0", 8), .gateway = ip("192.0.2.1")};
	struct route host = {.dst = net("10.9.9.9", 32), .ifindex = f->eth.ifindex};
	struct ip_net nets[4], want = net("192.0.2.0", 24);

	assert_int_equal(route_add(f->nl, &via, NULL), 0);
	assert_int_equal(route_add(f->nl, &host, NULL), 0);
	assert_int_equal(route_connected(f->nl, f->eth.ifindex, AF_INET, nets, 4), 1);
	assert_true(ip_addr_equal(&nets[0].addr, &want.addr));
	assert_int_equal(nets[0].bits, 24);
	assert_int_equal(route_connected(f->nl, f->eth.ifindex, AF_INET6, nets, 4), 1);
	assert_int_equal(nets[0].bits, 64);
}

static void get__on_link__no_gateway(void **state)
{
	FIXTURE(f, state);
	struct ip_addr host = ip("192.0.2.77"), self = ip("192.0.2.2"), none = {0};
	struct route got;

	assert_int_equal(route_get(f->nl, &host, &got), 0);
	assert_false(ip_addr_is_set(&got.gateway));
	assert_int_equal(got.ifindex, f->eth.ifindex);
	assert_true(ip_addr_equal(&got.src, &self));
	assert_int_equal(route_get(f->nl, &self, &got), 0);
	assert_int_equal(got.ifindex, iface_index("lo"));
	assert_int_equal(route_get(f->nl, &none, &got), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(add__via_gateway__used_and_deleted),
		NETNS_TEST(add__ipv6_to_device__used_and_deleted),
		NETNS_TEST(add__other_table__not_in_main),
		NETNS_TEST(add__unreachable_gateway__says_why),
		NETNS_TEST(add__nonsense__invalid),
		NETNS_TEST(default__lowest_metric__found_in_full),
		NETNS_TEST(del__other_protocol__left_alone),
		NETNS_TEST(flush_stale__ours_of_device__only_those),
		NETNS_TEST(connected__networks_only__no_hosts_or_link_local),
		NETNS_TEST(get__on_link__no_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
