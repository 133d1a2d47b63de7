/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame out of the tunnel that may be an answer of a DHCP server. */
#include <stdlib.h>
#include <string.h>

#include "engine/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size ? size : 1);
	struct in_addr router;

	if (!frame)
		abort();
	memcpy(frame, data, size);
	/* nothing is left for a second time */
	if (dhcp_take_router(frame, size, &router) && dhcp_take_router(frame, size, &router))
		abort();
	free(frame);
	return 0;
}
