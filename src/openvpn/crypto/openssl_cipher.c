// SPDX-License-Identifier: GPL-2.0-only
/* cipher.h and ctr.h on OpenSSL 3. */
#include "crypto/cipher.h"

#include <limits.h>
#include <stdlib.h>

#include "crypto/openssl.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/err.h"
#include "crypto/backend.h"
#include "crypto/ctr.h"

/* A cipher that is missing is an answer, not an error: leave nothing in the error queue. */
static EVP_CIPHER *fetch_quietly(const char *name)
{
	EVP_CIPHER *cipher;

	ERR_set_mark();
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	ERR_pop_to_mark();
	return cipher;
}

bool backend_cipher_offered(const struct cipher_info *info)
{
	EVP_CIPHER *cipher = fetch_quietly(info->name);

	EVP_CIPHER_free(cipher);
	return cipher != NULL;
}

enum cipher_id backend_cipher_alias(const char *name)
{
	const struct cipher_info *list = cipher_list();
	EVP_CIPHER *cipher = fetch_quietly(name);
	enum cipher_id found = CIPHER_COUNT;

	if (!cipher)
		return CIPHER_COUNT;
	for (unsigned int id = CIPHER_NONE + 1; id < CIPHER_COUNT; id++)
		if (EVP_CIPHER_is_a(cipher, list[id].name))
			found = (enum cipher_id)id;
	EVP_CIPHER_free(cipher);
	return found;
}

/* The only place where a key schedule is made. */
static EVP_CIPHER_CTX *keyed_ctx(const char *name, const uint8_t *key, enum cipher_dir dir)
{
	EVP_CIPHER *cipher = fetch_quietly(name);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int ok = cipher && ctx &&
		 EVP_CipherInit_ex2(ctx, cipher, key, NULL, dir == CIPHER_SEAL, NULL);

	EVP_CIPHER_free(cipher); /* the context holds its own reference */
	if (!ok) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

enum {
	/* What a packet touches of the library's context, and of the cipher's state around its IV.
	 */
	CTX_BYTES = 184,
	STATE_BEFORE_IV = 72,
	STATE_BYTES = 1000,
};

/* ---- AEAD -------------------------------------------------------------------------------- */

struct aead {
	EVP_CIPHER_CTX *ctx;
	OSSL_PARAM tag[2]; /* made once: the ctrl call would make it for every packet */
};

struct aead *aead_new(enum cipher_id id, const uint8_t *key, enum cipher_dir dir)
{
	const struct cipher_info *info = cipher_by_id(id);
	struct aead *aead;

	if (!info || info->mode != CIPHER_MODE_AEAD)
		return NULL;
	aead = calloc(1, sizeof(*aead));
	if (!aead)
		return NULL;
	aead->ctx = keyed_ctx(info->name, key, dir);
	if (!aead->ctx) {
		free(aead);
		return NULL;
	}
	aead->tag[0] =
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, AEAD_TAG_LEN);
	aead->tag[1] = OSSL_PARAM_construct_end();
	return aead;
}

void aead_free(struct aead *aead)
{
	if (!aead)
		return;
	EVP_CIPHER_CTX_free(aead->ctx); /* wipes the key schedule */
	free(aead);
}

/* Where the cipher keeps its state: it gives a pointer to the IV in there. NULL: it does not. */
static const uint8_t *state_iv(EVP_CIPHER_CTX *ctx)
{
	static const uint8_t none[AEAD_NONCE_LEN];
	OSSL_PARAM params[2];
	void *iv = NULL;

	params[0] = OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_IV, &iv, AEAD_NONCE_LEN);
	params[1] = OSSL_PARAM_construct_end();
	ERR_set_mark();
	/* It has none until one is set, and each packet sets its own. */
	if (!EVP_CipherInit_ex2(ctx, NULL, NULL, none, -1, NULL) ||
	    !EVP_CIPHER_CTX_get_params(ctx, params))
		iv = NULL;
	ERR_pop_to_mark();
	return iv;
}

void aead_touches(const struct aead *aead, struct footprint *f)
{
	const uint8_t *iv = state_iv(aead->ctx);

	footprint_add(f, aead, sizeof(*aead));
	footprint_add(f, aead->ctx, CTX_BYTES);
	if (iv)
		footprint_add(f, iv - STATE_BEFORE_IV, STATE_BYTES);
}

int aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *ad,
	      size_t ad_len, const uint8_t *in, uint8_t *out, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = aead->ctx;
	uint8_t none[1];
	int n;

	aead->tag[0].data = tag;
	/* an update without bytes would mean "final" or "associated data" to the library */
	if (len > INT_MAX || ad_len > INT_MAX ||
	    !EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) ||
	    (ad_len > 0 && !EVP_EncryptUpdate(ctx, NULL, &n, ad, (int)ad_len)) ||
	    (len > 0 && !EVP_EncryptUpdate(ctx, out, &n, in, (int)len)) ||
	    !EVP_EncryptFinal_ex(ctx, none, &n) || !EVP_CIPHER_CTX_get_params(ctx, aead->tag)) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return 0;
}

int aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *ad,
	      size_t ad_len, const uint8_t *in, uint8_t *out, size_t len,
	      const uint8_t tag[AEAD_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = aead->ctx;
	uint8_t none[1];
	int n;

	aead->tag[0].data = (void *)(uintptr_t)tag; /* the library only reads it */
	if (len > INT_MAX || ad_len > INT_MAX ||
	    !EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) ||
	    !EVP_CIPHER_CTX_set_params(ctx, aead->tag) ||
	    (ad_len > 0 && !EVP_DecryptUpdate(ctx, NULL, &n, ad, (int)ad_len)) ||
	    (len > 0 && !EVP_DecryptUpdate(ctx, out, &n, in, (int)len)) ||
	    !EVP_DecryptFinal_ex(ctx, none, &n)) {
		ERR_clear_error();
		return ERR_AUTH;
	}
	return 0;
}

/* ---- CBC, CFB, OFB ----------------------------------------------------------------------- */

struct cipher_ctx {
	EVP_CIPHER_CTX *ctx;
};

struct cipher_ctx *cipher_ctx_new(enum cipher_id id, const uint8_t *key, enum cipher_dir dir)
{
	const struct cipher_info *info = cipher_by_id(id);
	struct cipher_ctx *c;

	if (!info || info->mode == CIPHER_MODE_AEAD || info->mode == CIPHER_MODE_NONE)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->ctx = keyed_ctx(info->name, key, dir);
	if (!c->ctx) {
		free(c);
		return NULL;
	}
	return c;
}

void cipher_ctx_free(struct cipher_ctx *ctx)
{
	if (!ctx)
		return;
	EVP_CIPHER_CTX_free(ctx->ctx);
	free(ctx);
}

int cipher_ctx_crypt(struct cipher_ctx *ctx, const uint8_t *iv, const uint8_t *in, size_t len,
		     uint8_t *out, size_t *out_len)
{
	int n = 0, rest = 0;

	*out_len = 0;
	if (len > INT_MAX - CIPHER_BLOCK_MAX ||
	    !EVP_CipherInit_ex2(ctx->ctx, NULL, NULL, iv, -1, NULL) ||
	    (len > 0 && !EVP_CipherUpdate(ctx->ctx, out, &n, in, (int)len)) ||
	    !EVP_CipherFinal_ex(ctx->ctx, out + n, &rest)) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	*out_len = (size_t)(n + rest);
	return 0;
}

/* ---- CTR --------------------------------------------------------------------------------- */

struct ctr {
	EVP_CIPHER_CTX *ctx;
};

struct ctr *ctr_new(const uint8_t key[CTR_KEY_LEN])
{
	struct ctr *ctr = calloc(1, sizeof(*ctr));

	if (!ctr)
		return NULL;
	ctr->ctx = keyed_ctx("AES-256-CTR", key, CIPHER_SEAL);
	if (!ctr->ctx) {
		free(ctr);
		return NULL;
	}
	return ctr;
}

void ctr_free(struct ctr *ctr)
{
	if (!ctr)
		return;
	EVP_CIPHER_CTX_free(ctr->ctx);
	free(ctr);
}

int ctr_crypt(struct ctr *ctr, const uint8_t iv[CTR_IV_LEN], const uint8_t *in, uint8_t *out,
	      size_t len)
{
	int n;

	if (len > INT_MAX || !EVP_EncryptInit_ex2(ctr->ctx, NULL, NULL, iv, NULL) ||
	    (len > 0 && !EVP_EncryptUpdate(ctr->ctx, out, &n, in, (int)len))) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return 0;
}

int aes256_ctr(const uint8_t key[CTR_KEY_LEN], const uint8_t iv[CTR_IV_LEN], const uint8_t *in,
	       uint8_t *out, size_t len)
{
	struct ctr *ctr = ctr_new(key);
	int ret;

	if (!ctr)
		return ERR_CRYPTO;
	ret = ctr_crypt(ctr, iv, in, out, len);
	ctr_free(ctr);
	return ret;
}
