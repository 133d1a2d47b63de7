/* SPDX-License-Identifier: GPL-2.0-only */
/* AES-256-CTR as tls-crypt uses it. Spec 01 section 6.6. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	CTR_KEY_LEN = 32,
	CTR_IV_LEN = 16,
};

/* One key; the key schedule is done once. One thread at a time. */
struct ctr;

/** ctr_new() - NULL when out of memory or when the library refuses */
struct ctr *ctr_new(const uint8_t key[CTR_KEY_LEN]) MUST_CHECK;
void ctr_free(struct ctr *ctr);

/**
 * ctr_crypt() - encrypt or decrypt (the same) @len bytes
 * @iv: start value of the 128-bit big-endian counter
 * @out: may be the address of @in
 *
 * Return: 0 or ERR_CRYPTO. Never allocates.
 */
int ctr_crypt(struct ctr *ctr, const uint8_t iv[CTR_IV_LEN], const uint8_t *in, uint8_t *out,
	      size_t len) MUST_CHECK;

/** aes256_ctr() - the same with a key that is used once */
int aes256_ctr(const uint8_t key[CTR_KEY_LEN], const uint8_t iv[CTR_IV_LEN], const uint8_t *in,
	       uint8_t *out, size_t len) MUST_CHECK;
