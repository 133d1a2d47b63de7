/* SPDX-License-Identifier: GPL-2.0-only */
/* Data keys in the kernel. Spec 05 section 1.10. */
#include "dco_linux.h"

#include <netlink/msg.h>

#include "base/secret.h"

/* The bytes of the key are wiped before the memory is given back. */
static int install(struct dco_linux *d, struct kernel_peer *p, struct nl_msg *msg, struct err *err)
{
	int ret;

	if (!msg)
		return err_set(err, ERR_NOMEM, "dco_new_key: out of memory");
	nlmsg_get(msg);
	ret = p->awaits_key ? kernel_peer_new_with_key(d, p, msg, err)
			    : kernel_command(d, msg, err, "dco_new_key");
	secret_wipe(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	return ret;
}

static void sending_key_changed(struct kernel_peer *p)
{
	p->key_packets_base = p->stats.link_tx_packets;
	p->key_limit_told = false;
}

int kernel_op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
			  const struct dco_key *key, struct err *err)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct nl_msg *msg;
	struct err why = {0};
	size_t key_len;
	int ret;

	if (!p || p->gone)
		return err_set(err, ERR_NO_PEER, "peer %u does not exist", peer_id);
	if (!kernel_cipher(key->cipher, &key_len) || key->format != DCO_FORMAT_V2)
		return err_set(err, ERR_UNSUPPORTED,
			       "the kernel has neither this cipher nor this packet format");
	msg = kernel_device_request(d, d->dialect->cmd_key_new, 0);
	log_dbg(&d->log, 6, "dco_new_key: slot %d, key-id %u, peer-id %u", (int)slot, key->key_id,
		peer_id);
	msg = kernel_fitting(msg, msg ? d->dialect->put_key(msg, peer_id, slot, key) : -1);
	ret = install(d, p, msg, &why);
	if (ret < 0)
		return err_set(err, ret, "Impossible to install key material in DCO: %s", why.text);
	if (slot == DCO_SLOT_PRIMARY)
		sending_key_changed(p);
	return 0;
}

int kernel_op_key_swap(void *ctx, uint32_t peer_id)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct err err = {0};
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	log_dbg(&d->log, 6, "dco_swap_keys: peer-id %u", peer_id);
	msg = kernel_device_request(d, d->dialect->cmd_key_swap, 0);
	msg = kernel_fitting(msg, msg ? d->dialect->put_swap(msg, peer_id) : -1);
	ret = kernel_command(d, msg, &err, "dco_swap_keys");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot swap keys: %s", err.text);
	else
		sending_key_changed(p);
	return ret;
}

int kernel_op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct err err = {0};
	struct nl_msg *msg;
	int ret;

	if (!p)
		return ERR_NO_PEER;
	if (p->gone)
		return 0; /* the keys went with it */
	log_dbg(&d->log, 6, "dco_del_key: peer-id %u, slot %d", peer_id, (int)slot);
	msg = kernel_device_request(d, d->dialect->cmd_key_del, 0);
	msg = kernel_fitting(msg, msg ? d->dialect->put_key_del(msg, peer_id, slot) : -1);
	ret = kernel_command(d, msg, &err, "dco_del_key");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot delete %s key: %s",
			 slot == DCO_SLOT_PRIMARY ? "primary" : "secondary", err.text);
	return ret;
}
