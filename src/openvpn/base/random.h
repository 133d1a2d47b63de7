/* SPDX-License-Identifier: GPL-2.0-only */
/* Randomness behind an interface, so that the simulator can draw it from a seed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A source of random bytes. fill() must not fail: a source that can, aborts the process. */
struct rng {
	void (*fill)(void *ctx, void *out, size_t len);
	void *ctx;
};

/** rng_system() - the kernel's cryptographic generator (getrandom); the value may be copied freely
 */
struct rng rng_system(void);

/* State of rng_seeded(): for tests and the simulator only, not for keys. */
struct rng_seed {
	uint64_t state;
};

/** rng_seeded() - a deterministic generator; @state is borrowed and must outlive the result */
struct rng rng_seeded(struct rng_seed *state);

void rng_fill(const struct rng *rng, void *out, size_t len);
uint32_t rng_u32(const struct rng *rng);

/** rng_below() - uniform in 0 .. @bound - 1; 0 when @bound is 0 */
uint32_t rng_below(const struct rng *rng, uint32_t bound);
