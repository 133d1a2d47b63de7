/* SPDX-License-Identifier: GPL-2.0-only */
/* Wrapping of control packets: none, tls-auth, tls-crypt, tls-crypt-v2, dynamic. Spec 01 6. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "crypto/key_file.h"
#include "crypto/static_key.h"
#include "proto/packet.h"
#include "proto/replay_id.h"

enum wrap_kind {
	WRAP_NONE,
	WRAP_AUTH,
	WRAP_CRYPT,
};

/* From the options; borrowed for the time of wrap_config_new() only. */
struct wrap_options {
	bool tls_server;     /* direction of tls-crypt */
	enum wrap_kind kind; /* --tls-auth or --tls-crypt; NONE beside or without tls-crypt-v2 */
	const struct static_key *key;		     /* AUTH, CRYPT */
	enum key_direction direction;		     /* AUTH */
	enum digest_id digest;			     /* AUTH: --auth */
	const struct crypt_v2_server_key *v2_server; /* --tls-crypt-v2 of a TLS server, or NULL */
	const struct crypt_v2_client_key *v2_client; /* --tls-crypt-v2 of a TLS client, or NULL */
	uint32_t v2_max_age_days;		     /* 0: any age */
	bool v2_force_cookie;
};

/* The keys that all sessions share. One thread at a time. */
struct wrap_config;

/**
 * wrap_config_new() - prepare keys
 *
 * Return: 0 and *@out; ERR_INVALID for contradicting options (WRAP_AUTH with digest none, both v2
 * keys, v2_client beside another wrap), ERR_CRYPTO, ERR_NOMEM.
 */
int wrap_config_new(const struct wrap_options *opt, struct wrap_config **out) MUST_CHECK;
void wrap_config_free(struct wrap_config *cfg);

/** wrap_config_force_cookie() - whether clients without early negotiation are refused (7.1) */
bool wrap_config_force_cookie(const struct wrap_config *cfg);

/**
 * wrap_config_wkc_overhead() - smallest --max-packet-size for our wrapped client key (5.7)
 *
 * Return: 0 when there is no such key.
 */
uint32_t wrap_config_wkc_overhead(const struct wrap_config *cfg);

/* Keys of one wrap in both directions. */
struct wrap_key;

/* Counters of one wrap. */
struct wrap_replay {
	struct replay_sender tx;
	struct replay_receiver *rx; /* made when first needed */
};

/* What a session says about its wraps. */
struct wrap_params {
	bool tls_server;
	uint32_t replay_window; /* packets, as for replay_receiver_new() */
	uint32_t replay_time_sec;
	bool mute_replay; /* do not log replays */
};

/* How a session wraps its packets. Members belong to wrap.c. */
struct wrap {
	const struct wrap_config *cfg; /* NULL: no wrap at all */
	struct wrap_params params;
	struct wrap_replay base;
	struct wrap_key *client_key;	 /* server: from the peer's WKc, owned */
	struct static_key *client_block; /* its Kc, in secret memory, owned */
	struct wrap_key *dynamic;	 /* for key ids > 0, owned */
	struct wrap_replay dynamic_replay;
};

/**
 * wrap_metadata_fn - verdict about a client key whose tag and age are good
 * @type: -1 when there is no metadata
 *
 * Return: 0 accepts, ERR_AGAIN drops the packet only, others refuse.
 */
typedef int (*wrap_metadata_fn)(void *user, int type, const uint8_t *metadata, size_t len);

/* Circumstances of an incoming packet. */
struct wrap_input {
	const struct log *log;
	struct now now;
	const union sock_addr *from;
	bool stateless;		   /* no replay test, no metadata checks (7.1) */
	wrap_metadata_fn metadata; /* or NULL */
	void *metadata_user;
};

/* An authentic packet. */
struct wrap_opened {
	struct packet_header h;
	bool proven;		 /* by a key: not without wrap */
	uint32_t replay_counter; /* 0 without wrap */
	struct rd body;		 /* borrows the packet or the buffer given to wrap_open() */
};

/** wrap_init() - for a new session; @cfg may be NULL and is borrowed */
void wrap_init(struct wrap *w, const struct wrap_config *cfg, const struct wrap_params *params);
void wrap_fini(struct wrap *w);

/** wrap_resume() - the stateless reset was this session's first packet: go on after it (7.6) */
void wrap_resume(struct wrap *w, struct now now);

/**
 * wrap_open() - authenticate and decrypt one packet
 * @plain: where decrypted bodies go
 *
 * Lines of spec 01 section 6 are logged. The wrapped client key of opcodes 10 and 11 is taken.
 *
 * Return: 0; ERR_SHORT, ERR_SESSION_ID (not logged), ERR_WRAP, ERR_WKC, ERR_REPLAY_*, ERR_LIMIT
 * (packet too large), ERR_AGAIN (client key not decided yet), ERR_CRYPTO, ERR_NOMEM.
 */
int wrap_open(struct wrap *w, const struct wrap_input *in, const void *data, size_t len,
	      uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *out) MUST_CHECK;

/**
 * wrap_seal() - append one complete packet to @out
 *
 * Opcodes 10 and 11 get our wrapped client key appended.
 *
 * Return: 0, ERR_OVERFLOW, ERR_PACKET_ID_ROLLOVER, ERR_STATE (no key yet), ERR_CRYPTO.
 */
int wrap_seal(struct wrap *w, struct now now, const struct packet_header *h, const void *body,
	      size_t len, struct wr *out) MUST_CHECK;

/** wrap_overhead() - W of 5.7: what the wrap of packets with @key_id costs */
size_t wrap_overhead(const struct wrap *w, uint8_t key_id);

/** wrap_wkc_len() - bytes that opcodes 10 and 11 carry besides, 0 when we own no such key */
size_t wrap_wkc_len(const struct wrap *w);

/** wrap_is_plain() - whether packets with key id 0 are neither authenticated nor encrypted */
bool wrap_is_plain(const struct wrap *w);

/**
 * wrap_set_dynamic() - from now on wrap key ids > 0 with keys from the TLS session (6.8)
 * @exported: D before it is combined with the static key
 */
int wrap_set_dynamic(struct wrap *w, const struct static_key *exported) MUST_CHECK;
