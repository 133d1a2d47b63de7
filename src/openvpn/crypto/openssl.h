/* SPDX-License-Identifier: GPL-2.0-only */
/* Include before any header of OpenSSL: its type ERR_STATE must not meet our error code of that
 * name. For the openssl_*.c files only. */
#pragma once

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/types.h>
#include <openssl/err.h>
#undef ERR_STATE

#include <stdbool.h>
#include <stddef.h>

/** openssl_next_error() - take the oldest queued error, as the user sees it after "OpenSSL: "
 * @code: gets the library's code; may be NULL
 *
 * Return: false when there is none.
 */
bool openssl_next_error(char *buf, size_t cap, unsigned long *code);
