/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The algorithms of the lean provider that are not those of the full one: they do the same with the
 * same parts of the library, without what makes the general way slow.
 *
 * The library tells the functions of an algorithm the context of their provider and no more, and
 * that is the full provider's. So these files keep at file level what they were given at the start.
 * It is the same for each library context: only the first start sets it and only the last stop
 * resets it, both on the control thread.
 */
#pragma once

#include <stdbool.h>

#include "crypto/openssl.h"
#include <openssl/core.h>
#include <openssl/provider.h>

/* Of any type, to be cast. */
typedef void (*lean_function)(void);

/** lean_dispatch() - the function @id of an algorithm or of the core; NULL when there is none, also
 * for NULL */
lean_function lean_dispatch(const OSSL_DISPATCH *functions, int id);

/** lean_functions() - of an algorithm of @full, by the first of its names; NULL: not there */
const OSSL_DISPATCH *lean_functions(OSSL_PROVIDER *full, int operation, const char *name);

/** lean_ec_start() - get ready to decode keys; @core: the functions that a provider is given */
void lean_ec_start(OSSL_PROVIDER *full, const OSSL_DISPATCH *core);
void lean_ec_stop(void);
/** lean_ec_ready() - whether all was there that lean_ec_decoder needs */
bool lean_ec_ready(void);

/**
 * lean_ec_decoder - from SubjectPublicKeyInfo in DER to keys of the full provider
 *
 * Knows uncompressed points of P-256, P-384 and P-521; all else is left to the other decoders, also
 * to say what is wrong. The general decoder makes the curve anew for each key, we copy it.
 */
extern const OSSL_DISPATCH lean_ec_decoder[];

/** lean_kdf_start() - get ready to derive; the other two as above */
void lean_kdf_start(OSSL_PROVIDER *full);
void lean_kdf_stop(void);
bool lean_kdf_ready(void);

/**
 * lean_tls13_kdf - HKDF-Expand-Label and the steps of the key schedule (RFC 8446 7.1)
 *
 * With SHA-256 and SHA-384, as the suites of TLS 1.3 have them, and with all parameters given to
 * EVP_KDF_derive(). The general one copies each parameter, looks digests up by name and makes
 * several contexts for each HMAC.
 */
extern const OSSL_DISPATCH lean_tls13_kdf[];
