/* SPDX-License-Identifier: GPL-2.0-only */
/* What routing needs to know about a packet inside the tunnel. Spec 02 sections 13.3, 13.8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	MAC_LEN = 6,
	ETHERNET_HEADER_LEN = 14,
};

struct inner_ip {
	struct ip_addr src;
	struct ip_addr dst;
	bool multicast; /* 224.0.0.0/4, ff00::/8; not 255.255.255.255 */
};

struct inner_mac {
	uint8_t src[MAC_LEN];
	uint8_t dst[MAC_LEN];
	bool multicast; /* or broadcast */
};

/**
 * inner_ip_parse() - addresses of an IP packet
 *
 * Neither checksums nor lengths are verified: the packet is only routed.
 *
 * Return: 0; ERR_SHORT when the header is incomplete; ERR_INVALID for another IP version.
 */
int inner_ip_parse(const uint8_t *packet, size_t len, struct inner_ip *out);

/** inner_ip_version() - 4, 6, or whatever the first nibble says; 0 for an empty packet */
unsigned int inner_ip_version(const uint8_t *packet, size_t len);

/** inner_mac_parse() - addresses of an Ethernet frame. Return: 0 or ERR_SHORT. */
int inner_mac_parse(const uint8_t *frame, size_t len, struct inner_mac *out);

/**
 * inner_is_recursive() - whether a packet read from the tunnel device is the tunnel's own
 * @remote: where the tunnel's packets go
 * @ip_proto: IPPROTO_UDP or IPPROTO_TCP
 * @src: NULL, or gets the inner source address and port for the log line
 *
 * Headers that are too short to tell are not recursive.
 */
bool inner_is_recursive(const uint8_t *packet, size_t len, const union sock_addr *remote,
			uint8_t ip_proto, union sock_addr *src);
