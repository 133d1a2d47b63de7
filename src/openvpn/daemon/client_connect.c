/* SPDX-License-Identifier: GPL-2.0-only */
/* From the list of remotes to a link: choice, name resolution, sockets. Spec 03 sections 3.9.1
 * to 3.9.5. */
#include "daemon/client_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/credentials.h"
#include "daemon/socket_setup.h"
#include "net/socket.h"

enum {
	RESOLVE_AGAIN_MS = 5000,
	RESOLVE_TRIES_INFINITE = 2,
};

int client_connect_init(struct client *c, struct err *err)
{
	struct remote_list_config cfg = {
		.entries = c->base->entries.count,
		.retry_sec = c->base->ce.connect_retry_sec,
		.retry_max_sec = c->base->ce.connect_retry_max_sec,
		.attempts_max = c->base->connect_retry_max,
	};

	c->order = calloc(cfg.entries ? cfg.entries : 1, sizeof(*c->order));
	c->remotes = remote_list_new(&cfg);
	if (!c->remotes || !c->order)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < cfg.entries; i++)
		c->order[i] = i;
	for (size_t i = cfg.entries; c->base->remote_random && i > 1; i--) {
		size_t j = rng_below(&c->app->rng, (uint32_t)i), swap = c->order[i - 1];

		c->order[i - 1] = c->order[j];
		c->order[j] = swap;
	}
	for (size_t i = 0; i < cfg.entries; i++)
		if (c->base->entries.at[c->order[i]].disabled)
			remote_list_disable(c->remotes, i);
	if (!remote_list_usable(c->remotes))
		return err_set(err, ERR_OPTION, "No usable connection profiles are present");
	return 0;
}

/* ---- sockets ---- */

static struct socket_config socket_settings(const struct client *c, sa_family_t family)
{
	const struct config *cfg = c->cfg;
	struct socket_config s = socket_setup(cfg, family);
	if (cfg->ce.bind_local) {
		s.local = c->local;
		if (s.local.sa.sa_family == AF_UNSPEC) {
			struct ip_addr any = {.family = family};

			s.local = sock_addr_make(&any, c->local_port);
		}
	}
	return s;
}

static void log_link_addresses(const struct client *c, enum socket_role role, sa_family_t family)
{
	const char *name = socket_proto_name(role, family);
	union sock_addr local;
	char text[ADDR_TEXT_MAX];

	if (c->cfg->ce.bind_local) {
		socket_local_addr(link_fd(c->link), &local);
		log_info(&c->log, 1, "%s link local (bound): %s", name,
			 sock_addr_format(&local, text, sizeof(text)));
	} else {
		log_info(&c->log, 1, "%s link local: (not bound)", name);
	}
	log_info(&c->log, 1, "%s link remote: %s", name,
		 sock_addr_format(link_remote(c->link), text, sizeof(text)));
}

static void on_packet(void *ctx, const union sock_addr *from, const struct local_addr *local,
		      const uint8_t *bytes, size_t len)
{
	struct client *c = ctx;

	assume_control_thread();
	client_session_packet(c, from, local, bytes, len);
}

static void begin_session(struct client *c)
{
	struct now now = clock_now();

	client_set_state(c, CLIENT_WAIT);
	client_session_start(c, &now);
}

static void connection_failed(struct client *c, const char *text)
{
	log_info(&c->log, 1, "%s", text);
	signal_raise(&c->app->signals, &c->log, SIGUSR1, SIGNAL_CONNECTION_FAILED,
		     "connection-failed");
	client_wake(c);
}

static void on_connected(void *ctx, int error)
{
	struct client *c = ctx;
	char addr[ADDR_TEXT_MAX], text[256];

	sock_addr_format(link_remote(c->link), addr, sizeof(addr));
	if (error) {
		snprintf(text, sizeof(text), "TCP: connect to %s failed: %s", addr,
			 strerror(error));
		connection_failed(c, text);
		return;
	}
	log_info(&c->log, 1, "TCP connection established with %s", addr);
	log_link_addresses(c, SOCKET_TCP_CLIENT, link_remote(c->link)->sa.sa_family);
	begin_session(c);
}

static void on_closed(void *ctx, int error, uint32_t bad_length)
{
	struct client *c = ctx;
	uint32_t max = socket_setup_record_max(c->cfg);

	if (error == -1)
		log_warn(
			&c->log,
			"WARNING: Bad encapsulated packet length from peer (%u), which must be > 0 and <= %u -- please ensure that --tun-mtu or --link-mtu is equal on both peers -- this condition could also indicate a possible active attack on the TCP link -- [Attempting restart...]",
			bad_length, max);
	log_info(&c->log, 1, "Connection reset, restarting [%d]", error > 0 ? -1 : 0);
	client_raise(c, SIGUSR1, "connection-reset");
}

static const struct link_callbacks link_events = {
	.packet = on_packet,
	.connected = on_connected,
	.closed = on_closed,
};

static void use_link(struct client *c, int fd, const union sock_addr *remote)
{
	bool tcp = client_is_tcp(c);
	struct link_config link = {
		.proto = tcp ? DCO_TCP : DCO_UDP,
		.fd = fd,
		.connecting = c->cfg->ce.proto.kind == CONFIG_PROTO_TCP_CLIENT,
		.record_max_bytes = socket_setup_record_max(c->cfg),
		.same_interface = c->cfg->multihome_same_interface,
		.filter = !tcp && remote && !c->cfg->ce.float_ok,
	};

	if (remote)
		link.remote = *remote;
	c->link = link_new(c->app->loop, &link, &link_events, c, &c->log);
	if (!c->link)
		client_fatal(c, "out of memory");
}

static void watch_connect(struct client *c, uint64_t now_ms)
{
	uint32_t sec = c->cfg->ce.connect_timeout_sec;

	if (sec)
		c->connect_until = time_after(now_ms, (uint64_t)sec * 1000);
}

static void open_udp(struct client *c, const struct socket_config *s, const union sock_addr *remote)
{
	struct err err = {0};
	int fd;

	if (socket_udp_open(s, &c->log, &fd, &err) < 0) {
		client_fatal(c, "%s", err.text);
		return;
	}
	use_link(c, fd, remote);
	if (!c->link)
		return;
	log_link_addresses(c, SOCKET_UDP, s->family);
	begin_session(c);
}

static void open_tcp(struct client *c, const struct socket_config *s, const union sock_addr *remote)
{
	struct err err = {0};
	int fd;

	if (c->cfg->ce.proto.kind == CONFIG_PROTO_TCP_SERVER) {
		if (client_listen_start(c, s, &err) < 0)
			client_fatal(c, "%s", err.text);
		else
			client_set_state(c, CLIENT_CONNECT);
		return;
	}
	if (socket_tcp_connect(s, remote, &c->log, &fd, &err) < 0) {
		connection_failed(c, err.text);
		return;
	}
	use_link(c, fd, remote);
	if (c->link)
		client_set_state(c, CLIENT_CONNECT);
}

static void open_link(struct client *c, uint64_t now_ms)
{
	const union sock_addr *remote = remote_list_address(c->remotes);
	sa_family_t family = c->cfg->ce.proto.family ? c->cfg->ce.proto.family : AF_INET6;
	struct socket_config s;
	char text[ADDR_TEXT_MAX];
	struct err err = {0};

	if (remote)
		log_info(&c->log, 1, "TCP/UDP: Preserving recently used remote address: %s",
			 sock_addr_format(remote, text, sizeof(text)));
	if (remote)
		family = remote->sa.sa_family;
	else if (c->local.sa.sa_family != AF_UNSPEC)
		family = c->local.sa.sa_family;
	s = socket_settings(c, family);
	if (client_tunnel_open_early(c, &err) < 0) {
		client_fatal(c, "%s", err.text);
		return;
	}
	watch_connect(c, now_ms);
	if (client_is_tcp(c))
		open_tcp(c, &s, remote);
	else
		open_udp(c, &s, remote);
}

void client_connect_accepted(struct client *c, int fd, const union sock_addr *remote)
{
	char addr[ADDR_TEXT_MAX];

	use_link(c, fd, remote);
	if (!c->link)
		return;
	log_info(&c->log, 1, "TCP connection established with %s",
		 sock_addr_format(remote, addr, sizeof(addr)));
	log_link_addresses(c, SOCKET_TCP_SERVER, remote->sa.sa_family);
	begin_session(c);
}

/* ---- resolving ---- */

static void start_resolve(struct client *c);

static void resolve_failed(struct client *c, const struct resolve_result *result)
{
	uint32_t retry = c->base->resolv_retry_sec;
	unsigned int tries = retry == UINT32_MAX ? RESOLVE_TRIES_INFINITE : (retry + 4) / 5;

	c->resolve_tries++;
	if (retry == 0) {
		client_fatal(c, "%s", result->err.text);
		return;
	}
	if (c->resolve_tries < tries) {
		if (retry != UINT32_MAX)
			log_info(&c->log, 1, "%s", result->err.text);
		c->resolve_at = time_after(clock_now().mono_ms, RESOLVE_AGAIN_MS);
		if (retry == UINT32_MAX)
			c->resolve_at = clock_now().mono_ms;
		client_wake(c);
		return;
	}
	log_info(&c->log, 1, "%s", result->err.text);
	log_info(&c->log, 1, "Could not determine IPv4/IPv6 protocol");
	client_raise(c, SIGUSR1, "Could not determine IPv4/IPv6 protocol");
}

static void on_resolved(void *ctx, const struct resolve_result *result)
{
	struct client *c = ctx;

	c->resolving = NULL;
	if (result->code < 0 || result->n_addrs == 0) {
		resolve_failed(c, result);
		return;
	}
	if (remote_list_set_addresses(c->remotes, result->addrs, result->n_addrs) < 0) {
		client_fatal(c, "out of memory");
		return;
	}
	open_link(c, clock_now().mono_ms);
	client_wake(c);
}

/* --remote-random-hostname: a new name each time defeats caches between us and the server. */
static const char *host_name(struct client *c, char *buf, size_t cap)
{
	const char *host = c->cfg->ce.remote;
	uint8_t random[6];
	char hex[2 * sizeof(random) + 1];

	if (!c->cfg->remote_random_hostname)
		return host;
	if (resolve_is_literal(host)) {
		log_warn(
			&c->log,
			"Warning: ignoring --remote-random-hostname because the hostname is an IP address");
		return host;
	}
	rng_fill(&c->app->rng, random, sizeof(random));
	str_hex(hex, sizeof(hex), random, sizeof(random), 0);
	snprintf(buf, cap, "%s.%s", hex, host);
	return buf;
}

static void start_resolve(struct client *c)
{
	char name[512];
	struct resolve_query q = {
		.host = c->cfg->ip_remote_hint ? c->cfg->ip_remote_hint
					       : host_name(c, name, sizeof(name)),
		.port = c->cfg->ce.remote_port,
		.family = c->cfg->ce.proto.family,
		.stream = client_is_tcp(c),
	};

	c->resolve_at = TIME_NEVER;
	if (resolve_start(c->app->loop, &q, on_resolved, c, &c->resolving) < 0)
		client_fatal(c, "out of memory");
}

/* The address to bind to is nearly always a literal or the wildcard, so waiting is no harm. */
static int resolve_local(struct client *c, struct err *err)
{
	const struct conn_entry *e = &c->cfg->ce;
	union sock_addr found;
	struct resolve_query q = {.passive = true, .stream = client_is_tcp(c)};
	int ret;

	memset(&c->local, 0, sizeof(c->local));
	c->local_port = 0;
	if (!e->bind_local)
		return 0;
	q.host = e->listen.count ? e->listen.at[0].host : NULL;
	q.port = e->listen.count && e->listen.at[0].port ? e->listen.at[0].port : e->local_port;
	q.family = q.host ? e->proto.family : AF_INET;
	ret = resolve_first(&q, &found, err);
	if (ret < 0)
		return ret;
	c->local_port = sock_addr_port(&found);
	if (q.host)
		c->local = found;
	return 0;
}

/* ---- attempts ---- */

static int prepare_attempt(struct client *c, struct err *err)
{
	size_t index = c->order[remote_list_entry(c->remotes)];
	int ret;

	config_free(c->cfg);
	c->cfg = config_clone(c->base);
	if (!c->cfg)
		return err_set(err, ERR_NOMEM, "out of memory");
	config_select_entry(c->cfg, index);
	ret = app_credentials(c->app, err);
	return ret < 0 ? ret : resolve_local(c, err);
}

void client_connect_next(struct client *c, uint64_t now_ms)
{
	enum remote_choice choice = remote_list_next(c->remotes);
	struct err err = {0};

	c->app->signals.phase = SIGNAL_PHASE_RUN;
	if (choice == REMOTE_GIVE_UP) {
		client_fatal(
			c,
			"All connections have been connect-retry-max (%u) times unsuccessful, exiting",
			c->base->connect_retry_max);
		return;
	}
	if (prepare_attempt(c, &err) < 0) {
		client_fatal(c, "%s", err.text);
		return;
	}
	c->resolve_tries = 0;
	if (!c->cfg->ce.remote) {
		open_link(c, now_ms);
		return;
	}
	client_set_state(c, CLIENT_RESOLVE);
	if (choice == REMOTE_SAME_ADDRESS) {
		open_link(c, now_ms);
		return;
	}
	start_resolve(c);
}

void client_connect_timer(struct client *c, uint64_t now_ms)
{
	if (c->state == CLIENT_RESOLVE && c->resolve_at <= now_ms)
		start_resolve(c);
	if (c->connect_until > now_ms)
		return;
	c->connect_until = TIME_NEVER;
	if (c->state == CLIENT_CONNECT) {
		char addr[ADDR_TEXT_MAX], text[160];

		snprintf(text, sizeof(text), "TCP: connect to %s failed: Connection timed out",
			 sock_addr_format(link_remote(c->link), addr, sizeof(addr)));
		connection_failed(c, text);
		return;
	}
	log_info(&c->log, 1, "Server poll timeout, restarting");
	c->no_pause = true;
	client_raise(c, SIGUSR1, "server_poll");
}

void client_connect_stop(struct client *c)
{
	client_listen_stop(c);
	if (c->resolving)
		resolve_cancel(c->resolving);
	c->resolving = NULL;
}
