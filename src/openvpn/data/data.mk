# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdata.a
libdata_a_SOURCES = \
	src/openvpn/data/block_ipv6.c src/openvpn/data/block_ipv6.h \
	src/openvpn/data/epoch.c src/openvpn/data/epoch.h \
	src/openvpn/data/format.h \
	src/openvpn/data/format_aead.c src/openvpn/data/format_epoch.c \
	src/openvpn/data/format_hmac.c \
	src/openvpn/data/fragment.c src/openvpn/data/fragment.h \
	src/openvpn/data/framing.c src/openvpn/data/framing.h \
	src/openvpn/data/inner.c src/openvpn/data/inner.h \
	src/openvpn/data/key.c src/openvpn/data/key.h \
	src/openvpn/data/mss.c src/openvpn/data/mss.h src/openvpn/data/mtu.c \
	src/openvpn/data/packet.c src/openvpn/data/packet.h \
	src/openvpn/data/packet_id.h \
	src/openvpn/data/ping.c src/openvpn/data/ping.h \
	src/openvpn/data/replay.c src/openvpn/data/replay.h
