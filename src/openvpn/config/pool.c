/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct pool_block {
	struct pool_block *next;
	size_t used;
	size_t cap;
	max_align_t bytes[];
};

struct config_pool {
	unsigned int refs;
	struct config_pool *parent;
	struct pool_block *blocks;
	size_t total;
	bool failed;
};

enum {
	POOL_BLOCK_BYTES = 2048,
};

struct config_pool *pool_new(struct config_pool *parent)
{
	struct config_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->refs = 1;
	pool->parent = parent;
	if (parent)
		parent->refs++;
	return pool;
}

void pool_put(struct config_pool *pool)
{
	while (pool && --pool->refs == 0) {
		struct config_pool *parent = pool->parent;

		for (struct pool_block *b = pool->blocks; b;) {
			struct pool_block *next = b->next;

			secret_wipe(b->bytes, b->used); /* inline keys are in here */
			free(b);
			b = next;
		}
		free(pool);
		pool = parent;
	}
}

static struct pool_block *pool_grow(struct config_pool *pool, size_t len)
{
	size_t cap = len > POOL_BLOCK_BYTES ? len : POOL_BLOCK_BYTES;
	struct pool_block *b = NULL;

	if (pool->total <= CONFIG_POOL_MAX_BYTES && cap <= CONFIG_POOL_MAX_BYTES - pool->total)
		b = calloc(1, sizeof(*b) + cap);
	if (!b) {
		pool->failed = true;
		return NULL;
	}
	b->cap = cap;
	b->next = pool->blocks;
	pool->blocks = b;
	pool->total += cap;
	return b;
}

void *pool_alloc(struct config_pool *pool, size_t len)
{
	const size_t align = sizeof(max_align_t);
	struct pool_block *b = pool->blocks;

	if (len > CONFIG_POOL_MAX_BYTES) {
		pool->failed = true;
		return NULL;
	}
	len = (len + align - 1) / align * align;
	if (!b || b->cap - b->used < len)
		b = pool_grow(pool, len);
	if (!b)
		return NULL;

	void *p = (uint8_t *)b->bytes + b->used;

	b->used += len;
	return p;
}

char *pool_strndup(struct config_pool *pool, const char *text, size_t len)
{
	char *copy = pool_alloc(pool, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

char *pool_strdup(struct config_pool *pool, const char *text)
{
	return text ? pool_strndup(pool, text, strlen(text)) : NULL;
}

bool pool_failed(const struct config_pool *pool)
{
	return pool->failed;
}

static bool list_make_room(struct config_pool *pool, struct config_list *list, size_t room,
			   size_t item_size)
{
	if (list->owner == pool && list->room >= room)
		return true;
	if (room < list->count * 2)
		room = list->count * 2;

	void *items = pool_alloc(pool, room * item_size);

	if (!items)
		return false;
	if (list->count > 0)
		memcpy(items, list->items, list->count * item_size);
	list->items = items;
	list->room = room;
	list->owner = pool;
	return true;
}

void *list_add(struct config_pool *pool, struct config_list *list, const void *item,
	       size_t item_size)
{
	if (!list_make_room(pool, list, list->count + 1, item_size))
		return NULL;

	void *slot = (uint8_t *)list->items + list->count * item_size;

	memcpy(slot, item, item_size);
	list->count++;
	return slot;
}

void *list_own(struct config_pool *pool, struct config_list *list, size_t item_size)
{
	if (pool->refs > 1)
		list->owner = NULL; /* a copy of the configuration may read the same items */
	return list_make_room(pool, list, list->count > 0 ? list->count : 1, item_size)
		       ? list->items
		       : NULL;
}

void list_remove(struct config_pool *pool, struct config_list *list, size_t index, size_t item_size)
{
	if (index >= list->count || !list_own(pool, list, item_size))
		return;

	uint8_t *at = (uint8_t *)list->items + index * item_size;

	memmove(at, at + item_size, (list->count - index - 1) * item_size);
	list->count--;
}
