# SPDX-License-Identifier: GPL-2.0-only
# connection
CONNECTION_TESTS = test_daemon_remote_list
check_PROGRAMS += $(CONNECTION_TESTS)
TESTS += $(CONNECTION_TESTS)
test_daemon_remote_list_SOURCES = tests/unit_tests/test_daemon_remote_list.c
test_daemon_remote_list_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_remote_list_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)

# around the connection
DAEMON_SUPPORT_TESTS = test_daemon_signals
check_PROGRAMS += $(DAEMON_SUPPORT_TESTS)
TESTS += $(DAEMON_SUPPORT_TESTS)
test_daemon_signals_SOURCES = tests/unit_tests/test_daemon_signals.c
test_daemon_signals_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_signals_LDADD = libdaemon.a libbase.a $(LIBUV_LIBS) $(CMOCKA_LIBS)
