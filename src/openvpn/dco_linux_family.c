/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding the families of the kernel drivers, and making requests of them. */
#include "dco_linux.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "crypto/cipher.h"

enum {
	ATTR_IFINDEX = 1, /* of both families */
	MESSAGE_MAX = 1024,
	POLICY_PEER_NEW = 1,	/* command whose policy shows what a peer can be given */
	POLICY_ATTR_PEER = 2,	/* its nest */
	POLICY_ATTR_TX_ID = 24, /* in the nest, with newer kernels only */
	POLICIES_MAX = 64,
};

/* what a direction of a key is made of */
enum {
	DIR_CIPHER_KEY = 1,
	DIR_NONCE_TAIL,
	NONCE_TAIL_LEN = 8,
};

struct nl_msg *kernel_request(const struct kernel_family *f, uint8_t cmd, int flags, int ifindex)
{
	struct genlmsghdr hdr = {.cmd = cmd, .version = 1};
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_MAX);
	bool ok = msg && nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, f->id, 0, flags | NLM_F_REQUEST);

	ok = ok && nlmsg_append(msg, &hdr, sizeof(hdr), NLMSG_ALIGNTO) == 0;
	if (ok && ifindex)
		ok = nla_put_u32(msg, ATTR_IFINDEX, (uint32_t)ifindex) == 0;
	if (ok)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

struct nl_msg *kernel_device_request(const struct dco_linux *d, uint8_t cmd, int flags)
{
	return kernel_request(&d->family, cmd, flags, d->ifindex);
}

struct nl_msg *kernel_fitting(struct nl_msg *msg, int ret)
{
	if (msg && ret < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int kernel_command(struct dco_linux *d, struct nl_msg *msg, struct err *err, const char *what)
{
	return netlink_exchange(d->genl, msg, NULL, NULL) ? kernel_command_failed(d, err, what) : 0;
}

int kernel_command_failed(struct dco_linux *d, struct err *err, const char *what)
{
	if (d->genl->errnum == ENODEV)
		kernel_device_gone(d);
	if (d->genl->reason[0])
		log_warn(&d->log, "kernel error: %s", d->genl->reason);
	return netlink_fail(d->genl, err, "%s: netlink reports error (%d)", what, d->genl->errnum);
}

uint32_t kernel_cipher(int cipher, size_t *key_len)
{
	enum {
		AES_GCM = 1,
		CHACHA20_POLY1305 = 2
	};

	switch (cipher) {
	case CIPHER_AES_128_GCM:
		*key_len = 16;
		return AES_GCM;
	case CIPHER_AES_192_GCM:
		*key_len = 24;
		return AES_GCM;
	case CIPHER_AES_256_GCM:
		*key_len = 32;
		return AES_GCM;
	case CIPHER_CHACHA20_POLY1305:
		*key_len = 32;
		return CHACHA20_POLY1305;
	default:
		*key_len = 0;
		return 0;
	}
}

struct nlattr *kernel_nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

int kernel_put_direction(struct nl_msg *msg, int type, const struct dco_key_direction *dir,
			 size_t key_len)
{
	struct nlattr *at = kernel_nest(msg, type);

	if (!at || nla_put(msg, DIR_CIPHER_KEY, (int)key_len, dir->cipher) < 0 ||
	    nla_put(msg, DIR_NONCE_TAIL, NONCE_TAIL_LEN, dir->hmac) < 0)
		return -1;
	nla_nest_end(msg, at);
	return 0;
}

bool kernel_uint(const struct nlattr *attr, uint64_t *out)
{
	uint16_t v16;
	uint32_t v32;

	if (!attr)
		return false;
	switch (nla_len(attr)) {
	case 1:
		*out = *(const uint8_t *)nla_data(attr);
		return true;
	case 2:
		memcpy(&v16, nla_data(attr), sizeof(v16));
		*out = v16;
		return true;
	case 4:
		memcpy(&v32, nla_data(attr), sizeof(v32));
		*out = v32;
		return true;
	case 8:
		memcpy(out, nla_data(attr), sizeof(*out));
		return true;
	default:
		return false;
	}
}

void kernel_stats(struct nlattr *const first[static 8], struct dco_peer_stats *out)
{
	uint64_t *const to[] = {
		&out->vpn_rx_bytes,    &out->vpn_tx_bytes,    &out->vpn_rx_packets,
		&out->vpn_tx_packets,  &out->link_rx_bytes,   &out->link_tx_bytes,
		&out->link_rx_packets, &out->link_tx_packets,
	};

	for (size_t i = 0; i < ARRAY_SIZE(to); i++)
		(void)kernel_uint(first[i], to[i]);
}

static void take_groups(struct nlattr *groups, struct kernel_family *out)
{
	struct nlattr *nest;
	int left;

	nla_for_each_nested(nest, groups, left)
	{
		struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];

		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, nest, NULL) < 0 ||
		    !tb[CTRL_ATTR_MCAST_GRP_NAME] || !tb[CTRL_ATTR_MCAST_GRP_ID])
			continue;
		if (nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME], "peers") == 0 &&
		    nla_len(tb[CTRL_ATTR_MCAST_GRP_ID]) >= (int)sizeof(uint32_t))
			out->group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static void on_family(void *ctx, struct nlmsghdr *nlh)
{
	struct kernel_family *out = ctx;
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (nlmsg_parse(nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL) < 0)
		return;
	if (tb[CTRL_ATTR_FAMILY_ID] && nla_len(tb[CTRL_ATTR_FAMILY_ID]) >= (int)sizeof(uint16_t))
		out->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		take_groups(tb[CTRL_ATTR_MCAST_GROUPS], out);
}

/* ---- the policy: what may be in a message (spec 05 section 2.9) ---- */

struct policy {
	int top;			   /* index of the command's policy */
	uint32_t nested_max[POLICIES_MAX]; /* and the largest type there */
};

static void take_op(struct nlattr *ops, struct policy *p)
{
	struct nlattr *op, *tb[CTRL_ATTR_POLICY_DUMP_MAX + 1];
	int left;

	nla_for_each_nested(
		op, ops, left) if (nla_type(op) == POLICY_PEER_NEW &&
				   nla_parse_nested(tb, CTRL_ATTR_POLICY_DUMP_MAX, op, NULL) == 0 &&
				   tb[CTRL_ATTR_POLICY_DO] &&
				   nla_len(tb[CTRL_ATTR_POLICY_DO]) >= (int)sizeof(uint32_t))
		p->top = (int)nla_get_u32(tb[CTRL_ATTR_POLICY_DO]);
}

static void take_policy(struct nlattr *policies, struct policy *p)
{
	struct nlattr *index, *attr, *tb[NL_POLICY_TYPE_ATTR_MAX + 1];
	int left, inner;

	nla_for_each_nested(index, policies, left)
	{
		if (nla_type(index) >= POLICIES_MAX)
			continue;
		nla_for_each_nested(attr, index, inner)
		{
			if (nla_type(attr) != POLICY_ATTR_PEER ||
			    nla_parse_nested(tb, NL_POLICY_TYPE_ATTR_MAX, attr, NULL) < 0 ||
			    !tb[NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE])
				continue;
			p->nested_max[nla_type(index)] =
				nla_get_u32(tb[NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE]);
		}
	}
}

static void on_policy(void *ctx, struct nlmsghdr *nlh)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (nlmsg_parse(nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL) < 0)
		return;
	if (tb[CTRL_ATTR_OP_POLICY])
		take_op(tb[CTRL_ATTR_OP_POLICY], ctx);
	if (tb[CTRL_ATTR_POLICY])
		take_policy(tb[CTRL_ATTR_POLICY], ctx);
}

/* Kernels without the question simply have no id for sending. */
static bool has_tx_id(struct netlink *nl, uint16_t family_id)
{
	struct kernel_family ctrl = {.id = GENL_ID_CTRL};
	struct nl_msg *msg = kernel_request(&ctrl, CTRL_CMD_GETPOLICY, NLM_F_DUMP, 0);
	struct policy policy = {.top = -1};

	if (msg && (nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, family_id) < 0 ||
		    nla_put_u32(msg, CTRL_ATTR_OP, POLICY_PEER_NEW) < 0)) {
		nlmsg_free(msg);
		return false;
	}
	if (netlink_exchange(nl, msg, on_policy, &policy))
		return false;
	return policy.top >= 0 && policy.top < POLICIES_MAX &&
	       policy.nested_max[policy.top] >= POLICY_ATTR_TX_ID;
}

int kernel_family_find(struct netlink *nl, const struct kernel_dialect *d,
		       struct kernel_family *out, struct err *err)
{
	struct kernel_family ctrl = {.id = GENL_ID_CTRL};
	struct nl_msg *msg = kernel_request(&ctrl, CTRL_CMD_GETFAMILY, NLM_F_ACK, 0);

	*out = (struct kernel_family){0};
	if (msg && nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, d->family) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_exchange(nl, msg, on_family, out))
		return netlink_fail(nl, err, "Cannot find %s netlink component", d->family);
	if (!out->id || !out->group)
		return err_set(err, ERR_NOT_FOUND, "cannot get mcast group: %s", d->family);
	if (d == &kernel_mainline)
		out->tx_id = has_tx_id(nl, out->id);
	return 0;
}
