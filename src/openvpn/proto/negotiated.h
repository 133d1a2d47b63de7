/* SPDX-License-Identifier: GPL-2.0-only */
/* What both ends agreed on for the data channel of one session. Spec 03 section 3.3. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NEGOTIATED_PEER_ID_NONE 0xffffffu

enum {
	NEGOTIATED_CIPHER_MAX = 64
};

struct negotiated {
	char cipher[NEGOTIATED_CIPHER_MAX]; /* canonical name, "none", or "" while undecided */
	uint32_t peer_id;		    /* by which the peer finds us, or PEER_ID_NONE */
	uint32_t tx_peer_id;		    /* written into what we send, or PEER_ID_NONE */
	bool use_v2;			    /* P_DATA_V2 */
	bool tls_ekm;			    /* keys by the TLS exporter instead of the PRF */
	bool cc_exit;			    /* EXIT on the control channel */
	bool dyn_tls_crypt;		    /* dynamic tls-crypt at renegotiation */
	bool epoch;			    /* epoch data format */
	bool push_cipher;		    /* server: the client understands a pushed cipher */
	uint32_t tun_mtu;		    /* server: value to push, 0 for none */
};

/** negotiated_init() - nothing agreed yet: V1, classic keys, no cipher */
static inline struct negotiated negotiated_init(void)
{
	return (struct negotiated){.peer_id = NEGOTIATED_PEER_ID_NONE,
				   .tx_peer_id = NEGOTIATED_PEER_ID_NONE};
}
