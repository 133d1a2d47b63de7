# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/openvpn/config/config.h \
	src/openvpn/config/features.c src/openvpn/config/features.h \
	src/openvpn/config/lexer.c src/openvpn/config/lexer.h \
	src/openvpn/config/options.h \
	src/openvpn/config/parse.h \
	src/openvpn/config/pool.c src/openvpn/config/pool.h \
	src/openvpn/config/push.h \
	src/openvpn/config/report.c src/openvpn/config/report.h
