# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/openvpn/config/built.h \
	src/openvpn/config/checks.c \
	src/openvpn/config/ciphers.c \
	src/openvpn/config/config.c src/openvpn/config/config.h \
	src/openvpn/config/connections.c \
	src/openvpn/config/dns.c \
	src/openvpn/config/features.c src/openvpn/config/features.h \
	src/openvpn/config/files.c \
	src/openvpn/config/fingerprint.c \
	src/openvpn/config/finish.c \
	src/openvpn/config/help.c \
	src/openvpn/config/helpers.c \
	src/openvpn/config/host.c \
	src/openvpn/config/internal.h \
	src/openvpn/config/lexer.c src/openvpn/config/lexer.h \
	src/openvpn/config/needs.c \
	src/openvpn/config/option.c src/openvpn/config/options.h \
	src/openvpn/config/parse.c src/openvpn/config/parse.h \
	src/openvpn/config/pool.c src/openvpn/config/pool.h \
	src/openvpn/config/push.c src/openvpn/config/push.h \
	src/openvpn/config/report.c src/openvpn/config/report.h \
	src/openvpn/config/table_absent.c \
	src/openvpn/config/table_client.c \
	src/openvpn/config/table_commands.c \
	src/openvpn/config/table_crypto.c \
	src/openvpn/config/table_device.c \
	src/openvpn/config/table_general.c \
	src/openvpn/config/table_management.c \
	src/openvpn/config/table_mtu.c \
	src/openvpn/config/table_proxy.c \
	src/openvpn/config/table_routing.c \
	src/openvpn/config/table_scripts.c \
	src/openvpn/config/table_server.c \
	src/openvpn/config/table_server_access.c \
	src/openvpn/config/table_tls.c \
	src/openvpn/config/table_transport.c \
	src/openvpn/config/value.c src/openvpn/config/values.h \
	src/openvpn/config/warnings.c

# lists the option table and tries configurations; used by scripts/check-options.py
noinst_PROGRAMS += config-dump
config_dump_SOURCES = src/openvpn/config/config-dump.c
config_dump_LDADD = libconfig.a libbase.a
