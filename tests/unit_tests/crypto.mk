# SPDX-License-Identifier: GPL-2.0-only
CRYPTO_TESTS = test_crypto_cipher test_crypto_kdf test_crypto_static_key test_crypto_key_file
check_PROGRAMS += $(CRYPTO_TESTS)
TESTS += $(CRYPTO_TESTS)
CRYPTO_TEST_LIBS = libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
test_crypto_cipher_SOURCES = tests/unit_tests/test_crypto_cipher.c
test_crypto_cipher_CPPFLAGS = $(UNIT_CPPFLAGS)
test_crypto_cipher_LDADD = $(CRYPTO_TEST_LIBS)
test_crypto_kdf_SOURCES = tests/unit_tests/test_crypto_kdf.c
test_crypto_kdf_CPPFLAGS = $(UNIT_CPPFLAGS)
test_crypto_kdf_LDADD = $(CRYPTO_TEST_LIBS)
test_crypto_static_key_SOURCES = tests/unit_tests/test_crypto_static_key.c
test_crypto_static_key_CPPFLAGS = $(UNIT_CPPFLAGS)
test_crypto_static_key_LDADD = $(CRYPTO_TEST_LIBS)
test_crypto_key_file_SOURCES = tests/unit_tests/test_crypto_key_file.c
test_crypto_key_file_CPPFLAGS = $(UNIT_CPPFLAGS)
test_crypto_key_file_LDADD = $(CRYPTO_TEST_LIBS)
