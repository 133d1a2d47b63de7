/* SPDX-License-Identifier: GPL-2.0-only */
/* The lean provider's own algorithms beside those of the default provider. */
#include "crypto/openssl.h"

#include "test.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "tls/openssl_tls.h"

enum {
	SPKI_MAX = 1000,
	OUT_MAX = 255 * 48,
};

static struct tls_library *lib;

static int setup(void **state)
{
	(void)state;
	lib = tls_library_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_library_free(lib);
	return 0;
}

/* Later libraries find things themselves, and the user's choice of providers is his. */
static OSSL_LIB_CTX *lean(void)
{
	if (!lib)
		skip();
	return tls_library_libctx(lib);
}

/* ---- TLS13-KDF --------------------------------------------------------------------------- */

struct kdf_case {
	int mode;
	const char *digest;
	size_t key_len, salt_len; /* 0: the parameter is left out */
	size_t label_len, data_len;
	size_t out_len;
};

static bool derive(OSSL_LIB_CTX *libctx, const struct kdf_case *c, uint8_t *out)
{
	static uint8_t bytes[1024];
	EVP_KDF *kdf = EVP_KDF_fetch(libctx, "TLS13-KDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[8], *p = params;
	int mode = c->mode;
	bool ok;

	assert_non_null(ctx);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	*p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)c->digest, 0);
	if (c->key_len)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, bytes, c->key_len);
	if (c->salt_len)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, bytes + 50,
							 c->salt_len);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (char *)"tls13 ", 6);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, bytes + 100, c->label_len);
	if (c->data_len)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_DATA, bytes + 400,
							 c->data_len);
	*p = OSSL_PARAM_construct_end();
	ok = EVP_KDF_derive(ctx, out, c->out_len, params) == 1;
	ERR_clear_error();
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static void same_as_default(const struct kdf_case *c)
{
	static uint8_t ours[OUT_MAX + 1], theirs[OUT_MAX + 1];

	memset(ours, 0, sizeof(ours));
	memset(theirs, 0, sizeof(theirs));
	if (!derive(NULL, c, theirs) || !derive(lean(), c, ours) ||
	    memcmp(ours, theirs, sizeof(ours)) != 0)
		fail_msg("mode %d %s key %zu salt %zu label %zu data %zu out %zu", c->mode,
			 c->digest, c->key_len, c->salt_len, c->label_len, c->data_len, c->out_len);
}

static const char *const digests[] = {"SHA2-256", "SHA256", "SHA2-384", "SHA384"};

static void kdf__expand_label__same_as_default(void **state)
{
	static const size_t keys[] = {1, 32, 48, 63, 64, 65, 127, 128, 129, 300};
	static const size_t labels[] = {0, 1, 12, 100, 249};
	static const size_t contexts[] = {0, 1, 32, 48, 255};
	static const size_t outs[] = {1, 12, 31, 32, 33, 48, 49, 96, 97, 256, 255 * 32};

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(digests); d++) {
		struct kdf_case c = {EVP_KDF_HKDF_MODE_EXPAND_ONLY, digests[d], 48, 0, 7, 48, 48};

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++, c.key_len = 48) {
			c.key_len = keys[i];
			same_as_default(&c);
		}
		for (size_t i = 0; i < ARRAY_SIZE(labels); i++, c.label_len = 7) {
			c.label_len = labels[i];
			same_as_default(&c);
		}
		for (size_t i = 0; i < ARRAY_SIZE(contexts); i++, c.data_len = 48) {
			c.data_len = contexts[i];
			same_as_default(&c);
		}
		for (size_t i = 0; i < ARRAY_SIZE(outs); i++, c.out_len = 48) {
			c.out_len = outs[i];
			same_as_default(&c);
		}
	}
}

static void kdf__next_secret__same_as_default(void **state)
{
	static const size_t lengths[] = {0, 1, 32, 48, 66, 128, 129, 256};

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(digests); d++)
		for (size_t k = 0; k < ARRAY_SIZE(lengths); k++)
			for (size_t s = 0; s < ARRAY_SIZE(lengths); s++)
				same_as_default(&(struct kdf_case){
					.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY,
					.digest = digests[d],
					.key_len = lengths[k],
					.salt_len = lengths[s],
					.label_len = 7,
					.out_len = d < 2 ? 32 : 48,
				});
}

static void kdf__bad_inputs__refused(void **state)
{
	static const struct kdf_case cases[] = {
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 48, 0, 7, 48, 255 * 48 + 1},
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 48, 0, 250, 48, 48},
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 48, 0, 7, 256, 48},
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 0, 0, 7, 48, 48},
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA1", 48, 0, 7, 48, 48},
		{EVP_KDF_HKDF_MODE_EXPAND_ONLY, "", 48, 0, 7, 48, 48},
		{EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, "SHA384", 48, 48, 7, 48, 48},
		{EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "SHA384", 48, 48, 7, 0, 47},
		{EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "SHA256", 48, 48, 7, 0, 48},
		{-1, "SHA384", 48, 48, 7, 48, 48},
	};
	static uint8_t out[OUT_MAX + 1];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA384", 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (derive(lean(), &cases[i], out))
			fail_msg("case %zu", i);
	kdf = EVP_KDF_fetch(lean(), "TLS13-KDF", NULL);
	ctx = EVP_KDF_CTX_new(kdf);
	assert_int_equal(EVP_KDF_CTX_set_params(ctx, params), 0); /* it would be forgotten */
	assert_int_equal(EVP_KDF_derive(ctx, out, 48, NULL), 0);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* ---- public keys ------------------------------------------------------------------------- */

/* The key in @spki, told by what its provider says of it. Return: false when there is none. */
static bool decode(OSSL_LIB_CTX *libctx, const uint8_t *spki, size_t len, size_t *used,
		   struct str *told)
{
	const unsigned char *p = spki;
	EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &p, (long)len, libctx, NULL);
	unsigned char point[SPKI_MAX];
	char group[80] = "";
	size_t n = 0;
	bool found = key != NULL;

	*used = (size_t)(p - spki);
	if (key) {
		(void)EVP_PKEY_get_group_name(key, group, sizeof(group), &n);
		if (!EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
						     sizeof(point), &n))
			n = 0;
		str_addf(told, "%s %s %d bits, size %d, id %d ", EVP_PKEY_get0_type_name(key),
			 group, EVP_PKEY_get_bits(key), EVP_PKEY_get_size(key),
			 EVP_PKEY_get_base_id(key));
		for (size_t i = 0; i < n; i++)
			str_addf(told, "%02x", point[i]);
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return found;
}

/* Return: whether there is a key */
static bool decodes_alike(const uint8_t *spki, size_t len)
{
	struct str a = str_init(), b = str_init();
	size_t used_a, used_b;
	bool found = decode(NULL, spki, len, &used_a, &a);

	if (decode(lean(), spki, len, &used_b, &b) != found || used_a != used_b ||
	    strcmp(str_text(&a), str_text(&b)) != 0)
		fail_msg("%zu bytes: default %zu %s, lean %zu %s", len, used_a, str_text(&a),
			 used_b, str_text(&b));
	str_fini(&a);
	str_fini(&b);
	return found;
}

static EVP_PKEY *generate(const char *type, size_t len)
{
	EVP_PKEY *key = strcmp(type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", len)
			: type[0] == 'E'	 ? EVP_PKEY_Q_keygen(NULL, NULL, type)
						 : EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);

	assert_non_null(key);
	return key;
}

static size_t encode(EVP_PKEY *key, uint8_t spki[SPKI_MAX])
{
	unsigned char *p = spki;
	int len = i2d_PUBKEY(key, NULL);

	assert_true(len > 0 && len < SPKI_MAX);
	return (size_t)i2d_PUBKEY(key, &p);
}

static const char *const types[] = {"P-256", "P-384", "P-521", "secp256k1",
				    "P-224", "RSA",   "ED448", "ED25519"};

static void key__of_any_type__same_as_default(void **state)
{
	OSSL_DECODER *own = OSSL_DECODER_fetch(lean(), "EC", "provider=lean");

	(void)state;
	assert_non_null(own);
	OSSL_DECODER_free(own);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		EVP_PKEY *key = generate(types[i], 1024);
		uint8_t spki[SPKI_MAX] = {0};
		size_t len = encode(key, spki);

		assert_true(decodes_alike(spki, len));
		assert_true(decodes_alike(spki, len + 1)); /* one byte is left */
		EVP_PKEY_free(key);
	}
}

static void key__compressed_or_explicit__same_as_default(void **state)
{
	static const char *const names[] = {"P-256", "P-384", "P-521"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		EVP_PKEY *key = generate(names[i], 0);
		uint8_t spki[SPKI_MAX];

		assert_int_equal(
			EVP_PKEY_set_utf8_string_param(
				key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
			1);
		assert_true(decodes_alike(spki, encode(key, spki)));
		assert_int_equal(EVP_PKEY_set_utf8_string_param(
					 key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "hybrid"),
				 1);
		assert_true(decodes_alike(spki, encode(key, spki)));
		assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
								"explicit"),
				 1);
		(void)decodes_alike(spki, encode(key, spki));
		EVP_PKEY_free(key);
	}
}

static void key__damaged__same_as_default(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY *key = generate(types[i], 0);
		uint8_t spki[SPKI_MAX];
		size_t len = encode(key, spki);

		for (size_t n = 0; n < len; n++) {
			assert_false(decodes_alike(spki, n));
			spki[n] ^= 1;
			(void)decodes_alike(spki, len);
			spki[n] ^= 0x81;
			(void)decodes_alike(spki, len);
			spki[n] ^= 0x80;
		}
		memset(spki + len - 2 * (len / 3), 0, 2 * (len / 3)); /* not a point */
		assert_false(decodes_alike(spki, len));
		EVP_PKEY_free(key);
	}
}

static bool verifies(EVP_PKEY *key, const uint8_t *sig, size_t len, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", lean(), NULL, key, NULL) == 1 &&
		  EVP_DigestVerify(ctx, sig, len, (const uint8_t *)text, strlen(text)) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* Many keys from the same copy of a curve, each with its own point. */
static void key__decoded__verifies_its_own_signatures_only(void **state)
{
	EVP_PKEY *keys[3], *decoded[3];
	uint8_t sig[3][200];
	size_t len[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		uint8_t spki[SPKI_MAX];
		const unsigned char *p = spki;

		keys[i] = generate("P-256", 0);
		decoded[i] = d2i_PUBKEY_ex(NULL, &p, (long)encode(keys[i], spki), lean(), NULL);
		assert_non_null(decoded[i]);
		len[i] = sizeof(sig[i]);
		assert_int_equal(
			EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, keys[i], NULL), 1);
		assert_int_equal(EVP_DigestSign(ctx, sig[i], &len[i], (const uint8_t *)"text", 4),
				 1);
		EVP_MD_CTX_free(ctx);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			assert_int_equal(verifies(decoded[i], sig[k], len[k], "text"), i == k);
			assert_false(verifies(decoded[i], sig[k], len[k], "test"));
		}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		EVP_PKEY_free(keys[i]);
		EVP_PKEY_free(decoded[i]);
	}
}

/* ---- life -------------------------------------------------------------------------------- */

/* Contexts come and go with restarts, and a key may outlive the decoder's copy of its curve. */
static void library__second_and_third__work(void **state)
{
	const struct kdf_case c = {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA384", 48, 0, 7, 48, 48};
	struct tls_library *second;
	EVP_PKEY *key = generate("P-256", 0);
	uint8_t spki[SPKI_MAX], out[48];
	size_t len = encode(key, spki);

	(void)state;
	(void)lean();
	second = tls_library_new();
	assert_non_null(second);
	tls_library_free(lib);
	lib = NULL;
	assert_true(derive(tls_library_libctx(second), &c, out));
	tls_library_free(second);
	lib = tls_library_new();
	assert_true(decodes_alike(spki, len));
	same_as_default(&c);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kdf__expand_label__same_as_default),
		cmocka_unit_test(kdf__next_secret__same_as_default),
		cmocka_unit_test(kdf__bad_inputs__refused),
		cmocka_unit_test(key__of_any_type__same_as_default),
		cmocka_unit_test(key__compressed_or_explicit__same_as_default),
		cmocka_unit_test(key__damaged__same_as_default),
		cmocka_unit_test(key__decoded__verifies_its_own_signatures_only),
		cmocka_unit_test(library__second_and_third__work),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
