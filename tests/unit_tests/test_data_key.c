/* SPDX-License-Identifier: GPL-2.0-only */
#include "data_vectors.h"

#include "base/err.h"

static const struct {
	enum data_format format;
	enum cipher_id cipher;
	const char *packet;
} first_packets[] = {
	{DATA_FORMAT_V2, CIPHER_AES_128_GCM,
	 "4a01020300000001e9f87d14067b8910b735905223a796b59703fccedcd27a90c2cc0f1c12bf7aafce1f4a0b"
	 "079eb8e4605b6d16b69483da766b0db75bd52f1707"},
	{DATA_FORMAT_V2, CIPHER_AES_192_GCM,
	 "4a010203000000011a8b476ac071f5da7570bd986e7205a8a976ba48dc11f07d08fb67c99b695ace58befb4d"
	 "66871e3212c60fe2d8be88590ffab8affa25cf1458"},
	{DATA_FORMAT_V2, CIPHER_AES_256_GCM,
	 "4a01020300000001d648cb963d50cde32952d97f4f55bef18ecb7b946bb7e6c955af72c67e3e0821f96539a0"
	 "33998c2cf359b2009411663cdf7dfc72a3ae6f6725"},
	{DATA_FORMAT_V2, CIPHER_CHACHA20_POLY1305,
	 "4a0102030000000194faa46f7aca59e9a027dd504f4731914b8432edf3ad233ed3a7c1424cc0fde8607f55d7"
	 "685fbb0f48963038a64bfd70e1ffa6e13a78145596"},
	{DATA_FORMAT_V1, CIPHER_AES_256_GCM,
	 "32000000010cfa8f445f7532a7f458ee46367a990d8ecb7b946bb7e6c955af72c67e3e0821f96539a033998c"
	 "2cf359b2009411663cdf7dfc72a3ae6f6725"},
};

static void aead__first_packet_of_each_cipher__as_in_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(first_packets); i++) {
		enum data_format format = first_packets[i].format;
		struct data_key *client = vector_key(format, first_packets[i].cipher, true);
		struct data_key *server = vector_key(format, first_packets[i].cipher, false);

		assert_seals(client, VECTOR_P, first_packets[i].packet);
		assert_opens(server, first_packets[i].packet, VECTOR_P);
		data_key_free(client);
		data_key_free(server);
	}
}

static void aead__ping_and_exit__as_in_the_vectors(void **state)
{
	static const char ping[] = "2a187bf3641eb4cb07ed2d0a981fc748";
	static const char occ_exit[] = "287f346bd4ef7a812d56b8d3afc5459c06";
	static const char sealed_ping[] =
		"4a010203000000023bc7777f21a99b571a2a8daa431d1561fbd81cbc7d3dbb70d7ed3c4bed65f257";
	static const char sealed_exit[] =
		"4a010203000000032a334fc51cb1e7ced1c816b30a9128413650fd1abc1679df679854d88a2b0ecf3"
		"c";
	struct data_key *client = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);

	(void)state;
	assert_seals(client, VECTOR_P, first_packets[2].packet);
	assert_seals(client, ping, sealed_ping);
	assert_seals(client, occ_exit, sealed_exit);
	assert_opens(server, sealed_exit, occ_exit);
	assert_opens(server, sealed_ping, ping);
	data_key_free(client);
	data_key_free(server);
}

static void aead__server_to_client__opens(void **state)
{
	struct data_key *client = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);

	(void)state;
	assert_opens(client,
		     "4a010203010203045ad3cbe7efbae5a31b8321b715f0f024e09af6d8e8aaed92dbd13da53ba8e"
		     "c7380f4b41e2357acaa0e5d777727ef611d5056b37910405934ed",
		     VECTOR_P);
	data_key_free(client);
}

static void aead__v1_and_v2_mixed__both_open(void **state)
{
	struct data_key *v1 = vector_key(DATA_FORMAT_V1, CIPHER_AES_256_GCM, true);
	struct data_key *v2 = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	uint8_t packet[64];
	size_t len;

	(void)state;
	len = seal_bytes(v1, (const uint8_t *)"a", 1, packet, sizeof(packet));
	assert_int_equal(open_bytes(server, packet, len), 0);
	(void)seal_bytes(v2, (const uint8_t *)"b", 1, packet, sizeof(packet));
	len = seal_bytes(v2, (const uint8_t *)"c", 1, packet, sizeof(packet));
	assert_int_equal(open_bytes(server, packet, len), 0);
	data_key_free(v1);
	data_key_free(v2);
	data_key_free(server);
}

static void aead__sealed_in_place__same_bytes(void **state)
{
	struct data_key *apart = vector_key(DATA_FORMAT_V2, CIPHER_AES_128_GCM, true);
	struct data_key *in_place = vector_key(DATA_FORMAT_V2, CIPHER_AES_128_GCM, true);
	uint8_t buf[128], want[128];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t at = data_key_prefix(in_place), len = unhex(buf + at, sizeof(buf) - at, VECTOR_P);

	(void)state;
	memcpy(want, buf + at, len);
	assert_int_equal(data_key_seal(in_place, buf + at, len, &w), 0);
	assert_int_equal(seal_bytes(apart, want, len, want, sizeof(want)), w.len);
	assert_memory_equal(buf, want, 4);
	data_key_free(apart);
	data_key_free(in_place);
}

/* 12: each bit of a V2 packet counts; the opcode byte of V1 does not. */
static void open__each_bit_flipped__dropped_without_trace(void **state)
{
	(void)state;
	for (int v2 = 0; v2 <= 1; v2++) {
		enum data_format format = v2 ? DATA_FORMAT_V2 : DATA_FORMAT_V1;
		struct data_key *server = vector_key(format, CIPHER_AES_256_GCM, false);
		uint8_t good[256], bad[256];
		size_t len = unhex(good, sizeof(good), first_packets[v2 ? 2 : 4].packet);

		for (size_t bit = v2 ? 0 : 8; bit < len * 8; bit++) {
			memcpy(bad, good, len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(open_bytes(server, bad, len) < 0);
		}
		assert_int_equal(open_bytes(server, good, len), 0);
		data_key_free(server);
	}
}

static void open__every_prefix__refused(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	uint8_t packet[256];
	size_t len = unhex(packet, sizeof(packet), first_packets[2].packet);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(open_bytes(server, packet, n),
				 n <= 4 + 4 + 16 ? ERR_SHORT : ERR_AUTH);
	assert_int_equal(open_bytes(server, packet, len), 0);
	data_key_free(server);
}

/* 11 */
static void open__one_byte_of_payload__delivered(void **state)
{
	struct data_key *client = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	uint8_t packet[64];
	struct wr w = wr_init(packet, sizeof(packet));

	(void)state;
	assert_int_equal(data_key_seal(client, packet, 0, &w), ERR_SHORT);
	assert_int_equal(w.len, 0);
	assert_int_equal(seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet)),
			 4 + 4 + 16 + 1);
	assert_int_equal(open_bytes(server, packet, 24), ERR_SHORT);
	assert_int_equal(open_bytes(server, packet, 25), 0);
	data_key_free(client);
	data_key_free(server);
}

static void open__again__replay(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	uint8_t packet[256];
	size_t len = unhex(packet, sizeof(packet), first_packets[2].packet);
	unsigned int verb;

	(void)state;
	assert_int_equal(open_bytes(server, packet, len), 0);
	assert_int_equal(open_bytes(server, packet, len), ERR_REPLAY_SEEN);
	assert_string_equal(data_open_text(server, ERR_REPLAY_SEEN, &verb),
			    "bad packet ID (may be a replay)");
	assert_int_equal(verb, 1);
	data_key_free(server);
}

/* 15: sealed by hand, as our own sender begins with 1 */
static void open__packet_id_zero_with_valid_tag__replay(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct aead *aead = aead_new(cfg.cipher, cfg.seal.cipher, CIPHER_SEAL);
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	uint8_t packet[4 + 4 + 16 + 1] = {0x4a, 1, 2, 3}, nonce[12] = {0};

	(void)state;
	memcpy(nonce + 4, cfg.seal.hmac, 8);
	packet[24] = 'x';
	assert_int_equal(aead_seal(aead, nonce, packet, 8, packet + 24, packet + 24, 1, packet + 8),
			 0);
	assert_int_equal(open_bytes(server, packet, sizeof(packet)), ERR_REPLAY_OLD);
	aead_free(aead);
	data_key_free(server);
}

/* 9 */
static void seal__ids__count_from_one_without_gaps(void **state)
{
	struct data_key *key = vector_key(DATA_FORMAT_V2, CIPHER_AES_128_GCM, true);
	uint8_t packet[64];

	(void)state;
	for (uint32_t id = 1; id < 1000; id++) {
		(void)seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet));
		assert_int_equal(load_be32(packet + 4), id);
	}
	data_key_free(key);
}

/* 26, with lowered limits */
static void seal__ids_used_up__renewal_then_refusal(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_128_GCM, true);
	struct data_key *key;
	uint8_t packet[64];
	struct wr w = wr_init(packet, sizeof(packet));

	(void)state;
	cfg.limits = (struct data_limits){.id_renew = 5, .id_max = 9};
	assert_int_equal(data_key_new(&cfg, &key, NULL), 0);
	for (int id = 1; id <= 9; id++) {
		assert_int_equal(data_key_renewal_due(key), id > 5);
		(void)seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet));
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(data_key_seal(key, (const uint8_t *)"x", 1, &w),
				 ERR_PACKET_ID_ROLLOVER);
		assert_int_equal(w.len, 0);
	}
	data_key_free(key);
}

static void limits__default__as_in_the_spec(void **state)
{
	struct data_limits l = data_limits_default(CIPHER_AES_256_GCM);

	(void)state;
	assert_true(l.aead_usage == 68719476735ULL);
	assert_true(l.aead_usage / 8 * 7 == 60129542137ULL);
	assert_true(l.id_renew == 0xff000000 && l.id_max == 0xffffffff);
	assert_true(l.failures_warn == 1ULL << 35 && l.failures_max == 1ULL << 36);
	assert_true(data_limits_default(CIPHER_CHACHA20_POLY1305).aead_usage == UINT64_MAX);
}

/* 27: 7/8 of 80 is 70; a packet of 17 bytes counts 1 + 2 */
static void usage__either_direction__renewal_due(void **state)
{
	(void)state;
	for (int sealing = 0; sealing <= 1; sealing++) {
		struct data_key_config cfg =
			vector_config(DATA_FORMAT_V2, CIPHER_AES_128_GCM, true);
		struct data_key *client, *server, *watched;
		uint8_t plain[17] = {0}, packet[64];

		cfg.limits.aead_usage = 80;
		assert_int_equal(data_key_new(&cfg, &client, NULL), 0);
		cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_128_GCM, false);
		cfg.limits.aead_usage = sealing ? UINT64_MAX : 80;
		assert_int_equal(data_key_new(&cfg, &server, NULL), 0);
		watched = sealing ? client : server;
		for (int i = 1; i <= 24; i++) {
			size_t len =
				seal_bytes(client, plain, sizeof(plain), packet, sizeof(packet));

			assert_int_equal(open_bytes(server, packet, len), 0);
			assert_int_equal(data_key_renewal_due(watched), i * 3 > 70);
		}
		assert_int_equal(data_key_renewal_due(server), !sealing);
		data_key_free(client);
		data_key_free(server);
	}
}

/* 19 */
static void failures__over_the_limit__renewal_then_everything_dropped(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	struct data_key_usage usage;
	struct data_key *server;
	uint8_t good[256], bad[256];
	size_t len = unhex(good, sizeof(good), first_packets[2].packet);

	(void)state;
	cfg.limits = (struct data_limits){.failures_warn = 5, .failures_max = 10};
	assert_int_equal(data_key_new(&cfg, &server, NULL), 0);
	memcpy(bad, good, len);
	bad[len - 1] ^= 1;
	for (int i = 1; i <= 11; i++) {
		assert_int_equal(open_bytes(server, bad, len), ERR_AUTH);
		assert_int_equal(data_key_renewal_due(server), i > 5);
	}
	assert_int_equal(open_bytes(server, good, len), ERR_OPEN_LIMIT);
	data_key_usage(server, &usage);
	assert_int_equal(usage.open_failures, 11);
	assert_int_equal(usage.open_packets, 0);
	data_key_free(server);
}

static void usage__counts_packets_and_wire_bytes(void **state)
{
	struct data_key *client = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct data_key *server = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, false);
	struct data_key_usage usage;
	uint8_t packet[64];
	size_t len = seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));

	(void)state;
	assert_int_equal(open_bytes(server, packet, len), 0);
	data_key_usage(client, &usage);
	assert_int_equal(usage.seal_packets, 1);
	assert_int_equal(usage.seal_bytes, 25);
	data_key_usage(server, &usage);
	assert_int_equal(usage.open_packets, 1);
	assert_int_equal(usage.open_bytes, 25);
	data_key_free(client);
	data_key_free(server);
}

static void new__bad_configuration__refused_with_the_known_line(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	struct data_key *key;
	struct err err;

	(void)state;
	memset(cfg.open.cipher, 0, 32);
	assert_int_equal(data_key_new(&cfg, &key, &err), ERR_ZERO_KEY);
	assert_string_equal(err.text, "CRYPTO INFO: WARNING: zero key detected");
	cfg = vector_config(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	cfg.key_id = 8;
	assert_int_equal(data_key_new(&cfg, &key, &err), ERR_RANGE);
	cfg.key_id = 2;
	cfg.replay_window = 65537;
	assert_true(data_key_new(&cfg, &key, &err) < 0);
}

static void seal__no_room__nothing_written_and_no_id_used(void **state)
{
	struct data_key *key = vector_key(DATA_FORMAT_V2, CIPHER_AES_256_GCM, true);
	uint8_t packet[64];
	struct wr w = wr_init(packet, 24);

	(void)state;
	assert_int_equal(data_key_seal(key, (const uint8_t *)"x", 1, &w), ERR_OVERFLOW);
	assert_int_equal(w.len, 0);
	assert_int_equal(wr_error(&w), 0);
	(void)seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet));
	assert_int_equal(load_be32(packet + 4), 1);
	data_key_free(key);
}

/* 10 */
static void header__short_and_foreign__told_apart(void **state)
{
	static const uint8_t v2[] = {0x4f, 1, 2, 3}, v1[] = {0x35}, control[] = {0x28, 0, 0};
	struct data_header h;
	struct rd r = rd_init(v2, sizeof(v2));

	(void)state;
	assert_int_equal(data_header_parse(&r, &h), 0);
	assert_true(h.v2 && h.key_id == 7 && h.peer_id == 0x010203);
	for (size_t n = 0; n < sizeof(v2); n++) {
		r = rd_init(v2, n);
		assert_int_equal(data_header_parse(&r, &h), ERR_SHORT);
		assert_int_equal(h.peer_id, DATA_PEER_ID_UNDEF);
	}
	r = rd_init(v1, sizeof(v1));
	assert_int_equal(data_header_parse(&r, &h), 0);
	assert_true(!h.v2 && h.key_id == 5);
	r = rd_init(control, sizeof(control));
	assert_int_equal(data_header_parse(&r, &h), ERR_OPCODE);
	assert_false(data_opcode_is_data(control[0]));
	assert_true(data_opcode_is_data(v1[0]) && data_opcode_is_data(v2[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aead__first_packet_of_each_cipher__as_in_the_vectors),
		cmocka_unit_test(aead__ping_and_exit__as_in_the_vectors),
		cmocka_unit_test(aead__server_to_client__opens),
		cmocka_unit_test(aead__v1_and_v2_mixed__both_open),
		cmocka_unit_test(aead__sealed_in_place__same_bytes),
		cmocka_unit_test(open__each_bit_flipped__dropped_without_trace),
		cmocka_unit_test(open__every_prefix__refused),
		cmocka_unit_test(open__one_byte_of_payload__delivered),
		cmocka_unit_test(open__again__replay),
		cmocka_unit_test(open__packet_id_zero_with_valid_tag__replay),
		cmocka_unit_test(seal__ids__count_from_one_without_gaps),
		cmocka_unit_test(seal__ids_used_up__renewal_then_refusal),
		cmocka_unit_test(limits__default__as_in_the_spec),
		cmocka_unit_test(usage__either_direction__renewal_due),
		cmocka_unit_test(failures__over_the_limit__renewal_then_everything_dropped),
		cmocka_unit_test(usage__counts_packets_and_wire_bytes),
		cmocka_unit_test(new__bad_configuration__refused_with_the_known_line),
		cmocka_unit_test(seal__no_room__nothing_written_and_no_id_used),
		cmocka_unit_test(header__short_and_foreign__told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
