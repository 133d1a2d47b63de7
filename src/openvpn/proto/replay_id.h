/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay ids of tls-auth and tls-crypt: counter and time, sending and receiving. Spec 01 6.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/clock.h"

struct replay_id {
	uint32_t counter;
	uint32_t time; /* Unix seconds, truncated */
};

/* Sending half. Zeroed: nothing was sent yet. */
struct replay_sender {
	uint32_t counter; /* last used */
	uint32_t time;	  /* 0 before the first packet */
};

struct replay_receiver;

void replay_id_write(struct wr *w, const struct replay_id *id);
struct replay_id replay_id_read(struct rd *r);

/** replay_sender_next() - the id of the next packet. Return: 0 or ERR_PACKET_ID_ROLLOVER. */
int replay_sender_next(struct replay_sender *tx, struct now now, struct replay_id *id) MUST_CHECK;

/**
 * replay_receiver_new() - an empty window
 * @window: packets that may be late, 0 .. REPLAY_WINDOW_HIGHEST
 * @time_sec: how long after its successor a late packet is accepted, 0 .. 600
 *
 * Return: heap object of about 4 * @window bytes, or NULL when out of memory.
 */
struct replay_receiver *replay_receiver_new(uint32_t window, uint32_t time_sec) MUST_CHECK;
void replay_receiver_free(struct replay_receiver *rx);

/**
 * replay_receiver_accept() - test an id and record it
 *
 * Call after authentication only: a forged id must not move the window.
 *
 * Return: 0, or ERR_REPLAY_SEEN / ERR_REPLAY_OLD with the window unchanged.
 */
int replay_receiver_accept(struct replay_receiver *rx, struct now now,
			   const struct replay_id *id) MUST_CHECK;
