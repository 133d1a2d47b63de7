/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The length stands before the bytes, so that secret_free() knows what to wipe. */
union header {
	size_t len;
	max_align_t align;
};

void *secret_alloc(size_t len)
{
	union header *h;

	if (len > SIZE_MAX - sizeof(*h))
		return NULL;
	h = calloc(1, sizeof(*h) + len);
	if (!h)
		return NULL;
	h->len = len;
	return h + 1;
}

void secret_free(void *p)
{
	union header *h;

	if (!p)
		return;
	h = (union header *)p - 1;
	secret_wipe(p, h->len);
	free(h);
}

char *secret_strdup(const char *s)
{
	size_t len;
	char *copy;

	if (!s)
		return NULL;
	len = strlen(s) + 1;
	copy = secret_alloc(len);
	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void secret_wipe(void *p, size_t len)
{
	if (len)
		explicit_bzero(p, len);
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

bool secret_is_zero(const void *p, size_t len)
{
	const volatile uint8_t *x = p;
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= x[i];
	return any == 0;
}
