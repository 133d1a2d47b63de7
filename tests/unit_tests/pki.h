/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates for tests, made when they are needed. */
#pragma once

#include <stdbool.h>

enum {
	PKI_TEXT_MAX = 4096,
	PKI_DAY = 86400,
};

/* A certificate with its key, as PEM texts. */
struct pki_cert {
	char cert[PKI_TEXT_MAX];
	char key[PKI_TEXT_MAX];
	void *x509;
	void *pkey;
};

/* Members that are 0 or NULL get what is told behind them. */
struct pki_spec {
	const char *subject; /* "C=XX/O=Spec/CN=name"; '+' before a name joins it to the last RDN,
				'%' becomes a NUL byte */
	const struct pki_cert *issuer; /* self-signed */
	bool ca;
	const char *key_usage; /* none; OpenSSL's notation, e.g. "digitalSignature" */
	const char *eku;       /* none; "serverAuth" */
	const char *san;       /* none; "email:a@b.c" */
	const char *ns_type;   /* none; "server" */
	const char *key_type;  /* "P-256"; or another curve or type: "RSA", "ED25519" */
	long serial;	       /* 1 */
	long starts_sec;       /* a day ago, relative to now */
	long ends_sec;	       /* in ten years, relative to now */
};

/** pki_issue() - make a certificate; fails the test if it cannot */
void pki_issue(struct pki_cert *out, const struct pki_spec *spec);
void pki_free(struct pki_cert *cert);

/** pki_crl() - PEM of a CRL of @ca which revokes the @n serials; @ends_sec 0: in ten years */
void pki_crl(const struct pki_cert *ca, const long *serials, unsigned int n, long ends_sec,
	     char text[PKI_TEXT_MAX]);
