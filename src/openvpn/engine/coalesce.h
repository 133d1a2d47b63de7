/* SPDX-License-Identifier: GPL-2.0-only */
/* Joins TCP packets that follow each other, so that the kernel takes them in one write. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/segment.h"

enum {
	COALESCE_FLOWS = 8, /* flows that are joined at the same time */
};

/*
 * The rules are those of a kernel's receive offload: packets are joined when cutting the result
 * again gives the very same packets. So headers must be equal but for sequence number, length,
 * identification and checksums, and each checksum must have been right - a packet that was
 * damaged behind the peer must not come out repaired.
 */
struct coalescer;

/* Gets a packet with VNET_HDR_LEN bytes in front; false: the device did not take it. */
typedef bool (*coalesce_write_fn)(void *ctx, const uint8_t *packet, size_t len);

/** coalescer_new() - NULL when out of memory */
struct coalescer *coalescer_new(coalesce_write_fn write, void *ctx) MUST_CHECK;
void coalescer_free(struct coalescer *c);

/**
 * coalescer_put() - take over a packet, to be written now or later
 * @room: VNET_HDR_LEN bytes, which are overwritten, then the packet
 * @len: without that room
 *
 * Packets of one flow are written in the order in which they came.
 *
 * Return: false when the device did not take @packet, which was to be written at once.
 */
bool coalescer_put(struct coalescer *c, uint8_t *room, size_t len);

/** coalescer_flush() - write everything that waits */
void coalescer_flush(struct coalescer *c);
