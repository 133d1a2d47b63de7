/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a piece of work will touch, so that it can be fetched before. Among thousands of
 * peers nothing of the next packet's peer is in the cache, and finding that out line by line takes
 * longer than the work; the lines of several packets can be waited for at the same time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

enum {
	CACHE_LINE = 64,
	FOOTPRINT_PARTS = 6,
};

/* Just a hint: memory that was freed or moved meanwhile is fetched in vain, nothing else. */
struct footprint {
	_Alignas(CACHE_LINE) const void *at[FOOTPRINT_PARTS];
	uint8_t lines[FOOTPRINT_PARTS]; /* 0: no more parts */
};

/** lines_alloc() - zeroed memory at the start of a line of the cache; NULL when there is none */
static inline MUST_CHECK void *lines_alloc(size_t len)
{
	size_t whole = (len + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	void *p = aligned_alloc(CACHE_LINE, whole);

	return p ? memset(p, 0, whole) : NULL;
}

/** footprint_add() - @len bytes at @at, up to 16 KiB; what is one part too many is left out */
static inline void footprint_add(struct footprint *f, const void *at, size_t len)
{
	size_t skew = (uintptr_t)at % CACHE_LINE;

	for (size_t i = 0; i < FOOTPRINT_PARTS; i++) {
		if (f->lines[i])
			continue;
		f->at[i] = (const uint8_t *)at - skew;
		f->lines[i] = (uint8_t)((skew + len + CACHE_LINE - 1) / CACHE_LINE);
		return;
	}
}

/** fetch_lines() - ask for memory that will be read and written; never waits for it */
static inline void fetch_lines(const void *at, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		__builtin_prefetch((const uint8_t *)at + i * CACHE_LINE, 1);
		/* gcc takes a function which does nothing else for one without an effect. */
		__asm__ volatile("");
	}
}

/** footprint_fetch() - ask for all of it */
static inline void footprint_fetch(const struct footprint *f)
{
	for (size_t i = 0; i < FOOTPRINT_PARTS && f->lines[i]; i++)
		fetch_lines(f->at[i], f->lines[i]);
}
