/* SPDX-License-Identifier: GPL-2.0-only */
/* Digests by name (--auth), hashes and HMAC. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	DIGEST_MAX = 64, /* longest digest that is allowed for HMAC */
	SHA1_LEN = 20,
	SHA256_LEN = 32,
};

/* clang-format off: name, canonical name, bytes of output */
#define DIGEST_MAP(X)                   \
	X(MD5, "MD5", 16)               \
	X(SHA1, "SHA1", 20)             \
	X(SHA224, "SHA224", 28)         \
	X(SHA256, "SHA256", 32)         \
	X(SHA384, "SHA384", 48)         \
	X(SHA512, "SHA512", 64)         \
	X(SHA512_224, "SHA512-224", 28) \
	X(SHA512_256, "SHA512-256", 32) \
	X(SHA3_224, "SHA3-224", 28)     \
	X(SHA3_256, "SHA3-256", 32)     \
	X(SHA3_384, "SHA3-384", 48)     \
	X(SHA3_512, "SHA3-512", 64)     \
	X(BLAKE2S256, "BLAKE2s256", 32) \
	X(BLAKE2B512, "BLAKE2b512", 64) \
	X(SM3, "SM3", 32)               \
	X(RIPEMD160, "RIPEMD160", 20)   \
	X(MD5_SHA1, "MD5-SHA1", 36)     \
	X(MD4, "MD4", 16)               \
	X(MDC2, "MDC2", 16)             \
	X(WHIRLPOOL, "whirlpool", 64)
/* clang-format on */

enum digest_id {
	DIGEST_NONE, /* "none" */
#define X(id, name, bytes) DIGEST_##id,
	DIGEST_MAP(X)
#undef X
	DIGEST_COUNT
};

struct digest_info {
	enum digest_id id;
	const char *name;
	uint8_t bytes; /* of output; also the length of the HMAC key in key slots */
};

/**
 * digest_by_name() - look a digest up, in any case of letters; common aliases are known
 *
 * Return: a constant, also when the library lacks it, or NULL. "none" gives DIGEST_NONE.
 */
const struct digest_info *digest_by_name(const char *name);
const struct digest_info *digest_by_id(enum digest_id id);
/** digest_available() - whether the library offers it; true for none */
bool digest_available(const struct digest_info *info);

/* One piece of a message that lies scattered. */
struct iov_part {
	const void *ptr;
	size_t len;
};

/* HMAC with one key; the key schedule is done once. One thread at a time. */
struct hmac;

/**
 * hmac_new() - HMAC object, ready for hmac_update()
 * @key: copied
 *
 * Return: NULL when out of memory or when the library lacks the digest.
 */
struct hmac *hmac_new(enum digest_id id, const uint8_t *key, size_t key_len) MUST_CHECK;
void hmac_free(struct hmac *hmac);
size_t hmac_len(const struct hmac *hmac);

/** hmac_reset() - forget the message, keep the key. Needed before each message but the first. */
int hmac_reset(struct hmac *hmac) MUST_CHECK;
int hmac_update(struct hmac *hmac, const void *data, size_t len) MUST_CHECK;
/** hmac_final() - writes hmac_len() bytes */
int hmac_final(struct hmac *hmac, uint8_t *out) MUST_CHECK;

/** hmac_parts() - reset, update with @n parts, final. Return: 0 or ERR_CRYPTO. No allocation. */
int hmac_parts(struct hmac *hmac, const struct iov_part *parts, size_t n, uint8_t *out) MUST_CHECK;

/** hmac_once() - HMAC of scattered parts with a key that is used once; @out: digest length */
int hmac_once(enum digest_id id, const uint8_t *key, size_t key_len, const struct iov_part *parts,
	      size_t n, uint8_t *out) MUST_CHECK;

/* An incremental hash. */
struct hash;
struct hash *hash_new(enum digest_id id) MUST_CHECK;
void hash_free(struct hash *hash);
int hash_update(struct hash *hash, const void *data, size_t len) MUST_CHECK;
/** hash_final() - writes the digest; the object starts afresh */
int hash_final(struct hash *hash, uint8_t *out) MUST_CHECK;

/** hash_once() - digest of scattered parts */
int hash_once(enum digest_id id, const struct iov_part *parts, size_t n, uint8_t *out) MUST_CHECK;
/** sha256() - SHA-256 of one piece */
int sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]) MUST_CHECK;
