/* SPDX-License-Identifier: GPL-2.0-only */
/* --genkey. Spec 01 section 6.9, spec 04 section 5.3. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/random.h"
#include "crypto/source.h"

enum genkey_type {
	GENKEY_SECRET,
	GENKEY_CRYPT_V2_SERVER,
	GENKEY_CRYPT_V2_CLIENT,
	GENKEY_AUTH_TOKEN,
};

struct genkey_request {
	enum genkey_type type;
	const char *path;	       /* NULL or "": standard output */
	struct text_source server_key; /* --tls-crypt-v2, for GENKEY_CRYPT_V2_CLIENT */
	const char *metadata_base64;   /* NULL: a timestamp */
	uint64_t unix_sec;	       /* now, for the timestamp */
};

/** genkey_type_parse() - ERR_USAGE: `unknown --genkey type: <s>` */
int genkey_type_parse(const char *text, enum genkey_type *type, struct err *err) MUST_CHECK;

/**
 * genkey_run() - make the key and write it with mode 0600
 *
 * A client key is read back and unwrapped. Return: 0, or an error with the whole line; a file that
 * was created stays as far as it was written.
 */
int genkey_run(const struct genkey_request *req, const struct rng *rng, struct err *err) MUST_CHECK;

/** genkey_write_failed_text() - the line that follows when the file could not be written
 * (ERR_SYSTEM, ERR_PERMISSION) */
const char *genkey_write_failed_text(enum genkey_type type);
