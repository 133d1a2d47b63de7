/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/err.h"
#include "proto/key_method.h"
#include "proto/session.h"

static const struct log no_log = {0};
static struct key_source client_source, server_source;

#define CLIENT_HEX                                                         \
	"0000000002000102030405060708090a0b0c0d0e0f101112131415161718191a" \
	"1b1c1d1e1f202122232425262728292a2b2c2d2e2f404142434445464748494a" \
	"4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a" \
	"6b6c6d6e6f707172737475767778797a7b7c7d7e7f001b56342c6465762d7479" \
	"70652074756e2c746c732d636c69656e74000006616c69636500000773656372" \
	"657400001749565f5645523d322e370a49565f50524f544f3d320a00"
#define SERVER_HEX                                                         \
	"0000000002808182838485868788898a8b8c8d8e8f909192939495969798999a" \
	"9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9ba" \
	"bbbcbdbebf001b56342c6465762d747970652074756e2c746c732d7365727665" \
	"7200000000000000"

static int setup(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 48; i++)
		client_source.pre_master[i] = i;
	for (uint8_t i = 0; i < 32; i++) {
		client_source.random1[i] = 0x40 + i;
		client_source.random2[i] = 0x60 + i;
		server_source.random1[i] = 0x80 + i;
		server_source.random2[i] = 0xa0 + i;
	}
	return 0;
}

static int parse(const void *data, size_t len, bool from_server, struct key_method *msg)
{
	struct rd r = rd_init(data, len);

	return key_method_read(&r, from_server, &no_log, msg);
}

static void write__client_vector(void **state)
{
	const struct session_key_text text = {
		.options = "V4,dev-type tun,tls-client",
		.username = "alice",
		.password = "secret",
		.peer_info = "IV_VER=2.7\nIV_PROTO=2\n",
	};
	uint8_t want[256], got[256];
	size_t want_len = unhex(want, sizeof(want), CLIENT_HEX);
	struct wr w = wr_init(got, sizeof(got));

	(void)state;
	assert_int_equal(want_len, 188);
	assert_int_equal(key_method_write(&w, false, &client_source, &text), 0);
	assert_int_equal(w.len, want_len);
	assert_memory_equal(got, want, want_len);
}

static void write__server_vector(void **state)
{
	const struct session_key_text text = {.options = "V4,dev-type tun,tls-server"};
	uint8_t want[256], got[256];
	size_t want_len = unhex(want, sizeof(want), SERVER_HEX);
	struct wr w = wr_init(got, sizeof(got));

	(void)state;
	assert_int_equal(want_len, 104);
	assert_int_equal(key_method_write(&w, true, &server_source, &text), 0);
	assert_int_equal(w.len, want_len);
	assert_memory_equal(got, want, want_len);
}

static void read__client_vector(void **state)
{
	uint8_t bytes[256];
	size_t len = unhex(bytes, sizeof(bytes), CLIENT_HEX);
	struct key_method msg;

	(void)state;
	assert_int_equal(parse(bytes, len, false, &msg), 0);
	assert_memory_equal(&msg.source, &client_source, sizeof(msg.source));
	assert_string_equal(msg.options, "V4,dev-type tun,tls-client");
	assert_true(msg.has_username && msg.has_password && msg.has_peer_info);
	assert_string_equal(msg.username, "alice");
	assert_string_equal(msg.password, "secret");
	assert_string_equal(msg.peer_info, "IV_VER=2.7\nIV_PROTO=2\n");
}

static void read__server_vector(void **state)
{
	uint8_t bytes[256];
	size_t len = unhex(bytes, sizeof(bytes), SERVER_HEX);
	struct key_method msg;

	(void)state;
	assert_int_equal(parse(bytes, len, true, &msg), 0);
	assert_memory_equal(msg.source.random1, server_source.random1, 32);
	assert_memory_equal(msg.source.random2, server_source.random2, 32);
	assert_string_equal(msg.options, "V4,dev-type tun,tls-server");
	assert_false(msg.has_username || msg.has_password || msg.has_peer_info);
}

/* Whatever is cut off, the rest is read; only what is required must be there. */
static void read__every_prefix__fails_until_the_options_are_complete(void **state)
{
	uint8_t bytes[256];
	size_t len = unhex(bytes, sizeof(bytes), CLIENT_HEX);
	const size_t options_end = 4 + 1 + 112 + 2 + 27;
	struct key_method msg;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		int ret = parse(bytes, n, false, &msg);

		assert_int_equal(ret, n < options_end ? ERR_KEY_METHOD : 0);
		if (ret == 0)
			assert_false(msg.has_peer_info);
	}
}

static void read__method_byte__low_nibble_counts(void **state)
{
	uint8_t bytes[256];
	size_t len = unhex(bytes, sizeof(bytes), CLIENT_HEX);
	struct key_method msg;

	(void)state;
	bytes[4] = 0x12;
	assert_int_equal(parse(bytes, len, false, &msg), 0);
	bytes[4] = 0x01;
	assert_int_equal(parse(bytes, len, false, &msg), ERR_KEY_METHOD);
	bytes[4] = 0x20;
	assert_int_equal(parse(bytes, len, false, &msg), ERR_KEY_METHOD);
}

static void read__leading_zeros__are_not_checked(void **state)
{
	uint8_t bytes[256];
	size_t len = unhex(bytes, sizeof(bytes), CLIENT_HEX);
	struct key_method msg;

	(void)state;
	bytes[0] = 1;
	assert_int_equal(parse(bytes, len, false, &msg), 0);
}

/* A client's message whose strings have these lengths, NUL included. */
static size_t build(uint8_t *out, size_t cap, size_t options, size_t username, size_t password)
{
	const size_t lengths[] = {options, username, password, 5};
	struct wr w = wr_init(out, cap);

	wr_u32(&w, 0);
	wr_u8(&w, 2);
	wr_bytes(&w, &client_source, sizeof(client_source));
	for (size_t i = 0; i < 4; i++) {
		wr_u16(&w, (uint16_t)lengths[i]);
		for (size_t n = 1; n < lengths[i]; n++)
			wr_u8(&w, 'x');
		if (lengths[i])
			wr_u8(&w, 0);
	}
	assert_int_equal(wr_error(&w), 0);
	return w.len;
}

static void read__options_length__512_passes_513_fails(void **state)
{
	uint8_t bytes[2048];
	struct key_method msg;

	(void)state;
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 512, 2, 2), false, &msg), 0);
	assert_int_equal(strlen(msg.options), 511);
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 513, 2, 2), false, &msg),
			 ERR_KEY_METHOD);
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 0, 2, 2), false, &msg), 0);
	assert_string_equal(msg.options, "");
}

static void read__username_length__127_characters_pass_128_are_too_long(void **state)
{
	uint8_t bytes[2048];
	struct key_method msg;

	(void)state;
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 2, 128, 128), false, &msg), 0);
	assert_int_equal(strlen(msg.username), 127);
	assert_int_equal(strlen(msg.password), 127);
	assert_false(msg.credentials_too_long);
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 2, 129, 2), false, &msg), 0);
	assert_true(msg.credentials_too_long);
	assert_false(msg.has_username || msg.has_password);
	assert_string_equal(msg.peer_info, "xxxx"); /* still read */
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 2, 2, 129), false, &msg), 0);
	assert_true(msg.credentials_too_long);
	assert_string_equal(msg.password, "");
}

static void read__credential_beyond_the_end__is_too_long(void **state)
{
	uint8_t bytes[2048];
	size_t len = build(bytes, sizeof(bytes), 2, 2, 2);
	struct key_method msg;

	(void)state;
	bytes[4 + 1 + 112 + 4] = 0;
	bytes[4 + 1 + 112 + 5] = 100;
	assert_int_equal(parse(bytes, len, false, &msg), 0);
	assert_true(msg.credentials_too_long);
}

static void read__lone_nul__is_present_and_empty(void **state)
{
	uint8_t bytes[2048];
	struct key_method msg;

	(void)state;
	assert_int_equal(parse(bytes, build(bytes, sizeof(bytes), 2, 1, 0), false, &msg), 0);
	assert_true(msg.has_username);
	assert_string_equal(msg.username, "");
	assert_false(msg.has_password);
}

static void read__missing_nul__last_byte_is_lost(void **state)
{
	uint8_t bytes[2048];
	size_t len = build(bytes, sizeof(bytes), 4, 3, 3);
	struct key_method msg;

	(void)state;
	bytes[4 + 1 + 112 + 2 + 3] = 'y';
	assert_int_equal(parse(bytes, len, false, &msg), 0);
	assert_string_equal(msg.options, "xxx");
}

static void write__texts_too_long__are_refused(void **state)
{
	static char options[513], peer_info[1537];
	struct session_key_text text = {.options = options};
	uint8_t buf[2048];
	struct wr w;

	(void)state;
	memset(options, 'o', 512);
	memset(peer_info, 'p', 1536);
	w = wr_init(buf, sizeof(buf));
	assert_int_equal(key_method_write(&w, false, &client_source, &text), ERR_LIMIT);
	options[511] = 0;
	w = wr_init(buf, sizeof(buf));
	assert_int_equal(key_method_write(&w, false, &client_source, &text), 0);
	text.peer_info = peer_info;
	w = wr_init(buf, sizeof(buf));
	assert_int_equal(key_method_write(&w, false, &client_source, &text), ERR_LIMIT);
	peer_info[1535] = 0;
	w = wr_init(buf, sizeof(buf)); /* 5 + 112 + 514 + 2 + 2 + 1538: more than one read */
	assert_int_equal(key_method_write(&w, false, &client_source, &text), ERR_OVERFLOW);
}

static void data_keys__prf_vector(void **state)
{
	static const struct session_id client_sid = {
		{0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8}};
	static const struct session_id server_sid = {
		{0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58}};
	struct static_key got;
	uint8_t want[256];

	(void)state;
	unhex(want, sizeof(want),
	      "e19b9863dc8d695bdd6f89fb2cc74ee915c1f513baf35f295b4c029af54f21a7"
	      "f501aef8bca6ddd38cd4cbb92beb67cb30e7acfef67e51ddea19360795a5a0a1"
	      "d93fac9bb1ee8aac7649bfd449bc9987e761afaf1b3895a90a28b66c6fd920e4"
	      "f6f088192554031d6ce3506c0b06b7f2d1551af3c780932589b7a515ca0de773"
	      "78d8321fa01f6e7927eb56f223275c2f64ee962f5c994d1a2b616b9dd8686c20"
	      "2bf69403e6971a34a6015969f68a364d5790655aae1c623caf120a91fe71ecf5"
	      "2c8ca29692294ddc08dc2709fe83d240a8d9334d637f5dfbf6d8fd67025f7fb2"
	      "5e9e4ebb36420d99432dd4bc59dd7b52406e09b707a8a8ecd13f3d653e1560ba");
	assert_int_equal(
		data_keys_prf(&client_source, &server_source, &client_sid, &server_sid, &got), 0);
	assert_memory_equal(got.k, want, sizeof(want));
}

static void key_source__servers_send_no_pre_master(void **state)
{
	struct rng_seed seed = {1};
	struct rng rng = rng_seeded(&seed);
	const uint8_t zero[KEY_PRE_MASTER_LEN] = {0};
	struct key_source s;

	(void)state;
	key_source_random(&s, &rng, true);
	assert_memory_equal(s.pre_master, zero, sizeof(zero));
	key_source_random(&s, &rng, false);
	assert_memory_not_equal(s.pre_master, zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__client_vector),
		cmocka_unit_test(write__server_vector),
		cmocka_unit_test(read__client_vector),
		cmocka_unit_test(read__server_vector),
		cmocka_unit_test(read__every_prefix__fails_until_the_options_are_complete),
		cmocka_unit_test(read__method_byte__low_nibble_counts),
		cmocka_unit_test(read__leading_zeros__are_not_checked),
		cmocka_unit_test(read__options_length__512_passes_513_fails),
		cmocka_unit_test(read__username_length__127_characters_pass_128_are_too_long),
		cmocka_unit_test(read__credential_beyond_the_end__is_too_long),
		cmocka_unit_test(read__lone_nul__is_present_and_empty),
		cmocka_unit_test(read__missing_nul__last_byte_is_lost),
		cmocka_unit_test(write__texts_too_long__are_refused),
		cmocka_unit_test(data_keys__prf_vector),
		cmocka_unit_test(key_source__servers_send_no_pre_master),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
