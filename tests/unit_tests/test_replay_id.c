/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "base/random.h"
#include "proto/replay_id.h"

enum {
	OK = 0,
	SEEN = ERR_REPLAY_SEEN,
	OLD = ERR_REPLAY_OLD
};

static struct replay_receiver *rx;
static uint64_t sec;

static int test(uint32_t counter, uint32_t time)
{
	const struct replay_id id = {counter, time};

	return replay_receiver_accept(rx, (struct now){.mono_ms = sec * 1000}, &id);
}

#define T(counter, time, want) assert_int_equal(test(counter, time), want)

static void begin(uint32_t window, uint32_t time_sec)
{
	replay_receiver_free(rx);
	rx = replay_receiver_new(window, time_sec);
	assert_non_null(rx);
	sec = 1000;
}

static void window__order_and_repeats(void **state)
{
	(void)state;
	begin(64, 15);
	/*  1 */ T(0, 100, SEEN);
	/*  2 */ T(1, 100, OK);
	/*  3 */ T(1, 100, SEEN);
	/*  4 */ T(0, 100, SEEN);
	/*  5 */ T(64, 100, OK);
	/*  6 */ T(2, 100, OK);
	/*  7 */ T(2, 100, SEEN);
	/*  8 */ T(66, 100, OK);
	/*  9 */ T(3, 100, OK);
	/* 10 */ T(65, 100, OK);
	/* 11 */ T(1, 100, OLD);
	/* 12 */ T(67, 99, OLD); /* lower time */
	/* 13 */ T(5, 101, OK);	 /* higher time restarts the window */
	/* 14 */ T(5, 101, SEEN);
	/* 15 */ T(67, 100, OLD);
	/* 16 */ T(4, 101, OK); /* ids below the first one may be late */
	/* 17 */ T(500, 101, OK);
	/* 18 */ T(437, 101, OK);
	/* 19 */ T(436, 101, OLD);
	/* 20 */ T(UINT32_MAX, 101, OK);
	/* 21 */ T(UINT32_MAX, 101, SEEN);
}

static void window__clients_of_tls_crypt_v2_begin_high(void **state)
{
	(void)state;
	begin(64, 15);
	T(0x0f000002, 100, OK);
	T(0x0f000001, 100, OK);
	T(0x0f000001, 100, SEEN);
	T(0x0f000002 - 64, 100, OLD);
}

static void window__late_by_time__is_refused(void **state)
{
	(void)state;
	begin(64, 15);
	T(1, 100, OK);
	T(10, 100, OK);
	sec += 14;
	T(9, 100, OK); /* nothing before it is older than 15 s */
	sec += 6;
	T(8, 100, OLD); /* 10 was seen 20 s ago: closes itself and what is older */
	T(11, 100, OK);
	sec += 1;
	T(9, 100, OLD);
}

static void window__zero__demands_strict_order(void **state)
{
	(void)state;
	begin(0, 15);
	T(2, 100, OK); /* the first packet after a cookie is the second */
	T(2, 100, SEEN);
	T(4, 100, SEEN);
	T(3, 100, OK);
	T(2, 101, OLD);
	T(1, 101, OK);
	T(2, 101, OK);
}

/* An obvious model: remember everything. Times stay close, so nothing expires. */
static void window__random_ids__agree_with_model(void **state)
{
	static uint8_t seen[70000];
	struct rng_seed seed = {7};
	struct rng rng = rng_seeded(&seed);
	uint32_t highest = 0;

	(void)state;
	begin(64, 600);
	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t base = highest > 80 ? highest - 80 : 0;
		uint32_t id = base + rng_below(&rng, 84);
		int want = OK;

		if (id == 0 || (id <= highest && highest - id < 64 && seen[id]))
			want = SEEN;
		else if (id < highest && highest - id >= 64)
			want = OLD;
		if (id == 0)
			want = SEEN;
		assert_int_equal(test(id, 100), want);
		if (want == OK)
			seen[id] = 1;
		if (want == OK && id > highest)
			highest = id;
	}
	assert_true(highest > 1000);
}

static void sender__counts_and_keeps_its_time(void **state)
{
	struct replay_sender tx = {0};
	struct replay_id id;

	(void)state;
	assert_int_equal(replay_sender_next(&tx, (struct now){.unix_sec = 0x66000000}, &id), 0);
	assert_int_equal(id.counter, 1);
	assert_int_equal(id.time, 0x66000000);
	assert_int_equal(replay_sender_next(&tx, (struct now){.unix_sec = 0x66000005}, &id), 0);
	assert_int_equal(id.counter, 2);
	assert_int_equal(id.time, 0x66000000);
}

static void sender__rollover__needs_a_later_time(void **state)
{
	struct replay_sender tx = {.counter = UINT32_MAX - 1, .time = 100};
	struct replay_id id;

	(void)state;
	assert_int_equal(replay_sender_next(&tx, (struct now){.unix_sec = 100}, &id), 0);
	assert_int_equal(id.counter, UINT32_MAX);
	assert_int_equal(replay_sender_next(&tx, (struct now){.unix_sec = 100}, &id),
			 ERR_PACKET_ID_ROLLOVER);
	assert_int_equal(replay_sender_next(&tx, (struct now){.unix_sec = 101}, &id), 0);
	assert_int_equal(id.counter, 1);
	assert_int_equal(id.time, 101);
}

static int teardown(void **state)
{
	(void)state;
	replay_receiver_free(rx);
	rx = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(window__order_and_repeats, teardown),
		cmocka_unit_test_teardown(window__clients_of_tls_crypt_v2_begin_high, teardown),
		cmocka_unit_test_teardown(window__late_by_time__is_refused, teardown),
		cmocka_unit_test_teardown(window__zero__demands_strict_order, teardown),
		cmocka_unit_test_teardown(window__random_ids__agree_with_model, teardown),
		cmocka_unit_test(sender__counts_and_keeps_its_time),
		cmocka_unit_test(sender__rollover__needs_a_later_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
