/* SPDX-License-Identifier: GPL-2.0-only */
/* From what was negotiated to a peer and its keys in the data plane. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "config/config.h"
#include "daemon/data_slots.h"
#include "dco.h"
#include "proto/negotiated.h"
#include "proto/session.h"

/**
 * data_setup_params() - ping, silence, MSS
 * @cfg: of this peer, with pulled or per-client options
 * @family: of the peer's address as the socket sees it
 */
struct dco_peer_params data_setup_params(const struct config *cfg, const struct negotiated *neg,
					 bool tcp, sa_family_t family);

/**
 * data_setup_path_mtu() - make --mssfix and --fragment fit a path, with a note (spec 02 11.6)
 * @e: changed
 *
 * Return: whether anything had to change; then the parameters of the peer are to be set anew.
 */
bool data_setup_path_mtu(struct conn_entry *e, sa_family_t family, uint32_t mtu,
			 const struct log *log);

/**
 * data_setup_migrate() - lead a client away from compression framing (spec 02 section 8.2)
 * @peer_info: what it said of itself, or NULL
 * @comp: gets the framing for it
 *
 * Return: the option to push.
 */
const char *data_setup_migrate(const char *peer_info, enum config_comp *comp);

/**
 * data_setup_small_blocks() - how much a key may carry because of its cipher
 *
 * Blocks of less than 128 bits get a limit, with a warning, unless --reneg-bytes was given (spec 02
 * section 3.4). Return: bytes, 0 for none.
 */
uint64_t data_setup_small_blocks(const struct config *cfg, const struct negotiated *neg,
				 const struct log *log);

/**
 * data_setup_key() - a key of the session in the form that the data plane takes
 * @ev: SESSION_EV_KEY_READY
 * @out: in secret memory; the caller wipes it
 *
 * Return: 0, or ERR_UNSUPPORTED for an unknown cipher.
 */
int data_setup_key(const struct negotiated *neg, const char *auth, const struct session_event *ev,
		   struct dco_key *out) MUST_CHECK;

/**
 * data_setup_install() - data_setup_key(), and the key into the slots of a peer
 *
 * Return: 0, or ERR_* with @err set; the slots are unchanged then.
 */
int data_setup_install(const struct negotiated *neg, const char *auth,
		       const struct session_event *ev, struct data_slots *slots,
		       struct dco_device *dev, uint32_t peer_id, struct err *err) MUST_CHECK;
