/* SPDX-License-Identifier: GPL-2.0-only */
/* Read access to the option table: listings, the manual's check, features that options need. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "config/config.h"
#include "config/features.h"
#include "config/push.h"

enum option_status {
	OPTION_BUILT,
	OPTION_NOT_BUILT, /* known, refused: "is not supported by this build yet" */
	OPTION_NO_OP,	  /* accepted without effect, mostly with a notice */
	OPTION_REMOVED,	  /* refused with its own text */
	OPTION_ABSENT,	  /* of other systems or builds: unrecognised here */
};

/* One row, as listings see it. */
struct option_info {
	const char *name;
	const char *args;  /* "host [port]" */
	const char *help;  /* one line */
	const char *topic; /* heading in --help */
	enum option_status status;
	unsigned int groups; /* enum config_group */
	bool in_connection, in_push, in_update, in_client, inline_ok;
	bool needs_server, needs_tls;
	uint64_t needs; /* FEAT_* when the option is in effect */
};

/** option_count() - rows of the table, in the order of --help */
size_t option_count(void);
/** option_get() - row @index < option_count() */
struct option_info option_get(size_t index);
/** option_status_text() - "built", "not built" ... */
const char *option_status_text(enum option_status status);

/* One need of a configuration. */
struct config_need {
	uint64_t feature;   /* one FEAT_* bit */
	const char *option; /* NULL: not from an option */
	char line[256]; /* what to say when a backend lacks it, e.g. "Note: --fragment disables data
			   channel offload." */
	bool fatal;	/* true: a backend without it cannot be used; false: warn only */
};

/**
 * config_needs() - what the configuration asks of a data plane, in the order of spec 04 section 4
 * @out: array of @cap; every entry in effect, ciphers included
 *
 * Return: the number of needs, which may exceed @cap.
 */
size_t config_needs(const struct config *cfg, struct config_need *out, size_t cap);
