/* SPDX-License-Identifier: GPL-2.0-only */
/* CBC, CFB, OFB and no cipher, each with an HMAC over everything behind it. Spec 02 section 5. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "data/format.h"
#include "data/packet_id.h"
#include "data/replay.h"

enum {
	SHORT_ID_LEN = 4,
	LONG_ID_LEN = 8, /* packet id and time */
};

struct hmac_state {
	struct data_limits limits;
	const struct cipher_info *cipher;
	struct rng rng;
	struct data_clock clock;

	uint8_t header[DATA_HEADER_MAX];
	size_t header_len;
	size_t hmac_len;
	size_t iv_len;
	size_t id_len; /* in front of the plaintext; CFB and OFB have it in the IV */
	bool long_id;
	bool may_wrap; /* static key: nobody can renegotiate */

	struct cipher_ctx *seal_cipher, *open_cipher; /* NULL: cipher none */
	struct hmac *seal_hmac, *open_hmac;	      /* NULL: auth none */
	struct packet_ids ids;
	uint64_t last_id;
	uint32_t seal_time; /* of long ids; 0: nothing sent yet */
	struct replay_window *replay;
	uint64_t failures;
	uint64_t refused_id;
	uint32_t refused_time;
};

static void hmac_state_free(void *state)
{
	struct hmac_state *s = state;

	cipher_ctx_free(s->seal_cipher);
	cipher_ctx_free(s->open_cipher);
	hmac_free(s->seal_hmac);
	hmac_free(s->open_hmac);
	replay_window_free(s->replay);
	secret_wipe(s, sizeof(*s));
	free(s);
}

static void hmac_state_layout(struct hmac_state *s, const struct data_key_config *cfg)
{
	bool bare = cfg->format == DATA_FORMAT_BARE;
	bool id_in_iv = s->cipher->mode == CIPHER_MODE_CFB || s->cipher->mode == CIPHER_MODE_OFB;
	struct data_header hdr = {.v2 = cfg->format == DATA_FORMAT_V2,
				  .key_id = cfg->key_id,
				  .peer_id = cfg->tx_peer_id};
	struct wr w = wr_init(s->header, sizeof(s->header));

	if (!bare)
		data_header_write(&w, &hdr);
	s->header_len = w.len;
	s->hmac_len = digest_by_id(cfg->digest)->bytes;
	s->iv_len = s->cipher->mode == CIPHER_MODE_NONE ? 0 : s->cipher->iv_bytes;
	s->long_id = bare || id_in_iv;
	s->may_wrap = bare;
	s->id_len = s->long_id ? LONG_ID_LEN : SHORT_ID_LEN;
	if (id_in_iv)
		s->id_len = 0;
}

static int hmac_state_objects(struct hmac_state *s, const struct data_key_config *cfg)
{
	if (s->cipher->mode != CIPHER_MODE_NONE) {
		s->seal_cipher = cipher_ctx_new(cfg->cipher, cfg->seal.cipher, CIPHER_SEAL);
		s->open_cipher = cipher_ctx_new(cfg->cipher, cfg->open.cipher, CIPHER_OPEN);
		if (!s->seal_cipher || !s->open_cipher)
			return ERR_CRYPTO;
	}
	if (s->hmac_len) {
		s->seal_hmac = hmac_new(cfg->digest, cfg->seal.hmac, s->hmac_len);
		s->open_hmac = hmac_new(cfg->digest, cfg->open.hmac, s->hmac_len);
		if (!s->seal_hmac || !s->open_hmac)
			return ERR_CRYPTO;
	}
	s->replay = replay_window_new(cfg->replay_window, cfg->replay_time_sec);
	return s->replay ? 0 : ERR_NOMEM;
}

static int hmac_state_new(const struct data_key_config *cfg, void **state, struct err *err)
{
	struct hmac_state *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, ERR_NOMEM, "data key %u: out of memory", cfg->key_id);
	s->limits = cfg->limits;
	s->cipher = cipher_by_id(cfg->cipher);
	s->rng = cfg->rng;
	s->clock = cfg->clock;
	packet_ids_init(&s->ids, 1);
	hmac_state_layout(s, cfg);
	if ((s->cipher->mode == CIPHER_MODE_CBC && !s->rng.fill) ||
	    (s->long_id && !s->clock.unix_sec)) {
		const char *missing = s->long_id ? "time" : "randomness";

		hmac_state_free(s);
		return err_set(err, ERR_INTERNAL, "data key %u: no source of %s", cfg->key_id,
			       missing);
	}
	if (hmac_state_objects(s, cfg) < 0) {
		hmac_state_free(s);
		return err_set(err, ERR_CRYPTO, "Cipher %s not supported",
			       cipher_by_id(cfg->cipher)->name);
	}
	*state = s;
	return 0;
}

static size_t hmac_prefix(const void *state)
{
	const struct hmac_state *s = state;

	return s->header_len + s->hmac_len + s->iv_len + s->id_len;
}

static size_t hmac_overhead(const void *state)
{
	const struct hmac_state *s = state;
	size_t pad = s->cipher->mode == CIPHER_MODE_CBC ? s->cipher->block_bytes : 0u;

	return hmac_prefix(s) + pad;
}

/* ---- seal ---- */

/* Return: 0 with *@id to be sent, or ERR_PACKET_ID_ROLLOVER. */
static int hmac_next_id(struct hmac_state *s, uint32_t *id)
{
	uint64_t next = packet_ids_take(&s->ids, 1), now;

	if (s->long_id && !s->seal_time)
		s->seal_time = (uint32_t)s->clock.unix_sec(s->clock.ctx);
	if (unlikely(next > s->limits.id_max)) {
		now = s->long_id && s->may_wrap ? s->clock.unix_sec(s->clock.ctx) : 0;
		if (now <= s->seal_time)
			return ERR_PACKET_ID_ROLLOVER;
		s->seal_time = (uint32_t)now;
		packet_ids_init(&s->ids, 2);
		next = 1;
	}
	s->last_id = next;
	*id = (uint32_t)next;
	return 0;
}

static void hmac_put_id(const struct hmac_state *s, uint8_t *at, uint32_t id)
{
	store_be32(at, id);
	if (s->long_id)
		store_be32(at + SHORT_ID_LEN, s->seal_time);
}

/* Length of what is encrypted, with packet id and padding. */
static size_t hmac_body_len(const struct hmac_state *s, size_t plain_len)
{
	size_t len = s->id_len + plain_len, block = s->cipher->block_bytes;

	return s->cipher->mode == CIPHER_MODE_CBC ? (len / block + 1) * block : len;
}

static void hmac_fill_iv(struct hmac_state *s, uint8_t *iv, uint32_t id)
{
	if (s->cipher->mode == CIPHER_MODE_CBC) {
		rng_fill(&s->rng, iv, s->iv_len);
		return;
	}
	memset(iv, 0, s->iv_len);
	hmac_put_id(s, iv, id);
}

static int hmac_format_seal(void *state, const uint8_t *plain, size_t len, struct wr *out)
{
	struct hmac_state *s = state;
	size_t body_len = hmac_body_len(s, len), cipher_len = body_len;
	uint8_t *header = wr_reserve(out, s->header_len), *mac = wr_reserve(out, s->hmac_len);
	uint8_t *iv = wr_reserve(out, s->iv_len), *body = wr_reserve(out, body_len);
	struct iov_part signed_part;
	uint32_t id;
	int ret;

	if (unlikely(wr_error(out)))
		return ERR_OVERFLOW;
	ret = hmac_next_id(s, &id);
	if (unlikely(ret < 0))
		return ret;
	memcpy(header, s->header, s->header_len);
	memmove(body + s->id_len, plain, len);
	if (s->id_len)
		hmac_put_id(s, body, id);
	if (s->seal_cipher) {
		hmac_fill_iv(s, iv, id);
		ret = cipher_ctx_crypt(s->seal_cipher, iv, body, s->id_len + len, body,
				       &cipher_len);
		if (unlikely(ret < 0 || cipher_len != body_len))
			return ERR_CRYPTO;
	}
	if (!s->seal_hmac)
		return 0;
	/* IV and body lie behind each other. */
	signed_part = (struct iov_part){iv, s->iv_len + body_len};
	return hmac_parts(s->seal_hmac, &signed_part, 1, mac);
}

/* ---- open ---- */

static int hmac_verify(struct hmac_state *s, struct rd *r)
{
	uint8_t want[DIGEST_MAX];
	struct iov_part signed_part;
	struct rd rest;
	const uint8_t *mac;

	if (!s->open_hmac)
		return 0;
	mac = rd_bytes(r, s->hmac_len);
	if (unlikely(!mac))
		return ERR_SHORT;
	rest = *r;
	signed_part.ptr = rd_rest(&rest, &signed_part.len);
	if (hmac_parts(s->open_hmac, &signed_part, 1, want) < 0 ||
	    !secret_equal(want, mac, s->hmac_len)) {
		s->failures++;
		return ERR_AUTH;
	}
	return 0;
}

/* Decrypt what is left of @r into @out, with the packet id in front unless that is in the IV. */
static int hmac_decrypt(struct hmac_state *s, struct rd *r, uint8_t *out, size_t *out_len,
			struct rd *id)
{
	const uint8_t *iv = rd_bytes(r, s->iv_len), *body;
	size_t len;

	if (unlikely(rd_error(r)))
		return ERR_NO_IV;
	body = rd_rest(r, &len);
	if (unlikely(!len))
		return ERR_NO_PAYLOAD;
	if (s->open_cipher) {
		if (cipher_ctx_crypt(s->open_cipher, iv, body, len, out, out_len) < 0)
			return ERR_PADDING;
	} else {
		memcpy(out, body, len);
		*out_len = len;
	}
	*id = s->id_len ? rd_init(out, *out_len) : rd_init(iv, s->iv_len);
	return 0;
}

static int hmac_format_open(void *state, const struct data_header *hdr, const uint8_t *packet,
			    struct rd *r, uint8_t *out, size_t *out_len, uint64_t now_sec)
{
	struct hmac_state *s = state;
	uint32_t id, id_time = 0;
	struct rd id_at;
	int ret;

	(void)hdr;
	(void)packet;
	ret = hmac_verify(s, r);
	if (!ret)
		ret = hmac_decrypt(s, r, out, out_len, &id_at);
	if (unlikely(ret < 0))
		return ret;
	id = rd_u32(&id_at);
	if (s->long_id)
		id_time = rd_u32(&id_at);
	if (unlikely(rd_error(&id_at)))
		return s->iv_len ? ERR_CBC_PACKET_ID : ERR_PACKET_ID;
	ret = replay_window_accept(s->replay, id, id_time, now_sec);
	if (unlikely(ret < 0)) {
		s->refused_id = id;
		s->refused_time = id_time;
		return ret;
	}
	*out_len -= s->id_len;
	if (unlikely(!*out_len))
		return ERR_NO_PAYLOAD;
	memmove(out, out + s->id_len, *out_len);
	return 0;
}

static bool hmac_renewal_due(const void *state)
{
	const struct hmac_state *s = state;

	return !s->may_wrap && s->last_id >= s->limits.id_renew;
}

static void hmac_usage(const void *state, struct data_key_usage *out)
{
	const struct hmac_state *s = state;

	out->open_failures = s->failures;
	out->refused_id = s->refused_id;
	out->refused_time = s->refused_time;
}

static const struct data_error_text hmac_errors[] = {
	{ERR_SHORT, 1, "missing authentication info"},
	{ERR_AUTH, 4, "packet HMAC authentication failed"},
	{ERR_NO_IV, 1, "missing IV info"},
	{ERR_NO_PAYLOAD, 1, "missing payload"},
	{ERR_PADDING, 4, "packet authentication failed, dropping."},
	{ERR_PACKET_ID, 1, "error reading packet-id"},
	{ERR_CBC_PACKET_ID, 1, "error reading CBC packet-id"},
	{0, 0, NULL},
};

const struct data_format_ops data_format_hmac = {
	.error_prefix = "Authenticate/Decrypt packet error",
	.errors = hmac_errors,
	.state_new = hmac_state_new,
	.state_free = hmac_state_free,
	.prefix = hmac_prefix,
	.overhead = hmac_overhead,
	.seal = hmac_format_seal,
	.open = hmac_format_open,
	.renewal_due = hmac_renewal_due,
	.usage = hmac_usage,
};
