/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include "net/redirect.h"

enum {
	ETH = 2,
	TUN = 7,
	WLAN = 3
};

/*
 * eth0 192.0.2.2/24 and 2001:db8::2/64 with default gateways; the server is 203.0.113.5 behind the
 * gateway; the VPN gateway is 10.8.0.1.
 */
static struct redirect_input office(unsigned int flags)
{
	struct redirect_input in = {
		.flags = flags | REDIRECT_ENABLED,
		.tun_ifindex = TUN,
		.vpn_gateway4 = ip("10.8.0.1"),
		.peer = ip("203.0.113.5"),
		.have_default4 = true,
		.default4 = {.dst = net("0.0.0.0", 0),
			     .gateway = ip("192.0.2.1"),
			     .ifindex = ETH,
			     .metric = 100,
			     .table = ROUTE_TABLE_MAIN,
			     .proto = 16},
		.have_default6 = true,
		.default6 = {.dst = net("::", 0), .gateway = ip("2001:db8::1"), .ifindex = ETH},
		.have_peer_path = true,
		.peer_path = {.gateway = ip("192.0.2.1"), .ifindex = ETH},
		.local4 = {net("192.0.2.0", 24)},
		.n_local4 = 1,
		.local6 = {net("2001:db8::", 64)},
		.n_local6 = 1,
	};

	return in;
}

static void set_peer(struct redirect_input *in, const char *peer, const char *gateway, int ifindex)
{
	in->peer = ip(peer);
	in->peer_path = (struct route){.gateway = ip(gateway), .ifindex = ifindex};
}

static void add_text(struct str *s, const struct route_ops *ops)
{
	for (size_t i = 0; i < ops->n; i++) {
		const struct route *rt = &ops->op[i].route;
		char a[ADDR_TEXT_MAX];

		str_addf(s, "%s %s/%u", ops->op[i].kind == ROUTE_OP_ADD ? "add" : "del",
			 ip_addr_format(&rt->dst.addr, a, sizeof(a)), rt->dst.bits);
		if (ip_addr_is_set(&rt->gateway))
			str_addf(s, " via %s", ip_addr_format(&rt->gateway, a, sizeof(a)));
		if (rt->ifindex)
			str_addf(s, " dev %d", rt->ifindex);
		if (rt->metric)
			str_addf(s, " metric %u", rt->metric);
		str_add(s, "\n");
	}
}

/* The plan as text: IPv4 operations, IPv6 operations, IPv6 networks, notes. */
static void expect(const struct redirect_input *in, const char *want)
{
	struct redirect_plan plan;
	struct str s = str_init();
	char a[ADDR_TEXT_MAX];

	redirect_plan(in, &plan);
	add_text(&s, &plan.ops4);
	add_text(&s, &plan.ops6);
	for (size_t i = 0; i < plan.n_nets6; i++)
		str_addf(&s, "net %s/%u\n", ip_addr_format(&plan.nets6[i].addr, a, sizeof(a)),
			 plan.nets6[i].bits);
	if (plan.notes)
		str_addf(&s, "notes %u\n", plan.notes);
	if (plan.redirects4)
		str_add(&s, "redirects\n");
	assert_string_equal(str_text(&s), want);
	str_fini(&s);
	redirect_plan_fini(&plan);
}

#define HOST   "add 203.0.113.5/32 via 192.0.2.1 dev 2\n"
#define HALVES "add 0.0.0.0/1 via 10.8.0.1\nadd 128.0.0.0/1 via 10.8.0.1\n"
#define PLAIN  "del 0.0.0.0/0 via 192.0.2.1 dev 2 metric 100\nadd 0.0.0.0/0 via 10.8.0.1\n"
#define NETS6  "net ::/3\nnet 2000::/4\nnet 3000::/4\nnet fc00::/7\n"
#define BLOCK4                              \
	"add 192.0.2.1/32 dev 2\n"          \
	"add 192.0.2.128/25 via 10.8.0.1\n" \
	"add 192.0.2.0/25 via 10.8.0.1\n"

static void plan__no_option__nothing(void **state UNUSED)
{
	struct redirect_input in = office(0);

	in.flags = 0;
	expect(&in, "");
	in.flags = REDIRECT_IPV6 | REDIRECT_DEF1 | REDIRECT_DEFAULT;
	expect(&in, "");
}

static void plan__plain__default_replaced(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT);

	expect(&in, HOST PLAIN "redirects\n");
	in.have_default4 = false;
	set_peer(&in, "192.0.2.9", NULL, ETH);
	expect(&in, "add 192.0.2.9/32 dev 2\nadd 0.0.0.0/0 via 10.8.0.1\nredirects\n");
}

static void plan__def1__two_halves(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	expect(&in, HOST HALVES "redirects\n");
	in.flags |= REDIRECT_BYPASS_DHCP | REDIRECT_BYPASS_DNS;
	expect(&in, HOST HALVES "redirects\n");
}

static void plan__private__host_route_only(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEF1);

	expect(&in, HOST);
	in = office(REDIRECT_BLOCK_LOCAL);
	expect(&in, HOST BLOCK4);
}

static void plan__local__no_host_route(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_LOCAL);

	expect(&in, HALVES "redirects\n");
	in.have_default4 = in.have_peer_path = false;
	expect(&in, HALVES "redirects\n");
}

static void plan__autolocal__depends_on_peer(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_AUTOLOCAL);

	expect(&in, HOST HALVES "redirects\n");
	set_peer(&in, "192.0.2.9", NULL, ETH);
	expect(&in, HALVES "redirects\n");
}

static void plan__peer_on_link__route_to_device(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	set_peer(&in, "192.0.2.9", NULL, ETH);
	expect(&in, "add 192.0.2.9/32 dev 2\n" HALVES "redirects\n");
}

static void plan__peer_behind_other_gateway__follows_its_path(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	set_peer(&in, "203.0.113.5", "198.51.100.1", WLAN);
	expect(&in, "add 203.0.113.5/32 via 198.51.100.1 dev 3\n" HALVES "redirects\n");
}

static void plan__peer_on_this_machine_or_in_tunnel__no_host_route(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	in.peer_path.table = ROUTE_TABLE_LOCAL;
	expect(&in, HALVES "redirects\n");
	in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);
	in.peer_path.ifindex = TUN;
	expect(&in, HALVES "redirects\n");
}

static void plan__peer_ipv6_or_none__no_ipv4_host_route(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	set_peer(&in, "2001:db8:5::1", "2001:db8::1", ETH);
	expect(&in, HALVES "redirects\n");
	in.have_peer_path = false;
	expect(&in, HALVES "redirects\n");
	in.peer = (struct ip_addr){0};
	expect(&in, HALVES "redirects\n");
}

static void plan__no_vpn_gateway__note(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1);

	in.vpn_gateway4 = (struct ip_addr){0};
	expect(&in, "notes 1\n");
	assert_string_equal(
		redirect_note_text(REDIRECT_NOTE_NO_VPN_GATEWAY),
		"NOTE: unable to redirect IPv4 default gateway -- VPN gateway parameter (--route-gateway or --ifconfig) is missing");
}

static void plan__peer_unreachable__note(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT);

	in.have_default4 = in.have_peer_path = false;
	expect(&in, "notes 2\n");
	assert_string_equal(
		redirect_note_text(REDIRECT_NOTE_NO_DEFAULT),
		"NOTE: unable to redirect IPv4 default gateway -- Cannot read current default gateway from system");
}

static void plan__multipath_default__kept(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT);

	in.default4.multipath = true;
	expect(&in, HOST HALVES "notes 4\nredirects\n");
	in.flags |= REDIRECT_DEF1;
	expect(&in, HOST HALVES "redirects\n");
}

static void plan__block_local__networks_covered(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_BLOCK_LOCAL);

	expect(&in, HOST BLOCK4 HALVES "redirects\n");
	in.local4[1] = net("172.16.0.0", 12);
	in.local4[2] = net("10.0.0.8", 31);
	in.n_local4 = 3;
	expect(&in, HOST BLOCK4 "add 172.24.0.0/13 via 10.8.0.1\n"
				"add 172.16.0.0/13 via 10.8.0.1\n"
				"add 10.0.0.9/32 via 10.8.0.1\n"
				"add 10.0.0.8/32 via 10.8.0.1\n" HALVES "redirects\n");
}

static void plan__block_local_with_local_peer__not_cut_off(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_BLOCK_LOCAL);

	set_peer(&in, "192.0.2.9", NULL, ETH);
	expect(&in, "add 192.0.2.9/32 dev 2\n" HALVES "redirects\n");
	in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_BLOCK_LOCAL | REDIRECT_LOCAL);
	expect(&in, HALVES "redirects\n");
}

static void plan__block_local_point_to_point_default__no_gateway_route(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_BLOCK_LOCAL);

	in.default4.gateway = (struct ip_addr){0};
	in.peer_path.gateway = (struct ip_addr){0};
	in.n_local4 = 0;
	expect(&in, "add 203.0.113.5/32 dev 2\n" HALVES "redirects\n");
}

static void plan__ipv6__four_networks(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_DEF1 | REDIRECT_IPV6);

	expect(&in, HOST HALVES NETS6 "redirects\n");
	in.flags |= REDIRECT_NO_IPV4;
	expect(&in, NETS6);
}

static void plan__not_ipv4__nothing_else(void **state UNUSED)
{
	struct redirect_input in = office(REDIRECT_DEFAULT | REDIRECT_NO_IPV4);

	expect(&in, "");
}

static void plan__peer6_covered__host_route_with_metric_1(void **state UNUSED)
{
	struct redirect_input in = office(0);

	in.flags = 0;
	set_peer(&in, "2001:db8:5::1", "2001:db8::1", ETH);
	expect(&in, "");
	in.peer6_covered = true;
	expect(&in, "add 2001:db8:5::1/128 via 2001:db8::1 dev 2 metric 1\n");
	set_peer(&in, "2001:db8::9", NULL, ETH);
	expect(&in, "add 2001:db8::9/128 dev 2 metric 1\n");
	in.have_peer_path = false;
	expect(&in, "");
}

static void plan__peer6_under_ipv6_flag__host_route(void **state UNUSED)
{
	struct redirect_input in =
		office(REDIRECT_DEFAULT | REDIRECT_IPV6 | REDIRECT_NO_IPV4 | REDIRECT_LOCAL);

	set_peer(&in, "2001:db8:5::1", "fe80::1", ETH);
	expect(&in, "add 2001:db8:5::1/128 via fe80::1 dev 2 metric 1\n" NETS6);
}

static void plan__block_local6__gateway_stays(void **state UNUSED)
{
	struct redirect_input in =
		office(REDIRECT_DEFAULT | REDIRECT_NO_IPV4 | REDIRECT_IPV6 | REDIRECT_BLOCK_LOCAL);

	expect(&in, "add 2001:db8::1/128 dev 2\n"
		    "net 2001:db8:0:0:8000::/65\nnet 2001:db8::/65\n" NETS6);
	in.default6.gateway = ip("fe80::1");
	expect(&in, "net 2001:db8:0:0:8000::/65\nnet 2001:db8::/65\n" NETS6);
	set_peer(&in, "2001:db8::9", NULL, ETH);
	expect(&in, "add 2001:db8::9/128 dev 2 metric 1\n" NETS6);
	in = office(REDIRECT_DEFAULT | REDIRECT_NO_IPV4 | REDIRECT_IPV6 | REDIRECT_BLOCK_LOCAL);
	in.have_default6 = false;
	expect(&in, NETS6);
}

static void parse_flag__each_word__known(void **state UNUSED)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} words[] = {
		{"local", REDIRECT_LOCAL},
		{"autolocal", REDIRECT_AUTOLOCAL},
		{"def1", REDIRECT_DEF1},
		{"bypass-dhcp", REDIRECT_BYPASS_DHCP},
		{"bypass-dns", REDIRECT_BYPASS_DNS},
		{"block-local", REDIRECT_BLOCK_LOCAL},
		{"ipv6", REDIRECT_IPV6},
		{"!ipv4", REDIRECT_NO_IPV4},
	};
	unsigned int flags = 0, all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(redirect_parse_flag(words[i].word, &flags), 0);
		all |= words[i].flag;
		assert_int_equal(flags, all);
	}
	assert_int_equal(redirect_parse_flag("ipv4", &flags), ERR_INVALID);
	assert_int_equal(redirect_parse_flag("", &flags), ERR_INVALID);
	assert_int_equal(redirect_parse_flag("def", &flags), ERR_INVALID);
	assert_int_equal(flags, all);
}

static void look__namespace__found(void **state)
{
	FIXTURE(f, state);
	struct route def4 = {.dst = net("0.0.0.0", 0), .gateway = ip("192.0.2.1")};
	struct route def6 = {.dst = net("::", 0), .gateway = ip("2001:db8::1")};
	struct redirect_input in = {.peer = ip("203.0.113.5")};

	redirect_look(f->nl, &in);
	assert_false(in.have_default4);
	assert_false(in.have_default6);
	assert_false(in.have_peer_path);
	assert_int_equal(route_add(f->nl, &def4, NULL), 0);
	assert_int_equal(route_add(f->nl, &def6, NULL), 0);
	redirect_look(f->nl, &in);
	assert_true(in.have_default4);
	assert_true(in.have_default6);
	assert_true(in.have_peer_path);
	assert_true(ip_addr_equal(&in.peer_path.gateway, &def4.gateway));
	assert_int_equal(in.n_local4, 1);
	assert_int_equal(in.local4[0].bits, 24);
	assert_int_equal(in.n_local6, 1);
	in.tun_ifindex = f->eth.ifindex;
	redirect_look(f->nl, &in);
	assert_false(in.have_default4);
	in.peer = ip("192.0.2.2");
	redirect_look(f->nl, &in);
	assert_int_equal(in.peer_path.table, ROUTE_TABLE_LOCAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__no_option__nothing),
		cmocka_unit_test(plan__plain__default_replaced),
		cmocka_unit_test(plan__def1__two_halves),
		cmocka_unit_test(plan__private__host_route_only),
		cmocka_unit_test(plan__local__no_host_route),
		cmocka_unit_test(plan__autolocal__depends_on_peer),
		cmocka_unit_test(plan__peer_on_link__route_to_device),
		cmocka_unit_test(plan__peer_behind_other_gateway__follows_its_path),
		cmocka_unit_test(plan__peer_on_this_machine_or_in_tunnel__no_host_route),
		cmocka_unit_test(plan__peer_ipv6_or_none__no_ipv4_host_route),
		cmocka_unit_test(plan__no_vpn_gateway__note),
		cmocka_unit_test(plan__peer_unreachable__note),
		cmocka_unit_test(plan__multipath_default__kept),
		cmocka_unit_test(plan__block_local__networks_covered),
		cmocka_unit_test(plan__block_local_with_local_peer__not_cut_off),
		cmocka_unit_test(plan__block_local_point_to_point_default__no_gateway_route),
		cmocka_unit_test(plan__ipv6__four_networks),
		cmocka_unit_test(plan__not_ipv4__nothing_else),
		cmocka_unit_test(plan__peer6_covered__host_route_with_metric_1),
		cmocka_unit_test(plan__peer6_under_ipv6_flag__host_route),
		cmocka_unit_test(plan__block_local6__gateway_stays),
		cmocka_unit_test(parse_flag__each_word__known),
		NETNS_TEST(look__namespace__found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
