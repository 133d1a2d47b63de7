// SPDX-License-Identifier: GPL-2.0-only
/* digest.h on OpenSSL 3. */
#include "crypto/digest.h"

#include <stdlib.h>

#include "crypto/openssl.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/err.h"
#include "crypto/backend.h"

static EVP_MD *fetch_quietly(const char *name)
{
	EVP_MD *md;

	ERR_set_mark();
	md = EVP_MD_fetch(NULL, name, NULL);
	ERR_pop_to_mark();
	return md;
}

bool backend_digest_offered(const struct digest_info *info)
{
	EVP_MD *md = fetch_quietly(info->name);

	EVP_MD_free(md);
	return md != NULL;
}

enum digest_id backend_digest_alias(const char *name)
{
	EVP_MD *md = fetch_quietly(name);
	enum digest_id found = DIGEST_COUNT;

	if (!md)
		return DIGEST_COUNT;
	for (unsigned int id = DIGEST_NONE + 1; id < DIGEST_COUNT; id++)
		if (EVP_MD_is_a(md, digest_by_id((enum digest_id)id)->name))
			found = (enum digest_id)id;
	EVP_MD_free(md);
	return found;
}

/* ---- HMAC -------------------------------------------------------------------------------- */

struct hmac {
	EVP_MAC_CTX *ctx;
	size_t len;
};

struct hmac *hmac_new(enum digest_id id, const uint8_t *key, size_t key_len)
{
	const struct digest_info *info = digest_by_id(id);
	OSSL_PARAM params[2];
	struct hmac *hmac;
	EVP_MAC *mac;

	if (!info || id == DIGEST_NONE)
		return NULL;
	hmac = calloc(1, sizeof(*hmac));
	if (!hmac)
		return NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)info->name, 0);
	params[1] = OSSL_PARAM_construct_end();
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	hmac->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	hmac->len = info->bytes;
	if (!hmac->ctx || !EVP_MAC_init(hmac->ctx, key, key_len, params)) {
		ERR_clear_error();
		hmac_free(hmac);
		return NULL;
	}
	return hmac;
}

void hmac_free(struct hmac *hmac)
{
	if (!hmac)
		return;
	EVP_MAC_CTX_free(hmac->ctx);
	free(hmac);
}

size_t hmac_len(const struct hmac *hmac)
{
	return hmac->len;
}

static int done(int ok)
{
	if (ok)
		return 0;
	ERR_clear_error();
	return ERR_CRYPTO;
}

int hmac_reset(struct hmac *hmac)
{
	return done(EVP_MAC_init(hmac->ctx, NULL, 0, NULL));
}

int hmac_update(struct hmac *hmac, const void *data, size_t len)
{
	return len == 0 ? 0 : done(EVP_MAC_update(hmac->ctx, data, len));
}

int hmac_final(struct hmac *hmac, uint8_t *out)
{
	size_t len;

	return done(EVP_MAC_final(hmac->ctx, out, &len, hmac->len));
}

/* ---- hash -------------------------------------------------------------------------------- */

struct hash {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

struct hash *hash_new(enum digest_id id)
{
	const struct digest_info *info = digest_by_id(id);
	struct hash *hash;

	if (!info || id == DIGEST_NONE)
		return NULL;
	hash = calloc(1, sizeof(*hash));
	if (!hash)
		return NULL;
	hash->md = fetch_quietly(info->name);
	hash->ctx = EVP_MD_CTX_new();
	if (!hash->md || !hash->ctx || !EVP_DigestInit_ex2(hash->ctx, hash->md, NULL)) {
		hash_free(hash);
		return NULL;
	}
	return hash;
}

void hash_free(struct hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->ctx);
	EVP_MD_free(hash->md);
	free(hash);
}

int hash_update(struct hash *hash, const void *data, size_t len)
{
	return len == 0 ? 0 : done(EVP_DigestUpdate(hash->ctx, data, len));
}

int hash_final(struct hash *hash, uint8_t *out)
{
	return done(EVP_DigestFinal_ex(hash->ctx, out, NULL) &&
		    EVP_DigestInit_ex2(hash->ctx, hash->md, NULL));
}
