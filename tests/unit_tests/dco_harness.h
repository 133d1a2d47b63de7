/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that talk over loopback sockets, for tests of the data-plane interface:
 *
 *   inner socket -- device A == UDP or TCP == device B -- inner socket
 *
 * The environment variable DCO_BACKEND names the backend under test; without it that is the
 * engine. The engine gets socket pairs instead of tun devices, so no privilege is needed, and its
 * clock stands still unless the test moves it. A kernel driver makes real interfaces, in a network
 * namespace of the program's own (root is needed), and time has to pass. DCO_TESTS is a pattern
 * of the tests to run.
 */
#pragma once

#include "test.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "dco.h"
#include "data/key.h"

enum {
	WAIT_MS = 5000,
	QUIET_MS = 50, /* how long nothing must come to count as nothing */
	PACKET_MAX = 2048,
};

/* How A calls its peer, which is B, and the reverse; the same where the backend wants that. */
extern uint32_t peer_a, peer_b;

/* One device with one socket. */
struct end {
	struct dco_device *dev;
	int inner;	/* the other side of the device; use inner_put() and inner_take() */
	int raw4, raw6; /* kernel with several peers: sends through the routes of the system */
	int ifindex;	/* kernel: of the device, else 0 */
	int fd;
	int transport;
	union sock_addr addr;
	struct dco_event ev;
	uint8_t packet[PACKET_MAX]; /* of ev */
};

struct pair {
	struct end a, b;
};

/* Where the lines of all devices and peers go; NULL: nowhere. Set it before they are made. */
extern struct log_sink *test_sink;
/* The clock of all engines, and the limits of their keys. */
extern _Atomic uint64_t test_now_ms;
extern struct data_limits test_limits;
/* Devices are opened with a virtio header in front of each packet. */
extern bool test_offload;

/**
 * harness_start() - group setup: choose the backend and see whether it works on this machine
 *
 * Return: 0, or -1 with a message printed.
 */
int harness_start(void **state);
bool is_engine(void);
/* Whether the backend has all of FEAT_*. */
bool offers(uint64_t features);
/* Skip the test, with the reason, unless the backend has the features. */
#define NEEDS(features)              \
	do {                         \
		if (!need(features)) \
			skip();      \
	} while (0)
bool need(uint64_t features);

struct dco_device_config default_config(void);
void end_open(struct end *end, const struct dco_device_config *cfg);
void end_close(struct end *end);
int udp_socket(union sock_addr *addr);
void attach(struct end *end, enum dco_transport_proto proto);
void connect_udp(struct end *a, struct end *b);
/* A connection between the two; @buffer limits what fits in, 0 for the system's own value. */
void tcp_sockets(struct end *a, struct end *b, int buffer);
void connect_tcp(struct end *a, struct end *b);
void add_peer(struct end *end, uint32_t id, uint32_t tx_id, const struct end *other);
struct dco_key make_key(uint8_t key_id, uint8_t seed, bool at_a);
void install_as(struct end *end, uint32_t peer, enum dco_key_slot slot, struct dco_key key);
void install(struct end *a, struct end *b, enum dco_key_slot slot, uint8_t key_id);
void make_packet(uint8_t *p, size_t len, uint32_t number);
bool wait_readable(int fd, int ms);
/* One packet into the device or out of it; what comes out is at most @cap bytes. */
void inner_put(const struct end *end, const void *packet, size_t len);
size_t inner_take(const struct end *end, void *packet, size_t cap);
void put_packet(const struct end *end, size_t len, uint32_t number);
void expect_packet(const struct end *end, size_t len, uint32_t number);
void expect_no_packet(const struct end *end);
void pass(const struct end *from, const struct end *to, size_t len, uint32_t number);
bool poll_event(struct end *end, int ms);
void expect_event(struct end *end, enum dco_event_type type);
void expect_no_event_now(struct end *end);
void expect_no_event(struct end *end);
/* Wait until a counter of struct dco_peer_stats has the value; the worker may be slow. */
#define expect_counter(end, peer, field, want) \
	expect_counter_at(end, peer, offsetof(struct dco_peer_stats, field), want)
void expect_counter_at(struct end *end, uint32_t peer, size_t offset, uint64_t want);
/* Wait until it is larger than @than. */
#define expect_counter_above(end, peer, field, than) \
	expect_counter_above_at(end, peer, offsetof(struct dco_peer_stats, field), than)
void expect_counter_above_at(struct end *end, uint32_t peer, size_t offset, uint64_t than);
void setup_pair(struct pair *p, enum dco_transport_proto proto);
int setup_udp(void **state);
int setup_tcp(void **state);
int teardown(void **state);
/* Entries of a table of tests; over TCP the name says so. */
#define OVER_UDP(f) cmocka_unit_test_setup_teardown(f, setup_udp, teardown)
#define OVER_TCP(f) cmocka_unit_test_setup_teardown(f, setup_tcp, teardown)
#define OVER_BOTH(f)                                    \
	OVER_UDP(f),                                    \
	{                                               \
		"tcp/" #f, f, setup_tcp, teardown, NULL \
	}
void advance_ms(const struct end *end, uint64_t ms);

/* ---- dco_harness_kernel.c ---- */

/* An own network namespace, in which nothing but the test speaks. */
void kernel_namespace(void);
/* Set the interface of a new device up and open its sockets. */
void kernel_end_open(struct end *end, const struct dco_device_config *cfg);
/* Wait until the interface takes packets. */
void kernel_end_ready(const struct end *end);
void kernel_inner_put(const struct end *end, const void *packet, size_t len);
