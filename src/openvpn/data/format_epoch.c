/* SPDX-License-Identifier: GPL-2.0-only */
/* AEAD with epochs: 16-bit epoch, 48-bit counter, tag at the end. Spec 02 section 6. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "data/epoch.h"
#include "data/format.h"
#include "data/packet_id.h"
#include "data/replay.h"

enum {
	ID_LEN = 8,
	COUNTER_BITS = 48,
	BLOCK_LEN = 16,
	HEADER_LEN = 4,
	/* current, retiring, futures */
	RECEIVE_KEYS = 2 + DATA_EPOCH_FUTURES,
};

#define COUNTER_MASK ((1ULL << COUNTER_BITS) - 1)

/* One epoch in one direction. epoch 0: the slot is empty. */
struct epoch_key {
	struct aead *aead;
	uint32_t epoch;
	uint8_t iv[AEAD_NONCE_LEN];
	uint64_t blocks; /* of plaintext */
	uint64_t failures;
};

struct epoch_sender {
	struct epoch_key key;
	struct packet_ids ids; /* counters of this epoch */
	uint64_t last_counter;
	struct epoch_chain chain; /* stands at key.epoch */
};

/* Invariant: the chain stands at current and futures are empty; or current.epoch <
 * futures[0].epoch < ..., without gaps, and the chain stands at the last of them. Only current and
 * retiring have a replay window. */
struct epoch_receiver {
	struct replay_window *current_replay, *retiring_replay;
	struct epoch_key current; /* up to here each packet needs it */
	struct epoch_key retiring;
	struct epoch_key futures[DATA_EPOCH_FUTURES];
	struct epoch_chain chain;
};

struct epoch_state {
	struct data_limits limits;
	enum cipher_id cipher;
	size_t key_bytes;
	uint8_t header[HEADER_LEN];
	struct epoch_sender tx;
	struct epoch_receiver rx;
	uint64_t refused_id;
};

static void epoch_key_fini(struct epoch_key *k)
{
	aead_free(k->aead);
	secret_wipe(k, sizeof(*k));
}

/* Fill @k for the epoch at which @chain stands. On error @k is empty. */
static int epoch_key_init(struct epoch_key *k, const struct epoch_state *s,
			  const struct epoch_chain *chain, enum cipher_dir dir)
{
	struct epoch_material m;
	int ret = epoch_chain_material(chain, s->key_bytes, &m);

	*k = (struct epoch_key){0};
	if (ret < 0)
		return ret;
	k->aead = aead_new(s->cipher, m.key, dir);
	if (k->aead) {
		k->epoch = chain->epoch;
		memcpy(k->iv, m.iv, sizeof(k->iv));
	}
	secret_wipe(&m, sizeof(m));
	return k->aead ? 0 : ERR_CRYPTO;
}

static void epoch_state_free(void *state)
{
	struct epoch_state *s = state;

	epoch_key_fini(&s->tx.key);
	epoch_key_fini(&s->rx.current);
	epoch_key_fini(&s->rx.retiring);
	for (size_t i = 0; i < DATA_EPOCH_FUTURES; i++)
		epoch_key_fini(&s->rx.futures[i]);
	replay_window_free(s->rx.current_replay);
	replay_window_free(s->rx.retiring_replay);
	secret_wipe(s, sizeof(*s));
	free(s);
}

static int epoch_receiver_init(struct epoch_state *s, const struct data_key_config *cfg)
{
	struct epoch_receiver *rx = &s->rx;

	rx->current_replay = replay_window_new(cfg->replay_window, cfg->replay_time_sec);
	rx->retiring_replay = replay_window_new(cfg->replay_window, cfg->replay_time_sec);
	if (!rx->current_replay || !rx->retiring_replay)
		return ERR_NOMEM;
	epoch_chain_init(&rx->chain, cfg->open.cipher);
	return epoch_key_init(&rx->current, s, &rx->chain, CIPHER_OPEN);
}

static int epoch_state_new(const struct data_key_config *cfg, void **state, struct err *err)
{
	struct epoch_state *s = lines_alloc(sizeof(*s));
	struct data_header hdr = {.v2 = true, .key_id = cfg->key_id, .peer_id = cfg->tx_peer_id};
	struct wr w;
	int ret;

	if (!s)
		return err_set(err, ERR_NOMEM, "data key %u: out of memory", cfg->key_id);
	s->limits = cfg->limits;
	s->cipher = cfg->cipher;
	s->key_bytes = cipher_by_id(cfg->cipher)->key_bytes;
	w = wr_init(s->header, sizeof(s->header));
	data_header_write(&w, &hdr);
	epoch_chain_init(&s->tx.chain, cfg->seal.cipher);
	packet_ids_init(&s->tx.ids, 1);
	ret = epoch_key_init(&s->tx.key, s, &s->tx.chain, CIPHER_SEAL);
	if (!ret)
		ret = epoch_receiver_init(s, cfg);
	if (ret < 0) {
		epoch_state_free(s);
		return err_set(err, ret, "data key %u: epoch keys for cipher %s: %s", cfg->key_id,
			       cipher_by_id(cfg->cipher)->name, err_text(ret));
	}
	*state = s;
	return 0;
}

static size_t epoch_prefix(const void *state)
{
	(void)state;
	return HEADER_LEN + ID_LEN;
}

static size_t epoch_overhead(const void *state)
{
	(void)state;
	return HEADER_LEN + ID_LEN + AEAD_TAG_LEN;
}

static void epoch_nonce(uint8_t nonce[AEAD_NONCE_LEN], const struct epoch_key *k, uint64_t id)
{
	memcpy(nonce, k->iv, AEAD_NONCE_LEN);
	store_be64(nonce, load_be64(nonce) ^ id);
}

/* Go on to @epoch for sending. On error the sender stays where it is. */
static int epoch_send_advance(struct epoch_state *s, uint32_t epoch)
{
	struct epoch_chain chain = s->tx.chain;
	struct epoch_key fresh;
	int ret = 0;

	while (!ret && chain.epoch < epoch)
		ret = epoch_chain_advance(&chain);
	if (!ret)
		ret = epoch_key_init(&fresh, s, &chain, CIPHER_SEAL);
	if (!ret) {
		epoch_key_fini(&s->tx.key);
		s->tx.key = fresh;
		s->tx.chain = chain;
		s->tx.last_counter = 0;
		packet_ids_init(&s->tx.ids, 1);
	}
	epoch_chain_wipe(&chain);
	return ret;
}

/* Spec 6.4: whether the present send epoch has had enough. */
static bool epoch_send_used_up(const struct epoch_state *s)
{
	const struct epoch_key *tx = &s->tx.key, *rx = &s->rx.current;
	uint64_t bound = s->limits.aead_usage;

	if (tx->epoch >= EPOCH_MAX)
		return false;
	if (s->tx.last_counter >= s->limits.epoch_id_max)
		return true;
	if (bound == UINT64_MAX)
		return false;
	if (tx->blocks + s->tx.last_counter > bound)
		return true;
	/* Only sending in a new epoch can move the peer to one. */
	return tx->epoch == rx->epoch &&
	       (rx->blocks + replay_window_highest(s->rx.current_replay) > bound ||
		rx->failures > s->limits.failures_warn);
}

static int epoch_format_seal(void *state, const uint8_t *plain, size_t len, struct wr *out)
{
	struct epoch_state *s = state;
	uint8_t nonce[AEAD_NONCE_LEN], *ad, *cipher, *tag;
	uint64_t counter, id;
	int ret;

	ad = wr_reserve(out, HEADER_LEN + ID_LEN);
	cipher = wr_reserve(out, len);
	tag = wr_reserve(out, AEAD_TAG_LEN);
	if (unlikely(wr_error(out)))
		return ERR_OVERFLOW;
	if (unlikely(epoch_send_used_up(s))) {
		ret = epoch_send_advance(s, s->tx.key.epoch + 1);
		if (ret < 0)
			return ret;
	}
	counter = packet_ids_take(&s->tx.ids, 1);
	if (unlikely(counter > s->limits.epoch_id_max))
		return ERR_PACKET_ID_ROLLOVER;
	s->tx.last_counter = counter;
	s->tx.key.blocks += (len + BLOCK_LEN - 1) / BLOCK_LEN;
	id = (uint64_t)s->tx.key.epoch << COUNTER_BITS | counter;
	memcpy(ad, s->header, HEADER_LEN);
	store_be64(ad + HEADER_LEN, id);
	epoch_nonce(nonce, &s->tx.key, id);
	return aead_seal(s->tx.key.aead, nonce, ad, HEADER_LEN + ID_LEN, plain, cipher, len, tag);
}

/* Derive what follows the last future, as many keys as fit; all or nothing. */
static int epoch_receive_derive(const struct epoch_state *s, struct epoch_chain *chain,
				struct epoch_key *fresh, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int ret = epoch_chain_advance(chain);

		if (!ret)
			ret = epoch_key_init(&fresh[i], s, chain, CIPHER_OPEN);
		if (ret < 0) {
			while (i--)
				epoch_key_fini(&fresh[i]);
			return ret;
		}
	}
	return 0;
}

/* The first packet of a future epoch, authentic or not: few keys ever see one. */
static int epoch_receive_look_ahead(struct epoch_state *s)
{
	struct epoch_receiver *rx = &s->rx;
	struct epoch_chain chain = rx->chain;
	int ret = epoch_receive_derive(s, &chain, rx->futures, DATA_EPOCH_FUTURES);

	if (!ret)
		rx->chain = chain;
	epoch_chain_wipe(&chain);
	return ret;
}

static struct epoch_key *epoch_receive_find(struct epoch_state *s, uint32_t epoch)
{
	struct epoch_receiver *rx = &s->rx;

	if (likely(epoch == rx->current.epoch))
		return &rx->current;
	if (epoch == rx->retiring.epoch)
		return &rx->retiring;
	/* So near the end there would be no further futures to derive. */
	if (epoch < rx->current.epoch || epoch - rx->current.epoch > DATA_EPOCH_FUTURES ||
	    epoch > EPOCH_MAX - DATA_EPOCH_FUTURES - 1)
		return NULL;
	if (!rx->futures[0].epoch && epoch_receive_look_ahead(s) < 0)
		return NULL;
	return &rx->futures[epoch - rx->current.epoch - 1];
}

/* Spec 6.5 step 5: a packet of futures[@at] was authentic. */
static int epoch_receive_enter(struct epoch_state *s, size_t at)
{
	struct epoch_receiver *rx = &s->rx;
	struct epoch_key fresh[DATA_EPOCH_FUTURES];
	struct epoch_chain chain = rx->chain;
	struct replay_window *window = rx->retiring_replay;
	size_t used = at + 1, kept = DATA_EPOCH_FUTURES - used;
	int ret = epoch_receive_derive(s, &chain, fresh, used);

	if (ret < 0) {
		epoch_chain_wipe(&chain);
		return ret;
	}
	epoch_key_fini(&rx->retiring);
	rx->retiring = rx->current;
	rx->retiring_replay = rx->current_replay;
	rx->current = rx->futures[at];
	rx->current_replay = window;
	replay_window_reset(window);
	for (size_t i = 0; i < at; i++)
		epoch_key_fini(&rx->futures[i]);
	memmove(rx->futures, rx->futures + used, kept * sizeof(rx->futures[0]));
	memcpy(rx->futures + kept, fresh, used * sizeof(fresh[0]));
	rx->chain = chain;
	epoch_chain_wipe(&chain);
	if (s->tx.key.epoch < rx->current.epoch)
		return epoch_send_advance(s, rx->current.epoch);
	return 0;
}

static int epoch_format_open(void *state, const struct data_header *hdr, const uint8_t *packet,
			     struct rd *r, uint8_t *out, size_t *out_len, uint64_t now_sec)
{
	struct epoch_state *s = state;
	struct epoch_receiver *rx = &s->rx;
	uint8_t nonce[AEAD_NONCE_LEN];
	uint64_t id = rd_u64(r);
	size_t len = rd_left(r);
	const uint8_t *cipher, *tag;
	struct epoch_key *k;
	int ret;

	if (unlikely(!hdr->v2))
		return ERR_OPCODE; /* no mixing within a session */
	if (unlikely(rd_error(r) || len <= AEAD_TAG_LEN))
		return ERR_SHORT;
	len -= AEAD_TAG_LEN;
	cipher = rd_bytes(r, len);
	tag = rd_bytes(r, AEAD_TAG_LEN);
	if (unlikely(!(id >> COUNTER_BITS)))
		return ERR_PACKET_ID;
	k = epoch_receive_find(s, (uint32_t)(id >> COUNTER_BITS));
	if (unlikely(!k))
		return ERR_EPOCH;
	if (unlikely(k->failures > s->limits.failures_max))
		return ERR_OPEN_LIMIT;
	epoch_nonce(nonce, k, id);
	ret = aead_open(k->aead, nonce, packet, HEADER_LEN + ID_LEN, cipher, out, len, tag);
	if (unlikely(ret < 0)) {
		k->failures++;
		return ERR_AUTH;
	}
	if (unlikely(k != &rx->current && k != &rx->retiring)) {
		ret = epoch_receive_enter(s, (size_t)(k - rx->futures));
		if (ret < 0)
			return ret;
		k = &rx->current;
	}
	ret = replay_window_accept(k == &rx->current ? rx->current_replay : rx->retiring_replay,
				   id & COUNTER_MASK, 0, now_sec);
	if (unlikely(ret < 0)) {
		s->refused_id = id & COUNTER_MASK;
		return ret;
	}
	k->blocks += (len + BLOCK_LEN - 1) / BLOCK_LEN;
	*out_len = len;
	return 0;
}

static bool epoch_renewal_due(const void *state)
{
	const struct epoch_state *s = state;

	return s->tx.key.epoch >= s->limits.epoch_renew;
}

static void epoch_usage(const void *state, struct data_key_usage *out)
{
	const struct epoch_state *s = state;

	out->seal_epoch = s->tx.key.epoch;
	out->open_epoch = s->rx.current.epoch;
	out->open_failures = s->rx.current.failures;
	out->refused_id = s->refused_id;
}

static void epoch_touches(const void *state, enum cipher_dir dir, struct footprint *f)
{
	const struct epoch_state *s = state;

	footprint_add(f, s, offsetof(struct epoch_state, rx.retiring));
	/* What is sent asks for the highest id that came, see epoch_send_used_up(). */
	replay_window_touches(s->rx.current_replay, f);
	aead_touches(dir == CIPHER_OPEN ? s->rx.current.aead : s->tx.key.aead, f);
}

const struct data_format_ops data_format_epoch = {
	.error_prefix = "AEAD Decrypt error",
	.errors = data_aead_errors,
	.state_new = epoch_state_new,
	.state_free = epoch_state_free,
	.prefix = epoch_prefix,
	.overhead = epoch_overhead,
	.seal = epoch_format_seal,
	.open = epoch_format_open,
	.renewal_due = epoch_renewal_due,
	.usage = epoch_usage,
	.touches = epoch_touches,
};
