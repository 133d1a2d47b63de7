# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES =

# the session: packets, wraps, reliability, keys
libproto_a_SOURCES += \
	src/openvpn/proto/constants.h \
	src/openvpn/proto/cookie.c src/openvpn/proto/cookie.h \
	src/openvpn/proto/key_method.c src/openvpn/proto/key_method.h \
	src/openvpn/proto/packet.c src/openvpn/proto/packet.h \
	src/openvpn/proto/reliable.c src/openvpn/proto/reliable.h \
	src/openvpn/proto/replay_id.c src/openvpn/proto/replay_id.h \
	src/openvpn/proto/session.c src/openvpn/proto/session.h src/openvpn/proto/session_impl.h \
	src/openvpn/proto/session_control.c \
	src/openvpn/proto/session_data.c \
	src/openvpn/proto/session_event.c \
	src/openvpn/proto/session_key.c \
	src/openvpn/proto/session_route.c \
	src/openvpn/proto/session_send.c \
	src/openvpn/proto/siphash.c src/openvpn/proto/siphash.h \
	src/openvpn/proto/stateless.c src/openvpn/proto/stateless.h \
	src/openvpn/proto/wrap.c src/openvpn/proto/wrap.h \
	src/openvpn/proto/wrap_auth.c \
	src/openvpn/proto/wrap_crypt.c \
	src/openvpn/proto/wrap_key.h \
	src/openvpn/proto/wrap_wkc.c

# negotiation and control messages
libproto_a_SOURCES += \
	src/openvpn/proto/auth_failed.c \
	src/openvpn/proto/auth_token.c src/openvpn/proto/auth_token.h \
	src/openvpn/proto/control_msg.c src/openvpn/proto/control_msg.h \
	src/openvpn/proto/iv_proto.h \
	src/openvpn/proto/ncp.c src/openvpn/proto/ncp.h \
	src/openvpn/proto/negotiated.h \
	src/openvpn/proto/occ.c src/openvpn/proto/occ.h \
	src/openvpn/proto/peer_info.c src/openvpn/proto/peer_info.h \
	src/openvpn/proto/push.c src/openvpn/proto/push.h \
	src/openvpn/proto/push_list.c
