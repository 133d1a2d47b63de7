/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdbool.h>

#include "base/err.h"
#include "base/random.h"
#include "data/replay.h"

/*
 * The model: spec 02 section 7.4 word for word, with a real list. Slow and obvious.
 */
enum {
	MODEL_MAX = 300
};
enum {
	UNSEEN = -1,
	EXPIRED = -2
};

struct model {
	uint64_t n, t, high, len;
	uint32_t time;
	int64_t list[MODEL_MAX]; /* [0] is the entry of @high */
	int64_t swept;
};

static void model_sweep(struct model *m, int64_t now)
{
	if (!m->t || now < m->swept + 5)
		return;
	m->swept = now;
	for (uint64_t i = 0; i < m->len; i++) {
		if (m->list[i] < 0 || m->list[i] + (int64_t)m->t >= now)
			continue;
		for (; i < m->len; i++)
			m->list[i] = EXPIRED;
	}
}

static bool model_test(const struct model *m, uint64_t id, uint32_t time)
{
	if (!id || time < m->time)
		return false;
	if (time > m->time || id > m->high)
		return true;
	return m->high - id < m->len && m->list[m->high - id] == UNSEEN;
}

static bool model_accept(struct model *m, uint64_t id, uint32_t time, int64_t now)
{
	model_sweep(m, now);
	if (!model_test(m, id, time))
		return false;
	if (!m->len || time > m->time || (id >= m->n && id - m->n > m->high)) {
		m->len = 0;
		m->time = time;
		m->high = id > m->n ? id - m->n : 0;
	}
	while (m->high < id) {
		m->high++;
		memmove(m->list + 1, m->list, (MODEL_MAX - 1) * sizeof(m->list[0]));
		m->list[0] = UNSEEN;
		if (m->len < m->n)
			m->len++;
	}
	m->list[m->high - id] = now;
	return true;
}

static void window__random_input__agrees_with_model(void **state)
{
	static const unsigned int sizes[] = {1, 2, 3, 63, 64, 65, 66, 127, 128, 200, 256};
	static const unsigned int times[] = {0, 1, 2, 15};
	struct rng_seed seed = {.state = 20261121};
	struct rng rng = rng_seeded(&seed);

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(sizes) * ARRAY_SIZE(times); c++) {
		unsigned int n = sizes[c / ARRAY_SIZE(times)], t = times[c % ARRAY_SIZE(times)];
		struct replay_window *w = replay_window_new(n, t);
		static struct model m;
		int64_t now = 1000;
		uint32_t time = 0;

		memset(&m, 0, sizeof(m));
		m.n = n;
		m.t = t;
		m.swept = -5;
		assert_non_null(w);
		for (int step = 0; step < 4000; step++) {
			uint32_t kind = rng_below(&rng, 100);
			uint64_t id = m.high;
			bool want;
			int got;

			if (kind < 50)
				id += 1 + rng_below(&rng, 3);
			else if (kind < 90)
				id -= id ? rng_below(&rng, (uint32_t)(id < n + 4 ? id : n + 4)) : 0;
			else if (kind < 93)
				id += rng_below(&rng, 3 * n);
			else if (kind < 94)
				id = rng_below(&rng, 2 * n + 2);
			if (rng_below(&rng, 20) == 0)
				now += rng_below(&rng, 9);
			if (rng_below(&rng, 900) == 0)
				time++;
			want = model_accept(&m, id, time, now);
			got = replay_window_accept(w, id, time, (uint64_t)now);
			if (want != (got == 0))
				fail_msg("n %u t %u step %d: id %llu high %llu: model %d got %d", n,
					 t, step, (unsigned long long)id,
					 (unsigned long long)m.high, want, got);
			assert_int_equal(replay_window_highest(w), m.high);
		}
		replay_window_free(w);
	}
}

#define SEEN	       ERR_REPLAY_SEEN
#define OLD	       ERR_REPLAY_OLD
#define T(w, id, want) assert_int_equal(replay_window_accept(w, id, 0, 100), want)

static void window__by_the_numbers__agrees(void **state)
{
	struct replay_window *w = replay_window_new(64, 15);

	(void)state;
	/* 1 */ T(w, 0, OLD);
	/* 2 */ T(w, 100, 0);
	/* 3 */ T(w, 100, SEEN);
	/* 4 */ T(w, 37, 0);
	/* 5 */ T(w, 36, OLD);
	/* 6 */ T(w, 37, SEEN);
	/* 7 */ T(w, 101, 0);
	/* 8 */ T(w, 37, OLD);
	/* 9 */ T(w, 38, 0);
	/* 10 */ T(w, 101 + 64, 0); /* jump by n: 101 is just out */
	/* 11 */ T(w, 101, OLD);
	/* 12 */ T(w, 102, 0);
	/* 13 */ T(w, 10000, 0); /* jump by more than n */
	/* 14 */ T(w, 9937, 0);
	/* 15 */ T(w, 9936, OLD);
	/* 16 */ T(w, 9937, SEEN);
	assert_int_equal(replay_window_backtrack(w), 63);
	replay_window_free(w);
}

static void window__ids_below_n_at_start__all_usable(void **state)
{
	struct replay_window *w = replay_window_new(64, 15);

	(void)state;
	T(w, 5, 0);
	for (uint64_t id = 4; id >= 1; id--)
		T(w, id, 0);
	T(w, 1, SEEN);
	T(w, 0, OLD);
	replay_window_free(w);
}

static void window__largest_size__covers_exactly_n(void **state)
{
	struct replay_window *w = replay_window_new(REPLAY_WINDOW_MAX, 0);

	(void)state;
	T(w, 0xffffffffffffULL, 0);
	T(w, 0xffffffffffffULL - 65535, 0);
	T(w, 0xffffffffffffULL - 65536, OLD);
	T(w, 0xffffffffffffULL - 65535, SEEN);
	replay_window_free(w);
}

static void window__held_back_over_seven_seconds__refused(void **state)
{
	struct replay_window *w = replay_window_new(64, 1), *no_limit = replay_window_new(64, 0);

	(void)state;
	for (uint64_t sec = 0; sec <= 7; sec++) {
		assert_int_equal(replay_window_accept(w, 10 + sec, 0, 100 + sec), 0);
		assert_int_equal(replay_window_accept(no_limit, 10 + sec, 0, 100 + sec), 0);
	}
	assert_int_equal(replay_window_accept(w, 9, 0, 107), OLD);
	assert_int_equal(replay_window_accept(no_limit, 9, 0, 107), 0);
	replay_window_free(w);
	replay_window_free(no_limit);
}

static void window__newer_time_with_lower_id__restarts(void **state)
{
	struct replay_window *w = replay_window_new(64, 15);

	(void)state;
	assert_int_equal(replay_window_accept(w, 50, 1000, 1), 0);
	assert_int_equal(replay_window_accept(w, 90, 999, 1), OLD);
	assert_int_equal(replay_window_accept(w, 7, 1001, 1), 0);
	assert_int_equal(replay_window_accept(w, 51, 1000, 1), OLD);
	assert_int_equal(replay_window_accept(w, 3, 1001, 1), 0);
	assert_int_equal(replay_window_accept(w, 3, 1001, 1), SEEN);
	replay_window_free(w);
}

static void sequential__only_plus_one(void **state)
{
	struct replay_window *w = replay_window_new(0, 15);

	(void)state;
	T(w, 0, OLD);
	T(w, 7, 0); /* anything while nothing was received */
	T(w, 9, OLD);
	T(w, 7, SEEN);
	T(w, 8, 0);
	assert_int_equal(replay_window_accept(w, 2, 5, 100), OLD);
	assert_int_equal(replay_window_accept(w, 1, 5, 100), 0);
	assert_int_equal(replay_window_accept(w, 2, 4, 100), OLD);
	assert_int_equal(replay_window_accept(w, 2, 5, 100), 0);
	replay_window_free(w);
}

static void window__out_of_range__not_made(void **state)
{
	(void)state;
	assert_null(replay_window_new(REPLAY_WINDOW_MAX + 1, 15));
	assert_null(replay_window_new(64, REPLAY_TIME_MAX_SEC + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window__random_input__agrees_with_model),
		cmocka_unit_test(window__by_the_numbers__agrees),
		cmocka_unit_test(window__ids_below_n_at_start__all_usable),
		cmocka_unit_test(window__largest_size__covers_exactly_n),
		cmocka_unit_test(window__held_back_over_seven_seconds__refused),
		cmocka_unit_test(window__newer_time_with_lower_id__restarts),
		cmocka_unit_test(sequential__only_plus_one),
		cmocka_unit_test(window__out_of_range__not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
