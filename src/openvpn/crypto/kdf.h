/* SPDX-License-Identifier: GPL-2.0-only */
/* Key derivation: the TLS 1.0 PRF (spec 01 section 10.1) and HKDF-Expand (spec 02 section 6.3). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "crypto/digest.h"

enum {
	HKDF_SECRET_LEN = 32,
};

/**
 * tls1_prf() - PRF(secret, seed) with MD5 and SHA-1
 * @seed: the label and what follows it, as scattered parts
 *
 * Return: 0, ERR_CRYPTO when the library refuses (FIPS), ERR_NOMEM; @out is zeroed on error.
 */
int tls1_prf(const uint8_t *secret, size_t secret_len, const struct iov_part *seed, size_t n_seed,
	     uint8_t *out, size_t out_len) MUST_CHECK;

/** tls1_prf_self_test() - known answer of spec 01 10.1. Return: 0 or ERR_UNSUPPORTED. */
int tls1_prf_self_test(void) MUST_CHECK;

/**
 * hkdf_expand_sha256() - HKDF-Expand of RFC 5869
 * @out_len: at most 255 * 32
 */
int hkdf_expand_sha256(const uint8_t prk[HKDF_SECRET_LEN], const uint8_t *info, size_t info_len,
		       uint8_t *out, size_t out_len) MUST_CHECK;

/**
 * hkdf_expand_label() - HKDF-Expand with info u16(out_len) || u8(5 + strlen) || "ovpn " ||
 * label || 0
 * @label: "datakey upd", "data_key" or "data_iv"; at most 250 characters
 */
int hkdf_expand_label(const uint8_t secret[HKDF_SECRET_LEN], const char *label, uint8_t *out,
		      size_t out_len) MUST_CHECK;
