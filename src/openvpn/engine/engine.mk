# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	src/openvpn/engine/ahead.c src/openvpn/engine/ahead.h \
	src/openvpn/engine/broadcast.c src/openvpn/engine/broadcast.h \
	src/openvpn/engine/checksum.c src/openvpn/engine/checksum.h \
	src/openvpn/engine/coalesce.c src/openvpn/engine/coalesce.h \
	src/openvpn/engine/dhcp.c src/openvpn/engine/dhcp.h \
	src/openvpn/engine/early.c src/openvpn/engine/early.h \
	src/openvpn/engine/engine.c src/openvpn/engine/engine.h src/openvpn/engine/state.h \
	src/openvpn/engine/event.c src/openvpn/engine/event.h \
	src/openvpn/engine/forward.c src/openvpn/engine/forward.h \
	src/openvpn/engine/forward_in.c src/openvpn/engine/forward_internal.h \
	src/openvpn/engine/mac.c src/openvpn/engine/mac.h \
	src/openvpn/engine/port.c src/openvpn/engine/port.h \
	src/openvpn/engine/ops_peer.c src/openvpn/engine/ops.h \
	src/openvpn/engine/peer.c src/openvpn/engine/peer.h \
	src/openvpn/engine/route.c src/openvpn/engine/route.h \
	src/openvpn/engine/segment.c src/openvpn/engine/segment.h \
	src/openvpn/engine/tcp.c src/openvpn/engine/tcp.h \
	src/openvpn/engine/tundev.c src/openvpn/engine/tundev.h \
	src/openvpn/engine/udp.c src/openvpn/engine/udp.h \
	src/openvpn/engine/vlan.c src/openvpn/engine/vlan.h \
	src/openvpn/engine/wheel.c src/openvpn/engine/wheel.h \
	src/openvpn/engine/worker.c src/openvpn/engine/worker.h
