/* SPDX-License-Identifier: GPL-2.0-only */
/* --port-share: TCP connections wait here until their first bytes tell whose they are. Spec 01
 * section 1.5. */
#include "daemon/server_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/app.h"
#include "daemon/poll.h"
#include "daemon/port_share.h"
#include "daemon/status_server.h"
#include "net/resolve.h"

enum {
	WAITING_MAX = 1000, /* connections which have not said enough; then the oldest goes */
	LOOK_MS = 50,	    /* between looks at one which has begun to speak */
	LOOKS_MAX = 20,	    /* then what is there must do */
};

struct share_waiting {
	struct server_share *share;
	struct server_listener *listener;
	struct share_waiting *older, *newer;
	union sock_addr remote;
	int fd;
	uv_poll_t *poll;
	uv_timer_t timer;
	unsigned int looks;
};

struct server_share {
	struct server *server;
	struct port_share *forwarder;
	struct share_waiting *oldest, *newest;
	size_t count;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* It waits no more; the caller has its descriptor now. */
static int leave(struct share_waiting *w)
{
	struct server_share *s = w->share;

	*(w->older ? &w->older->newer : &s->oldest) = w->newer;
	*(w->newer ? &w->newer->older : &s->newest) = w->older;
	s->count--;
	poll_unwatch(&w->poll);
	uv_timer_stop(&w->timer);
	uv_close((uv_handle_t *)&w->timer, on_closed);
	return w->fd;
}

static struct log log_of(const struct share_waiting *w)
{
	char addr[ADDR_TEXT_MAX + 16], prefix[ADDR_TEXT_MAX + 20];

	server_real_address(&w->remote, true, w->listener->family, addr, sizeof(addr));
	snprintf(prefix, sizeof(prefix), "%s ", addr);
	return log_init(w->share->server->log.sink, prefix);
}

static void hand_over(struct share_waiting *w)
{
	struct log log = log_of(w);
	struct signal_state signals;

	log_info(&log, 3, "Non-OpenVPN client protocol detected");
	signal_state_init(&signals, 0);
	signals.phase = SIGNAL_PHASE_RUN;
	signal_raise(&signals, &log, SIGTERM, SIGNAL_SOFT, "port-share-redirect");
	signal_act(&signals, &log, SIGNAL_SCOPE_CLIENT_INSTANCE);
	port_share_take(w->share->forwarder, leave(w), &w->remote);
}

static void on_look_again(uv_timer_t *timer);

static void look(struct share_waiting *w)
{
	uint8_t bytes[PORT_SHARE_LOOK_BYTES];
	ssize_t n = recv(w->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(leave(w));
		return;
	}
	w->looks++;
	if (n < PORT_SHARE_LOOK_BYTES && w->looks < LOOKS_MAX) {
		poll_unwatch(&w->poll); /* what is there would wake us for ever */
		uv_timer_start(&w->timer, on_look_again, LOOK_MS, 0);
	} else if (port_share_is_vpn(bytes, (size_t)n)) {
		server_accepted(w->listener, leave(w), &w->remote);
	} else {
		hand_over(w);
	}
}

static void on_look_again(uv_timer_t *timer)
{
	look(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	if (poll->data)
		look(poll->data);
}

static void close_silent(struct share_waiting *w)
{
	struct log log = log_of(w);

	log_info(&log, 3, "nothing came on the connection, closing it");
	close(leave(w));
}

static void on_silence(uv_timer_t *timer)
{
	close_silent(timer->data);
}

void server_share_wait(struct server_share *s, struct server_listener *l, int fd,
		       const union sock_addr *remote)
{
	struct share_waiting *w = calloc(1, sizeof(*w));
	uv_loop_t *loop = s->server->app->loop;

	if (!w) {
		close(fd);
		return;
	}
	w->share = s;
	w->listener = l;
	w->remote = *remote;
	w->fd = fd;
	uv_timer_init(loop, &w->timer);
	w->timer.data = w;
	w->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = w;
	s->newest = w;
	s->count++;
	w->poll = poll_watch(loop, fd, UV_READABLE, on_readable, w);
	if (!w->poll) {
		close(leave(w));
		return;
	}
	uv_timer_start(&w->timer, on_silence, 1000ull * s->server->cfg->tls.hand_window_sec, 0);
	if (s->count > WAITING_MAX)
		close_silent(s->oldest);
}

static int resolve_server(const struct config_server *c, union sock_addr *out, struct err *err)
{
	struct resolve_query query = {.host = c->port_share_host,
				      .port = c->port_share_port,
				      .family = AF_UNSPEC,
				      .stream = true};
	struct err why;
	int ret = resolve_first(&query, out, &why);

	return ret < 0 ? err_set(err, ret, "--port-share: %s", why.text) : 0;
}

int server_share_open(struct server *s, struct err *err)
{
	const struct config_server *c = &s->cfg->server;
	struct port_share_config cfg = {.dir = c->port_share_dir};
	int ret;

	if (!c->port_share_host || s->share)
		return 0;
	s->share = calloc(1, sizeof(*s->share));
	if (!s->share)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->share->server = s;
	ret = resolve_server(c, &cfg.server, err);
	return ret < 0 ? ret : port_share_new(&cfg, &s->log, &s->share->forwarder, err);
}

void server_share_empty(struct server *s)
{
	while (s->share && s->share->oldest)
		close(leave(s->share->oldest));
}

void server_share_close(struct server *s)
{
	if (!s->share)
		return;
	server_share_empty(s);
	port_share_free(s->share->forwarder);
	free(s->share);
	s->share = NULL;
}
