/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/features.h"

#include <string.h>

static const struct {
	uint64_t bit;
	const char *name;
	const char *text;
} features[] = {
#define X(name, text) {FEAT_BIT(name), #name, text},
	FEAT_MAP(X)
#undef X
};

const char *feature_text(uint64_t bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].bit == bit)
			return features[i].text;
	return "unknown feature";
}

const char *feature_name(uint64_t bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].bit == bit)
			return features[i].name;
	return "?";
}

uint64_t feature_of_cipher(const char *name)
{
	static const struct {
		const char *name;
		uint64_t bit;
	} ciphers[] = {
		{"AES-128-GCM", FEAT_CIPHER_AES_128_GCM},
		{"AES-192-GCM", FEAT_CIPHER_AES_192_GCM},
		{"AES-256-GCM", FEAT_CIPHER_AES_256_GCM},
		{"CHACHA20-POLY1305", FEAT_CIPHER_CHACHA20_POLY1305},
		{"none", FEAT_CIPHER_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (strcmp(ciphers[i].name, name) == 0)
			return ciphers[i].bit;
	return FEAT_LEGACY_CIPHER;
}
