/* SPDX-License-Identifier: GPL-2.0-only */
/* Which peer an Ethernet address was last seen at. Spec 02 sections 13.2, 13.5. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "data/inner.h"

struct engine_peer;
struct mac_table;

/** mac_table_new() - NULL when out of memory */
struct mac_table *mac_table_new(void) MUST_CHECK;
void mac_table_free(struct mac_table *t);

/**
 * mac_table_learn() - @mac sends through @peer now, wherever it was before
 * @quota: how many addresses one peer may have
 *
 * Return: 0; ERR_INVALID for a multicast or zero address; ERR_LIMIT when the quota is used up;
 * ERR_NOMEM. On error the address belongs to nobody new.
 */
int mac_table_learn(struct mac_table *t, const uint8_t mac[MAC_LEN], struct engine_peer *peer,
		    uint32_t quota);

struct engine_peer *mac_table_find(const struct mac_table *t, const uint8_t mac[MAC_LEN]);

/** mac_table_del_peer() - forget all addresses of @peer */
void mac_table_del_peer(struct mac_table *t, struct engine_peer *peer);
