// SPDX-License-Identifier: GPL-2.0-only
#include "tls/fingerprint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

enum {
	FINGERPRINT_MAX = SHA256_LEN,
};

struct fingerprint_list {
	enum digest_id digest;
	size_t len; /* bytes of one fingerprint */
	size_t count;
	uint8_t (*items)[FINGERPRINT_MAX];
};

struct fingerprint_list *fingerprint_list_new(enum digest_id digest)
{
	struct fingerprint_list *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->digest = digest;
	list->len = digest_by_id(digest)->bytes;
	return list;
}

void fingerprint_list_free(struct fingerprint_list *list)
{
	if (!list)
		return;
	free(list->items);
	free(list);
}

size_t fingerprint_list_count(const struct fingerprint_list *list)
{
	return list->count;
}

enum digest_id fingerprint_list_digest(const struct fingerprint_list *list)
{
	return list->digest;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One or two digits a byte, as people copy them; a colon between bytes. */
static int parse(const char *text, size_t want, uint8_t *out, struct err *err)
{
	const char *p = text;
	size_t n = 0;

	for (;;) {
		int hi = hex_digit(p[0]), lo;

		if (hi < 0)
			return err_set(err, ERR_OPTION, "format error in hash fingerprint: %s",
				       text);
		lo = hex_digit(p[1]);
		if (n == want)
			return err_set(err, ERR_OPTION,
				       "hash fingerprint too long - expected only %zu bytes: %s",
				       want, text);
		out[n++] = (uint8_t)(lo < 0 ? hi : hi << 4 | lo);
		p += lo < 0 ? 1 : 2;
		if (*p == '\0')
			break;
		if (*p != ':')
			return err_set(err, ERR_OPTION, "format error in hash fingerprint: %s",
				       text);
		p++;
	}
	if (n != want)
		return err_set(err, ERR_OPTION,
			       "hash fingerprint is wrong length - expected %zu bytes, got %zu: %s",
			       want, n, text);
	return 0;
}

int fingerprint_list_add(struct fingerprint_list *list, const char *text, struct err *err)
{
	uint8_t bytes[FINGERPRINT_MAX] = {0};
	void *bigger;
	int ret = parse(text, list->len, bytes, err);

	if (ret < 0)
		return ret;
	bigger = realloc(list->items, (list->count + 1) * sizeof(list->items[0]));
	if (!bigger)
		return err_set(err, ERR_NOMEM, "out of memory");
	list->items = bigger;
	memcpy(list->items[list->count++], bytes, sizeof(bytes));
	return 0;
}

int fingerprint_list_add_lines(struct fingerprint_list *list, const char *text, struct err *err)
{
	while (*text) {
		const size_t len = strcspn(text, "\r\n");
		size_t from = strspn(text, " \t"), to = len;
		char line[ERR_TEXT_MAX / 2];
		int ret;

		while (to > from && isspace((unsigned char)text[to - 1]))
			to--;
		if (to > from && text[from] != '#' && text[from] != ';') {
			if (to - from >= sizeof(line))
				to = from + sizeof(line) - 1; /* far too long: refused below */
			memcpy(line, text + from, to - from);
			line[to - from] = '\0';
			ret = fingerprint_list_add(list, line, err);
			if (ret < 0)
				return ret;
		}
		text += len;
		text += strspn(text, "\r\n");
	}
	return 0;
}

bool fingerprint_list_has(const struct fingerprint_list *list, const uint8_t *fingerprint)
{
	bool found = false;

	for (size_t i = 0; i < list->count; i++)
		found |= secret_equal(list->items[i], fingerprint, list->len);
	return found;
}
