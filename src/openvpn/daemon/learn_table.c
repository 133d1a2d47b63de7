/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/learn_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash_table.h"
#include "base/str.h"
#include "daemon/client_table.h"

enum {
	MAC_LEN = 6
};

struct learn_entry {
	struct hash_link by_net;
	struct learn_entry *older, *newer;
	struct learn_entry *before, *after; /* in the list of the owner */
	struct learn_row row;
};

struct learn_table {
	struct hash_table by_net;
	struct learn_entry *oldest, *newest;
};

struct learn_table *learn_table_new(uint32_t seed)
{
	struct learn_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (hash_table_init(&t->by_net, seed) < 0) {
		free(t);
		return NULL;
	}
	return t;
}

void learn_table_free(struct learn_table *t)
{
	struct learn_entry *newer;

	if (!t)
		return;
	for (struct learn_entry *e = t->oldest; e; e = newer) {
		newer = e->newer;
		free(e);
	}
	hash_table_fini(&t->by_net);
	free(t);
}

size_t learn_table_count(const struct learn_table *t)
{
	return t->by_net.count;
}

static uint32_t learn_hash(const struct learn_table *t, const struct ip_net *net)
{
	const uint8_t head[] = {(uint8_t)net->addr.family, net->bits};
	uint32_t h = hash_table_hash(&t->by_net, 0, head, sizeof(head));

	if (net->addr.family == LEARN_FAMILY_MAC)
		return hash_table_hash(&t->by_net, h, learn_mac_bytes(net), LEARN_MAC_LEN);
	if (net->addr.family == AF_INET6)
		return hash_table_hash(&t->by_net, h, &net->addr.u.in6, sizeof(net->addr.u.in6));
	return hash_table_hash(&t->by_net, h, &net->addr.u.in4, sizeof(net->addr.u.in4));
}

struct ip_net learn_mac(const uint8_t mac[LEARN_MAC_LEN])
{
	struct ip_net net = {.addr.family = LEARN_FAMILY_MAC, .bits = 8 * LEARN_MAC_LEN};

	memcpy(&net.addr.u, mac, LEARN_MAC_LEN);
	return net;
}

const uint8_t *learn_mac_bytes(const struct ip_net *net)
{
	return net->addr.u.in6.s6_addr;
}

static bool learn_equal(const struct ip_net *a, const struct ip_net *b)
{
	if (a->bits != b->bits || a->addr.family != b->addr.family)
		return false;
	if (a->addr.family == LEARN_FAMILY_MAC)
		return memcmp(learn_mac_bytes(a), learn_mac_bytes(b), LEARN_MAC_LEN) == 0;
	return ip_addr_equal(&a->addr, &b->addr);
}

static struct learn_entry *learn_find(const struct learn_table *t, const struct ip_net *net)
{
	struct hash_link *link = hash_table_first(&t->by_net, learn_hash(t, net));

	for (; link; link = hash_table_next(link)) {
		struct learn_entry *e = container_of(link, struct learn_entry, by_net);

		if (learn_equal(&e->row.net, net))
			return e;
	}
	return NULL;
}

static void learn_own(struct learn_entry *e, struct client_entry *owner)
{
	struct learn_list *list = &owner->learned;

	e->row.owner = owner;
	e->before = list->last;
	e->after = NULL;
	*(list->last ? &list->last->after : &list->first) = e;
	list->last = e;
	list->count++;
}

static void learn_disown(struct learn_entry *e)
{
	struct learn_list *list = &e->row.owner->learned;

	*(e->before ? &e->before->after : &list->first) = e->after;
	*(e->after ? &e->after->before : &list->last) = e->before;
	list->count--;
}

static bool learn_all_bytes(const void *bytes, size_t len, uint8_t value)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		if (p[i] != value)
			return false;
	return true;
}

static bool learn_is_refused(const struct ip_net *net, const struct ip_addr *own)
{
	bool is6 = net->addr.family == AF_INET6;
	const void *bytes = is6 ? (const void *)&net->addr.u.in6 : (const void *)&net->addr.u.in4;
	size_t len = is6 ? sizeof(net->addr.u.in6) : sizeof(net->addr.u.in4);

	if (net->addr.family == LEARN_FAMILY_MAC)
		return false; /* the data plane takes only those which a station may have */
	if (net->bits >= 8 && learn_all_bytes(bytes, len, 0))
		return true;
	if (learn_all_bytes(bytes, len, 0xff))
		return true;
	return net->bits == 8 * len && ip_addr_is_set(own) && ip_addr_equal(own, &net->addr);
}

enum learn_step learn_table_check(struct learn_table *t, const struct ip_net *net,
				  const struct client_entry *owner, uint32_t quota,
				  const struct ip_addr *own, uint64_t unix_sec)
{
	struct learn_entry *e = learn_find(t, net);

	if (learn_is_refused(net, own))
		return LEARN_REFUSED;
	if (e && e->row.owner == owner) {
		e->row.last_unix_sec = unix_sec;
		return LEARN_KNOWN;
	}
	if (owner->learned.count >= quota)
		return LEARN_QUOTA;
	return e ? LEARN_UPDATE : LEARN_ADD;
}

int learn_table_set(struct learn_table *t, const struct ip_net *net, struct client_entry *owner,
		    uint64_t unix_sec)
{
	struct learn_entry *e = learn_find(t, net);

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return ERR_NOMEM;
		e->row.net = *net;
		e->older = t->newest;
		*(t->newest ? &t->newest->newer : &t->oldest) = e;
		t->newest = e;
		hash_table_add(&t->by_net, &e->by_net, learn_hash(t, net));
	} else {
		learn_disown(e);
	}
	learn_own(e, owner);
	e->row.last_unix_sec = unix_sec;
	return 0;
}

void learn_table_refresh(const struct client_entry *owner, uint64_t unix_sec)
{
	for (struct learn_entry *e = owner->learned.first; e; e = e->after)
		e->row.last_unix_sec = unix_sec;
}

void learn_table_refresh_one(struct learn_table *t, const struct ip_net *net, uint64_t unix_sec)
{
	struct learn_entry *e = learn_find(t, net);

	if (e)
		e->row.last_unix_sec = unix_sec;
}

struct client_entry *learn_table_owner(const struct learn_table *t, const struct ip_net *net)
{
	struct learn_entry *e = learn_find(t, net);

	return e ? e->row.owner : NULL;
}

static void learn_delete(struct learn_table *t, struct learn_entry *e)
{
	*(e->older ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->newest) = e->older;
	hash_table_del(&t->by_net, &e->by_net);
	learn_disown(e);
	free(e);
}

static struct learn_entry *learn_older_than(const struct learn_table *t, uint64_t unix_sec)
{
	struct learn_entry *e = t->oldest;

	while (e && e->row.last_unix_sec >= unix_sec)
		e = e->newer;
	return e;
}

bool learn_table_forget(struct learn_table *t, struct client_entry *owner, uint64_t before_unix_sec,
			struct learn_row *row)
{
	struct learn_entry *e = owner ? owner->learned.first : learn_older_than(t, before_unix_sec);

	if (!e)
		return false;
	*row = e->row;
	learn_delete(t, e);
	return true;
}

const struct learn_row *learn_table_next(const struct learn_table *t, const struct learn_row *row)
{
	const struct learn_entry *e =
		row ? container_of(row, const struct learn_entry, row)->newer : t->oldest;

	return e ? &e->row : NULL;
}

const char *learn_net_format(const struct ip_net *net, char *buf, size_t cap)
{
	char text[ADDR_TEXT_MAX];
	bool host = net->bits == (net->addr.family == AF_INET6 ? 128 : 32);

	if (net->addr.family == LEARN_FAMILY_MAC) {
		const uint8_t *mac = learn_mac_bytes(net);

		str_hex(text, sizeof(text), mac, MAC_LEN, ':');
		snprintf(buf, cap, "%s@%u", text, load_be16(mac + MAC_LEN));
		return buf;
	}
	ip_addr_format(&net->addr, text, sizeof(text));
	if (host)
		snprintf(buf, cap, "%s", text);
	else
		snprintf(buf, cap, "%s/%u", text, net->bits);
	return buf;
}
