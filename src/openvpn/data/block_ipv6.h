/* SPDX-License-Identifier: GPL-2.0-only */
/* --block-ipv6: what is answered to IPv6 packets that may not enter the tunnel. Spec 02 section 15.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/** block_ipv6_matches() - whether a packet from the device is IPv6; @ethernet: it is a TAP frame */
bool block_ipv6_matches(const uint8_t *packet, size_t len, bool ethernet);

/**
 * block_ipv6_answer() - ICMPv6 "no route to destination" for a packet that matches
 * @from: 16 bytes, who answers; NULL: fe80::7
 * @tun_mtu: bounds how much of the packet is quoted
 *
 * Return: 0; ERR_SHORT when there is no whole IPv6 header; ERR_OVERFLOW.
 */
int block_ipv6_answer(const uint8_t *packet, size_t len, bool ethernet, const uint8_t *from,
		      uint32_t tun_mtu, struct wr *out);
