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

/* What offload of the data channel to the kernel means for an option. */
enum option_offload {
	OFFLOAD_UNSTATED, /* no row may be left at this */
	OFFLOAD_REFUSED,  /* the option itself is refused, with offload and without */
	OFFLOAD_APART,	  /* has no effect on tunnel packets */
	OFFLOAD_WORKS,	  /* has, and keeps it: .why says how */
	OFFLOAD_PART_OF,  /* means something only together with the option named by .why */
	OFFLOAD_IDLE,	  /* loses its effect, and a note says so: .why and .remedy */
	OFFLOAD_OBSTACLE, /* keeps the tunnel out of the kernel, in all or some of its forms */
};

struct offload_note {
	enum option_offload kind;
	const char *why;
	const char *remedy;
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
	struct offload_note offload;
};

/** option_count() - rows of the table, in the order of --help */
size_t option_count(void);
/** option_get() - row @index < option_count() */
struct option_info option_get(size_t index);
/** option_offload_text() - "obstacle", "works" ... */
const char *option_offload_text(enum option_offload kind);
/** option_status_text() - "built", "not built" ... */
const char *option_status_text(enum option_status status);

/* One need of a configuration. */
struct config_need {
	uint64_t feature;		    /* one FEAT_* bit */
	const char *option;		    /* NULL: not from an option */
	const struct config_origin *origin; /* where it was given, borrowed; NULL: by default */
	struct offload_note note;	    /* why offload lacks it, and what to do */
	char line[256]; /* what to say when a backend lacks it, e.g. "Note: --fragment disables data
			   channel offload." */
	bool fatal;	/* true: a backend without it cannot be used; false: warn only */
};

/** option_offload() - what the table says of an option; of the other one where it is part of that
 */
struct offload_note option_offload(const char *name);

/**
 * config_needs() - what the configuration asks of a data plane, in the order of spec 04 section 4
 * @out: array of @cap; every entry in effect, ciphers included
 *
 * Return: the number of needs, which may exceed @cap.
 */
size_t config_needs(const struct config *cfg, struct config_need *out, size_t cap);
