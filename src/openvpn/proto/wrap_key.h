/* SPDX-License-Identifier: GPL-2.0-only */
/* The two wraps that have keys, and the unwrapping of client keys; used by wrap.c only. */
#pragma once

#include "proto/wrap.h"

struct wrap_key {
	enum wrap_kind kind;
	struct hmac *seal_hmac, *open_hmac;
	struct ctr *seal_ctr, *open_ctr; /* CRYPT */
};

struct wrap_key *wrap_auth_key(const struct static_key *key, enum key_direction dir,
			       enum digest_id digest) MUST_CHECK;
struct wrap_key *wrap_crypt_key(const struct static_key *key, bool tls_server) MUST_CHECK;
void wrap_key_free(struct wrap_key *key);

/* What all openers get; the packet's header has been read before. */
struct wrap_crypted {
	const uint8_t *data;
	size_t len;
	struct packet_header h;
	const struct wrap_input *in;
};

/*
 * Authenticate; @id and @body are set when 0 is returned. ERR_WRAP was logged, without the final
 * line which names the peer for tls-crypt.
 */
int wrap_auth_open(const struct wrap_key *key, const struct wrap_crypted *pkt, struct replay_id *id,
		   struct rd *body) MUST_CHECK;
int wrap_crypt_open(const struct wrap_key *key, const struct wrap_crypted *pkt,
		    uint8_t plain[CONTROL_PACKET_MAX], struct replay_id *id,
		    struct rd *body) MUST_CHECK;

int wrap_auth_seal(const struct wrap_key *key, const struct replay_id *id,
		   const struct packet_header *h, const void *body, size_t len,
		   struct wr *out) MUST_CHECK;
int wrap_crypt_seal(const struct wrap_key *key, const struct replay_id *id,
		    const struct packet_header *h, const void *body, size_t len,
		    struct wr *out) MUST_CHECK;

/**
 * wrap_wkc_locate() - find the wrapped client key at the end of a packet
 * @tail_len: gets its length as the packet states it
 */
int wrap_wkc_locate(const struct wrap_crypted *pkt, size_t *tail_len) MUST_CHECK;

/** wrap_wkc_check() - age and the layer above (6.7); logs */
int wrap_wkc_check(const struct wkc_plain *plain, uint32_t max_age_days,
		   const struct wrap_input *in) MUST_CHECK;
