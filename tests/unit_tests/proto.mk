# SPDX-License-Identifier: GPL-2.0-only

# the session: packets, wraps, reliability, keys
SESSION_TESTS = test_packet
check_PROGRAMS += $(SESSION_TESTS)
TESTS += $(SESSION_TESTS)
test_packet_SOURCES = tests/unit_tests/test_packet.c
test_packet_CPPFLAGS = $(UNIT_CPPFLAGS)
test_packet_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
