/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hash_table.h"

#include <stdlib.h>

#include "base/err.h"

enum {
	HASH_TABLE_FIRST_SIZE = 64
};

int hash_table_init(struct hash_table *t, uint32_t seed)
{
	*t = (struct hash_table){.size = HASH_TABLE_FIRST_SIZE, .seed = seed};
	t->buckets = calloc(t->size, sizeof(struct hash_link *));
	return t->buckets ? 0 : ERR_NOMEM;
}

void hash_table_fini(struct hash_table *t)
{
	free(t->buckets);
	*t = (struct hash_table){0};
}

/* FNV-1a with a seed and a final mix, because buckets are chosen by the low bits. */
uint32_t hash_table_hash(const struct hash_table *t, uint32_t start, const void *key, size_t len)
{
	const uint8_t *p = key;
	uint32_t h = start ? start : t->seed ^ 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	return h ? h : 1;
}

static void hash_table_grow(struct hash_table *t)
{
	size_t size = 2 * t->size;
	struct hash_link **buckets = calloc(size, sizeof(struct hash_link *));

	if (!buckets)
		return; /* chains become longer, nothing else */
	for (size_t i = 0; i < t->size; i++) {
		for (struct hash_link *link = t->buckets[i], *next; link; link = next) {
			next = link->next;
			link->next = buckets[link->hash & (size - 1)];
			buckets[link->hash & (size - 1)] = link;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->size = size;
}

void hash_table_add(struct hash_table *t, struct hash_link *link, uint32_t hash)
{
	struct hash_link **bucket;

	if (t->count >= t->size)
		hash_table_grow(t);
	bucket = &t->buckets[hash & (t->size - 1)];
	link->hash = hash;
	link->next = *bucket;
	*bucket = link;
	t->count++;
}

void hash_table_del(struct hash_table *t, struct hash_link *link)
{
	struct hash_link **p = &t->buckets[link->hash & (t->size - 1)];

	while (*p && *p != link)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = link->next;
	link->next = NULL;
	t->count--;
}

static struct hash_link *hash_table_match(struct hash_link *link, uint32_t hash)
{
	while (link && link->hash != hash)
		link = link->next;
	return link;
}

struct hash_link *hash_table_first(const struct hash_table *t, uint32_t hash)
{
	return hash_table_match(t->buckets[hash & (t->size - 1)], hash);
}

struct hash_link *hash_table_next(const struct hash_link *link)
{
	return hash_table_match(link->next, link->hash);
}
