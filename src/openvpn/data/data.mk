# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdata.a
libdata_a_SOURCES = \
	src/openvpn/data/inner.c src/openvpn/data/inner.h \
	src/openvpn/data/mss.c src/openvpn/data/mss.h src/openvpn/data/mtu.c \
	src/openvpn/data/ping.c src/openvpn/data/ping.h \
	src/openvpn/data/replay.c src/openvpn/data/replay.h
