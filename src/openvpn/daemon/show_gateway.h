/* SPDX-License-Identifier: GPL-2.0-only */
/* --show-gateway. Spec 04 section 5.2. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

/**
 * show_gateway() - log the gateway of each family
 * @addr: look towards this address, in its family; NULL: the default gateways
 *
 * Return: 0, ERR_USAGE for a text that is no address, or ERR_SYSTEM.
 */
int show_gateway(const char *addr, const struct log *log, struct err *err) MUST_CHECK;
