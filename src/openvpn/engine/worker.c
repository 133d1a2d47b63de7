/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "data/ping.h"
#include "engine/early.h"
#include "engine/forward.h"
#include "engine/state.h"

enum {
	EVENTS_PER_ROUND = 64,
	TICK_PEERS = 64, /* a ping each at worst; then packets and the control thread have a turn */
};

/* What an epoll event is about: a link's transport number, or one of these. */
enum {
	WATCH_DEVICE = -1,
	WATCH_WAKE = -2,
};

static struct epoll_event watch_event(uint32_t events, int what)
{
	struct epoll_event ev = {.events = events};

	ev.data.u64 = (uint32_t)what;
	return ev;
}

int worker_watch_device(struct engine *e)
{
	struct epoll_event ev = watch_event(EPOLLIN, WATCH_DEVICE);

	if (e->device.tun.fd < 0)
		return 0;
	return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->device.tun.fd, &ev) < 0 ? ERR_SYSTEM : 0;
}

static void device_pause(struct engine *e, bool pause)
{
	struct epoll_event ev = watch_event(pause ? 0 : EPOLLIN, WATCH_DEVICE);

	if (e->device_paused == pause || e->device.tun.fd < 0 || e->device.gone)
		return;
	e->device_paused = pause;
	(void)epoll_ctl(e->epoll_fd, EPOLL_CTL_MOD, e->device.tun.fd, &ev);
}

static void device_unwatch(struct engine *e)
{
	struct epoll_event ev = {0};

	(void)epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, e->device.tun.fd, &ev);
}

static uint32_t port_events(const struct port *port)
{
	return (port->dead || port->held ? 0u : (uint32_t)EPOLLIN) |
	       (port->wants_write ? (uint32_t)EPOLLOUT : 0u);
}

bool worker_must_see(const struct port *port)
{
	return port_events(port) != port->watched;
}

int worker_watch_port(struct engine *e, struct port *port)
{
	struct epoll_event ev = watch_event(EPOLLIN, port->transport);

	port->watched = (uint32_t)EPOLLIN;
	return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, port->fd, &ev) < 0 ? ERR_SYSTEM : 0;
}

void worker_forget_port(struct engine *e, struct port *port)
{
	struct epoll_event ev = {0};

	(void)epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, port->fd, &ev);
	for (struct port **at = &e->dirty; *at; at = &(*at)->dirty_next) {
		if (*at == port) {
			*at = port->dirty_next;
			break;
		}
	}
	port->dirty = false;
}

/* Let epoll look for what the link can use now. */
static void port_update(struct engine *e, struct port *port)
{
	uint32_t events = port_events(port);
	struct epoll_event ev = watch_event(events, port->transport);

	if (events == port->watched)
		return;
	port->watched = events;
	/* A dead stream would report its end for ever. */
	if (port->dead)
		worker_forget_port(e, port);
	else
		(void)epoll_ctl(e->epoll_fd, EPOLL_CTL_MOD, port->fd, &ev);
}

/* ---- timers ---- */

/* When @p is pinged next if nothing else is sent until then; TIME_NEVER: not at all */
static uint64_t ping_ms(const struct engine *e, const struct engine_peer *p)
{
	if (!p->params.ping_interval_sec || !p->keys[DCO_SLOT_PRIMARY])
		return TIME_NEVER;
	if (p->ping_at_once)
		return e->now_ms;
	return p->tx_ms + (uint64_t)p->params.ping_interval_sec * 1000;
}

/* When @p will have been silent for too long; TIME_NEVER: never */
static uint64_t expiry_ms(const struct engine_peer *p)
{
	uint64_t timeout_ms = (uint64_t)p->params.ping_timeout_sec * 1000;

	return timeout_ms ? p->rx_ms + timeout_ms : TIME_NEVER;
}

void worker_peer_timers(struct engine *e, struct engine_peer *p)
{
	uint64_t due_ms;

	if (!p->gone && e->now_ms >= expiry_ms(p))
		engine_peer_gone(e, p, DCO_GONE_EXPIRED);
	if (p->gone) {
		wheel_remove(&e->wheel, p);
		return;
	}
	if (e->now_ms >= ping_ms(e, p)) {
		p->ping_at_once = false;
		(void)forward_send(e, p, ping_payload(), PING_LEN);
	}
	due_ms = time_min(ping_ms(e, p), expiry_ms(p));
	if (due_ms != TIME_NEVER)
		wheel_put(&e->wheel, p, e->now_ms, due_ms);
	else
		wheel_remove(&e->wheel, p);
}

static void worker_tick(struct engine *e)
{
	struct engine_peer *p;

	for (unsigned int n = 0; n < TICK_PEERS && (p = wheel_take(&e->wheel, e->now_ms)); n++)
		worker_peer_timers(e, p);
}

static int worker_timeout(const struct engine *e)
{
	int wait_ms = wheel_wait_ms(&e->wheel, e->now_ms);

	if (e->broadcasts && broadcast_queue_first(e->broadcasts) && !e->broadcast_waits)
		return 0;
	if (early_waits(e->early) && (wait_ms < 0 || wait_ms > EARLY_WAIT_MS))
		return EARLY_WAIT_MS;
	return wait_ms;
}

/* ---- loop ---- */

static void worker_dispatch(struct engine *e, const struct epoll_event *ev)
{
	int what = (int)(uint32_t)ev->data.u64;
	struct port *port;
	uint64_t count;

	if (what == WATCH_WAKE) {
		(void)!read(e->wake_fd, &count, sizeof(count));
		return;
	}
	if (what == WATCH_DEVICE) {
		if (ev->events & (EPOLLERR | EPOLLHUP))
			tundev_error(e);
		else if (!e->device.gone && !e->device_paused)
			tundev_readable(e);
		if (e->device.gone)
			device_unwatch(e);
		return;
	}
	/* May have been detached since epoll_wait() returned. */
	port = (size_t)what < e->port_count ? e->ports[what] : NULL;
	if (!port)
		return;
	port_touch(e, port);
	if (ev->events & EPOLLOUT)
		port_flush(e, port);
	if (ev->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		port_readable(e, port);
	if (ev->events & EPOLLERR)
		port_errors(e, port);
}

static void worker_flush(struct engine *e)
{
	tundev_flush(e);
	while (e->dirty) {
		struct port *port = e->dirty;

		/* Off the list first: a write that fails puts it there again. */
		e->dirty = port->dirty_next;
		port->dirty = false;
		if (!port->wants_write && !port->dead)
			port_flush(e, port);
		port_update(e, port);
	}
	device_pause(e, engine_device_must_wait(e));
}

/* Let the control thread in: it must not starve while packets keep coming. */
static void worker_give_way(struct engine *e)
{
	while (atomic_load_explicit(&e->waiting, memory_order_acquire))
		pthread_cond_wait(&e->turn, &e->lock);
}

static void *worker_run(void *arg)
{
	struct engine *e = arg;
	struct epoll_event events[EVENTS_PER_ROUND];

	assume_worker_thread();
	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		int timeout = worker_timeout(e), n;
		const bool signal = event_take_signal(&e->events);

		pthread_mutex_unlock(&e->lock);
		if (signal)
			event_signal(&e->events);
		n = epoll_wait(e->epoll_fd, events, EVENTS_PER_ROUND, timeout);
		pthread_mutex_lock(&e->lock);
		worker_give_way(e);
		e->now_ms = engine_now(e);
		for (int i = 0; i < n; i++)
			worker_dispatch(e, &events[i]);
		early_retry(e);
		worker_tick(e);
		forward_broadcasts(e);
		worker_flush(e);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

int worker_start(struct engine *e, struct err *err)
{
	sigset_t all, old;
	int ret;

	if (e->thread_started)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&e->thread, NULL, worker_run, e);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return err_set_errno(err, ret, "engine: cannot start a thread");
	e->thread_started = true;
	return 0;
}

void worker_stop(struct engine *e)
{
	if (!e->thread_started)
		return;
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_mutex_unlock(&e->lock);
	engine_wake(e);
	pthread_join(e->thread, NULL);
	e->thread_started = false;
}
