/* SPDX-License-Identifier: GPL-2.0-only */
/* Fingerprint lists of --peer-fingerprint and --verify-hash. Spec 03 section 3.6.7. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "crypto/digest.h"

struct fingerprint_list;

/** fingerprint_list_new() - empty, for DIGEST_SHA1 or DIGEST_SHA256; NULL when out of memory */
struct fingerprint_list *fingerprint_list_new(enum digest_id digest) MUST_CHECK;
void fingerprint_list_free(struct fingerprint_list *list);
size_t fingerprint_list_count(const struct fingerprint_list *list);
enum digest_id fingerprint_list_digest(const struct fingerprint_list *list);

/** fingerprint_list_add() - one "AB:CD:...". ERR_OPTION with the lines of spec 3.6.7. */
int fingerprint_list_add(struct fingerprint_list *list, const char *text,
			 struct err *err) MUST_CHECK;
/** fingerprint_list_add_lines() - an inline block: one a line, '#' and ';' comments */
int fingerprint_list_add_lines(struct fingerprint_list *list, const char *text,
			       struct err *err) MUST_CHECK;
bool fingerprint_list_has(const struct fingerprint_list *list, const uint8_t *fingerprint);
