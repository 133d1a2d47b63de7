/* SPDX-License-Identifier: GPL-2.0-only */
/* Exchange files between the daemon and scripts: openvpn_PREFIX_<32 hex digits>.tmp. Spec 04
 * section 6.4. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/random.h"

enum {
	TEMP_FILE_PATH_MAX = 4096
};

/**
 * temp_file_create() - make a new file with mode 0600 which nobody could have made before
 * @dir: of --tmp-dir
 * @prefix: "cc", "acf", "up" ...
 * @bytes: first content, @len bytes; may be NULL with 0
 * @path: gets the name, TEMP_FILE_PATH_MAX bytes; "" after an error
 *
 * Return: 0, or ERR_SYSTEM / ERR_PERMISSION / ERR_LIMIT with the text in @err.
 */
int temp_file_create(const char *dir, const char *prefix, const struct rng *rng, const void *bytes,
		     size_t len, char *path, struct err *err) MUST_CHECK;

/** temp_file_remove() - delete it; "" and a file that is gone are fine. @path becomes "". */
void temp_file_remove(char *path);

/**
 * temp_file_read() - what a script wrote
 * @out: gets at most @cap - 1 bytes and a NUL; the rest is not read
 *
 * Return: number of bytes, or ERR_SYSTEM / ERR_PERMISSION / ERR_NOT_FOUND.
 */
long temp_file_read(const char *path, char *out, size_t cap) MUST_CHECK;
