# SPDX-License-Identifier: GPL-2.0-only
CONFIG_TESTS = test_config_lexer test_config_parse test_config_values test_config_push
check_PROGRAMS += $(CONFIG_TESTS)
TESTS += $(CONFIG_TESTS)
test_config_lexer_SOURCES = tests/unit_tests/test_config_lexer.c
test_config_lexer_CPPFLAGS = $(UNIT_CPPFLAGS)
test_config_lexer_LDADD = libconfig.a libbase.a $(CMOCKA_LIBS)
test_config_parse_SOURCES = tests/unit_tests/test_config_parse.c tests/unit_tests/config_test.h
test_config_parse_CPPFLAGS = $(UNIT_CPPFLAGS)
test_config_parse_LDADD = libconfig.a libbase.a $(CMOCKA_LIBS)
test_config_values_SOURCES = tests/unit_tests/test_config_values.c tests/unit_tests/config_test.h
test_config_values_CPPFLAGS = $(UNIT_CPPFLAGS)
test_config_values_LDADD = libconfig.a libbase.a $(CMOCKA_LIBS)
test_config_push_SOURCES = tests/unit_tests/test_config_push.c tests/unit_tests/config_test.h
test_config_push_CPPFLAGS = $(UNIT_CPPFLAGS)
test_config_push_LDADD = libconfig.a libbase.a $(CMOCKA_LIBS)
