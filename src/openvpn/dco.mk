# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdco.a
libdco_a_SOURCES = \
	src/openvpn/dco.c src/openvpn/dco.h src/openvpn/dco_backends.h \
	src/openvpn/dco_choose.c src/openvpn/dco_choose.h \
	src/openvpn/dco_engine.c
