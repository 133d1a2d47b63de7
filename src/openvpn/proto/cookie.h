/* SPDX-License-Identifier: GPL-2.0-only */
/* Cookies: session ids of a server that prove the peer's address without any state. Spec 01 7.2. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "proto/packet.h"

enum {
	COOKIE_KEY_LEN = 16,
	COOKIE_SLOTS_BACK = 2, /* how many older time slots are accepted */
};

/* Secret of one process. */
struct cookie_key {
	uint8_t key[COOKIE_KEY_LEN];
	uint32_t slot_sec; /* length of a time slot */
};

/** cookie_key_init() - draw a fresh secret; a cookie lives for 2 to 3 half hand-windows */
void cookie_key_init(struct cookie_key *key, const struct rng *rng, uint32_t hand_window_sec);

/**
 * cookie_make() - the server's session id for this client at this time
 * @slots_back: 0 for a reply; up to COOKIE_SLOTS_BACK when checking
 */
struct session_id cookie_make(const struct cookie_key *key, struct now now, uint32_t slots_back,
			      const union sock_addr *client, const struct session_id *client_sid);

/** cookie_check() - whether @cookie is one that we gave to this client not long ago */
bool cookie_check(const struct cookie_key *key, struct now now, const union sock_addr *client,
		  const struct session_id *client_sid, const struct session_id *cookie);
