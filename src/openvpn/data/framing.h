/* SPDX-License-Identifier: GPL-2.0-only */
/* Compression framing of plaintexts. Nothing is ever compressed on sending. Spec 02 section 8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum data_framing {
	DATA_FRAMING_NONE,
	DATA_FRAMING_LZO_STUB, /* comp-lzo no */
	DATA_FRAMING_LZO,      /* comp-lzo, compress lzo */
	DATA_FRAMING_STUB,     /* compress, compress stub */
	DATA_FRAMING_LZ4,
	DATA_FRAMING_STUB_V2,
	DATA_FRAMING_LZ4_V2,
};

enum {
	DATA_FRAMING_MAX = 2 /* bytes that framing_write() adds at most */
};

/** framing_write() - append the framed payload to @out; @plain must lie apart from it */
void framing_write(enum data_framing framing, const uint8_t *plain, size_t len, struct wr *out);

/** framing_bytes() - how many bytes a framing adds to a usual packet */
size_t framing_bytes(enum data_framing framing);

/* Where framing_read() found the payload. */
struct framing_result {
	uint8_t *
		payload; /* inside the packet or in the scratch buffer; len 0: nothing to deliver */
	size_t len;
	size_t packed_len; /* of the compressed payload, 0 when it came plain */
	/* on error: the known log line is "text: value" */
	const char *text;
	int value;
};

/**
 * framing_read() - take framing off a decrypted packet, decompressing if need be
 * @bytes: may be changed
 * @scratch: room for decompressed packets; what does not fit @cap is refused
 *
 * Return: 0 or ERR_COMPRESSION with the line for the log in @out.
 */
int framing_read(enum data_framing framing, uint8_t *bytes, size_t len, uint8_t *scratch,
		 size_t cap, struct framing_result *out);
