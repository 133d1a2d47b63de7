/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual network: loss, duplication, reordering, delay and damage; streams keep their order.
 */
#include "sim_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/packet.h"

static bool chance(struct sim *sim, unsigned int permille)
{
	return permille && rng_below(&sim->net_rng, 1000) < permille;
}

static uint64_t draw_arrival(struct sim *sim, const struct sim_flight *f)
{
	uint32_t span = sim->opt.delay_max_ms - sim->opt.delay_min_ms;
	uint64_t at = sim->mono_ms + sim->opt.delay_min_ms + rng_below(&sim->net_rng, span + 1);
	uint64_t *last = &sim->stream_ms[sock_addr_port(&f->to) == 1194];

	if (!sim->opt.tcp)
		return at;
	if (at < *last)
		at = *last;
	*last = at;
	return at;
}

static void launch(struct sim *sim, const struct sim_flight *f, bool damage)
{
	struct sim_flight *copy;

	if (sim->n_flights == sim->cap_flights) {
		sim->cap_flights = sim->cap_flights ? 2 * sim->cap_flights : 64;
		sim->flights = realloc(sim->flights, sim->cap_flights * sizeof(*sim->flights));
		if (!sim->flights)
			abort();
	}
	copy = &sim->flights[sim->n_flights++];
	*copy = *f;
	copy->order = sim->next_order++;
	copy->arrives_ms = draw_arrival(sim, f);
	copy->bytes = malloc(f->len ? f->len : 1);
	if (!copy->bytes)
		abort();
	memcpy(copy->bytes, f->bytes, f->len);
	if (damage && f->len)
		copy->bytes[rng_below(&sim->net_rng, (uint32_t)f->len)] ^=
			(uint8_t)(1 << rng_below(&sim->net_rng, 8));
}

static void trace_flight(struct sim *sim, const struct sim_flight *f, const char *fate)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

	sock_addr_format_plain(&f->from, from, sizeof(from));
	sock_addr_format_plain(&f->to, to, sizeof(to));
	if (f->is_data)
		sim_trace(sim, "%s > %s data kid=%u %s", from, to, f->key_id, fate);
	else
		sim_trace(sim, "%s > %s %s kid=%u len=%zu %s", from, to,
			  opcode_name(packet_opcode(f->bytes[0])), packet_key_id(f->bytes[0]),
			  f->len, fate);
}

void net_send(struct sim *sim, const struct sim_flight *f)
{
	bool damage;

	sim->stats.packets++;
	if (!f->is_data && f->len > sim->stats.max_control_len)
		sim->stats.max_control_len = (unsigned int)f->len;
	if (sim->opt.tcp) {
		trace_flight(sim, f, "");
		launch(sim, f, false);
		return;
	}
	if (chance(sim, sim->opt.loss_permille)) {
		trace_flight(sim, f, "lost");
		return;
	}
	damage = !f->is_data && chance(sim, sim->opt.corrupt_permille);
	trace_flight(sim, f, damage ? "damaged" : "");
	launch(sim, f, damage);
	if (chance(sim, sim->opt.dup_permille)) {
		trace_flight(sim, f, "again");
		launch(sim, f, false);
	}
}

static const struct sim_flight *earliest(const struct sim *sim)
{
	const struct sim_flight *best = NULL;

	for (size_t i = 0; i < sim->n_flights; i++) {
		const struct sim_flight *f = &sim->flights[i];

		if (!best || f->arrives_ms < best->arrives_ms ||
		    (f->arrives_ms == best->arrives_ms && f->order < best->order))
			best = f;
	}
	return best;
}

uint64_t net_next(const struct sim *sim)
{
	const struct sim_flight *f = earliest(sim);

	return f ? f->arrives_ms : TIME_NEVER;
}

bool net_take(struct sim *sim, struct sim_flight *out)
{
	const struct sim_flight *f = earliest(sim);

	if (!f || f->arrives_ms > sim->mono_ms)
		return false;
	*out = *f;
	sim->flights[f - sim->flights] = sim->flights[--sim->n_flights];
	return true;
}

void net_forget(struct sim *sim, const union sock_addr *client)
{
	size_t kept = 0;

	for (size_t i = 0; i < sim->n_flights; i++) {
		struct sim_flight *f = &sim->flights[i];

		if (sock_addr_equal(&f->from, client) || sock_addr_equal(&f->to, client))
			free(f->bytes);
		else
			sim->flights[kept++] = *f;
	}
	sim->n_flights = kept;
}

void net_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_flights; i++)
		free(sim->flights[i].bytes);
	free(sim->flights);
}
