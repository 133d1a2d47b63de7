# SPDX-License-Identifier: GPL-2.0-only
# connection
CONNECTION_TESTS = test_daemon_remote_list
check_PROGRAMS += $(CONNECTION_TESTS)
TESTS += $(CONNECTION_TESTS)
test_daemon_remote_list_SOURCES = tests/unit_tests/test_daemon_remote_list.c
test_daemon_remote_list_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_remote_list_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)
