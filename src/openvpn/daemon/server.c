/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's life: start, signals, the housekeeping each second, status, the end. Spec 03 section
 * 3.8. */
#include "daemon/server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/key_file.h"
#include "daemon/app.h"
#include "daemon/commands.h"
#include "daemon/environment.h"
#include "daemon/status_server.h"
#include "daemon/tunnel_setup.h"

enum {
	HOUSEKEEPING_MS = 1000,
	LATE_MS = 10, /* worth a line */
	MINUTE_MS = 60 * 1000,
	LEAVE_DELAY_MS = 2000, /* between the notice to clients and the signal */
	POOL_FILE_MAX = 16 * 1024 * 1024,
	COMPAT_2_7 = 20700,
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

/* ---- pool ---- */

/* Return: the text, NULL when there is none; one that is there but cannot be read is told. */
static char *read_pool_file(const char *path, const struct log *log)
{
	FILE *f = fopen(path, "re");
	struct str text = str_init();
	char buf[4096];
	int errnum = f ? 0 : errno;
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0 && text.len < POOL_FILE_MAX)
		str_add_len(&text, buf, n);
	if (f && ferror(f))
		errnum = errno;
	if (errnum && errnum != ENOENT)
		log_warn(
			log,
			"cannot read --ifconfig-pool-persist file %s: %s; clients may get other addresses than before",
			path, strerror(errnum));
	if (f)
		fclose(f);
	return str_take(&text);
}

static void pool_load(struct server *s)
{
	const struct config_server *c = &s->cfg->server;
	struct str lines = str_init();
	char *text;

	if (!c->pool_persist)
		return;
	text = read_pool_file(c->pool_persist, &s->log);
	if (!text)
		return;
	address_pool_read(s->pool, text, c->pool_persist_sec == 0, clock_now().unix_sec, &lines);
	log_lines(&s->log, 3, str_text(&lines));
	str_clear(&lines);
	free(text);
	log_info(&s->log, 3, "IFCONFIG POOL LIST");
	address_pool_write(s->pool, &lines);
	log_lines(&s->log, 3, str_text(&lines));
	str_fini(&lines);
}

/* Written to the same file in place: with --user a new one could not be made beside it. */
static void pool_save(struct server *s)
{
	const struct config_server *c = &s->cfg->server;
	struct str text = str_init();
	int fd;

	if (!s->pool || !c->pool_persist || c->pool_persist_sec == 0)
		return;
	address_pool_write(s->pool, &text);
	fd = open(c->pool_persist, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, str_text(&text), text.len) != (ssize_t)text.len)
		log_warn(&s->log, "cannot write --ifconfig-pool-persist file %s: %s",
			 c->pool_persist, strerror(errno));
	if (fd >= 0)
		close(fd);
	str_fini(&text);
}

/* What the pools are at verb 3; what is wrong with their sizes, at the end of @text, at verb 1. */
static void log_pool(struct server *s, char *text)
{
	char *note = strstr(text, " pool size is ");

	while (note && note > text && note[-1] != '\n')
		note--;
	if (note)
		log_lines(&s->log, 1, note);
	if (note)
		*note = '\0';
	log_lines(&s->log, 3, text);
}

static int pool_setup(struct server *s, struct err *err)
{
	const struct config *cfg = s->cfg;
	struct address_pool_config pool = {
		.has_ip4 = cfg->server.pool4.defined,
		.net30 = cfg->tun.type == CONFIG_DEV_TUN &&
			 cfg->tun.topology == CONFIG_TOPOLOGY_NET30,
		.start = {.family = AF_INET, .u.in4 = cfg->server.pool4.start},
		.end = {.family = AF_INET, .u.in4 = cfg->server.pool4.end},
		.has_ip6 = cfg->server.pool6_defined,
		.ip6 = {.addr = {.family = AF_INET6, .u.in6 = cfg->server.pool6.addr},
			.bits = cfg->server.pool6.bits},
		.duplicate_cn = cfg->server.duplicate_cn,
		.seed = rng_u32(&s->app->rng),
	};
	struct str lines = str_init();
	int ret;

	if (!pool.has_ip4 && !pool.has_ip6)
		return 0;
	ret = address_pool_new(&pool, &s->pool, &lines, err);
	if (lines.text)
		log_pool(s, lines.text);
	str_fini(&lines);
	if (ret == 0)
		pool_load(s);
	return ret;
}

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
	ret = pool_setup(s, err);
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
		ret = pool_setup(s, err);
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
	pool_save(s);
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
		pool_save(s);
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

/* ---- status ---- */

/* Versions before 2.7 show no protocol. */
static const char *shown_address(const struct server_peer *p)
{
	const char *address = peer_address(p);
	unsigned int compat = p->server->cfg->process.compat_version;

	return compat && compat < COMPAT_2_7 ? strchr(address, ':') + 1 : address;
}

static void fill_client(struct server_peer *p, struct status_server_client *row)
{
	struct dco_peer_stats stats;

	peer_data_stats(p, &stats);
	*row = (struct status_server_client){
		.cn = p->cn,
		.user = p->user,
		.real = strdup(shown_address(p)),
		.ip4 = p->ip4,
		.ip6 = p->ip6,
		.rx_bytes = stats.link_rx_bytes + p->control_rx,
		.tx_bytes = stats.link_tx_bytes + p->control_tx,
		.since_unix_sec = p->created.unix_sec,
		.cid = p->entry.cid,
		.peer_id = p->entry.peer_id,
		.cipher = p->negotiated ? p->neg.cipher : p->server->cfg->crypto.cipher,
	};
}

static size_t fill_clients(struct server *s, struct status_server_client *rows)
{
	struct client_entry *e = NULL;
	size_t n = 0;

	while ((e = client_table_next(s->clients, e)))
		fill_client(peer_of(e), &rows[n++]);
	return n;
}

static size_t fill_routes(struct server *s, struct status_server_route *rows, size_t max)
{
	const struct learn_row *row = NULL;
	size_t n = 0;

	while (n < max && (row = learn_table_next(s->learned, row))) {
		char text[ADDR_TEXT_MAX];

		rows[n++] = (struct status_server_route){
			.address = strdup(learn_net_format(&row->net, text, sizeof(text))),
			.cn = peer_of(row->owner)->cn,
			.real = strdup(shown_address(peer_of(row->owner))),
			.last_unix_sec = row->last_unix_sec,
		};
	}
	return n;
}

static unsigned int queue_max(const struct server *s)
{
	assume_control_thread();
	return tunnel_is_open(s->tunnel) ? dco_broadcasts_longest(tunnel_device(s->tunnel)) : 0;
}

void server_status(struct server *s, unsigned int version, struct str *out)
{
	struct now now = clock_now();
	size_t n_clients = client_table_count(s->clients), n_routes = learn_table_count(s->learned);
	struct status_server_client *clients = calloc(n_clients + 1, sizeof(*clients));
	struct status_server_route *routes = calloc(n_routes + 1, sizeof(*routes));
	struct str title = str_init();
	struct status_server status = {
		.version = version ? version : s->cfg->process.status_version,
		.now_unix_sec = now.unix_sec,
		.clients = clients,
		.routes = routes,
		.dco_enabled = s->app->offload,
		.queue_max = queue_max(s),
	};

	server_learn_refresh(s, now.unix_sec);
	if (clients && routes) {
		version_title(&title);
		status.title = str_text(&title);
		status.n_clients = fill_clients(s, clients);
		status.n_routes = fill_routes(s, routes, n_routes);
		status_server_format(out, &status);
	}
	for (size_t i = 0; i < status.n_clients; i++)
		free((char *)clients[i].real);
	for (size_t i = 0; i < status.n_routes; i++) {
		free((char *)routes[i].address);
		free((char *)routes[i].real);
	}
	free(clients);
	free(routes);
	str_fini(&title);
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
	pool_save(s);
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
