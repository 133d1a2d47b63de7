/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static bool str_room(struct str *s, size_t more)
{
	size_t need = s->len + more + 1, cap = s->cap ? s->cap : 64;
	char *text;

	if (s->failed || need < s->len)
		return false;
	if (need <= s->cap)
		return true;
	while (cap < need)
		cap *= 2;
	text = realloc(s->text, cap);
	if (!text) {
		s->failed = true;
		return false;
	}
	s->text = text;
	s->cap = cap;
	return true;
}

void str_fini(struct str *s)
{
	free(s->text);
	*s = str_init();
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->failed = false;
	if (s->text)
		s->text[0] = '\0';
}

void str_add_len(struct str *s, const void *bytes, size_t len)
{
	if (!str_room(s, len))
		return;
	if (len)
		memcpy(s->text + s->len, bytes, len);
	s->len += len;
	s->text[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_len(s, text, strlen(text));
}

/* Print into the room there is, and only when that was too little once more. */
void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int len;

	if (!str_room(s, 0))
		return;
	room = s->cap - s->len;
	va_copy(again, ap);
	len = vsnprintf(s->text + s->len, room, fmt, ap);
	if (len >= 0 && (size_t)len >= room && str_room(s, (size_t)len)) {
		room = s->cap - s->len;
		len = vsnprintf(s->text + s->len, room, fmt, again);
	}
	va_end(again);
	if (len >= 0 && (size_t)len < room)
		s->len += (size_t)len;
	else
		s->text[s->len] = '\0'; /* nothing rather than a part */
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

const char *str_text(const struct str *s)
{
	return s->text && !s->failed ? s->text : "";
}

char *str_take(struct str *s)
{
	char *text;

	str_add_len(s, "", 0); /* an empty string is still a string */
	text = s->failed ? NULL : s->text;
	if (s->failed)
		free(s->text);
	*s = str_init();
	return text;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_copy(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text);

	if (cap == 0)
		return false;
	if (len >= cap) {
		memcpy(out, text, cap - 1);
		out[cap - 1] = '\0';
		return false;
	}
	memcpy(out, text, len + 1);
	return true;
}

bool str_append(char *out, size_t cap, const char *text)
{
	size_t have = strnlen(out, cap);

	return str_copy(out + have, cap - have, text);
}

void str_hex(char *out, size_t cap, const uint8_t *bytes, size_t len, char sep)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < len && cap - at > (sep && i ? 3 : 2); i++) {
		if (sep && i)
			out[at++] = sep;
		out[at++] = digits[bytes[i] >> 4];
		out[at++] = digits[bytes[i] & 15];
	}
	if (cap)
		out[at] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int str_from_hex(uint8_t *out, size_t len, const char *hex)
{
	if (strlen(hex) != 2 * len)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++) {
		int hi = hex_digit(hex[2 * i]), lo = hex_digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return ERR_INVALID;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

void str_printable(char *text, char with)
{
	for (; *text; text++)
		if ((unsigned char)*text < 32 || *text == 127)
			*text = with;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *str_base64_encode(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	char *out = malloc(len / 3 * 4 + 5), *q = out;

	if (!out)
		return NULL;
	for (; len >= 3; len -= 3, p += 3) {
		*q++ = base64_digits[p[0] >> 2];
		*q++ = base64_digits[(p[0] & 3) << 4 | p[1] >> 4];
		*q++ = base64_digits[(p[1] & 15) << 2 | p[2] >> 6];
		*q++ = base64_digits[p[2] & 63];
	}
	if (len) {
		*q++ = base64_digits[p[0] >> 2];
		*q++ = base64_digits[(p[0] & 3) << 4 | (len > 1 ? p[1] >> 4 : 0)];
		*q++ = len > 1 ? base64_digits[(p[1] & 15) << 2] : '=';
		*q++ = '=';
	}
	*q = '\0';
	return out;
}

static int base64_value(char c)
{
	const char *p = c ? strchr(base64_digits, c) : NULL;

	return p ? (int)(p - base64_digits) : -1;
}

long str_base64_decode(const char *text, void *out, size_t cap)
{
	uint8_t *q = out;
	unsigned int bits = 0, count = 0, pad = 0;
	size_t len = 0;

	for (; *text; text++) {
		int v;

		if (isspace((unsigned char)*text))
			continue;
		if (*text == '=') {
			pad++;
			continue;
		}
		v = base64_value(*text);
		if (v < 0 || pad)
			return ERR_INVALID;
		bits = bits << 6 | (unsigned int)v;
		if (++count % 4 == 1)
			continue;
		if (len == cap)
			return ERR_OVERFLOW;
		q[len++] = (uint8_t)(bits >> (6 - 2 * ((count - 1) % 4)));
	}
	if ((count + pad) % 4 != 0 || pad > 2 || count % 4 == 1)
		return ERR_INVALID;
	return (long)len;
}
