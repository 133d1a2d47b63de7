/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains of certificates that verified, so that a client which comes back costs no verification.
 *
 * To check the signatures of a chain costs more than any other step of a server's handshake, and
 * clients come back with the chain that they had: each hour for new keys, and all at once after an
 * outage. What the library found out about a chain holds for the same trust anchors and CRLs until
 * the first of their dates, so it is kept for one context, by what the peer sent; what may have
 * changed since (our own checks, with their hooks) is not in here. Chains that failed are never
 * kept.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "crypto/openssl.h"
#include <openssl/x509.h>

#include "base/attr.h"
#include "tls/x509.h"

enum {
	/* More than the clients that a server is made for; 150 bytes each, and the intermediate
	 * certificates that they sent. */
	CHAIN_CACHE_MAX = 16384,
};

struct chain_cache;

/* SHA-256 over the fingerprints of all certificates that the peer sent, in their order. */
struct chain_key {
	uint8_t hash[SHA256_LEN];
};

/** chain_cache_new() - @libctx must outlive it. Return: NULL when out of memory. */
struct chain_cache *chain_cache_new(OSSL_LIB_CTX *libctx) MUST_CHECK;
void chain_cache_free(struct chain_cache *cache);

/** chain_cache_clear() - forget all chains: what they were verified against changed */
void chain_cache_clear(struct chain_cache *cache);

/**
 * chain_cache_key() - what the chains of this peer are kept by
 * @leaf: the first of @sent
 *
 * Return: 0, or ERR_CRYPTO (do without the cache), also when @leaf is not in the key.
 */
int chain_cache_key(const struct chain_cache *cache, const X509 *leaf, const STACK_OF(X509) * sent,
		    struct chain_key *key) MUST_CHECK;

/**
 * chain_cache_find() - a chain that verified, if its certificates and CRLs are all valid at @now
 * @now: Unix time, seconds
 *
 * Return: the certificates above the leaf, borrowed until the next call for this cache; or NULL:
 * verify it.
 */
STACK_OF(X509) *
	chain_cache_find(const struct chain_cache *cache, const struct chain_key *key, int64_t now);

/**
 * chain_cache_add() - keep a chain that just verified
 * @chain: from the leaf to the trust anchor; references are taken to all but the leaf
 * @crls: what was looked at for it; or NULL
 *
 * Takes the place of the oldest one when there are too many. Does nothing when out of memory.
 */
void chain_cache_add(struct chain_cache *cache, const struct chain_key *key,
		     const STACK_OF(X509) * chain, const STACK_OF(X509_CRL) * crls);
