/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's tunnel: settings from options, the peer and its keys in the data plane, hooks. */
#include "daemon/client_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/cipher.h"
#include "daemon/app.h"
#include "daemon/backend_choice.h"
#include "daemon/data_setup.h"
#include "daemon/environment.h"
#include "daemon/poll.h"
#include "daemon/signals.h"
#include "daemon/tunnel_setup.h"

enum {
	STATS_EVERY_MS = 1000,
	REOPEN_AFTER_MS = 1000,
	ATTACH_AGAIN_MS = 10, /* TCP: our last control packets are still on their way */
};

/* ---- hooks of the tunnel ---- */

static struct script_device script_device(const struct client *c, const char *context)
{
	const struct config_tun *t = &c->cfg->tun;

	return (struct script_device){
		.dev = tunnel_name(c->tunnel),
		.mtu = c->cfg->ce.tun_mtu,
		.local = t->ifconfig_local,
		.remote_or_netmask = t->ifconfig_remote,
		.restart = strcmp(context, "restart") == 0,
	};
}

static int script_failed(struct client *c, const struct err *err)
{
	log_error(&c->log, "%s", err->text);
	return ERR_SCRIPT;
}

static int hook_dns_up(void *ctx)
{
	struct client *c = ctx;

	dns_warn_unreachable(c->dns, c->cfg->tun.ifconfig_local != NULL,
			     c->cfg->tun.ifconfig6_local != NULL, &c->log);
	dns_runner_up(c->app->dns, c->dns, tunnel_name(c->tunnel));
	return 0;
}

static int hook_dns_down(void *ctx)
{
	struct client *c = ctx;

	dns_runner_down(c->app->dns);
	return 0;
}

static int hook_up(void *ctx, const char *context)
{
	struct client *c = ctx;
	struct script_device dev = script_device(c, context);
	struct err err = {0};

	return script_up(&c->app->scripts, c->app->env, &dev, &err) < 0 ? script_failed(c, &err)
									: 0;
}

static int hook_route_up(void *ctx)
{
	struct client *c = ctx;

	script_route_up(&c->app->scripts, c->app->env);
	return 0;
}

static int hook_route_pre_down(void *ctx)
{
	struct client *c = ctx;
	struct script_device dev = script_device(c, "init");
	struct err err = {0};

	if (script_route_pre_down(&c->app->scripts, c->app->env, &dev, &err) < 0)
		return script_failed(c, &err);
	return 0;
}

static int hook_down(void *ctx, const char *context)
{
	struct client *c = ctx;
	struct script_device dev = script_device(c, context);
	struct err err = {0};

	return script_down(&c->app->scripts, c->app->env, &dev, &err) < 0 ? script_failed(c, &err)
									  : 0;
}

static void hook_opened(void *ctx)
{
	struct client *c = ctx;

	environment_add_device(c->app->env, c->cfg, tunnel_name(c->tunnel), c->cfg->ce.tun_mtu);
}

static const struct tunnel_hooks hooks = {
	.opened = hook_opened,
	.dns_up = hook_dns_up,
	.up = hook_up,
	.route_up = hook_route_up,
	.dns_down = hook_dns_down,
	.route_pre_down = hook_route_pre_down,
	.down = hook_down,
};

int client_tunnel_init(struct client *c, struct err *err)
{
	c->digest = push_digest_new();
	c->tunnel = tunnel_new(c->app->nl, c->app->journal, c->app->env, &hooks, c, &c->log);
	if (!c->tunnel || !c->digest)
		return err_set(err, ERR_NOMEM, "out of memory");
	return 0;
}

void client_tunnel_connection_initiated(struct client *c)
{
	script_ipchange(&c->app->scripts, c->app->env, session_remote(c->session));
}

/* ---- events of the data plane ---- */

static void on_peer_gone(struct client *c, const struct dco_event *ev)
{
	bool exits = c->cfg->timers.ping_rec_exits;

	c->peer_added = false;
	switch (ev->reason) {
	case DCO_GONE_EXPIRED:
		log_info(&c->log, 1, "[%s] Inactivity timeout (--ping-%s), %s",
			 session_common_name(c->session), exits ? "exit" : "restart",
			 exits ? "exiting" : "restarting");
		client_raise(c, exits ? SIGTERM : SIGUSR1, exits ? "ping-exit" : "ping-restart");
		break;
	case DCO_GONE_DECRYPT_ERROR:
		log_error(&c->log, "Fatal decryption error (process_incoming_link), restarting");
		client_raise(c, SIGUSR1, "decryption-error");
		break;
	case DCO_GONE_TRANSPORT_ERROR:
	case DCO_GONE_TRANSPORT_DISCONNECT:
		client_raise(c, SIGUSR1, "connection-reset");
		break;
	case DCO_GONE_TEARDOWN:
	case DCO_GONE_USER:
		log_warn(&c->log, "the data plane dropped the peer, restarting");
		client_raise(c, SIGUSR1, "ovpn-dco: unknown reason");
		break;
	}
}

static void on_device_event(struct client *c, const struct dco_event *ev)
{
	struct now now = clock_now();

	switch (ev->type) {
	case DCO_EVENT_CONTROL:
	case DCO_EVENT_TRANSPORT_CLOSED:
		if (c->link)
			link_event(c->link, ev);
		break;
	case DCO_EVENT_PEER_GONE:
		if (c->peer_added)
			on_peer_gone(c, ev);
		break;
	case DCO_EVENT_PEER_FLOATED:
		link_set_remote(c->link, &ev->remote);
		session_set_remote(c->session, &ev->remote);
		break;
	case DCO_EVENT_KEY_LIMIT:
		if (c->session)
			(void)session_renegotiate(c->session, now, "key limit"); /* or under way */
		break;
	case DCO_EVENT_REMOTE_EXIT:
		log_info(&c->log, 1, "OCC exit message received by peer");
		client_raise(c, SIGUSR1, "remote-exit");
		break;
	case DCO_EVENT_FLOAT_COLLISION: /* takes a second peer */
		break;
	case DCO_EVENT_OUT_OF_SYNC:
		if (c->session)
			session_log_unknown_key(c->session, &ev->remote, ev->key_id);
		break;
	case DCO_EVENT_DEVICE_GONE:
		log_error(&c->log, "the tunnel interface %s is gone, restarting",
			  tunnel_name(c->tunnel));
		c->device_gone = true;
		client_raise(c, SIGUSR1, "device-gone");
		break;
	}
}

static void on_device_readable(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;
	struct dco_event ev;

	(void)status;
	(void)events;
	assume_control_thread();
	while (c && tunnel_is_open(c->tunnel) && dco_next_event(tunnel_device(c->tunnel), &ev))
		on_device_event(c, &ev);
	if (c)
		client_wake(c);
}

static int watch_device(struct client *c)
{
	c->device_poll = poll_watch(c->app->loop, dco_event_fd(tunnel_device(c->tunnel)),
				    UV_READABLE, on_device_readable, c);
	return c->device_poll ? 0 : ERR_SYSTEM;
}

/* ---- up ---- */

static int add_peer(struct client *c, struct err *err)
{
	assume_control_thread();
	struct dco_device *dev = tunnel_device(c->tunnel);
	bool has_id = c->neg.use_v2 && c->neg.peer_id != NEGOTIATED_PEER_ID_NONE;
	/* with --float the session may have come from elsewhere than where we sent to */
	const union sock_addr *heard = session_remote(c->session);
	struct dco_peer_config peer = {
		.peer_id = has_id ? c->neg.peer_id : 0,
		.tx_peer_id = has_id ? c->neg.tx_peer_id : DCO_PEER_ID_UNDEF,
		.transport = link_transport(c->link),
		.remote = *link_remote(c->link),
		.local = c->heard_at,
		.name = session_common_name(c->session),
		.options = c->occ.local,
		.log = c->log,
	};
	struct dco_peer_params params =
		data_setup_params(c->cfg, &c->neg, c->cfg->ce.proto.kind != CONFIG_PROTO_UDP,
				  link_remote(c->link)->sa.sa_family);
	int ret;

	if (heard->sa.sa_family != AF_UNSPEC && !sock_addr_equal(heard, &peer.remote)) {
		peer.remote = *heard;
		link_set_remote(c->link, heard);
	}
	dco_peer_del(dev, c->peer_id); /* of an earlier session, if any */
	data_slots_init(&c->slots);
	c->peer_id = peer.peer_id;
	ret = dco_peer_add(dev, &peer, err);
	if (ret < 0)
		return ret;
	c->peer_added = true;
	c->silence_until = TIME_NEVER;
	return dco_peer_set(dev, c->peer_id, &params);
}

static int refresh_dns(struct client *c, struct err *err)
{
	dns_settings_free(c->dns);
	c->dns = dns_settings_new(c->cfg);
	if (!c->dns)
		return err_set(err, ERR_NOMEM, "out of memory");
	dns_export_foreign(c->dns, c->app->env);
	environment_add_setenv(c->app->env, c->cfg);
	environment_add_redirect(c->app->env, c->cfg->routing.redirect);
	return 0;
}

/* The device is not open yet, so what was pushed can still decide (spec 05 section 1.19). */
static const struct dco_backend *choose_backend(struct client *c, struct err *err)
{
	const struct dco_backend *found = app_backend(c->app, c->cfg, err);

	if (!found || !backend_is_kernel(found) || !c->neg.cipher[0] ||
	    backend_suits(found, &c->neg))
		return found;
	log_info(
		&c->log, 1,
		"Note: pushed options are incompatible with data channel offload, continuing without it.");
	return backend_fallback();
}

static int open_tunnel(struct client *c, struct err *err)
{
	/* Point to point opens the device before there is a link, and perhaps no peer is known. */
	const union sock_addr *peer =
		c->link ? link_remote(c->link) : remote_list_address(c->remotes);
	struct tunnel_setup setup;
	int ret;

	setup = (struct tunnel_setup){0};
	ret = tunnel_setup_fill(&setup, c->cfg, peer, err);
	setup.settings.backend = ret < 0 ? NULL : choose_backend(c, err);
	if (ret == 0 && !setup.settings.backend)
		ret = err->code;
	if (ret == 0)
		ret = tunnel_open(c->tunnel, &setup.settings, err);
	tunnel_setup_fini(&setup);
	if (ret < 0)
		return ret;
	c->app->offload = tunnel_is_offloaded(c->tunnel);
	if (c->app->offload)
		tunnel_setup_note_offload(c->cfg, &c->log);
	return watch_device(c);
}

/* The kernel refuses the first peer or key: the next attempt goes without it. */
static void offload_failed(struct client *c)
{
	if (!tunnel_is_offloaded(c->tunnel))
		return;
	app_give_up_offload(c->app);
	c->device_gone = true; /* another kind of device is needed, --persist-tun or not */
}

/* The device is there: peer, keys, and what the user waits for. */
static void finish_up(struct client *c, const struct now *now)
{
	struct session_negotiated neg = {
		.tls_ekm = c->neg.tls_ekm,
		.dyn_tls_crypt = c->neg.dyn_tls_crypt,
	};
	struct err err = {0};
	int ret = 0;

	if (link_transport(c->link) < 0)
		ret = link_attach(c->link, tunnel_device(c->tunnel), &err);
	if (ret == ERR_AGAIN) {
		c->attach_at = time_after(now->mono_ms, ATTACH_AGAIN_MS);
		client_wake(c);
		return;
	}
	c->attach_at = TIME_NEVER;
	if (ret == 0)
		ret = add_peer(c, &err);
	if (ret < 0) {
		offload_failed(c);
		log_error(&c->log, "cannot hand the connection to the data plane: %s",
			  err.text[0] ? err.text : err_text(ret));
		client_raise(c, SIGUSR1, "dco-connect-error");
		return;
	}
	session_options_done(c->session, *now, &neg);
	c->finish_pending = true; /* until the keys are there: client_tunnel_key() */
	client_wake(c);
}

static bool options_changed(struct client *c, uint8_t digest[PUSH_DIGEST_LEN])
{
	if (!c->pull)
		return false;
	if (push_digest_get(c->digest, digest) < 0)
		return true;
	return !c->tunnel_digest_known || memcmp(c->tunnel_digest, digest, PUSH_DIGEST_LEN) != 0;
}

static void open_and_finish(struct client *c, const struct now *now)
{
	struct err err = {0};
	int ret = refresh_dns(c, &err);

	if (ret == 0)
		ret = open_tunnel(c, &err);
	if (ret == ERR_SCRIPT) {
		client_fatal(c, "%s", err.text);
		return;
	}
	if (ret < 0) {
		client_fatal(c, "%s", err.text[0] ? err.text : err_text(ret));
		return;
	}
	finish_up(c, now);
}

/* Point to point: the device is there before the peer (spec 03 section 3.10). */
int client_tunnel_open_early(struct client *c, struct err *err)
{
	int ret;

	if (c->pull || c->cfg->scripts.up_delay || tunnel_is_open(c->tunnel))
		return 0;
	ret = refresh_dns(c, err);
	if (ret == 0)
		ret = open_tunnel(c, err);
	c->tunnel_fresh = ret == 0;
	return ret;
}

void client_tunnel_up(struct client *c, const struct now *now)
{
	uint8_t digest[PUSH_DIGEST_LEN] = {0};
	bool changed = options_changed(c, digest);
	struct err err = {0};

	if (!tunnel_is_open(c->tunnel)) {
		memcpy(c->tunnel_digest, digest, sizeof(digest));
		c->tunnel_digest_known = true;
		open_and_finish(c, now);
		return;
	}
	if (changed) {
		log_info(
			&c->log, 1,
			"NOTE: Pulled options changed on restart, will need to close and reopen TUN/TAP device.");
		client_tunnel_detach(c);
		client_tunnel_close(c);
		memcpy(c->tunnel_digest, digest, sizeof(digest));
		c->tunnel_digest_known = true;
		client_set_state(c, CLIENT_REOPEN);
		c->reopen_at = time_after(now->mono_ms, REOPEN_AFTER_MS);
		return;
	}
	if (c->tunnel_fresh) {
		c->tunnel_fresh = false; /* point to point: opened before the peer was contacted */
	} else {
		log_info(&c->log, 1, "Preserving previous TUN/TAP instance: %s",
			 tunnel_name(c->tunnel));
		environment_add_device(c->app->env, c->cfg, tunnel_name(c->tunnel),
				       c->cfg->ce.tun_mtu);
		if (refresh_dns(c, &err) < 0 ||
		    tunnel_resume(c->tunnel, c->cfg->scripts.up_restart) < 0) {
			client_fatal(c, "%s", err.text[0] ? err.text : "the --up script failed");
			return;
		}
	}
	finish_up(c, now);
}

/* ---- keys ---- */

static void key_unusable(struct client *c, const char *why)
{
	log_error(&c->log, "cannot install the data channel key: %s", why);
	client_raise(c, SIGUSR1, "dco update keys error");
}

void client_tunnel_key(struct client *c, const struct now *now, const struct session_event *ev)
{
	struct err err = {0};
	struct dco_key *key;
	int ret;

	if (!c->peer_added)
		return;
	key = secret_alloc(sizeof(*key));
	ret = key ? data_setup_key(&c->neg, c->cfg->crypto.auth, ev, key) : ERR_NOMEM;
	if (ret == 0)
		ret = data_slots_install(&c->slots, tunnel_device(c->tunnel), c->peer_id,
					 ev->key_serial, key, &err);
	secret_free(key);
	if (ret < 0) {
		if (c->finish_pending)
			offload_failed(c);
		key_unusable(c, err.text[0] ? err.text : err_text(ret));
		return;
	}
	if (!c->finish_pending)
		return;
	c->finish_pending = false;
	client_tunnel_completed(c, now->mono_ms);
}

void client_tunnel_sync_keys(struct client *c, const struct now *now)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];
	size_t count;

	if (!c->peer_added || !c->session)
		return;
	count = session_data_keys(c->session, *now, keys);
	if (data_slots_sync(&c->slots, tunnel_device(c->tunnel), c->peer_id, keys, count) < 0)
		key_unusable(c, "the slots of the data plane do not match the session");
}

/* ---- connected ---- */

static void log_summary(struct client *c)
{
	const struct config_timers *t = &c->cfg->timers;
	const struct cipher_info *cipher = cipher_by_name(c->neg.cipher);
	struct str s = str_init();

	str_addf(&s, "Data Channel: cipher '%s'", c->neg.cipher);
	if (!cipher || cipher->mode != CIPHER_MODE_AEAD)
		str_addf(&s, ", auth '%s'", c->cfg->crypto.auth);
	if (c->neg.use_v2)
		str_addf(&s, ", peer-id: %u", c->neg.peer_id);
	log_info(&c->log, 2, "%s", str_text(&s));
	str_clear(&s);
	if (t->ping_sec)
		str_addf(&s, ", ping %u", t->ping_sec);
	if (t->ping_rec_sec)
		str_addf(&s, ", ping-%s %u", t->ping_rec_exits ? "exit" : "restart",
			 t->ping_rec_sec);
	if (t->inactive_sec && t->inactive_bytes)
		str_addf(&s, ", inactive %u %llu", t->inactive_sec,
			 (unsigned long long)t->inactive_bytes);
	else if (t->inactive_sec)
		str_addf(&s, ", inactive %u", t->inactive_sec);
	if (t->session_sec)
		str_addf(&s, ", session-timeout %u", t->session_sec);
	if (s.len)
		log_info(&c->log, 2, "Timers: %s", str_text(&s) + 2);
	str_clear(&s);
	if (c->cfg->ce.explicit_exit_notify)
		str_addf(&s, ", explicit-exit-notify %u", c->cfg->ce.explicit_exit_notify);
	if (c->neg.cc_exit || c->neg.tls_ekm || c->neg.dyn_tls_crypt || c->neg.epoch)
		str_addf(&s, ", protocol-flags%s%s%s%s", c->neg.cc_exit ? " cc-exit" : "",
			 c->neg.tls_ekm ? " tls-ekm" : "",
			 c->neg.dyn_tls_crypt ? " dyn-tls-crypt" : "",
			 c->neg.epoch ? " aead-epoch" : "");
	if (s.len)
		log_info(&c->log, 2, "Protocol options: %s", str_text(&s) + 2);
	str_fini(&s);
}

static void start_timers(struct client *c, uint64_t now_ms)
{
	const struct config_timers *t = &c->cfg->timers;

	c->session_end =
		t->session_sec ? time_after(now_ms, (uint64_t)t->session_sec * 1000) : TIME_NEVER;
	c->inactive_until =
		t->inactive_sec ? time_after(now_ms, (uint64_t)t->inactive_sec * 1000) : TIME_NEVER;
	c->inactive_bytes_seen = 0;
	if (c->session_cfg.reneg_bytes || c->session_cfg.reneg_packets)
		c->stats_next = time_after(now_ms, STATS_EVERY_MS);
}

static void announce(struct client *c, uint64_t now_ms)
{
	bool errors = tunnel_route_error(c->tunnel);
	struct err err = {0};

	client_set_state(c, CLIENT_CONNECTED);
	remote_list_connected(c->remotes);
	c->initialised = true;
	start_timers(c, now_ms);
	log_info(&c->log, 0, "Initialization Sequence Completed%s", errors ? " With Errors" : "");
	log_summary(c);
	if (app_initialised(c->app, errors, &err) < 0)
		client_fatal(c, "%s", err.text);
}

void client_tunnel_completed(struct client *c, uint64_t now_ms)
{
	if (c->cfg->routing.delay_set && !c->routes_done) {
		client_set_state(c, CLIENT_ROUTES);
		c->routes_at = time_after(now_ms, (uint64_t)c->cfg->routing.delay_sec * 1000);
		return;
	}
	announce(c, now_ms);
}

/* Spec 02 section 10.3: tunnel data since the timer started decides, pings do not count. */
static void check_inactive(struct client *c, uint64_t now_ms)
{
	struct dco_peer_stats stats;
	uint64_t bytes, moved;

	client_tunnel_stats(c, &stats);
	bytes = stats.vpn_rx_bytes + stats.vpn_tx_bytes;
	moved = bytes - c->inactive_bytes_seen;
	if (moved > 0 && moved >= c->cfg->timers.inactive_bytes) {
		c->inactive_bytes_seen = bytes;
		c->inactive_until =
			time_after(now_ms, (uint64_t)c->cfg->timers.inactive_sec * 1000);
		return;
	}
	c->inactive_until = TIME_NEVER;
	log_info(&c->log, 1, "Inactivity timeout (--inactive), exiting");
	client_raise(c, SIGTERM, "inactive");
}

static void tell_usage(struct client *c, const struct now *now)
{
	assume_control_thread();
	struct dco_peer_stats stats;

	c->stats_next = time_after(now->mono_ms, STATS_EVERY_MS);
	if (c->peer_added && dco_peer_stats(tunnel_device(c->tunnel), c->peer_id, &stats) == 0)
		session_note_data(c->session, *now, c->slots.primary.serial, stats.key_bytes,
				  stats.key_packets);
}

void client_tunnel_timer(struct client *c, const struct now *now)
{
	if (c->reopen_at <= now->mono_ms) {
		c->reopen_at = TIME_NEVER;
		open_and_finish(c, now);
	}
	if (c->attach_at <= now->mono_ms)
		finish_up(c, now);
	if (c->routes_at <= now->mono_ms) {
		c->routes_at = TIME_NEVER;
		c->routes_done = true;
		tunnel_install_routes(c->tunnel);
		announce(c, now->mono_ms);
	}
	if (c->inactive_until <= now->mono_ms)
		check_inactive(c, now->mono_ms);
	if (c->stats_next <= now->mono_ms && c->session)
		tell_usage(c, now);
}

/* ---- down ---- */

static void add_stats(struct dco_peer_stats *sum, const struct dco_peer_stats *s)
{
	sum->link_rx_bytes += s->link_rx_bytes;
	sum->link_tx_bytes += s->link_tx_bytes;
	sum->vpn_rx_bytes += s->vpn_rx_bytes;
	sum->vpn_tx_bytes += s->vpn_tx_bytes;
}

void client_tunnel_stats(struct client *c, struct dco_peer_stats *out)
{
	assume_control_thread();
	struct dco_peer_stats now = {0};

	*out = c->stats_before;
	if (tunnel_is_open(c->tunnel) && dco_device_stats(tunnel_device(c->tunnel), &now) == 0)
		add_stats(out, &now);
}

void client_tunnel_detach(struct client *c)
{
	assume_control_thread();
	c->finish_pending = false;
	if (!tunnel_is_open(c->tunnel))
		return;
	if (c->peer_added)
		dco_peer_del(tunnel_device(c->tunnel), c->peer_id);
	c->peer_added = false;
	data_slots_init(&c->slots);
	if (c->link)
		link_detach(c->link);
}

void client_tunnel_close(struct client *c)
{
	client_tunnel_stats(c, &c->stats_before);
	poll_unwatch(&c->device_poll);
	c->routes_done = false;
	c->device_gone = false;
	c->tunnel_digest_known = false;
	if (tunnel_close(c->tunnel) < 0 && !c->ending)
		client_fatal(c, "a script of --down or --route-pre-down failed");
}
