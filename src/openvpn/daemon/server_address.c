/* SPDX-License-Identifier: GPL-2.0-only */
/* Which addresses a client gets inside the tunnel. Spec 03 sections 3.8.7 and 3.8.8. */
#include "daemon/server_internal.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"

static struct ip_addr ip4_of(struct in_addr in4)
{
	return (struct ip_addr){.family = AF_INET, .u.in4 = in4};
}

static bool has_netmask(const struct config *cfg)
{
	return cfg->tun.type == CONFIG_DEV_TAP || cfg->tun.topology == CONFIG_TOPOLOGY_SUBNET;
}

/* The second argument of ifconfig for an address of the pool. */
static struct ip_addr pool_second(const struct server_peer *p)
{
	const struct config *cfg = p->server->cfg;
	struct ip_addr mask = {0};

	if (!has_netmask(cfg))
		return cfg->tun.topology == CONFIG_TOPOLOGY_NET30 ? p->lease.ip4_peer
								  : p->server->own4;
	if (cfg->server.pool4.netmask.s_addr)
		return ip4_of(cfg->server.pool4.netmask);
	if (cfg->tun.ifconfig_remote &&
	    ip_addr_parse_family(cfg->tun.ifconfig_remote, AF_INET, &mask) < 0)
		mask.family = AF_UNSPEC;
	return mask;
}

static void take_lease(struct server_peer *p)
{
	char a[ADDR_TEXT_MAX] = "(Not enabled)", b[ADDR_TEXT_MAX] = "(Not enabled)";

	if (p->has_lease || !p->server->pool)
		return;
	if (address_pool_take(p->server->pool, p->cn, &p->lease) < 0) {
		log_info(&p->log, 1, "MULTI: no free --ifconfig-pool addresses are available");
		return;
	}
	p->has_lease = true;
	if (p->lease.ip4.family)
		ip_addr_format(&p->lease.ip4, a, sizeof(a));
	if (p->lease.ip6.family)
		ip_addr_format(&p->lease.ip6, b, sizeof(b));
	log_info(&p->log, 1, "MULTI_sva: pool returned IPv4=%s, IPv6=%s", a, b);
}

static void drop_lease(struct server_peer *p, bool forget)
{
	if (p->has_lease)
		address_pool_release(p->server->pool, p->lease.unit, clock_now().unix_sec, forget);
	p->has_lease = false;
}

static void use_pushed4(struct server_peer *p, const struct config_per_client *c)
{
	drop_lease(p, true);
	p->ip4 = ip4_of(c->ifconfig_push_local);
	p->ip4_second = ip4_of(c->ifconfig_push_remote);
	if (c->ifconfig_push_alias_set)
		p->ip4_alias = ip4_of(c->ifconfig_push_alias);
	if (p->server->cfg->server.pool6_defined && !c->ifconfig6_push_set)
		log_warn(
			&p->log,
			"MULTI_sva: WARNING: if --ifconfig-push is used for IPv4, automatic IPv6 assignment from --ifconfig-ipv6-pool does not work.  Use --ifconfig-ipv6-push for IPv6 then.");
}

static void use_lease(struct server_peer *p)
{
	take_lease(p);
	if (!p->has_lease)
		return;
	p->ip4 = p->lease.ip4;
	if (p->ip4.family)
		p->ip4_second = pool_second(p);
	p->ip6 = p->lease.ip6;
	if (p->ip6.family) {
		p->ip6_bits = p->server->cfg->tun.ifconfig6_bits;
		p->ip6_remote = p->server->own6;
	}
}

static void use_pushed6(struct server_peer *p, const struct config_per_client *c)
{
	char text[ADDR_TEXT_MAX];

	p->ip6 = (struct ip_addr){.family = AF_INET6, .u.in6 = c->ifconfig6_push.addr};
	p->ip6_bits = c->ifconfig6_push.bits;
	p->ip6_remote = (struct ip_addr){.family = AF_INET6, .u.in6 = c->ifconfig6_push_remote};
	if (IN6_IS_ADDR_UNSPECIFIED(&c->ifconfig6_push_remote))
		p->ip6_remote = p->server->own6;
	log_info(&p->log, 3, "MULTI_sva: push_ifconfig_ipv6 %s/%u",
		 ip_addr_format(&p->ip6, text, sizeof(text)), p->ip6_bits);
}

void peer_address_select(struct server_peer *p)
{
	const struct config_per_client *c = &p->cfg->per_client;

	p->ip4.family = p->ip4_second.family = p->ip4_alias.family = AF_UNSPEC;
	p->ip6.family = p->ip6_remote.family = AF_UNSPEC;
	if (c->ifconfig_push_set)
		use_pushed4(p, c);
	else
		use_lease(p);
	if (c->ifconfig6_push_set)
		use_pushed6(p, c);
	peer_address_export(p);
}

static void export_ip(struct env *env, const char *name, const struct ip_addr *ip)
{
	char text[ADDR_TEXT_MAX];

	env_set(env, name, ip->family ? ip_addr_format(ip, text, sizeof(text)) : NULL);
}

void peer_address_export(struct server_peer *p)
{
	static const struct ip_addr none;
	bool mask = has_netmask(p->server->cfg);
	bool has4 = p->ip4.family != AF_UNSPEC, has6 = p->ip6.family != AF_UNSPEC;

	export_ip(p->env, "ifconfig_pool_remote_ip", &p->ip4);
	export_ip(p->env, "ifconfig_pool_netmask", has4 && mask ? &p->ip4_second : &none);
	export_ip(p->env, "ifconfig_pool_local_ip", has4 && !mask ? &p->ip4_second : &none);
	export_ip(p->env, "ifconfig_pool_remote_ip6", &p->ip6);
	export_ip(p->env, "ifconfig_pool_local_ip6", has6 ? &p->ip6_remote : &none);
	if (has6)
		env_setf(p->env, "ifconfig_pool_ip6_netbits", "%u", p->ip6_bits);
	else
		env_del(p->env, "ifconfig_pool_ip6_netbits");
}

void peer_address_release(struct server_peer *p)
{
	drop_lease(p, false);
}
