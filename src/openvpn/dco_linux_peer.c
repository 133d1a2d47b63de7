/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers in the kernel: the table of those we made, their settings, their counters. Spec 05
 * sections 1.9 to 1.13. */
#include "dco_linux.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/msg.h>

#include "base/clock.h"

enum {
	DUMP_EVERY_MS = 1000,
	DELETION_MS = 5000,
	KEY_PACKETS_LIMIT = 0xe0000000,
};

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
	struct nl_msg *msg;

	if (p->awaits_key)
		return 0;
	msg = kernel_device_request(d, cmd, 0);
	msg = kernel_fitting(msg, msg ? d->dialect->put_peer_id(msg, p->id, cmd) : -1);
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
	if (netlink_exchange(d->genl,
			     kernel_device_request(d, d->dialect->cmd_peer_get, NLM_F_DUMP),
			     on_peer, d))
		return ERR_SYSTEM;
	d->dumped_ms = clock_now().mono_ms;
	kernel_peer_each(d, check_seen);
	return 0;
}

/* ---- peers ---- */

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

static int put_params(struct dco_linux *d, const struct kernel_peer *p)
{
	const struct dco_peer_params *params = &p->params;
	uint32_t interval, timeout;
	struct err err = {0};
	struct nl_msg *msg;
	int ret;

	interval = keepalive_value(d, params->ping_interval_sec, params->ping_timeout_sec > 0);
	timeout = keepalive_value(d, params->ping_timeout_sec, params->ping_interval_sec > 0);
	log_dbg(&d->log, 6, "dco_set_peer: peer-id %u, keepalive %u/%u, mss %u", p->id, interval,
		timeout, params->mss_ip4);
	msg = kernel_device_request(d, d->dialect->cmd_peer_set, 0);
	msg = kernel_fitting(msg,
			     msg ? d->dialect->put_keepalive(msg, p->id, interval, timeout) : -1);
	ret = kernel_command(d, msg, &err, "dco_set_peer");
	if (ret < 0)
		log_info(&d->log, 3, "Cannot set DCO peer parameters for peer (id=%u): %s", p->id,
			 err.text);
	return ret;
}

static struct nl_msg *peer_new_request(const struct dco_linux *d, const struct kernel_peer *p)
{
	bool tcp = kernel_transport_is_tcp(p->transport);
	struct kernel_peer_new req = {
		.id = p->id,
		.tx_id = p->tx_id,
		.has_tx_id = d->family.tx_id && p->tx_id != p->id,
		.fd = kernel_transport_fd(p->transport),
	};
	struct nl_msg *msg = kernel_device_request(d, d->dialect->cmd_peer_new, 0);
	char text[ADDR_TEXT_MAX];

	if (!tcp) {
		req.remote = p->remote;
		req.local = p->local.addr;
		sock_addr_unmap(&req.local);
	}
	if (d->mode == DCO_MODE_MULTI_PEER) {
		req.vpn_ip4 = p->vpn_ip4;
		req.vpn_ip6 = p->vpn_ip6;
	}
	log_dbg(&d->log, 6, "dco_new_peer: peer-id %u, fd %d, remote addr: %s", p->id, req.fd,
		tcp ? "none" : sock_addr_format(&p->remote, text, sizeof(text)));
	return kernel_fitting(msg, msg ? d->dialect->put_peer_new(msg, &req) : -1);
}

static int hand_over(struct dco_linux *d, const struct kernel_peer *p, struct err *err)
{
	int ret = kernel_transport_hand_over(d, p->transport);

	if (ret == ERR_AGAIN)
		return err_set(err, ret, "control packets are still waiting for the TCP socket");
	return ret < 0 ? err_set_errno(err, errno, "cannot wait for a socket") : 0;
}

/* The kernel was asked to take the peer. */
static void peer_asked(struct dco_linux *d, const struct kernel_peer *p, bool granted)
{
	if (granted) {
		kernel_transport_nudge(p->transport);
		return;
	}
	log_info(&d->log, 3, "Cannot add peer to DCO for %s: %s (%d)", p->name,
		 strerror(d->genl->errnum), d->genl->errnum);
	kernel_transport_take_back(p->transport);
}

static int new_peer(struct dco_linux *d, const struct kernel_peer *p, struct err *err)
{
	int ret = hand_over(d, p, err);

	if (ret < 0)
		return ret;
	ret = kernel_command(d, peer_new_request(d, p), err, "dco_new_peer");
	peer_asked(d, p, ret == 0);
	return ret;
}

/*
 * The driver parses the stream in a thread of the kernel, which must not get our processor between
 * the peer and its key. Without the right to this a few packets may be lost.
 */
static bool hurry(void)
{
	const struct sched_param first = {.sched_priority = 1};

	return sched_getscheduler(0) == SCHED_OTHER &&
	       sched_setscheduler(0, SCHED_FIFO, &first) == 0;
}

static void hurry_no_more(void)
{
	const struct sched_param ordinary = {0};

	(void)sched_setscheduler(0, SCHED_OTHER, &ordinary); /* giving up a right is allowed */
}

int kernel_peer_new_with_key(struct dco_linux *d, struct kernel_peer *p, struct nl_msg *key,
			     struct err *err)
{
	int ret = hand_over(d, p, err);
	bool done, hurried;

	if (ret < 0) {
		nlmsg_free(key);
		return ret;
	}
	hurried = hurry();
	if (netlink_exchange_pair(d->genl, peer_new_request(d, p), key, &done))
		ret = kernel_command_failed(d, err, done ? "dco_new_key" : "dco_new_peer");
	if (hurried)
		hurry_no_more();
	p->awaits_key = !done;
	peer_asked(d, p, done);
	if (done && p->params_wait)
		(void)put_params(d, p); /* told in the log */
	return ret;
}

static void peer_free(struct dco_linux *d, struct kernel_peer *p)
{
	hash_table_del(&d->peers, &p->by_id);
	kernel_transport_use(p->transport, -1);
	free(p);
}

int kernel_op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err)
{
	struct dco_linux *d = ctx;
	struct kernel_transport *t = kernel_transport_find(d, cfg->transport);
	struct kernel_peer *p;
	int ret;

	kernel_links_drain(d); /* a script may have moved the interface just now */
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
	(void)snprintf(p->name, sizeof(p->name), "%s", cfg->name ? cfg->name : "?");
	p->id = cfg->peer_id;
	p->tx_id = cfg->tx_peer_id;
	p->transport = t;
	p->local = cfg->local;
	p->remote = cfg->remote;
	sock_addr_unmap(&p->remote);
	p->vpn_ip4 = cfg->vpn_ip4;
	p->vpn_ip6 = cfg->vpn_ip6;
	p->awaits_key = kernel_transport_holds_data(t) && !kernel_transport_is_between(t);
	ret = p->awaits_key ? 0 : new_peer(d, p, err);
	if (ret < 0) {
		free(p);
		return ret;
	}
	hash_table_add(&d->peers, &p->by_id, hash_id(d, p->id));
	kernel_transport_use(t, 1);
	return 0;
}

int kernel_op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);

	if (!p || p->gone)
		return ERR_NO_PEER;
	p->params = *params;
	p->params_wait = p->awaits_key;
	return p->awaits_key ? 0 : put_params(d, p);
}

int kernel_op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const struct local_addr *local UNUSED)
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
	msg = kernel_device_request(d, d->dialect->cmd_peer_set, 0);
	msg = kernel_fitting(msg, msg ? d->dialect->put_remote(msg, peer_id, &plain) : -1);
	ret = kernel_command(d, msg, NULL, "dco_set_peer");
	if (ret == 0)
		p->remote = plain;
	return ret;
}

/* An address of zeros takes away what is there. */
static struct ip_addr or_zero(const struct ip_addr *ip, sa_family_t family)
{
	struct ip_addr zero = {.family = family};

	return ip_addr_is_set(ip) ? *ip : zero;
}

int kernel_op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			      const struct ip_addr *ip6)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);
	struct ip_addr new4 = or_zero(ip4, AF_INET), new6 = or_zero(ip6, AF_INET6);
	struct nl_msg *msg;
	int ret;

	if (!p || p->gone)
		return ERR_NO_PEER;
	/* What was given with the peer is not taken away: it would have no address at all. */
	if (!ip_addr_is_set(ip4) && !ip_addr_is_set(ip6))
		return 0;
	if (ip_addr_equal(ip4, &p->vpn_ip4) && ip_addr_equal(ip6, &p->vpn_ip6))
		return 0;
	if (!d->dialect->put_vpn_ip || d->mode == DCO_MODE_P2P)
		return ERR_UNSUPPORTED;
	if (p->awaits_key) {
		p->vpn_ip4 = *ip4;
		p->vpn_ip6 = *ip6;
		return 0;
	}
	msg = kernel_device_request(d, d->dialect->cmd_peer_set, 0);
	msg = kernel_fitting(msg, msg ? d->dialect->put_vpn_ip(msg, peer_id, &new4, &new6) : -1);
	ret = kernel_command(d, msg, NULL, "dco_set_peer");
	if (ret == 0) {
		p->vpn_ip4 = *ip4;
		p->vpn_ip6 = *ip6;
	}
	return ret;
}

/* The kernel counts data packets only; there is nothing to tell it. */
int kernel_op_peer_note_rx(void *ctx, uint32_t peer_id)
{
	return kernel_peer_find(ctx, peer_id) ? 0 : ERR_NO_PEER;
}

int kernel_op_peer_send_exit(void *ctx UNUSED, uint32_t peer_id UNUSED)
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
	struct nl_msg *msg = kernel_device_request(d, cmd, 0);
	struct err err = {0};
	int ret;

	(void)kernel_poll_peer(d, p); /* its last counters */
	if (p->gone || p->awaits_key) {
		nlmsg_free(msg);
		return;
	}
	log_dbg(&d->log, 6, "dco_del_peer: peer-id %u", p->id);
	msg = kernel_fitting(msg, msg ? d->dialect->put_peer_id(msg, p->id, cmd) : -1);
	ret = kernel_command(d, msg, &err, "dco_del_peer");
	if (ret < 0 && ret != ERR_NOT_FOUND)
		log_error(&d->log, "%s", err.text);
	if (!d->dialect->deletion_before_ack)
		expect_deletion(d, p->id);
	kernel_transport_take_back(p->transport);
}

/* The kernel keeps a peer whose stream was closed by the other side. */
void kernel_transport_ended(struct dco_linux *d, const struct kernel_transport *t,
			    enum dco_gone_reason reason)
{
	for (size_t i = 0; i < d->peers.size; i++)
		for (struct hash_link *at = d->peers.buckets[i]; at; at = at->next) {
			struct kernel_peer *p = peer_of(at);

			if (p->transport != t || p->gone)
				continue;
			delete_in_kernel(d, p);
			kernel_peer_gone(d, p, reason);
		}
}

void kernel_op_peer_del(void *ctx, uint32_t peer_id)
{
	struct dco_linux *d = ctx;
	struct kernel_peer *p = kernel_peer_find(d, peer_id);

	if (!p)
		return;
	kernel_routes_del_peer(d, peer_id);
	if (!p->gone && !d->device_gone)
		delete_in_kernel(d, p);
	dco_stats_add(&d->past, &p->stats);
	peer_free(d, p);
	/* Now that the peer is unknown, what the kernel said about its end means nothing. */
	kernel_events_drain(d);
	kernel_events_forget_peer(d, peer_id);
}

int kernel_op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct kernel_peer *p = kernel_peer_find(ctx, peer_id);

	return p ? kernel_route_add(ctx, p, net) : ERR_NO_PEER;
}

void kernel_op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	kernel_route_del(ctx, peer_id, net);
}

/* ---- counters ---- */

int kernel_op_peer_stats(void *ctx, uint32_t peer_id, struct dco_peer_stats *out)
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
	dco_stats_add(&d->past, &p->stats);
}

int kernel_op_device_stats(void *ctx, struct dco_peer_stats *out)
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
