/* SPDX-License-Identifier: GPL-2.0-only */
/* Data packets that overtook the installation of their key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

/*
 * The control thread makes a key while the worker goes on receiving, and the peer may use the key
 * as soon as its own side has it. The few packets in between wait here, at most EARLY_WAIT_MS, so
 * that a renegotiation loses nothing. They are not authenticated yet: there is a fixed number of
 * places, and the oldest packet gives way.
 */
struct early_packets;
struct engine;
struct engine_peer;

enum {
	EARLY_PACKETS = 32,
	EARLY_PACKET_MAX = 2048, /* longer ones are not kept */
	EARLY_WAIT_MS = 1000,
};

struct early_packets *early_new(void) MUST_CHECK;
void early_free(struct early_packets *early);

/**
 * early_keep() - a packet of @p names a key that is not there
 *
 * Return: whether it waits now; else the caller reports it.
 */
bool early_keep(struct engine *e, const struct engine_peer *p, uint8_t key_id,
		const union sock_addr *remote, const struct local_addr *local,
		const uint8_t *packet, size_t len);

/** early_waits() - whether any packet waits for its key */
bool early_waits(const struct early_packets *early);

/** early_retry() - by the worker: receive those whose key has come, report those that are too old
 */
void early_retry(struct engine *e);
