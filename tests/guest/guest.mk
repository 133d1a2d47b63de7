# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/guest/lib.sh tests/guest/run.sh tests/guest/guest.sh tests/guest/matrix tests/guest/matrix.sh
EXTRA_DIST += tests/guest/cases/client.sh
EXTRA_DIST += tests/guest/cases/conformance.sh
EXTRA_DIST += tests/guest/cases/devices.sh
EXTRA_DIST += tests/guest/cases/load.sh
EXTRA_DIST += tests/guest/cases/moves.sh
EXTRA_DIST += tests/guest/cases/multihome.sh
EXTRA_DIST += tests/guest/cases/offload.sh
EXTRA_DIST += tests/guest/cases/options.sh
EXTRA_DIST += tests/guest/cases/p2p.sh
EXTRA_DIST += tests/guest/cases/peers.sh
EXTRA_DIST += tests/guest/cases/privileges.sh
EXTRA_DIST += tests/guest/cases/server.sh
EXTRA_DIST += tests/guest/cases/surroundings.sh

# what tests/guest/run.sh takes along besides the program itself
guest-programs: test_dco_conformance test_dco_multi load_client dump_peers
.PHONY: guest-programs

EXTRA_PROGRAMS += dump_peers
dump_peers_SOURCES = tests/guest/dump_peers.c
dump_peers_LDADD = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)
