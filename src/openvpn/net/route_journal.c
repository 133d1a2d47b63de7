/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/route_journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MAX_BYTES = 512,
	FIELDS_MAX = 12
};

void route_journal_write_head(struct str *out, const struct route_journal_origin *origin)
{
	str_addf(out, "openvpn-routes 1 %s %llu\n", origin->boot,
		 (unsigned long long)origin->netns);
}

static const char *addr_or_dash(const struct ip_addr *ip, char *buf, size_t cap)
{
	return ip_addr_is_set(ip) ? ip_addr_format(ip, buf, cap) : "-";
}

void route_journal_write_entry(struct str *out, uint32_t id, const struct route_op *op)
{
	const struct route *rt = &op->route;
	char dst[ADDR_TEXT_MAX], gw[ADDR_TEXT_MAX], src[ADDR_TEXT_MAX];

	str_addf(out, "+ %u %s %s/%u %s %s %d %u %u %u %s\n", id,
		 op->kind == ROUTE_OP_ADD ? "add" : "del",
		 ip_addr_format(&rt->dst.addr, dst, sizeof(dst)), rt->dst.bits,
		 addr_or_dash(&rt->gateway, gw, sizeof(gw)),
		 addr_or_dash(&rt->src, src, sizeof(src)), rt->ifindex, rt->table, rt->metric,
		 rt->proto, rt->onlink ? "o" : "-");
}

void route_journal_write_done(struct str *out, uint32_t id)
{
	str_addf(out, "- %u\n", id);
}

static int parse_number(const char *text, unsigned long long max, unsigned long long *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return ERR_INVALID;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end || *out > max ? ERR_INVALID : 0;
}

static int parse_u32(const char *text, uint32_t max, uint32_t *out)
{
	unsigned long long v;

	if (parse_number(text, max, &v) < 0)
		return ERR_INVALID;
	*out = (uint32_t)v;
	return 0;
}

static int parse_addr(const char *text, sa_family_t family, struct ip_addr *out)
{
	if (strcmp(text, "-") == 0)
		return 0;
	return ip_addr_parse_family(text, family, out);
}

static int parse_dst(char *text, struct ip_net *out)
{
	char *slash = strchr(text, '/');
	uint32_t bits;

	if (!slash)
		return ERR_INVALID;
	*slash = '\0';
	if (ip_addr_parse(text, &out->addr) < 0 ||
	    parse_u32(slash + 1, out->addr.family == AF_INET ? 32 : 128, &bits) < 0)
		return ERR_INVALID;
	out->bits = (uint8_t)bits;
	return 0;
}

/* Field 2 onwards of a "+" line. */
static int parse_op(char **field, struct route_op *op)
{
	struct route *rt = &op->route;
	uint32_t ifindex, proto;

	*op = (struct route_op){0};
	if (strcmp(field[0], "add") == 0)
		op->kind = ROUTE_OP_ADD;
	else if (strcmp(field[0], "del") == 0)
		op->kind = ROUTE_OP_DEL;
	else
		return ERR_INVALID;
	if (parse_dst(field[1], &rt->dst) < 0 ||
	    parse_addr(field[2], rt->dst.addr.family, &rt->gateway) < 0 ||
	    parse_addr(field[3], rt->dst.addr.family, &rt->src) < 0 ||
	    parse_u32(field[4], INT32_MAX, &ifindex) < 0 ||
	    parse_u32(field[5], UINT32_MAX, &rt->table) < 0 ||
	    parse_u32(field[6], UINT32_MAX, &rt->metric) < 0 ||
	    parse_u32(field[7], UINT8_MAX, &proto) < 0)
		return ERR_INVALID;
	if (strcmp(field[8], "o") != 0 && strcmp(field[8], "-") != 0)
		return ERR_INVALID;
	rt->ifindex = (int)ifindex;
	rt->proto = (uint8_t)proto;
	rt->onlink = field[8][0] == 'o';
	return 0;
}

static size_t split(char *line, char **field)
{
	size_t n = 0;
	char *save, *word = strtok_r(line, " ", &save);

	for (; word && n < FIELDS_MAX; word = strtok_r(NULL, " ", &save))
		field[n++] = word;
	return word ? 0 : n;
}

/* What is in force: parallel arrays, the operations and their ids (0: undone). */
struct table {
	struct route_ops ops;
	uint32_t *id;
	size_t id_cap;
};

static int table_add(struct table *t, uint32_t id, const struct route_op *op)
{
	if (t->ops.n >= ROUTE_JOURNAL_ENTRIES_MAX)
		return ERR_LIMIT;
	if (t->ops.n >= t->id_cap) {
		size_t cap = t->id_cap ? 2 * t->id_cap : 16;
		uint32_t *ids = realloc(t->id, cap * sizeof(*ids));

		if (!ids)
			return ERR_NOMEM;
		t->id = ids;
		t->id_cap = cap;
	}
	t->id[t->ops.n] = id;
	route_ops_add(&t->ops, op->kind, &op->route);
	return t->ops.failed ? ERR_NOMEM : 0;
}

/* Undoing goes backwards as a rule, so the entry is found near the end. */
static int table_remove(struct table *t, uint32_t id)
{
	for (size_t i = t->ops.n; i > 0; i--) {
		if (t->id[i - 1] != id)
			continue;
		memmove(&t->id[i - 1], &t->id[i], (t->ops.n - i) * sizeof(*t->id));
		memmove(&t->ops.op[i - 1], &t->ops.op[i], (t->ops.n - i) * sizeof(*t->ops.op));
		t->ops.n--;
		return 0;
	}
	return ERR_INVALID;
}

static int parse_event(char *line, struct table *t)
{
	char *field[FIELDS_MAX];
	size_t n = split(line, field);
	struct route_op op;
	uint32_t id;

	if (n < 2 || parse_u32(field[1], UINT32_MAX, &id) < 0 || id == 0)
		return ERR_INVALID;
	if (n == 2 && strcmp(field[0], "-") == 0)
		return table_remove(t, id);
	if (n != 11 || strcmp(field[0], "+") != 0 || parse_op(&field[2], &op) < 0)
		return ERR_INVALID;
	return table_add(t, id, &op);
}

static int parse_head(char *line, struct route_journal_origin *origin)
{
	char *field[FIELDS_MAX];
	unsigned long long netns;

	if (split(line, field) != 4 || strcmp(field[0], "openvpn-routes") != 0 ||
	    strcmp(field[1], "1") != 0 || parse_number(field[3], UINT64_MAX, &netns) < 0 ||
	    !str_copy(origin->boot, sizeof(origin->boot), field[2]))
		return ERR_INVALID;
	origin->netns = netns;
	return 0;
}

int route_journal_parse(const char *text, size_t len, struct route_journal_origin *origin,
			struct route_ops *ops)
{
	struct table t = {0};
	bool head = true;
	int ret = ERR_INVALID;

	*origin = (struct route_journal_origin){0};
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end ? (size_t)(end - text) : len;
		char line[LINE_MAX_BYTES];

		if (!end && !head)
			break;
		ret = ERR_INVALID;
		if (!end || line_len >= sizeof(line) || memchr(text, '\0', line_len))
			break;
		memcpy(line, text, line_len);
		line[line_len] = '\0';
		ret = head ? parse_head(line, origin) : parse_event(line, &t);
		if (ret < 0)
			break;
		head = false;
		text += line_len + 1;
		len -= line_len + 1;
	}
	free(t.id);
	*ops = t.ops;
	return ret;
}
