// SPDX-License-Identifier: GPL-2.0-only
/* One TLS connection on OpenSSL: bytes in, bytes out, no I/O. */
#include "tls/openssl_tls.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/library.h"
#include "tls/byte_queue.h"

enum {
	/* A flight with a long certificate chain; more than a peer may make us hold. */
	TLS_INPUT_MAX = 256 * 1024,
	TLS_OUTPUT_MAX = 1024 * 1024,
	TLS_RECORD_MAX = 16384,
};

struct tls_conn {
	struct tls_ctx *ctx;
	SSL *ssl;
	struct byte_queue in;
	struct byte_queue out;
	struct log log;
	struct verify *verify; /* NULL when the handshake is over */
	uint64_t unix_sec;
	bool chain_doubted; /* the library was not content, whatever our own checks said */
	bool has_peer_cert;
	bool begun;
	bool done;
	bool failed;
};

/* ---- the queues as a BIO ----------------------------------------------------------------- */

static int bio_read(BIO *bio, char *out, size_t cap, size_t *n)
{
	struct tls_conn *conn = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*n = byte_queue_pull(&conn->in, out, cap);
	if (*n > 0)
		return 1;
	BIO_set_retry_read(bio);
	return 0;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *n)
{
	struct tls_conn *conn = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*n = 0;
	if (byte_queue_push(&conn->out, data, len, TLS_OUTPUT_MAX) < 0)
		return 0;
	*n = len;
	return 1;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DUP;
}

BIO_METHOD *tls_conn_bio_method(void)
{
	/* a fixed type number: the library hands out few, and never takes one back */
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_TYPE_START, "tls_conn");

	if (!method || !BIO_meth_set_read_ex(method, bio_read) ||
	    !BIO_meth_set_write_ex(method, bio_write) || !BIO_meth_set_ctrl(method, bio_ctrl)) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* ---- callbacks of the library ------------------------------------------------------------ */

static void on_info(const SSL *ssl, int where, int alert)
{
	const struct tls_conn *conn = SSL_get_app_data(ssl);

	if (!(where & SSL_CB_ALERT))
		return;
	log_info(&conn->log, 3, "%s %s SSL alert: %s", where & SSL_CB_READ ? "Received" : "Sent",
		 SSL_alert_type_string_long(alert), SSL_alert_desc_string_long(alert));
}

static struct tls_conn *conn_of(X509_STORE_CTX *store_ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

/* Called for every error, and in the end with @ok for every certificate from the CA downwards. */
static int on_certificate(int ok, X509_STORE_CTX *store_ctx)
{
	struct tls_conn *conn = conn_of(store_ctx);
	const X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
	const int error = X509_STORE_CTX_get_error(store_ctx);
	const int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	const struct crl_store *crl = &conn->ctx->crl;
	const struct verify_input in = {
		.cert = x509_from_openssl(cert),
		.depth = depth < 0 ? 0 : (unsigned int)depth,
		.library_ok = ok,
		.library_error = error,
		.library_error_text = X509_verify_cert_error_string(error),
		.only_crl_missing = error == X509_V_ERR_UNABLE_TO_GET_CRL,
		.crl_loaded = crl->crls && sk_X509_CRL_num(crl->crls) > 0,
	};

	if (!ok)
		conn->chain_doubted = true;
	if (!cert)
		return 0;
	if (!conn->verify)
		return ok;
	if (verify_cert(conn->verify, &in) < 0) {
		if (ok)
			X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
	return 1;
}

static int verify_chain(X509_STORE_CTX *store_ctx, const struct tls_ctx *ctx,
			const struct tls_conn *conn)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store_ctx);

	if (conn->unix_sec)
		X509_VERIFY_PARAM_set_time(param, (time_t)conn->unix_sec);
	if (ctx->crl.wanted || ctx->check_crl_of_capath)
		X509_VERIFY_PARAM_set_flags(param,
					    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	if (ctx->crl.crls) /* lent for this call; the library verifies their signatures */
		X509_STORE_CTX_set0_crls(store_ctx, ctx->crl.crls);
	return X509_verify_cert(store_ctx);
}

/* A chain with which the library was content before: all that is left is what it would call. */
static int accept_chain(X509_STORE_CTX *store_ctx, const STACK_OF(X509) * issuers)
{
	for (int depth = sk_X509_num(issuers); depth >= 0; depth--) {
		X509 *cert = depth > 0 ? sk_X509_value(issuers, depth - 1)
				       : X509_STORE_CTX_get0_cert(store_ctx);

		X509_STORE_CTX_set_current_cert(store_ctx, cert);
		X509_STORE_CTX_set_error_depth(store_ctx, depth);
		if (!on_certificate(1, store_ctx))
			return 0;
	}
	return 1;
}

int tls_conn_verify_chain(X509_STORE_CTX *store_ctx, void *arg)
{
	struct tls_ctx *ctx = arg;
	struct tls_conn *conn = conn_of(store_ctx);
	const int64_t now = conn->unix_sec ? (int64_t)conn->unix_sec : (int64_t)time(NULL);
	const STACK_OF(X509) * issuers;
	struct chain_key key;
	int ret;

	if (!ctx->chains || chain_cache_key(ctx->chains, X509_STORE_CTX_get0_cert(store_ctx),
					    X509_STORE_CTX_get0_untrusted(store_ctx), &key) < 0)
		return verify_chain(store_ctx, ctx, conn);
	issuers = chain_cache_find(ctx->chains, &key, now);
	if (issuers)
		return accept_chain(store_ctx, issuers);
	conn->chain_doubted = false;
	ret = verify_chain(store_ctx, ctx, conn);
	if (ret == 1 && !conn->chain_doubted)
		chain_cache_add(ctx->chains, &key, X509_STORE_CTX_get0_chain(store_ctx),
				ctx->crl.crls);
	return ret;
}

/* ---- life -------------------------------------------------------------------------------- */

static int set_up(struct tls_conn *conn)
{
	BIO *bio;

	conn->ssl = SSL_new(conn->ctx->ssl_ctx);
	if (!conn->ssl || !SSL_set_app_data(conn->ssl, conn))
		return ERR_NOMEM;
	bio = BIO_new(conn->ctx->bio_method);
	if (!bio)
		return ERR_NOMEM;
	BIO_set_data(bio, conn);
	BIO_set_init(bio, 1);
	SSL_set_bio(conn->ssl, bio, bio);
	SSL_set_info_callback(conn->ssl, on_info);
	SSL_set_verify(conn->ssl, SSL_get_verify_mode(conn->ssl), on_certificate);
	if (conn->ctx->role == TLS_SERVER)
		SSL_set_accept_state(conn->ssl);
	else
		SSL_set_connect_state(conn->ssl);
	return 0;
}

struct tls_conn *tls_conn_new(struct tls_ctx *ctx, const struct tls_conn_params *params)
{
	struct tls_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->ctx = ctx;
	ctx->refs++;
	conn->log = params->log;
	conn->verify = params->verify;
	conn->unix_sec = params->unix_sec;
	if (set_up(conn) < 0) {
		ERR_clear_error();
		tls_conn_free(conn);
		return NULL;
	}
	return conn;
}

void tls_conn_free(struct tls_conn *conn)
{
	if (!conn)
		return;
	SSL_free(conn->ssl);
	byte_queue_fini(&conn->in);
	byte_queue_fini(&conn->out);
	tls_ctx_put(conn->ctx);
	free(conn);
}

/* ---- bytes ------------------------------------------------------------------------------- */

int tls_conn_feed(struct tls_conn *conn, const uint8_t *data, size_t len)
{
	return byte_queue_push(&conn->in, data, len, TLS_INPUT_MAX);
}

size_t tls_conn_drain(struct tls_conn *conn, uint8_t *buf, size_t cap)
{
	return byte_queue_pull(&conn->out, buf, cap);
}

size_t tls_conn_pending(const struct tls_conn *conn)
{
	return conn->out.len;
}

static int fail(struct tls_conn *conn)
{
	conn->failed = true;
	tls_log_errors(&conn->log);
	return ERR_TLS;
}

/* What a call returned. Return: ERR_AGAIN when it waits for bytes. */
static int judge(struct tls_conn *conn, int ret)
{
	switch (SSL_get_error(conn->ssl, ret)) {
	case SSL_ERROR_NONE:
		return 0;
	case SSL_ERROR_WANT_READ:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		conn->failed = true;
		return ERR_TLS_CLOSED;
	default:
		return fail(conn);
	}
}

/* The library calls on_certificate() for the leaf of any chain it accepts. Do not take its word
 * alone: a chain which our own checks have not seen must never pass. */
static int finish_handshake(struct tls_conn *conn)
{
	X509 *cert = SSL_get1_peer_certificate(conn->ssl);

	conn->has_peer_cert = cert != NULL;
	X509_free(cert);
	if (conn->verify && conn->has_peer_cert && !verify_leaf_accepted(conn->verify)) {
		log_error(&conn->log, "TLS Error: the peer certificate was not verified");
		conn->failed = true;
		return ERR_TLS;
	}
	conn->verify = NULL;
	conn->done = true;
	/* What is read from now on holds passwords: nothing of it may stay in buffers that are
	 * released. Before, wiping 17 KiB after each flight would be for nothing. */
	SSL_set_options(conn->ssl, SSL_OP_CLEANSE_PLAINTEXT);
	return 0;
}

/* The library has taken all there was. To ask it nevertheless is not free: it would make a buffer
 * for a whole record, find nothing, and wipe the buffer before it lets it go. */
static bool nothing_to_read(const struct tls_conn *conn)
{
	return conn->in.len == 0 && !SSL_has_pending(conn->ssl);
}

int tls_conn_step(struct tls_conn *conn)
{
	int ret;

	if (conn->failed)
		return ERR_TLS;
	if (conn->done || (conn->begun && nothing_to_read(conn)))
		return 0;
	conn->begun = true;
	ERR_clear_error();
	ret = judge(conn, SSL_do_handshake(conn->ssl));
	if (ret == ERR_AGAIN)
		return 0;
	if (ret < 0)
		return ERR_TLS;
	return finish_handshake(conn);
}

bool tls_conn_handshake_done(const struct tls_conn *conn)
{
	return conn->done;
}

int tls_conn_read(struct tls_conn *conn, uint8_t *buf, size_t cap, size_t *len)
{
	int ret = tls_conn_step(conn);

	*len = 0;
	if (ret < 0)
		return ret;
	if (!conn->done || nothing_to_read(conn))
		return ERR_AGAIN;
	ERR_clear_error();
	return judge(conn, SSL_read_ex(conn->ssl, buf, cap, len));
}

size_t tls_conn_unread(const struct tls_conn *conn)
{
	return (size_t)SSL_pending(conn->ssl);
}

int tls_conn_write(struct tls_conn *conn, const uint8_t *data, size_t len)
{
	size_t written;

	if (conn->failed)
		return ERR_TLS;
	if (!conn->done)
		return ERR_AGAIN;
	if (len == 0 || len > TLS_RECORD_MAX)
		return ERR_RANGE;
	ERR_clear_error();
	return judge(conn, SSL_write_ex(conn->ssl, data, len, &written));
}

int tls_conn_export(struct tls_conn *conn, const char *label, uint8_t *out, size_t out_len)
{
	if (conn->done && SSL_export_keying_material(conn->ssl, out, out_len, label, strlen(label),
						     NULL, 0, 0) == 1)
		return 0;
	ERR_clear_error();
	secret_wipe(out, out_len);
	return ERR_TLS;
}

void tls_conn_shutdown(struct tls_conn *conn)
{
	if (conn->done && !conn->failed)
		(void)SSL_shutdown(conn->ssl); /* 0 or -1: we do not wait for the answer */
	ERR_clear_error();
}

bool tls_conn_has_peer_cert(const struct tls_conn *conn)
{
	return conn->has_peer_cert;
}

/* ---- the summary line -------------------------------------------------------------------- */

/* "2048 bits RSA", "256 bits ECprime256v1", "253 bits X25519" */
static void describe_key(EVP_PKEY *key, struct str *out)
{
	char group[64] = "";
	size_t len;

	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
		group[0] = '\0';
	str_addf(out, "%d bits %s%s", EVP_PKEY_get_bits(key), EVP_PKEY_get0_type_name(key), group);
}

static void describe_peer_cert(SSL *ssl, struct str *out)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;

	if (key) {
		str_add(out, ", peer certificate: ");
		describe_key(key, out);
		str_addf(out, ", signature: %s", OBJ_nid2sn(X509_get_signature_nid(cert)));
	}
	X509_free(cert);
}

static void describe_peer_temporary_key(SSL *ssl, struct str *out)
{
	EVP_PKEY *key;

	if (SSL_get_peer_tmp_key(ssl, &key) != 1)
		return;
	str_add(out, ", peer temporary key: ");
	describe_key(key, out);
	EVP_PKEY_free(key);
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
static const char *peer_signature_name(SSL *ssl)
{
	const char *name;

	return SSL_get0_peer_signature_name(ssl, &name) ? name : NULL;
}
#else
static const char *peer_signature_name(SSL *ssl)
{
	int digest;

	return SSL_get_peer_signature_nid(ssl, &digest) && digest != NID_undef ? OBJ_nid2sn(digest)
									       : NULL;
}
#endif

static const char *signature_type_name(int nid)
{
	switch (nid) {
	case EVP_PKEY_RSA:
		return "RSA";
	case EVP_PKEY_RSA_PSS:
		return "RSASSA-PSS";
	case EVP_PKEY_EC:
		return "ECDSA";
	default:
		return OBJ_nid2sn(nid);
	}
}

static void describe_peer_signature(SSL *ssl, struct str *out)
{
	const char *digest = peer_signature_name(ssl);
	int type;

	if (!digest || !SSL_get_peer_signature_type_nid(ssl, &type) || type == NID_undef)
		return;
	str_addf(out, ", peer signing digest/type: %s %s", digest, signature_type_name(type));
}

static void describe_group(SSL *ssl, struct str *out)
{
	const char *name = SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl));

	if (name)
		str_addf(out, ", key agreement: %s", name);
}

void tls_conn_describe(const struct tls_conn *conn, struct str *out)
{
	SSL *ssl = conn->ssl;
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	str_addf(out, "Control Channel: %s, cipher %s %s", SSL_get_version(ssl),
		 cipher ? SSL_CIPHER_get_version(cipher) : "",
		 cipher ? SSL_CIPHER_get_name(cipher) : "");
	describe_peer_cert(ssl, out);
	describe_peer_temporary_key(ssl, out);
	describe_peer_signature(ssl, out);
	describe_group(ssl, out);
	ERR_clear_error();
}
