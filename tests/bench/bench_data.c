/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast one core seals and opens data packets: ns a packet and Gbit/s, by cipher and size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "data/key.h"

enum {
	BATCH = 256,
	PACKET_MAX = 2048,
	RUN_NS = 300000000,
};

static const struct {
	const char *name;
	enum data_format format;
	enum cipher_id cipher;
} rows[] = {
	{"AES-128-GCM", DATA_FORMAT_V2, CIPHER_AES_128_GCM},
	{"AES-256-GCM", DATA_FORMAT_V2, CIPHER_AES_256_GCM},
	{"AES-256-GCM epoch", DATA_FORMAT_EPOCH, CIPHER_AES_256_GCM},
	{"CHACHA20-POLY1305", DATA_FORMAT_V2, CIPHER_CHACHA20_POLY1305},
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct data_key *make_key(size_t row, bool sender)
{
	struct data_key_config cfg = {.format = rows[row].format,
				      .cipher = rows[row].cipher,
				      .tx_peer_id = 1,
				      .replay_window = 64,
				      .replay_time_sec = 15};
	struct data_key *key;

	memset(sender ? &cfg.seal : &cfg.open, 1, sizeof(cfg.seal));
	memset(sender ? &cfg.open : &cfg.seal, 2, sizeof(cfg.seal));
	if (data_key_new(&cfg, &key, NULL) < 0)
		abort();
	return key;
}

static void bench(size_t row, size_t size)
{
	static uint8_t packets[BATCH][PACKET_MAX], plain[PACKET_MAX];
	struct data_key *sender = make_key(row, true), *receiver = make_key(row, false);
	uint64_t seal_ns = 0, open_ns = 0, count = 0;
	double seal_one, open_one;

	while (seal_ns + open_ns < RUN_NS) {
		size_t lens[BATCH], len;
		uint64_t start = now_ns();

		for (size_t i = 0; i < BATCH; i++) {
			struct wr w = wr_init(packets[i], PACKET_MAX);

			if (data_key_seal(sender, plain, size, &w) < 0)
				abort();
			lens[i] = w.len;
		}
		seal_ns += now_ns() - start;
		start = now_ns();
		for (size_t i = 0; i < BATCH; i++)
			if (data_key_open(receiver, packets[i], lens[i], plain, PACKET_MAX, &len,
					  1) < 0)
				abort();
		open_ns += now_ns() - start;
		count += BATCH;
	}
	seal_one = (double)seal_ns / (double)count;
	open_one = (double)open_ns / (double)count;
	printf("%-18s %5zu  %8.0f %8.2f  %8.0f %8.2f\n", rows[row].name, size, seal_one,
	       (double)size * 8 / seal_one, open_one, (double)size * 8 / open_one);
	data_key_free(sender);
	data_key_free(receiver);
}

int main(void)
{
	static const size_t sizes[] = {64, 512, 1400};

	printf("%-18s %5s  %8s %8s  %8s %8s\n", "cipher", "bytes", "seal ns", "Gbit/s", "open ns",
	       "Gbit/s");
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			bench(r, sizes[s]);
	return 0;
}
