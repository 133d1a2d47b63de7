# SPDX-License-Identifier: GPL-2.0-only

# the session: packets, wraps, reliability, keys
SESSION_TESTS = test_packet test_reliable test_replay_id
check_PROGRAMS += $(SESSION_TESTS)
TESTS += $(SESSION_TESTS)
test_packet_SOURCES = tests/unit_tests/test_packet.c
test_packet_CPPFLAGS = $(UNIT_CPPFLAGS)
test_packet_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
test_reliable_SOURCES = tests/unit_tests/test_reliable.c
test_reliable_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reliable_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
test_replay_id_SOURCES = tests/unit_tests/test_replay_id.c
test_replay_id_CPPFLAGS = $(UNIT_CPPFLAGS)
test_replay_id_LDADD = libproto.a libbase.a $(CMOCKA_LIBS)
