/* SPDX-License-Identifier: GPL-2.0-only */
/* Learning a client's addresses and networks, and unlearning them. Spec 03 section 3.8.11. */
#include "daemon/server_internal.h"

#include "base/err.h"
#include "daemon/app.h"

static struct ip_net host_net(const struct ip_addr *ip)
{
	return (struct ip_net){.addr = *ip, .bits = ip->family == AF_INET6 ? 128 : 32};
}

/* Whoever may forbid it is asked. Return: whether the client owns the network now. */
static bool learn(struct server_peer *p, const struct ip_net *net)
{
	struct server *s = p->server;
	const struct ip_addr *own = net->addr.family == AF_INET6 ? &s->own6 : &s->own4;
	uint32_t quota = p->cfg->server.max_routes_per_client;
	uint64_t now = clock_now().unix_sec;
	char text[ADDR_TEXT_MAX];
	const char *op = "add";
	bool good = false;

	learn_net_format(net, text, sizeof(text));
	switch (learn_table_check(s->learned, net, &p->entry, quota, own, now)) {
	case LEARN_KNOWN:
		return true;
	case LEARN_QUOTA:
		log_info(
			&p->log, 3,
			"MULTI ROUTE: route quota (%u) exceeded for %s (see --max-routes-per-client option)",
			quota, peer_name(p));
		break;
	case LEARN_REFUSED:
		break;
	case LEARN_UPDATE:
		op = "update";
		/* fall through */
	case LEARN_ADD:
		good = script_learn_address(&s->app->scripts, p->env, op, text, p->cn) == 0 &&
		       learn_table_set(s->learned, net, &p->entry, now) == 0;
		break;
	}
	log_info(&p->log, 3, good ? "MULTI: Learn: %s -> %s" : "MULTI: Learn FAILED: %s -> %s",
		 text, peer_name(p));
	return good;
}

static struct ip_addr learn_primary(struct server_peer *p, const struct ip_addr *ip,
				    const char *family)
{
	struct ip_net net = host_net(ip);
	char text[ADDR_TEXT_MAX];

	if (!ip->family)
		return *ip;
	if (!learn(p, &net))
		return (struct ip_addr){0};
	log_info(&p->log, 3, "MULTI: primary virtual %s for %s: %s", family, peer_name(p),
		 ip_addr_format(ip, text, sizeof(text)));
	return *ip;
}

static void learn_iroutes(struct server_peer *p)
{
	struct dco_device *dev = tunnel_device(p->server->tunnel);

	for (size_t i = 0; i < p->cfg->per_client.iroutes.count; i++) {
		const struct ip_net *net = &p->cfg->per_client.iroutes.at[i];
		char text[ADDR_TEXT_MAX];

		log_info(&p->log, 3, "MULTI: internal route %s/%u -> %s",
			 ip_addr_format(&net->addr, text, sizeof(text)), net->bits, peer_name(p));
		if (learn(p, net) && dco_route_add(dev, p->entry.peer_id, net) < 0)
			log_warn(&p->log, "the data plane refuses the internal route %s/%u", text,
				 net->bits);
	}
}

void peer_learn(struct server_peer *p)
{
	const struct config *cfg = p->server->cfg;
	struct ip_addr ip4, ip6;

	if (cfg->tun.type == CONFIG_DEV_TAP) {
		if (p->cfg->per_client.iroutes.count)
			log_info(
				&p->log, 1,
				"MULTI: --iroute options rejected for %s -- iroute only works with tun-style tunnels",
				peer_name(p));
		return;
	}
	ip4 = learn_primary(p, &p->ip4, "IP");
	ip6 = learn_primary(p, &p->ip6, "IPv6");
	if (p->dco_added &&
	    dco_peer_set_vpn_ip(tunnel_device(p->server->tunnel), p->entry.peer_id, &ip4, &ip6) < 0)
		log_warn(&p->log, "the data plane refuses the client's address");
	if (p->dco_added)
		learn_iroutes(p);
}

static void unlearn(struct server *s, const struct learn_row *row)
{
	struct env *env = env_new(); /* the script gets nothing but script_type */
	char text[ADDR_TEXT_MAX];

	if (!env)
		return;
	if (script_learn_address(&s->app->scripts, env, "delete",
				 learn_net_format(&row->net, text, sizeof(text)), NULL) < 0)
		log_dbg(&s->log, 4, "learn-address: delete of %s failed", text);
	env_free(env);
}

void server_forget(struct server *s, const struct client_entry *owner)
{
	struct learn_row row;

	while (learn_table_forget(s->learned, owner, 0, &row))
		unlearn(s, &row);
}

void server_forget_stale(struct server *s, uint64_t unix_sec)
{
	uint32_t age = s->cfg->server.stale_routes_age_sec;
	struct learn_row row;

	if (unix_sec < age)
		return;
	while (learn_table_forget(s->learned, NULL, unix_sec - age, &row)) {
		struct server_peer *p = peer_of(row.owner);

		if (row.net.bits != (row.net.addr.family == AF_INET6 ? 128 : 32))
			dco_route_del(tunnel_device(s->tunnel), p->entry.peer_id, &row.net);
		unlearn(s, &row);
	}
}
