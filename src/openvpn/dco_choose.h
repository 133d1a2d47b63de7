/* SPDX-License-Identifier: GPL-2.0-only */
/* Which backend can run a configuration: needed features minus offered ones. Architecture §4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "config/options.h"
#include "dco.h"

struct dco_wish {
	const struct config_need *needs; /* as config_needs() gives them */
	size_t need_count;
	const char *link_kind; /* an interface of a driver is to be taken over; NULL: none */
	const char *link_name;
	bool disabled;		  /* only the last backend, the engine, may be used */
	const char *disabled_why; /* for dco_check(): what forbids the others */
	const char *disabled_remedy;
};

/**
 * dco_choose() - the best backend that offers everything that is needed
 * @backends, @count: dco_backends(), or a test's own
 * @log: gets the reason why a better backend is not used (verb 1: the known line of the first
 *       need which it lacks, else at verb 3 why it does not work here), and at verb 1 what will
 *       have no effect on the backend that is; for options at verb 3 also where they were given,
 *       why offload lacks them and what to do
 *
 * Return: the backend, or NULL when not even the last one will do; @err names each option that it
 * lacks and what to do.
 * Thread: control thread. The answer holds until the configuration or the machine changes; ask
 * again for pushed options and for the options of one client.
 */
const struct dco_backend *dco_choose(const struct dco_backend *const *backends, size_t count,
				     const struct dco_wish *wish, const struct log *log,
				     struct err *err) MUST_CHECK;

/** dco_missing() - the first fatal need at or after @from that @offered lacks; need_count for none
 */
size_t dco_missing(const struct dco_wish *wish, uint64_t offered, size_t from);

/* What dco_check() found; also the exit status of `openvpn --dco-check`. */
enum dco_check_result {
	DCO_CHECK_OFFLOAD = 0, /* a kernel backend would be used */
	DCO_CHECK_NONE = 1,    /* nothing can run this configuration */
	DCO_CHECK_ENGINE = 3,  /* the userspace engine would be used */
};

/**
 * dco_check() - the table of `openvpn --dco-check`: each backend, usable or not, with every reason
 * and its remedy, of the machine as well as of the configuration
 * @out: text is appended
 */
enum dco_check_result dco_check(const struct dco_backend *const *backends, size_t count,
				const struct dco_wish *wish, struct str *out);
