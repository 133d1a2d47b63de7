/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/route_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/iface.h"
#include "net/gateway.h"
#include "net/resolve.h"
#include "net/route_option.h"

enum {
	VERB_GATEWAY = 3
};

struct route_list {
	struct netlink *nl;
	struct log log;
	unsigned int flags;
	int tun_ifindex;
	bool tun_has_ip4, tun_has_ip6;
	bool installed;
	struct ip_addr vpn_gateway4, vpn_gateway6;
	struct redirect_input look;
	struct redirect_plan plan;
	struct route_ops v4, v6; /* of the options, then (IPv6) of the redirect flag */
	/* one set each, because the order of undoing is not the reverse of doing */
	struct route_set *redirect_set, *v4_set, *v6_set;
};

int route_resolve_wait(void *ctx UNUSED, const char *name, struct ip_addr *out, size_t cap)
{
	struct resolve_query q = {.host = name, .family = AF_INET};
	struct resolve_result *r = calloc(1, sizeof(*r));
	size_t n;
	int ret;

	if (!r)
		return ERR_NOMEM;
	ret = resolve_wait(&q, r);
	n = r->n_addrs < cap ? r->n_addrs : cap;
	for (size_t i = 0; i < n; i++)
		out[i] = sock_addr_ip(&r->addrs[i]);
	free(r);
	return ret < 0 ? ret : (int)n;
}

static struct ip_addr only_family(const struct ip_addr *ip, sa_family_t family)
{
	return ip->family == family ? *ip : (struct ip_addr){0};
}

static struct route_words words_of(const struct route_list_config *cfg,
				   const struct redirect_input *look, sa_family_t family)
{
	bool v4 = family == AF_INET;
	const struct route *net = v4 ? &look->default4 : &look->default6;
	struct route_words w = {
		.vpn_gateway = v4 ? cfg->vpn_gateway4 : cfg->vpn_gateway6,
		.remote_host = only_family(&cfg->peer, family),
		.metric = cfg->metric,
		.tun_ifindex = cfg->tun_ifindex,
		.tap = cfg->tap,
		.resolve = cfg->resolve,
		.resolve_ctx = cfg->resolve_ctx,
	};

	if (v4 ? look->have_default4 : look->have_default6) {
		w.net_gateway = net->gateway;
		w.net_ifindex = net->ifindex;
	}
	return w;
}

/* Bad options were reported and are left out. */
static void take_options(struct route_list *l, const struct route_list_config *cfg)
{
	struct route_words w4 = words_of(cfg, &l->look, AF_INET);
	struct route_words w6 = words_of(cfg, &l->look, AF_INET6);

	for (size_t i = 0; i < cfg->n_v4; i++)
		(void)!route_option_v4(&cfg->v4[i], &w4, &l->log, &l->v4);
	for (size_t i = 0; i < cfg->n_v6; i++)
		(void)!route_option_v6(&cfg->v6[i], &w6, &l->log, &l->v6);
}

static void note_overlap(struct route_list *l, const struct ip_net *net)
{
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];

	log_info(&l->log, VERB_GATEWAY,
		 "ROUTE6: %s/%u overlaps IPv6 remote %s, adding host route to VPN endpoint",
		 ip_addr_format(&net->addr, a, sizeof(a)), net->bits,
		 ip_addr_format(&l->look.peer, b, sizeof(b)));
}

static void make_plan(struct route_list *l, const struct route_list_config *cfg)
{
	struct route_words w6 = words_of(cfg, &l->look, AF_INET6);

	for (size_t i = 0; i < l->v6.n && !l->look.peer6_covered; i++) {
		if (!ip_net_contains(&l->v6.op[i].route.dst, &l->look.peer))
			continue;
		l->look.peer6_covered = true;
		note_overlap(l, &l->v6.op[i].route.dst);
	}
	redirect_plan(&l->look, &l->plan);
	for (size_t i = 0; i < l->plan.n_nets6; i++) {
		struct route rt = {
			.dst = l->plan.nets6[i],
			.ifindex = cfg->tun_ifindex,
			.metric = cfg->metric > 0 ? (uint32_t)cfg->metric : 0,
		};

		if (cfg->tap)
			rt.gateway = w6.vpn_gateway;
		route_ops_add(&l->v6, ROUTE_OP_ADD, &rt);
	}
}

static void log_gateways(struct route_list *l)
{
	char text[256];

	if (l->look.have_default4 && gateway_format(l->nl, AF_INET, NULL, text, sizeof(text)) == 0)
		log_info(&l->log, VERB_GATEWAY, "%s", text);
	if (l->look.have_default6 && gateway_format(l->nl, AF_INET6, NULL, text, sizeof(text)) == 0)
		log_info(&l->log, VERB_GATEWAY, "%s", text);
}

static bool is_complete(const struct route_list *l)
{
	return l->redirect_set && l->v4_set && l->v6_set && !l->v4.failed && !l->v6.failed &&
	       !l->plan.ops4.failed && !l->plan.ops6.failed;
}

int route_list_new(const struct route_list_config *cfg, struct netlink *nl,
		   struct route_journal *journal, const struct log *log, struct route_list **out)
{
	struct route_list *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (!l)
		return ERR_NOMEM;
	l->nl = nl;
	l->log = *log;
	l->flags = cfg->redirect;
	l->tun_ifindex = cfg->tun_ifindex;
	l->tun_has_ip4 = cfg->tun_has_ip4;
	l->tun_has_ip6 = cfg->tun_has_ip6;
	l->vpn_gateway4 = cfg->vpn_gateway4;
	l->vpn_gateway6 = cfg->vpn_gateway6;
	l->look.flags = cfg->redirect;
	l->look.tun_ifindex = cfg->tun_ifindex;
	l->look.vpn_gateway4 = cfg->vpn_gateway4;
	l->look.peer = cfg->peer;
	redirect_look(nl, &l->look);
	log_gateways(l);
	take_options(l, cfg);
	make_plan(l, cfg);
	l->redirect_set = route_set_new(nl, journal, cfg->tun_ifindex, log);
	l->v4_set = route_set_new(nl, journal, cfg->tun_ifindex, log);
	l->v6_set = route_set_new(nl, journal, cfg->tun_ifindex, log);
	if (!is_complete(l)) {
		route_list_free(l);
		return ERR_NOMEM;
	}
	*out = l;
	return 0;
}

bool route_list_is_empty(const struct route_list *l)
{
	return l->v4.n == 0 && l->v6.n == 0 && !(l->flags & REDIRECT_ENABLED);
}

static void set_env_addr(struct env *env, const char *name, const struct ip_addr *ip)
{
	char text[ADDR_TEXT_MAX];

	if (ip_addr_is_set(ip))
		env_set(env, name, ip_addr_format(ip, text, sizeof(text)));
}

static void set_env_numbered(struct env *env, const char *name, size_t n, const char *value)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%zu", name, n);
	env_set(env, full, value);
}

static void set_env_v4(struct env *env, const struct route *rt, size_t n)
{
	struct ip_addr mask = {.family = AF_INET};
	char text[ADDR_TEXT_MAX];

	mask.u.in4.s_addr = htonl(ip_net_mask4(rt->dst.bits));
	set_env_numbered(env, "route_network", n,
			 ip_addr_format(&rt->dst.addr, text, sizeof(text)));
	set_env_numbered(env, "route_netmask", n, ip_addr_format(&mask, text, sizeof(text)));
	set_env_numbered(env, "route_gateway", n, ip_addr_format(&rt->gateway, text, sizeof(text)));
	if (rt->metric) {
		snprintf(text, sizeof(text), "%u", rt->metric);
		set_env_numbered(env, "route_metric", n, text);
	}
}

static void set_env_v6(struct env *env, const struct route *rt, const struct ip_addr *gateway,
		       size_t n)
{
	char addr[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8];

	snprintf(text, sizeof(text), "%s/%u", ip_addr_format(&rt->dst.addr, addr, sizeof(addr)),
		 rt->dst.bits);
	set_env_numbered(env, "route_ipv6_network", n, text);
	if (ip_addr_is_set(&rt->gateway))
		gateway = &rt->gateway;
	set_env_numbered(env, "route_ipv6_gateway", n,
			 ip_addr_is_set(gateway) ? ip_addr_format(gateway, addr, sizeof(addr))
						 : "::");
	if (rt->metric) {
		snprintf(text, sizeof(text), "%u", rt->metric);
		set_env_numbered(env, "route_ipv6_metric", n, text);
	}
}

void route_list_set_env(const struct route_list *l, struct env *env)
{
	static const char *const prefixes[] = {
		"route_network_",     "route_netmask_",		 "route_gateway_",
		"route_metric_",      "route_ipv6_network_",	 "route_ipv6_gateway_",
		"route_ipv6_metric_", "route_net_gateway",	 "route_vpn_gateway",
		"net_gateway_ipv6",   "route_redirect_gateway_",
	};
	const char *redirect = l->flags & REDIRECT_BLOCK_LOCAL ? "2" : "1";

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		env_del_prefix(env, prefixes[i]);
	if (l->look.have_default4)
		set_env_addr(env, "route_net_gateway", &l->look.default4.gateway);
	if (l->look.have_default6 && l->v6.n)
		set_env_addr(env, "net_gateway_ipv6", &l->look.default6.gateway);
	set_env_addr(env, "route_vpn_gateway", &l->vpn_gateway4);
	for (size_t i = 0; i < l->v4.n; i++)
		set_env_v4(env, &l->v4.op[i].route, i + 1);
	for (size_t i = 0; i < l->v6.n; i++)
		set_env_v6(env, &l->v6.op[i].route, &l->vpn_gateway6, i + 1);
	if ((l->flags & REDIRECT_DEFAULT) && !(l->flags & REDIRECT_NO_IPV4))
		env_set(env, "route_redirect_gateway_ipv4", redirect);
	if ((l->flags & REDIRECT_DEFAULT) && (l->flags & REDIRECT_IPV6))
		env_set(env, "route_redirect_gateway_ipv6", redirect);
}

static int apply_all(struct route_set *set, const struct route_ops *ops)
{
	int ret = 0;

	for (size_t i = 0; i < ops->n; i++)
		if (route_set_apply(set, &ops->op[i]) < 0)
			ret = ERR_SYSTEM;
	return ret;
}

static bool is_default_route(const struct route_op *op)
{
	return op->kind == ROUTE_OP_ADD && op->route.dst.bits == 0;
}

/* A machine must not be left without a default route because the new one was refused. */
static int install_redirect(struct route_list *l)
{
	int ret = 0;

	for (unsigned int note = 1; note <= REDIRECT_NOTE_MULTIPATH; note <<= 1)
		if (l->plan.notes & note)
			log_warn(&l->log, "%s", redirect_note_text(note));
	for (size_t i = 0; i < l->plan.ops4.n; i++) {
		const struct route_op *op = &l->plan.ops4.op[i];

		if (route_set_apply(l->redirect_set, op) == 0)
			continue;
		ret = ERR_SYSTEM;
		if (is_default_route(op)) {
			route_set_undo(l->redirect_set);
			l->plan.redirects4 = false;
			break;
		}
	}
	return ret;
}

static void warn_no_address(struct route_list *l, const char *family)
{
	char dev[IF_NAMESIZE];

	log_warn(
		&l->log,
		"WARNING: OpenVPN was configured to add an %s route. However, no %s has been configured for %s, therefore the route installation may fail or may not work as expected.",
		family, family, iface_name(l->tun_ifindex, dev));
}

int route_list_install(struct route_list *l, struct env *env)
{
	int ret = 0;

	if (l->installed)
		return 0;
	l->installed = true;
	if (install_redirect(l) < 0)
		ret = ERR_SYSTEM;
	if (l->v4.n > 0 && !l->tun_has_ip4)
		warn_no_address(l, "IPv4");
	if (apply_all(l->v4_set, &l->v4) < 0)
		ret = ERR_SYSTEM;
	if (l->v6.n > 0 && !l->tun_has_ip6)
		warn_no_address(l, "IPv6");
	if (apply_all(l->v6_set, &l->plan.ops6) < 0 || apply_all(l->v6_set, &l->v6) < 0)
		ret = ERR_SYSTEM;
	if (env)
		env_set(env, "redirect_gateway", l->plan.redirects4 ? "1" : "0");
	return ret;
}

void route_list_remove(struct route_list *l)
{
	if (!l->installed)
		return;
	l->installed = false;
	route_set_undo_in_order(l->v4_set);
	route_set_undo(l->redirect_set);
	route_set_undo(l->v6_set);
}

void route_list_free(struct route_list *l)
{
	if (!l)
		return;
	if (l->redirect_set && l->v4_set && l->v6_set)
		route_list_remove(l);
	redirect_plan_fini(&l->plan);
	route_ops_fini(&l->v4);
	route_ops_fini(&l->v6);
	route_set_free(l->redirect_set);
	route_set_free(l->v4_set);
	route_set_free(l->v6_set);
	free(l);
}
