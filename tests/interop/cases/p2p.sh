# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Point to point over TLS: no server mode, nothing pushed.

# p2p_ends PEER PROTO OUR-ROLE: starts both ends, ours as tls-client or tls-server
p2p_ends()
{
	local ours=tls-client theirs=tls-server peerproto=$2 ourproto=$2
	[ "$3" = server ] && ours=tls-server theirs=tls-client
	[ "$2" != tcp ] || { peerproto=tcp-server ourproto=tcp-client; }
	S_NET='ifconfig 10.8.0.1 10.8.0.2' S_ID="$(p2p_id "$3" server)" server_base >"$DIR/server.conf"
	cat >>"$DIR/server.conf" <<-E
		$theirs
		proto $peerproto
		$([ "$2" = tcp ] || echo "remote $CLIENT4")
		float
		keepalive 1 5
	E
	sed -i "$([ "$theirs" = tls-server ] || echo /^dh/d)" "$DIR/server.conf"
	cat >"$DIR/client.conf" <<-E
		dev tun
		verb 4
		$ours
		ifconfig 10.8.0.2 10.8.0.1
		$(p2p_id "$3" client)
		proto $ourproto
		remote $SERVER4
		keepalive 1 5
		$([ "$ours" = tls-client ] || echo "dh none")
	E
}

# p2p_id OUR-ROLE server|client: certificate options of that end
p2p_id()
{
	local cert=client eku=server
	if { [ "$1" = server ] && [ "$2" = client ]; } || { [ "$1" = client ] && [ "$2" = server ]; }; then
		cert=server eku=client
	fi
	printf 'ca %s\ncert %s\nkey %s\nremote-cert-tls %s\n' \
		"$PKI/ca.crt" "$PKI/$cert.crt" "$PKI/$cert.key" "$eku"
}

p2p_peer_start()
{
	version_cmd "$1"
	mark server
	ip netns exec "$NS-s" "${CMD[@]}" --config "$DIR/server.conf" >>"$DIR/server.log" 2>&1 </dev/null &
	SRV_PID=$!
	wait_log server 'link local'
}

p2p()
{
	p2p_ends "$1" "$2" "$3"
	[ "$2" != tcp ] || sed -i '/^float/d' "$DIR/server.conf"
	if [ "$2" = tcp ]; then
		version_cmd "$1"
		ip netns exec "$NS-s" "${CMD[@]}" --config "$DIR/server.conf" >>"$DIR/server.log" 2>&1 </dev/null &
		# shellcheck disable=SC2034 # lib.sh
		SRV_PID=$!
		wait_log server 'Listening for incoming TCP connection'
	else
		p2p_peer_start "$1"
	fi
	ut --config "$DIR/client.conf"
	connected 30
	wait_log server 'Initialization Sequence Completed'
	want_log client "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id [0-9]+, (epoch=[01], )?cipher=AES-256-GCM"
	wait_for 10 "traffic" pings
	ping_ok
	ut_stop
}
case_add p2p_client_udp_26 p2p 2.6 udp client
case_add p2p_client_udp_27 p2p 2.7 udp client
case_add p2p_server_udp_26 p2p 2.6 udp server
case_add p2p_server_udp_27 p2p 2.7 udp server
case_add p2p_client_tcp_26 p2p 2.6 tcp client

# the other end restarts: traffic resumes without opening the device again
p2p_peer_restarts()
{
	p2p_ends 2.6 udp client
	p2p_peer_start 2.6
	ut --config "$DIR/client.conf"
	connected 30
	wait_for 10 "traffic" pings
	server_stop TERM
	p2p_peer_start 2.6
	wait_for 40 "traffic after the restart" pings
	ping_ok
	ut_stop
}
case_add p2p_peer_restarts p2p_peer_restarts
