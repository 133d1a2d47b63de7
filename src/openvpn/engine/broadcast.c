/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/broadcast.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
	ENTRIES_MAX = 1 << 28
};

struct entry {
	struct entry *next;
	struct broadcast body;
};

struct broadcast_queue {
	struct entry *first, **end;
	uint32_t count, room, longest;
};

struct broadcast_queue *broadcast_queue_new(uint32_t entries)
{
	struct broadcast_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->end = &q->first;
	q->room = 1;
	while (q->room < entries && q->room < ENTRIES_MAX)
		q->room *= 2;
	return q;
}

void broadcast_queue_free(struct broadcast_queue *q)
{
	if (!q)
		return;
	while (q->first)
		broadcast_queue_pop(q);
	free(q);
}

int broadcast_queue_put(struct broadcast_queue *q, const uint8_t *packet, size_t len, uint32_t but,
			uint16_t vid)
{
	struct entry *e = malloc(sizeof(*e) + len);
	int ret = 0;

	if (!e)
		return ERR_NOMEM;
	e->next = NULL;
	e->body.but = but;
	e->body.vid = vid;
	e->body.len = len;
	memcpy(e->body.packet, packet, len);
	if (q->count == q->room) {
		broadcast_queue_pop(q);
		ret = ERR_AGAIN;
	}
	*q->end = e;
	q->end = &e->next;
	q->count++;
	if (q->count > q->longest)
		q->longest = q->count;
	return ret;
}

const struct broadcast *broadcast_queue_first(const struct broadcast_queue *q)
{
	return q->first ? &q->first->body : NULL;
}

void broadcast_queue_pop(struct broadcast_queue *q)
{
	struct entry *e = q->first;

	if (!e)
		return;
	q->first = e->next;
	if (!q->first)
		q->end = &q->first;
	q->count--;
	free(e);
}

uint32_t broadcast_queue_longest(const struct broadcast_queue *q)
{
	return q->longest;
}
