/* SPDX-License-Identifier: GPL-2.0-only */
/* The control thread's side of the engine: open, close, lock, and the operations of dco.h. */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "data/fragment.h"
#include "data/framing.h"
#include "data/ping.h"
#include "engine/early.h"
#include "engine/forward.h"
#include "engine/state.h"
#include "engine/worker.h"

enum {
	DROP_LINES_PER_SEC = 20,
};

/* ---- lock ---- */

static void engine_lock(struct engine *e)
{
	atomic_fetch_add_explicit(&e->waiting, 1, memory_order_acq_rel);
	pthread_mutex_lock(&e->lock);
	atomic_fetch_sub_explicit(&e->waiting, 1, memory_order_acq_rel);
	e->now_ms = engine_now(e);
}

static void engine_unlock(struct engine *e)
{
	if (!atomic_load_explicit(&e->waiting, memory_order_acquire))
		pthread_cond_signal(&e->turn);
	pthread_mutex_unlock(&e->lock);
}

void engine_wake(struct engine *e)
{
	uint64_t one = 1;

	(void)!write(e->wake_fd, &one, sizeof(one));
}

uint64_t engine_now(const struct engine *e)
{
	struct timespec ts;

	if (e->env.now_ms)
		return e->env.now_ms(e->env.ctx);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool engine_may_log(struct engine *e)
{
	if (e->now_ms >= e->drop_log_ms + 1000) {
		e->drop_log_ms = e->now_ms;
		e->drop_log_count = 0;
	}
	return e->drop_log_count++ < DROP_LINES_PER_SEC;
}

bool engine_device_must_wait(const struct engine *e)
{
	return e->only && port_is_full(e->only->port);
}

void engine_peer_gone(struct engine *e, struct engine_peer *p, enum dco_gone_reason reason)
{
	if (p->gone)
		return;
	p->gone = true;
	p->gone_reason = reason;
	event_mark_peer(&e->events, p, PEER_PENDING_GONE);
}

void engine_port_dead(struct engine *e, struct port *port, int err, uint32_t bad_length)
{
	if (port->dead)
		return;
	port->dead = true;
	port->dead_err = err;
	port->dead_length = bad_length;
	port_touch(e, port);
	if (port->peer)
		engine_peer_gone(e, port->peer,
				 err ? DCO_GONE_TRANSPORT_ERROR : DCO_GONE_TRANSPORT_DISCONNECT);
	event_mark_closed(&e->events, port);
}

/* ---- device ---- */

static int engine_init_queues(struct engine *e, struct err *err)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = (uint32_t)-2};

	e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	e->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->epoll_fd < 0 || e->wake_fd < 0 ||
	    epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->wake_fd, &ev) < 0)
		return err_set_errno(err, errno, "engine: cannot make an event loop");
	return event_queue_init(&e->events, err);
}

static int engine_init_tables(struct engine *e, struct err *err)
{
	bool bridge = e->cfg.type == DCO_TAP && e->cfg.mode == DCO_MODE_MULTI_PEER;

	e->routes = route_table_new(e->cfg.max_peers * 2);
	e->macs = bridge ? mac_table_new() : NULL;
	e->udp_rx = udp_rx_new();
	e->early = early_new();
	e->plain = malloc(SEGMENT_PACKET_MAX);
	e->framed = malloc(SEGMENT_PACKET_MAX + DATA_FRAMING_MAX);
	if (!e->routes || !e->udp_rx || !e->early || !e->plain || !e->framed ||
	    (bridge && !e->macs) || peer_table_init(&e->peers, e->cfg.max_peers) < 0)
		return err_set(err, ERR_NOMEM, "engine: out of memory");
	return 0;
}

static void engine_free(struct engine *e)
{
	while (e->peers.all) {
		struct engine_peer *p = e->peers.all;

		peer_table_del(&e->peers, p);
		engine_peer_free(p);
	}
	for (size_t i = 0; i < e->port_count; i++)
		port_free(e->ports[i]);
	free(e->ports);
	peer_table_fini(&e->peers);
	route_table_free(e->routes);
	mac_table_free(e->macs);
	udp_rx_free(e->udp_rx);
	early_free(e->early);
	free(e->plain);
	free(e->framed);
	tundev_close(&e->device);
	event_queue_fini(&e->events);
	if (e->epoll_fd >= 0)
		close(e->epoll_fd);
	if (e->wake_fd >= 0)
		close(e->wake_fd);
	pthread_cond_destroy(&e->turn);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

int engine_new(const struct dco_device_config *cfg, const struct log *log,
	       const struct engine_env *env, struct engine **out, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	int ret;

	if (!e)
		return err_set(err, ERR_NOMEM, "engine: out of memory");
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->turn, NULL);
	e->cfg = *cfg;
	e->cfg.name = NULL;
	e->cfg.dev_node = NULL;
	if (!e->cfg.max_routes_per_peer)
		e->cfg.max_routes_per_peer = ROUTES_PER_PEER_DEFAULT;
	e->env = env ? *env : (struct engine_env){.tun_fd = -1, .offload = true};
	e->log = *log;
	e->epoll_fd = -1;
	e->wake_fd = -1;
	e->events.fd = -1;
	e->device.tun.fd = -1;
	e->now_ms = engine_now(e);
	ret = engine_init_queues(e, err);
	if (!ret)
		ret = engine_init_tables(e, err);
	if (!ret)
		ret = tundev_open(e, cfg, log, err);
	if (!ret && worker_watch_device(e) < 0)
		ret = err_set_errno(err, errno, "engine: cannot wait for device %s", cfg->name);
	if (ret < 0) {
		engine_free(e);
		return ret;
	}
	*out = e;
	return 0;
}

static int op_device_open(const struct dco_device_config *cfg, const struct log *log, void **ctx,
			  struct err *err)
{
	struct engine *e = NULL;
	int ret = engine_new(cfg, log, NULL, &e, err);

	if (!ret)
		*ctx = e;
	return ret;
}

static void op_device_close(void *ctx)
{
	struct engine *e = ctx;

	worker_stop(e);
	engine_free(e);
}

static const char *op_device_name(void *ctx)
{
	const struct engine *e = ctx;

	return e->device.type == DCO_NULL ? "null" : e->device.tun.name;
}

static int op_device_ifindex(void *ctx)
{
	const struct engine *e = ctx;

	return e->device.tun.ifindex;
}

/* ---- transports ---- */

static int port_slot(struct engine *e, size_t *slot)
{
	struct port **grown;

	for (*slot = 0; *slot < e->port_count; (*slot)++)
		if (!e->ports[*slot])
			return 0;
	grown = realloc(e->ports, (e->port_count + 1) * sizeof(struct port *));
	if (!grown)
		return ERR_NOMEM;
	e->ports = grown;
	e->ports[e->port_count++] = NULL;
	return 0;
}

static int op_transport_attach(void *ctx, int fd, enum dco_transport_proto proto,
			       const uint8_t *pending, size_t pending_len, struct err *err)
{
	struct engine *e = ctx;
	struct port *port;
	size_t slot;
	int ret = port_new(fd, proto, pending, pending_len, e->cfg.max_packet_bytes, &port, err);

	if (ret < 0)
		return ret;
	engine_lock(e);
	ret = port_slot(e, &slot);
	if (ret < 0)
		goto err_free;
	port->transport = (int)slot;
	e->ports[slot] = port;
	if (worker_watch_port(e, port) < 0) {
		ret = err_set_errno(err, errno, "engine: cannot wait for a socket");
		goto err_slot;
	}
	ret = worker_start(e, err);
	if (ret < 0)
		goto err_watch;
	/* What was read before the socket came here may be whole records. */
	if (pending_len)
		port_readable(e, port);
	engine_unlock(e);
	return (int)slot;

err_watch:
	worker_forget_port(e, port);
err_slot:
	e->ports[slot] = NULL;
err_free:
	engine_unlock(e);
	port_free(port);
	return ret;
}

static struct port *port_of(const struct engine *e, int transport)
{
	return transport >= 0 && (size_t)transport < e->port_count ? e->ports[transport] : NULL;
}

static int op_transport_detach(void *ctx, int transport)
{
	struct engine *e = ctx;
	struct port *port;
	int ret = 0;

	engine_lock(e);
	port = port_of(e, transport);
	if (!port) {
		ret = ERR_NOT_FOUND;
	} else if (port->peer_count) {
		ret = ERR_STATE;
	} else {
		worker_forget_port(e, port);
		event_forget_port(&e->events, port);
		e->ports[transport] = NULL;
		port_flush(e, port);
		port_free(port);
	}
	engine_unlock(e);
	return ret;
}

/* A control packet postpones pings as well (spec 02 section 10.2). */
static void note_control_sent(struct engine *e, const struct port *port, const union sock_addr *to)
{
	struct engine_peer *p = port->peer;
	union sock_addr plain;

	if (port->proto == DCO_UDP && to) {
		plain = *to;
		sock_addr_unmap(&plain);
		p = peer_table_find_addr(&e->peers, port, &plain);
	}
	if (p)
		p->tx_ms = e->now_ms;
}

static int op_control_send(void *ctx, int transport, const union sock_addr *to,
			   const union sock_addr *from, const uint8_t *packet, size_t len)
{
	struct engine *e = ctx;
	struct port *port;
	bool was_waiting;
	int ret;

	engine_lock(e);
	port = port_of(e, transport);
	if (!port) {
		engine_unlock(e);
		return ERR_NOT_FOUND;
	}
	was_waiting = port->wants_write;
	port_touch(e, port);
	ret = port_send_control(e, port, to, from, packet, len);
	if (!ret)
		note_control_sent(e, port, to);
	if (port->wants_write != was_waiting)
		engine_wake(e);
	engine_unlock(e);
	return ret;
}

/* ---- peers ---- */

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
	if (e->only == p)
		e->only = NULL;
	if (p->port->peer == p)
		p->port->peer = NULL;
	p->port->peer_count--;
	engine_peer_stats_add(&e->past, &last);
	engine_peer_free(p);
}

static int peer_insert(struct engine *e, const struct dco_peer_config *cfg, struct err *err)
{
	struct port *port = port_of(e, cfg->transport);
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
	engine_wake(e);
	return 0;
}

static int op_peer_add(void *ctx, const struct dco_peer_config *cfg, struct err *err)
{
	struct engine *e = ctx;
	int ret;

	engine_lock(e);
	ret = peer_insert(e, cfg, err);
	engine_unlock(e);
	return ret;
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

static int op_peer_set(void *ctx, uint32_t peer_id, const struct dco_peer_params *params)
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
		worker_peer_timers(e, p);
		port_flush(e, p->port);
		engine_wake(e);
	}
	engine_unlock(e);
	return ret;
}

static int op_peer_set_remote(void *ctx, uint32_t peer_id, const union sock_addr *remote,
			      const union sock_addr *local)
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

static int op_peer_set_vpn_ip(void *ctx, uint32_t peer_id, const struct ip_addr *ip4,
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

static int op_peer_note_rx(void *ctx, uint32_t peer_id)
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

static int op_peer_send_exit(void *ctx, uint32_t peer_id)
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
		port_flush(e, p->port);
		engine_wake(e);
	}
	engine_unlock(e);
	return ret;
}

static void op_peer_del(void *ctx, uint32_t peer_id)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		peer_remove(e, p);
	engine_unlock(e);
}

static int op_route_add(void *ctx, uint32_t peer_id, const struct ip_net *net)
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

static void op_route_del(void *ctx, uint32_t peer_id, const struct ip_net *net)
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
	worker_peer_timers(e, p);
	port_flush(e, p->port);
	engine_wake(e);
}

static int op_key_install(void *ctx, uint32_t peer_id, enum dco_key_slot slot,
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
	if (!ret) {
		data_key_free(p->keys[slot]);
		p->keys[slot] = fresh;
		engine_wake(e); /* packets may wait for this key: early_retry() */
		if (slot == DCO_SLOT_PRIMARY)
			primary_changed(e, p);
	}
	engine_unlock(e);
	return ret;
}

static int op_key_swap(void *ctx, uint32_t peer_id)
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

static int op_key_delete(void *ctx, uint32_t peer_id, enum dco_key_slot slot)
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

/* ---- counters and events ---- */

static int op_peer_stats(void *ctx, uint32_t peer_id, struct dco_peer_stats *out)
{
	struct engine *e = ctx;
	struct engine_peer *p;

	memset(out, 0, sizeof(*out));
	engine_lock(e);
	p = peer_table_find(&e->peers, peer_id);
	if (p)
		engine_peer_stats(p, out);
	engine_unlock(e);
	return 0;
}

static int op_device_stats(void *ctx, struct dco_peer_stats *out)
{
	struct engine *e = ctx;

	engine_lock(e);
	*out = e->past;
	for (const struct engine_peer *p = e->peers.all; p; p = p->all_next)
		engine_peer_stats_add(out, &p->stats);
	engine_unlock(e);
	return 0;
}

static int op_event_fd(void *ctx)
{
	const struct engine *e = ctx;

	return e->events.fd;
}

static bool op_next_event(void *ctx, struct dco_event *ev)
{
	struct engine *e = ctx;
	bool any;

	engine_lock(e);
	any = event_next(&e->events, ev);
	engine_unlock(e);
	return any;
}

const struct dco_ops engine_ops = {
	.device_open = op_device_open,
	.device_close = op_device_close,
	.device_name = op_device_name,
	.device_ifindex = op_device_ifindex,
	.transport_attach = op_transport_attach,
	.transport_detach = op_transport_detach,
	.control_send = op_control_send,
	.peer_add = op_peer_add,
	.peer_set = op_peer_set,
	.peer_set_remote = op_peer_set_remote,
	.peer_set_vpn_ip = op_peer_set_vpn_ip,
	.peer_note_rx = op_peer_note_rx,
	.peer_send_exit = op_peer_send_exit,
	.peer_del = op_peer_del,
	.route_add = op_route_add,
	.route_del = op_route_del,
	.key_install = op_key_install,
	.key_swap = op_key_swap,
	.key_delete = op_key_delete,
	.peer_stats = op_peer_stats,
	.device_stats = op_device_stats,
	.event_fd = op_event_fd,
	.next_event = op_next_event,
};
