// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/digest.h"

#include <strings.h>

#include "base/err.h"
#include "crypto/backend.h"

static const struct digest_info digests[DIGEST_COUNT] = {
	[DIGEST_NONE] = {.id = DIGEST_NONE, .name = "none"},
#define X(digest, text, len) \
	[DIGEST_##digest] = {.id = DIGEST_##digest, .name = (text), .bytes = (len)},
	DIGEST_MAP(X)
#undef X
};

const struct digest_info *digest_by_name(const char *name)
{
	enum digest_id alias;

	for (size_t i = 0; i < DIGEST_COUNT; i++)
		if (strcasecmp(digests[i].name, name) == 0)
			return &digests[i];
	alias = backend_digest_alias(name);
	return alias < DIGEST_COUNT ? &digests[alias] : NULL;
}

const struct digest_info *digest_by_id(enum digest_id id)
{
	return (unsigned int)id < DIGEST_COUNT ? &digests[id] : NULL;
}

bool digest_available(const struct digest_info *info)
{
	return info->id == DIGEST_NONE || backend_digest_offered(info);
}

int hmac_parts(struct hmac *hmac, const struct iov_part *parts, size_t n, uint8_t *out)
{
	int ret = hmac_reset(hmac);

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = hmac_update(hmac, parts[i].ptr, parts[i].len);
	if (ret < 0)
		return ret;
	return hmac_final(hmac, out);
}

int hmac_once(enum digest_id id, const uint8_t *key, size_t key_len, const struct iov_part *parts,
	      size_t n, uint8_t *out)
{
	struct hmac *hmac = hmac_new(id, key, key_len);
	int ret;

	if (!hmac)
		return ERR_CRYPTO;
	ret = hmac_parts(hmac, parts, n, out);
	hmac_free(hmac);
	return ret;
}

int hash_once(enum digest_id id, const struct iov_part *parts, size_t n, uint8_t *out)
{
	struct hash *hash = hash_new(id);
	int ret = 0;

	if (!hash)
		return ERR_CRYPTO;
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = hash_update(hash, parts[i].ptr, parts[i].len);
	if (ret == 0)
		ret = hash_final(hash, out);
	hash_free(hash);
	return ret;
}

int sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	const struct iov_part part = {data, len};

	return hash_once(DIGEST_SHA256, &part, 1, out);
}
