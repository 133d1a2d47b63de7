/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a key, certificate or list comes from: a file, or text inside the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

/* As the option gave it. Both NULL: not given. Inline text wins. All borrowed. */
struct text_source {
	const char *path;
	const char *text; /* inline block without its tags */
};

enum {
	SOURCE_MAX_BYTES = 16 * 1024 * 1024, /* no key or CA bundle is larger */
};

static inline bool source_given(const struct text_source *src)
{
	return src->text || (src->path && src->path[0]);
}

/** source_name() - the path, or "[[INLINE]]", for messages */
const char *source_name(const struct text_source *src);

/**
 * source_read() - the text, NUL-terminated, in secret memory
 * @len: gets the length without the terminator; may be NULL
 *
 * Return: 0 and *@text (release by secret_free()), ERR_SYSTEM or ERR_PERMISSION with errno's text
 * (`Cannot open '<path>': ...`), ERR_LIMIT, ERR_NOMEM, ERR_NOT_FOUND when nothing was given.
 */
int source_read(const struct text_source *src, char **text, size_t *len,
		struct err *err) MUST_CHECK;
