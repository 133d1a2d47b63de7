/* SPDX-License-Identifier: GPL-2.0-only */
/* The interfaces of the kernel drivers, through rtnetlink. Spec 05 sections 2.1 and 3.2. */
#include "dco_linux.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "base/str.h"

enum {
	LINK_MODE = 1, /* IFLA_OVPN_MODE of both drivers, one byte */
	MODE_P2P = 0,
	MODE_MULTI_PEER = 1,
};

static struct nl_msg *link_msg(int type, int flags, int ifindex, const char *name)
{
	struct ifinfomsg ifi = {.ifi_index = ifindex};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && (nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) < 0 ||
		    (name && nla_put_string(msg, IFLA_IFNAME, name) < 0))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static void on_link(void *ctx, struct nlmsghdr *nlh)
{
	struct kernel_link *out = ctx;
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[LINK_MODE + 1];
	const struct ifinfomsg *ifi;

	if (nlmsg_parse(nlh, sizeof(struct ifinfomsg), tb, IFLA_MAX, NULL) < 0)
		return;
	ifi = nlmsg_data(nlh);
	out->ifindex = ifi->ifi_index;
	if (!tb[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) < 0)
		return;
	if (info[IFLA_INFO_KIND])
		nla_strlcpy(out->kind, info[IFLA_INFO_KIND], sizeof(out->kind));
	if (info[IFLA_INFO_DATA] &&
	    nla_parse_nested(data, LINK_MODE, info[IFLA_INFO_DATA], NULL) == 0 && data[LINK_MODE] &&
	    nla_len(data[LINK_MODE]) >= 1)
		out->mode = nla_get_u8(data[LINK_MODE]) == MODE_MULTI_PEER ? DCO_MODE_MULTI_PEER
									   : DCO_MODE_P2P;
}

int kernel_link_get(struct netlink *rtnl, const char *name, struct kernel_link *out,
		    struct err *err)
{
	*out = (struct kernel_link){.mode = -1};
	if (netlink_exchange(rtnl, link_msg(RTM_GETLINK, 0, 0, name), on_link, out)) {
		int code = netlink_fail(rtnl, err, "Cannot retrieve type of device %s", name);

		return code;
	}
	return out->ifindex > 0 ? 0 : ERR_NO_DEVICE;
}

bool kernel_link_exists(struct netlink *rtnl, int ifindex)
{
	struct kernel_link out = {.mode = -1};

	return netlink_exchange(rtnl, link_msg(RTM_GETLINK, 0, ifindex, NULL), on_link, &out) !=
	       ENODEV;
}

static int put_linkinfo(struct nl_msg *msg, const char *kind, enum dco_mode mode)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	if (!info || nla_put_string(msg, IFLA_INFO_KIND, kind) < 0)
		return -1;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put_u8(msg, LINK_MODE,
				mode == DCO_MODE_MULTI_PEER ? MODE_MULTI_PEER : MODE_P2P) < 0)
		return -1;
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return 0;
}

int kernel_link_new(struct netlink *rtnl, const char *name, const char *kind, enum dco_mode mode,
		    struct err *err)
{
	struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0, name);

	log_info(&rtnl->log, 4, "net_iface_new: add %s type %s", name, kind);
	if (msg && put_linkinfo(msg, kind, mode) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_exchange(rtnl, msg, NULL, NULL))
		return netlink_fail(rtnl, err, "Cannot open DCO device %s", name);
	return 0;
}

int kernel_link_del(struct netlink *rtnl, int ifindex, struct err *err)
{
	char name[IF_NAMESIZE] = "";

	log_info(&rtnl->log, 4, "net_iface_del: delete %s",
		 if_indextoname((unsigned int)ifindex, name) ? name : "?");
	if (netlink_exchange(rtnl, link_msg(RTM_DELLINK, NLM_F_ACK, ifindex, NULL), NULL, NULL))
		return netlink_fail(rtnl, err, "cannot delete interface %s", name);
	return 0;
}
