// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/kdf.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"

int tls1_prf_self_test(void)
{
	static const char secret[] = "tls1-prf-test-secret";
	static const char label[] = "tls1-prf-test";
	static const uint8_t expected[8] = {0x71, 0x44, 0xfe, 0x25, 0x40, 0x73, 0x75, 0x95};
	const struct iov_part seed = {label, sizeof(label) - 1};
	uint8_t out[8];

	if (tls1_prf((const uint8_t *)secret, sizeof(secret) - 1, &seed, 1, out, sizeof(out)) < 0 ||
	    memcmp(out, expected, sizeof(out)) != 0)
		return ERR_UNSUPPORTED;
	return 0;
}

int hkdf_expand_label(const uint8_t secret[HKDF_SECRET_LEN], const char *label, uint8_t *out,
		      size_t out_len)
{
	static const char prefix[] = "ovpn ";
	const size_t prefix_len = sizeof(prefix) - 1, label_len = strlen(label);
	uint8_t info[2 + 1 + 255 + 1];
	struct wr w = wr_init(info, sizeof(info));

	if (label_len > 255 - prefix_len || out_len > UINT16_MAX) {
		secret_wipe(out, out_len);
		return ERR_RANGE;
	}
	wr_u16(&w, (uint16_t)out_len);
	wr_u8(&w, (uint8_t)(prefix_len + label_len));
	wr_bytes(&w, prefix, prefix_len);
	wr_bytes(&w, label, label_len);
	wr_u8(&w, 0); /* no context */
	if (wr_error(&w) < 0)
		return wr_error(&w);
	return hkdf_expand_sha256(secret, info, w.len, out, out_len);
}
