/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include "net/gateway.h"
#include "net/route_list.h"

/* A client behind 192.0.2.1: tap device as tunnel, 10.8.0.2/24 and fd00::2/64 on it. */
struct client {
	struct fixture *f;
	struct tun tun;
	struct route_list_config cfg;
};

static struct client client_setup(struct fixture *f)
{
	struct route def4 = {.dst = net("0.0.0.0", 0), .gateway = ip("192.0.2.1"), .proto = 4};
	struct route def6 = {.dst = net("::", 0), .gateway = ip("2001:db8::1"), .proto = 4};
	struct client c = {.f = f};

	assert_int_equal(route_add(f->nl, &def4, NULL), 0);
	assert_int_equal(route_add(f->nl, &def6, NULL), 0);
	fixture_tap(f, "vpn0", &c.tun);
	fixture_addr(f, c.tun.ifindex, "10.8.0.2", 24);
	fixture_addr(f, c.tun.ifindex, "fd00::2", 64);
	str_clear(&f->lines);
	c.cfg = (struct route_list_config){
		.vpn_gateway4 = ip("10.8.0.1"),
		.vpn_gateway6 = ip("fd00::1"),
		.metric = -1,
		.peer = ip("203.0.113.5"),
		.tun_ifindex = c.tun.ifindex,
		.tun_has_ip4 = true,
		.tun_has_ip6 = true,
	};
	return c;
}

static struct route_list *build(struct client *c)
{
	struct route_list *list;

	assert_int_equal(route_list_new(&c->cfg, c->f->nl, NULL, &c->f->log, &list), 0);
	return list;
}

static void expect_env(const struct env *env, const char *name, const char *want)
{
	const char *value = env_get(env, name);

	if (!want) {
		assert_null(value);
	} else if (!value) {
		fail_msg("%s is not set", name);
	} else {
		assert_string_equal(value, want);
	}
}

static void expect_path(struct fixture *f, const char *host, const char *gateway, int ifindex)
{
	struct ip_addr h = ip(host), g = ip(gateway);
	struct route rt;

	assert_int_equal(route_get(f->nl, &h, &rt), 0);
	assert_int_equal(rt.ifindex, ifindex);
	assert_true(ip_addr_equal(&rt.gateway, &g));
}

static void list__v4_options__installed_exported_removed(void **state)
{
	static const struct route_option opts[] = {
		{.network = "192.168.7.0", .netmask = "255.255.255.0"},
		{.network = "192.168.8.5",
		 .netmask = "255.255.255.0",
		 .gateway = "net_gateway",
		 .metric = "5"},
		{.network = "198.51.100.7", .netmask = "default", .gateway = "default"},
		{.network = "remote_host", .gateway = "net_gateway"},
	};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct env *env = env_new();
	struct route_list *list;

	c.cfg.v4 = opts;
	c.cfg.n_v4 = ARRAY_SIZE(opts);
	list = build(&c);
	env_set(env, "route_network_9", "old");
	route_list_set_env(list, env);
	expect_env(env, "route_network_9", NULL);
	expect_env(env, "route_net_gateway", "192.0.2.1");
	expect_env(env, "route_vpn_gateway", "10.8.0.1");
	expect_env(env, "net_gateway_ipv6", NULL); /* only with routes of that family */
	expect_env(env, "route_network_1", "192.168.7.0");
	expect_env(env, "route_netmask_1", "255.255.255.0");
	expect_env(env, "route_gateway_1", "10.8.0.1");
	expect_env(env, "route_metric_1", NULL);
	expect_env(env, "route_network_2", "192.168.8.0");
	expect_env(env, "route_gateway_2", "192.0.2.1");
	expect_env(env, "route_metric_2", "5");
	expect_env(env, "route_netmask_3", "255.255.255.255");
	expect_env(env, "route_network_4", "203.0.113.5");
	expect_env(env, "route_redirect_gateway_ipv4", NULL);

	assert_int_equal(route_list_install(list, env), 0);
	expect_env(env, "redirect_gateway", "0");
	expect_path(f, "192.168.7.1", "10.8.0.1", c.tun.ifindex);
	expect_path(f, "192.168.8.1", "192.0.2.1", f->eth.ifindex);
	expect_path(f, "198.51.100.7", "10.8.0.1", c.tun.ifindex);
	assert_true(fixture_logged(f, "ROUTE_GATEWAY 192.0.2.1/255.255.255.0 IFACE=eth0 HWADDR="));
	assert_true(fixture_logged(f, "ROUTE6_GATEWAY 2001:db8::1 IFACE=eth0\n"));
	assert_true(fixture_logged(
		f, "net_route_v4_add: 192.168.7.0/24 via 10.8.0.1 dev [NULL] table 0 metric -1\n"
		   "net_route_v4_add: 192.168.8.0/24 via 192.0.2.1 dev [NULL] table 0 metric 5\n"));
	str_clear(&f->lines);
	route_list_remove(list);
	assert_true(fixture_logged(
		f, "net_route_v4_del: 192.168.7.0/24 via 10.8.0.1 dev [NULL] table 0 metric -1\n"
		   "net_route_v4_del: 192.168.8.0/24 via 192.0.2.1 dev [NULL] table 0 metric 5\n"));
	expect_path(f, "192.168.7.1", "192.0.2.1", f->eth.ifindex);
	route_list_free(list);
	env_free(env);
	tun_close(&c.tun);
}

static void list__v6_options__to_device_or_gateway(void **state)
{
	static const struct route_option opts[] = {
		{.network = "fd01::5/64"},
		{.network = "fd02::/64", .gateway = "fd00::9", .metric = "7"},
		{.network = "fd03::/64", .gateway = "net_gateway_ipv6"},
		{.network = "fd04::1"},
	};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct env *env = env_new();
	struct route_list *list;

	c.cfg.v6 = opts;
	c.cfg.n_v6 = ARRAY_SIZE(opts);
	c.cfg.metric = 50;
	list = build(&c);
	route_list_set_env(list, env);
	expect_env(env, "route_ipv6_network_1", "fd01::/64");
	expect_env(env, "route_ipv6_gateway_1", "fd00::1");
	expect_env(env, "net_gateway_ipv6", "2001:db8::1");
	expect_env(env, "route_ipv6_metric_1", "50");
	expect_env(env, "route_ipv6_metric_2", "7");
	expect_env(env, "route_ipv6_network_4", "fd04::1/128");
	assert_int_equal(route_list_install(list, NULL), 0);
	expect_path(f, "fd01::77", NULL, c.tun.ifindex);
	expect_path(f, "fd02::77", NULL, c.tun.ifindex);
	expect_path(f, "fd03::77", "2001:db8::1", f->eth.ifindex);
	assert_true(fixture_logged(
		f, "net_route_v6_add: fd01::/64 via :: dev vpn0 table 0 metric 50\n"));
	route_list_free(list);
	expect_path(f, "fd01::77", "2001:db8::1", f->eth.ifindex);

	c.cfg.tap = true;
	list = build(&c);
	assert_int_equal(route_list_install(list, NULL), 0);
	expect_path(f, "fd01::77", "fd00::1", c.tun.ifindex);
	route_list_free(list);
	env_free(env);
	tun_close(&c.tun);
}

static void list__unusable_options__known_lines_others_go_on(void **state)
{
	static const struct route_option v4[] = {
		{.network = "192.168.1.0", .netmask = "255.0.255.0"},
		{.network = "192.168.2.0", .netmask = "nonsense"},
		{.network = "192.168.3.0", .metric = "-3"},
		{.network = "192.168.4.0", .metric = "x"},
		{.network = "no.such.name"},
		{.network = "192.168.5.0", .gateway = "no.such.gateway"},
		{.network = "192.168.6.0"},
		{.network = NULL},
	};
	static const struct route_option v6[] = {
		{.network = "fd01::/129"},
		{.network = "fd01::/"},
		{.network = "fd01::/x"},
		{.network = "zz::/64"},
		{.network = "192.168.1.0/24"},
		{.network = NULL},
		{.network = "fd01::/64", .gateway = "192.0.2.1"},
	};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct route_list *list;

	c.cfg.v4 = v4;
	c.cfg.n_v4 = ARRAY_SIZE(v4);
	c.cfg.v6 = v6;
	c.cfg.n_v6 = ARRAY_SIZE(v6);
	list = build(&c);
	assert_false(route_list_is_empty(list));
	assert_true(fixture_logged(
		f, "OpenVPN ROUTE: failed to parse/resolve route for host/network: 192.168.1.0\n"
		   "OpenVPN ROUTE: failed to parse/resolve route for host/network: 192.168.2.0\n"
		   "OpenVPN ROUTE: route metric for network 192.168.3.0 (-3) must be >= 0\n"
		   "OpenVPN ROUTE: failed to parse/resolve route for host/network: 192.168.3.0\n"));
	assert_true(fixture_logged(
		f, "OpenVPN ROUTE: failed to parse/resolve route for host/network: no.such.name\n"
		   "OpenVPN ROUTE: failed to parse/resolve route for host/network: 192.168.5.0\n"));
	assert_true(fixture_logged(f, "host/network: fd01::/129\n"));
	assert_int_equal(route_list_install(list, NULL), 0);
	expect_path(f, "192.168.6.0", "10.8.0.1", c.tun.ifindex);
	route_list_free(list);
	tun_close(&c.tun);
}

static void list__words_undefined__known_lines(void **state)
{
	static const struct route_option v4[] = {
		{.network = "10.1.0.0", .gateway = "vpn_gateway"},
		{.network = "10.2.0.0", .gateway = "net_gateway"},
		{.network = "remote_host", .gateway = "192.0.2.1"},
		{.network = "10.3.0.0"},
	};
	FIXTURE(f, state);
	struct route_list_config cfg = {
		.v4 = v4, .n_v4 = ARRAY_SIZE(v4), .metric = -1, .peer = ip("2001:db8::5")};
	struct route_list *list;

	assert_int_equal(route_list_new(&cfg, f->nl, NULL, &f->log, &list), 0);
	assert_true(route_list_is_empty(list));
	assert_true(fixture_logged(
		f,
		"OpenVPN ROUTE: vpn_gateway undefined\n"
		"OpenVPN ROUTE: failed to parse/resolve route for host/network: 10.1.0.0\n"
		"OpenVPN ROUTE: net_gateway undefined -- unable to get default gateway from system\n"
		"OpenVPN ROUTE: failed to parse/resolve route for host/network: 10.2.0.0\n"
		"OpenVPN ROUTE: remote_host undefined\n"
		"OpenVPN ROUTE: failed to parse/resolve route for host/network: remote_host\n"
		"OpenVPN ROUTE: OpenVPN needs a gateway parameter for a --route option and no default was specified by either --route-gateway or --ifconfig options\n"
		"OpenVPN ROUTE: failed to parse/resolve route for host/network: 10.3.0.0\n"));
	route_list_free(list);
}

static int two_addresses(void *ctx, const char *name, struct ip_addr *out, size_t cap)
{
	assert_string_equal(name, ctx);
	assert_true(cap >= 2);
	out[0] = ip("198.51.100.1");
	out[1] = ip("198.51.100.2");
	return 2;
}

static void list__name_with_two_addresses__two_routes(void **state)
{
	static char name[] = "www.example.com";
	static const struct route_option opt = {.network = name};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct env *env = env_new();
	struct route_list *list;

	c.cfg.v4 = &opt;
	c.cfg.n_v4 = 1;
	c.cfg.resolve = two_addresses;
	c.cfg.resolve_ctx = name;
	list = build(&c);
	route_list_set_env(list, env);
	expect_env(env, "route_network_1", "198.51.100.1");
	expect_env(env, "route_network_2", "198.51.100.2");
	route_list_free(list);
	env_free(env);
	tun_close(&c.tun);
}

static void list__redirect_def1_ipv6__all_traffic_and_back(void **state)
{
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct env *env = env_new();
	struct route_list *list;

	c.cfg.redirect = REDIRECT_ENABLED | REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_IPV6 |
			 REDIRECT_BLOCK_LOCAL;
	list = build(&c);
	assert_false(route_list_is_empty(list));
	route_list_set_env(list, env);
	expect_env(env, "route_redirect_gateway_ipv4", "2");
	expect_env(env, "route_redirect_gateway_ipv6", "2");
	expect_env(env, "route_ipv6_network_1", "2001:db8:0:0:8000::/65");
	assert_int_equal(route_list_install(list, env), 0);
	assert_int_equal(route_list_install(list, env), 0);
	expect_env(env, "redirect_gateway", "1");
	expect_path(f, "203.0.113.5", "192.0.2.1", f->eth.ifindex);
	expect_path(f, "8.8.8.8", "10.8.0.1", c.tun.ifindex);
	expect_path(f, "192.0.2.50", "10.8.0.1", c.tun.ifindex);
	expect_path(f, "192.0.2.1", NULL, f->eth.ifindex);
	expect_path(f, "2600::1", NULL, c.tun.ifindex);
	expect_path(f, "2001:db8::1", NULL, f->eth.ifindex);
	route_list_free(list);
	expect_path(f, "8.8.8.8", "192.0.2.1", f->eth.ifindex);
	expect_path(f, "192.0.2.50", NULL, f->eth.ifindex);
	expect_path(f, "2600::1", "2001:db8::1", f->eth.ifindex);
	env_free(env);
	tun_close(&c.tun);
}

static void list__peer6_covered__host_route(void **state)
{
	static const struct route_option opt = {.network = "2001:db8:5::/48"};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct route_list *list;

	c.cfg.peer = ip("2001:db8:5::7");
	c.cfg.v6 = &opt;
	c.cfg.n_v6 = 1;
	list = build(&c);
	assert_int_equal(route_list_install(list, NULL), 0);
	assert_true(fixture_logged(f, "ROUTE6: 2001:db8:5::/48 overlaps IPv6 remote 2001:db8:5::7, "
				      "adding host route to VPN endpoint\n"));
	assert_true(fixture_logged(
		f,
		"net_route_v6_add: 2001:db8:5::7/128 via 2001:db8::1 dev eth0 table 0 metric 1\n"));
	expect_path(f, "2001:db8:5::7", "2001:db8::1", f->eth.ifindex);
	expect_path(f, "2001:db8:5::8", NULL, c.tun.ifindex);
	route_list_free(list);
	tun_close(&c.tun);
}

static void list__default_cannot_be_replaced__old_one_back(void **state)
{
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct env *env = env_new();
	struct route_list *list;

	c.cfg.redirect = REDIRECT_ENABLED | REDIRECT_DEFAULT;
	c.cfg.vpn_gateway4 = ip("10.77.0.1"); /* not reachable */
	list = build(&c);
	assert_int_equal(route_list_install(list, env), ERR_SYSTEM);
	expect_env(env, "redirect_gateway", "0");
	expect_path(f, "8.8.8.8", "192.0.2.1", f->eth.ifindex);
	assert_true(fixture_logged(f, "ERROR: Linux route add command failed: 0.0.0.0/0 via "));
	route_list_free(list);
	expect_path(f, "8.8.8.8", "192.0.2.1", f->eth.ifindex);
	env_free(env);
	tun_close(&c.tun);
}

static void list__device_without_addresses__warnings(void **state)
{
	static const struct route_option v4 = {.network = "10.1.0.0", .gateway = "192.0.2.1"};
	static const struct route_option v6 = {.network = "fd01::/64"};
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct route_list *list;

	c.cfg.v4 = &v4;
	c.cfg.v6 = &v6;
	c.cfg.n_v4 = c.cfg.n_v6 = 1;
	c.cfg.tun_has_ip4 = c.cfg.tun_has_ip6 = false;
	list = build(&c);
	assert_int_equal(route_list_install(list, NULL), 0);
	assert_true(fixture_logged(
		f,
		"WARNING: OpenVPN was configured to add an IPv4 route. However, no IPv4 has been configured for vpn0, therefore the route installation may fail or may not work as expected.\n"));
	assert_true(fixture_logged(f, "However, no IPv6 has been configured for vpn0"));
	route_list_free(list);
	tun_close(&c.tun);
}

static void list__no_vpn_gateway__note_not_fatal(void **state)
{
	FIXTURE(f, state);
	struct client c = client_setup(f);
	struct route_list *list;

	c.cfg.redirect = REDIRECT_ENABLED | REDIRECT_DEFAULT;
	c.cfg.vpn_gateway4 = (struct ip_addr){0};
	list = build(&c);
	assert_int_equal(route_list_install(list, NULL), 0);
	assert_true(fixture_logged(f, redirect_note_text(REDIRECT_NOTE_NO_VPN_GATEWAY)));
	route_list_free(list);
	tun_close(&c.tun);
}

static void gateway__lookups__as_lines(void **state)
{
	FIXTURE(f, state);
	struct ip_addr on_link = ip("192.0.2.9"), on_link6 = ip("2001:db8::9"), far = ip("8.8.8.8");
	char text[256];

	assert_int_equal(gateway_format(f->nl, AF_INET, NULL, text, sizeof(text)), ERR_NOT_FOUND);
	assert_int_equal(gateway_format(f->nl, AF_INET, &far, text, sizeof(text)), ERR_NOT_FOUND);
	assert_int_equal(gateway_format(f->nl, AF_INET, &on_link, text, sizeof(text)), 0);
	assert_true(str_starts(text, "ROUTE_GATEWAY ON_LINK IFACE=eth0 HWADDR="));
	assert_int_equal(gateway_format(f->nl, AF_INET6, &on_link6, text, sizeof(text)), 0);
	assert_string_equal(text, "ROUTE6_GATEWAY 2001:db8::9 ON_LINK IFACE=eth0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(list__v4_options__installed_exported_removed),
		NETNS_TEST(list__v6_options__to_device_or_gateway),
		NETNS_TEST(list__unusable_options__known_lines_others_go_on),
		NETNS_TEST(list__words_undefined__known_lines),
		NETNS_TEST(list__name_with_two_addresses__two_routes),
		NETNS_TEST(list__redirect_def1_ipv6__all_traffic_and_back),
		NETNS_TEST(list__peer6_covered__host_route),
		NETNS_TEST(list__default_cannot_be_replaced__old_one_back),
		NETNS_TEST(list__device_without_addresses__warnings),
		NETNS_TEST(list__no_vpn_gateway__note_not_fatal),
		NETNS_TEST(gateway__lookups__as_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
