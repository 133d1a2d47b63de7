/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/client_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct client_table {
	struct hash_table by_addr;
	struct client_entry **by_peer_id; /* NULL: free */
	uint32_t max;
	uint32_t room;	     /* length of by_peer_id */
	uint32_t first_free; /* no free number is below */
	uint32_t next_cid;
	size_t count;
};

struct client_table *client_table_new(uint32_t max_clients, uint32_t seed)
{
	struct client_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max_clients;
	if (hash_table_init(&t->by_addr, seed) < 0) {
		free(t);
		return NULL;
	}
	return t;
}

void client_table_free(struct client_table *t)
{
	if (!t)
		return;
	hash_table_fini(&t->by_addr);
	free(t->by_peer_id);
	free(t);
}

size_t client_table_count(const struct client_table *t)
{
	return t->count;
}

bool client_table_full(const struct client_table *t)
{
	return t->count >= t->max;
}

/* The padding of socket addresses is not part of the key. */
static uint32_t client_table_hash(const struct client_table *t, const union sock_addr *addr,
				  bool tcp, unsigned int listener)
{
	const unsigned int rest[] = {tcp, tcp ? 0 : listener, sock_addr_port(addr),
				     addr->sa.sa_family};
	struct ip_addr ip = sock_addr_ip(addr);
	uint32_t h = hash_table_hash(&t->by_addr, 0, rest, sizeof(rest));

	if (ip.family == AF_INET6)
		return hash_table_hash(&t->by_addr, h, &ip.u.in6, sizeof(ip.u.in6));
	return hash_table_hash(&t->by_addr, h, &ip.u.in4, sizeof(ip.u.in4));
}

struct client_entry *client_table_by_addr(const struct client_table *t, const union sock_addr *addr,
					  bool tcp, unsigned int listener)
{
	struct hash_link *link =
		hash_table_first(&t->by_addr, client_table_hash(t, addr, tcp, listener));

	for (; link; link = hash_table_next(link)) {
		struct client_entry *e = container_of(link, struct client_entry, by_addr);

		if (e->tcp == tcp && (tcp || e->listener == listener) &&
		    sock_addr_equal(&e->addr, addr))
			return e;
	}
	return NULL;
}

static int client_table_room(struct client_table *t, uint32_t peer_id)
{
	uint32_t room = t->room ? 2 * t->room : 16;
	struct client_entry **p;

	if (peer_id < t->room)
		return 0;
	p = realloc(t->by_peer_id, room * sizeof(struct client_entry *));
	if (!p)
		return ERR_NOMEM;
	memset(p + t->room, 0, (room - t->room) * sizeof(struct client_entry *));
	t->by_peer_id = p;
	t->room = room;
	return 0;
}

int client_table_add(struct client_table *t, struct client_entry *e, const union sock_addr *addr,
		     bool tcp, unsigned int listener)
{
	uint32_t id = t->first_free;

	if (client_table_full(t))
		return ERR_LIMIT;
	if (client_table_by_addr(t, addr, tcp, listener))
		return ERR_EXISTS;
	while (id < t->room && t->by_peer_id[id])
		id++;
	if (client_table_room(t, id) < 0)
		return ERR_NOMEM;
	t->by_peer_id[id] = e;
	t->first_free = id + 1;
	t->count++;
	e->addr = *addr;
	e->tcp = tcp;
	e->listener = listener;
	e->peer_id = id;
	e->cid = t->next_cid++;
	hash_table_add(&t->by_addr, &e->by_addr, client_table_hash(t, addr, tcp, listener));
	return 0;
}

void client_table_del(struct client_table *t, struct client_entry *e)
{
	if (e->peer_id >= t->room || t->by_peer_id[e->peer_id] != e)
		return;
	hash_table_del(&t->by_addr, &e->by_addr);
	t->by_peer_id[e->peer_id] = NULL;
	if (e->peer_id < t->first_free)
		t->first_free = e->peer_id;
	t->count--;
}

struct client_entry *client_table_by_peer_id(const struct client_table *t, uint32_t peer_id)
{
	return peer_id < t->room ? t->by_peer_id[peer_id] : NULL;
}

struct client_entry *client_table_by_cid(const struct client_table *t, uint32_t cid)
{
	for (uint32_t i = 0; i < t->room; i++)
		if (t->by_peer_id[i] && t->by_peer_id[i]->cid == cid)
			return t->by_peer_id[i];
	return NULL;
}

struct client_entry *client_table_next(const struct client_table *t, const struct client_entry *e)
{
	for (uint32_t i = e ? e->peer_id + 1 : 0; i < t->room; i++)
		if (t->by_peer_id[i])
			return t->by_peer_id[i];
	return NULL;
}

void client_table_move(struct client_table *t, struct client_entry *e, const union sock_addr *addr)
{
	hash_table_del(&t->by_addr, &e->by_addr);
	e->addr = *addr;
	hash_table_add(&t->by_addr, &e->by_addr, client_table_hash(t, addr, e->tcp, e->listener));
}

enum float_verdict client_table_float(const struct client_table *t, const struct client_entry *e,
				      const union sock_addr *addr,
				      bool (*same_user)(const struct client_entry *a,
							const struct client_entry *b),
				      struct client_entry **other)
{
	*other = client_table_by_addr(t, addr, e->tcp, e->listener);
	if (!*other)
		return FLOAT_OK;
	if (*other == e)
		return FLOAT_SELF;
	return same_user(e, *other) ? FLOAT_REPLACES : FLOAT_REFUSED;
}

bool freq_limit_take(struct freq_limit *f, uint64_t now_ms)
{
	if (!f->max)
		return true;
	if (now_ms - f->period_start_ms >= 1000ull * f->period_sec) {
		f->period_start_ms = now_ms;
		f->count = 0;
	}
	if (f->count >= f->max)
		return false;
	f->count++;
	return true;
}
