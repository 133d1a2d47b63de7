# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libovpncrypto.a
# no call that OpenSSL 3 deprecates
libovpncrypto_a_CPPFLAGS = $(AM_CPPFLAGS) -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED
libovpncrypto_a_SOURCES = \
	src/openvpn/crypto/backend.h \
	src/openvpn/crypto/cipher.c src/openvpn/crypto/cipher.h \
	src/openvpn/crypto/ctr.h \
	src/openvpn/crypto/digest.c src/openvpn/crypto/digest.h \
	src/openvpn/crypto/genkey.c src/openvpn/crypto/genkey.h \
	src/openvpn/crypto/kdf.c src/openvpn/crypto/kdf.h \
	src/openvpn/crypto/key_file.c src/openvpn/crypto/key_file.h \
	src/openvpn/crypto/library.h \
	src/openvpn/crypto/openssl.h \
	src/openvpn/crypto/openssl_cipher.c \
	src/openvpn/crypto/openssl_digest.c \
	src/openvpn/crypto/openssl_kdf.c \
	src/openvpn/crypto/openssl_library.c \
	src/openvpn/crypto/show.c src/openvpn/crypto/show.h \
	src/openvpn/crypto/source.c src/openvpn/crypto/source.h \
	src/openvpn/crypto/static_key.c src/openvpn/crypto/static_key.h
