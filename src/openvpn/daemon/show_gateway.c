/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/show_gateway.h"

#include <arpa/inet.h>

#include "base/str.h"
#include "net/iface.h"
#include "net/route.h"

enum {
	NETWORKS_MAX = 32
};

/* Length of the network in which @ip lies, or -1. */
static int network_bits(struct netlink *nl, int ifindex, const struct ip_addr *ip)
{
	struct ip_net nets[NETWORKS_MAX];
	int n = route_connected(nl, ifindex, ip->family, nets, NETWORKS_MAX);
	int best = -1;

	for (int i = 0; i < n; i++) {
		if (ip_net_contains(&nets[i], ip) && nets[i].bits > best)
			best = nets[i].bits;
	}
	return best;
}

static void add_interface(struct str *line, struct netlink *nl, int ifindex)
{
	struct iface_info info;

	if (!ifindex || iface_get(nl, ifindex, &info, NULL) < 0)
		return;
	str_addf(line, " IFACE=%s", info.name);
	if (info.has_lladdr && !info.loopback) {
		char hex[3 * IFACE_LLADDR_LEN];

		str_hex(hex, sizeof(hex), info.lladdr, IFACE_LLADDR_LEN, ':');
		str_addf(line, " HWADDR=%s", hex);
	}
}

static void format4(struct str *line, struct netlink *nl, const struct route *rt)
{
	bool on_link = rt->gateway.family == AF_UNSPEC;
	int bits = network_bits(nl, rt->ifindex, on_link ? &rt->dst.addr : &rt->gateway);
	char text[ADDR_TEXT_MAX];

	str_addf(line, "ROUTE_GATEWAY %s",
		 on_link ? "ON_LINK" : ip_addr_format(&rt->gateway, text, sizeof(text)));
	if (bits >= 0) {
		struct in_addr mask = {.s_addr = htonl(ip_net_mask4((uint8_t)bits))};

		str_addf(line, "/%s", inet_ntop(AF_INET, &mask, text, sizeof(text)));
	}
	add_interface(line, nl, rt->ifindex);
}

static void format6(struct str *line, struct netlink *nl, const struct route *rt)
{
	bool on_link = rt->gateway.family == AF_UNSPEC;
	const struct ip_addr *ip = on_link ? &rt->dst.addr : &rt->gateway;
	int bits = network_bits(nl, rt->ifindex, ip);
	char text[ADDR_TEXT_MAX];

	str_addf(line, "ROUTE6_GATEWAY %s", ip_addr_format(ip, text, sizeof(text)));
	if (on_link)
		str_add(line, " ON_LINK");
	if (bits >= 0)
		str_addf(line, "/%d", bits);
	add_interface(line, nl, rt->ifindex);
}

/* A family without a route prints nothing. */
static void show_family(struct netlink *nl, sa_family_t family, const struct ip_addr *towards,
			const struct log *log)
{
	struct str line = str_init();
	struct route rt;
	int rc = towards->family == family ? route_get(nl, towards, &rt)
					   : route_default(nl, family, 0, &rt);

	if (rc < 0)
		return;
	if (family == AF_INET)
		format4(&line, nl, &rt);
	else
		format6(&line, nl, &rt);
	log_info(log, 1, "%s", str_text(&line));
	str_fini(&line);
}

int show_gateway(const char *addr, const struct log *log, struct err *err)
{
	struct ip_addr towards = {.family = AF_UNSPEC};
	struct netlink *nl;
	int rc;

	if (addr && ip_addr_parse(addr, &towards) < 0)
		return err_set(
			err, ERR_USAGE,
			"Options error: --show-gateway: '%s' is neither an IPv4 nor an IPv6 address",
			addr);
	rc = netlink_open(log, &nl, err);
	if (rc < 0)
		return rc;
	show_family(nl, AF_INET, &towards, log);
	show_family(nl, AF_INET6, &towards, log);
	netlink_close(nl);
	return 0;
}
