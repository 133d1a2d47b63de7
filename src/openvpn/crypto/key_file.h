/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys in PEM blocks: tls-crypt-v2 server and client keys, the auth-token secret; and how a
 * client key is wrapped. Spec 01 section 6.7. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/source.h"
#include "crypto/static_key.h"

enum {
	CRYPT_V2_SERVER_KEY_LEN = 128,
	AUTH_TOKEN_KEY_LEN = 128,
	WKC_MIN = 32 + 256 + 2,
	WKC_MAX = 1024,
	WKC_TAG_LEN = 32,
	WKC_METADATA_MAX = 734, /* with the type byte */
};

#define KEY_PEM_CRYPT_V2_SERVER "OpenVPN tls-crypt-v2 server key"
#define KEY_PEM_CRYPT_V2_CLIENT "OpenVPN tls-crypt-v2 client key"
#define KEY_PEM_AUTH_TOKEN	"OpenVPN auth-token server key"

/* S; Ke' = s[0:32], Ka' = s[64:96] */
struct crypt_v2_server_key {
	uint8_t s[CRYPT_V2_SERVER_KEY_LEN];
};

struct crypt_v2_client_key {
	struct static_key kc;
	uint8_t wkc[WKC_MAX];
	size_t wkc_len;
};

enum wkc_metadata_type {
	WKC_METADATA_USER = 0,
	WKC_METADATA_TIMESTAMP = 1,
};

/* What a server finds in a WKc. */
struct wkc_plain {
	struct static_key kc;
	uint8_t metadata[WKC_METADATA_MAX]; /* type byte first */
	size_t metadata_len;		    /* 0: none */
};

/** crypt_v2_server_key_load() - ERR_KEY_FILE: `ERROR: invalid tls-crypt-v2 server key format` */
int crypt_v2_server_key_load(const struct text_source *src, struct crypt_v2_server_key *key,
			     struct err *err) MUST_CHECK;

/** crypt_v2_client_key_load() - ERR_KEY_FILE with the lines of spec 01 6.7 */
int crypt_v2_client_key_load(const struct text_source *src, struct crypt_v2_client_key *key,
			     struct err *err) MUST_CHECK;

/** auth_token_key_load() - the first 128 bytes */
int auth_token_key_load(const struct text_source *src, uint8_t key[AUTH_TOKEN_KEY_LEN],
			struct err *err) MUST_CHECK;

/**
 * wkc_wrap() - WKc = T || AES-256-CTR(Kc || metadata) || len
 * @metadata: at most WKC_METADATA_MAX bytes including the type byte; may be empty
 * @wkc: gets WKC_MIN + @metadata_len bytes
 *
 * Return: 0, ERR_LIMIT (metadata too long), ERR_CRYPTO.
 */
int wkc_wrap(const struct crypt_v2_server_key *server, const struct static_key *kc,
	     const uint8_t *metadata, size_t metadata_len, uint8_t wkc[WKC_MAX],
	     size_t *wkc_len) MUST_CHECK;

/**
 * wkc_unwrap() - verify and decrypt
 * @wkc: all of it including the two length bytes
 *
 * Return: 0, or ERR_WKC (wrong length, tag, or content; @plain is wiped), ERR_CRYPTO.
 */
int wkc_unwrap(const struct crypt_v2_server_key *server, const uint8_t *wkc, size_t wkc_len,
	       struct wkc_plain *plain) MUST_CHECK;

/**
 * key_pem_decode() - the bytes of the first PEM block with exactly this label
 * @out: gets at most @cap bytes; @len the count
 *
 * Return: 0, ERR_KEY_FILE (no such block, bad base64), ERR_OVERFLOW.
 */
int key_pem_decode(const char *text, const char *label, uint8_t *out, size_t cap,
		   size_t *len) MUST_CHECK;

/** key_pem_encode() - append a PEM block, 64 columns, to @out */
int key_pem_encode(const char *label, const uint8_t *bytes, size_t len, struct str *out) MUST_CHECK;
