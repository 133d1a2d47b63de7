# SPDX-License-Identifier: GPL-2.0-only
# Layers from the top down: each may use only those after it.
OPENVPN_LAYERS = libdaemon.a libdco.a libengine.a libnet.a libproto.a libdata.a libovpntls.a libovpncrypto.a libconfig.a libbase.a
# What the layers need from outside.
OPENVPN_LIBS = $(OPENSSL_LIBS) $(LIBUV_LIBS) $(LIBURCU_LIBS) $(LIBCAPNG_LIBS) \
	$(LIBLZ4_LIBS) $(LZO_LIBS) $(LIBNL_LIBS) $(LIBSYSTEMD_LIBS)
sbin_PROGRAMS += openvpn
openvpn_SOURCES = src/openvpn/main.c
openvpn_LDADD = $(OPENVPN_LAYERS) $(OPENVPN_LIBS)
