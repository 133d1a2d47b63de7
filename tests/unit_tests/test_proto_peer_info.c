/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "base/str.h"
#include "proto/peer_info.h"

static struct peer_info_input pull_client(void)
{
	return (struct peer_info_input){
		.level = PEER_INFO_PULL,
		.pull = true,
		.version = "2.7.0",
		.platform = "linux",
		.max_tun_mtu = 1600,
		.data_ciphers = "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305",
		.epoch = true,
		.dns_v2 = true,
		.push_update = true,
		.comp_stub = true,
	};
}

static void check_build(const struct peer_info_input *in, const char *want)
{
	char out[PEER_INFO_MAX];

	assert_int_equal(peer_info_build(in, out, sizeof(out)), 0);
	assert_string_equal(out, want);
}

static void build__pull_client__in_order(void **state)
{
	struct peer_info_input in = pull_client();

	(void)state;
	check_build(&in, "IV_VER=2.7.0\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
			 "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=8094\n"
			 "IV_LZO_STUB=1\nIV_COMP_STUB=1\nIV_COMP_STUBv2=1\n");
}

static void build__push_peer_info__adds_environment_newest_first(void **state)
{
	struct peer_info_input in = pull_client();
	char vars[][32] = {"UV_A=1", "PATH=/bin", "IV_SSO=webauth,crtext", "UV_B=x y",
			   "IV_OTHER=1"};
	char *env[] = {vars[0], vars[1], vars[2], vars[3], vars[4]};

	(void)state;
	in.env = env;
	in.n_env = ARRAY_SIZE(env);
	in.comp_lzo = true;
	in.comp_lz4 = true;
	in.data_ciphers = "AES-256-GCM";
	check_build(&in, "IV_VER=2.7.0\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\n"
			 "IV_CIPHERS=AES-256-GCM\nIV_PROTO=8094\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
			 "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_SSO=webauth,crtext\n");
	in.level = PEER_INFO_FULL;
	in.comp_stub = false;
	in.hwaddr = "02:00:00:00:00:01";
	in.ssl_version = "OpenSSL 3.0.22";
	in.plat_version = "6.1.0";
	check_build(&in, "IV_VER=2.7.0\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\n"
			 "IV_CIPHERS=AES-256-GCM\nIV_PROTO=8094\nIV_HWADDR=02:00:00:00:00:01\n"
			 "IV_SSL=OpenSSL 3.0.22\nIV_PLAT_VER=6.1.0\nUV_B=x y\n"
			 "IV_SSO=webauth,crtext\nUV_A=1\n");
}

static void build__p2p_and_server(void **state)
{
	struct peer_info_input in = pull_client();

	(void)state;
	in.level = PEER_INFO_P2P;
	in.pull = false;
	check_build(&in, "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=7850\n");
	in.level = PEER_INFO_NOTHING;
	in.server = true;
	check_build(&in, "");
}

static void build__env_line_that_does_not_fit__is_left_out(void **state)
{
	struct peer_info_input in = pull_client();
	char big[PEER_INFO_MAX] = "UV_BIG=", small[] = "UV_SMALL=1", out[PEER_INFO_MAX];
	char *env[] = {small, big};

	(void)state;
	memset(big + 7, 'x', sizeof(big) - 8);
	in.level = PEER_INFO_FULL;
	in.env = env;
	in.n_env = 2;
	assert_int_equal(peer_info_build(&in, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nUV_SMALL=1\n"));
	assert_null(strstr(out, "UV_BIG"));
	assert_int_equal(peer_info_build(&in, out, 30), ERR_OVERFLOW);
}

static void read__numbers_and_values(void **state)
{
	const char *text = "IV_VER=2.6.14\nIV_PROTO=990\nIV_MTU=x\nXIV_NCP=2\nIV_SSO=webauth,"
			   "crtext\nIV_BIG=99999999999\nIV_NEG=-1";
	char out[64];

	(void)state;
	assert_true(peer_info_get(text, "IV_VER", out, sizeof(out)));
	assert_string_equal(out, "2.6.14");
	assert_false(peer_info_get(text, "IV_VER", out, 6));
	assert_false(peer_info_get(text, "IV_VE", out, sizeof(out)));
	assert_false(peer_info_get(NULL, "IV_VER", out, sizeof(out)));
	assert_int_equal(peer_info_number(text, "IV_PROTO"), 990);
	assert_int_equal(peer_info_number(text, "IV_MTU"), 0);
	assert_int_equal(peer_info_number(text, "IV_NCP"), 0);
	assert_int_equal(peer_info_number(text, "IV_BIG"), 0);
	assert_int_equal(peer_info_number(text, "IV_NEG"), 0);
	assert_int_equal(peer_info_number(NULL, "IV_PROTO"), 0);
	assert_true(peer_info_has_item(text, "IV_SSO", "webauth"));
	assert_true(peer_info_has_item(text, "IV_SSO", "crtext"));
	assert_false(peer_info_has_item(text, "IV_SSO", "crtex"));
	assert_false(peer_info_has_item(text, "IV_SSO", ""));
	assert_false(peer_info_has_item(NULL, "IV_SSO", "webauth"));
}

static void lines__hostile_values__are_made_safe(void **state)
{
	const char *pos = "IV_X=$(id) `a`\tb\nno-equals\nPATH=/bin\n\nUV_Y=a\xff\x01z\nIV_LAST=1";
	struct peer_info_line line;

	(void)state;
	assert_true(peer_info_next(&pos, &line));
	assert_true(line.valid);
	assert_string_equal(line.name, "IV_X");
	assert_string_equal(line.value, "__id)__a__b");
	for (int i = 0; i < 3; i++) { /* no "=", other name, empty line */
		assert_true(peer_info_next(&pos, &line));
		assert_false(line.valid);
	}
	assert_true(peer_info_next(&pos, &line));
	assert_string_equal(line.value, "a__z");
	assert_true(peer_info_next(&pos, &line));
	assert_string_equal(line.name, "IV_LAST");
	assert_string_equal(line.value, "1");
	assert_false(peer_info_next(&pos, &line));
	pos = NULL;
	assert_false(peer_info_next(&pos, &line));
}

static void lines__huge__is_cut_in_pieces(void **state)
{
	char big[5001];
	const char *pos = big;
	struct peer_info_line line;
	size_t n = 0;

	(void)state;
	memset(big, 'A', sizeof(big) - 1);
	memcpy(big, "IV_X=", 5);
	big[sizeof(big) - 1] = '\0';
	while (peer_info_next(&pos, &line)) {
		assert_int_equal(line.valid, n == 0);
		n++;
	}
	assert_int_equal(n, (5000 + 254) / 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build__pull_client__in_order),
		cmocka_unit_test(build__push_peer_info__adds_environment_newest_first),
		cmocka_unit_test(build__p2p_and_server),
		cmocka_unit_test(build__env_line_that_does_not_fit__is_left_out),
		cmocka_unit_test(read__numbers_and_values),
		cmocka_unit_test(lines__hostile_values__are_made_safe),
		cmocka_unit_test(lines__huge__is_cut_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
