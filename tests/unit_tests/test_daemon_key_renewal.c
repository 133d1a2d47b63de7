/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "daemon/key_renewal.h"

/* The session's side is played here. */
static unsigned int begun;
static int answer;

int session_renegotiate(struct session *s, struct now now, const char *why)
{
	(void)s, (void)now, (void)why;
	begun += answer == 0;
	return answer;
}

static int start(void **state)
{
	(void)state;
	begun = 0;
	answer = 0;
	return 0;
}

static void at(struct key_renewal *r, uint64_t ms)
{
	key_renewal_timer(r, NULL, (struct now){.mono_ms = ms});
}

static void init__nothing_to_do(void **state)
{
	struct key_renewal r;

	(void)state;
	key_renewal_init(&r);
	key_renewal_key_ready(&r, 5);
	at(&r, 1000000);
	assert_int_equal(begun, 0);
	assert_true(r.at_ms == TIME_NEVER);
}

static void start__two_renegotiations_one_after_the_other(void **state)
{
	struct key_renewal r;

	(void)state;
	key_renewal_start(&r, 100);
	at(&r, 99);
	assert_int_equal(begun, 0);
	at(&r, 100);
	assert_int_equal(begun, 1);
	assert_true(r.at_ms == TIME_NEVER); /* waits for the key */
	key_renewal_key_ready(&r, 200);
	at(&r, 201);
	assert_int_equal(begun, 1);
	at(&r, r.at_ms);
	assert_int_equal(begun, 2);
	key_renewal_key_ready(&r, 1000);
	assert_true(r.at_ms == TIME_NEVER);
	at(&r, 100000);
	assert_int_equal(begun, 2);
}

static void renegotiation_under_way__tried_again(void **state)
{
	struct key_renewal r;

	(void)state;
	key_renewal_start(&r, 100);
	answer = ERR_STATE;
	at(&r, 100);
	assert_true(r.at_ms > 100 && r.at_ms < 2000);
	answer = 0;
	at(&r, r.at_ms);
	assert_int_equal(begun, 1);
	assert_int_equal(r.left, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init__nothing_to_do, start),
		cmocka_unit_test_setup(start__two_renegotiations_one_after_the_other, start),
		cmocka_unit_test_setup(renegotiation_under_way__tried_again, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
