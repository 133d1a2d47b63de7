/* SPDX-License-Identifier: GPL-2.0-only */
/* One data key in both directions: seal what leaves, open what arrives. Spec 02 sections 3 to 7. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/random.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "data/packet.h"

enum data_format {
	DATA_FORMAT_V1,	   /* P_DATA_V1, tag before the ciphertext */
	DATA_FORMAT_V2,	   /* P_DATA_V2, tag before the ciphertext */
	DATA_FORMAT_EPOCH, /* P_DATA_V2, epoch layout, tag at the end */
	DATA_FORMAT_BARE,  /* static key: no header, long packet ids */
};

enum {
	DATA_KEY_FIELD_LEN = 64, /* cipher and HMAC field of the key block */
	/* what data_key_seal() adds at most: header, HMAC, IV, long packet id, padding */
	DATA_KEY_OVERHEAD_MAX = 4 + 64 + 16 + 8 + 32,
	DATA_EPOCH_FUTURES = 4,
};

/* When a key has had enough. Zero in a field of struct data_key_config means the default. */
struct data_limits {
	uint64_t aead_usage;	/* packets + 16-byte blocks; UINT64_MAX: none (spec 7.1) */
	uint64_t failures_warn; /* more failed verifications than this: renegotiate (7.2) */
	uint64_t failures_max;	/* more than this: drop everything */
	uint64_t id_renew;	/* 32-bit packet id from which on a new key is wanted (7.3) */
	uint64_t id_max;	/* the last packet id that may be sent */
	uint64_t epoch_id_max;	/* the same within an epoch */
	uint32_t epoch_renew;	/* send epoch from which on a new key is wanted (6.6) */
};

struct data_key_direction {
	uint8_t cipher[DATA_KEY_FIELD_LEN];
	uint8_t hmac[DATA_KEY_FIELD_LEN];
};

/* Long packet ids hold the time of a key's first packet (spec 5). */
struct data_clock {
	uint64_t (*unix_sec)(void *ctx);
	void *ctx;
};

struct data_key_config {
	enum data_format format; /* V1 and V2 carry every cipher */
	enum cipher_id cipher;
	enum digest_id digest;	 /* HMAC of all but AEAD ciphers */
	struct rng rng;		 /* IVs of CBC; not needed with AEAD */
	struct data_clock clock; /* CFB, OFB and BARE */
	uint8_t key_id;
	uint32_t tx_peer_id;	      /* written into what is sent with V2 and epoch */
	unsigned int replay_window;   /* packets */
	unsigned int replay_time_sec; /* 0: no limit */
	struct data_limits limits;
	struct data_key_direction seal, open;
};

/* What was done with a key, both directions. */
struct data_key_usage {
	uint64_t seal_packets;
	uint64_t open_packets;
	uint64_t seal_bytes; /* on the wire, header included */
	uint64_t open_bytes;
	uint64_t open_failures;
	uint32_t seal_epoch; /* 0 unless the format has epochs */
	uint32_t open_epoch;
	uint64_t refused_id;   /* of the last packet that was refused as a replay */
	uint32_t refused_time; /* of its long packet id; 0 with short ones */
};

struct data_key;

/**
 * data_limits_default() - the limits of spec 02 section 7 for a cipher
 */
struct data_limits data_limits_default(enum cipher_id cipher);

/**
 * data_key_new() - make a key ready for traffic
 * @cfg: borrowed during the call; the caller wipes it
 * @out: gets the key; release with data_key_free(), which wipes it
 *
 * Return: 0; ERR_ZERO_KEY for a cipher key of zero bytes; ERR_UNSUPPORTED when the format cannot
 * carry the cipher; ERR_CRYPTO when the library refuses it; ERR_NOMEM. @err has the line.
 */
int data_key_new(const struct data_key_config *cfg, struct data_key **out,
		 struct err *err) MUST_CHECK;
void data_key_free(struct data_key *key);

uint8_t data_key_id(const struct data_key *key);

/** data_key_prefix() - bytes that data_key_seal() writes in front of the ciphertext */
size_t data_key_prefix(const struct data_key *key);

/** data_key_overhead() - bytes that data_key_seal() adds in all, at most */
size_t data_key_overhead(const struct data_key *key);

/**
 * data_key_seal() - encrypt one packet
 * @plain: at least one byte. Either apart from @out or exactly where its ciphertext will be, that
 *         is data_key_prefix() bytes behind the present end of @out
 * @out: the whole data packet is appended; nothing is appended on error
 *
 * Return: 0; ERR_PACKET_ID_ROLLOVER when the key has no packet id left; ERR_OVERFLOW; ERR_CRYPTO.
 * Thread: one at a time for a key; never blocks; allocates only when an epoch ends.
 */
int data_key_seal(struct data_key *key, const uint8_t *plain, size_t len,
		  struct wr *out) MUST_CHECK;

/**
 * data_key_place() - where a plaintext of @len bytes must be put to be sealed in place
 *
 * Return: an address inside the room of @out, or NULL when it does not fit.
 */
uint8_t *data_key_place(const struct data_key *key, const struct wr *out, size_t len);

/**
 * data_key_open() - verify and decrypt one packet, and check it for replay
 * @packet: the whole data packet with its header; the key id was used to find @key
 * @out: gets the plaintext; apart from @packet. @cap must be at least @len
 * @out_len: number of bytes of plaintext, at least 1
 * @now_sec: monotonic seconds
 *
 * A packet that is refused leaves no trace but a counter. The reasons, with the text of
 * data_open_text(): ERR_SHORT, ERR_AUTH, ERR_REPLAY_SEEN, ERR_REPLAY_OLD, ERR_PACKET_ID (epoch 0,
 * or missing), ERR_EPOCH, ERR_OPEN_LIMIT; with an HMAC also ERR_NO_IV, ERR_NO_PAYLOAD, ERR_PADDING,
 * ERR_CBC_PACKET_ID.
 *
 * Thread: one at a time for a key; never blocks; allocates only when the peer enters an epoch.
 */
int data_key_open(struct data_key *key, const uint8_t *packet, size_t len, uint8_t *out, size_t cap,
		  size_t *out_len, uint64_t now_sec) MUST_CHECK;

/**
 * data_key_fetch() - ask for the memory of a key that packets will need soon
 *
 * For a batch of packets under many keys: first this for each, then data_key_fetch_rest(), then the
 * work. Never waits; changes nothing but the time that the work takes.
 */
void data_key_fetch(const struct data_key *key, enum cipher_dir dir);

/** data_key_fetch_rest() - the memory that it names; the key itself should have arrived */
void data_key_fetch_rest(const struct data_key *key, enum cipher_dir dir);

/** data_key_renewal_due() - whether usage demands a renegotiation (spec 6.6, 7.1 to 7.3) */
bool data_key_renewal_due(const struct data_key *key);

void data_key_usage(const struct data_key *key, struct data_key_usage *out);

/**
 * data_open_text() - the known log text for what data_key_open() returned
 * @verb: gets the verbosity at which it appears
 *
 * Without prefix; data_open_prefix() gives "AEAD Decrypt error" or the like.
 */
const char *data_open_text(const struct data_key *key, int error, unsigned int *verb);
const char *data_open_prefix(const struct data_key *key);
