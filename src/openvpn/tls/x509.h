/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon wants to know about a certificate. Spec 03 sections 3.6.2 - 3.6.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"

/* A parsed certificate; borrowed inside callbacks, or owned after x509_cert_parse(). */
struct x509_cert;

enum {
	X509_FIELD_MAX = 64,	 /* bytes of one user name field */
	X509_USERNAME_MAX = 256, /* with terminator */
	X509_FINGERPRINT_TEXT = SHA256_LEN * 3,
};

/** x509_cert_parse() - the first certificate of a PEM text; free by x509_cert_free() */
int x509_cert_parse(const char *pem, struct x509_cert **out, struct err *err) MUST_CHECK;
void x509_cert_free(struct x509_cert *cert);

/** x509_cert_subject() - subject as spec 3.6.2, with its replacements. Return: 0 or ERR_CERT. */
int x509_cert_subject(const struct x509_cert *cert, struct str *out) MUST_CHECK;

/** x509_cert_serial() - decimal; ERR_CERT when not available */
int x509_cert_serial(const struct x509_cert *cert, struct str *out) MUST_CHECK;
/** x509_cert_serial_hex() - lower-case hex bytes with colons */
int x509_cert_serial_hex(const struct x509_cert *cert, struct str *out) MUST_CHECK;

int x509_cert_sha1(const struct x509_cert *cert, uint8_t out[SHA1_LEN]) MUST_CHECK;
int x509_cert_sha256(const struct x509_cert *cert, uint8_t out[SHA256_LEN]) MUST_CHECK;

/** x509_cert_pem() - append the certificate as PEM */
int x509_cert_pem(const struct x509_cert *cert, struct str *out) MUST_CHECK;

/**
 * x509_cert_field() - one --x509-username-field
 * @field: attribute name, OID, "serialNumber" or "ext:subjectAltName" / "ext:issuerAltName"
 *
 * Return: 0, or ERR_CERT when missing or longer than X509_FIELD_MAX.
 */
int x509_cert_field(const struct x509_cert *cert, const char *field, struct str *out) MUST_CHECK;

/** x509_field_supported() - false for an "ext:" other than the two */
bool x509_field_supported(const char *field);

/** x509_cert_key_usage() - the bits as spec 3.6.5 (digitalSignature 0x80). ERR_NOT_FOUND: no such
 * extension. */
int x509_cert_key_usage(const struct x509_cert *cert, unsigned int *bits) MUST_CHECK;

/** x509_cert_eku_each() - call @fn for every extended usage with long name and dotted OID until it
 * returns true. Return: 1 when it did, 0 when not, ERR_NOT_FOUND without the extension. */
int x509_cert_eku_each(const struct x509_cert *cert,
		       bool (*fn)(void *ctx, const char *name, const char *oid),
		       void *ctx) MUST_CHECK;

enum ns_cert_type {
	NS_CERT_NONE,
	NS_CERT_SERVER,
	NS_CERT_CLIENT,
};

/** x509_cert_ns_type() - whether the certificate is good for TLS server or client */
bool x509_cert_ns_type(const struct x509_cert *cert, enum ns_cert_type want);

/** x509_cert_env_subject() - X509_<depth>_<ATTR> for every subject attribute */
void x509_cert_env_subject(const struct x509_cert *cert, unsigned int depth, struct env *env);
/** x509_cert_env_track() - X509_<depth>_<attr> for one --x509-track attribute, if present */
void x509_cert_env_track(const struct x509_cert *cert, unsigned int depth, const char *attr,
			 struct env *env);
/** x509_track_known() - whether --x509-track would accept this attribute */
bool x509_track_known(const char *attr);
