// SPDX-License-Identifier: GPL-2.0-only
/* What all connections of one configuration share, on OpenSSL. */
#include "tls/openssl_tls.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/secret.h"

BIO *text_bio(const char *text)
{
	const size_t len = strlen(text);

	return len > INT_MAX ? NULL : BIO_new_mem_buf(text, (int)len);
}

static const char *hint(unsigned long code)
{
	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		return NULL;
	switch (ERR_GET_REASON(code)) {
	case SSL_R_NO_SHARED_CIPHER:
		return "TLS error: The server has no TLS ciphersuites in common with the client. Your --tls-cipher setting might be too restrictive.";
	case SSL_R_UNSUPPORTED_PROTOCOL:
		return "TLS error: Unsupported protocol. This typically indicates that client and server have no common TLS version enabled. This can be caused by mismatched tls-version-min and tls-version-max options on client and server. If your OpenVPN client is between v2.3.6 and v2.3.2 try adding tls-version-min 1.0 to the client configuration to use TLS 1.0+ instead of TLS 1.0 only";
	default:
		return NULL;
	}
}

void tls_log_errors(const struct log *log)
{
	unsigned long code;
	char line[512];

	while (openssl_next_error(line, sizeof(line), &code)) {
		if (hint(code))
			log_error(log, "%s", hint(code));
		log_error(log, "OpenSSL: %s", line);
	}
}

static SSL_CTX *new_ssl_ctx(OSSL_LIB_CTX *libctx)
{
	const uint64_t options = SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
				 SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE;
	SSL_CTX *ssl_ctx = SSL_CTX_new_ex(libctx, NULL, TLS_method());

	if (!ssl_ctx)
		return NULL;
	SSL_CTX_set_options(ssl_ctx, options);
	SSL_CTX_set_session_cache_mode(ssl_ctx, SSL_SESS_CACHE_OFF);
	/* the record buffers (34 KiB) live only while a record is under way */
	SSL_CTX_set_mode(ssl_ctx, SSL_MODE_RELEASE_BUFFERS);
	if (!SSL_CTX_set_num_tickets(ssl_ctx, 0)) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	return ssl_ctx;
}

static void set_verify_mode(struct tls_ctx *ctx, const struct tls_ctx_config *cfg)
{
	int mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

	if (cfg->role == TLS_SERVER && cfg->peer_cert == TLS_PEER_CERT_OPTIONAL)
		mode = SSL_VERIFY_PEER;
	else if (cfg->role == TLS_SERVER && cfg->peer_cert == TLS_PEER_CERT_NONE)
		mode = SSL_VERIFY_NONE;
	SSL_CTX_set_verify(ctx->ssl_ctx, mode, NULL);
	SSL_CTX_set_cert_verify_callback(ctx->ssl_ctx, tls_conn_verify_chain, ctx);
}

static int load_dh(struct tls_ctx *ctx, const struct text_source *src, struct err *err)
{
	EVP_PKEY *dh = NULL;
	char *text;
	BIO *bio;
	int ret;

	if (!source_given(src) || (!src->text && strcmp(src->path, "none") == 0))
		return 0;
	ret = source_read(src, &text, NULL, err);
	if (ret < 0)
		return ret;
	bio = text_bio(text);
	dh = bio ? PEM_read_bio_Parameters(bio, NULL) : NULL;
	BIO_free(bio);
	secret_free(text);
	if (!dh || !EVP_PKEY_is_a(dh, "DH")) {
		EVP_PKEY_free(dh);
		return err_set(err, ERR_TLS, "Cannot load DH parameters from %s", source_name(src));
	}
	log_info(&ctx->log, 3, "Diffie-Hellman initialized with %d bit key", EVP_PKEY_get_bits(dh));
	if (SSL_CTX_set0_tmp_dh_pkey(ctx->ssl_ctx, dh) != 1) {
		EVP_PKEY_free(dh);
		return err_set(err, ERR_TLS, "Cannot use the DH parameters from %s",
			       source_name(src));
	}
	return 0;
}

/* Without certificates to send along, the library would look for them among the trust anchors, and
 * verify what it found, in each handshake: let it do that once. The root is left out: who trusts it
 * has it. To read one more certificate is a tenth of a server's work for a client, and a server's
 * first flight with it needs a second packet. */
static void complete_chain(SSL_CTX *ssl_ctx)
{
	STACK_OF(X509) *chain = NULL;

	if (SSL_CTX_get0_certificate(ssl_ctx) && SSL_CTX_get0_chain_certs(ssl_ctx, &chain) &&
	    sk_X509_num(chain) <= 0)
		(void)SSL_CTX_build_cert_chain(ssl_ctx, SSL_BUILD_CHAIN_FLAG_UNTRUSTED |
								SSL_BUILD_CHAIN_FLAG_NO_ROOT |
								SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR |
								SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR);
	SSL_CTX_set_mode(ssl_ctx, SSL_MODE_NO_AUTO_CHAIN);
	ERR_clear_error();
}

/* For servers: a client has few handshakes. Of certificates and CRLs in a folder more may come at
 * any time, and the dates of CRLs beside the CA are not looked at: verify all chains then. */
static int remember_chains(struct tls_ctx *ctx, struct err *err)
{
	if (ctx->role != TLS_SERVER || ctx->check_crl_of_capath || ctx->crl_beside_ca)
		return 0;
	ctx->chains = chain_cache_new(tls_library_libctx(ctx->lib));
	return ctx->chains ? 0 : err_set(err, ERR_NOMEM, "TLS context: out of memory");
}

static int set_up(struct tls_ctx *ctx, const struct tls_ctx_config *cfg, struct err *err)
{
	int ret;

	if (cfg->role == TLS_SERVER) /* a client's few handshakes do not pay for it */
		ctx->lib = tls_library_new();
	ctx->ssl_ctx = new_ssl_ctx(tls_library_libctx(ctx->lib));
	ctx->bio_method = tls_conn_bio_method();
	if (!ctx->ssl_ctx || !ctx->bio_method)
		return err_set(err, ERR_NOMEM, "TLS context: out of memory");
	set_verify_mode(ctx, cfg);
	ret = tls_set_ciphers(ctx->ssl_ctx, cfg, &ctx->log, err);
	if (ret == 0 && cfg->role == TLS_SERVER)
		ret = load_dh(ctx, &cfg->dh, err);
	if (ret == 0)
		ret = tls_load_credentials(ctx, cfg, err);
	if (ret == 0)
		ret = tls_load_trust(ctx, cfg, err);
	if (ret == 0)
		complete_chain(ctx->ssl_ctx);
	if (ret == 0)
		ret = crl_store_init(&ctx->crl, &cfg->crl, cfg->crl_root, &ctx->log, err);
	if (ret == 0)
		ret = remember_chains(ctx, err);
	return ret;
}

int tls_ctx_new(const struct tls_ctx_config *cfg, const struct log *log, struct tls_ctx **out,
		struct err *err)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));
	int ret;

	*out = NULL;
	if (!ctx)
		return err_set(err, ERR_NOMEM, "TLS context: out of memory");
	ctx->refs = 1;
	ctx->log = *log;
	ctx->role = cfg->role;
	ERR_clear_error();
	ret = set_up(ctx, cfg, err);
	if (ret < 0) {
		tls_log_errors(log); /* the reasons, before the line in @err */
		tls_ctx_put(ctx);
		return ret;
	}
	ERR_clear_error();
	*out = ctx;
	return 0;
}

void tls_ctx_put(struct tls_ctx *ctx)
{
	if (--ctx->refs > 0)
		return;
	chain_cache_free(ctx->chains);
	SSL_CTX_free(ctx->ssl_ctx);
	BIO_meth_free(ctx->bio_method);
	crl_store_fini(&ctx->crl);
	tls_library_free(ctx->lib);
	free(ctx);
}

void tls_ctx_free(struct tls_ctx *ctx)
{
	if (ctx)
		tls_ctx_put(ctx);
}

void tls_ctx_reload_crl(struct tls_ctx *ctx)
{
	if (crl_store_reload(&ctx->crl, &ctx->log))
		chain_cache_clear(ctx->chains);
}
