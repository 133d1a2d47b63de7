/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UDP datagrams of many senders, handed to the kernel in one call.
 *
 * Who works on packets finds as many of them as came meanwhile. With a call for each, and the
 * memory of a socket for each, they come more slowly from thousands of senders than from ten, and
 * cost the receiver more wake-ups: a difference which a measurement of the receiver must not see.
 */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/socket.h>

enum {
	BURST_PACKETS = 32,
	BURST_BYTES = 2048,
	UDP4_HEADERS = 20 + 8,
};

struct raw_burst {
	int fd;
	unsigned int count;
	struct mmsghdr messages[BURST_PACKETS];
	struct iovec parts[BURST_PACKETS];
	struct sockaddr_in to[BURST_PACKETS];
	uint8_t bytes[BURST_PACKETS][BURST_BYTES];
};

/** udp4_headers() - at the start of @packet, @len bytes in all; without a checksum of UDP */
void udp4_headers(uint8_t *packet, uint16_t len, const struct sockaddr_in *from,
		  const struct sockaddr_in *to);

/** raw_burst_open() - needs CAP_NET_RAW. Return: 0, or -1 with errno. */
int raw_burst_open(struct raw_burst *b);

/** raw_burst_payload() - where the next datagram's bytes go, BURST_BYTES - UDP4_HEADERS of them */
uint8_t *raw_burst_payload(struct raw_burst *b);

/** raw_burst_add() - the datagram with @len bytes of payload is complete; at most BURST_PACKETS */
void raw_burst_add(struct raw_burst *b, size_t len, const struct sockaddr_in *from,
		   const struct sockaddr_in *to);

/** raw_burst_send() - send what was added. Return: datagrams that the kernel took. */
unsigned int raw_burst_send(struct raw_burst *b);
