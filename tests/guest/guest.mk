# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/guest/lib.sh tests/guest/run.sh tests/guest/guest.sh tests/guest/matrix tests/guest/matrix.sh
EXTRA_DIST += tests/guest/cases

# what tests/guest/run.sh takes along besides the program itself
guest-programs: test_dco_conformance test_dco_multi load_client dump_peers disturb
.PHONY: guest-programs

EXTRA_PROGRAMS += dump_peers disturb
dump_peers_SOURCES = tests/guest/dump_peers.c
dump_peers_LDADD = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)
disturb_SOURCES = tests/guest/disturb.c
disturb_LDADD = $(dump_peers_LDADD)
