/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal fragmentation (--fragment). Spec 02 section 9. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

enum {
	FRAGMENT_HEADER_LEN = 4,
	FRAGMENTS_MAX = 32,
	FRAGMENT_SLOTS = 25,
	FRAGMENT_TTL_SEC = 10,
	FRAGMENT_SWEEP_SEC = 5,
};

/* Cuts one packet. */
struct fragmenter {
	const uint8_t *plain;
	size_t len;
	size_t at;
	size_t size; /* of every fragment but the last */
	uint8_t id;
	uint8_t sequence;
	bool whole;
};

/**
 * fragmenter_init() - plan how a packet is cut
 * @plain: after compression framing; borrowed until the last fragmenter_next()
 * @max: largest piece without header, spec 11.3
 * @sequence: of the sender, used up when this returns 0 and *@used is set
 *
 * Return: 0, or ERR_LIMIT when more than FRAGMENTS_MAX pieces would be needed.
 */
int fragmenter_init(struct fragmenter *f, const uint8_t *plain, size_t len, size_t max,
		    uint8_t sequence, bool *used) MUST_CHECK;

/** fragmenter_next_len() - length of the next datagram's plaintext with header, 0 at the end */
size_t fragmenter_next_len(const struct fragmenter *f);
void fragmenter_next(struct fragmenter *f, struct wr *out);

/* Puts packets together again; one for each peer. */
struct reassembly;

/** reassembly_new() - @cap: largest packet. NULL when out of memory. */
struct reassembly *reassembly_new(size_t cap) MUST_CHECK;
void reassembly_free(struct reassembly *r);

struct reassembled {
	const uint8_t *packet; /* NULL: not complete yet; else borrowed until the next call */
	size_t len;
	/* on error: the known log line is "FRAG_IN error flags=0x%08x: text" */
	uint32_t flags;
	const char *text;
};

/**
 * reassembly_put() - one decrypted datagram
 * @bytes: with the header; a whole packet is returned in place
 * @now_sec: monotonic seconds
 *
 * Return: 0, or ERR_INVALID with the line in @out; nothing else happens then.
 */
int reassembly_put(struct reassembly *r, const uint8_t *bytes, size_t len, uint64_t now_sec,
		   struct reassembled *out);
