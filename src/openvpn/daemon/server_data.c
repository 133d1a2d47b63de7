/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's clients in the data plane: peers, keys, what happens to them. */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"
#include "daemon/data_setup.h"
#include "daemon/poll.h"

enum {
	EVENTS_MS = 5, /* then timers and answers have a turn: an event may be half a handshake */
};

/* ---- events ---- */

static bool same_user(const struct client_entry *a, const struct client_entry *b)
{
	const struct server_peer *pa = container_of(a, struct server_peer, entry);
	const struct server_peer *pb = container_of(b, struct server_peer, entry);
	const struct verify *va = session_verify(pa->session, 0);
	const struct verify *vb = session_verify(pb->session, 0);
	const char *ua = pa->user ? pa->user : "", *ub = pb->user ? pb->user : "";

	return va && vb && verify_same_chain(va, vb) && strcmp(ua, ub) == 0;
}

/* The views of both planes must not differ: a driver that cannot go back loses the client. */
static void undo_float(struct server_peer *p)
{
	assume_control_thread();
	session_set_remote(p->session, &p->entry.addr);
	if (dco_peer_set_remote(tunnel_device(p->server->tunnel), p->entry.peer_id, &p->entry.addr,
				&p->local) < 0)
		peer_close(p, SIGTERM, "float-collision");
}

static void log_collision(struct server_peer *p, const struct server_peer *other)
{
	uint64_t now_ms = clock_now().mono_ms;

	/* each of its packets may come from there */
	if (now_ms < p->float_told_ms)
		return;
	p->float_told_ms = time_after(now_ms, SERVER_FLOAT_LINE_MS);
	log_info(&p->log, 3, "Disallow float to an address taken by another client %s",
		 peer_name(other));
}

/*
 * May the client move to @to? Another instance there goes when it is the same user's.
 * Spec 03 section 3.8.15.
 */
static enum float_verdict judge_float(struct server_peer *p, const union sock_addr *to)
{
	char text[ADDR_TEXT_MAX];
	struct client_entry *other;
	enum float_verdict verdict =
		client_table_float(p->server->clients, &p->entry, to, same_user, &other);

	log_info(&p->log, 4, "Float requested for peer %u to %s", p->entry.peer_id,
		 sock_addr_format_plain(to, text, sizeof(text)));
	if (verdict == FLOAT_REFUSED) {
		log_collision(p, peer_of(other));
	} else if (verdict == FLOAT_REPLACES) {
		log_info(
			&p->log, 3,
			"closing instance %s due to float collision with %s using the same certificate",
			peer_name(peer_of(other)), peer_name(p));
		peer_close(peer_of(other), SIGTERM, "float-collision");
	}
	return verdict;
}

void peer_floated(struct server_peer *p, const union sock_addr *to)
{
	char from_text[ADDR_TEXT_MAX], to_text[ADDR_TEXT_MAX];
	enum float_verdict verdict = judge_float(p, to);

	if (verdict == FLOAT_SELF)
		return; /* the data plane told twice */
	if (verdict == FLOAT_REFUSED) {
		undo_float(p);
		session_set_remote(p->session, &p->entry.addr);
		return;
	}
	log_info(&p->log, 4, "peer %u (%s) floated from %s to %s", p->entry.peer_id, p->cn,
		 sock_addr_format_plain(&p->entry.addr, from_text, sizeof(from_text)),
		 sock_addr_format_plain(to, to_text, sizeof(to_text)));
	client_table_move(p->server->clients, &p->entry, to);
	session_set_remote(p->session, to);
	peer_update_name(p);
}

/* The words that users of data channel offload know (spec 05 section 6.4). */
static void on_kernel_gone(struct server_peer *p, enum dco_gone_reason reason)
{
	const char *text = reason == DCO_GONE_EXPIRED		? "ovpn-dco: ping expired"
			   : reason == DCO_GONE_TRANSPORT_ERROR ? "ovpn-dco: transport error"
			   : reason == DCO_GONE_TRANSPORT_DISCONNECT
				   ? "ovpn-dco: transport disconnected"
				   : "ovpn-dco: unknown reason";

	peer_close(p, SIGTERM, text);
}

static void on_gone(struct server_peer *p, const struct dco_event *ev)
{
	bool exits = p->cfg && p->cfg->timers.ping_rec_exits;

	/* its counters and its number are held until peer_close() deletes it */
	if (tunnel_is_offloaded(p->server->tunnel)) {
		on_kernel_gone(p, ev->reason);
		return;
	}
	switch (ev->reason) {
	case DCO_GONE_EXPIRED:
		log_info(&p->log, 1, "[%s] Inactivity timeout (--ping-%s), %s",
			 p->cn[0] ? p->cn : "UNDEF", exits ? "exit" : "restart",
			 exits ? "exiting" : "restarting");
		peer_close(p, exits ? SIGTERM : SIGUSR1, exits ? "ping-exit" : "ping-restart");
		break;
	case DCO_GONE_DECRYPT_ERROR:
		log_error(&p->log, "Fatal decryption error (process_incoming_link), restarting");
		peer_close(p, SIGUSR1, "decryption-error");
		break;
	case DCO_GONE_TRANSPORT_ERROR:
	case DCO_GONE_TRANSPORT_DISCONNECT:
		log_info(&p->log, 1, "Connection reset, restarting [%d]",
			 ev->reason == DCO_GONE_TRANSPORT_ERROR ? -1 : 0);
		peer_close(p, SIGUSR1, "connection-reset");
		break;
	case DCO_GONE_TEARDOWN:
	case DCO_GONE_USER:
		peer_close(p, SIGUSR1, "ovpn-dco: unknown reason");
		break;
	}
}

/* --multihome: control packets go the way of the data, also before the client sends one. */
static void follow_float(struct server_peer *p, const struct dco_event *ev)
{
	if (ev->local.addr.sa.sa_family != AF_UNSPEC &&
	    sock_addr_equal(&p->entry.addr, &ev->remote))
		p->local = ev->local;
}

static void on_peer_event(struct server_peer *p, const struct dco_event *ev)
{
	switch (ev->type) {
	case DCO_EVENT_PEER_GONE:
		on_gone(p, ev);
		break;
	case DCO_EVENT_PEER_FLOATED:
		peer_floated(p, &ev->remote);
		follow_float(p, ev);
		break;
	case DCO_EVENT_MAC:
		peer_mac_seen(p, ev->mac);
		break;
	case DCO_EVENT_FLOAT_COLLISION:
		(void)judge_float(p, &ev->remote); /* its next packet moves it, if it may */
		break;
	case DCO_EVENT_PATH_MTU: /* only of an only peer */
	case DCO_EVENT_DHCP_ROUTER:
		break;
	case DCO_EVENT_KEY_LIMIT:
		(void)session_renegotiate(p->session, clock_now(), "key limit"); /* or under way */
		peer_wake(p);
		break;
	case DCO_EVENT_REMOTE_EXIT:
		peer_close(p, SIGUSR1, "remote-exit");
		break;
	case DCO_EVENT_OUT_OF_SYNC:
		session_log_unknown_key(p->session, &ev->remote, ev->key_id);
		break;
	default:
		break;
	}
}

static void on_device_event(struct server *s, const struct dco_event *ev)
{
	struct server_peer *p;

	switch (ev->type) {
	case DCO_EVENT_CONTROL:
	case DCO_EVENT_TRANSPORT_CLOSED:
		server_transport_event(s, ev);
		return;
	case DCO_EVENT_DATA_V1: /* a client that cannot do DATA_V2 is refused anyway */
		return;
	case DCO_EVENT_DEVICE_GONE:
		server_device_gone(s);
		return;
	default:
		break;
	}
	p = peer_of(client_table_by_peer_id(s->clients, ev->peer_id));
	if (p && p->dco_added)
		on_peer_event(p, ev);
}

static void on_device_readable(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	const uint64_t end_ms = time_after(clock_now().mono_ms, EVENTS_MS);
	struct dco_event ev;

	(void)status;
	(void)events;
	assume_control_thread();
	while (s && !s->ended && tunnel_is_open(s->tunnel) &&
	       dco_next_event(tunnel_device(s->tunnel), &ev)) {
		on_device_event(s, &ev);
		if (clock_now().mono_ms >= end_ms)
			break;
	}
}

int server_device_watch(struct server *s, struct err *err)
{
	s->device_poll = poll_watch(s->app->loop, dco_event_fd(tunnel_device(s->tunnel)),
				    UV_READABLE, on_device_readable, s);
	if (!s->device_poll)
		return err_set(err, ERR_SYSTEM, "cannot watch the data plane");
	return 0;
}

void server_device_unwatch(struct server *s)
{
	poll_unwatch(&s->device_poll);
}

/* ---- peers ---- */

int peer_data_add(struct server_peer *p, struct err *err)
{
	struct dco_device *dev = tunnel_device(p->server->tunnel);
	struct dco_peer_config cfg = {
		.peer_id = p->entry.peer_id,
		.tx_peer_id = p->neg.use_v2 ? p->neg.tx_peer_id : DCO_PEER_ID_UNDEF,
		.transport = link_transport(p->link),
		.remote = p->entry.addr,
		.local = p->local,
		.name = peer_name(p),
		.options = peer_occ(p)->local,
		.log = p->log,
	};
	struct dco_peer_params params =
		data_setup_params(p->cfg, &p->neg, p->entry.tcp, p->entry.addr.sa.sa_family);
	int ret;

	assume_control_thread();
	/* The kernel finds the peer by them, so it wants them at once. */
	if (tunnel_is_offloaded(p->server->tunnel)) {
		cfg.vpn_ip4 = p->ip4;
		cfg.vpn_ip6 = p->ip6;
	}
	if (p->moving)
		data_slots_move(&p->slots);
	else
		data_slots_init(&p->slots);
	p->moving = false;
	ret = dco_peer_add(dev, &cfg, err);
	if (ret < 0)
		return ret;
	p->dco_added = true;
	if (tunnel_is_offloaded(p->server->tunnel)) {
		p->learned4 = cfg.vpn_ip4; /* it has them before they are learnt */
		p->learned6 = cfg.vpn_ip6;
	}
	if (p->server->cfg->tls.reneg_bytes || p->server->cfg->tls.reneg_pkts)
		p->usage_at = time_after(clock_now().mono_ms, SERVER_USAGE_MS);
	p->silence_at = TIME_NEVER;
	return dco_peer_set(dev, p->entry.peer_id, &params);
}

void peer_data_leave(struct server_peer *p)
{
	if (!p->dco_added)
		return;
	peer_data_del(p);
	p->stats_before = p->last_stats;
	p->moving = true;
}

void peer_data_del(struct server_peer *p)
{
	assume_control_thread();
	if (!p->dco_added)
		return;
	peer_data_stats(p, &p->last_stats);
	dco_peer_del(tunnel_device(p->server->tunnel), p->entry.peer_id);
	p->dco_added = false;
}

void peer_data_stats(struct server_peer *p, struct dco_peer_stats *out)
{
	struct dco_peer_stats now;

	assume_control_thread();
	if (p->dco_added &&
	    dco_peer_stats(tunnel_device(p->server->tunnel), p->entry.peer_id, &now) == 0) {
		p->last_stats = p->stats_before;
		dco_stats_add(&p->last_stats, &now);
		p->last_stats.key_bytes = now.key_bytes; /* of the key, not of the client */
		p->last_stats.key_packets = now.key_packets;
	}
	*out = p->last_stats;
}

/* ---- keys ---- */

static int install(struct server_peer *p, const struct session_event *ev, struct err *err)
{
	return data_setup_install(&p->neg, p->cfg->crypto.auth, ev, &p->slots,
				  tunnel_device(p->server->tunnel), p->entry.peer_id, err);
}

/* Nothing was sealed with a key that was refused: it is as good as new in another data plane. */
static int install_elsewhere(struct server_peer *p, const struct session_event *ev, int code,
			     struct err *err)
{
	if (!server_offload_refused(p->server, p, code))
		return code;
	key_renewal_init(&p->renewal);
	return install(p, ev, err);
}

void peer_data_key(struct server_peer *p, const struct session_event *ev)
{
	struct err err = {0};
	int ret;

	if (!p->dco_added)
		return;
	ret = install(p, ev, &err);
	if (ret < 0) {
		log_error(&p->log, "cannot install the data channel key: %s", err.text);
		ret = install_elsewhere(p, ev, ret, &err);
	}
	if (ret < 0) {
		data_slots_skip(&p->slots, ev->key_serial);
		if (!p->server->ended)
			peer_close(p, SIGUSR1, "dco update keys error");
		return;
	}
	p->server->offload_proven = true;
	app_offload_works(p->server->app);
	key_renewal_key_ready(&p->renewal, clock_now().mono_ms);
	peer_wake(p);
}

void peer_data_sync(struct server_peer *p, const struct now *now)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];
	size_t count;
	int ret;

	if (!p->dco_added)
		return;
	count = session_data_keys(p->session, *now, keys);
	ret = data_slots_sync(&p->slots, tunnel_device(p->server->tunnel), p->entry.peer_id, keys,
			      count);
	if (ret == 0)
		return;
	log_error(&p->log, "the slots of the data plane do not match the session: %s",
		  err_text(ret));
	peer_close(p, SIGUSR1, "dco update keys error");
}
