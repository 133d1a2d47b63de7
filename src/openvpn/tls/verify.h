/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks of a peer's certificate chain, in the order and with the lines of spec 03 3.6.1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/env.h"
#include "base/log.h"
#include "tls/fingerprint.h"
#include "tls/x509.h"

enum {
	VERIFY_DEPTH_MAX = 16,
	VERIFY_FIELDS_MAX = 15,
};

enum verify_name_type {
	VERIFY_NAME_SUBJECT,
	VERIFY_NAME_FULL,   /* "name" */
	VERIFY_NAME_PREFIX, /* "name-prefix" */
};

/* --x509-track */
struct verify_track {
	const char *attr;
	bool all_depths; /* "+" */
};

/* What the options ask for. Everything is borrowed and must outlive the objects made from it. */
struct verify_config {
	const char *const *username_fields;		 /* NULL-terminated; NULL: CN */
	const struct fingerprint_list *verify_hash;	 /* depth 1, or NULL */
	const struct fingerprint_list *peer_fingerprint; /* depth 0, or NULL */
	bool fingerprint_without_ca; /* peer_fingerprint, and neither ca nor capath */
	enum ns_cert_type ns_cert_type;
	bool remote_cert_ku;	/* require the extension */
	const unsigned int *ku; /* masks, any of which suffices; NULL: presence suffices */
	size_t n_ku;
	const char *remote_cert_eku; /* long name or OID, or NULL */
	const char *x509_name;	     /* or NULL */
	enum verify_name_type x509_name_type;
	const struct verify_track *track;
	size_t n_track;
	const char *export_cert_dir; /* --tls-export-cert */
	const char *crl_dir;	     /* --crl-verify DIR dir */
	bool crl_file;		     /* --crl-verify FILE */
};

enum verify_verdict {
	VERIFY_ACCEPT,
	VERIFY_REJECT,
	VERIFY_SKIP,  /* nothing is configured: no line */
	VERIFY_LATER, /* runs after the handshake: the hook's owner logs and enforces the outcome */
};

/* What the daemon does for us. Any member may be NULL. */
struct verify_hooks {
	/* plugins with TLS_VERIFY, then --tls-verify; @env holds the variables of 3.6.4 */
	enum verify_verdict (*plugin)(void *user, unsigned int depth, const char *subject,
				      struct env *env);
	enum verify_verdict (*script)(void *user, unsigned int depth, const char *subject,
				      struct env *env);
	/* write @pem to a new file in @dir; @path gets its name. Return: 0 or ERR_*. */
	int (*export_cert)(void *user, const char *dir, const char *pem, struct str *path);
	void (*unexport_cert)(void *user, const char *path);
};

/* State of one handshake's verification; its results stay readable after it. */
struct verify;

/**
 * verify_new() - for one TLS connection
 * @cfg, @hooks: borrowed
 * @env: variables are set here; borrowed; may be NULL. X509_* are cleared now.
 * @log: copied
 *
 * Return: NULL when out of memory.
 */
struct verify *verify_new(const struct verify_config *cfg, const struct verify_hooks *hooks,
			  void *user, struct env *env, const struct log *log) MUST_CHECK;
void verify_free(struct verify *v);

/* What the library found out about one certificate. */
struct verify_input {
	const struct x509_cert *cert;
	unsigned int depth;
	bool library_ok;
	int library_error; /* its number, for the line */
	const char *library_error_text;
	bool only_crl_missing; /* the error is "unable to get CRL" */
	bool crl_loaded;       /* a CRL of --crl-verify FILE is in memory */
};

/** verify_cert() - steps 1 - 14 for one certificate. Return: 0, or ERR_CERT (lines were logged). */
int verify_cert(struct verify *v, const struct verify_input *in) MUST_CHECK;

/** verify_leaf_accepted() - whether the certificate at depth 0 passed all steps */
bool verify_leaf_accepted(const struct verify *v);

/** verify_common_name() - user name of the leaf, "" until it was accepted or without certificate */
const char *verify_common_name(const struct verify *v);

/** verify_fingerprint() - SHA-256 of the certificate at @depth, or NULL when there was none */
const uint8_t *verify_fingerprint(const struct verify *v, unsigned int depth);

/** verify_same_chain() - whether two handshakes saw the same fingerprints (spec 3.6.9) */
bool verify_same_chain(const struct verify *a, const struct verify *b);
