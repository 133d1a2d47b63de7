/* SPDX-License-Identifier: GPL-2.0-only */
/* A peer's information block: lookups, safe lines, and a server's choice based on it. */
#include <stdlib.h>
#include <string.h>

#include "proto/ncp.h"
#include "proto/peer_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ncp_server srv = {
		.data_ciphers = "AES-256-GCM:AES-128-GCM", .cipher = "BF-CBC", .tun_mtu = 1500};
	static const struct ncp_p2p p2p = {.data_ciphers = "AES-256-GCM", .iv_proto = 7850};
	char *text = strndup((const char *)data, size);
	const char *pos = text;
	struct str lines = str_init();
	struct peer_info_line line;
	struct ncp_refusal refusal;
	struct negotiated n;

	if (!text)
		abort();
	while (peer_info_next(&pos, &line))
		if (line.valid && strpbrk(line.value, "$(` \t\n"))
			abort();
	peer_info_has_item(text, "IV_SSO", "webauth");
	if (ncp_server_choose(&srv, text, "", 0, &n, &refusal, &lines) == 0 &&
	    !ncp_list_has(srv.data_ciphers, n.cipher))
		abort();
	ncp_p2p_negotiate(&p2p, text, NULL, &n, &lines);
	if (n.cipher[0] && !ncp_list_has(p2p.data_ciphers, n.cipher))
		abort();
	str_fini(&lines);
	free(text);
	return 0;
}
