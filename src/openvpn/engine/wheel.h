/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which peers the worker must look at, and when: a ring of seconds, each with its peers. Looking at
 * all of them each second would bring the memory of thousands of idle peers through the cache.
 *
 * A second begins a whole one after the last was seen to begin, so that a peer which is pinged then
 * is due again exactly when a later one begins, however late the worker woke up.
 */
#pragma once

#include <stdint.h>

struct engine_peer;

enum {
	WHEEL_TICK_MS = 1000, /* timers of peers count in seconds */
	WHEEL_TICKS = 64,     /* who is due later is looked at sooner, and put back */
};

/* Zeroed, it is empty. */
struct wheel {
	struct engine_peer *ticks[WHEEL_TICKS];
	struct engine_peer *due; /* of the ticks that have come */
	unsigned int next;	 /* the tick that comes next */
	uint64_t next_ms;	 /* and when */
	uint32_t count;
};

/**
 * wheel_put() - look at @p when the first tick at or after @due_ms comes, wherever it was before
 *
 * After WHEEL_TICKS ticks at most: a caller looks whether it is time, and puts @p back otherwise.
 */
void wheel_put(struct wheel *w, struct engine_peer *p, uint64_t now_ms, uint64_t due_ms);

/** wheel_remove() - @p is not looked at any more; may be called for one that is not there */
void wheel_remove(struct wheel *w, struct engine_peer *p);

/** wheel_take() - a peer to look at now, which is out of the wheel then; NULL when there is none */
struct engine_peer *wheel_take(struct wheel *w, uint64_t now_ms);

/** wheel_wait_ms() - until wheel_take() may have something: 0: now, -1: nobody is in the wheel */
int wheel_wait_ms(const struct wheel *w, uint64_t now_ms);
