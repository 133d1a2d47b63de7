# SPDX-License-Identifier: GPL-2.0-only
# One test program per source file, linked against the layer's library (and those below it).
EXTRA_DIST += tests/unit_tests/test.h
if HAVE_CMOCKA
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests/unit_tests
include tests/unit_tests/base.mk
include tests/unit_tests/config.mk
include tests/unit_tests/crypto.mk
include tests/unit_tests/tls.mk
include tests/unit_tests/proto.mk
include tests/unit_tests/data.mk
include tests/unit_tests/net.mk
include tests/unit_tests/engine.mk
include tests/unit_tests/daemon.mk
endif
