# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# Addresses of clients, clients that move, and how the server ends or begins again. Uses the
# functions of server.sh and server_matrix.sh.

# ---- addresses -----------------------------------------------------------------------------------
# A pool of two addresses: whoever comes third learns that there is none.
srv_pool_full()
{
	S_NET='mode server
tls-server
topology subnet
ifconfig 10.8.0.1 255.255.255.0
ifconfig-pool 10.8.0.9 10.8.0.10 255.255.255.0
push "topology subnet"
push "route-gateway 10.8.0.1"' our_server <<<"duplicate-cn"
	their_client 2.6 </dev/null
	want_log client 'ifconfig 10.8.0.9 255.255.255.0'
	also 1 2.6 </dev/null
	want_log also1 'ifconfig 10.8.0.10 255.255.255.0'
	second
	wait_log server "MULTI: no free --ifconfig-pool addresses are available" 15
	kill "$SECOND_PID"
	wait "$SECOND_PID"
	ping_ok
	also_pings 1
	also_stop
	their_client_stop
}
case_add srv_pool_full__others_unharmed srv_pool_full

# The same name gets the same address again, although another was free in between.
srv_pool_again()
{
	our_server </dev/null
	their_client 2.6 <<<'explicit-exit-notify 1'
	want_log client 'ifconfig 10.8.0.2 '
	their_client_stop
	wait_log server 'client-instance exiting' 10
	C_ID="ca $PKI/ca.crt
cert $PKI/revoked.crt
key $PKI/revoked.key" their_client 2.6 <<<'explicit-exit-notify 1'
	want_log client 'ifconfig 10.8.0.3 '
	their_client_stop
	mark server
	wait_log server 'client-instance exiting' 10
	their_client 2.6 </dev/null
	want_log client 'ifconfig 10.8.0.2 '
	their_client_stop
}
case_add srv_same_name__same_address srv_pool_again

# srv_helper SERVER-LINES REPLY: what the helper directives push to a client
srv_helper()
{
	S_NET=$1 our_server </dev/null
	their_client 2.6 </dev/null
	want_log client "PUSH_REPLY,.*$2"
	their_client_stop
}
case_add srv_helper_29 srv_helper 'server 10.66.0.0 255.255.255.248
topology subnet' 'ifconfig 10.66.0.2 255.255.255.248'
case_add srv_helper_v6_112 srv_helper 'server 10.66.0.0 255.255.255.0
topology subnet
server-ipv6 fd66::/112' 'ifconfig-ipv6 fd66::2/112 fd66::1,'
case_add srv_helper_v6_124 srv_helper 'server 10.66.0.0 255.255.255.0
topology subnet
server-ipv6 fd66::/124' 'ifconfig-ipv6 fd66::2/124 fd66::1,'

srv_nopool()
{
	mkdir "$DIR/ccd"
	echo 'ifconfig-push 10.66.0.9 255.255.255.0' >"$DIR/ccd/client"
	S_NET='server 10.66.0.0 255.255.255.0 nopool
topology subnet' our_server <<<"client-config-dir $DIR/ccd"
	their_client 2.6 </dev/null
	want_log client 'ifconfig 10.66.0.9 255.255.255.0'
	ping_ok 10.66.0.1
	their_client_stop
}
case_add srv_nopool srv_nopool

# ---- moving --------------------------------------------------------------------------------------
# srv_move: from now on the client's packets come from another address
srv_move()
{
	local dev via
	read -r _ _ via _ dev _ < <(in_c ip -o route get "$SERVER4")
	in_c ip addr add 198.51.100.77/24 dev "$dev"
	in_c ip route replace "$SERVER4" via "$via" src 198.51.100.77
}

srv_float_load()
{
	local version=$1
	[ "$version" != self ] || version=$OPENVPN
	our_server <<<"reneg-sec 4"
	their_client "$version" <<<"reneg-sec 0"
	ping_ok
	ping_start 0.01
	for _ in {1..10}; do tick; done
	srv_move
	wait_log server "floated from $CLIENT4:[0-9]* to 198.51.100.77:"
	wait_for 15 "two key exchanges after the move" srv_renegotiated 3
	for _ in {1..10}; do tick; done
	ping_end
	[ "$LOST" -le 1 ] || fail "lost while moving: $LOST"
	want_no_log client 'process restarting'
	their_client_stop
}
case_add srv_float_load_26 srv_float_load 2.6
case_add srv_float_load_self srv_float_load self

# A forged packet with the peer-id of a client moves nobody.
srv_float_forged()
{
	our_server </dev/null
	their_client 2.6 </dev/null
	ping_start 0.02
	in_r python3 - "$SERVER4" <<-'P'
		import os, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(300):
		    s.sendto(bytes([9 << 3 | i % 8, 0, 0, 0]) + os.urandom(i), (sys.argv[1], 1194))
	P
	for _ in {1..5}; do tick; done
	ping_end
	want "lost" 0 "$LOST"
	want_no_log server 'floated from'
	their_client_stop
}
case_add srv_float_forged__stays srv_float_forged

# A recorded packet sent again from elsewhere moves nobody either.
srv_float_replayed()
{
	our_server </dev/null
	their_client 2.6 </dev/null
	in_s timeout 20 tcpdump -c 5 -Uni eth0 -w "$DIR/seen" "udp dst port 1194 and udp[8] & 0xf8 = 0x48" 2>"$DIR/tcpdump" &
	local dump=$!
	wait_for 5 "the recorder" grep -q 'listening on' "$DIR/tcpdump"
	ping_ok
	wait $dump
	in_r python3 - "$SERVER4" "$DIR/seen" <<-'P'
		import socket, struct, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		data = open(sys.argv[2], "rb").read()[24:]
		while data:
		    n = struct.unpack("<IIII", data[:16])[2]
		    s.sendto(data[16 + 14 + 20 + 8 : 16 + n], (sys.argv[1], 1194))
		    data = data[16 + n :]
	P
	ping_ok
	want_no_log server 'floated from'
	their_client_stop
}
case_add srv_float_replayed__stays srv_float_replayed

# A restarted client with a new port, the old instance still there: one remains.
srv_new_port()
{
	our_server <<<"keepalive 1 30"
	their_client "$1" </dev/null
	kill -KILL "$UT_PID"
	wait "$UT_PID" 2>/dev/null
	UT_PID=''
	in_c ip link del tun0 2>/dev/null
	their_client "$1" </dev/null
	want_log server "MULTI: new connection by client 'client' will cause previous active sessions by this client to be dropped."
	want_log client 'ifconfig 10.8.0.2 '
	ping_ok
	their_client_stop
}
case_add srv_new_port__old_is_dropped srv_new_port 2.6

# ---- signals -------------------------------------------------------------------------------------
# Without notice the server ends at once; clients notice by their pings.
srv_ends_at_once()
{
	our_server <<<"keepalive 1 3"
	their_client 2.6 </dev/null
	local begin=${EPOCHREALTIME/./}
	kill "-$1" "$SRV_PID"
	wait "$SRV_PID"
	want "exit status" 0 $?
	[ $((${EPOCHREALTIME/./} - begin)) -lt 1500000 ] || fail "took too long"
	want_log server "SIG$1\[hard,[a-z]*\] received, process exiting"
	want_no_log client 'Connection reset command'
	wait_log client 'Inactivity timeout \(--ping-restart\), restarting' 10
	! in_s ip link show tun0 2>/dev/null || fail "the device is still there"
	their_client_stop
}
case_add srv_sigterm__ends_at_once srv_ends_at_once TERM
case_add srv_sigint__ends_at_once srv_ends_at_once INT

# A second signal does not wait for the notices.
srv_second_signal()
{
	our_server <<<"explicit-exit-notify 1"
	their_client 2.6 </dev/null
	kill -TERM "$SRV_PID"
	wait_log client "Connection reset command was pushed by server"
	local begin=${EPOCHREALTIME/./}
	kill -TERM "$SRV_PID"
	wait "$SRV_PID"
	want "exit status" 0 $?
	[ $((${EPOCHREALTIME/./} - begin)) -lt 1000000 ] || fail "the second signal waited too"
	their_client_stop
}
case_add srv_second_signal__at_once srv_second_signal

# TCP clients get no notice, they see the connection close
srv_tcp_closes()
{
	our_server <<<"proto tcp-server"
	their_client 2.6 <<-E
		proto tcp-client
		connect-retry 1
	E
	mark client
	kill -USR1 "$SRV_PID"
	wait_log client 'Connection reset, restarting'
	connected 25
	ping_ok
	want_log server 'SIGUSR1\[hard,[a-z]*\] received, process restarting'
	their_client_stop
}
case_add srv_sigusr1_tcp srv_tcp_closes

# Restarts run the programs of every client, and read the configuration again with SIGHUP only.
srv_restart_programs()
{
	our_server <<-E
		script-security 2
		client-connect $DIR/hook
		client-disconnect $DIR/hook
		learn-address $DIR/hook
		explicit-exit-notify 1
		push "route 10.98.0.0 255.255.0.0"
	E
	their_client 2.6 <<<"connect-retry 1"
	sed -i 's/10.98.0.0/10.97.0.0/' "$DIR/server.conf"
	mark client
	kill "-$1" "$SRV_PID"
	wait_log server "SIG$1\[hard,[a-z]*\] received, process restarting"
	connected 25
	wait_for 5 "a disconnection and two connections" srv_called "$DIR/calls"
	ping_ok
	want_log client "PUSH: Received control message: 'PUSH_REPLY,route $2 "
	their_client_stop
}
srv_called()
{
	[ "$(grep -c '^client-connect' "$1")" = 2 ] && [ "$(grep -c '^client-disconnect' "$1")" = 1 ]
}
case_add srv_sigusr1__keeps_configuration srv_restart_programs USR1 10.98.0.0
case_add srv_sighup__reads_configuration srv_restart_programs HUP 10.97.0.0

# ---- a client that says little -------------------------------------------------------------------
# An unfinished connection does not stay.
srv_half_open()
{
	our_server <<<"hand-window 4"
	C_ID="ca $PKI/otherca.crt
cert $PKI/client.crt
key $PKI/client.key" their_client_fails 2.6 'VERIFY ERROR' </dev/null
	their_client_stop
	wait_log server 'client-instance restarting' 15
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
}
case_add srv_half_open__removed srv_half_open

# multihome: the server has several addresses and answers from the one that was asked, also with
# the data; a client notices another address by itself.
srv_multihome()
{
	local to=$2
	ip -n "$NS-s" addr add 192.0.2.77/24 dev eth0
	ip -n "$NS-s" addr add 2001:db8:2::77/64 dev eth0 nodad
	our_server <<-E
		multihome
		proto ${3-udp}
	E
	if [ "$1" = self ]; then
		client <<-E
			remote $to
			proto ${3-udp}
		E
	else
		OPENVPN=$1 client <<-E
			remote $to
			disable-dco
			proto ${3-udp}
		E
	fi
	tunnel_ok
	want_no_log client 'Incoming packet rejected'
	want "sources" "$to" "$(srv_answer_source)"
	kill "$UT_PID"
	ut_exit 10
}
# whence the server answers a ping in the tunnel
srv_answer_source()
{
	in_c timeout 10 tcpdump -nli eth0 -c 1 'udp src port 1194' >"$DIR/seen" 2>/dev/null &
	local dump=$!
	until_true 5 sh -c "ip netns exec $NS-c ping -qnc 1 -W 1 10.8.0.1 && [ -s $DIR/seen ]"
	wait $dump
	sed -nE 's/.* IP6? ([0-9a-f.:]+)\.1194 > .*/\1/p' "$DIR/seen"
}
case_add srv_multihome_26 srv_multihome 2.6 192.0.2.77
case_add srv_multihome_27 srv_multihome 2.7 192.0.2.77
case_add srv_multihome_self srv_multihome self 192.0.2.77
case_add srv_multihome_udp6 srv_multihome 2.6 "$SERVER6" udp6
case_add srv_multihome_udp6_self srv_multihome self "$SERVER6" udp6
# the first address as well, by IPv4 on a socket of both families
case_add srv_multihome_first srv_multihome self 192.0.2.2

# second_link: another link from the router to the server's network. Packets to 192.0.2.3 and to
# 2001:db8:2::3 come by it, but the server's routes prefer the first one for all that it sends.
second_link()
{
	ip -n "$NS-r" link add rs2 type veth peer name eth1 netns "$NS-s"
	in_s sh -c 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >"$f"; done'
	ip -n "$NS-r" -batch - <<-E || fail "cannot set up the second link"
		addr add 2001:db8:2::1/128 dev rs2 nodad
		link set rs2 up
		route add 192.0.2.3 dev rs2
		route add 2001:db8:2::3 dev rs2
	E
	ip -n "$NS-s" -batch - <<-E || fail "cannot set up the second link"
		addr add 192.0.2.3/24 dev eth1 noprefixroute
		addr add 2001:db8:2::3/64 dev eth1 nodad noprefixroute
		link set eth1 up
		route add 192.0.2.1 dev eth1 metric 2000
		route add default via 192.0.2.1 dev eth1 metric 2000
		route add 2001:db8:2::1 dev eth1 table 101
		route add default via 2001:db8:2::1 dev eth1 table 101
	E
	# over IPv6 Linux takes a better route of another interface than the sender's
	ip -n "$NS-s" -6 rule add oif eth1 table 101 || fail "cannot set up the second link"
}

# sent_by INTERFACE: bytes that the server sent by it
sent_by()
{
	in_s cat "/sys/class/net/$1/statistics/tx_bytes"
}

# want_sent_by INTERFACE: the server answers a client's data by it and not by the other one
want_sent_by()
{
	local other=eth0 was was_other
	[ "$1" = eth1 ] || other=eth1
	was=$(sent_by "$1") was_other=$(sent_by "$other")
	in_c ping -qnc 20 -i 0.05 -W 2 -s 1000 10.8.0.1 >"$DIR/ping" || { cat "$DIR/ping"; fail "ping"; }
	was=$(($(sent_by "$1") - was)) was_other=$(($(sent_by "$other") - was_other))
	[ "$was" -ge 20000 ] && [ "$was_other" -lt 5000 ] ||
		fail "$was bytes went by $1, $was_other by $other"
}

# srv_same_interface INTERFACE ADDRESS PROTO OPTION...: INTERFACE is where the answers leave
srv_same_interface()
{
	second_link
	our_server <<-E
		multihome ${*:4}
		disable-dco
		proto $3
	E
	OPENVPN=2.6 client <<-E
		remote $2
		disable-dco
		proto $3
	E
	tunnel_ok
	want_sent_by "$1"
	# nothing but its addresses may matter: by the first link the same client is answered there
	in_r ip route del "$2"
	in_r ip route add "$2" dev rs
	in_r ip neigh add "$2" dev rs lladdr "$(in_s cat /sys/class/net/eth0/address)"
	kill -USR1 "$UT_PID"
	mark client
	connected 25
	want_sent_by eth0
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_same_interface_off srv_same_interface eth0 192.0.2.3 udp
case_add srv_same_interface srv_same_interface eth1 192.0.2.3 udp same-interface
case_add srv_same_interface_udp4 srv_same_interface eth1 192.0.2.3 udp4 same-interface
case_add srv_same_interface_udp6 srv_same_interface eth1 2001:db8:2::3 udp6 same-interface
case_add srv_same_interface_udp6_off srv_same_interface eth0 2001:db8:2::3 udp6

# The client moves and comes in by the other link, then this one is gone: what the server has to say
# goes the new way, though the client sent nothing but data since.
srv_same_interface_float()
{
	second_link
	our_server <<-E
		multihome same-interface
		explicit-exit-notify 2
	E
	OPENVPN=$1 client <<-E
		remote 192.0.2.3
		disable-dco
	E
	ping_ok
	in_r ip route del 192.0.2.3
	in_r ip route add 192.0.2.3 dev rs
	in_r ip neigh add 192.0.2.3 dev rs lladdr "$(in_s cat /sys/class/net/eth0/address)"
	in_r ip link set rs2 down
	in_c ip addr add 198.51.100.77/24 dev eth0
	in_c ip route add 192.0.2.3 via 198.51.100.1 src 198.51.100.77
	wait_for 10 "traffic from the new address" pings
	want_log server "peer 0 \(client\) floated from .*$CLIENT4\]?:[0-9]* to .*198.51.100.77\]?:"
	kill "$SRV_PID"
	wait_log client "Connection reset command was pushed by server" 10
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_same_interface_float srv_same_interface_float 2.6

# A link-local address is asked: the answer leaves by its link, wherever the client is.
srv_multihome_link_local()
{
	ip -n "$NS-c" link add eth1 type veth peer name eth1 netns "$NS-s"
	ip -n "$NS-s" -batch - <<-E || fail "cannot set up the link"
		addr add fe80::5/64 dev eth1 nodad
		link set eth1 up
		route add 2001:db8:9::/64 dev eth1
	E
	ip -n "$NS-c" -batch - <<-E || fail "cannot set up the link"
		addr add fe80::6/64 dev eth1 nodad
		addr add 2001:db8:9::6/64 dev eth1 nodad
		link set eth1 up
	E
	our_server <<-E
		multihome
		proto udp6
	E
	OPENVPN=2.6 client <<-E
		remote fe80::5%eth1
		local $1
		disable-dco
		proto udp6
	E
	tunnel_ok
	kill "$UT_PID"
	ut_exit 10
}
case_add srv_multihome_link_local srv_multihome_link_local fe80::6%eth1
case_add srv_multihome_link_local_asked srv_multihome_link_local 2001:db8:9::6

# srv_collision OPTION: two clients of the same machine; from $DIR/spoof on the packets of the one
# come from the address of the other
srv_collision()
{
	our_server <<<"$1"
	cat >"$DIR/relay.py" <<-'P'
		import os, select, socket, struct, sys
		server, me, flag = (sys.argv[1], 1194), sys.argv[2], sys.argv[3]
		inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		inner.bind(("127.0.0.1", 6000))
		outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
		client = None
		print("ready", flush=True)
		while True:
		    for s in select.select([inner, outer], [], [])[0]:
		        data, a = s.recvfrom(65536)
		        if s is outer:
		            inner.sendto(data, client)
		            continue
		        client = a
		        if os.path.exists(flag) and data[0] >> 3 == 9:
		            raw.sendto(struct.pack("!HHHH", 5555, 1194, 8 + len(data), 0) + data, (server[0], 0))
		        else:
		            outer.sendto(data, server)
	P
	in_c python3 "$DIR/relay.py" "$SERVER4" "$CLIENT4" "$DIR/spoof" >"$DIR/relay.log" 2>&1 &
	wait_log relay ready
	OPENVPN=2.6 client <<-E
		remote 127.0.0.1 6000
		disable-dco
	E
	{
		sed 's/^remote .*//' "$DIR/client.conf"
		echo "remote $SERVER4"
		echo "lport 5555"
		echo "dev tun9"
		echo "route-nopull"
		printf '%s\n' "${2-}"
	} >"$DIR/second.conf"
	in_c /usr/sbin/openvpn --config "$DIR/second.conf" >"$DIR/second.log" 2>&1 </dev/null &
	SECOND_PID=$!
	wait_log second 'Initialization Sequence Completed'
	mark server
	: >"$DIR/spoof"
	in_c ping -qnc 10 -i 0.05 -W 1 -I tun0 10.8.0.1 >/dev/null
}

srv_collision_refused()
{
	srv_collision '' "cert $PKI/revoked.crt
key $PKI/revoked.key"
	want_log server "client/udp[46]:$CLIENT4:[0-9]* .*Disallow float to an address taken by another client revoked/udp[46]:$CLIENT4:5555"
	want_no_log server 'floated from'
	[ "$(log_count server "Disallow float")" -le 3 ] || fail "a line for each packet"
	in_c ping -qnc 1 -W 2 -I tun9 10.8.0.1 >/dev/null || fail "the other client is harmed"
	rm "$DIR/spoof"
	in_c ping -qnc 1 -W 2 -I tun0 10.8.0.1 >/dev/null || fail "the first client is harmed"
	kill "$SECOND_PID"
	wait "$SECOND_PID"
	their_client_stop
}
case_add srv_float_collision__refused srv_collision_refused

srv_collision_same()
{
	srv_collision duplicate-cn
	want_log server "closing instance client/udp[46]:$CLIENT4:5555 due to float collision with client/udp[46]:$CLIENT4:[0-9]* using the same certificate"
	want_log server "floated from $CLIENT4:[0-9]* to $CLIENT4:5555"
	want_log server 'SIGTERM\[soft,float-collision\] received, client-instance exiting'
	want "collisions" 1 "$(log_count server 'closing instance')"
	kill "$SECOND_PID"
	kill "$UT_PID"
}
case_add srv_float_collision__same_user_replaces srv_collision_same

# A NAT that forgets: every half second the client's packets come from another address and port,
# while it sends and receives.
srv_float_nat()
{
	local version=$1
	[ "$version" != self ] || version=$OPENVPN
	our_server <<<"reneg-sec 3"
	in_c ip addr add 198.51.100.77/24 dev eth0
	cat >"$DIR/nat.py" <<-'P'
		import select, socket, sys, time
		server, addresses = (sys.argv[1], 1194), sys.argv[2:]
		inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		inner.bind(("127.0.0.1", 6000))
		outer, client, next_move, moves = [], None, 0, 0
		print("ready", flush=True)
		while True:
		    for s in select.select([inner] + outer, [], [])[0]:
		        data, a = s.recvfrom(65536)
		        if s is not inner:
		            inner.sendto(data, client)
		            continue
		        client = a
		        # key exchanges stay where they began: only data makes a client move
		        if time.time() > next_move and (not outer or data[0] >> 3 == 9):
		            o = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		            o.bind((addresses[moves % 2], 0))
		            outer.append(o)
		            moves += 1
		            next_move = time.time() + (0.5 if moves > 1 else 2)
		        outer[-1].sendto(data, server)
	P
	in_c python3 "$DIR/nat.py" "$SERVER4" 198.51.100.77 "$CLIENT4" >"$DIR/nat.log" 2>&1 &
	wait_log nat ready
	OPENVPN=$version client <<-E
		remote 127.0.0.1 6000
		reneg-sec 0
		disable-dco
	E
	ping_ok
	ping_start 0.01
	wait_for 20 "ten moves" srv_moved 10
	wait_for 20 "key exchanges meanwhile" srv_renegotiated 3
	ping_end
	[ "$LOST" -le 5 ] || fail "lost while moving: $LOST"
	want_no_log client 'process restarting'
	kill "$UT_PID"
	ut_exit 10
}
srv_moved()
{
	[ "$(log_count server '\) floated from 198\.51\.100\.[0-9]*:[0-9]* to 198\.51\.100\.')" -ge "$1" ]
}
case_add srv_float_port_and_address_26 srv_float_nat 2.6
case_add srv_float_port_and_address_self srv_float_nat self
