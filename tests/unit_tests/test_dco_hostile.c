/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a peer with keys, and who listened to it, can do wrong: each gives the known line, the
 * packet is dropped, and the next good one passes. The peer is made by hand, of a key and a socket.
 */
#include "config.h"

#include "dco_harness.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "data/mss.h"
#include "data/ping.h"

/* ---- lines ---- */

static struct {
	pthread_mutex_t lock;
	char text[65536];
} lines = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_line(void *ctx, const struct log_line *line)
{
	size_t at;

	(void)ctx;
	pthread_mutex_lock(&lines.lock);
	at = strlen(lines.text);
	snprintf(lines.text + at, sizeof(lines.text) - at, "%s\n", line->text);
	pthread_mutex_unlock(&lines.lock);
}

static bool has_line(const char *text)
{
	bool found;

	pthread_mutex_lock(&lines.lock);
	found = strstr(lines.text, text) != NULL;
	pthread_mutex_unlock(&lines.lock);
	return found;
}

static void expect_line(const char *text)
{
	for (int ms = 0; ms < WAIT_MS && !has_line(text); ms += 5)
		usleep(5000);
	if (!has_line(text))
		fail_msg("no line \"%s\" in:\n%s", text, lines.text);
}

static void forget_lines(void)
{
	pthread_mutex_lock(&lines.lock);
	lines.text[0] = 0;
	pthread_mutex_unlock(&lines.lock);
}

static void capture_lines(void)
{
	test_sink = log_sink_new();
	assert_non_null(test_sink);
	log_sink_set_verb(test_sink, 4);
	log_sink_set_observer(test_sink, on_line, NULL);
	forget_lines();
}

/* ---- a peer made by hand ---- */

struct hand {
	struct end end; /* the device that is attacked */
	int fd;
	union sock_addr addr;
	enum dco_transport_proto proto;
	struct data_key *key;
};

static struct data_key *hand_key(struct dco_key k, uint32_t peer_id)
{
	struct data_key_config cfg = {
		.format = DATA_FORMAT_V2,
		.cipher = (enum cipher_id)k.cipher,
		.digest = (enum digest_id)k.digest,
		.rng = rng_system(),
		.key_id = k.key_id,
		.tx_peer_id = peer_id,
		.replay_window = 64,
	};
	struct data_key *key;
	struct err err;

	memcpy(cfg.seal.cipher, k.seal.cipher, sizeof(cfg.seal.cipher));
	memcpy(cfg.seal.hmac, k.seal.hmac, sizeof(cfg.seal.hmac));
	memcpy(cfg.open.cipher, k.open.cipher, sizeof(cfg.open.cipher));
	memcpy(cfg.open.hmac, k.open.hmac, sizeof(cfg.open.hmac));
	assert_int_equal(data_key_new(&cfg, &key, &err), 0);
	return key;
}

/* Key @key_id between the hand and the device, with AES-256-GCM or, with an HMAC, AES-256-CBC. */
static void hand_install(struct hand *h, uint32_t peer, uint8_t key_id, bool hmac)
{
	struct dco_key ours = make_key(key_id, 1, true), theirs = make_key(key_id, 1, false);

	if (hmac) {
		ours.cipher = theirs.cipher = CIPHER_AES_256_CBC;
		ours.digest = theirs.digest = DIGEST_SHA256;
	}
	install_as(&h->end, peer, DCO_SLOT_PRIMARY, theirs);
	data_key_free(h->key);
	h->key = hand_key(ours, peer);
}

static void hand_open(struct hand *h, const struct dco_device_config *cfg,
		      enum dco_transport_proto proto)
{
	struct end self = {0};
	struct err err;
	int pair[2];

	*h = (struct hand){.proto = proto};
	atomic_store(&test_now_ms, 100000);
	end_open(&h->end, cfg);
	h->fd = udp_socket(&h->addr);
	if (proto == DCO_UDP) {
		h->end.fd = udp_socket(&h->end.addr);
		attach(&h->end, DCO_UDP);
	} else {
		close(h->fd);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		h->end.fd = pair[0];
		h->fd = pair[1];
		h->end.transport =
			dco_transport_attach(h->end.dev, h->end.fd, DCO_TCP, false, &err);
		assert_true(h->end.transport >= 0);
	}
	self.addr = h->addr;
	add_peer(&h->end, peer_b, peer_a, &self);
	hand_install(h, peer_b, 0, false);
}

static void hand_close(struct hand *h)
{
	end_close(&h->end);
	close(h->fd);
	data_key_free(h->key);
}

static void hand_send(struct hand *h, const uint8_t *packet, size_t len)
{
	uint8_t record[2 + 4096];

	assert_true(len <= 4096);
	store_be16(record, (uint16_t)len);
	memcpy(record + 2, packet, len);
	if (h->proto == DCO_UDP)
		assert_int_equal(
			sendto(h->fd, packet, len, 0, &h->end.addr.sa, sizeof(h->end.addr.in4)),
			(ssize_t)len);
	else
		assert_int_equal(write(h->fd, record, len + 2), (ssize_t)len + 2);
}

static size_t hand_seal(struct hand *h, const uint8_t *plain, size_t len, uint8_t *out, size_t cap)
{
	struct wr w = wr_init(out, cap);

	assert_int_equal(data_key_seal(h->key, plain, len, &w), 0);
	return w.len;
}

static void hand_put(struct hand *h, const uint8_t *plain, size_t len)
{
	uint8_t packet[4096];

	hand_send(h, packet, hand_seal(h, plain, len, packet, sizeof(packet)));
}

static void hand_pass(struct hand *h, uint32_t number)
{
	uint8_t plain[100];

	make_packet(plain, sizeof(plain), number);
	hand_put(h, plain, sizeof(plain));
	expect_packet(&h->end, sizeof(plain), number);
}

static int setup_hand(void **state, enum dco_transport_proto proto, bool mute)
{
	static struct hand h;
	struct dco_device_config cfg = default_config();

	cfg.mute_replay_warnings = mute;
	capture_lines();
	hand_open(&h, &cfg, proto);
	*state = &h;
	return 0;
}

static int setup_hand_udp(void **state)
{
	return setup_hand(state, DCO_UDP, false);
}

static int setup_hand_muted(void **state)
{
	return setup_hand(state, DCO_UDP, true);
}

static int setup_hand_tcp(void **state)
{
	return setup_hand(state, DCO_TCP, false);
}

static int teardown_hand(void **state)
{
	struct hand *h = *state;

	hand_close(h);
	log_sink_free(test_sink);
	test_sink = NULL;
	return 0;
}

/* ---- one peer, UDP ---- */

/* 10 */
static void header__shorter_than_v2_needs__named_and_dropped(void **state)
{
	static const uint8_t packet[] = {0x48, 0, 0};
	struct hand *h = *state;

	for (size_t len = 1; len <= sizeof(packet); len++) {
		forget_lines();
		hand_send(h, packet, len);
		expect_line("Protocol error: received P_DATA_V2 from ");
		expect_line(" but length is < 4");
	}
	hand_pass(h, 1);
	expect_no_event(&h->end);
}

/* 12, 14 */
static void tag_and_hmac__wrong__named_and_dropped(void **state)
{
	struct hand *h = *state;
	uint8_t plain[100], packet[256];
	size_t len;

	make_packet(plain, sizeof(plain), 1);
	len = hand_seal(h, plain, sizeof(plain), packet, sizeof(packet));
	packet[len - 1] ^= 1;
	hand_send(h, packet, len);
	expect_line("AEAD Decrypt error: packet tag authentication failed");
	hand_send(h, packet, 4 + 20);
	expect_line("AEAD Decrypt error: missing IV info, missing tag or no payload");
	hand_pass(h, 2);
	hand_install(h, peer_b, 1, true);
	len = hand_seal(h, plain, sizeof(plain), packet, sizeof(packet));
	packet[len - 1] ^= 1;
	hand_send(h, packet, len);
	expect_line("Authenticate/Decrypt packet error: packet HMAC authentication failed");
	hand_send(h, packet, 4 + 31);
	expect_line("Authenticate/Decrypt packet error: missing authentication info");
	hand_pass(h, 3);
	expect_no_event(&h->end);
}

/* 15, 28 */
static void replay__named_with_its_id(void **state)
{
	struct hand *h = *state;
	uint8_t plain[100], packet[256];
	size_t len;

	hand_pass(h, 1);
	make_packet(plain, sizeof(plain), 2);
	len = hand_seal(h, plain, sizeof(plain), packet, sizeof(packet));
	hand_send(h, packet, len);
	expect_packet(&h->end, sizeof(plain), 2);
	hand_send(h, packet, len);
	expect_line(
		"AEAD Decrypt error: bad packet ID (may be a replay): [ #2 ] -- see the man page entry for --replay-window for more info or silence this warning with --mute-replay-warnings");
	expect_no_packet(&h->end);
	hand_pass(h, 3);
	expect_no_event(&h->end);
}

/* 30 */
static void replay__muted__dropped_silently(void **state)
{
	struct hand *h = *state;
	uint8_t plain[100], packet[256];
	size_t len;

	make_packet(plain, sizeof(plain), 1);
	len = hand_seal(h, plain, sizeof(plain), packet, sizeof(packet));
	hand_send(h, packet, len);
	expect_packet(&h->end, sizeof(plain), 1);
	hand_send(h, packet, len);
	expect_counter(&h->end, peer_b, dropped, 1);
	expect_no_packet(&h->end);
	assert_false(has_line("replay"));
	hand_pass(h, 2);
}

/* 34 */
static void framing__wrong__named_and_dropped(void **state)
{
	static const uint8_t bad[] = {0x66, 1, 2};
	struct dco_peer_params params = {.framing = DCO_FRAMING_LZO_STUB};
	struct hand *h = *state;

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	hand_put(h, bad, sizeof(bad));
	expect_line("Bad compression stub decompression header byte: 102");
	params.framing = DCO_FRAMING_LZO;
	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	hand_put(h, bad, sizeof(bad));
	expect_line("LZO decompression error: ");
	expect_no_packet(&h->end);
	params.framing = DCO_FRAMING_NONE;
	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	hand_pass(h, 1);
}

/* 41 */
static void fragment__wrong__named_and_dropped(void **state)
{
	static const uint8_t test_type[] = {0, 0, 0, 3, 1}, whole[] = {0, 0, 0, 0, 0x45};
	struct dco_peer_params params = {.fragment_max = 1000};
	struct hand *h = *state;

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	hand_put(h, test_type, sizeof(test_type));
	expect_line("FRAG_IN error flags=0x00000003: FRAG_TEST not implemented");
	hand_put(h, whole, 3);
	expect_line("FRAG_IN error flags=0x00000000: flags not found in packet");
	expect_no_packet(&h->end);
	hand_put(h, whole, sizeof(whole));
	assert_true(wait_readable(h->end.inner, WAIT_MS));
}

/* 42: more than 32 pieces of a packet that is being sent */
static void fragment__too_many_needed__named_and_dropped(void **state)
{
	struct dco_peer_params params = {.fragment_max = 40};
	struct hand *h = *state;

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	put_packet(&h->end, 1500, 1);
	expect_line(
		"FRAG_OUT error, len=1500 frag_size=40 MAX_FRAGS=32: too many fragments would be required to send datagram");
	assert_false(wait_readable(h->fd, 0));
	put_packet(&h->end, 1280, 1);
	assert_true(wait_readable(h->fd, WAIT_MS));
}

/* 57 */
static void size__one_more_than_the_buffer__named_and_dropped_both_ways(void **state)
{
	static uint8_t plain[1769];
	struct hand *h = *state;
	char line[128], to[ADDR_TEXT_MAX];

	make_packet(plain, sizeof(plain), 1);
	hand_put(h, plain, sizeof(plain));
	expect_line("tun packet too large on write (tried=1769,max=1768)");
	expect_no_packet(&h->end);
	put_packet(&h->end, 1769, 1);
	snprintf(line, sizeof(line),
		 "TCP/UDP packet too large on write to %s (tried=1769,max=1768)",
		 sock_addr_format(&h->addr, to, sizeof(to)));
	expect_line(line);
	assert_false(wait_readable(h->fd, 0));
	make_packet(plain, 1768, 2);
	hand_put(h, plain, 1768);
	expect_packet(&h->end, 1768, 2);
	put_packet(&h->end, 1768, 3);
	assert_true(wait_readable(h->fd, WAIT_MS));
}

/* 67 */
static void recursion__named_with_both_addresses(void **state)
{
	struct hand *h = *state;
	uint8_t packet[100];
	char line[128], to[ADDR_TEXT_MAX];

	make_packet(packet, sizeof(packet), 0);
	store_be32(packet + 16, ntohl(h->addr.in4.sin_addr.s_addr));
	store_be16(packet + 20, 4321);
	store_be16(packet + 22, ntohs(h->addr.in4.sin_port));
	assert_int_equal(send(h->end.inner, packet, sizeof(packet), 0), sizeof(packet));
	snprintf(line, sizeof(line),
		 "Recursive routing detected, packet dropped 10.8.0.2:4321 -> %s",
		 sock_addr_format(&h->addr, to, sizeof(to)));
	expect_line(line);
	assert_false(wait_readable(h->fd, QUIET_MS));
	packet[9] = IPPROTO_TCP; /* the same address, another protocol */
	assert_int_equal(send(h->end.inner, packet, sizeof(packet), 0), sizeof(packet));
	assert_true(wait_readable(h->fd, WAIT_MS));
}

/* 9: what is on the wire */
static void send__packet_ids__from_one_without_gaps(void **state)
{
	struct hand *h = *state;

	for (uint8_t key_id = 0; key_id < 2; key_id++) {
		hand_install(h, peer_b, key_id, false);
		for (uint32_t id = 1; id <= 20; id++) {
			uint8_t got[PACKET_MAX];

			put_packet(&h->end, 60, id);
			assert_true(wait_readable(h->fd, WAIT_MS));
			assert_int_equal(recv(h->fd, got, sizeof(got), 0), 60 + 24);
			assert_int_equal(got[0], 9 << 3 | key_id);
			assert_int_equal(load_be32(got + 4), id);
		}
	}
}

/* 43: what is on the wire for each size of inner packet. Return: the largest datagram. */
static size_t largest_datagram(struct hand *h, uint16_t fragment_max)
{
	struct dco_peer_params params = {.fragment_max = fragment_max};
	uint8_t got[PACKET_MAX];
	size_t largest = 0;

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	for (size_t len = 1150; len <= 1700; len++) {
		put_packet(&h->end, len, 1);
		assert_true(wait_readable(h->fd, WAIT_MS));
		do {
			ssize_t n = recv(h->fd, got, sizeof(got), 0);

			assert_true(n > 0);
			largest = (size_t)n > largest ? (size_t)n : largest;
		} while (wait_readable(h->fd, 0));
	}
	return largest;
}

/* 43 */
static void send__fragment_1300__no_datagram_exceeds_it(void **state)
{
	static const struct {
		enum dco_data_format format;
		enum cipher_id cipher;
		enum digest_id digest;
	} rows[] = {
		{DCO_FORMAT_V2, CIPHER_AES_256_GCM, DIGEST_NONE},
		{DCO_FORMAT_EPOCH, CIPHER_AES_256_GCM, DIGEST_NONE},
		{DCO_FORMAT_V2, CIPHER_AES_256_CBC, DIGEST_SHA256},
	};
	struct hand *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned int variant = 0; variant < 3; variant++) {
			struct mtu_params mtu = {.v2 = true,
						 .epoch = rows[i].format == DCO_FORMAT_EPOCH,
						 .cipher = rows[i].cipher,
						 .digest = rows[i].digest,
						 .link_ip6 = variant == 2,
						 .fragment = true};
			size_t around = variant ? mtu_ip_bytes(&mtu) : 0, largest;
			struct dco_key key = make_key((uint8_t)(i % 7), 1, false);

			key.format = rows[i].format;
			key.cipher = (int)rows[i].cipher;
			key.digest = (int)rows[i].digest;
			install_as(&h->end, peer_b, DCO_SLOT_PRIMARY, key);
			largest = around +
				  largest_datagram(
					  h, (uint16_t)mtu_fragment(&mtu, 1300,
								    variant ? MTU_SCOPE_IP
									    : MTU_SCOPE_PAYLOAD));
			assert_true(largest <= 1300);
			assert_true(largest > 1300 - 17); /* a block of CBC less at most */
		}
	}
}

/* 24: with a limit of three packets an epoch, and a new key wanted at the fourth */
static void send__epochs_used_up__new_key_starts_with_the_first(void **state)
{
	struct dco_device_config cfg = default_config();
	uint8_t got[PACKET_MAX];
	struct hand h;

	(void)state;
	capture_lines();
	test_limits.aead_usage = 3 * (1 + 7);
	test_limits.epoch_renew = 4;
	hand_open(&h, &cfg, DCO_UDP);
	for (uint8_t key_id = 1; key_id <= 2; key_id++) {
		struct dco_key key = make_key(key_id, key_id, false);
		unsigned int epoch = 0, before = 0;
		uint64_t counter = 0;

		key.format = DCO_FORMAT_EPOCH;
		install_as(&h.end, peer_b, DCO_SLOT_PRIMARY, key);
		expect_no_event(&h.end);
		for (uint32_t i = 0; epoch < 4; i++) {
			assert_true(i < 100);
			put_packet(&h.end, 100, i);
			assert_true(wait_readable(h.fd, WAIT_MS));
			assert_int_equal(recv(h.fd, got, sizeof(got), 0), 100 + 28);
			epoch = load_be16(got + 4);
			assert_true(epoch == before || epoch == before + 1);
			counter = epoch == before ? counter + 1 : 1;
			assert_int_equal(load_be32(got + 8), counter);
			before = epoch;
		}
		expect_event(&h.end, DCO_EVENT_KEY_LIMIT);
		assert_int_equal(h.end.ev.key_id, key_id);
	}
	hand_close(&h);
	test_limits = (struct data_limits){0};
	log_sink_free(test_sink);
	test_sink = NULL;
}

/* ---- timers ---- */

static void still_there_after(struct hand *h, uint64_t ms)
{
	struct dco_peer_stats stats;

	atomic_fetch_add(&test_now_ms, ms);
	assert_int_equal(dco_peer_stats(h->end.dev, peer_b, &stats), 0);
}

/* 48: which packets are a sign of life, and which are not */
static void keepalive__what_counts_as_heard(void **state)
{
	enum {
		BAD_TAG,
		REPLAYED,
		PART,
		NOT_COMPRESSED,
		EMPTY,
		PING,
		OCC,
		DATA,
		KINDS
	};
	struct dco_peer_params params = {
		.ping_timeout_sec = 10, .fragment_max = 500, .framing = DCO_FRAMING_LZO_STUB};
	struct dco_device_config cfg = default_config();

	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		uint8_t plain[64] = {0, 0, 0, 0, 0xfa, 0x45}, packet[256], first[256];
		size_t plain_len = 26, len, first_len;
		struct hand h;
		bool gone;

		capture_lines();
		hand_open(&h, &cfg, DCO_UDP);
		assert_int_equal(dco_peer_set(h.end.dev, peer_b, &params), 0);
		first_len = hand_seal(&h, plain, plain_len, first, sizeof(first));
		hand_send(&h, first, first_len);
		assert_true(wait_readable(h.end.inner, WAIT_MS));
		still_there_after(&h, 9000);
		if (kind == PART)
			plain[3] = 1; /* a fragment, not the last */
		else if (kind == NOT_COMPRESSED)
			plain[4] = 0x66;
		else if (kind == EMPTY)
			plain_len = 5;
		else if (kind == PING)
			memcpy(plain + 5, ping_payload(), PING_LEN), plain_len = 5 + PING_LEN;
		else if (kind == OCC)
			plain_len = 5 + unhex(plain + 5, sizeof(plain) - 5,
					      "287f346bd4ef7a812d56b8d3afc5459c03");
		len = hand_seal(&h, plain, plain_len, packet, sizeof(packet));
		packet[len - 1] ^= kind == BAD_TAG;
		if (kind == REPLAYED)
			hand_send(&h, first, first_len);
		else
			hand_send(&h, packet, len);
		(void)wait_readable(h.end.inner, QUIET_MS); /* it has been taken */
		atomic_fetch_add(&test_now_ms, 2001);
		gone = poll_event(&h.end, kind < PING ? WAIT_MS : 4 * QUIET_MS);
		assert_int_equal(gone, kind < PING);
		if (gone)
			assert_int_equal(h.end.ev.reason, DCO_GONE_EXPIRED);
		hand_close(&h);
		log_sink_free(test_sink);
		test_sink = NULL;
	}
}

/* 45: control packets postpone pings as well */
static void keepalive__control_packet__postpones_the_ping(void **state)
{
	struct dco_peer_params params = {.ping_interval_sec = 2};
	struct hand *h = *state;
	uint8_t control = 0x20, got[64];

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	assert_true(wait_readable(h->fd, WAIT_MS));
	assert_int_equal(recv(h->fd, got, sizeof(got), 0), 24 + PING_LEN);
	atomic_fetch_add(&test_now_ms, 1999);
	assert_int_equal(
		dco_control_send(h->end.dev, h->end.transport, &h->addr, NULL, &control, 1), 0);
	assert_true(wait_readable(h->fd, WAIT_MS));
	assert_int_equal(recv(h->fd, got, sizeof(got), 0), 1);
	atomic_fetch_add(&test_now_ms, 1999);
	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	assert_false(wait_readable(h->fd, QUIET_MS));
	atomic_fetch_add(&test_now_ms, 1);
	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	assert_true(wait_readable(h->fd, WAIT_MS));
	assert_int_equal(recv(h->fd, got, sizeof(got), 0), 24 + PING_LEN);
}

/* ---- TCP: who sends such things loses the connection ---- */

enum tcp_sin {
	SIN_TAG,
	SIN_HMAC,
	SIN_REPLAY,
	SINS
};

static const char *const sin_lines[SINS] = {
	[SIN_TAG] = "AEAD Decrypt error: packet tag authentication failed",
	[SIN_HMAC] = "Authenticate/Decrypt packet error: packet HMAC authentication failed",
	[SIN_REPLAY] = "AEAD Decrypt error: bad packet ID (may be a replay): [ #1 ] -- see",
};

/* 17: several peers on one device, each with its stream */
static void tcp__any_sin__ends_that_peer_only(void **state)
{
	struct dco_device_config cfg = default_config();

	(void)state;
	cfg.mode = DCO_MODE_MULTI_PEER;
	for (enum tcp_sin sin = 0; sin < SINS; sin++) {
		uint8_t plain[100], packet[256];
		struct hand h, good = {.proto = DCO_TCP};
		struct dco_peer_config peer = {.peer_id = 1, .tx_peer_id = 1, .name = "good"};
		struct err err;
		int pair[2];
		size_t len;

		capture_lines();
		hand_open(&h, &cfg, DCO_TCP);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		good.fd = pair[1];
		peer.transport = dco_transport_attach(h.end.dev, pair[0], DCO_TCP, false, &err);
		peer.log = log_init(test_sink, "");
		assert_int_equal(ip_addr_parse("10.8.0.2", &peer.vpn_ip4), 0);
		assert_int_equal(dco_peer_add(h.end.dev, &peer, &err), 0);
		good.end = h.end;
		hand_install(&good, 1, 0, false);
		hand_install(&h, peer_b, 0, sin == SIN_HMAC);
		make_packet(plain, sizeof(plain), 1);
		len = hand_seal(&h, plain, sizeof(plain), packet, sizeof(packet));
		if (sin == SIN_REPLAY)
			hand_send(&h, packet, len);
		else
			packet[len - 1] ^= 1;
		hand_send(&h, packet, len);
		expect_event(&h.end, DCO_EVENT_PEER_GONE);
		assert_int_equal(h.end.ev.peer_id, peer_b);
		assert_int_equal(h.end.ev.reason, DCO_GONE_DECRYPT_ERROR);
		expect_line(sin_lines[sin]);
		hand_pass(&good, 2);
		expect_no_event(&h.end);
		hand_close(&h);
		close(pair[0]);
		close(pair[1]);
		data_key_free(good.key);
		log_sink_free(test_sink);
		test_sink = NULL;
	}
}

/* 16: an unknown key id is not a sin; 34: nor is bad framing */
static void tcp__unknown_key_or_framing__stays(void **state)
{
	static const uint8_t bad[] = {0x66, 1, 2};
	struct dco_peer_params params = {.framing = DCO_FRAMING_LZO_STUB};
	struct hand *h = *state;
	uint8_t plain[100] = {0x45}, packet[256];
	size_t len = hand_seal(h, plain, sizeof(plain), packet, sizeof(packet));

	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	hand_put(h, bad, sizeof(bad));
	expect_line("Bad compression stub decompression header byte: 102");
	params.framing = DCO_FRAMING_NONE;
	assert_int_equal(dco_peer_set(h->end.dev, peer_b, &params), 0);
	packet[0] = 9 << 3 | 5;
	hand_send(h, packet, len);
	hand_pass(h, 1);
	atomic_fetch_add(&test_now_ms, 1100);
	expect_event(&h->end, DCO_EVENT_OUT_OF_SYNC);
	assert_int_equal(h->end.ev.key_id, 5);
	hand_pass(h, 2);
}

/* ---- a server's clients ---- */

/* 60 */
static void source__of_another__named_but_link_local_is_not(void **state)
{
	struct dco_device_config cfg = default_config();
	struct dco_peer_config peer = {.peer_id = peer_b, .tx_peer_id = peer_a, .name = "c"};
	uint8_t plain[100];
	struct err err;
	struct hand h;

	(void)state;
	capture_lines();
	cfg.mode = DCO_MODE_MULTI_PEER;
	hand_open(&h, &cfg, DCO_UDP);
	dco_peer_del(h.end.dev, peer_b);
	peer.transport = h.end.transport;
	peer.remote = h.addr;
	peer.log = log_init(test_sink, "");
	assert_int_equal(ip_addr_parse("10.8.0.2", &peer.vpn_ip4), 0);
	assert_int_equal(dco_peer_add(h.end.dev, &peer, &err), 0);
	hand_install(&h, peer_b, 0, false);
	make_packet(plain, sizeof(plain), 1);
	memset(plain, 0, sizeof(plain));
	plain[0] = 0x60;
	store_be16(plain + 4, 60);
	plain[8] = 0xfe;
	plain[9] = 0x80;
	hand_put(&h, plain, sizeof(plain));
	expect_counter(&h.end, peer_b, dropped, 1);
	assert_false(has_line("bad source"));
	plain[8] = 0x20;
	plain[9] = 0x01;
	hand_put(&h, plain, sizeof(plain));
	expect_line("MULTI: bad source address from client [2001::], packet dropped");
	make_packet(plain, sizeof(plain), 1);
	store_be32(plain + 12, 0x0a080009);
	hand_put(&h, plain, sizeof(plain));
	expect_line("MULTI: bad source address from client [10.8.0.9], packet dropped");
	expect_no_packet(&h.end);
	hand_pass(&h, 1);
	hand_close(&h);
	log_sink_free(test_sink);
	test_sink = NULL;
}

int main(void)
{
#define UDP(f) cmocka_unit_test_setup_teardown(f, setup_hand_udp, teardown_hand)
	const struct CMUnitTest tests[] = {
		UDP(header__shorter_than_v2_needs__named_and_dropped),
		UDP(tag_and_hmac__wrong__named_and_dropped),
		UDP(replay__named_with_its_id),
		cmocka_unit_test_setup_teardown(replay__muted__dropped_silently, setup_hand_muted,
						teardown_hand),
		UDP(framing__wrong__named_and_dropped),
		UDP(fragment__wrong__named_and_dropped),
		UDP(fragment__too_many_needed__named_and_dropped),
		UDP(size__one_more_than_the_buffer__named_and_dropped_both_ways),
		UDP(recursion__named_with_both_addresses),
		UDP(send__packet_ids__from_one_without_gaps),
		UDP(send__fragment_1300__no_datagram_exceeds_it),
		cmocka_unit_test(send__epochs_used_up__new_key_starts_with_the_first),
		cmocka_unit_test(keepalive__what_counts_as_heard),
		UDP(keepalive__control_packet__postpones_the_ping),
		cmocka_unit_test(tcp__any_sin__ends_that_peer_only),
		cmocka_unit_test_setup_teardown(tcp__unknown_key_or_framing__stays, setup_hand_tcp,
						teardown_hand),
		cmocka_unit_test(source__of_another__named_but_link_local_is_not),
	};

	return cmocka_run_group_tests(tests, harness_start, NULL);
}
