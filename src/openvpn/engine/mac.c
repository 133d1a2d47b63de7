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

/*
 * In the list of its bucket and in that of its peer. While the control thread is asked whether a
 * peer may have an address, that is an entry of its own beside the one of the present owner.
 */
struct mac_entry {
	struct mac_entry *next;
	struct mac_entry *peer_next;
	struct engine_peer *peer;
	uint64_t used_ms; /* last frame from it */
	uint8_t mac[MAC_KEY_LEN];
	bool claim; /* asked for, not decided: nothing goes there */
	bool told;  /* the control thread knows of it */
};

struct mac_table {
	uint32_t seed;
	bool ask;
	struct mac_entry *buckets[BUCKETS];
};

struct mac_table *mac_table_new(bool ask)
{
	struct rng rng = rng_system();
	struct mac_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->seed = rng_u32(&rng);
	t->ask = ask;
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

void mac_key(uint8_t key[MAC_KEY_LEN], const uint8_t mac[MAC_LEN], uint16_t vid)
{
	memcpy(key, mac, MAC_LEN);
	store_be16(key + MAC_LEN, vid);
}

static struct mac_entry **bucket(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN])
{
	uint32_t h = t->seed ^ load_be32(mac);

	h = (h ^ load_be32(mac + 4)) * 0x9e3779b1u;
	return &t->buckets[(h ^ h >> 15) % BUCKETS];
}

/* What belongs to somebody. */
static struct mac_entry **find(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN])
{
	struct mac_entry **at = bucket(t, mac);

	while (*at && ((*at)->claim || memcmp((*at)->mac, mac, MAC_KEY_LEN) != 0))
		at = &(*at)->next;
	return at;
}

/* What @peer has or claims. */
static struct mac_entry **find_of(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN],
				  const struct engine_peer *peer)
{
	struct mac_entry **at = bucket(t, mac);

	while (*at && ((*at)->peer != peer || memcmp((*at)->mac, mac, MAC_KEY_LEN) != 0))
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
	m->peer->mac_news -= !m->told;
}

static void peer_link(struct mac_entry *m, struct engine_peer *peer)
{
	m->peer = peer;
	m->peer_next = peer->macs;
	m->told = false;
	peer->macs = m;
	peer->mac_count++;
	peer->mac_news++;
}

static void entry_delete(struct mac_table *t, struct mac_entry *m)
{
	struct mac_entry **at = bucket(t, m->mac);

	while (*at != m)
		at = &(*at)->next;
	peer_unlink(m);
	*at = m->next;
	free(m);
}

static int learn_new(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN], struct engine_peer *peer,
		     uint32_t quota, uint64_t now_ms)
{
	static const uint8_t zero[MAC_LEN];
	struct mac_entry **at = find(t, mac), *m = t->ask ? NULL : *at;

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
		memcpy(m->mac, mac, MAC_KEY_LEN);
		at = bucket(t, mac);
		m->next = *at;
		*at = m;
	}
	m->used_ms = now_ms;
	m->claim = t->ask;
	peer_link(m, peer);
	return m->claim ? ERR_AGAIN : 0;
}

int mac_table_learn(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN], struct engine_peer *peer,
		    uint32_t quota, uint64_t now_ms)
{
	struct mac_entry *m = *find_of(t, mac, peer);

	if (!m)
		return learn_new(t, mac, peer, quota, now_ms);
	m->used_ms = now_ms;
	return m->claim ? ERR_AGAIN : 0;
}

struct engine_peer *mac_table_find(const struct mac_table *t, const uint8_t mac[MAC_KEY_LEN])
{
	const struct mac_entry *m = *find((struct mac_table *)(uintptr_t)t, mac);

	return m ? m->peer : NULL;
}

bool mac_table_news(struct engine_peer *peer, uint8_t mac[MAC_KEY_LEN])
{
	struct mac_entry *m = peer->mac_news ? peer->macs : NULL;

	while (m && m->told)
		m = m->peer_next;
	if (!m)
		return false;
	m->told = true;
	peer->mac_news--;
	memcpy(mac, m->mac, MAC_KEY_LEN);
	return true;
}

void mac_table_decide(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN], struct engine_peer *peer,
		      bool allow)
{
	struct mac_entry *m = *find_of(t, mac, peer), *owner;

	if (!m)
		return;
	if (!allow) {
		entry_delete(t, m);
	} else if (m->claim) {
		owner = *find(t, mac);
		if (owner)
			entry_delete(t, owner);
		m->claim = false;
	}
}

int mac_table_idle(struct mac_table *t, const uint8_t mac[MAC_KEY_LEN],
		   const struct engine_peer *peer, uint64_t now_ms, uint64_t *idle_ms)
{
	const struct mac_entry *m = *find_of(t, mac, peer);

	if (!m)
		return ERR_NOT_FOUND;
	*idle_ms = now_ms - m->used_ms;
	return 0;
}

void mac_table_del_peer(struct mac_table *t, struct engine_peer *peer)
{
	while (peer->macs)
		entry_delete(t, peer->macs);
}
