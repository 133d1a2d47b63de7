# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets (configure CC=clang --enable-fuzzers): one program fuzz_NAME per parser, from
# tests/fuzz/fuzz_NAME.c, linked with $(FUZZ_LDFLAGS). Inputs worth keeping go to
# tests/fuzz/corpus/fuzz_NAME/. tests/fuzz/run.sh BUILDDIR runs them all.
EXTRA_DIST += tests/fuzz/run.sh
if ENABLE_FUZZERS
FUZZ_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += fuzz_data_packet
fuzz_data_packet_SOURCES = tests/fuzz/fuzz_data_packet.c
fuzz_data_packet_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_data_packet_LDADD = libdata.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)
endif

# negotiation and control messages
EXTRA_DIST += \
	tests/fuzz/corpus/fuzz_peer_info \
	tests/fuzz/corpus/fuzz_occ \
	tests/fuzz/corpus/fuzz_push \
	tests/fuzz/corpus/fuzz_control_msg \
	tests/fuzz/corpus/fuzz_auth_token
if ENABLE_FUZZERS
FUZZ_NEGOTIATION_LDADD = libproto.a libovpncrypto.a libbase.a $(OPENSSL_LIBS)
noinst_PROGRAMS += fuzz_peer_info
fuzz_peer_info_SOURCES = tests/fuzz/fuzz_peer_info.c
fuzz_peer_info_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_peer_info_LDADD = $(FUZZ_NEGOTIATION_LDADD)
noinst_PROGRAMS += fuzz_occ
fuzz_occ_SOURCES = tests/fuzz/fuzz_occ.c
fuzz_occ_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_occ_LDADD = $(FUZZ_NEGOTIATION_LDADD)
noinst_PROGRAMS += fuzz_push
fuzz_push_SOURCES = tests/fuzz/fuzz_push.c
fuzz_push_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_push_LDADD = $(FUZZ_NEGOTIATION_LDADD)
noinst_PROGRAMS += fuzz_control_msg
fuzz_control_msg_SOURCES = tests/fuzz/fuzz_control_msg.c
fuzz_control_msg_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_control_msg_LDADD = $(FUZZ_NEGOTIATION_LDADD)
noinst_PROGRAMS += fuzz_auth_token
fuzz_auth_token_SOURCES = tests/fuzz/fuzz_auth_token.c
fuzz_auth_token_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_auth_token_LDADD = $(FUZZ_NEGOTIATION_LDADD)
endif

# keys and certificates
EXTRA_DIST += \
	tests/fuzz/corpus/fuzz_static_key \
	tests/fuzz/corpus/fuzz_key_file \
	tests/fuzz/corpus/fuzz_wkc \
	tests/fuzz/corpus/fuzz_x509
if ENABLE_FUZZERS
FUZZ_CRYPTO_LDADD = libovpncrypto.a libbase.a $(OPENSSL_LIBS)
noinst_PROGRAMS += fuzz_static_key
fuzz_static_key_SOURCES = tests/fuzz/fuzz_static_key.c
fuzz_static_key_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_static_key_LDADD = $(FUZZ_CRYPTO_LDADD)
noinst_PROGRAMS += fuzz_key_file
fuzz_key_file_SOURCES = tests/fuzz/fuzz_key_file.c
fuzz_key_file_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_key_file_LDADD = $(FUZZ_CRYPTO_LDADD)
noinst_PROGRAMS += fuzz_wkc
fuzz_wkc_SOURCES = tests/fuzz/fuzz_wkc.c
fuzz_wkc_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_wkc_LDADD = $(FUZZ_CRYPTO_LDADD)
noinst_PROGRAMS += fuzz_x509
fuzz_x509_SOURCES = tests/fuzz/fuzz_x509.c
fuzz_x509_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_x509_LDADD = libovpntls.a $(FUZZ_CRYPTO_LDADD)
endif

# routes
EXTRA_DIST += \
	tests/fuzz/corpus/fuzz_route_journal \
	tests/fuzz/corpus/fuzz_route_option
if ENABLE_FUZZERS
FUZZ_NET_LDADD = libnet.a libbase.a $(LIBNL_LIBS) $(LIBUV_LIBS)
noinst_PROGRAMS += fuzz_route_journal
fuzz_route_journal_SOURCES = tests/fuzz/fuzz_route_journal.c
fuzz_route_journal_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_route_journal_LDADD = $(FUZZ_NET_LDADD)
noinst_PROGRAMS += fuzz_route_option
fuzz_route_option_SOURCES = tests/fuzz/fuzz_route_option.c
fuzz_route_option_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_route_option_LDADD = $(FUZZ_NET_LDADD)
endif

# configuration files and pushed options
EXTRA_DIST += tests/fuzz/corpus/fuzz_config tests/fuzz/corpus/fuzz_config_push
if ENABLE_FUZZERS
noinst_PROGRAMS += fuzz_config fuzz_config_push
fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
fuzz_config_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_config_LDADD = libconfig.a libbase.a
fuzz_config_push_SOURCES = tests/fuzz/fuzz_config_push.c
fuzz_config_push_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_config_push_LDADD = libconfig.a libbase.a
endif

# the session: packets, wraps, key method
EXTRA_DIST += \
	tests/fuzz/corpus/fuzz_control_packet \
	tests/fuzz/corpus/fuzz_key_method \
	tests/fuzz/corpus/fuzz_session \
	tests/fuzz/corpus/fuzz_stateless \
	tests/fuzz/corpus/fuzz_wrap
if ENABLE_FUZZERS
FUZZ_SESSION_LDADD = libproto.a libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS)
noinst_PROGRAMS += fuzz_control_packet fuzz_key_method fuzz_session fuzz_stateless fuzz_wrap
fuzz_control_packet_SOURCES = tests/fuzz/fuzz_control_packet.c
fuzz_control_packet_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_control_packet_LDADD = $(FUZZ_SESSION_LDADD)
fuzz_key_method_SOURCES = tests/fuzz/fuzz_key_method.c
fuzz_key_method_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_key_method_LDADD = $(FUZZ_SESSION_LDADD)
fuzz_session_SOURCES = tests/fuzz/fuzz_session.c
fuzz_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
fuzz_session_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_session_LDADD = $(FUZZ_SESSION_LDADD)
fuzz_stateless_SOURCES = tests/fuzz/fuzz_stateless.c
fuzz_stateless_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_stateless_LDADD = $(FUZZ_SESSION_LDADD)
fuzz_wrap_SOURCES = tests/fuzz/fuzz_wrap.c
fuzz_wrap_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_wrap_LDADD = $(FUZZ_SESSION_LDADD)
endif

# files of a server
EXTRA_DIST += tests/fuzz/corpus/fuzz_server_files
if ENABLE_FUZZERS
noinst_PROGRAMS += fuzz_server_files
fuzz_server_files_SOURCES = tests/fuzz/fuzz_server_files.c
fuzz_server_files_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_server_files_LDADD = libdaemon.a libbase.a $(LIBUV_LIBS)
endif

# drivers of the kernel
EXTRA_DIST += tests/fuzz/corpus/fuzz_dco_netlink tests/fuzz/corpus/fuzz_netlink_answer
if ENABLE_FUZZERS
noinst_PROGRAMS += fuzz_netlink_answer
fuzz_netlink_answer_SOURCES = tests/fuzz/fuzz_netlink_answer.c tests/unit_tests/netlink_answers.c \
	tests/unit_tests/netlink_answers.h
fuzz_netlink_answer_CPPFLAGS = $(AM_CPPFLAGS) $(LIBNL_CFLAGS) -I$(top_srcdir)/tests/unit_tests
fuzz_netlink_answer_LDFLAGS = $(FUZZ_LDFLAGS) -Wl,--wrap=nl_connect
fuzz_netlink_answer_LDADD = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)
noinst_PROGRAMS += fuzz_dco_netlink
fuzz_dco_netlink_SOURCES = tests/fuzz/fuzz_dco_netlink.c
fuzz_dco_netlink_CPPFLAGS = $(AM_CPPFLAGS) $(LIBNL_CFLAGS)
fuzz_dco_netlink_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_dco_netlink_LDADD = libdco.a libengine.a libnet.a libdata.a libovpncrypto.a libconfig.a libbase.a \
	$(LIBNL_LIBS) $(OPENSSL_LIBS) $(LIBLZ4_LIBS) $(LZO_LIBS)
endif

# frames out of an Ethernet tunnel
EXTRA_DIST += tests/fuzz/corpus/fuzz_dhcp
if ENABLE_FUZZERS
noinst_PROGRAMS += fuzz_dhcp
fuzz_dhcp_SOURCES = tests/fuzz/fuzz_dhcp.c
fuzz_dhcp_LDFLAGS = $(FUZZ_LDFLAGS)
fuzz_dhcp_LDADD = libengine.a libbase.a
endif
