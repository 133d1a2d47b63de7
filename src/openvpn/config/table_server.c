/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.7: servers and their clients. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

enum {
	NETBITS_MIN = 64,
	NETBITS_MAX = 124,
	POOL_SIZE_MAX = 65536,
};

static uint32_t host_order(struct in_addr a)
{
	return ntohl(a.s_addr);
}

static int server_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;
	struct config_net4 net;

	if (!value_ip4(o, o->arg[0], &net.network) || !value_ip4(o, o->arg[1], &net.netmask))
		return opt_error(o, "error parsing --server parameters");
	if (o->argc > 2) {
		if (strcmp(o->arg[2], "nopool") != 0)
			return opt_error(o, "error parsing --server: %s is not a recognized flag",
					 o->arg[2]);
		s->helper_server_nopool = true;
	}
	s->net4 = net;
	s->helper_server = true;
	return 0;
}

static int prefix6(struct opt *o, const char *text, const char *what, struct config_net6 *out)
{
	struct config_net6 net;
	int ret = value_net6(o, text, &net);

	if (ret == ERR_USAGE)
		return ret;
	if (ret < 0)
		return opt_error(o, "error parsing --%s %s", o->name, what);
	if (net.bits < NETBITS_MIN || net.bits > NETBITS_MAX)
		return opt_error(o, "--%s settings: network must be between /%d and /%d (not /%u)",
				 o->name, NETBITS_MIN, NETBITS_MAX, net.bits);
	*out = net;
	return 0;
}

static int server6_apply(struct opt *o)
{
	int ret = prefix6(o, o->arg[0], "parameter", &o->cfg->server.net6);

	if (ret == 0)
		o->cfg->server.helper_server6 = true;
	return ret;
}

static int server_bridge_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;

	if (o->argc == 0 || (o->argc == 1 && strcmp(o->arg[0], "nogw") == 0)) {
		s->helper_bridge_proxy = true;
		s->helper_bridge_nogw = o->argc == 1;
		return 0;
	}
	if (o->argc != 4)
		return opt_unrecognised(o, o->name);
	if (!value_ip4(o, o->arg[0], &s->bridge.gateway) ||
	    !value_ip4(o, o->arg[1], &s->bridge.netmask) ||
	    !value_ip4(o, o->arg[2], &s->bridge.start) || !value_ip4(o, o->arg[3], &s->bridge.end))
		return opt_error(o, "error parsing --server-bridge parameters");
	s->helper_bridge = true;
	return 0;
}

static int pool_apply(struct opt *o)
{
	struct config_pool4 pool = {.defined = true};

	if (!value_ip4(o, o->arg[0], &pool.start) || !value_ip4(o, o->arg[1], &pool.end) ||
	    (o->argc > 2 && !value_ip4(o, o->arg[2], &pool.netmask)))
		return opt_error(o, "error parsing --ifconfig-pool parameters");
	if (host_order(pool.start) > host_order(pool.end))
		return opt_error(o, "--ifconfig-pool start IP [%s] is greater than end IP [%s]",
				 o->arg[0], o->arg[1]);
	if (host_order(pool.end) - host_order(pool.start) >= POOL_SIZE_MAX)
		return opt_error(
			o,
			"--ifconfig-pool address range is too large [%s -> %s].  Current maximum is %d addresses, as defined by IFCONFIG_POOL_MAX variable.",
			o->arg[0], o->arg[1], POOL_SIZE_MAX);
	o->cfg->server.pool4 = pool;
	o->cfg->server.pool4_by_user = true;
	return 0;
}

static int pool_persist_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;
	int ret = o->argc > 1 ? value_u31(o, o->arg[1], &s->pool_persist_sec) : 0;

	return ret < 0 ? ret : value_text(o, o->arg[0], &s->pool_persist);
}

static int pool6_apply(struct opt *o)
{
	int ret = prefix6(o, o->arg[0], "parameters", &o->cfg->server.pool6);

	if (ret == 0)
		o->cfg->server.pool6_defined = true;
	return ret;
}

/* The only IPv4 address of a server that may be a name. */
static bool resolve_ip4(const struct opt *o, const char *text, struct in_addr *out)
{
	const struct config_host *host = o->p->host;
	struct ip_addr ip;

	if (value_dotted_quad(text, out))
		return true;
	if (!host || !host->resolve || !host->resolve(host->ctx, text, AF_INET, &ip))
		return false;
	*out = ip.u.in4;
	return true;
}

static int ifconfig_push_apply(struct opt *o)
{
	struct config_per_client *c = &o->cfg->per_client;
	struct in_addr local, remote, alias = {0};

	if (!resolve_ip4(o, o->arg[0], &local) || !resolve_ip4(o, o->arg[1], &remote) ||
	    (o->argc > 2 && !resolve_ip4(o, o->arg[2], &alias)))
		return opt_error(o, "cannot parse --ifconfig-push addresses");
	c->ifconfig_push_set = true;
	c->ifconfig_push_local = local;
	c->ifconfig_push_remote = remote;
	c->ifconfig_push_alias = alias;
	c->ifconfig_push_alias_set = o->argc > 2;
	return 0;
}

static int push_constraint_apply(struct opt *o)
{
	struct config_net4 net;

	if (!value_ip4(o, o->arg[0], &net.network) || !value_ip4(o, o->arg[1], &net.netmask))
		return opt_error(o, "cannot parse --ifconfig-push-constraint addresses");
	o->cfg->server.push_constraint = net;
	o->cfg->server.push_constraint_set = true;
	return 0;
}

static int ifconfig6_push_apply(struct opt *o)
{
	struct config_per_client *c = &o->cfg->per_client;
	struct config_net6 net;
	struct in6_addr remote;
	int ret = value_net6(o, o->arg[0], &net);

	if (ret == ERR_USAGE)
		return ret;
	if (ret < 0)
		return opt_error(o, "cannot parse --ifconfig-ipv6-push addresses");
	if (o->argc > 1) {
		if (!value_ip6(o->arg[1], &remote))
			return opt_error(o, "cannot parse --ifconfig-ipv6-push addresses");
	} else if (!o->cfg->tun.ifconfig6_local ||
		   !value_ip6(o->cfg->tun.ifconfig6_local, &remote)) {
		return opt_error(
			o,
			"second argument to --ifconfig-ipv6-push missing and no global --ifconfig-ipv6 address set");
	}
	c->ifconfig6_push_set = true;
	c->ifconfig6_push = net;
	c->ifconfig6_push_remote = remote;
	return 0;
}

static int iroute_apply(struct opt *o)
{
	struct ip_net net = {.addr.family = AF_INET, .bits = 32};
	struct in_addr mask;
	int bits = 32;

	/* a network that cannot be read must not become 0.0.0.0 */
	if (!value_dotted_quad(o->arg[0], &net.addr.u.in4) ||
	    (o->argc > 1 && (!value_dotted_quad(o->arg[1], &mask) ||
			     (bits = ip_mask4_bits(ntohl(mask.s_addr))) < 0)) ||
	    host_order(net.addr.u.in4) & ~ip_net_mask4((uint8_t)bits))
		return opt_error(o, "in --iroute %s %s : Bad network/subnet specification",
				 o->arg[0], o->argc > 1 ? o->arg[1] : "255.255.255.255");
	net.bits = (uint8_t)bits;
	LIST_ADD_ITEM(o->cfg, &o->cfg->per_client.iroutes, &net);
	return 0;
}

static int iroute6_apply(struct opt *o)
{
	struct config_net6 prefix;
	struct ip_net net = {.addr.family = AF_INET6};
	int ret = value_net6(o, o->arg[0], &prefix);

	if (ret == ERR_USAGE)
		return ret;
	if (ret < 0)
		return opt_error(o, "in --iroute-ipv6 %s: Bad IPv6 prefix specification",
				 o->arg[0]);
	net.addr.u.in6 = prefix.addr;
	net.bits = prefix.bits;
	LIST_ADD_ITEM(o->cfg, &o->cfg->per_client.iroutes, &net);
	return 0;
}

static int push_apply(struct opt *o)
{
	const char *text = NULL;
	int ret;

	if (strchr(o->arg[0], ','))
		return opt_error(o, "PUSH OPTION FAILED (illegal comma (',') in string): '%s'",
				 o->arg[0]);
	if (strlen(o->arg[0]) >= CONFIG_LINE_MAX) /* the client would read it cut */
		return opt_error(o, "PUSH OPTION FAILED (longer than %d bytes): '%s'",
				 CONFIG_LINE_MAX - 1, o->arg[0]);
	ret = value_text(o, o->arg[0], &text);
	if (ret == 0)
		LIST_ADD(o->cfg, &o->cfg->server.push, text);
	return ret;
}

static int push_reset_apply(struct opt *o)
{
	LIST_CLEAR(&o->cfg->server.push);
	return 0;
}

static int push_remove_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;
	const char *prefix = o->arg[0];

	/* these two also stand for the addresses that the server adds by itself */
	if (strcmp(prefix, "ifconfig") == 0)
		o->cfg->per_client.push_ifconfig_blocked = true;
	if (strcmp(prefix, "ifconfig-ipv6") == 0)
		o->cfg->per_client.push_ifconfig6_blocked = true;
	for (size_t i = s->push.count; i > 0; i--)
		if (str_starts(s->push.at[i - 1], prefix))
			list_remove(o->cfg->pool, &s->push.list, i - 1, sizeof(*s->push.at));
	return 0;
}

static int override_username_apply(struct opt *o)
{
	enum {
		NAME_MAX_LEN = 128
	};

	if (strlen(o->arg[0]) > NAME_MAX_LEN)
		return opt_fatal(o, "override-username exceeds the maximum length of %d characters",
				 NAME_MAX_LEN);
	return value_text(o, o->arg[0], &o->cfg->per_client.override_username);
}

static const struct option_row rows[] = {
	{.name = "server",
	 .args = "network netmask [nopool]",
	 .help = "be a server for that network (helper)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 FN(2, 3, server_apply),
	 APART},
	{.name = "server-ipv6",
	 .args = "prefix/bits",
	 .help = "be a server for that IPv6 network (helper)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 FN(1, 1, server6_apply),
	 APART},
	{.name = "server-bridge",
	 .args = "[gateway netmask start end|nogw]",
	 .help = "be a server on a bridged tap device (helper)",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_TAP,
	 IF_BUILT(TAP),
	 FN(0, 4, server_bridge_apply),
	 PART_OF("dev")},
	{.name = "ifconfig-pool",
	 .args = "start end [netmask]",
	 .help = "addresses for clients",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(2, 3, pool_apply),
	 APART},
	{.name = "ifconfig-pool-persist",
	 .args = "file [seconds]",
	 .help = "remember which client got which address",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(1, 2, pool_persist_apply),
	 APART},
	{.name = "ifconfig-ipv6-pool",
	 .args = "prefix/bits",
	 .help = "IPv6 addresses for clients",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(1, 1, pool6_apply),
	 APART},
	{.name = "ifconfig-push",
	 .args = "local remote|netmask [alias]",
	 .help = "fixed address of this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(2, 3, ifconfig_push_apply),
	 WORKS("given to the driver with the peer")},
	{.name = "ifconfig-push-constraint",
	 .args = "network netmask",
	 .help = "refuse ifconfig-push addresses outside of it",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 FN(2, 2, push_constraint_apply),
	 APART},
	{.name = "ifconfig-ipv6-push",
	 .args = "addr/bits [remote]",
	 .help = "fixed IPv6 address of this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(1, 2, ifconfig6_push_apply),
	 WORKS("given to the driver with the peer")},
	{.name = "iroute",
	 .args = "network [netmask]",
	 .help = "network behind this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(1, 2, iroute_apply),
	 WORKS("a route of the system with metric 100 through the client")},
	{.name = "iroute-ipv6",
	 .args = "prefix",
	 .help = "IPv6 network behind this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(1, 1, iroute6_apply),
	 WORKS("a route of the system with metric 100 through the client")},
	{.name = "push",
	 .args = "\"option\"",
	 .help = "send an option to clients",
	 .groups = GROUP_PUSH,
	 IF_BUILT(SERVER),
	 FN(1, 1, push_apply),
	 WORKS("compression and ciphers that the driver lacks are left out, with a note")},
	{.name = "push-reset",
	 .help = "forget the list of pushed options for this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(0, 0, push_reset_apply),
	 APART},
	{.name = "push-remove",
	 .args = "prefix",
	 .help = "forget pushed options that begin with it, for this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(1, 1, push_remove_apply),
	 APART},
	{.name = "client-to-client",
	 .help = "forward between clients without the host's routing",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 .needs = FEAT_CLIENT_TO_CLIENT,
	 IF_BUILT(SERVER),
	 FLAG(server.client_to_client),
	 IDLE("the driver forwards nothing between clients",
	      "allow it in the host's firewall and routes")},
	{.name = "duplicate-cn",
	 .help = "allow several sessions of one name",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FLAG(server.duplicate_cn),
	 APART},
	{.name = "client-config-dir",
	 .args = "dir",
	 .help = "directory of per-client files",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 TEXT(server.client_config_dir),
	 APART},
	{.name = "ccd-exclusive",
	 .help = "refuse clients without a per-client file",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FLAG(server.ccd_exclusive),
	 APART},
	{.name = "disable",
	 .help = "refuse this client",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FLAG(per_client.disable),
	 APART},
	{.name = "override-username",
	 .args = "name",
	 .help = "user name of this client from now on",
	 .groups = GROUP_INSTANCE,
	 IF_BUILT(SERVER),
	 FN(1, 1, override_username_apply),
	 APART},
};

const struct option_table table_server = {"Server", rows, ARRAY_SIZE(rows)};
