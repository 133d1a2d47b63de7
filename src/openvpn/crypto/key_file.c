// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/key_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/ctr.h"
#include "crypto/digest.h"

enum {
	PEM_COLUMNS = 64,
	PEM_MARKER_MAX = 96,
	/* base64 of the longest key we read (Kc and WKc), with room for line ends and blanks */
	KEY_PEM_MAX_BYTES = STATIC_KEY_LEN + WKC_MAX,
};

/* ---- PEM --------------------------------------------------------------------------------- */

/* The first line at or after @text that is "-----@edge @label-----", or NULL. */
static const char *find_marker(const char *text, const char *edge, const char *label,
			       const char **after)
{
	char marker[PEM_MARKER_MAX];
	const int n = snprintf(marker, sizeof(marker), "-----%s %s-----", edge, label);

	if (n < 0 || (size_t)n >= sizeof(marker))
		return NULL;
	while (text) {
		const char *eol = strchr(text, '\n');

		if (strncmp(text, marker, (size_t)n) == 0) {
			const char *rest = text + n;

			while (*rest && *rest != '\n' && isspace((unsigned char)*rest))
				rest++;
			if (*rest == '\0' || *rest == '\n') {
				*after = rest;
				return text;
			}
		}
		text = eol ? eol + 1 : NULL;
	}
	return NULL;
}

int key_pem_decode(const char *text, const char *label, uint8_t *out, size_t cap, size_t *len)
{
	const char *body, *end, *ignored;
	size_t n;
	char *base64;
	long got;

	*len = 0;
	if (!find_marker(text, "BEGIN", label, &body))
		return ERR_KEY_FILE;
	end = find_marker(body, "END", label, &ignored);
	if (!end)
		return ERR_KEY_FILE;
	n = (size_t)(end - body);
	base64 = secret_alloc(n + 1);
	if (!base64)
		return ERR_NOMEM;
	memcpy(base64, body, n);
	got = str_base64_decode(base64, out, cap);
	secret_free(base64);
	if (got < 0) {
		secret_wipe(out, cap);
		return got == ERR_OVERFLOW ? ERR_OVERFLOW : ERR_KEY_FILE;
	}
	*len = (size_t)got;
	return 0;
}

int key_pem_encode(const char *label, const uint8_t *bytes, size_t len, struct str *out)
{
	char *base64 = str_base64_encode(bytes, len);
	size_t n;

	if (!base64)
		return ERR_NOMEM;
	n = strlen(base64);
	str_addf(out, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < n; i += PEM_COLUMNS) {
		str_add_len(out, base64 + i, n - i < PEM_COLUMNS ? n - i : PEM_COLUMNS);
		str_add(out, "\n");
	}
	str_addf(out, "-----END %s-----\n", label);
	secret_wipe(base64, n);
	free(base64);
	return out->failed ? ERR_NOMEM : 0;
}

/* ---- files ------------------------------------------------------------------------------- */

/* Read @src and decode its block into @out. */
static int load_pem(const struct text_source *src, const char *label, uint8_t *out, size_t cap,
		    size_t *len, struct err *err)
{
	char *text;
	int ret = source_read(src, &text, NULL, err);

	if (ret < 0)
		return ret;
	ret = key_pem_decode(text, label, out, cap, len);
	secret_free(text);
	if (ret == ERR_NOMEM)
		return err_set(err, ret, "out of memory");
	if (ret < 0)
		return err_set(err, ERR_KEY_FILE, "ERROR: %s pem decode failed", label);
	return 0;
}

int crypt_v2_server_key_load(const struct text_source *src, struct crypt_v2_server_key *key,
			     struct err *err)
{
	uint8_t bytes[CRYPT_V2_SERVER_KEY_LEN + 1];
	size_t len = 0;
	int ret = load_pem(src, KEY_PEM_CRYPT_V2_SERVER, bytes, sizeof(bytes), &len, err);

	if (ret == ERR_KEY_FILE || (ret == 0 && len != CRYPT_V2_SERVER_KEY_LEN))
		ret = err_set(err, ERR_KEY_FILE, "ERROR: invalid tls-crypt-v2 server key format");
	if (ret == 0)
		memcpy(key->s, bytes, sizeof(key->s));
	secret_wipe(bytes, sizeof(bytes));
	return ret;
}

int crypt_v2_client_key_load(const struct text_source *src, struct crypt_v2_client_key *key,
			     struct err *err)
{
	uint8_t bytes[KEY_PEM_MAX_BYTES];
	size_t len = 0;
	int ret = load_pem(src, KEY_PEM_CRYPT_V2_CLIENT, bytes, sizeof(bytes), &len, err);

	if (ret == 0 && len < STATIC_KEY_LEN)
		ret = err_set(err, ERR_KEY_FILE,
			      "ERROR: not enough data in tls-crypt-v2 client key");
	else if (ret == ERR_KEY_FILE || (ret == 0 && len < STATIC_KEY_LEN + WKC_MIN))
		ret = err_set(err, ERR_KEY_FILE, "ERROR: invalid tls-crypt-v2 client key format");
	if (ret == 0) {
		memcpy(key->kc.k, bytes, STATIC_KEY_LEN);
		key->wkc_len = len - STATIC_KEY_LEN;
		memcpy(key->wkc, bytes + STATIC_KEY_LEN, key->wkc_len);
	}
	secret_wipe(bytes, sizeof(bytes));
	return ret;
}

int auth_token_key_load(const struct text_source *src, uint8_t key[AUTH_TOKEN_KEY_LEN],
			struct err *err)
{
	uint8_t bytes[KEY_PEM_MAX_BYTES];
	size_t len = 0;
	int ret = load_pem(src, KEY_PEM_AUTH_TOKEN, bytes, sizeof(bytes), &len, err);

	if (ret == ERR_KEY_FILE || (ret == 0 && len < AUTH_TOKEN_KEY_LEN))
		ret = err_set(err, ERR_KEY_FILE, "ERROR: not enough data in auth-token secret");
	if (ret == 0)
		memcpy(key, bytes, AUTH_TOKEN_KEY_LEN);
	secret_wipe(bytes, sizeof(bytes));
	return ret;
}

/* ---- wrapped client key ------------------------------------------------------------------ */

static const uint8_t *wkc_cipher_key(const struct crypt_v2_server_key *server)
{
	return server->s;
}

static const uint8_t *wkc_hmac_key(const struct crypt_v2_server_key *server)
{
	return server->s + STATIC_KEY_SLOT_LEN;
}

static int wkc_tag(const struct crypt_v2_server_key *server, uint16_t total, const uint8_t *plain,
		   size_t plain_len, uint8_t tag[WKC_TAG_LEN])
{
	uint8_t total_be[2];
	const struct iov_part parts[] = {{total_be, sizeof(total_be)}, {plain, plain_len}};

	store_be16(total_be, total);
	return hmac_once(DIGEST_SHA256, wkc_hmac_key(server), SHA256_LEN, parts, ARRAY_SIZE(parts),
			 tag);
}

int wkc_wrap(const struct crypt_v2_server_key *server, const struct static_key *kc,
	     const uint8_t *metadata, size_t metadata_len, uint8_t wkc[WKC_MAX], size_t *wkc_len)
{
	uint8_t plain[STATIC_KEY_LEN + WKC_METADATA_MAX], tag[WKC_TAG_LEN];
	struct wr in = wr_init(plain, sizeof(plain));
	struct wr out = wr_init(wkc, WKC_MAX);
	const size_t total = WKC_MIN + metadata_len;
	uint8_t *sealed;
	int ret;

	if (metadata_len > WKC_METADATA_MAX)
		return ERR_LIMIT;
	wr_bytes(&in, kc->k, sizeof(kc->k));
	wr_bytes(&in, metadata, metadata_len);
	ret = wkc_tag(server, (uint16_t)total, plain, in.len, tag);
	if (ret == 0) {
		wr_bytes(&out, tag, sizeof(tag));
		sealed = wr_reserve(&out, in.len);
		wr_u16(&out, (uint16_t)total);
		ret = wr_error(&out);
		if (ret == 0)
			ret = aes256_ctr(wkc_cipher_key(server), tag, plain, sealed, in.len);
	}
	secret_wipe(plain, sizeof(plain));
	*wkc_len = ret == 0 ? total : 0;
	return ret;
}

int wkc_unwrap(const struct crypt_v2_server_key *server, const uint8_t *wkc, size_t wkc_len,
	       struct wkc_plain *plain)
{
	uint8_t opened[WKC_MAX], expected[WKC_TAG_LEN];
	struct rd r = rd_init(wkc, wkc_len), in;
	const uint8_t *tag, *sealed;
	size_t sealed_len;
	int ret;

	if (wkc_len > WKC_MAX || wkc_len < WKC_TAG_LEN + 2)
		return ERR_WKC;
	sealed_len = wkc_len - WKC_TAG_LEN - 2;
	tag = rd_bytes(&r, WKC_TAG_LEN);
	sealed = rd_bytes(&r, sealed_len);
	if (rd_u16(&r) != wkc_len || rd_finish(&r) < 0)
		return ERR_WKC;
	ret = aes256_ctr(wkc_cipher_key(server), tag, sealed, opened, sealed_len);
	if (ret == 0)
		ret = wkc_tag(server, (uint16_t)wkc_len, opened, sealed_len, expected);
	if (ret == 0 && (!secret_equal(tag, expected, WKC_TAG_LEN) || sealed_len < STATIC_KEY_LEN))
		ret = ERR_WKC;
	if (ret == 0) {
		in = rd_init(opened, sealed_len);
		rd_copy(&in, plain->kc.k, STATIC_KEY_LEN);
		plain->metadata_len = rd_left(&in);
		rd_copy(&in, plain->metadata, plain->metadata_len);
		ret = rd_finish(&in);
	}
	if (ret < 0)
		secret_wipe(plain, sizeof(*plain));
	secret_wipe(opened, sizeof(opened));
	return ret;
}
