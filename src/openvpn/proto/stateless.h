/* SPDX-License-Identifier: GPL-2.0-only */
/* A UDP server's answer to packets from unknown addresses, without state per peer. Spec 01 7. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "proto/packet.h"

struct wrap_config;

enum {
	STATELESS_REPLY_MAX = 256,
	CONNECT_FREQ_INITIAL_COUNT = 100, /* --connect-freq-initial, defaults */
	CONNECT_FREQ_INITIAL_SEC = 10,
};

struct stateless_config {
	const struct wrap_config *wrap; /* borrowed; NULL: none */
	uint32_t hand_window_sec;
	uint32_t initial_count; /* --connect-freq-initial n sec; 0: no limit */
	uint32_t initial_sec;
};

/* State of the process: cookie secret and rate limit. */
struct stateless;

enum stateless_action {
	STATELESS_DROP,
	STATELESS_REPLY, /* send reply[] to the source, keep nothing */
	/* The address is proven: session_new_from_cookie(), then session_input() of this packet. */
	STATELESS_CREATE,
	/* A client without cookies: session_new(), then session_input() of this packet. */
	STATELESS_CREATE_UNPROVEN,
};

struct stateless_verdict {
	enum stateless_action action;
	union sock_addr from;
	struct session_id own_sid;  /* CREATE: the cookie */
	struct session_id peer_sid; /* CREATE */
	size_t reply_len;	    /* REPLY */
	uint8_t reply[STATELESS_REPLY_MAX];
};

/** stateless_new() - @cfg and @log are copied; NULL when out of memory */
struct stateless *stateless_new(const struct stateless_config *cfg, const struct log *log,
				const struct rng *rng) MUST_CHECK;
void stateless_free(struct stateless *st);

/**
 * stateless_input() - what to do with a control packet from an address without a session
 *
 * Allocates nothing that outlives the call. Lines of section 7 are logged.
 */
void stateless_input(struct stateless *st, struct now now, const union sock_addr *from,
		     const void *data, size_t len, struct stateless_verdict *verdict);
