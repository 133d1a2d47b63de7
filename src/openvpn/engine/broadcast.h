/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets for all peers which wait to be copied to each. Spec 02 section 13.9. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct broadcast_queue;

struct broadcast {
	uint32_t but; /* peer which gets no copy, as it came from there; DCO_PEER_ID_UNDEF: none */
	uint16_t vid; /* of the peers which get it; 0: all */
	size_t len;
	uint8_t packet[];
};

/** broadcast_queue_new() - room for @entries, rounded up to a power of two. NULL: out of memory. */
struct broadcast_queue *broadcast_queue_new(uint32_t entries) MUST_CHECK;
void broadcast_queue_free(struct broadcast_queue *q);

/**
 * broadcast_queue_put() - @packet is copied
 *
 * Return: 0; ERR_AGAIN when the oldest was dropped to make room; ERR_NOMEM when it was not taken.
 */
int broadcast_queue_put(struct broadcast_queue *q, const uint8_t *packet, size_t len, uint32_t but,
			uint16_t vid) MUST_CHECK;

/** broadcast_queue_first() - the oldest, NULL when there is none; good until put() or pop() */
const struct broadcast *broadcast_queue_first(const struct broadcast_queue *q);
void broadcast_queue_pop(struct broadcast_queue *q);

/** broadcast_queue_longest() - how many have ever waited at once */
uint32_t broadcast_queue_longest(const struct broadcast_queue *q);
