/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of one client of a server: session, timers, and the end. Spec 03 sections 3.8.5, 3.8.13.
 */
#include "daemon/server_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/thread.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/environment.h"
#include "daemon/status_server.h"
#include "proto/peer_info.h"

static const char *const state_names[PEER_STATES] = {
	[PEER_HANDSHAKE] = "HANDSHAKE", [PEER_CONNECTING] = "CONNECTING",
	[PEER_CONNECTED] = "CONNECTED", [PEER_FAILED] = "FAILED",
	[PEER_CLOSED] = "CLOSED",
};

#define TO(s) (1u << (s))

static const unsigned int state_may_go[PEER_STATES] = {
	[PEER_HANDSHAKE] = TO(PEER_CONNECTING) | TO(PEER_FAILED) | TO(PEER_CLOSED),
	[PEER_CONNECTING] = TO(PEER_CONNECTED) | TO(PEER_FAILED) | TO(PEER_CLOSED),
	[PEER_CONNECTED] = TO(PEER_FAILED) | TO(PEER_CLOSED),
	[PEER_FAILED] = TO(PEER_CLOSED),
	[PEER_CLOSED] = 0,
};

void peer_set_state(struct server_peer *p, enum peer_state to)
{
	if (!(state_may_go[p->state] & TO(to)))
		log_warn(&p->log, "internal error: client goes from %s to %s",
			 state_names[p->state], state_names[to]);
	else
		log_dbg(&p->log, 4, "client: %s -> %s", state_names[p->state], state_names[to]);
	p->state = to;
}

/* ---- names ---- */

const char *peer_name(const struct server_peer *p)
{
	return p->name;
}

const char *peer_address(const struct server_peer *p)
{
	const char *slash = strrchr(p->name, '/');

	return slash ? slash + 1 : p->name;
}

/* "CN/udp4:1.2.3.4:5678", and the same with a blank before each line */
void peer_update_name(struct server_peer *p)
{
	char addr[ADDR_TEXT_MAX + 16], prefix[sizeof(p->log.prefix)];

	server_real_address(&p->entry.addr, p->entry.tcp, p->listener->family, addr, sizeof(addr));
	/* names have at most 64 bytes, addresses 95 */
	str_copy(p->name, sizeof(p->name), p->cn);
	if (p->cn[0])
		str_append(p->name, sizeof(p->name), "/");
	str_append(p->name, sizeof(p->name), addr);
	snprintf(prefix, sizeof(prefix), "%s ", p->name);
	p->log = log_init(p->log.sink, prefix);
	if (p->session)
		session_set_log_prefix(p->session, prefix);
}

/* ---- the session ---- */

static void peer_options(void *ctx, const char *options)
{
	peer_take_options(ctx, options);
}

static int key_text(void *ctx, uint8_t key_id, struct session_key_text *text)
{
	struct server_peer *p = ctx;

	(void)key_id;
	text->options = peer_occ(p)->local;
	return 0;
}

static void on_active(struct server_peer *p, const struct now *now, const struct session_event *ev)
{
	if (ev->key_id != 0)
		return; /* a renegotiation */
	p->session_active = true;
	if (p->state == PEER_CONNECTED)
		peer_connect_again(p, now);
	else if (p->state == PEER_HANDSHAKE && p->first_auth_done)
		peer_connect_begin(p, now);
}

static void on_event(struct server_peer *p, const struct now *now, const struct session_event *ev)
{
	switch (ev->type) {
	case SESSION_EV_INITIAL_PACKET:
	case SESSION_EV_KEY_SEND:
	case SESSION_EV_KEY_EXPIRED:
		break; /* peer_data_sync() looks at the whole picture */
	case SESSION_EV_PEER_KEY_METHOD:
		peer_auth_begin(p, now, ev);
		break;
	case SESSION_EV_AUTH_TIMEOUT:
		peer_refuse(p, now, p->reason[0] ? p->reason : NULL);
		break;
	case SESSION_EV_ACTIVE:
		on_active(p, now, ev);
		break;
	case SESSION_EV_CONTROL_MESSAGE:
		peer_message(p, now, ev->message);
		break;
	case SESSION_EV_KEY_READY:
		peer_data_key(p, ev);
		break;
	case SESSION_EV_FAILED:
		peer_close(p, SIGUSR1, ev->reason ? ev->reason : "tls-error");
		break;
	}
}

static void send_packets(struct server_peer *p, const struct now *now)
{
	struct session_packet *packet = &p->server->packet;

	while (p->link && session_output(p->session, *now, packet)) {
		int ret = link_send(p->link, packet->to.sa.sa_family ? &packet->to : &p->entry.addr,
				    &p->local, packet->data, packet->len);

		if (ret == 0)
			p->control_tx += packet->len;
		else if (ret != ERR_AGAIN)
			log_info(&p->log, 2, "write to %s: %s", p->entry.tcp ? "TCP" : "UDP",
				 strerror(errno));
	}
}

void peer_send(struct server_peer *p, const struct now *now, const char *text)
{
	int ret = session_send_control(p->session, *now, text);

	if (ret < 0)
		log_warn(&p->log, "cannot send the control message '%s': %s", text, err_text(ret));
	peer_wake(p);
}

static void watch_silence(struct server_peer *p, uint64_t now_ms)
{
	uint32_t sec = p->server->cfg->timers.ping_rec_sec;

	if (!p->dco_added && sec)
		p->silence_at = time_after(now_ms, 1000ull * sec);
}

/* --multihome: the client talks to another of our addresses or interfaces now. */
static void follow_local(struct server_peer *p, const struct local_addr *local)
{
	assume_control_thread();
	if (local_addr_equal(&p->local, local))
		return;
	p->local = *local;
	if (p->dco_added)
		(void)dco_peer_set_remote(tunnel_device(p->server->tunnel), p->entry.peer_id,
					  &p->entry.addr, local);
}

static void heard(struct server_peer *p, const struct local_addr *local, uint64_t now_ms)
{
	assume_control_thread();
	follow_local(p, local);
	watch_silence(p, now_ms);
	if (p->dco_added)
		(void)dco_peer_note_rx(tunnel_device(p->server->tunnel), p->entry.peer_id);
}

void peer_packet(struct server_peer *p, const union sock_addr *from, const struct local_addr *local,
		 const uint8_t *bytes, size_t len)
{
	struct now now = clock_now();

	if (p->state == PEER_CLOSED)
		return;
	p->control_rx += len;
	if (session_input(p->session, now, from, bytes, len) == 0)
		heard(p, local, now.mono_ms);
	else
		peer_client_key_hold(p, bytes, len);
	peer_wake(p);
}

void peer_packet_moved(struct server_peer *p, const union sock_addr *from,
		       const struct local_addr *local, const uint8_t *bytes, size_t len)
{
	struct now now = clock_now();

	p->control_rx += len;
	if (session_input_moved(p->session, now, from, bytes, len) == 0)
		heard(p, local, now.mono_ms);
	if (p->state != PEER_CLOSED && sock_addr_equal(session_remote(p->session), from))
		peer_floated(p, from);
	peer_wake(p);
}

/* ---- timers ---- */

void peer_schedule_exit(struct server_peer *p, uint64_t now_ms)
{
	if (p->exit_at != TIME_NEVER)
		return;
	log_info(&p->log, 3, "Delayed exit in 5 seconds");
	session_refuse_new(p->session);
	p->exit_at = time_after(now_ms, SERVER_EXIT_DELAY_MS);
	peer_wake(p);
}

/* Spec 02 section 10.3: tunnel data since the timer started decides, pings do not count. */
static void check_inactive(struct server_peer *p, uint64_t now_ms)
{
	struct dco_peer_stats stats;
	uint64_t bytes, moved;

	peer_data_stats(p, &stats);
	bytes = stats.vpn_rx_bytes + stats.vpn_tx_bytes;
	moved = bytes - p->inactive_bytes_seen;
	if (moved > 0 && moved >= p->cfg->timers.inactive_bytes) {
		p->inactive_bytes_seen = bytes;
		p->inactive_at = time_after(now_ms, 1000ull * p->cfg->timers.inactive_sec);
		return;
	}
	log_info(&p->log, 1, "Inactivity timeout (--inactive), exiting");
	peer_close(p, SIGTERM, "inactive");
}

static void run_timers(struct server_peer *p, const struct now *now)
{
	uint64_t ms = now->mono_ms;

	if (p->exit_at <= ms) {
		peer_close(p, SIGTERM, "delayed-exit");
	} else if (p->silence_at <= ms) {
		log_info(&p->log, 1, "[%s] Inactivity timeout (--ping-restart), restarting",
			 p->cn[0] ? p->cn : "UNDEF");
		peer_close(p, SIGUSR1, "ping-restart");
	} else if (p->session_end_at <= ms) {
		log_info(&p->log, 1, "Session timeout, exiting");
		peer_close(p, SIGTERM, "session-timeout");
	} else if (p->inactive_at <= ms) {
		check_inactive(p, ms);
	}
	if (p->state != PEER_CLOSED && p->poll_at <= ms) {
		p->poll_at = TIME_NEVER;
		peer_auth_timer(p, now);
		peer_connect_timer(p, now);
	}
	if (p->state != PEER_CLOSED && p->token_at <= ms)
		peer_push_token(p, now);
	if (p->state != PEER_CLOSED)
		key_renewal_timer(&p->renewal, p->session, *now);
}

static void on_timer(uv_timer_t *timer);

static void rearm(struct server_peer *p, uint64_t now_ms)
{
	const uint64_t deadlines[] = {session_deadline(p->session),
				      p->exit_at,
				      p->poll_at,
				      p->token_at,
				      p->silence_at,
				      p->session_end_at,
				      p->inactive_at,
				      p->usage_at,
				      p->renewal.at_ms};
	uint64_t next = TIME_NEVER;

	if (p->pump_wanted)
		return; /* the timer runs at once already */
	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		next = time_min(next, deadlines[i]);
	if (next != TIME_NEVER)
		uv_timer_start(&p->timer, on_timer, next > now_ms ? next - now_ms : 0, 0);
}

static void drain_events(struct server_peer *p, const struct now *now)
{
	struct session_event ev;

	while (p->state != PEER_CLOSED && session_next_event(p->session, &ev))
		on_event(p, now, &ev);
}

/* For --reneg-bytes and --reneg-pkts, and for the line of a renegotiation. */
static void tell_usage(struct server_peer *p, const struct now *now)
{
	struct dco_peer_stats stats;

	if (!p->dco_added ||
	    (p->usage_at > now->mono_ms && session_deadline(p->session) > now->mono_ms))
		return;
	if (p->usage_at <= now->mono_ms)
		p->usage_at = time_after(now->mono_ms, SERVER_USAGE_MS);
	peer_data_stats(p, &stats);
	session_note_data(p->session, *now, p->slots.primary.serial, stats.key_bytes,
			  stats.key_packets);
}

static void pump(struct server_peer *p)
{
	struct now now = clock_now();

	tell_usage(p, &now);
	session_timer(p->session, now);
	drain_events(p, &now);
	if (p->state != PEER_CLOSED)
		run_timers(p, &now);
	drain_events(p, &now);
	if (p->state == PEER_CLOSED)
		return;
	peer_data_sync(p, &now);
	if (p->state == PEER_CLOSED)
		return;
	send_packets(p, &now);
	rearm(p, now.mono_ms);
}

static void on_timer(uv_timer_t *timer)
{
	struct server_peer *p = timer->data;

	p->pump_wanted = false;
	if (p->state != PEER_CLOSED)
		pump(p);
}

void peer_wake(struct server_peer *p)
{
	if (p->pump_wanted || p->state == PEER_CLOSED)
		return;
	p->pump_wanted = true;
	uv_timer_start(&p->timer, on_timer, 0, 0);
}

/* ---- beginning and end ---- */

static void timers_off(struct server_peer *p)
{
	p->exit_at = p->poll_at = p->token_at = p->silence_at = TIME_NEVER;
	p->session_end_at = p->inactive_at = p->usage_at = TIME_NEVER;
	key_renewal_init(&p->renewal);
}

static int make_session(struct server_peer *p, const struct stateless_verdict *verdict,
			const struct now *now)
{
	struct server *s = p->server;
	struct session_hooks hooks = {
		.peer_options = peer_options,
		.key_text = key_text,
		.verify_client_key = peer_verify_client_key,
		.verify = verify_setup_config(s->verify),
		.verify_hooks = &server_verify_hooks,
		.env = p->env,
		.ctx = p,
	};
	const struct session_config *cfg = &p->listener->profile.session;

	if (verdict)
		p->session =
			session_new_from_cookie(cfg, &hooks, &p->log, &s->app->rng, *now, verdict);
	else
		p->session = session_new(cfg, &hooks, &p->log, &s->app->rng, *now);
	return p->session ? 0 : ERR_NOMEM;
}

static void free_memory(struct server_peer *p)
{
	session_free(p->session);
	env_free(p->env);
	config_free(p->cfg);
	free(p->user);
	free(p->client_user);
	free(p);
}

struct server_peer *peer_new(struct server_listener *l, const union sock_addr *from,
			     struct link *link, const struct stateless_verdict *verdict,
			     const struct now *now)
{
	struct server *s = l->server;
	struct server_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->server = s;
	p->listener = l;
	p->link = link;
	p->created = *now;
	p->log = s->log;
	p->env = env_clone(s->app->env);
	timers_off(p);
	signal_state_init(&p->signals, 0);
	p->signals.phase = SIGNAL_PHASE_RUN;
	if (!p->env || client_table_add(s->clients, &p->entry, from, l->tcp, l->index) < 0) {
		free_memory(p);
		return NULL;
	}
	peer_update_name(p);
	if (make_session(p, verdict, now) < 0) {
		client_table_del(s->clients, &p->entry);
		free_memory(p);
		return NULL;
	}
	uv_timer_init(s->app->loop, &p->timer);
	p->timer.data = p;
	log_info(&p->log, 4, "MULTI: multi_create_instance called");
	environment_set_address(p->env, "untrusted", &p->entry.addr);
	watch_silence(p, now->mono_ms);
	peer_wake(p);
	return p;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free_memory(handle->data);
}

void peer_close(struct server_peer *p, int signum, const char *text)
{
	struct now now = clock_now();
	struct server *s = p->server;

	if (p->state == PEER_CLOSED)
		return;
	signal_raise(&p->signals, &p->log, signum, SIGNAL_SOFT, text);
	if (text)
		signal_act(&p->signals, &p->log, SIGNAL_SCOPE_CLIENT_INSTANCE);
	send_packets(p, &now); /* an alert, or the acknowledgement of what ended it */
	peer_set_state(p, PEER_CLOSED);
	peer_client_key_stop(p);
	peer_response_stop(p);
	peer_verify_stop(p);
	peer_connect_stop(p);
	peer_address_release(p);
	peer_disconnect_script(p);
	peer_auth_stop(p); /* takes variables which that script still has */
	peer_data_del(p);
	server_forget(s, &p->entry);
	client_table_del(s->clients, &p->entry);
	if (p->entry.tcp && p->link) {
		server_transport_set(s, link_transport(p->link), NULL);
		link_free(p->link);
	}
	p->link = NULL;
	uv_timer_stop(&p->timer);
	/* Callers up the stack may still look at us: the memory goes when the loop turns. */
	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}
