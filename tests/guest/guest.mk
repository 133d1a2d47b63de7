# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/guest/lib.sh tests/guest/run.sh tests/guest/guest.sh tests/guest/matrix tests/guest/matrix.sh
EXTRA_DIST += tests/guest/cases/client.sh
EXTRA_DIST += tests/guest/cases/devices.sh
EXTRA_DIST += tests/guest/cases/moves.sh
EXTRA_DIST += tests/guest/cases/options.sh
EXTRA_DIST += tests/guest/cases/p2p.sh
EXTRA_DIST += tests/guest/cases/privileges.sh
EXTRA_DIST += tests/guest/cases/server.sh
EXTRA_DIST += tests/guest/cases/surroundings.sh
