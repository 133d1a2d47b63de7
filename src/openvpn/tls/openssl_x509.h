/* SPDX-License-Identifier: GPL-2.0-only */
/* What the openssl_x509*.c files share. */
#pragma once

#include "tls/openssl_tls.h"

/** x509_add_asn1_string() - append as UTF-8. ERR_CERT: not convertible, or with a NUL inside. */
int x509_add_asn1_string(const ASN1_STRING *value, struct str *out) MUST_CHECK;
