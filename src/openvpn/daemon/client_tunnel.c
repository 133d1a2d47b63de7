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
	GATEWAY_EVERY_MS = 500,
	GATEWAY_WAIT_MS = 60 * 1000,
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

/* ---- up ---- */

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
	const struct dco_backend *found;

	if (c->avoid_kernel || c->deaf)
		return backend_fallback();
	found = app_backend(c->app, c->cfg, err);
	if (!found || !backend_is_kernel(found) || !c->neg.cipher[0] ||
	    backend_suits(found, &c->neg))
		return found;
	log_info(
		&c->log, 1,
		"Note: pushed options are incompatible with data channel offload, continuing without it.");
	return backend_fallback();
}

static void note_offload(const struct client *c)
{
	tunnel_setup_note_offload(c->cfg, &c->log);
	if (c->cfg->ce.explicit_exit_notify && c->neg.cipher[0] && !c->neg.cc_exit)
		log_warn(
			&c->log,
			"Note: --explicit-exit-notify has no effect when using data channel offload: the peer does not take it in the control channel");
}

/* Point to point opens the device before there is a link, and perhaps no peer is known. */
static const union sock_addr *peer_address(const struct client *c)
{
	return c->link ? link_remote(c->link) : remote_list_address(c->remotes);
}

void client_tunnel_gateway(struct client *c, const struct ip_addr *gateway)
{
	const uint64_t now_ms = clock_now().mono_ms;
	char text[ADDR_TEXT_MAX];

	log_info(&c->log, 3, "Extracted DHCP router address: %s",
		 ip_addr_format(gateway, text, sizeof(text)));
	if (ip_addr_equal(&c->dhcp_gateway, gateway))
		return;
	c->dhcp_gateway = *gateway;
	c->gateway_at = now_ms;
	c->gateway_until = time_after(now_ms, GATEWAY_WAIT_MS);
}

/* The system has its address only some time after it was acknowledged. */
static void set_gateway(struct client *c, uint64_t now_ms)
{
	struct tunnel_setup setup = {0};
	char text[ADDR_TEXT_MAX];
	struct err err = {0};
	int ret;

	if (!tunnel_gateway_usable(c->tunnel, &c->dhcp_gateway) && now_ms < c->gateway_until) {
		c->gateway_at = time_after(now_ms, GATEWAY_EVERY_MS);
		return;
	}
	c->gateway_at = TIME_NEVER;
	ret = tunnel_setup_fill(&setup, c->cfg, peer_address(c), &err);
	setup.settings.routes.vpn_gateway4 = c->dhcp_gateway;
	if (ret == 0)
		ret = tunnel_renew_routes(c->tunnel, &setup.settings);
	tunnel_setup_fini(&setup);
	if (ret < 0)
		log_warn(&c->log, "cannot set the routes by way of %s: %s",
			 ip_addr_format(&c->dhcp_gateway, text, sizeof(text)),
			 err.text[0] ? err.text : err_text(ret));
}

static int open_tunnel(struct client *c, struct err *err)
{
	struct tunnel_setup setup;
	int ret;

	setup = (struct tunnel_setup){0};
	c->dhcp_gateway = (struct ip_addr){0};
	c->gateway_at = TIME_NEVER;
	ret = tunnel_setup_fill(&setup, c->cfg, peer_address(c), err);
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
		note_offload(c);
	return client_data_watch(c);
}

void client_tunnel_refused(struct client *c, int code)
{
	if (tunnel_is_offloaded(c->tunnel) && app_offload_refused(c->app, code))
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

	if (link_transport(c->link) < 0) /* keys from before a move are of no use */
		ret = link_attach(c->link, tunnel_device(c->tunnel), !c->moving, &err);
	if (ret == 0)
		ret = client_data_add_peer(c, &err);
	if (ret == ERR_AGAIN) {
		c->attach_at = time_after(now->mono_ms, ATTACH_AGAIN_MS);
		client_wake(c);
		return;
	}
	c->attach_at = TIME_NEVER;
	if (ret < 0) {
		client_tunnel_refused(c, ret);
		log_error(&c->log, "cannot hand the connection to the data plane: %s",
			  err.text[0] ? err.text : err_text(ret));
		client_raise(c, SIGUSR1, "dco-connect-error");
		return;
	}
	c->finish_pending = true; /* until the keys are there: client_data_key() */
	if (c->moving)
		key_renewal_start(&c->renewal, now->mono_ms);
	else
		session_options_done(c->session, *now, &neg);
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

/*
 * A device that was kept, or opened before the peer was known, may be of the wrong kind by now:
 * the kernel cannot do what was negotiated, or what it lacked when the device was opened is there.
 */
static bool other_backend_wanted(struct client *c)
{
	const struct negotiated *neg = c->neg.cipher[0] ? &c->neg : NULL;
	bool kernel = app_expects_offload(c->app, c->cfg, neg) && !c->avoid_kernel && !c->deaf;

	if (kernel == tunnel_is_offloaded(c->tunnel))
		return false;
	log_info(&c->log, 1,
		 kernel ? "Note: data channel offload is possible now, changing to it."
			: "Note: data channel offload is not possible now, continuing without it.");
	return true;
}

void client_tunnel_up(struct client *c, const struct now *now)
{
	uint8_t digest[PUSH_DIGEST_LEN] = {0};
	bool changed = options_changed(c, digest);
	struct err err = {0};

	link_hold_data(c->link); /* nothing else is needed of the peer until we are connected */
	if (!tunnel_is_open(c->tunnel)) {
		memcpy(c->tunnel_digest, digest, sizeof(digest));
		c->tunnel_digest_known = true;
		open_and_finish(c, now);
		return;
	}
	if (changed || other_backend_wanted(c)) {
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

/* ---- connected ---- */

static void start_timers(struct client *c, uint64_t now_ms)
{
	const struct config_timers *t = &c->cfg->timers;
	uint64_t small_blocks = data_setup_small_blocks(c->cfg, &c->neg, &c->log);

	c->session_end =
		t->session_sec ? time_after(now_ms, (uint64_t)t->session_sec * 1000) : TIME_NEVER;
	c->inactive_until =
		t->inactive_sec ? time_after(now_ms, (uint64_t)t->inactive_sec * 1000) : TIME_NEVER;
	c->inactive_bytes_seen = 0;
	if (small_blocks) {
		c->session_cfg.reneg_bytes = small_blocks;
		session_set_reneg_bytes(c->session, small_blocks);
	}
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
	log_info(&c->log, 1, "Initialization Sequence Completed%s", errors ? " With Errors" : "");
	negotiated_log(&c->neg, c->cfg, &c->log);
	if (app_initialised(c->app, errors, &err) < 0)
		client_fatal(c, "%s", err.text);
}

static void completed(struct client *c, uint64_t now_ms)
{
	if (c->cfg->routing.delay_set && !c->routes_done) {
		client_set_state(c, CLIENT_ROUTES);
		c->routes_at = time_after(now_ms, (uint64_t)c->cfg->routing.delay_sec * 1000);
		return;
	}
	announce(c, now_ms);
}

/* The tunnel was up all the time for whoever uses it; only the device is another one. */
static void move_completed(struct client *c)
{
	c->moving = false;
	client_set_state(c, CLIENT_CONNECTED);
	if (c->cfg->routing.delay_set)
		tunnel_install_routes(c->tunnel); /* the delay has passed long ago */
	c->routes_done = true;
	log_info(&c->log, 1, "The tunnel goes on with %s, interface %s",
		 dco_device_backend(tunnel_device(c->tunnel))->text, tunnel_name(c->tunnel));
}

void client_tunnel_finished(struct client *c, const struct now *now)
{
	bool again = c->update_again;

	c->finish_pending = c->update_again = false;
	app_offload_works(c->app);
	client_hear_start(c, now);
	if (c->moving && !c->updating) {
		move_completed(c);
	} else {
		c->moving = c->updating = false;
		completed(c, now->mono_ms);
	}
	if (again)
		client_tunnel_update(c, now);
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

void client_tunnel_tell_usage(struct client *c, const struct now *now)
{
	assume_control_thread();
	struct dco_peer_stats stats;

	if (c->session_cfg.reneg_bytes || c->session_cfg.reneg_packets)
		c->stats_next = time_after(now->mono_ms, STATS_EVERY_MS);
	if (c->peer_added && dco_peer_stats(tunnel_device(c->tunnel), c->peer_id, &stats) == 0)
		session_note_data(c->session, *now, c->slots.primary.serial, stats.key_bytes,
				  stats.key_packets);
}

/* The first half of a move: the session keeps its link, which then needs another data plane. */
static void leave_device(struct client *c)
{
	client_tunnel_detach(c);
	client_tunnel_close(c);
	client_set_state(c, CLIENT_REOPEN);
}

/*
 * Keys cannot be taken out of the data plane, so they are made anew, as for a move: not with TCP,
 * whose stream the data plane reads. In the kernel the reference does not do it either.
 */
bool client_tunnel_may_update(const struct client *c)
{
	return !client_is_tcp(c) &&
	       (c->moving || (c->state == CLIENT_CONNECTED && c->peer_added && !c->finish_pending &&
			      session_is_active(c->session)));
}

void client_tunnel_update(struct client *c, const struct now *now)
{
	if (c->moving) {
		c->update_again = true;
		return;
	}
	c->moving = c->updating = true;
	leave_device(c);
	c->reopen_at = time_after(now->mono_ms, REOPEN_AFTER_MS);
	client_wake(c);
}

void client_tunnel_timer(struct client *c, const struct now *now)
{
	if (c->reopen_at <= now->mono_ms) {
		c->reopen_at = TIME_NEVER;
		if (c->moving && tunnel_is_open(c->tunnel))
			leave_device(c);
		open_and_finish(c, now);
	}
	if (c->attach_at <= now->mono_ms)
		finish_up(c, now);
	client_hear_timer(c, now);
	if (c->gateway_at <= now->mono_ms && tunnel_is_open(c->tunnel))
		set_gateway(c, now->mono_ms);
	if (c->routes_at <= now->mono_ms) {
		c->routes_at = TIME_NEVER;
		c->routes_done = true;
		tunnel_install_routes(c->tunnel);
		announce(c, now->mono_ms);
	}
	if (c->inactive_until <= now->mono_ms)
		check_inactive(c, now->mono_ms);
	if (c->stats_next <= now->mono_ms && c->session)
		client_tunnel_tell_usage(c, now);
	if (c->renewal.at_ms <= now->mono_ms && c->session)
		key_renewal_timer(&c->renewal, c->session, *now);
}

/* ---- down ---- */

void client_tunnel_stats(struct client *c, struct dco_peer_stats *out)
{
	assume_control_thread();
	struct dco_peer_stats now;

	*out = c->stats_before;
	if (!tunnel_is_open(c->tunnel))
		return;
	if (dco_device_stats(tunnel_device(c->tunnel), &now) == 0)
		c->stats_last = now;
	dco_stats_add(out, &c->stats_last);
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
	if (!c->moving)
		data_slots_init(&c->slots);
	if (c->link)
		link_detach(c->link);
}

void client_tunnel_close(struct client *c)
{
	client_tunnel_stats(c, &c->stats_before);
	c->stats_last = (struct dco_peer_stats){0};
	poll_unwatch(&c->device_poll);
	c->routes_done = false;
	c->device_gone = false;
	c->tunnel_digest_known = false;
	if (tunnel_close(c->tunnel) < 0 && !c->ending)
		client_fatal(c, "a script of --down or --route-pre-down failed");
}
