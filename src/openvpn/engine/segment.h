/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Large packets of the tun device: cut what the kernel hands over unsegmented (TSO, USO), finish
 * checksums it left out, and join what goes back to it. All pure functions over bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_net.h>

#include "base/attr.h"

enum {
	VNET_HDR_LEN = 10,
	SEGMENT_PACKET_MAX = 65535,
};

/* Cuts one large packet. */
struct segmenter {
	const uint8_t *packet;
	size_t header_len; /* IP and TCP or UDP header, which each segment repeats */
	size_t ip_len;	   /* of the IP header */
	size_t at;	   /* payload bytes done */
	size_t payload_len;
	size_t segment; /* payload bytes of each segment but the last */
	uint16_t index;
	bool tcp;
};

/** vnet_hdr_read() - the header in front of a packet of the device; it has VNET_HDR_LEN bytes */
struct virtio_net_hdr vnet_hdr_read(const uint8_t *bytes);
void vnet_hdr_write(uint8_t *bytes, const struct virtio_net_hdr *hdr);

/**
 * segment_finish_checksum() - compute the transport checksum that the kernel left to the device
 *
 * Return: 0, or ERR_INVALID when the offsets lie outside the packet.
 */
int segment_finish_checksum(const struct virtio_net_hdr *hdr, uint8_t *packet,
			    size_t len) MUST_CHECK;

/**
 * segmenter_init() - prepare to cut a packet whose header says so (gso_type is not NONE)
 *
 * Return: 0, ERR_INVALID when header and packet do not fit, ERR_UNSUPPORTED for unknown kinds.
 */
int segmenter_init(struct segmenter *s, const struct virtio_net_hdr *hdr, const uint8_t *packet,
		   size_t len) MUST_CHECK;

/** segmenter_next_len() - length of the next segment with headers; 0 when all are done */
size_t segmenter_next_len(const struct segmenter *s);

/** segmenter_next() - write the next segment, segmenter_next_len() bytes, to @out */
void segmenter_next(struct segmenter *s, uint8_t *out);
