/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/gateway.h"

#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "net/iface.h"
#include "net/route.h"

enum {
	NETS_MAX = 16
};

/* "/255.255.255.0" of the connected network that holds the gateway; "" when there is none. */
static void mask_format(struct netlink *nl, const struct route *rt, char *buf, size_t cap)
{
	struct ip_net nets[NETS_MAX];
	int n = route_connected(nl, rt->ifindex, AF_INET, nets, NETS_MAX);
	struct ip_addr mask = {.family = AF_INET};
	char text[ADDR_TEXT_MAX];
	uint8_t bits = 0;

	buf[0] = '\0';
	for (int i = 0; i < n; i++)
		if (ip_net_contains(&nets[i], &rt->gateway) && nets[i].bits > bits)
			bits = nets[i].bits;
	if (bits == 0)
		return;
	mask.u.in4.s_addr = htonl(ip_net_mask4(bits));
	snprintf(buf, cap, "/%s", ip_addr_format(&mask, text, sizeof(text)));
}

static void hwaddr_format(struct netlink *nl, const struct route *rt, char *buf, size_t cap)
{
	struct iface_info info;
	char hex[3 * IFACE_LLADDR_LEN];

	buf[0] = '\0';
	if (iface_get(nl, rt->ifindex, &info, NULL) < 0 || !info.has_lladdr || info.loopback)
		return;
	str_hex(hex, sizeof(hex), info.lladdr, sizeof(info.lladdr), ':');
	snprintf(buf, cap, " HWADDR=%s", hex);
}

static void format4(struct netlink *nl, const struct route *rt, char *buf, size_t cap)
{
	char gw[ADDR_TEXT_MAX], mask[ADDR_TEXT_MAX] = "", dev[IF_NAMESIZE], hw[32];

	if (ip_addr_is_set(&rt->gateway)) {
		ip_addr_format(&rt->gateway, gw, sizeof(gw));
		mask_format(nl, rt, mask, sizeof(mask));
	} else {
		str_copy(gw, sizeof(gw), "ON_LINK");
	}
	hwaddr_format(nl, rt, hw, sizeof(hw));
	snprintf(buf, cap, "ROUTE_GATEWAY %s%s IFACE=%s%s", gw, mask, iface_name(rt->ifindex, dev),
		 hw);
}

static void format6(const struct route *rt, char *buf, size_t cap)
{
	bool on_link = !ip_addr_is_set(&rt->gateway);
	char gw[ADDR_TEXT_MAX], dev[IF_NAMESIZE];

	snprintf(buf, cap, "ROUTE6_GATEWAY %s%s IFACE=%s",
		 ip_addr_format(on_link ? &rt->dst.addr : &rt->gateway, gw, sizeof(gw)),
		 on_link ? " ON_LINK" : "", iface_name(rt->ifindex, dev));
}

int gateway_format(struct netlink *nl, sa_family_t family, const struct ip_addr *dst, char *buf,
		   size_t cap)
{
	struct route rt;
	int ret = dst ? route_get(nl, dst, &rt) : route_default(nl, family, 0, &rt);

	if (ret < 0)
		return ERR_NOT_FOUND;
	if (family == AF_INET)
		format4(nl, &rt, buf, cap);
	else
		format6(&rt, buf, cap);
	return 0;
}
