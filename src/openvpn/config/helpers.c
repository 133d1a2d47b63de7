/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper options server, server-ipv6, server-bridge, client, keepalive. Spec 04 section 3.1. */
#include <arpa/inet.h>
#include <string.h>

#include "config/internal.h"

static void push(struct config *cfg, const char *text)
{
	if (text)
		LIST_ADD(cfg, &cfg->server.push, text);
}

static const char *quad(char *buf, uint32_t host_order)
{
	struct in_addr a = {.s_addr = htonl(host_order)};

	return inet_ntop(AF_INET, &a, buf, INET_ADDRSTRLEN);
}

static const char *keep_quad(struct config *cfg, uint32_t host_order)
{
	char buf[INET_ADDRSTRLEN];

	return config_strdup(cfg, quad(buf, host_order));
}

/* ---- server-ipv6 ----------------------------------------------------------------------------- */

static struct in6_addr add6(struct in6_addr a, unsigned int n)
{
	for (int i = 15; i >= 0 && n > 0; i--) {
		n += a.s6_addr[i];
		a.s6_addr[i] = (uint8_t)n;
		n >>= 8;
	}
	return a;
}

static const char *keep_ip6(struct config *cfg, struct in6_addr a)
{
	char buf[INET6_ADDRSTRLEN];

	return config_strdup(cfg, inet_ntop(AF_INET6, &a, buf, sizeof(buf)));
}

static int helper_server6(struct parse *p)
{
	struct config *cfg = p->cfg;
	struct config_server *s = &cfg->server;

	if (!s->helper_server6)
		return 0;
	if (cfg->client_helper)
		return finish_error(p, "--server-ipv6 and --client cannot be used together");
	if (s->helper_server && s->helper_server_nopool)
		return finish_error(p, "--server-ipv6 is incompatible with 'nopool' option");
	if (s->pool6_defined)
		return finish_error(
			p,
			"--server-ipv6 already defines an ifconfig-ipv6-pool, so you can't also specify --ifconfig-pool explicitly");

	cfg->mode = CONFIG_MODE_SERVER;
	cfg->tls.server = true;
	cfg->tun.ifconfig6_local = keep_ip6(cfg, add6(s->net6.addr, 1));
	cfg->tun.ifconfig6_remote = keep_ip6(cfg, add6(s->net6.addr, 2));
	cfg->tun.ifconfig6_bits = s->net6.bits;
	s->pool6_defined = true;
	s->pool6.addr = add6(s->net6.addr, s->net6.bits < 112 ? 0x1000 : 2);
	s->pool6.bits = s->net6.bits;
	push(cfg, "tun-ipv6");
	return 0;
}

/* ---- server ---------------------------------------------------------------------------------- */

static enum config_topology server_topology(const struct config *cfg)
{
	if (cfg->tun.topology != CONFIG_TOPOLOGY_UNDEFINED)
		return cfg->tun.topology;
	return CONFIG_TOPOLOGY_SUBNET;
}

static int check_server(struct parse *p, bool tun)
{
	const struct config_server *s = &p->cfg->server;
	uint32_t net = ntohl(s->net4.network.s_addr);
	int bits = ip_mask4_bits(ntohl(s->net4.netmask.s_addr));

	if (p->cfg->client_helper)
		return finish_error(p, "--server and --client cannot be used together");
	if (s->helper_bridge || s->helper_bridge_proxy)
		return finish_error(p, "--server and --server-bridge cannot be used together");
	if (config_file_is_set(&p->cfg->crypto.secret))
		return finish_error(
			p,
			"--server and --secret cannot be used together (you must use SSL/TLS keys)");
	if (s->pool4_by_user && !s->helper_server_nopool)
		return finish_error(
			p,
			"--server already defines an ifconfig-pool, so you can't also specify --ifconfig-pool explicitly");
	if (!tun && p->cfg->tun.type != CONFIG_DEV_TAP)
		return finish_error(
			p, "--server directive only makes sense with --dev tun or --dev tap");
	if (bits < 0 || net & ~ip_net_mask4((uint8_t)bits))
		return finish_error(p, "--server directive network/netmask combination is invalid");
	if (bits == 32)
		return finish_error(p, "--server directive netmask is invalid");
	if (bits < 16)
		return finish_error(
			p,
			"--server directive netmask allows for too many host addresses (subnet must be 255.255.0.0 (/16) or higher)");
	if (tun && bits > 29)
		return finish_error(
			p,
			"--server directive when used with --dev tun must define a subnet of 255.255.255.248 (/29) or lower");
	if (!tun && bits > 30)
		return finish_error(
			p,
			"--server directive when used with --dev tap must define a subnet of 255.255.255.252 (/30) or lower");
	return 0;
}

static void set_pool(struct config *cfg, uint32_t start, uint32_t end)
{
	struct config_server *s = &cfg->server;

	if (s->helper_server_nopool)
		return;
	s->pool4.defined = true;
	s->pool4.start.s_addr = htonl(start);
	s->pool4.end.s_addr = htonl(end);
}

/* tun with topology subnet, and tap: one network for all */
static void server_subnet(struct config *cfg, uint32_t net, uint32_t mask, bool tun)
{
	struct config_server *s = &cfg->server;
	char buf[INET_ADDRSTRLEN];

	cfg->tun.ifconfig_local = keep_quad(cfg, net + 1);
	cfg->tun.ifconfig_remote = keep_quad(cfg, mask);
	set_pool(cfg, net + 2, (net | ~mask) - 1);
	s->pool4.netmask.s_addr = htonl(mask);
	if (tun && !cfg->routing.gateway)
		cfg->routing.gateway = keep_quad(cfg, net + 2);
	push(cfg, config_strdup_printf(cfg, "route-gateway %s", quad(buf, net + 1)));
	if (tun)
		push(cfg, "topology subnet");
	s->push_constraint_set = true;
	s->push_constraint = s->net4;
}

/* tun with net30 or p2p: a pair of addresses for each client */
static void server_pairs(struct parse *p, uint32_t net, uint32_t mask,
			 enum config_topology topology)
{
	struct config *cfg = p->cfg;
	uint32_t broadcast = net | ~mask;
	struct config_route route = {0};
	char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];

	cfg->tun.ifconfig_local = keep_quad(cfg, net + 1);
	cfg->tun.ifconfig_remote = keep_quad(cfg, net + 2);
	set_pool(cfg, net + 4, ip_mask4_bits(mask) == 29 ? broadcast : broadcast - 4);
	route.network = keep_quad(cfg, net);
	route.netmask = keep_quad(cfg, mask);
	LIST_ADD_ITEM(cfg, &cfg->routing.routes, &route);
	if (cfg->server.client_to_client)
		push(cfg, config_strdup_printf(cfg, "route %s %s", quad(a, net), quad(b, mask)));
	else if (topology == CONFIG_TOPOLOGY_NET30)
		push(cfg, config_strdup_printf(cfg, "route %s", quad(a, net + 1)));
	push(cfg, topology == CONFIG_TOPOLOGY_NET30 ? "topology net30" : "topology p2p");
	if (topology == CONFIG_TOPOLOGY_NET30 && !cfg->server.helper_server_nopool)
		finish_warn(
			p,
			"WARNING: --topology net30 support for server configs with IPv4 pools will be removed in a future release. Please migrate to --topology subnet as soon as possible.");
}

static int helper_server(struct parse *p)
{
	struct config *cfg = p->cfg;
	bool tun = cfg->tun.type == CONFIG_DEV_TUN || cfg->tun.type == CONFIG_DEV_NULL;
	enum config_topology topology = server_topology(cfg);
	uint32_t net = ntohl(cfg->server.net4.network.s_addr);
	uint32_t mask = ntohl(cfg->server.net4.netmask.s_addr);
	int ret = check_server(p, tun);

	if (ret < 0)
		return ret;
	cfg->mode = CONFIG_MODE_SERVER;
	cfg->tls.server = true;
	if (tun && topology != CONFIG_TOPOLOGY_SUBNET)
		server_pairs(p, net, mask, topology);
	else
		server_subnet(cfg, net, mask, tun);
	return 0;
}

/* ---- server-bridge --------------------------------------------------------------------------- */

static int check_bridge_net(struct parse *p)
{
	const struct in_addr mask = p->cfg->server.bridge.netmask;
	const struct in_addr *pairs[3][2] = {
		{&p->cfg->server.bridge.gateway, &p->cfg->server.bridge.start},
		{&p->cfg->server.bridge.start, &p->cfg->server.bridge.end},
		{&p->cfg->server.bridge.gateway, &p->cfg->server.bridge.end},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN], m[INET_ADDRSTRLEN];

		if ((pairs[i][0]->s_addr & mask.s_addr) == (pairs[i][1]->s_addr & mask.s_addr))
			continue;
		return finish_error(
			p, "--server-bridge IP addresses %s and %s are not in the same %s subnet",
			inet_ntop(AF_INET, pairs[i][0], a, sizeof(a)),
			inet_ntop(AF_INET, pairs[i][1], b, sizeof(b)),
			inet_ntop(AF_INET, &mask, m, sizeof(m)));
	}
	return 0;
}

static int helper_bridge(struct parse *p)
{
	struct config *cfg = p->cfg;
	struct config_server *s = &cfg->server;
	char buf[INET_ADDRSTRLEN];

	if (cfg->client_helper)
		return finish_error(p, "--server-bridge and --client cannot be used together");
	if (s->pool4_by_user)
		return finish_error(
			p,
			"--server-bridge already defines an ifconfig-pool, so you can't also specify --ifconfig-pool explicitly");
	if (config_file_is_set(&cfg->crypto.secret))
		return finish_error(
			p,
			"--server-bridge and --secret cannot be used together (you must use SSL/TLS keys)");
	if (cfg->tun.type != CONFIG_DEV_TAP)
		return finish_error(p, "--server-bridge directive only makes sense with --dev tap");
	if (s->helper_bridge) {
		int ret = check_bridge_net(p);

		if (ret < 0)
			return ret;
		s->pool4 = (struct config_pool4){.defined = true,
						 .start = s->bridge.start,
						 .end = s->bridge.end,
						 .netmask = s->bridge.netmask};
		push(cfg, config_strdup_printf(
				  cfg, "route-gateway %s",
				  inet_ntop(AF_INET, &s->bridge.gateway, buf, sizeof(buf))));
	} else if (!s->helper_bridge_nogw) {
		push(cfg, "route-gateway dhcp");
	}
	cfg->mode = CONFIG_MODE_SERVER;
	cfg->tls.server = true;
	return 0;
}

/* ---- the others ------------------------------------------------------------------------------ */

static int helper_keepalive(struct parse *p)
{
	struct config *cfg = p->cfg;
	struct config_timers *t = &cfg->timers;
	uint32_t ping = t->keepalive_ping_sec;
	uint32_t timeout = t->keepalive_timeout_sec;

	if (ping == 0)
		return 0;
	if (2 * ping > timeout)
		return finish_error(
			p,
			"the second parameter to --keepalive (restart timeout=%u) must be at least twice the value of the first parameter (ping interval=%u).  A ratio of 1:5 or 1:6 would be even better.  Recommended setting is --keepalive 10 60.",
			timeout, ping);
	if (t->ping_sec || t->ping_rec_sec)
		return finish_error(
			p,
			"--keepalive conflicts with --ping, --ping-exit, or --ping-restart.  If you use --keepalive, you don't need any of the other --ping directives.");
	t->ping_sec = ping;
	t->ping_rec_set = true;
	if (cfg->mode != CONFIG_MODE_SERVER) {
		t->ping_rec_sec = timeout;
		return 0;
	}
	if (timeout > 43200)
		return finish_error(
			p,
			"The second parameter to --keepalive must not exceed 43200 in server mode.");
	t->ping_rec_sec = 2 * timeout;
	push(cfg, config_strdup_printf(cfg, "ping %u", ping));
	push(cfg, config_strdup_printf(cfg, "ping-restart %u", timeout));
	return 0;
}

int finish_helpers(struct parse *p)
{
	struct config *cfg = p->cfg;
	struct config_server *s = &cfg->server;
	int ret = helper_server6(p);

	if (ret < 0)
		return ret;
	if (s->helper_server) {
		ret = helper_server(p);
	} else if (s->helper_bridge || s->helper_bridge_proxy) {
		ret = helper_bridge(p);
	} else if (cfg->client_helper) {
		cfg->pull = true;
		cfg->tls.client = true;
	}
	if (ret < 0)
		return ret;

	if (cfg->tun.topology == CONFIG_TOPOLOGY_UNDEFINED &&
	    (cfg->tun.type == CONFIG_DEV_TUN || cfg->tun.type == CONFIG_DEV_NULL))
		cfg->tun.topology = cfg->mode == CONFIG_MODE_SERVER ? CONFIG_TOPOLOGY_SUBNET
								    : CONFIG_TOPOLOGY_NET30;
	ret = helper_keepalive(p);
	if (ret < 0)
		return ret;
	if (cfg->mode == CONFIG_MODE_SERVER) {
		if (s->tcp_nodelay)
			push(cfg, "socket-flags TCP_NODELAY");
		if (s->hash_real == 0)
			s->hash_real = 4 * s->max_clients;
		if (s->hash_virtual == 0)
			s->hash_virtual = 4 * s->max_clients;
	}
	return 0;
}
