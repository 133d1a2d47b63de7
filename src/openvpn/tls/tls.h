/* SPDX-License-Identifier: GPL-2.0-only */
/* TLS over memory buffers. Spec 01 section 8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/source.h"
#include "tls/verify.h"

enum tls_role {
	TLS_CLIENT,
	TLS_SERVER,
};

enum tls_version {
	TLS_VERSION_DEFAULT, /* min: 1.2, max: the library's */
	TLS_VERSION_1_0,
	TLS_VERSION_1_1,
	TLS_VERSION_1_2,
	TLS_VERSION_1_3,
};

enum tls_cert_profile {
	TLS_PROFILE_LEGACY, /* the default */
	TLS_PROFILE_INSECURE,
	TLS_PROFILE_PREFERRED,
	TLS_PROFILE_SUITEB,
};

enum tls_peer_cert {
	TLS_PEER_CERT_REQUIRE,
	TLS_PEER_CERT_OPTIONAL, /* server only */
	TLS_PEER_CERT_NONE,	/* server only */
};

/**
 * tls_password_fn - ask for the passphrase of a private key
 * @buf: gets a NUL-terminated passphrase of less than @cap bytes; the caller wipes it
 *
 * Return: 0, or ERR_* when there is none (loading fails).
 */
typedef int (*tls_password_fn)(void *user, char *buf, size_t cap);

/* Everything from the options; borrowed for the time of tls_ctx_new() only, except where noted. */
struct tls_ctx_config {
	enum tls_role role;
	struct text_source ca;
	const char *capath;
	struct text_source cert;
	struct text_source key;
	struct text_source pkcs12; /* inline text is base64 */
	struct text_source extra_certs;
	struct text_source dh;	/* path "none": none */
	struct text_source crl; /* --crl-verify FILE; copied */
	const char *crl_root;	/* --chroot that is still to come: crl is inside of it; or NULL */
	enum tls_version version_min;
	enum tls_version version_max;
	const char *cipher_list;  /* --tls-cipher, or NULL */
	const char *ciphersuites; /* --tls-ciphersuites, or NULL */
	const char *groups;	  /* --tls-groups, or NULL */
	const char *cert_profile; /* --tls-cert-profile, or NULL */
	enum tls_peer_cert peer_cert;
	bool fingerprint_without_ca; /* the chain need not verify (spec 03 3.6.7) */
	uint64_t unix_sec;	  /* time for the warning about our own certificate; 0: the clock */
	tls_password_fn password; /* or NULL */
	void *password_user;
};

/* Certificates, keys and limits that connections share. One thread at a time. */
struct tls_ctx;

/**
 * tls_ctx_new() - load everything
 * @log: warnings (deprecated cipher names, CRL lines) go here; copied
 *
 * Return: 0 and *@out, or ERR_* with the whole line for the user; library errors were logged.
 */
int tls_ctx_new(const struct tls_ctx_config *cfg, const struct log *log, struct tls_ctx **out,
		struct err *err) MUST_CHECK;

/** tls_ctx_free() - connections may outlive it: they hold what they need */
void tls_ctx_free(struct tls_ctx *ctx);

/**
 * tls_ctx_reload_crl() - read the CRL file again if its size or modification time changed
 *
 * Call before each negotiation. A missing file keeps what is loaded (the lines of spec 03 3.6.6
 * are logged).
 */
void tls_ctx_reload_crl(struct tls_ctx *ctx);

/** tls_version_parse() - "1.0" ... "1.3"; ERR_INVALID */
int tls_version_parse(const char *text, enum tls_version *version) MUST_CHECK;
/** tls_version_highest() - the newest that the library supports */
enum tls_version tls_version_highest(void);

/* One TLS connection. One thread at a time; opens nothing, blocks never. */
struct tls_conn;

struct tls_conn_params {
	struct log log;	       /* copied; library errors and alerts are logged here */
	struct verify *verify; /* borrowed until the handshake is over; NULL: library checks only */
	uint64_t unix_sec;     /* time for the dates of certificates; 0: the system clock */
};

/** tls_conn_new() - Return: NULL when out of memory */
struct tls_conn *tls_conn_new(struct tls_ctx *ctx, const struct tls_conn_params *params) MUST_CHECK;
void tls_conn_free(struct tls_conn *conn);

/**
 * tls_conn_feed() - append bytes from the peer
 *
 * Return: 0, or ERR_LIMIT / ERR_NOMEM when too much waits unread.
 */
int tls_conn_feed(struct tls_conn *conn, const uint8_t *data, size_t len) MUST_CHECK;

/**
 * tls_conn_drain() - take up to @cap bytes for the peer
 *
 * Works after an error too: an alert may wait. Return: number of bytes, 0 when there are none.
 */
size_t tls_conn_drain(struct tls_conn *conn, uint8_t *buf, size_t cap);

/** tls_conn_pending() - bytes waiting for tls_conn_drain() */
size_t tls_conn_pending(const struct tls_conn *conn);

/**
 * tls_conn_step() - advance the handshake with what was fed (a client's first call starts it)
 *
 * Return: 0 (see tls_conn_handshake_done()), or ERR_TLS. Lines in that case: `OpenSSL: error:...`,
 * hints; the caller adds `TLS_ERROR: BIO read tls_read_plaintext error` and what follows it.
 */
int tls_conn_step(struct tls_conn *conn) MUST_CHECK;

bool tls_conn_handshake_done(const struct tls_conn *conn);

/**
 * tls_conn_read() - plaintext of (part of) one record; drives the handshake too
 * @len: gets the number of bytes
 *
 * Return: 0, ERR_AGAIN (nothing now, *@len is 0), ERR_TLS, ERR_TLS_CLOSED (close-notify).
 */
int tls_conn_read(struct tls_conn *conn, uint8_t *buf, size_t cap, size_t *len) MUST_CHECK;

/** tls_conn_unread() - plaintext bytes that tls_conn_read() left of the last record */
size_t tls_conn_unread(const struct tls_conn *conn);

/**
 * tls_conn_write() - encrypt as one record; @len 1 .. 16384
 *
 * Return: 0, ERR_AGAIN (the handshake is not over), ERR_TLS.
 */
int tls_conn_write(struct tls_conn *conn, const uint8_t *data, size_t len) MUST_CHECK;

/**
 * tls_conn_export() - keying material exporter without context
 *
 * Return: 0, or ERR_TLS; @out is wiped on error.
 */
int tls_conn_export(struct tls_conn *conn, const char *label, uint8_t *out,
		    size_t out_len) MUST_CHECK;

/** tls_conn_shutdown() - queue a close-notify; drain it after */
void tls_conn_shutdown(struct tls_conn *conn);

/**
 * tls_conn_describe() - "Control Channel: TLSv1.3, cipher TLSv1.3 ..., peer certificate: ..."
 *
 * The line of spec 01 8.4; valid once the handshake is done.
 */
void tls_conn_describe(const struct tls_conn *conn, struct str *out);

/** tls_conn_has_peer_cert() - whether the peer showed a certificate */
bool tls_conn_has_peer_cert(const struct tls_conn *conn);

/* --show-tls, --show-groups. Spec 04 section 5.2. */

/** tls_show_ciphers() - append the text; ERR_* when the lists are not usable */
int tls_show_ciphers(const struct tls_ctx_config *cfg, const struct log *log, struct str *out,
		     struct err *err) MUST_CHECK;
void tls_show_groups(struct str *out);
