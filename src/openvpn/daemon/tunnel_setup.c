/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/tunnel_setup.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/mss.h"
#include "net/redirect.h"

unsigned int tunnel_setup_redirect(unsigned int flags)
{
	static const struct {
		unsigned int config, net;
	} map[] = {
		{CONFIG_REDIRECT, REDIRECT_ENABLED | REDIRECT_DEFAULT},
		{CONFIG_REDIRECT_PRIVATE, REDIRECT_ENABLED},
		{CONFIG_REDIRECT_LOCAL, REDIRECT_LOCAL},
		{CONFIG_REDIRECT_AUTOLOCAL, REDIRECT_AUTOLOCAL},
		{CONFIG_REDIRECT_DEF1, REDIRECT_DEF1},
		{CONFIG_REDIRECT_BYPASS_DHCP, REDIRECT_BYPASS_DHCP},
		{CONFIG_REDIRECT_BYPASS_DNS, REDIRECT_BYPASS_DNS},
		{CONFIG_REDIRECT_BLOCK_LOCAL, REDIRECT_BLOCK_LOCAL},
		{CONFIG_REDIRECT_IPV6, REDIRECT_IPV6},
		{CONFIG_REDIRECT_NOT_IPV4, REDIRECT_NO_IPV4},
	};
	unsigned int out = 0;

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (flags & map[i].config)
			out |= map[i].net;
	return out;
}

static int parse_addr(const char *option, const char *text, sa_family_t family, struct ip_addr *out,
		      struct err *err)
{
	if (ip_addr_parse_family(text, family, out) == 0)
		return 0;
	if (family == AF_INET && route_resolve_wait(NULL, text, out, 1) == 1)
		return 0; /* a name, which allow-pull-fqdn and configuration files may give */
	return err_set(err, ERR_INVALID, "--%s: '%s' is not an %s address", option, text,
		       family == AF_INET ? "IPv4" : "IPv6");
}

static bool has_netmask(const struct config *cfg)
{
	return cfg->tun.type == CONFIG_DEV_TAP || cfg->tun.topology == CONFIG_TOPOLOGY_SUBNET;
}

static int fill_ip4(struct iface_settings *s, const struct config *cfg, struct err *err)
{
	struct ip_addr second = {.family = AF_UNSPEC};
	int ret, bits;

	if (!cfg->tun.ifconfig_local)
		return 0;
	ret = parse_addr("ifconfig", cfg->tun.ifconfig_local, AF_INET, &s->local4, err);
	if (ret == 0)
		ret = parse_addr("ifconfig", cfg->tun.ifconfig_remote, AF_INET, &second, err);
	if (ret < 0)
		return ret;
	if (!has_netmask(cfg)) {
		s->remote4 = second;
		s->bits4 = 32;
		return 0;
	}
	bits = ip_mask4_bits(ntohl(second.u.in4.s_addr));
	if (bits < 0)
		return err_set(err, ERR_INVALID,
			       "--ifconfig: '%s' is not a netmask, which topology subnet needs",
			       cfg->tun.ifconfig_remote);
	s->bits4 = (uint8_t)bits;
	return 0;
}

static int fill_ip6(struct iface_settings *s, const struct config *cfg, struct err *err)
{
	int ret;

	if (!cfg->tun.ifconfig6_local)
		return 0;
	s->bits6 = cfg->tun.ifconfig6_bits;
	ret = parse_addr("ifconfig-ipv6", cfg->tun.ifconfig6_local, AF_INET6, &s->local6, err);
	if (ret == 0 && cfg->tun.ifconfig6_remote)
		ret = parse_addr("ifconfig-ipv6", cfg->tun.ifconfig6_remote, AF_INET6, &s->remote6,
				 err);
	return ret;
}

static int fill_lladdr(struct iface_settings *s, const struct config *cfg, struct err *err)
{
	const char *text = cfg->tun.lladdr;
	unsigned int b[6];

	if (!text)
		return 0;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
		return err_set(err, ERR_INVALID, "lladdr parm '%s' must be a MAC address", text);
	for (size_t i = 0; i < 6; i++)
		s->lladdr[i] = (uint8_t)b[i];
	s->has_lladdr = true;
	return 0;
}

static int fill_route_options(struct tunnel_setup *out, const struct config *cfg, struct err *err)
{
	const struct config_routing *r = &cfg->routing;
	struct route_list_config *list = &out->settings.routes;

	out->v4 = calloc(r->routes.count + 1, sizeof(*out->v4));
	out->v6 = calloc(r->routes6.count + 1, sizeof(*out->v6));
	if (!out->v4 || !out->v6)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < r->routes.count; i++)
		out->v4[i] = (struct route_option){.network = r->routes.at[i].network,
						   .netmask = r->routes.at[i].netmask,
						   .gateway = r->routes.at[i].gateway,
						   .metric = r->routes.at[i].metric,
						   .table = r->routes.at[i].table};
	for (size_t i = 0; i < r->routes6.count; i++)
		out->v6[i] = (struct route_option){.network = r->routes6.at[i].prefix,
						   .gateway = r->routes6.at[i].gateway,
						   .metric = r->routes6.at[i].metric,
						   .table = r->routes6.at[i].table};
	list->v4 = out->v4;
	list->n_v4 = r->routes.count;
	list->v6 = out->v6;
	list->n_v6 = r->routes6.count;
	return 0;
}

static int fill_routes(struct tunnel_setup *out, const struct config *cfg,
		       const union sock_addr *peer, struct err *err)
{
	const struct config_routing *r = &cfg->routing;
	struct iface_settings *iface = &out->settings.iface;
	struct route_list_config *list = &out->settings.routes;
	int ret = fill_route_options(out, cfg, err);

	list->redirect = tunnel_setup_redirect(r->redirect);
	list->metric = r->metric_set ? (long)r->metric : -1;
	list->resolve = route_resolve_wait;
	list->vpn_gateway4 = iface->remote4;
	list->vpn_gateway6 = iface->remote6;
	if (peer)
		list->peer = sock_addr_ip(peer);
	if (ret == 0 && r->gateway)
		ret = parse_addr("route-gateway", r->gateway, AF_INET, &list->vpn_gateway4, err);
	if (ret == 0 && r->gateway6)
		ret = parse_addr("route-ipv6-gateway", r->gateway6, AF_INET6, &list->vpn_gateway6,
				 err);
	return ret;
}

static enum dco_device_type device_type(enum config_dev_type type)
{
	switch (type) {
	case CONFIG_DEV_TAP:
		return DCO_TAP;
	case CONFIG_DEV_NULL:
		return DCO_NULL;
	case CONFIG_DEV_TUN:
	case CONFIG_DEV_UNDEFINED:
		break;
	}
	return DCO_TUN;
}

static struct dco_vlan vlan_of(const struct config_server *s)
{
	static const enum dco_vlan_accept accept[] = {
		[CONFIG_VLAN_ALL] = DCO_VLAN_ALL,
		[CONFIG_VLAN_TAGGED] = DCO_VLAN_TAGGED,
		[CONFIG_VLAN_UNTAGGED] = DCO_VLAN_UNTAGGED,
	};

	return (struct dco_vlan){
		.tagging = s->vlan_tagging, .accept = accept[s->vlan_accept], .pvid = s->vlan_pvid};
}

static void fill_device(struct dco_device_config *d, const struct config *cfg)
{
	const struct conn_entry *e = &cfg->ce;

	d->name = cfg->tun.dev;
	d->dev_node = cfg->tun.dev_node;
	d->type = device_type(cfg->tun.type);
	d->mode = cfg->mode == CONFIG_MODE_SERVER ? DCO_MODE_MULTI_PEER : DCO_MODE_P2P;
	d->txqueuelen = cfg->tun.txqueuelen;
	d->tun_mtu = e->tun_mtu;
	d->max_packet_bytes =
		mtu_buffer_bytes(e->tun_mtu, e->tun_mtu_max, e->max_packet_size, e->tun_mtu_extra);
	d->replay_window = cfg->crypto.replay_window;
	d->replay_time_sec = cfg->crypto.replay_time_sec;
	d->mute_replay_warnings = cfg->crypto.mute_replay_warnings;
	d->allow_recursive_routing = cfg->routing.allow_recursive_routing;
	d->client_to_client = cfg->server.client_to_client;
	d->route_table = cfg->routing.table;
	d->route_noexec = cfg->routing.noexec;
	d->max_routes_per_peer = cfg->server.max_routes_per_client;
	d->vlan = vlan_of(&cfg->server);
	d->ask_macs = cfg->scripts.learn_address != NULL;
	d->broadcasts_max = cfg->server.bcast_buffers;
	d->tcp_queue_limit = cfg->server.tcp_queue_limit;
	d->max_peers = cfg->mode == CONFIG_MODE_SERVER ? cfg->server.max_clients : 1;
}

int tunnel_setup_fill(struct tunnel_setup *out, const struct config *cfg,
		      const union sock_addr *peer, struct err *err)
{
	struct tunnel_settings *s = &out->settings;
	int ret;

	memset(out, 0, sizeof(*out));
	fill_device(&s->device, cfg);
	s->iface.mtu = cfg->ce.tun_mtu;
	s->iface.noexec = cfg->tun.ifconfig_noexec;
	s->route_noexec = cfg->routing.noexec;
	s->route_delayed = cfg->routing.delay_set;
	s->down_pre = cfg->scripts.down_pre;
	ret = fill_ip4(&s->iface, cfg, err);
	if (ret == 0)
		ret = fill_ip6(&s->iface, cfg, err);
	if (ret == 0)
		ret = fill_lladdr(&s->iface, cfg, err);
	return ret < 0 ? ret : fill_routes(out, cfg, peer, err);
}

void tunnel_setup_fini(struct tunnel_setup *s)
{
	free(s->v4);
	free(s->v6);
	s->v4 = s->v6 = NULL;
}

void tunnel_setup_note_offload(const struct config *cfg, const struct log *log)
{
	/* Without the option in the configuration nobody was told by the choice of the backend. */
	if (cfg->ce.mssfix && !config_given(cfg, "mssfix"))
		log_info(
			log, 3,
			"Note: the default of --mssfix has no effect when using data channel offload; if TCP stalls inside the tunnel, set --tun-mtu lower or clamp with the firewall: nft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu");
}
