/* SPDX-License-Identifier: GPL-2.0-only */
/* sim [--seeds A-B] [--seed N [--trace] [--log]] [--scenario NAME] */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

enum {
	CHECK_TWICE_EVERY = 20 /* of so many seeds one is run again, to compare the traces */
};

static int run_seeds(uint64_t first, uint64_t last)
{
	struct sim_stats stats, again;
	uint64_t failures = 0, packets = 0, keys = 0, unknown = 0;

	for (uint64_t seed = first; seed <= last; seed++) {
		int ret = sim_random_scenario(seed, false, false, &stats);

		packets += stats.packets;
		keys += stats.keys_ready;
		unknown += stats.data_unknown_key;
		if (ret == 0 && seed % CHECK_TWICE_EVERY == 0) {
			ret = sim_random_scenario(seed, false, false, &again);
			if (ret == 0 && again.trace_hash != stats.trace_hash) {
				printf("seed %llu: two runs differ\n", (unsigned long long)seed);
				ret = -1;
			}
		}
		if (ret < 0)
			failures++;
	}
	printf("seeds %llu-%llu: %llu failed; %llu packets, %llu keys, %llu data packets without a key\n",
	       (unsigned long long)first, (unsigned long long)last, (unsigned long long)failures,
	       (unsigned long long)packets, (unsigned long long)keys, (unsigned long long)unknown);
	return failures ? 1 : 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [--seeds A-B | --seed N [--trace] [--log] | --scenario NAME]\n"
			"Without arguments: all named scenarios and seeds 1-300.\n");
	return 2;
}

/* The scenarios about memory count what is allocated; the C library counts a freed block in the
 * cache of its thread, which fills over hours, as allocated: once more without that cache. */
static void without_malloc_cache(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seeds", required_argument, NULL, 's'},    {"seed", required_argument, NULL, 'n'},
		{"trace", no_argument, NULL, 't'},	    {"log", no_argument, NULL, 'l'},
		{"scenario", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0},
	};
	unsigned long long first = 0, last = 0;
	const char *scenario = NULL;
	bool trace = false, log = false, one = false;
	struct sim_stats stats;
	int c;

	without_malloc_cache(argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (sscanf(optarg, "%llu-%llu", &first, &last) != 2 || first > last)
				return usage();
			break;
		case 'n':
			if (sscanf(optarg, "%llu", &first) != 1)
				return usage();
			one = true;
			break;
		case 't':
			trace = true;
			break;
		case 'l':
			log = true;
			break;
		case 'c':
			scenario = optarg;
			break;
		default:
			return usage();
		}
	}
	if (one)
		return sim_random_scenario(first, trace, log, &stats) < 0;
	if (scenario)
		return sim_named_scenarios(scenario, log) != 0;
	if (last)
		return run_seeds(first, last);
	return sim_named_scenarios(NULL, false) != 0 || run_seeds(1, 300) != 0;
}
