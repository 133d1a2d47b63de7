# SPDX-License-Identifier: GPL-2.0-only
BASE_TESTS = test_bytes test_base test_hash_table
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
test_bytes_SOURCES = tests/unit_tests/test_bytes.c
test_bytes_CPPFLAGS = $(UNIT_CPPFLAGS)
test_bytes_LDADD = libbase.a $(CMOCKA_LIBS)
test_base_SOURCES = tests/unit_tests/test_base.c
test_base_CPPFLAGS = $(UNIT_CPPFLAGS)
test_base_LDADD = libbase.a $(CMOCKA_LIBS)
test_hash_table_SOURCES = tests/unit_tests/test_hash_table.c
test_hash_table_CPPFLAGS = $(UNIT_CPPFLAGS)
test_hash_table_LDADD = libbase.a $(CMOCKA_LIBS)
