/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/framing.h"

#include <limits.h>
#include <string.h>

#include <lz4.h>
#include <lzo1x.h>

#include "base/err.h"

enum {
	CODE_LZO = 0x66,
	CODE_LZ4 = 0x69,
	CODE_PLAIN = 0xfa,
	CODE_PLAIN_SWAP = 0xfb,
	ESCAPE_V2 = 0x50,
	V2_PLAIN = 0,
	V2_LZ4 = 1,
	V2_PLAIN_OF_2X = 0x0a, /* what every 2.x sender writes instead of V2_PLAIN */
};

size_t framing_bytes(enum data_framing framing)
{
	/* the v2 kinds escape only what begins with their escape */
	return framing == DATA_FRAMING_NONE || framing == DATA_FRAMING_STUB_V2 ||
			       framing == DATA_FRAMING_LZ4_V2
		       ? 0
		       : 1;
}

void framing_write(enum data_framing framing, const uint8_t *plain, size_t len, struct wr *out)
{
	switch (framing) {
	case DATA_FRAMING_NONE:
		break;
	case DATA_FRAMING_LZO_STUB:
	case DATA_FRAMING_LZO:
		wr_u8(out, CODE_PLAIN);
		break;
	case DATA_FRAMING_STUB:
	case DATA_FRAMING_LZ4:
		/* The first byte moves to the end, which keeps the alignment of the rest. */
		wr_u8(out, CODE_PLAIN_SWAP);
		wr_bytes(out, plain + 1, len - 1);
		wr_u8(out, plain[0]);
		return;
	case DATA_FRAMING_STUB_V2:
	case DATA_FRAMING_LZ4_V2:
		if (plain[0] == ESCAPE_V2) {
			wr_u8(out, ESCAPE_V2);
			wr_u8(out, V2_PLAIN);
		}
		break;
	}
	wr_bytes(out, plain, len);
}

static int refuse(struct framing_result *out, const char *text, int value)
{
	out->text = text;
	out->value = value;
	return ERR_COMPRESSION;
}

static int take_plain(uint8_t *bytes, size_t len, struct framing_result *out)
{
	out->payload = bytes;
	out->len = len;
	return 0;
}

/* The body of swapped kinds: the last byte belongs in front, where the code is. */
static void unswap(uint8_t *bytes, size_t len)
{
	bytes[0] = bytes[len - 1];
}

static int take_lzo(const uint8_t *body, size_t len, uint8_t *scratch, size_t cap,
		    struct framing_result *out)
{
	lzo_uint n = cap;
	int ret = lzo1x_decompress_safe(body, len, scratch, &n, NULL);

	if (ret != LZO_E_OK)
		return refuse(out, "LZO decompression error", ret);
	out->packed_len = len;
	return take_plain(scratch, n, out);
}

static int take_lz4(const uint8_t *body, size_t len, uint8_t *scratch, size_t cap,
		    struct framing_result *out)
{
	int n = len > INT_MAX || cap > INT_MAX
			? -1
			: LZ4_decompress_safe((const char *)body, (char *)scratch, (int)len,
					      (int)cap);

	if (n <= 0)
		return refuse(out, "LZ4 decompression error", n);
	out->packed_len = len;
	return take_plain(scratch, (size_t)n, out);
}

static int read_lzo(bool real, uint8_t *bytes, size_t len, uint8_t *scratch, size_t cap,
		    struct framing_result *out)
{
	if (bytes[0] == CODE_PLAIN)
		return take_plain(bytes + 1, len - 1, out);
	if (!real)
		return refuse(out, "Bad compression stub decompression header byte", bytes[0]);
	if (bytes[0] == CODE_LZO)
		return take_lzo(bytes + 1, len - 1, scratch, cap, out);
	return refuse(out, "Bad LZO decompression header byte", bytes[0]);
}

static int read_swapped(bool real, uint8_t *bytes, size_t len, uint8_t *scratch, size_t cap,
			struct framing_result *out)
{
	uint8_t code = bytes[0];

	unswap(bytes, len);
	if (code == CODE_PLAIN_SWAP)
		return take_plain(bytes, len - 1, out);
	if (!real)
		return refuse(out, "Bad compression stub (swap) decompression header byte", code);
	if (code == CODE_LZ4)
		return take_lz4(bytes, len - 1, scratch, cap, out);
	return refuse(out, "Bad LZ4 decompression header byte", code);
}

static int read_v2(bool real, uint8_t *bytes, size_t len, uint8_t *scratch, size_t cap,
		   struct framing_result *out)
{
	const char *text = real ? "Bad LZ4v2 decompression header byte"
				: "Bad compression stubv2 decompression header byte";

	if (bytes[0] != ESCAPE_V2)
		return take_plain(bytes, len, out);
	if (len < 2)
		return refuse(out, text, ESCAPE_V2);
	if (bytes[1] == V2_PLAIN || bytes[1] == V2_PLAIN_OF_2X)
		return take_plain(bytes + 2, len - 2, out);
	if (real && bytes[1] == V2_LZ4)
		return take_lz4(bytes + 2, len - 2, scratch, cap, out);
	return refuse(out, text, bytes[1]);
}

int framing_read(enum data_framing framing, uint8_t *bytes, size_t len, uint8_t *scratch,
		 size_t cap, struct framing_result *out)
{
	*out = (struct framing_result){0};
	if (framing == DATA_FRAMING_NONE)
		return take_plain(bytes, len, out);
	if (!len)
		return refuse(out, "Bad compression stub decompression header byte", 0);
	switch (framing) {
	case DATA_FRAMING_NONE:
		break;
	case DATA_FRAMING_LZO_STUB:
	case DATA_FRAMING_LZO:
		return read_lzo(framing == DATA_FRAMING_LZO, bytes, len, scratch, cap, out);
	case DATA_FRAMING_STUB:
	case DATA_FRAMING_LZ4:
		return read_swapped(framing == DATA_FRAMING_LZ4, bytes, len, scratch, cap, out);
	case DATA_FRAMING_STUB_V2:
	case DATA_FRAMING_LZ4_V2:
		return read_v2(framing == DATA_FRAMING_LZ4_V2, bytes, len, scratch, cap, out);
	}
	return ERR_INTERNAL;
}
