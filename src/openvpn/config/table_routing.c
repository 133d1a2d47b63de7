/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.6: routes, gateways, DNS. */
#include <string.h>

#include "config/internal.h"

/* Network data of a server must be literal unless the user allows names (spec 03 section 3.5.6). */
static bool address_ok(const struct opt *o, const char *text)
{
	return !opt_is_pushed(o) || value_special_route(text) ||
	       value_quad_or_name(text, o->cfg->routing.allow_pull_fqdn);
}

/* "default" and missing mean the same */
static int optional_text(struct opt *o, size_t index, const char **out)
{
	if (o->argc <= index || strcmp(o->arg[index], "default") == 0)
		return 0;
	return value_text(o, o->arg[index], out);
}

static int route_apply(struct opt *o)
{
	struct config_routing *r = &o->cfg->routing;
	struct config_route route = {.table = r->table};
	int ret;

	if (!address_ok(o, o->arg[0]))
		return opt_error(o, "route parameter network/IP '%s' must be a valid address",
				 o->arg[0]);
	if (opt_is_pushed(o) && o->argc > 1 && strcmp(o->arg[1], "default") != 0 &&
	    !value_dotted_quad(o->arg[1], NULL))
		return opt_error(o, "route parameter netmask '%s' must be an IP address",
				 o->arg[1]);
	if (o->argc > 2 && !address_ok(o, o->arg[2]))
		return opt_error(o, "route parameter gateway '%s' must be a valid address",
				 o->arg[2]);

	ret = value_text(o, o->arg[0], &route.network);
	if (ret == 0)
		ret = optional_text(o, 1, &route.netmask);
	if (ret == 0)
		ret = optional_text(o, 2, &route.gateway);
	if (ret == 0)
		ret = optional_text(o, 3, &route.metric);
	if (ret < 0)
		return ret;
	if (opt_clear_once(o, UPDATE_ROUTE))
		LIST_CLEAR(&r->routes);
	LIST_ADD_ITEM(o->cfg, &r->routes, &route);
	return 0;
}

static int check_pushed_route6(struct opt *o)
{
	struct config_net6 net;
	int ret;

	if (!opt_is_pushed(o))
		return 0;
	ret = value_net6(o, o->arg[0], &net);
	if (ret == ERR_USAGE)
		return ret;
	if (ret < 0)
		return opt_error(o, "route-ipv6 parameter network/IP '%s' must be a valid address",
				 o->arg[0]);
	if (o->argc > 1 && strcmp(o->arg[1], "default") != 0 && !value_ip6(o->arg[1], NULL))
		return opt_error(o, "route-ipv6 parameter gateway '%s' must be a valid address",
				 o->arg[1]);
	return 0;
}

static int route6_apply(struct opt *o)
{
	struct config_routing *r = &o->cfg->routing;
	struct config_route6 route = {.table = r->table};
	int ret = check_pushed_route6(o);

	if (ret == 0)
		ret = value_text(o, o->arg[0], &route.prefix);
	if (ret == 0)
		ret = optional_text(o, 1, &route.gateway);
	if (ret == 0)
		ret = optional_text(o, 2, &route.metric);
	if (ret < 0)
		return ret;
	if (opt_clear_once(o, UPDATE_ROUTE6))
		LIST_CLEAR(&r->routes6);
	LIST_ADD_ITEM(o->cfg, &r->routes6, &route);
	return 0;
}

static int route_gateway_apply(struct opt *o)
{
	struct config_routing *r = &o->cfg->routing;
	int ret;

	if (strcmp(o->arg[0], "dhcp") == 0) {
		r->gateway_dhcp = true;
		return 0;
	}
	if (!value_quad_or_name(o->arg[0], r->allow_pull_fqdn))
		return opt_error(o, "route-gateway parm '%s' must be a valid address", o->arg[0]);
	ret = value_text(o, o->arg[0], &r->gateway);
	if (ret == 0)
		r->gateway_dhcp = false;
	return ret;
}

static int route_gateway6_apply(struct opt *o)
{
	if (!value_ip6(o->arg[0], NULL))
		return opt_error(o, "route-ipv6-gateway parm '%s' must be a valid address",
				 o->arg[0]);
	return value_text(o, o->arg[0], &o->cfg->routing.gateway6);
}

static int route_metric_apply(struct opt *o)
{
	int ret = value_u31(o, o->arg[0], &o->cfg->routing.metric);

	if (ret == 0)
		o->cfg->routing.metric_set = true;
	return ret;
}

static int route_delay_apply(struct opt *o)
{
	struct config_routing *r = &o->cfg->routing;
	uint32_t delay = 0;
	uint32_t window = r->delay_window_sec;
	int ret = o->argc > 0 ? value_u31(o, o->arg[0], &delay) : 0;

	if (ret == 0 && o->argc > 1)
		ret = value_u31(o, o->arg[1], &window);
	if (ret < 0)
		return ret;
	r->delay_sec = delay;
	r->delay_window_sec = window;
	r->delay_set = true;
	return 0;
}

static int route_method_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "adaptive") != 0 && strcmp(o->arg[0], "ipapi") != 0 &&
	    strcmp(o->arg[0], "exe") != 0)
		return opt_error(o, "--route method must be 'adaptive', 'ipapi', or 'exe'");
	return 0;
}

static int max_routes_apply(struct opt *o)
{
	if (!opt_is_pushed(o))
		opt_warn(o, "DEPRECATED OPTION: --max-routes option ignored.");
	return 0;
}

static bool redirect_flag(const char *word, unsigned int *flags)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} words[] = {
		{"local", CONFIG_REDIRECT_LOCAL},
		{"autolocal", CONFIG_REDIRECT_AUTOLOCAL},
		{"def1", CONFIG_REDIRECT_DEF1},
		{"bypass-dhcp", CONFIG_REDIRECT_BYPASS_DHCP},
		{"bypass-dns", CONFIG_REDIRECT_BYPASS_DNS},
		{"block-local", CONFIG_REDIRECT_BLOCK_LOCAL},
		{"ipv6", CONFIG_REDIRECT_IPV6},
		{"!ipv4", CONFIG_REDIRECT_NOT_IPV4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*flags |= words[i].flag;
			return true;
		}
	}
	return false;
}

static int redirect_apply(struct opt *o)
{
	unsigned int *redirect = &o->cfg->routing.redirect;
	bool private = strcmp(o->name, "redirect-private") == 0;
	unsigned int flags = private ? CONFIG_REDIRECT_PRIVATE : CONFIG_REDIRECT;

	for (size_t i = 0; i < o->argc; i++)
		if (!redirect_flag(o->arg[i], &flags))
			return opt_error(o, "unknown --%s flag: %s", o->name, o->arg[i]);
	if (opt_clear_once(o, UPDATE_REDIRECT))
		*redirect = 0;
	if (*redirect)
		opt_warn(
			o,
			"WARNING: You have specified redirect-gateway and redirect-private at the same time (or the same option multiple times). This is not well supported and may lead to unexpected results");
	*redirect |= flags;
	return 0;
}

enum {
	CLIENT_NAT_MAX = 64,
};

static int client_nat_apply(struct opt *o)
{
	struct config_client_nat nat = {0};

	if (strcmp(o->arg[0], "dnat") == 0)
		nat.dnat = true;
	else if (strcmp(o->arg[0], "snat") != 0)
		return opt_error(o, "client-nat: type must be 'snat' or 'dnat'");
	if (!value_ip4(o, o->arg[1], &nat.network))
		return opt_error(o, "client-nat: bad network: %s", o->arg[1]);
	if (!value_ip4(o, o->arg[2], &nat.netmask))
		return opt_error(o, "client-nat: bad netmask: %s", o->arg[2]);
	if (!value_ip4(o, o->arg[3], &nat.foreign))
		return opt_error(o, "client-nat: bad foreign network: %s", o->arg[3]);
	if (o->cfg->routing.client_nat.count >= CLIENT_NAT_MAX) {
		opt_warn(o, "WARNING: client-nat table overflow (max %d entries)", CLIENT_NAT_MAX);
		return 0;
	}
	LIST_ADD_ITEM(o->cfg, &o->cfg->routing.client_nat, &nat);
	return 0;
}

static int dns_updown_apply(struct opt *o)
{
	struct config_dns *dns = &o->cfg->dns;
	int ret;

	if (o->argc > 1)
		return opt_error(
			o,
			"the --%s directive should have at most 1 parameter.  To pass a list of arguments as one of the parameters, try enclosing them in double quotes (\"\").",
			o->name);
	if (strcmp(o->arg[0], "disable") == 0) {
		dns->updown_disabled = true;
		return 0;
	}
	if (strcmp(o->arg[0], "force") == 0) {
		dns->updown_force = !dns->updown_user;
		dns->updown_disabled = false;
		return 0;
	}
	ret = opt_check_script(o, o->arg[0], false);
	if (ret < 0)
		return ret;
	if (dns->updown_user)
		opt_warn(
			o,
			"Multiple --%s scripts defined.  The previously configured script is overridden.",
			o->name);
	dns->updown_user = true;
	dns->updown_force = false;
	dns->updown_disabled = false;
	return value_text(o, o->arg[0], &dns->updown);
}

static const struct option_row rows[] = {
	{.name = "route",
	 .args = "network [netmask [gateway [metric]]]",
	 .help = "add an IPv4 route through the tunnel",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 4, route_apply),
	 WORKS("through the driver's device")},
	{.name = "route-ipv6",
	 .args = "prefix [gateway [metric]]",
	 .help = "add an IPv6 route through the tunnel",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 3, route6_apply),
	 WORKS("through the driver's device")},
	{.name = "route-gateway",
	 .args = "address|dhcp",
	 .help = "gateway of routes that name none",
	 .groups = GROUP_ROUTE_EXTRAS,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, route_gateway_apply),
	 APART},
	{.name = "route-ipv6-gateway",
	 .args = "address",
	 .help = "gateway of IPv6 routes that name none",
	 .groups = GROUP_ROUTE, /* so --route-nopull covers it */
	 IF_BUILT(ALWAYS),
	 FN(1, 1, route_gateway6_apply),
	 APART},
	{.name = "route-metric",
	 .args = "n",
	 .help = "metric of routes that name none",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, route_metric_apply),
	 IDLE("only metrics above 100 let routes to networks behind clients win",
	      "use a metric above 100")},
	{.name = "route-table",
	 .args = "id",
	 .help = "routing table of the route lines that follow",
	 .groups = GROUP_ROUTE_TABLE,
	 IF_BUILT(ALWAYS),
	 U31(routing.table),
	 WORKS("also the table of routes to networks behind clients")},
	{.name = "route-delay",
	 .args = "[seconds [window]]",
	 .help = "wait before routes are added",
	 .groups = GROUP_ROUTE_EXTRAS,
	 IF_BUILT(ALWAYS),
	 FN(0, 2, route_delay_apply),
	 APART},
	{.name = "route-noexec",
	 .help = "do not add routes, only tell scripts",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(routing.noexec),
	 IDLE("of a server: they are routes of the system, which this option forbids",
	      "set them in a --learn-address program, or remove it")},
	{.name = "route-nopull",
	 .help = "refuse routes and DNS settings of the server",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(routing.nopull),
	 APART},
	{.name = "route-method",
	 .args = "adaptive|ipapi|exe",
	 .help = "accepted; of Windows only",
	 .groups = GROUP_ROUTE_EXTRAS,
	 NO_OP,
	 FN(1, 1, route_method_apply)},
	{.name = "max-routes",
	 .args = "[n]",
	 .help = "ignored",
	 .groups = GROUP_ANY,
	 NO_OP,
	 FN(0, 1, max_routes_apply)},
	{.name = "redirect-gateway",
	 .args = "[flag ...]",
	 .help = "send all traffic through the tunnel",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(0, MANY, redirect_apply),
	 WORKS("through the driver's device")},
	{.name = "redirect-private",
	 .args = "[flag ...]",
	 .help = "the same without replacing the default route",
	 .groups = GROUP_ROUTE,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(0, MANY, redirect_apply),
	 WORKS("through the driver's device")},
	{.name = "client-nat",
	 .args = "snat|dnat network netmask alias",
	 .help = "translate addresses inside the tunnel one to one",
	 .groups = GROUP_ROUTE,
	 .needs = FEAT_CLIENT_NAT,
	 IF_BUILT(CLIENT_NAT),
	 FN(4, 4, client_nat_apply),
	 OBSTACLE("the driver does not translate addresses inside the tunnel",
		  "remove it and translate with nftables on the device")},
	{.name = "allow-pull-fqdn",
	 .help = "accept names in pushed ifconfig, route and route-gateway",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(routing.allow_pull_fqdn),
	 APART},
	{.name = "allow-recursive-routing",
	 .help = "do not drop tunnel packets that go to the peer's own address",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(routing.allow_recursive_routing),
	 WORKS("the driver sends its own packets by the routes of the system, loops must be avoided there")},
	{.name = "dns",
	 .args = "search-domains d ...|server n type value ...",
	 .help = "DNS servers and domains to use while connected",
	 .groups = GROUP_DNS,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, dns_apply),
	 APART},
	{.name = "dns-updown",
	 .args = "cmd|force|disable",
	 .help = "program which applies DNS settings",
	 .groups = GROUP_SCRIPT,
	 IF_BUILT(ALWAYS),
	 FN(1, MANY, dns_updown_apply),
	 APART},
	{.name = "dhcp-option",
	 .args = "type [value [value]]",
	 .help = "older form of DNS settings, also for scripts",
	 .groups = GROUP_DNS,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 3, dhcp_option_apply),
	 APART},
};

const struct option_table table_routing = {"Routes and DNS", rows, ARRAY_SIZE(rows)};
