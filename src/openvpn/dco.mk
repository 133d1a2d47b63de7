# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdco.a
libdco_a_SOURCES = \
	src/openvpn/dco.c src/openvpn/dco.h src/openvpn/dco_backends.h \
	src/openvpn/dco_choose.c src/openvpn/dco_choose.h \
	src/openvpn/dco_engine.c
if ENABLE_DCO
libdco_a_SOURCES += \
	src/openvpn/dco_linux.c src/openvpn/dco_linux.h \
	src/openvpn/dco_linux_device.c src/openvpn/dco_linux_events.c \
	src/openvpn/dco_linux_family.c src/openvpn/dco_linux_key.c \
	src/openvpn/dco_linux_link.c src/openvpn/dco_linux_netlink.c \
	src/openvpn/dco_linux_peer.c src/openvpn/dco_linux_route.c \
	src/openvpn/dco_linux_transport.c src/openvpn/dco_linux_v2.c \
	src/openvpn/dco_linux_watch.c
endif
