# SPDX-License-Identifier: GPL-2.0-only
TLS_TESTS = test_tls_conn
check_PROGRAMS += $(TLS_TESTS)
TESTS += $(TLS_TESTS)
TLS_TEST_LIBS = libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
# certificates and a connected pair, for every test that needs TLS
TLS_TEST_PAIR = tests/unit_tests/pki.c tests/unit_tests/pki.h \
	tests/unit_tests/tls_pair.c tests/unit_tests/tls_pair.h
test_tls_conn_SOURCES = tests/unit_tests/test_tls_conn.c $(TLS_TEST_PAIR)
test_tls_conn_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_conn_LDADD = $(TLS_TEST_LIBS)
