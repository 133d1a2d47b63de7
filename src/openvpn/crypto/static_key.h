/* SPDX-License-Identifier: GPL-2.0-only */
/* The 2048-bit static key: its file, and which part of it is used in which direction.
 * Spec 01 sections 6.1 and 6.2. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/random.h"
#include "crypto/source.h"

enum {
	STATIC_KEY_LEN = 256,
	STATIC_KEY_SLOT_LEN = 64,
};

/* Key block K: key 0 cipher, key 0 HMAC, key 1 cipher, key 1 HMAC; 64 bytes each. */
struct static_key {
	uint8_t k[STATIC_KEY_LEN];
};

enum key_direction {
	KEY_DIR_BIDIRECTIONAL, /* both ways key 0 */
	KEY_DIR_NORMAL,	       /* "0": send with key 0, receive with key 1 */
	KEY_DIR_INVERSE,       /* "1": send with key 1, receive with key 0 */
};

/* One direction's half of a key block; borrowed from it. */
struct key_slice {
	const uint8_t *cipher; /* STATIC_KEY_SLOT_LEN bytes */
	const uint8_t *hmac;   /* STATIC_KEY_SLOT_LEN bytes */
};

/** key_direction_parse() - "0" or "1"; else ERR_OPTION with the line of spec 01 6.2 */
int key_direction_parse(const char *text, enum key_direction *dir, struct err *err) MUST_CHECK;

/** static_key_send(), static_key_recv() - the slice a node with @dir uses */
struct key_slice static_key_send(const struct static_key *key, enum key_direction dir);
struct key_slice static_key_recv(const struct static_key *key, enum key_direction dir);

/**
 * static_key_parse() - read the text form
 * @name: file name for messages, or "[[INLINE]]"
 *
 * Return: 0, or ERR_KEY_FILE with the line of spec 01 6.1; @key is wiped on error.
 */
int static_key_parse(const char *text, size_t len, const char *name, struct static_key *key,
		     struct err *err) MUST_CHECK;

/** static_key_load() - source_read() and static_key_parse() */
int static_key_load(const struct text_source *src, struct static_key *key,
		    struct err *err) MUST_CHECK;

/**
 * static_key_check_crypt() - refuse a key for tls-crypt whose cipher slots are zero
 *
 * Return: 0, or ERR_ZERO_KEY with `Key #<1|2> in '<name>' is bad.  ...`
 */
int static_key_check_crypt(const struct static_key *key, const char *name,
			   struct err *err) MUST_CHECK;

void static_key_generate(const struct rng *rng, struct static_key *key);

enum {
	STATIC_KEY_TEXT_LEN = 636, /* without terminator */
};

/** static_key_format() - the text form; @text gets STATIC_KEY_TEXT_LEN characters and a NUL */
void static_key_format(const struct static_key *key, char text[STATIC_KEY_TEXT_LEN + 1]);
