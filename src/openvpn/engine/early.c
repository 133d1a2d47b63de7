/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/early.h"

#include <stdlib.h>
#include <string.h>

#include "engine/forward.h"
#include "engine/peer.h"
#include "engine/state.h"

struct early_packet {
	uint64_t since_ms;
	uint32_t peer_id;
	uint8_t key_id;
	union sock_addr remote;
	struct local_addr local;
	size_t len; /* 0: free */
	uint8_t bytes[EARLY_PACKET_MAX];
};

struct early_packets {
	struct early_packet packets[EARLY_PACKETS];
	unsigned int next; /* the place of the oldest */
	unsigned int count;
};

struct early_packets *early_new(void)
{
	return calloc(1, sizeof(struct early_packets));
}

void early_free(struct early_packets *early)
{
	free(early);
}

static struct engine_peer *owner(struct engine *e, const struct early_packet *w)
{
	struct engine_peer *p = peer_table_find(&e->peers, w->peer_id);

	return p && !p->gone ? p : NULL;
}

static void give_up(struct engine *e, struct early_packet *w)
{
	struct engine_peer *p = owner(e, w);

	w->len = 0;
	e->early->count--;
	if (p)
		forward_out_of_sync(e, p, w->key_id, &w->remote);
}

bool early_keep(struct engine *e, const struct engine_peer *p, uint8_t key_id,
		const union sock_addr *remote, const struct local_addr *local,
		const uint8_t *packet, size_t len)
{
	struct early_packet *w = &e->early->packets[e->early->next];

	/* Without any key the peer is not set up: nothing of it can be meant for us yet. */
	if (!len || len > EARLY_PACKET_MAX || !p->keys[DCO_SLOT_PRIMARY])
		return false;
	if (w->len)
		give_up(e, w);
	*w = (struct early_packet){.since_ms = e->now_ms,
				   .peer_id = p->id,
				   .key_id = key_id,
				   .remote = *remote,
				   .local = *local,
				   .len = len};
	memcpy(w->bytes, packet, len);
	e->early->next = (e->early->next + 1) % EARLY_PACKETS;
	e->early->count++;
	return true;
}

bool early_waits(const struct early_packets *early)
{
	return early->count > 0;
}

void early_retry(struct engine *e)
{
	struct early_packets *early = e->early;

	for (unsigned int i = 0; early->count && i < EARLY_PACKETS; i++) {
		struct early_packet *w = &early->packets[(early->next + i) % EARLY_PACKETS];
		struct engine_peer *p = w->len ? owner(e, w) : NULL;
		size_t len = w->len;

		if (!len)
			continue;
		if (p && engine_peer_key_find(p, w->key_id)) {
			w->len = 0;
			early->count--;
			forward_from_link(e, p->port, &w->remote, &w->local, w->bytes, len);
		} else if (!p || e->now_ms - w->since_ms >= EARLY_WAIT_MS) {
			give_up(e, w);
		}
	}
}
