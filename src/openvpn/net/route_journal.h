/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a route journal; see route_set.h for what it is for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "net/route_set.h"

enum {
	ROUTE_JOURNAL_BOOT_MAX = 64,
	ROUTE_JOURNAL_FILE_MAX = 4 << 20,      /* a larger file is not ours */
	ROUTE_JOURNAL_ENTRIES_MAX = 64 * 1024, /* changes in force at one time */
};

/* Whose routing tables the changes were made in: interface numbers mean nothing elsewhere. */
struct route_journal_origin {
	char boot[ROUTE_JOURNAL_BOOT_MAX]; /* the kernel's boot id */
	uint64_t netns;			   /* inode number of the network namespace */
};

/*
 * The text is append-only, a line per event:
 *
 *	openvpn-routes 1 BOOT NETNS
 *	+ 1 add 203.0.113.5/32 192.0.2.1 - 2 254 0 111 -
 *	+ 2 del 0.0.0.0/0 192.0.2.1 - 2 254 100 16 -
 *	- 1
 *
 * "+" is written before the change is made and "-" after it was undone (or refused). The fields
 * are destination, gateway, source, interface, table, metric, protocol, flags ("o": onlink). A
 * last line without its newline was torn by a crash: its change was never made.
 */

void route_journal_write_head(struct str *out, const struct route_journal_origin *origin);
void route_journal_write_entry(struct str *out, uint32_t id, const struct route_op *op);
void route_journal_write_done(struct str *out, uint32_t id);

/**
 * route_journal_parse() - which changes are still in force
 * @text: @len bytes, need not be terminated
 * @ops: gets them in the order in which they were made; the caller releases it also after errors
 *
 * Return: 0, ERR_INVALID when this is no journal or a line is malformed (@ops then holds what
 * stood before it), ERR_LIMIT, or ERR_NOMEM.
 */
int route_journal_parse(const char *text, size_t len, struct route_journal_origin *origin,
			struct route_ops *ops) MUST_CHECK;

/** route_journal_begin() - note a change before it is made. Return: its id, 0 when @j is NULL. */
uint32_t route_journal_begin(struct route_journal *j, const struct route_op *op);
/** route_journal_end() - the change of route_journal_begin() is not in force any more */
void route_journal_end(struct route_journal *j, uint32_t id);
