/* SPDX-License-Identifier: GPL-2.0-only */
/* tls-crypt: the body encrypted, header and body authenticated (SIV). Spec 01 6.6. */
#include "proto/wrap_key.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/secret.h"
#include "crypto/ctr.h"

struct wrap_key *wrap_crypt_key(const struct static_key *key, bool tls_server)
{
	enum key_direction dir = tls_server ? KEY_DIR_NORMAL : KEY_DIR_INVERSE;
	struct key_slice seal = static_key_send(key, dir), open = static_key_recv(key, dir);
	struct wrap_key *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->kind = WRAP_CRYPT;
	k->seal_hmac = hmac_new(DIGEST_SHA256, seal.hmac, SHA256_LEN);
	k->open_hmac = hmac_new(DIGEST_SHA256, open.hmac, SHA256_LEN);
	k->seal_ctr = ctr_new(seal.cipher);
	k->open_ctr = ctr_new(open.cipher);
	if (!k->seal_hmac || !k->open_hmac || !k->seal_ctr || !k->open_ctr) {
		wrap_key_free(k);
		return NULL;
	}
	return k;
}

void wrap_key_free(struct wrap_key *key)
{
	if (!key)
		return;
	hmac_free(key->seal_hmac);
	hmac_free(key->open_hmac);
	ctr_free(key->seal_ctr);
	ctr_free(key->open_ctr);
	free(key);
}

/* @ad: first byte, session id and replay id as they stand in the packet */
static int crypt_tag(struct hmac *hmac, const void *ad, const void *body, size_t len,
		     uint8_t tag[TLS_CRYPT_TAG_LEN])
{
	const struct iov_part parts[] = {
		{ad, 1 + SID_LEN + REPLAY_ID_LEN},
		{body, len},
	};

	return hmac_parts(hmac, parts, ARRAY_SIZE(parts), tag);
}

int wrap_crypt_open(const struct wrap_key *key, const struct wrap_crypted *pkt,
		    uint8_t plain[CONTROL_PACKET_MAX], struct replay_id *id, struct rd *body)
{
	struct rd r = rd_init(pkt->data, pkt->len);
	const uint8_t *ad = rd_bytes(&r, 1 + SID_LEN + REPLAY_ID_LEN);
	const uint8_t *tag = rd_bytes(&r, TLS_CRYPT_TAG_LEN);
	uint8_t expected[TLS_CRYPT_TAG_LEN];
	size_t len;
	const uint8_t *text = rd_rest(&r, &len);
	int ret;

	if (rd_error(&r) < 0) {
		log_warn(pkt->in->log, "tls-crypt unwrap error: packet too short");
		return ERR_WRAP;
	}
	ret = ctr_crypt(key->open_ctr, tag, text, plain, len);
	if (ret == 0)
		ret = crypt_tag(key->open_hmac, ad, plain, len, expected);
	if (ret < 0)
		return ret;
	if (!secret_equal(expected, tag, sizeof(expected))) {
		log_warn(pkt->in->log, "tls-crypt unwrap error: packet authentication failed");
		return ERR_WRAP;
	}
	struct rd ad_rd = rd_init(ad, 1 + SID_LEN + REPLAY_ID_LEN);

	rd_skip(&ad_rd, 1 + SID_LEN);
	*id = replay_id_read(&ad_rd);
	*body = rd_init(plain, len);
	return 0;
}

int wrap_crypt_seal(const struct wrap_key *key, const struct replay_id *id,
		    const struct packet_header *h, const void *body, size_t len, struct wr *out)
{
	uint8_t ad[1 + SID_LEN + REPLAY_ID_LEN], tag[TLS_CRYPT_TAG_LEN];
	struct wr ad_wr = wr_init(ad, sizeof(ad));
	uint8_t *text;
	int ret;

	packet_header_write(&ad_wr, h);
	replay_id_write(&ad_wr, id);
	ret = crypt_tag(key->seal_hmac, ad, body, len, tag);
	if (ret < 0)
		return ret;
	wr_bytes(out, ad, sizeof(ad));
	wr_bytes(out, tag, sizeof(tag));
	text = wr_reserve(out, len);
	if (!text)
		return ERR_OVERFLOW;
	return ctr_crypt(key->seal_ctr, tag, body, text, len);
}
