/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of the leaf certificate. Spec 03 section 3.6.5. Inside tls/ only. */
#pragma once

#include "tls/verify.h"

/** verify_leaf() - type, key usage, extended key usage, name, in this order; lines are logged.
 * Return: 0 or ERR_CERT. */
int verify_leaf(const struct verify_config *cfg, const struct x509_cert *cert, const char *subject,
		const char *username, const struct log *log) MUST_CHECK;
