/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay window of one receive key. Spec 02 section 7.4. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/footprint.h"

enum {
	REPLAY_WINDOW_MAX = 65536, /* packets */
	REPLAY_TIME_MAX_SEC = 600,
	REPLAY_SWEEP_SEC = 5, /* how often late packets are looked for */
};

struct replay_window;

/**
 * replay_window_new() - an empty window
 * @packets: how far behind the highest id a packet may be, 0..REPLAY_WINDOW_MAX; 0 demands
 *           strict sequence
 * @late_sec: a packet is refused once one with a higher id came more than this many seconds
 *            earlier, 0..REPLAY_TIME_MAX_SEC; 0 switches the rule off
 *
 * Return: the window, or NULL when out of memory or a value is out of range.
 */
struct replay_window *replay_window_new(unsigned int packets, unsigned int late_sec) MUST_CHECK;
void replay_window_free(struct replay_window *w);

/** replay_window_reset() - as if it were new */
void replay_window_reset(struct replay_window *w);

/**
 * replay_window_accept() - test a packet id and record it
 * @id: host order; 1..2^32-1, or 1..2^48-1 in the epoch format
 * @id_time: the time of a long packet id; 0 for short ids and epochs
 * @now_sec: monotonic seconds, not smaller than at the call before
 *
 * Call after authentication only: a forged id must not move the window.
 *
 * Return: 0, or ERR_REPLAY_SEEN / ERR_REPLAY_OLD with nothing recorded.
 * Thread: the one that owns @w; never blocks or allocates.
 */
int replay_window_accept(struct replay_window *w, uint64_t id, uint32_t id_time,
			 uint64_t now_sec) MUST_CHECK;

/** replay_window_touches() - the memory that replay_window_accept() will touch */
void replay_window_touches(const struct replay_window *w, struct footprint *f);

/** replay_window_highest() - the highest id recorded, 0 for none */
uint64_t replay_window_highest(const struct replay_window *w);

/** replay_window_backtrack() - the largest distance behind the highest id accepted so far */
uint64_t replay_window_backtrack(const struct replay_window *w);
