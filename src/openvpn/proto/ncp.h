/* SPDX-License-Identifier: GPL-2.0-only */
/* Negotiation of the data cipher and of protocol features. Spec 03 section 3.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "proto/negotiated.h"

enum {
	NCP_LIST_MAX = 128 /* with NUL */
};

/* An expanded data-ciphers list: canonical names separated by colons. */
struct ncp_list {
	char text[NCP_LIST_MAX];
};

/**
 * ncp_list_parse() - expand and normalise a data-ciphers list
 * @text: as configured: names, "?name" for optional ones, "DEFAULT", "none"
 * @no_chacha: leave CHACHA20-POLY1305 out of DEFAULT (the data plane does not have it)
 * @out: gets the list
 * @lines: gets log lines, each ended by '\n'
 *
 * Return: 0, or ERR_UNSUPPORTED / ERR_OVERFLOW / ERR_INVALID (empty) with @err set.
 */
int ncp_list_parse(const char *text, bool no_chacha, struct ncp_list *out, struct str *lines,
		   struct err *err) MUST_CHECK;

/** ncp_list_has() - whether a canonical name is in a colon separated list */
bool ncp_list_has(const char *list, const char *cipher);

/** ncp_list_announces_ncp2() - whether IV_NCP=2 is true: both AES-GCM ciphers are in the list */
bool ncp_list_announces_ncp2(const char *list);

struct ncp_server {
	const char *data_ciphers;	 /* expanded */
	const char *data_ciphers_config; /* as configured, for texts */
	const char *cipher;		 /* the configured (fallback) cipher */
	bool fallback;			 /* --data-ciphers-fallback */
	bool force_tls_ekm;
	bool epoch;	 /* offered by the data plane */
	bool require_v2; /* the data plane knows V2 only */
	uint32_t tun_mtu;
};

/* Why a client is refused. */
struct ncp_refusal {
	char client_reason[256]; /* after "AUTH_FAILED," */
};

/**
 * ncp_server_choose() - decide cipher and features for one client
 * @peer_info: the client's block, or NULL
 * @occ_cipher: from occ_peer_cipher(), or ""
 * @peer_id: what the client gets when it can use it
 * @out: gets the result
 * @lines: gets log lines, each ended by '\n', also on success
 *
 * Return: 0, or ERR_UNSUPPORTED with @refusal filled. Spec 03 section 3.3.2.
 */
int ncp_server_choose(const struct ncp_server *srv, const char *peer_info, const char *occ_cipher,
		      uint32_t peer_id, struct negotiated *out, struct ncp_refusal *refusal,
		      struct str *lines) MUST_CHECK;

struct ncp_client {
	const char *data_ciphers;
	const char *data_ciphers_config;
	const char *cipher;
	bool fallback;
};

/**
 * ncp_pushed_flags() - take the words of a pushed "protocol-flags"
 * @words: arguments of the option
 * @err: the line for the first unknown word
 *
 * Known words are taken also when another one is unknown.
 *
 * Return: 0 or ERR_OPTION.
 */
int ncp_pushed_flags(const char *const *words, size_t n, struct negotiated *n_out, struct err *err);

/** ncp_pushed_key_derivation() - take the argument of "key-derivation". Return: 0 or ERR_OPTION. */
int ncp_pushed_key_derivation(const char *word, struct negotiated *n, struct err *err);

/**
 * ncp_client_accept() - settle cipher and features after a complete PUSH_REPLY
 * @pushed: "cipher", "key-derivation" or "protocol-flags" was among the options
 * @occ_cipher: the server's, or ""
 * @n: filled from the options before; gets the final values
 * @lines: gets log lines, each ended by '\n'
 *
 * Return: 0, or ERR_UNSUPPORTED with the line to log in @err. Spec 03 section 3.3.4.
 */
int ncp_client_accept(const struct ncp_client *cl, bool pushed, const char *occ_cipher,
		      struct negotiated *n, struct str *lines, struct err *err) MUST_CHECK;

#define NCP_P2P_PEER_ID_LABEL "EXPORTER-OpenVPN-p2p-peerid"
#define NCP_P2P_PEER_ID_FIXED 0x76706eu

struct ncp_p2p {
	bool tls_server;
	const char *data_ciphers; /* ours */
	uint32_t iv_proto;	  /* ours, from peer_info_iv_proto() */
	/* three bytes of the TLS exporter with the label above, or NULL when it failed */
	const uint8_t *exported_id;
};

/**
 * ncp_p2p_negotiate() - both ends compute the same result from both blocks
 * @peer_info: the peer's block, or NULL
 * @fallback_cipher: what the log line names when there is no common cipher, or NULL for "none"
 * @out: gets the result; cipher is "" without a common one
 * @line: gets the log line (without '\n')
 *
 * Spec 03 section 3.3.5.
 */
void ncp_p2p_negotiate(const struct ncp_p2p *p, const char *peer_info, const char *fallback_cipher,
		       struct negotiated *out, struct str *line);

/**
 * ncp_p2p_settle() - the cipher when the connection comes up
 * @n: from ncp_p2p_negotiate(); gets the fallback cipher when there was no common one
 * @fallback_cipher: --cipher or --data-ciphers-fallback, or NULL
 *
 * Return: 0, or ERR_UNSUPPORTED with the line to log in @err.
 */
int ncp_p2p_settle(struct negotiated *n, const char *fallback_cipher, struct err *err) MUST_CHECK;
