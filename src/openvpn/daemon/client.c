/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's life: states, the one timer, restarts and the end. Spec 03 sections 3.9 and 3.10. */
#include "daemon/client_internal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"
#include "daemon/credentials.h"
#include "daemon/signals.h"
#include "daemon/status_client.h"

static const char *const state_names[CLIENT_STATE_COUNT] = {
	[CLIENT_IDLE] = "IDLE",
	[CLIENT_PAUSE] = "PAUSE",
	[CLIENT_RESOLVE] = "RESOLVE",
	[CLIENT_CONNECT] = "TCP_CONNECT",
	[CLIENT_WAIT] = "WAIT",
	[CLIENT_AUTH] = "AUTH",
	[CLIENT_GET_CONFIG] = "GET_CONFIG",
	[CLIENT_REOPEN] = "ASSIGN_IP",
	[CLIENT_ROUTES] = "ADD_ROUTES",
	[CLIENT_CONNECTED] = "CONNECTED",
	[CLIENT_EXIT_NOTIFY] = "EXITING",
	[CLIENT_ENDED] = "ENDED",
};

enum {
	PRE_PULL_PING_RESTART_SEC = 120,
	NOBODY_AGAIN_MS = 15000,
};

#define TO(s) (1u << (s))

/* Legal moves; every state may also go to PAUSE (restart) and ENDED. */
static const unsigned int state_may_go[CLIENT_STATE_COUNT] = {
	[CLIENT_IDLE] = TO(CLIENT_RESOLVE) | TO(CLIENT_CONNECT) | TO(CLIENT_WAIT),
	[CLIENT_PAUSE] = TO(CLIENT_RESOLVE) | TO(CLIENT_CONNECT) | TO(CLIENT_WAIT),
	[CLIENT_RESOLVE] = TO(CLIENT_CONNECT) | TO(CLIENT_WAIT),
	[CLIENT_CONNECT] = TO(CLIENT_WAIT),
	[CLIENT_WAIT] = TO(CLIENT_AUTH),
	[CLIENT_AUTH] = TO(CLIENT_GET_CONFIG) | TO(CLIENT_ROUTES) | TO(CLIENT_CONNECTED) |
			TO(CLIENT_EXIT_NOTIFY),
	[CLIENT_GET_CONFIG] = TO(CLIENT_REOPEN) | TO(CLIENT_ROUTES) | TO(CLIENT_CONNECTED) |
			      TO(CLIENT_EXIT_NOTIFY),
	[CLIENT_REOPEN] = TO(CLIENT_ROUTES) | TO(CLIENT_CONNECTED) | TO(CLIENT_EXIT_NOTIFY),
	[CLIENT_ROUTES] = TO(CLIENT_CONNECTED) | TO(CLIENT_EXIT_NOTIFY),
	/* to itself: the peer of a tunnel without --pull began anew */
	[CLIENT_CONNECTED] = TO(CLIENT_CONNECTED) | TO(CLIENT_REOPEN) | TO(CLIENT_GET_CONFIG) |
			     TO(CLIENT_EXIT_NOTIFY),
	[CLIENT_EXIT_NOTIFY] = 0,
	[CLIENT_ENDED] = 0,
};

void client_set_state(struct client *c, enum client_state to)
{
	unsigned int legal = state_may_go[c->state] | TO(CLIENT_ENDED);

	if (c->state != CLIENT_ENDED)
		legal |= TO(CLIENT_PAUSE);
	if (!(legal & TO(to)))
		log_warn(&c->log, "internal error: client goes from %s to %s",
			 state_names[c->state], state_names[to]);
	else
		log_dbg(&c->log, 4, "client: %s -> %s", state_names[c->state], state_names[to]);
	c->state = to;
}

static void on_timer(uv_timer_t *timer);

/* Run the pump from the loop, never from within a callback that may hold what it frees. */
void client_wake(struct client *c)
{
	if (c->pump_wanted || !c->timer_open)
		return;
	c->pump_wanted = true;
	uv_timer_start(&c->timer, on_timer, 0, 0);
}

void client_raise(struct client *c, int signum, const char *text)
{
	signal_raise(&c->app->signals, &c->log, signum, SIGNAL_SOFT, text);
	client_wake(c);
}

void client_fatal(struct client *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_fatal(&c->log, "%s", text);
	client_set_state(c, CLIENT_ENDED);
	app_finished(c->app, APP_FATAL);
}

/* ---- restart and end ---- */

/* All that an attempt waits for. */
static void timers_off(struct client *c)
{
	c->connect_until = c->push_next = c->push_until = c->silence_until = TIME_NEVER;
	c->session_end = c->inactive_until = c->reopen_at = c->routes_at = TIME_NEVER;
	c->stats_next = c->exit_until = c->exit_next = c->resolve_at = TIME_NEVER;
	c->attach_at = c->hear_at = c->gateway_at = TIME_NEVER;
	key_renewal_init(&c->renewal);
}

/* Everything of one attempt goes; the tunnel stays when it may. */
static void attempt_stop(struct client *c, bool keep_tunnel)
{
	/* the engine heard nothing either, or had no time to: then it is no judge of the next */
	if (tunnel_is_open(c->tunnel) && !tunnel_is_offloaded(c->tunnel))
		c->deaf = false;
	client_connect_stop(c);
	client_tunnel_detach(c);
	client_session_stop(c);
	if (c->link) {
		c->link_rx_before += link_counters(c->link).rx_bytes;
		c->link_tx_before += link_counters(c->link).tx_bytes;
		link_free(c->link);
		c->link = NULL;
	}
	if (!keep_tunnel)
		client_tunnel_close(c);
	else if (tunnel_suspend(c->tunnel, c->cfg->scripts.up_restart) < 0)
		client_fatal(c, "the --down script failed");
	if (c->verb_pulled) {
		log_sink_set_verb(c->app->sink, c->base->log.verb);
		log_sink_set_mute(c->app->sink, c->base->log.mute);
	}
	c->verb_pulled = false;
	c->initialised = false;
	c->dhcp_gateway = (struct ip_addr){0};
	c->moving = c->updating = c->update_again = false;
	c->avoid_kernel = false;
	timers_off(c);
}

static bool pause_is_exponential(const struct client *c)
{
	return c->pull || c->base->tls.client;
}

static void restart(struct client *c, uint64_t now_ms)
{
	const struct signal_state *sig = &c->app->signals;
	bool keep_tunnel = !c->device_gone && (c->base->process.persist_tun ||
					       (c->cfg && c->cfg->process.persist_tun));
	bool hard = sig->source == SIGNAL_HARD;
	uint32_t pause;

	attempt_stop(c, keep_tunnel && tunnel_is_open(c->tunnel));
	if (c->state == CLIENT_ENDED)
		return;
	signal_log(sig, &c->log, SIGNAL_SCOPE_PROCESS);
	signal_clear(&c->app->signals);
	if (env_reset(c->app->env, c->app->start_env) < 0) {
		client_fatal(c, "out of memory");
		return;
	}
	if (hard && !c->base->process.persist_remote_ip)
		remote_list_forget_addresses(c->remotes);
	pause = c->no_pause ? 0 : remote_list_pause_sec(c->remotes, pause_is_exponential(c));
	c->no_pause = false;
	client_set_state(c, CLIENT_PAUSE);
	if (pause)
		log_info(&c->log, 3, "Restart pause, %u second(s)", pause);
	c->pause_until = time_after(now_ms, (uint64_t)pause * 1000);
}

static void end(struct client *c)
{
	attempt_stop(c, false);
	if (c->state == CLIENT_ENDED)
		return;
	client_set_state(c, CLIENT_ENDED);
	signal_log(&c->app->signals, &c->log, SIGNAL_SCOPE_PROCESS);
	app_finished(c->app, APP_SIGNAL);
}

/* Spec 03 section 3.9.9: tell the peer, then leave after some seconds. */
static bool begin_exit_notify(struct client *c, uint64_t now_ms)
{
	struct now now = clock_now();
	uint32_t seconds = c->cfg ? c->cfg->ce.explicit_exit_notify : 0;

	if (seconds == 0 || client_is_tcp(c) || !c->initialised)
		return false;
	log_info(&c->log, 1, "%s received, sending exit notification to peer",
		 signal_name(signal_pending(&c->app->signals)));
	signal_clear(&c->app->signals);
	c->app->signals.phase = SIGNAL_PHASE_LEAVING;
	client_set_state(c, CLIENT_EXIT_NOTIFY);
	c->exit_until = time_after(now_ms, (uint64_t)seconds * 1000);
	if (c->neg.cc_exit) {
		if (session_send_control(c->session, now, "EXIT") < 0)
			c->exit_until = now_ms;
	} else {
		c->exit_next = now_ms;
	}
	return true;
}

static void exit_notify_timer(struct client *c, uint64_t now_ms)
{
	assume_control_thread();
	if (c->exit_until <= now_ms) {
		c->exit_until = c->exit_next = TIME_NEVER;
		client_raise(c, SIGTERM, "exit-with-notification");
	} else if (c->exit_next <= now_ms && c->peer_added) {
		(void)dco_peer_send_exit(tunnel_device(c->tunnel), c->peer_id);
		c->exit_next = time_after(now_ms, 1000);
	}
}

static void obey_signal(struct client *c, uint64_t now_ms)
{
	struct signal_state *sig = &c->app->signals;
	int signum = signal_pending(sig);

	if (signum == 0 || c->state == CLIENT_ENDED)
		return;
	if ((signum == SIGTERM || signum == SIGINT) && c->state != CLIENT_EXIT_NOTIFY &&
	    begin_exit_notify(c, now_ms))
		return;
	signum = signal_settle(sig);
	signal_export(sig, c->app->env);
	if (signum == SIGUSR1)
		restart(c, now_ms);
	else
		end(c);
}

/* ---- the pump ---- */

/* Until the peer is known to the data plane. UDP pull clients have 120 s unless told otherwise. */
void client_watch_silence(struct client *c, uint64_t now_ms)
{
	uint32_t sec = c->cfg->timers.ping_rec_sec;

	if (c->peer_added)
		return;
	if (!c->cfg->timers.ping_rec_set && c->pull && !client_is_tcp(c))
		sec = PRE_PULL_PING_RESTART_SEC;
	c->silence_until = sec ? time_after(now_ms, (uint64_t)sec * 1000) : TIME_NEVER;
}

/* Nothing authentic came. Spec 02 section 10.2. */
void client_silent(struct client *c)
{
	bool exits = c->cfg->timers.ping_rec_exits;
	const char *name = c->session ? session_common_name(c->session) : "";

	log_info(&c->log, 1, "[%s] Inactivity timeout (--ping-%s), %s", *name ? name : "UNDEF",
		 exits ? "exit" : "restart", exits ? "exiting" : "restarting");
	client_raise(c, exits ? SIGTERM : SIGUSR1, exits ? "ping-exit" : "ping-restart");
}

/* --ping-timer-rem: nobody is missed who has not been there. */
static bool nobody_to_miss(const struct client *c)
{
	return c->cfg->timers.ping_timer_rem &&
	       (!c->session || session_remote(c->session)->sa.sa_family == AF_UNSPEC);
}

static void check_silence(struct client *c, uint64_t now_ms)
{
	if (c->silence_until <= now_ms && nobody_to_miss(c)) {
		c->silence_until = time_after(now_ms, NOBODY_AGAIN_MS);
	} else if (c->silence_until <= now_ms) {
		c->silence_until = TIME_NEVER;
		client_silent(c);
	}
	if (c->session_end <= now_ms) {
		c->session_end = TIME_NEVER;
		log_info(&c->log, 1, "Session timeout, exiting");
		client_raise(c, SIGTERM, "session-timeout");
	}
}

static void rearm(struct client *c, uint64_t now_ms)
{
	const uint64_t deadlines[] = {
		c->session ? session_deadline(c->session) : TIME_NEVER,
		c->state == CLIENT_PAUSE ? c->pause_until : TIME_NEVER,
		c->connect_until,
		c->push_next,
		c->push_until,
		c->silence_until,
		c->session_end,
		c->inactive_until,
		c->reopen_at,
		c->routes_at,
		c->gateway_at,
		c->stats_next,
		c->exit_until,
		c->exit_next,
		c->resolve_at,
		c->attach_at,
		c->hear_at,
		c->renewal.at_ms,
	};
	uint64_t next = c->pump_wanted ? now_ms : TIME_NEVER;

	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		next = time_min(next, deadlines[i]);
	if (next == TIME_NEVER)
		uv_timer_stop(&c->timer);
	else
		uv_timer_start(&c->timer, on_timer, next > now_ms ? next - now_ms : 0, 0);
}

static void pump(struct client *c)
{
	struct now now = clock_now();

	if (c->session)
		client_session_pump(c, &now);
	client_connect_timer(c, now.mono_ms);
	client_push_timer(c, &now);
	client_tunnel_timer(c, &now);
	check_silence(c, now.mono_ms);
	if (c->state == CLIENT_EXIT_NOTIFY)
		exit_notify_timer(c, now.mono_ms);
	obey_signal(c, now.mono_ms);
	if (c->state == CLIENT_PAUSE && c->pause_until <= now.mono_ms)
		client_connect_next(c, now.mono_ms);
	if (c->session)
		client_session_pump(c, &now); /* what the steps above want to say */
	if (c->state != CLIENT_ENDED)
		rearm(c, now.mono_ms);
}

static void on_timer(uv_timer_t *timer)
{
	struct client *c = timer->data;

	c->pump_wanted = false;
	if (c->state != CLIENT_ENDED)
		pump(c);
}

void client_signal(struct client *c)
{
	client_wake(c);
}

/* ---- life ---- */

static struct client *client_alloc(struct app *app)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->app = app;
	c->base = app->cfg;
	c->log = app->log;
	c->pull = c->base->pull;
	c->first_attempt = true;
	c->pause_until = 0;
	timers_off(c);
	uv_timer_init(app->loop, &c->timer);
	c->timer.data = c;
	c->timer_open = true;
	return c;
}

int client_start(struct app *app, struct client **out, struct err *err)
{
	struct client *c = client_alloc(app);
	int ret;

	*out = NULL;
	if (!c)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = client_connect_init(c, err);
	if (ret == 0)
		ret = client_session_init(c, err);
	if (ret == 0)
		ret = client_tunnel_init(c, err);
	if (ret < 0) {
		client_free(c);
		return ret;
	}
	c->state = CLIENT_PAUSE; /* of no length: the first attempt starts from the loop */
	client_wake(c);
	*out = c;
	return 0;
}

void client_status(struct client *c, struct str *out)
{
	struct dco_peer_stats stats;
	struct link_counters link = {0};
	struct status_client status = {0};

	client_tunnel_stats(c, &stats);
	if (c->link)
		link = link_counters(c->link);
	status.tun_read = stats.vpn_tx_bytes;
	status.tun_write = stats.vpn_rx_bytes;
	status.link_read = stats.link_rx_bytes + link.rx_bytes + c->link_rx_before;
	status.link_write = stats.link_tx_bytes + link.tx_bytes + c->link_tx_before;
	status.auth_read = stats.link_rx_bytes;
	/* we never compress: nothing went into a compressor */
	status.compression = c->cfg && c->cfg->crypto.comp != CONFIG_COMP_NONE;
	status.pre_decompress = stats.packed_rx_bytes;
	status.post_decompress = stats.unpacked_rx_bytes;
	status_client_format(out, &status, clock_now().unix_sec);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void client_free(struct client *c)
{
	if (!c)
		return;
	c->ending = true;
	if (c->tunnel) {
		client_connect_stop(c);
		client_tunnel_detach(c);
		client_session_stop(c);
		link_free(c->link);
		c->link = NULL;
		client_tunnel_close(c);
		tunnel_free(c->tunnel);
	}
	client_session_fini(c);
	remote_list_free(c->remotes);
	free(c->order);
	push_digest_free(c->digest);
	dns_settings_free(c->dns);
	config_report_fini(&c->push_report);
	config_free(c->cfg);
	c->timer_open = false;
	uv_timer_stop(&c->timer);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
