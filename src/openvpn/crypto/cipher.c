// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/cipher.h"

#include <strings.h>

#include "crypto/backend.h"

static const struct cipher_info ciphers[CIPHER_COUNT] = {
	[CIPHER_NONE] = {.id = CIPHER_NONE, .name = "none", .mode = CIPHER_MODE_NONE},
#define X(cipher, text, key, iv, block, m)           \
	[CIPHER_##cipher] = {.id = CIPHER_##cipher,  \
			     .name = (text),         \
			     .key_bytes = (key),     \
			     .iv_bytes = (iv),       \
			     .block_bytes = (block), \
			     .mode = (m),            \
			     .insecure = (block) > 1 && (block) < 16},
	CIPHER_MAP(X)
#undef X
};

const struct cipher_info *cipher_by_name(const char *name)
{
	enum cipher_id alias;

	for (size_t i = 0; i < CIPHER_COUNT; i++)
		if (strcasecmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	alias = backend_cipher_alias(name);
	return alias < CIPHER_COUNT ? &ciphers[alias] : NULL;
}

const struct cipher_info *cipher_by_id(enum cipher_id id)
{
	return (unsigned int)id < CIPHER_COUNT ? &ciphers[id] : NULL;
}

const struct cipher_info *cipher_list(void)
{
	return ciphers;
}

bool cipher_available(const struct cipher_info *info)
{
	return info->id == CIPHER_NONE || backend_cipher_offered(info);
}
