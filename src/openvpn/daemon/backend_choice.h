/* SPDX-License-Identifier: GPL-2.0-only */
/* Which data plane serves a configuration, in this process. Architecture §4. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "dco_choose.h"
#include "proto/ncp.h"

/**
 * backend_choose() - dco_choose() for a configuration, and one line at verb 2 with the outcome
 * @cfg: after config_finish(), with pulled or per-client options applied if there are any
 * @kernel_allowed: backends in the kernel may be used, see process_privileges_dco_possible()
 *
 * Return: the backend, or NULL with the reason in @err.
 */
const struct dco_backend *backend_choose(const struct config *cfg, bool kernel_allowed,
					 const struct log *log, struct err *err) MUST_CHECK;

/**
 * backend_load_driver() - make the kernel load the driver that would be used, if it has one
 *
 * Without this its version is not known before the first device (spec 05 section 7, problem 25).
 */
void backend_load_driver(void);

/** backend_is_kernel() - whether data packets bypass this process */
bool backend_is_kernel(const struct dco_backend *backend);

/** backend_fallback() - the backend that is always there */
const struct dco_backend *backend_fallback(void);

/** backend_suits() - whether it can do what was negotiated with a peer (spec 05 section 1.19) */
bool backend_suits(const struct dco_backend *backend, const struct negotiated *neg);

/**
 * backend_push_obstacle() - why an item of --push must not be sent (spec 04 section 4.7, 29 and 32)
 * @features: of the data plane of the server
 * @buf: of @cap bytes, for the line
 *
 * Return: the line for the user, or NULL when the item may be sent.
 */
const char *backend_push_obstacle(const char *item, uint64_t features, char *buf, size_t cap);

enum {
	BACKEND_CIPHERS_MAX = 256
};

/**
 * backend_ciphers() - those names of --data-ciphers which a data plane can do
 * @features: of the data plane
 * @out: all of @list when it is none of them
 */
void backend_ciphers(const char *list, uint64_t features, char out[BACKEND_CIPHERS_MAX]);

/** backend_check() - append the table of --dco-check */
enum dco_check_result backend_check(const struct config *cfg, bool kernel_allowed, struct str *out);
