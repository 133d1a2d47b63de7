/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/replay_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/constants.h"

/* Entries hold seconds on a clock of their own that starts at SEEN_FIRST, so they fit 32 bits. */
enum seen {
	SEEN_NEVER = 0,
	SEEN_EXPIRED = 1,
	SEEN_FIRST = 2,
};

struct replay_receiver {
	uint32_t window;
	uint32_t time_sec;
	bool any;	   /* an id was accepted */
	uint32_t time;	   /* highest time */
	uint32_t highest;  /* highest counter at that time */
	uint32_t stored;   /* valid entries, <= window */
	uint64_t epoch_ms; /* mono_ms of the first accepted packet */
	uint64_t next_expire_ms;
	uint32_t seen[]; /* ring: entry of counter c is seen[c % window] */
};

void replay_id_write(struct wr *w, const struct replay_id *id)
{
	wr_u32(w, id->counter);
	wr_u32(w, id->time);
}

struct replay_id replay_id_read(struct rd *r)
{
	struct replay_id id;

	id.counter = rd_u32(r);
	id.time = rd_u32(r);
	return id;
}

int replay_sender_next(struct replay_sender *tx, struct now now, struct replay_id *id)
{
	if (tx->time == 0)
		tx->time = (uint32_t)now.unix_sec;
	if (tx->counter == UINT32_MAX) {
		if ((uint32_t)now.unix_sec <= tx->time)
			return ERR_PACKET_ID_ROLLOVER;
		tx->time = (uint32_t)now.unix_sec;
		tx->counter = 0;
	}
	id->counter = ++tx->counter;
	id->time = tx->time;
	return 0;
}

struct replay_receiver *replay_receiver_new(uint32_t window, uint32_t time_sec)
{
	struct replay_receiver *rx;

	if (window > REPLAY_WINDOW_HIGHEST)
		window = REPLAY_WINDOW_HIGHEST;
	rx = calloc(1, sizeof(*rx) + window * sizeof(rx->seen[0]));
	if (!rx)
		return NULL;
	rx->window = window;
	rx->time_sec = time_sec;
	return rx;
}

void replay_receiver_free(struct replay_receiver *rx)
{
	free(rx);
}

static uint32_t seen_now(const struct replay_receiver *rx, struct now now)
{
	return (uint32_t)((now.mono_ms - rx->epoch_ms) / 1000) + SEEN_FIRST;
}

/* From the newest entry down: once one is too old, it and all older ones are closed. */
static void replay_expire(struct replay_receiver *rx, struct now now)
{
	uint32_t t = seen_now(rx, now);
	bool old = false;

	if (now.mono_ms < rx->next_expire_ms)
		return;
	rx->next_expire_ms = time_after(now.mono_ms, (uint64_t)REPLAY_EXPIRE_EVERY_SEC * 1000);
	for (uint32_t d = 0; d < rx->stored; d++) {
		uint32_t *e = &rx->seen[(rx->highest - d) % rx->window];

		if (!old && *e >= SEEN_FIRST && t - *e > rx->time_sec)
			old = true;
		if (old)
			*e = SEEN_EXPIRED;
	}
}

static int replay_test(const struct replay_receiver *rx, const struct replay_id *id)
{
	uint32_t behind;

	if (id->counter == 0)
		return ERR_REPLAY_SEEN;
	/* Strict windows begin anywhere: after a cookie the first packet we record is the second.
	 */
	if (!rx->any)
		return 0;
	if (id->time < rx->time)
		return ERR_REPLAY_OLD;
	if (id->time > rx->time)
		return rx->window == 0 && id->counter != 1 ? ERR_REPLAY_OLD : 0;
	if (rx->window == 0)
		return id->counter == rx->highest + 1 ? 0 : ERR_REPLAY_SEEN;
	if (id->counter > rx->highest)
		return 0;
	behind = rx->highest - id->counter;
	if (behind >= rx->stored)
		return ERR_REPLAY_OLD;
	switch (rx->seen[id->counter % rx->window]) {
	case SEEN_NEVER:
		return 0;
	case SEEN_EXPIRED:
		return ERR_REPLAY_OLD;
	default:
		return ERR_REPLAY_SEEN;
	}
}

/* The window starts anew below @id: ids up to @window behind it may still come. */
static void replay_restart(struct replay_receiver *rx, const struct replay_id *id)
{
	rx->time = id->time;
	rx->highest = id->counter > rx->window ? id->counter - rx->window : 0;
	rx->stored = 0;
	memset(rx->seen, 0, rx->window * sizeof(rx->seen[0]));
}

static void replay_record(struct replay_receiver *rx, struct now now, const struct replay_id *id)
{
	if (!rx->any || id->time > rx->time ||
	    (id->counter > rx->highest && id->counter - rx->highest > rx->window))
		replay_restart(rx, id);
	rx->any = true;
	if (rx->window == 0) {
		rx->highest = id->counter;
		return;
	}
	while (rx->highest < id->counter) {
		rx->highest++;
		rx->seen[rx->highest % rx->window] = SEEN_NEVER;
		if (rx->stored < rx->window)
			rx->stored++;
	}
	rx->seen[id->counter % rx->window] = seen_now(rx, now);
}

int replay_receiver_accept(struct replay_receiver *rx, struct now now, const struct replay_id *id)
{
	int ret;

	if (!rx->any)
		rx->epoch_ms = now.mono_ms;
	else if (rx->window)
		replay_expire(rx, now);
	ret = replay_test(rx, id);
	if (ret < 0)
		return ret;
	replay_record(rx, now, id);
	return 0;
}
