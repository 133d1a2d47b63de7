/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading packets from a TCP socket one by one: nothing behind a packet is taken from the socket.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "net/tcp_queue.h"

enum {
	TCP_RECORD_MAX = TCP_QUEUE_PREFIX_LEN + UINT16_MAX,
};

/* Not for several threads at once. */
struct tcp_record_reader {
	int fd;
	uint32_t packet_max_bytes; /* longer ones are an error of the stream */
	int lowat; /* what the socket has as SO_RCVLOWAT; 0: its default, one byte */
};

/**
 * tcp_record_peek() - look at the first packet in the socket and leave it there
 * @record: TCP_RECORD_MAX bytes of room; gets the packet behind its length (spec 01 section 1.2)
 * @bad_length: gets the length that broke the stream
 *
 * While a packet is incomplete the socket does not count as readable until it is whole.
 *
 * Return: bytes with the length before the packet; ERR_AGAIN: no whole packet is there; ERR_CLOSED:
 * end of the stream; ERR_RANGE: a length of zero or too long; ERR_SYSTEM with errno.
 */
long tcp_record_peek(struct tcp_record_reader *r, uint8_t *record, uint32_t *bad_length) MUST_CHECK;

/**
 * tcp_record_take() - take what was looked at out of the socket
 * @len: what tcp_record_peek() returned
 *
 * Return: 0, or ERR_SYSTEM with errno.
 */
int tcp_record_take(const struct tcp_record_reader *r, uint8_t *record, size_t len) MUST_CHECK;

/** tcp_record_end() - somebody else reads the socket from here on */
void tcp_record_end(struct tcp_record_reader *r);
