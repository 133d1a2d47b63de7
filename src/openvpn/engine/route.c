/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/footprint.h"
#include "base/random.h"
#include "engine/peer.h"

enum {
	BUCKETS_MIN = 64,
	BUCKETS_MAX = 1 << 18,
	BITS_MAX = 128,
	HOSTS_SEEN = 3, /* by route_is_host_of(); a peer has an address or two and a few networks */
};

/* In the list of its bucket and in that of its peer. */
struct route {
	struct route *next;
	struct engine_peer *peer;
	struct route *peer_next;
	struct route **peer_prev;
	sa_family_t family;
	uint8_t bits;
	uint8_t addr[16];
};

/*
 * One hash table over (family, prefix length, masked address). A look-up tries the prefix
 * lengths that exist, from the longest: on a server that is usually the host routes only.
 */
struct route_table {
	uint32_t bucket_mask;
	uint32_t seed;
	struct route **buckets;
	uint32_t lengths4[32 + 1]; /* routes of each prefix length */
	uint32_t lengths6[128 + 1];
};

struct route_table *route_table_new(uint32_t max_routes)
{
	struct rng rng = rng_system();
	struct route_table *t = calloc(1, sizeof(*t));
	uint32_t buckets = BUCKETS_MIN;

	if (!t)
		return NULL;
	/* Twice as many: the first of a bucket is nearly always the one that is looked for. */
	while (buckets / 2 < max_routes && buckets < BUCKETS_MAX)
		buckets *= 2;
	t->bucket_mask = buckets - 1;
	t->seed = rng_u32(&rng);
	t->buckets = calloc(buckets, sizeof(struct route *));
	if (!t->buckets) {
		free(t);
		return NULL;
	}
	return t;
}

void route_table_free(struct route_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i <= t->bucket_mask; i++) {
		while (t->buckets[i]) {
			struct route *r = t->buckets[i];

			t->buckets[i] = r->next;
			free(r);
		}
	}
	free(t->buckets);
	free(t);
}

struct ip_net ip_net_host(const struct ip_addr *ip)
{
	return (struct ip_net){.addr = *ip, .bits = ip->family == AF_INET6 ? 128 : 32};
}

static size_t addr_bytes(sa_family_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

/* @out gets the leading @bits bits of @ip and zeros. */
static void addr_mask(uint8_t out[16], const struct ip_addr *ip, unsigned int bits)
{
	size_t len = addr_bytes(ip->family);
	uint8_t addr[16] = {0};

	memcpy(addr, &ip->u, len);
	memset(out, 0, 16);
	memcpy(out, addr, bits / 8);
	if (bits % 8)
		out[bits / 8] = (uint8_t)(addr[bits / 8] & (0xff00 >> bits % 8));
}

static struct route **bucket(const struct route_table *t, const uint8_t addr[16], unsigned int bits)
{
	uint32_t h = t->seed ^ bits;

	for (size_t i = 0; i < 16; i += 4) {
		h ^= load_be32(addr + i);
		h *= 0x9e3779b1u;
		h ^= h >> 15;
	}
	return &t->buckets[h & t->bucket_mask];
}

static struct route **find_exact(const struct route_table *t, sa_family_t family,
				 const uint8_t addr[16], unsigned int bits)
{
	struct route **at = bucket(t, addr, bits);

	while (*at && ((*at)->family != family || (*at)->bits != bits ||
		       memcmp((*at)->addr, addr, 16) != 0))
		at = &(*at)->next;
	return at;
}

static uint32_t *length_count(struct route_table *t, sa_family_t family, unsigned int bits)
{
	return family == AF_INET6 ? &t->lengths6[bits] : &t->lengths4[bits];
}

static bool net_is_valid(const struct ip_net *net)
{
	return (net->addr.family == AF_INET && net->bits <= 32) ||
	       (net->addr.family == AF_INET6 && net->bits <= BITS_MAX);
}

static void peer_link(struct route *r, struct engine_peer *peer)
{
	r->peer = peer;
	r->peer_next = peer->routes;
	r->peer_prev = &peer->routes;
	if (r->peer_next)
		r->peer_next->peer_prev = &r->peer_next;
	peer->routes = r;
}

static void peer_unlink(struct route *r)
{
	*r->peer_prev = r->peer_next;
	if (r->peer_next)
		r->peer_next->peer_prev = r->peer_prev;
}

int route_table_add(struct route_table *t, const struct ip_net *net, struct engine_peer *peer)
{
	uint8_t addr[16];
	struct route **at, *r;

	if (!net_is_valid(net))
		return ERR_INVALID;
	addr_mask(addr, &net->addr, net->bits);
	at = find_exact(t, net->addr.family, addr, net->bits);
	if (*at) {
		peer_unlink(*at);
		peer_link(*at, peer);
		return 0;
	}
	r = lines_alloc(sizeof(*r));
	if (!r)
		return ERR_NOMEM;
	r->family = net->addr.family;
	r->bits = net->bits;
	memcpy(r->addr, addr, sizeof(addr));
	*at = r;
	peer_link(r, peer);
	(*length_count(t, r->family, r->bits))++;
	return 0;
}

static void route_unlink(struct route_table *t, struct route **at)
{
	struct route *r = *at;

	*at = r->next;
	peer_unlink(r);
	(*length_count(t, r->family, r->bits))--;
	free(r);
}

void route_table_del(struct route_table *t, const struct ip_net *net,
		     const struct engine_peer *peer)
{
	uint8_t addr[16];
	struct route **at;

	if (!net_is_valid(net))
		return;
	addr_mask(addr, &net->addr, net->bits);
	at = find_exact(t, net->addr.family, addr, net->bits);
	if (*at && (*at)->peer == peer)
		route_unlink(t, at);
}

void route_table_del_peer(struct route_table *t, struct engine_peer *peer)
{
	while (peer->routes) {
		const struct route *r = peer->routes;

		route_unlink(t, find_exact(t, r->family, r->addr, r->bits));
	}
}

struct engine_peer *route_table_find(const struct route_table *t, const struct ip_addr *ip)
{
	const uint32_t *lengths = ip->family == AF_INET6 ? t->lengths6 : t->lengths4;
	int longest = ip->family == AF_INET6 ? 128 : 32;
	uint8_t addr[16];

	for (int bits = longest; bits >= 0; bits--) {
		struct route *r;

		if (!lengths[bits])
			continue;
		addr_mask(addr, ip, (unsigned int)bits);
		r = *find_exact(t, ip->family, addr, (unsigned int)bits);
		if (r)
			return r->peer;
	}
	return NULL;
}

/* Where the longest prefix would be */
static struct route **first_bucket(const struct route_table *t, const struct ip_addr *ip)
{
	const uint32_t *lengths = ip->family == AF_INET6 ? t->lengths6 : t->lengths4;
	unsigned int bits = ip->family == AF_INET6 ? 128 : 32;
	uint8_t addr[16];

	while (bits && !lengths[bits])
		bits--;
	addr_mask(addr, ip, bits);
	return bucket(t, addr, bits);
}

void route_table_fetch(const struct route_table *t, const struct ip_addr *ip)
{
	fetch_lines(first_bucket(t, ip), 1);
}

const struct route *route_table_guess(const struct route_table *t, const struct ip_addr *ip)
{
	return *first_bucket(t, ip);
}

const struct engine_peer *route_peer(const struct route *route)
{
	return route->peer;
}

void route_fetch(const struct engine_peer *peer)
{
	fetch_lines(peer->routes, 1);
}

bool route_is_host_of(const struct engine_peer *peer, const struct ip_addr *ip)
{
	const struct route *r = peer->routes;
	size_t len = addr_bytes(ip->family);

	for (int i = 0; r && i < HOSTS_SEEN; i++, r = r->peer_next)
		if (r->family == ip->family && r->bits == len * 8 && !memcmp(r->addr, &ip->u, len))
			return true;
	return false;
}
