# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES =

# the session: packets, wraps, reliability, keys
libproto_a_SOURCES += \
	src/openvpn/proto/constants.h \
	src/openvpn/proto/packet.c src/openvpn/proto/packet.h \
	src/openvpn/proto/reliable.c src/openvpn/proto/reliable.h \
	src/openvpn/proto/replay_id.c src/openvpn/proto/replay_id.h \
	src/openvpn/proto/session.h
