/* SPDX-License-Identifier: GPL-2.0-only */
#include "data_vectors.h"

#include "base/err.h"
#include "data/epoch.h"

struct chain_row {
	const char *secret, *k16, *k24, *k32, *iv;
};

static void assert_chain(const char *first, const struct chain_row *rows, size_t count)
{
	uint8_t secret[32], want[64];
	struct epoch_chain chain;

	assert_int_equal(unhex(secret, sizeof(secret), first), 32);
	epoch_chain_init(&chain, secret);
	for (size_t i = 0; i < count; i++) {
		const char *keys[] = {rows[i].k16, rows[i].k24, rows[i].k32};
		struct epoch_material m;

		if (i)
			assert_int_equal(epoch_chain_advance(&chain), 0);
		assert_int_equal(chain.epoch, i + 1);
		assert_int_equal(unhex(want, sizeof(want), rows[i].secret), 32);
		assert_memory_equal(chain.secret, want, 32);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			if (!keys[k])
				continue;
			assert_int_equal(epoch_chain_material(&chain, 16 + 8 * k, &m), 0);
			assert_int_equal(unhex(want, sizeof(want), keys[k]), 16 + 8 * k);
			assert_memory_equal(m.key, want, 16 + 8 * k);
		}
		assert_int_equal(unhex(want, sizeof(want), rows[i].iv), 12);
		assert_memory_equal(m.iv, want, 12);
	}
}

static void chain__both_directions__as_in_the_vectors(void **state)
{
	static const struct chain_row to_server[] = {
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "c0b015350de890ee8e1849d2c29a1b94",
		 "50aebc98a415672f5b86b9d782a6d970b30e37a45a550b11",
		 "ebbbf838a8658beb56f2324d691351bd4c8c230fb271ada8f67de830b7ee3192",
		 "568de14f8f744bfb0b721f66"},
		{"e35bffa31e2723bf09e8d394fa9171ca4e534553bffa1d3482de4c9b3bc639d7",
		 "2586116e6e44094e7e8659d311948333",
		 "d95c7f31a5962683039eccd234b4d4d7bf41d5f5b9bc6f57",
		 "4010426e3e169cd80289883d7f38d7eee445ead5fa21812fabebe155a4408ee5",
		 "9caaa619cb6277bbb0e90c48"},
		{"f42019f62ea8cd6a2dc9e3e0778903253a1320d2c87f27e15e0494b796665101",
		 "4254f2a6c4ab003f3857ab2e4c25bf53",
		 "fc28786cde031ddf491d4f911ab7ce7907ca8d6610ffd873",
		 "97262f79e388a314377b63881143f2490755d3396aa5c4fe98ab8384318cc859",
		 "cd8fc5d76f8d9e1d521e6401"},
	};
	static const struct chain_row to_client[] = {
		{"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", NULL, NULL,
		 "8ae19b0628b1b54235ff66ade5f84cd12705df61a91fc1dad99f9556bd76adc5",
		 "43800676e2d157ed47e4b116"},
		{"1541028717ce58a2f883e974bd96ce6794e071dc9cfa953df615cfb4a134f433", NULL, NULL,
		 "4af7aa34bc4622828a1c1430637da7da845aa705e39412e763b674df60711ea9",
		 "445bfe1e7f375c229490c9be"},
		{"9b3e1c5ce7f2e90b018c5c3f7b85db884026fbb03adef36f01f3207466f6bd95", NULL, NULL,
		 "1ff9943568e6ab4172a227a88a25d275f3e1fc5139321dbd5d154e95fbe4f495",
		 "8032875bae11bec5752834bc"},
	};

	(void)state;
	assert_chain(to_server[0].secret, to_server, ARRAY_SIZE(to_server));
	assert_chain(to_client[0].secret, to_client, ARRAY_SIZE(to_client));
}

static void chain__last_epoch__does_not_wrap(void **state)
{
	struct epoch_chain chain;
	uint8_t secret[32] = {1};

	(void)state;
	epoch_chain_init(&chain, secret);
	while (chain.epoch < EPOCH_MAX)
		assert_int_equal(epoch_chain_advance(&chain), 0);
	assert_int_equal(epoch_chain_advance(&chain), ERR_RANGE);
	assert_int_equal(chain.epoch, EPOCH_MAX);
}

static void epoch__first_packet__as_in_the_vectors(void **state)
{
	static const char aes256[] =
		"4a0102030001000000000001ade67c6e30397330d55e6eb30fb2d7bdf374f642745e1c4bb91e1355ef"
		"53a55fc91cc7e5089abb5ebb1809f63bbb1c55602bca46a9a0b95285";
	static const char aes128[] =
		"4a0102030001000000000001f6b5c53635d3358c6bcaa713ff48fa904a8caf6a750de88621f1dfa5a3"
		"09023c3815cb8b21c1af3b33a1ed5bf38111d5bb8405214ef2bff28f";
	struct data_key *c256 = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_256_GCM, true);
	struct data_key *s256 = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_256_GCM, false);
	struct data_key *c128 = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, true);
	struct data_key *s128 = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);

	(void)state;
	assert_seals(c256, VECTOR_P, aes256);
	assert_opens(s256, aes256, VECTOR_P);
	assert_seals(c128, VECTOR_P, aes128);
	assert_opens(s128, aes128, VECTOR_P);
	data_key_free(c256);
	data_key_free(s256);
	data_key_free(c128);
	data_key_free(s128);
}

static void epoch__later_epochs__open(void **state)
{
	struct data_key *s256 = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_256_GCM, false);
	struct data_key *chacha = vector_key(DATA_FORMAT_EPOCH, CIPHER_CHACHA20_POLY1305, false);

	(void)state;
	assert_opens(
		s256,
		"4a0102030002000000000005ccd421e8ae184010168a6e239d1850062acf6d83bc4ae6e30c469627b"
		"34cd12f309d5e55264c0327076fadc35e07563fa95a40cc6f21cae46d",
		VECTOR_P);
	assert_opens(
		chacha,
		"4a01020300030102030405061bb19e4704640ba119dfdbcd8a808e4c4da8756cefdbee98de0aebb41"
		"837d98fd87041fd3ad307e5c5b37a6107cf787e13e9bcc42a4dbbf102",
		VECTOR_P);
	data_key_free(s256);
	data_key_free(chacha);
}

/* A packet of any epoch and counter, made without data_key_seal(). */
static size_t forge(uint32_t epoch, uint64_t counter, uint8_t *packet)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, true);
	struct epoch_material m;
	struct epoch_chain chain;
	struct aead *aead;
	uint8_t nonce[12];
	struct wr w = wr_init(packet, 64);

	epoch_chain_init(&chain, cfg.seal.cipher);
	while (chain.epoch < epoch)
		assert_int_equal(epoch_chain_advance(&chain), 0);
	assert_int_equal(epoch_chain_material(&chain, 16, &m), 0);
	wr_u32(&w, 0x4a010203);
	wr_u16(&w, (uint16_t)epoch);
	wr_u48(&w, counter);
	memcpy(nonce, m.iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[i] ^= packet[4 + i];
	aead = aead_new(CIPHER_AES_128_GCM, m.key, CIPHER_SEAL);
	assert_int_equal(aead_seal(aead, nonce, packet, 12, (const uint8_t *)"x", packet + 12, 1,
				   packet + 13),
			 0);
	aead_free(aead);
	return 12 + 1 + 16;
}

static int open_forged(struct data_key *key, uint32_t epoch, uint64_t counter)
{
	uint8_t packet[64];
	size_t len = forge(epoch, counter, packet);

	return open_bytes(key, packet, len);
}

static void assert_epochs(const struct data_key *key, uint32_t seal, uint32_t open)
{
	struct data_key_usage usage;

	data_key_usage(key, &usage);
	assert_int_equal(usage.seal_epoch, seal);
	assert_int_equal(usage.open_epoch, open);
}

/* 20: spec 02 section 6.5, the example */
static void receive__example_of_the_spec__same_outcomes(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	uint8_t packet[64];

	(void)state;
	assert_int_equal(open_forged(server, 1, 5), 0);
	assert_int_equal(open_forged(server, 3, 1), 0);
	assert_epochs(server, 3, 3);
	assert_int_equal(open_forged(server, 1, 6), 0);
	assert_int_equal(open_forged(server, 1, 5), ERR_REPLAY_SEEN);
	assert_int_equal(open_forged(server, 3, 1), ERR_REPLAY_SEEN);
	assert_int_equal(open_forged(server, 2, 1), ERR_EPOCH);
	assert_int_equal(open_forged(server, 8, 1), ERR_EPOCH);
	assert_int_equal(open_forged(server, 7, 1), 0);
	assert_epochs(server, 7, 7);
	assert_int_equal(open_forged(server, 3, 2), 0);
	assert_int_equal(open_forged(server, 3, 1), ERR_REPLAY_SEEN);
	assert_int_equal(open_forged(server, 1, 7), ERR_EPOCH);
	/* 22: the own packets follow */
	assert_int_equal(seal_bytes(server, (const uint8_t *)"x", 1, packet, sizeof(packet)), 29);
	assert_true(load_be64(packet + 4) == (7ULL << 48 | 1));
	data_key_free(server);
}

/* 21 */
static void receive__bounds_of_the_futures__kept(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	uint8_t packet[64];
	size_t len = forge(2, 1, packet);

	(void)state;
	packet[len - 1] ^= 1;
	assert_int_equal(open_bytes(server, packet, len), ERR_AUTH);
	assert_epochs(server, 1, 1);
	assert_int_equal(open_forged(server, 0, 1), ERR_PACKET_ID);
	assert_int_equal(open_forged(server, 1 + DATA_EPOCH_FUTURES + 1, 1), ERR_EPOCH);
	assert_int_equal(open_forged(server, 1 + DATA_EPOCH_FUTURES, 1), 0);
	assert_epochs(server, 5, 5);
	data_key_free(server);
}

static void receive__near_the_last_epoch__refused(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	struct data_key_config cfg = vector_config(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, true);
	uint32_t last = EPOCH_MAX - DATA_EPOCH_FUTURES - 1;
	struct data_key *client;
	uint8_t packet[64];
	size_t len;

	(void)state;
	/* Each packet of one block uses an epoch up. */
	cfg.limits.aead_usage = 1;
	assert_int_equal(data_key_new(&cfg, &client, NULL), 0);
	for (uint32_t epoch = 1; epoch <= last; epoch++) {
		len = seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
		assert_int_equal(load_be16(packet + 4), epoch);
		assert_int_equal(open_bytes(server, packet, len), 0);
	}
	len = seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
	assert_int_equal(load_be16(packet + 4), last + 1);
	assert_int_equal(open_bytes(server, packet, len), ERR_EPOCH);
	data_key_free(client);
	data_key_free(server);
}

static void receive__every_prefix_and_v1__refused(void **state)
{
	struct data_key *server = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	struct data_key *v1 = vector_key(DATA_FORMAT_V1, CIPHER_AES_128_GCM, true);
	uint8_t packet[64];
	size_t len = forge(1, 1, packet);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(open_bytes(server, packet, n),
				 n <= 4 + 8 + 16 ? ERR_SHORT : ERR_AUTH);
	for (size_t bit = 0; bit < len * 8; bit++) {
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(open_bytes(server, packet, len) < 0);
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_epochs(server, 1, 1);
	assert_int_equal(open_bytes(server, packet, len), 0);
	len = seal_bytes(v1, (const uint8_t *)"0123456789", 10, packet, sizeof(packet));
	assert_int_equal(open_bytes(server, packet, len), ERR_OPCODE);
	data_key_free(server);
	data_key_free(v1);
}

/* 23, 25: a limit of 30 and packets of 1 + 1 */
static void send__usage_limit__next_epoch_without_loss(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, true);
	struct data_key *client, *server = vector_key(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	uint64_t last = 0;
	uint8_t packet[64];

	(void)state;
	cfg.limits.aead_usage = 30;
	assert_int_equal(data_key_new(&cfg, &client, NULL), 0);
	for (int i = 0; i < 200; i++) {
		size_t len = seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
		uint64_t id = load_be64(packet + 4);

		assert_true(id > last); /* never twice */
		last = id;
		assert_int_equal(open_bytes(server, packet, len), 0);
	}
	assert_epochs(client, 200 / 16 + 1, 1);
	assert_epochs(server, 200 / 16 + 1, 200 / 16 + 1);
	data_key_free(client);
	data_key_free(server);
}

static void send__chacha__never_moves_by_usage(void **state)
{
	struct data_limits l = data_limits_default(CIPHER_CHACHA20_POLY1305);
	struct data_key *client = vector_key(DATA_FORMAT_EPOCH, CIPHER_CHACHA20_POLY1305, true);
	uint8_t packet[64];

	(void)state;
	assert_true(l.aead_usage == UINT64_MAX);
	for (int i = 0; i < 1000; i++)
		(void)seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
	assert_epochs(client, 1, 1);
	data_key_free(client);
}

static void send__counter_used_up__next_epoch(void **state)
{
	struct data_key_config cfg =
		vector_config(DATA_FORMAT_EPOCH, CIPHER_CHACHA20_POLY1305, true);
	struct data_key *client;
	uint8_t packet[64];

	(void)state;
	assert_true(data_limits_default(cfg.cipher).epoch_id_max == (1ULL << 48) - 1);
	cfg.limits.epoch_id_max = 3;
	assert_int_equal(data_key_new(&cfg, &client, NULL), 0);
	for (uint64_t i = 0; i < 9; i++) {
		(void)seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
		assert_true(load_be64(packet + 4) == ((i / 3 + 1) << 48 | (i % 3 + 1)));
	}
	data_key_free(client);
}

/* 24, and what comes after the last epoch */
static void send__epochs_used_up__renewal_then_refusal(void **state)
{
	struct data_key_config cfg =
		vector_config(DATA_FORMAT_EPOCH, CIPHER_CHACHA20_POLY1305, true);
	struct data_key *client;
	uint8_t packet[64];
	struct wr w;

	(void)state;
	cfg.limits.epoch_id_max = 1;
	assert_int_equal(data_key_new(&cfg, &client, NULL), 0);
	for (uint32_t epoch = 1; epoch <= EPOCH_MAX; epoch++) {
		(void)seal_bytes(client, (const uint8_t *)"x", 1, packet, sizeof(packet));
		assert_int_equal(data_key_renewal_due(client), epoch >= 0xf000);
	}
	w = wr_init(packet, sizeof(packet));
	assert_int_equal(data_key_seal(client, (const uint8_t *)"x", 1, &w),
			 ERR_PACKET_ID_ROLLOVER);
	data_key_free(client);
}

/* 6.4 rule 2: the receive direction pushes the peer on by a new send epoch */
static void send__peer_overuses_its_epoch__own_epoch_advances(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	struct data_key *server;
	uint8_t packet[64];

	(void)state;
	cfg.limits.aead_usage = 30;
	assert_int_equal(data_key_new(&cfg, &server, NULL), 0);
	for (uint64_t i = 1; i <= 16; i++)
		assert_int_equal(open_forged(server, 1, i), 0);
	(void)seal_bytes(server, (const uint8_t *)"x", 1, packet, sizeof(packet));
	assert_epochs(server, 2, 1);
	/* ... once, as it is ahead now */
	(void)seal_bytes(server, (const uint8_t *)"x", 1, packet, sizeof(packet));
	assert_epochs(server, 2, 1);
	data_key_free(server);
}

/* 19 */
static void receive__failures__move_the_peer_then_drop(void **state)
{
	struct data_key_config cfg = vector_config(DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, false);
	struct data_key *server;
	uint8_t packet[64], out[64];
	size_t len = forge(1, 1, packet);

	(void)state;
	cfg.limits = (struct data_limits){.failures_warn = 3, .failures_max = 6};
	assert_int_equal(data_key_new(&cfg, &server, NULL), 0);
	packet[len - 1] ^= 1;
	for (int i = 0; i < 4; i++)
		assert_int_equal(open_bytes(server, packet, len), ERR_AUTH);
	(void)seal_bytes(server, (const uint8_t *)"x", 1, out, sizeof(out));
	assert_epochs(server, 2, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(open_bytes(server, packet, len), ERR_AUTH);
	assert_int_equal(open_forged(server, 1, 1), ERR_OPEN_LIMIT);
	assert_int_equal(open_forged(server, 2, 1), 0);
	data_key_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain__both_directions__as_in_the_vectors),
		cmocka_unit_test(chain__last_epoch__does_not_wrap),
		cmocka_unit_test(epoch__first_packet__as_in_the_vectors),
		cmocka_unit_test(epoch__later_epochs__open),
		cmocka_unit_test(receive__example_of_the_spec__same_outcomes),
		cmocka_unit_test(receive__bounds_of_the_futures__kept),
		cmocka_unit_test(receive__near_the_last_epoch__refused),
		cmocka_unit_test(receive__every_prefix_and_v1__refused),
		cmocka_unit_test(send__usage_limit__next_epoch_without_loss),
		cmocka_unit_test(send__chacha__never_moves_by_usage),
		cmocka_unit_test(send__counter_used_up__next_epoch),
		cmocka_unit_test(send__epochs_used_up__renewal_then_refusal),
		cmocka_unit_test(send__peer_overuses_its_epoch__own_epoch_advances),
		cmocka_unit_test(receive__failures__move_the_peer_then_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
