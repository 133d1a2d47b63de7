/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the module that is not in the kernel tree, family "ovpn-dco-v2". Spec 05 section 3.
 */
#include "dco_linux.h"

#include <linux/genetlink.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

enum command {
	CMD_NEW_PEER = 1,
	CMD_SET_PEER,
	CMD_DEL_PEER,
	CMD_NEW_KEY,
	CMD_SWAP_KEYS,
	CMD_DEL_KEY,
	CMD_GET_PEER,
};

enum top {
	TOP_IFINDEX = 1,
	TOP_NEW_PEER,
	TOP_SET_PEER,
	TOP_DEL_PEER,
	TOP_NEW_KEY,
	TOP_SWAP_KEYS,
	TOP_DEL_KEY,
	TOP_GET_PEER,
	TOP_MAX = TOP_GET_PEER,
};

enum new_peer {
	NEW_PEER_ID = 1,
	NEW_SOCKADDR_REMOTE,
	NEW_SOCKET,
	NEW_IPV4,
	NEW_IPV6,
	NEW_LOCAL_IP,
};

enum set_peer {
	SET_PEER_ID = 1,
	SET_KEEPALIVE_INTERVAL,
	SET_KEEPALIVE_TIMEOUT,
};

enum del_peer {
	DEL_REASON = 1,
	DEL_PEER_ID,
	DEL_MAX = DEL_PEER_ID,
};

enum key {
	KEY_PEER_ID = 1,
	KEY_SLOT,
	KEY_ID,
	KEY_CIPHER_ALG,
	KEY_ENCRYPT,
	KEY_DECRYPT,
};

enum get_peer {
	GET_PEER_ID = 1,
	GET_SOCKADDR_REMOTE,
	GET_VPN_RX_BYTES = 9,
	GET_VPN_TX_BYTES,
	GET_VPN_RX_PACKETS,
	GET_VPN_TX_PACKETS,
	GET_LINK_RX_BYTES,
	GET_LINK_TX_BYTES,
	GET_LINK_RX_PACKETS,
	GET_LINK_TX_PACKETS,
	GET_MAX = GET_LINK_TX_PACKETS,
};

/* ---- putting ---- */

static int put_ip(struct nl_msg *msg, int type, const struct ip_addr *ip)
{
	return ip_addr_is_set(ip) ? netlink_put_ip(msg, type, ip) : 0;
}

static int put_peer_new(struct nl_msg *msg, const struct kernel_peer_new *p)
{
	struct nlattr *peer = kernel_nest(msg, TOP_NEW_PEER);
	struct ip_addr local = sock_addr_ip(&p->local);

	if (!peer || nla_put_u32(msg, NEW_PEER_ID, p->id) < 0 ||
	    (p->remote.sa.sa_family != AF_UNSPEC &&
	     nla_put(msg, NEW_SOCKADDR_REMOTE, (int)sock_addr_len(&p->remote), &p->remote) < 0) ||
	    nla_put_u32(msg, NEW_SOCKET, (uint32_t)p->fd) < 0 ||
	    put_ip(msg, NEW_IPV4, &p->vpn_ip4) < 0 || put_ip(msg, NEW_IPV6, &p->vpn_ip6) < 0 ||
	    put_ip(msg, NEW_LOCAL_IP, &local) < 0)
		return -1;
	nla_nest_end(msg, peer);
	return 0;
}

static int put_peer_id(struct nl_msg *msg, uint32_t id, uint8_t cmd)
{
	bool del = cmd == CMD_DEL_PEER;
	struct nlattr *peer = kernel_nest(msg, del ? TOP_DEL_PEER : TOP_GET_PEER);

	if (!peer || nla_put_u32(msg, del ? DEL_PEER_ID : GET_PEER_ID, id) < 0)
		return -1;
	nla_nest_end(msg, peer);
	return 0;
}

static int put_keepalive(struct nl_msg *msg, uint32_t id, uint32_t interval, uint32_t timeout)
{
	struct nlattr *peer = kernel_nest(msg, TOP_SET_PEER);

	if (!peer || nla_put_u32(msg, SET_PEER_ID, id) < 0 ||
	    nla_put_u32(msg, SET_KEEPALIVE_INTERVAL, interval) < 0 ||
	    nla_put_u32(msg, SET_KEEPALIVE_TIMEOUT, timeout) < 0)
		return -1;
	nla_nest_end(msg, peer);
	return 0;
}

static int put_key(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot,
		   const struct dco_key *key)
{
	struct nlattr *at = kernel_nest(msg, TOP_NEW_KEY);
	size_t key_len;
	uint32_t cipher = kernel_cipher(key->cipher, &key_len);

	if (!at || nla_put_u32(msg, KEY_PEER_ID, id) < 0 ||
	    nla_put_u8(msg, KEY_SLOT, (uint8_t)slot) < 0 ||
	    nla_put_u8(msg, KEY_ID, key->key_id) < 0 ||
	    nla_put_u16(msg, KEY_CIPHER_ALG, (uint16_t)cipher) < 0 ||
	    kernel_put_direction(msg, KEY_ENCRYPT, &key->seal, key_len) < 0 ||
	    kernel_put_direction(msg, KEY_DECRYPT, &key->open, key_len) < 0)
		return -1;
	nla_nest_end(msg, at);
	return 0;
}

static int put_swap(struct nl_msg *msg, uint32_t id)
{
	struct nlattr *at = kernel_nest(msg, TOP_SWAP_KEYS);

	if (!at || nla_put_u32(msg, KEY_PEER_ID, id) < 0)
		return -1;
	nla_nest_end(msg, at);
	return 0;
}

static int put_key_del(struct nl_msg *msg, uint32_t id, enum dco_key_slot slot)
{
	struct nlattr *at = kernel_nest(msg, TOP_DEL_KEY);

	if (!at || nla_put_u32(msg, KEY_PEER_ID, id) < 0 ||
	    nla_put_u8(msg, KEY_SLOT, (uint8_t)slot) < 0)
		return -1;
	nla_nest_end(msg, at);
	return 0;
}

/* ---- getting ---- */

static bool get_u32(const struct nlattr *attr, uint32_t *out)
{
	if (!attr || nla_len(attr) != (int)sizeof(*out))
		return false;
	memcpy(out, nla_data(attr), sizeof(*out));
	return true;
}

static void get_remote(const struct nlattr *attr, union sock_addr *out)
{
	*out = (union sock_addr){0};
	if (!attr ||
	    (nla_len(attr) != (int)sizeof(out->in4) && nla_len(attr) != (int)sizeof(out->in6)))
		return;
	memcpy(out, nla_data(attr), (size_t)nla_len(attr));
	if ((int)sock_addr_len(out) != nla_len(attr))
		*out = (union sock_addr){0};
	sock_addr_unmap(out);
}

static bool get_peer(const struct nlmsghdr *nlh, struct kernel_peer_info *out)
{
	struct nlattr *top[TOP_MAX + 1], *tb[GET_MAX + 1];

	*out = (struct kernel_peer_info){0};
	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, top, TOP_MAX, NULL) < 0 ||
	    !top[TOP_GET_PEER] || nla_parse_nested(tb, GET_MAX, top[TOP_GET_PEER], NULL) < 0 ||
	    !get_u32(tb[GET_PEER_ID], &out->id))
		return false;
	get_remote(tb[GET_SOCKADDR_REMOTE], &out->remote);
	kernel_stats(&tb[GET_VPN_RX_BYTES], &out->stats);
	return true;
}

static bool get_event(const struct nlmsghdr *nlh, struct kernel_event *out)
{
	struct nlattr *top[TOP_MAX + 1], *tb[DEL_MAX + 1];
	const struct genlmsghdr *hdr;

	*out = (struct kernel_event){.type = KERNEL_PEER_GONE};
	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, top, TOP_MAX, NULL) < 0 ||
	    !get_u32(top[TOP_IFINDEX], &out->ifindex))
		return false;
	hdr = nlmsg_data(nlh);
	if (hdr->cmd != CMD_DEL_PEER || !top[TOP_DEL_PEER] ||
	    nla_parse_nested(tb, DEL_MAX, top[TOP_DEL_PEER], NULL) < 0 ||
	    !get_u32(tb[DEL_PEER_ID], &out->peer_id) || !tb[DEL_REASON] ||
	    nla_len(tb[DEL_REASON]) < 1)
		return false;
	out->reason = nla_get_u8(tb[DEL_REASON]);
	return true;
}

const struct kernel_dialect kernel_legacy = {
	.family = "ovpn-dco-v2",
	.kind = KERNEL_KIND_LEGACY,
	.module = "ovpn_dco_v2",
	.cmd_peer_new = CMD_NEW_PEER,
	.cmd_peer_set = CMD_SET_PEER,
	.cmd_peer_get = CMD_GET_PEER,
	.cmd_peer_del = CMD_DEL_PEER,
	.cmd_key_new = CMD_NEW_KEY,
	.cmd_key_swap = CMD_SWAP_KEYS,
	.cmd_key_del = CMD_DEL_KEY,
	.put_peer_new = put_peer_new,
	.put_peer_id = put_peer_id,
	.put_keepalive = put_keepalive,
	.put_key = put_key,
	.put_swap = put_swap,
	.put_key_del = put_key_del,
	.get_peer = get_peer,
	.get_event = get_event,
};
