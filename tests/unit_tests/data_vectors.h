/* SPDX-License-Identifier: GPL-2.0-only */
/* What the vectors of spec 02 section 18 have in common. */
#pragma once

#include "test.h"

#include "data/key.h"

/* IPv4/UDP 10.8.0.2:50000 -> 10.8.0.1:7777, "hello, tunnel" */
#define VECTOR_P                                                               \
	"4500002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c" \
	"2074756e6e656c"

/* Key block 00 01 .. ff, key id 2, peer-id 0x010203. */
static inline struct data_key_config __attribute__((unused))
vector_config(enum data_format format, enum cipher_id cipher, bool is_client)
{
	struct data_key_config cfg = {.format = format,
				      .cipher = cipher,
				      .key_id = 2,
				      .tx_peer_id = 0x010203,
				      .replay_window = 64,
				      .replay_time_sec = 15};
	struct data_key_direction *to_server = is_client ? &cfg.seal : &cfg.open;
	struct data_key_direction *to_client = is_client ? &cfg.open : &cfg.seal;

	for (unsigned int i = 0; i < DATA_KEY_FIELD_LEN; i++) {
		to_server->cipher[i] = (uint8_t)i;
		to_server->hmac[i] = (uint8_t)(64 + i);
		to_client->cipher[i] = (uint8_t)(128 + i);
		to_client->hmac[i] = (uint8_t)(192 + i);
	}
	return cfg;
}

static inline struct data_key *__attribute__((unused))
vector_key(enum data_format format, enum cipher_id cipher, bool is_client)
{
	struct data_key_config cfg = vector_config(format, cipher, is_client);
	struct data_key *key;

	assert_int_equal(data_key_new(&cfg, &key, NULL), 0);
	return key;
}

/* Seal @plain; returns the packet's length. */
static inline size_t __attribute__((unused))
seal_bytes(struct data_key *key, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	struct wr w = wr_init(out, cap);

	assert_int_equal(data_key_seal(key, plain, len, &w), 0);
	assert_true(w.len <= len + data_key_overhead(key));
	return w.len;
}

/* Seal the hex @plain and compare with the hex @packet. */
static inline void __attribute__((unused))
assert_seals(struct data_key *key, const char *plain, const char *packet)
{
	uint8_t in[256], want[512], got[512];
	size_t len = unhex(in, sizeof(in), plain), want_len = unhex(want, sizeof(want), packet);

	assert_int_equal(seal_bytes(key, in, len, got, sizeof(got)), want_len);
	assert_memory_equal(got, want, want_len);
}

static inline int __attribute__((unused))
open_bytes(struct data_key *key, const uint8_t *packet, size_t len)
{
	uint8_t out[2048];
	size_t out_len;

	return data_key_open(key, packet, len, out, sizeof(out), &out_len, 1);
}

/* Open the hex @packet and compare with the hex @plain. */
static inline void __attribute__((unused))
assert_opens(struct data_key *key, const char *packet, const char *plain)
{
	uint8_t in[512], want[256], got[512];
	size_t len = unhex(in, sizeof(in), packet), want_len = unhex(want, sizeof(want), plain);
	size_t got_len;

	assert_int_equal(data_key_open(key, in, len, got, sizeof(got), &got_len, 1), 0);
	assert_int_equal(got_len, want_len);
	assert_memory_equal(got, want, want_len);
}
