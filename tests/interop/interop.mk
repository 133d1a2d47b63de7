# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/interop/run.sh tests/interop/lib.sh tests/interop/openvpn3 tests/interop/cases
