/* SPDX-License-Identifier: GPL-2.0-only */
/* Which peer an address inside the tunnel belongs to. Spec 02 section 13.2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct engine_peer;
struct route_table;

/** route_table_new() - NULL when out of memory */
struct route_table *route_table_new(uint32_t max_routes) MUST_CHECK;
void route_table_free(struct route_table *t);

/**
 * route_table_add() - @net belongs to @peer from now on, whosever it was before
 *
 * Bits of the address beyond the prefix are ignored. A host is a network of full length.
 *
 * Return: 0, ERR_INVALID for an impossible prefix, or ERR_NOMEM.
 */
int route_table_add(struct route_table *t, const struct ip_net *net,
		    struct engine_peer *peer) MUST_CHECK;

/** route_table_del() - forget @net if it belongs to @peer */
void route_table_del(struct route_table *t, const struct ip_net *net,
		     const struct engine_peer *peer);

/** route_table_del_peer() - forget everything of @peer; costs what it has, not what the table holds
 */
void route_table_del_peer(struct route_table *t, struct engine_peer *peer);

/** route_table_find() - by the longest prefix that matches; NULL when nobody has @ip */
struct engine_peer *route_table_find(const struct route_table *t, const struct ip_addr *ip);

/** route_table_fetch() - ask for the memory where route_table_find() will begin */
void route_table_fetch(const struct route_table *t, const struct ip_addr *ip);
/** route_table_guess() - most likely what route_table_find() finds, without touching its memory */
const struct route *route_table_guess(const struct route_table *t, const struct ip_addr *ip);
/** route_peer() - whose @route is */
const struct engine_peer *route_peer(const struct route *route);

/** route_fetch() - ask for what route_is_host_of() will read first */
void route_fetch(const struct engine_peer *peer);

/**
 * route_is_host_of() - whether @ip is one of the few hosts that @peer got last
 *
 * For it there is no longer prefix: route_table_find() would give @peer. false says nothing.
 */
bool route_is_host_of(const struct engine_peer *peer, const struct ip_addr *ip);

/** ip_net_host() - the network of one address */
struct ip_net ip_net_host(const struct ip_addr *ip);
