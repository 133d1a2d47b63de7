/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/packet.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"

const char *opcode_name(unsigned int opcode)
{
	static const char *const names[] = {
		[OP_CONTROL_HARD_RESET_CLIENT_V1] = "P_CONTROL_HARD_RESET_CLIENT_V1",
		[OP_CONTROL_HARD_RESET_SERVER_V1] = "P_CONTROL_HARD_RESET_SERVER_V1",
		[OP_CONTROL_SOFT_RESET_V1] = "P_CONTROL_SOFT_RESET_V1",
		[OP_CONTROL_V1] = "P_CONTROL_V1",
		[OP_ACK_V1] = "P_ACK_V1",
		[OP_DATA_V1] = "P_DATA_V1",
		[OP_CONTROL_HARD_RESET_CLIENT_V2] = "P_CONTROL_HARD_RESET_CLIENT_V2",
		[OP_CONTROL_HARD_RESET_SERVER_V2] = "P_CONTROL_HARD_RESET_SERVER_V2",
		[OP_DATA_V2] = "P_DATA_V2",
		[OP_CONTROL_HARD_RESET_CLIENT_V3] = "P_CONTROL_HARD_RESET_CLIENT_V3",
		[OP_CONTROL_WKC_V1] = "P_CONTROL_WKC_V1",
	};

	if (opcode < ARRAY_SIZE(names) && names[opcode])
		return names[opcode];
	return "P_???";
}

bool opcode_is_hard_reset(unsigned int opcode)
{
	return opcode == OP_CONTROL_HARD_RESET_CLIENT_V2 ||
	       opcode == OP_CONTROL_HARD_RESET_SERVER_V2 ||
	       opcode == OP_CONTROL_HARD_RESET_CLIENT_V3;
}

bool opcode_carries_wkc(unsigned int opcode)
{
	return opcode == OP_CONTROL_HARD_RESET_CLIENT_V3 || opcode == OP_CONTROL_WKC_V1;
}

struct session_id session_id_random(const struct rng *rng)
{
	struct session_id sid;

	do
		rng_fill(rng, sid.b, sizeof(sid.b));
	while (!session_id_is_set(&sid));
	return sid;
}

bool session_id_is_set(const struct session_id *sid)
{
	return !secret_is_zero(sid->b, sizeof(sid->b));
}

bool session_id_equal(const struct session_id *a, const struct session_id *b)
{
	return secret_equal(a->b, b->b, sizeof(a->b));
}

const char *session_id_format(const struct session_id *sid, char buf[SESSION_ID_TEXT_LEN])
{
	snprintf(buf, SESSION_ID_TEXT_LEN, "%08x %08x", load_be32(sid->b), load_be32(sid->b + 4));
	return buf;
}

int packet_header_read(struct rd *r, struct packet_header *h)
{
	uint8_t first = rd_u8(r);

	if (rd_error(r) < 0)
		return ERR_SHORT;
	h->opcode = packet_opcode(first);
	h->key_id = packet_key_id(first);
	rd_copy(r, h->sid.b, sizeof(h->sid.b));
	if (rd_error(r) < 0 || !session_id_is_set(&h->sid))
		return ERR_SESSION_ID;
	return 0;
}

void packet_header_write(struct wr *w, const struct packet_header *h)
{
	wr_u8(w, packet_first_byte((enum opcode)h->opcode, h->key_id));
	wr_bytes(w, h->sid.b, sizeof(h->sid.b));
}

int ack_record_read(struct rd *r, struct ack_record *ack)
{
	ack->count = rd_u8(r);
	if (ack->count > ACK_IDS_MAX)
		return ERR_ACK_COUNT;
	for (unsigned int i = 0; i < ack->count; i++)
		ack->id[i] = rd_u32(r);
	memset(&ack->addressee, 0, sizeof(ack->addressee));
	if (ack->count > 0) {
		rd_copy(r, ack->addressee.b, sizeof(ack->addressee.b));
		if (!rd_error(r) && !session_id_is_set(&ack->addressee))
			return ERR_SESSION_ID;
	}
	return rd_error(r);
}

void ack_record_write(struct wr *w, const struct ack_record *ack)
{
	wr_u8(w, ack->count);
	for (unsigned int i = 0; i < ack->count; i++)
		wr_u32(w, ack->id[i]);
	if (ack->count > 0)
		wr_bytes(w, ack->addressee.b, sizeof(ack->addressee.b));
}

size_t ack_record_len(size_t count)
{
	return count ? 1 + 4 * count + SID_LEN : 1;
}

int early_neg_read(struct rd *r, struct early_neg *neg)
{
	*neg = (struct early_neg){0};
	while (rd_left(r) > 0) {
		uint16_t type = rd_u16(r);
		uint16_t len = rd_u16(r);
		struct rd value = rd_sub(r, len);

		if (rd_error(r) < 0)
			return ERR_TLV;
		if (type != TLV_EARLY_NEG_FLAGS)
			continue;
		if (len != 2)
			return ERR_TLV;
		if (rd_u16(&value) & EARLY_NEG_RESEND_WKC)
			neg->resend_wkc = true;
	}
	return rd_error(r) < 0 ? ERR_TLV : 0;
}

void early_neg_write(struct wr *w, const struct early_neg *neg)
{
	if (!neg->resend_wkc)
		return;
	wr_u16(w, TLV_EARLY_NEG_FLAGS);
	wr_u16(w, 2);
	wr_u16(w, EARLY_NEG_RESEND_WKC);
}
