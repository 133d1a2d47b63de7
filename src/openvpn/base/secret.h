/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for secrets: wiped when freed, compared in constant time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/**
 * secret_alloc() - zeroed memory for a secret
 *
 * With --mlock the whole process is locked into memory, so it is never swapped.
 *
 * Return: memory to be released by secret_free(), or NULL when out of memory.
 */
void *secret_alloc(size_t len) MUST_CHECK;

/** secret_free() - wipe and release what secret_alloc() returned; NULL is fine */
void secret_free(void *p);

/** secret_strdup() - a copy in secret memory, or NULL when out of memory or @s is NULL */
char *secret_strdup(const char *s) MUST_CHECK;

/** secret_wipe() - overwrite @len bytes; the compiler may not leave it out */
void secret_wipe(void *p, size_t len);

/** secret_equal() - compare in a time that depends on @len only */
bool secret_equal(const void *a, const void *b, size_t len);

/** secret_is_zero() - whether all @len bytes are zero, in constant time */
bool secret_is_zero(const void *p, size_t len);
