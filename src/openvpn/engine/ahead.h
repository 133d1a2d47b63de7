/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Among thousands of peers hardly anything of a packet's peer is in the cache: some 40 lines, and
 * waiting for one after another takes longer than the packet. So a look is taken at several
 * packets before the work, and their memory is asked for step by step: what names the next lines
 * must have arrived, and has while the same was done for the others. Changes nothing but time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

enum {
	AHEAD_MAX = 16, /* packets; the lines of all fit into the nearest cache */
};

struct ahead_packet {
	uint8_t *bytes;
	size_t len;
};

/** ahead_pays() - whether there are so many peers that it is worth while */
bool ahead_pays(const struct engine *e);

/** ahead_from_link() - @count datagrams, at most AHEAD_MAX, go to forward_from_link() next */
void ahead_from_link(const struct engine *e, const struct ahead_packet *packets,
		     unsigned int count);

/** ahead_from_device() - the same for IP packets and forward_from_device() */
void ahead_from_device(const struct engine *e, const struct ahead_packet *packets,
		       unsigned int count);
