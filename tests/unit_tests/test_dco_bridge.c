/* SPDX-License-Identifier: GPL-2.0-only */
/* A TAP device with several peers: where Ethernet frames go. Spec 02 sections 13.5, 13.6. */
#include "config.h"

#include "dco_harness.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
	CLIENTS = 3,
	FRAME_LEN = 60,
	QUOTA = 4,
	TAP_ITSELF = 0xee, /* last byte of the address of the server's interface */
};

struct net {
	struct end server;
	struct end client[CLIENTS];
};

static void setup_net(struct net *n, bool client_to_client, bool ask)
{
	struct dco_device_config many = default_config(), one = default_config();

	many.type = DCO_TAP;
	many.mode = DCO_MODE_MULTI_PEER;
	many.client_to_client = client_to_client;
	many.max_routes_per_peer = QUOTA;
	many.ask_macs = ask;
	one.type = DCO_TAP;
	atomic_store(&test_now_ms, 100000);
	end_open(&n->server, &many);
	n->server.fd = udp_socket(&n->server.addr);
	attach(&n->server, DCO_UDP);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		uint8_t seed = (uint8_t)(i + 1);

		end_open(&n->client[i], &one);
		n->client[i].fd = udp_socket(&n->client[i].addr);
		attach(&n->client[i], DCO_UDP);
		add_peer(&n->client[i], peer_a, i, &n->server);
		add_peer(&n->server, i, i, &n->client[i]);
		install_as(&n->client[i], peer_a, DCO_SLOT_PRIMARY, make_key(0, seed, true));
		install_as(&n->server, i, DCO_SLOT_PRIMARY, make_key(0, seed, false));
	}
}

static int setup(void **state)
{
	static struct net n;

	setup_net(&n, false, false);
	*state = &n;
	return 0;
}

static int setup_c2c(void **state)
{
	static struct net n;

	setup_net(&n, true, false);
	*state = &n;
	return 0;
}

static int setup_ask(void **state)
{
	static struct net n;

	setup_net(&n, false, true);
	*state = &n;
	return 0;
}

static int tear(void **state)
{
	struct net *n = *state;

	end_close(&n->server);
	for (uint32_t i = 0; i < CLIENTS; i++)
		end_close(&n->client[i]);
	return 0;
}

/* Addresses are 02:00:00:00:00:XX; XX 0xff means broadcast. */
static void make_frame(uint8_t *f, uint8_t src, uint8_t dst)
{
	memset(f, 0, FRAME_LEN);
	if (dst == 0xff)
		memset(f, 0xff, 6);
	else
		f[0] = 2;
	f[5] = dst;
	f[6] = 2;
	f[11] = src;
	f[12] = 8;
	f[20] = src;
}

static void put(const struct end *from, uint8_t src, uint8_t dst)
{
	uint8_t f[FRAME_LEN];

	make_frame(f, src, dst);
	assert_int_equal(send(from->inner, f, sizeof(f), 0), sizeof(f));
}

static void expect(const struct end *at, uint8_t src, uint8_t dst)
{
	uint8_t want[FRAME_LEN], got[256];

	if (!wait_readable(at->inner, WAIT_MS))
		fail_msg("%02x -> %02x did not arrive", src, dst);
	make_frame(want, src, dst);
	assert_int_equal(recv(at->inner, got, sizeof(got), 0), sizeof(want));
	assert_memory_equal(got, want, sizeof(want));
}

/* 63 */
static void mac__learnt_and_moved__frames_follow(void **state)
{
	struct net *n = *state;

	put(&n->server, TAP_ITSELF, 0x10); /* unknown: not flooded */
	put(&n->client[0], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	put(&n->server, TAP_ITSELF, 0x10);
	expect(&n->client[0], TAP_ITSELF, 0x10);
	put(&n->client[1], 0x10, TAP_ITSELF); /* it moved */
	expect(&n->server, 0x10, TAP_ITSELF);
	put(&n->server, TAP_ITSELF, 0x10);
	expect(&n->client[1], TAP_ITSELF, 0x10);
	dco_peer_del(n->server.dev, 1);
	put(&n->server, TAP_ITSELF, 0x10);
	for (uint32_t i = 0; i < CLIENTS; i++)
		expect_no_packet(&n->client[i]);
}

static void mac__quota_used_up__refused(void **state)
{
	struct net *n = *state;

	for (uint8_t i = 0; i < QUOTA; i++) {
		put(&n->client[0], (uint8_t)(0x20 + i), TAP_ITSELF);
		expect(&n->server, (uint8_t)(0x20 + i), TAP_ITSELF);
	}
	put(&n->client[0], 0x30, TAP_ITSELF);
	expect_no_packet(&n->server);
	put(&n->client[0], 0x20, TAP_ITSELF);
	expect(&n->server, 0x20, TAP_ITSELF);
	put(&n->client[1], 0x20, TAP_ITSELF); /* moves away, so there is room for one */
	expect(&n->server, 0x20, TAP_ITSELF);
	put(&n->client[0], 0x30, TAP_ITSELF);
	expect(&n->server, 0x30, TAP_ITSELF);
}

static void mac__multicast_or_zero_source__refused(void **state)
{
	struct net *n = *state;
	uint8_t f[FRAME_LEN];

	make_frame(f, 1, TAP_ITSELF);
	f[6] = 3;
	assert_int_equal(send(n->client[0].inner, f, sizeof(f), 0), sizeof(f));
	f[6] = 0;
	f[11] = 0;
	assert_int_equal(send(n->client[0].inner, f, sizeof(f), 0), sizeof(f));
	assert_int_equal(send(n->client[0].inner, f, 13, 0), 13);
	expect_no_packet(&n->server);
}

static void expect_mac(const struct net *n, uint32_t peer, uint8_t last)
{
	struct end *at = (struct end *)(uintptr_t)&n->server;

	expect_event(at, DCO_EVENT_MAC);
	assert_int_equal(at->ev.peer_id, peer);
	assert_int_equal(at->ev.mac[0], 2);
	assert_int_equal(at->ev.mac[5], last);
}

static void mac_text(uint8_t mac[DCO_MAC_LEN], uint8_t last)
{
	memset(mac, 0, DCO_MAC_LEN);
	mac[0] = 2;
	mac[5] = last;
}

static void mac__new_or_moved__told_once(void **state)
{
	struct net *n = *state;
	uint64_t idle = 0;
	uint8_t mac[DCO_MAC_LEN];

	put(&n->client[0], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	put(&n->client[0], 0x11, TAP_ITSELF);
	expect(&n->server, 0x11, TAP_ITSELF);
	put(&n->client[0], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	expect_event(&n->server, DCO_EVENT_MAC);
	expect_event(&n->server, DCO_EVENT_MAC);
	expect_no_event(&n->server);
	put(&n->client[1], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	expect_mac(n, 1, 0x10);
	expect_no_event(&n->server);
	/* how long it was silent, and forgotten */
	mac_text(mac, 0x10);
	atomic_fetch_add(&test_now_ms, 7000);
	assert_int_equal(dco_mac_idle(n->server.dev, 1, mac, &idle), 0);
	assert_int_equal(idle, 7000);
	assert_int_equal(dco_mac_idle(n->server.dev, 0, mac, &idle), ERR_NOT_FOUND);
	dco_mac_decide(n->server.dev, 1, mac, false);
	put(&n->server, TAP_ITSELF, 0x10);
	expect_no_packet(&n->client[1]);
	put(&n->client[1], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	expect_mac(n, 1, 0x10);
}

static void mac__asked__nothing_passes_before_the_answer(void **state)
{
	struct net *n = *state;
	uint8_t mac[DCO_MAC_LEN];

	mac_text(mac, 0x10);
	put(&n->client[0], 0x10, TAP_ITSELF);
	expect_mac(n, 0, 0x10);
	put(&n->client[0], 0x10, TAP_ITSELF);
	put(&n->server, TAP_ITSELF, 0x10);
	expect_no_packet(&n->server);
	expect_no_packet(&n->client[0]);
	expect_no_event(&n->server);
	dco_mac_decide(n->server.dev, 0, mac, true);
	put(&n->client[0], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	/* another one claims it: it stays where it is until that is decided */
	put(&n->client[1], 0x10, TAP_ITSELF);
	expect_mac(n, 1, 0x10);
	put(&n->server, TAP_ITSELF, 0x10);
	expect(&n->client[0], TAP_ITSELF, 0x10);
	dco_mac_decide(n->server.dev, 1, mac, false);
	put(&n->client[0], 0x10, TAP_ITSELF);
	expect(&n->server, 0x10, TAP_ITSELF);
	put(&n->client[1], 0x10, TAP_ITSELF);
	expect_mac(n, 1, 0x10);
	dco_mac_decide(n->server.dev, 1, mac, true);
	put(&n->server, TAP_ITSELF, 0x10);
	expect(&n->client[1], TAP_ITSELF, 0x10);
	expect_no_packet(&n->client[0]);
	/* a claim goes with its peer */
	put(&n->client[2], 0x10, TAP_ITSELF);
	expect_mac(n, 2, 0x10);
	dco_peer_del(n->server.dev, 2);
	dco_mac_decide(n->server.dev, 2, mac, true);
	put(&n->server, TAP_ITSELF, 0x10);
	expect(&n->client[1], TAP_ITSELF, 0x10);
}

static void broadcast__from_the_device__copy_to_everyone(void **state)
{
	struct net *n = *state;

	put(&n->server, TAP_ITSELF, 0xff);
	for (uint32_t i = 0; i < CLIENTS; i++)
		expect(&n->client[i], TAP_ITSELF, 0xff);
}

static void between_clients__off__through_the_device(void **state)
{
	struct net *n = *state;

	put(&n->client[1], 0x11, 0xff);
	expect(&n->server, 0x11, 0xff);
	put(&n->client[0], 0x10, 0x11);
	expect(&n->server, 0x10, 0x11);
	expect_no_packet(&n->client[1]);
}

static void between_clients__on__known_there_unknown_to_the_device(void **state)
{
	struct net *n = *state;

	put(&n->client[1], 0x11, 0xff);
	expect(&n->server, 0x11, 0xff);
	expect(&n->client[0], 0x11, 0xff);
	expect(&n->client[2], 0x11, 0xff);
	put(&n->client[0], 0x10, 0x11);
	expect(&n->client[1], 0x10, 0x11);
	put(&n->client[0], 0x10, 0x77);
	expect(&n->server, 0x10, 0x77);
	expect_no_packet(&n->client[2]);
	expect_no_packet(&n->server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define OFF(f) cmocka_unit_test_setup_teardown(f, setup, tear)
#define ON(f)  cmocka_unit_test_setup_teardown(f, setup_c2c, tear)
		OFF(mac__learnt_and_moved__frames_follow),
		OFF(mac__quota_used_up__refused),
		OFF(mac__multicast_or_zero_source__refused),
		OFF(mac__new_or_moved__told_once),
		cmocka_unit_test_setup_teardown(mac__asked__nothing_passes_before_the_answer,
						setup_ask, tear),
		OFF(broadcast__from_the_device__copy_to_everyone),
		OFF(between_clients__off__through_the_device),
		ON(between_clients__on__known_there_unknown_to_the_device),
	};

	return cmocka_run_group_tests(tests, harness_start, NULL);
}
