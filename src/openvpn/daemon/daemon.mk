# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES =

# connection: transport, remotes, client
libdaemon_a_SOURCES += \
	src/openvpn/daemon/app.c src/openvpn/daemon/app.h \
	src/openvpn/daemon/client.c src/openvpn/daemon/client.h \
	src/openvpn/daemon/client_connect.c \
	src/openvpn/daemon/client_data.c \
	src/openvpn/daemon/client_hear.c \
	src/openvpn/daemon/client_internal.h \
	src/openvpn/daemon/client_listen.c \
	src/openvpn/daemon/client_push.c \
	src/openvpn/daemon/client_session.c \
	src/openvpn/daemon/client_tunnel.c \
	src/openvpn/daemon/data_install.c \
	src/openvpn/daemon/data_setup.c src/openvpn/daemon/data_setup.h \
	src/openvpn/daemon/data_slots.c src/openvpn/daemon/data_slots.h \
	src/openvpn/daemon/key_renewal.c src/openvpn/daemon/key_renewal.h \
	src/openvpn/daemon/link.c src/openvpn/daemon/link.h \
	src/openvpn/daemon/negotiation_setup.c src/openvpn/daemon/negotiation_setup.h \
	src/openvpn/daemon/poll.c src/openvpn/daemon/poll.h \
	src/openvpn/daemon/port_share.c src/openvpn/daemon/port_share.h \
	src/openvpn/daemon/remote_list.c src/openvpn/daemon/remote_list.h \
	src/openvpn/daemon/socket_setup.c src/openvpn/daemon/socket_setup.h \
	src/openvpn/daemon/tls_setup.c src/openvpn/daemon/tls_setup.h \
	src/openvpn/daemon/tunnel.c src/openvpn/daemon/tunnel.h \
	src/openvpn/daemon/tunnel_setup.c src/openvpn/daemon/tunnel_setup.h

# around the connection: commands, credentials, scripts, DNS, process, signals
libdaemon_a_SOURCES += \
	src/openvpn/daemon/backend_choice.c src/openvpn/daemon/backend_choice.h \
	src/openvpn/daemon/commands.c src/openvpn/daemon/commands.h \
	src/openvpn/daemon/credentials.c src/openvpn/daemon/credentials.h \
	src/openvpn/daemon/dns.c src/openvpn/daemon/dns.h \
	src/openvpn/daemon/dns_runner.c \
	src/openvpn/daemon/drop_watch.c src/openvpn/daemon/drop_watch.h \
	src/openvpn/daemon/environment.c src/openvpn/daemon/environment.h \
	src/openvpn/daemon/process_setup.c src/openvpn/daemon/process_setup.h \
	src/openvpn/daemon/prompter.c src/openvpn/daemon/prompter.h \
	src/openvpn/daemon/script.c src/openvpn/daemon/script.h \
	src/openvpn/daemon/self_test.c \
	src/openvpn/daemon/show_gateway.c src/openvpn/daemon/show_gateway.h \
	src/openvpn/daemon/signals.c src/openvpn/daemon/signals.h \
	src/openvpn/daemon/status_client.c src/openvpn/daemon/status_client.h \
	src/openvpn/daemon/status_file.c src/openvpn/daemon/status_file.h \
	src/openvpn/daemon/temp_file.c src/openvpn/daemon/temp_file.h \
	src/openvpn/daemon/user_pass.c src/openvpn/daemon/user_pass.h \
	src/openvpn/daemon/version.c

# server: clients, their addresses and their way in
libdaemon_a_SOURCES += \
	src/openvpn/daemon/auth_files.c src/openvpn/daemon/auth_files.h \
	src/openvpn/daemon/client_table.c src/openvpn/daemon/client_table.h \
	src/openvpn/daemon/connect_phase.c src/openvpn/daemon/connect_phase.h \
	src/openvpn/daemon/learn_table.c src/openvpn/daemon/learn_table.h \
	src/openvpn/daemon/address_pool.c src/openvpn/daemon/address_pool.h \
	src/openvpn/daemon/script_queue.c src/openvpn/daemon/script_queue.h \
	src/openvpn/daemon/server.c src/openvpn/daemon/server.h \
	src/openvpn/daemon/server_address.c \
	src/openvpn/daemon/server_auth.c \
	src/openvpn/daemon/server_client_key.c \
	src/openvpn/daemon/server_connect.c \
	src/openvpn/daemon/server_data.c \
	src/openvpn/daemon/server_internal.h \
	src/openvpn/daemon/server_learn.c \
	src/openvpn/daemon/server_move.c \
	src/openvpn/daemon/server_listen.c \
	src/openvpn/daemon/server_peer.c \
	src/openvpn/daemon/server_pool.c \
	src/openvpn/daemon/server_share.c \
	src/openvpn/daemon/server_status.c \
	src/openvpn/daemon/server_push.c \
	src/openvpn/daemon/server_verify.c \
	src/openvpn/daemon/status_server.c src/openvpn/daemon/status_server.h
