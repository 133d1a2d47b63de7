# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the driver of fake_kernel.c tells: ends of peers and keys, floats, counters, and silence.
# Functions of offload_faults.sh and offload_faults_server.sh.

# ---- what the driver tells ---------------------------------------------------------------------
# The peer is deleted: the client starts again at once, with the known signal.
client_peer_gone()
{
	local reason=$1 line=$2
	server "$OPENVPN" <<<"keepalive 10 60"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	mark client
	tell fc gone "$(peer_id)" "$reason"
	wait_log client "$line" 3
	connected 20
	tunnel_ok
	want_no_log fc/requests '^engine: device_open'
	want_no_key_twice
	ut_stop
}

# --ping-exit: the end of the peer for silence is the end of the client
client_peer_expired_exit()
{
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
ping 10
ping-exit 60"
	ping_ok
	tell fc gone "$(peer_id)" expired
	wait_log client '\[server\] Inactivity timeout \(--ping-exit\), exiting' 3
	ut_exit 10
	want_log client 'SIGTERM\[soft,ping-exit\] received, process exiting'
}

# The key is used up: it is renewed within a second, and the new one sends.
client_key_limit()
{
	local t
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	mark fc/requests
	t=${EPOCHREALTIME/./}
	tell fc key-limit "$(peer_id)"
	wait_log client 'TLS: soft reset .* key limit' 5
	[ $((${EPOCHREALTIME/./} - t)) -lt 1000000 ] || echo "$(((${EPOCHREALTIME/./} - t) / 1000)) ms: a busy machine"
	wait_log fc/requests '^kernel: key_install [0-9]+ slot 1' 10
	wait_log fc/requests '^kernel: key_swap' 10
	tunnel_ok
	ut_stop
}

server_key_limit()
{
	two_clients
	mark fs/requests
	tell fs key-limit "$ID"
	wait_log server "client/udp[46]:$CLIENT4:[0-9]+ TLS: soft reset .* key limit" 5
	wait_log fs/requests "^kernel: key_install $ID slot 1" 10
	wait_log fs/requests "^kernel: key_swap $ID" 10
	tunnel_ok
	two_clients_end
}

# port_of CN: of a client, as the server sees it
port_of()
{
	sed -nE "s|.*\[$1\] Peer Connection Initiated with \[AF_INET6?\]([0-9a-f:.]*:)?([0-9]+)$|\2|p" "$DIR/server.log" | tail -n 1
}

# A client moves to the address of another one with another certificate: not with us, and the driver
# is told to go back. To its own: nothing happens. The notification is of IPv4, the socket of both.
server_float_collides()
{
	two_clients
	mark server
	tell fs float "$ID" "$CLIENT4" "$(port_of client)"
	wait_log server "Float requested for peer $ID to $CLIENT4:$(port_of client)" 5
	tell fs float "$ID" 192.0.2.1 "$(port_of revoked)"
	wait_log server 'Disallow float to an address taken by another client revoked/' 5
	want_log fs/requests "^kernel: peer_set_remote $ID \[AF_INET6?\](::ffff:)?$CLIENT4:$(port_of client)"
	want_no_log server 'floated from'
	mark fs/requests
	tell fs key-limit "$ID"
	wait_log fs/requests "^kernel: key_swap $ID" 20
	tunnel_ok
	two_clients_end
}

# The driver cannot go back: both views must not differ, so the client goes.
server_float_not_undone()
{
	two_clients
	mark server
	refuse fs peer_set_remote "$1"
	tell fs float "$ID" 192.0.2.1 "$(port_of revoked)"
	wait_log server "client/udp[46]:$CLIENT4:[0-9]+ SIGTERM\[soft,float-collision\] received, client-instance exiting" 5
	again
	two_clients_end
}

# to_nobody: how many datagrams came to ports of the client's machine which nobody has open
to_nobody()
{
	in_c sed -nE 's/^Udp: [0-9]+ ([0-9]+) .*/\1/p' /proc/net/snmp
}

went_to_nobody()
{
	[ "$(to_nobody)" -gt "$1" ]
}

# A free address, told as IPv4 on a socket of both: control packets go there, and back when it moves back.
server_float_moves()
{
	local port lost
	two_clients
	port=$(port_of client)
	mark server
	tell fs float "$ID" "$CLIENT4" $((port ^ 1))
	wait_log server "peer $ID \(client\) floated from $CLIENT4:$port to $CLIENT4:$((port ^ 1))" 5
	lost=$(to_nobody)
	mark fs/requests
	tell fs key-limit "$ID"
	wait_for 5 "control packets at the new address" went_to_nobody "$lost"
	tell fs float "$ID" "$CLIENT4" "$port"
	wait_log server "peer $ID \(client\) floated from $CLIENT4:$((port ^ 1)) to $CLIENT4:$port" 5
	wait_log fs/requests "^kernel: key_swap $ID" 20
	tunnel_ok
	two_clients_end
}

# To the address of an older instance of the same certificate: that one goes.
server_float_replaces()
{
	local SECOND=client own=$OPENVPN other
	fake fs
	server "$PROGRAM" <<<"duplicate-cn"
	OPENVPN=$own client_conf <<<"remote $SERVER4"
	OPENVPN=$own second_client
	other=$(port_of client)
	OPENVPN=$own ut --config "$DIR/client.conf"
	connected 25
	ping_ok
	ID=$(id_of client)
	mark server
	tell fs float "$ID" 192.0.2.1 "$other"
	wait_log server "closing instance client/udp[46]:192\.0\.2\.1:$other due to float collision with client/udp[46]:$CLIENT4:[0-9]+ using the same certificate" 5
	wait_log server "client/udp[46]:192\.0\.2\.1:$other SIGTERM\[soft,float-collision\] received, client-instance exiting" 5
	wait_log server "peer $ID \(client\) floated from $CLIENT4:[0-9]+ to 192\.0\.2\.1:$other" 5
	kill "$UT_PID"
}

# ---- counters ----------------------------------------------------------------------------------
# The driver does not answer: the last numbers stand, and nothing is started again.
server_stats_refused()
{
	local before
	two_clients "status $DIR/status 1"
	wait_for 10 "the client's bytes in the status file" client_bytes
	sleep 1.5
	before=$(client_bytes)
	mark server
	refuse fs peer_stats "$1" always
	refuse fs device_stats "$1" always
	ping_ok
	rm "$DIR/status" 2>/dev/null
	kill -USR2 "$SRV_PID"
	wait_log server '^.* END$' 5
	[ "$(sed -nE 's/.* client,[^,]*:[0-9]+,([0-9]+,[0-9]+),.*/\1/p' "$DIR/server.log" | tail -n 1)" != "" ] ||
		fail "no numbers of the client: $before"
	want_no_log server 'SIG(TERM|USR1|HUP)|estarting'
	rm "$DIR"/fs/fail.*
	two_clients_end
}

client_bytes()
{
	sed -nE 's/^client,[^,]*,([1-9][0-9]+),([1-9][0-9]+),.*/\1 \2/p' "$DIR/status" | grep .
}

client_stats_refused()
{
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
status $DIR/status 1
inactive 3600"
	tunnel_ok
	mark client
	refuse fc peer_stats "$1" always
	refuse fc device_stats "$1" always
	kill -USR2 "$UT_PID"
	wait_log client '^.* END$' 5
	tunnel_ok
	want_no_log client 'SIG(TERM|USR1|HUP)|estarting'
	ut_stop
}

# ---- a server that sends what no driver can take -----------------------------------------------
# Nothing comes through the driver, as with a server that sends DATA_V1: the tunnel works without it,
# after five seconds without a keepalive or as soon as such a packet was seen, and stays so until SIGHUP.
client_deaf()
{
	local proto=$1 seen=${2-} keepalive="1 12" how=deaf
	[ "$proto" = udp ] || how=uncounted # for TCP a wrong packet is the end of the stream
	[ -z "$seen" ] || keepalive="20 120"
	server "$OPENVPN" <<<"keepalive $keepalive
proto ${proto/client/server}"
	fake fc
	touch "$DIR/fc/$how"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
proto $proto
connect-retry 1 1"
	[ -z "$seen" ] || tell fc data-v1 0
	wait_log client 'Note: no data packet has come through the kernel since the connection began; servers before 2\.4\.5 send DATA_V1, which it cannot take\. Continuing without data channel offload\.' 8
	wait_for 15 "the tunnel works" pings
	tunnel_ok
	want_log fc/requests '^engine: key_install'
	case $proto in
	udp) want_no_log client 'SIGUSR1' ;;
	*) want "restarts" 1 "$(log_count client 'SIGUSR1.* received')" ;;
	esac
	[ -n "$seen" ] || wait_log client 'Note: data channel offload does not work here, continuing without it until SIGHUP\.' 10
	want_no_key_twice
	rm "$DIR/fc/$how"
	mark client
	mark fc/requests
	kill -HUP "$UT_PID"
	connected 15
	tunnel_ok
	want_log fc/requests '^kernel: key_install'
	ut_stop
}

# It starts again before the engine could tell whether it hears: the driver gets another chance.
client_deaf_not_judged()
{
	server "$OPENVPN" <<<"keepalive 20 120"
	fake fc
	touch "$DIR/fc/deaf"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tell fc data-v1 0
	wait_log client 'The tunnel goes on with userspace engine' 10
	wait_for 15 "the tunnel works" pings
	rm "$DIR/fc/deaf"
	mark client
	mark fc/requests
	kill -USR1 "$UT_PID"
	connected 20
	tunnel_ok
	want_log fc/requests '^kernel: key_install'
	want_no_log client 'until SIGHUP'
	ut_stop
}

# Anybody can send such a packet: who hears its server takes no notice.
client_data_v1_forged()
{
	server "$OPENVPN" <<<"keepalive 1 12"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	tell fc data-v1 0
	wait_log fc/requests '^kernel: event data-v1' 3
	sleep 6 # beyond the time in which it must hear something
	tunnel_ok
	want_no_log client 'Note: no data packet|SIGUSR1'
	want_no_log fc/requests '^engine:'
	ut_stop
}

case_add offload_fault_server_gone_expired server_peer_gone expired 'ovpn-dco: ping expired'
case_add offload_fault_server_gone_transport_error server_peer_gone transport-error 'ovpn-dco: transport error'
case_add offload_fault_server_gone_transport_disconnect server_peer_gone transport-disconnect 'ovpn-dco: transport disconnected'
case_add offload_fault_server_gone_teardown server_peer_gone teardown 'ovpn-dco: unknown reason'
case_add offload_fault_server_gone_userspace server_peer_gone userspace 'ovpn-dco: unknown reason'
case_add offload_fault_client_gone_expired client_peer_gone expired 'SIGUSR1\[soft,ping-restart\] received, process restarting'
case_add offload_fault_client_gone_expired_exit client_peer_expired_exit
for r in error disconnect; do
	case_add offload_fault_client_gone_transport_$r client_peer_gone transport-$r 'SIGUSR1\[soft,connection-reset\] received, process restarting'
done
for r in teardown userspace; do
	case_add offload_fault_client_gone_$r client_peer_gone $r 'SIGUSR1\[soft,dco peer deleted\] received, process restarting'
done
case_add offload_fault_client_key_limit client_key_limit
case_add offload_fault_server_key_limit server_key_limit
case_add offload_fault_server_float_collides server_float_collides
for e in EOPNOTSUPP EINVAL ENOENT; do
	case_add offload_fault_server_float_not_undone_$e server_float_not_undone $e
done
case_add offload_fault_server_float_moves server_float_moves
case_add offload_fault_server_float_replaces server_float_replaces
for e in ENOENT ENOMEM EPERM; do
	case_add offload_fault_client_stats_$e client_stats_refused $e
	case_add offload_fault_server_stats_$e server_stats_refused $e
done
case_add offload_fault_client_deaf client_deaf udp
case_add offload_fault_client_deaf_tcp client_deaf tcp-client
case_add offload_fault_client_deaf_data_v1_seen client_deaf udp seen
case_add offload_fault_client_deaf_not_judged client_deaf_not_judged
case_add offload_fault_client_data_v1_forged client_data_v1_forged
