# SPDX-License-Identifier: GPL-2.0-only
# connection
CONNECTION_TESTS = test_daemon_remote_list test_daemon_data_setup test_daemon_data_slots \
	test_daemon_key_renewal \
	test_daemon_link test_daemon_port_share
check_PROGRAMS += $(CONNECTION_TESTS)
TESTS += $(CONNECTION_TESTS)
test_daemon_remote_list_SOURCES = tests/unit_tests/test_daemon_remote_list.c
test_daemon_remote_list_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_remote_list_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)
test_daemon_link_SOURCES = tests/unit_tests/test_daemon_link.c
test_daemon_link_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_link_LDADD = $(OPENVPN_LAYERS) $(OPENVPN_LIBS) $(CMOCKA_LIBS)
test_daemon_port_share_SOURCES = tests/unit_tests/test_daemon_port_share.c
test_daemon_port_share_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_port_share_LDADD = libdaemon.a libnet.a libbase.a $(CMOCKA_LIBS)
test_daemon_key_renewal_SOURCES = tests/unit_tests/test_daemon_key_renewal.c
test_daemon_key_renewal_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_key_renewal_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)
test_daemon_data_setup_SOURCES = tests/unit_tests/test_daemon_data_setup.c
test_daemon_data_setup_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_data_setup_LDADD = libdaemon.a libproto.a libdata.a libovpntls.a libovpncrypto.a libconfig.a libbase.a $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS) $(CMOCKA_LIBS)
test_daemon_data_slots_SOURCES = tests/unit_tests/test_daemon_data_slots.c
test_daemon_data_slots_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_data_slots_LDADD = libdaemon.a libbase.a $(CMOCKA_LIBS)

# around the connection
DAEMON_SUPPORT_TESTS = test_daemon_signals \
	test_daemon_backend_choice \
	test_daemon_commands \
	test_daemon_credentials \
	test_daemon_dns \
	test_daemon_dns_runner \
	test_daemon_drop_watch \
	test_daemon_environment \
	test_daemon_process_setup \
	test_daemon_prompt \
	test_daemon_script \
	test_daemon_status \
	test_daemon_temp_file \
	test_daemon_user_pass
check_PROGRAMS += $(DAEMON_SUPPORT_TESTS)
TESTS += $(DAEMON_SUPPORT_TESTS)
DAEMON_SUPPORT_LIBS = libdaemon.a libdco.a libengine.a libnet.a libproto.a libdata.a libconfig.a libovpntls.a libovpncrypto.a libbase.a \
	$(OPENSSL_LIBS) $(LIBUV_LIBS) $(LIBCAPNG_LIBS) $(LIBNL_LIBS) $(LIBSYSTEMD_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS) $(CMOCKA_LIBS)
test_daemon_signals_SOURCES = tests/unit_tests/test_daemon_signals.c tests/unit_tests/daemon_test.h
test_daemon_signals_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_signals_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_backend_choice_SOURCES = tests/unit_tests/test_daemon_backend_choice.c tests/unit_tests/daemon_test.h
test_daemon_backend_choice_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_backend_choice_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_commands_SOURCES = tests/unit_tests/test_daemon_commands.c tests/unit_tests/daemon_test.h
test_daemon_commands_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_commands_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_credentials_SOURCES = tests/unit_tests/test_daemon_credentials.c tests/unit_tests/daemon_test.h
test_daemon_credentials_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_credentials_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_dns_SOURCES = tests/unit_tests/test_daemon_dns.c tests/unit_tests/daemon_test.h
test_daemon_dns_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_dns_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_drop_watch_SOURCES = tests/unit_tests/test_daemon_drop_watch.c tests/unit_tests/daemon_test.h
test_daemon_drop_watch_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_drop_watch_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_dns_runner_SOURCES = tests/unit_tests/test_daemon_dns_runner.c tests/unit_tests/daemon_test.h
test_daemon_dns_runner_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_dns_runner_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_environment_SOURCES = tests/unit_tests/test_daemon_environment.c tests/unit_tests/daemon_test.h
test_daemon_environment_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_environment_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_process_setup_SOURCES = tests/unit_tests/test_daemon_process_setup.c tests/unit_tests/daemon_test.h
test_daemon_process_setup_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_process_setup_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_prompt_SOURCES = tests/unit_tests/test_daemon_prompt.c tests/unit_tests/daemon_test.h
test_daemon_prompt_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_prompt_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_script_SOURCES = tests/unit_tests/test_daemon_script.c tests/unit_tests/daemon_test.h
test_daemon_script_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_script_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_status_SOURCES = tests/unit_tests/test_daemon_status.c tests/unit_tests/daemon_test.h
test_daemon_status_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_status_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_temp_file_SOURCES = tests/unit_tests/test_daemon_temp_file.c tests/unit_tests/daemon_test.h
test_daemon_temp_file_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_temp_file_LDADD = $(DAEMON_SUPPORT_LIBS)
test_daemon_user_pass_SOURCES = tests/unit_tests/test_daemon_user_pass.c tests/unit_tests/daemon_test.h
test_daemon_user_pass_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_user_pass_LDADD = $(DAEMON_SUPPORT_LIBS)

# server
SERVER_TESTS = test_daemon_auth_files test_daemon_client_table test_daemon_connect_phase \
	test_daemon_address_pool test_daemon_status_server test_daemon_script_queue
check_PROGRAMS += $(SERVER_TESTS)
TESTS += $(SERVER_TESTS)
SERVER_TEST_LIBS = libdaemon.a libbase.a $(LIBUV_LIBS) $(CMOCKA_LIBS)
test_daemon_auth_files_SOURCES = tests/unit_tests/test_daemon_auth_files.c
test_daemon_auth_files_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_auth_files_LDADD = $(SERVER_TEST_LIBS)
test_daemon_client_table_SOURCES = tests/unit_tests/test_daemon_client_table.c
test_daemon_client_table_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_client_table_LDADD = $(SERVER_TEST_LIBS)
test_daemon_connect_phase_SOURCES = tests/unit_tests/test_daemon_connect_phase.c
test_daemon_connect_phase_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_connect_phase_LDADD = $(SERVER_TEST_LIBS)
test_daemon_address_pool_SOURCES = tests/unit_tests/test_daemon_address_pool.c
test_daemon_address_pool_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_address_pool_LDADD = $(SERVER_TEST_LIBS)
test_daemon_status_server_SOURCES = tests/unit_tests/test_daemon_status_server.c
test_daemon_status_server_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_status_server_LDADD = $(SERVER_TEST_LIBS)
test_daemon_script_queue_SOURCES = tests/unit_tests/test_daemon_script_queue.c tests/unit_tests/daemon_test.h
test_daemon_script_queue_CPPFLAGS = $(UNIT_CPPFLAGS)
test_daemon_script_queue_LDADD = libdaemon.a libnet.a libconfig.a libovpncrypto.a libbase.a \
	$(OPENSSL_LIBS) $(LIBUV_LIBS) $(LIBCAPNG_LIBS) $(LIBNL_LIBS) $(CMOCKA_LIBS)
