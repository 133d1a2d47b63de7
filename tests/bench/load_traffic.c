/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets with data from all clients of load_client. */
#include "config.h"

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
#include "raw_burst.h"

enum {
	PORT_DISCARD = 9,
	TUNNEL_SERVER = 0x0a080001, /* 10.8.0.1 */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* From the client's address in the tunnel to the server's. */
static void make_packet(const struct load_client *c, uint8_t *packet, uint16_t len)
{
	const struct sockaddr_in from = {.sin_port = htons(1024), .sin_addr.s_addr = c->address};
	const struct sockaddr_in to = {.sin_port = htons(PORT_DISCARD),
				       .sin_addr.s_addr = htonl(TUNNEL_SERVER)};

	memset(packet, 0, len);
	udp4_headers(packet, len, &from, &to);
}

static bool seal(struct load *l)
{
	struct traffic *t = &l->traffic;
	const struct load_client *c = t->order[t->next];
	struct wr w = wr_init(raw_burst_payload(&t->burst), BURST_BYTES - UDP4_HEADERS);
	uint8_t packet[PACKET_MAX];

	t->next = (t->next + 1) % t->count;
	if (c->state != LOAD_UP || c->send_key < 0 || !c->keys[c->send_key])
		return false;
	make_packet(c, packet, (uint16_t)t->len);
	if (data_key_seal(c->keys[c->send_key], packet, t->len, &w) < 0)
		return false;
	raw_burst_add(&t->burst, w.len, &c->local, &l->opt.server.in4);
	return true;
}

static void shuffle(struct load *l)
{
	struct traffic *t = &l->traffic;

	for (unsigned int i = 0; i < l->started; i++) {
		socklen_t len = sizeof(l->clients[i].local);

		if (getsockname(l->clients[i].fd, (struct sockaddr *)&l->clients[i].local, &len) <
		    0)
			perror("load_client: getsockname");
		t->order[i] = &l->clients[i];
	}
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
	    !l->started || t->len < UDP4_HEADERS || t->len > 1500) {
		fprintf(stderr, "load_client: not understood: %s\n", line);
		return true;
	}
	if (l->opt.server.sa.sa_family != AF_INET || (!t->burst.fd && raw_burst_open(&t->burst))) {
		fprintf(stderr,
			"load_client: --traffic needs CAP_NET_RAW and a server with IPv4\n");
		return false;
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
	struct traffic *t = &l->traffic;

	for (; t->left && t->burst.count < BURST_PACKETS; t->left--)
		if (seal(l))
			l->data_out++;
	t->sent += raw_burst_send(&t->burst);
}

void traffic_run(struct load *l)
{
	struct traffic *t = &l->traffic;
	uint64_t now = now_ns();

	if (!t->left || now < t->next_ns)
		return;
	/* What was missed is not made up for: two bursts at once would not fit a socket's buffer.
	 */
	t->next_ns = now + BURST_PACKETS * 1000000000ull / t->rate;
	burst(l);
	if (t->left)
		return;
	printf("sent %llu\n", (unsigned long long)t->sent);
	fflush(stdout);
}
