/* SPDX-License-Identifier: GPL-2.0-only */
/* The clear header of data packets. Spec 02 section 2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	DATA_OPCODE_V1 = 6,
	DATA_OPCODE_V2 = 9,
	DATA_KEY_IDS = 8,
	DATA_HEADER_MAX = 4,
};

#define DATA_PEER_ID_UNDEF 0xffffffu

struct data_header {
	bool v2;
	uint8_t key_id;
	uint32_t peer_id; /* DATA_PEER_ID_UNDEF with V1 */
};

/** data_opcode_is_data() - by the first byte of a packet */
static inline bool data_opcode_is_data(uint8_t first)
{
	return first >> 3 == DATA_OPCODE_V1 || first >> 3 == DATA_OPCODE_V2;
}

/**
 * data_header_parse() - read the header of a data packet
 *
 * Return: 0; ERR_SHORT for an empty packet or a V2 packet of less than 4 bytes (then v2 and key_id
 * are set all the same, for the lookup by address); ERR_OPCODE for anything but data.
 */
int data_header_parse(struct rd *r, struct data_header *out);

/** data_header_write() - the peer-id is left out with V1 */
void data_header_write(struct wr *w, const struct data_header *hdr);

static inline size_t data_header_bytes(bool v2)
{
	return v2 ? 4 : 1;
}
