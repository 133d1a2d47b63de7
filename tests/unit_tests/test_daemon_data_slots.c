/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/err.h"
#include "daemon/data_slots.h"

/* The data plane's side is played here: what it was told, as text. */
static char told[512];
static int answer;

static void tell(const char *fmt, ...)
{
	size_t at = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + at, sizeof(told) - at, fmt, ap);
	va_end(ap);
}

int dco_key_install(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot,
		    const struct dco_key *key, struct err *err)
{
	(void)dev, (void)peer_id, (void)err;
	tell("[install %s %u]", slot == DCO_SLOT_PRIMARY ? "1st" : "2nd", key->key_id);
	return answer;
}

int dco_key_swap(struct dco_device *dev, uint32_t peer_id)
{
	(void)dev, (void)peer_id;
	tell("[swap]");
	return answer;
}

int dco_key_delete(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot)
{
	(void)dev, (void)peer_id;
	tell("[delete %s]", slot == DCO_SLOT_PRIMARY ? "1st" : "2nd");
	return answer;
}

static int install(struct data_slots *s, uint32_t serial, uint8_t key_id)
{
	struct dco_key key = {.key_id = key_id};

	return data_slots_install(s, NULL, 1, serial, &key, NULL);
}

static int start(void **state)
{
	(void)state;
	told[0] = '\0';
	answer = 0;
	return 0;
}

/* One renegotiation: the new key receives at once, sends after its promotion; the old one expires.
 */
static void renegotiation__swap_then_delete(void **state)
{
	const struct session_data_key only[] = {{.key_serial = 7, .sends = true}};
	const struct session_data_key both[] = {{.key_serial = 8},
						{.key_serial = 7, .sends = true}};
	const struct session_data_key promoted[] = {{.key_serial = 8, .sends = true},
						    {.key_serial = 7}};
	const struct session_data_key last[] = {{.key_serial = 8, .sends = true}};
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, only, 1), 0);
	assert_int_equal(install(&s, 8, 1), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, both, 2), 0);
	assert_string_equal(told, "[install 1st 0][install 2nd 1]");
	assert_int_equal(data_slots_sync(&s, NULL, 1, promoted, 2), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, promoted, 2), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, last, 1), 0);
	assert_string_equal(told, "[install 1st 0][install 2nd 1][swap][delete 2nd]");
}

/* The order is always the same, and there are never more than two keys. */
static void renegotiations__three__same_order_each_time(void **state)
{
	char want[256] = "[install 1st 0]";
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	for (uint32_t serial = 8; serial <= 10; serial++) {
		const struct session_data_key promoted[] = {{.key_serial = serial, .sends = true},
							    {.key_serial = serial - 1}};
		size_t len = strlen(want);

		assert_int_equal(install(&s, serial, (uint8_t)(serial - 7)), 0);
		assert_int_equal(data_slots_sync(&s, NULL, 1, promoted, 2), 0);
		assert_int_equal(data_slots_sync(&s, NULL, 1, promoted, 1), 0);
		snprintf(want + len, sizeof(want) - len, "[install 2nd %u][swap][delete 2nd]",
			 serial - 7);
	}
	assert_string_equal(told, want);
}

/* Spec 05 section 1.10: a third key replaces the secondary one, whose record must go. */
static void third_key__replaces_secondary(void **state)
{
	const struct session_data_key keys[] = {
		{.key_serial = 9, .sends = true}, {.key_serial = 8}, {.key_serial = 7}};
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	assert_int_equal(install(&s, 8, 1), 0);
	assert_int_equal(install(&s, 9, 0), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, keys, 3), 0);
	assert_string_equal(told, "[install 1st 0][install 2nd 1][install 2nd 0][swap]");
	assert_true(s.primary.used && s.primary.serial == 9);
	assert_true(s.secondary.used && s.secondary.serial == 7);
}

static void no_usable_key__none_stays_in_the_data_plane(void **state)
{
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(data_slots_sync(&s, NULL, 1, NULL, 0), 0);
	assert_int_equal(install(&s, 7, 0), 0);
	assert_int_equal(install(&s, 8, 1), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, NULL, 0), 0);
	assert_string_equal(told, "[install 1st 0][install 2nd 1][delete 1st][delete 2nd]");
	assert_false(s.primary.used);
}

static void sender_not_installed__is_an_error(void **state)
{
	const struct session_data_key keys[] = {{.key_serial = 9, .sends = true}};
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, keys, 1), ERR_STATE);
}

static void refused_install__leaves_the_slots(void **state)
{
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	answer = ERR_NO_PEER;
	assert_int_equal(install(&s, 7, 0), ERR_NO_PEER);
	assert_false(s.primary.used);
}

/* Another data plane takes over: its first key is the next one, whatever the session sends with. */
static void move__old_keys_are_never_used_again(void **state)
{
	const struct session_data_key old[] = {{.key_serial = 8}, {.key_serial = 7, .sends = true}};
	const struct session_data_key with_new[] = {
		{.key_serial = 10}, {.key_serial = 8, .sends = true}, {.key_serial = 7}};
	const struct session_data_key two_new[] = {
		{.key_serial = 11}, {.key_serial = 10}, {.key_serial = 8, .sends = true}};
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	assert_int_equal(install(&s, 8, 1), 0);
	told[0] = '\0';
	data_slots_move(&s);
	assert_false(s.primary.used || s.secondary.used);
	assert_int_equal(data_slots_sync(&s, NULL, 1, old, 2), 0);
	assert_string_equal(told, "");
	assert_int_equal(install(&s, 10, 3), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, with_new, 3), 0);
	assert_string_equal(told, "[install 1st 3]");
	assert_int_equal(install(&s, 11, 4), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, two_new, 3), 0);
	assert_string_equal(told, "[install 1st 3][install 2nd 4][swap]");
}

/* A key that came while there was no data plane is as good as an old one. */
static void skip__key_is_not_expected(void **state)
{
	const struct session_data_key keys[] = {{.key_serial = 10},
						{.key_serial = 9, .sends = true}};
	struct data_slots s;

	(void)state;
	data_slots_init(&s);
	assert_int_equal(install(&s, 7, 0), 0);
	data_slots_move(&s);
	data_slots_skip(&s, 9);
	data_slots_skip(&s, 8);
	assert_int_equal(install(&s, 10, 1), 0);
	assert_int_equal(data_slots_sync(&s, NULL, 1, keys, 2), 0);
	assert_int_equal(s.primary.serial, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(renegotiation__swap_then_delete, start),
		cmocka_unit_test_setup(renegotiations__three__same_order_each_time, start),
		cmocka_unit_test_setup(third_key__replaces_secondary, start),
		cmocka_unit_test_setup(no_usable_key__none_stays_in_the_data_plane, start),
		cmocka_unit_test_setup(sender_not_installed__is_an_error, start),
		cmocka_unit_test_setup(refused_install__leaves_the_slots, start),
		cmocka_unit_test_setup(move__old_keys_are_never_used_again, start),
		cmocka_unit_test_setup(skip__key_is_not_expected, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
