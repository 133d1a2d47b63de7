# SPDX-License-Identifier: GPL-2.0-only
ENGINE_TESTS = test_dco_bridge test_dco_choose test_dco_conformance test_dco_multi test_dco_options test_engine_offload test_engine_route
ENGINE_TEST_LIBS = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS) $(CMOCKA_LIBS)
DCO_HARNESS = tests/unit_tests/dco_harness.c tests/unit_tests/dco_harness.h
check_PROGRAMS += $(ENGINE_TESTS)
TESTS += $(ENGINE_TESTS)
test_dco_conformance_SOURCES = tests/unit_tests/test_dco_conformance.c $(DCO_HARNESS)
test_dco_conformance_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_conformance_LDADD = $(ENGINE_TEST_LIBS)
test_dco_multi_SOURCES = tests/unit_tests/test_dco_multi.c $(DCO_HARNESS)
test_dco_multi_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_multi_LDADD = $(ENGINE_TEST_LIBS)
test_engine_route_SOURCES = tests/unit_tests/test_engine_route.c
test_engine_route_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_route_LDADD = $(ENGINE_TEST_LIBS)
test_engine_offload_SOURCES = tests/unit_tests/test_engine_offload.c
test_engine_offload_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_offload_LDADD = $(ENGINE_TEST_LIBS)
test_dco_options_SOURCES = tests/unit_tests/test_dco_options.c tests/unit_tests/config_test.h
test_dco_options_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_options_LDADD = $(ENGINE_TEST_LIBS)
test_dco_choose_SOURCES = tests/unit_tests/test_dco_choose.c
test_dco_choose_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_choose_LDADD = $(ENGINE_TEST_LIBS)
test_dco_bridge_SOURCES = tests/unit_tests/test_dco_bridge.c $(DCO_HARNESS)
test_dco_bridge_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_bridge_LDADD = $(ENGINE_TEST_LIBS)
