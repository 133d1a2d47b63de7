/* SPDX-License-Identifier: GPL-2.0-only */
/* --route-gateway dhcp: the router in what a DHCP server says inside an Ethernet tunnel. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * dhcp_take_router() - take the router option (RFC 2132, 3.5) out of an offer or acknowledgement
 * @frame: an untagged Ethernet frame, changed in place; its length stays
 * @router: gets the first router of an acknowledgement
 *
 * The tunnel's routes go to that router; the system's DHCP client must not make it the default
 * gateway as well. Everything but a whole, sound answer from port 67 to port 68 is left alone.
 *
 * Return: whether @router was set. Thread: any; no state.
 */
bool dhcp_take_router(uint8_t *frame, size_t len, struct in_addr *router);
