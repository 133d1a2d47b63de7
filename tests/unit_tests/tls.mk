# SPDX-License-Identifier: GPL-2.0-only
TLS_TESTS = test_tls_chain_cache test_tls_conn test_tls_ctx test_tls_fingerprint test_tls_lean test_tls_raw test_tls_verify test_tls_x509
check_PROGRAMS += $(TLS_TESTS)
TESTS += $(TLS_TESTS)
TLS_TEST_LIBS = libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
# certificates and a connected pair, for every test that needs TLS
TLS_TEST_PAIR = tests/unit_tests/pki.c tests/unit_tests/pki.h \
	tests/unit_tests/tls_pair.c tests/unit_tests/tls_pair.h
test_tls_chain_cache_SOURCES = tests/unit_tests/test_tls_chain_cache.c $(TLS_TEST_PAIR)
test_tls_chain_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_chain_cache_LDADD = $(TLS_TEST_LIBS)
test_tls_conn_SOURCES = tests/unit_tests/test_tls_conn.c $(TLS_TEST_PAIR)
test_tls_conn_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_conn_LDADD = $(TLS_TEST_LIBS)
test_tls_raw_SOURCES = tests/unit_tests/test_tls_raw.c $(TLS_TEST_PAIR)
test_tls_raw_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_raw_LDADD = $(TLS_TEST_LIBS)
test_tls_fingerprint_SOURCES = tests/unit_tests/test_tls_fingerprint.c
test_tls_fingerprint_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_fingerprint_LDADD = $(TLS_TEST_LIBS)
test_tls_lean_SOURCES = tests/unit_tests/test_tls_lean.c
test_tls_lean_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_lean_LDADD = $(TLS_TEST_LIBS)
test_tls_verify_SOURCES = tests/unit_tests/test_tls_verify.c $(TLS_TEST_PAIR)
test_tls_verify_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_verify_LDADD = $(TLS_TEST_LIBS)
test_tls_x509_SOURCES = tests/unit_tests/test_tls_x509.c tests/unit_tests/pki.c tests/unit_tests/pki.h
test_tls_x509_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_x509_LDADD = $(TLS_TEST_LIBS)
test_tls_ctx_SOURCES = tests/unit_tests/test_tls_ctx.c $(TLS_TEST_PAIR)
test_tls_ctx_CPPFLAGS = $(UNIT_CPPFLAGS)
test_tls_ctx_LDADD = $(TLS_TEST_LIBS)
