/* SPDX-License-Identifier: GPL-2.0-only */
/* Which data plane serves a configuration: its needs minus what each backend offers. Architecture
 * §4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "config/options.h"
#include "dco.h"

enum {
	BACKEND_NEEDS_MAX = 64, /* a configuration has some twenty options with needs */
};

/* What stands between one backend and a configuration. */
struct backend_verdict {
	const struct dco_backend *backend;
	bool usable;
	struct err why;	  /* text: why it is not usable on this machine; "" if it is */
	bool forbidden;	  /* by --disable-dco, or by what --user would take away */
	size_t n_missing; /* needs that it does not offer, in the order of config_needs() */
	struct config_need missing[BACKEND_NEEDS_MAX];
};

/**
 * backend_judge() - compare one backend with a configuration
 * @cfg: after config_finish(), with pulled or per-client options applied if there are any
 * @kernel_allowed: backends in the kernel may be used by this process
 *
 * Nothing is logged or changed.
 */
void backend_judge(const struct config *cfg, const struct dco_backend *backend, bool kernel_allowed,
		   struct backend_verdict *out);

/** backend_is_kernel() - whether data packets bypass this process */
bool backend_is_kernel(const struct dco_backend *backend);

/**
 * backend_choose() - the best backend that can serve a configuration
 * @kernel_allowed: as above, e.g. process_privileges_dco_possible()
 * @not: leave this one out, because it failed while running; NULL for none
 *
 * Logs why better ones are not used (the deciding line at verb 1, the others at verb 3) and one
 * line at verb 2 with the outcome.
 *
 * Return: the backend, or NULL with the reason in @err when none can serve it.
 */
const struct dco_backend *backend_choose(const struct config *cfg, bool kernel_allowed,
					 const struct dco_backend * not, const struct log *log,
					 struct err *err) MUST_CHECK;

/* Exit status of --dco-check. */
enum backend_check_status {
	BACKEND_CHECK_KERNEL = 0,
	BACKEND_CHECK_ENGINE = 2,
	BACKEND_CHECK_NONE = 3,
};

/** backend_check() - append the table of --dco-check. Return: an enum backend_check_status. */
int backend_check(const struct config *cfg, bool kernel_allowed, struct str *out);
