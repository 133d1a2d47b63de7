/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "proto/ncp.h"
#include "proto/peer_info.h"

#define LIST_TOO_LONG "Length of --data-ciphers is over the limit of 127 chars\n"

static int parse(const char *text, struct ncp_list *list, const char *want_lines)
{
	struct str lines = str_init();
	struct err err = {0};
	int ret = ncp_list_parse(text, false, list, &lines, &err);

	assert_string_equal(str_text(&lines), want_lines);
	if (ret < 0)
		assert_string_equal(err.text, "--data-ciphers list contains unsupported ciphers "
					      "or is too long.");
	str_fini(&lines);
	return ret;
}

static void list__names__are_normalised(void **state)
{
	struct ncp_list list;
	struct str lines = str_init();
	struct err err;

	(void)state;
	assert_int_equal(parse("aes-256-gcm:AES-128-GCM", &list, ""), 0);
	assert_string_equal(list.text, "AES-256-GCM:AES-128-GCM");
	assert_int_equal(parse("DEFAULT:aes-256-cbc", &list, ""), 0);
	assert_string_equal(list.text, "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305:AES-256-CBC");
	assert_int_equal(ncp_list_parse("DEFAULT", true, &list, &lines, &err), 0);
	assert_string_equal(list.text, "AES-256-GCM:AES-128-GCM");
	assert_int_equal(parse("AES-256-GCM:?NO-SUCH:AES-128-GCM", &list,
			       "Unsupported optional cipher in --data-ciphers: NO-SUCH\n"),
			 0);
	assert_string_equal(list.text, "AES-256-GCM:AES-128-GCM");
	assert_true(ncp_list_announces_ncp2(list.text));
	assert_false(ncp_list_announces_ncp2("AES-256-GCM"));
	assert_true(ncp_list_has("A:B", "B"));
	assert_false(ncp_list_has("AB", "A"));
	str_fini(&lines);
}

static void list__faults__are_refused(void **state)
{
	struct ncp_list list;

	(void)state;
	assert_int_equal(parse("AES-256-GCM:NO-SUCH", &list,
			       "Unsupported cipher in --data-ciphers: NO-SUCH\n"),
			 ERR_UNSUPPORTED);
	assert_int_equal(
		parse("DEFAULT:DEFAULT", &list, "Unsupported cipher in --data-ciphers: DEFAULT\n"),
		ERR_UNSUPPORTED);
	assert_int_equal(parse("AES-256-ECB", &list,
			       "Unsupported cipher algorithm 'AES-256-ECB'. It does not use CFB, "
			       "OFB, CBC, or a supported AEAD mode\n"),
			 ERR_UNSUPPORTED);
	assert_int_equal(parse("", &list, ""), ERR_INVALID);
	assert_int_equal(parse("?NO-SUCH", &list,
			       "Unsupported optional cipher in --data-ciphers: NO-SUCH\n"),
			 ERR_INVALID);
}

static void list__127_characters_fit__128_do_not(void **state)
{
	struct ncp_list list;
	char text[256] = "";

	(void)state;
	for (int i = 0; i < 10; i++)
		strcat(text, "AES-256-GCM:"); /* 120 with the last colon */
	strcat(text, "BF-CBC");
	text[119] = '\0';
	assert_int_equal(parse(text, &list, ""), 0);
	assert_int_equal(strlen(list.text), 119);
	strcat(text, ":SM4-CBC"); /* 127 */
	assert_int_equal(parse(text, &list, ""), 0);
	assert_int_equal(strlen(list.text), 127);
	text[119] = '\0';
	memmove(text + 12, text, 120); /* one more: 131 */
	assert_int_equal(parse(text, &list, LIST_TOO_LONG), ERR_OVERFLOW);
}

/* ---- server ---- */

static struct ncp_server server(const char *list)
{
	return (struct ncp_server){.data_ciphers = list, .cipher = "BF-CBC", .tun_mtu = 1500};
}

static int choose(const struct ncp_server *srv, const char *info, const char *occ,
		  struct negotiated *n, struct ncp_refusal *refusal, const char *want_lines)
{
	struct str lines = str_init();
	int ret = ncp_server_choose(srv, info, occ, 3, n, refusal, &lines);

	assert_string_equal(str_text(&lines), want_lines);
	str_fini(&lines);
	return ret;
}

static void server__own_order_decides(void **state)
{
	struct ncp_server srv = server("AES-128-GCM:AES-256-GCM");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	assert_int_equal(choose(&srv,
				"IV_CIPHERS=AES-256-GCM:AES-128-GCM\nIV_PROTO=990\nIV_MTU=1600\n",
				"BF-CBC", &n, &refusal, ""),
			 0);
	assert_string_equal(n.cipher, "AES-128-GCM");
	assert_true(n.push_cipher && n.use_v2 && n.tls_ekm && n.cc_exit && n.dyn_tls_crypt);
	assert_false(n.epoch);
	assert_int_equal(n.peer_id, 3);
	assert_int_equal(n.tun_mtu, 1500);
}

static void server__old_clients(void **state)
{
	struct ncp_server srv = server("AES-256-GCM:AES-128-GCM:AES-256-CBC");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	assert_int_equal(choose(&srv, "IV_NCP=2\nIV_PROTO=2\n", "BF-CBC", &n, &refusal, ""), 0);
	assert_string_equal(n.cipher, "AES-256-GCM");
	assert_true(n.push_cipher && n.use_v2);
	assert_false(n.tls_ekm || n.cc_exit);
	assert_int_equal(n.tun_mtu, 0);
	assert_int_equal(choose(&srv, NULL, "AES-256-CBC", &n, &refusal, ""), 0);
	assert_string_equal(n.cipher, "AES-256-CBC");
	assert_false(n.push_cipher);
	assert_false(n.use_v2);
	/* IV_CIPHERS silences the options string */
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=X\n", "AES-256-CBC", &n, &refusal,
		       "PUSH: No common cipher between server and client. Server data-ciphers: "
		       "'AES-256-GCM:AES-128-GCM:AES-256-CBC', client supported ciphers 'X'\n"),
		ERR_UNSUPPORTED);
	assert_string_equal(refusal.client_reason,
			    "Data channel cipher negotiation failed (no shared cipher)");
}

static void server__nothing_known__needs_fallback(void **state)
{
	struct ncp_server srv = server("AES-256-GCM");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	srv.data_ciphers_config = "DEFAULT";
	assert_int_equal(choose(&srv, "", "BF-CBC", &n, &refusal,
				"PUSH: No common cipher between server and client. Server "
				"data-ciphers: 'DEFAULT' (AES-256-GCM), client supports cipher "
				"'BF-CBC'\n"),
			 ERR_UNSUPPORTED);
	assert_int_equal(choose(&srv, "", "", &n, &refusal,
				"PUSH: No NCP or OCC cipher data received from peer.\n"
				"Use --data-ciphers-fallback with the cipher the client is using "
				"if you want to allow the client to connect\n"),
			 ERR_UNSUPPORTED);
	srv.fallback = true;
	assert_int_equal(choose(&srv, "", "", &n, &refusal,
				"PUSH: No NCP or OCC cipher data received from peer.\n"
				"Using data channel cipher 'BF-CBC' since --data-ciphers-fallback "
				"is set.\n"),
			 0);
	assert_string_equal(n.cipher, "BF-CBC");
}

static void server__features_that_are_required(void **state)
{
	struct ncp_server srv = server("AES-256-GCM:AES-256-CBC");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	srv.force_tls_ekm = true;
	assert_int_equal(choose(&srv, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=2\n", "", &n, &refusal,
				"PUSH: client does not support TLS Keying Material Exporters but "
				"--force-tls-key-material-export is enabled.\n"),
			 ERR_UNSUPPORTED);
	assert_string_equal(
		refusal.client_reason,
		"Client incompatible with this server. Keying Material Exporters (RFC 5705) "
		"support missing. Upgrade to a client that supports this feature (OpenVPN "
		"2.6.0+).");
	srv.force_tls_ekm = false;
	srv.require_v2 = true;
	assert_int_equal(choose(&srv, "IV_CIPHERS=AES-256-GCM\n", "", &n, &refusal,
				"Client does not support DATA_V2. Data channel offloading requires "
				"DATA_V2. Dropping client.\n"),
			 ERR_UNSUPPORTED);
	assert_string_equal(refusal.client_reason,
			    "Data channel negotiation failed (missing DATA_V2)");
}

static void server__epoch__needs_aead_and_both_ends(void **state)
{
	struct ncp_server srv = server("AES-256-GCM:AES-256-CBC");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	srv.epoch = true;
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=8094\n", "", &n, &refusal, ""), 0);
	assert_true(n.epoch);
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=AES-256-CBC\nIV_PROTO=8094\n", "", &n, &refusal, ""), 0);
	assert_false(n.epoch);
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=990\n", "", &n, &refusal, ""), 0);
	assert_false(n.epoch);
	srv.epoch = false;
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=8094\n", "", &n, &refusal, ""), 0);
	assert_false(n.epoch);
}

static void server__remarks(void **state)
{
	struct ncp_server srv = server("AES-256-GCM");
	struct ncp_refusal refusal;
	struct negotiated n;

	(void)state;
	srv.tun_mtu = 9000;
	assert_int_equal(
		choose(&srv, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=746\nIV_MTU=1600\n", "", &n,
		       &refusal,
		       "Note: peer reports running in P2P mode (no --pull/--client option). It "
		       "will not negotiate ciphers with this server. Expect this connection to "
		       "fail.\n"
		       "Warning: reported maximum MTU from client (1600) is lower than MTU used "
		       "on the server (9000). Add tun-mtu-max 9000 to client configuration.\n"),
		0);
	assert_int_equal(n.tun_mtu, 9000);
}

/* ---- client ---- */

static int accept_push(bool fallback, bool pushed, const char *occ, struct negotiated *n,
		       const char *want_lines, const char *want_err)
{
	struct ncp_client cl = {.data_ciphers = "AES-256-GCM:AES-128-GCM",
				.data_ciphers_config = "DEFAULT",
				.cipher = "BF-CBC",
				.fallback = fallback};
	struct str lines = str_init();
	struct err err = {0};
	int ret = ncp_client_accept(&cl, pushed, occ, n, &lines, &err);

	assert_string_equal(str_text(&lines), want_lines);
	assert_string_equal(err.text, want_err);
	str_fini(&lines);
	return ret;
}

static void client__pushed_cipher__must_be_in_list(void **state)
{
	struct negotiated n = negotiated_init();

	(void)state;
	strcpy(n.cipher, "aes-128-gcm");
	assert_int_equal(accept_push(false, true, "", &n, "", ""), 0);
	assert_string_equal(n.cipher, "AES-128-GCM");
	strcpy(n.cipher, "AES-256-CBC");
	assert_int_equal(accept_push(false, true, "", &n,
				     "Error: negotiated cipher not allowed - AES-256-CBC not in "
				     "AES-256-GCM:AES-128-GCM\n",
				     "OPTIONS ERROR: failed to import crypto options"),
			 ERR_UNSUPPORTED);
	strcpy(n.cipher, "NO-SUCH");
	assert_int_equal(accept_push(true, true, "", &n,
				     "Error: negotiated cipher not allowed - NO-SUCH not in "
				     "AES-256-GCM:AES-128-GCM\n",
				     "OPTIONS ERROR: failed to import crypto options"),
			 ERR_UNSUPPORTED);
	strcpy(n.cipher, "BF-CBC");
	assert_int_equal(accept_push(true, true, "", &n, "", ""), 0);
}

static void client__nothing_pushed__options_string_decides(void **state)
{
	struct negotiated n = negotiated_init();

	(void)state;
	assert_int_equal(accept_push(false, false, "AES-128-GCM", &n,
				     "Using peer cipher 'AES-128-GCM'\n", ""),
			 0);
	assert_string_equal(n.cipher, "AES-128-GCM");
	n = negotiated_init();
	assert_int_equal(
		accept_push(true, false, "AES-256-CBC", &n, "",
			    "OPTIONS ERROR: failed to negotiate cipher with server.  Add the "
			    "server's cipher ('AES-256-CBC') to --data-ciphers (currently "
			    "'DEFAULT'), e.g.--data-ciphers DEFAULT:AES-256-CBC if you want to "
			    "connect to this server."),
		ERR_UNSUPPORTED);
	assert_int_equal(accept_push(false, false, "", &n, "",
				     "OPTIONS ERROR: failed to negotiate cipher with server. "
				     "Configure --data-ciphers-fallback if you want to connect to "
				     "this server."),
			 ERR_UNSUPPORTED);
	assert_int_equal(accept_push(true, false, "", &n, "", ""), 0);
	assert_string_equal(n.cipher, "BF-CBC");
}

static void client__epoch_without_peer_id__is_refused(void **state)
{
	struct negotiated n = negotiated_init();

	(void)state;
	strcpy(n.cipher, "AES-256-GCM");
	n.epoch = true;
	assert_int_equal(accept_push(false, true, "", &n, "",
				     "OPTIONS ERROR: Epoch key data format tag requires data v2 "
				     "(peer-id) to be enabled."),
			 ERR_UNSUPPORTED);
	n.use_v2 = true;
	assert_int_equal(accept_push(false, true, "", &n, "", ""), 0);
}

static void client__flag_words(void **state)
{
	const char *const words[] = {"cc-exit", "new-thing", "tls-ekm", "other", "aead-epoch"};
	struct negotiated n = negotiated_init();
	struct err err;

	(void)state;
	assert_int_equal(ncp_pushed_flags(words, 5, &n, &err), ERR_OPTION);
	assert_string_equal(err.text, "Unknown protocol-flags flag: new-thing");
	assert_true(n.cc_exit && n.tls_ekm && n.epoch && !n.dyn_tls_crypt);
	assert_int_equal(ncp_pushed_key_derivation("prf", &n, &err), ERR_OPTION);
	assert_string_equal(err.text, "Unknown key-derivation method prf");
	assert_int_equal(ncp_pushed_key_derivation("tls-ekm", &n, &err), 0);
}

/* ---- p2p ---- */

static void p2p(bool tls_server, const char *ours, uint32_t iv_proto, const uint8_t *id,
		const char *info, struct negotiated *n, const char *want_line)
{
	struct ncp_p2p p = {.tls_server = tls_server,
			    .data_ciphers = ours,
			    .iv_proto = iv_proto,
			    .exported_id = id};
	struct str line = str_init();

	ncp_p2p_negotiate(&p, info, NULL, n, &line);
	assert_string_equal(str_text(&line), want_line);
	str_fini(&line);
}

static void p2p__both_ends_agree(void **state)
{
	static const uint8_t id[] = {0x90, 0x42, 0xc1};
	struct negotiated n, m;

	(void)state;
	p2p(true, "AES-128-GCM:AES-256-GCM", 7850, id,
	    "IV_CIPHERS=AES-256-GCM:AES-128-GCM\nIV_PROTO=746\n", &n,
	    "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id 9454273, epoch=0, "
	    "cipher=AES-128-GCM");
	p2p(false, "AES-256-GCM:AES-128-GCM", 746, id,
	    "IV_CIPHERS=AES-128-GCM:AES-256-GCM\nIV_PROTO=7850\n", &m,
	    "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id 9454273, epoch=0, "
	    "cipher=AES-128-GCM");
	assert_memory_equal(&n, &m, sizeof(n));
	assert_true(n.dyn_tls_crypt && n.cc_exit);
	p2p(true, "AES-256-GCM", 7850, id, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=7850\n", &n,
	    "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id 9454273, epoch=1, "
	    "cipher=AES-256-GCM");
	p2p(true, "AES-256-GCM", 7850, NULL, "IV_CIPHERS=AES-256-GCM\nIV_PROTO=7850\n", &n,
	    "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id 7762030, epoch=1, "
	    "cipher=AES-256-GCM");
}

static void p2p__old_peer__keeps_classic_ways(void **state)
{
	struct negotiated n;
	struct err err;

	(void)state;
	p2p(false, "AES-256-GCM", 7850, NULL, "IV_PROTO=2\n", &n,
	    "P2P mode NCP negotiation result: TLS_export=0, DATA_v2=0, peer-id 16777215, epoch=0, "
	    "cipher=(not negotiated, fallback-cipher: none)");
	assert_false(n.use_v2);
	assert_int_equal(ncp_p2p_settle(&n, NULL, &err), ERR_UNSUPPORTED);
	assert_string_equal(err.text, "ERROR: failed to negotiate cipher with peer and "
				      "--data-ciphers-fallback not enabled. No usable data channel "
				      "cipher");
	assert_int_equal(ncp_p2p_settle(&n, "AES-256-CBC", &err), 0);
	assert_string_equal(n.cipher, "AES-256-CBC");
	assert_int_equal(ncp_p2p_settle(&n, NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__names__are_normalised),
		cmocka_unit_test(list__faults__are_refused),
		cmocka_unit_test(list__127_characters_fit__128_do_not),
		cmocka_unit_test(server__own_order_decides),
		cmocka_unit_test(server__old_clients),
		cmocka_unit_test(server__nothing_known__needs_fallback),
		cmocka_unit_test(server__features_that_are_required),
		cmocka_unit_test(server__epoch__needs_aead_and_both_ends),
		cmocka_unit_test(server__remarks),
		cmocka_unit_test(client__pushed_cipher__must_be_in_list),
		cmocka_unit_test(client__nothing_pushed__options_string_decides),
		cmocka_unit_test(client__epoch_without_peer_id__is_refused),
		cmocka_unit_test(client__flag_words),
		cmocka_unit_test(p2p__both_ends_agree),
		cmocka_unit_test(p2p__old_peer__keeps_classic_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
