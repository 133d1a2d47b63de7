/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "proto/reliable.h"

static struct reliable *rel;

static int setup(void **state)
{
	(void)state;
	rel = reliable_new(2000);
	return rel ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	reliable_free(rel);
	return 0;
}

static void queue(uint64_t now_ms, const char *text)
{
	assert_int_equal(reliable_queue(rel, now_ms, OP_CONTROL_V1, text, strlen(text)), 0);
}

/* Id of the message transmitted at @now_ms, or -1. */
static int transmit(uint64_t now_ms)
{
	struct reliable_message m;

	return reliable_next_due(rel, now_ms, &m) ? (int)m.id : -1;
}

static void send__unanswered__attempts_double(void **state)
{
	static const uint64_t attempts_ms[] = {0, 2000, 6000, 14000, 30000};

	(void)state;
	queue(0, "reset");
	for (size_t i = 0; i < ARRAY_SIZE(attempts_ms); i++) {
		assert_int_equal(reliable_deadline(rel), attempts_ms[i]);
		if (attempts_ms[i])
			assert_int_equal(transmit(attempts_ms[i] - 1), -1);
		assert_int_equal(transmit(attempts_ms[i]), 0);
		assert_int_equal(transmit(attempts_ms[i]), -1);
	}
	assert_int_equal(reliable_deadline(rel), 62000);
}

static void send__window_of_six__then_refused(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SEND_WINDOW; i++) {
		assert_int_equal(reliable_send_slots(rel), SEND_WINDOW - i);
		queue(0, "x");
	}
	assert_int_equal(reliable_send_slots(rel), 0);
	assert_int_equal(reliable_queue(rel, 0, OP_CONTROL_V1, "y", 1), ERR_LIMIT);
	reliable_acked(rel, 0, 3); /* the oldest stays open: still no room */
	assert_int_equal(reliable_send_slots(rel), 0);
	reliable_acked(rel, 0, 0);
	assert_int_equal(reliable_send_slots(rel), 1);
	queue(0, "z");
	reliable_acked(rel, 0, 1);
	reliable_acked(rel, 0, 2);
	assert_int_equal(reliable_send_slots(rel), 3);
	assert_false(reliable_all_acked(rel));
}

static void send__several_due__lowest_first(void **state)
{
	(void)state;
	queue(0, "a");
	queue(0, "b");
	queue(0, "c");
	assert_int_equal(transmit(0), 0);
	assert_int_equal(transmit(0), 1);
	assert_int_equal(transmit(0), 2);
	assert_int_equal(transmit(1999), -1);
	assert_int_equal(transmit(2000), 0);
}

static void send__three_later_acks__resend_at_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		queue(0, "x");
		transmit(0);
	}
	reliable_acked(rel, 100, 1);
	reliable_acked(rel, 100, 2);
	assert_int_equal(transmit(100), -1);
	reliable_acked(rel, 100, 2); /* a repeated acknowledgement counts too */
	assert_int_equal(transmit(100), 0);
	assert_int_equal(transmit(100), -1);
	reliable_acked(rel, 100, 3); /* the count began anew, and the timeout doubled */
	assert_int_equal(transmit(100 + 3999), -1);
	assert_int_equal(transmit(100 + 4000), 0);
}

static void send__ack_of_what_was_not_sent__is_ignored(void **state)
{
	(void)state;
	queue(0, "x");
	transmit(0);
	reliable_acked(rel, 0, 1);
	reliable_acked(rel, 0, 7);
	reliable_acked(rel, 0, UINT32_MAX);
	assert_int_equal(transmit(0), -1);
	assert_false(reliable_all_acked(rel));
	reliable_acked(rel, 0, 0);
	assert_true(reliable_all_acked(rel));
	assert_int_equal(reliable_deadline(rel), TIME_NEVER);
}

static void burst__open_messages__are_due_with_first_timeout(void **state)
{
	(void)state;
	queue(0, "x");
	transmit(0);
	transmit(2000);
	reliable_burst(rel, 2500);
	assert_int_equal(transmit(2500), 0);
	assert_int_equal(reliable_deadline(rel), 4500);
}

static void receive(uint32_t id)
{
	assert_int_equal(reliable_receive(rel, id, OP_CONTROL_V1, "x", 1), 0);
}

/* "2 1 0" */
static const char *acks(size_t limit)
{
	static char text[64];
	uint32_t ids[ACK_IDS_MAX];
	size_t n = reliable_take_acks(rel, limit, ids), used = 0;

	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, i ? " %u" : "%u",
					 ids[i]);
	return text;
}

static void acks__newest_first_and_repeated(void **state)
{
	(void)state;
	assert_string_equal(acks(8), "");
	receive(0);
	assert_string_equal(acks(4), "0");
	receive(1);
	assert_string_equal(acks(4), "1 0");
	receive(2);
	assert_int_equal(reliable_acks_pending(rel), 1);
	assert_int_equal(reliable_acks_count(rel, 8), 3);
	assert_string_equal(acks(8), "2 1 0");
	assert_int_equal(reliable_acks_pending(rel), 0);
	receive(3);
	receive(4);
	assert_string_equal(acks(4), "3 4 2 1"); /* pending ones keep their order */
	assert_string_equal(acks(8), "3 4 2 1 0");
}

static void acks__more_than_fit__wait(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		receive(i);
	assert_int_equal(reliable_acks_count(rel, 4), 4);
	assert_string_equal(acks(4), "0 1 2 3");
	assert_int_equal(reliable_acks_pending(rel), 2);
	assert_string_equal(acks(4), "4 5 0 1");
}

static void acks__duplicate__is_moved_not_doubled(void **state)
{
	(void)state;
	receive(0);
	receive(1);
	assert_string_equal(acks(8), "0 1");
	assert_int_equal(reliable_receive(rel, 1, OP_CONTROL_V1, "x", 1), ERR_DUPLICATE);
	assert_int_equal(reliable_receive(rel, 1, OP_CONTROL_V1, "x", 1), ERR_DUPLICATE);
	assert_int_equal(reliable_acks_pending(rel), 1);
	assert_string_equal(acks(8), "1 0");
}

static void acks__recent_list__keeps_eight(void **state)
{
	struct reliable_message m;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		receive(i);
		assert_true(reliable_deliver(rel, &m));
		acks(8);
	}
	assert_string_equal(acks(8), "9 8 7 6 5 4 3 2");
}

static void receive__out_of_order__delivered_in_order(void **state)
{
	struct reliable_message m;

	(void)state;
	assert_int_equal(reliable_receive(rel, 1, OP_CONTROL_V1, "b", 1), 0);
	assert_false(reliable_deliver(rel, &m));
	assert_int_equal(reliable_receive(rel, 0, OP_CONTROL_HARD_RESET_SERVER_V2, "a", 1), 0);
	assert_true(reliable_deliver(rel, &m));
	assert_int_equal(m.opcode, OP_CONTROL_HARD_RESET_SERVER_V2);
	assert_memory_equal(m.data, "a", 1);
	assert_true(reliable_deliver(rel, &m));
	assert_int_equal(m.id, 1);
	assert_memory_equal(m.data, "b", 1);
	assert_false(reliable_deliver(rel, &m));
}

static void receive__window__eleven_ahead_passes_twelve_not(void **state)
{
	struct reliable_message m;

	(void)state;
	assert_int_equal(reliable_receive(rel, 12, OP_CONTROL_V1, "x", 1), ERR_WINDOW);
	assert_int_equal(reliable_acks_pending(rel), 0);
	receive(11);
	receive(0);
	assert_true(reliable_deliver(rel, &m));
	receive(12);
	assert_int_equal(reliable_receive(rel, 0, OP_CONTROL_V1, "x", 1), ERR_DUPLICATE);
	assert_int_equal(reliable_receive(rel, 13, OP_CONTROL_V1, "x", 1), ERR_WINDOW);
}

static void receive__too_long__is_refused_without_ack(void **state)
{
	static uint8_t big[CONTROL_PAYLOAD_MAX + 1];

	(void)state;
	assert_int_equal(reliable_receive(rel, 0, OP_CONTROL_V1, big, sizeof(big)), ERR_OVERFLOW);
	assert_int_equal(reliable_acks_pending(rel), 0);
	assert_int_equal(reliable_receive(rel, 0, OP_CONTROL_V1, big, sizeof(big) - 1), 0);
}

static void skip_reset__both_directions__go_on_with_one(void **state)
{
	struct reliable_message m;

	(void)state;
	reliable_skip_reset(rel);
	queue(0, "x");
	assert_int_equal(transmit(0), 1);
	assert_int_equal(reliable_receive(rel, 0, OP_CONTROL_HARD_RESET_CLIENT_V2, "", 0),
			 ERR_DUPLICATE);
	assert_string_equal(acks(8), "0");
	receive(1);
	assert_true(reliable_deliver(rel, &m));
}

/* Two ends over a channel that loses, doubles and reorders: all messages arrive once, in order. */
static void both__lossy_channel__all_messages_in_order(void **state)
{
	enum {
		MESSAGES = 200,
		IN_FLIGHT = 32
	};
	struct {
		bool used;
		struct reliable_message m;
		uint32_t value;
	} wire[IN_FLIGHT] = {0};
	struct reliable *peer = reliable_new(2000);
	struct rng_seed seed = {3};
	struct rng rng = rng_seeded(&seed);
	uint32_t queued = 0, delivered = 0;
	struct reliable_message m;

	(void)state;
	for (uint64_t now = 0; delivered < MESSAGES; now += 100) {
		assert_true(now < 100000000);
		while (queued < MESSAGES && reliable_send_slots(rel)) {
			assert_int_equal(
				reliable_queue(rel, now, OP_CONTROL_V1, &queued, sizeof(queued)),
				0);
			queued++;
		}
		while (reliable_next_due(rel, now, &m)) {
			unsigned int copies = rng_below(&rng, 10) < 3 ? 0 : 1 + rng_below(&rng, 2);

			while (copies--) {
				uint32_t slot = rng_below(&rng, IN_FLIGHT);

				wire[slot].used = true;
				wire[slot].m = m;
				memcpy(&wire[slot].value, m.data, sizeof(uint32_t));
			}
		}
		for (unsigned int i = 0; i < 4; i++) {
			uint32_t slot = rng_below(&rng, IN_FLIGHT);

			if (!wire[slot].used)
				continue;
			wire[slot].used = false;
			(void)!reliable_receive(peer, wire[slot].m.id, OP_CONTROL_V1,
						&wire[slot].value, sizeof(uint32_t));
		}
		while (reliable_deliver(peer, &m)) {
			uint32_t value;

			memcpy(&value, m.data, sizeof(value));
			assert_int_equal(value, delivered++);
		}
		uint32_t ids[ACK_IDS_MAX];
		size_t n = reliable_acks_pending(peer) ? reliable_take_acks(peer, 8, ids) : 0;

		for (size_t i = 0; i < n && rng_below(&rng, 10) >= 3; i++)
			reliable_acked(rel, now, ids[i]);
	}
	reliable_free(peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(send__unanswered__attempts_double),
		TEST(send__window_of_six__then_refused),
		TEST(send__several_due__lowest_first),
		TEST(send__three_later_acks__resend_at_once),
		TEST(send__ack_of_what_was_not_sent__is_ignored),
		TEST(burst__open_messages__are_due_with_first_timeout),
		TEST(acks__newest_first_and_repeated),
		TEST(acks__more_than_fit__wait),
		TEST(acks__duplicate__is_moved_not_doubled),
		TEST(acks__recent_list__keeps_eight),
		TEST(receive__out_of_order__delivered_in_order),
		TEST(receive__window__eleven_ahead_passes_twelve_not),
		TEST(receive__too_long__is_refused_without_ack),
		TEST(skip_reset__both_directions__go_on_with_one),
		TEST(both__lossy_channel__all_messages_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
