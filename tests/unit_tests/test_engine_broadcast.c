/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "engine/broadcast.h"

static int put(struct broadcast_queue *q, uint8_t number)
{
	uint8_t packet[] = {number, 1, 2};

	return broadcast_queue_put(q, packet, sizeof(packet), number, 7);
}

static void expect(struct broadcast_queue *q, uint8_t number)
{
	const struct broadcast *b = broadcast_queue_first(q);

	assert_non_null(b);
	assert_int_equal(b->len, 3);
	assert_int_equal(b->packet[0], number);
	assert_int_equal(b->but, number);
	assert_int_equal(b->vid, 7);
	broadcast_queue_pop(q);
}

static void queue__in_order__longest_is_kept(void **state)
{
	struct broadcast_queue *q = broadcast_queue_new(8);

	(void)state;
	assert_null(broadcast_queue_first(q));
	broadcast_queue_pop(q);
	for (uint8_t i = 0; i < 5; i++)
		assert_int_equal(put(q, i), 0);
	for (uint8_t i = 0; i < 5; i++)
		expect(q, i);
	assert_null(broadcast_queue_first(q));
	assert_int_equal(put(q, 9), 0);
	expect(q, 9);
	assert_int_equal(broadcast_queue_longest(q), 5);
	broadcast_queue_free(q);
}

static void queue__full__oldest_is_dropped(void **state)
{
	struct broadcast_queue *q = broadcast_queue_new(4);

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		assert_int_equal(put(q, i), 0);
	assert_int_equal(put(q, 4), ERR_AGAIN);
	assert_int_equal(put(q, 5), ERR_AGAIN);
	for (uint8_t i = 2; i < 6; i++)
		expect(q, i);
	assert_null(broadcast_queue_first(q));
	assert_int_equal(broadcast_queue_longest(q), 4);
	broadcast_queue_free(q);
}

static void queue__odd_size__next_power_of_two(void **state)
{
	static const struct {
		uint32_t asked, room;
	} sizes[] = {{1, 1}, {2, 2}, {3, 4}, {5, 8}, {256, 256}, {257, 512}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct broadcast_queue *q = broadcast_queue_new(sizes[i].asked);

		for (uint32_t n = 0; n < sizes[i].room; n++)
			assert_int_equal(put(q, (uint8_t)n), 0);
		assert_int_equal(put(q, 0), ERR_AGAIN);
		broadcast_queue_free(q); /* with everything in it */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue__in_order__longest_is_kept),
		cmocka_unit_test(queue__full__oldest_is_dropped),
		cmocka_unit_test(queue__odd_size__next_power_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
