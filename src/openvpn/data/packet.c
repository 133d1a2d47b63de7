/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/packet.h"

#include "base/err.h"

int data_header_parse(struct rd *r, struct data_header *out)
{
	uint8_t first = rd_u8(r);

	*out = (struct data_header){.key_id = first & 7, .peer_id = DATA_PEER_ID_UNDEF};
	if (rd_error(r))
		return ERR_SHORT;
	switch (first >> 3) {
	case DATA_OPCODE_V1:
		return 0;
	case DATA_OPCODE_V2:
		out->v2 = true;
		out->peer_id = rd_u24(r);
		if (rd_error(r))
			out->peer_id = DATA_PEER_ID_UNDEF;
		return rd_error(r);
	default:
		return ERR_OPCODE;
	}
}

void data_header_write(struct wr *w, const struct data_header *hdr)
{
	if (!hdr->v2) {
		wr_u8(w, (uint8_t)(DATA_OPCODE_V1 << 3 | hdr->key_id));
		return;
	}
	wr_u8(w, (uint8_t)(DATA_OPCODE_V2 << 3 | hdr->key_id));
	wr_u24(w, hdr->peer_id);
}
