/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to what both ends tell each other: options string, peer info, session limits. */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "net/netlink.h"
#include "proto/negotiated.h"
#include "proto/occ.h"
#include "proto/peer_info.h"
#include "proto/session.h"

/** crypto_setup_check() - whether --auth and --cipher name something; @err has the known line */
int crypto_setup_check(const struct config *cfg, struct err *err) MUST_CHECK;

/* What both ends compare. */
struct occ_strings {
	char local[OCC_STRING_MAX];    /* ours */
	char expected[OCC_STRING_MAX]; /* what a peer with matching options sends */
};

/**
 * occ_setup() - the options strings of the entry in use
 * @comp: the framing they tell of; that of @cfg but for clients that are migrated
 */
int occ_setup(const struct config *cfg, enum config_comp comp, struct occ_strings *out,
	      struct err *err) MUST_CHECK;

/** occ_log_differences() - at verb 7; they never matter (spec 03 section 3.1.4) */
void occ_log_differences(const struct log *log, const char *expected, const char *received);

/** peer_info_export() - log a peer's lines and put them into the environment of programs
 * @text: the block, or NULL */
void peer_info_export(const struct log *log, struct env *env, const char *text);

/* What the data plane in use can do, as far as the peer is told. */
struct peer_info_features {
	bool epoch;
	bool framing; /* compression framing of any kind */
	bool push_update;
	const char *data_ciphers; /* those which the data plane can do */
};

/**
 * peer_info_setup() - the block that we send
 * @nl: for the hardware address with --push-peer-info
 */
int peer_info_setup(const struct config *cfg, const struct peer_info_features *features,
		    const struct env *env, struct netlink *nl, char out[PEER_INFO_MAX],
		    struct err *err) MUST_CHECK;

/** session_setup() - timers and limits; tls, wrap and mode are the caller's to fill in */
void session_setup(const struct config *cfg, struct session_config *out);

/**
 * negotiated_log() - "Data Channel: ...", "Timers: ...", "Protocol options: ..." of a connection
 * @cfg: of this connection, what was pulled or is of the client applied
 */
void negotiated_log(const struct negotiated *neg, const struct config *cfg, const struct log *log);
