/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/route_set.h"

#include <stdlib.h>
#include <string.h>

#include "net/route_journal.h"

void route_ops_add(struct route_ops *ops, enum route_op_kind kind, const struct route *rt)
{
	if (ops->n == ops->cap) {
		size_t cap = ops->cap ? 2 * ops->cap : 8;
		struct route_op *op = realloc(ops->op, cap * sizeof(*op));

		if (!op) {
			ops->failed = true;
			return;
		}
		ops->op = op;
		ops->cap = cap;
	}
	ops->op[ops->n++] = (struct route_op){.kind = kind, .route = *rt};
}

void route_ops_fini(struct route_ops *ops)
{
	free(ops->op);
	*ops = (struct route_ops){0};
}

/* A change that was made, and its line in the journal (0: none). */
struct change {
	struct route_op op;
	uint32_t journal_id;
};

struct route_set {
	struct netlink *nl;
	struct route_journal *journal;
	int tun_ifindex;
	struct log log;
	struct change *change;
	size_t n, cap;
};

struct route_set *route_set_new(struct netlink *nl, struct route_journal *journal, int tun_ifindex,
				const struct log *log)
{
	struct route_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->nl = nl;
	set->journal = journal;
	set->tun_ifindex = tun_ifindex;
	set->log = *log;
	return set;
}

void route_set_free(struct route_set *set)
{
	if (!set)
		return;
	free(set->change);
	free(set);
}

size_t route_set_count(const struct route_set *set)
{
	return set->n;
}

/* Routes through the tunnel vanish with it; all others would outlive us. */
static bool outlives_tunnel(const struct route_set *set, const struct route_op *op)
{
	const struct route *rt = &op->route;
	struct route path;

	if (op->kind == ROUTE_OP_DEL)
		return true;
	if (rt->ifindex)
		return rt->ifindex != set->tun_ifindex;
	if (!ip_addr_is_set(&rt->gateway) || route_get(set->nl, &rt->gateway, &path) < 0)
		return true;
	return path.ifindex != set->tun_ifindex;
}

static int reserve(struct route_set *set)
{
	size_t cap = set->cap ? 2 * set->cap : 16;
	struct change *change;

	if (set->n < set->cap)
		return 0;
	change = realloc(set->change, cap * sizeof(*change));
	if (!change)
		return ERR_NOMEM;
	set->change = change;
	set->cap = cap;
	return 0;
}

static int apply_add(struct route_set *set, const struct route *rt)
{
	struct err err;
	int ret = route_add(set->nl, rt, &err);

	if (ret == ERR_EXISTS)
		log_warn(&set->log, "NOTE: Linux route add command failed because route exists");
	else if (ret < 0)
		log_warn(&set->log, "ERROR: Linux route add command failed: %s", err.text);
	return ret;
}

static int apply_del(struct route_set *set, const struct route *rt)
{
	struct err err;
	int ret = route_del(set->nl, rt, &err);

	if (ret < 0)
		log_warn(&set->log, "ERROR: Linux route delete command failed: %s", err.text);
	return ret;
}

int route_set_apply(struct route_set *set, const struct route_op *op)
{
	struct change c = {.op = *op};
	int ret = reserve(set);

	if (ret < 0)
		return ret;
	if (op->kind == ROUTE_OP_ADD && c.op.route.proto == 0)
		c.op.route.proto = ROUTE_PROTO_OPENVPN;
	if (outlives_tunnel(set, op))
		c.journal_id = route_journal_begin(set->journal, &c.op);
	ret = op->kind == ROUTE_OP_ADD ? apply_add(set, &c.op.route) : apply_del(set, &c.op.route);
	if (ret < 0) {
		route_journal_end(set->journal, c.journal_id);
		return ret == ERR_EXISTS ? 0 : ret;
	}
	set->change[set->n++] = c;
	return 0;
}

static void undo(struct route_set *set, const struct change *c)
{
	/* Failures were logged: somebody else changed the table, and there is nothing left to do.
	 */
	if (c->op.kind == ROUTE_OP_ADD)
		(void)apply_del(set, &c->op.route);
	else
		(void)apply_add(set, &c->op.route);
	route_journal_end(set->journal, c->journal_id);
}

void route_set_undo(struct route_set *set)
{
	while (set->n > 0)
		undo(set, &set->change[--set->n]);
}

void route_set_undo_in_order(struct route_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		undo(set, &set->change[i]);
	set->n = 0;
}

void route_set_forget(struct route_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		route_journal_end(set->journal, set->change[i].journal_id);
	set->n = 0;
}
