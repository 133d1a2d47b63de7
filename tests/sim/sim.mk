# SPDX-License-Identifier: GPL-2.0-only
# The simulator: clients and a server over a virtual network. `make check` runs the named scenarios and
# some hundred seeds, `make check-sim` ten thousand.
SIM_SOURCES = \
	tests/sim/certs.h \
	tests/sim/sim.h tests/sim/sim_internal.h \
	tests/sim/sim_net.c tests/sim/sim_node.c tests/sim/sim_scenario.c tests/sim/sim_world.c
check_PROGRAMS += sim
TESTS += sim
sim_SOURCES = tests/sim/sim_main.c $(SIM_SOURCES)
sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
sim_LDADD = libproto.a libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS)

.PHONY: check-sim
check-sim: sim
	./sim --seeds 1-5000 & a=$$!; ./sim --seeds 5001-10000; b=$$?; wait $$a && exit $$b
