/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <netlink/attr.h>

#include "net/iface.h"
#include "net/netlink_linux.h"

enum {
	VERB_ROUTE = 3
};

static uint32_t table_of(const struct route *rt)
{
	return rt->table ? rt->table : ROUTE_TABLE_MAIN;
}

static const char *family_text(const struct route *rt)
{
	return rt->dst.addr.family == AF_INET ? "v4" : "v6";
}

const char *route_format(const struct route *rt, char *buf, size_t cap)
{
	char dst[ADDR_TEXT_MAX], gw[ADDR_TEXT_MAX], dev[IF_NAMESIZE], metric[16] = "-1";

	ip_addr_format(&rt->dst.addr, dst, sizeof(dst));
	if (ip_addr_is_set(&rt->gateway))
		ip_addr_format(&rt->gateway, gw, sizeof(gw));
	else
		snprintf(gw, sizeof(gw), "%s", rt->dst.addr.family == AF_INET ? "0.0.0.0" : "::");
	if (rt->metric)
		snprintf(metric, sizeof(metric), "%u", rt->metric);
	snprintf(buf, cap, "%s/%u via %s dev %s table %u metric %s", dst, rt->dst.bits, gw,
		 rt->ifindex ? iface_name(rt->ifindex, dev) : "[NULL]", rt->table, metric);
	return buf;
}

bool route_equal(const struct route *a, const struct route *b)
{
	return ip_addr_equal(&a->dst.addr, &b->dst.addr) && a->dst.bits == b->dst.bits &&
	       ip_addr_equal(&a->gateway, &b->gateway) && a->ifindex == b->ifindex &&
	       table_of(a) == table_of(b) && a->metric == b->metric;
}

static int put_u32(struct nl_msg *msg, int type, uint32_t value)
{
	return nla_put_u32(msg, type, value) < 0 ? -1 : 0;
}

static int put_route(struct nl_msg *msg, const struct route *rt)
{
	int failed = 0;

	if (rt->dst.bits > 0)
		failed |= netlink_put_ip(msg, RTA_DST, &rt->dst.addr);
	failed |= put_u32(msg, RTA_TABLE, table_of(rt));
	if (ip_addr_is_set(&rt->gateway))
		failed |= netlink_put_ip(msg, RTA_GATEWAY, &rt->gateway);
	if (ip_addr_is_set(&rt->src))
		failed |= netlink_put_ip(msg, RTA_PREFSRC, &rt->src);
	if (rt->ifindex)
		failed |= put_u32(msg, RTA_OIF, (uint32_t)rt->ifindex);
	if (rt->metric)
		failed |= put_u32(msg, RTA_PRIORITY, rt->metric);
	return failed;
}

static uint8_t scope_of(int type, const struct route *rt)
{
	if (type == RTM_DELROUTE)
		return RT_SCOPE_NOWHERE; /* any */
	if (rt->dst.addr.family == AF_INET && !ip_addr_is_set(&rt->gateway))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static struct nl_msg *route_msg(int type, int flags, const struct route *rt)
{
	struct rtmsg rtm = {
		.rtm_family = (uint8_t)rt->dst.addr.family,
		.rtm_dst_len = rt->dst.bits,
		.rtm_table = (uint8_t)(table_of(rt) < 256 ? table_of(rt) : RT_TABLE_UNSPEC),
		.rtm_protocol = rt->proto,
		.rtm_scope = scope_of(type, rt),
		.rtm_type = RTN_UNICAST,
		.rtm_flags = rt->onlink ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (type == RTM_NEWROUTE && rt->proto == 0)
		rtm.rtm_protocol = ROUTE_PROTO_OPENVPN;
	if (msg &&
	    (nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) < 0 || put_route(msg, rt) != 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int check_route(const struct route *rt, struct err *err)
{
	bool v4 = rt->dst.addr.family == AF_INET;

	if ((!v4 && rt->dst.addr.family != AF_INET6) || rt->dst.bits > (v4 ? 32 : 128) ||
	    (ip_addr_is_set(&rt->gateway) && rt->gateway.family != rt->dst.addr.family))
		return err_set(err, ERR_INVALID, "not a valid route");
	return 0;
}

int route_add(struct netlink *nl, const struct route *rt, struct err *err)
{
	char text[ROUTE_TEXT_MAX];
	int ret = check_route(rt, err);

	if (ret < 0)
		return ret;
	log_info(&nl->log, VERB_ROUTE, "net_route_%s_add: %s", family_text(rt),
		 route_format(rt, text, sizeof(text)));
	ret = netlink_exchange(nl, route_msg(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, rt), NULL,
			       NULL);
	if (ret == EEXIST)
		return ERR_EXISTS;
	if (ret)
		return netlink_fail(nl, err, "%s", route_format(rt, text, sizeof(text)));
	return 0;
}

int route_del(struct netlink *nl, const struct route *rt, struct err *err)
{
	char text[ROUTE_TEXT_MAX];
	int ret = check_route(rt, err);

	if (ret < 0)
		return ret;
	log_info(&nl->log, VERB_ROUTE, "net_route_%s_del: %s", family_text(rt),
		 route_format(rt, text, sizeof(text)));
	if (netlink_exchange(nl, route_msg(RTM_DELROUTE, 0, rt), NULL, NULL))
		return netlink_fail(nl, err, "%s", route_format(rt, text, sizeof(text)));
	return 0;
}

static bool get_u32(struct nlattr *attr, uint32_t *out)
{
	if (!attr || nla_len(attr) < (int)sizeof(uint32_t))
		return false;
	*out = nla_get_u32(attr);
	return true;
}

/* The first hop of a multipath route stands for it. */
static void parse_multipath(struct nlattr *attr, struct route *out)
{
	const struct rtnexthop *nh = nla_data(attr);
	size_t len = (size_t)nla_len(attr);
	struct nlattr *tb[RTA_MAX + 1];

	out->multipath = true;
	if (len < sizeof(*nh) || nh->rtnh_len < sizeof(*nh) || nh->rtnh_len > len)
		return;
	out->ifindex = nh->rtnh_ifindex;
	out->onlink = nh->rtnh_flags & RTNH_F_ONLINK;
	if (nla_parse(tb, RTA_MAX, (struct nlattr *)(void *)RTNH_DATA((struct rtnexthop *)nh),
		      (int)(nh->rtnh_len - sizeof(*nh)), NULL) == 0)
		out->gateway = netlink_get_ip(tb[RTA_GATEWAY], out->dst.addr.family);
}

/* Unicast routes only. Return: false when @nlh is none. */
static bool parse_route(struct nlmsghdr *nlh, struct route *out)
{
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm;
	uint32_t oif;

	*out = (struct route){0};
	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return false;
	rtm = nlmsg_data(nlh);
	if (rtm->rtm_type != RTN_UNICAST || (rtm->rtm_flags & RTM_F_CLONED))
		return false;
	out->dst.addr = netlink_get_ip(tb[RTA_DST], rtm->rtm_family);
	out->dst.addr.family = rtm->rtm_family;
	out->dst.bits = rtm->rtm_dst_len;
	out->proto = rtm->rtm_protocol;
	out->onlink = rtm->rtm_flags & RTNH_F_ONLINK;
	if (!get_u32(tb[RTA_TABLE], &out->table))
		out->table = rtm->rtm_table;
	get_u32(tb[RTA_PRIORITY], &out->metric);
	out->gateway = netlink_get_ip(tb[RTA_GATEWAY], rtm->rtm_family);
	out->src = netlink_get_ip(tb[RTA_PREFSRC], rtm->rtm_family);
	if (get_u32(tb[RTA_OIF], &oif))
		out->ifindex = (int)oif;
	if (tb[RTA_MULTIPATH])
		parse_multipath(tb[RTA_MULTIPATH], out);
	return true;
}

struct lookup {
	struct route *out;
	int not_ifindex;
	bool found;
};

/* The answer to a lookup is a cloned route to the host, of whatever type it is. */
static void on_lookup(void *ctx, struct nlmsghdr *nlh)
{
	struct lookup *l = ctx;
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm;
	uint32_t oif;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return;
	rtm = nlmsg_data(nlh);
	if (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_LOCAL)
		return;
	l->found = true;
	l->out->gateway = netlink_get_ip(tb[RTA_GATEWAY], rtm->rtm_family);
	l->out->src = netlink_get_ip(tb[RTA_PREFSRC], rtm->rtm_family);
	if (!get_u32(tb[RTA_TABLE], &l->out->table))
		l->out->table = rtm->rtm_table;
	/* Lookups report the main table even for addresses of this machine. */
	if (rtm->rtm_type == RTN_LOCAL)
		l->out->table = ROUTE_TABLE_LOCAL;
	if (get_u32(tb[RTA_OIF], &oif))
		l->out->ifindex = (int)oif;
}

int route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out)
{
	struct lookup l = {.out = out};
	uint8_t bits = dst->family == AF_INET ? 32 : 128;
	struct rtmsg rtm = {.rtm_family = (uint8_t)dst->family, .rtm_dst_len = bits};
	struct nl_msg *msg;
	int ret;

	*out = (struct route){.dst = {.addr = *dst, .bits = bits}};
	if (dst->family != AF_INET && dst->family != AF_INET6)
		return ERR_INVALID;
	msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	if (msg && (nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) < 0 ||
		    netlink_put_ip(msg, RTA_DST, dst) != 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = netlink_exchange(nl, msg, on_lookup, &l);
	if (ret == ENOMEM)
		return ERR_NOMEM;
	return ret || !l.found ? ERR_UNREACHABLE : 0;
}

/* Walk over the unicast routes of one family; the kernel may or may not filter for us. */
static int dump_routes(struct netlink *nl, sa_family_t family, netlink_msg_fn fn, void *ctx)
{
	struct rtmsg rtm = {.rtm_family = (uint8_t)family};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);

	if (msg && nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return netlink_errno_code(netlink_exchange(nl, msg, fn, ctx));
}

static void on_default(void *ctx, struct nlmsghdr *nlh)
{
	struct lookup *l = ctx;
	struct route rt;

	if (!parse_route(nlh, &rt) || rt.dst.bits != 0 || table_of(&rt) != ROUTE_TABLE_MAIN)
		return;
	if (l->found && rt.metric >= l->out->metric)
		return;
	if (l->not_ifindex && rt.ifindex == l->not_ifindex)
		return;
	l->found = true;
	*l->out = rt;
}

int route_default(struct netlink *nl, sa_family_t family, int not_ifindex, struct route *out)
{
	struct lookup l = {.out = out, .not_ifindex = not_ifindex};
	int ret;

	*out = (struct route){0};
	ret = dump_routes(nl, family, on_default, &l);
	if (ret < 0)
		return ret;
	return l.found ? 0 : ERR_NOT_FOUND;
}

struct connected {
	int ifindex;
	struct ip_net *out;
	size_t n, cap;
};

static void on_connected(void *ctx, struct nlmsghdr *nlh)
{
	struct connected *c = ctx;
	struct route rt;
	uint8_t host_bits;

	if (!parse_route(nlh, &rt) || table_of(&rt) != ROUTE_TABLE_MAIN ||
	    rt.ifindex != c->ifindex || ip_addr_is_set(&rt.gateway) || rt.dst.bits == 0)
		return;
	host_bits = rt.dst.addr.family == AF_INET ? 32 : 128;
	if (rt.dst.bits >= host_bits || ip_addr_is_link_local(&rt.dst.addr))
		return;
	/* IPv6 multicast has its own connected route on every interface. */
	if (rt.dst.addr.family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&rt.dst.addr.u.in6))
		return;
	if (c->n < c->cap)
		c->out[c->n++] = rt.dst;
}

int route_connected(struct netlink *nl, int ifindex, sa_family_t family, struct ip_net *out,
		    size_t cap)
{
	struct connected c = {.ifindex = ifindex, .out = out, .cap = cap};
	int ret = dump_routes(nl, family, on_connected, &c);

	return ret < 0 ? ret : (int)c.n;
}

enum {
	FLUSH_MAX = 4096 /* routes taken in one pass */
};

struct flush {
	int ifindex;
	struct route *found;
	size_t n;
};

static void on_flush(void *ctx, struct nlmsghdr *nlh)
{
	struct flush *f = ctx;
	struct route rt;

	if (f->n < FLUSH_MAX && parse_route(nlh, &rt) && rt.proto == ROUTE_PROTO_OPENVPN &&
	    rt.ifindex == f->ifindex)
		f->found[f->n++] = rt;
}

int route_flush_stale(struct netlink *nl, int ifindex)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6};
	struct flush f = {.ifindex = ifindex};
	int deleted = 0;

	f.found = calloc(FLUSH_MAX, sizeof(*f.found));
	if (!f.found)
		return ERR_NOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int ret;

		f.n = 0;
		ret = dump_routes(nl, families[i], on_flush, &f);
		if (ret < 0) {
			free(f.found);
			return ret;
		}
		for (size_t k = 0; k < f.n; k++)
			deleted += route_del(nl, &f.found[k], NULL) == 0;
	}
	free(f.found);
	return deleted;
}
