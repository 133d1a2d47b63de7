# SPDX-License-Identifier: GPL-2.0-only
ENGINE_TESTS = test_dco_bridge test_dco_choose test_dco_conformance test_dco_hostile test_dco_kernel test_dco_multi test_dco_netlink test_dco_options test_engine_broadcast test_engine_device test_engine_dhcp test_engine_vlan test_engine_offload test_engine_route test_engine_wheel
ENGINE_TEST_LIBS = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS) $(CMOCKA_LIBS)
DCO_HARNESS = tests/unit_tests/dco_harness.c tests/unit_tests/dco_harness_kernel.c \
	tests/unit_tests/dco_harness.h
check_PROGRAMS += $(ENGINE_TESTS)
TESTS += $(ENGINE_TESTS)
test_dco_conformance_SOURCES = tests/unit_tests/test_dco_conformance.c $(DCO_HARNESS)
test_dco_conformance_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_conformance_LDADD = $(ENGINE_TEST_LIBS)
test_dco_hostile_SOURCES = tests/unit_tests/test_dco_hostile.c $(DCO_HARNESS)
test_dco_hostile_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_hostile_LDADD = $(ENGINE_TEST_LIBS)
test_dco_multi_SOURCES = tests/unit_tests/test_dco_multi.c $(DCO_HARNESS)
test_dco_multi_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_multi_LDADD = $(ENGINE_TEST_LIBS)
test_engine_broadcast_SOURCES = tests/unit_tests/test_engine_broadcast.c
test_engine_broadcast_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_broadcast_LDADD = $(ENGINE_TEST_LIBS)
test_engine_dhcp_SOURCES = tests/unit_tests/test_engine_dhcp.c
test_engine_dhcp_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_dhcp_LDADD = $(ENGINE_TEST_LIBS)
test_engine_vlan_SOURCES = tests/unit_tests/test_engine_vlan.c
test_engine_vlan_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_vlan_LDADD = $(ENGINE_TEST_LIBS)
test_engine_route_SOURCES = tests/unit_tests/test_engine_route.c
test_engine_route_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_route_LDADD = $(ENGINE_TEST_LIBS)
test_engine_wheel_SOURCES = tests/unit_tests/test_engine_wheel.c
test_engine_wheel_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_wheel_LDADD = $(ENGINE_TEST_LIBS)
test_engine_offload_SOURCES = tests/unit_tests/test_engine_offload.c
test_engine_offload_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_offload_LDADD = $(ENGINE_TEST_LIBS)
test_dco_kernel_SOURCES = tests/unit_tests/test_dco_kernel.c
test_dco_kernel_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBNL_CFLAGS)
test_dco_kernel_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=netlink_exchange \
	-Wl,--wrap=netlink_exchange_pair -Wl,--wrap=recv
test_dco_kernel_LDADD = $(ENGINE_TEST_LIBS)
test_dco_netlink_SOURCES = tests/unit_tests/test_dco_netlink.c
test_dco_netlink_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBNL_CFLAGS)
test_dco_netlink_LDADD = $(ENGINE_TEST_LIBS)
test_dco_options_SOURCES = tests/unit_tests/test_dco_options.c tests/unit_tests/config_test.h
test_dco_options_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_options_LDADD = $(ENGINE_TEST_LIBS)
test_dco_choose_SOURCES = tests/unit_tests/test_dco_choose.c
test_dco_choose_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_choose_LDADD = $(ENGINE_TEST_LIBS)
test_dco_bridge_SOURCES = tests/unit_tests/test_dco_bridge.c $(DCO_HARNESS)
test_dco_bridge_CPPFLAGS = $(UNIT_CPPFLAGS)
test_dco_bridge_LDADD = $(ENGINE_TEST_LIBS)
test_engine_device_SOURCES = tests/unit_tests/test_engine_device.c $(DCO_HARNESS)
test_engine_device_CPPFLAGS = $(UNIT_CPPFLAGS)
test_engine_device_LDADD = $(ENGINE_TEST_LIBS)
