/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/wheel.h"

#include <stddef.h>

#include "engine/peer.h"

void wheel_remove(struct wheel *w, struct engine_peer *p)
{
	if (!p->wheel_prev)
		return;
	*p->wheel_prev = p->wheel_next;
	if (p->wheel_next)
		p->wheel_next->wheel_prev = p->wheel_prev;
	p->wheel_next = NULL;
	p->wheel_prev = NULL;
	w->count--;
}

/* How many ticks come before the first that is not before @due_ms */
static unsigned int ticks_until(const struct wheel *w, uint64_t due_ms)
{
	uint64_t ticks = due_ms <= w->next_ms
				 ? 0
				 : (due_ms - w->next_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;

	return ticks < WHEEL_TICKS ? (unsigned int)ticks : WHEEL_TICKS - 1;
}

void wheel_put(struct wheel *w, struct engine_peer *p, uint64_t now_ms, uint64_t due_ms)
{
	struct engine_peer **tick;

	wheel_remove(w, p);
	/* Nobody was waiting for its ticks. */
	if (!w->count)
		w->next_ms = now_ms + WHEEL_TICK_MS;
	tick = &w->ticks[(w->next + ticks_until(w, due_ms)) % WHEEL_TICKS];
	p->wheel_next = *tick;
	p->wheel_prev = tick;
	if (*tick)
		(*tick)->wheel_prev = &p->wheel_next;
	*tick = p;
	w->count++;
}

/* What comes late delays what follows, but what was left out is made up for. */
static void turn(struct wheel *w, uint64_t now_ms)
{
	struct engine_peer **tick = &w->ticks[w->next];

	w->due = *tick;
	*tick = NULL;
	if (w->due)
		w->due->wheel_prev = &w->due;
	w->next = (w->next + 1) % WHEEL_TICKS;
	w->next_ms = (now_ms - w->next_ms < WHEEL_TICK_MS ? now_ms : w->next_ms) + WHEEL_TICK_MS;
}

struct engine_peer *wheel_take(struct wheel *w, uint64_t now_ms)
{
	struct engine_peer *p;

	while (w->count && !w->due && w->next_ms <= now_ms)
		turn(w, now_ms);
	p = w->due;
	if (p)
		wheel_remove(w, p);
	return p;
}

int wheel_wait_ms(const struct wheel *w, uint64_t now_ms)
{
	if (!w->count)
		return -1;
	return w->due || w->next_ms <= now_ms ? 0 : (int)(w->next_ms - now_ms);
}
