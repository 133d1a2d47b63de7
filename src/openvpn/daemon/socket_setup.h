/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to link sockets and to the limits of TCP records. */
#pragma once

#include <stdint.h>

#include "config/config.h"
#include "net/socket.h"

/** socket_setup() - everything but the local address; @cfg's entry in use is meant */
struct socket_config socket_setup(const struct config *cfg, sa_family_t family);

/** socket_setup_record_max() - longest TCP record that is accepted (spec 01 section 1.2) */
uint32_t socket_setup_record_max(const struct config *cfg);
