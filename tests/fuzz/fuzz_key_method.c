/* SPDX-License-Identifier: GPL-2.0-only */
/* Key-method-2 messages of both roles; the first byte chooses. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/key_method.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct log no_log = {0};
	static struct key_method msg;
	struct rd r;

	if (size == 0 || size > PLAINTEXT_MAX)
		return 0;
	r = rd_init(data + 1, size - 1);
	if (key_method_read(&r, data[0] & 1, &no_log, &msg) < 0)
		return 0;
	if (strlen(msg.options) > KEY_OPTIONS_MAX || strlen(msg.username) > KEY_USERPASS_MAX ||
	    strlen(msg.password) > KEY_USERPASS_MAX || strlen(msg.peer_info) > PLAINTEXT_MAX)
		abort();
	return 0;
}
