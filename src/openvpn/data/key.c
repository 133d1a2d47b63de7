/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "data/format.h"

struct data_key {
	const struct data_format_ops *ops;
	void *state;
	uint8_t key_id;
	bool bare; /* packets have no header */
	struct {
		uint64_t packets, bytes;
	} usage[2]; /* by enum cipher_dir */
	/* Of the next packet, by enum cipher_dir. A new epoch has its cipher elsewhere, which
	 * costs time only. */
	struct footprint touches[2];
};

struct data_limits data_limits_default(enum cipher_id cipher)
{
	/* ChaCha20-Poly1305 has no bound on usage worth counting. */
	bool bounded = cipher != CIPHER_CHACHA20_POLY1305;

	return (struct data_limits){
		.aead_usage = bounded ? (1ULL << 36) - 1 : UINT64_MAX,
		.failures_warn = 1ULL << 35,
		.failures_max = 1ULL << 36,
		.id_renew = 0xff000000,
		.id_max = 0xffffffff,
		.epoch_id_max = (1ULL << 48) - 1,
		.epoch_renew = 0xf000,
	};
}

static void data_limits_complete(struct data_limits *l, enum cipher_id cipher)
{
	struct data_limits d = data_limits_default(cipher);

	l->aead_usage = l->aead_usage ? l->aead_usage : d.aead_usage;
	l->failures_warn = l->failures_warn ? l->failures_warn : d.failures_warn;
	l->failures_max = l->failures_max ? l->failures_max : d.failures_max;
	l->id_renew = l->id_renew ? l->id_renew : d.id_renew;
	l->id_max = l->id_max ? l->id_max : d.id_max;
	l->epoch_id_max = l->epoch_id_max ? l->epoch_id_max : d.epoch_id_max;
	l->epoch_renew = l->epoch_renew ? l->epoch_renew : d.epoch_renew;
}

static const struct data_format_ops *data_format_choose(const struct data_key_config *cfg)
{
	enum cipher_mode mode = cipher_by_id(cfg->cipher)->mode;

	if (cfg->format == DATA_FORMAT_BARE) /* spec 3.4 */
		return mode == CIPHER_MODE_CBC || mode == CIPHER_MODE_NONE ? &data_format_hmac
									   : NULL;
	if (mode == CIPHER_MODE_AEAD)
		return cfg->format == DATA_FORMAT_EPOCH ? &data_format_epoch : &data_format_aead;
	return cfg->format == DATA_FORMAT_EPOCH ? NULL : &data_format_hmac;
}

static int data_key_check(const struct data_key_config *cfg, struct err *err)
{
	const struct cipher_info *cipher = cipher_by_id(cfg->cipher);

	if (cfg->key_id >= DATA_KEY_IDS || cfg->tx_peer_id > DATA_PEER_ID_UNDEF)
		return err_set(err, ERR_RANGE, "data key %u, peer-id %u: out of range", cfg->key_id,
			       cfg->tx_peer_id);
	if (!cipher->key_bytes)
		return 0;
	if (secret_is_zero(cfg->seal.cipher, cipher->key_bytes) ||
	    secret_is_zero(cfg->open.cipher, cipher->key_bytes))
		return err_set(err, ERR_ZERO_KEY, "CRYPTO INFO: WARNING: zero key detected");
	return 0;
}

int data_key_new(const struct data_key_config *cfg, struct data_key **out, struct err *err)
{
	struct data_key_config full = *cfg;
	const struct data_format_ops *ops = data_format_choose(cfg);
	struct data_key *key;
	int ret = data_key_check(cfg, err);

	if (!ret && !ops)
		ret = err_set(err, ERR_UNSUPPORTED, "Cipher '%s' mode not supported",
			      cipher_by_id(cfg->cipher)->name);
	if (ret < 0)
		goto err_wipe;
	key = lines_alloc(sizeof(*key));
	if (!key) {
		ret = err_set(err, ERR_NOMEM, "data key %u: out of memory", cfg->key_id);
		goto err_wipe;
	}
	data_limits_complete(&full.limits, full.cipher);
	key->ops = ops;
	key->key_id = cfg->key_id;
	key->bare = cfg->format == DATA_FORMAT_BARE;
	ret = ops->state_new(&full, &key->state, err);
	if (ret < 0) {
		free(key);
		goto err_wipe;
	}
	for (unsigned int dir = 0; ops->touches && dir < ARRAY_SIZE(key->touches); dir++)
		ops->touches(key->state, dir, &key->touches[dir]);
	*out = key;

err_wipe:
	secret_wipe(&full, sizeof(full));
	return ret;
}

void data_key_free(struct data_key *key)
{
	if (!key)
		return;
	key->ops->state_free(key->state);
	free(key);
}

uint8_t data_key_id(const struct data_key *key)
{
	return key->key_id;
}

size_t data_key_prefix(const struct data_key *key)
{
	return key->ops->prefix(key->state);
}

size_t data_key_overhead(const struct data_key *key)
{
	return key->ops->overhead(key->state);
}

int data_key_seal(struct data_key *key, const uint8_t *plain, size_t len, struct wr *out)
{
	struct wr at = *out;
	int ret;

	if (!len)
		return ERR_SHORT;
	ret = key->ops->seal(key->state, plain, len, &at);
	if (unlikely(ret < 0))
		return ret;
	key->usage[CIPHER_SEAL].packets++;
	key->usage[CIPHER_SEAL].bytes += at.len - out->len;
	*out = at;
	return 0;
}

uint8_t *data_key_place(const struct data_key *key, const struct wr *out, size_t len)
{
	struct wr at = *out;

	(void)wr_reserve(&at, data_key_prefix(key));
	return wr_reserve(&at, len);
}

int data_key_open(struct data_key *key, const uint8_t *packet, size_t len, uint8_t *out, size_t cap,
		  size_t *out_len, uint64_t now_sec)
{
	struct rd r = rd_init(packet, len);
	struct data_header hdr = {0};
	int ret = key->bare ? 0 : data_header_parse(&r, &hdr);

	if (unlikely(ret < 0))
		return ret;
	if (unlikely(cap < len))
		return ERR_OVERFLOW;
	ret = key->ops->open(key->state, &hdr, packet, &r, out, out_len, now_sec);
	if (unlikely(ret < 0))
		return ret;
	key->usage[CIPHER_OPEN].packets++;
	key->usage[CIPHER_OPEN].bytes += len;
	return 0;
}

void data_key_fetch(const struct data_key *key, enum cipher_dir dir)
{
	fetch_lines(key, 1);
	fetch_lines(&key->touches[dir], 1);
}

void data_key_fetch_rest(const struct data_key *key, enum cipher_dir dir)
{
	footprint_fetch(&key->touches[dir]);
}

bool data_key_renewal_due(const struct data_key *key)
{
	return key->ops->renewal_due(key->state);
}

void data_key_usage(const struct data_key *key, struct data_key_usage *out)
{
	*out = (struct data_key_usage){
		.seal_packets = key->usage[CIPHER_SEAL].packets,
		.seal_bytes = key->usage[CIPHER_SEAL].bytes,
		.open_packets = key->usage[CIPHER_OPEN].packets,
		.open_bytes = key->usage[CIPHER_OPEN].bytes,
	};
	key->ops->usage(key->state, out);
}

const char *data_open_text(const struct data_key *key, int error, unsigned int *verb)
{
	const struct data_error_text *row = key->ops->errors;

	if (error == ERR_REPLAY_SEEN || error == ERR_REPLAY_OLD) {
		*verb = 1;
		return "bad packet ID (may be a replay)";
	}
	while (row->error && row->error != error)
		row++;
	*verb = row->error ? row->verb : 4;
	return row->error ? row->text : err_text(error);
}

const char *data_open_prefix(const struct data_key *key)
{
	return key->ops->error_prefix;
}
