// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/static_key.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

enum {
	STATIC_KEY_MIN = 128,
	CRYPT_CIPHER_KEY_LEN = 32,
	HEX_BYTES_PER_LINE = 16,
};

static const char key_header[] = "-----BEGIN OpenVPN Static key V1-----";
static const char key_footer[] = "-----END OpenVPN Static key V1-----";

int key_direction_parse(const char *text, enum key_direction *dir, struct err *err)
{
	if (strcmp(text, "0") == 0)
		*dir = KEY_DIR_NORMAL;
	else if (strcmp(text, "1") == 0)
		*dir = KEY_DIR_INVERSE;
	else
		return err_set(err, ERR_OPTION, "Unknown key direction '%s' -- must be '0' or '1'",
			       text);
	return 0;
}

static struct key_slice slice(const struct static_key *key, unsigned int index)
{
	const uint8_t *base = key->k + (size_t)index * 2 * STATIC_KEY_SLOT_LEN;

	return (struct key_slice){.cipher = base, .hmac = base + STATIC_KEY_SLOT_LEN};
}

struct key_slice static_key_send(const struct static_key *key, enum key_direction dir)
{
	return slice(key, dir == KEY_DIR_INVERSE ? 1 : 0);
}

struct key_slice static_key_recv(const struct static_key *key, enum key_direction dir)
{
	return slice(key, dir == KEY_DIR_NORMAL ? 1 : 0);
}

/* ---- parser ------------------------------------------------------------------------------ */

/* Walks the text line by line; the key file is one of the few places where we meet text that
 * may hold NUL bytes. */
struct key_parser {
	const char *name;
	struct static_key *key;
	size_t n_nibbles; /* found so far, at most 2 * STATIC_KEY_LEN */
	unsigned int line;
	enum {
		EXPECT_HEADER,
		EXPECT_DATA,
		EXPECT_FOOTER,
		EXPECT_NOTHING,
	} state;
};

static size_t bytes_found(const struct key_parser *p)
{
	return p->n_nibbles / 2;
}

static int refuse(const struct key_parser *p, struct err *err, const char *what)
{
	return err_set(err, ERR_KEY_FILE, "%s file '%s' (%zu/%d/%d bytes found/min/max)", what,
		       p->name, bytes_found(p), STATIC_KEY_MIN, STATIC_KEY_LEN);
}

static int refuse_char(const struct key_parser *p, unsigned char c, struct err *err)
{
	char what[96];

	if (isprint(c))
		snprintf(what, sizeof(what), "Non-Hex character ('%c') found at line %u in key", c,
			 p->line);
	else
		snprintf(what, sizeof(what),
			 "Non-Hex, unprintable character (0x%02x) found at line %u in key", c,
			 p->line);
	return refuse(p, err, what);
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (unsigned char)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_data_line(struct key_parser *p, const char *line, size_t len, struct err *err)
{
	for (size_t i = 0; i < len && p->n_nibbles < (size_t)2 * STATIC_KEY_LEN; i++) {
		const unsigned char c = (unsigned char)line[i];
		const int v = hex_value(c);
		uint8_t *byte = &p->key->k[p->n_nibbles / 2];

		if (isspace(c))
			continue;
		if (v < 0)
			return refuse_char(p, c, err);
		*byte = (uint8_t)(p->n_nibbles % 2 ? *byte | v : v << 4);
		p->n_nibbles++;
	}
	return 0;
}

static bool line_starts(const char *line, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len >= n && memcmp(line, with, n) == 0;
}

static int parse_line(struct key_parser *p, const char *line, size_t len, struct err *err)
{
	if (p->state == EXPECT_HEADER) {
		if (line_starts(line, len, key_header))
			p->state = EXPECT_DATA;
		return 0;
	}
	if (p->state == EXPECT_DATA) {
		if (len == 0 || line[0] != '-')
			return parse_data_line(p, line, len, err);
		p->state = EXPECT_FOOTER;
	}
	if (p->state == EXPECT_FOOTER && line_starts(line, len, key_footer))
		p->state = EXPECT_NOTHING;
	return 0;
}

static int parse_text(struct key_parser *p, const char *text, size_t len, struct err *err)
{
	const char *end = text + len;

	if (len == 0)
		return err_set(err, ERR_KEY_FILE, "Read error on key file ('%s')", p->name);
	while (text < end && p->state != EXPECT_NOTHING) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const size_t n = (size_t)((eol ? eol : end) - text);
		int ret;

		p->line++;
		ret = parse_line(p, text, n, err);
		if (ret < 0)
			return ret;
		text = eol ? eol + 1 : end;
	}
	if (bytes_found(p) < STATIC_KEY_MIN)
		return refuse(p, err, "Insufficient key material or header text not found in");
	if (p->state != EXPECT_NOTHING)
		return refuse(p, err, "Footer text not found in");
	if (bytes_found(p) < STATIC_KEY_LEN)
		return err_set(
			err, ERR_KEY_FILE,
			"File '%s' does not have OpenVPN Static Key format.  Using free-form passphrase file is not supported anymore.",
			p->name);
	return 0;
}

int static_key_parse(const char *text, size_t len, const char *name, struct static_key *key,
		     struct err *err)
{
	struct key_parser p = {.name = name, .key = key};
	int ret;

	memset(key, 0, sizeof(*key));
	ret = parse_text(&p, text, len, err);
	if (ret < 0)
		secret_wipe(key, sizeof(*key));
	return ret;
}

int static_key_load(const struct text_source *src, struct static_key *key, struct err *err)
{
	char *text;
	size_t len;
	int ret = source_read(src, &text, &len, err);

	if (ret < 0)
		return ret;
	ret = static_key_parse(text, len, source_name(src), key, err);
	secret_free(text);
	return ret;
}

int static_key_check_crypt(const struct static_key *key, const char *name, struct err *err)
{
	for (unsigned int i = 0; i < 2; i++)
		if (secret_is_zero(slice(key, i).cipher, CRYPT_CIPHER_KEY_LEN))
			return err_set(
				err, ERR_ZERO_KEY,
				"Key #%u in '%s' is bad.  Try making a new key with --genkey.",
				i + 1, name);
	return 0;
}

/* ---- making one -------------------------------------------------------------------------- */

void static_key_generate(const struct rng *rng, struct static_key *key)
{
	rng_fill(rng, key->k, sizeof(key->k));
}

void static_key_format(const struct static_key *key, char text[STATIC_KEY_TEXT_LEN + 1])
{
	static const char head[] = "#\n# 2048 bit OpenVPN static key\n#\n";
	char *p = text, *end = text + STATIC_KEY_TEXT_LEN + 1;

	p += snprintf(p, (size_t)(end - p), "%s%s\n", head, key_header);
	for (size_t i = 0; i < STATIC_KEY_LEN; i += HEX_BYTES_PER_LINE) {
		str_hex(p, (size_t)(end - p), key->k + i, HEX_BYTES_PER_LINE, 0);
		p += (size_t)2 * HEX_BYTES_PER_LINE;
		*p++ = '\n';
	}
	snprintf(p, (size_t)(end - p), "%s\n", key_footer);
}
