# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Point to point over TLS: restarts, strangers, moving peers, and other ways to know each other. Uses
# the functions of p2p.sh.

# p2p_up [SECONDS]: both ends run; returns when traffic passes both ways
p2p_up()
{
	p2p_peer_start "$1"
	ut --config "$DIR/client.conf"
	connected 30
	wait_for 15 "traffic" pings
	ping_ok
}

p2p_in_conf()
{
	local file=$1
	shift
	printf '%s\n' "$@" >>"$DIR/$file.conf"
}

# self-signed certificates, known by their fingerprints
p2p_fingerprints()
{
	p2p_ends "$1" udp "$2"
	local end
	for end in client server; do
		sed -i -E '/^(ca|cert|key|remote-cert-tls) /d' "$DIR/$end.conf"
		p2p_in_conf $end "cert $PKI/self-$end.crt" "key $PKI/self-$end.key"
	done
	p2p_in_conf client "peer-fingerprint $(cat "$PKI/self-server.fp")"
	p2p_in_conf server "peer-fingerprint $(cat "$PKI/self-client.fp")"
	p2p_up "$1"
	ut_stop
}
case_add p2p_fingerprint_client_26 p2p_fingerprints 2.6 client
case_add p2p_fingerprint_server_27 p2p_fingerprints 2.7 server

# an end without remote takes whoever proves who he is
p2p_no_remote()
{
	p2p_ends "$1" udp "$2"
	sed -i '/^remote /d; /^float/d' "$DIR/${3}.conf"
	if [ "$3" = client ]; then
		sed -i '/^proto/d' "$DIR/client.conf"
		p2p_in_conf client "local $CLIENT4"
		p2p_in_conf client 'proto udp4'
	fi
	p2p_up "$1"
	ut_stop
}
case_add p2p_peer_without_remote_26 p2p_no_remote 2.6 client server
case_add p2p_peer_without_remote_27 p2p_no_remote 2.7 client server
case_add p2p_without_remote_server_26 p2p_no_remote 2.6 server client
case_add p2p_without_remote_client_27 p2p_no_remote 2.7 client client

p2p_wraps()
{
	p2p_ends "$1" udp "$2"
	p2p_in_conf client "$3 $PKI/ta.key ${4-}"
	p2p_in_conf server "$3 $PKI/ta.key ${5-}"
	p2p_up "$1"
	ut_stop
}
case_add p2p_tls_auth p2p_wraps 2.6 client tls-auth 0 1
case_add p2p_tls_crypt p2p_wraps 2.7 server tls-crypt

# our end restarts, and the other end begins again with us
p2p_we_restart()
{
	p2p_ends "$1" udp "$2"
	p2p_up "$1"
	mark client
	kill "-$3" "$UT_PID"
	connected 40
	wait_for 20 "traffic after the restart" pings
	ping_ok
	ut_stop
}
case_add p2p_sigusr1_26 p2p_we_restart 2.6 client USR1
case_add p2p_sighup_27 p2p_we_restart 2.7 server HUP

# the other end was killed: our device stays open
p2p_peer_killed()
{
	p2p_ends "$1" udp "$2"
	p2p_in_conf client persist-tun
	p2p_up "$1"
	local index
	index=$(in_c cat /sys/class/net/tun0/ifindex)
	kill -KILL "$SRV_PID"
	wait "$SRV_PID" 2>/dev/null
	in_s ip link del tun0 2>/dev/null
	p2p_peer_start "$1"
	wait_for 40 "traffic after the restart" pings
	ping_ok
	want "device" "$index" "$(in_c cat /sys/class/net/tun0/ifindex)"
	ut_stop
}
case_add p2p_peer_killed_26 p2p_peer_killed 2.6 client
case_add p2p_peer_killed_27 p2p_peer_killed 2.7 server

# keys are exchanged again and again
p2p_renegotiates()
{
	p2p_ends "$1" udp "$2"
	p2p_in_conf client 'reneg-sec 3'
	p2p_up "$1"
	ping_start 0.01
	wait_for 25 "four key exchanges" p2p_exchanged 4
	ping_end
	want "lost" 0 "$LOST"
	ut_stop
}
p2p_exchanged()
{
	[ "$(log_count client 'Control Channel: TLSv')" -ge "$1" ]
}
case_add p2p_renegotiation_client_26 p2p_renegotiates 2.6 client
case_add p2p_renegotiation_server_27 p2p_renegotiates 2.7 server

# packets from elsewhere are refused with remote
p2p_stranger()
{
	p2p_ends 2.6 udp client
	p2p_in_conf client "lport 5555"
	sed -i "s/^remote $CLIENT4/remote $CLIENT4 5555/" "$DIR/server.conf"
	p2p_up 2.6
	in_r python3 - "$CLIENT4" <<-'P'
		import os, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(20):
		    s.sendto(bytes([7 << 3]) + os.urandom(13), (sys.argv[1], 5555))
	P
	wait_log client 'Incoming packet rejected from .*, expected peer address: .* \(allow this incoming source address/port by removing --remote or adding --float\)'
	ping_ok
	ut_stop
}
case_add p2p_stranger__refused p2p_stranger


# The other end gets another address: with float its next session is taken from there (its established
# key is not, as in other implementations).
p2p_floats()
{
	p2p_ends "$1" udp "$2"
	p2p_in_conf client float
	p2p_up "$1"
	in_s ip addr add 192.0.2.77/24 dev eth0
	in_s ip route replace "$CLIENT4" via 192.0.2.1 src 192.0.2.77
	in_s ping -qc 8 -i 0.2 -W 1 10.8.0.2 >"$DIR/ping"
	wait_for 25 "traffic from the new address" pings
	ping_ok
	in_s timeout 5 tcpdump -c 1 -ni eth0 "udp and src host $CLIENT4 and dst host 192.0.2.77" >"$DIR/seen" 2>&1 &
	local dump=$!
	wait_for 5 "the recorder" grep -q 'listening on' "$DIR/seen"
	ping_ok
	wait $dump || fail "our packets do not follow"
	ut_stop
}
case_add p2p_float_26 p2p_floats 2.6 client

# without a common cipher nobody gets a tunnel
p2p_no_cipher()
{
	p2p_ends 2.6 udp client
	p2p_in_conf client 'data-ciphers AES-128-GCM'
	p2p_in_conf server 'data-ciphers CHACHA20-POLY1305'
	p2p_peer_start 2.6
	ut --config "$DIR/client.conf"
	wait_log client 'SIGUSR1\[soft,connection initiali[sz]ation failed\] received, process restarting' 25
	want_no_log client 'Initialization Sequence Completed'
}
case_add p2p_no_common_cipher__restarts p2p_no_cipher

# both ends are ours
p2p_selves()
{
	p2p_ends "$OPENVPN" "$1" client
	[ "$1" = tcp ] || p2p_up "$OPENVPN"
	ut_stop
	want_log server "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id [0-9]+, .*cipher=AES-256-GCM"
	want "same peer-id" 1 "$(grep -aoh 'DATA_v2=1, peer-id [0-9]*' "$DIR/server.log" "$DIR/client.log" | sort -u | wc -l)"
}
case_add p2p_self p2p_selves udp

# ours listens with TCP
p2p_tcp_server()
{
	p2p_ends "$1" tcp client
	sed -i '/^float/d; s/^proto .*/proto tcp-client/' "$DIR/server.conf"
	p2p_in_conf server "remote $CLIENT4" 'connect-retry 1'
	sed -i '/^remote /d; s/^proto .*/proto tcp-server/' "$DIR/client.conf"
	ut --config "$DIR/client.conf"
	wait_log client 'Listening for incoming TCP connection'
	version_cmd "$1"
	mark server
	ip netns exec "$NS-s" "${CMD[@]}" --config "$DIR/server.conf" >>"$DIR/server.log" 2>&1 </dev/null &
	# shellcheck disable=SC2034 # lib.sh
	SRV_PID=$!
	connected 30
	wait_for 15 "traffic" pings
	ping_ok
	ut_stop
}
case_add p2p_tcp_server_26 p2p_tcp_server 2.6
case_add p2p_tcp_server_27 p2p_tcp_server 2.7
