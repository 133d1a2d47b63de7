/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets for all clients of a server, in bursts of BURST_PACKETS and in an order without a
 * pattern.
 *
 * usage: burst_source CLIENTS PACKETS RATE LENGTH
 * The clients have the addresses from 10.8.0.2 on. Ends when PACKETS, RATE a second, were sent.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "raw_burst.h"

enum {
	SERVER = 0x0a080001, /* 10.8.0.1 */
	PORT_DISCARD = 9,
	NS = 1000000000,
};

static uint32_t *shuffled(uint32_t count)
{
	uint32_t *order = calloc(count, sizeof(*order));

	srandom(1);
	for (uint32_t i = 0; order && i < count; i++) {
		uint32_t j = (uint32_t)random() % (i + 1);

		order[i] = order[j];
		order[j] = SERVER + 1 + i;
	}
	return order;
}

static void sleep_until(struct timespec *at, unsigned long ns_more)
{
	at->tv_nsec += (long)ns_more;
	at->tv_sec += at->tv_nsec / NS;
	at->tv_nsec %= NS;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
}

int main(int argc, char **argv)
{
	static struct raw_burst b;
	const struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_port = htons(1024), .sin_addr.s_addr = htonl(SERVER)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT_DISCARD)};
	unsigned long n[4] = {0}, left, next = 0;
	struct timespec at;
	uint32_t *order;

	for (int i = 1; i < argc && i < 5; i++)
		n[i - 1] = strtoul(argv[i], NULL, 10);
	left = n[1];
	if (argc != 5 || !n[0] || n[0] > 60000 || !n[2] || n[3] < UDP4_HEADERS || n[3] > 1500) {
		fprintf(stderr, "usage: burst_source CLIENTS PACKETS RATE LENGTH\n");
		return 2;
	}
	order = shuffled((uint32_t)n[0]);
	if (!order || raw_burst_open(&b)) {
		perror("burst_source");
		free(order);
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &at);
	while (left) {
		for (; left && b.count < BURST_PACKETS; left--) {
			to.sin_addr.s_addr = htonl(order[next++ % n[0]]);
			memset(raw_burst_payload(&b), 0, n[3] - UDP4_HEADERS);
			raw_burst_add(&b, n[3] - UDP4_HEADERS, &from, &to);
		}
		(void)raw_burst_send(&b);
		sleep_until(&at, BURST_PACKETS * (unsigned long)NS / n[2]);
	}
	free(order);
	return 0;
}
