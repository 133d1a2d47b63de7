/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of dco.h with one peer, over UDP and TCP, for every backend: see dco_harness.h for
 * how to choose it. What is special to the engine is in test_engine_device.c.
 */
#include "config.h"

#include "dco_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "config/features.h"

/* ---- cases for each transport ---- */

static void data__every_size_both_ways__arrives(void **state)
{
	struct pair *p = *state;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (size_t len = 24; len <= 1700; len += 97) {
		pass(&p->a, &p->b, len, (uint32_t)len);
		pass(&p->b, &p->a, len, (uint32_t)len + 1);
	}
	expect_no_event(&p->a);
	expect_no_event(&p->b);
}

static void data__many_packets__in_order(void **state)
{
	struct pair *p = *state;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (uint32_t burst = 0; burst < 40; burst++) {
		for (uint32_t i = 0; i < 8; i++)
			put_packet(&p->a, 60 + 80 * i, burst * 8 + i);
		for (uint32_t i = 0; i < 8; i++)
			expect_packet(&p->b, 60 + 80 * i, burst * 8 + i);
	}
}

static void data__no_key__dropped_and_counted(void **state)
{
	struct pair *p = *state;
	struct dco_peer_stats stats = {0};

	put_packet(&p->a, 100, 1);
	if (offers(FEAT_DROP_COUNTER))
		expect_counter(&p->a, peer_a, dropped, 1);
	expect_no_packet(&p->b);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_int_equal(stats.link_tx_packets, 0);
}

static void keys__installed_secondary__receives_until_swap_then_sends(void **state)
{
	struct pair *p = *state;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	pass(&p->a, &p->b, 100, 1);
	install_as(&p->b, peer_b, DCO_SLOT_SECONDARY, make_key(1, 50, false));
	install_as(&p->a, peer_a, DCO_SLOT_SECONDARY, make_key(1, 50, true));
	pass(&p->a, &p->b, 100, 2);
	assert_int_equal(dco_key_swap(p->a.dev, peer_a), 0);
	pass(&p->a, &p->b, 100, 3); /* under the new key, which B has as secondary */
	pass(&p->b, &p->a, 100, 4); /* under the old one */
	assert_int_equal(dco_key_swap(p->b.dev, peer_b), 0);
	pass(&p->b, &p->a, 100, 5);
	assert_int_equal(dco_key_delete(p->a.dev, peer_a, DCO_SLOT_SECONDARY), 0);
	assert_int_equal(dco_key_delete(p->b.dev, peer_b, DCO_SLOT_SECONDARY), 0);
	pass(&p->a, &p->b, 100, 6);
	pass(&p->b, &p->a, 100, 7);
	expect_no_event(&p->a);
	expect_no_event(&p->b);
}

/* The peer may use a new key a moment before it is installed here. */
static void keys__packet_before_its_key__arrives_when_the_key_does(void **state)
{
	struct pair *p = *state;

	NEEDS(FEAT_EARLY_DATA);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	install_as(&p->a, peer_a, DCO_SLOT_PRIMARY, make_key(1, 1, true));
	put_packet(&p->a, 100, 1);
	put_packet(&p->a, 200, 2);
	expect_no_packet(&p->b);
	expect_no_event(&p->b);
	install_as(&p->b, peer_b, DCO_SLOT_SECONDARY, make_key(1, 1, false));
	expect_packet(&p->b, 100, 1);
	expect_packet(&p->b, 200, 2);
	expect_no_event(&p->b);
}

static void keys__unknown_key_id__out_of_sync_once_a_second(void **state)
{
	struct pair *p = *state;

	NEEDS(FEAT_OUT_OF_SYNC);
	install_as(&p->a, peer_a, DCO_SLOT_PRIMARY, make_key(3, 1, true));
	for (uint32_t i = 0; i < 5; i++)
		put_packet(&p->a, 100, i);
	expect_event(&p->b, DCO_EVENT_OUT_OF_SYNC);
	assert_int_equal(p->b.ev.peer_id, peer_b);
	assert_int_equal(p->b.ev.key_id, 3);
	expect_no_event(&p->b);
	advance_ms(&p->b, 1000);
	put_packet(&p->a, 100, 9);
	expect_event(&p->b, DCO_EVENT_OUT_OF_SYNC);
}

static void keys__replaced_under_traffic__nothing_is_lost(void **state)
{
	struct pair *p = *state;
	uint32_t number = 0;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (uint8_t round = 1; round < 60; round++) {
		uint8_t id = (uint8_t)((round - 1) % 7 + 1);

		for (int i = 0; i < 4; i++)
			put_packet(&p->a, 200, number + (uint32_t)i);
		install_as(&p->b, peer_b, DCO_SLOT_SECONDARY, make_key(id, round, false));
		install_as(&p->a, peer_a, DCO_SLOT_SECONDARY, make_key(id, round, true));
		assert_int_equal(dco_key_swap(p->a.dev, peer_a), 0);
		for (int i = 4; i < 8; i++)
			put_packet(&p->a, 200, number + (uint32_t)i);
		for (int i = 0; i < 8; i++)
			expect_packet(&p->b, 200, number + (uint32_t)i);
		assert_int_equal(dco_key_swap(p->b.dev, peer_b), 0);
		number += 8;
	}
}

static void control__both_ways__delivered_whole(void **state)
{
	struct pair *p = *state;
	uint8_t packet[1200];

	/* also without any peer; the legacy module lets go of its stream a moment later */
	dco_peer_del(p->b.dev, peer_b);
	advance_ms(&p->b, 300);
	for (size_t len = 14; len <= sizeof(packet); len += 109) {
		memset(packet, (int)len, len);
		packet[0] = 0x38; /* P_CONTROL_HARD_RESET_CLIENT_V2 */
		assert_int_equal(
			dco_control_send(p->a.dev, p->a.transport, &p->b.addr, NULL, packet, len),
			0);
		expect_event(&p->b, DCO_EVENT_CONTROL);
		assert_int_equal(p->b.ev.transport, p->b.transport);
		assert_int_equal(p->b.ev.packet_len, len);
		assert_memory_equal(p->b.packet, packet, len);
		assert_int_equal(dco_control_send(p->b.dev, p->b.transport, &p->b.ev.remote, NULL,
						  packet, len),
				 0);
		expect_event(&p->a, DCO_EVENT_CONTROL);
		assert_int_equal(p->a.ev.packet_len, len);
	}
}

static void control__under_data_load__not_lost(void **state)
{
	struct pair *p = *state;
	uint8_t packet[100] = {0x20}, got[PACKET_MAX];
	unsigned int arrived = 0;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (unsigned int i = 0; i < 50; i++) {
		packet[1] = (uint8_t)i;
		for (uint32_t n = 0; n < 8; n++)
			put_packet(&p->a, 1400, n);
		assert_int_equal(dco_control_send(p->a.dev, p->a.transport, &p->b.addr, NULL,
						  packet, sizeof(packet)),
				 0);
		while (wait_readable(p->b.inner, 0))
			(void)inner_take(&p->b, got, sizeof(got));
		expect_event(&p->b, DCO_EVENT_CONTROL);
		assert_int_equal(p->b.packet[1], i);
		arrived++;
		while (arrived == i + 1 && wait_readable(p->b.inner, 20))
			(void)inner_take(&p->b, got, sizeof(got));
	}
	assert_int_equal(arrived, 50);
}

static void peer__deleted_twice__no_event_and_no_traffic(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_timeout_sec = 1};
	struct dco_peer_stats stats;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	pass(&p->a, &p->b, 100, 1);
	/* an event is on its way ... */
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
	advance_ms(&p->b, 2001);
	assert_true(wait_readable(dco_event_fd(p->b.dev), WAIT_MS));
	/* ... and must not come after the deletion */
	dco_peer_del(p->b.dev, peer_b);
	dco_peer_del(p->b.dev, peer_b);
	expect_no_event(&p->b);
	assert_int_equal(dco_key_swap(p->b.dev, peer_b), ERR_NO_PEER);
	assert_int_equal(dco_peer_stats(p->b.dev, peer_b, &stats), 0);
	assert_int_equal(stats.vpn_rx_packets, 0);
	add_peer(&p->b, peer_b, peer_a, &p->a);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	pass(&p->a, &p->b, 100, 3);
}

static void peer__added_twice__refused(void **state)
{
	struct pair *p = *state;
	struct dco_peer_config cfg = {.peer_id = peer_a,
				      .transport = p->a.transport,
				      .remote = p->b.addr,
				      .log = log_init(NULL, "")};
	struct err err;

	assert_int_equal(dco_peer_add(p->a.dev, &cfg, &err), ERR_EXISTS);
	cfg.transport = 99;
	cfg.peer_id = 1;
	assert_int_equal(dco_peer_add(p->a.dev, &cfg, &err), ERR_NOT_FOUND);
	assert_int_equal(dco_transport_detach(p->a.dev, p->a.transport), ERR_STATE);
}

static void stats__count_and_never_go_backwards(void **state)
{
	struct pair *p = *state;
	struct dco_peer_stats last = {0}, now, sum;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (uint32_t i = 1; i <= 20; i++) {
		pass(&p->a, &p->b, 100, i);
		assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &now), 0);
		assert_int_equal(now.vpn_tx_packets, i);
		assert_int_equal(now.vpn_tx_bytes, i * 100);
		assert_int_equal(now.link_tx_bytes, i * 124);
		if (offers(FEAT_RENEG_BY_AMOUNT)) {
			assert_int_equal(now.key_packets, i);
			assert_int_equal(now.key_bytes, i * 124);
		}
		assert_true(now.link_tx_packets > last.link_tx_packets);
		last = now;
	}
	assert_int_equal(dco_peer_stats(p->b.dev, peer_b, &now), 0);
	assert_int_equal(now.vpn_rx_packets, 20);
	assert_int_equal(now.vpn_rx_bytes, 2000);
	assert_int_equal(now.link_rx_bytes, 20 * 124);
	dco_peer_del(p->b.dev, peer_b);
	assert_int_equal(dco_device_stats(p->b.dev, &sum), 0);
	assert_int_equal(sum.vpn_rx_bytes, 2000);
}

static void keepalive__ping__sent_and_not_delivered(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_interval_sec = 1};
	struct dco_peer_stats stats;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	advance_ms(&p->a, 2500);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	expect_counter_above(&p->b, peer_b, link_rx_packets, 1);
	expect_no_packet(&p->b);
	expect_no_event(&p->b);
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	if (offers(FEAT_EXACT_COUNTERS))
		assert_int_equal(stats.vpn_tx_packets, 0);
}

/* 48: data and pings start the timer again */
static void keepalive__silence__gone_exactly_once(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_timeout_sec = 3};

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
	advance_ms(&p->b, 1900);
	pass(&p->a, &p->b, 100, 1);
	advance_ms(&p->b, 1900);
	expect_no_event(&p->b);
	advance_ms(&p->b, 2101); /* timers are looked at once a second */
	expect_event(&p->b, DCO_EVENT_PEER_GONE);
	assert_int_equal(p->b.ev.reason, DCO_GONE_EXPIRED);
	assert_int_equal(p->b.ev.peer_id, peer_b);
	advance_ms(&p->b, 4000);
	expect_no_event(&p->b);
	dco_peer_del(p->b.dev, peer_b);
	expect_no_event(&p->b);
}

static void keepalive__unreadable_packets__count_as_silence(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.ping_timeout_sec = 3};

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
	install_as(&p->a, peer_a, DCO_SLOT_PRIMARY, make_key(0, 99, true));
	advance_ms(&p->b, 1900);
	put_packet(&p->a, 100, 2);
	expect_no_packet(&p->b);
	expect_no_event(&p->b);
	advance_ms(&p->b, 2101);
	expect_event(&p->b, DCO_EVENT_PEER_GONE);
	assert_int_equal(p->b.ev.reason, DCO_GONE_EXPIRED);
}

static void exit_notice__sent__reported_not_delivered(void **state)
{
	struct pair *p = *state;

	NEEDS(FEAT_DATA_EXIT_NOTIFY);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_send_exit(p->a.dev, peer_a), 0);
	expect_event(&p->b, DCO_EVENT_REMOTE_EXIT);
	assert_int_equal(p->b.ev.peer_id, peer_b);
	expect_no_packet(&p->b);
}

static void transport__detached__socket_is_the_callers_again(void **state)
{
	struct pair *p = *state;
	uint8_t packet[14] = {0x38};
	char got[16];

	dco_peer_del(p->b.dev, peer_b);
	assert_int_equal(dco_transport_detach(p->b.dev, p->b.transport), 0);
	assert_int_equal(dco_transport_detach(p->b.dev, p->b.transport), ERR_NOT_FOUND);
	assert_int_equal(dco_control_send(p->a.dev, p->a.transport, &p->b.addr, NULL, packet,
					  sizeof(packet)),
			 0);
	assert_true(wait_readable(p->b.fd, WAIT_MS));
	assert_true(recv(p->b.fd, got, sizeof(got), 0) > 0);
	expect_no_event(&p->b);
}

/* A SYN that asks for 1460 bytes; 48 bytes long. */
static void make_syn(uint8_t *p)
{
	make_packet(p, 48, 0);
	p[9] = 6;
	memset(p + 20, 0, 28);
	p[32] = 0x70;
	p[33] = 2;
	p[40] = 2;
	p[41] = 4;
	store_be16(p + 42, 1460);
}

static void mss__syn_both_ways__clamped(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params to_link = {.mss_ip4 = 1300}, to_device = {.mss_ip4 = 1200};
	uint8_t syn[48], got[64];

	NEEDS(FEAT_MSSFIX);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	make_syn(syn);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &to_link), 0);
	inner_put(&p->a, syn, sizeof(syn));
	assert_true(wait_readable(p->b.inner, WAIT_MS));
	assert_int_equal(inner_take(&p->b, got, sizeof(got)), sizeof(syn));
	assert_int_equal(load_be16(got + 42), 1300);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &to_device), 0);
	inner_put(&p->a, syn, sizeof(syn));
	assert_true(wait_readable(p->b.inner, WAIT_MS));
	assert_int_equal(inner_take(&p->b, got, sizeof(got)), sizeof(syn));
	assert_int_equal(load_be16(got + 42), 1200);
}

/* 74 */
static void block_ipv6__packet_from_the_device__answered_not_sent(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.block_ipv6 = true};
	uint8_t packet[100] = {0x60}, got[256];

	NEEDS(FEAT_BLOCK_IPV6);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	inner_put(&p->a, packet, sizeof(packet));
	assert_true(wait_readable(p->a.inner, WAIT_MS));
	assert_int_equal(inner_take(&p->a, got, sizeof(got)), 48 + sizeof(packet));
	assert_int_equal(got[6], 58);
	assert_int_equal(got[40], 1);
	expect_no_packet(&p->b);
	pass(&p->a, &p->b, 100, 1); /* IPv4 goes on */
}

static void framing__each_kind_both_ways__arrives(void **state)
{
	struct pair *p = *state;
	uint8_t bad[] = {0x66, 1, 2};

	NEEDS(FEAT_COMPRESS_STUB);
	for (int kind = DCO_FRAMING_NONE; kind <= DCO_FRAMING_LZ4_V2; kind++) {
		struct dco_peer_params params = {.framing = (enum dco_framing)kind};

		assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
		assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
		install(&p->a, &p->b, DCO_SLOT_PRIMARY, (uint8_t)kind);
		pass(&p->a, &p->b, 100, 1);
		pass(&p->b, &p->a, 1400, 2);
		params.ping_interval_sec = 5; /* pings are framed as well */
		assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
		expect_no_packet(&p->b);
		expect_no_event(&p->b);
	}
	/* unframed garbage at an end that wants framing */
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &(struct dco_peer_params){0}), 0);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b,
				      &(struct dco_peer_params){.framing = DCO_FRAMING_LZO}),
			 0);
	inner_put(&p->a, bad, sizeof(bad));
	expect_no_packet(&p->b);
	expect_no_event(&p->b); /* not fatal, not even on TCP */
}

/* 44: pings too have the header; with compression framing inside */
static void fragment__every_size_both_ways__arrives(void **state)
{
	struct pair *p = *state;
	struct dco_peer_params params = {.fragment_max = 400, .framing = DCO_FRAMING_STUB};
	struct dco_peer_stats stats;

	NEEDS(FEAT_FRAGMENT);
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &params), 0);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (size_t len = 24; len <= 1700; len += 97) {
		pass(&p->a, &p->b, len, (uint32_t)len);
		pass(&p->b, &p->a, len, (uint32_t)len + 1);
	}
	assert_int_equal(dco_peer_stats(p->a.dev, peer_a, &stats), 0);
	assert_true(stats.link_tx_packets > 2 * stats.vpn_tx_packets);
	assert_true(stats.link_tx_bytes <= stats.link_tx_packets * (400 + 4 + 24));
	params.ping_interval_sec = 5;
	assert_int_equal(dco_peer_set(p->a.dev, peer_a, &params), 0);
	expect_no_packet(&p->b);
	/* an end without the option: nothing works, nothing breaks */
	assert_int_equal(dco_peer_set(p->b.dev, peer_b, &(struct dco_peer_params){0}), 0);
	put_packet(&p->b, 100, 1);
	expect_no_packet(&p->a);
}

/* ---- UDP only ---- */

/* 69 for a client: an established key does not follow */
static void p2p__packet_from_elsewhere__out_of_sync(void **state)
{
	struct pair *p = *state;
	union sock_addr elsewhere;
	uint8_t raw[PACKET_MAX];
	ssize_t len;
	int fd;

	NEEDS(FEAT_OUT_OF_SYNC);
	fd = udp_socket(&elsewhere);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	/* let A send to us and replay it from our address */
	assert_int_equal(dco_peer_set_remote(p->a.dev, peer_a, &elsewhere, NULL), 0);
	put_packet(&p->a, 100, 1);
	assert_true(wait_readable(fd, WAIT_MS));
	len = recv(fd, raw, sizeof(raw), 0);
	assert_int_equal(sendto(fd, raw, (size_t)len, 0, &p->b.addr.sa, sizeof(p->b.addr.in4)),
			 len);
	expect_event(&p->b, DCO_EVENT_OUT_OF_SYNC);
	expect_no_packet(&p->b);
	close(fd);
}

/* 10, 18 */
static void udp__garbage__ignored(void **state)
{
	struct pair *p = *state;
	static const uint8_t junk[][8] = {{0x48}, {0x48, 0}, {0x48, 0, 0}, {0x48, 0, 0, 9}, {0x30}};
	union sock_addr elsewhere;
	int fd = udp_socket(&elsewhere);

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++)
		for (size_t len = 0; len <= sizeof(junk[i]); len++)
			assert_int_equal(
				sendto(fd, junk[i], len, 0, &p->b.addr.sa, sizeof(p->b.addr.in4)),
				(ssize_t)len);
	expect_no_packet(&p->b);
	assert_false(wait_readable(fd, 0)); /* no answer */
	pass(&p->a, &p->b, 100, 1);
	close(fd);
}

/* Nobody listens: the errors that come back must not keep the worker busy for ever. */
static void udp__port_unreachable__no_spinning(void **state)
{
	struct pair *p = *state;
	union sock_addr nobody;
	int on = 1, fd;
	uint8_t byte = 0x38;
	clock_t used;

	NEEDS(FEAT_SET_PEER);
	fd = udp_socket(&nobody);
	close(fd);
	assert_int_equal(setsockopt(p->a.fd, SOL_IP, IP_RECVERR, &on, sizeof(on)), 0);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set_remote(p->a.dev, peer_a, &nobody, NULL), 0);
	put_packet(&p->a, 100, 1);
	expect_no_event(&p->a);
	/* an even number: the last call takes the error, its copy stays in the queue */
	for (int i = 0; i < 20; i++)
		(void)dco_control_send(p->a.dev, p->a.transport, &nobody, NULL, &byte, 1);
	used = clock();
	(void)wait_readable(p->a.inner, 300);
	used = clock() - used;
	assert_true(used < CLOCKS_PER_SEC / 10);
	assert_int_equal(dco_peer_set_remote(p->a.dev, peer_a, &p->b.addr, NULL), 0);
	pass(&p->a, &p->b, 100, 77);
}

static void udp__peer_on_an_interface__is_sent_to_by_it(void **state)
{
	struct pair *p = *state;
	struct local_addr local = {.addr = p->a.addr, .ifindex = INT32_MAX}; /* there is none */

	NEEDS(FEAT_SAME_INTERFACE);
	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_peer_set_remote(p->a.dev, peer_a, &p->b.addr, &local), 0);
	put_packet(&p->a, 100, 1);
	expect_no_packet(&p->b);
	local.ifindex = (int)if_nametoindex("lo");
	assert_int_equal(dco_peer_set_remote(p->a.dev, peer_a, &p->b.addr, &local), 0);
	pass(&p->a, &p->b, 100, 2);
}

/* ---- TCP only ---- */

static void tcp__stream_ends__control_first_then_closed_and_gone(void **state)
{
	struct pair *p = *state;
	uint8_t packet[10] = {0x20};
	bool closed = false, gone = false;

	install(&p->a, &p->b, DCO_SLOT_PRIMARY, 0);
	assert_int_equal(dco_control_send(p->a.dev, p->a.transport, NULL, NULL, packet, 10), 0);
	assert_int_equal(shutdown(p->a.fd, SHUT_WR), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(poll_event(&p->b, WAIT_MS));
		if (p->b.ev.type == DCO_EVENT_TRANSPORT_CLOSED) {
			assert_int_equal(p->b.ev.err, 0);
			closed = true;
		} else if (p->b.ev.type == DCO_EVENT_PEER_GONE) {
			assert_int_equal(p->b.ev.reason, DCO_GONE_TRANSPORT_DISCONNECT);
			gone = true;
		} else {
			assert_int_equal(p->b.ev.type, DCO_EVENT_CONTROL);
			assert_false(closed);
		}
	}
	assert_true(closed && gone);
	expect_no_event(&p->b);
}

/* 59 */
static void tcp__bad_record_length__closed(void **state)
{
	static const struct {
		uint8_t bytes[2];
		uint32_t length;
	} rows[] = {{{0, 0}, 0}, {{0x06, 0xe9}, 1769}, {{0xff, 0xff}, 65535}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dco_device_config cfg = default_config();
		struct end a, other;
		struct err err;

		end_open(&a, &cfg);
		tcp_sockets(&a, &other, 0);
		a.transport = dco_transport_attach(a.dev, a.fd, DCO_TCP, false, &err);
		assert_true(a.transport >= 0);
		assert_int_equal(write(other.fd, rows[i].bytes, 1), 1);
		expect_no_event(&a);
		assert_int_equal(write(other.fd, rows[i].bytes + 1, 1), 1);
		expect_event(&a, DCO_EVENT_TRANSPORT_CLOSED);
		assert_int_equal(a.ev.err, -1);
		assert_int_equal(a.ev.bad_length, rows[i].length);
		end_close(&a);
		close(other.fd);
	}
}

static void tcp__bytes_in_pieces__whole_records(void **state)
{
	static const uint8_t stream[] = {0, 3, 0x20, 1, 2, 0, 1, 0x28, 0, 2, 0x38, 9};
	struct dco_device_config cfg = default_config();

	(void)state;
	for (size_t first = 0; first <= sizeof(stream); first++) {
		struct end a, other;
		struct err err;

		end_open(&a, &cfg);
		tcp_sockets(&a, &other, 0);
		a.transport = dco_transport_attach(a.dev, a.fd, DCO_TCP, false, &err);
		assert_true(a.transport >= 0);
		assert_int_equal(write(other.fd, stream, first), first);
		for (size_t i = first; i < sizeof(stream); i++)
			assert_int_equal(write(other.fd, stream + i, 1), 1);
		expect_event(&a, DCO_EVENT_CONTROL);
		assert_int_equal(a.ev.packet_len, 3);
		assert_memory_equal(a.packet, stream + 2, 3);
		expect_event(&a, DCO_EVENT_CONTROL);
		assert_int_equal(a.ev.packet_len, 1);
		expect_event(&a, DCO_EVENT_CONTROL);
		assert_int_equal(a.ev.packet_len, 2);
		end_close(&a);
		close(other.fd);
	}
}

/*
 * A05-49: what is in the stream at the hand-over. The control packet is behind data, which
 * nothing overtakes.
 */
static void tcp__data_waits_for_the_first_key__nothing_lost(void **state)
{
	enum {
		WAITING = 40, /* more than a packet that overtakes a renegotiation could use */
	};
	static const uint8_t control[] = {0x20, 1, 2, 3};
	struct dco_device_config cfg = default_config();
	struct dco_peer_config peer = {.peer_id = peer_a,
				       .tx_peer_id = peer_b,
				       .name = "peer",
				       .log = log_init(test_sink, "")};
	struct end a, b;
	struct err err;

	(void)state;
	end_open(&a, &cfg);
	end_open(&b, &cfg);
	tcp_sockets(&a, &b, 0);
	attach(&b, DCO_TCP);
	add_peer(&b, peer_b, peer_a, &a);
	install_as(&b, peer_b, DCO_SLOT_PRIMARY, make_key(0, 1, false));
	for (uint32_t i = 0; i < WAITING / 2; i++)
		put_packet(&b, 100 + i, i);
	expect_counter(&b, peer_b, link_tx_packets, WAITING / 2);
	a.transport = dco_transport_attach(a.dev, a.fd, DCO_TCP, true, &err);
	assert_true(a.transport >= 0);
	peer.transport = a.transport;
	assert_int_equal(dco_peer_add(a.dev, &peer, &err), 0);
	for (uint32_t i = WAITING / 2; i < WAITING; i++)
		put_packet(&b, 100 + i, i);
	expect_counter(&b, peer_b, link_tx_packets, WAITING);
	assert_int_equal(dco_control_send(b.dev, b.transport, NULL, NULL, control, sizeof(control)),
			 0);
	expect_no_event(&a);
	install_as(&a, peer_a, DCO_SLOT_PRIMARY, make_key(0, 1, true));
	for (uint32_t i = 0; i < WAITING; i++)
		expect_packet(&a, 100 + i, i);
	expect_event(&a, DCO_EVENT_CONTROL);
	assert_int_equal(a.ev.packet_len, sizeof(control));
	expect_counter(&a, peer_a, vpn_rx_packets, WAITING);
	pass(&b, &a, 300, WAITING);
	pass(&a, &b, 300, WAITING + 1);
	end_close(&a);
	end_close(&b);
}

/* without being asked to wait: the session of before is of no use to anybody */
static void tcp__data_before_the_peer__dropped_and_control_goes_on(void **state)
{
	static const uint8_t stream[] = {0, 6, 0x48, 0, 0, 0, 9, 9, 0, 3, 0x20, 1, 2};
	struct dco_device_config cfg = default_config();
	struct end a, other;

	(void)state;
	end_open(&a, &cfg);
	tcp_sockets(&a, &other, 0);
	attach(&a, DCO_TCP);
	assert_int_equal(write(other.fd, stream, sizeof(stream)), sizeof(stream));
	expect_event(&a, DCO_EVENT_CONTROL);
	assert_int_equal(a.ev.packet_len, 3);
	end_close(&a);
	close(other.fd);
}

/* What @end has still to send goes out meanwhile. */
static void read_exactly(struct end *end, int fd, uint8_t *to, size_t len)
{
	for (int ms = 0; len && ms < WAIT_MS; ms += 5) {
		ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

		if (n < 0) {
			expect_no_event_now(end);
			(void)wait_readable(fd, 5);
			continue;
		}
		assert_true(n > 0);
		to += n;
		len -= (size_t)n;
	}
	assert_int_equal(len, 0);
}

/* Control passes the data that a full socket holds back, between records and without loss; of the
 * data the kernel drops what does not fit. */
static void tcp__receiver_stalls__control_not_interleaved(void **state)
{
	struct dco_device_config cfg = default_config();
	struct end a, peer = {0};
	uint8_t record[PACKET_MAX], control[300] = {0x20};
	unsigned int data = 0, controls = 0;
	uint32_t last_id = 0;

	(void)state;
	end_open(&a, &cfg);
	tcp_sockets(&a, &peer, 4096);
	attach(&a, DCO_TCP);
	peer.addr = (union sock_addr){0};
	add_peer(&a, peer_a, peer_b, &peer);
	install_as(&a, peer_a, DCO_SLOT_PRIMARY, make_key(0, 1, true));
	for (uint32_t i = 0; i < 10; i++)
		put_packet(&a, 1000, i);
	for (uint8_t i = 0; i < 20; i++) {
		control[1] = i;
		assert_int_equal(
			dco_control_send(a.dev, a.transport, NULL, NULL, control, sizeof(control)),
			0);
	}
	while (controls < 20 || (is_engine() ? data < 10 : wait_readable(peer.fd, QUIET_MS))) {
		size_t len;

		read_exactly(&a, peer.fd, record, 2);
		len = load_be16(record);
		assert_in_range(len, 1, sizeof(record));
		read_exactly(&a, peer.fd, record, len);
		if (len == sizeof(control)) {
			control[1] = (uint8_t)controls++;
			assert_memory_equal(record, control, len);
		} else {
			assert_int_equal(len, 1024);
			assert_true(load_be32(record + 4) > last_id);
			last_id = load_be32(record + 4);
			data++;
		}
	}
	assert_in_range(data, 1, 10);
	close(peer.fd);
	end_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVER_BOTH(data__every_size_both_ways__arrives),
		OVER_BOTH(data__many_packets__in_order),
		OVER_BOTH(data__no_key__dropped_and_counted),
		OVER_BOTH(keys__installed_secondary__receives_until_swap_then_sends),
		OVER_BOTH(keys__packet_before_its_key__arrives_when_the_key_does),
		OVER_BOTH(keys__unknown_key_id__out_of_sync_once_a_second),
		OVER_BOTH(keys__replaced_under_traffic__nothing_is_lost),
		OVER_BOTH(control__both_ways__delivered_whole),
		OVER_BOTH(control__under_data_load__not_lost),
		OVER_BOTH(peer__deleted_twice__no_event_and_no_traffic),
		OVER_BOTH(peer__added_twice__refused),
		OVER_BOTH(stats__count_and_never_go_backwards),
		OVER_BOTH(keepalive__ping__sent_and_not_delivered),
		OVER_BOTH(keepalive__silence__gone_exactly_once),
		OVER_UDP(keepalive__unreadable_packets__count_as_silence),
		OVER_BOTH(exit_notice__sent__reported_not_delivered),
		OVER_BOTH(transport__detached__socket_is_the_callers_again),
		OVER_BOTH(mss__syn_both_ways__clamped),
		OVER_BOTH(block_ipv6__packet_from_the_device__answered_not_sent),
		OVER_BOTH(framing__each_kind_both_ways__arrives),
		OVER_UDP(fragment__every_size_both_ways__arrives),
		OVER_UDP(p2p__packet_from_elsewhere__out_of_sync),
		OVER_UDP(udp__garbage__ignored),
		OVER_UDP(udp__port_unreachable__no_spinning),
		OVER_UDP(udp__peer_on_an_interface__is_sent_to_by_it),
		OVER_TCP(tcp__stream_ends__control_first_then_closed_and_gone),
		cmocka_unit_test(tcp__bad_record_length__closed),
		cmocka_unit_test(tcp__bytes_in_pieces__whole_records),
		cmocka_unit_test(tcp__data_waits_for_the_first_key__nothing_lost),
		cmocka_unit_test(tcp__data_before_the_peer__dropped_and_control_goes_on),
		cmocka_unit_test(tcp__receiver_stalls__control_not_interleaved),
	};

	cmocka_set_test_filter(getenv("DCO_TESTS"));
	return cmocka_run_group_tests(tests, harness_start, NULL);
}
