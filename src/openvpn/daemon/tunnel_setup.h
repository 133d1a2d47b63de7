/* SPDX-License-Identifier: GPL-2.0-only */
/* From options (pulled ones included) to the settings of the tunnel interface. */
#pragma once

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "config/config.h"
#include "daemon/tunnel.h"

/* The settings, and the lists that they point into. */
struct tunnel_setup {
	struct tunnel_settings settings;
	struct route_option *v4, *v6;
};

/**
 * tunnel_setup_fill() - addresses, MTU, routes
 * @cfg: with the entry in use selected; strings are borrowed by the result
 * @peer: address of the peer's socket (for host routes), or NULL
 *
 * Return: 0, or ERR_* with the line for the user: addresses that make no sense, names that do not
 * resolve. tunnel_setup_fini() is due in any case.
 */
int tunnel_setup_fill(struct tunnel_setup *out, const struct config *cfg,
		      const union sock_addr *peer, struct err *err) MUST_CHECK;
void tunnel_setup_fini(struct tunnel_setup *s);

/** tunnel_setup_redirect() - the flags of redirect-gateway as net/ has them */
unsigned int tunnel_setup_redirect(unsigned int config_flags);

/** tunnel_setup_note_offload() - say what the options in force cannot do with an offloaded tunnel
 */
void tunnel_setup_note_offload(const struct config *cfg, const struct log *log);
