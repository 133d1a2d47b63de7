/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a configuration: freed (and wiped) as a whole, shared with copies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "config/config.h"

enum {
	/* Bounds what a server can make a client keep by sending options again and again. */
	CONFIG_POOL_MAX_BYTES = 64 * 1024 * 1024,
};

/** pool_new() - an empty pool; @parent (may be NULL) lives at least as long as the new one */
struct config_pool *pool_new(struct config_pool *parent) MUST_CHECK;
/** pool_put() - give up one reference; the last one wipes and frees */
void pool_put(struct config_pool *pool);

/**
 * pool_alloc() - zeroed memory, aligned for any type
 *
 * Return: NULL when out of memory; the pool remembers it, so that a caller may test
 * pool_failed() once after several steps.
 */
void *pool_alloc(struct config_pool *pool, size_t len) MUST_CHECK;
/** pool_strndup() - a terminated copy of @len bytes */
char *pool_strndup(struct config_pool *pool, const char *text, size_t len) MUST_CHECK;
/** pool_strdup() - NULL for NULL */
char *pool_strdup(struct config_pool *pool, const char *text) MUST_CHECK;
bool pool_failed(const struct config_pool *pool);

/**
 * list_add() - append a copy of an item
 *
 * A list that belongs to another pool (of which this configuration is a copy) is copied first.
 *
 * Return: the new item, or NULL when out of memory.
 */
void *list_add(struct config_pool *pool, struct config_list *list, const void *item,
	       size_t item_size);
/** list_own() - make sure that the items may be changed in place. Return: NULL: out of memory. */
void *list_own(struct config_pool *pool, struct config_list *list, size_t item_size);
/** list_remove() - drop item @index */
void list_remove(struct config_pool *pool, struct config_list *list, size_t index,
		 size_t item_size);

/** list_clear() - forget the items; the memory stays with the pool */
static inline void list_clear(struct config_list *list)
{
	*list = (struct config_list){0};
}

#define LIST_ADD(cfg, l, value) \
	list_add((cfg)->pool, &(l)->list, &(__typeof__(*(l)->at)){value}, sizeof(*(l)->at))
#define LIST_ADD_ITEM(cfg, l, item) list_add((cfg)->pool, &(l)->list, item, sizeof(*(l)->at))
#define LIST_CLEAR(l)		    list_clear(&(l)->list)
