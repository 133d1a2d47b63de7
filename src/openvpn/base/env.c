/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/env.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

struct env {
	char **list; /* count strings and a NULL */
	size_t count;
	size_t cap;
	bool failed;
};

/* Values may be passwords (via-env), so they are wiped. */
static void entry_free(char *entry)
{
	if (!entry)
		return;
	secret_wipe(entry, strlen(entry));
	free(entry);
}

struct env *env_new(void)
{
	struct env *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->cap = 16;
	e->list = calloc(e->cap, sizeof(*e->list));
	if (!e->list) {
		free(e);
		return NULL;
	}
	return e;
}

void env_free(struct env *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++)
		entry_free(e->list[i]);
	free(e->list);
	free(e);
}

static bool env_append(struct env *e, char *entry)
{
	if (e->count + 2 > e->cap) {
		char **list = realloc(e->list, 2 * e->cap * sizeof(*list));

		if (!list)
			return false;
		e->list = list;
		e->cap *= 2;
	}
	e->list[e->count++] = entry;
	e->list[e->count] = NULL;
	return true;
}

struct env *env_clone(const struct env *env)
{
	struct env *copy = env_new();

	for (size_t i = 0; copy && i < env->count; i++) {
		char *entry = strdup(env->list[i]);

		if (!entry || !env_append(copy, entry)) {
			entry_free(entry);
			env_free(copy);
			return NULL;
		}
	}
	return copy;
}

int env_reset(struct env *env, const struct env *to)
{
	struct env *copy = env_clone(to);
	struct env old = *env;

	if (!copy)
		return ERR_NOMEM;
	*env = *copy;
	*copy = old;
	env_free(copy);
	return 0;
}

static bool entry_is(const char *entry, const char *name, size_t len)
{
	return entry[0] == name[0] && strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static size_t env_find(const struct env *e, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < e->count; i++)
		if (entry_is(e->list[i], name, len))
			return i;
	return e->count;
}

static void env_remove(struct env *e, size_t at)
{
	entry_free(e->list[at]);
	memmove(e->list + at, e->list + at + 1, (e->count - at) * sizeof(*e->list));
	e->count--;
}

static char *entry_make(const char *name, const char *value)
{
	char *entry = malloc(strlen(name) + strlen(value) + 2);
	char *p = entry;

	if (!entry)
		return NULL;
	for (; *name; name++)
		if (isalnum((unsigned char)*name) || *name == '_')
			*p++ = *name;
	*p++ = '=';
	for (; *value; value++)
		if ((unsigned char)*value >= 32 && *value != 127)
			*p++ = *value;
	*p = '\0';
	return entry;
}

void env_set(struct env *e, const char *name, const char *value)
{
	char *entry, *equals;
	size_t at;

	if (!value) {
		env_del(e, name);
		return;
	}
	entry = entry_make(name, value);
	if (!entry) {
		e->failed = true;
		return;
	}
	equals = strchr(entry, '=');
	*equals = '\0';
	at = env_find(e, entry);
	*equals = '=';
	if (at < e->count) {
		entry_free(e->list[at]);
		e->list[at] = entry;
	} else if (!env_append(e, entry)) {
		entry_free(entry);
		e->failed = true;
	}
}

void env_setf(struct env *e, const char *name, const char *fmt, ...)
{
	struct str s = str_init();
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	if (s.failed)
		e->failed = true;
	else
		env_set(e, name, str_text(&s));
	str_fini(&s);
}

void env_del(struct env *e, const char *name)
{
	size_t at = env_find(e, name);

	if (at < e->count)
		env_remove(e, at);
}

void env_del_prefix(struct env *e, const char *prefix)
{
	for (size_t i = e->count; i-- > 0;)
		if (str_starts(e->list[i], prefix))
			env_remove(e, i);
}

const char *env_get(const struct env *e, const char *name)
{
	size_t at = env_find(e, name);

	return at < e->count ? e->list[at] + strlen(name) + 1 : NULL;
}

bool env_failed(const struct env *e)
{
	return e->failed;
}

size_t env_count(const struct env *e)
{
	return e->count;
}

const char *env_at(const struct env *e, size_t index)
{
	return index < e->count ? e->list[index] : NULL;
}

char *const *env_list(const struct env *e)
{
	return e->list;
}
