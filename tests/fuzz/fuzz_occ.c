/* SPDX-License-Identifier: GPL-2.0-only */
/* A peer's options string against ours. */
#include <stdlib.h>
#include <string.h>

#include "proto/occ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char ours[] = "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,"
				   "cipher BF-CBC,auth SHA1,keysize 128,key-method 2,tls-client";
	char *text = strndup((const char *)data, size < 2048 ? size : 2048), cipher[64];
	struct str lines = str_init();

	if (!text)
		abort();
	occ_compare(ours, text, &lines);
	if (strcmp(ours, text) == 0 && lines.len)
		abort();
	occ_peer_cipher(text, cipher, sizeof(cipher));
	occ_has_comp_lzo(text);
	str_fini(&lines);
	free(text);
	return 0;
}
