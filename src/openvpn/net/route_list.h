/* SPDX-License-Identifier: GPL-2.0-only */
/* The routes of one tunnel: options in, kernel routes and script variables out. Spec 03
 * section 3.12. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "net/netlink.h"
#include "net/redirect.h"
#include "net/route_set.h"

/* One --route or --route-ipv6 as written; NULL or "default" for what is not given. */
struct route_option {
	const char *network; /* IPv6: "addr/bits" */
	const char *netmask; /* IPv4 only */
	const char *gateway;
	const char *metric;
	uint32_t table; /* --route-table in force at that line; 0: main */
};

/*
 * Turns a name of --route into IPv4 addresses. Return: their number, or ERR_RESOLVE.
 * route_resolve_wait() is one that blocks.
 */
typedef int (*route_resolve_fn)(void *ctx, const char *name, struct ip_addr *out, size_t cap);
int route_resolve_wait(void *ctx, const char *name, struct ip_addr *out, size_t cap);

struct route_list_config {
	const struct route_option *v4; /* configuration order, then pulled order */
	size_t n_v4;
	const struct route_option *v6;
	size_t n_v6;
	unsigned int redirect;	     /* REDIRECT_* */
	struct ip_addr vpn_gateway4; /* --route-gateway, else the remote of a p2p ifconfig */
	struct ip_addr vpn_gateway6; /* --route-ipv6-gateway, else the remote of ifconfig-ipv6 */
	long metric;		     /* --route-metric; -1: none given (with offload give 200) */
	struct ip_addr peer;	     /* address of the peer's socket, "remote_host" */
	int tun_ifindex;
	bool tap;
	bool tun_has_ip4; /* the device has an address of that family */
	bool tun_has_ip6;
	route_resolve_fn resolve; /* NULL: names are not resolved */
	void *resolve_ctx;
};

struct route_list;

/**
 * route_list_new() - resolve all options into routes
 * @cfg: borrowed during the call
 * @nl: borrowed for the life of the list; the present default routes are looked up here
 * @journal: borrowed likewise, or NULL
 *
 * An option that cannot be used is reported by its known line ("OpenVPN ROUTE: failed to
 * parse/resolve route for host/network: %s") and left out.
 *
 * Return: 0 or ERR_NOMEM.
 */
int route_list_new(const struct route_list_config *cfg, struct netlink *nl,
		   struct route_journal *journal, const struct log *log,
		   struct route_list **out) MUST_CHECK;

/** route_list_is_empty() - whether there is nothing to install and no redirect */
bool route_list_is_empty(const struct route_list *list);

/**
 * route_list_set_env() - route_network_N, route_netmask_N, route_gateway_N, route_metric_N,
 * route_ipv6_*_N, route_net_gateway, route_vpn_gateway, net_gateway_ipv6,
 * route_redirect_gateway_ipv4/6
 *
 * Variables of an earlier list are removed first.
 */
void route_list_set_env(const struct route_list *list, struct env *env);

/**
 * route_list_install() - redirect part, IPv4, IPv6, in this order; a second call does nothing
 * @env: NULL, or gets redirect_gateway ("0" or "1")
 *
 * Return: 0, or ERR_SYSTEM when at least one route failed (management state ROUTE_ERROR); the
 * lines were logged and all others are installed.
 */
int route_list_install(struct route_list *list, struct env *env) MUST_CHECK;

/** route_list_remove() - undo: IPv4, redirect part, IPv6; existing routes of others stay */
void route_list_remove(struct route_list *list);

/** route_list_free() - route_list_remove() if needed, then release */
void route_list_free(struct route_list *list);
