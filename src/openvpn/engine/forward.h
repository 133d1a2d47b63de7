/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet between device and port. Spec 02 sections 1, 10, 13, 14. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct engine;
struct port;
struct engine_peer;
struct segmenter;

/** forward_from_device() - @packet may be changed (MSS clamp) */
void forward_from_device(struct engine *e, uint8_t *packet, size_t len);

/** forward_large_from_device() - a packet that has to be cut; no segment exceeds the device's limit
 */
void forward_large_from_device(struct engine *e, struct segmenter *s);

/**
 * forward_from_link() - one datagram or record
 * @remote: sender, never IPv4-mapped
 * @local: where it arrived when known, else AF_UNSPEC
 */
void forward_from_link(struct engine *e, struct port *port, const union sock_addr *remote,
		       const struct local_addr *local, const uint8_t *packet, size_t len);

/**
 * forward_broadcasts() - make copies of packets for all peers, a bounded number in one call
 *
 * What is left waits in the queue; with e->broadcast_waits until a UDP socket has room again.
 */
void forward_broadcasts(struct engine *e);

/** forward_out_of_sync() - a data packet of @p has a key id that nobody knows */
void forward_out_of_sync(struct engine *e, struct engine_peer *p, uint8_t key_id,
			 const union sock_addr *remote);

/**
 * forward_send() - seal a plaintext for one peer and queue it
 *
 * Return: 0 or the ERR_* for which it was dropped.
 */
int forward_send(struct engine *e, struct engine_peer *p, const uint8_t *plain, size_t len);
