/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/attr.h"

static void system_fill(void *ctx UNUSED, void *out, size_t len)
{
	uint8_t *p = out;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			abort(); /* no randomness: nothing this program does would be safe */
		}
		p += n;
		len -= (size_t)n;
	}
}

struct rng rng_system(void)
{
	return (struct rng){.fill = system_fill};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t seed_next(struct rng_seed *s)
{
	uint64_t z = (s->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static void seeded_fill(void *ctx, void *out, size_t len)
{
	uint8_t *p = out;

	while (len) {
		uint64_t v = seed_next(ctx);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(p, &v, n);
		p += n;
		len -= n;
	}
}

struct rng rng_seeded(struct rng_seed *state)
{
	return (struct rng){.fill = seeded_fill, .ctx = state};
}

void rng_fill(const struct rng *rng, void *out, size_t len)
{
	rng->fill(rng->ctx, out, len);
}

uint32_t rng_u32(const struct rng *rng)
{
	uint32_t v;

	rng_fill(rng, &v, sizeof(v));
	return v;
}

uint32_t rng_below(const struct rng *rng, uint32_t bound)
{
	uint32_t limit, v;

	if (bound == 0)
		return 0;
	limit = UINT32_MAX - UINT32_MAX % bound; /* refuse the tail: it would favour small values */
	do
		v = rng_u32(rng);
	while (v >= limit);
	return v % bound;
}
