/* SPDX-License-Identifier: GPL-2.0-only */
/* Which peer an Ethernet address was last seen at. Spec 02 sections 13.2, 13.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "data/inner.h"
#include "dco.h"

struct engine_peer;
struct mac_table;

enum {
	MAC_KEY_LEN = DCO_MAC_LEN
};

/** mac_key() - how the functions below want an address: with its VLAN, 0 without VLANs */
void mac_key(uint8_t key[MAC_KEY_LEN], const uint8_t mac[MAC_LEN], uint16_t vid);

/**
 * mac_table_new() - NULL when out of memory
 * @ask: an address that a peer does not have yet is only claimed until mac_table_decide()
 */
struct mac_table *mac_table_new(bool ask) MUST_CHECK;
void mac_table_free(struct mac_table *t);

/**
 * mac_table_learn() - @mac sends through @peer now, wherever it was before
 * @quota: how many addresses one peer may have
 *
 * Return: 0; ERR_AGAIN while it is undecided; ERR_INVALID for a multicast or zero address;
 * ERR_LIMIT when the quota is used up; ERR_NOMEM. On error the address belongs to nobody new.
 */
int mac_table_learn(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN], struct engine_peer *peer,
		    uint32_t quota, uint64_t now_ms);

/** mac_table_news() - one that @peer has or claims and nobody was told of; false: no more */
bool mac_table_news(struct engine_peer *peer, uint8_t mac[MAC_KEY_LEN]);

/** mac_table_decide() - @peer may have the address, which another one loses by that; or it must not
 */
void mac_table_decide(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN], struct engine_peer *peer,
		      bool allow);

/** mac_table_idle() - since the last frame from @mac. Return: 0, or ERR_NOT_FOUND. */
int mac_table_idle(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN],
		   const struct engine_peer *peer, uint64_t now_ms, uint64_t *idle_ms);

struct engine_peer *mac_table_find(const struct mac_table *t, const uint8_t mac[MAC_KEY_LEN]);

/** mac_table_del_peer() - forget all addresses of @peer */
void mac_table_del_peer(struct mac_table *t, struct engine_peer *peer);
