/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/random.h"
#include "engine/peer.h"
#include "engine/route.h"

enum {
	OWNERS = 9
};

static struct engine_peer owners[OWNERS];

static struct engine_peer *owner(size_t number)
{
	return &owners[number];
}

static int no_routes(void **state)
{
	(void)state;
	memset(owners, 0, sizeof(owners));
	return 0;
}

static struct ip_net random_net(const struct rng *rng)
{
	struct ip_net net = {0};

	if (rng_below(rng, 2)) {
		net.addr.family = AF_INET;
		net.addr.u.in4.s_addr =
			htonl(0x0a000000 | rng_below(rng, 16) << 12 | rng_below(rng, 16));
		net.bits = (uint8_t)(8 + rng_below(rng, 25));
	} else {
		net.addr.family = AF_INET6;
		net.addr.u.in6.s6_addr[0] = 0xfd;
		net.addr.u.in6.s6_addr[5] = (uint8_t)(rng_below(rng, 4) << 6);
		net.addr.u.in6.s6_addr[15] = (uint8_t)rng_below(rng, 16);
		net.bits = (uint8_t)(rng_below(rng, 3) ? 32 + rng_below(rng, 20) : 128);
	}
	return net;
}

static bool net_equal(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && a->addr.family == b->addr.family &&
	       ip_net_contains(a, &b->addr);
}

enum {
	MODEL_MAX = 400
};

struct model {
	struct ip_net net[MODEL_MAX];
	struct engine_peer *peer[MODEL_MAX];
	size_t count;
};

static void model_del(struct model *m, const struct ip_net *net, const struct engine_peer *peer)
{
	for (size_t i = 0; i < m->count; i++) {
		if ((net && !net_equal(&m->net[i], net)) || (peer && m->peer[i] != peer))
			continue;
		m->count--;
		m->net[i] = m->net[m->count];
		m->peer[i] = m->peer[m->count];
		i--;
	}
}

static struct engine_peer *model_find(const struct model *m, const struct ip_addr *ip)
{
	struct engine_peer *best = NULL;
	int bits = -1;

	for (size_t i = 0; i < m->count; i++) {
		if (m->net[i].addr.family == ip->family && ip_net_contains(&m->net[i], ip) &&
		    m->net[i].bits > bits) {
			bits = m->net[i].bits;
			best = m->peer[i];
		}
	}
	return best;
}

static void table__random_changes__agrees_with_a_list(void **state)
{
	struct rng_seed seed = {.state = 4711};
	struct rng rng = rng_seeded(&seed);
	struct route_table *t = route_table_new(16);
	static struct model m;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		struct ip_net net = random_net(&rng);
		struct engine_peer *peer = owner(1 + rng_below(&rng, 8));
		uint32_t kind = rng_below(&rng, 100);

		if (kind < 40 && m.count < MODEL_MAX) {
			assert_int_equal(route_table_add(t, &net, peer), 0);
			model_del(&m, &net, NULL);
			m.net[m.count] = net;
			m.peer[m.count++] = peer;
		} else if (kind < 70) {
			route_table_del(t, &net, peer);
			model_del(&m, &net, peer);
		} else if (kind < 71) {
			route_table_del_peer(t, peer);
			model_del(&m, NULL, peer);
		}
		assert_ptr_equal(route_table_find(t, &net.addr), model_find(&m, &net.addr));
	}
	route_table_free(t);
}

static void table__address_changes_owner__goes_with_the_new_one(void **state)
{
	struct route_table *t = route_table_new(1);
	struct ip_net a = {.addr.family = AF_INET, .bits = 32}, b = a;

	(void)state;
	a.addr.u.in4.s_addr = htonl(0x0a000001);
	b.addr.u.in4.s_addr = htonl(0x0a000002);
	assert_int_equal(route_table_add(t, &a, owner(1)), 0);
	assert_int_equal(route_table_add(t, &b, owner(1)), 0);
	assert_int_equal(route_table_add(t, &a, owner(2)), 0);
	route_table_del_peer(t, owner(1));
	assert_ptr_equal(route_table_find(t, &a.addr), owner(2));
	assert_null(route_table_find(t, &b.addr));
	assert_null(owner(1)->routes);
	route_table_del(t, &a, owner(2));
	assert_null(owner(2)->routes);
	route_table_del_peer(t, owner(2));
	route_table_free(t);
}

static void table__impossible_prefix__refused(void **state)
{
	struct route_table *t = route_table_new(1);
	struct ip_net net = {.addr.family = AF_INET, .bits = 33};

	(void)state;
	assert_int_equal(route_table_add(t, &net, owner(1)), ERR_INVALID);
	net.addr.family = AF_INET6;
	net.bits = 129;
	assert_int_equal(route_table_add(t, &net, owner(1)), ERR_INVALID);
	net.addr.family = AF_UNSPEC;
	net.bits = 0;
	assert_int_equal(route_table_add(t, &net, owner(1)), ERR_INVALID);
	route_table_del(t, &net, owner(1));
	route_table_free(t);
}

static void table__default_route__matches_last(void **state)
{
	struct route_table *t = route_table_new(1);
	struct ip_net all = {.addr.family = AF_INET}, ten = {.addr.family = AF_INET, .bits = 8};
	struct ip_addr in = {.family = AF_INET}, out = {.family = AF_INET};

	(void)state;
	ten.addr.u.in4.s_addr = htonl(0x0a000000);
	in.u.in4.s_addr = htonl(0x0a010203);
	out.u.in4.s_addr = htonl(0xc0000201);
	assert_null(route_table_find(t, &in));
	assert_int_equal(route_table_add(t, &all, owner(1)), 0);
	assert_int_equal(route_table_add(t, &ten, owner(2)), 0);
	assert_ptr_equal(route_table_find(t, &in), owner(2));
	assert_ptr_equal(route_table_find(t, &out), owner(1));
	route_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(table__random_changes__agrees_with_a_list, no_routes),
		cmocka_unit_test_setup(table__address_changes_owner__goes_with_the_new_one,
				       no_routes),
		cmocka_unit_test_setup(table__impossible_prefix__refused, no_routes),
		cmocka_unit_test_setup(table__default_route__matches_last, no_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
