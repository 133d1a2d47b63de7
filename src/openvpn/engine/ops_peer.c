/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of dco.h on peers, their routes and keys. Control thread, under the engine's lock.
 */
#include "engine/ops.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "data/fragment.h"
#include "data/ping.h"
#include "engine/early.h"
#include "engine/forward.h"
#include "engine/udp.h"
#include "engine/worker.h"

/* ---- peers ---- */

/* What the port has waiting goes out; the worker is told if it cannot. */
static void send_now(struct engine *e, struct port *port)
{
	port_flush(e, port);
	e->wake_due = e->wake_due || worker_must_see(port);
}

static int add_routes(struct engine *e, struct engine_peer *p)
{
	const struct ip_addr *ips[] = {&p->vpn_ip4, &p->vpn_ip6};
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(ips); i++) {
		struct ip_net host = ip_net_host(ips[i]);

		if (ip_addr_is_set(ips[i]))
			ret = route_table_add(e->routes, &host, p);
	}
	return ret;
}

static void peer_remove(struct engine *e, struct engine_peer *p)
{
	struct dco_peer_stats last = p->stats;

	event_forget_peer(&e->events, p);
	route_table_del_peer(e->routes, p);
	if (e->macs)
		mac_table_del_peer(e->macs, p);
	peer_table_del(&e->peers, p);
	wheel_remove(&e->wheel, p);
	if (e->only == p)
		e->only = NULL;
	if (p->port->peer == p)
		p->port->peer = NULL;
	p->port->peer_count--;
	dco_stats_add(&e->past, &last);
	engine_peer_free(p);
}

static int peer_insert(struct engine *e, const struct dco_peer_config *cfg, struct err *err)
{
	struct port *port = engine_port(e, cfg->transport);
	struct engine_peer *p;

	if (!port)
		return err_set(err, ERR_NOT_FOUND, "engine: peer %u: no transport %d", cfg->peer_id,
			       cfg->transport);
	if (peer_table_find(&e->peers, cfg->peer_id) || (e->cfg.mode == DCO_MODE_P2P && e->only) ||
	    (port->tcp && port->peer))
		return err_set(err, ERR_EXISTS, "engine: peer %u exists already", cfg->peer_id);
	p = engine_peer_new(cfg, port);
	if (!p)
		return err_set(err, ERR_NOMEM, "engine: peer %u: out of memory", cfg->peer_id);
	p->rx_ms = e->now_ms;
	p->tx_ms = e->now_ms;
	peer_table_add(&e->peers, p);
	port->peer_count++;
	if (port->tcp)
		port->peer = p;
	else
		udp_peer_added(port->udp);
	if (e->cfg.mode == DCO_MODE_P2P)
		e->only = p;
	if (add_routes(e, p) < 0) {
		peer_remove(e, p);
		return err_set(err, ERR_NOMEM, "engine: peer %u: out of memory", cfg->peer_id);
	}
	if (port->dead)
		engine_peer_gone(e, p,
				 port->dead_err ? DCO_GONE_TRANSPORT_ERROR
						: DCO_GONE_TRANSPORT_DISCONNECT);
	return 0;
}

int engine_op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err)
{
	struct engine *e = ctx;
	int ret;

	engine_lock(e);
	ret = peer_insert(e, cfg, err);
	engine_unlock(e);
	return ret;
}

static void timers_changed(struct engine *e, struct engine_peer *p)
{
	const bool had_ticks = wheel_wait_ms(&e->wheel, e->now_ms) >= 0;

	worker_peer_timers(e, p);
	if (!had_ticks && wheel_wait_ms(&e->wheel, e->now_ms) >= 0)
		e->wake_due = true;
	send_now(e, p->port);
}

/* The first value of the sequence is random, as the packets of two sessions may meet. */
static int peer_set_fragment(struct engine *e, struct engine_peer *p, uint16_t max)
{
	struct rng rng = rng_system();

	if (!max || p->reassembly)
		return 0;
	p->reassembly = reassembly_new(e->device.packet_max);
	p->fragment_sequence = (uint8_t)rng_u32(&rng);
	return p->reassembly ? 0 : ERR_NOMEM;
}

int engine_op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params)
{
	struct engine *e = ctx;
	struct engine_peer *p;
	int ret = ERR_NO_PEER;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		ret = peer_set_fragment(e, p, params->fragment_max);
	if (!ret) {
		if (params->ping_interval_sec != p->params.ping_interval_sec)
			p->ping_at_once = params->ping_interval_sec != 0;
		if (params->ping_timeout_sec != p->params.ping_timeout_sec)
			p->rx_ms = e->now_ms;
		p->params = *params;
		timers_changed(e, p);
	}
	engine_unlock(e);
	return ret;
}

int engine_op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const struct local_addr *local)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p) {
		peer_table_move(&e->peers, p, remote);
		if (local)
			p->local = *local;
	}
	engine_unlock(e);
	return p ? 0 : ERR_NO_PEER;
}

static void replace_vpn_ip(struct engine *e, struct engine_peer *p, struct ip_addr *have,
			   const struct ip_addr *want)
{
	struct ip_net host = ip_net_host(have);

	if (ip_addr_is_set(have))
		route_table_del(e->routes, &host, p);
	*have = *want;
}

int engine_op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
			      const struct ip_addr *ip6)
{
	struct engine *e = ctx;
	struct engine_peer *p;
	int ret = ERR_NO_PEER;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p) {
		replace_vpn_ip(e, p, &p->vpn_ip4, ip4);
		replace_vpn_ip(e, p, &p->vpn_ip6, ip6);
		ret = add_routes(e, p);
	}
	engine_unlock(e);
	return ret;
}

int engine_op_peer_note_rx(void *ctx, uint32_t peer_id)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		p->rx_ms = e->now_ms;
	engine_unlock(e);
	return p ? 0 : ERR_NO_PEER;
}

int engine_op_peer_send_exit(void *ctx, uint32_t peer_id)
{
	struct engine *e = ctx;
	struct occ_message msg = {.op = OCC_EXIT};
	uint8_t plain[OCC_MAGIC_LEN + 1];
	struct wr w = wr_init(plain, sizeof(plain));
	struct engine_peer *p;
	int ret = ERR_NO_PEER;

	occ_write(&w, &msg);
	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p) {
		ret = forward_send(e, p, plain, w.len);
		send_now(e, p->port);
	}
	engine_unlock(e);
	return ret;
}

void engine_op_peer_del(void *ctx, uint32_t peer_id)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		peer_remove(e, p);
	engine_unlock(e);
}

void engine_op_mac_decide(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN], bool allow)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p && e->macs)
		mac_table_decide(e->macs, mac, p, allow);
	engine_unlock(e);
}

int engine_op_mac_idle(void *ctx, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		       uint64_t *idle_ms)
{
	struct engine *e = ctx;
	const struct engine_peer *p;
	int ret = ERR_NO_PEER;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p && e->macs)
		ret = mac_table_idle(e->macs, mac, p, e->now_ms, idle_ms);
	engine_unlock(e);
	return ret;
}

int engine_op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct engine *e = ctx;
	struct engine_peer *p;
	int ret = ERR_NO_PEER;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		ret = route_table_add(e->routes, net, p);
	engine_unlock(e);
	return ret;
}

void engine_op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		route_table_del(e->routes, net, p);
	engine_unlock(e);
}

/* ---- keys ---- */

static enum data_format data_format_of(enum dco_data_format format)
{
	switch (format) {
	case DCO_FORMAT_V1:
		return DATA_FORMAT_V1;
	case DCO_FORMAT_V2:
		return DATA_FORMAT_V2;
	case DCO_FORMAT_EPOCH:
		break;
	}
	return DATA_FORMAT_EPOCH;
}

static uint64_t wall_sec(void *ctx)
{
	(void)ctx;
	return clock_now().unix_sec;
}

static int make_key(const struct engine *e, const struct engine_peer *p, const struct dco_key *key,
		    struct data_key **out, struct err *err)
{
	struct data_key_config cfg = {
		.format = data_format_of(key->format),
		.cipher = (enum cipher_id)key->cipher,
		.digest = (enum digest_id)key->digest,
		.rng = rng_system(),
		.clock = {.unix_sec = wall_sec},
		.key_id = key->key_id,
		.tx_peer_id = p->tx_id,
		.replay_window = e->cfg.replay_window,
		.replay_time_sec = e->cfg.replay_time_sec,
		.limits = e->env.limits,
	};
	int ret;

	memcpy(cfg.seal.cipher, key->seal.cipher, sizeof(cfg.seal.cipher));
	memcpy(cfg.seal.hmac, key->seal.hmac, sizeof(cfg.seal.hmac));
	memcpy(cfg.open.cipher, key->open.cipher, sizeof(cfg.open.cipher));
	memcpy(cfg.open.hmac, key->open.hmac, sizeof(cfg.open.hmac));
	ret = data_key_new(&cfg, out, err);
	secret_wipe(&cfg, sizeof(cfg));
	return ret;
}

/* Another key sends now: its limits are unreported, and a ping may have waited for it. */
static void primary_changed(struct engine *e, struct engine_peer *p)
{
	p->limit_reported = false;
	timers_changed(e, p);
}

int engine_op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
			  const struct dco_key *key, struct err *err)
{
	struct engine *e = ctx;
	struct data_key *fresh = NULL;
	struct engine_peer *p;
	int ret;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	ret = p ? make_key(e, p, key, &fresh, err)
		: err_set(err, ERR_NO_PEER, "engine: no peer %u", peer_id);
	if (p && !ret) {
		data_key_free(p->keys[slot]);
		p->keys[slot] = fresh;
		port_release(e, p->port);
		e->wake_due = early_waits(e->early) || e->dirty; /* maybe for this key */
		if (slot == DCO_SLOT_PRIMARY)
			primary_changed(e, p);
	}
	engine_unlock(e);
	return ret;
}

int engine_op_key_swap(void *ctx, uint32_t peer_id)
{
	struct engine *e = ctx;
	struct data_key *primary;
	struct engine_peer *p;
	int ret = 0;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (!p) {
		ret = ERR_NO_PEER;
	} else if (!p->keys[DCO_SLOT_SECONDARY]) {
		ret = ERR_NO_KEY;
	} else {
		primary = p->keys[DCO_SLOT_PRIMARY];
		p->keys[DCO_SLOT_PRIMARY] = p->keys[DCO_SLOT_SECONDARY];
		p->keys[DCO_SLOT_SECONDARY] = primary;
		primary_changed(e, p);
	}
	engine_unlock(e);
	return ret;
}

int engine_op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p) {
		data_key_free(p->keys[slot]);
		p->keys[slot] = NULL;
	}
	engine_unlock(e);
	return p ? 0 : ERR_NO_PEER;
}
