/* SPDX-License-Identifier: GPL-2.0-only */
/* One --route or --route-ipv6 line turned into routes. Spec 03 section 3.12.1. */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/log.h"
#include "net/route_list.h"
#include "net/route_set.h"

/* What the words of a route line stand for. */
struct route_words {
	struct ip_addr vpn_gateway; /* AF_UNSPEC: not known */
	struct ip_addr net_gateway;
	int net_ifindex; /* IPv6: interface of net_gateway */
	struct ip_addr remote_host;
	long metric; /* -1: none */
	int tun_ifindex;
	bool tap;
	route_resolve_fn resolve;
	void *resolve_ctx;
};

/**
 * route_option_v4() - append the routes of one --route to @ops
 *
 * Return: 0, or ERR_INVALID after the reason and "OpenVPN ROUTE: failed to parse/resolve route
 * for host/network: %s" were logged.
 */
int route_option_v4(const struct route_option *opt, const struct route_words *words,
		    const struct log *log, struct route_ops *ops) MUST_CHECK;
int route_option_v6(const struct route_option *opt, const struct route_words *words,
		    const struct log *log, struct route_ops *ops) MUST_CHECK;
