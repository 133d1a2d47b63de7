/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes to the routing table with exact undo, also after the process was killed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "net/netlink.h"
#include "net/route.h"

enum route_op_kind {
	ROUTE_OP_ADD,
	ROUTE_OP_DEL, /* of a route that is there, in full, so that it can be put back */
};

struct route_op {
	enum route_op_kind kind;
	struct route route;
};

/* A growing list of operations; all zero is empty, an allocation that fails marks it. */
struct route_ops {
	struct route_op *op;
	size_t n;
	size_t cap;
	bool failed;
};

void route_ops_add(struct route_ops *ops, enum route_op_kind kind, const struct route *rt);
void route_ops_fini(struct route_ops *ops);

/*
 * The journal of one process: those of its changes that would outlive a kill -9 (routes that do
 * not leave by the tunnel device, and a default route that was taken away). It is a small locked
 * file; a file that nobody locks belongs to a process that died, and the next start undoes it.
 */
struct route_journal;

/**
 * route_journal_open() - recover what dead processes left behind, then start an own journal
 * @dir: directory, made when missing; e.g. RUNSTATEDIR "/openvpn"
 * @nl: borrowed during the call; only journals of the same boot and network namespace are acted on
 *
 * To be called at start, before routes are looked at and before privileges are dropped. The file
 * stays open, so that it can be written later without any privilege and after chroot.
 *
 * Return: 0, or ERR_* with @err set; the caller may go on with no journal (NULL).
 */
int route_journal_open(const char *dir, struct netlink *nl, const struct log *log,
		       struct route_journal **out, struct err *err) MUST_CHECK;
/** route_journal_close() - to be called after all undo; removes the file if it is empty */
void route_journal_close(struct route_journal *j);

/* Changes made together and undone together. */
struct route_set;

/**
 * route_set_new() - an empty set
 * @nl: borrowed for the life of the set
 * @journal: borrowed likewise, or NULL
 * @tun_ifindex: routes that leave by it vanish with it and need no journal
 *
 * Return: NULL when out of memory.
 */
struct route_set *route_set_new(struct netlink *nl, struct route_journal *journal, int tun_ifindex,
				const struct log *log) MUST_CHECK;

/**
 * route_set_apply() - carry out one operation
 *
 * An existing equal route is left alone and not deleted later: "NOTE: Linux route add command
 * failed because route exists". Other refusals: "ERROR: Linux route add command failed: ...".
 *
 * Return: 0 (also for an existing route), or ERR_* after the line was logged.
 */
int route_set_apply(struct route_set *set, const struct route_op *op);

/** route_set_undo() - undo everything in reverse order; failures are logged and passed over */
void route_set_undo(struct route_set *set);
/** route_set_undo_in_order() - the same, first change first */
void route_set_undo_in_order(struct route_set *set);
/** route_set_forget() - keep the changes, e.g. when the device went away with its routes */
void route_set_forget(struct route_set *set);
size_t route_set_count(const struct route_set *set);
/** route_set_free() - release memory; changes stay, call an undo before */
void route_set_free(struct route_set *set);
