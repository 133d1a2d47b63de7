# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Ethernet tunnels: the program under test as a server with a TAP device, and as a client of one.
# Uses the functions of server.sh.

# srv_tap VERSION [PROTO-OF-SERVER PROTO-OF-CLIENT]
srv_tap()
{
	S_NET='server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64' our_server <<-E
		dev tap
		proto ${2-udp}
	E
	if [ "$1" = self ]; then
		client <<-E
			remote $SERVER4
			dev tap
			proto ${3-udp}
		E
	else
		their_client "$1" <<-E
			dev tap
			proto ${3-udp}
		E
	fi
	ip -n "$NS-c" -d link show tap0 | grep -q 'tun type tap' || fail "the client has no TAP device"
	tunnel_ok
	in_c ping -nc 1 -W 2 -s 1472 -M 'do' 10.8.0.1 >/dev/null || fail "a frame of full size"
	their_client_stop
}
case_add srv_tap_26 srv_tap 2.6
case_add srv_tap_27 srv_tap 2.7
case_add srv_tap_self srv_tap self
case_add srv_tap_tcp srv_tap 2.6 tcp-server tcp-client
case_add srv_tap_tcp_self srv_tap self tcp-server tcp-client

# The client in the router's namespace, a frame of which the first client gets: tap_second [OPTION]
tap_second()
{
	{
		cat "$DIR/client.conf"
		echo "cert $PKI/revoked.crt"
		echo "key $PKI/revoked.key"
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$DIR/second.conf"
	in_r /usr/sbin/openvpn --config "$DIR/second.conf" >"$DIR/second.log" 2>&1 </dev/null &
	SECOND_PID=$!
	wait_log second 'Initialization Sequence Completed'
}

tap_pings()
{
	ip netns exec "$NS-$1" ping -qnc 2 -i 0.2 -W 1 "$2" >/dev/null
}

# A bridge of the tunnel and a network behind the server; addresses are the bridge's.
srv_tap_bridge()
{
	S_NET="server-bridge 10.8.0.1 255.255.255.0 10.8.0.50 10.8.0.60" our_server <<-E
		dev tap
		client-to-client
	E
	ip -n "$NS-s" link add br0 type bridge forward_delay 0 || skip "this kernel has no bridges"
	ip -n "$NS-s" link set tap0 master br0
	ip -n "$NS-s" link add lan type veth peer name far netns "$NS-r"
	ip -n "$NS-s" link set lan master br0
	ip -n "$NS-s" addr add 10.8.0.1/24 dev br0
	for d in br0 tap0 lan; do ip -n "$NS-s" link set "$d" up; done
	ip -n "$NS-r" addr add 10.8.0.2/24 dev far
	ip -n "$NS-r" link set far up
	their_client 2.6 <<-E
		dev tap
	E
	ip -n "$NS-c" -4 -o addr show tap0 | grep -q '10\.8\.0\.50/24' || fail "the address is not of the pool"
	wait_for 5 "a ping to the bridge" tap_pings c 10.8.0.1
	wait_for 5 "a ping to the network behind it" tap_pings c 10.8.0.2
	tap_pings r 10.8.0.50 || fail "the network behind the bridge does not reach the client"
	their_client_stop
}
case_add srv_tap_bridge srv_tap_bridge

# Two clients with client-to-client reach each other; a MAC address that appears at another client
# belongs to that one from then on.
srv_tap_clients()
{
	S_NET='server 10.8.0.0 255.255.255.0' our_server <<-E
		dev tap
		client-to-client
	E
	their_client 2.6 <<-E
		dev tap
		lladdr 02:11:22:33:44:55
	E
	tap_second 'lladdr 02:11:22:33:44:66'
	wait_for 5 "a ping from client to client" tap_pings c 10.8.0.3
	tap_pings r 10.8.0.1 || fail "the second client does not reach the server"
	# the first falls silent and the second takes its address
	kill -STOP "$UT_PID"
	ip -n "$NS-r" link set tap0 down
	ip -n "$NS-r" link set tap0 address 02:11:22:33:44:55 up
	wait_for 5 "a ping from the MAC's new place" tap_pings r 10.8.0.1
	kill -CONT "$UT_PID"
	kill "$SECOND_PID"
	wait "$SECOND_PID"
	their_client_stop
}
case_add srv_tap_clients__mac_moves srv_tap_clients

srv_tap_quota()
{
	mkdir "$DIR/ccd"
	echo 'max-routes-per-client 2' >"$DIR/ccd/client"
	S_NET='server 10.8.0.0 255.255.255.0' our_server <<-E
		dev tap
		max-routes-per-client 5
		client-config-dir $DIR/ccd
	E
	their_client 2.6 <<-E
		dev tap
		lladdr 02:11:22:33:44:01
	E
	ping_ok
	for i in 2 3 4; do
		ip -n "$NS-c" link set tap0 address "02:11:22:33:44:0$i"
		if tap_pings c 10.8.0.1; then
			[ "$i" = 2 ] || fail "address $i was taken although two are allowed"
		else
			[ "$i" != 2 ] || fail "address 2 was refused"
		fi
	done
	want_log server 'MULTI ROUTE: route quota \(2\) exceeded for client/'
	want_log server 'MULTI: bad source address from client \[02:11:22:33:44:03@0\], packet dropped'
	their_client_stop
}
case_add srv_tap_max_routes_per_client srv_tap_quota

# learn-address hears of every Ethernet address and may refuse it; the status file lists them; what
# is not used is forgotten
srv_tap_learn()
{
	on learn-address <<-'E'
		[ "$2" != 02:11:22:33:44:66@0 ]
	E
	S_NET='server 10.8.0.0 255.255.255.0' our_server <<-E
		dev tap
		script-security 2
		learn-address $DIR/hook
		stale-routes-check 3 1
		status $DIR/status 1
	E
	their_client 2.6 <<-E
		dev tap
		lladdr 02:11:22:33:44:55
	E
	ping_ok
	want_log server 'client/.* MULTI: Learn: 02:11:22:33:44:55@0 -> client/'
	grep -q '^learn-address add 02:11:22:33:44:55@0 client cn=client$' "$DIR/calls" || fail "learn-address add"
	wait_for 5 "it in the status file" grep -q '^02:11:22:33:44:55@0,client,udp[46]:' "$DIR/status"
	ip -n "$NS-c" link set tap0 address 02:11:22:33:44:66
	tap_pings c 10.8.0.1 && fail "frames of a refused address pass"
	want_log server 'MULTI: Learn FAILED: 02:11:22:33:44:66@0 -> client/'
	ip -n "$NS-c" link set tap0 down
	wait_for 10 "the unused address is forgotten" grep -q '^learn-address delete 02:11:22:33:44:55@0 cn=$' "$DIR/calls"
	wait_for 5 "it gone from the status file" sh -c "! grep -q 02:11:22 $DIR/status"
	ip -n "$NS-c" link set tap0 address 02:11:22:33:44:55 up
	wait_for 5 "it is learnt again" tap_pings c 10.8.0.1
	want "calls" 2 "$(grep -c '^learn-address add 02:11:22:33:44:55@0' "$DIR/calls")"
	their_client_stop
}
case_add srv_tap_learn_address srv_tap_learn

# VLANs: the first client is in number 10, the second in the device's own; each reaches only the
# server's interface of its VLAN.
srv_tap_vlan()
{
	mkdir "$DIR/ccd"
	echo 'vlan-pvid 10' >"$DIR/ccd/client"
	S_NET='server 10.8.0.0 255.255.255.0' our_server <<-E
		dev tap
		client-to-client
		client-config-dir $DIR/ccd
		vlan-tagging
		vlan-accept all
		vlan-pvid 2
		status $DIR/status 1
	E
	# a station 10.8.10.1 in VLAN 10 behind the device, as not every kernel has VLAN interfaces
	cat >"$DIR/station.py" <<-'P'
		import socket, struct
		ME, IP = bytes.fromhex("02aa00000001"), bytes([10, 8, 10, 1])
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		s.setsockopt(263, 8, 1)  # the kernel takes the tag out of the frame: PACKET_AUXDATA
		s.bind(("tap0", 0))
		print("ready", flush=True)
		while True:
		    f, anc, _, a = s.recvmsg(70000, 200)
		    if a[2] == socket.PACKET_OUTGOING:
		        continue
		    vid = 0
		    for level, kind, data in anc:
		        if level == 263 and kind == 8 and struct.unpack_from("=I", data)[0] & 0x10:
		            vid = struct.unpack_from("=H", data, 16)[0] & 0xfff
		    if f[12:14] == b"\x81\x00":
		        vid, f = struct.unpack_from("!H", f, 14)[0] & 0xfff, f[:12] + f[16:]
		    if vid != 10:
		        continue
		    head = f[6:12] + ME + b"\x81\x00\x00\x0a" + f[12:14]
		    if f[12:14] == b"\x08\x06" and f[38:42] == IP and f[21] == 1:
		        s.send(head + f[14:20] + b"\x00\x02" + ME + IP + f[22:32])
		    elif f[12:14] == b"\x08\x00" and f[30:34] == IP and f[23] == 1 and f[34] == 8:
		        c = struct.unpack_from("!H", f, 36)[0] + 0x800
		        c = (c & 0xffff) + (c >> 16)
		        s.send(head + f[14:26] + IP + f[26:30] + b"\x00\x00" + struct.pack("!H", c) + f[38:])
	P
	in_s python3 "$DIR/station.py" >"$DIR/station.log" 2>&1 &
	wait_log station ready
	their_client 2.6 <<-E
		dev tap
	E
	tap_second
	ip -n "$NS-c" addr add 10.8.10.2/24 dev tap0
	ip -n "$NS-r" addr add 10.8.10.3/24 dev tap0
	wait_for 5 "a ping in VLAN 10" tap_pings c 10.8.10.1
	in_c ping -nc 1 -W 2 -s 1472 -M 'do' 10.8.10.1 >/dev/null || fail "a frame of full size with a tag"
	wait_for 5 "a ping in the device's VLAN" tap_pings r 10.8.0.1
	! tap_pings c 10.8.0.1 || fail "VLAN 10 reaches the device's VLAN"
	! tap_pings r 10.8.10.1 || fail "the device's VLAN reaches VLAN 10"
	! tap_pings c 10.8.10.3 || fail "clients of two VLANs reach each other"
	wait_for 5 "the VLANs in the status file" tap_vlans_listed
	kill "$SECOND_PID"
	wait "$SECOND_PID"
	their_client_stop
}
tap_vlans_listed()
{
	grep -qE '^[0-9a-f:]{17}@10,client,' "$DIR/status" && grep -qE '^[0-9a-f:]{17}@2,revoked,' "$DIR/status"
}
case_add srv_tap_vlan__separated srv_tap_vlan

# tap_client VERSION [PROTO-OF-SERVER PROTO-OF-CLIENT]: our client at a real server
tap_client()
{
	S_NET='server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64' server "$1" <<-E
		dev tap
		proto ${2-udp}
		push "route 203.0.113.0 255.255.255.0"
	E
	client <<-E
		remote $SERVER4
		dev tap
		lladdr 02:11:22:33:44:55
		proto ${3-udp}
	E
	ip -n "$NS-c" link show tap0 | grep -q 02:11:22:33:44:55 || fail "lladdr is not set"
	ip -n "$NS-c" route | grep -q '203\.0\.113\.0/24 via 10\.8\.0\.1 dev tap0' || fail "the route is missing"
	tunnel_ok
	kill "$UT_PID"
	ut_exit 10
	want_net_restored
}
case_add tap_client_26 tap_client 2.6
case_add tap_client_27 tap_client 2.7
case_add tap_client_tcp tap_client 2.6 tcp-server tcp-client

# dhcp_ack ROUTER: the server's network acknowledges an address of the client
dhcp_ack()
{
	in_s python3 - "$1" <<-'P'
		import socket, struct, sys
		addr = socket.inet_aton
		def checksum(b):
		    s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
		    while s >> 16:
		        s = (s & 0xffff) + (s >> 16)
		    return struct.pack('!H', ~s & 0xffff)
		options = bytes([53, 1, 5, 54, 4, 10, 8, 0, 1, 3, 4]) + addr(sys.argv[1]) + bytes([1, 4, 255, 255, 255, 0, 255])
		boot = bytes([2, 1, 6, 0]) + b'abcd' + bytes(8) + addr('10.8.0.50') + bytes(216) + b'\x63\x82\x53\x63' + options
		udp = struct.pack('!HHHH', 67, 68, 8 + len(boot), 0)
		pseudo = addr('10.8.0.1') + addr('255.255.255.255') + struct.pack('!HH', 17, 8 + len(boot))
		udp = udp[:6] + checksum(pseudo + udp + boot + bytes(len(boot) % 2)) + boot
		ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + addr('10.8.0.1') + addr('255.255.255.255')
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		s.bind(('tap0', 0))
		s.send(b'\xff' * 6 + bytes([2, 0, 0, 0, 0, 1, 8, 0]) + ip[:10] + checksum(ip) + ip[12:] + udp)
	P
}

# tap_dhcp [< options]: a bridged server that leaves the gateway to DHCP, and a client of it
tap_dhcp()
{
	S_NET=server-bridge our_server <<-E
		dev tap
		push "route 10.55.0.0 255.255.0.0"
		push "redirect-gateway def1"
	E
	ip -n "$NS-s" addr add 10.8.0.1/24 dev tap0
	ip -n "$NS-s" link set tap0 up
	client_conf <<-E
		remote $SERVER4
		dev tap
		$1
	E
	ut --config "$DIR/client.conf"
	wait_log client "PUSH_REPLY,.*route-gateway dhcp"
	wait_for 5 "the device" ip -n "$NS-c" link set tap0 up
}

tap_route()
{
	ip -n "$NS-c" route show "$1" | grep -q "via $2 dev tap0"
}

# The address is there after the acknowledgement; another router later takes the routes along.
srv_tap_dhcp_gateway()
{
	tap_dhcp ''
	connected 25
	in_c timeout 10 tcpdump -nli tap0 -vc 1 udp port 68 >"$DIR/seen" 2>/dev/null &
	local dump=$!
	until_true 5 sh -c "ip netns exec $NS-c ss -0lp | grep -q tcpdump"
	dhcp_ack 10.8.0.99
	wait_log client 'Extracted DHCP router address: 10.8.0.99'
	wait $dump
	grep -q 'DHCP-Message.*: ACK' "$DIR/seen" || fail "the client's system got no answer"
	! grep -q 10.8.0.99 "$DIR/seen" || fail "the client's system is told of the router"
	ip -n "$NS-c" addr add 10.8.0.50/24 dev tap0
	wait_for 5 "routes by way of 10.8.0.99" tap_route 10.55.0.0/16 10.8.0.99
	dhcp_ack 10.8.0.98
	wait_for 5 "routes by way of 10.8.0.98" tap_route 10.55.0.0/16 10.8.0.98
	want "way to the internet" tap0 "$(route_to 203.0.113.9)"
	want "way to the server" eth0 "$(route_to "$SERVER4")"
	tap_pings c 10.8.0.1 || fail "ping"
	their_client_stop
	want_net_restored
}
case_add srv_tap_dhcp_gateway srv_tap_dhcp_gateway

# With --route-delay routes and route-up wait for it.
srv_tap_dhcp_delay()
{
	echo 'echo "$route_vpn_gateway" >"${0%/*}/gateway"' >"$DIR/route-up"
	chmod +x "$DIR/route-up"
	tap_dhcp "route-delay 3
script-security 2
route-up '/bin/sh $DIR/route-up'"
	ip -n "$NS-c" addr add 10.8.0.50/24 dev tap0
	until_true 5 dhcp_seen
	want_no_log client 'Initialization Sequence Completed'
	connected 25
	tap_route 0.0.0.0/1 10.8.0.99 || fail "no route by way of the router"
	want "route_vpn_gateway" 10.8.0.99 "$(cat "$DIR/gateway")"
	their_client_stop
}
dhcp_seen()
{
	dhcp_ack 10.8.0.99
	log_has client 'Extracted DHCP router address: 10.8.0.99'
}
case_add srv_tap_dhcp_delay srv_tap_dhcp_delay
