/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/mac.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/random.h"
#include "engine/peer.h"

enum {
	BUCKETS = 4096
};

/* In the list of its bucket and in that of its peer. */
struct mac_entry {
	struct mac_entry *next;
	struct mac_entry *peer_next;
	struct engine_peer *peer;
	uint8_t mac[MAC_LEN];
};

struct mac_table {
	uint32_t seed;
	struct mac_entry *buckets[BUCKETS];
};

struct mac_table *mac_table_new(void)
{
	struct rng rng = rng_system();
	struct mac_table *t = calloc(1, sizeof(*t));

	if (t)
		t->seed = rng_u32(&rng);
	return t;
}

void mac_table_free(struct mac_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i]) {
			struct mac_entry *m = t->buckets[i];

			t->buckets[i] = m->next;
			free(m);
		}
	}
	free(t);
}

static struct mac_entry **find(struct mac_table *t, const uint8_t mac[MAC_LEN])
{
	uint32_t h = t->seed ^ load_be32(mac);
	struct mac_entry **at;

	h = (h ^ load_be16(mac + 4)) * 0x9e3779b1u;
	at = &t->buckets[(h ^ h >> 15) % BUCKETS];
	while (*at && memcmp((*at)->mac, mac, MAC_LEN) != 0)
		at = &(*at)->next;
	return at;
}

static void peer_unlink(struct mac_entry *m)
{
	struct mac_entry **at = &m->peer->macs;

	while (*at != m)
		at = &(*at)->peer_next;
	*at = m->peer_next;
	m->peer->mac_count--;
}

static void peer_link(struct mac_entry *m, struct engine_peer *peer)
{
	m->peer = peer;
	m->peer_next = peer->macs;
	peer->macs = m;
	peer->mac_count++;
}

int mac_table_learn(struct mac_table *t, const uint8_t mac[MAC_LEN], struct engine_peer *peer,
		    uint32_t quota)
{
	static const uint8_t zero[MAC_LEN];
	struct mac_entry **at = find(t, mac), *m = *at;

	if (m && m->peer == peer)
		return 0;
	if (mac[0] & 1 || !memcmp(mac, zero, MAC_LEN))
		return ERR_INVALID;
	if (peer->mac_count >= quota)
		return ERR_LIMIT;
	if (m) {
		peer_unlink(m);
	} else {
		m = calloc(1, sizeof(*m));
		if (!m)
			return ERR_NOMEM;
		memcpy(m->mac, mac, MAC_LEN);
		*at = m;
	}
	peer_link(m, peer);
	return 0;
}

struct engine_peer *mac_table_find(const struct mac_table *t, const uint8_t mac[MAC_LEN])
{
	const struct mac_entry *m = *find((struct mac_table *)(uintptr_t)t, mac);

	return m ? m->peer : NULL;
}

void mac_table_del_peer(struct mac_table *t, struct engine_peer *peer)
{
	while (peer->macs) {
		struct mac_entry *m = peer->macs, **at = find(t, m->mac);

		peer->macs = m->peer_next;
		*at = m->next;
		free(m);
	}
	peer->mac_count = 0;
}
