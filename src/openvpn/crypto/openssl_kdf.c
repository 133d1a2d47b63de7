// SPDX-License-Identifier: GPL-2.0-only
/* The derivations of kdf.h on OpenSSL 3. */
#include "crypto/kdf.h"

#include "crypto/openssl.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/err.h"
#include "base/secret.h"

enum {
	PRF_SEED_PARTS_MAX = 8,
};

static int kdf_run(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t out_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = ctx && EVP_KDF_derive(ctx, out, out_len, params) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (ok)
		return 0;
	ERR_clear_error();
	secret_wipe(out, out_len);
	return ERR_CRYPTO;
}

static OSSL_PARAM octets(const char *key, const void *data, size_t len)
{
	return OSSL_PARAM_construct_octet_string(key, (void *)data, len);
}

static OSSL_PARAM digest_name(const char *name)
{
	return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)name, 0);
}

int tls1_prf(const uint8_t *secret, size_t secret_len, const struct iov_part *seed, size_t n_seed,
	     uint8_t *out, size_t out_len)
{
	OSSL_PARAM params[PRF_SEED_PARTS_MAX + 3];
	size_t n = 0;

	if (n_seed > PRF_SEED_PARTS_MAX) {
		secret_wipe(out, out_len);
		return ERR_LIMIT;
	}
	params[n++] = digest_name("MD5-SHA1");
	params[n++] = octets(OSSL_KDF_PARAM_SECRET, secret, secret_len);
	for (size_t i = 0; i < n_seed; i++) /* the library joins them */
		params[n++] = octets(OSSL_KDF_PARAM_SEED, seed[i].ptr, seed[i].len);
	params[n] = OSSL_PARAM_construct_end();
	return kdf_run("TLS1-PRF", params, out, out_len);
}

int hkdf_expand_sha256(const uint8_t prk[HKDF_SECRET_LEN], const uint8_t *info, size_t info_len,
		       uint8_t *out, size_t out_len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[5] = {
		digest_name("SHA256"),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		octets(OSSL_KDF_PARAM_KEY, prk, HKDF_SECRET_LEN),
		octets(OSSL_KDF_PARAM_INFO, info, info_len),
		OSSL_PARAM_construct_end(),
	};

	return kdf_run("HKDF", params, out, out_len);
}
