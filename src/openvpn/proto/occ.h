/* SPDX-License-Identifier: GPL-2.0-only */
/* The options-consistency string that both ends compare. Spec 03 section 3.1, 02 section 11.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum {
	OCC_STRING_MAX = 256, /* what we build, with NUL */
	OCC_WIRE_MAX = 512,   /* what we accept, with NUL */
};

enum occ_dev {
	OCC_DEV_TUN,
	OCC_DEV_TAP,
	OCC_DEV_NULL,
};

enum occ_proto {
	OCC_UDP,
	OCC_TCP_SERVER,
	OCC_TCP_CLIENT,
};

enum occ_crypto {
	OCC_CRYPTO_NONE,
	OCC_CRYPTO_STATIC, /* --secret */
	OCC_CRYPTO_TLS,
};

/* Everything the string depends on; all strings are borrowed. */
struct occ_input {
	enum occ_dev dev;
	uint32_t tun_mtu;
	uint32_t occ_mtu;	/* second argument of tun-mtu, 0: same as tun_mtu */
	uint32_t link_base_mtu; /* with --link-mtu: 1500, else 0: same as tun_mtu */
	uint32_t tun_mtu_extra; /* tap: 32 unless configured */
	enum occ_proto proto;
	bool socks_udp;
	bool p2p; /* neither pull nor mode server */
	bool has_ifconfig_ipv6;
	bool has_ifconfig;     /* and no ifconfig-nowarn */
	bool ifconfig_network; /* tap or topology subnet: local is the network, remote the netmask
				*/
	const char *ifconfig_local; /* NULL, also together with remote: "[undef]" */
	const char *ifconfig_remote;
	bool comp_framing;   /* any compression framing */
	bool comp_adds_byte; /* framing of lzo, lz4, stub: one byte; v2 framings: none */
	bool fragment;
	int key_direction;	  /* 0, 1, or -1 for none */
	const char *cipher;	  /* as configured; NULL: the BF-CBC placeholder */
	const char *data_ciphers; /* expanded list, or NULL */
	const char *auth;	  /* digest name; "none" */
	enum occ_crypto crypto;
	bool tls_auth;
	bool tls_server;
};

/**
 * occ_local() - the string that we send
 * @out: gets the string with NUL
 *
 * Return: 0, ERR_OVERFLOW, or ERR_UNSUPPORTED for a cipher or digest that nobody knows.
 */
int occ_local(const struct occ_input *in, char *out, size_t cap) MUST_CHECK;

/** occ_expected() - the string that a peer with matching options would send; as occ_local() */
int occ_expected(const struct occ_input *in, char *out, size_t cap) MUST_CHECK;

/**
 * occ_compare() - find differences between what was expected and what came
 * @expected: from occ_expected()
 * @received: what the peer sent
 * @lines: gets one log line for each difference, each ended by '\n'; for verb 7
 *
 * Differences never fail a session. Spec 03 section 3.1.4.
 */
void occ_compare(const char *expected, const char *received, struct str *lines);

/**
 * occ_peer_cipher() - the value of the cipher item
 * @out: gets the name ("none" for "[null-cipher]"), or "" when there is none or it does not fit
 *
 * Return: whether there is one.
 */
bool occ_peer_cipher(const char *received, char *out, size_t cap);

/** occ_has_comp_lzo() - whether "comp-lzo" is an inner item, which moves "compress migrate" */
bool occ_has_comp_lzo(const char *received);
