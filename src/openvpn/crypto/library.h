/* SPDX-License-Identifier: GPL-2.0-only */
/* The crypto library as a whole: version, providers. */
#pragma once

#include <stdint.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

/* Loaded providers of the library (--providers). */
struct crypto_library;

/**
 * crypto_library_load() - load the named providers instead of the default one
 * @names: NULL-terminated; NULL for the library's default
 *
 * The library keeps its providers per process: hold one object from start to end.
 *
 * Return: 0 and *@out (crypto_library_free()), or ERR_CRYPTO with
 * `failed to load provider '<name>'`.
 */
int crypto_library_load(const char *const *names, struct crypto_library **out,
			struct err *err) MUST_CHECK;
void crypto_library_free(struct crypto_library *lib);

/** crypto_library_version() - "OpenSSL 3.0.x ...", for --version and the start-up lines */
const char *crypto_library_version(void);

/** crypto_log_errors() - one `OpenSSL: error:...` line per queued library error, oldest first, at
 * verb 1; the queue is empty after. Return: how many. */
unsigned int crypto_log_errors(const struct log *log);

/** crypto_errors_text() - the same, joined by " | ", for struct err; the queue is empty after */
void crypto_errors_text(char *buf, size_t cap);
