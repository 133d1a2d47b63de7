/* SPDX-License-Identifier: GPL-2.0-only */
/* PEM key files of every kind, as inline text. */
#include <stdlib.h>
#include <string.h>

#include "crypto/key_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	const struct text_source src = {.text = text};
	uint8_t token[AUTH_TOKEN_KEY_LEN];
	struct crypt_v2_client_key client;
	struct crypt_v2_server_key server;
	struct str again = str_init();
	uint8_t bytes[64];
	struct err err;
	size_t len;

	if (!text)
		abort();
	if (crypt_v2_client_key_load(&src, &client, &err) == 0 &&
	    (client.wkc_len < WKC_MIN || client.wkc_len > WKC_MAX))
		abort();
	if (crypt_v2_server_key_load(&src, &server, &err) == 0) {
		if (key_pem_encode(KEY_PEM_CRYPT_V2_SERVER, server.s, sizeof(server.s), &again) < 0)
			abort();
		if (!strstr(str_text(&again), KEY_PEM_CRYPT_V2_SERVER))
			abort();
	}
	if (auth_token_key_load(&src, token, &err) == 0)
		(void)token[AUTH_TOKEN_KEY_LEN - 1];
	if (key_pem_decode(text, KEY_PEM_AUTH_TOKEN, bytes, sizeof(bytes), &len) == 0 &&
	    len > sizeof(bytes))
		abort();
	str_fini(&again);
	free(text);
	return 0;
}
