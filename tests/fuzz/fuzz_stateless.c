/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's first sight of a packet; an answer must never be larger than twice the question. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/stateless.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rng_seed seed = {1};
	static struct stateless *st;
	static struct stateless_verdict v;
	const struct rng rng = rng_seeded(&seed);
	const struct log no_log = {0};
	const struct stateless_config cfg = {.hand_window_sec = 60};
	union sock_addr from;

	memset(&from, 0, sizeof(from));
	from.in4.sin_family = AF_INET;
	if (!st)
		st = stateless_new(&cfg, &no_log, &rng);
	stateless_input(st, (struct now){.mono_ms = 1000, .unix_sec = 1711276032}, &from, data,
			size, &v);
	if (v.action == STATELESS_REPLY && v.reply_len > 2 * size)
		abort();
	return 0;
}
