/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device with several peers: routing between them, source check, float. Spec 02 sections 13, 14.
 * Runs on every backend, see dco_harness.h.
 *
 *   client 0 (10.8.0.10, fd00:8::10) --+
 *   client 1 (10.8.0.11, fd00:8::11) --+-- server
 *   client 2 (10.8.0.12, fd00:8::12) --+
 */
#include "config.h"

#include "dco_harness.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "config/features.h"

enum {
	CLIENTS = 3
};

struct net {
	struct end server;
	struct end client[CLIENTS];
};

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(text, &a), 0);
	return a;
}

static struct ip_net net_of(const char *text, uint8_t bits)
{
	return (struct ip_net){.addr = ip(text), .bits = bits};
}

static const char *const client_ip4[CLIENTS] = {"10.8.0.10", "10.8.0.11", "10.8.0.12"};
static const char *const client_ip6[CLIENTS] = {"fd00:8::10", "fd00:8::11", "fd00:8::12"};

/* How client @i calls the server. */
static uint32_t server_of(uint32_t i)
{
	return offers(FEAT_ASYM_PEER_ID) ? peer_a : i;
}

static void server_add(struct net *n, uint32_t i)
{
	struct dco_peer_config cfg = {
		.peer_id = i,
		.tx_peer_id = server_of(i),
		.transport = n->server.transport,
		.remote = n->client[i].addr,
		.vpn_ip4 = ip(client_ip4[i]),
		.vpn_ip6 = ip(client_ip6[i]),
		.name = client_ip4[i],
		.log = log_init(test_sink, ""),
	};
	struct err err;

	assert_int_equal(dco_peer_add(n->server.dev, &cfg, &err), 0);
}

static void client_key(struct net *n, uint32_t i, enum dco_data_format format)
{
	struct dco_key at_client = make_key(0, (uint8_t)(i + 1), true);
	struct dco_key at_server = make_key(0, (uint8_t)(i + 1), false);

	at_client.format = format;
	at_server.format = format;
	install_as(&n->client[i], server_of(i), DCO_SLOT_PRIMARY, at_client);
	install_as(&n->server, i, DCO_SLOT_PRIMARY, at_server);
}

static void setup_net(struct net *n, bool client_to_client)
{
	struct dco_device_config many = default_config(), one = default_config();

	many.mode = DCO_MODE_MULTI_PEER;
	many.client_to_client = client_to_client;
	atomic_store(&test_now_ms, 100000);
	end_open(&n->server, &many);
	n->server.fd = udp_socket(&n->server.addr);
	attach(&n->server, DCO_UDP);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		end_open(&n->client[i], &one);
		n->client[i].fd = udp_socket(&n->client[i].addr);
		attach(&n->client[i], DCO_UDP);
		add_peer(&n->client[i], server_of(i), i, &n->server);
		server_add(n, i);
		client_key(n, i, DCO_FORMAT_V2);
	}
}

static int setup(void **state)
{
	static struct net n;

	setup_net(&n, false);
	*state = &n;
	return 0;
}

static int setup_c2c(void **state)
{
	static struct net n;

	setup_net(&n, true);
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

static uint16_t header_checksum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += load_be16(p + i);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* An inner packet of either family without content, as the system itself would make it; the
 * length is fixed. */
static size_t inner(uint8_t *p, const char *src, const char *dst)
{
	struct ip_addr s = ip(src), d = ip(dst);

	memset(p, 0, 100);
	if (s.family == AF_INET) {
		p[0] = 0x45;
		store_be16(p + 2, 100);
		store_be16(p + 4, 1);
		p[8] = 64;
		p[9] = 59;
		memcpy(p + 12, &s.u, 4);
		memcpy(p + 16, &d.u, 4);
		store_be16(p + 10, header_checksum(p));
	} else {
		p[0] = 0x60;
		store_be16(p + 4, 60);
		p[6] = 59;
		p[7] = 64;
		memcpy(p + 8, &s.u, 16);
		memcpy(p + 24, &d.u, 16);
	}
	return 100;
}

static void put(const struct end *from, const char *src, const char *dst)
{
	uint8_t p[128];
	size_t len = inner(p, src, dst);

	inner_put(from, p, len);
}

static void expect(const struct end *at, const char *src, const char *dst)
{
	uint8_t want[128], got[256];
	size_t len = inner(want, src, dst);

	if (!wait_readable(at->inner, WAIT_MS))
		fail_msg("%s -> %s did not arrive", src, dst);
	assert_int_equal(inner_take(at, got, sizeof(got)), len);
	assert_memory_equal(got, want, len);
}

static void server_tun__unicast__to_the_owner_only(void **state)
{
	struct net *n = *state;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		put(&n->server, "10.8.0.1", client_ip4[i]);
		expect(&n->client[i], "10.8.0.1", client_ip4[i]);
		put(&n->server, "fd00:8::1", client_ip6[i]);
		expect(&n->client[i], "fd00:8::1", client_ip6[i]);
	}
	put(&n->server, "10.8.0.1", "10.8.0.99");
	put(&n->server, "10.8.0.1", "255.255.255.255");
	for (uint32_t i = 0; i < CLIENTS; i++)
		expect_no_packet(&n->client[i]);
}

static void server_tun__multicast__copy_to_everyone(void **state)
{
	struct net *n = *state;

	NEEDS(FEAT_MULTICAST);
	put(&n->server, "10.8.0.1", "224.0.0.5");
	put(&n->server, "fd00:8::1", "ff02::1");
	for (uint32_t i = 0; i < CLIENTS; i++) {
		expect(&n->client[i], "10.8.0.1", "224.0.0.5");
		expect(&n->client[i], "fd00:8::1", "ff02::1");
	}
}

/* 60 */
static void client__source_of_another__dropped(void **state)
{
	static const char *const bad[][2] = {
		{"10.8.0.11", "10.8.0.1"},   {"10.8.0.1", "10.8.0.1"}, {"192.0.2.5", "10.8.0.1"},
		{"fd00:8::11", "fd00:8::1"}, {"fe80::1", "ff02::2"},
	};
	struct net *n = *state;
	struct ip_net behind = net_of("192.0.2.0", 24);
	struct dco_peer_stats stats;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		put(&n->client[0], bad[i][0], bad[i][1]);
	if (offers(FEAT_DROP_COUNTER))
		expect_counter(&n->server, 0, dropped, ARRAY_SIZE(bad));
	expect_no_packet(&n->server);
	assert_int_equal(dco_peer_stats(n->server.dev, 0, &stats), 0);
	if (offers(FEAT_EXACT_COUNTERS))
		assert_int_equal(stats.vpn_rx_packets, 0);
	assert_int_equal(dco_route_add(n->server.dev, 0, &behind), 0);
	put(&n->client[0], "192.0.2.5", "10.8.0.1");
	expect(&n->server, "192.0.2.5", "10.8.0.1");
	put(&n->client[0], "10.8.0.10", "10.8.0.1");
	expect(&n->server, "10.8.0.10", "10.8.0.1");
}

/* 61 */
static void routes__overlapping__longest_wins_and_changes_count_at_once(void **state)
{
	struct net *n = *state;
	struct ip_net wide = net_of("192.0.2.0", 24), half = net_of("192.0.2.128", 25);
	struct ip_net v6 = net_of("2001:db8::", 32), v6_long = net_of("2001:db8:1::", 48);

	assert_int_equal(dco_route_add(n->server.dev, 0, &wide), 0);
	assert_int_equal(dco_route_add(n->server.dev, 1, &half), 0);
	assert_int_equal(dco_route_add(n->server.dev, 0, &v6), 0);
	assert_int_equal(dco_route_add(n->server.dev, 1, &v6_long), 0);
	put(&n->server, "10.8.0.1", "192.0.2.127");
	expect(&n->client[0], "10.8.0.1", "192.0.2.127");
	put(&n->server, "10.8.0.1", "192.0.2.129");
	expect(&n->client[1], "10.8.0.1", "192.0.2.129");
	put(&n->server, "fd00:8::1", "2001:db8:2::1");
	expect(&n->client[0], "fd00:8::1", "2001:db8:2::1");
	put(&n->server, "fd00:8::1", "2001:db8:1::1");
	expect(&n->client[1], "fd00:8::1", "2001:db8:1::1");
	dco_route_del(n->server.dev, 1, &half);
	put(&n->server, "10.8.0.1", "192.0.2.129");
	expect(&n->client[0], "10.8.0.1", "192.0.2.129");
	/* a later entry takes over; the routes of a peer go with it */
	assert_int_equal(dco_route_add(n->server.dev, 2, &wide), 0);
	put(&n->server, "10.8.0.1", "192.0.2.129");
	expect(&n->client[2], "10.8.0.1", "192.0.2.129");
	dco_peer_del(n->server.dev, 2);
	put(&n->server, "10.8.0.1", "192.0.2.129");
	expect_no_packet(&n->client[2]);
}

static void addresses__changed__old_one_is_free(void **state)
{
	struct net *n = *state;
	struct ip_addr ip4 = ip("10.8.0.77"), none = {0};

	NEEDS(FEAT_SET_PEER);
	assert_int_equal(dco_peer_set_vpn_ip(n->server.dev, 0, &ip4, &none), 0);
	put(&n->server, "10.8.0.1", "10.8.0.77");
	expect(&n->client[0], "10.8.0.1", "10.8.0.77");
	put(&n->server, "10.8.0.1", "10.8.0.10");
	put(&n->server, "fd00:8::1", "fd00:8::10");
	expect_no_packet(&n->client[0]);
}

/* 62 */
static void between_clients__off__through_the_device(void **state)
{
	struct net *n = *state;

	put(&n->client[0], "10.8.0.10", "10.8.0.11");
	expect(&n->server, "10.8.0.10", "10.8.0.11");
	put(&n->client[0], "10.8.0.10", "224.0.0.5");
	expect(&n->server, "10.8.0.10", "224.0.0.5");
	expect_no_packet(&n->client[1]);
}

static void between_clients__on__not_through_the_device(void **state)
{
	struct net *n = *state;

	NEEDS(FEAT_CLIENT_TO_CLIENT);
	put(&n->client[0], "10.8.0.10", "10.8.0.11");
	expect(&n->client[1], "10.8.0.10", "10.8.0.11");
	put(&n->client[1], "fd00:8::11", "fd00:8::12");
	expect(&n->client[2], "fd00:8::11", "fd00:8::12");
	put(&n->client[0], "10.8.0.10", "10.8.0.1");
	expect(&n->server, "10.8.0.10", "10.8.0.1");
	put(&n->client[0], "10.8.0.10", "255.255.255.255");
	expect(&n->server, "10.8.0.10", "255.255.255.255");
	put(&n->client[0], "10.8.0.10", "224.0.0.5");
	expect(&n->server, "10.8.0.10", "224.0.0.5");
	expect(&n->client[1], "10.8.0.10", "224.0.0.5");
	expect(&n->client[2], "10.8.0.10", "224.0.0.5");
	expect_no_packet(&n->client[0]);
	expect_no_packet(&n->server);
}

/* 65 */
static void put_cut(struct net *n, const char *src, const char *dst, uint8_t first, size_t len)
{
	uint8_t p[100];

	(void)inner(p, src, dst);
	p[0] = first;
	inner_put(&n->client[0], p, len);
	expect_no_packet(&n->server);
}

static void client__malformed_inner_packets__dropped(void **state)
{
	put_cut(*state, "10.8.0.10", "10.8.0.1", 0x45, 1);
	put_cut(*state, "10.8.0.10", "10.8.0.1", 0x45, 19);
	put_cut(*state, "10.8.0.10", "10.8.0.1", 0x55, 100);
	put_cut(*state, "10.8.0.10", "10.8.0.1", 0xf5, 100);
}

static void client__ipv6_header_cut__dropped(void **state)
{
	NEEDS(FEAT_INNER_CHECK);
	put_cut(*state, "fd00:8::10", "fd00:8::1", 0x60, 39);
}

/* The next datagram that client @i sends is kept instead of reaching the server. */
static size_t capture(struct net *n, uint32_t i, uint8_t *raw, size_t cap)
{
	union sock_addr here;
	int fd = udp_socket(&here);
	ssize_t len;

	assert_int_equal(dco_peer_set_remote(n->client[i].dev, server_of(i), &here, NULL), 0);
	put(&n->client[i], client_ip4[i], "10.8.0.1");
	assert_true(wait_readable(fd, WAIT_MS));
	len = recv(fd, raw, cap, 0);
	assert_true(len > 0);
	assert_int_equal(dco_peer_set_remote(n->client[i].dev, server_of(i), &n->server.addr, NULL),
			 0);
	close(fd);
	return (size_t)len;
}

static void inject(const struct net *n, int fd, const uint8_t *raw, size_t len)
{
	assert_int_equal(sendto(fd, raw, len, 0, &n->server.addr.sa, sizeof(n->server.addr.in4)),
			 (ssize_t)len);
}

/* 68 */
static void float__authentic_packet_from_a_new_port__peer_moves(void **state)
{
	struct net *n = *state;
	uint8_t raw[PACKET_MAX];
	size_t len;
	union sock_addr moved;
	int fd;

	NEEDS(FEAT_SET_PEER);
	len = capture(n, 0, raw, sizeof(raw));
	fd = udp_socket(&moved);
	inject(n, fd, raw, len);
	expect(&n->server, "10.8.0.10", "10.8.0.1");
	expect_event(&n->server, DCO_EVENT_PEER_FLOATED);
	assert_int_equal(n->server.ev.peer_id, 0);
	assert_true(sock_addr_equal(&n->server.ev.remote, &moved));
	put(&n->server, "10.8.0.1", "10.8.0.10");
	assert_true(wait_readable(fd, WAIT_MS));
	expect_no_packet(&n->client[0]);
	/* back again */
	put(&n->client[0], "10.8.0.10", "10.8.0.1");
	expect_event(&n->server, DCO_EVENT_PEER_FLOATED);
	close(fd);
}

/* The server knows an address and perhaps an interface of its own for each client. */
static void float_to(struct net *n, int bound_to, int expected)
{
	struct local_addr local = {.ifindex = bound_to};
	uint8_t raw[PACKET_MAX];
	union sock_addr moved;
	size_t len;
	int fd;

	local.addr.in4 =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000009)};
	assert_int_equal(dco_peer_set_remote(n->server.dev, 0, &n->client[0].addr, &local), 0);
	len = capture(n, 0, raw, sizeof(raw));
	fd = udp_socket(&moved);
	inject(n, fd, raw, len);
	expect(&n->server, "10.8.0.10", "10.8.0.1");
	expect_event(&n->server, DCO_EVENT_PEER_FLOATED);
	assert_int_equal(n->server.ev.local.addr.in4.sin_addr.s_addr,
			 n->server.addr.in4.sin_addr.s_addr);
	assert_int_equal(n->server.ev.local.ifindex, expected);
	close(fd);
}

static void float__several_local_addresses__new_one_and_interface_told(void **state)
{
	struct net *n = *state;
	const int lo = (int)if_nametoindex("lo");
	int on = 1;

	NEEDS(FEAT_SET_PEER | FEAT_SAME_INTERFACE);
	assert_int_equal(setsockopt(n->server.fd, SOL_IP, IP_PKTINFO, &on, sizeof(on)), 0);
	float_to(n, 0, 0);
	float_to(n, INT32_MAX, lo);
}

/* 69 */
static void float__forged_or_replayed__stays(void **state)
{
	struct net *n = *state;
	uint8_t raw[PACKET_MAX];
	size_t len;
	union sock_addr moved;
	int fd;

	NEEDS(FEAT_SET_PEER);
	len = capture(n, 0, raw, sizeof(raw));
	fd = udp_socket(&moved);
	raw[len - 1] ^= 1;
	inject(n, fd, raw, len);
	expect_no_packet(&n->server);
	raw[len - 1] ^= 1;
	inject(n, n->client[0].fd, raw, len); /* the genuine one, from where it should come */
	expect(&n->server, "10.8.0.10", "10.8.0.1");
	inject(n, fd, raw, len); /* replayed from elsewhere */
	expect_no_packet(&n->server);
	expect_no_event(&n->server);
	put(&n->server, "10.8.0.1", "10.8.0.10");
	expect(&n->client[0], "10.8.0.1", "10.8.0.10");
	close(fd);
}

/* 70 */
static void float__address_of_another_peer__refused_until_that_is_gone(void **state)
{
	struct net *n = *state;
	uint8_t raw[PACKET_MAX];
	size_t len;

	NEEDS(FEAT_SET_PEER | FEAT_FLOAT_CHECK);
	len = capture(n, 0, raw, sizeof(raw));
	inject(n, n->client[1].fd, raw, len);
	expect_event(&n->server, DCO_EVENT_FLOAT_COLLISION);
	assert_int_equal(n->server.ev.peer_id, 0);
	assert_true(sock_addr_equal(&n->server.ev.remote, &n->client[1].addr));
	expect_no_packet(&n->server);
	dco_peer_del(n->server.dev, 1);
	len = capture(n, 0, raw, sizeof(raw));
	inject(n, n->client[1].fd, raw, len);
	expect_event(&n->server, DCO_EVENT_PEER_FLOATED);
	expect(&n->server, "10.8.0.10", "10.8.0.1");
}

/* 13 */
static void lookup__other_peer_id__dropped(void **state)
{
	struct net *n = *state;
	uint8_t raw[PACKET_MAX];
	size_t len;

	NEEDS(FEAT_SET_PEER);
	len = capture(n, 0, raw, sizeof(raw));
	raw[3] = 1; /* client 1: wrong key */
	inject(n, n->client[0].fd, raw, len);
	raw[3] = 9; /* nobody; no fall-back to the address */
	inject(n, n->client[0].fd, raw, len);
	expect_no_packet(&n->server);
	raw[3] = 0;
	inject(n, n->client[0].fd, raw, len);
	expect(&n->server, "10.8.0.10", "10.8.0.1");
}

/* 5 */
static void lookup__v1__by_address_and_never_floats(void **state)
{
	struct net *n = *state;
	uint8_t raw[PACKET_MAX];
	union sock_addr moved;
	int fd;
	size_t len;

	NEEDS(FEAT_DATA_V1);
	fd = udp_socket(&moved);
	client_key(n, 0, DCO_FORMAT_V1);
	put(&n->client[0], "10.8.0.10", "10.8.0.1");
	expect(&n->server, "10.8.0.10", "10.8.0.1");
	put(&n->server, "10.8.0.1", "10.8.0.10");
	expect(&n->client[0], "10.8.0.1", "10.8.0.10");
	len = capture(n, 0, raw, sizeof(raw));
	inject(n, fd, raw, len);
	expect_no_packet(&n->server);
	expect_no_event(&n->server);
	close(fd);
}

/* Peers without keys, which never send, at addresses from 10.8.1.0 on. */
static void add_many(const struct net *n, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct dco_peer_config cfg = {
			.peer_id = first + i,
			.tx_peer_id = first + i,
			.transport = n->server.transport,
			.remote = n->client[0].addr,
			.vpn_ip4 = ip("10.8.1.0"),
			.name = "many",
			.log = log_init(test_sink, ""),
		};
		struct err err;

		sock_addr_set_port(&cfg.remote, (uint16_t)(20000 + i));
		store_be32((uint8_t *)&cfg.vpn_ip4.u, 0x0a080100 + i);
		assert_int_equal(dco_peer_add(n->server.dev, &cfg, &err), 0);
	}
}

/* Among so many the engine looks at several packets before it works on the first. */
static void bursts__among_hundreds_of_peers__each_to_its_owner_in_order(void **state)
{
	enum {
		BURSTS = 20,
		BURST = 8
	};
	static const char *const ends[2] = {"10.8.0.1", "fd00:8::1"};
	const char *const *const clients[2] = {client_ip4, client_ip6};
	struct net *n = *state;
	uint8_t cut[BURST + 1] = {0x45};

	add_many(n, 1000, 300);
	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (unsigned int k = 0; k < BURST; k++) {
			for (uint32_t i = 0; i < CLIENTS; i++)
				put(&n->server, ends[k % 2], clients[k % 2][i]);
			put(&n->server, "10.8.0.1", "10.8.1.7"); /* has no key */
			put(&n->server, "10.8.0.1", "10.8.3.1"); /* nobody's */
			inner_put(&n->server, cut, 1 + k);
			put(&n->client[0], clients[k % 2][0], ends[k % 2]);
			put(&n->client[0], clients[k % 2][1], ends[k % 2]); /* of another */
		}
		for (unsigned int k = 0; k < BURST; k++) {
			for (uint32_t i = 0; i < CLIENTS; i++)
				expect(&n->client[i], ends[k % 2], clients[k % 2][i]);
			expect(&n->server, clients[k % 2][0], ends[k % 2]);
		}
	}
	expect_no_packet(&n->server);
}

/* Timers are looked at in portions. */
static void keepalive__hundreds_of_peers__each_gone_exactly_once(void **state)
{
	enum {
		MANY = 300,
		FIRST = 1000,
		DELETED = FIRST + 150
	};
	struct net *n = *state;
	struct dco_peer_params params = {.ping_timeout_sec = 4};
	bool gone[MANY] = {false};

	add_many(n, FIRST, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(dco_peer_set(n->server.dev, FIRST + i, &params), 0);
	dco_peer_del(n->server.dev, DELETED);
	advance_ms(&n->server, 5001);
	for (uint32_t i = 0; i < MANY - 1; i++) {
		expect_event(&n->server, DCO_EVENT_PEER_GONE);
		assert_int_equal(n->server.ev.reason, DCO_GONE_EXPIRED);
		assert_in_range(n->server.ev.peer_id, FIRST, FIRST + MANY - 1);
		assert_false(gone[n->server.ev.peer_id - FIRST]);
		gone[n->server.ev.peer_id - FIRST] = true;
	}
	assert_false(gone[DELETED - FIRST]);
	expect_no_event(&n->server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define OFF(f) cmocka_unit_test_setup_teardown(f, setup, tear)
#define ON(f)  cmocka_unit_test_setup_teardown(f, setup_c2c, tear)
		OFF(server_tun__unicast__to_the_owner_only),
		OFF(server_tun__multicast__copy_to_everyone),
		OFF(client__source_of_another__dropped),
		OFF(routes__overlapping__longest_wins_and_changes_count_at_once),
		OFF(addresses__changed__old_one_is_free),
		OFF(between_clients__off__through_the_device),
		ON(between_clients__on__not_through_the_device),
		OFF(client__malformed_inner_packets__dropped),
		OFF(client__ipv6_header_cut__dropped),
		OFF(float__authentic_packet_from_a_new_port__peer_moves),
		OFF(float__several_local_addresses__new_one_and_interface_told),
		OFF(float__forged_or_replayed__stays),
		OFF(float__address_of_another_peer__refused_until_that_is_gone),
		OFF(lookup__other_peer_id__dropped),
		OFF(lookup__v1__by_address_and_never_floats),
		OFF(bursts__among_hundreds_of_peers__each_to_its_owner_in_order),
		OFF(keepalive__hundreds_of_peers__each_gone_exactly_once),
	};

	cmocka_set_test_filter(getenv("DCO_TESTS"));
	return cmocka_run_group_tests(tests, harness_start, NULL);
}
