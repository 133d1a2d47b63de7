// SPDX-License-Identifier: GPL-2.0-only
/* Certificates and keys from files, inline texts, PKCS#12 and key stores into a TLS context. */
#include "tls/openssl_tls.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/secret.h"

enum {
	PKCS12_MAX_BYTES = 1024 * 1024,
	PASSWORD_MAX = 1024,
};

/* What was found, before it goes into the context. */
struct credentials {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* may be NULL */
};

static void credentials_fini(struct credentials *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
}

/* The library asks through this; without a password it must fail, not prompt. */
static int on_password(char *buf, int cap, int writing, void *user)
{
	const struct tls_ctx_config *cfg = user;

	(void)writing;
	if (!cfg->password || cap <= 0 || cfg->password(cfg->password_user, buf, (size_t)cap) < 0)
		return -1;
	return (int)strnlen(buf, (size_t)cap);
}

/* "pkcs11:...", "handle:..."; a drive letter or a plain path is a file. */
static bool is_uri(const struct text_source *src)
{
	const char *p = src->text ? NULL : src->path;

	if (!p || !isalpha((unsigned char)*p))
		return false;
	while (isalnum((unsigned char)*p) || *p == '+' || *p == '-' || *p == '.')
		p++;
	return *p == ':' && p - src->path > 1;
}

/* ---- key stores -------------------------------------------------------------------------- */

static OSSL_STORE_CTX *open_store(const char *uri, const struct tls_ctx_config *cfg, UI_METHOD **ui)
{
	*ui = UI_UTIL_wrap_read_pem_callback(on_password, 0);
	return OSSL_STORE_open(uri, *ui, (void *)cfg, NULL, NULL);
}

static void close_store(OSSL_STORE_CTX *store, UI_METHOD *ui)
{
	OSSL_STORE_close(store);
	UI_destroy_method(ui);
}

static EVP_PKEY *key_from_store(const char *uri, const struct tls_ctx_config *cfg)
{
	UI_METHOD *ui;
	OSSL_STORE_CTX *store = open_store(uri, cfg, &ui);
	EVP_PKEY *key = NULL;

	while (store && !key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	close_store(store, ui);
	return key;
}

static bool add_to_chain(struct credentials *c, X509 *cert)
{
	if (!c->cert) {
		c->cert = cert;
		return true;
	}
	if (!c->chain)
		c->chain = sk_X509_new_null();
	return c->chain && sk_X509_push(c->chain, cert) > 0;
}

static void certs_from_store(const char *uri, const struct tls_ctx_config *cfg,
			     struct credentials *c)
{
	UI_METHOD *ui;
	OSSL_STORE_CTX *store = open_store(uri, cfg, &ui);

	while (store && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		X509 *cert = NULL;

		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT)
			cert = OSSL_STORE_INFO_get1_CERT(info);
		if (cert && !add_to_chain(c, cert))
			X509_free(cert);
		OSSL_STORE_INFO_free(info);
	}
	close_store(store, ui);
}

/* ---- PEM --------------------------------------------------------------------------------- */

/* All certificates of a text, the first as the leaf when there is none yet. */
static void certs_from_text(const char *text, struct credentials *c)
{
	BIO *bio = text_bio(text);
	X509 *cert;

	ERR_clear_error();
	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (!add_to_chain(c, cert)) {
			X509_free(cert);
			break;
		}
	}
	BIO_free(bio);
}

static int load_cert(const struct tls_ctx_config *cfg, struct credentials *c, struct err *err)
{
	char *text;
	int ret;

	if (is_uri(&cfg->cert)) {
		certs_from_store(cfg->cert.path, cfg, c);
	} else {
		ret = source_read(&cfg->cert, &text, NULL, err);
		if (ret < 0)
			return ret;
		certs_from_text(text, c);
		secret_free(text);
	}
	if (!c->cert)
		return err_set(err, ERR_TLS, "Cannot load certificate file %s",
			       source_name(&cfg->cert));
	ERR_clear_error();
	return 0;
}

/* The two lines that users know, for a damaged key and for one that does not fit, too. */
static int refuse_key(const struct log *log, const char *name, struct err *err)
{
	tls_log_errors(log);
	log_warn(log, "Cannot load private key file %s", name);
	return err_set(err, ERR_TLS, "Error: private key password verification failed");
}

static int load_key(const struct log *log, const struct tls_ctx_config *cfg, struct credentials *c,
		    struct err *err)
{
	char *text;
	BIO *bio;
	int ret;

	if (is_uri(&cfg->key)) {
		c->key = key_from_store(cfg->key.path, cfg);
	} else {
		ret = source_read(&cfg->key, &text, NULL, err);
		if (ret < 0)
			return ret;
		bio = text_bio(text);
		if (bio)
			c->key = PEM_read_bio_PrivateKey(bio, NULL, on_password, (void *)cfg);
		BIO_free(bio);
		secret_free(text);
	}
	if (!c->key)
		return refuse_key(log, source_name(&cfg->key), err);
	ERR_clear_error();
	return 0;
}

/* ---- PKCS#12 ----------------------------------------------------------------------------- */

static PKCS12 *read_pkcs12(const struct text_source *src, struct err *err)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	PKCS12 *p12 = NULL;
	char *text;
	size_t len;
	long n;

	if (source_read(src, &text, &len, err) < 0)
		return NULL;
	if (src->text) {
		der = secret_alloc(PKCS12_MAX_BYTES);
		n = der ? str_base64_decode(text, der, PKCS12_MAX_BYTES) : ERR_NOMEM;
	} else {
		n = (long)len;
	}
	p = der ? der : (const unsigned char *)text;
	if (n > 0)
		p12 = d2i_PKCS12(NULL, &p, n);
	secret_free(der);
	secret_free(text);
	if (!p12)
		err_set(err, ERR_TLS, "Error reading PKCS#12 file %s", source_name(src));
	return p12;
}

static int load_pkcs12(const struct tls_ctx_config *cfg, struct credentials *c, struct err *err)
{
	char password[PASSWORD_MAX] = "";
	PKCS12 *p12;
	int ok;

	err_set(err, ERR_TLS, "Error reading PKCS#12 file %s", source_name(&cfg->pkcs12));
	p12 = read_pkcs12(&cfg->pkcs12, err);
	if (!p12)
		return ERR_TLS;
	ok = PKCS12_parse(p12, "", &c->key, &c->cert, &c->chain);
	if (!ok && cfg->password &&
	    cfg->password(cfg->password_user, password, sizeof(password)) == 0)
		ok = PKCS12_parse(p12, password, &c->key, &c->cert, &c->chain);
	secret_wipe(password, sizeof(password));
	PKCS12_free(p12);
	if (!ok)
		return err_set(err, ERR_TLS, "Error: private key password verification failed (%s)",
			       source_name(&cfg->pkcs12));
	if (!c->cert || !c->key)
		return err_set(err, ERR_TLS, "Error reading PKCS#12 file %s: no %s in it",
			       source_name(&cfg->pkcs12), c->cert ? "private key" : "certificate");
	ERR_clear_error();
	return 0;
}

/* ---- into the context -------------------------------------------------------------------- */

static int add_extra_certs(const struct text_source *src, struct credentials *c, struct err *err)
{
	const int before = c->chain ? sk_X509_num(c->chain) : 0;
	char *text;
	int ret = source_read(src, &text, NULL, err);

	if (ret < 0)
		return ret;
	certs_from_text(text, c);
	secret_free(text);
	if ((c->chain ? sk_X509_num(c->chain) : 0) == before)
		return err_set(err, ERR_TLS, "Error reading extra certificate");
	ERR_clear_error();
	return 0;
}

/* The peer will refuse it, but the user reads our log first. */
static void warn_about_dates(const struct log *log, const X509 *cert, uint64_t unix_sec)
{
	time_t now = (time_t)unix_sec;
	time_t *at = unix_sec ? &now : NULL;

	if (X509_cmp_time(X509_get0_notBefore(cert), at) > 0)
		log_warn(log, "WARNING: Your certificate is not yet valid!");
	if (X509_cmp_time(X509_get0_notAfter(cert), at) < 0)
		log_warn(log, "WARNING: Your certificate has expired!");
}

static int use(struct tls_ctx *ctx, const struct credentials *c, const char *cert_name,
	       const char *key_name, struct err *err)
{
	if (c->cert && SSL_CTX_use_certificate(ctx->ssl_ctx, c->cert) != 1)
		return err_set(err, ERR_TLS, "Cannot load certificate file %s", cert_name);
	if (c->key && SSL_CTX_use_PrivateKey(ctx->ssl_ctx, c->key) != 1)
		return refuse_key(&ctx->log, key_name, err);
	for (int i = 0; c->chain && i < sk_X509_num(c->chain); i++)
		if (SSL_CTX_add1_chain_cert(ctx->ssl_ctx, sk_X509_value(c->chain, i)) != 1)
			return err_set(err, ERR_TLS, "Cannot use the certificate chain of %s",
				       cert_name);
	if (c->cert && c->key && SSL_CTX_check_private_key(ctx->ssl_ctx) != 1)
		return err_set(err, ERR_TLS, "Private key does not match the certificate");
	return 0;
}

/* Without --ca the certificates in a PKCS#12 file are also the trust anchors. */
static int trust_chain(struct tls_ctx *ctx, const struct credentials *c, struct err *err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx->ssl_ctx);

	for (int i = 0; c->chain && i < sk_X509_num(c->chain); i++) {
		X509 *cert = sk_X509_value(c->chain, i);

		if (X509_STORE_add_cert(store, cert) != 1 ||
		    (ctx->role == TLS_SERVER && SSL_CTX_add_client_CA(ctx->ssl_ctx, cert) != 1))
			return err_set(err, ERR_TLS, "Cannot add certificate to certificate chain");
	}
	return 0;
}

int tls_load_credentials(struct tls_ctx *ctx, const struct tls_ctx_config *cfg, struct err *err)
{
	struct credentials c = {0};
	const bool bundled = source_given(&cfg->pkcs12);
	int ret = 0;

	if (bundled)
		ret = load_pkcs12(cfg, &c, err);
	if (ret == 0 && !bundled && source_given(&cfg->cert))
		ret = load_cert(cfg, &c, err);
	if (ret == 0 && !bundled && source_given(&cfg->key))
		ret = load_key(&ctx->log, cfg, &c, err);
	if (ret == 0 && bundled && !source_given(&cfg->ca))
		ret = trust_chain(ctx, &c, err);
	if (ret == 0 && c.cert && source_given(&cfg->extra_certs))
		ret = add_extra_certs(&cfg->extra_certs, &c, err);
	if (ret == 0 && c.cert)
		warn_about_dates(&ctx->log, c.cert, cfg->unix_sec);
	if (ret == 0)
		ret = use(ctx, &c, source_name(bundled ? &cfg->pkcs12 : &cfg->cert),
			  source_name(bundled ? &cfg->pkcs12 : &cfg->key), err);
	credentials_fini(&c);
	return ret;
}

/* ---- trust anchors ----------------------------------------------------------------------- */

static bool add_anchor(struct tls_ctx *ctx, X509_STORE *store, const X509_INFO *info)
{
	if (info->x509 && X509_STORE_add_cert(store, info->x509) != 1)
		return false;
	if (info->x509 && ctx->role == TLS_SERVER &&
	    SSL_CTX_add_client_CA(ctx->ssl_ctx, info->x509) != 1)
		return false;
	if (!info->crl)
		return true;
	ctx->crl_beside_ca = true;
	return X509_STORE_add_crl(store, info->crl) == 1;
}

static int add_anchors(struct tls_ctx *ctx, const char *text, const char *name, struct err *err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx->ssl_ctx);
	BIO *bio = text_bio(text);
	STACK_OF(X509_INFO) *all = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
	int found = 0, ret = 0;

	for (int i = 0; all && i < sk_X509_INFO_num(all) && ret == 0; i++) {
		const X509_INFO *info = sk_X509_INFO_value(all, i);

		if (!add_anchor(ctx, store, info))
			ret = err_set(
				err, ERR_TLS,
				"Cannot load CA certificate file %s (entry %d did not validate)",
				name, i + 1);
		found += info->x509 != NULL;
	}
	if (ret == 0 && found == 0)
		ret = err_set(err, ERR_TLS,
			      "Cannot load CA certificate file %s (no entries were read)", name);
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	BIO_free(bio);
	return ret;
}

int tls_load_trust(struct tls_ctx *ctx, const struct tls_ctx_config *cfg, struct err *err)
{
	char *text;
	int ret;

	if (source_given(&cfg->ca)) {
		ret = source_read(&cfg->ca, &text, NULL, err);
		if (ret < 0)
			return ret;
		ret = add_anchors(ctx, text, source_name(&cfg->ca), err);
		secret_free(text);
		if (ret < 0)
			return ret;
	}
	if (cfg->capath) {
		if (SSL_CTX_load_verify_dir(ctx->ssl_ctx, cfg->capath) != 1)
			return err_set(err, ERR_TLS, "Cannot add lookup at --capath %s",
				       cfg->capath);
		ctx->check_crl_of_capath = true;
	}
	return 0;
}
