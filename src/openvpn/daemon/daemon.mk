# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES =

# connection: transport, remotes, client
libdaemon_a_SOURCES += \
	src/openvpn/daemon/link.c src/openvpn/daemon/link.h \
	src/openvpn/daemon/remote_list.c src/openvpn/daemon/remote_list.h

# around the connection: commands, credentials, scripts, DNS, process, signals
libdaemon_a_SOURCES += \
	src/openvpn/daemon/signals.c src/openvpn/daemon/signals.h
