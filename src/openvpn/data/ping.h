/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between the ends inside the data channel: pings and OCC. Spec 02 sections 10.1, 10.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	PING_LEN = 16,
	OCC_MAGIC_LEN = 16,
};

enum occ_op {
	OCC_REQUEST = 0,
	OCC_REPLY = 1,
	OCC_MTU_LOAD_REQUEST = 2,
	OCC_MTU_LOAD = 3,
	OCC_MTU_REQUEST = 4,
	OCC_MTU_REPLY = 5,
	OCC_EXIT = 6,
	OCC_NONE, /* no opcode, an unknown one, or a truncated body */
};

struct occ_message {
	enum occ_op op;
	const char *options;   /* REPLY: NUL-terminated, borrowed from the packet */
	uint16_t size;	       /* MTU_LOAD_REQUEST */
	uint16_t max_received; /* MTU_REPLY */
	uint16_t max_sent;
};

/** ping_payload() - the PING_LEN bytes of a ping */
const uint8_t *ping_payload(void);

/** ping_matches() - whether a plaintext is exactly a ping */
bool ping_matches(const uint8_t *plain, size_t len);

/** occ_matches() - whether a plaintext begins with the OCC magic */
bool occ_matches(const uint8_t *plain, size_t len);

/** occ_parse() - read a plaintext for which occ_matches(); broken ones give OCC_NONE */
void occ_parse(const uint8_t *plain, size_t len, struct occ_message *out);

/** occ_write() - magic, opcode and body; MTU_LOAD is filled up with @msg->size zero bytes */
void occ_write(struct wr *w, const struct occ_message *msg);

/* Largest packets seen, for the MTU test of the other end. */
struct occ_sizes {
	uint16_t max_received; /* largest datagram with an authenticated data packet */
	uint16_t max_sent;
};

/**
 * occ_answer() - the reply that a message asks for
 * @options: local options string
 * @packet_max: the largest packet there is room for (spec 11.5)
 * @around: what the data channel adds to a payload: MTU_LOAD makes a datagram of the wanted size
 *
 * Return: true with the reply written; false when there is nothing to answer.
 */
bool occ_answer(const struct occ_message *msg, const char *options, const struct occ_sizes *sizes,
		size_t packet_max, size_t around, struct wr *w);
