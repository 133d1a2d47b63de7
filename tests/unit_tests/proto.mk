# SPDX-License-Identifier: GPL-2.0-only

# the session: packets, wraps, reliability, keys
SESSION_TESTS = test_packet test_reliable test_replay_id test_wrap test_key_method test_stateless test_session test_session_hostile test_session_input
check_PROGRAMS += $(SESSION_TESTS)
TESTS += $(SESSION_TESTS)
SESSION_PAIR = tests/unit_tests/session_pair.c tests/unit_tests/session_pair.h tests/sim/certs.h
SESSION_LDADD = libproto.a libovpntls.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
test_packet_SOURCES = tests/unit_tests/test_packet.c
test_packet_CPPFLAGS = $(UNIT_CPPFLAGS)
test_packet_LDADD = $(SESSION_LDADD)
test_reliable_SOURCES = tests/unit_tests/test_reliable.c
test_reliable_CPPFLAGS = $(UNIT_CPPFLAGS)
test_reliable_LDADD = $(SESSION_LDADD)
test_replay_id_SOURCES = tests/unit_tests/test_replay_id.c
test_replay_id_CPPFLAGS = $(UNIT_CPPFLAGS)
test_replay_id_LDADD = $(SESSION_LDADD)
test_wrap_SOURCES = tests/unit_tests/test_wrap.c
test_wrap_CPPFLAGS = $(UNIT_CPPFLAGS)
test_wrap_LDADD = $(SESSION_LDADD)
test_key_method_SOURCES = tests/unit_tests/test_key_method.c
test_key_method_CPPFLAGS = $(UNIT_CPPFLAGS)
test_key_method_LDADD = $(SESSION_LDADD)
test_stateless_SOURCES = tests/unit_tests/test_stateless.c
test_stateless_CPPFLAGS = $(UNIT_CPPFLAGS)
test_stateless_LDADD = $(SESSION_LDADD)
test_session_SOURCES = tests/unit_tests/test_session.c $(SESSION_PAIR)
test_session_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/sim
test_session_LDADD = $(SESSION_LDADD)
test_session_hostile_SOURCES = tests/unit_tests/test_session_hostile.c $(SESSION_PAIR)
test_session_hostile_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/sim
test_session_hostile_LDADD = $(SESSION_LDADD)
test_session_input_SOURCES = tests/unit_tests/test_session_input.c $(SESSION_PAIR)
test_session_input_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/sim
test_session_input_LDADD = $(SESSION_LDADD)

# negotiation and control messages
NEGOTIATION_TESTS = test_proto_peer_info test_proto_ncp test_proto_occ test_proto_push \
	test_proto_control_msg test_proto_auth_token
check_PROGRAMS += $(NEGOTIATION_TESTS)
TESTS += $(NEGOTIATION_TESTS)
NEGOTIATION_LDADD = libproto.a libovpncrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
test_proto_peer_info_SOURCES = tests/unit_tests/test_proto_peer_info.c
test_proto_peer_info_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_peer_info_LDADD = $(NEGOTIATION_LDADD)
test_proto_ncp_SOURCES = tests/unit_tests/test_proto_ncp.c
test_proto_ncp_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_ncp_LDADD = $(NEGOTIATION_LDADD)
test_proto_occ_SOURCES = tests/unit_tests/test_proto_occ.c
test_proto_occ_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_occ_LDADD = $(NEGOTIATION_LDADD)
test_proto_push_SOURCES = tests/unit_tests/test_proto_push.c
test_proto_push_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_push_LDADD = $(NEGOTIATION_LDADD)
test_proto_control_msg_SOURCES = tests/unit_tests/test_proto_control_msg.c
test_proto_control_msg_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_control_msg_LDADD = $(NEGOTIATION_LDADD)
test_proto_auth_token_SOURCES = tests/unit_tests/test_proto_auth_token.c
test_proto_auth_token_CPPFLAGS = $(UNIT_CPPFLAGS)
test_proto_auth_token_LDADD = $(NEGOTIATION_LDADD)
