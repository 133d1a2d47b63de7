/* SPDX-License-Identifier: GPL-2.0-only */
/* Reliability of one key state: messages in order, acknowledgements, retransmission. Spec 01 5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/constants.h"

struct reliable;

/* A message in order, or one to transmit. Borrowed until the next call for the same object. */
struct reliable_message {
	uint32_t id;
	uint8_t opcode;
	const uint8_t *data;
	size_t len;
};

/**
 * reliable_new() - both directions start with message id 0
 * @timeout_ms: first retransmission; doubles each time
 */
struct reliable *reliable_new(uint32_t timeout_ms) MUST_CHECK;
void reliable_free(struct reliable *rel);

/** reliable_skip_reset() - message 0 was exchanged statelessly: both directions start with 1 */
void reliable_skip_reset(struct reliable *rel);

/* Sending */

/** reliable_send_slots() - how many messages may be queued now */
size_t reliable_send_slots(const struct reliable *rel);

/**
 * reliable_queue() - take a copy of a message for transmission, due at once
 *
 * Return: 0, ERR_LIMIT when the send window is full, ERR_NOMEM.
 */
int reliable_queue(struct reliable *rel, uint64_t now_ms, uint8_t opcode, const void *data,
		   size_t len) MUST_CHECK;

/**
 * reliable_next_due() - the due message with the lowest id; counts as transmitted now
 *
 * Return: false when nothing is due.
 */
bool reliable_next_due(struct reliable *rel, uint64_t now_ms, struct reliable_message *out);

/** reliable_is_due() - whether reliable_next_due() would find a message */
bool reliable_is_due(const struct reliable *rel, uint64_t now_ms);

/** reliable_deadline() - mono_ms of the next retransmission, TIME_NEVER when nothing is open */
uint64_t reliable_deadline(const struct reliable *rel);

/** reliable_all_acked() - no message of ours waits for its acknowledgement */
bool reliable_all_acked(const struct reliable *rel);

/** reliable_burst() - all open messages are due now, with their first timeout (5.5) */
void reliable_burst(struct reliable *rel, uint64_t now_ms);

/** reliable_acked() - the peer acknowledged @id; ids that are not open are ignored */
void reliable_acked(struct reliable *rel, uint64_t now_ms, uint32_t id);

/* Acknowledgements that we owe */

/** reliable_acks_pending() - ids received and not acknowledged yet */
size_t reliable_acks_pending(const struct reliable *rel);

/** reliable_acks_count() - how many ids reliable_take_acks() would give */
size_t reliable_acks_count(const struct reliable *rel, size_t limit);

/**
 * reliable_take_acks() - ids for one outgoing packet, newest first; older ones are repeated
 *
 * Return: the count, at most @limit <= ACK_IDS_MAX.
 */
size_t reliable_take_acks(struct reliable *rel, size_t limit, uint32_t ids[ACK_IDS_MAX]);

/* Receiving */

/**
 * reliable_receive() - a message arrived; a copy is kept until it is in order
 *
 * Return: 0 (stored, will be acknowledged), ERR_DUPLICATE (will be acknowledged again), ERR_WINDOW
 * (too far ahead), ERR_OVERFLOW (longer than CONTROL_PAYLOAD_MAX), ERR_NOMEM.
 */
int reliable_receive(struct reliable *rel, uint32_t id, uint8_t opcode, const void *data,
		     size_t len) MUST_CHECK;

/** reliable_deliver() - the next message in order. Return: false when it has not arrived. */
bool reliable_deliver(struct reliable *rel, struct reliable_message *out);

/** reliable_sent_any() - whether a message was ever queued (or skipped) */
bool reliable_sent_any(const struct reliable *rel);

/** reliable_next_send_id() - the id that the next queued message gets */
uint32_t reliable_next_send_id(const struct reliable *rel);
