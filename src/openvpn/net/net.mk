# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/openvpn/net/gateway.c src/openvpn/net/gateway.h \
	src/openvpn/net/iface.h src/openvpn/net/iface_linux.c \
	src/openvpn/net/netlink.h src/openvpn/net/netlink_linux.c src/openvpn/net/netlink_linux.h \
	src/openvpn/net/notify.h \
	src/openvpn/net/privilege.h src/openvpn/net/privilege_linux.c \
	src/openvpn/net/process.h src/openvpn/net/process_argv.c src/openvpn/net/process_linux.c \
	src/openvpn/net/prompt.h src/openvpn/net/prompt_linux.c \
	src/openvpn/net/redirect.c src/openvpn/net/redirect.h \
	src/openvpn/net/resolve.c src/openvpn/net/resolve.h \
	src/openvpn/net/route.h src/openvpn/net/route_linux.c \
	src/openvpn/net/route_journal.c src/openvpn/net/route_journal.h \
	src/openvpn/net/route_journal_linux.c \
	src/openvpn/net/route_list.c src/openvpn/net/route_list.h \
	src/openvpn/net/route_option.c src/openvpn/net/route_option.h \
	src/openvpn/net/route_set.c src/openvpn/net/route_set.h \
	src/openvpn/net/socket.h src/openvpn/net/socket_errors_linux.c \
	src/openvpn/net/socket_linux.c \
	src/openvpn/net/tcp_queue.c src/openvpn/net/tcp_queue.h \
	src/openvpn/net/tcp_record.c src/openvpn/net/tcp_record.h \
	src/openvpn/net/tun.h src/openvpn/net/tun_linux.c
if HAVE_SYSTEMD
libnet_a_SOURCES += src/openvpn/net/notify_systemd.c
else
libnet_a_SOURCES += src/openvpn/net/notify_none.c
endif
