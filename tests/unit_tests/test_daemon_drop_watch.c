/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "daemon/drop_watch.h"

static void count__growth__told_once_a_minute(void **state)
{
	struct drop_watch w = {0};
	struct log_capture cap;

	(void)state;
	log_capture_start(&cap, 4);
	drop_watch_count(&w, "tun0", 100, 0, &cap.log); /* from before */
	drop_watch_count(&w, "tun0", 100, 5000, &cap.log);
	assert_string_equal(cap.all, "");
	drop_watch_count(&w, "tun0", 103, 10000, &cap.log);
	assert_string_equal(
		cap.all,
		"tun0 dropped 3 packets that it received: the route to their source does not lead to the client they came from -- missing --iroute?\n");
	drop_watch_count(&w, "tun0", 110, 15000, &cap.log);
	drop_watch_count(&w, "tun0", 120, 69999, &cap.log);
	assert_null(strstr(cap.all, "17 packets"));
	drop_watch_count(&w, "tun0", 120, 70000, &cap.log);
	assert_non_null(strstr(cap.all, "17 packets"));
	log_capture_stop(&cap);
}

static void count__smaller__is_another_device(void **state)
{
	struct drop_watch w = {0};
	struct log_capture cap;

	(void)state;
	log_capture_start(&cap, 4);
	drop_watch_count(&w, "tun0", 100, 0, &cap.log);
	drop_watch_count(&w, "tun0", 5, 5000, &cap.log);
	assert_string_equal(cap.all, "");
	drop_watch_count(&w, "tun0", 6, 10000, &cap.log);
	assert_non_null(strstr(cap.all, "tun0 dropped 1 packets"));
	log_capture_stop(&cap);
}

static void look__no_such_interface_or_low_verb__nothing(void **state)
{
	struct drop_watch w = {0};
	struct log_capture cap;

	(void)state;
	log_capture_start(&cap, 4);
	drop_watch_look(&w, "no-such-iface", 0, &cap.log);
	assert_false(w.known);
	drop_watch_look(&w, "lo", 1, &cap.log); /* too early */
	assert_false(w.known);
	drop_watch_look(&w, "lo", 5000, &cap.log);
	assert_true(w.known);
	log_sink_set_verb(cap.sink, 3);
	w.known = false;
	drop_watch_look(&w, "lo", 10000, &cap.log);
	assert_false(w.known);
	log_capture_stop(&cap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count__growth__told_once_a_minute),
		cmocka_unit_test(count__smaller__is_another_device),
		cmocka_unit_test(look__no_such_interface_or_low_verb__nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
