/* SPDX-License-Identifier: GPL-2.0-only */
/* Control packets without their wrap: opcodes, session ids, ACK records, TLVs. Spec 01 1.3, 2, 7.4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/random.h"
#include "proto/constants.h"

struct session_id {
	uint8_t b[SID_LEN];
};

enum {
	SESSION_ID_TEXT_LEN = 18 /* "xxxxxxxx xxxxxxxx" with NUL */
};

/* What every control packet starts with. */
struct packet_header {
	uint8_t opcode; /* enum opcode, or a number that is undefined */
	uint8_t key_id;
	struct session_id sid; /* of the sender */
};

/* Acknowledged message ids; addressee is present in packets when count > 0. */
struct ack_record {
	uint8_t count;
	uint32_t id[ACK_IDS_MAX];
	struct session_id addressee;
};

/* What the TLVs of a hard reset said. */
struct early_neg {
	bool resend_wkc;
};

/** opcode_name() - as logs show it, "P_???" for undefined ones */
const char *opcode_name(unsigned int opcode);

static inline uint8_t packet_first_byte(enum opcode op, uint8_t key_id)
{
	return (uint8_t)((unsigned int)op << OPCODE_SHIFT | (key_id & KEY_ID_MASK));
}

static inline uint8_t packet_opcode(uint8_t first_byte)
{
	return first_byte >> OPCODE_SHIFT;
}

static inline uint8_t packet_key_id(uint8_t first_byte)
{
	return first_byte & KEY_ID_MASK;
}

/** opcode_is_hard_reset() - 7, 8 or 10 */
bool opcode_is_hard_reset(unsigned int opcode);
/** opcode_carries_wkc() - 10 or 11 */
bool opcode_carries_wkc(unsigned int opcode);

/** session_id_random() - new id, never zero */
struct session_id session_id_random(const struct rng *rng);
bool session_id_is_set(const struct session_id *sid);
/** session_id_equal() - in constant time */
bool session_id_equal(const struct session_id *a, const struct session_id *b);
/** session_id_format() - two groups of eight hex digits; returns @buf */
const char *session_id_format(const struct session_id *sid, char buf[SESSION_ID_TEXT_LEN]);

/**
 * packet_header_read() - first byte and sender's session id
 *
 * Return: 0, or ERR_SESSION_ID when the id is missing or zero; opcode and key id are valid then
 * unless the packet is empty (ERR_SHORT).
 */
int packet_header_read(struct rd *r, struct packet_header *h) MUST_CHECK;

void packet_header_write(struct wr *w, const struct packet_header *h);

/**
 * ack_record_read() - parse the start of a body
 *
 * Return: 0, ERR_ACK_COUNT for more than ACK_IDS_MAX ids, ERR_SHORT, or ERR_SESSION_ID when the
 * addressee is zero. On error @ack is unspecified.
 */
int ack_record_read(struct rd *r, struct ack_record *ack) MUST_CHECK;

void ack_record_write(struct wr *w, const struct ack_record *ack);

/** ack_record_len() - bytes on the wire for @count ids */
size_t ack_record_len(size_t count);

/**
 * early_neg_read() - parse the payload of a hard reset to its end
 *
 * Unknown types are skipped.
 *
 * Return: 0, or ERR_TLV.
 */
int early_neg_read(struct rd *r, struct early_neg *neg) MUST_CHECK;

/** early_neg_write() - the payload for @neg; nothing when no flag is set */
void early_neg_write(struct wr *w, const struct early_neg *neg);
