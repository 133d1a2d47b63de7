/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "data/fragment.h"

enum {
	BUCKETS_MIN = 16,
	BUCKETS_MAX = 65536,
};

int peer_table_init(struct peer_table *t, uint32_t max_peers)
{
	struct rng rng = rng_system();
	uint32_t buckets = BUCKETS_MIN;

	while (buckets < max_peers && buckets < BUCKETS_MAX)
		buckets *= 2;
	*t = (struct peer_table){.bucket_mask = buckets - 1, .hash_seed = rng_u32(&rng)};
	t->by_id = calloc(buckets, sizeof(struct engine_peer *));
	t->by_addr = calloc(buckets, sizeof(struct engine_peer *));
	if (t->by_id && t->by_addr)
		return 0;
	peer_table_fini(t);
	return ERR_NOMEM;
}

void peer_table_fini(struct peer_table *t)
{
	free(t->by_id);
	free(t->by_addr);
	t->by_id = NULL;
	t->by_addr = NULL;
}

static void copy_name(char *out, size_t cap, const char *name)
{
	size_t len = name ? strnlen(name, cap - 1) : 0;

	if (len)
		memcpy(out, name, len);
	out[len] = 0;
}

struct engine_peer *engine_peer_new(const struct dco_peer_config *cfg, struct port *port)
{
	struct engine_peer *p = lines_alloc(sizeof(*p));

	if (!p)
		return NULL;
	p->options = strdup(cfg->options ? cfg->options : "");
	if (!p->options) {
		free(p);
		return NULL;
	}
	p->id = cfg->peer_id;
	p->tx_id = cfg->tx_peer_id;
	p->port = port;
	p->log = cfg->log;
	copy_name(p->name, sizeof(p->name), cfg->name);
	p->remote = cfg->remote;
	sock_addr_unmap(&p->remote);
	p->local = cfg->local;
	sock_addr_unmap(&p->local.addr);
	p->vpn_ip4 = cfg->vpn_ip4;
	p->vpn_ip6 = cfg->vpn_ip6;
	return p;
}

void engine_peer_free(struct engine_peer *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < PEER_SLOTS; i++)
		data_key_free(p->keys[i]);
	reassembly_free(p->reassembly);
	free(p->options);
	free(p);
}

static uint32_t hash_mix(uint32_t h, uint32_t v)
{
	h ^= v;
	h *= 0x9e3779b1u;
	return h ^ h >> 15;
}

/* Ids are given by our side, and without gaps: none shares a bucket then. */
static struct engine_peer **bucket_id(const struct peer_table *t, uint32_t id)
{
	return &t->by_id[id & t->bucket_mask];
}

/* The seed is random, so that nobody can choose addresses which meet in one bucket. */
static struct engine_peer **bucket_addr(const struct peer_table *t, const union sock_addr *a)
{
	uint32_t h = hash_mix(t->hash_seed, sock_addr_port(a));

	if (a->sa.sa_family == AF_INET6) {
		const uint8_t *b = a->in6.sin6_addr.s6_addr;

		for (size_t i = 0; i < 16; i += 4)
			h = hash_mix(h, load_be32(b + i));
	} else {
		h = hash_mix(h, a->in4.sin_addr.s_addr);
	}
	return &t->by_addr[h & t->bucket_mask];
}

static void addr_link(struct peer_table *t, struct engine_peer *p)
{
	struct engine_peer **at = bucket_addr(t, &p->remote);

	p->addr_next = *at;
	*at = p;
}

static void addr_unlink(struct peer_table *t, struct engine_peer *p)
{
	for (struct engine_peer **at = bucket_addr(t, &p->remote); *at; at = &(*at)->addr_next) {
		if (*at == p) {
			*at = p->addr_next;
			return;
		}
	}
}

void peer_table_add(struct peer_table *t, struct engine_peer *p)
{
	struct engine_peer **at = bucket_id(t, p->id);

	p->id_next = *at;
	*at = p;
	addr_link(t, p);
	p->all_next = t->all;
	p->all_prev = &t->all;
	if (t->all)
		t->all->all_prev = &p->all_next;
	t->all = p;
	t->count++;
}

void peer_table_del(struct peer_table *t, struct engine_peer *p)
{
	for (struct engine_peer **at = bucket_id(t, p->id); *at; at = &(*at)->id_next) {
		if (*at == p) {
			*at = p->id_next;
			break;
		}
	}
	addr_unlink(t, p);
	if (t->copies == p)
		t->copies = p->all_next;
	*p->all_prev = p->all_next;
	if (p->all_next)
		p->all_next->all_prev = p->all_prev;
	t->count--;
}

void peer_table_fetch(const struct peer_table *t, uint32_t id)
{
	fetch_lines(bucket_id(t, id), 1);
}

const struct engine_peer *peer_table_guess(const struct peer_table *t, uint32_t id)
{
	return *bucket_id(t, id);
}

struct engine_peer *peer_table_find(const struct peer_table *t, uint32_t id)
{
	struct engine_peer *p = *bucket_id(t, id);

	while (p && p->id != id)
		p = p->id_next;
	return p;
}

struct engine_peer *peer_table_find_addr(const struct peer_table *t, const struct port *port,
					 const union sock_addr *remote)
{
	struct engine_peer *p = *bucket_addr(t, remote);

	while (p && (p->port != port || !sock_addr_equal(&p->remote, remote)))
		p = p->addr_next;
	return p;
}

void peer_table_move(struct peer_table *t, struct engine_peer *p, const union sock_addr *remote)
{
	addr_unlink(t, p);
	p->remote = *remote;
	sock_addr_unmap(&p->remote);
	addr_link(t, p);
}

struct data_key *engine_peer_key_find(const struct engine_peer *p, uint8_t key_id)
{
	for (size_t i = 0; i < PEER_SLOTS; i++)
		if (p->keys[i] && data_key_id(p->keys[i]) == key_id)
			return p->keys[i];
	return NULL;
}

void engine_peer_stats(const struct engine_peer *p, struct dco_peer_stats *out)
{
	struct data_key_usage usage;

	*out = p->stats;
	if (!p->keys[DCO_SLOT_PRIMARY])
		return;
	data_key_usage(p->keys[DCO_SLOT_PRIMARY], &usage);
	out->key_bytes = usage.seal_bytes + usage.open_bytes;
	out->key_packets = usage.seal_packets + usage.open_packets;
}
