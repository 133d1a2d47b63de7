/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <linux/rtnetlink.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "net/netlink_linux.h"

static void get__tap__tells_all(void **state)
{
	FIXTURE(f, state);
	struct iface_info info;

	assert_int_equal(iface_get(f->nl, f->eth.ifindex, &info, NULL), 0);
	assert_string_equal(info.name, "eth0");
	assert_string_equal(info.kind, "tun");
	assert_true(info.up);
	assert_false(info.loopback);
	assert_true(info.has_lladdr);
	assert_int_equal(info.mtu, 1500);
	assert_int_equal(iface_get(f->nl, iface_index("lo"), &info, NULL), 0);
	assert_true(info.loopback);
}

static void get__no_such__no_device(void **state)
{
	FIXTURE(f, state);
	struct iface_info info;
	struct err err = {0};

	assert_int_equal(iface_get(f->nl, 4711, &info, &err), ERR_NO_DEVICE);
	assert_non_null(strstr(err.text, "4711"));
	assert_int_equal(iface_index("nope"), ERR_NO_DEVICE);
}

static void change__mtu_lladdr_down__seen_and_logged(void **state)
{
	static const uint8_t mac[IFACE_LLADDR_LEN] = {2, 0, 0, 0, 0xab, 1};
	FIXTURE(f, state);
	struct iface_info info;
	int i = f->eth.ifindex;

	assert_int_equal(iface_set_mtu(f->nl, i, 1400, NULL), 0);
	assert_int_equal(iface_set_lladdr(f->nl, i, mac, NULL), 0);
	assert_int_equal(iface_set_up(f->nl, i, false, NULL), 0);
	assert_int_equal(iface_get(f->nl, i, &info, NULL), 0);
	assert_int_equal(info.mtu, 1400);
	assert_memory_equal(info.lladdr, mac, sizeof(mac));
	assert_false(info.up);
	assert_true(fixture_logged(f, "net_iface_mtu_set: mtu 1400 for eth0\n"
				      "net_addr_ll_set: lladdr 02:00:00:00:ab:01 for eth0\n"
				      "TUN/TAP link layer address set to 02:00:00:00:ab:01\n"
				      "net_iface_up: set eth0 down\n"));
}

static void mtu__too_large__says_why(void **state)
{
	FIXTURE(f, state);
	struct err err = {0};

	assert_true(iface_set_mtu(f->nl, f->eth.ifindex, 1u << 30, &err) < 0);
	assert_non_null(strstr(err.text, "cannot set MTU 1073741824 of interface eth0: "));
	assert_non_null(strstr(err.text, "mtu greater than device maximum"));
}

static void addr__subnet__connected_route_and_lines(void **state)
{
	FIXTURE(f, state);
	struct iface_addr a = {.local = ip("10.8.0.2"), .bits = 24};
	struct iface_addr b = {.local = ip("fd00::2"), .bits = 64};
	struct ip_net nets[8];
	int i = f->eth.ifindex;

	assert_int_equal(iface_add_addr(f->nl, i, &a, NULL), 0);
	assert_int_equal(iface_add_addr(f->nl, i, &b, NULL), 0);
	assert_int_equal(iface_add_addr(f->nl, i, &a, NULL), ERR_EXISTS);
	assert_int_equal(route_connected(f->nl, i, AF_INET, nets, ARRAY_SIZE(nets)), 2);
	assert_int_equal(route_connected(f->nl, i, AF_INET6, nets, ARRAY_SIZE(nets)), 2);
	assert_int_equal(route_connected(f->nl, i, AF_INET6, nets, 1), 1);
	assert_int_equal(iface_del_addr(f->nl, i, &a, NULL), 0);
	assert_int_equal(iface_del_addr(f->nl, i, &b, NULL), 0);
	assert_int_equal(iface_del_addr(f->nl, i, &a, NULL), ERR_NOT_FOUND);
	assert_int_equal(route_connected(f->nl, i, AF_INET, nets, ARRAY_SIZE(nets)), 1);
	assert_true(fixture_logged(f, "net_addr_v4_add: 10.8.0.2/24 dev eth0\n"
				      "net_addr_v6_add: fd00::2/64 dev eth0\n"));
	assert_true(fixture_logged(f, "net_addr_v4_del: 10.8.0.2 dev eth0\n"
				      "net_addr_v6_del: fd00::2/64 dev eth0\n"));
}

static void addr__peer__host_route_to_peer(void **state)
{
	FIXTURE(f, state);
	struct iface_addr a = {.local = ip("10.8.0.2"), .peer = ip("10.8.0.1")};
	struct ip_addr peer = ip("10.8.0.1");
	struct route rt;

	assert_int_equal(route_get(f->nl, &peer, &rt), ERR_UNREACHABLE);
	assert_int_equal(iface_add_addr(f->nl, f->eth.ifindex, &a, NULL), 0);
	assert_int_equal(route_get(f->nl, &peer, &rt), 0);
	assert_int_equal(rt.ifindex, f->eth.ifindex);
	assert_true(ip_addr_equal(&rt.src, &a.local));
	assert_int_equal(iface_del_addr(f->nl, f->eth.ifindex, &a, NULL), 0);
	assert_true(fixture_logged(f, "net_addr_ptp_v4_add: 10.8.0.2 peer 10.8.0.1 dev eth0\n"));
	assert_true(fixture_logged(f, "net_addr_ptp_v4_del: 10.8.0.2 dev eth0\n"));
}

static void addr__nonsense__invalid(void **state)
{
	FIXTURE(f, state);
	struct iface_addr none = {0}, wide = {.local = ip("10.8.0.2"), .bits = 33},
			  mixed = {.local = ip("10.8.0.2"), .peer = ip("fd00::1")};

	assert_int_equal(iface_add_addr(f->nl, f->eth.ifindex, &none, NULL), ERR_INVALID);
	assert_int_equal(iface_add_addr(f->nl, f->eth.ifindex, &wide, NULL), ERR_INVALID);
	assert_int_equal(iface_add_addr(f->nl, f->eth.ifindex, &mixed, NULL), ERR_INVALID);
}

static void delete__tap__gone(void **state)
{
	FIXTURE(f, state);

	assert_int_equal(iface_delete(f->nl, f->eth.ifindex, NULL), 0);
	assert_int_equal(iface_index("eth0"), ERR_NO_DEVICE);
	assert_int_equal(iface_delete(f->nl, f->eth.ifindex, NULL), ERR_NO_DEVICE);
}

static struct nl_msg *set_mtu(int ifindex, uint32_t mtu)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST);
	const struct ifinfomsg hdr = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex};

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, (void *)(uintptr_t)&hdr, sizeof(hdr), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_MTU, mtu), 0);
	return msg;
}

static uint32_t mtu_of(struct fixture *f, int ifindex)
{
	struct iface_info info;

	assert_int_equal(iface_get(f->nl, ifindex, &info, NULL), 0);
	return (uint32_t)info.mtu;
}

/* The kernel takes both, and the answers are kept apart. */
static void pair__one_fails__told_which(void **state)
{
	enum {
		NOBODY = 4711,
	};
	FIXTURE(f, state);
	int lo = iface_index("lo"), eth = f->eth.ifindex;
	struct err err = {0};
	bool first;

	assert_int_equal(
		netlink_exchange_pair(f->nl, set_mtu(lo, 9000), set_mtu(eth, 1400), &first), 0);
	assert_true(first);
	assert_int_equal(mtu_of(f, lo), 9000);
	assert_int_equal(mtu_of(f, eth), 1400);

	assert_int_equal(
		netlink_exchange_pair(f->nl, set_mtu(lo, 9001), set_mtu(eth, 1u << 30), &first),
		EINVAL);
	assert_true(first);
	assert_int_equal(netlink_fail(f->nl, &err, "second"), ERR_SYSTEM);
	assert_non_null(strstr(err.text, "mtu greater than device maximum"));
	assert_int_equal(mtu_of(f, lo), 9001);

	assert_int_equal(
		netlink_exchange_pair(f->nl, set_mtu(NOBODY, 1500), set_mtu(eth, 1300), &first),
		ENODEV);
	assert_false(first);
	assert_int_equal(mtu_of(f, eth), 1300);

	assert_int_equal(netlink_exchange_pair(f->nl, NULL, set_mtu(eth, 1200), &first), ENOMEM);
	assert_false(first);
	assert_int_equal(mtu_of(f, eth), 1300); /* and the answers of before are all taken */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(get__tap__tells_all),
		NETNS_TEST(get__no_such__no_device),
		NETNS_TEST(change__mtu_lladdr_down__seen_and_logged),
		NETNS_TEST(mtu__too_large__says_why),
		NETNS_TEST(addr__subnet__connected_route_and_lines),
		NETNS_TEST(addr__peer__host_route_to_peer),
		NETNS_TEST(addr__nonsense__invalid),
		NETNS_TEST(delete__tap__gone),
		NETNS_TEST(pair__one_fails__told_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
