/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the mainline driver, family "ovpn". Spec 05 section 2. */
#include "dco_linux.h"

#include <linux/genetlink.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

enum command {
	CMD_PEER_NEW = 1,
	CMD_PEER_SET,
	CMD_PEER_GET,
	CMD_PEER_DEL,
	CMD_PEER_DEL_NTF,
	CMD_KEY_NEW,
	CMD_KEY_GET,
	CMD_KEY_SWAP,
	CMD_KEY_SWAP_NTF,
	CMD_KEY_DEL,
	CMD_PEER_FLOAT_NTF,
};

enum top {
	TOP_IFINDEX = 1,
	TOP_PEER,
	TOP_KEYCONF,
	TOP_MAX = TOP_KEYCONF,
};

enum peer {
	PEER_ID = 1,
	PEER_REMOTE_IPV4,
	PEER_REMOTE_IPV6,
	PEER_REMOTE_IPV6_SCOPE_ID,
	PEER_REMOTE_PORT,
	PEER_SOCKET,
	PEER_SOCKET_NETNSID,
	PEER_VPN_IPV4,
	PEER_VPN_IPV6,
	PEER_LOCAL_IPV4,
	PEER_LOCAL_IPV6,
	PEER_LOCAL_PORT,
	PEER_KEEPALIVE_INTERVAL,
	PEER_KEEPALIVE_TIMEOUT,
	PEER_DEL_REASON,
	PEER_VPN_RX_BYTES,
	PEER_VPN_TX_BYTES,
	PEER_VPN_RX_PACKETS,
	PEER_VPN_TX_PACKETS,
	PEER_LINK_RX_BYTES,
	PEER_LINK_TX_BYTES,
	PEER_LINK_RX_PACKETS,
	PEER_LINK_TX_PACKETS,
	PEER_TX_ID,
	PEER_MAX = PEER_TX_ID,
};

enum keyconf {
	KEY_PEER_ID = 1,
	KEY_SLOT,
	KEY_ID,
	KEY_CIPHER_ALG,
	KEY_ENCRYPT_DIR,
	KEY_DECRYPT_DIR,
	KEY_MAX = KEY_DECRYPT_DIR,
};

/* ---- putting ---- */

static int put_peer_nest(struct nl_msg *msg, uint32_t id, struct nlattr **out)
{
	*out = kernel_nest(msg, TOP_PEER);
	return *out ? nla_put_u32(msg, PEER_ID, id) : -1;
}

static int put_remote_attrs(struct nl_msg *msg, const union sock_addr *remote)
{
	int ret;

	switch (remote->sa.sa_family) {
	case AF_INET:
		ret = nla_put(msg, PEER_REMOTE_IPV4, sizeof(remote->in4.sin_addr),
			      &remote->in4.sin_addr);
		break;
	case AF_INET6:
		ret = nla_put(msg, PEER_REMOTE_IPV6, sizeof(remote->in6.sin6_addr),
			      &remote->in6.sin6_addr);
		if (ret == 0 && remote->in6.sin6_scope_id)
			ret = nla_put_u32(msg, PEER_REMOTE_IPV6_SCOPE_ID,
					  remote->in6.sin6_scope_id);
		break;
	default:
		return 0;
	}
	return ret < 0 ? ret : nla_put_u16(msg, PEER_REMOTE_PORT, htons(sock_addr_port(remote)));
}

static int put_ip(struct nl_msg *msg, int type4, int type6, const struct ip_addr *ip)
{
	if (!ip_addr_is_set(ip))
		return 0;
	return netlink_put_ip(msg, ip->family == AF_INET ? type4 : type6, ip);
}

static int put_peer_new(struct nl_msg *msg, const struct kernel_peer_new *p)
{
	struct ip_addr local = sock_addr_ip(&p->local);
	struct nlattr *peer;
	int ret = put_peer_nest(msg, p->id, &peer);

	if (ret == 0)
		ret = put_remote_attrs(msg, &p->remote);
	if (ret == 0)
		ret = put_ip(msg, PEER_LOCAL_IPV4, PEER_LOCAL_IPV6, &local);
	if (ret == 0)
		ret = nla_put_u32(msg, PEER_SOCKET, (uint32_t)p->fd);
	if (ret == 0)
		ret = put_ip(msg, PEER_VPN_IPV4, PEER_VPN_IPV6, &p->vpn_ip4);
	if (ret == 0)
		ret = put_ip(msg, PEER_VPN_IPV4, PEER_VPN_IPV6, &p->vpn_ip6);
	if (ret == 0 && p->has_tx_id)
		ret = nla_put_u32(msg, PEER_TX_ID, p->tx_id);
	if (ret == 0)
		nla_nest_end(msg, peer);
	return ret;
}

static int put_peer_id(struct nl_msg *msg, uint32_t id, uint8_t cmd UNUSED)
{
	struct nlattr *peer;
	int ret = put_peer_nest(msg, id, &peer);

	if (ret == 0)
		nla_nest_end(msg, peer);
	return ret;
}

static int put_keepalive(struct nl_msg *msg, uint32_t id, uint32_t interval, uint32_t timeout)
{
	struct nlattr *peer;
	int ret = put_peer_nest(msg, id, &peer);

	if (ret == 0)
		ret = nla_put_u32(msg, PEER_KEEPALIVE_INTERVAL, interval);
	if (ret == 0)
		ret = nla_put_u32(msg, PEER_KEEPALIVE_TIMEOUT, timeout);
	if (ret == 0)
		nla_nest_end(msg, peer);
	return ret;
}

static int put_remote(struct nl_msg *msg, uint32_t id, const union sock_addr *remote)
{
	struct nlattr *peer;
	int ret = put_peer_nest(msg, id, &peer);

	if (ret == 0)
		ret = put_remote_attrs(msg, remote);
	if (ret == 0)
		nla_nest_end(msg, peer);
	return ret;
}

static int put_vpn_ip(struct nl_msg *msg, uint32_t id, const struct ip_addr *ip4,
		      const struct ip_addr *ip6)
{
	struct nlattr *peer;
	int ret = put_peer_nest(msg, id, &peer);

	if (ret == 0)
		ret = put_ip(msg, PEER_VPN_IPV4, PEER_VPN_IPV6, ip4);
	if (ret == 0)
		ret = put_ip(msg, PEER_VPN_IPV4, PEER_VPN_IPV6, ip6);
	if (ret == 0)
		nla_nest_end(msg, peer);
	return ret;
}

static int put_key(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot,
		   const struct dco_key *key)
{
	struct nlattr *conf = kernel_nest(msg, TOP_KEYCONF);
	size_t key_len;
	uint32_t cipher = kernel_cipher(key->cipher, &key_len);

	if (!conf || nla_put_u32(msg, KEY_PEER_ID, id) < 0 ||
	    nla_put_u32(msg, KEY_SLOT, (uint32_t)slot) < 0 ||
	    nla_put_u32(msg, KEY_ID, key->key_id) < 0 ||
	    nla_put_u32(msg, KEY_CIPHER_ALG, cipher) < 0 ||
	    kernel_put_direction(msg, KEY_ENCRYPT_DIR, &key->seal, key_len) < 0 ||
	    kernel_put_direction(msg, KEY_DECRYPT_DIR, &key->open, key_len) < 0)
		return -1;
	nla_nest_end(msg, conf);
	return 0;
}

static int put_keyconf(struct nl_msg *msg, uint32_t id, int slot)
{
	struct nlattr *conf = kernel_nest(msg, TOP_KEYCONF);

	if (!conf || nla_put_u32(msg, KEY_PEER_ID, id) < 0 ||
	    (slot >= 0 && nla_put_u32(msg, KEY_SLOT, (uint32_t)slot) < 0))
		return -1;
	nla_nest_end(msg, conf);
	return 0;
}

static int put_swap(struct nl_msg *msg, uint32_t id)
{
	return put_keyconf(msg, id, -1);
}

static int put_key_del(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot)
{
	return put_keyconf(msg, id, (int)slot);
}

/* ---- getting ---- */

static bool get_u32(const struct nlattr *attr, uint32_t *out)
{
	uint64_t v;

	if (!kernel_uint(attr, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static void get_remote(struct nlattr **tb, union sock_addr *out)
{
	struct ip_addr ip = netlink_get_ip(tb[PEER_REMOTE_IPV4], AF_INET);
	uint64_t port;

	*out = (union sock_addr){0};
	if (!ip_addr_is_set(&ip))
		ip = netlink_get_ip(tb[PEER_REMOTE_IPV6], AF_INET6);
	if (!ip_addr_is_set(&ip) || !kernel_uint(tb[PEER_REMOTE_PORT], &port) || port > UINT16_MAX)
		return;
	*out = sock_addr_make(&ip, ntohs((uint16_t)port));
	if (ip.family == AF_INET6)
		(void)get_u32(tb[PEER_REMOTE_IPV6_SCOPE_ID], &out->in6.sin6_scope_id);
	sock_addr_unmap(out);
}

static bool get_peer(const struct nlmsghdr *nlh, struct kernel_peer_info *out)
{
	struct nlattr *top[TOP_MAX + 1], *tb[PEER_MAX + 1];

	*out = (struct kernel_peer_info){0};
	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, top, TOP_MAX, NULL) < 0 ||
	    !top[TOP_PEER] || nla_parse_nested(tb, PEER_MAX, top[TOP_PEER], NULL) < 0 ||
	    !get_u32(tb[PEER_ID], &out->id))
		return false;
	get_remote(tb, &out->remote);
	kernel_stats(&tb[PEER_VPN_RX_BYTES], &out->stats);
	return true;
}

static bool get_event(const struct nlmsghdr *nlh, struct kernel_event *out)
{
	struct nlattr *top[TOP_MAX + 1], *tb[PEER_MAX + 1];
	const struct genlmsghdr *hdr;
	uint64_t v;

	*out = (struct kernel_event){0};
	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, top, TOP_MAX, NULL) < 0 ||
	    !get_u32(top[TOP_IFINDEX], &out->ifindex))
		return false;
	hdr = nlmsg_data(nlh);
	switch (hdr->cmd) {
	case CMD_PEER_DEL_NTF:
		out->type = KERNEL_PEER_GONE;
		return top[TOP_PEER] && nla_parse_nested(tb, PEER_MAX, top[TOP_PEER], NULL) == 0 &&
		       get_u32(tb[PEER_ID], &out->peer_id) &&
		       get_u32(tb[PEER_DEL_REASON], &out->reason);
	case CMD_PEER_FLOAT_NTF:
		out->type = KERNEL_FLOAT;
		if (!top[TOP_PEER] || nla_parse_nested(tb, PEER_MAX, top[TOP_PEER], NULL) < 0 ||
		    !get_u32(tb[PEER_ID], &out->peer_id))
			return false;
		get_remote(tb, &out->remote);
		return out->remote.sa.sa_family != AF_UNSPEC;
	case CMD_KEY_SWAP_NTF:
		out->type = KERNEL_KEY_LIMIT;
		if (!top[TOP_KEYCONF] ||
		    nla_parse_nested(tb, KEY_MAX, top[TOP_KEYCONF], NULL) < 0 ||
		    !get_u32(tb[KEY_PEER_ID], &out->peer_id) || !kernel_uint(tb[KEY_ID], &v) ||
		    v > 7)
			return false;
		out->key_id = (uint8_t)v;
		return true;
	default:
		return false;
	}
}

const struct kernel_dialect kernel_mainline = {
	.family = "ovpn",
	.kind = KERNEL_KIND_MAINLINE,
	.module = "ovpn",
	.dump_works_p2p = true,
	.keepalive_needs_both = true,
	.tcp_records = true,
	.deletion_before_ack = true,
	.remote_authenticated = true,
	.tells_key_limit = true,
	.tells_at_socket = true,
	.tells_mode = true,
	.cmd_peer_new = CMD_PEER_NEW,
	.cmd_peer_set = CMD_PEER_SET,
	.cmd_peer_get = CMD_PEER_GET,
	.cmd_peer_del = CMD_PEER_DEL,
	.cmd_key_new = CMD_KEY_NEW,
	.cmd_key_swap = CMD_KEY_SWAP,
	.cmd_key_del = CMD_KEY_DEL,
	.put_peer_new = put_peer_new,
	.put_peer_id = put_peer_id,
	.put_keepalive = put_keepalive,
	.put_remote = put_remote,
	.put_vpn_ip = put_vpn_ip,
	.put_key = put_key,
	.put_swap = put_swap,
	.put_key_del = put_key_del,
	.get_peer = get_peer,
	.get_event = get_event,
};
