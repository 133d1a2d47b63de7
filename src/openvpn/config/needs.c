/* SPDX-License-Identifier: GPL-2.0-only */
/* What a configuration asks of the data plane, in the order of spec 04 sections 4.1, 4.2, 4.4, 4.7.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

enum {
	CLIENT_ROUTE_METRIC = 100 /* of kernel routes to networks behind clients */
};

struct needs {
	const struct config *cfg;
	struct config_need *out;
	size_t cap;
	size_t count;
};

static void need(struct needs *n, uint64_t feature, const char *option, bool fatal, const char *fmt,
		 ...) PRINTF_FMT(5, 6);

static void need(struct needs *n, uint64_t feature, const char *option, bool fatal, const char *fmt,
		 ...)
{
	va_list ap;

	if (n->count < n->cap) {
		struct config_need *at = &n->out[n->count];

		*at = (struct config_need){
			.feature = feature,
			.option = option,
			.origin = config_origin(n->cfg, option),
			.note = option_offload(option),
			.fatal = fatal,
		};
		va_start(ap, fmt);
		vsnprintf(at->line, sizeof(at->line), fmt, ap);
		va_end(ap);
	}
	n->count++;
}

/* The first of the options that was given; without any the first, which has a default then. */
static const char *given(const struct config *cfg, const char *const *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (config_given(cfg, options[i]))
			return options[i];
	return options[0];
}

#define GIVEN(cfg, ...)                                \
	given(cfg, (const char *const[]){__VA_ARGS__}, \
	      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The option cannot work without the feature; the line may name a better known one. */
static void disables_as(struct needs *n, uint64_t feature, const char *known, const char *option)
{
	need(n, feature, option, true, "Note: --%s disables data channel offload.", known);
}

static void disables(struct needs *n, uint64_t feature, const char *option)
{
	disables_as(n, feature, option, option);
}

/* The tunnel works, the option does nothing. */
static void no_effect(struct needs *n, uint64_t feature, const char *option)
{
	need(n, feature, option, false, "Note: --%s has no effect when using data channel offload",
	     option);
}

/* ---- 4.1 ------------------------------------------------------------------------------------- */

static void ciphers_of(struct needs *n, const struct config *cfg)
{
	for (const char *at = cfg->crypto.data_ciphers; at && *at;) {
		size_t len = strcspn(at, ":");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		at += len;
		at += *at == ':';
		if (cfg->crypto.chacha_by_default && strcmp(name, "CHACHA20-POLY1305") == 0)
			continue;
		need(n, feature_of_cipher(name), GIVEN(cfg, "data-ciphers", "ncp-ciphers"), true,
		     "Note: cipher '%s' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload.",
		     name);
	}
}

static void crypto_needs(struct needs *n, const struct config *cfg)
{
	const struct config_crypto *c = &cfg->crypto;
	bool framing = c->comp != CONFIG_COMP_NONE && c->comp != CONFIG_COMP_MIGRATE;
	bool asym =
		c->allow_comp == CONFIG_ALLOW_COMP_ASYM || c->allow_comp == CONFIG_ALLOW_COMP_YES;
	bool real = c->comp == CONFIG_COMP_LZO || c->comp == CONFIG_COMP_LZ4 ||
		    c->comp == CONFIG_COMP_LZ4_V2;

	if (c->fallback)
		need(n, feature_of_cipher(c->fallback),
		     GIVEN(cfg, "data-ciphers-fallback", "cipher", "compat-mode"), true,
		     "Note: --data-ciphers-fallback with cipher '%s' disables data channel offload.",
		     c->fallback);
	if (framing || asym)
		need(n, real || asym ? FEAT_COMPRESS : FEAT_COMPRESS_STUB,
		     framing ? GIVEN(cfg, "compress", "comp-lzo")
			     : GIVEN(cfg, "allow-compression", "compat-mode"),
		     true,
		     "Note: '--allow-compression' is not set to 'no', disabling data channel offload.");
	ciphers_of(n, cfg);
}

/* ---- 4.2 ------------------------------------------------------------------------------------- */

static void device_needs(struct needs *n, const struct config *cfg)
{
	if (!cfg->tls.client && !cfg->tls.server)
		need(n, FEAT_STATIC_KEY, "secret", true,
		     "No tls-client or tls-server option in configuration detected. Disabling data channel offload.");
	if (cfg->tun.type == CONFIG_DEV_TAP || cfg->tun.type == CONFIG_DEV_UNDEFINED)
		need(n, FEAT_TAP, GIVEN(cfg, "dev-type", "dev"), true,
		     "Note: dev-type not tun, disabling data channel offload.");
	if (cfg->tun.dev_node && str_starts(cfg->tun.dev_node, "unix:"))
		need(n, FEAT_UNIX_DEVICE, "dev-node", true,
		     "Note: afunix tun type selected, disabling data channel offload");
	if (cfg->tun.type == CONFIG_DEV_NULL)
		need(n, FEAT_NULL_DEVICE, GIVEN(cfg, "dev-type", "dev"), true,
		     "Note: null tun type selected, disabling data channel offload");
}

static void entry_needs(struct needs *n, const struct conn_entry *ce, uint64_t *transports)
{
	if (ce->fragment)
		disables(n, FEAT_FRAGMENT, "fragment");
	if (ce->http_proxy.host || ce->http_proxy.options_set)
		disables_as(n, FEAT_HTTP_PROXY, "http-proxy",
			    GIVEN(n->cfg, "http-proxy", "http-proxy-override"));
	if (ce->socks_proxy.host)
		disables(n, ce->proto.kind == CONFIG_PROTO_UDP ? FEAT_SOCKS_UDP : FEAT_SOCKS_PROXY,
			 "socks-proxy");
	if (ce->proto.kind != CONFIG_PROTO_UDP)
		*transports |= FEAT_TCP;
	else
		*transports |= ce->proto.family == AF_INET6 ? FEAT_UDP6 : FEAT_UDP4;
}

static void transport_needs(struct needs *n, const struct config *cfg)
{
	static const uint64_t all[] = {FEAT_UDP4, FEAT_UDP6, FEAT_TCP};
	uint64_t transports = 0;

	for (size_t i = 0; i < cfg->entries.count; i++) /* only what may be used */
		if (!cfg->entries.at[i].disabled)
			entry_needs(n, &cfg->entries.at[i], &transports);
	for (size_t i = 0; i < cfg->listen.count && cfg->mode == CONFIG_MODE_SERVER; i++)
		if (cfg->listen.at[i].proto.kind != CONFIG_PROTO_UDP)
			transports |= FEAT_TCP;
	if (cfg->bind_dev && !cfg->mark && transports & (FEAT_UDP4 | FEAT_UDP6))
		disables(n, FEAT_BIND_DEV, "bind-dev");
	if (cfg->multihome_same_interface && transports & (FEAT_UDP4 | FEAT_UDP6))
		need(n, FEAT_SAME_INTERFACE, "multihome", true,
		     "Note: --multihome same-interface disables data channel offload.");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (transports & all[i])
			need(n, all[i], "proto", true,
			     "NOTE: %s transport disables data channel offload.",
			     all[i] == FEAT_TCP ? "TCP" : "UDP");
}

/* A server for IPv6 only has nothing that a topology could shape. */
static bool has_ip4(const struct config *cfg)
{
	return cfg->tun.ifconfig_local || cfg->server.pool4.defined;
}

static void mode_needs(struct needs *n, const struct config *cfg)
{
	if (cfg->mode == CONFIG_MODE_SERVER) {
		need(n, FEAT_MULTI_PEER, "mode", true,
		     "--mode server is set. This DCO version doesn't support multipeer. Disabling Data Channel Offload");
		if (cfg->tun.topology != CONFIG_TOPOLOGY_SUBNET && has_ip4(cfg))
			need(n, FEAT_OTHER_TOPOLOGY, GIVEN(cfg, "topology", "compat-mode"), true,
			     "Note: NOT using '--topology subnet' disables data channel offload.");
	}
	if (cfg->management.query_proxy)
		disables(n, FEAT_PROXY_QUERY, "management-query-proxy");
}

/* ---- 4.4 and 4.7 ----------------------------------------------------------------------------- */

static void option_needs(struct needs *n, const struct config *cfg)
{
	if (cfg->shaper)
		disables(n, FEAT_SHAPER, "shaper");
	if (cfg->routing.client_nat.count > 0)
		disables(n, FEAT_CLIENT_NAT, "client-nat");
	if (cfg->tun.block_ipv6)
		disables(n, FEAT_BLOCK_IPV6, "block-ipv6");
	if (cfg->tun.mtu_test)
		disables(n, FEAT_MTU_TEST, "mtu-test");
	if (cfg->server.stale_routes_age_sec)
		disables(n, FEAT_STALE_ROUTES, "stale-routes-check");
	if (cfg->server.client_to_client)
		need(n, FEAT_CLIENT_TO_CLIENT, "client-to-client", false,
		     "Note: --client-to-client has no effect when using data channel offload: packets are always sent to the VPN interface and then routed based on the system routing table");
	if (cfg->tls.reneg_bytes || cfg->tls.reneg_pkts)
		need(n, FEAT_RENEG_BY_AMOUNT, cfg->tls.reneg_bytes ? "reneg-bytes" : "reneg-pkts",
		     false,
		     "Note: '--reneg-bytes' and '--reneg-pkts' are not supported by data channel offload; automatic key renegotiation mechanisms are sufficient for modern ciphers. Ignoring these options.");
	if (config_given(cfg, "mssfix") && cfg->ce.mssfix)
		no_effect(n, FEAT_MSSFIX, "mssfix");
	if (cfg->tun.dev_node && !str_starts(cfg->tun.dev_node, "unix:"))
		need(n, FEAT_DEVICE_NODE, "dev-node", false,
		     "Note: ignoring --dev-node as it has no effect when using data channel offload");
	if (cfg->passtos)
		no_effect(n, FEAT_PASSTOS, "passtos");
	if (config_given(cfg, "mtu-disc"))
		no_effect(n, FEAT_MTU_DISC, "mtu-disc");
	if (cfg->crypto.replay_window_set &&
	    (cfg->crypto.replay_window != 64 || cfg->crypto.replay_time_sec != 15))
		no_effect(n, FEAT_REPLAY_WINDOW, "replay-window");
	if (cfg->crypto.mute_replay_warnings)
		no_effect(n, FEAT_REPLAY_WINDOW, "mute-replay-warnings");
	if (config_given(cfg, "txqueuelen"))
		no_effect(n, FEAT_DEVICE_QUEUE, "txqueuelen");
	if (cfg->mode == CONFIG_MODE_SERVER && cfg->routing.metric_set &&
	    cfg->routing.metric <= CLIENT_ROUTE_METRIC)
		need(n, FEAT_CLIENT_ROUTES, "route-metric", false,
		     "Note: --route-metric %u makes routes of --route win over those of --iroute when using data channel offload, which have metric %d",
		     cfg->routing.metric, CLIENT_ROUTE_METRIC);
	if (cfg->mode == CONFIG_MODE_SERVER && cfg->routing.noexec)
		need(n, FEAT_CLIENT_ROUTES, "route-noexec", false,
		     "Note: with --route-noexec no routes to clients and to networks behind them are set when using data channel offload");
	if (cfg->timers.ping_timer_rem)
		no_effect(n, FEAT_PING_TIMER_REM, "ping-timer-rem");
	if (cfg->server.tcp_queue_limit != 64)
		no_effect(n, FEAT_QUEUES, "tcp-queue-limit");
	if (cfg->server.bcast_buffers != 256)
		no_effect(n, FEAT_QUEUES, "bcast-buffers");
}

size_t config_needs(const struct config *cfg, struct config_need *out, size_t cap)
{
	struct needs n = {.cfg = cfg, .out = out, .cap = cap};

	crypto_needs(&n, cfg);
	device_needs(&n, cfg);
	transport_needs(&n, cfg);
	mode_needs(&n, cfg);
	option_needs(&n, cfg);
	return n.count;
}
