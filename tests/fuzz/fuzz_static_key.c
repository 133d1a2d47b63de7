/* SPDX-License-Identifier: GPL-2.0-only */
/* A static key file: what is accepted must come back the same from our own writer. */
#include <stdlib.h>
#include <string.h>

#include "crypto/static_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[STATIC_KEY_TEXT_LEN + 1];
	struct static_key key, again;
	struct err err;

	if (static_key_parse((const char *)data, size, "f", &key, &err) < 0)
		return 0;
	static_key_format(&key, text);
	if (static_key_parse(text, strlen(text), "f", &again, &err) < 0 ||
	    memcmp(&key, &again, sizeof(key)) != 0)
		abort();
	return 0;
}
