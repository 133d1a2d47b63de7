/* SPDX-License-Identifier: GPL-2.0-only */
/* New keys for a peer that another data plane has taken over. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "proto/session.h"

/*
 * How many packet ids the lost data plane has used, and which it has seen, is not known, so its
 * keys are neither sent with nor received with any more. One renegotiation would not do: for up to
 * a minute a peer goes on sending with the key before the newest (spec 01 section 3.7). After two
 * both its keys are new.
 */
struct key_renewal {
	unsigned int left; /* renegotiations to start */
	uint64_t at_ms;	   /* when the next is due, TIME_NEVER when none is */
};

/** key_renewal_init() - nothing to do */
void key_renewal_init(struct key_renewal *r);

/** key_renewal_start() - the other data plane is there */
void key_renewal_start(struct key_renewal *r, uint64_t now_ms);

/** key_renewal_key_ready() - a key of a renegotiation came */
void key_renewal_key_ready(struct key_renewal *r, uint64_t now_ms);

/** key_renewal_timer() - start what is due; call it at @r->at_ms or any time */
void key_renewal_timer(struct key_renewal *r, struct session *session, struct now now);
