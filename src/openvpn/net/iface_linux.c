/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/iface.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include <netlink/attr.h>

#include "base/str.h"
#include "net/netlink_linux.h"

enum {
	VERB_CHANGE = 1
};

int iface_index(const char *name)
{
	unsigned int index = if_nametoindex(name);

	return index ? (int)index : ERR_NO_DEVICE;
}

const char *iface_name(int ifindex, char buf[IF_NAMESIZE])
{
	if (ifindex <= 0 || !if_indextoname((unsigned int)ifindex, buf))
		str_copy(buf, IF_NAMESIZE, "?");
	return buf;
}

static struct nl_msg *link_msg(int type, int ifindex, unsigned int flags, unsigned int change)
{
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = ifindex,
		.ifi_flags = flags,
		.ifi_change = change,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* Append one attribute to a message under construction; a failure is passed on as NULL. */
static struct nl_msg *with_attr(struct nl_msg *msg, int type, const void *data, size_t len)
{
	if (msg && nla_put(msg, type, (int)len, data) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void parse_kind(struct nlattr *linkinfo, struct iface_info *out)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, linkinfo, NULL) < 0)
		return;
	if (tb[IFLA_INFO_KIND])
		nla_strlcpy(out->kind, tb[IFLA_INFO_KIND], sizeof(out->kind));
}

static void on_link(void *ctx, struct nlmsghdr *nlh)
{
	struct iface_info *out = ctx;
	struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0)
		return;
	ifi = nlmsg_data(nlh);
	out->ifindex = ifi->ifi_index;
	out->up = ifi->ifi_flags & IFF_UP;
	out->loopback = ifi->ifi_flags & IFF_LOOPBACK;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(out->name, tb[IFLA_IFNAME], sizeof(out->name));
	if (tb[IFLA_MTU] && nla_len(tb[IFLA_MTU]) >= (int)sizeof(uint32_t))
		out->mtu = nla_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == IFACE_LLADDR_LEN) {
		out->has_lladdr = true;
		memcpy(out->lladdr, nla_data(tb[IFLA_ADDRESS]), IFACE_LLADDR_LEN);
	}
	if (tb[IFLA_LINKINFO])
		parse_kind(tb[IFLA_LINKINFO], out);
}

int iface_get(struct netlink *nl, int ifindex, struct iface_info *out, struct err *err)
{
	*out = (struct iface_info){0};
	if (netlink_exchange(nl, link_msg(RTM_GETLINK, ifindex, 0, 0), on_link, out))
		return netlink_fail(nl, err, "cannot look up interface %d", ifindex);
	if (out->ifindex != ifindex)
		return err_set(err, ERR_NO_DEVICE, "no interface with number %d", ifindex);
	return 0;
}

int iface_set_up(struct netlink *nl, int ifindex, bool up, struct err *err)
{
	char name[IF_NAMESIZE];

	log_info(&nl->log, VERB_CHANGE, "net_iface_up: set %s %s", iface_name(ifindex, name),
		 up ? "up" : "down");
	if (netlink_exchange(nl, link_msg(RTM_NEWLINK, ifindex, up ? IFF_UP : 0, IFF_UP), NULL,
			     NULL))
		return netlink_fail(nl, err, "cannot set interface %s %s", name,
				    up ? "up" : "down");
	return 0;
}

int iface_set_mtu(struct netlink *nl, int ifindex, uint32_t mtu, struct err *err)
{
	char name[IF_NAMESIZE];
	struct nl_msg *msg = link_msg(RTM_NEWLINK, ifindex, 0, 0);

	log_info(&nl->log, VERB_CHANGE, "net_iface_mtu_set: mtu %u for %s", mtu,
		 iface_name(ifindex, name));
	msg = with_attr(msg, IFLA_MTU, &mtu, sizeof(mtu));
	if (netlink_exchange(nl, msg, NULL, NULL))
		return netlink_fail(nl, err, "cannot set MTU %u of interface %s", mtu, name);
	return 0;
}

int iface_set_lladdr(struct netlink *nl, int ifindex, const uint8_t lladdr[IFACE_LLADDR_LEN],
		     struct err *err)
{
	char name[IF_NAMESIZE], text[3 * IFACE_LLADDR_LEN];
	struct nl_msg *msg = link_msg(RTM_NEWLINK, ifindex, 0, 0);

	str_hex(text, sizeof(text), lladdr, IFACE_LLADDR_LEN, ':');
	log_info(&nl->log, VERB_CHANGE, "net_addr_ll_set: lladdr %s for %s", text,
		 iface_name(ifindex, name));
	msg = with_attr(msg, IFLA_ADDRESS, lladdr, IFACE_LLADDR_LEN);
	if (netlink_exchange(nl, msg, NULL, NULL))
		return netlink_fail(nl, err, "cannot set link layer address %s of interface %s",
				    text, name);
	log_info(&nl->log, VERB_CHANGE, "TUN/TAP link layer address set to %s", text);
	return 0;
}

static bool is_ptp(const struct iface_addr *addr)
{
	return ip_addr_is_set(&addr->peer);
}

static int put_addr_attrs(struct nl_msg *msg, const struct iface_addr *addr)
{
	const struct ip_addr *address = is_ptp(addr) ? &addr->peer : &addr->local;

	if (netlink_put_ip(msg, IFA_LOCAL, &addr->local) ||
	    netlink_put_ip(msg, IFA_ADDRESS, address))
		return -1;
	if (addr->local.family == AF_INET && !is_ptp(addr) && addr->bits < 31) {
		uint32_t broadcast = ntohl(addr->local.u.in4.s_addr) | ~ip_net_mask4(addr->bits);

		if (nla_put_u32(msg, IFA_BROADCAST, htonl(broadcast)) < 0)
			return -1;
	}
	return 0;
}

static struct nl_msg *addr_msg(int type, int flags, int ifindex, const struct iface_addr *addr)
{
	bool v4 = addr->local.family == AF_INET;
	struct ifaddrmsg ifa = {
		.ifa_family = (uint8_t)addr->local.family,
		.ifa_prefixlen = is_ptp(addr) ? (v4 ? 32 : 128) : addr->bits,
		.ifa_flags = v4 ? 0 : IFA_F_NODAD,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)ifindex,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && (nlmsg_append(msg, &ifa, sizeof(ifa), NLMSG_ALIGNTO) < 0 ||
		    put_addr_attrs(msg, addr))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* "10.8.0.2/24 dev tun0", "10.8.0.2 peer 10.8.0.1 dev tun0"; deletion of IPv4: "10.8.0.2 dev tun0"
 */
static void addr_text(const struct iface_addr *addr, const char *dev, bool add, char *buf,
		      size_t cap)
{
	char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];

	ip_addr_format(&addr->local, local, sizeof(local));
	if (!add && addr->local.family == AF_INET)
		snprintf(buf, cap, "%s dev %s", local, dev);
	else if (is_ptp(addr))
		snprintf(buf, cap, "%s peer %s dev %s", local,
			 ip_addr_format(&addr->peer, peer, sizeof(peer)), dev);
	else
		snprintf(buf, cap, "%s/%u dev %s", local, addr->bits, dev);
}

static int check_addr(const struct iface_addr *addr, struct err *err)
{
	bool v4 = addr->local.family == AF_INET;

	if ((!v4 && addr->local.family != AF_INET6) || addr->bits > (v4 ? 32 : 128) ||
	    (is_ptp(addr) && addr->peer.family != addr->local.family))
		return err_set(err, ERR_INVALID, "not a valid interface address");
	return 0;
}

int iface_add_addr(struct netlink *nl, int ifindex, const struct iface_addr *addr, struct err *err)
{
	char name[IF_NAMESIZE], text[2 * ADDR_TEXT_MAX + 64];
	int ret = check_addr(addr, err);

	if (ret < 0)
		return ret;
	addr_text(addr, iface_name(ifindex, name), true, text, sizeof(text));
	log_info(&nl->log, VERB_CHANGE, "net_addr_%s%s_add: %s", is_ptp(addr) ? "ptp_" : "",
		 addr->local.family == AF_INET ? "v4" : "v6", text);
	if (netlink_exchange(nl, addr_msg(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, addr),
			     NULL, NULL))
		return netlink_fail(nl, err, "cannot add address %s", text);
	return 0;
}

int iface_del_addr(struct netlink *nl, int ifindex, const struct iface_addr *addr, struct err *err)
{
	char name[IF_NAMESIZE], text[2 * ADDR_TEXT_MAX + 64];
	int ret = check_addr(addr, err);

	if (ret < 0)
		return ret;
	addr_text(addr, iface_name(ifindex, name), false, text, sizeof(text));
	log_info(&nl->log, VERB_CHANGE, "net_addr_%s%s_del: %s", is_ptp(addr) ? "ptp_" : "",
		 addr->local.family == AF_INET ? "v4" : "v6", text);
	if (netlink_exchange(nl, addr_msg(RTM_DELADDR, 0, ifindex, addr), NULL, NULL))
		return netlink_fail(nl, err, "cannot remove address %s", text);
	return 0;
}

int iface_delete(struct netlink *nl, int ifindex, struct err *err)
{
	char name[IF_NAMESIZE];

	log_info(&nl->log, VERB_CHANGE, "net_iface_del: delete %s", iface_name(ifindex, name));
	if (netlink_exchange(nl, link_msg(RTM_DELLINK, ifindex, 0, 0), NULL, NULL))
		return netlink_fail(nl, err, "cannot delete interface %s", name);
	return 0;
}
