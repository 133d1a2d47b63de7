/* SPDX-License-Identifier: GPL-2.0-only */
/* AEAD with a 32-bit packet id and the tag in front of the ciphertext. Spec 02 section 4. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "data/format.h"
#include "data/packet_id.h"
#include "data/replay.h"

enum {
	ID_LEN = 4,
	IMPLICIT_IV_LEN = AEAD_NONCE_LEN - ID_LEN,
	BLOCK_LEN = 16,
};

struct aead_direction {
	struct aead *aead;
	uint8_t implicit_iv[IMPLICIT_IV_LEN];
	uint64_t blocks; /* of plaintext */
};

struct aead_state {
	struct data_limits limits;
	bool v2;
	uint8_t header[DATA_HEADER_MAX];
	struct packet_ids ids;
	uint64_t last_id; /* highest sent */
	struct aead_direction seal, open;
	struct replay_window *replay;
	uint64_t failures;
	uint64_t refused_id;
};

static void aead_state_free(void *state)
{
	struct aead_state *s = state;

	aead_free(s->seal.aead);
	aead_free(s->open.aead);
	replay_window_free(s->replay);
	secret_wipe(s, sizeof(*s));
	free(s);
}

static int aead_state_new(const struct data_key_config *cfg, void **state, struct err *err)
{
	struct aead_state *s = lines_alloc(sizeof(*s));
	struct data_header hdr = {.v2 = cfg->format == DATA_FORMAT_V2,
				  .key_id = cfg->key_id,
				  .peer_id = cfg->tx_peer_id};
	struct wr w;

	if (!s)
		return err_set(err, ERR_NOMEM, "data key %u: out of memory", cfg->key_id);
	s->limits = cfg->limits;
	s->v2 = hdr.v2;
	w = wr_init(s->header, sizeof(s->header));
	data_header_write(&w, &hdr);
	packet_ids_init(&s->ids, 1);
	memcpy(s->seal.implicit_iv, cfg->seal.hmac, IMPLICIT_IV_LEN);
	memcpy(s->open.implicit_iv, cfg->open.hmac, IMPLICIT_IV_LEN);
	s->seal.aead = aead_new(cfg->cipher, cfg->seal.cipher, CIPHER_SEAL);
	s->open.aead = aead_new(cfg->cipher, cfg->open.cipher, CIPHER_OPEN);
	s->replay = replay_window_new(cfg->replay_window, cfg->replay_time_sec);
	if (!s->seal.aead || !s->open.aead || !s->replay) {
		aead_state_free(s);
		return err_set(err, ERR_CRYPTO, "Cipher %s not supported",
			       cipher_by_id(cfg->cipher)->name);
	}
	*state = s;
	return 0;
}

static size_t aead_prefix(const void *state)
{
	const struct aead_state *s = state;

	return data_header_bytes(s->v2) + ID_LEN + AEAD_TAG_LEN;
}

/* Packet id and implicit IV, on the wire and in the nonce. */
static void aead_nonce(uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *id,
		       const struct aead_direction *dir)
{
	memcpy(nonce, id, ID_LEN);
	memcpy(nonce + ID_LEN, dir->implicit_iv, IMPLICIT_IV_LEN);
}

static int aead_format_seal(void *state, const uint8_t *plain, size_t len, struct wr *out)
{
	struct aead_state *s = state;
	size_t header_len = data_header_bytes(s->v2);
	uint8_t nonce[AEAD_NONCE_LEN], *ad, *id, *tag, *cipher;
	uint64_t packet_id;

	ad = wr_reserve(out, header_len);
	id = wr_reserve(out, ID_LEN);
	tag = wr_reserve(out, AEAD_TAG_LEN);
	cipher = wr_reserve(out, len);
	if (unlikely(wr_error(out)))
		return ERR_OVERFLOW;
	packet_id = packet_ids_take(&s->ids, 1);
	if (unlikely(packet_id > s->limits.id_max))
		return ERR_PACKET_ID_ROLLOVER;
	s->last_id = packet_id;
	s->seal.blocks += (len + BLOCK_LEN - 1) / BLOCK_LEN;
	memcpy(ad, s->header, header_len);
	store_be32(id, (uint32_t)packet_id);
	aead_nonce(nonce, id, &s->seal);
	if (s->v2)
		return aead_seal(s->seal.aead, nonce, ad, header_len + ID_LEN, plain, cipher, len,
				 tag);
	return aead_seal(s->seal.aead, nonce, id, ID_LEN, plain, cipher, len, tag);
}

static int aead_format_open(void *state, const struct data_header *hdr, const uint8_t *packet,
			    struct rd *r, uint8_t *out, size_t *out_len, uint64_t now_sec)
{
	struct aead_state *s = state;
	uint8_t nonce[AEAD_NONCE_LEN], tag[AEAD_TAG_LEN];
	uint8_t ad[DATA_HEADER_MAX + ID_LEN];
	size_t header_len = data_header_bytes(hdr->v2), len;
	const uint8_t *id = rd_bytes(r, ID_LEN), *cipher;
	int ret;

	rd_copy(r, tag, sizeof(tag));
	cipher = rd_rest(r, &len);
	if (unlikely(rd_error(r) || !len))
		return ERR_SHORT;
	if (unlikely(s->failures > s->limits.failures_max))
		return ERR_OPEN_LIMIT;
	aead_nonce(nonce, id, &s->open);
	/* Copied, as @out may overwrite them. */
	memcpy(ad, packet, header_len);
	memcpy(ad + header_len, id, ID_LEN);
	if (hdr->v2)
		ret = aead_open(s->open.aead, nonce, ad, header_len + ID_LEN, cipher, out, len,
				tag);
	else
		ret = aead_open(s->open.aead, nonce, ad + header_len, ID_LEN, cipher, out, len,
				tag);
	if (unlikely(ret < 0)) {
		s->failures++;
		return ERR_AUTH;
	}
	ret = replay_window_accept(s->replay, load_be32(ad + header_len), 0, now_sec);
	if (unlikely(ret < 0)) {
		s->refused_id = load_be32(ad + header_len);
		return ret;
	}
	s->open.blocks += (len + BLOCK_LEN - 1) / BLOCK_LEN;
	*out_len = len;
	return 0;
}

static bool aead_renewal_due(const void *state)
{
	const struct aead_state *s = state;
	uint64_t bound = s->limits.aead_usage;

	if (s->last_id >= s->limits.id_renew || s->failures > s->limits.failures_warn)
		return true;
	if (bound == UINT64_MAX)
		return false;
	bound = bound / 8 * 7;
	return s->seal.blocks + s->last_id > bound ||
	       s->open.blocks + replay_window_highest(s->replay) > bound;
}

static void aead_usage(const void *state, struct data_key_usage *out)
{
	const struct aead_state *s = state;

	out->open_failures = s->failures;
	out->refused_id = s->refused_id;
}

const struct data_error_text data_aead_errors[] = {
	{ERR_SHORT, 1, "missing IV info, missing tag or no payload"},
	{ERR_AUTH, 4, "packet tag authentication failed"},
	{ERR_PACKET_ID, 1, "error reading packet-id"},
	{ERR_EPOCH, 1, "data packet with unknown epoch"},
	{ERR_OPEN_LIMIT, 4, "Decryption failed verification limit reached."},
	{0, 0, NULL},
};

static void aead_state_touches(const void *state, enum cipher_dir dir, struct footprint *f)
{
	const struct aead_state *s = state;

	footprint_add(f, s, sizeof(*s));
	if (dir == CIPHER_OPEN)
		replay_window_touches(s->replay, f);
	aead_touches(dir == CIPHER_OPEN ? s->open.aead : s->seal.aead, f);
}

const struct data_format_ops data_format_aead = {
	.error_prefix = "AEAD Decrypt error",
	.errors = data_aead_errors,
	.state_new = aead_state_new,
	.state_free = aead_state_free,
	.prefix = aead_prefix,
	.overhead = aead_prefix,
	.seal = aead_format_seal,
	.open = aead_format_open,
	.renewal_due = aead_renewal_due,
	.usage = aead_usage,
	.touches = aead_state_touches,
};
