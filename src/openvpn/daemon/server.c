/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's life: start, signals, the housekeeping each second, the end. Spec 03 section 3.8. */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/key_file.h"
#include "daemon/app.h"
#include "daemon/environment.h"
#include "daemon/tunnel_setup.h"

enum {
	HOUSEKEEPING_MS = 1000,
	LATE_MS = 10, /* worth a line */
	MINUTE_MS = 60 * 1000,
	LEAVE_DELAY_MS = 2000, /* between the notice to clients and the signal */
};

static void on_timer(uv_timer_t *timer);

void server_fatal(struct server *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_fatal(&s->log, "%s", text);
	s->ended = true;
	app_finished(s->app, APP_FATAL);
}

/* ---- hooks of the tunnel ---- */

static struct script_device script_device(const struct server *s)
{
	const struct config_tun *t = &s->cfg->tun;

	return (struct script_device){
		.dev = tunnel_name(s->tunnel),
		.mtu = s->cfg->ce.tun_mtu,
		.local = t->ifconfig_local,
		.remote_or_netmask = t->ifconfig_remote,
	};
}

static int script_outcome(struct server *s, int ret, const struct err *err)
{
	if (ret < 0)
		log_error(&s->log, "%s", err->text);
	return ret < 0 ? ERR_SCRIPT : 0;
}

static void hook_opened(void *ctx)
{
	struct server *s = ctx;

	environment_add_device(s->app->env, s->cfg, tunnel_name(s->tunnel), s->cfg->ce.tun_mtu);
}

static int hook_up(void *ctx, const char *context)
{
	struct server *s = ctx;
	struct script_device dev = script_device(s);
	struct err err = {0};

	dev.restart = strcmp(context, "restart") == 0;
	return script_outcome(s, script_up(&s->app->scripts, s->app->env, &dev, &err), &err);
}

static int hook_route_up(void *ctx)
{
	struct server *s = ctx;

	script_route_up(&s->app->scripts, s->app->env);
	return 0;
}

static int hook_route_pre_down(void *ctx)
{
	struct server *s = ctx;
	struct script_device dev = script_device(s);
	struct err err = {0};

	return script_outcome(s, script_route_pre_down(&s->app->scripts, s->app->env, &dev, &err),
			      &err);
}

static int hook_down(void *ctx, const char *context)
{
	struct server *s = ctx;
	struct script_device dev = script_device(s);
	struct err err = {0};

	dev.restart = strcmp(context, "restart") == 0;
	return script_outcome(s, script_down(&s->app->scripts, s->app->env, &dev, &err), &err);
}

static const struct tunnel_hooks tunnel_hooks = {
	.opened = hook_opened,
	.up = hook_up,
	.route_up = hook_route_up,
	.route_pre_down = hook_route_pre_down,
	.down = hook_down,
};

/* ---- start ---- */

static void own_addresses(struct server *s)
{
	const struct config_tun *t = &s->cfg->tun;

	if (!t->ifconfig_local || ip_addr_parse_family(t->ifconfig_local, AF_INET, &s->own4) < 0)
		s->own4.family = AF_UNSPEC;
	if (!t->ifconfig6_local || ip_addr_parse_family(t->ifconfig6_local, AF_INET6, &s->own6) < 0)
		s->own6.family = AF_UNSPEC;
}

static int tokens_setup(struct server *s, struct err *err)
{
	const struct config_server *c = &s->cfg->server;
	struct text_source src = {.path = c->auth_token_secret.path,
				  .text = c->auth_token_secret.text};
	uint8_t key[AUTH_TOKEN_KEY_LEN];

	if (!c->auth_token)
		return 0;
	s->tokens.lifetime_sec = c->auth_token_lifetime_sec;
	s->tokens.renewal_sec = c->auth_token_renewal_sec;
	if (config_file_is_set(&c->auth_token_secret)) {
		int ret = auth_token_key_load(&src, key, err);

		if (ret < 0)
			return ret;
	} else {
		rng_fill(&s->app->rng, key, sizeof(key));
	}
	auth_token_config_set_key(&s->tokens, key);
	return 0;
}

static int make_tables(struct server *s, struct err *err)
{
	const struct config_server *c = &s->cfg->server;

	s->clients = client_table_new(c->max_clients, rng_u32(&s->app->rng));
	s->learned = learn_table_new(rng_u32(&s->app->rng));
	s->tunnel = tunnel_new(s->app->nl, s->app->journal, s->app->env, &tunnel_hooks, s, &s->log);
	s->queue = script_queue_new(&s->app->scripts);
	if (!s->clients || !s->learned || !s->tunnel || !s->queue)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->moved_freq = (struct freq_limit){.max = SERVER_MOVED_PER_SEC, .period_sec = 1};
	s->connect_freq =
		(struct freq_limit){.max = c->connect_freq_max, .period_sec = c->connect_freq_sec};
	return 0;
}

static int load_secrets(struct server *s, struct err *err)
{
	int ret = tls_setup_context(s->cfg, app_chroot_to_come(s->app), app_key_password, s->app,
				    &s->log, &s->tls, err);

	if (ret == 0)
		ret = verify_setup_new(s->cfg, &s->verify, err);
	if (ret == 0)
		ret = wrap_setup(s->cfg, &s->cfg->ce, &s->wrap, err);
	return ret < 0 ? ret : tokens_setup(s, err);
}

int server_open_tunnel(struct server *s, struct err *err)
{
	struct tunnel_setup setup = {0};
	int ret = tunnel_setup_fill(&setup, s->cfg, NULL, err);

	setup.settings.backend = ret < 0 ? NULL : app_backend(s->app, s->cfg, err);
	if (ret == 0 && !setup.settings.backend)
		ret = err->code;
	if (ret == 0)
		ret = tunnel_open(s->tunnel, &setup.settings, err);
	tunnel_setup_fini(&setup);
	if (ret < 0)
		return ret;
	s->features = dco_device_backend(tunnel_device(s->tunnel))->features(err);
	s->app->offload = tunnel_is_offloaded(s->tunnel);
	if (s->app->offload)
		tunnel_setup_note_offload(s->cfg, &s->log);
	return server_device_watch(s, err);
}

static int go_online(struct server *s, struct err *err)
{
	int ret = server_listen_open(s, err);

	if (ret == 0)
		ret = server_open_tunnel(s, err);
	if (ret == 0)
		ret = server_listen_attach(s, err);
	if (ret < 0)
		return ret;
	log_info(&s->log, 4, "MULTI: multi_init called, r=%u v=%u", s->cfg->server.hash_real,
		 s->cfg->server.hash_virtual);
	ret = server_pool_setup(s, err);
	if (ret < 0)
		return ret;
	log_info(&s->log, 1, "Initialization Sequence Completed%s",
		 tunnel_route_error(s->tunnel) ? " With Errors" : "");
	s->app->signals.phase = SIGNAL_PHASE_RUN;
	return app_initialised(s->app, tunnel_route_error(s->tunnel), err);
}

static void start_timer(struct server *s)
{
	struct now now = clock_now();
	const struct config_server *c = &s->cfg->server;

	uv_timer_init(s->app->loop, &s->timer);
	s->timer.data = s;
	s->timer_open = true;
	uv_timer_start(&s->timer, on_timer, HOUSEKEEPING_MS, HOUSEKEEPING_MS);
	s->lateness.due_ms = time_after(now.mono_ms, HOUSEKEEPING_MS);
	s->lateness.minute_end_ms = time_after(now.mono_ms, MINUTE_MS);
	s->pool_write_at = c->pool_persist_sec
				   ? time_after(now.mono_ms, 1000ull * c->pool_persist_sec)
				   : TIME_NEVER;
	s->stale_at = c->stale_routes_age_sec
			      ? time_after(now.mono_ms, 1000ull * c->stale_routes_interval_sec)
			      : TIME_NEVER;
	s->obey_at = TIME_NEVER;
}

int server_start(struct app *app, struct server **out, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int ret;

	*out = NULL;
	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->app = app;
	s->cfg = app->cfg;
	s->log = app->log;
	s->has_userpass = app->cfg->scripts.auth_user_pass_verify != NULL;
	own_addresses(s);
	start_timer(s);
	log_info(&s->log, 3, "MULTI: multi_init called, r=%u v=%u", s->cfg->server.hash_real,
		 s->cfg->server.hash_virtual);
	ret = make_tables(s, err);
	if (ret == 0)
		ret = load_secrets(s, err);
	if (ret == 0)
		ret = go_online(s, err);
	if (ret < 0) {
		server_free(s);
		return ret;
	}
	*out = s;
	return 0;
}

/* ---- signals ---- */

static void close_clients(struct server *s)
{
	struct client_entry *e;

	while ((e = client_table_next(s->clients, NULL)))
		peer_close(peer_of(e), SIGTERM, NULL);
}

static void end(struct server *s)
{
	if (s->ended)
		return;
	s->ended = true;
	app_finished(s->app, APP_SIGNAL);
}

/* --persist-tun does not keep a device in this process when the kernel can do the work again. */
static bool is_best_device(const struct server *s)
{
	return app_expects_offload(s->app, s->cfg, NULL) == tunnel_is_offloaded(s->tunnel);
}

/* Return: 0, or ERR_* when the sockets could not be opened again beside the device. */
static int go_on_with_device(struct server *s, struct err *err)
{
	int ret = server_listen_open(s, err);

	if (ret == 0)
		ret = server_listen_attach(s, err);
	if (ret == 0)
		ret = server_pool_setup(s, err);
	if (ret == 0)
		log_info(&s->log, 1, "Initialization Sequence Completed");
	return ret;
}

static bool holds_sockets(const struct server *s)
{
	return tunnel_is_open(s->tunnel) &&
	       dco_device_backend(tunnel_device(s->tunnel))->holds_sockets;
}

/* SIGUSR1: clients and sockets go; the device stays if it may. */
static void restart(struct server *s)
{
	bool keep = s->cfg->process.persist_tun && is_best_device(s) && !holds_sockets(s);
	struct err err = {0};
	int ret = 0;

	close_clients(s);
	server_pool_save(s);
	server_listen_close(s);
	address_pool_free(s->pool);
	s->pool = NULL;
	s->leaving = false;
	if (!keep) {
		server_device_unwatch(s);
		ret = tunnel_close(s->tunnel);
	}
	signal_clear(&s->app->signals);
	if (ret == 0)
		ret = keep ? go_on_with_device(s, &err) : go_online(s, &err);
	if (ret < 0)
		server_fatal(s, "%s", err.text[0] ? err.text : err_text(ret));
}

static void obey(struct server *s)
{
	int signum = signal_act(&s->app->signals, &s->log, SIGNAL_SCOPE_PROCESS);

	signal_export(&s->app->signals, s->app->env);
	if (signum == SIGUSR1)
		restart(s);
	else if (signum)
		end(s);
}

/* Spec 03 section 3.8.14: clients that come by UDP are told before we go. */
static bool tell_clients(struct server *s)
{
	uint32_t notify = s->cfg->ce.explicit_exit_notify;
	struct now now = clock_now();
	bool has_udp = false;

	for (size_t i = 0; i < s->n_listeners; i++)
		has_udp = has_udp || !s->listeners[i].tcp;
	if (!notify || !has_udp || s->leaving)
		return false;
	for (struct client_entry *e = client_table_next(s->clients, NULL); e;
	     e = client_table_next(s->clients, e)) {
		if (!e->tcp)
			peer_send(peer_of(e), &now, notify == 2 ? "RESTART,[N]" : "RESTART");
		/* also from an address which another client had: nobody would tell it again */
		session_refuse_new(peer_of(e)->session);
	}
	s->leaving = true;
	s->obey_at = time_after(now.mono_ms, LEAVE_DELAY_MS);
	return true;
}

void server_signal(struct server *s)
{
	if (s->ended || !signal_pending(&s->app->signals))
		return;
	if (!tell_clients(s))
		obey(s);
}

/* ---- each second ---- */

static void note_lateness(struct server *s, uint64_t now_ms)
{
	struct server_lateness *l = &s->lateness;
	uint64_t late = now_ms > l->due_ms ? now_ms - l->due_ms : 0;

	l->due_ms = time_after(now_ms, HOUSEKEEPING_MS);
	l->worst_ms = late > l->worst_ms ? late : l->worst_ms;
	l->minute_worst_ms = late > l->minute_worst_ms ? late : l->minute_worst_ms;
	if (now_ms < l->minute_end_ms)
		return;
	if (l->minute_worst_ms > LATE_MS)
		log_info(&s->log, 4, "Timers ran up to %llu ms late in the last minute",
			 (unsigned long long)l->minute_worst_ms);
	l->minute_worst_ms = 0;
	l->minute_end_ms = time_after(now_ms, MINUTE_MS);
}

void server_log_lateness(struct server *s)
{
	log_info(&s->log, 1, "Timers ran up to %llu ms late since the last status signal",
		 (unsigned long long)s->lateness.worst_ms);
	s->lateness.worst_ms = 0;
}

static void on_timer(uv_timer_t *timer)
{
	struct server *s = timer->data;
	struct now now = clock_now();

	if (s->ended)
		return;
	note_lateness(s, now.mono_ms);
	if (tunnel_is_offloaded(s->tunnel))
		drop_watch_look(&s->drops, tunnel_name(s->tunnel), now.mono_ms, &s->log);
	if (s->pool_write_at <= now.mono_ms) {
		server_pool_save(s);
		s->pool_write_at =
			time_after(now.mono_ms, 1000ull * s->cfg->server.pool_persist_sec);
	}
	if (s->stale_at <= now.mono_ms) {
		server_forget_stale(s, now.unix_sec);
		s->stale_at =
			time_after(now.mono_ms, 1000ull * s->cfg->server.stale_routes_interval_sec);
	}
	if (s->obey_at <= now.mono_ms) {
		s->obey_at = TIME_NEVER;
		obey(s);
	}
}

/* ---- end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	s->ending = true;
	s->ended = true;
	if (s->queue)
		script_queue_hold(s->queue);
	if (s->clients)
		close_clients(s);
	if (s->queue)
		script_queue_finish(s->queue);
	server_pool_save(s);
	server_listen_close(s);
	server_share_close(s);
	server_device_unwatch(s);
	if (s->tunnel) {
		if (tunnel_close(s->tunnel) < 0)
			log_error(&s->log, "a script of --down or --route-pre-down failed");
		tunnel_free(s->tunnel);
	}
	address_pool_free(s->pool);
	script_queue_free(s->queue);
	learn_table_free(s->learned);
	client_table_free(s->clients);
	wrap_config_free(s->wrap);
	verify_setup_free(s->verify);
	tls_ctx_free(s->tls);
	uv_timer_stop(&s->timer);
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}
