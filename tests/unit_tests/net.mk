# SPDX-License-Identifier: GPL-2.0-only
NET_TESTS = test_net_netlink \
	test_net_iface test_net_notify test_net_privilege test_net_process test_net_prompt \
	test_net_redirect test_net_resolve test_net_route test_net_route_journal \
	test_net_route_list test_net_route_set test_net_socket test_net_tcp_queue test_net_tcp_record \
	test_net_tun
NET_TEST_LIBS = libnet.a libbase.a $(LIBNL_LIBS) $(LIBUV_LIBS) $(LIBCAPNG_LIBS) $(LIBSYSTEMD_LIBS) \
	$(CMOCKA_LIBS)
check_PROGRAMS += $(NET_TESTS)
TESTS += $(NET_TESTS) tests/unit_tests/test_dns_updown.sh
EXTRA_DIST += tests/unit_tests/net_fixture.h tests/unit_tests/test_dns_updown.sh
test_net_iface_SOURCES = tests/unit_tests/test_net_iface.c
test_net_iface_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBNL_CFLAGS)
test_net_iface_LDADD = $(NET_TEST_LIBS)
test_net_notify_SOURCES = tests/unit_tests/test_net_notify.c
test_net_notify_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_notify_LDADD = $(NET_TEST_LIBS)
test_net_privilege_SOURCES = tests/unit_tests/test_net_privilege.c
test_net_privilege_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_privilege_LDADD = $(NET_TEST_LIBS)
test_net_process_SOURCES = tests/unit_tests/test_net_process.c
test_net_process_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_process_LDADD = $(NET_TEST_LIBS)
test_net_prompt_SOURCES = tests/unit_tests/test_net_prompt.c
test_net_prompt_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_prompt_LDADD = $(NET_TEST_LIBS)
test_net_redirect_SOURCES = tests/unit_tests/test_net_redirect.c
test_net_redirect_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_redirect_LDADD = $(NET_TEST_LIBS)
test_net_resolve_SOURCES = tests/unit_tests/test_net_resolve.c
test_net_resolve_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_resolve_LDADD = $(NET_TEST_LIBS)
test_net_route_SOURCES = tests/unit_tests/test_net_route.c
test_net_route_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_route_LDADD = $(NET_TEST_LIBS)
test_net_route_journal_SOURCES = tests/unit_tests/test_net_route_journal.c
test_net_route_journal_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_route_journal_LDADD = $(NET_TEST_LIBS)
test_net_route_list_SOURCES = tests/unit_tests/test_net_route_list.c
test_net_route_list_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_route_list_LDADD = $(NET_TEST_LIBS)
test_net_route_set_SOURCES = tests/unit_tests/test_net_route_set.c
test_net_route_set_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_route_set_LDADD = $(NET_TEST_LIBS)
test_net_socket_SOURCES = tests/unit_tests/test_net_socket.c
test_net_socket_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_socket_LDADD = $(NET_TEST_LIBS)
test_net_tcp_queue_SOURCES = tests/unit_tests/test_net_tcp_queue.c
test_net_tcp_queue_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_tcp_queue_LDADD = $(NET_TEST_LIBS)
test_net_tcp_record_SOURCES = tests/unit_tests/test_net_tcp_record.c
test_net_tcp_record_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_tcp_record_LDADD = $(NET_TEST_LIBS)
test_net_tun_SOURCES = tests/unit_tests/test_net_tun.c
test_net_tun_CPPFLAGS = $(UNIT_CPPFLAGS)
test_net_tun_LDADD = $(NET_TEST_LIBS)
# answers of the test's own below libnl
NETLINK_ANSWERS_WRAP = -Wl,--wrap=nl_connect
test_net_netlink_SOURCES = tests/unit_tests/test_net_netlink.c tests/unit_tests/netlink_answers.c \
	tests/unit_tests/netlink_answers.h
test_net_netlink_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBNL_CFLAGS)
test_net_netlink_LDFLAGS = $(AM_LDFLAGS) $(NETLINK_ANSWERS_WRAP)
test_net_netlink_LDADD = $(NET_TEST_LIBS)
