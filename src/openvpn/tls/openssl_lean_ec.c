// SPDX-License-Identifier: GPL-2.0-only
#include "tls/openssl_lean.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>

#include "base/bytes.h"

enum {
	HEAD_MAX = 26,
	POINT_MAX = 133,
	POINT_UNCOMPRESSED = 4,
};

/* All of a SubjectPublicKeyInfo before the point, RFC 5480 2. */
static const struct curve {
	const char *name;
	size_t head_len;
	size_t point_len;
	uint8_t head[HEAD_MAX];
} curves[] = {
	{"P-256", 26, 65, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
			   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
			   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00}},
	{"P-384", 23, 97, {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
			   0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00}},
	{"P-521", 25, 133, {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
			    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
			    0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00}},
};

static struct {
	unsigned int users;
	OSSL_FUNC_BIO_read_ex_fn *bio_read;
	OSSL_FUNC_keymgmt_new_fn *key_new;
	OSSL_FUNC_keymgmt_free_fn *key_free;
	OSSL_FUNC_keymgmt_import_fn *key_import;
	OSSL_FUNC_keymgmt_dup_fn *key_dup;
	OSSL_FUNC_keymgmt_set_params_fn *key_set;
	void *curve[ARRAY_SIZE(
		curves)]; /* a key without a point, made with the first of the curve */
	void *provctx;	  /* of the full provider */
} ec;

/* ---- the decoder ------------------------------------------------------------------------- */

static size_t curve_of(const uint8_t *spki, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(curves); i++) {
		const struct curve *c = &curves[i];

		if (len == c->head_len + c->point_len && memcmp(spki, c->head, c->head_len) == 0 &&
		    spki[c->head_len] == POINT_UNCOMPRESSED)
			break;
	}
	return i;
}

static void *curve_new(const char *name)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
		OSSL_PARAM_construct_end(),
	};
	void *key = ec.key_new(ec.provctx);

	if (key && ec.key_import(key, OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS, params) == 1)
		return key;
	ec.key_free(key);
	return NULL;
}

/* The library checks that the point is on the curve. */
static void *key_new(size_t curve, uint8_t *point)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
						  curves[curve].point_len),
		OSSL_PARAM_construct_end(),
	};
	void *key;

	if (!ec.curve[curve])
		ec.curve[curve] = curve_new(curves[curve].name);
	if (!ec.curve[curve])
		return NULL;
	key = ec.key_dup(ec.curve[curve], OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS);
	if (key && ec.key_set(key, params) == 1)
		return key;
	ec.key_free(key);
	return NULL;
}

/* Return: 1 without a call of @found to let other decoders try */
static int decode(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *found, void *arg,
		  OSSL_PASSPHRASE_CALLBACK *password, void *password_arg)
{
	uint8_t spki[HEAD_MAX + POINT_MAX + 1]; /* one more shows that there is more */
	int type = OSSL_OBJECT_PKEY, ret;
	OSSL_PARAM params[4];
	size_t curve, len = 0;
	void *key;

	(void)ctx;
	(void)selection;
	(void)password;
	(void)password_arg;
	if (ec.bio_read(in, spki, sizeof(spki), &len) != 1)
		return 1;
	curve = curve_of(spki, len);
	key = curve < ARRAY_SIZE(curves) ? key_new(curve, spki + curves[curve].head_len) : NULL;
	if (!key)
		return 1;
	params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)"EC", 0);
	params[2] =
		OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof(key));
	params[3] = OSSL_PARAM_construct_end();
	ret = found(params, arg);
	ec.key_free(key); /* NULL when it was taken */
	return ret;
}

static void *new_ctx(void *provctx)
{
	return provctx; /* there is nothing to remember, but NULL would be a failure */
}

static void free_ctx(void *ctx)
{
	(void)ctx;
}

static int does_selection(void *provctx, int selection)
{
	(void)provctx;
	return selection == 0 || (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) &&
				  (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY));
}

const OSSL_DISPATCH lean_ec_decoder[] = {
	{OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))new_ctx},
	{OSSL_FUNC_DECODER_FREECTX, (void (*)(void))free_ctx},
	{OSSL_FUNC_DECODER_DOES_SELECTION, (void (*)(void))does_selection},
	{OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode},
	{0, NULL},
};

/* ---- life -------------------------------------------------------------------------------- */

void lean_ec_start(OSSL_PROVIDER *full, const OSSL_DISPATCH *core)
{
	const OSSL_DISPATCH *f = lean_functions(full, OSSL_OP_KEYMGMT, "EC");

	if (ec.users++ > 0)
		return;
	ec.provctx = OSSL_PROVIDER_get0_provider_ctx(full);
	ec.bio_read = (OSSL_FUNC_BIO_read_ex_fn *)lean_dispatch(core, OSSL_FUNC_BIO_READ_EX);
	ec.key_new = (OSSL_FUNC_keymgmt_new_fn *)lean_dispatch(f, OSSL_FUNC_KEYMGMT_NEW);
	ec.key_free = (OSSL_FUNC_keymgmt_free_fn *)lean_dispatch(f, OSSL_FUNC_KEYMGMT_FREE);
	ec.key_import = (OSSL_FUNC_keymgmt_import_fn *)lean_dispatch(f, OSSL_FUNC_KEYMGMT_IMPORT);
	ec.key_dup = (OSSL_FUNC_keymgmt_dup_fn *)lean_dispatch(f, OSSL_FUNC_KEYMGMT_DUP);
	ec.key_set =
		(OSSL_FUNC_keymgmt_set_params_fn *)lean_dispatch(f, OSSL_FUNC_KEYMGMT_SET_PARAMS);
}

bool lean_ec_ready(void)
{
	return ec.bio_read && ec.key_new && ec.key_free && ec.key_import && ec.key_dup &&
	       ec.key_set;
}

void lean_ec_stop(void)
{
	if (--ec.users > 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (ec.curve[i])
			ec.key_free(ec.curve[i]);
	memset(&ec, 0, sizeof(ec));
}
