/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <string.h>

#include "base/err.h"
#include "net/tcp_queue.h"

static void put__two_packets__records_back_to_back(void **state UNUSED)
{
	static const uint8_t want[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd'};
	struct tcp_queue q = {0};

	assert_int_equal(tcp_queue_put(&q, (const uint8_t *)"abc", 3, 100), 0);
	assert_int_equal(tcp_queue_put(&q, (const uint8_t *)"d", 1, 100), 0);
	assert_int_equal(q.len, sizeof(want));
	assert_memory_equal(q.bytes, want, sizeof(want));
	tcp_queue_free(&q);
	assert_int_equal(q.len, 0);
}

static void sent__part_of_a_record__the_rest_stays(void **state UNUSED)
{
	static const uint8_t want[] = {'c', 0, 1, 'd'};
	struct tcp_queue q = {0};

	assert_int_equal(tcp_queue_put(&q, (const uint8_t *)"abc", 3, 100), 0);
	tcp_queue_sent(&q, 4);
	assert_int_equal(tcp_queue_put(&q, (const uint8_t *)"d", 1, 100), 0);
	assert_int_equal(q.len, sizeof(want));
	assert_memory_equal(q.bytes, want, sizeof(want));
	tcp_queue_sent(&q, q.len);
	assert_int_equal(q.len, 0);
	tcp_queue_free(&q);
}

static void put__no_length_or_no_room__nothing_appended(void **state UNUSED)
{
	static const uint8_t big[65536];
	struct tcp_queue q = {0};

	assert_int_equal(tcp_queue_put(&q, big, 0, 1 << 20), ERR_OVERFLOW);
	assert_int_equal(tcp_queue_put(&q, big, sizeof(big), 1 << 20), ERR_OVERFLOW);
	assert_int_equal(tcp_queue_put(&q, big, 99, 100), ERR_AGAIN);
	assert_int_equal(q.len, 0);
	assert_int_equal(tcp_queue_put(&q, big, 98, 100), 0);
	assert_int_equal(tcp_queue_put(&q, big, 1, 100), ERR_AGAIN);
	assert_int_equal(q.len, 100);
	assert_int_equal(tcp_queue_put(&q, big, sizeof(big) - 1, 1 << 20), 0);
	assert_int_equal(q.len, 100 + 2 + 65535);
	tcp_queue_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__two_packets__records_back_to_back),
		cmocka_unit_test(sent__part_of_a_record__the_rest_stays),
		cmocka_unit_test(put__no_length_or_no_room__nothing_appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
