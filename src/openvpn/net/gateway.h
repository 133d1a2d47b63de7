/* SPDX-License-Identifier: GPL-2.0-only */
/* The way out of this machine as one line, for logs and --show-gateway. */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/attr.h"
#include "net/netlink.h"

/**
 * gateway_format() - "ROUTE_GATEWAY 192.0.2.1/255.255.255.0 IFACE=eth0 HWADDR=02:00:..."
 * @family: AF_INET, or AF_INET6 ("ROUTE6_GATEWAY fe80::1 IFACE=eth0")
 * @dst: the gateway towards this address; NULL: the default gateway
 *
 * Return: 0, or ERR_NOT_FOUND when there is no route (nothing is to be printed then).
 */
int gateway_format(struct netlink *nl, sa_family_t family, const struct ip_addr *dst, char *buf,
		   size_t cap) MUST_CHECK;
