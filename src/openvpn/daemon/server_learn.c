/* SPDX-License-Identifier: GPL-2.0-only */
/* Learning a client's addresses and networks, and unlearning them. Spec 03 section 3.8.11. */
#include "daemon/server_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"

/* One question to --learn-address about a client; the client may be gone when the answer comes. */
struct learn_job {
	struct server *server;
	uint32_t peer_id, cid;
	struct ip_net net;
	enum learn_kind {
		LEARN_PRIMARY,
		LEARN_IROUTE,
		LEARN_MAC,
	} kind;
};

static struct ip_net host_net(const struct ip_addr *ip)
{
	return (struct ip_net){.addr = *ip, .bits = ip->family == AF_INET6 ? 128 : 32};
}

static bool is_host(const struct ip_net *net)
{
	return net->bits == (net->addr.family == AF_INET6 ? 128 : 32);
}

/* ---- results ---- */

/* Without a route of its own the system would not send to such an address through the device. */
static bool is_outside(const struct server *s, const struct ip_addr *ip)
{
	struct ip_net net = {.addr = ip->family == AF_INET6 ? s->own6 : s->own4,
			     .bits = s->cfg->tun.ifconfig6_bits};
	struct ip_addr mask;
	int bits;

	if (!ip_addr_is_set(&net.addr))
		return true;
	if (ip->family == AF_INET) {
		if (ip_addr_parse_family(s->cfg->tun.ifconfig_remote, AF_INET, &mask) < 0)
			return false;
		bits = ip_mask4_bits(ntohl(mask.u.in4.s_addr));
		net.bits = bits < 0 ? 32 : (uint8_t)bits;
	}
	return !ip_net_contains(&net, ip);
}

/* With offload the system routes to clients, through their addresses (spec 04 section 4.7). */
static const char *iroute_obstacle(const struct server_peer *p, const struct ip_net *net)
{
	bool is6 = net->addr.family == AF_INET6;

	if (!tunnel_is_offloaded(p->server->tunnel))
		return NULL;
	if (p->server->cfg->routing.noexec)
		return "--route-noexec is in force";
	if (!ip_addr_is_set(is6 ? &p->ip6 : &p->ip4))
		return is6 ? "the client has no IPv6 address in the tunnel"
			   : "the client has no IPv4 address in the tunnel";
	return NULL;
}

static void tell_data_plane(struct server_peer *p, const struct ip_net *net, enum learn_kind kind)
{
	struct dco_device *dev = tunnel_device(p->server->tunnel);
	int ret;

	assume_control_thread();
	if (!p->dco_added)
		return;
	if (kind == LEARN_MAC) {
		dco_mac_decide(dev, p->entry.peer_id, learn_mac_bytes(net), true);
		return;
	}
	if (kind == LEARN_IROUTE) {
		ret = iroute_obstacle(p, net) ? 0 : dco_route_add(dev, p->entry.peer_id, net);
	} else {
		*(net->addr.family == AF_INET6 ? &p->learned6 : &p->learned4) = net->addr;
		ret = dco_peer_set_vpn_ip(dev, p->entry.peer_id, &p->learned4, &p->learned6);
		if (ret == 0 && tunnel_is_offloaded(p->server->tunnel) &&
		    !p->server->cfg->routing.noexec && is_outside(p->server, &net->addr))
			ret = dco_route_add(dev, p->entry.peer_id, net);
	}
	if (ret < 0)
		log_warn(&p->log, "the data plane refuses an address of the client: %s",
			 err_text(ret));
}

void server_learn_again(struct server *s)
{
	const struct learn_row *row = NULL;

	while ((row = learn_table_next(s->learned, row))) {
		struct server_peer *p = peer_of(row->owner);
		bool own = ip_addr_equal(&row->net.addr, &p->ip4) ||
			   ip_addr_equal(&row->net.addr, &p->ip6);

		if (row->net.addr.family == LEARN_FAMILY_MAC)
			continue; /* the next frame from it tells */
		tell_data_plane(p, &row->net,
				own && is_host(&row->net) ? LEARN_PRIMARY : LEARN_IROUTE);
	}
}

static void log_outcome(struct server_peer *p, const struct ip_net *net, enum learn_kind kind,
			bool good)
{
	char text[ADDR_TEXT_MAX];

	learn_net_format(net, text, sizeof(text));
	log_info(&p->log, 3, good ? "MULTI: Learn: %s -> %s" : "MULTI: Learn FAILED: %s -> %s",
		 text, peer_name(p));
	if (good && kind == LEARN_PRIMARY)
		log_info(&p->log, 3, "MULTI: primary virtual %s for %s: %s",
			 net->addr.family == AF_INET6 ? "IPv6" : "IP", peer_name(p), text);
}

static void learn_failed(struct server_peer *p, const struct ip_net *net, enum learn_kind kind)
{
	assume_control_thread();
	log_outcome(p, net, kind, false);
	if (kind == LEARN_MAC && p->dco_added)
		dco_mac_decide(tunnel_device(p->server->tunnel), p->entry.peer_id,
			       learn_mac_bytes(net), false);
}

/* An answer, from the script or because nobody needs to be asked. */
static void learned(struct server_peer *p, const struct ip_net *net, enum learn_kind kind,
		    bool good)
{
	if (good)
		good = learn_table_set(p->server->learned, net, &p->entry, clock_now().unix_sec) ==
		       0;
	if (!good) {
		learn_failed(p, net, kind);
		return;
	}
	log_outcome(p, net, kind, true);
	tell_data_plane(p, net, kind);
}

static void on_answer(void *ctx, int code)
{
	struct learn_job *job = ctx;
	struct server_peer *p =
		peer_of(client_table_by_peer_id(job->server->clients, job->peer_id));

	if (p && p->entry.cid == job->cid && p->state == PEER_CONNECTED) {
		learned(p, &job->net, job->kind, code == 0);
		if (job->kind != LEARN_MAC) {
			p->learn_left--;
			if (p->learn_left == 0)
				peer_learned(p);
		}
	}
	free(job);
}

static void ask(struct server_peer *p, const struct ip_net *net, enum learn_kind kind,
		const char *op)
{
	struct server *s = p->server;
	struct learn_job *job = calloc(1, sizeof(*job));
	char text[ADDR_TEXT_MAX];
	const char *args[] = {op, learn_net_format(net, text, sizeof(text)), p->cn};

	if (!job) {
		learn_failed(p, net, kind);
		return;
	}
	*job = (struct learn_job){.server = s,
				  .peer_id = p->entry.peer_id,
				  .cid = p->entry.cid,
				  .net = *net,
				  .kind = kind};
	p->learn_left += kind != LEARN_MAC;
	script_queue_add(s->queue, SCRIPT_LEARN_ADDRESS, p->env, args, ARRAY_SIZE(args), on_answer,
			 job);
}

/* ---- learning ---- */

static void learn(struct server_peer *p, const struct ip_net *net, enum learn_kind kind)
{
	struct server *s = p->server;
	const struct ip_addr *own = net->addr.family == AF_INET6 ? &s->own6 : &s->own4;
	uint32_t quota = p->cfg->server.max_routes_per_client;
	const char *op = "add";

	switch (learn_table_check(s->learned, net, &p->entry, quota, own, clock_now().unix_sec)) {
	case LEARN_KNOWN:
		tell_data_plane(p, net, kind);
		return;
	case LEARN_QUOTA:
		log_info(
			&p->log, 3,
			"MULTI ROUTE: route quota (%u) exceeded for %s (see --max-routes-per-client option)",
			quota, peer_name(p));
		learn_failed(p, net, kind);
		return;
	case LEARN_REFUSED:
		learn_failed(p, net, kind);
		return;
	case LEARN_UPDATE:
		op = "update";
		break;
	case LEARN_ADD:
		break;
	}
	if (script_configured(&s->app->scripts, SCRIPT_LEARN_ADDRESS))
		ask(p, net, kind, op);
	else
		learned(p, net, kind, true);
}

static void learn_primary(struct server_peer *p, const struct ip_addr *ip)
{
	struct ip_net net = host_net(ip);

	if (ip->family)
		learn(p, &net, LEARN_PRIMARY);
}

static void learn_iroutes(struct server_peer *p)
{
	for (size_t i = 0; i < p->cfg->per_client.iroutes.count; i++) {
		const struct ip_net *net = &p->cfg->per_client.iroutes.at[i];
		const char *obstacle = iroute_obstacle(p, net);
		char text[ADDR_TEXT_MAX];

		if (obstacle)
			log_warn(
				&p->log,
				"Note: with data channel offload no route to %s/%u is set for %s: %s",
				ip_addr_format(&net->addr, text, sizeof(text)), net->bits,
				peer_name(p), obstacle);
		log_info(&p->log, 3, "MULTI: internal route %s/%u -> %s",
			 ip_addr_format(&net->addr, text, sizeof(text)), net->bits, peer_name(p));
		learn(p, net, LEARN_IROUTE);
	}
}

void peer_learn(struct server_peer *p)
{
	p->learn_left = 1; /* this function itself */
	if (p->server->cfg->tun.type != CONFIG_DEV_TAP) {
		learn_primary(p, &p->ip4);
		learn_primary(p, &p->ip6);
		learn_iroutes(p);
	} else if (p->cfg->per_client.iroutes.count) {
		log_info(
			&p->log, 1,
			"MULTI: --iroute options rejected for %s -- iroute only works with tun-style tunnels",
			peer_name(p));
	}
	p->learn_left--;
	if (p->learn_left == 0)
		peer_learned(p);
}

void peer_mac_seen(struct server_peer *p, const uint8_t mac[LEARN_MAC_LEN])
{
	struct ip_net net = learn_mac(mac);

	if (p->state == PEER_CONNECTED)
		learn(p, &net, LEARN_MAC);
}

/* ---- unlearning ---- */

static void unlearn(struct server *s, const struct learn_row *row)
{
	char text[ADDR_TEXT_MAX];
	const char *args[] = {"delete", learn_net_format(&row->net, text, sizeof(text))};
	struct env *env;

	if (!script_configured(&s->app->scripts, SCRIPT_LEARN_ADDRESS))
		return;
	env = env_new(); /* the script gets nothing but script_type */
	if (!env)
		return;
	script_queue_add(s->queue, SCRIPT_LEARN_ADDRESS, env, args, ARRAY_SIZE(args), NULL, NULL);
	env_free(env);
}

void server_forget(struct server *s, struct client_entry *owner)
{
	struct learn_row row;

	while (learn_table_forget(s->learned, owner, 0, &row))
		unlearn(s, &row);
}

void server_learn_refresh(struct server *s, uint64_t unix_sec)
{
	const struct learn_row *row = NULL;
	uint64_t idle_ms;

	assume_control_thread();
	while ((row = learn_table_next(s->learned, row))) {
		const struct server_peer *p = peer_of(row->owner);

		if (row->net.addr.family == LEARN_FAMILY_MAC && p->dco_added &&
		    dco_mac_idle(tunnel_device(s->tunnel), p->entry.peer_id,
				 learn_mac_bytes(&row->net), &idle_ms) == 0)
			learn_table_refresh_one(s->learned, &row->net, unix_sec - idle_ms / 1000);
	}
}

/* The data plane counts packets of clients, not of addresses: a client that talks keeps them all.
 */
static void refresh_used(struct server *s, uint64_t unix_sec)
{
	struct client_entry *e = NULL;

	if (s->cfg->tun.type == CONFIG_DEV_TAP) {
		server_learn_refresh(s, unix_sec);
		return;
	}
	while ((e = client_table_next(s->clients, e))) {
		struct server_peer *p = peer_of(e);
		struct dco_peer_stats stats;

		peer_data_stats(p, &stats);
		if (stats.vpn_rx_packets + stats.vpn_tx_packets != p->stale_packets)
			learn_table_refresh(e, unix_sec);
		p->stale_packets = stats.vpn_rx_packets + stats.vpn_tx_packets;
	}
}

static void forget_in_data_plane(struct server_peer *p, const struct ip_net *net)
{
	struct dco_device *dev = tunnel_device(p->server->tunnel);
	bool is6 = net->addr.family == AF_INET6;

	if (!p->dco_added)
		return;
	assume_control_thread();
	if (net->addr.family == LEARN_FAMILY_MAC) {
		dco_mac_decide(dev, p->entry.peer_id, learn_mac_bytes(net), false);
		return;
	}
	if (!is_host(net)) {
		dco_route_del(dev, p->entry.peer_id, net);
		return;
	}
	(is6 ? &p->learned6 : &p->learned4)->family = AF_UNSPEC;
	if (dco_peer_set_vpn_ip(dev, p->entry.peer_id, &p->learned4, &p->learned6) < 0)
		log_warn(&p->log, "the data plane keeps a stale address");
}

void server_forget_stale(struct server *s, uint64_t unix_sec)
{
	uint32_t age = s->cfg->server.stale_routes_age_sec;
	struct learn_row row;

	refresh_used(s, unix_sec);
	assume_control_thread();
	if (unix_sec < age)
		return;
	while (learn_table_forget(s->learned, NULL, unix_sec - age, &row)) {
		forget_in_data_plane(peer_of(row.owner), &row.net);
		unlearn(s, &row);
	}
}
