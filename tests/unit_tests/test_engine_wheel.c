/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "engine/peer.h"
#include "engine/wheel.h"

/* Somewhere in the life of a machine */
static const uint64_t START_MS = 37215400;

/* What the worker does: it is there at each tick, and at other times for packets. */
static void nobody_until(struct wheel *w, uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t ms = from_ms; ms < to_ms; ms += 100)
		assert_null(wheel_take(w, ms));
}

static void put__due_in_a_while__taken_at_that_tick(void **state)
{
	struct engine_peer p = {.id = 1};
	struct wheel w = {0};

	(void)state;
	wheel_put(&w, &p, START_MS, START_MS + 5000);
	nobody_until(&w, START_MS, START_MS + 5000);
	assert_ptr_equal(wheel_take(&w, START_MS + 5000), &p);
	assert_null(wheel_take(&w, START_MS + 5000));
	assert_null(wheel_take(&w, START_MS + 500000));
}

static void put__due_between_two_ticks__taken_at_the_later_one(void **state)
{
	struct engine_peer p = {.id = 1};
	struct wheel w = {0};

	(void)state;
	wheel_put(&w, &p, START_MS, START_MS + 4001);
	nobody_until(&w, START_MS, START_MS + 5000);
	assert_ptr_equal(wheel_take(&w, START_MS + 5000), &p);
}

static void put__due_already__taken_at_the_next_tick(void **state)
{
	struct engine_peer p = {.id = 1};
	struct wheel w = {0};

	(void)state;
	wheel_put(&w, &p, START_MS, 1);
	assert_null(wheel_take(&w, START_MS + 999));
	assert_ptr_equal(wheel_take(&w, START_MS + 1000), &p);
}

/* A keepalive of a second is not one of two, although each look comes a little late. */
static void put__each_second_and_always_late__taken_at_each_tick(void **state)
{
	struct engine_peer p = {.id = 1};
	struct wheel w = {0};
	uint64_t now_ms = START_MS;

	(void)state;
	wheel_put(&w, &p, now_ms, now_ms + 1000);
	for (int i = 0; i < 200; i++) {
		now_ms += (uint64_t)wheel_wait_ms(&w, now_ms) + 7;
		assert_int_equal(now_ms, START_MS + (uint64_t)(i + 1) * 1007);
		assert_ptr_equal(wheel_take(&w, now_ms), &p);
		wheel_put(&w, &p, now_ms, now_ms + 1000);
	}
}

static void put__due_in_hours__taken_before_the_ring_is_round(void **state)
{
	struct engine_peer p = {.id = 1};
	struct wheel w = {0};

	(void)state;
	wheel_put(&w, &p, START_MS, START_MS + 7200000);
	nobody_until(&w, START_MS, START_MS + WHEEL_TICKS * WHEEL_TICK_MS);
	assert_ptr_equal(wheel_take(&w, START_MS + WHEEL_TICKS * WHEEL_TICK_MS), &p);
}

static void put__again__only_the_last_counts(void **state)
{
	struct engine_peer p[3] = {{.id = 1}, {.id = 2}, {.id = 3}};
	struct wheel w = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		wheel_put(&w, &p[i], START_MS, START_MS + 2000);
	wheel_put(&w, &p[1], START_MS, START_MS + 4000);
	assert_null(wheel_take(&w, START_MS + 1000));
	assert_ptr_equal(wheel_take(&w, START_MS + 2000), &p[2]);
	assert_ptr_equal(wheel_take(&w, START_MS + 2000), &p[0]);
	assert_null(wheel_take(&w, START_MS + 3000));
	assert_ptr_equal(wheel_take(&w, START_MS + 4000), &p[1]);
}

static void remove__anywhere__the_others_stay(void **state)
{
	struct engine_peer p[4] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
	struct wheel w = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		wheel_put(&w, &p[i], START_MS, START_MS + 1000);
	wheel_remove(&w, &p[3]); /* the first */
	wheel_remove(&w, &p[0]); /* the last */
	wheel_remove(&w, &p[0]);
	assert_ptr_equal(wheel_take(&w, START_MS + 1000), &p[2]);
	wheel_remove(&w, &p[1]); /* of those who are due */
	assert_null(wheel_take(&w, START_MS + 1000));
	assert_int_equal(wheel_wait_ms(&w, START_MS + 1000), -1);
}

static void take__after_a_long_sleep__all_who_were_due(void **state)
{
	struct engine_peer p[WHEEL_TICKS];
	struct wheel w = {0};
	unsigned int seen = 0;

	(void)state;
	memset(p, 0, sizeof(p));
	for (unsigned int i = 0; i < WHEEL_TICKS; i++)
		wheel_put(&w, &p[i], START_MS, START_MS + i * 1000);
	while (wheel_take(&w, START_MS + 3600000))
		seen++;
	assert_int_equal(seen, WHEEL_TICKS);
	wheel_put(&w, &p[0], START_MS + 3600000, START_MS + 3605000);
	nobody_until(&w, START_MS + 3600000, START_MS + 3605000);
	assert_ptr_equal(wheel_take(&w, START_MS + 3605000), &p[0]);
}

/* Some of 10 s were slept through: nobody is looked at later than the others of that time. */
static void take__after_a_short_sleep__in_their_order(void **state)
{
	struct engine_peer p[3] = {{.id = 1}, {.id = 2}, {.id = 3}};
	struct wheel w = {0};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		wheel_put(&w, &p[i], START_MS, START_MS + (i + 1) * 5000);
	assert_ptr_equal(wheel_take(&w, START_MS + 10200), &p[0]);
	assert_ptr_equal(wheel_take(&w, START_MS + 10200), &p[1]);
	assert_null(wheel_take(&w, START_MS + 10200));
	assert_int_equal(wheel_wait_ms(&w, START_MS + 10200), 1000);
	nobody_until(&w, START_MS + 10200, START_MS + 15200);
	assert_ptr_equal(wheel_take(&w, START_MS + 15200), &p[2]);
}

static void wait__until_the_next_tick(void **state)
{
	struct engine_peer p[2] = {{.id = 1}, {.id = 2}};
	struct wheel w = {0};

	(void)state;
	assert_int_equal(wheel_wait_ms(&w, START_MS), -1);
	wheel_put(&w, &p[0], START_MS, START_MS + 60000);
	assert_int_equal(wheel_wait_ms(&w, START_MS + 400), 600);
	wheel_put(&w, &p[1], START_MS + 400, START_MS);
	wheel_put(&w, &p[0], START_MS + 400, START_MS);
	assert_int_equal(wheel_wait_ms(&w, START_MS + 1000), 0);
	assert_non_null(wheel_take(&w, START_MS + 1000));
	assert_int_equal(wheel_wait_ms(&w, START_MS + 1000), 0);
	wheel_put(&w, &p[0], START_MS + 1000, START_MS + 60000);
	assert_non_null(wheel_take(&w, START_MS + 1000));
	assert_int_equal(wheel_wait_ms(&w, START_MS + 1000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__due_in_a_while__taken_at_that_tick),
		cmocka_unit_test(put__due_between_two_ticks__taken_at_the_later_one),
		cmocka_unit_test(put__due_already__taken_at_the_next_tick),
		cmocka_unit_test(put__each_second_and_always_late__taken_at_each_tick),
		cmocka_unit_test(put__due_in_hours__taken_before_the_ring_is_round),
		cmocka_unit_test(put__again__only_the_last_counts),
		cmocka_unit_test(remove__anywhere__the_others_stay),
		cmocka_unit_test(take__after_a_long_sleep__all_who_were_due),
		cmocka_unit_test(take__after_a_short_sleep__in_their_order),
		cmocka_unit_test(wait__until_the_next_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
