/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux kernel drivers as data planes: devices, peers, keys, counters. Spec 05 sections 1 to 3. */
#include "dco_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/str.h"
#include "config/features.h"
#include "dco_backends.h"

enum {
	NAMES_MAX = 256,
	DUMP_EVERY_MS = 1000,
	DELETION_MS = 5000,
	PROBE_IFINDEX = 0x7fffffff, /* no such interface */
	KEY_PACKETS_LIMIT = 0xe0000000,
};

/* ---- requests ---- */

static struct nl_msg *request(const struct dco_linux *d, uint8_t cmd, int flags)
{
	return kernel_request(&d->family, cmd, flags, d->ifindex);
}

static struct nl_msg *fitting(struct nl_msg *msg, int ret)
{
	if (msg && ret < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* An exchange that only needs an acknowledgement. Return: 0 or ERR_* with @err set. */
static int command(struct dco_linux *d, struct nl_msg *msg, struct err *err, const char *what)
{
	if (netlink_exchange(d->genl, msg, NULL, NULL) == 0)
		return 0;
	if (d->genl->errnum == ENODEV)
		kernel_device_gone(d);
	return netlink_fail(d->genl, err, "%s: netlink reports error (%d)", what, d->genl->errnum);
}

/* ---- peers as we know them ---- */

static uint32_t hash_id(const struct dco_linux *d, uint32_t id)
{
	return hash_table_hash(&d->peers, 0, &id, sizeof(id));
}

static struct kernel_peer *peer_of(struct hash_link *link)
{
	return link ? container_of(link, struct kernel_peer, by_id) : NULL;
}

struct kernel_peer *kernel_peer_find(const struct dco_linux *d, uint32_t id)
{
	struct hash_link *at = hash_table_first(&d->peers, hash_id(d, id));

	while (at && peer_of(at)->id != id)
		at = hash_table_next(at);
	return peer_of(at);
}

void kernel_peer_each(struct dco_linux *d, void (*fn)(struct dco_linux *, struct kernel_peer *))
{
	for (size_t i = 0; i < d->peers.size; i++) {
		struct hash_link *at = d->peers.buckets[i];

		while (at) {
			struct hash_link *next = at->next;

			fn(d, peer_of(at));
			at = next;
		}
	}
}

struct kernel_peer *kernel_peer_any(const struct dco_linux *d)
{
	for (size_t i = 0; i < d->peers.size; i++)
		if (d->peers.buckets[i])
			return peer_of(d->peers.buckets[i]);
	return NULL;
}

static void add_stats(struct dco_peer_stats *sum, const struct dco_peer_stats *s)
{
	sum->link_rx_bytes += s->link_rx_bytes;
	sum->link_tx_bytes += s->link_tx_bytes;
	sum->link_rx_packets += s->link_rx_packets;
	sum->link_tx_packets += s->link_tx_packets;
	sum->vpn_rx_bytes += s->vpn_rx_bytes;
	sum->vpn_tx_bytes += s->vpn_tx_bytes;
	sum->vpn_rx_packets += s->vpn_rx_packets;
	sum->vpn_tx_packets += s->vpn_tx_packets;
}

/* ---- asking for peers ---- */

static void on_peer(void *ctx, struct nlmsghdr *nlh)
{
	struct dco_linux *d = ctx;
	struct kernel_peer_info info;
	struct kernel_peer *p;
	struct dco_event ev = {.type = DCO_EVENT_KEY_LIMIT};

	if (!d->dialect->get_peer(nlh, &info))
		return;
	p = kernel_peer_find(d, info.id);
	if (!p || p->gone)
		return;
	p->seen = true;
	p->stats = info.stats;
	if (d->dialect->remote_authenticated && info.remote.sa.sa_family != AF_UNSPEC &&
	    !kernel_transport_is_tcp(p->transport))
		kernel_peer_moved(d, p, &info.remote);
	if (d->dialect->tells_key_limit || p->key_limit_told ||
	    p->stats.link_tx_packets - p->key_packets_base < KEY_PACKETS_LIMIT)
		return;
	p->key_limit_told = true;
	ev.peer_id = p->id;
	kernel_event_put(d, &ev);
}

/* The kernel does not know the peer, and we were not told or overlooked it. */
static int peer_missing(struct dco_linux *d, struct kernel_peer *p)
{
	kernel_events_drain(d);
	kernel_peer_gone(d, p, DCO_GONE_EXPIRED);
	return ERR_NO_PEER;
}

int kernel_poll_peer(struct dco_linux *d, struct kernel_peer *p)
{
	uint8_t cmd = d->dialect->cmd_peer_get;
	struct nl_msg *msg = request(d, cmd, 0);

	msg = fitting(msg, msg ? d->dialect->put_peer_id(msg, p->id, cmd) : -1);
	p->seen = false;
	switch (netlink_exchange(d->genl, msg, on_peer, d)) {
	case 0:
		return p->seen ? 0 : ERR_SYSTEM;
	case ENODEV:
		kernel_device_gone(d);
		return ERR_NO_DEVICE;
	case ENOENT:
	case EINVAL: /* it is being taken down */
		return peer_missing(d, p);
	default:
		return ERR_SYSTEM;
	}
}

static void mark_unseen(struct dco_linux *d UNUSED, struct kernel_peer *p)
{
	p->seen = false;
}

static void check_seen(struct dco_linux *d, struct kernel_peer *p)
{
	/* A dump may miss somebody: ask again. */
	if (!p->seen && !p->gone)
		(void)kernel_poll_peer(d, p);
}

int kernel_poll_peers(struct dco_linux *d)
{
	struct kernel_peer *only = d->mode == DCO_MODE_P2P ? kernel_peer_any(d) : NULL;

	if (d->device_gone || d->peers.count == 0)
		return 0;
	if (d->mode == DCO_MODE_P2P)
		return only->gone ? 0 : kernel_poll_peer(d, only);
	kernel_peer_each(d, mark_unseen);
	if (netlink_exchange(d->genl, request(d, d->dialect->cmd_peer_get, NLM_F_DUMP), on_peer, d))
		return ERR_SYSTEM;
	d->dumped_ms = clock_now().mono_ms;
	kernel_peer_each(d, check_seen);
	return 0;
}

/* ---- the device ---- */

static int open_sockets(struct dco_linux *d, struct err *err)
{
	int ret = netlink_open(&d->log, &d->rtnl, err);

	if (ret == 0)
		ret = netlink_open_protocol(&d->log, NETLINK_GENERIC, &d->genl, err);
	if (ret == 0)
		ret = kernel_family_find(d->genl, d->dialect, &d->family, err);
	if (ret == 0)
		ret = kernel_events_open(d, err);
	return ret;
}

static void on_stranger(void *ctx, struct nlmsghdr *nlh)
{
	struct kernel_peer_info info;
	const struct dco_linux **d = ctx;

	if ((*d)->dialect->get_peer(nlh, &info))
		*d = NULL;
}

/* Somebody made the device before us: it must be of our mode, and nobody may be using it. */
static int adopt(struct dco_linux *d, const struct kernel_link *link, struct err *err)
{
	const struct dco_linux *free_of_peers = d;

	if (link->mode >= 0 && link->mode != (int)d->mode)
		return err_set(
			err, ERR_STATE,
			"DCO device %s exists in %s mode, but %s mode is needed: delete it with 'ip link del %s'",
			d->name, link->mode == DCO_MODE_P2P ? "point-to-point" : "multi-peer",
			d->mode == DCO_MODE_P2P ? "point-to-point" : "multi-peer", d->name);
	d->ifindex = link->ifindex;
	if (netlink_exchange(d->genl, request(d, d->dialect->cmd_peer_get, NLM_F_DUMP), on_stranger,
			     &free_of_peers))
		return netlink_fail(d->genl, err, "cannot list the peers of DCO device %s",
				    d->name);
	if (!free_of_peers)
		return err_set(err, ERR_STATE, "DCO device %s is in use by another program",
			       d->name);
	log_info(&d->log, 1, "DCO device %s already exists, won't be destroyed at shutdown",
		 d->name);
	return 0;
}

static int create(struct dco_linux *d, struct err *err)
{
	int ret = kernel_link_new(d->rtnl, d->name, d->dialect->kind, d->mode, err);

	if (ret < 0)
		return ret;
	d->created = true;
	d->ifindex = (int)if_nametoindex(d->name);
	if (d->ifindex == 0)
		return err_set(err, ERR_NO_DEVICE, "DCO: cannot retrieve ifindex for interface %s",
			       d->name);
	return 0;
}

static int open_named(struct dco_linux *d, const char *name, struct err *err)
{
	struct kernel_link link;
	int ret;

	if (!str_copy(d->name, sizeof(d->name), name))
		return err_set(err, ERR_INVALID, "Cannot open DCO device %s: name too long", name);
	ret = create(d, err);
	if (ret != ERR_EXISTS || kernel_link_get(d->rtnl, name, &link, NULL) < 0)
		return ret;
	if (strcmp(link.kind, d->dialect->kind) != 0)
		return err_set(
			err, ERR_EXISTS,
			"Interface %s exists and is not using the ovpn DCO driver. Disabling data channel offload",
			name);
	return adopt(d, &link, err);
}

static int open_numbered(struct dco_linux *d, struct err *err)
{
	int ret = ERR_EXISTS;

	for (unsigned int i = 0; ret == ERR_EXISTS && i < NAMES_MAX; i++) {
		snprintf(d->name, sizeof(d->name), "tun%u", i);
		ret = create(d, err);
		if (ret < 0)
			log_dbg(&d->log, 6, "Cannot create DCO interface %s: %d", d->name, ret);
	}
	return ret;
}

static void device_free(struct dco_linux *d)
{
	if (d->created && !d->device_gone && d->ifindex > 0)
		(void)kernel_link_del(d->rtnl, d->ifindex, NULL);
	kernel_transports_close(d);
	kernel_events_close(d);
	netlink_close(d->genl);
	netlink_close(d->rtnl);
	hash_table_fini(&d->peers);
	free(d);
}

static int device_open(const struct kernel_dialect *dialect, const struct dco_device_config *cfg,
		       const struct log *log, void **ctx, struct err *err)
{
	struct dco_linux *d = calloc(1, sizeof(*d));
	uint32_t seed = 0;
	int ret;

	if (!d)
		return err_set(err, ERR_NOMEM, "out of memory");
	d->dialect = dialect;
	d->log = *log;
	d->mode = cfg->mode;
	d->event_fd = d->epoll_fd = d->wake_fd = d->timer_fd = -1;
	d->queue_end = &d->queue;
	seed = (uint32_t)clock_wall_us();
	ret = hash_table_init(&d->peers, seed);
	if (ret < 0) {
		free(d);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	ret = open_sockets(d, err);
	if (ret == 0 && strcmp(cfg->name, "tun") == 0)
		ret = open_numbered(d, err);
	else if (ret == 0)
		ret = open_named(d, cfg->name, err);
	if (ret < 0) {
		device_free(d);
		return ret;
	}
	log_info(log, 1, "DCO device %s opened", d->name);
	*ctx = d;
	return 0;
}

static int mainline_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
			 struct err *err)
{
	return device_open(&kernel_mainline, cfg, log, ctx, err);
}

static int legacy_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
		       struct err *err)
{
	return device_open(&kernel_legacy, cfg, log, ctx, err);
}

static const char *op_device_name(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->name;
}

static int op_device_ifindex(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->ifindex;
}

static int op_transport_attach(void *ctx, int fd, enum dco_transport_proto proto,
			       const uint8_t *pending, size_t pending_len, struct err *err)
{
	return kernel_transport_attach(ctx, fd, proto, pending, pending_len, err);
}

static int op_transport_detach(void *ctx, int transport)
{
	return kernel_transport_detach(ctx, transport);
}

static int op_control_send(void *ctx, int transport, const union sock_addr *to,
			   const union sock_addr *from, const uint8_t *packet, size_t len)
{
	return kernel_control_send(ctx, transport, to, from, packet, len);
}

/* ---- peers ---- */

static int send_peer_new(struct dco_linux *d, const struct kernel_peer *p,
			 const struct dco_peer_config *cfg, struct err *err)
{
	bool tcp = kernel_transport_is_tcp(p->transport);
	struct kernel_peer_new req = {
		.id = p->id,
		.tx_id = cfg->tx_peer_id,
		.has_tx_id = d->family.tx_id && cfg->tx_peer_id != p->id,
		.fd = kernel_transport_fd(p->transport),
	};
	struct nl_msg *msg = request(d, d->dialect->cmd_peer_new, 0);
	char text[ADDR_TEXT_MAX];

	if (!tcp) {
		req.remote = p->remote;
		req.local = cfg->local;
		sock_addr_unmap(&req.local);
	}
	if (d->mode == DCO_MODE_MULTI_PEER) {
		req.vpn_ip4 = p->vpn_ip4;
		req.vpn_ip6 = p->vpn_ip6;
	}
	log_dbg(&d->log, 6, "dco_new_peer: peer-id %u, fd %d, remote addr: %s", p->id, req.fd,
		tcp ? "none" : sock_addr_format(&p->remote, text, sizeof(text)));
	msg = fitting(msg, msg ? d->dialect->put_peer_new(msg, &req) : -1);
	return command(d, msg, err, "dco_new_peer");
}

static void peer_free(struct dco_linux *d, struct kernel_peer *p)
{
	hash_table_del(&d->peers, &p->by_id);
	kernel_transport_use(p->transport, -1);
	free(p);
}

static int op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err)
{
	struct dco_linux *d = ctx;
	struct kernel_transport *t = kernel_transport_find(d, cfg->transport);
	struct kernel_peer *p;
	int ret;

	if (!t)
		return err_set(err, ERR_NOT_FOUND, "peer %u: no transport %d", cfg->peer_id,
			       cfg->transport);
	if (kernel_peer_find(d, cfg->peer_id) || (d->mode == DCO_MODE_P2P && d->peers.count > 0))
		return err_set(err, ERR_EXISTS, "peer %u exists already", cfg->peer_id);
	if (cfg->tx_peer_id != cfg->peer_id && !d->family.tx_id)
		return err_set(err, ERR_UNSUPPORTED,
			       "peer %u: this kernel cannot send with another peer id",
			       cfg->peer_id);
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, ERR_NOMEM, "out of memory");
	p->id = cfg->peer_id;
	p->transport = t;
	p->remote = cfg->remote;
	sock_addr_unmap(&p->remote);
	p->vpn_ip4 = cfg->vpn_ip4;
	p->vpn_ip6 = cfg->vpn_ip6;
	ret = kernel_transport_hand_over(t);
	if (ret < 0) {
		free(p);
		return err_set(err, ret, "control packets are still waiting for the TCP socket");
	}
	ret = send_peer_new(d, p, cfg, err);
	if (ret < 0) {
		log_info(&d->log, 3, "Cannot add peer to DCO for %s: %s (%d)",
			 cfg->name ? cfg->name : "?", strerror(d->genl->errnum), d->genl->errnum);
		kernel_transport_take_back(t);
		free(p);
		return ret;
	}
	hash_table_add(&d->peers, &p->by_id, hash_id(d, p->id));
	kernel_transport_use(t, 1);
	return 0;
}

/* With the mainline driver zero for one of them switches both off. */
static uint32_t keepalive_value(struct dco_linux *d, uint32_t sec, bool other)
{
	if (!d->dialect->keepalive_needs_both)
		return sec;
	if (sec == 0)
		return other ? KERNEL_KEEPALIVE_MAX_SEC : 0;
	if (sec <= KERNEL_KEEPALIVE_MAX_SEC)
		return sec;
	log_warn(&d->log, "Note: DCO keepalive %u clamped to %u", sec, KERNEL_KEEPALIVE_MAX_SEC);
	return KERNEL_KEEPALIVE_MAX_SEC;
}

static int op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	uint32_t interval, timeout;
	struct err err = {0};
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	interval = keepalive_value(d, params->ping_interval_sec, params->ping_timeout_sec > 0);
	timeout = keepalive_value(d, params->ping_timeout_sec, params->ping_interval_sec > 0);
	log_dbg(&d->log, 6, "dco_set_peer: peer-id %u, keepalive %u/%u, mss %u", peer_id, interval,
		timeout, params->mss_ip4);
	p->params = *params;
	msg = request(d, d->dialect->cmd_peer_set, 0);
	msg = fitting(msg, msg ? d->dialect->put_keepalive(msg, peer_id, interval, timeout) : -1);
	ret = command(d, msg, &err, "dco_set_peer");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot set DCO peer parameters for peer (id=%u): %s", peer_id,
			 err.text);
	return ret;
}

static int op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const union sock_addr *local UNUSED)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	union sock_addr plain = *remote;
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	if (!d->dialect->put_remote || kernel_transport_is_tcp(p->transport))
		return ERR_UNSUPPORTED;
	sock_addr_unmap(&plain);
	msg = request(d, d->dialect->cmd_peer_set, 0);
	msg = fitting(msg, msg ? d->dialect->put_remote(msg, peer_id, &plain) : -1);
	ret = command(d, msg, NULL, "dco_set_peer");
	if (ret == 0)
		p->remote = plain;
	return ret;
}

static int op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			      const struct ip_addr *ip6)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	/* What was given with the peer is not taken away: it would have no address at all. */
	if ((!ip_addr_is_set(ip4) || ip_addr_equal(ip4, &p->vpn_ip4)) &&
	    (!ip_addr_is_set(ip6) || ip_addr_equal(ip6, &p->vpn_ip6)))
		return 0;
	if (!d->dialect->put_vpn_ip || d->mode == DCO_MODE_P2P)
		return ERR_UNSUPPORTED;
	msg = request(d, d->dialect->cmd_peer_set, 0);
	msg = fitting(msg, msg ? d->dialect->put_vpn_ip(msg, peer_id, ip4, ip6) : -1);
	ret = command(d, msg, NULL, "dco_set_peer");
	if (ret == 0) {
		p->vpn_ip4 = *ip4;
		p->vpn_ip6 = *ip6;
	}
	return ret;
}

/* The kernel counts data packets only; there is nothing to tell it. */
static int op_peer_note_rx(void *ctx, uint32_t peer_id)
{
	return kernel_peer_find(ctx, peer_id) ? 0 : ERR_NO_PEER;
}

static int op_peer_send_exit(void *ctx UNUSED, uint32_t peer_id UNUSED)
{
	return ERR_UNSUPPORTED; /* nothing from us can go through the kernel's keys */
}

static void expect_deletion(struct dco_linux *d, uint32_t id)
{
	uint64_t now_ms = clock_now().mono_ms;
	size_t oldest = 0;

	for (size_t i = 1; i < ARRAY_SIZE(d->deletions); i++)
		if (d->deletions[i].until_ms < d->deletions[oldest].until_ms)
			oldest = i;
	d->deletions[oldest] =
		(struct kernel_deletion){.id = id, .until_ms = time_after(now_ms, DELETION_MS)};
}

static void delete_in_kernel(struct dco_linux *d, struct kernel_peer *p)
{
	uint8_t cmd = d->dialect->cmd_peer_del;
	struct nl_msg *msg = request(d, cmd, 0);
	struct err err = {0};
	int ret;

	(void)kernel_poll_peer(d, p); /* its last counters */
	if (p->gone) {
		nlmsg_free(msg);
		return;
	}
	log_dbg(&d->log, 6, "dco_del_peer: peer-id %u", p->id);
	msg = fitting(msg, msg ? d->dialect->put_peer_id(msg, p->id, cmd) : -1);
	ret = command(d, msg, &err, "dco_del_peer");
	if (ret < 0 && ret != ERR_NOT_FOUND)
		log_error(&d->log, "%s", err.text);
	if (!d->dialect->deletion_before_ack)
		expect_deletion(d, p->id);
	kernel_transport_take_back(p->transport);
}

static void op_peer_del(void *ctx, uint32_t peer_id)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);

	if (!p)
		return;
	kernel_routes_del_peer(d, peer_id);
	if (!p->gone && !d->device_gone)
		delete_in_kernel(d, p);
	add_stats(&d->past, &p->stats);
	peer_free(d, p);
	/* Now that the peer is unknown, what the kernel said about its end means nothing. */
	kernel_events_drain(d);
	kernel_events_forget_peer(d, peer_id);
}

static int op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct kernel_peer *p = kernel_peer_find(ctx, peer_id);

	return p ? kernel_route_add(ctx, p, net) : ERR_NO_PEER;
}

static void op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	kernel_route_del(ctx, peer_id, net);
}

/* ---- keys ---- */

/* As command(), for a message with key bytes: they are wiped before the memory is given back. */
static int secret_command(struct dco_linux *d, struct nl_msg *msg, struct err *err,
			  const char *what)
{
	int ret;

	if (!msg)
		return err_set(err, ERR_NOMEM, "%s: out of memory", what);
	nlmsg_get(msg);
	ret = command(d, msg, err, what);
	secret_wipe(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
	return ret;
}

static void sending_key_changed(struct kernel_peer *p)
{
	p->key_packets_base = p->stats.link_tx_packets;
	p->key_limit_told = false;
}

static int op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
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
	msg = request(d, d->dialect->cmd_key_new, 0);
	log_dbg(&d->log, 6, "dco_new_key: slot %d, key-id %u, peer-id %u", (int)slot, key->key_id,
		peer_id);
	msg = fitting(msg, msg ? d->dialect->put_key(msg, peer_id, slot, key) : -1);
	ret = secret_command(d, msg, &why, "dco_new_key");
	if (ret < 0)
		return err_set(err, ret, "Impossible to install key material in DCO: %s", why.text);
	if (slot == DCO_SLOT_PRIMARY)
		sending_key_changed(p);
	return 0;
}

static int op_key_swap(void *ctx, uint32_t peer_id)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct err err = {0};
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	log_dbg(&d->log, 6, "dco_swap_keys: peer-id %u", peer_id);
	msg = request(d, d->dialect->cmd_key_swap, 0);
	msg = fitting(msg, msg ? d->dialect->put_swap(msg, peer_id) : -1);
	ret = command(d, msg, &err, "dco_swap_keys");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot swap keys: %s", err.text);
	else
		sending_key_changed(p);
	return ret;
}

static int op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot)
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
	msg = request(d, d->dialect->cmd_key_del, 0);
	msg = fitting(msg, msg ? d->dialect->put_key_del(msg, peer_id, slot) : -1);
	ret = command(d, msg, &err, "dco_del_key");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot delete %s key: %s",
			 slot == DCO_SLOT_PRIMARY ? "primary" : "secondary", err.text);
	return ret;
}

/* ---- counters ---- */

static int op_peer_stats(void *ctx, uint32_t peer_id, struct dco_peer_stats *out)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);

	*out = (struct dco_peer_stats){0};
	if (!p)
		return 0;
	if (d->mode == DCO_MODE_P2P || clock_now().mono_ms >= d->dumped_ms + DUMP_EVERY_MS)
		(void)kernel_poll_peers(d); /* when it fails the last counters stand */
	*out = p->stats;
	return 0;
}

static void sum_peer(struct dco_linux *d, struct kernel_peer *p)
{
	add_stats(&d->past, &p->stats);
}

static int op_device_stats(void *ctx, struct dco_peer_stats *out)
{
	struct dco_linux *d = ctx;
	struct dco_peer_stats past = d->past;

	if (d->mode == DCO_MODE_P2P || clock_now().mono_ms >= d->dumped_ms + DUMP_EVERY_MS)
		(void)kernel_poll_peers(d);
	kernel_peer_each(d, sum_peer);
	*out = d->past;
	d->past = past;
	return 0;
}

static int op_event_fd(void *ctx)
{
	const struct dco_linux *d = ctx;

	return d->epoll_fd;
}

static bool op_next_event(void *ctx, struct dco_event *ev)
{
	return kernel_next_event(ctx, ev);
}

static void delete_peer(struct dco_linux *d, struct kernel_peer *p)
{
	op_peer_del(d, p->id);
}

static void op_device_close(void *ctx)
{
	struct dco_linux *d = ctx;

	kernel_peer_each(d, delete_peer);
	log_info(&d->log, 1, "Closing ovpn-dco interface");
	device_free(d);
}

/* ---- what the machine offers ---- */

static uint64_t offers(bool tx_id)
{
	return FEAT_CIPHERS_AEAD | FEAT_DATA_V2 | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP |
	       FEAT_MULTI_PEER | FEAT_INACTIVE_BYTES | FEAT_PER_PEER_STATS | FEAT_FLOAT |
	       (tx_id ? FEAT_ASYM_PEER_ID : 0);
}

/* Spec 05 problem 24: commands are refused to root of an unprivileged container. */
static int probe_permission(struct netlink *nl, const struct kernel_dialect *dialect,
			    const struct kernel_family *f, struct err *why)
{
	struct nl_msg *msg = kernel_request(f, dialect->cmd_peer_get, 0, PROBE_IFINDEX);

	msg = fitting(msg, msg ? dialect->put_peer_id(msg, 0, dialect->cmd_peer_get) : -1);
	switch (netlink_exchange(nl, msg, NULL, NULL)) {
	case EPERM:
	case EACCES:
		return netlink_fail(
			nl, why,
			"Note: no permission to use the %s kernel module, disabling data channel offload",
			dialect->family);
	default:
		return 0;
	}
}

static int probe(const struct kernel_dialect *dialect, struct kernel_family *f, struct err *why)
{
	struct log quiet = log_init(NULL, "");
	struct netlink *nl = NULL;
	int ret = netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, why);

	if (ret == 0)
		ret = kernel_family_find(nl, dialect, f, why);
	if (ret == 0)
		ret = probe_permission(nl, dialect, f, why);
	netlink_close(nl);
	return ret;
}

static uint64_t mainline_features(struct err *why)
{
	struct kernel_family f, legacy;
	int ret = probe(&kernel_mainline, &f, why);

	if (ret == 0)
		return offers(f.tx_id);
	if (ret == ERR_NOT_FOUND && probe(&kernel_legacy, &legacy, NULL) == 0)
		(void)err_set(why, ret, "Note: using legacy ovpn-dco-v2 kernel module");
	else if (ret == ERR_NOT_FOUND)
		(void)err_set(
			why, ret,
			"Note: Kernel support for ovpn-dco missing, disabling data channel offload.");
	return 0;
}

static uint64_t legacy_features(struct err *why)
{
	struct kernel_family f;
	int ret = probe(&kernel_legacy, &f, why);

	if (ret == 0)
		return offers(false);
	if (ret == ERR_NOT_FOUND)
		(void)err_set(
			why, ret,
			"Note: Kernel support for ovpn interfaces missing, disabling data channel offload. Use Linux 6.16.0 or newer with ovpn support or use ovpn-backports for interface support.");
	return 0;
}

static const char *module_version(const struct kernel_dialect *dialect, char *buf, size_t cap)
{
	char path[64];
	struct utsname uts;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/module/%s", dialect->module);
	if (access(path, F_OK) != 0) {
		snprintf(buf, cap, "N/A");
		return buf;
	}
	snprintf(path, sizeof(path), "/sys/module/%s/version", dialect->module);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, cap - 1);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (!buf[0] && uname(&uts) == 0)
		snprintf(buf, cap, "%s %s", uts.release, uts.version);
	return buf;
}

static const char *mainline_version(char *buf, size_t cap)
{
	return module_version(&kernel_mainline, buf, cap);
}

static const char *legacy_version(char *buf, size_t cap)
{
	return module_version(&kernel_legacy, buf, cap);
}

#define COMMON_OPS                                                                                 \
	.device_close = op_device_close, .device_name = op_device_name,                            \
	.device_ifindex = op_device_ifindex, .transport_attach = op_transport_attach,              \
	.transport_detach = op_transport_detach, .control_send = op_control_send,                  \
	.peer_add = op_peer_add, .peer_set = op_peer_set, .peer_set_remote = op_peer_set_remote,   \
	.peer_set_vpn_ip = op_peer_set_vpn_ip, .peer_note_rx = op_peer_note_rx,                    \
	.peer_send_exit = op_peer_send_exit, .peer_del = op_peer_del, .route_add = op_route_add,   \
	.route_del = op_route_del, .key_install = op_key_install, .key_swap = op_key_swap,         \
	.key_delete = op_key_delete, .peer_stats = op_peer_stats, .device_stats = op_device_stats, \
	.event_fd = op_event_fd, .next_event = op_next_event

static const struct dco_ops mainline_ops = {.device_open = mainline_open, COMMON_OPS};
static const struct dco_ops legacy_ops = {.device_open = legacy_open, COMMON_OPS};

const struct dco_backend dco_linux_mainline = {
	.name = "ovpn",
	.text = "kernel driver ovpn",
	.offers = FEAT_CIPHERS_AEAD | FEAT_DATA_V2 | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP |
		  FEAT_MULTI_PEER | FEAT_INACTIVE_BYTES | FEAT_PER_PEER_STATS | FEAT_FLOAT |
		  FEAT_ASYM_PEER_ID,
	.features = mainline_features,
	.version = mainline_version,
	.ops = &mainline_ops,
};

const struct dco_backend dco_linux_legacy = {
	.name = "ovpn-dco-v2",
	.text = "legacy kernel module ovpn-dco-v2",
	.offers = FEAT_CIPHERS_AEAD | FEAT_DATA_V2 | FEAT_UDP4 | FEAT_UDP6 | FEAT_TCP |
		  FEAT_MULTI_PEER | FEAT_INACTIVE_BYTES | FEAT_PER_PEER_STATS | FEAT_FLOAT,
	.features = legacy_features,
	.version = legacy_version,
	.ops = &legacy_ops,
};
