/* SPDX-License-Identifier: GPL-2.0-only */
/* Ciphers by name, and the objects that encrypt data packets. Spec 02 section 3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/footprint.h"

enum cipher_mode {
	CIPHER_MODE_NONE,
	CIPHER_MODE_AEAD,
	CIPHER_MODE_CBC,
	CIPHER_MODE_CFB,
	CIPHER_MODE_OFB,
};

enum {
	CIPHER_KEY_MAX = 64,
	CIPHER_IV_MAX = 16,
	CIPHER_BLOCK_MAX = 32,
	AEAD_TAG_LEN = 16,
	AEAD_NONCE_LEN = 12,
};

/* name, canonical wire name, key bytes, iv bytes, block bytes (1: stream), mode */
/* clang-format off */
#define CIPHER_FAMILY_AES_LIKE(X, FAM)                                    \
	X(FAM##_128_CBC,  #FAM "-128-CBC",  16, 16, 16, CIPHER_MODE_CBC)  \
	X(FAM##_128_CFB,  #FAM "-128-CFB",  16, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_128_CFB1, #FAM "-128-CFB1", 16, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_128_CFB8, #FAM "-128-CFB8", 16, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_128_OFB,  #FAM "-128-OFB",  16, 16, 16, CIPHER_MODE_OFB)  \
	X(FAM##_192_CBC,  #FAM "-192-CBC",  24, 16, 16, CIPHER_MODE_CBC)  \
	X(FAM##_192_CFB,  #FAM "-192-CFB",  24, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_192_CFB1, #FAM "-192-CFB1", 24, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_192_CFB8, #FAM "-192-CFB8", 24, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_192_OFB,  #FAM "-192-OFB",  24, 16, 16, CIPHER_MODE_OFB)  \
	X(FAM##_256_CBC,  #FAM "-256-CBC",  32, 16, 16, CIPHER_MODE_CBC)  \
	X(FAM##_256_CFB,  #FAM "-256-CFB",  32, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_256_CFB1, #FAM "-256-CFB1", 32, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_256_CFB8, #FAM "-256-CFB8", 32, 16, 16, CIPHER_MODE_CFB)  \
	X(FAM##_256_OFB,  #FAM "-256-OFB",  32, 16, 16, CIPHER_MODE_OFB)

/* Sorted by name, as --show-ciphers prints them. Which of them work depends on the library
 * (cipher_available()); the last groups need its legacy provider. */
#define CIPHER_MAP(X)                                                     \
	X(AES_128_GCM, "AES-128-GCM", 16, 12, 16, CIPHER_MODE_AEAD)       \
	X(AES_192_GCM, "AES-192-GCM", 24, 12, 16, CIPHER_MODE_AEAD)       \
	X(AES_256_GCM, "AES-256-GCM", 32, 12, 16, CIPHER_MODE_AEAD)       \
	CIPHER_FAMILY_AES_LIKE(X, AES)                                    \
	CIPHER_FAMILY_AES_LIKE(X, ARIA)                                   \
	X(ARIA_128_GCM, "ARIA-128-GCM", 16, 12, 16, CIPHER_MODE_AEAD)     \
	X(ARIA_192_GCM, "ARIA-192-GCM", 24, 12, 16, CIPHER_MODE_AEAD)     \
	X(ARIA_256_GCM, "ARIA-256-GCM", 32, 12, 16, CIPHER_MODE_AEAD)     \
	CIPHER_FAMILY_AES_LIKE(X, CAMELLIA)                               \
	X(CHACHA20_POLY1305, "CHACHA20-POLY1305", 32, 12, 1, CIPHER_MODE_AEAD) \
	X(SM4_CBC, "SM4-CBC", 16, 16, 16, CIPHER_MODE_CBC)                \
	X(SM4_CFB, "SM4-CFB", 16, 16, 16, CIPHER_MODE_CFB)                \
	X(SM4_GCM, "SM4-GCM", 16, 12, 16, CIPHER_MODE_AEAD)               \
	X(SM4_OFB, "SM4-OFB", 16, 16, 16, CIPHER_MODE_OFB)                \
	X(SEED_CBC, "SEED-CBC", 16, 16, 16, CIPHER_MODE_CBC)              \
	X(SEED_CFB, "SEED-CFB", 16, 16, 16, CIPHER_MODE_CFB)              \
	X(SEED_OFB, "SEED-OFB", 16, 16, 16, CIPHER_MODE_OFB)              \
	X(BF_CBC, "BF-CBC", 16, 8, 8, CIPHER_MODE_CBC)                    \
	X(BF_CFB, "BF-CFB", 16, 8, 8, CIPHER_MODE_CFB)                    \
	X(BF_OFB, "BF-OFB", 16, 8, 8, CIPHER_MODE_OFB)                    \
	X(CAST5_CBC, "CAST5-CBC", 16, 8, 8, CIPHER_MODE_CBC)              \
	X(CAST5_CFB, "CAST5-CFB", 16, 8, 8, CIPHER_MODE_CFB)              \
	X(CAST5_OFB, "CAST5-OFB", 16, 8, 8, CIPHER_MODE_OFB)              \
	X(DES_CBC, "DES-CBC", 8, 8, 8, CIPHER_MODE_CBC)                   \
	X(DES_CFB, "DES-CFB", 8, 8, 8, CIPHER_MODE_CFB)                   \
	X(DES_CFB1, "DES-CFB1", 8, 8, 8, CIPHER_MODE_CFB)                 \
	X(DES_CFB8, "DES-CFB8", 8, 8, 8, CIPHER_MODE_CFB)                 \
	X(DES_OFB, "DES-OFB", 8, 8, 8, CIPHER_MODE_OFB)                   \
	X(DES_EDE_CBC, "DES-EDE-CBC", 16, 8, 8, CIPHER_MODE_CBC)          \
	X(DES_EDE_CFB, "DES-EDE-CFB", 16, 8, 8, CIPHER_MODE_CFB)          \
	X(DES_EDE_OFB, "DES-EDE-OFB", 16, 8, 8, CIPHER_MODE_OFB)          \
	X(DES_EDE3_CBC, "DES-EDE3-CBC", 24, 8, 8, CIPHER_MODE_CBC)        \
	X(DES_EDE3_CFB, "DES-EDE3-CFB", 24, 8, 8, CIPHER_MODE_CFB)        \
	X(DES_EDE3_CFB1, "DES-EDE3-CFB1", 24, 8, 8, CIPHER_MODE_CFB)      \
	X(DES_EDE3_CFB8, "DES-EDE3-CFB8", 24, 8, 8, CIPHER_MODE_CFB)      \
	X(DES_EDE3_OFB, "DES-EDE3-OFB", 24, 8, 8, CIPHER_MODE_OFB)        \
	X(DESX_CBC, "DESX-CBC", 24, 8, 8, CIPHER_MODE_CBC)                \
	X(IDEA_CBC, "IDEA-CBC", 16, 8, 8, CIPHER_MODE_CBC)                \
	X(IDEA_CFB, "IDEA-CFB", 16, 8, 8, CIPHER_MODE_CFB)                \
	X(IDEA_OFB, "IDEA-OFB", 16, 8, 8, CIPHER_MODE_OFB)                \
	X(RC2_CBC, "RC2-CBC", 16, 8, 8, CIPHER_MODE_CBC)                  \
	X(RC2_40_CBC, "RC2-40-CBC", 5, 8, 8, CIPHER_MODE_CBC)             \
	X(RC2_64_CBC, "RC2-64-CBC", 8, 8, 8, CIPHER_MODE_CBC)             \
	X(RC2_CFB, "RC2-CFB", 16, 8, 8, CIPHER_MODE_CFB)                  \
	X(RC2_OFB, "RC2-OFB", 16, 8, 8, CIPHER_MODE_OFB)
/* clang-format on */

enum cipher_id {
	CIPHER_NONE, /* "none": no encryption */
#define X(id, name, key, iv, block, mode) CIPHER_##id,
	CIPHER_MAP(X)
#undef X
	CIPHER_COUNT
};

struct cipher_info {
	enum cipher_id id;
	const char *name; /* canonical, upper case; "none" */
	uint8_t key_bytes;
	uint8_t iv_bytes;
	uint8_t block_bytes; /* 1 for stream ciphers */
	enum cipher_mode mode;
	bool insecure; /* block below 128 bits (SWEET32); never for stream ciphers */
};

/**
 * cipher_by_name() - look a cipher up, in any case of letters
 *
 * Return: a constant, also when the library lacks it (see cipher_available()), or NULL when the
 * name is unknown. "none" gives CIPHER_NONE.
 */
const struct cipher_info *cipher_by_name(const char *name);

/** cipher_by_id() - never NULL for a valid @id */
const struct cipher_info *cipher_by_id(enum cipher_id id);

/** cipher_list() - the whole table (CIPHER_COUNT rows, indexed by id) */
const struct cipher_info *cipher_list(void);

/** cipher_available() - whether the loaded providers of the library offer it; true for none */
bool cipher_available(const struct cipher_info *info);

enum cipher_dir {
	CIPHER_SEAL,
	CIPHER_OPEN,
};

/* AEAD with one key in one direction; the key schedule is done once. */
struct aead;

/**
 * aead_new() - make an object for the packet path
 * @id: a cipher with CIPHER_MODE_AEAD
 * @key: key_bytes of that cipher, copied
 *
 * Return: the object, or NULL when out of memory or when the library refuses the cipher.
 * Thread: one thread uses an object at a time; make one per worker.
 */
struct aead *aead_new(enum cipher_id id, const uint8_t *key, enum cipher_dir dir) MUST_CHECK;
void aead_free(struct aead *aead);

/**
 * aead_seal() - encrypt and authenticate one packet
 * @ad: associated data, may be empty
 * @in: plaintext; @out may be the same address, otherwise they must not overlap
 * @tag: gets 16 bytes
 *
 * Return: 0 or ERR_CRYPTO. Never allocates.
 */
int aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *ad,
	      size_t ad_len, const uint8_t *in, uint8_t *out, size_t len,
	      uint8_t tag[AEAD_TAG_LEN]) MUST_CHECK;

/**
 * aead_open() - decrypt and verify one packet; arguments as aead_seal(), @tag is read
 *
 * Return: 0, or ERR_AUTH: @out then holds bytes that must not be used.
 */
int aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *ad,
	      size_t ad_len, const uint8_t *in, uint8_t *out, size_t len,
	      const uint8_t tag[AEAD_TAG_LEN]) MUST_CHECK;

/** aead_touches() - the memory that aead_seal() or aead_open() will touch, as far as it is known */
void aead_touches(const struct aead *aead, struct footprint *f);

/* CBC, CFB or OFB with one key in one direction. Spec 02 section 5. */
struct cipher_ctx;

/**
 * cipher_ctx_new() - as aead_new() for a cipher with mode CBC, CFB or OFB
 */
struct cipher_ctx *cipher_ctx_new(enum cipher_id id, const uint8_t *key,
				  enum cipher_dir dir) MUST_CHECK;
void cipher_ctx_free(struct cipher_ctx *ctx);

/**
 * cipher_ctx_crypt() - encrypt or decrypt one whole message; CBC pads (PKCS#7) and unpads
 * @iv: iv_bytes of the cipher
 * @out: when encrypting in CBC @len + one block of room, else @len; may be the address of @in
 * @out_len: gets what was written
 *
 * Return: 0, or ERR_CRYPTO (when decrypting: length or padding is wrong). Never allocates.
 */
int cipher_ctx_crypt(struct cipher_ctx *ctx, const uint8_t *iv, const uint8_t *in, size_t len,
		     uint8_t *out, size_t *out_len) MUST_CHECK;
