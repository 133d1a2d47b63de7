/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/tcp_record.h"

enum {
	LONGEST = 5000,
};

struct fixture {
	int peer;
	struct tcp_record_reader r;
	uint8_t record[TCP_RECORD_MAX];
	uint32_t bad_length;
};

static int setup(void **state)
{
	static struct fixture f;
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);

	f = (struct fixture){.r.packet_max_bytes = LONGEST, .bad_length = 12345};
	assert_int_equal(bind(listener, (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&addr, &len), 0);
	f.peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(f.peer, (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	f.r.fd = accept(listener, NULL, NULL);
	assert_true(f.r.fd >= 0);
	close(listener);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->r.fd);
	if (f->peer >= 0)
		close(f->peer);
	return 0;
}

static void put(const struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(write(f->peer, bytes, len), len);
}

/* waits for the other end's bytes: at most as long as a machine under load needs */
static bool readable(const struct fixture *f, int wait_ms)
{
	struct pollfd pfd = {.fd = f->r.fd, .events = POLLIN};

	return poll(&pfd, 1, wait_ms) > 0;
}

static long look(struct fixture *f)
{
	return tcp_record_peek(&f->r, f->record, &f->bad_length);
}

static void peek__two_packets__the_second_stays_in_the_socket(void **state)
{
	static const uint8_t bytes[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd'};
	struct fixture *f = *state;
	uint8_t rest[16];

	put(f, bytes, sizeof(bytes));
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), 5);
	assert_int_equal(look(f), 5); /* looking takes nothing */
	assert_memory_equal(f->record, bytes, 5);
	assert_int_equal(tcp_record_take(&f->r, f->record, 5), 0);
	assert_memory_equal(f->record, bytes, 5);
	tcp_record_end(&f->r);
	assert_int_equal(recv(f->r.fd, rest, sizeof(rest), MSG_DONTWAIT), 3);
	assert_memory_equal(rest, bytes + 5, 3);
}

static void peek__each_prefix__no_packet_and_not_readable(void **state)
{
	static const uint8_t bytes[] = {0, 3, 'a', 'b', 'c'};
	struct fixture *f = *state;

	assert_int_equal(look(f), ERR_AGAIN);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		put(f, &bytes[i], 1);
		(void)readable(f, 20);
		assert_int_equal(look(f), ERR_AGAIN);
		assert_false(readable(f, 0));
	}
	put(f, &bytes[sizeof(bytes) - 1], 1);
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), sizeof(bytes));
	assert_int_equal(f->bad_length, 12345);
}

static void peek__the_longest_packet__whole(void **state)
{
	static uint8_t bytes[2 + LONGEST] = {LONGEST >> 8, LONGEST & 255, 7};
	struct fixture *f = *state;

	bytes[sizeof(bytes) - 1] = 9;
	put(f, bytes, 2500); /* more than a first look shows */
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), ERR_AGAIN);
	put(f, bytes + 2500, sizeof(bytes) - 2500);
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), sizeof(bytes));
	assert_memory_equal(f->record, bytes, sizeof(bytes));
}

static void peek__bad_lengths__told(void **state)
{
	static const uint8_t zero[] = {0, 0},
			     too_long[] = {(LONGEST + 1) >> 8, (LONGEST + 1) & 255};
	struct fixture *f = *state;

	put(f, zero, sizeof(zero));
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), ERR_RANGE);
	assert_int_equal(f->bad_length, 0);
	assert_int_equal(recv(f->r.fd, f->record, sizeof(zero), MSG_DONTWAIT), 2);
	put(f, too_long, sizeof(too_long));
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), ERR_RANGE);
	assert_int_equal(f->bad_length, LONGEST + 1);
}

static void peek__the_stream_ends__after_the_last_whole_packet(void **state)
{
	static const uint8_t bytes[] = {0, 1, 'a', 0, 3, 'b'};
	struct fixture *f = *state;

	put(f, bytes, sizeof(bytes));
	close(f->peer);
	f->peer = -1;
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), 3);
	assert_int_equal(tcp_record_take(&f->r, f->record, 3), 0);
	assert_int_equal(look(f), ERR_CLOSED);
	assert_int_equal(recv(f->r.fd, f->record, 10, MSG_DONTWAIT), 3);
	assert_int_equal(look(f), ERR_CLOSED);
}

static void peek__reset__the_error(void **state)
{
	const struct linger at_once = {.l_onoff = 1};
	struct fixture *f = *state;

	assert_int_equal(setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(f->peer);
	f->peer = -1;
	assert_true(readable(f, 5000));
	assert_int_equal(look(f), ERR_SYSTEM);
	assert_int_equal(errno, ECONNRESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(peek__two_packets__the_second_stays_in_the_socket,
						setup, teardown),
		cmocka_unit_test_setup_teardown(peek__each_prefix__no_packet_and_not_readable,
						setup, teardown),
		cmocka_unit_test_setup_teardown(peek__the_longest_packet__whole, setup, teardown),
		cmocka_unit_test_setup_teardown(peek__bad_lengths__told, setup, teardown),
		cmocka_unit_test_setup_teardown(peek__the_stream_ends__after_the_last_whole_packet,
						setup, teardown),
		cmocka_unit_test_setup_teardown(peek__reset__the_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
