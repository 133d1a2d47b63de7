# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Release 2.5 with OpenSSL 1.1: no exporter keys, no dynamic tls-crypt, no early negotiation.

old_ciphers=(AES-256-GCM CHACHA20-POLY1305 AES-128-GCM AES-192-GCM)
i=0
for wrap in none tls-auth tls-crypt tls-crypt-v2; do
	for proto in udp4 tcp6; do
		case_add "connect_25_${proto}_$wrap" connect 2.5 $proto $wrap "${old_ciphers[i % 4]}"
		i=$((i + 1))
	done
done
for wrap in none auth crypt v2; do
	[ $wrap = v2 ] || case_add "srv_pair_25_udp4_$wrap" srv_pair 2.5 udp 4 $wrap
	case_add "srv_pair_25_tcp6_$wrap" srv_pair 2.5 tcp 6 $wrap
done
case_add user_right_25 user_right 2.5
case_add compression_25_stub_v2 compression 2.5 "compress stub-v2" "compress stub-v2"
case_add compression_25_pushed_lzo_no compression 2.5 $'comp-lzo no\npush "comp-lzo no"' ""
case_add fragment_25 fragment 2.5 1300 "verb 4"
case_add legacy_25_AES-256-CBC legacy 2.5 udp AES-256-CBC SHA256
case_add reneg_by_server_udp_25 reneg 2.5 udp "reneg-sec 3" "reneg-sec 0" 4
case_add reneg_by_client_tcp_25 reneg 2.5 tcp-server "reneg-sec 0" "reneg-sec 3" 4
case_add server_killed_udp_25__reconnects server_killed 2.5 udp
case_add exit_notify_25 exit_notify 2.5
case_add float_25 float 2.5
case_add topology_net30_25 addresses 2.5 net30 ''
case_add routes_pushed_25 routes_pushed 2.5
case_add srv_udp_25 srv_connects 2.5
case_add srv_tcp_25 srv_connects 2.5 tcp-server tcp-client
case_add srv_token_25 srv_token 2.5
case_add srv_float_25 srv_float 2.5
case_add srv_reneg_load_25 srv_reneg_load 2.5 3
case_add srv_tap_25 srv_tap 2.5

# without force-cookie, as it does not send its wrapped key again
old_v2()
{
	our_server <<<"tls-crypt-v2 $PKI/v2-server.key"
	their_client 2.5 <<<"tls-crypt-v2 $PKI/v2-client.key"
	tunnel_ok
	their_client_stop
}
case_add srv_tls_crypt_v2_udp_25 old_v2

old_v2_cookie()
{
	our_server <<<"tls-crypt-v2 $PKI/v2-server.key force-cookie"
	their_client_fails 2.5 'UDP link remote' <<<"tls-crypt-v2 $PKI/v2-client.key"
	wait_log server 'tls-crypt-v2 force-cookie is enabled, ignoring connection attempt from old client \(\[AF_INET\]198.51.100.2:1194\)'
	want_no_log client 'Initialization Sequence Completed'
	their_client_stop
}
case_add srv_tls_crypt_v2_force_cookie_25__refused old_v2_cookie

# it says so in the data channel
old_exit_notify()
{
	our_server </dev/null
	their_client "$1" <<<"explicit-exit-notify 1"
	ping_ok
	their_client_stop
	wait_log server 'SIGUSR1\[soft,remote-exit\] received, client-instance restarting'
}
case_add srv_exit_notify_25 old_exit_notify 2.5

# nothing is negotiated between such peers: both name the cipher
old_p2p()
{
	p2p_ends "$2" udp "$1"
	echo "cipher AES-256-GCM" >>"$DIR/server.conf"
	echo "data-ciphers-fallback AES-256-GCM" >>"$DIR/client.conf"
	p2p_peer_start "$2"
	ut --config "$DIR/client.conf"
	connected 30
	wait_log server 'Initialization Sequence Completed'
	wait_for 10 "traffic" pings
	ping_ok
	ut_stop
}
case_add p2p_client_25 old_p2p client 2.5
case_add p2p_server_25 old_p2p server 2.5

old_cipher_order()
{
	our_server <<<"data-ciphers AES-128-GCM:AES-256-GCM"
	their_client 2.5 <<<"data-ciphers AES-256-GCM:AES-128-GCM"
	want_log client "PUSH: Received control message: .*,cipher AES-128-GCM'"
	ping_ok
	their_client_stop
}
case_add srv_cipher_order_25 old_cipher_order

# the exit is told n times, a second apart: 17 bytes in a packet of the data channel
old_exit_three_times()
{
	server 2.5 </dev/null
	client <<-E
		remote $SERVER4
		explicit-exit-notify 3
		ping 60
	E
	ping_ok
	in_s timeout 20 tcpdump -lnni eth0 "udp dst port 1194 and udp[4:2] = $((8 + 24 + 17))" >"$DIR/dump" 2>"$DIR/dump.err" &
	wait_for 5 "tcpdump" grep -q listening "$DIR/dump.err"
	kill "$UT_PID"
	ut_exit 10
	want_log client 'SIGTERM\[soft,exit-with-notification\] received, process exiting'
	wait_for 5 "three packets" sh -c "[ \$(wc -l <$DIR/dump) -ge 3 ]"
	want "packets" 3 "$(wc -l <"$DIR/dump")"
	want "gaps of a second" 2 "$(sed -nE 's/^..:..:(..\..).*/\1/p' "$DIR/dump" |
		awk 'NR > 1 {d = ($1 - last + 60) % 60; n += d > 0.7 && d < 1.5} {last = $1} END {print n + 0}')"
}
case_add exit_notify_25_three_times old_exit_three_times

# without keys by the exporter there is nothing that a server may insist on
old_without_exporter()
{
	our_server <<<"force-tls-key-material-export"
	their_client_fails "$1" 'AUTH: Received control message: AUTH_FAILED' </dev/null
	want_no_log client 'Initialization Sequence Completed'
	their_client_stop
}
case_add srv_force_key_material_export_25__refused old_without_exporter 2.5
