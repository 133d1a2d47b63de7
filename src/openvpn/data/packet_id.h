/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the packet ids of a sending key come from: each id is given out once. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/*
 * Shared by all threads that send with one key. A thread may take several ids at once and use
 * them in any later moment; ids that it does not use are lost, which the receiver's window
 * allows for.
 */
struct packet_ids {
	_Atomic uint64_t next; /* relaxed: uniqueness is needed, no ordering */
};

static inline void packet_ids_init(struct packet_ids *ids, uint64_t first)
{
	atomic_store_explicit(&ids->next, first, memory_order_relaxed);
}

/** packet_ids_take() - Return: the first of @count ids, in sequence */
static inline uint64_t packet_ids_take(struct packet_ids *ids, unsigned int count)
{
	return atomic_fetch_add_explicit(&ids->next, count, memory_order_relaxed);
}

/** packet_ids_next() - the id that would be given out next */
static inline uint64_t packet_ids_next(const struct packet_ids *ids)
{
	return atomic_load_explicit(&ids->next, memory_order_relaxed);
}
