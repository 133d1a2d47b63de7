/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tables ask of the library behind the facade. Inside crypto/ only. */
#pragma once

#include <stdbool.h>

#include "crypto/cipher.h"
#include "crypto/digest.h"

/** backend_cipher_offered() - whether the library can fetch the cipher now */
bool backend_cipher_offered(const struct cipher_info *info);

/** backend_cipher_alias() - the table's cipher that the library knows as @name, or CIPHER_COUNT */
enum cipher_id backend_cipher_alias(const char *name);

bool backend_digest_offered(const struct digest_info *info);

/** backend_digest_alias() - as backend_cipher_alias(), or DIGEST_COUNT */
enum digest_id backend_digest_alias(const char *name);
