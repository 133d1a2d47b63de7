/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "proto/occ.h"

static struct occ_input tls_client(void)
{
	return (struct occ_input){
		.tun_mtu = 1500,
		.p2p = true,
		.key_direction = -1,
		.auth = "SHA1",
		.crypto = OCC_CRYPTO_TLS,
	};
}

static void check_local(const struct occ_input *in, const char *want)
{
	char out[OCC_STRING_MAX];

	assert_int_equal(occ_local(in, out, sizeof(out)), 0);
	assert_string_equal(out, want);
}

static void check_wanted(const struct occ_input *in, const char *want)
{
	char out[OCC_STRING_MAX];

	assert_int_equal(occ_expected(in, out, sizeof(out)), 0);
	assert_string_equal(out, want);
}

static unsigned int link_mtu(const struct occ_input *in)
{
	char out[OCC_STRING_MAX];
	const char *p;

	assert_int_equal(occ_local(in, out, sizeof(out)), 0);
	p = strstr(out, "link-mtu ");
	assert_non_null(p);
	return (unsigned int)atoi(p + strlen("link-mtu "));
}

/* As logged by existing programs with the same configuration. */
static void occ__p2p_tls_configurations__are_byte_identical(void **state)
{
	struct occ_input in = tls_client();

	(void)state;
	check_local(&in, "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,cipher BF-CBC,"
			 "auth SHA1,keysize 128,key-method 2,tls-client");
	in.dev = OCC_DEV_TAP;
	in.tun_mtu_extra = 32;
	check_local(&in, "V4,dev-type tap,link-mtu 1573,tun-mtu 1500,proto UDPv4,cipher BF-CBC,"
			 "auth SHA1,keysize 128,key-method 2,tls-client");
	in = tls_client();
	in.cipher = "AES-256-GCM";
	check_local(&in, "V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,cipher "
			 "AES-256-GCM,auth [null-digest],keysize 256,key-method 2,tls-client");
	in.cipher = "aes-256-cbc";
	in.auth = "sha256";
	check_local(&in, "V4,dev-type tun,link-mtu 1569,tun-mtu 1500,proto UDPv4,cipher "
			 "AES-256-CBC,auth SHA256,keysize 256,key-method 2,tls-client");
	in.cipher = "CHACHA20-POLY1305";
	check_local(&in,
		    "V4,dev-type tun,link-mtu 1534,tun-mtu 1500,proto UDPv4,cipher "
		    "CHACHA20-POLY1305,auth [null-digest],keysize 256,key-method 2,tls-client");
	in.cipher = "none";
	in.auth = "none";
	check_local(&in, "V4,dev-type tun,link-mtu 1505,tun-mtu 1500,proto UDPv4,cipher "
			 "[null-cipher],auth [null-digest],keysize 0,key-method 2,tls-client");
	in = tls_client();
	in.comp_framing = true;
	in.comp_adds_byte = true;
	in.fragment = true;
	check_local(&in, "V4,dev-type tun,link-mtu 1546,tun-mtu 1500,proto UDPv4,comp-lzo,"
			 "mtu-dynamic,cipher BF-CBC,auth SHA1,keysize 128,key-method 2,tls-client");
	in = tls_client();
	in.proto = OCC_TCP_CLIENT;
	in.key_direction = 1;
	in.tls_auth = true;
	check_local(&in, "V4,dev-type tun,link-mtu 1543,tun-mtu 1500,proto TCPv4_CLIENT,keydir 1,"
			 "cipher BF-CBC,auth SHA1,keysize 128,tls-auth,key-method 2,tls-client");
	in = tls_client();
	in.has_ifconfig_ipv6 = true;
	check_local(&in, "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,tun-ipv6,"
			 "cipher BF-CBC,auth SHA1,keysize 128,key-method 2,tls-client");
}

static void occ__p2p_ifconfig__peer_comes_first(void **state)
{
	struct occ_input in = tls_client();

	(void)state;
	in.tls_server = true;
	in.has_ifconfig = true;
	in.ifconfig_local = "10.67.0.1";
	in.ifconfig_remote = "10.67.0.2";
	check_local(&in, "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,ifconfig "
			 "10.67.0.2 10.67.0.1,cipher BF-CBC,auth SHA1,keysize 128,key-method 2,"
			 "tls-server");
	check_wanted(&in, "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,ifconfig "
			  "10.67.0.1 10.67.0.2,cipher BF-CBC,auth SHA1,keysize 128,"
			  "key-method 2,tls-client");
	in.ifconfig_network = true;
	in.ifconfig_local = "10.67.0.0";
	in.ifconfig_remote = "255.255.255.0";
	in.crypto = OCC_CRYPTO_NONE;
	check_local(&in, "V4,dev-type tun,link-mtu 1500,tun-mtu 1500,proto UDPv4,"
			 "ifconfig 10.67.0.0 255.255.255.0");
	check_wanted(&in, "V4,dev-type tun,link-mtu 1500,tun-mtu 1500,proto UDPv4,"
			  "ifconfig 10.67.0.0 255.255.255.0");
	in.ifconfig_local = NULL;
	in.dev = OCC_DEV_NULL;
	check_local(&in, "V4,dev-type null,link-mtu 1500,tun-mtu 1500,proto UDPv4,"
			 "ifconfig [undef]");
}

static void occ__pull__names_cipher_only_from_list(void **state)
{
	struct occ_input in = tls_client();

	(void)state;
	in.p2p = false;
	in.has_ifconfig = true;
	in.has_ifconfig_ipv6 = true;
	in.data_ciphers = "AES-256-GCM:AES-128-GCM";
	in.cipher = "AES-128-GCM";
	check_local(&in, "V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,cipher "
			 "AES-128-GCM,auth [null-digest],keysize 128,key-method 2,tls-client");
	in.cipher = NULL;
	in.tun_mtu = 1400;
	check_local(&in, "V4,dev-type tun,link-mtu 1441,tun-mtu 1400,proto UDPv4,auth SHA1,"
			 "keysize 128,key-method 2,tls-client");
	in.cipher = "none";
	in.data_ciphers = "AES-256-GCM:none";
	in.tun_mtu = 1500;
	check_local(&in, "V4,dev-type tun,link-mtu 1525,tun-mtu 1500,proto UDPv4,cipher "
			 "[null-cipher],auth SHA1,keysize 0,key-method 2,tls-client");
}

static void occ__expected__mirrors_roles(void **state)
{
	struct occ_input in = tls_client();

	(void)state;
	in.proto = OCC_TCP_CLIENT;
	in.key_direction = 0;
	in.tls_auth = true;
	check_wanted(&in, "V4,dev-type tun,link-mtu 1543,tun-mtu 1500,proto TCPv4_SERVER,"
			  "keydir 1,cipher BF-CBC,auth SHA1,keysize 128,tls-auth,key-method 2,"
			  "tls-server");
	in.crypto = OCC_CRYPTO_STATIC;
	in.tls_auth = false;
	in.proto = OCC_UDP;
	in.cipher = "AES-256-CBC";
	check_local(&in, "V4,dev-type tun,link-mtu 1560,tun-mtu 1500,proto UDPv4,keydir 0,cipher "
			 "AES-256-CBC,auth SHA1,keysize 256,secret");
}

static void occ__link_mtu_table(void **state)
{
	static const struct {
		const char *cipher, *auth;
		enum occ_crypto crypto;
		unsigned int want;
	} rows[] = {
		{NULL, "SHA1", OCC_CRYPTO_TLS, 1541},
		{NULL, "SHA256", OCC_CRYPTO_TLS, 1553},
		{"AES-256-GCM", "SHA1", OCC_CRYPTO_TLS, 1549},
		{"AES-128-GCM", "SHA1", OCC_CRYPTO_TLS, 1549},
		{"CHACHA20-POLY1305", "SHA1", OCC_CRYPTO_TLS, 1534},
		{"AES-256-CBC", "SHA1", OCC_CRYPTO_TLS, 1557},
		{"AES-256-CBC", "SHA512", OCC_CRYPTO_TLS, 1601},
		{"AES-128-CFB", "SHA1", OCC_CRYPTO_TLS, 1561},
		{"none", "SHA1", OCC_CRYPTO_TLS, 1525},
		{"AES-256-CBC", "SHA1", OCC_CRYPTO_STATIC, 1560},
		{"AES-256-CBC", "SHA256", OCC_CRYPTO_STATIC, 1572},
		{"none", "SHA1", OCC_CRYPTO_STATIC, 1528},
		{NULL, NULL, OCC_CRYPTO_NONE, 1500},
	};
	struct occ_input in = tls_client();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		in.cipher = rows[i].cipher;
		in.auth = rows[i].auth;
		in.crypto = rows[i].crypto;
		assert_int_equal(link_mtu(&in), rows[i].want);
	}
	in = tls_client();
	in.socks_udp = true;
	assert_int_equal(link_mtu(&in), 1551);
	in.link_base_mtu = 1500;
	in.tun_mtu = 1392;
	in.socks_udp = false;
	assert_int_equal(link_mtu(&in), 1541);
	in = tls_client();
	in.comp_framing = true; /* a v2 framing */
	in.occ_mtu = 1600;
	check_local(&in, "V4,dev-type tun,link-mtu 1541,tun-mtu 1600,proto UDPv4,comp-lzo,cipher "
			 "BF-CBC,auth SHA1,keysize 128,key-method 2,tls-client");
}

static void occ__bad_input__is_refused(void **state)
{
	struct occ_input in = tls_client();
	char out[OCC_STRING_MAX];

	(void)state;
	in.cipher = "NO-SUCH";
	assert_int_equal(occ_local(&in, out, sizeof(out)), ERR_UNSUPPORTED);
	in.cipher = "AES-256-CBC";
	in.auth = "NO-SUCH";
	assert_int_equal(occ_local(&in, out, sizeof(out)), ERR_UNSUPPORTED);
	in = tls_client();
	assert_int_equal(occ_local(&in, out, 20), ERR_OVERFLOW);
}

static void check_compare(const char *expected, const char *received, const char *want)
{
	struct str lines = str_init();

	occ_compare(expected, received, &lines);
	assert_string_equal(str_text(&lines), want);
	str_fini(&lines);
}

static void compare__equal__is_silent(void **state)
{
	(void)state;
	check_compare("V4,tun-mtu 1500", "V4,tun-mtu 1500", "");
	check_compare("", "", "");
}

static void compare__other_mtu__gives_two_warnings(void **state)
{
	(void)state;
	check_compare("V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,key-method 2",
		      "V4,dev-type tun,link-mtu 1441,tun-mtu 1400,proto UDPv4,key-method 2",
		      "WARNING: 'link-mtu' is used inconsistently, local='link-mtu 1541', "
		      "remote='link-mtu 1441'\n"
		      "WARNING: 'tun-mtu' is used inconsistently, local='tun-mtu 1500', "
		      "remote='tun-mtu 1400'\n");
}

static void compare__missing_items__named_on_both_sides(void **state)
{
	(void)state;
	check_compare("V4,comp-lzo", "V4,mtu-dynamic",
		      "WARNING: 'comp-lzo' is present in local config but missing in remote "
		      "config, local='comp-lzo'\n"
		      "WARNING: 'mtu-dynamic' is present in remote config but missing in local "
		      "config, remote='mtu-dynamic'\n");
}

static void compare__negotiated_items__are_silent(void **state)
{
	(void)state;
	check_compare("V4,proto UDPv4,keydir 0,cipher A,tls-auth,key-method 2,tun-ipv6",
		      "V4,proto TCPv4_SERVER,cipher B,key-method 1", "");
}

static void compare__hostile__is_printable(void **state)
{
	char big[600];

	(void)state;
	check_compare("V4", "V9",
		      "NOTE: Options consistency check may be skewed by version differences\n"
		      "WARNING: 'version' is used inconsistently, local='version V4', "
		      "remote='version V9'\n");
	check_compare("V4", "V4,a\x01\n b",
		      "WARNING: 'a..' is present in remote config but missing in local config, "
		      "remote='a.. b'\n");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (size_t n = 0; n < sizeof(big); n++) { /* every length, no overrun */
		struct str lines = str_init();

		occ_compare("V4,tun-mtu 1500", big + n, &lines);
		assert_non_null(strstr(str_text(&lines), "skewed"));
		str_fini(&lines);
	}
}

static void peer_cipher__is_extracted(void **state)
{
	char out[64];

	(void)state;
	assert_true(occ_peer_cipher("V4,dev-type tun,cipher AES-256-CBC,auth SHA1", out, 64));
	assert_string_equal(out, "AES-256-CBC");
	assert_true(occ_peer_cipher("V4,cipher [null-cipher]", out, 64));
	assert_string_equal(out, "none");
	assert_false(occ_peer_cipher("V4,auth SHA1,xcipher A", out, 64));
	assert_string_equal(out, "");
	assert_false(occ_peer_cipher("V4,cipher ", out, 64));
	assert_false(occ_peer_cipher("V4,cipher AES-256-CBC", out, 5));
	assert_string_equal(out, "");
	assert_false(occ_peer_cipher("", out, 64));
}

static void comp_lzo__counts_as_inner_item_only(void **state)
{
	(void)state;
	assert_true(occ_has_comp_lzo("V4,proto UDPv4,comp-lzo,auth SHA1"));
	assert_false(occ_has_comp_lzo("V4,proto UDPv4,comp-lzo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(occ__p2p_tls_configurations__are_byte_identical),
		cmocka_unit_test(occ__p2p_ifconfig__peer_comes_first),
		cmocka_unit_test(occ__pull__names_cipher_only_from_list),
		cmocka_unit_test(occ__expected__mirrors_roles),
		cmocka_unit_test(occ__link_mtu_table),
		cmocka_unit_test(occ__bad_input__is_refused),
		cmocka_unit_test(compare__equal__is_silent),
		cmocka_unit_test(compare__other_mtu__gives_two_warnings),
		cmocka_unit_test(compare__missing_items__named_on_both_sides),
		cmocka_unit_test(compare__negotiated_items__are_silent),
		cmocka_unit_test(compare__hostile__is_printable),
		cmocka_unit_test(peer_cipher__is_extracted),
		cmocka_unit_test(comp_lzo__counts_as_inner_item_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
