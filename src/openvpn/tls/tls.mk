# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libovpntls.a
libovpntls_a_CPPFLAGS = $(AM_CPPFLAGS) -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED
libovpntls_a_SOURCES = \
	src/openvpn/tls/byte_queue.c src/openvpn/tls/byte_queue.h \
	src/openvpn/tls/fingerprint.c src/openvpn/tls/fingerprint.h \
	src/openvpn/tls/openssl_chain_cache.c src/openvpn/tls/openssl_chain_cache.h \
	src/openvpn/tls/openssl_ciphers.c \
	src/openvpn/tls/openssl_conn.c \
	src/openvpn/tls/openssl_crl.c \
	src/openvpn/tls/openssl_ctx.c \
	src/openvpn/tls/openssl_lean.h \
	src/openvpn/tls/openssl_lean_ec.c \
	src/openvpn/tls/openssl_lean_kdf.c \
	src/openvpn/tls/openssl_load.c \
	src/openvpn/tls/openssl_provider.c \
	src/openvpn/tls/openssl_tls.h \
	src/openvpn/tls/openssl_x509.c src/openvpn/tls/openssl_x509.h \
	src/openvpn/tls/openssl_x509_env.c \
	src/openvpn/tls/openssl_x509_usage.c \
	src/openvpn/tls/tls.h \
	src/openvpn/tls/verify.c src/openvpn/tls/verify.h \
	src/openvpn/tls/verify_leaf.c src/openvpn/tls/verify_leaf.h \
	src/openvpn/tls/x509.h
