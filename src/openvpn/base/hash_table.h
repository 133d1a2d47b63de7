/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of links that are embedded in what is looked up. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct hash_link {
	struct hash_link *next;
	uint32_t hash;
};

struct hash_table {
	struct hash_link **buckets;
	size_t size; /* power of two */
	size_t count;
	uint32_t seed; /* random, so that peers cannot choose colliding keys */
};

/** hash_table_init() - Return: 0 or ERR_NOMEM */
int hash_table_init(struct hash_table *t, uint32_t seed) MUST_CHECK;
/** hash_table_fini() - the links are not touched */
void hash_table_fini(struct hash_table *t);

/** hash_table_hash() - of @len bytes of key; several parts: pass the last result as @start, first
 * 0 */
uint32_t hash_table_hash(const struct hash_table *t, uint32_t start, const void *key, size_t len);

/** hash_table_add() - @link must not be in a table; equal keys are the caller's affair */
void hash_table_add(struct hash_table *t, struct hash_link *link, uint32_t hash);
void hash_table_del(struct hash_table *t, struct hash_link *link);

/** hash_table_first(), hash_table_next() - links with this hash: compare their keys */
struct hash_link *hash_table_first(const struct hash_table *t, uint32_t hash);
struct hash_link *hash_table_next(const struct hash_link *link);
