# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/bench/throughput tests/bench/server-scale tests/bench/many-clients \
	tests/bench/packet-cost \
	tests/bench/instruction-clock tests/bench/instruction_clock_guest.sh
EXTRA_PROGRAMS += bench_data
bench_data_SOURCES = tests/bench/bench_data.c
bench_data_LDADD = libdata.a libovpncrypto.a libbase.a $(OPENSSL_LIBS)
EXTRA_DIST += tests/bench/engine
EXTRA_PROGRAMS += bench_engine
bench_engine_SOURCES = tests/bench/bench_engine.c
bench_engine_LDADD = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)

# Thousands of client sessions in one process; see the file for its options.
EXTRA_PROGRAMS += load_client
load_client_SOURCES = tests/bench/load_client.c tests/bench/load_traffic.c \
	tests/bench/load_client.h tests/bench/raw_burst.c tests/bench/raw_burst.h
load_client_LDADD = libengine.a libproto.a libdata.a libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS)

# Packets for all clients of a server, for packet-cost.
EXTRA_PROGRAMS += burst_source
burst_source_SOURCES = tests/bench/burst_source.c tests/bench/raw_burst.c tests/bench/raw_burst.h
burst_source_LDADD = libengine.a libbase.a

# What TLS alone takes of a server's handshake, for server-scale.
EXTRA_PROGRAMS += tls_floor
tls_floor_SOURCES = tests/bench/tls_floor.c
tls_floor_LDADD = $(OPENSSL_LIBS)
