/* SPDX-License-Identifier: GPL-2.0-only */
/* A wrapped client key from the network; and the same bytes as key and metadata, wrapped. */
#include <stdlib.h>
#include <string.h>

#include "crypto/key_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct crypt_v2_server_key server = {{7, 10, 13}};
	uint8_t wkc[WKC_MAX];
	struct static_key kc = {{0}};
	struct wkc_plain plain;
	size_t len;

	if (wkc_unwrap(&server, data, size, &plain) == 0 && plain.metadata_len > WKC_METADATA_MAX)
		abort();
	if (size > 0)
		memcpy(kc.k, data, size < sizeof(kc.k) ? size : sizeof(kc.k));
	if (wkc_wrap(&server, &kc, data, size, wkc, &len) < 0) {
		if (size <= WKC_METADATA_MAX)
			abort();
		return 0;
	}
	if (wkc_unwrap(&server, wkc, len, &plain) < 0 || plain.metadata_len != size ||
	    memcmp(plain.metadata, data, size) != 0)
		abort();
	return 0;
}
