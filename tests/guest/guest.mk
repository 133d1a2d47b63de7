# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/guest/lib.sh tests/guest/run.sh tests/guest/guest.sh \
	tests/guest/cases/client.sh tests/guest/cases/server.sh \
	tests/guest/cases/privileges.sh
