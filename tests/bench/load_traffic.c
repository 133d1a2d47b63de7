/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets with data from all clients of load_client. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "data/key.h"
#include "load_client.h"

enum {
	BURST = 32, /* sealed first and then sent at once, so that the server sees a batch */
	IP_LEN = 20,
	UDP_LEN = 8,
	PORT_DISCARD = 9,
	TUNNEL_SERVER = 0x0a080001, /* 10.8.0.1 */
};

struct sealed {
	const struct load_client *from;
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < IP_LEN; i += 2)
		sum += load_be16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* A UDP datagram without a checksum, from the client's address in the tunnel to the server's. */
static void make_packet(const struct load_client *c, uint8_t *packet, uint16_t len)
{
	struct wr w = wr_init(packet, len);

	wr_u16(&w, 0x4500);
	wr_u16(&w, len);
	wr_u32(&w, 0);
	wr_u32(&w, 0x40110000); /* 64 hops, UDP */
	wr_u32(&w, ntohl(c->address));
	wr_u32(&w, TUNNEL_SERVER);
	wr_u16(&w, 1024);
	wr_u16(&w, PORT_DISCARD);
	wr_u16(&w, (uint16_t)(len - IP_LEN));
	wr_u16(&w, 0);
	memset(wr_reserve(&w, wr_left(&w)), 0, (size_t)len - IP_LEN - UDP_LEN);
	store_be16(packet + 10, ip_checksum(packet));
}

static bool seal(struct load *l, struct sealed *out)
{
	struct traffic *t = &l->traffic;
	const struct load_client *c = t->order[t->next];
	struct wr w = wr_init(out->bytes, sizeof(out->bytes));
	uint8_t packet[PACKET_MAX];

	t->next = (t->next + 1) % t->count;
	if (c->state != LOAD_UP || c->send_key < 0 || !c->keys[c->send_key])
		return false;
	make_packet(c, packet, (uint16_t)t->len);
	if (data_key_seal(c->keys[c->send_key], packet, t->len, &w) < 0)
		return false;
	out->from = c;
	out->len = w.len;
	return true;
}

static void shuffle(struct load *l)
{
	struct traffic *t = &l->traffic;

	for (unsigned int i = 0; i < l->started; i++)
		t->order[i] = &l->clients[i];
	t->count = l->started;
	for (unsigned int i = t->count; i > 1; i--) {
		unsigned int j = rng_below(&l->rng, i);
		struct load_client *c = t->order[i - 1];

		t->order[i - 1] = t->order[j];
		t->order[j] = c;
	}
}

bool traffic_command(struct load *l)
{
	struct traffic *t = &l->traffic;
	unsigned long long count;
	char line[128];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[n] = 0;
	if (sscanf(line, "send %llu %u %u", &count, &t->rate, &t->len) != 3 || !count || !t->rate ||
	    !l->started || t->len < IP_LEN + UDP_LEN || t->len > 1500) {
		fprintf(stderr, "load_client: not understood: %s\n", line);
		return true;
	}
	if (!t->order)
		t->order = calloc(l->opt.clients, sizeof(struct load_client *));
	if (!t->order)
		return false;
	shuffle(l);
	t->left = count;
	t->sent = 0;
	t->next_ns = 0;
	return true;
}

static void burst(struct load *l)
{
	static struct sealed packets[BURST];
	struct traffic *t = &l->traffic;
	size_t n = 0;

	for (int i = 0; t->left && i < BURST; i++, t->left--)
		if (seal(l, &packets[n]))
			n++;
	for (size_t i = 0; i < n; i++)
		if (send(packets[i].from->fd, packets[i].bytes, packets[i].len, MSG_DONTWAIT) > 0)
			t->sent++;
	l->data_out += n;
}

void traffic_run(struct load *l)
{
	struct traffic *t = &l->traffic;
	uint64_t now = now_ns();

	if (!t->left || now < t->next_ns)
		return;
	/* What was missed is not made up for: two bursts at once would not fit a socket's buffer.
	 */
	t->next_ns = now + BURST * 1000000000ull / t->rate;
	burst(l);
	if (t->left)
		return;
	printf("sent %llu\n", (unsigned long long)t->sent);
	fflush(stdout);
}
