/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/ping.h"

#include <string.h>

static const uint8_t ping_bytes[PING_LEN] = {0x2a, 0x18, 0x7b, 0xf3, 0x64, 0x1e, 0xb4, 0xcb,
					     0x07, 0xed, 0x2d, 0x0a, 0x98, 0x1f, 0xc7, 0x48};
static const uint8_t occ_magic[OCC_MAGIC_LEN] = {0x28, 0x7f, 0x34, 0x6b, 0xd4, 0xef, 0x7a, 0x81,
						 0x2d, 0x56, 0xb8, 0xd3, 0xaf, 0xc5, 0x45, 0x9c};

const uint8_t *ping_payload(void)
{
	return ping_bytes;
}

bool ping_matches(const uint8_t *plain, size_t len)
{
	return len == PING_LEN && !memcmp(plain, ping_bytes, PING_LEN);
}

bool occ_matches(const uint8_t *plain, size_t len)
{
	return len >= OCC_MAGIC_LEN && !memcmp(plain, occ_magic, OCC_MAGIC_LEN);
}

static void occ_parse_body(struct rd *r, struct occ_message *out)
{
	size_t len;

	switch (out->op) {
	case OCC_REPLY:
		out->options = (const char *)rd_rest(r, &len);
		if (!len || !memchr(out->options, 0, len))
			out->op = OCC_NONE;
		break;
	case OCC_MTU_LOAD_REQUEST:
		out->size = rd_u16(r);
		break;
	case OCC_MTU_REPLY:
		out->max_received = rd_u16(r);
		out->max_sent = rd_u16(r);
		break;
	default:
		break;
	}
}

void occ_parse(const uint8_t *plain, size_t len, struct occ_message *out)
{
	struct rd r = rd_init(plain, len);
	uint8_t op;

	*out = (struct occ_message){.op = OCC_NONE};
	rd_skip(&r, OCC_MAGIC_LEN);
	op = rd_u8(&r);
	if (rd_error(&r) || op >= OCC_NONE)
		return;
	out->op = (enum occ_op)op;
	occ_parse_body(&r, out);
	if (rd_error(&r))
		*out = (struct occ_message){.op = OCC_NONE};
}

void occ_write(struct wr *w, const struct occ_message *msg)
{
	uint8_t *filler;

	wr_bytes(w, occ_magic, sizeof(occ_magic));
	wr_u8(w, (uint8_t)msg->op);
	switch (msg->op) {
	case OCC_REPLY:
		wr_bytes(w, msg->options, strlen(msg->options) + 1);
		break;
	case OCC_MTU_LOAD_REQUEST:
		wr_u16(w, msg->size);
		break;
	case OCC_MTU_LOAD:
		filler = wr_reserve(w, msg->size);
		if (filler)
			memset(filler, 0, msg->size);
		break;
	case OCC_MTU_REPLY:
		wr_u16(w, msg->max_received);
		wr_u16(w, msg->max_sent);
		break;
	default:
		break;
	}
}

static uint16_t load_size(size_t wanted, size_t packet_max, size_t around)
{
	size_t size = wanted < packet_max ? wanted : packet_max;

	around += OCC_MAGIC_LEN + 1;
	return size > around ? (uint16_t)(size - around) : 0;
}

bool occ_answer(const struct occ_message *msg, const char *options, const struct occ_sizes *sizes,
		size_t packet_max, size_t around, struct wr *w)
{
	struct occ_message reply = {0};

	switch (msg->op) {
	case OCC_REQUEST:
		reply.op = OCC_REPLY;
		reply.options = options;
		break;
	case OCC_MTU_LOAD_REQUEST:
		reply.op = OCC_MTU_LOAD;
		reply.size = load_size(msg->size, packet_max, around);
		break;
	case OCC_MTU_REQUEST:
		reply.op = OCC_MTU_REPLY;
		reply.max_received = sizes->max_received;
		reply.max_sent = sizes->max_sent;
		break;
	default:
		return false;
	}
	occ_write(w, &reply);
	return !wr_error(w);
}
