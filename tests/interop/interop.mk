# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/interop/run.sh tests/interop/lib.sh tests/interop/openvpn3 tests/interop/scripted-peer tests/interop/status-reader \
	tests/interop/cases
# The daemon over a driver of offload which fails when a case says so.
if ENABLE_DCO
check_PROGRAMS += openvpn_fake_kernel
openvpn_fake_kernel_SOURCES = tests/interop/fake_kernel.c
openvpn_fake_kernel_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=dco_backends
openvpn_fake_kernel_LDADD = $(OPENVPN_LAYERS) $(OPENVPN_LIBS)
endif
