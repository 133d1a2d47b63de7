/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's sockets: from addresses in the configuration to packets for clients. Spec 03 section
 * 3.8.4, spec 01 section 7. */
#include "daemon/server_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "daemon/app.h"
#include "daemon/negotiation_setup.h"
#include "daemon/poll.h"
#include "daemon/socket_setup.h"
#include "daemon/status_server.h"
#include "net/resolve.h"
#include "proto/packet.h"

/* What a UDP socket may hold while the server waits for a processor, unless --rcvbuf says: the
 * system's default is filled in 30 ms by a stranger's 4000 packets a second, and then clients lose
 * theirs. */
enum {
	UDP_RCVBUF = 2 << 20,
};

/* ---- packets ---- */

static bool may_create(struct server_listener *l, const union sock_addr *from,
		       const struct now *now)
{
	struct server *s = l->server;
	char text[ADDR_TEXT_MAX + 16];

	server_real_address(from, l->tcp, l->family, text, sizeof(text));
	if (s->leaving) {
		log_info(&s->log, 1,
			 "MULTI: Connection attempt from %s ignored while server is shutting down",
			 text);
		return false;
	}
	if (!freq_limit_take(&s->connect_freq, now->mono_ms)) {
		log_info(
			&s->log, 1,
			"MULTI: Connection from %s would exceed new connection frequency limit as controlled by --connect-freq",
			text);
		return false;
	}
	if (client_table_full(s->clients)) {
		log_info(
			&s->log, 1,
			"MULTI: new incoming connection would exceed maximum number of clients (%u)",
			s->cfg->server.max_clients);
		return false;
	}
	return true;
}

/* A packet from an address that nobody has. */
static void on_stranger(struct server_listener *l, const union sock_addr *from,
			const struct local_addr *local, const uint8_t *bytes, size_t len)
{
	struct stateless_verdict verdict;
	struct now now = clock_now();
	struct server_peer *p;

	if (l->server->leaving && !may_create(l, from, &now))
		return;
	stateless_input(l->stateless, now, from, bytes, len, &verdict);
	switch (verdict.action) {
	case STATELESS_DROP:
		return;
	case STATELESS_REPLY:
		/* or it is lost */
		(void)link_send(l->link, from, local, verdict.reply, verdict.reply_len);
		return;
	case STATELESS_CREATE:
	case STATELESS_CREATE_UNPROVEN:
		break;
	}
	if (!may_create(l, from, &now))
		return;
	p = peer_new(l, from, l->link, verdict.action == STATELESS_CREATE ? &verdict : NULL, &now);
	if (!p)
		return;
	p->local = *local;
	peer_packet(p, from, local, bytes, len);
}

/*
 * A client that moved while its data is in a kernel which does not tell: its control packets come
 * from an address that nobody has. Spec 05 section 1.12.
 */
static struct server_peer *who_moved(struct server *s, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_init(bytes, len);
	struct packet_header h;

	if (!tunnel_is_offloaded(s->tunnel) || packet_header_read(&r, &h) < 0 ||
	    opcode_is_hard_reset(h.opcode) || !freq_limit_take(&s->moved_freq, clock_now().mono_ms))
		return NULL;
	for (struct client_entry *e = client_table_next(s->clients, NULL); e;
	     e = client_table_next(s->clients, e)) {
		struct server_peer *p = peer_of(e);

		if (!e->tcp && p->state == PEER_CONNECTED && session_has_peer(p->session, &h.sid))
			return p;
	}
	return NULL;
}

static void on_udp_packet(void *ctx, const union sock_addr *from, const struct local_addr *local,
			  const uint8_t *bytes, size_t len)
{
	struct server_listener *l = ctx;
	struct client_entry *e = client_table_by_addr(l->server->clients, from, false, l->index);

	struct server_peer *moved = e ? NULL : who_moved(l->server, bytes, len);

	if (e)
		peer_packet(peer_of(e), from, local, bytes, len);
	else if (moved)
		peer_packet_moved(moved, from, local, bytes, len);
	else
		on_stranger(l, from, local, bytes, len);
}

static const struct link_callbacks udp_callbacks = {.packet = on_udp_packet};

/* ---- TCP ---- */

static void on_tcp_packet(void *ctx, const union sock_addr *from, const struct local_addr *local,
			  const uint8_t *bytes, size_t len)
{
	struct server_peer *p = ctx;

	peer_packet(p, from, local, bytes, len);
}

static void on_tcp_closed(void *ctx, int err, uint32_t bad_length)
{
	struct server_peer *p = ctx;

	if (err < 0)
		log_info(
			&p->log, 1,
			"WARNING: Bad encapsulated packet length from peer (%u), which must be > 0 and <= %u -- please ensure that --tun-mtu or --link-mtu is equal on both peers -- this condition could also indicate a possible active attack on the TCP link -- [Attempting restart...]",
			bad_length, socket_setup_record_max(p->server->cfg));
	else
		log_info(&p->log, 1, "Connection reset, restarting [%d]", err ? -1 : 0);
	peer_close(p, SIGUSR1, "connection-reset");
}

static const struct link_callbacks tcp_callbacks = {
	.packet = on_tcp_packet,
	.closed = on_tcp_closed,
};

void server_accepted(struct server_listener *l, int fd, const union sock_addr *remote)
{
	struct server *s = l->server;
	struct now now = clock_now();
	char text[ADDR_TEXT_MAX];
	struct link_config cfg = {
		.proto = DCO_TCP,
		.fd = fd,
		.remote = *remote,
		.record_max_bytes = socket_setup_record_max(s->cfg),
	};
	struct client_entry *old = client_table_by_addr(s->clients, remote, true, l->index);
	struct server_peer *p;

	if (old)
		peer_close(peer_of(old), SIGUSR1, "connection-reset");
	log_info(&s->log, 1, "TCP connection established with %s",
		 sock_addr_format(remote, text, sizeof(text)));
	if (!may_create(l, remote, &now)) {
		close(fd);
		return;
	}
	p = peer_new(l, remote, NULL, NULL, &now);
	if (!p) {
		close(fd);
		return;
	}
	p->link = link_new(s->app->loop, &cfg, &tcp_callbacks, p, &p->log);
	if (!p->link) {
		peer_close(p, SIGTERM, "out of memory");
		return;
	}
	if (tunnel_is_open(s->tunnel)) {
		struct err err = {0};

		if (link_attach(p->link, tunnel_device(s->tunnel), false, &err) < 0) {
			log_error(&p->log, "%s", err.text);
			peer_close(p, SIGTERM, "dco-connect-error");
			return;
		}
		server_transport_set(s, link_transport(p->link), p->link);
	}
	session_start(p->session, now, remote);
	peer_wake(p);
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct server_listener *l = poll->data;

	(void)status;
	(void)events;
	while (l) {
		struct err err = {0};
		union sock_addr remote;
		int fd, ret = socket_tcp_accept(l->fd, &l->socket, &l->server->log, &fd, &remote,
						&err);

		if (ret == ERR_AGAIN)
			return;
		if (ret < 0) {
			log_error(&l->server->log, "%s", err.text);
			return;
		}
		if (l->server->share)
			server_share_wait(l->server->share, l, fd, &remote);
		else
			server_accepted(l, fd, &remote);
	}
}

/* ---- transports of the data plane ---- */

void server_transport_set(struct server *s, int transport, struct link *link)
{
	size_t want = (size_t)transport + 1, room;
	struct link **p;

	if (transport < 0)
		return;
	if (want > s->n_transports) {
		if (!link)
			return;
		room = want > 2 * s->n_transports ? want : 2 * s->n_transports;
		p = realloc(s->by_transport, room * sizeof(struct link *));
		if (!p)
			return; /* its packets are not delivered and the client times out */
		memset(p + s->n_transports, 0, (room - s->n_transports) * sizeof(struct link *));
		s->by_transport = p;
		s->n_transports = room;
	}
	s->by_transport[transport] = link;
}

void server_transport_event(struct server *s, const struct dco_event *ev)
{
	if (ev->transport >= 0 && (size_t)ev->transport < s->n_transports &&
	    s->by_transport[ev->transport])
		link_event(s->by_transport[ev->transport], ev);
}

/* ---- open and close ---- */

static int profile_fill(struct server_listener *l, const struct config_listen *at, struct err *err)
{
	struct server *s = l->server;
	struct server_profile *p = &l->profile;
	struct config *cfg = config_clone(s->cfg);
	int ret;

	if (!cfg)
		return err_set(err, ERR_NOMEM, "out of memory");
	cfg->ce.proto = at->proto;
	session_setup(cfg, &p->session);
	p->session.mode = SESSION_P2MP_SERVER;
	p->session.wrap = s->wrap;
	p->session.tls = s->tls;
	p->session.userpass = !s->has_userpass		     ? SESSION_USERPASS_UNUSED
			      : s->cfg->server.auth_optional ? SESSION_USERPASS_OPTIONAL
							     : SESSION_USERPASS_REQUIRED;
	ret = occ_setup(cfg, cfg->crypto.comp, &p->occ, err);
	if (ret == 0)
		ret = occ_setup(cfg, CONFIG_COMP_LZO_STUB, &p->occ_migrated, err);
	config_free(cfg);
	if (ret == 0) {
		log_info(&s->log, 7, "Local Options String (VER=V4): '%s'", p->occ.local);
		log_info(&s->log, 7, "Expected Remote Options String (VER=V4): '%s'",
			 p->occ.expected);
	}
	return ret;
}

static int resolve_local(const struct server *s, const struct config_listen *at, bool tcp,
			 union sock_addr *out, struct err *err)
{
	struct resolve_query query = {
		.host = at->host,
		.port = at->port ? at->port : s->cfg->ce.local_port,
		.family = at->proto.family,
		.stream = tcp,
		.passive = true,
	};

	if (!at->host && query.family == AF_UNSPEC)
		query.family = AF_INET6; /* dual stack serves both */
	return resolve_first(&query, out, err);
}

static void log_bound(struct server_listener *l)
{
	enum socket_role role = l->tcp ? SOCKET_TCP_SERVER : SOCKET_UDP;
	const char *name = socket_proto_name(role, l->family);
	char text[ADDR_TEXT_MAX];

	log_info(&l->server->log, 1, "%s link local (bound): %s", name,
		 sock_addr_format(&l->socket.local, text, sizeof(text)));
	log_info(&l->server->log, 1, "%s link remote: [AF_UNSPEC]", name);
}

static int open_socket(struct server_listener *l, int *fd, struct err *err)
{
	if (l->tcp)
		return socket_tcp_listen(&l->socket, &l->server->log, fd, err);
	return socket_udp_open(&l->socket, &l->server->log, fd, err);
}

static int start_reading(struct server_listener *l, int fd, struct err *err)
{
	struct server *s = l->server;
	struct link_config link = {
		.proto = DCO_UDP, .fd = fd, .same_interface = s->cfg->multihome_same_interface};
	struct stateless_config stateless = {
		.wrap = s->wrap,
		.hand_window_sec = s->cfg->tls.hand_window_sec,
		.initial_count = s->cfg->server.connect_freq_initial_max,
		.initial_sec = s->cfg->server.connect_freq_initial_sec,
	};

	if (l->tcp) {
		l->fd = fd;
		return 0;
	}
	l->stateless = stateless_new(&stateless, &s->log, &s->app->rng);
	l->link = link_new(s->app->loop, &link, &udp_callbacks, l, &s->log);
	return l->link && l->stateless ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static int listener_open(struct server_listener *l, const struct config_listen *at, struct err *err)
{
	const struct config *cfg = l->server->cfg;
	int fd, ret;

	l->fd = -1;
	l->tcp = at->proto.kind != CONFIG_PROTO_UDP;
	l->socket = socket_setup(cfg, AF_UNSPEC);
	if (!l->tcp && !l->socket.rcvbuf)
		l->socket.rcvbuf = UDP_RCVBUF;
	ret = profile_fill(l, at, err);
	if (ret == 0)
		ret = resolve_local(l->server, at, l->tcp, &l->socket.local, err);
	if (ret < 0)
		return ret;
	l->family = l->socket.family = l->socket.local.sa.sa_family;
	ret = open_socket(l, &fd, err);
	if (ret < 0 && !at->host && at->proto.family == AF_UNSPEC) {
		/* no IPv6 on this machine */
		uint16_t port = sock_addr_port(&l->socket.local);

		l->socket.local = (union sock_addr){.in4.sin_family = AF_INET};
		sock_addr_set_port(&l->socket.local, port);
		l->family = l->socket.family = AF_INET;
		ret = open_socket(l, &fd, err);
	}
	if (ret < 0)
		return ret;
	log_bound(l);
	return start_reading(l, fd, err);
}

int server_listen_open(struct server *s, struct err *err)
{
	size_t count = s->cfg->listen.count;
	int ret = 0;

	s->listeners = calloc(count ? count : 1, sizeof(*s->listeners));
	if (!s->listeners)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (count == 0)
		return err_set(err, ERR_USAGE, "--mode server: there is nothing to listen on");
	for (size_t i = 0; ret == 0 && i < count; i++) {
		s->listeners[i].server = s;
		s->listeners[i].index = (unsigned int)i;
		s->n_listeners = i + 1;
		ret = listener_open(&s->listeners[i], &s->cfg->listen.at[i], err);
	}
	return ret < 0 ? ret : server_share_open(s, err);
}

int server_listen_attach(struct server *s, struct err *err)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		struct server_listener *l = &s->listeners[i];
		int ret;

		if (l->tcp) {
			if (!l->poll)
				l->poll = poll_watch(s->app->loop, l->fd, UV_READABLE,
						     on_acceptable, l);
			if (!l->poll)
				return err_set(err, ERR_SYSTEM, "cannot watch a listening socket");
			continue;
		}
		ret = link_attach(l->link, tunnel_device(s->tunnel), false, err);
		if (ret < 0)
			return ret;
		server_transport_set(s, link_transport(l->link), l->link);
	}
	return 0;
}

void server_listen_detach(struct server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		struct link *link = s->listeners[i].link;

		if (!link)
			continue;
		server_transport_set(s, link_transport(link), NULL);
		link_detach(link);
	}
}

static void listener_close(struct server_listener *l)
{
	poll_unwatch(&l->poll);
	if (l->tcp && l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	link_free(l->link);
	l->link = NULL;
	stateless_free(l->stateless);
	l->stateless = NULL;
}

void server_listen_close(struct server *s)
{
	server_share_empty(s);
	for (size_t i = 0; i < s->n_listeners; i++)
		listener_close(&s->listeners[i]);
	free(s->listeners);
	s->listeners = NULL;
	s->n_listeners = 0;
	free(s->by_transport);
	s->by_transport = NULL;
	s->n_transports = 0;
}
