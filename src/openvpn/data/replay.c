/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/replay.h"

#include <stdlib.h>
#include <string.h>

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
 * which the edge moved is enough, and of those only t + 2 can still be of use.
 */
struct replay_window {
	unsigned int packets;
	unsigned int late_sec;
	uint32_t time;
	uint64_t highest;
	uint64_t expired; /* this id and all below are refused as late */
	uint64_t backtrack;
	uint64_t next_sweep_sec;
	size_t word_mask;
	uint64_t *words;
	size_t mark_cap;
	size_t mark_count;
	size_t mark_last; /* index of the newest */
	struct replay_mark *marks;
};

struct replay_window *replay_window_new(unsigned int packets, unsigned int late_sec)
{
	struct replay_window *w;
	size_t words = 2;

	if (packets > REPLAY_WINDOW_MAX || late_sec > REPLAY_TIME_MAX_SEC)
		return NULL;
	while (words < packets / WORD_BITS + 2)
		words *= 2;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->packets = packets;
	w->late_sec = late_sec;
	w->word_mask = words - 1;
	w->mark_cap = late_sec ? late_sec + 2 : 0;
	w->words = calloc(words, sizeof(*w->words));
	w->marks = calloc(w->mark_cap ? w->mark_cap : 1, sizeof(*w->marks));
	if (!w->words || !w->marks) {
		replay_window_free(w);
		return NULL;
	}
	replay_window_reset(w);
	return w;
}

void replay_window_free(struct replay_window *w)
{
	if (!w)
		return;
	free(w->words);
	free(w->marks);
	free(w);
}

void replay_window_reset(struct replay_window *w)
{
	memset(w->words, 0, (w->word_mask + 1) * sizeof(*w->words));
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

/* Everything accepted more than late_sec ago, and what is below it, expires. */
static void replay_sweep(struct replay_window *w, uint64_t now_sec)
{
	if (now_sec < w->next_sweep_sec)
		return;
	w->next_sweep_sec = now_sec + REPLAY_SWEEP_SEC;
	for (size_t i = 0; i < w->mark_count; i++) {
		const struct replay_mark *m =
			&w->marks[(w->mark_last + w->mark_cap - i) % w->mark_cap];

		if (m->sec + w->late_sec < now_sec) {
			w->expired = m->highest;
			return;
		}
	}
}

static void replay_mark_edge(struct replay_window *w, uint64_t now_sec)
{
	if (!w->late_sec)
		return;
	if (!w->mark_count || w->marks[w->mark_last].sec != now_sec) {
		w->mark_last = (w->mark_last + 1) % w->mark_cap;
		if (w->mark_count < w->mark_cap)
			w->mark_count++;
	}
	w->marks[w->mark_last] = (struct replay_mark){.sec = now_sec, .highest = w->highest};
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
		replay_move_edge(w, id);
		replay_mark_edge(w, now_sec);
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
