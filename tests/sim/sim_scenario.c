/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of the simulator: random ones from a seed, and named ones of a screen each. */
#include <malloc.h>
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

/* Mostly one, and now and then a server with dozens. */
static unsigned int draw_clients(const struct rng *rng)
{
	if (one_in(rng, 100))
		return between(rng, 12, 48);
	return one_in(rng, 8) ? 3 : 1;
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
		.n_clients = draw_clients(rng),
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
	o.log = o.trace = log;
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

/* ---- named ----------------------------------------------------------------------------------- */

enum {
	SEEDS_PER_SCENARIO = 4
};

static bool failed;

#define EXPECT(sim, condition)                                                            \
	do {                                                                              \
		if (!(condition)) {                                                       \
			const char *why = sim_why_not(sim, 0);                            \
			printf("%s:%d: at %llu s: expected %s%s%s\n", __FILE__, __LINE__, \
			       (unsigned long long)sim_now_ms(sim) / 1000, #condition,    \
			       why ? ": " : "", why ? why : "");                          \
			failed = true;                                                    \
		}                                                                         \
	} while (0)

static struct sim_options quiet_net(uint64_t seed)
{
	return (struct sim_options){
		.seed = seed,
		.wrap = (enum sim_wrap)(seed % SIM_WRAP_V2_OLD),
		.tls_ekm = true,
		.dyn_tls_crypt = seed % 2,
		.n_clients = 1,
		.delay_min_ms = 10,
		.delay_max_ms = 30,
	};
}

/* The network's faults end, and everybody is connected @sec later. */
static void heal(struct sim *sim, unsigned int sec)
{
	sim_set_net(sim, 0, 0, 0);
	sim_run(sim, sec);
	EXPECT(sim, sim_connected_all(sim));
}

/* The end of a run in which nobody was ever thrown out. */
static void end_undisturbed(struct sim *sim)
{
	EXPECT(sim, sim_connected_all(sim));
	EXPECT(sim, sim_stats(sim)->client_failures == 0);
	EXPECT(sim, sim_stats(sim)->server_failures == 0);
	sim_free(sim);
}

/*
 * Three packets in ten are lost, as many come twice, and all overtake each other. Some handshakes
 * do not get a packet through in their five attempts; the others are there within the window.
 */
static void handshake_under_thirty_percent(struct sim_options o)
{
	enum {
		TRIES = 20,
		ENOUGH = 16
	};
	unsigned int complete = 0;

	o.loss_permille = 300;
	o.dup_permille = 300;
	o.delay_min_ms = 5;
	o.delay_max_ms = 500;
	o.seed *= TRIES;
	for (unsigned int i = 0; i < TRIES; i++, o.seed++) {
		struct sim *sim = sim_new(&o);

		sim_run(sim, 60);
		complete += sim_stats(sim)->keys_ready >= 2 && !sim_stats(sim)->client_failures;
		sim_free(sim);
	}
	if (complete < ENOUGH) {
		printf("%u of %u handshakes within the window\n", complete, TRIES);
		failed = true;
	}
}

static void rekey_under_loss(struct sim_options o)
{
	struct sim *sim;

	o.loss_permille = 300;
	o.dup_permille = 100;
	o.client_reneg_sec = 30;
	sim = sim_new(&o);
	sim_run(sim, 600);
	EXPECT(sim, sim_stats(sim)->keys_ready >= 2 * 10);
	heal(sim, 120);
	sim_free(sim);
}

/* Switching keys must not cost a data packet: whoever sends, the other has the key. */
static void rekey_loses_no_data(struct sim_options o)
{
	struct sim *sim;
	unsigned int unknown;

	o.client_reneg_sec = 70;
	o.server_reneg_sec = 100;
	o.tran_window_sec = 120;
	sim = sim_new(&o);
	sim_run(sim, 10);
	unknown = sim_stats(sim)->data_unknown_key;
	for (unsigned int i = 0; i < 10; i++) {
		sim_run(sim, 97);
		sim_renegotiate(sim, 0, i % 2);
		sim_renegotiate(sim, 0, !(i % 2));
	}
	EXPECT(sim, sim_stats(sim)->data_good > 600);
	EXPECT(sim, sim_stats(sim)->data_unknown_key == unknown);
	end_undisturbed(sim);
}

static void damaged_packets_do_not_end_a_wrapped_session(struct sim_options o)
{
	struct sim *sim;

	if (o.wrap == SIM_WRAP_NONE)
		o.wrap = SIM_WRAP_AUTH;
	o.corrupt_permille = 300;
	o.client_reneg_sec = 70;
	sim = sim_new(&o);
	sim_run(sim, 400);
	end_undisturbed(sim);
}

static void restarted_server_is_found_again(struct sim_options o)
{
	struct sim *sim = sim_new(&o);

	sim_run(sim, 20);
	EXPECT(sim, sim_connected_all(sim));
	sim_restart_server(sim);
	sim_run(sim, 5);
	EXPECT(sim, !sim_connected_all(sim));
	sim_run(sim, 120);
	EXPECT(sim, sim_connected_all(sim));
	sim_free(sim);
}

static void restarted_client_takes_over_its_instance(struct sim_options o)
{
	struct sim *sim = sim_new(&o);

	for (unsigned int i = 0; i < 5; i++) {
		sim_run(sim, 20);
		EXPECT(sim, sim_connected_all(sim));
		sim_restart_client(sim, 0);
	}
	sim_run(sim, 20);
	EXPECT(sim, sim_connected_all(sim));
	EXPECT(sim, sim_stats(sim)->server_failures == 0);
	sim_free(sim);
}

static void clock_jumps_do_not_matter_to_a_session(struct sim_options o)
{
	static const int64_t jumps[] = {3600, -7200, 86400 * 365, -86400};
	struct sim *sim;

	o.client_reneg_sec = 30;
	sim = sim_new(&o);
	for (unsigned int i = 0; i < ARRAY_SIZE(jumps); i++) {
		sim_run(sim, 50);
		sim_jump_clock(sim, jumps[i]);
	}
	sim_run(sim, 50);
	end_undisturbed(sim);
}

static void floated_client_goes_on(struct sim_options o)
{
	struct sim *sim;

	o.client_reneg_sec = 40;
	sim = sim_new(&o);
	sim_run(sim, 20);
	sim_float_client(sim, 0);
	sim_run(sim, 100);
	EXPECT(sim, sim_client_key_id(sim, 0) >= 1);
	end_undisturbed(sim);
}

static void refused_client_is_told(struct sim_options o)
{
	struct sim *sim;

	o.auth = SIM_AUTH_REFUSE;
	o.loss_permille = 100;
	sim = sim_new(&o);
	sim_run(sim, 60);
	EXPECT(sim, !sim_connected_all(sim));
	EXPECT(sim, sim_stats(sim)->keys_ready <= 1); /* the client's own, at most */
	sim_free(sim);
}

static void dead_network_fails_within_the_window(struct sim_options o)
{
	struct sim *sim;

	o.loss_permille = 1000;
	sim = sim_new(&o);
	sim_run(sim, 59);
	EXPECT(sim, sim_stats(sim)->client_failures == 0);
	sim_run(sim, 2);
	EXPECT(sim, sim_stats(sim)->client_failures == 1);
	heal(sim, 90);
	sim_free(sim);
}

static void many_clients_at_once(struct sim_options o)
{
	struct sim *sim;

	o.n_clients = 40;
	o.loss_permille = 100;
	sim = sim_new(&o);
	sim_run(sim, 100);
	EXPECT(sim, sim_connected_all(sim));
	sim_free(sim);
}

static void restart_every(struct sim *sim, const struct sim_options *o, unsigned int step)
{
	for (unsigned int i = 0; i < o->n_clients; i += step)
		sim_restart_client(sim, i);
}

/* Both sides die, clocks jump and clients change addresses, while keys are renegotiated and packets
 * are lost: everybody comes back, and the server keeps nothing of those who left. */
static void dozens_of_clients_on_a_bad_day(struct sim_options o)
{
	static const int64_t jumps[] = {3600, -7200, 86400 * 30, -86400};
	struct sim *sim;

	o.n_clients = 36;
	o.loss_permille = 100;
	o.dup_permille = 50;
	o.delay_max_ms = 300;
	o.client_reneg_sec = 60;
	o.server_reneg_sec = 90;
	o.tran_window_sec = 90;
	sim = sim_new(&o);
	sim_run(sim, 60);
	for (unsigned int i = 0; i < ARRAY_SIZE(jumps); i++) {
		sim_restart_server(sim);
		sim_run(sim, 40);
		restart_every(sim, &o, 2 + i);
		sim_jump_clock(sim, jumps[i]);
		sim_run(sim, 40);
		for (unsigned int c = i; c < o.n_clients; c += 5)
			sim_float_client(sim, c);
		sim_run(sim, 40);
	}
	heal(sim, 240);
	EXPECT(sim, sim_instances(sim) == o.n_clients);
	sim_free(sim);
}

static void streams_survive_renegotiation(struct sim_options o)
{
	struct sim *sim;

	o.tcp = true;
	o.client_reneg_sec = 30;
	o.server_reneg_sec = 45;
	sim = sim_new(&o);
	sim_run(sim, 600);
	end_undisturbed(sim);
}

/* Bytes that the whole program holds, of OpenSSL too; sim_main.c has nothing hidden in caches. */
static size_t held(void)
{
	const struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* The most that was held at the end of a minute, of ten; keys and packets come and go. */
static size_t held_at_most(struct sim *sim, void (*each_minute)(struct sim *sim, unsigned int at))
{
	size_t most = 0;

	for (unsigned int i = 0; i < 10; i++) {
		sim_run(sim, 60);
		if (each_minute)
			each_minute(sim, i);
		most = held() > most ? held() : most;
	}
	return most;
}

static void expect_no_growth(struct sim *sim, size_t before, size_t after, size_t slack)
{
	EXPECT(sim, sim_connected_all(sim));
	if (after <= before + slack)
		return;
	printf("memory grew from %zu to %zu bytes\n", before, after);
	failed = true;
}

/* An hour of renegotiations, every minute: from the tenth minute on nothing grows. */
static void memory_does_not_grow(struct sim_options o)
{
	size_t before, after;
	struct sim *sim;

	o.tran_window_sec = 90;
	o.client_reneg_sec = 60;
	sim = sim_new(&o);
	before = held_at_most(sim, NULL);
	sim_run(sim, 3000);
	after = held_at_most(sim, NULL);
	EXPECT(sim, sim_stats(sim)->keys_ready > 100);
	expect_no_growth(sim, before, after, 1024);
	sim_free(sim);
}

/*
 * A day of it: every key of 1440 is agreed on, with the token that the one before brought and under
 * a list of the revoked that is replaced each hour; nothing restarts, data goes on.
 */
static void a_day_of_renegotiation(struct sim_options o)
{
	size_t before, after;
	struct sim *sim;

	if (o.seed > 1)
		return; /* some seconds of real time each */
	o.tran_window_sec = 90;
	o.client_reneg_sec = 60;
	o.tokens = true;
	o.crl = SIM_CRL_NOBODY;
	sim = sim_new(&o);
	sim_run(sim, 3600);
	before = held_at_most(sim, NULL);
	for (unsigned int hour = 0; hour < 22; hour++) {
		sim_set_crl(sim, hour % 2 ? SIM_CRL_NOBODY : SIM_CRL_OTHER);
		sim_run(sim, 3600);
	}
	after = held_at_most(sim, NULL);
	EXPECT(sim, sim_stats(sim)->keys_ready >= 2 * 1370);
	EXPECT(sim, sim_stats(sim)->tokens_accepted >= 1369);
	EXPECT(sim, sim_stats(sim)->client_restarts == 0);
	EXPECT(sim, sim_stats(sim)->client_failures == 0 && sim_stats(sim)->server_failures == 0);
	EXPECT(sim, sim_stats(sim)->data_unknown_key == 0);
	EXPECT(sim, sim_stats(sim)->data_good > 10000);
	expect_no_growth(sim, before, after, 1024);
	/* the lists did count: once the client is on one, its next key is refused */
	sim_set_crl(sim, SIM_CRL_CLIENT);
	sim_run(sim, 150);
	EXPECT(sim, sim_stats(sim)->server_failures > 0);
	sim_free(sim);
}

static void restart_one(struct sim *sim, unsigned int at)
{
	sim_restart_client(sim, at);
}

/* The same on a server of a dozen, of which one is killed each minute. */
static void memory_of_a_server_does_not_grow(struct sim_options o)
{
	size_t before, after;
	struct sim *sim;

	o.n_clients = 12;
	o.tran_window_sec = 90;
	o.client_reneg_sec = 60;
	sim = sim_new(&o);
	(void)held_at_most(sim, restart_one);
	before = held_at_most(sim, restart_one);
	(void)held_at_most(sim, restart_one);
	(void)held_at_most(sim, restart_one);
	after = held_at_most(sim, restart_one);
	sim_run(sim, 60);
	EXPECT(sim, sim_stats(sim)->keys_ready > 12 * 50);
	expect_no_growth(sim, before, after, before / 50);
	sim_free(sim);
}

static void idle_session_is_small(struct sim_options o)
{
	enum {
		CLIENTS = 50,
		BUDGET = 48 * 1024 /* of the 64 KiB that an idle client may take in all */
	};
	size_t before, after;
	struct sim *sim;

	o.n_clients = CLIENTS;
	before = mallinfo2().uordblks;
	sim = sim_new(&o);
	sim_run(sim, 60);
	after = mallinfo2().uordblks;
	EXPECT(sim, sim_connected_all(sim));
	/* each client is two sessions here */
	if (after > before && (after - before) / (2 * CLIENTS) > BUDGET) {
		printf("%zu bytes for a session\n", (after - before) / (2 * CLIENTS));
		failed = true;
	}
	sim_free(sim);
}

static const struct {
	const char *name;
	void (*run)(struct sim_options);
} scenarios[] = {
#define SCENARIO(name)      \
	{                   \
#name, name \
	}
	SCENARIO(handshake_under_thirty_percent),
	SCENARIO(rekey_under_loss),
	SCENARIO(rekey_loses_no_data),
	SCENARIO(damaged_packets_do_not_end_a_wrapped_session),
	SCENARIO(restarted_server_is_found_again),
	SCENARIO(restarted_client_takes_over_its_instance),
	SCENARIO(clock_jumps_do_not_matter_to_a_session),
	SCENARIO(floated_client_goes_on),
	SCENARIO(refused_client_is_told),
	SCENARIO(dead_network_fails_within_the_window),
	SCENARIO(many_clients_at_once),
	SCENARIO(dozens_of_clients_on_a_bad_day),
	SCENARIO(streams_survive_renegotiation),
	SCENARIO(memory_does_not_grow),
	SCENARIO(a_day_of_renegotiation),
	SCENARIO(memory_of_a_server_does_not_grow),
	SCENARIO(idle_session_is_small),
};

int sim_named_scenarios(const char *only, bool log)
{
	int failures = 0;

	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++) {
		bool any = false;

		if (only && strcmp(only, scenarios[i].name))
			continue;
		for (uint64_t seed = 1; seed <= SEEDS_PER_SCENARIO; seed++) {
			struct sim_options o = quiet_net(seed);

			o.log = o.trace = log;
			failed = false;
			scenarios[i].run(o);
			if (failed)
				printf("scenario %s failed with seed %llu\n", scenarios[i].name,
				       (unsigned long long)seed);
			any |= failed;
		}
		printf("%s %s\n", any ? "FAIL" : "ok  ", scenarios[i].name);
		failures += any;
	}
	return failures;
}
