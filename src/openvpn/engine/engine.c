/* SPDX-License-Identifier: GPL-2.0-only */
/* The control thread's side of the engine: open, close, lock, transports, counters and events. */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "data/framing.h"
#include "engine/early.h"
#include "engine/ops.h"
#include "engine/worker.h"
#include "net/socket.h"

enum {
	DROP_LINES_PER_SEC = 20,
};

/* ---- lock ---- */

void engine_lock(struct engine *e)
{
	atomic_fetch_add_explicit(&e->waiting, 1, memory_order_acq_rel);
	pthread_mutex_lock(&e->lock);
	atomic_fetch_sub_explicit(&e->waiting, 1, memory_order_acq_rel);
	e->now_ms = engine_now(e);
}

/* Threads are woken when the lock is free: they need it first of all. */
void engine_unlock(struct engine *e)
{
	const bool signal = event_take_signal(&e->events), wake = e->wake_due;

	e->wake_due = false;
	if (!atomic_load_explicit(&e->waiting, memory_order_acquire))
		pthread_cond_signal(&e->turn);
	pthread_mutex_unlock(&e->lock);
	if (signal)
		event_signal(&e->events);
	if (wake)
		engine_wake(e);
}

void engine_wake(const struct engine *e)
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
	bool multi = e->cfg.mode == DCO_MODE_MULTI_PEER, bridge = multi && e->cfg.type == DCO_TAP;

	e->routes = route_table_new(e->cfg.max_peers * 2);
	e->macs = bridge ? mac_table_new(e->cfg.ask_macs) : NULL;
	e->broadcasts = multi ? broadcast_queue_new(e->cfg.broadcasts_max) : NULL;
	e->udp_rx = udp_rx_new();
	e->early = early_new();
	e->plain = malloc(SEGMENT_PACKET_MAX);
	e->framed = malloc(SEGMENT_PACKET_MAX + DATA_FRAMING_MAX);
	if (!e->routes || !e->udp_rx || !e->early || !e->plain || !e->framed ||
	    (bridge && !e->macs) || (multi && !e->broadcasts) ||
	    peer_table_init(&e->peers, e->cfg.max_peers) < 0)
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
	broadcast_queue_free(e->broadcasts);
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
	if (!e->cfg.broadcasts_max)
		e->cfg.broadcasts_max = BROADCASTS_DEFAULT;
	if (!e->cfg.tcp_queue_limit)
		e->cfg.tcp_queue_limit = TCP_QUEUE_DEFAULT;
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

static int op_transport_attach(void *ctx, int fd, enum dco_transport_proto proto, bool hold_data,
			       struct err *err)
{
	struct engine *e = ctx;
	struct port *port;
	size_t slot;
	int ret = port_new(fd, proto, hold_data, &e->cfg, &port, err);

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

struct port *engine_port(const struct engine *e, int transport)
{
	return transport >= 0 && (size_t)transport < e->port_count ? e->ports[transport] : NULL;
}

static int op_transport_detach(void *ctx, int transport)
{
	struct engine *e = ctx;
	struct port *port;
	int ret = 0;

	engine_lock(e);
	port = engine_port(e, transport);
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

/*
 * Takes the lock over and gives it back before the packet goes: the system call would keep the
 * worker from its packets for as long as all that it does. What a datagram needs of its port never
 * changes, and nobody but this thread takes a port away.
 */
static int datagram_send(struct engine *e, const struct port *port, const union sock_addr *to,
			 const struct local_addr *from, const uint8_t *packet, size_t len)
{
	note_control_sent(e, port, to);
	engine_unlock(e);
	return socket_send(port->fd, port->family, packet, len, to, from);
}

static int op_control_send(void *ctx, int transport, const union sock_addr *to,
			   const struct local_addr *from, const uint8_t *packet, size_t len)
{
	struct engine *e = ctx;
	struct port *port;
	int ret;

	engine_lock(e);
	port = engine_port(e, transport);
	if (!port) {
		engine_unlock(e);
		return ERR_NOT_FOUND;
	}
	if (port->proto == DCO_UDP)
		return datagram_send(e, port, to, from, packet, len);
	port_touch(e, port);
	ret = port_send_record(e, port, packet, len);
	if (!ret)
		note_control_sent(e, port, to);
	e->wake_due = worker_must_see(port);
	engine_unlock(e);
	return ret;
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
		dco_stats_add(out, &p->stats);
	engine_unlock(e);
	return 0;
}

static uint32_t op_broadcasts_longest(void *ctx)
{
	struct engine *e = ctx;
	uint32_t n;

	engine_lock(e);
	n = e->broadcasts ? broadcast_queue_longest(e->broadcasts) : 0;
	engine_unlock(e);
	return n;
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
	.peer_add = engine_op_peer_add,
	.peer_set = engine_op_peer_set,
	.peer_set_remote = engine_op_peer_set_remote,
	.peer_set_vpn_ip = engine_op_peer_set_vpn_ip,
	.peer_note_rx = engine_op_peer_note_rx,
	.peer_send_exit = engine_op_peer_send_exit,
	.peer_del = engine_op_peer_del,
	.route_add = engine_op_route_add,
	.route_del = engine_op_route_del,
	.key_install = engine_op_key_install,
	.key_swap = engine_op_key_swap,
	.key_delete = engine_op_key_delete,
	.peer_stats = op_peer_stats,
	.device_stats = op_device_stats,
	.mac_decide = engine_op_mac_decide,
	.mac_idle = engine_op_mac_idle,
	.broadcasts_longest = op_broadcasts_longest,
	.event_fd = op_event_fd,
	.next_event = op_next_event,
};
