/* SPDX-License-Identifier: GPL-2.0-only */
/* Include before any header of OpenSSL: its type ERR_STATE must not meet our error code of that
 * name. For the openssl_*.c files only. */
#pragma once

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/types.h>
#include <openssl/err.h>
#undef ERR_STATE
