/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "daemon/remote_list.h"

static const struct remote_list_config three = {
	.entries = 3, .retry_sec = 1, .retry_max_sec = 300, .attempts_max = 0};

static union sock_addr address(const char *text)
{
	struct ip_addr ip;

	assert_int_equal(ip_addr_parse(text, &ip), 0);
	return sock_addr_make(&ip, 1194);
}

static void next__addresses_of_an_entry_before_the_next_entry(void **state)
{
	struct remote_list *l = remote_list_new(&three);
	union sock_addr two[] = {address("192.0.2.1"), address("2001:db8::1")};

	(void)state;
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 0);
	assert_int_equal(remote_list_set_addresses(l, two, 2), 0);
	assert_true(sock_addr_equal(remote_list_address(l), &two[0]));
	assert_int_equal(remote_list_next(l), REMOTE_SAME_ADDRESS);
	assert_true(sock_addr_equal(remote_list_address(l), &two[1]));
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	remote_list_free(l);
}

static void next__after_connected__stays_once(void **state)
{
	struct remote_list *l = remote_list_new(&three);
	union sock_addr a = address("192.0.2.1");

	(void)state;
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_set_addresses(l, &a, 1), 0);
	remote_list_connected(l);
	assert_int_equal(remote_list_next(l), REMOTE_SAME_ADDRESS);
	assert_int_equal(remote_list_entry(l), 0);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	remote_list_stay(l);
	remote_list_forget_addresses(l);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	remote_list_free(l);
}

static void next__skip_entry__leaves_untried_addresses(void **state)
{
	struct remote_list *l = remote_list_new(&three);
	union sock_addr two[] = {address("192.0.2.1"), address("192.0.2.2")};

	(void)state;
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_set_addresses(l, two, 2), 0);
	remote_list_stay(l);
	remote_list_skip_entry(l);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	remote_list_free(l);
}

static void next__disabled_entries_are_passed_over(void **state)
{
	struct remote_list *l = remote_list_new(&three);

	(void)state;
	remote_list_disable(l, 0);
	remote_list_disable(l, 2);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_entry(l), 1);
	remote_list_disable(l, 1);
	assert_false(remote_list_usable(l));
	assert_int_equal(remote_list_next(l), REMOTE_GIVE_UP);
	remote_list_free(l);
}

static void next__connect_retry_max__gives_up(void **state)
{
	struct remote_list_config cfg = three;
	struct remote_list *l;

	(void)state;
	cfg.attempts_max = 2;
	l = remote_list_new(&cfg);
	for (int i = 0; i < 6; i++)
		assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	assert_int_equal(remote_list_next(l), REMOTE_GIVE_UP);
	remote_list_connected(l);
	remote_list_unstay(l);
	assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
	remote_list_free(l);
}

/* A03-51: one entry pauses 1, 1, 1, 1, 2, 4, 8 ... up to the maximum. */
static void pause__doubles_after_the_fourth_round(void **state)
{
	static const uint32_t want[] = {1, 1, 1, 1, 2, 4, 8, 10, 10};
	struct remote_list_config cfg = {.entries = 1, .retry_sec = 1, .retry_max_sec = 10};
	struct remote_list *l = remote_list_new(&cfg);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(remote_list_next(l), REMOTE_RESOLVE);
		assert_int_equal(remote_list_pause_sec(l, true), want[i]);
	}
	assert_int_equal(remote_list_pause_sec(l, false), 1);
	remote_list_set_backoff(l, 7);
	assert_int_equal(remote_list_pause_sec(l, false), 7);
	assert_int_equal(remote_list_pause_sec(l, false), 1);
	remote_list_set_backoff(l, 70);
	assert_int_equal(remote_list_pause_sec(l, false), 10);
	remote_list_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__addresses_of_an_entry_before_the_next_entry),
		cmocka_unit_test(next__after_connected__stays_once),
		cmocka_unit_test(next__skip_entry__leaves_untried_addresses),
		cmocka_unit_test(next__disabled_entries_are_passed_over),
		cmocka_unit_test(next__connect_retry_max__gives_up),
		cmocka_unit_test(pause__doubles_after_the_fourth_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
