/* SPDX-License-Identifier: GPL-2.0-only */
/* Networks behind peers as routes of the system. Spec 05 sections 1.14 and 7.D. */
#include "dco_linux.h"

#include <stdlib.h>

#include "net/route.h"

enum {
	ROUTE_METRIC = 100 /* below the 200 of --route */
};

static struct route to_route(const struct dco_linux *d, const struct kernel_route *r)
{
	return (struct route){
		.dst = r->net,
		.gateway = r->gateway,
		.ifindex = d->ifindex,
		.metric = ROUTE_METRIC,
		.table = d->route_table,
	};
}

static bool same_net(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && ip_addr_equal(&a->addr, &b->addr);
}

static bool is_host(const struct ip_net *net)
{
	return net->bits == (net->addr.family == AF_INET6 ? 128 : 32);
}

/* The latest of several entries for a network is the one that the system has. */
static const struct kernel_route *in_force(const struct dco_linux *d, const struct ip_net *net)
{
	for (const struct kernel_route *r = d->routes; r; r = r->next)
		if (same_net(&r->net, net))
			return r;
	return NULL;
}

static bool same_way(const struct kernel_route *a, const struct kernel_route *b)
{
	return a && b && ip_addr_equal(&a->gateway, &b->gateway);
}

static int set_in_system(struct dco_linux *d, const struct kernel_route *r)
{
	struct route rt = to_route(d, r);
	struct err err = {0};
	int ret = route_add(d->rtnl, &rt, &err);

	if (ret == ERR_EXISTS)
		return 0;
	if (ret < 0)
		log_warn(&d->log, "%s", err.text);
	return ret;
}

static void clear_in_system(struct dco_linux *d, const struct kernel_route *r)
{
	struct route rt = to_route(d, r);
	struct err err = {0};
	int ret = d->device_gone ? 0 : route_del(d->rtnl, &rt, &err);

	if (ret < 0 && ret != ERR_NOT_FOUND)
		log_warn(&d->log, "%s", err.text);
}

int kernel_route_add(struct dco_linux *d, const struct kernel_peer *p, const struct ip_net *net)
{
	const struct ip_addr *vpn = net->addr.family == AF_INET6 ? &p->vpn_ip6 : &p->vpn_ip4;
	bool own = is_host(net) && ip_addr_equal(&net->addr, vpn);
	const struct kernel_route *before = in_force(d, net);
	struct kernel_route *r;
	int ret = 0;

	if (!ip_addr_is_set(vpn) || d->route_noexec)
		return 0; /* no address of this family to send it to, or somebody else makes them */
	r = calloc(1, sizeof(*r));
	if (!r)
		return ERR_NOMEM;
	r->peer_id = p->id;
	r->net = *net;
	if (!own)
		r->gateway = *vpn;
	if (!same_way(before, r)) {
		if (before)
			clear_in_system(d, before);
		ret = set_in_system(d, r);
	}
	if (ret < 0) {
		if (before)
			(void)set_in_system(d, before);
		free(r);
		return ret;
	}
	r->next = d->routes;
	d->routes = r;
	return 0;
}

static void drop(struct dco_linux *d, struct kernel_route **at)
{
	struct kernel_route *r = *at;
	bool was_in_force = in_force(d, &r->net) == r;
	const struct kernel_route *now;

	*at = r->next;
	now = in_force(d, &r->net);
	if (was_in_force && !same_way(now, r)) {
		clear_in_system(d, r);
		if (now && !d->device_gone)
			(void)set_in_system(d, now);
	}
	free(r);
}

void kernel_route_del(struct dco_linux *d, uint32_t peer_id, const struct ip_net *net)
{
	for (struct kernel_route **at = &d->routes; *at; at = &(*at)->next)
		if ((*at)->peer_id == peer_id && same_net(&(*at)->net, net)) {
			drop(d, at);
			return;
		}
}

void kernel_routes_del_peer(struct dco_linux *d, uint32_t peer_id)
{
	struct kernel_route **at = &d->routes;

	while (*at)
		if ((*at)->peer_id == peer_id)
			drop(d, at);
		else
			at = &(*at)->next;
}
