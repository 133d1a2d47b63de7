# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/openvpn/base/addr.c src/openvpn/base/addr.h \
	src/openvpn/base/attr.h \
	src/openvpn/base/bytes.h src/openvpn/base/bytes.c src/openvpn/base/footprint.h \
	src/openvpn/base/clock.c src/openvpn/base/clock.h \
	src/openvpn/base/env.c src/openvpn/base/env.h \
	src/openvpn/base/err.c src/openvpn/base/err.h \
	src/openvpn/base/hash_table.c src/openvpn/base/hash_table.h \
	src/openvpn/base/log.c src/openvpn/base/log.h \
	src/openvpn/base/random.c src/openvpn/base/random.h \
	src/openvpn/base/secret.c src/openvpn/base/secret.h \
	src/openvpn/base/str.c src/openvpn/base/str.h \
	src/openvpn/base/thread.h
