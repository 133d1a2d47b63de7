/* SPDX-License-Identifier: GPL-2.0-only */
/* Routes of the kernel: add, delete, look up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "net/netlink.h"

enum {
	/*
	 * Routes that we add carry this protocol number ("proto 111" in the output of `ip route`),
	 * so that a later start can tell them from the administrator's. Not assigned in rt_protos.
	 */
	ROUTE_PROTO_OPENVPN = 111,
	ROUTE_TABLE_MAIN = 254,
	ROUTE_TABLE_LOCAL = 255, /* of a lookup: an address of this machine */
};

/* One route with one next hop. All zero is a valid "none". */
struct route {
	struct ip_net dst;
	struct ip_addr gateway; /* AF_UNSPEC: directly connected */
	struct ip_addr src;	/* preferred source; AF_UNSPEC: none */
	int ifindex;		/* 0: the kernel finds it by the gateway */
	uint32_t table;		/* 0: main */
	uint32_t metric;	/* 0: none (IPv6: the kernel's default, 1024) */
	uint8_t proto;		/* 0: ROUTE_PROTO_OPENVPN when added, any when deleted */
	bool onlink;		/* gateway need not be in a connected network */
	bool multipath;		/* of a lookup: has further next hops, which are not shown */
};

/**
 * route_add() - add one route
 *
 * Log: "net_route_v4_add: NET/BITS via GW dev [NULL] table 0 metric -1" (and _v6_).
 *
 * Return: 0; ERR_EXISTS when there is a route to the same destination with the same metric in that
 * table (nothing is changed, @err untouched); else ERR_* with the reason in @err.
 */
int route_add(struct netlink *nl, const struct route *rt, struct err *err) MUST_CHECK;

/** route_del() - delete one route. Return: 0, ERR_NOT_FOUND, or another ERR_* with @err set. */
int route_del(struct netlink *nl, const struct route *rt, struct err *err) MUST_CHECK;

/**
 * route_get() - how the kernel would send to @dst now (like `ip route get`)
 * @out: dst is the host, gateway is unset if @dst is on the link, src is the source it would use
 *
 * Return: 0, or ERR_UNREACHABLE when there is no route.
 */
int route_get(struct netlink *nl, const struct ip_addr *dst, struct route *out) MUST_CHECK;

/**
 * route_default() - the default route of the main table with the lowest metric
 * @family: AF_INET or AF_INET6
 * @not_ifindex: routes through this interface do not count; 0 for none
 *
 * Return: 0, ERR_NOT_FOUND, ERR_NOMEM or ERR_SYSTEM.
 */
int route_default(struct netlink *nl, sa_family_t family, int not_ifindex,
		  struct route *out) MUST_CHECK;

/**
 * route_connected() - the networks that are directly connected to an interface
 * @out: room for @cap; host networks (/32, /128) and link-local ones are left out
 *
 * Return: their number, at most @cap, or ERR_*.
 */
int route_connected(struct netlink *nl, int ifindex, sa_family_t family, struct ip_net *out,
		    size_t cap) MUST_CHECK;

/** route_flush_stale() - delete routes with our protocol number that leave by @ifindex
 *
 * For a persistent device that was just opened: nobody else owns it, so they are left over from a
 * process that was killed. Return: number of routes deleted, or ERR_*.
 */
int route_flush_stale(struct netlink *nl, int ifindex);

bool route_equal(const struct route *a, const struct route *b);

enum {
	ROUTE_TEXT_MAX = 256
};

/** route_format() - "10.0.0.0/8 via 10.8.0.1 dev tun0 table 0 metric -1"; returns @buf */
const char *route_format(const struct route *rt, char *buf, size_t cap);
