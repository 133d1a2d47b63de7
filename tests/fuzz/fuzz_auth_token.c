/* SPDX-License-Identifier: GPL-2.0-only */
/* Passwords that look like tokens: none may be taken for a valid one. */
#include <stdlib.h>
#include <string.h>

#include "proto/auth_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct auth_token_config cfg = {.key = {1, 2, 3}, .renewal_sec = 3600};
	struct auth_token_session session = {0};
	struct str lines = str_init(), text = str_init();
	enum auth_token_state state;

	str_add(&text, AUTH_TOKEN_PREFIX);
	for (size_t i = 0; i < size; i++)
		if (data[i])
			str_add_len(&text, data + i, 1);
	state = auth_token_verify(&cfg, &session, "user", str_text(&text), 1700000000, &lines);
	if (state != AUTH_TOKEN_INITIAL && state != AUTH_TOKEN_INVALID)
		abort();
	if (session.valid)
		abort();
	str_fini(&text);
	str_fini(&lines);
	return 0;
}
