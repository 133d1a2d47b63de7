# SPDX-License-Identifier: GPL-2.0-only
DATA_TESTS = test_data_replay test_data_mss test_data_ping test_data_inner
DATA_TEST_LIBS = libdata.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += $(DATA_TESTS)
TESTS += $(DATA_TESTS)
test_data_replay_SOURCES = tests/unit_tests/test_data_replay.c
test_data_replay_CPPFLAGS = $(UNIT_CPPFLAGS)
test_data_replay_LDADD = $(DATA_TEST_LIBS)
test_data_mss_SOURCES = tests/unit_tests/test_data_mss.c
test_data_mss_CPPFLAGS = $(UNIT_CPPFLAGS)
test_data_mss_LDADD = $(DATA_TEST_LIBS)
test_data_ping_SOURCES = tests/unit_tests/test_data_ping.c
test_data_ping_CPPFLAGS = $(UNIT_CPPFLAGS)
test_data_ping_LDADD = $(DATA_TEST_LIBS)
test_data_inner_SOURCES = tests/unit_tests/test_data_inner.c
test_data_inner_CPPFLAGS = $(UNIT_CPPFLAGS)
test_data_inner_LDADD = $(DATA_TEST_LIBS)
