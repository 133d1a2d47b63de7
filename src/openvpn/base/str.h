/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing string with a sticky out-of-memory state, and small text helpers. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct str {
	char *text; /* always NUL-terminated once something was added, else NULL */
	size_t len;
	size_t cap;
	bool failed;
};

/** str_init() - empty; release with str_fini() */
static inline struct str str_init(void)
{
	return (struct str){0};
}

void str_fini(struct str *s);
void str_clear(struct str *s);
void str_add(struct str *s, const char *text);
void str_add_len(struct str *s, const void *bytes, size_t len);
void str_addf(struct str *s, const char *fmt, ...) PRINTF_FMT(2, 3);
void str_addv(struct str *s, const char *fmt, va_list ap) PRINTF_FMT(2, 0);

/** str_text() - the text, "" when empty or failed; borrowed until the next change */
const char *str_text(const struct str *s);

/** str_take() - the text, which the caller frees; NULL when an allocation failed. @s is empty
 * after. */
char *str_take(struct str *s) MUST_CHECK;

/** str_starts() - whether @text begins with @prefix */
bool str_starts(const char *text, const char *prefix);

/** str_copy() - copy with truncation, always terminated. Return: false when it was cut. */
bool str_copy(char *out, size_t cap, const char *text);

/** str_append() - the same behind what @out holds already. Return: false when it was cut. */
bool str_append(char *out, size_t cap, const char *text);

/** str_hex() - lower-case hex of @len bytes; @sep is put between bytes unless 0. @cap must hold it
 * all. */
void str_hex(char *out, size_t cap, const uint8_t *bytes, size_t len, char sep);

/** str_from_hex() - parse exactly @len bytes from 2 * @len digits. Return: 0 or ERR_INVALID. */
int str_from_hex(uint8_t *out, size_t len, const char *hex) MUST_CHECK;

/** str_printable() - replace bytes < 32 and 127 by @with, in place (spec 03: "printable class") */
void str_printable(char *text, char with);

/** str_base64_encode() - heap string, NULL when out of memory */
char *str_base64_encode(const void *bytes, size_t len) MUST_CHECK;

/**
 * str_base64_decode() - decode standard base64, white space is skipped
 * @out: gets at most @cap bytes
 *
 * Return: number of bytes, or ERR_INVALID / ERR_OVERFLOW.
 */
long str_base64_decode(const char *text, void *out, size_t cap) MUST_CHECK;
