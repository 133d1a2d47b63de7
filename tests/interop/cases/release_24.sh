# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# Release 2.4 (the oldest one that is served): it negotiates with IV_NCP=2 and IV_PROTO=2 only, between
# AES-256-GCM and AES-128-GCM, and has BF-CBC otherwise. Everything that the other side of 2.5
# knows in common is called here with 2.4.

# ---- the program under test as a client ------------------------------------------------------------
# connect_24 PROTO WRAP CIPHER OPTIONS-OF-SERVER OPTIONS-OF-CLIENT
connect_24()
{
	local remote=$SERVER4
	case $1 in *6) remote=$SERVER6 ;; esac
	server 2.4 <<-E
		proto ${1/tcp*/$1-server}
		$(wrap_of "$2" server)
		${4-}
	E
	client <<-E
		proto ${1/tcp*/$1-client}
		remote $remote 1194
		$(wrap_of "$2" client)
		${5-}
	E
	wait_log client "Data Channel: cipher '$3'"
	want_no_log client 'protocol-flags|aead-epoch'
	tunnel_ok
	ut_stop
}
case_add connect_24_udp4_none connect_24 udp4 none AES-256-GCM
case_add connect_24_tcp6_none connect_24 tcp6 none AES-128-GCM 'ncp-ciphers AES-128-GCM'
case_add connect_24_udp4_tls-auth connect_24 udp4 tls-auth AES-256-GCM 'auth SHA256' 'auth SHA256'
case_add connect_24_tcp6_tls-auth connect_24 tcp6 tls-auth AES-256-GCM
case_add connect_24_udp6_tls-crypt connect_24 udp6 tls-crypt AES-128-GCM 'ncp-ciphers AES-128-GCM:AES-256-GCM'
case_add connect_24_tcp4_tls-crypt connect_24 tcp4 tls-crypt AES-256-GCM
# a server which does not negotiate names its cipher in the options string: that has to be in the list
case_add connect_24_no_negotiation_cbc connect_24 udp4 none AES-256-CBC 'ncp-disable
cipher AES-256-CBC' 'data-ciphers AES-256-GCM:AES-256-CBC'
case_add connect_24_no_negotiation_gcm connect_24 udp4 none AES-256-GCM 'ncp-disable
cipher AES-256-GCM'
case_add connect_24_blowfish connect_24 udp4 none BF-CBC 'ncp-disable' 'data-ciphers DEFAULT:BF-CBC
providers legacy default'
connect_24_other_cipher()
{
	server 2.4 <<-E
		ncp-disable
		cipher AES-256-CBC
	E
	client_conf <<-E
		remote $SERVER4
		data-ciphers-fallback AES-256-CBC
	E
	ut --config "$DIR/client.conf"
	wait_log client "OPTIONS ERROR: failed to negotiate cipher with server.  Add the server's cipher \('AES-256-CBC'\) to --data-ciphers"
	wait_log client 'SIGUSR1\[soft,process-push-msg-failed\] received, process restarting'
	want_no_log client 'Initialization Sequence Completed'
	ut_stop
}
case_add connect_24_fallback_is_not_the_list__refused connect_24_other_cipher

case_add user_right_24 user_right 2.4
case_add compression_24_stub_v2 compression 2.4 "compress stub-v2" "compress stub-v2"
case_add compression_24_lzo_yes compression 2.4 $'comp-lzo yes\npush "comp-lzo yes"' "comp-lzo yes"
case_add compression_24_pushed_lz4 compression 2.4 $'compress lz4-v2\npush "compress lz4-v2"' "allow-compression yes"
case_add fragment_24 fragment 2.4 1300 "verb 4"
case_add reneg_by_server_udp_24 reneg 2.4 udp "reneg-sec 3" "reneg-sec 0" 4
case_add reneg_by_client_tcp_24 reneg 2.4 tcp-server "reneg-sec 0" "reneg-sec 3" 4
case_add server_killed_udp_24__reconnects server_killed 2.4 udp
case_add exit_notify_24 exit_notify 2.4
case_add float_24 float 2.4
case_add topology_subnet_24 addresses 2.4 subnet 'server-ipv6 fd00:8::/64'
case_add topology_net30_24 addresses 2.4 net30 ''
case_add routes_pushed_24 routes_pushed 2.4

# ---- the program under test as a server ------------------------------------------------------------
# srv_24 CIPHER REPLY OPTIONS-OF-SERVER OPTIONS-OF-CLIENT
srv_24()
{
	our_server <<<"${3-}"
	their_client 2.4 <<<"${4-}"
	want_log client "Outgoing Data Channel: Cipher '$1' initialized"
	want_log client "PUSH: Received control message: 'PUSH_REPLY,.*peer-id 0$2'"
	want_no_log server 'protocol-flags|aead-epoch'
	tunnel_ok
	their_client_stop
}
case_add srv_cipher_24 srv_24 AES-256-GCM ',cipher AES-256-GCM'
case_add srv_cipher_order_24 srv_24 AES-128-GCM ',cipher AES-128-GCM' 'data-ciphers CHACHA20-POLY1305:AES-128-GCM:AES-256-GCM'
case_add srv_no_negotiation_cbc_24 srv_24 AES-256-CBC '' 'data-ciphers AES-256-GCM:AES-256-CBC' 'ncp-disable
cipher AES-256-CBC'
case_add srv_no_negotiation_blowfish_24 srv_24 BF-CBC '' 'data-ciphers DEFAULT:BF-CBC
providers legacy default' 'ncp-disable'

srv_24_no_cipher()
{
	our_server <<<"data-ciphers AES-256-GCM"
	their_client_fails 2.4 'AUTH: Received control message: AUTH_FAILED' <<-E
		ncp-disable
		cipher AES-256-CBC
	E
	want_log server "SENT CONTROL \[client\]: 'AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)'"
	their_client_stop
}
case_add srv_no_common_cipher_24__refused srv_24_no_cipher

for wrap in none auth crypt; do
	case_add "srv_pair_24_udp4_$wrap" srv_pair 2.4 udp 4 $wrap
	case_add "srv_pair_24_tcp6_$wrap" srv_pair 2.4 tcp 6 $wrap
done
case_add srv_udp_24 srv_connects 2.4
case_add srv_tcp_24 srv_connects 2.4 tcp-server tcp-client
case_add srv_calls_24 srv_calls 2.4
case_add srv_token_24 srv_token 2.4
case_add srv_float_24 srv_float 2.4
case_add srv_tap_24 srv_tap 2.4
case_add srv_exit_notify_24 old_exit_notify 2.4
case_add srv_force_key_material_export_24__refused old_without_exporter 2.4

# ---- point to point ---------------------------------------------------------------------------------
case_add p2p_client_24 old_p2p client 2.4
case_add p2p_server_24 old_p2p server 2.4
