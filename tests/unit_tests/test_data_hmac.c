/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats with an HMAC: vectors of spec 02 section 18.3 and everything that can be wrong. */
#include "data_vectors.h"

#include "base/err.h"

/* Gives the IV of the vectors, a0 a1 a2 ... */
static void fixed_iv(void *ctx, void *out, size_t len)
{
	uint8_t *p = out;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(0xa0 + i);
}

static uint64_t test_unix_sec;

static uint64_t fixed_time(void *ctx)
{
	(void)ctx;
	return test_unix_sec;
}

enum role {
	CLIENT,
	SERVER,
	SHARED, /* static key without direction: the first key both ways */
};

static struct data_key_config config(enum data_format format, enum cipher_id cipher,
				     enum digest_id digest, enum role role)
{
	struct data_key_config cfg = vector_config(format, cipher, role != SERVER);

	test_unix_sec = 0x65000000;
	cfg.digest = digest;
	cfg.rng.fill = fixed_iv;
	cfg.clock.unix_sec = fixed_time;
	if (role == SHARED)
		cfg.open = cfg.seal;
	return cfg;
}

static struct data_key *make_key(enum data_format format, enum cipher_id cipher,
				 enum digest_id digest, enum role role)
{
	struct data_key_config cfg = config(format, cipher, digest, role);
	struct data_key *key;

	assert_int_equal(data_key_new(&cfg, &key, NULL), 0);
	return key;
}

static const struct {
	enum data_format format;
	enum cipher_id cipher;
	enum digest_id digest;
	enum role sender, receiver;
	const char *packet;
} rows[] = {
	{DATA_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_SHA256, CLIENT, SERVER,
	 "4a01020355d7ca33c7c6db294892606c98aa30497eaf70f06702be369c2dc51cd82872e5a0a1a2a3a4a5a6a7"
	 "a8a9aaabacadaeaf8a031bb50dd6ca60de847f4b4ebf5a1d425af66dd53eccc0521f28f1d3a4b488086d2aa3"
	 "c3d6a320b67573785bf760b2"},
	{DATA_FORMAT_V1, CIPHER_AES_128_CBC, DIGEST_SHA1, CLIENT, SERVER,
	 "320ef215df665007c8f8488a423bd2e2a0c43d50ffa0a1a2a3a4a5a6a7a8a9aaabacadaeaf02765616ffb653"
	 "8f67c0ffc4cd832b5461b4b294aa4ef64d25007a2829b4a167bb48be23dbb2de14147797836c13284a"},
	{DATA_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_NONE, CLIENT, SERVER,
	 "4a010203a0a1a2a3a4a5a6a7a8a9aaabacadaeaf8a031bb50dd6ca60de847f4b4ebf5a1d425af66dd53eccc0"
	 "521f28f1d3a4b488086d2aa3c3d6a320b67573785bf760b2"},
	{DATA_FORMAT_V2, CIPHER_NONE, DIGEST_SHA256, CLIENT, SERVER,
	 "4a01020309593370b195cbd051eea1cce71ae06b3a740c77d9609ad1fbe0161e708b16290000000145000029"
	 "00014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c2074756e6e656c"},
	{DATA_FORMAT_V2, CIPHER_AES_256_CFB, DIGEST_SHA1, CLIENT, SERVER,
	 "4a010203c7e26fb19da823802cb4b59d96b408fb8d25974800000001650000000000000000000000ee2bacb2"
	 "2b8add1aa1819f66567aaa8f190c890a56137a3b60fd0c1a242cc81a0267365e1cd72f35bf"},
	{DATA_FORMAT_V2, CIPHER_AES_256_OFB, DIGEST_SHA1, CLIENT, SERVER,
	 "4a01020346be58cf0490e47a1aba31f347e7da88f215e2bd00000001650000000000000000000000ee2bacb2"
	 "2b8add1aa1819f66567aaa8feb2fc4fa40dddc6a34702cae7373184f4085ce7df7978afa1b"},
	{DATA_FORMAT_BARE, CIPHER_AES_256_CBC, DIGEST_SHA256, SHARED, SHARED,
	 "681b3d8be96c2a1186016a354029ec785e57c3c42f0d4d20d14a1080e5c895cca0a1a2a3a4a5a6a7a8a9aaab"
	 "acadaeafcd6ee36201cd0d10f46afc3d8b58b97ffe5215202a6d75b7f128ca899cc84ed3f0b42f7466c917d7"
	 "71e39d6224ae4ae897023789329917eb63bff20a1cefd4ca"},
	{DATA_FORMAT_BARE, CIPHER_AES_256_CBC, DIGEST_SHA256, SERVER, CLIENT,
	 "4a7c1d264c420b8992474c4f8692161eaaa497b1daedddccfee7a6dd59f123aaa0a1a2a3a4a5a6a7a8a9aaab"
	 "acadaeaf78768a8aa2c91e6c6fb92196fb2201313a6658c1f97a64103dc43d4b0d330e79ccbecb29881e3f4e"
	 "7b7de40ac290ee50741a34aeb49968c8fba17f6ab0fc2dc7"},
	{DATA_FORMAT_BARE, CIPHER_NONE, DIGEST_SHA256, SHARED, SHARED,
	 "f735f7344b017e9a1e3f600d6ab1d9fb3d3bb60b9ad5998bbea07d4ee8d6b96000000001650000004500002900"
	 "014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c2074756e6e656c"},
};

static struct data_key *row_key(size_t i, bool sender)
{
	return make_key(rows[i].format, rows[i].cipher, rows[i].digest,
			sender ? rows[i].sender : rows[i].receiver);
}

/* 1 */
static void vectors__each_format__sealed_and_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct data_key *sender = row_key(i, true), *receiver = row_key(i, false);

		assert_seals(sender, VECTOR_P, rows[i].packet);
		assert_opens(receiver, rows[i].packet, VECTOR_P);
		data_key_free(sender);
		data_key_free(receiver);
	}
}

static void seal__in_place_and_every_length__opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct data_key *sender = row_key(i, true), *receiver = row_key(i, false);

		for (size_t len = 1; len < 100; len++) {
			uint8_t packet[512], plain[512], *at;
			struct wr w = wr_init(packet, len + DATA_KEY_OVERHEAD_MAX);
			size_t got;

			at = data_key_place(sender, &w, len);
			assert_non_null(at);
			for (size_t k = 0; k < len; k++)
				at[k] = (uint8_t)(k + len);
			assert_int_equal(data_key_seal(sender, at, len, &w), 0);
			assert_true(w.len <= len + data_key_overhead(sender));
			assert_int_equal(data_key_open(receiver, packet, w.len, plain,
						       sizeof(plain), &got, 1),
					 0);
			assert_int_equal(got, len);
			for (size_t k = 0; k < len; k++)
				assert_int_equal(plain[k], (uint8_t)(k + len));
		}
		data_key_free(sender);
		data_key_free(receiver);
	}
}

/* 14; only what is authenticated must count, and that is everything behind the header */
static void open__bit_flipped_or_cut_short__refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct data_key *receiver = row_key(i, false);
		uint8_t good[512], bad[512];
		size_t len = unhex(good, sizeof(good), rows[i].packet);
		size_t header = rows[i].format == DATA_FORMAT_V2   ? 4
				: rows[i].format == DATA_FORMAT_V1 ? 1
								   : 0;

		for (size_t n = 0; n < len; n++)
			assert_true(open_bytes(receiver, good, n) < 0);
		for (size_t bit = header * 8; rows[i].digest && bit < len * 8; bit++) {
			memcpy(bad, good, len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(open_bytes(receiver, bad, len), ERR_AUTH);
		}
		assert_int_equal(open_bytes(receiver, good, len), 0);
		assert_int_equal(open_bytes(receiver, good, len), ERR_REPLAY_SEEN);
		data_key_free(receiver);
	}
}

/* A packet with a right HMAC over any body. */
static size_t forge(const uint8_t *body, size_t len, uint8_t *packet)
{
	struct data_key_config cfg =
		config(DATA_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_SHA256, CLIENT);
	struct iov_part part = {body, len};

	packet[0] = 0x4a;
	packet[1] = 1;
	packet[2] = 2;
	packet[3] = 3;
	assert_int_equal(hmac_once(DIGEST_SHA256, cfg.seal.hmac, 32, &part, 1, packet + 4), 0);
	if (len)
		memcpy(packet + 36, body, len);
	return 36 + len;
}

static void assert_refused(const struct data_key *key, int got, int want, const char *text)
{
	unsigned int verb;

	assert_int_equal(got, want);
	assert_string_equal(data_open_text(key, got, &verb), text);
}

/* 14 */
static void open__authentic_but_malformed__each_with_its_text(void **state)
{
	struct data_key *server =
		make_key(DATA_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_SHA256, SERVER);
	struct data_key_config cfg =
		config(DATA_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_SHA256, CLIENT);
	struct cipher_ctx *cipher =
		cipher_ctx_new(CIPHER_AES_256_CBC, cfg.seal.cipher, CIPHER_SEAL);
	uint8_t body[64] = {0}, packet[128];
	size_t len;

	(void)state;
	assert_refused(server, open_bytes(server, packet, 0), ERR_SHORT,
		       "missing authentication info");
	len = forge(body, 0, packet);
	assert_refused(server, open_bytes(server, packet, len - 1), ERR_SHORT,
		       "missing authentication info");
	packet[5] ^= 1;
	assert_refused(server, open_bytes(server, packet, len), ERR_AUTH,
		       "packet HMAC authentication failed");
	for (size_t n = 0; n < 16; n++) {
		len = forge(body, n, packet);
		assert_refused(server, open_bytes(server, packet, len), ERR_NO_IV,
			       "missing IV info");
	}
	len = forge(body, 16, packet);
	assert_refused(server, open_bytes(server, packet, len), ERR_NO_PAYLOAD, "missing payload");
	for (size_t n = 17; n < 32; n++) { /* no whole block */
		len = forge(body, n, packet);
		assert_refused(server, open_bytes(server, packet, len), ERR_PADDING,
			       "packet authentication failed, dropping.");
	}
	len = forge(body, 32, packet); /* decrypts to noise: bad padding */
	assert_refused(server, open_bytes(server, packet, len), ERR_PADDING,
		       "packet authentication failed, dropping.");
	for (size_t plain = 0; plain <= 4; plain++) {
		static const uint8_t bytes[4] = {0, 0, 0, 9};
		size_t got;

		assert_int_equal(cipher_ctx_crypt(cipher, body, bytes, plain, body + 16, &got), 0);
		len = forge(body, 16 + got, packet);
		if (plain < 4)
			assert_refused(server, open_bytes(server, packet, len), ERR_CBC_PACKET_ID,
				       "error reading CBC packet-id");
		else
			assert_int_equal(open_bytes(server, packet, len), ERR_NO_PAYLOAD);
	}
	assert_string_equal(data_open_prefix(server), "Authenticate/Decrypt packet error");
	cipher_ctx_free(cipher);
	data_key_free(server);
}

/* 9, 26 */
static void seal__long_ids__time_stands_until_the_counter_wraps(void **state)
{
	struct data_key_config cfg = config(DATA_FORMAT_BARE, CIPHER_NONE, DIGEST_NONE, SHARED);
	struct data_key *key;
	uint8_t packet[64];
	struct wr w = wr_init(packet, sizeof(packet));

	(void)state;
	cfg.limits.id_max = 3;
	assert_int_equal(data_key_new(&cfg, &key, NULL), 0);
	test_unix_sec = 1000;
	for (uint32_t id = 1; id <= 3; id++) {
		assert_int_equal(seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet)),
				 9);
		assert_int_equal(load_be32(packet), id);
		assert_int_equal(load_be32(packet + 4), 1000);
		if (id < 3)
			test_unix_sec = 1000 + id;
	}
	test_unix_sec = 1000; /* not later than the stored time */
	assert_int_equal(data_key_seal(key, (const uint8_t *)"x", 1, &w), ERR_PACKET_ID_ROLLOVER);
	test_unix_sec = 2000;
	for (uint32_t id = 1; id <= 3; id++) {
		(void)seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet));
		assert_int_equal(load_be32(packet), id);
		assert_int_equal(load_be32(packet + 4), 2000);
	}
	assert_false(data_key_renewal_due(key));
	data_key_free(key);
}

static void seal__short_ids_used_up__renewal_then_refusal(void **state)
{
	struct data_key_config cfg =
		config(DATA_FORMAT_V2, CIPHER_AES_128_CBC, DIGEST_SHA1, CLIENT);
	struct data_key *key;
	uint8_t packet[128];
	struct wr w = wr_init(packet, sizeof(packet));

	(void)state;
	cfg.limits = (struct data_limits){.id_renew = 2, .id_max = 3};
	assert_int_equal(data_key_new(&cfg, &key, NULL), 0);
	for (int id = 1; id <= 3; id++) {
		assert_int_equal(data_key_renewal_due(key), id > 2);
		(void)seal_bytes(key, (const uint8_t *)"x", 1, packet, sizeof(packet));
	}
	assert_int_equal(data_key_seal(key, (const uint8_t *)"x", 1, &w), ERR_PACKET_ID_ROLLOVER);
	data_key_free(key);
}

/* 7: spec 02 section 3.4 */
static void new__mode_not_for_this_format__refused(void **state)
{
	static const struct {
		enum data_format format;
		enum cipher_id cipher;
	} bad[] = {
		{DATA_FORMAT_BARE, CIPHER_AES_256_GCM},
		{DATA_FORMAT_BARE, CIPHER_AES_256_CFB},
		{DATA_FORMAT_BARE, CIPHER_AES_256_OFB},
		{DATA_FORMAT_BARE, CIPHER_CHACHA20_POLY1305},
		{DATA_FORMAT_EPOCH, CIPHER_AES_256_CBC},
		{DATA_FORMAT_EPOCH, CIPHER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct data_key_config cfg =
			config(bad[i].format, bad[i].cipher, DIGEST_SHA1, CLIENT);
		struct data_key *key;
		char text[64] = "Cipher '";
		struct err err;

		assert_int_equal(data_key_new(&cfg, &key, &err), ERR_UNSUPPORTED);
		strcat(text, cipher_by_id(bad[i].cipher)->name);
		strcat(text, "' mode not supported");
		assert_string_equal(err.text, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors__each_format__sealed_and_opened),
		cmocka_unit_test(seal__in_place_and_every_length__opens),
		cmocka_unit_test(open__bit_flipped_or_cut_short__refused),
		cmocka_unit_test(open__authentic_but_malformed__each_with_its_text),
		cmocka_unit_test(seal__long_ids__time_stands_until_the_counter_wraps),
		cmocka_unit_test(seal__short_ids_used_up__renewal_then_refusal),
		cmocka_unit_test(new__mode_not_for_this_format__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
