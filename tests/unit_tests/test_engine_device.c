/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is special to the engine behind dco.h: it reads the device itself, its limits and its clock
 * can be chosen. The contract that it shares with other backends is in test_dco_conformance.c.
 */
#include "config.h"

#include "dco_harness.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "data/ping.h"
#include "engine/segment.h"

static void keys__usage_limit__reported_once_for_each_key(void **state)
{
	struct pair *p = *state;

	test_limits.id_renew = 3;
	end_close(&p->a);
	end_close(&p->b);
	setup_pair(p, DCO_UDP);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (uint32_t i = 1; i <= 6; i++)
		pass(&p->a, &p->b, 100, i);
	expect_event(&p->a, DCO_EVENT_KEY_LIMIT);
	assert_int_equal(p->a.ev.peer_id, peer_a);
	expect_no_event(&p->a);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 1);
	for (uint32_t i = 1; i <= 6; i++)
		pass(&p->a, &p->b, 100, i);
	expect_event(&p->a, DCO_EVENT_KEY_LIMIT);
	assert_int_equal(p->a.ev.key_id, 1);
	expect_no_event(&p->a);
}

/* 45: the first ping at once, later when nothing else was sent */
static void keepalive__ping__sent_at_the_millisecond(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_interval_sec = 2};
	struct dco_peer_stats stats;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_tx_packets, 1);
	assert_int_equal(stats.vpn_tx_packets, 0);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	advance_ms(&p->a, 1999);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_tx_packets, 1);
	pass(&p->a, &p->b, 100, 1); /* postpones it */
	advance_ms(&p->a, 1999);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_tx_packets, 2);
	advance_ms(&p->a, 1);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_tx_packets, 3);
	expect_counter(&p->b, peer_b, link_rx_packets, 3);
	expect_no_packet(&p->b);
	assert_int_equal(dco_peer_stats(p->b.dev, peer_b, &stats), 0);
	assert_int_equal(stats.vpn_rx_packets, 1);
}

/* 46 */
static void keepalive__nearly_a_ping__delivered(void **state)
{
	struct pair *p = *state;
	uint8_t packet[17] = {0}, got[64];

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	memcpy(packet, ping_payload(), PING_LEN);
	assert_int_equal(send(p->a.inner, packet, 16, 0), 16);
	expect_no_packet(&p->b);
	assert_int_equal(send(p->a.inner, packet, 17, 0), 17);
	assert_true(wait_readable(p->b.inner, WAIT_MS));
	assert_int_equal(recv(p->b.inner, got, sizeof(got), 0), 17);
	assert_int_equal(send(p->a.inner, packet, 15, 0), 15);
	assert_true(wait_readable(p->b.inner, WAIT_MS));
	assert_int_equal(recv(p->b.inner, got, sizeof(got), 0), 15);
}

/* 48 */
static void keepalive__silence__gone_at_the_millisecond(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_timeout_sec = 10};

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
	advance_ms(&p->a, 9999);
	pass(&p->a, &p->b, 100, 1); /* data starts the timer again */
	advance_ms(&p->a, 9999);
	assert_int_equal(dco_peer_note_rx(p->b.dev, peer_b), 0); /* so does control */
	advance_ms(&p->a, 9999);
	/* an unreadable packet does not */
	install_as(&p->a, peer_a, DCO_SLOT_PRIMARY, make_key(0, 99, true));
	put_packet(&p->a, 100, 2);
	expect_no_packet(&p->b);
	expect_no_event(&p->b);
	advance_ms(&p->a, 1001); /* timers are looked at once a second */
	expect_event(&p->b, DCO_EVENT_PEER_GONE);
	assert_int_equal(p->b.ev.reason, DCO_GONE_EXPIRED);
	assert_int_equal(p->b.ev.peer_id, peer_b);
	advance_ms(&p->a, 60000);
	expect_no_event(&p->b);
}

/* 50: what is asked inside the data channel is answered there, and the device sees neither */
static void occ__questions__answered_not_delivered(void **state)
{
	static const struct {
		uint16_t size;
		enum occ_op op;
		uint16_t answer; /* datagram */
	} rows[] = {
		{0, OCC_REQUEST, 24 + 17 + 4},
		{1400, OCC_MTU_LOAD_REQUEST, 1400},
		{65535, OCC_MTU_LOAD_REQUEST, 1768},
		{0, OCC_MTU_REQUEST, 24 + 17 + 4},
		{0, OCC_MTU_LOAD, 0},
		{0, OCC_MTU_REPLY, 0},
	};
	struct pair *p = *state;
	struct dco_peer_stats stats;
	uint64_t packets = 0, bytes = 0;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct occ_message msg = {.op = rows[i].op, .size = rows[i].size};
		uint8_t plain[64];
		struct wr w = wr_init(plain, sizeof(plain));

		if (msg.op == OCC_MTU_LOAD)
			msg.size = 10;
		occ_write(&w, &msg);
		assert_int_equal(send(p->a.inner, plain, w.len, 0), w.len);
		packets += rows[i].answer != 0;
		bytes += rows[i].answer;
		expect_counter(&p->a, peer_a, link_rx_packets, packets);
		expect_counter(&p->b, peer_b, link_rx_packets, i + 1);
		assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
		assert_int_equal(stats.link_rx_bytes, bytes);
	}
	expect_no_packet(&p->b);
	expect_no_packet(&p->a);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_rx_packets, packets);
}

/* 57 */
static void device__packet_larger_than_the_buffer__dropped(void **state)
{
	struct pair *p = *state;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	pass(&p->a, &p->b, 1768, 1);
	put_packet(&p->a, 1769, 2);
	expect_no_packet(&p->b);
	pass(&p->a, &p->b, 1768, 3);
}

/* A large packet is cut at one end and joined again at the other. */
static void offload__large_packet__arrives_as_it_was(void **state)
{
	struct pair *p = *state;
	static uint8_t room[10 + 5000], got[10 + 5000];
	struct virtio_net_hdr hdr = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				     .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
				     .gso_size = 1000,
				     .hdr_len = 40,
				     .csum_start = 20,
				     .csum_offset = 16};
	struct dco_peer_stats stats;
	uint8_t *packet = room + VNET_HDR_LEN;

	end_close(&p->a);
	end_close(&p->b);
	test_offload = true;
	setup_pair(p, DCO_UDP);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	make_packet(packet, 4540, 7);
	packet[9] = 6;
	store_be16(packet + 6, 0x4000);
	packet[32] = 0x50;
	packet[33] = 0x10;
	vnet_hdr_write(room, &hdr);
	assert_int_equal(send(p->a.inner, room, 10 + 4540, 0), 10 + 4540);
	assert_true(wait_readable(p->b.inner, WAIT_MS));
	assert_int_equal(recv(p->b.inner, got, sizeof(got), 0), 10 + 4540);
	assert_memory_equal(got, room, 10);
	assert_memory_equal(got + 10 + 12, packet + 12, 24);
	assert_memory_equal(got + 10 + 40, packet + 40, 4500);
	assert_int_equal(dco_peer_stats(p->b.dev, peer_b, &stats), 0);
	assert_int_equal(stats.vpn_rx_packets, 5);
	assert_int_equal(stats.vpn_rx_bytes, 4500 + 5 * 40);
}

/* 67 */
static void recursion__own_outer_packet__dropped(void **state)
{
	struct pair *p = *state;
	uint8_t packet[100];

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	make_packet(packet, sizeof(packet), 1);
	store_be32(packet + 16, ntohl(p->b.addr.in4.sin_addr.s_addr));
	store_be16(packet + 22, ntohs(p->b.addr.in4.sin_port));
	assert_int_equal(send(p->a.inner, packet, sizeof(packet), 0), sizeof(packet));
	expect_no_packet(&p->b);
	store_be16(packet + 22, (uint16_t)(ntohs(p->b.addr.in4.sin_port) ^ 1));
	assert_int_equal(send(p->a.inner, packet, sizeof(packet), 0), sizeof(packet));
	assert_true(wait_readable(p->b.inner, WAIT_MS));
}

/* 17 */
static void tcp__packet_does_not_open__peer_gone(void **state)
{
	struct pair *p = *state;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	install_as(&p->a, peer_a, DCO_SLOT_PRIMARY, make_key(0, 99, true));
	put_packet(&p->a, 100, 1);
	expect_event(&p->b, DCO_EVENT_PEER_GONE);
	assert_int_equal(p->b.ev.reason, DCO_GONE_DECRYPT_ERROR);
	put_packet(&p->a, 100, 2);
	expect_no_event(&p->b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVER_UDP(keys__usage_limit__reported_once_for_each_key),
		OVER_BOTH(keepalive__ping__sent_at_the_millisecond),
		OVER_BOTH(keepalive__nearly_a_ping__delivered),
		OVER_UDP(keepalive__silence__gone_at_the_millisecond),
		OVER_BOTH(occ__questions__answered_not_delivered),
		OVER_UDP(device__packet_larger_than_the_buffer__dropped),
		OVER_UDP(offload__large_packet__arrives_as_it_was),
		OVER_UDP(recursion__own_outer_packet__dropped),
		OVER_TCP(tcp__packet_does_not_open__peer_gone),
	};

	/* of the engine, whatever the environment says */
	unsetenv("DCO_BACKEND");
	return cmocka_run_group_tests(tests, harness_start, NULL);
}
