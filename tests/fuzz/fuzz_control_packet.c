/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers, ACK records and TLVs of control packets. */
#include <stdlib.h>

#include "base/err.h"
#include "proto/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct packet_header h;
	struct ack_record ack;
	struct early_neg neg;
	uint8_t copy[64];
	struct wr w = wr_init(copy, sizeof(copy));

	if (packet_header_read(&r, &h) < 0 || ack_record_read(&r, &ack) < 0)
		return 0;
	/* what was read is written back as it stood */
	packet_header_write(&w, &h);
	ack_record_write(&w, &ack);
	if (wr_error(&w) < 0 || w.len + rd_left(&r) != size)
		abort();
	for (size_t i = 0; i < w.len; i++)
		if (copy[i] != data[i])
			abort();
	rd_u32(&r);
	(void)!early_neg_read(&r, &neg);
	return 0;
}
