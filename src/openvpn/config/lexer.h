/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of a configuration text and their words. Spec 04 sections 1.2 to 1.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct lines {
	const char *text;
	size_t len;
	size_t pos;
	unsigned int number; /* of the line that was read last, from 1 */
};

/** lines_init() - @text is borrowed; a byte-order mark at its start is skipped when @file */
struct lines lines_init(const char *text, size_t len, bool file);

/**
 * lines_next() - the next physical line, up to its newline or a NUL byte
 * @line, @len: borrowed part of the text, without the newline
 * @with_newline: whether one was there (it counts for the maximum length)
 *
 * Return: false at the end.
 */
bool lines_next(struct lines *l, const char **line, size_t *len, bool *with_newline);

/**
 * lines_inline_block() - content up to the end tag "</name>" of a block
 *
 * Return: 0, or ERR_NOT_FOUND when the text ends before the tag, ERR_NOMEM.
 */
int lines_inline_block(struct lines *l, const char *name, struct str *content) MUST_CHECK;

/** word_is_inline_tag() - "<name>"; copies the name. @cap at least strlen(@word) - 1. */
bool word_is_inline_tag(const char *word, char *name, size_t cap);
