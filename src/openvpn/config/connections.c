/* SPDX-License-Identifier: GPL-2.0-only */
/* Connection entries and the list to listen on. Spec 04 section 3.2 steps 11 and 12. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "config/internal.h"

/* One entry for each `remote` line, or one without remote. */
static void entries_from_remotes(struct config *cfg)
{
	for (size_t i = 0; i < cfg->remotes.count; i++) {
		const struct config_remote *r = &cfg->remotes.at[i];
		struct conn_entry ce = cfg->ce;

		ce.remote = r->host;
		if (r->port)
			ce.remote_port = r->port;
		if (r->proto_set)
			ce.proto = r->proto;
		LIST_ADD_ITEM(cfg, &cfg->entries, &ce);
	}
	if (cfg->remotes.count == 0)
		LIST_ADD_ITEM(cfg, &cfg->entries, &cfg->ce);
}

static void settle_protocol(const struct config *cfg, struct conn_entry *ce)
{
	const struct config_server *s = &cfg->server;

	if (ce->proto.kind != CONFIG_PROTO_TCP)
		return;
	if (s->helper_server || s->helper_bridge || s->helper_bridge_proxy)
		ce->proto.kind = CONFIG_PROTO_TCP_SERVER;
	else if (cfg->mode != CONFIG_MODE_SERVER)
		ce->proto.kind = CONFIG_PROTO_TCP_CLIENT;
}

static void settle_binding(const struct config *cfg, struct conn_entry *ce)
{
	bool asked = ce->bind_set || ce->local_port_set || ce->listen_own || cfg->locals.count > 0;
	bool no_need = ce->proto.kind == CONFIG_PROTO_TCP_CLIENT ||
		       (ce->proto.kind == CONFIG_PROTO_UDP && ce->socks_proxy.host) || cfg->pull;

	ce->bind_local = !ce->nobind && (asked || !no_need);
	if (!ce->remote)
		ce->float_ok = true;
}

static bool is_tcp(struct config_proto proto)
{
	return proto.kind != CONFIG_PROTO_UDP;
}

static void settle_socks(struct parse *p, struct conn_entry *ce)
{
	if (!ce->socks_proxy.host || ce->proto.kind != CONFIG_PROTO_UDP)
		return;
	if (ce->proto.family == AF_INET6)
		finish_warn(
			p,
			"WARNING: '--proto udp6' is not compatible with '--socks-proxy' today.  Forcing IPv4 mode.");
	else if (ce->proto.family == AF_UNSPEC)
		finish_warn(
			p,
			"NOTICE: dual-stack mode for '--proto udp' does not work correctly with '--socks-proxy' today.  Forcing IPv4.");
	ce->proto.family = AF_INET;
}

static void settle_mtu(const struct config *cfg, struct conn_entry *ce)
{
	if (cfg->tun.type == CONFIG_DEV_TAP && !ce->tun_mtu_extra_set)
		ce->tun_mtu_extra = 32;
	if (!ce->mssfix_default)
		return;
	ce->mssfix_counts_outer = false;
	ce->mssfix_fixed = false;
	if (ce->fragment) {
		ce->mssfix = ce->fragment;
	} else if (ce->tun_mtu == 1500) {
		ce->mssfix = 1492;
		ce->mssfix_counts_outer = true;
	} else {
		ce->mssfix = ce->tun_mtu;
		ce->mssfix_fixed = true;
	}
}

static void inherit_wrap(const struct config *cfg, struct conn_entry *ce)
{
	if (ce->wrap_set)
		return;
	ce->tls_auth = cfg->ce.tls_auth;
	ce->tls_crypt = cfg->ce.tls_crypt;
	ce->tls_crypt_v2 = cfg->ce.tls_crypt_v2;
	ce->tls_crypt_v2_force_cookie = cfg->ce.tls_crypt_v2_force_cookie;
	ce->key_direction = cfg->ce.key_direction;
}

/* Read ahead: the file may be out of reach after chroot or a change of user. */
static int read_ahead(struct parse *p, struct config_file *f)
{
	char *text = NULL;
	size_t len = 0;

	if (!f->path || f->text)
		return 0;
	if (host_read_file(p->host, f->path, false, &text, &len) || len == 0) {
		free(text);
		return finish_fatal(p, "Cannot pre-load keyfile (%s)", f->path);
	}
	f->text = pool_strndup(p->cfg->pool, text, len);
	secret_wipe(text, len);
	free(text);
	return 0;
}

static int settle_keys(struct parse *p, struct conn_entry *ce)
{
	int ret;

	inherit_wrap(p->cfg, ce);
	ret = read_ahead(p, &ce->tls_auth);
	if (ret == 0)
		ret = read_ahead(p, &ce->tls_crypt);
	if (ret == 0)
		ret = read_ahead(p, &ce->tls_crypt_v2);
	return ret;
}

static void add_listen(struct config *cfg, struct conn_entry *ce, const struct config_listen *from)
{
	bool server = cfg->mode == CONFIG_MODE_SERVER;
	struct config_listen l = {.port = ce->local_port, .proto = ce->proto};

	if (from) {
		l.host = from->host;
		if (from->port)
			l.port = from->port;
		if (from->proto_set && server)
			l.proto = from->proto;
	}
	if (l.proto.kind == CONFIG_PROTO_TCP)
		l.proto.kind = CONFIG_PROTO_TCP_SERVER;
	LIST_ADD_ITEM(cfg, &ce->listen, &l);
}

static void settle_listen(struct config *cfg, struct conn_entry *ce)
{
	const struct config_listen *from = cfg->locals.at;
	size_t count = cfg->locals.count;

	if (ce->listen_own) {
		from = ce->listen.at;
		count = ce->listen.count;
	}
	LIST_CLEAR(&ce->listen);
	if (count == 0)
		add_listen(cfg, ce, NULL);
	for (size_t i = 0; i < count; i++)
		add_listen(cfg, ce, &from[i]);
}

static int settle_entry(struct parse *p, struct conn_entry *ce)
{
	struct config *cfg = p->cfg;
	int ret;

	settle_protocol(cfg, ce);
	settle_binding(cfg, ce);
	if (cfg->proto_force_set && is_tcp(cfg->proto_force) != is_tcp(ce->proto))
		ce->disabled = true; /* by transport: "tcp" means both roles of it */
	settle_socks(p, ce);
	settle_mtu(cfg, ce);
	ret = settle_keys(p, ce);
	if (ret < 0)
		return ret;
	if (is_tcp(ce->proto) && ce->explicit_exit_notify) {
		finish_warn(p, "NOTICE: --explicit-exit-notify ignored for --proto tcp");
		ce->explicit_exit_notify = 0;
	}
	settle_listen(cfg, ce);
	return 0;
}

int finish_connections(struct parse *p)
{
	struct config *cfg = p->cfg;
	bool usable = false;

	if (!cfg->entries_are_blocks)
		entries_from_remotes(cfg);
	if (!list_own(cfg->pool, &cfg->entries.list, sizeof(*cfg->entries.at)))
		return 0; /* out of memory, noted by the pool */
	for (size_t i = 0; i < cfg->entries.count; i++) {
		int ret = settle_entry(p, &cfg->entries.at[i]);

		if (ret < 0)
			return ret;
		usable = usable || !cfg->entries.at[i].disabled;
	}
	if (!usable)
		return finish_fatal(p, "No usable connection profiles are present");
	/* what is not chosen yet is shown by the first entry */
	cfg->ce = cfg->entries.at[0];
	cfg->listen.list = cfg->entries.at[0].listen.list;
	return 0;
}
