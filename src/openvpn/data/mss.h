/* SPDX-License-Identifier: GPL-2.0-only */
/* How much fits: overheads, the MSS clamp, fragment payload, link-mtu. Spec 02 section 11. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/cipher.h"
#include "crypto/digest.h"

enum mtu_mode {
	MTU_MODE_TLS,
	MTU_MODE_STATIC_KEY,
	MTU_MODE_CLEAR, /* neither TLS nor static key */
};

/* Everything that takes room around an inner packet. */
struct mtu_params {
	enum mtu_mode mode;
	bool v2;		/* 4-byte header, TLS mode */
	bool epoch;		/* AEAD only */
	enum cipher_id cipher;	/* CIPHER_NONE for "none" */
	enum digest_id digest;	/* not used with AEAD */
	bool tcp;		/* transport */
	bool socks_udp;		/* through a SOCKS5 UDP relay */
	bool link_ip6;		/* family of the peer's address as the socket sees it */
	uint32_t tun_mtu_extra; /* tap: 32 */
	bool framing_byte;	/* lzo, lz4, stub or lzo-stub framing; not the v2 kinds */
	bool fragment;
};

/* How a size given by an option is meant. */
enum mtu_scope {
	MTU_SCOPE_PAYLOAD, /* UDP payload resp. TCP record */
	MTU_SCOPE_IP,	   /* "mtu": with IP and UDP or TCP header */
	MTU_SCOPE_FIXED,   /* "fixed": the inner packet */
};

/** mtu_header_bytes() - Hd: everything outside the encrypted part */
size_t mtu_header_bytes(const struct mtu_params *p);
/** mtu_payload_bytes() - Pd: what goes with the packet inside the encrypted part */
size_t mtu_payload_bytes(const struct mtu_params *p);
/** mtu_ip_bytes() - I: IP and UDP or TCP header of the link */
size_t mtu_ip_bytes(const struct mtu_params *p);

/**
 * mtu_mss() - the TCP MSS for inner IPv4; for inner IPv6 it is 20 less
 * @mssfix: value of --mssfix
 *
 * Return: the MSS, or 0 when @mssfix is 0 or nothing is left.
 */
uint16_t mtu_mss(const struct mtu_params *p, uint32_t mssfix, enum mtu_scope scope);

/** mtu_fragment() - M: the largest plaintext of one fragment, without its header; 0 if none fits */
uint32_t mtu_fragment(const struct mtu_params *p, uint32_t fragment, enum mtu_scope scope);

/**
 * mtu_options_link() - link-mtu of the options string (11.4)
 * @cipher_given: whether --cipher is set; without it the historic default counts
 *
 * Computed as if V1 were used, whatever @p says.
 */
uint32_t mtu_options_link(const struct mtu_params *p, uint32_t tun_mtu, bool cipher_given);

/** mtu_buffer_bytes() - the buffer payload size of 11.5: nothing larger is taken anywhere */
uint32_t mtu_buffer_bytes(uint32_t tun_mtu, uint32_t tun_mtu_max, uint32_t max_packet_size,
			  uint32_t tun_mtu_extra);

/**
 * mss_clamp() - lower the MSS option of a TCP SYN inside the tunnel
 * @packet: an IP packet, changed in place
 * @mss_ip4: largest MSS for IPv4; 0: leave alone
 * @mss_ip6: likewise for IPv6
 *
 * Anything but an unfragmented TCP SYN of the right length is left alone.
 *
 * Return: whether something was changed. Thread: any; no state.
 */
bool mss_clamp(uint8_t *packet, size_t len, uint16_t mss_ip4, uint16_t mss_ip6);

/** mss_clamp_ethernet() - the same behind an Ethernet header with or without one 802.1Q tag */
bool mss_clamp_ethernet(uint8_t *frame, size_t len, uint16_t mss_ip4, uint16_t mss_ip6);
