# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/interop/run.sh tests/interop/lib.sh tests/interop/cases/auth.sh tests/interop/cases/compression.sh \
	tests/interop/cases/config.sh tests/interop/cases/environment.sh \
	tests/interop/cases/errors.sh tests/interop/cases/framing.sh tests/interop/cases/fragment.sh tests/interop/cases/host.sh \
	tests/interop/cases/keys.sh tests/interop/cases/legacy.sh tests/interop/cases/lifetime.sh tests/interop/cases/log.sh tests/interop/cases/offload.sh tests/interop/cases/p2p.sh \
	tests/interop/cases/p2p_peers.sh tests/interop/cases/process.sh tests/interop/cases/routes.sh \
	tests/interop/cases/server.sh tests/interop/cases/server_auth.sh \
	tests/interop/cases/server_life.sh tests/interop/cases/server_matrix.sh \
	tests/interop/cases/server_peers.sh tests/interop/cases/server_tap.sh tests/interop/cases/transport.sh
