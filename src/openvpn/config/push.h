/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that a server sends. Spec 04 section 1.11, spec 03 section 3.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "config/config.h"
#include "config/parse.h"
#include "config/report.h"

/* Groups of options, as permissions and as "what has changed". */
enum config_group {
	GROUP_UP = 1 << 0,
	GROUP_ROUTE = 1 << 1,
	GROUP_ROUTE_EXTRAS = 1 << 2,
	GROUP_ROUTE_TABLE = 1 << 3,
	GROUP_DNS = 1 << 4,
	GROUP_SETENV = 1 << 5,
	GROUP_SHAPER = 1 << 6,
	GROUP_TIMER = 1 << 7,
	GROUP_PERSIST = 1 << 8,
	GROUP_PERSIST_IP = 1 << 9,
	GROUP_COMP = 1 << 10,
	GROUP_MESSAGES = 1 << 11,
	GROUP_CRYPTO = 1 << 12, /* negotiated */
	GROUP_EXIT_NOTIFY = 1 << 13,
	GROUP_ECHO = 1 << 14,
	GROUP_PULL_ONLY = 1 << 15,
	GROUP_SOCKBUF = 1 << 16,
	GROUP_SOCKFLAGS = 1 << 17,
	GROUP_PEER_ID = 1 << 18,
	GROUP_PUSH_MTU = 1 << 19,
	GROUP_PUSH = 1 << 20,
	GROUP_INHERIT = 1 << 21,
	GROUP_CONFIG = 1 << 22,
	GROUP_INSTANCE = 1 << 23,
	GROUP_SCRIPT = 1 << 24,
	GROUP_MTU = 1 << 25,
	GROUP_TLS_PARMS = 1 << 26,
	GROUP_NICE = 1 << 27,
	GROUP_PLUGIN = 1 << 28,
	GROUP_GENERAL = 1 << 29,
	GROUP_ANY = 1 << 30, /* accepted everywhere: no-ops */
};

enum config_filter_result {
	CONFIG_ITEM_TAKEN,
	CONFIG_ITEM_DROPPED,
	CONFIG_ITEM_REJECTED, /* restart: "Offending option received from server" */
};

/** config_filter_item() - evaluate --pull-filter on the raw text of an item; notes the outcome */
enum config_filter_result config_filter_item(const struct config *cfg, const char *item,
					     struct config_report *report);

struct config_push {
	struct config *cfg; /* work copy, with the entry in use selected */
	const struct config_host *host;
	struct config_report *report;
	unsigned int found;   /* enum config_group bits imported so far */
	unsigned int ordinal; /* items so far; set it to 0 at the start of each message */
	/* PUSH_UPDATE: kinds whose old values were dropped already in this sequence */
	unsigned int cleared;
};

/** config_push_start() - forget `found` and `cleared`; call at the first message of a sequence */
void config_push_start(struct config_push *push, struct config *cfg, const struct config_host *host,
		       struct config_report *report);

/**
 * config_push_item() - apply one item of PUSH_REPLY (text between commas)
 *
 * Leading blanks are skipped and pull filters applied. A refused item is noted in the report and
 * changes nothing.
 *
 * Return: 0 (taken, dropped or refused); ERR_PERMISSION when a filter rejects it; ERR_NOMEM.
 */
int config_push_item(struct config_push *push, const char *item, size_t len,
		     struct err *err) MUST_CHECK;

/**
 * config_push_update_item() - the same for PUSH_UPDATE: prefixes '-', '?', whitelist, resets
 *
 * Return: as above, and ERR_OPTION when the item is not updatable: the whole message fails.
 */
int config_push_update_item(struct config_push *push, const char *item, size_t len,
			    struct err *err) MUST_CHECK;

/**
 * config_push_done() - after the last message of a sequence
 *
 * Notes the "OPTIONS IMPORT:" lines, clamps a pushed MTU, drops explicit-exit-notify on TCP,
 * refuses compression settings that are not allowed, checks DNS servers.
 *
 * Return: 0, or ERR_OPTION: @err says why, restart the connection.
 */
int config_push_done(struct config_push *push, struct err *err) MUST_CHECK;

/** config_push_digested() - whether an item takes part in the "options changed" digest */
bool config_push_digested(const struct config *cfg, const char *item);
