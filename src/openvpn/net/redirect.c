/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/redirect.h"

#include <string.h>

#include "base/err.h"

static const struct {
	const char *word;
	enum redirect_flag flag;
} flag_words[] = {
	{"local", REDIRECT_LOCAL},
	{"autolocal", REDIRECT_AUTOLOCAL},
	{"def1", REDIRECT_DEF1},
	{"bypass-dhcp", REDIRECT_BYPASS_DHCP},
	{"bypass-dns", REDIRECT_BYPASS_DNS},
	{"block-local", REDIRECT_BLOCK_LOCAL},
	{"ipv6", REDIRECT_IPV6},
	{"!ipv4", REDIRECT_NO_IPV4},
};

int redirect_parse_flag(const char *word, unsigned int *flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (strcmp(word, flag_words[i].word) == 0) {
			*flags |= flag_words[i].flag;
			return 0;
		}
	}
	return ERR_INVALID;
}

const char *redirect_note_text(enum redirect_note note)
{
	switch (note) {
	case REDIRECT_NOTE_NO_VPN_GATEWAY:
		return "NOTE: unable to redirect IPv4 default gateway -- VPN gateway parameter (--route-gateway or --ifconfig) is missing";
	case REDIRECT_NOTE_NO_DEFAULT:
		return "NOTE: unable to redirect IPv4 default gateway -- Cannot read current default gateway from system";
	case REDIRECT_NOTE_MULTIPATH:
		return "NOTE: the default route has several next hops and is kept; redirect-gateway works as with def1";
	}
	return "";
}

/* What --redirect-gateway ipv6 covers: all but multicast and link-local (spec 03 3.12.2). */
const struct ip_net *redirect_nets6(size_t *n)
{
	static const struct ip_net nets[] = {
		{.addr = {.family = AF_INET6}, .bits = 3},
		{.addr = {.family = AF_INET6, .u.in6.s6_addr = {0x20}}, .bits = 4},
		{.addr = {.family = AF_INET6, .u.in6.s6_addr = {0x30}}, .bits = 4},
		{.addr = {.family = AF_INET6, .u.in6.s6_addr = {0xfc}}, .bits = 7},
	};

	*n = ARRAY_SIZE(nets);
	return nets;
}

static struct ip_net net4(uint32_t addr, uint8_t bits)
{
	return (struct ip_net){
		.addr = {.family = AF_INET, .u.in4.s_addr = htonl(addr)},
		.bits = bits,
	};
}

static struct ip_net host_net(const struct ip_addr *ip)
{
	return (struct ip_net){.addr = *ip, .bits = ip->family == AF_INET ? 32 : 128};
}

static bool in_any(const struct ip_net *nets, size_t n, const struct ip_addr *ip)
{
	for (size_t i = 0; i < n; i++)
		if (ip_net_contains(&nets[i], ip))
			return true;
	return false;
}

/* The half of a network whose next address bit is @upper. */
static struct ip_net half_of(const struct ip_net *net, bool upper)
{
	struct ip_net half = *net;
	uint8_t *bytes =
		net->addr.family == AF_INET ? (uint8_t *)&half.addr.u.in4 : half.addr.u.in6.s6_addr;

	if (upper)
		bytes[net->bits / 8] |= (uint8_t)(0x80 >> (net->bits % 8));
	half.bits++;
	return half;
}

/* What a host needs to be reached as it is now. */
static struct route host_route(const struct ip_addr *host, const struct route *path)
{
	return (struct route){
		.dst = host_net(host),
		.gateway = path->gateway,
		.ifindex = path->ifindex,
		.onlink = path->onlink,
	};
}

static void add_vpn4(struct redirect_plan *plan, const struct redirect_input *in, struct ip_net dst)
{
	struct route rt = {.dst = dst, .gateway = in->vpn_gateway4};

	route_ops_add(&plan->ops4, ROUTE_OP_ADD, &rt);
}

/* A server on this machine or behind the tunnel itself needs no route and must not get one. */
static bool peer_path_is_usable(const struct redirect_input *in)
{
	return in->have_peer_path && in->peer_path.table != ROUTE_TABLE_LOCAL &&
	       in->peer_path.ifindex != in->tun_ifindex;
}

static void plan_block_local4(const struct redirect_input *in, struct redirect_plan *plan)
{
	if (!in->have_default4)
		return;
	if (ip_addr_is_set(&in->default4.gateway)) {
		struct route direct = {.ifindex = in->default4.ifindex};
		struct route rt = host_route(&in->default4.gateway, &direct);

		route_ops_add(&plan->ops4, ROUTE_OP_ADD, &rt);
	}
	for (size_t i = 0; i < in->n_local4; i++) {
		if (in->local4[i].bits >= 32)
			continue;
		add_vpn4(plan, in, half_of(&in->local4[i], true));
		add_vpn4(plan, in, half_of(&in->local4[i], false));
	}
}

static void plan_default4(const struct redirect_input *in, struct redirect_plan *plan)
{
	bool multipath = in->have_default4 && in->default4.multipath;

	plan->redirects4 = true;
	if (multipath && !(in->flags & REDIRECT_DEF1))
		plan->notes |= REDIRECT_NOTE_MULTIPATH;
	if (multipath || (in->flags & REDIRECT_DEF1)) {
		add_vpn4(plan, in, net4(0, 1));
		add_vpn4(plan, in, net4(0x80000000, 1));
		return;
	}
	if (in->have_default4)
		route_ops_add(&plan->ops4, ROUTE_OP_DEL, &in->default4);
	add_vpn4(plan, in, net4(0, 0));
}

static void plan4(const struct redirect_input *in, struct redirect_plan *plan)
{
	bool peer4 = in->peer.family == AF_INET;
	bool on_local_net = peer4 && in_any(in->local4, in->n_local4, &in->peer);
	bool local =
		(in->flags & REDIRECT_LOCAL) || ((in->flags & REDIRECT_AUTOLOCAL) && on_local_net);

	if (!ip_addr_is_set(&in->vpn_gateway4)) {
		plan->notes |= REDIRECT_NOTE_NO_VPN_GATEWAY;
		return;
	}
	if (peer4 && !local && !in->have_peer_path) {
		plan->notes |= REDIRECT_NOTE_NO_DEFAULT;
		return;
	}
	if (peer4 && !local && peer_path_is_usable(in)) {
		struct route rt = host_route(&in->peer, &in->peer_path);

		route_ops_add(&plan->ops4, ROUTE_OP_ADD, &rt);
	}
	if ((in->flags & REDIRECT_BLOCK_LOCAL) && !local && !on_local_net)
		plan_block_local4(in, plan);
	if (in->flags & REDIRECT_DEFAULT)
		plan_default4(in, plan);
}

static void add_net6(struct redirect_plan *plan, struct ip_net net)
{
	if (plan->n_nets6 < REDIRECT_NETS6_MAX)
		plan->nets6[plan->n_nets6++] = net;
}

static void plan_block_local6(const struct redirect_input *in, struct redirect_plan *plan)
{
	const struct ip_addr *gateway = &in->default6.gateway;

	if (!in->have_default6 || in_any(in->local6, in->n_local6, &in->peer))
		return;
	/* A link-local gateway is in none of the networks that are covered. */
	if (in_any(in->local6, in->n_local6, gateway)) {
		struct route direct = {.ifindex = in->default6.ifindex};
		struct route rt = host_route(gateway, &direct);

		route_ops_add(&plan->ops6, ROUTE_OP_ADD, &rt);
	}
	for (size_t i = 0; i < in->n_local6; i++) {
		add_net6(plan, half_of(&in->local6[i], true));
		add_net6(plan, half_of(&in->local6[i], false));
	}
}

static void plan6(const struct redirect_input *in, struct redirect_plan *plan)
{
	bool redirects6 = (in->flags & REDIRECT_ENABLED) && (in->flags & REDIRECT_IPV6);
	bool covered = in->peer6_covered;
	size_t n;
	const struct ip_net *nets = redirect_nets6(&n);

	if (redirects6 && in_any(nets, n, &in->peer))
		covered = true;
	if (in->peer.family == AF_INET6 && covered && peer_path_is_usable(in)) {
		struct route rt = host_route(&in->peer, &in->peer_path);

		rt.metric = 1;
		route_ops_add(&plan->ops6, ROUTE_OP_ADD, &rt);
	}
	if (!redirects6)
		return;
	if (in->flags & REDIRECT_BLOCK_LOCAL)
		plan_block_local6(in, plan);
	for (size_t i = 0; i < n; i++)
		add_net6(plan, nets[i]);
}

void redirect_plan(const struct redirect_input *in, struct redirect_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	if ((in->flags & REDIRECT_ENABLED) && !(in->flags & REDIRECT_NO_IPV4))
		plan4(in, plan);
	plan6(in, plan);
}

void redirect_plan_fini(struct redirect_plan *plan)
{
	route_ops_fini(&plan->ops4);
	route_ops_fini(&plan->ops6);
}

static size_t look_local(struct netlink *nl, sa_family_t family, int ifindex, struct ip_net *out)
{
	int n = route_connected(nl, ifindex, family, out, REDIRECT_LOCAL_NETS_MAX);

	return n > 0 ? (size_t)n : 0;
}

void redirect_look(struct netlink *nl, struct redirect_input *in)
{
	in->have_default4 = route_default(nl, AF_INET, in->tun_ifindex, &in->default4) == 0;
	in->have_default6 = route_default(nl, AF_INET6, in->tun_ifindex, &in->default6) == 0;
	in->have_peer_path =
		ip_addr_is_set(&in->peer) && route_get(nl, &in->peer, &in->peer_path) == 0;
	in->n_local4 = in->n_local6 = 0;
	if (in->have_default4)
		in->n_local4 = look_local(nl, AF_INET, in->default4.ifindex, in->local4);
	if (in->have_default6)
		in->n_local6 = look_local(nl, AF_INET6, in->default6.ifindex, in->local6);
}
