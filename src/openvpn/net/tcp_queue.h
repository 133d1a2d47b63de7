/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets on their way out of a TCP socket, each as a record with its length before it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	TCP_QUEUE_PREFIX_LEN = 2, /* the length, big endian (spec 01 section 1.2) */
};

/* All zero when empty. Not for several threads at once. */
struct tcp_queue {
	uint8_t *bytes; /* records back to back; the first may lack what was sent of it */
	size_t len;
	size_t cap;
};

/**
 * tcp_queue_put() - append a packet as a record
 * @packet: 1 to 65535 bytes; copied
 * @max_bytes: of all that waits, with the lengths
 *
 * Return: 0; ERR_OVERFLOW: no length for it; ERR_AGAIN: too much waits already; ERR_NOMEM. Nothing
 * was appended then.
 */
int tcp_queue_put(struct tcp_queue *q, const uint8_t *packet, size_t len,
		  size_t max_bytes) MUST_CHECK;

/** tcp_queue_sent() - forget the first @n bytes, which are at most @q->len */
void tcp_queue_sent(struct tcp_queue *q, size_t n);

/** tcp_queue_free() - forget all; the queue is empty and can be used again */
void tcp_queue_free(struct tcp_queue *q);
