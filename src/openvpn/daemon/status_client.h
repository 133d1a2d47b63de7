/* SPDX-License-Identifier: GPL-2.0-only */
/* Status of a client or point-to-point end. Spec 07 section 2.4. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Since the start of the session (SIGUSR1 restarts them), bytes. */
struct status_client {
	uint64_t tun_read;  /* from the device, to be sent */
	uint64_t tun_write; /* to the device */
	uint64_t link_read; /* transport, control packets included */
	uint64_t link_write;
	uint64_t auth_read; /* of received packets that passed authentication */
	bool compression;   /* a compression framing is active: show the next four */
	uint64_t pre_compress, post_compress;
	uint64_t pre_decompress, post_decompress;
};

/** status_client_format() - "OpenVPN STATISTICS" ... "END", for all versions of --status-version */
void status_client_format(struct str *out, const struct status_client *s, uint64_t unix_sec);
