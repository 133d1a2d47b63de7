/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps the session's data keys (up to three) onto the two slots of the data plane. Spec 05
 * section 1.10. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dco.h"
#include "proto/session.h"

/* Which key states the slots of one peer hold, by session_event.key_serial. */
struct data_slots {
	struct data_slot {
		bool used;
		uint32_t serial;
		uint8_t key_id;
	} primary, secondary;
	uint32_t oldest; /* keys with a smaller serial must not be used */
};

/** data_slots_init() - nothing installed, as after dco_peer_add() */
void data_slots_init(struct data_slots *slots);

/**
 * data_slots_move() - nothing installed, and the keys so far are not to be used with this peer
 * again
 *
 * For a peer that another data plane takes over: which packet ids were used is lost with the old
 * one.
 */
void data_slots_move(struct data_slots *slots);

/** data_slots_skip() - a key that came while there was no data plane for it is not used either */
void data_slots_skip(struct data_slots *slots, uint32_t serial);

/**
 * data_slots_install() - a new key: into the primary slot when it is the first, else the secondary
 *
 * Return: 0, or what dco_key_install() said with @err set; the slots are unchanged then.
 */
int data_slots_install(struct data_slots *slots, struct dco_device *dev, uint32_t peer_id,
		       uint32_t serial, const struct dco_key *key, struct err *err) MUST_CHECK;

/**
 * data_slots_sync() - make the data plane agree with the session: which key sends, which are gone
 * @keys: session_data_keys(), @count of them
 *
 * Call after every pass of the session, also when only time went by.
 *
 * Return: 0; ERR_STATE when the key that should send is not installed (the session must restart).
 */
int data_slots_sync(struct data_slots *slots, struct dco_device *dev, uint32_t peer_id,
		    const struct session_data_key *keys, size_t count) MUST_CHECK;
