/* SPDX-License-Identifier: GPL-2.0-only */
/* Cutting and joining of large packets, and the checksums in them. */
#include "test.h"

#include <arpa/inet.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/random.h"
#include "engine/checksum.h"
#include "engine/coalesce.h"
#include "engine/segment.h"

enum {
	PACKETS_MAX = 256,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
};

/* The obvious sum, byte by byte (RFC 1071). */
static uint16_t slow_sum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void checksum__any_length_and_content__as_the_slow_one(void **state)
{
	struct rng_seed seed = {.state = 1};
	struct rng rng = rng_seeded(&seed);
	uint8_t buf[300];

	(void)state;
	for (size_t len = 0; len <= sizeof(buf); len++) {
		uint16_t want, got;

		rng_fill(&rng, buf, sizeof(buf));
		if (len % 3 == 0)
			memset(buf, 0xff, sizeof(buf));
		want = slow_sum(buf, len);
		got = checksum_fold(checksum_add(0, buf, len));
		/* 0 and ffff are the same number; the field never needs to tell them apart */
		assert_true(want == got || (want % 0xffff == 0 && got % 0xffff == 0));
		got = checksum_fold(checksum_add(checksum_add(0, buf, len & ~1u & 31),
						 buf + (len & ~1u & 31), len - (len & ~1u & 31)));
		assert_true(want == got || (want % 0xffff == 0 && got % 0xffff == 0));
	}
}

/* ---- making packets ---- */

struct shape {
	bool ip6;
	uint8_t proto;
	size_t options; /* of TCP */
	size_t payload;
	uint32_t seq;
	uint8_t flags;
	uint16_t ip_id;
	uint16_t port;
};

static size_t l4_len_of(const struct shape *s)
{
	return s->proto == PROTO_TCP ? 20 + s->options : 8;
}

static size_t ip_len_of(const struct shape *s)
{
	return s->ip6 ? 40 : 20;
}

static void set_l4_checksum(uint8_t *p, size_t len, size_t ip_len, uint8_t proto)
{
	size_t at = ip_len + (proto == PROTO_TCP ? 16 : 6);

	store_be16(p + at, 0);
	store_be16(p + at,
		   (uint16_t)~checksum_fold(checksum_add(checksum_pseudo(p, proto, len - ip_len),
							 p + ip_len, len - ip_len)));
}

static size_t make(uint8_t *p, const struct shape *s)
{
	size_t ip_len = ip_len_of(s), header = ip_len + l4_len_of(s), len = header + s->payload;

	memset(p, 0, header);
	if (s->ip6) {
		p[0] = 0x60;
		store_be16(p + 4, (uint16_t)(len - 40));
		p[6] = s->proto;
		p[7] = 64;
		p[8] = 0xfd;
		p[24] = 0xfe;
	} else {
		p[0] = 0x45;
		store_be16(p + 2, (uint16_t)len);
		store_be16(p + 4, s->ip_id);
		p[8] = 64;
		p[9] = s->proto;
		store_be32(p + 12, 0x0a080002);
		store_be32(p + 16, 0x0a080001);
		checksum_ip4_header(p, 20);
	}
	store_be16(p + ip_len, 5201);
	store_be16(p + ip_len + 2, s->port);
	if (s->proto == PROTO_TCP) {
		store_be32(p + ip_len + 4, s->seq);
		store_be32(p + ip_len + 8, 77);
		p[ip_len + 12] = (uint8_t)((20 + s->options) / 4 << 4);
		p[ip_len + 13] = s->flags;
		store_be16(p + ip_len + 14, 501);
		memset(p + ip_len + 20, 1, s->options);
	} else {
		store_be16(p + ip_len + 4, (uint16_t)(len - ip_len));
	}
	for (size_t i = 0; i < s->payload; i++)
		p[header + i] = (uint8_t)(s->seq + i * 13);
	set_l4_checksum(p, len, ip_len, s->proto);
	return len;
}

static struct virtio_net_hdr gso(const struct shape *s, uint16_t segment)
{
	struct virtio_net_hdr hdr = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_size = segment};

	hdr.gso_type = s->proto == PROTO_UDP ? 5
		       : s->ip6		     ? VIRTIO_NET_HDR_GSO_TCPV6
					     : VIRTIO_NET_HDR_GSO_TCPV4;
	return hdr;
}

static void assert_checksums(const uint8_t *p, size_t len)
{
	size_t ip_len = p[0] >> 4 == 6 ? 40 : 20;
	uint8_t proto = ip_len == 40 ? p[6] : p[9];

	if (ip_len == 20)
		assert_int_equal(checksum_fold(checksum_add(0, p, 20)), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(checksum_pseudo(p, proto, len - ip_len),
						    p + ip_len, len - ip_len)),
			 0xffff);
}

/* ---- cutting ---- */

/* The segments must be what a sender would have made one by one. */
static void cut_and_compare(const struct shape *big, uint16_t segment)
{
	static uint8_t packet[SEGMENT_PACKET_MAX], got[SEGMENT_PACKET_MAX],
		want[SEGMENT_PACKET_MAX];
	size_t len = make(packet, big), done = 0, header = ip_len_of(big) + l4_len_of(big);
	struct virtio_net_hdr hdr = gso(big, segment);
	struct segmenter s;

	assert_int_equal(segmenter_init(&s, &hdr, packet, len), 0);
	for (uint16_t i = 0; done < big->payload; i++) {
		size_t left = big->payload - done, take = left < segment ? left : segment, n;
		struct shape one = *big;

		one.payload = take;
		if (big->proto == PROTO_TCP)
			one.seq = big->seq + (uint32_t)done;
		one.ip_id = (uint16_t)(big->ip_id + i);
		if (take < left)
			one.flags &= (uint8_t)~0x09; /* FIN, PSH: on the last only */
		if (i)
			one.flags &= 0x7f; /* CWR: on the first only */
		n = make(want, &one);
		memcpy(want + header, packet + header + done, take);
		set_l4_checksum(want, n, ip_len_of(big), big->proto);
		assert_int_equal(segmenter_next_len(&s), n);
		segmenter_next(&s, got);
		assert_memory_equal(got, want, n);
		assert_checksums(got, n);
		done += take;
	}
	assert_int_equal(segmenter_next_len(&s), 0);
}

static void segments__tcp_and_udp_of_both_families__as_if_sent_singly(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		struct shape big = {.ip6 = i & 1,
				    .proto = i & 2 ? PROTO_UDP : PROTO_TCP,
				    .options = i & 4 ? 12 : 0,
				    .payload = i & 8 ? 60000 : 2801,
				    .seq = 0xfffff000,
				    .flags = 0x99,
				    .ip_id = 0xfffe,
				    .port = 40000};

		cut_and_compare(&big, 1400);
		cut_and_compare(&big, 536);
		cut_and_compare(&big, 60001);
	}
}

static void segments__broken_headers__refused(void **state)
{
	struct shape big = {.proto = PROTO_TCP, .payload = 3000, .flags = 0x10};
	uint8_t packet[4096];
	size_t len = make(packet, &big);
	struct virtio_net_hdr hdr = gso(&big, 1000);
	struct segmenter s;

	(void)state;
	for (size_t n = 0; n <= 40; n++)
		assert_true(segmenter_init(&s, &hdr, packet, n) < 0);
	assert_int_equal(segmenter_init(&s, &hdr, packet, 41), 0);
	hdr.gso_size = 0;
	assert_int_equal(segmenter_init(&s, &hdr, packet, len), ERR_INVALID);
	hdr = gso(&big, 1000);
	hdr.gso_type = 77;
	assert_int_equal(segmenter_init(&s, &hdr, packet, len), ERR_UNSUPPORTED);
	hdr = gso(&big, 1000);
	packet[9] = PROTO_UDP;
	assert_int_equal(segmenter_init(&s, &hdr, packet, len), ERR_INVALID);
	packet[9] = PROTO_TCP;
	packet[0] = 0x44;
	assert_int_equal(segmenter_init(&s, &hdr, packet, len), ERR_INVALID);
	packet[0] = 0x45;
	packet[32] = 0x40; /* TCP header of 16 bytes */
	assert_int_equal(segmenter_init(&s, &hdr, packet, len), ERR_INVALID);
	packet[32] = 0xf0;
	assert_int_equal(segmenter_init(&s, &hdr, packet, 79), ERR_INVALID);
}

static void checksum__left_to_the_device__finished(void **state)
{
	struct shape one = {.proto = PROTO_TCP, .payload = 333, .flags = 0x18, .seq = 9};
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 16};
	uint8_t want[512], got[512];
	size_t len = make(want, &one);

	(void)state;
	memcpy(got, want, len);
	store_be16(got + 36, checksum_fold(checksum_pseudo(got, PROTO_TCP, len - 20)));
	assert_int_equal(segment_finish_checksum(&hdr, got, len), 0);
	assert_memory_equal(got, want, len);
	hdr.csum_start = (uint16_t)len;
	assert_int_equal(segment_finish_checksum(&hdr, got, len), ERR_INVALID);
	hdr.csum_start = 0xffff;
	hdr.csum_offset = 0xffff;
	assert_int_equal(segment_finish_checksum(&hdr, got, len), ERR_INVALID);
	hdr.flags = 0;
	assert_int_equal(segment_finish_checksum(&hdr, got, len), 0);
}

/* ---- joining ---- */

struct sink {
	size_t writes;
	size_t packets; /* after cutting again */
	uint8_t *bytes[PACKETS_MAX];
	size_t len[PACKETS_MAX];
};

static void keep(struct sink *k, const uint8_t *p, size_t len)
{
	assert_true(k->packets < PACKETS_MAX);
	k->bytes[k->packets] = malloc(len);
	memcpy(k->bytes[k->packets], p, len);
	k->len[k->packets++] = len;
}

static bool sink_write(void *ctx, const uint8_t *room, size_t len)
{
	static uint8_t out[SEGMENT_PACKET_MAX];
	struct virtio_net_hdr hdr = vnet_hdr_read(room);
	struct sink *k = ctx;
	struct segmenter s;
	size_t n;

	k->writes++;
	room += VNET_HDR_LEN;
	len -= VNET_HDR_LEN;
	if (hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		keep(k, room, len);
		return true;
	}
	assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(segmenter_init(&s, &hdr, room, len), 0);
	assert_int_equal(hdr.hdr_len, s.header_len);
	assert_int_equal(hdr.csum_start, s.ip_len);
	if (room[0] >> 4 == 4)
		assert_int_equal(checksum_fold(checksum_add(0, room, 20)), 0xffff);
	while ((n = segmenter_next_len(&s)) > 0) {
		segmenter_next(&s, out);
		keep(k, out, n);
	}
	return true;
}

static void sink_clear(struct sink *k)
{
	for (size_t i = 0; i < k->packets; i++)
		free(k->bytes[i]);
	memset(k, 0, sizeof(*k));
}

static void put(struct coalescer *c, const uint8_t *p, size_t len)
{
	static uint8_t room[VNET_HDR_LEN + SEGMENT_PACKET_MAX];

	memcpy(room + VNET_HDR_LEN, p, len);
	assert_true(coalescer_put(c, room, len));
}

static void join__run_of_segments__one_write_and_the_same_packets(void **state)
{
	static uint8_t packet[2048];
	struct sink k = {0}, sent = {0};
	struct coalescer *c = coalescer_new(sink_write, &k);

	(void)state;
	for (int ip6 = 0; ip6 <= 1; ip6++) {
		struct shape s = {.ip6 = ip6,
				  .proto = PROTO_TCP,
				  .options = 12,
				  .payload = 1400,
				  .seq = 0xffffe000,
				  .flags = 0x10};

		for (int i = 0; i < 20; i++) {
			size_t len;

			if (i == 19) {
				s.payload = 99;
				s.flags = 0x18;
			}
			len = make(packet, &s);
			keep(&sent, packet, len);
			put(c, packet, len);
			s.seq += (uint32_t)s.payload;
			s.ip_id++;
		}
		coalescer_flush(c);
		assert_int_equal(k.writes, 1);
		assert_int_equal(k.packets, sent.packets);
		for (size_t i = 0; i < k.packets; i++) {
			assert_int_equal(k.len[i], sent.len[i]);
			assert_memory_equal(k.bytes[i], sent.bytes[i], k.len[i]);
		}
		sink_clear(&k);
		sink_clear(&sent);
	}
	coalescer_free(c);
}

/* Several flows, gaps, odd flags, damaged packets: nothing is lost, changed or reordered. */
static void join__random_traffic__same_packets_in_the_order_of_each_flow(void **state)
{
	struct rng_seed seed = {.state = 99};
	struct rng rng = rng_seeded(&seed);
	static uint8_t packet[2048];
	static struct sink k, sent;
	struct coalescer *c = coalescer_new(sink_write, &k);
	uint32_t seq[12] = {0};
	uint16_t ip_id[12] = {0};
	size_t total = 0, writes = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t flow = 0;

		for (int i = 0; i < 100; i++) {
			struct shape s = {.proto = PROTO_TCP, .flags = 0x10};
			size_t len;

			if (rng_below(&rng, 4) == 0)
				flow = rng_below(&rng, 12);
			s.ip6 = flow & 1;
			s.port = (uint16_t)(flow + 1000);
			s.options = flow & 2 ? 12 : 0;
			s.payload = rng_below(&rng, 10) ? 1200 : rng_below(&rng, 1300);
			s.seq = seq[flow];
			s.ip_id = ip_id[flow]++;
			if (rng_below(&rng, 15) == 0)
				s.flags = (uint8_t)rng_below(&rng, 256);
			if (rng_below(&rng, 30) == 0)
				s.seq += 17;
			if (rng_below(&rng, 30) == 0)
				s.proto = PROTO_UDP;
			len = make(packet, &s);
			seq[flow] = s.seq + (uint32_t)s.payload;
			if (rng_below(&rng, 20) == 0)
				packet[rng_below(&rng, (uint32_t)len)] ^=
					(uint8_t)(1 << rng_below(&rng, 8));
			keep(&sent, packet, len);
			put(c, packet, len);
		}
		coalescer_flush(c);
		assert_int_equal(k.packets, sent.packets);
		/* each packet comes out once, and a flow (by port) in its order */
		for (size_t i = 0; i < sent.packets; i++) {
			size_t j = 0;

			while (j < k.packets && (k.len[j] != sent.len[i] ||
						 memcmp(k.bytes[j], sent.bytes[i], k.len[j]) != 0))
				j++;
			if (j == k.packets)
				fail_msg("round %d: packet %zu was changed or lost", round, i);
			k.len[j] = 0; /* taken */
		}
		total += k.packets;
		writes += k.writes;
		sink_clear(&k);
		sink_clear(&sent);
	}
	assert_true(writes < total * 2 / 3); /* it did join something */
	coalescer_free(c);
}

static void join__packet_behind_a_gap__after_what_came_before(void **state)
{
	static uint8_t packet[2048];
	struct sink k = {0};
	struct coalescer *c = coalescer_new(sink_write, &k);
	uint32_t seqs[] = {0, 1000, 5000, 6000, 2000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seqs); i++) {
		struct shape s = {
			.proto = PROTO_TCP, .payload = 1000, .seq = seqs[i], .flags = 0x10};

		s.ip_id = (uint16_t)i;
		put(c, packet, make(packet, &s));
	}
	coalescer_flush(c);
	assert_int_equal(k.writes, 3);
	assert_int_equal(k.packets, ARRAY_SIZE(seqs));
	for (size_t i = 0; i < k.packets; i++)
		assert_int_equal(load_be32(k.bytes[i] + 24), seqs[i]);
	sink_clear(&k);
	coalescer_free(c);
}

static void join__wrong_checksum__goes_alone_and_stays_wrong(void **state)
{
	static uint8_t packet[2048];
	struct sink k = {0};
	struct coalescer *c = coalescer_new(sink_write, &k);

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct shape s = {
			.proto = PROTO_TCP, .payload = 1000, .seq = i * 1000, .flags = 0x10};
		size_t len;

		s.ip_id = (uint16_t)i;
		len = make(packet, &s);
		if (i == 1)
			packet[500] ^= 1;
		put(c, packet, len);
	}
	coalescer_flush(c);
	assert_int_equal(k.writes, 3);
	assert_int_not_equal(
		checksum_fold(checksum_add(checksum_pseudo(k.bytes[1], PROTO_TCP, k.len[1] - 20),
					   k.bytes[1] + 20, k.len[1] - 20)),
		0xffff);
	sink_clear(&k);
	coalescer_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum__any_length_and_content__as_the_slow_one),
		cmocka_unit_test(segments__tcp_and_udp_of_both_families__as_if_sent_singly),
		cmocka_unit_test(segments__broken_headers__refused),
		cmocka_unit_test(checksum__left_to_the_device__finished),
		cmocka_unit_test(join__run_of_segments__one_write_and_the_same_packets),
		cmocka_unit_test(join__random_traffic__same_packets_in_the_order_of_each_flow),
		cmocka_unit_test(join__packet_behind_a_gap__after_what_came_before),
		cmocka_unit_test(join__wrong_checksum__goes_alone_and_stays_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
