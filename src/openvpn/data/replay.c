/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"

enum {
	WORD_BITS = 64
};

/* The highest id at the end of second @sec. */
struct replay_mark {
	uint64_t sec;
	uint64_t highest;
};

/*
 * Seen ids are bits in a ring of words (RFC 6479): moving forward clears whole words only.
 *
 * The rule about late packets needs to know which ids had been accepted t seconds ago. Only the
 * highest of them matters, as everything below it expires with it; and the highest id accepted
 * by the end of a second is simply the window's upper edge at that time. So one mark a second in
 * which the edge moved is enough, and of those only t + 2 can still be of use. The newest is made
 * when its second is over: until then it is (edge_sec, highest).
 *
 * A packet touches two lines of the cache: the head and a word.
 */
struct replay_window {
	uint64_t highest;
	uint64_t expired; /* this id and all below are refused as late */
	uint64_t next_sweep_sec;
	uint64_t edge_sec; /* when the edge moved last, if highest is not 0 */
	uint64_t backtrack;
	uint32_t packets;
	uint32_t time;
	uint32_t word_mask;
	uint16_t late_sec;
	uint16_t mark_cap;
	uint16_t mark_count;
	uint16_t mark_last; /* index of the newest */
	uint64_t words[];   /* and the marks behind them */
};
BUILD_ASSERT(offsetof(struct replay_window, words) <= CACHE_LINE);
BUILD_ASSERT(sizeof(struct replay_mark) % sizeof(uint64_t) == 0);

static struct replay_mark *replay_marks(struct replay_window *w)
{
	return (struct replay_mark *)(void *)(w->words + w->word_mask + 1);
}

struct replay_window *replay_window_new(unsigned int packets, unsigned int late_sec)
{
	size_t words = 2, marks = late_sec ? late_sec + 2 : 0, size;
	struct replay_window *w;

	if (packets > REPLAY_WINDOW_MAX || late_sec > REPLAY_TIME_MAX_SEC)
		return NULL;
	while (words < packets / WORD_BITS + 2)
		words *= 2;
	size = sizeof(*w) + words * sizeof(w->words[0]) + marks * sizeof(struct replay_mark);
	w = lines_alloc(size);
	if (!w)
		return NULL;
	w->packets = packets;
	w->late_sec = (uint16_t)late_sec;
	w->word_mask = (uint32_t)(words - 1);
	w->mark_cap = (uint16_t)marks;
	return w;
}

void replay_window_free(struct replay_window *w)
{
	free(w);
}

void replay_window_reset(struct replay_window *w)
{
	memset(w->words, 0, ((size_t)w->word_mask + 1) * sizeof(w->words[0]));
	w->time = 0;
	w->highest = 0;
	w->expired = 0;
	w->backtrack = 0;
	w->next_sweep_sec = 0;
	w->mark_count = 0;
	w->mark_last = 0;
}

uint64_t replay_window_highest(const struct replay_window *w)
{
	return w->highest;
}

uint64_t replay_window_backtrack(const struct replay_window *w)
{
	return w->backtrack;
}

void replay_window_touches(const struct replay_window *w, struct footprint *f)
{
	size_t words = ((size_t)w->word_mask + 1) * sizeof(w->words[0]);

	/* Of a large window only the word of the packet is needed, whichever that is. */
	footprint_add(f, w, sizeof(*w) + (words < CACHE_LINE ? words : 0));
}

/* Everything accepted more than late_sec ago, and what is below it, expires. */
static void replay_sweep(struct replay_window *w, uint64_t now_sec)
{
	if (now_sec < w->next_sweep_sec)
		return;
	w->next_sweep_sec = now_sec + REPLAY_SWEEP_SEC;
	if (w->highest && w->edge_sec + w->late_sec < now_sec) {
		w->expired = w->highest;
		return;
	}
	for (size_t i = 0; i < w->mark_count; i++) {
		const struct replay_mark *m =
			&replay_marks(w)[(w->mark_last + w->mark_cap - i) % w->mark_cap];

		if (m->sec + w->late_sec < now_sec) {
			w->expired = m->highest;
			return;
		}
	}
}

/* The edge is about to move: where it stood at the end of an earlier second is remembered. */
static void replay_mark_edge(struct replay_window *w, uint64_t now_sec)
{
	if (likely(w->edge_sec == now_sec))
		return;
	if (w->highest && w->late_sec) {
		w->mark_last = (uint16_t)((w->mark_last + 1) % w->mark_cap);
		if (w->mark_count < w->mark_cap)
			w->mark_count++;
		replay_marks(w)[w->mark_last] =
			(struct replay_mark){.sec = w->edge_sec, .highest = w->highest};
	}
	w->edge_sec = now_sec;
}

static void replay_move_edge(struct replay_window *w, uint64_t id)
{
	uint64_t from = w->highest / WORD_BITS, to = id / WORD_BITS;
	uint64_t count = to - from;

	if (count > w->word_mask + 1)
		count = w->word_mask + 1;
	for (uint64_t i = 1; i <= count; i++)
		w->words[(from + i) & w->word_mask] = 0;
	w->highest = id;
}

static void replay_restart(struct replay_window *w, uint32_t id_time)
{
	uint64_t next_sweep_sec = w->next_sweep_sec;

	replay_window_reset(w);
	w->next_sweep_sec = next_sweep_sec;
	w->time = id_time;
}

static int replay_accept_in_sequence(struct replay_window *w, uint64_t id, uint32_t id_time)
{
	if (id_time < w->time)
		return ERR_REPLAY_OLD;
	if (id_time > w->time && id != 1)
		return ERR_REPLAY_OLD;
	if (id_time == w->time && w->highest && id != w->highest + 1)
		return id > w->highest ? ERR_REPLAY_OLD : ERR_REPLAY_SEEN;
	w->time = id_time;
	w->highest = id;
	return 0;
}

int replay_window_accept(struct replay_window *w, uint64_t id, uint32_t id_time, uint64_t now_sec)
{
	uint64_t *word, bit;

	if (!id)
		return ERR_REPLAY_OLD;
	if (!w->packets)
		return replay_accept_in_sequence(w, id, id_time);
	if (w->late_sec)
		replay_sweep(w, now_sec);
	if (unlikely(id_time < w->time))
		return ERR_REPLAY_OLD;
	if (unlikely(id_time > w->time))
		replay_restart(w, id_time);
	word = &w->words[(id / WORD_BITS) & w->word_mask];
	bit = 1ULL << (id % WORD_BITS);
	if (id > w->highest) {
		replay_mark_edge(w, now_sec);
		replay_move_edge(w, id);
	} else {
		if (w->highest - id >= w->packets || id <= w->expired)
			return ERR_REPLAY_OLD;
		if (*word & bit)
			return ERR_REPLAY_SEEN;
		if (w->highest - id > w->backtrack)
			w->backtrack = w->highest - id;
	}
	*word |= bit;
	return 0;
}
