/* SPDX-License-Identifier: GPL-2.0-only */
/* Data packets from the network, and plaintexts from an authenticated but hostile peer. */
#include <stdlib.h>
#include <string.h>

#include "data/fragment.h"
#include "data/framing.h"
#include "data/inner.h"
#include "data/key.h"
#include "data/mss.h"
#include "data/ping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	PACKET_MAX = 4096
};

static const struct {
	enum data_format format;
	enum cipher_id cipher;
	enum digest_id digest;
} kinds[] = {
	{DATA_FORMAT_V1, CIPHER_AES_128_GCM, DIGEST_NONE},
	{DATA_FORMAT_V2, CIPHER_AES_128_GCM, DIGEST_NONE},
	{DATA_FORMAT_EPOCH, CIPHER_AES_128_GCM, DIGEST_NONE},
	{DATA_FORMAT_V2, CIPHER_AES_128_CBC, DIGEST_SHA1},
	{DATA_FORMAT_V2, CIPHER_AES_128_CFB, DIGEST_SHA1},
	{DATA_FORMAT_BARE, CIPHER_AES_128_CBC, DIGEST_SHA1},
};

static uint64_t fixed_time(void *ctx)
{
	(void)ctx;
	return 1;
}

static struct data_key *make_key(size_t kind, bool sender)
{
	struct data_key_config cfg = {.format = kinds[kind].format,
				      .cipher = kinds[kind].cipher,
				      .digest = kinds[kind].digest,
				      .rng = rng_system(),
				      .clock = {.unix_sec = fixed_time},
				      .key_id = 1,
				      .tx_peer_id = 7,
				      .replay_window = 64,
				      .replay_time_sec = 15};
	struct data_key *key;

	memset(sender ? &cfg.seal : &cfg.open, 0x11, sizeof(cfg.seal));
	memset(sender ? &cfg.open : &cfg.seal, 0x22, sizeof(cfg.seal));
	if (data_key_new(&cfg, &key, NULL) < 0)
		abort();
	return key;
}

/* The input as several fragments: a length byte before each. */
static void read_fragments(const uint8_t *plain, size_t len)
{
	struct rd rd = rd_init(plain, len);
	struct reassembly *r = reassembly_new(1768);
	struct reassembled out;

	while (r && rd_left(&rd)) {
		size_t n = rd_u8(&rd);

		n = n < rd_left(&rd) ? n : rd_left(&rd);
		(void)reassembly_put(r, rd_bytes(&rd, n), n, 1, &out);
	}
	reassembly_free(r);
}

static void parse_plain(const uint8_t *plain, size_t len)
{
	union sock_addr remote = {.in4 = {.sin_family = AF_INET}}, src;
	struct occ_sizes sizes = {0};
	uint8_t copy[PACKET_MAX], reply[PACKET_MAX];
	struct wr w = wr_init(reply, sizeof(reply));
	struct occ_message occ;
	struct inner_mac mac;
	struct inner_ip ip;

	for (int framing = DATA_FRAMING_NONE; framing <= DATA_FRAMING_LZ4_V2; framing++) {
		struct framing_result r;

		memcpy(copy, plain, len);
		(void)framing_read((enum data_framing)framing, copy, len, reply, sizeof(reply), &r);
	}
	read_fragments(plain, len);
	memcpy(copy, plain, len);
	(void)ping_matches(plain, len);
	if (occ_matches(plain, len)) {
		occ_parse(plain, len, &occ);
		(void)occ_answer(&occ, "V4,dev-type tun", &sizes, 1400, 24, &w);
	}
	(void)inner_ip_parse(plain, len, &ip);
	(void)inner_mac_parse(plain, len, &mac);
	(void)inner_is_recursive(plain, len, &remote, IPPROTO_UDP, &src);
	(void)mss_clamp(copy, len, 1000, 1000);
	(void)mss_clamp_ethernet(copy, len, 1000, 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct data_key *sender, *receiver;
	size_t kind;
	uint8_t packet[PACKET_MAX], plain[PACKET_MAX];
	struct wr w = wr_init(packet, sizeof(packet));
	size_t plain_len;

	if (len < 2 || len > PACKET_MAX - DATA_KEY_OVERHEAD_MAX)
		return 0;
	kind = data[0] % ARRAY_SIZE(kinds);
	data++;
	len--;
	sender = make_key(kind, true);
	receiver = make_key(kind, false);
	/* Nobody but the sender can make a packet that opens. */
	if (!data_key_open(receiver, data, len, plain, sizeof(plain), &plain_len, 1))
		abort();
	if (data_key_seal(sender, data, len, &w) < 0)
		abort();
	if (data_key_open(receiver, packet, w.len, plain, sizeof(plain), &plain_len, 1) < 0)
		abort();
	if (plain_len != len || memcmp(plain, data, len))
		abort();
	parse_plain(plain, plain_len);
	data_key_free(sender);
	data_key_free(receiver);
	return 0;
}
