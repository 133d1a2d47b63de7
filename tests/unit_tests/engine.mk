# SPDX-License-Identifier: GPL-2.0-only
ENGINE_TESTS = test_dco_conformance
ENGINE_TEST_LIBS = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += $(ENGINE_TESTS)
TESTS += $(ENGINE_TESTS)
test_dco_conformance_SOURCES = tests/unit_tests/test_dco_conformance.c
test_dco_conformance_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_conformance_LDADD = $(ENGINE_TEST_LIBS)
