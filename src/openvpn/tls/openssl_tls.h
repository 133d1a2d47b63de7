/* SPDX-License-Identifier: GPL-2.0-only */
/* What the openssl_*.c files of tls/ share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "crypto/openssl.h"
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/log.h"
#include "tls/openssl_chain_cache.h"
#include "tls/tls.h"
#include "tls/x509.h"

/* The CRLs of --crl-verify FILE, and how to notice that the file changed. */
struct crl_store {
	char *root; /* --chroot still to come, or NULL */
	char *path; /* NULL: inline or no CRL */
	bool wanted;
	STACK_OF(X509_CRL) * crls; /* NULL or empty: nothing could be loaded */
	struct timespec mtime;
	long long size;
};

struct tls_library;

struct tls_ctx {
	unsigned int refs;	 /* the owner and every connection */
	struct tls_library *lib; /* NULL: the library's default context */
	SSL_CTX *ssl_ctx;
	BIO_METHOD *bio_method;
	struct log log;
	enum tls_role role;
	bool check_crl_of_capath;
	bool crl_beside_ca;
	struct crl_store crl;
	struct chain_cache *chains; /* NULL: every chain is verified */
};

/** x509_from_openssl() - our view of a library certificate: the same pointer, borrowed */
static inline const struct x509_cert *x509_from_openssl(const X509 *cert)
{
	return (const struct x509_cert *)cert;
}

static inline X509 *x509_to_openssl(const struct x509_cert *cert)
{
	return (X509 *)(uintptr_t)cert;
}

/** text_bio() - a read-only BIO over a text that must outlive it; NULL when out of memory */
BIO *text_bio(const char *text);

/** tls_log_errors() - crypto_log_errors() with the hints of spec 01 8.4 before their lines */
void tls_log_errors(const struct log *log);

/** tls_ctx_put() - drop one reference */
void tls_ctx_put(struct tls_ctx *ctx);

/**
 * tls_library_new() - a library context in which decoding a peer's key is cheap
 *
 * Everything made in it must be gone before tls_library_free().
 *
 * Return: NULL when the user chose providers, or out of memory: use the default context then.
 */
struct tls_library *tls_library_new(void) MUST_CHECK;
void tls_library_free(struct tls_library *lib);
/** tls_library_libctx() - for the library's functions; NULL, the default context, for NULL */
OSSL_LIB_CTX *tls_library_libctx(const struct tls_library *lib);

/** tls_conn_bio_method() - how TLS reads from and writes to the queues of a connection */
BIO_METHOD *tls_conn_bio_method(void) MUST_CHECK;

/** tls_conn_verify_chain() - the certificate verification that every SSL_CTX calls */
int tls_conn_verify_chain(X509_STORE_CTX *store_ctx, void *ctx);

/** tls_load_credentials() - own certificate, key and chain into @ctx */
int tls_load_credentials(struct tls_ctx *ctx, const struct tls_ctx_config *cfg,
			 struct err *err) MUST_CHECK;
/** tls_load_trust() - CA certificates and the list of names that a server asks for */
int tls_load_trust(struct tls_ctx *ctx, const struct tls_ctx_config *cfg,
		   struct err *err) MUST_CHECK;

/** tls_set_ciphers() - versions, cipher lists, groups and profile */
int tls_set_ciphers(SSL_CTX *ssl_ctx, const struct tls_ctx_config *cfg, const struct log *log,
		    struct err *err) MUST_CHECK;

/** crl_store_init() - first load. ERR_SYSTEM: the file is missing. */
int crl_store_init(struct crl_store *store, const struct text_source *src, const char *root,
		   const struct log *log, struct err *err) MUST_CHECK;
/** crl_store_reload() - Return: whether there are other CRLs now */
bool crl_store_reload(struct crl_store *store, const struct log *log);
void crl_store_fini(struct crl_store *store);
