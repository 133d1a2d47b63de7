/* SPDX-License-Identifier: GPL-2.0-only */
/* The environment that scripts get: nothing is inherited from our own (spec 03 section 3.11.3). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct env;

struct env *env_new(void) MUST_CHECK;
/** env_clone() - an independent copy, e.g. for a client instance; NULL when out of memory */
struct env *env_clone(const struct env *env) MUST_CHECK;
/** env_reset() - make @env what @to is; ERR_NOMEM leaves it as it was */
int env_reset(struct env *env, const struct env *to) MUST_CHECK;
void env_free(struct env *env);

/**
 * env_set() - set or replace a variable
 * @name: characters other than letters, digits and '_' are removed
 * @value: non-printable bytes are removed; NULL deletes the variable
 *
 * An allocation that fails marks the set; see env_failed().
 */
void env_set(struct env *env, const char *name, const char *value);
void env_setf(struct env *env, const char *name, const char *fmt, ...) PRINTF_FMT(3, 4);
void env_del(struct env *env, const char *name);
/** env_del_prefix() - delete every variable whose name starts with @prefix */
void env_del_prefix(struct env *env, const char *prefix);
/** env_get() - the value, borrowed until the next change, or NULL */
const char *env_get(const struct env *env, const char *name);
bool env_failed(const struct env *env);
size_t env_count(const struct env *env);
/** env_at() - "NAME=value" number @index in order of setting, borrowed until the next change */
const char *env_at(const struct env *env, size_t index);
/** env_list() - NULL-terminated array for execve(), borrowed until the next change */
char *const *env_list(const struct env *env);
