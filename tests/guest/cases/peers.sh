# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Peers in the kernel's data plane: silence, other addresses, counters, routes.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

between() # NUMBER MINIMUM MAXIMUM
{
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

renegotiated() # NAME TIMES
{
	[ "$(grep -c 'Outgoing Data Channel\|VERIFY OK: depth=0' "$D/$1.log")" -ge "$2" ]
}

# the client gets another address; its data moves the peer, and then the control channel must follow
client_floats()
{
	server srv "$OURS" --proto udp --status "$D/status" 1 --status-version 2 --reneg-sec 0 --script-security 2
	client cli "$OURS" --remote 192.0.2.1 --proto udp --reneg-sec 12
	connected cli || return
	ping_vpn c 10.8.0.1
	ip -n c addr del 192.0.2.2/24 dev vc
	ip -n c addr add 192.0.2.77/24 dev vc
	ping_vpn c 10.8.0.1
	if [ "$GUEST" = g72 ]; then
		wait_log srv 'peer 0 \(client\) floated from .*192.0.2.2.* to .*192.0.2.77' 3
		until_true 5 grep -q '192.0.2.77' "$D/status" || fail "the status file has the old address"
	fi
	# a renegotiation after it
	until_true 30 renegotiated srv 2 || fail "no renegotiation from the new address"
	wait_log srv 'floated from .*192.0.2.2.* to .*192.0.2.77' 3
	until_true 5 grep -q '192.0.2.77' "$D/status" || fail "the status file has the old address"
	ping_vpn c 10.8.0.1
	no_log cli 'SIGUSR1'
}

# the server gets another address; the client's data plane follows its packets
server_floats()
{
	server srv "$OURS" --proto udp --reneg-sec 12
	client cli "$OURS" --remote 192.0.2.1 --proto udp --float --reneg-sec 0
	connected cli || return
	ip -n s addr del 192.0.2.1/24 dev vs
	ip -n s addr add 192.0.2.99/24 dev vs
	ip netns exec s ping -c 3 -i 0.3 10.8.0.2 >/dev/null 2>&1
	ping_vpn c 10.8.0.1
	until_true 30 renegotiated cli 2 || fail "no renegotiation with the new address"
	ping_vpn c 10.8.0.1
	no_log cli 'SIGUSR1'
}

# only one of both timers, and larger than the kernel takes
one_timer() # EXPECTED-LINE SERVER-KEEPALIVE-OPTIONS
{
	start srv s "$OURS" --dev tun --server 10.8.0.0 255.255.255.0 --topology subnet --dh none --verb 6 --proto udp \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key
	wait_log srv 'Initialization Sequence Completed' 12
	local line=$1
	shift
	client cli "$OURS" --remote 192.0.2.1 --proto udp --verb 6 "$@"
	connected cli || return
	want_log cli "$line"
	ping_vpn c 10.8.0.1
	no_log cli 'Cannot set DCO peer parameters'
}

ping_exit()
{
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --pull-filter ignore ping --ping 1 --ping-exit 5
	connected cli || return
	killed srv s
	wait_log cli 'Inactivity timeout \(--ping-exit\), exiting' 20
	until_true 5 dead "$(cat "$D/cli.pid")" || fail "the client runs on"
}

inactive()
{
	server srv "$OURS" --proto udp --keepalive 1 10
	client cli "$OURS" --remote 192.0.2.1 --proto udp --inactive 6 2000
	connected cli || return
	ip netns exec c ping -i 0.5 -c 20 -s 500 10.8.0.1 >/dev/null 2>&1
	no_log cli 'Inactivity timeout'
	wait_log cli 'Inactivity timeout \(--inactive\), exiting' 20
}

# within 1 %
told() # WHAT NUMBER EXPECTED
{
	between "${2:-0}" $(($3 * 99 / 100)) $(($3 * 101 / 100)) || fail "$1 says ${2:-nothing} instead of $3"
}

# 10 MB in each direction and 2 MB more by the client: who tells what of it
counters()
{
	local up=$((12000 * 1028)) down=$((10000 * 1028)) wire=24
	cat >"$D/gone" <<-S
		#!/bin/sh
		echo "received \$bytes_received sent \$bytes_sent" >$D/gone.log
	S
	chmod +x "$D/gone"
	server srv "$OURS" --proto udp --status "$D/status" 1 --status-version 2 --script-security 2 --client-disconnect "$D/gone"
	client cli "$OURS" --remote 192.0.2.1 --proto udp --explicit-exit-notify 1
	connected cli || return
	ip netns exec c ping -f -c 10000 -s 1000 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	# to nobody: without answers
	ip netns exec c ping -f -c 2000 -s 1000 -W 1 10.8.0.77 >/dev/null 2>&1
	sleep 2
	told "the kernel" "$(ip -n s -s -j link show tun0 | jq '.[0].stats64.rx.bytes')" "$up"
	# with headers and tags of data packets
	told "the status file, received," "$(awk -F, '$1 == "CLIENT_LIST" {print $6}' "$D/status")" $((up + 12000 * wire))
	told "the status file, sent," "$(awk -F, '$1 == "CLIENT_LIST" {print $7}' "$D/status")" $((down + 10000 * wire))
	kill -USR2 "$(cat "$D/cli.pid")"
	wait_log cli 'TCP/UDP write bytes,' 5
	told "TUN/TAP read" "$(sed -n 's/.*TUN\/TAP read bytes,//p' "$D/cli.log")" "$up"
	told "TUN/TAP write" "$(sed -n 's/.*TUN\/TAP write bytes,//p' "$D/cli.log")" "$down"
	told "TCP/UDP write" "$(sed -n 's/.*TCP\/UDP write bytes,//p' "$D/cli.log")" $((up + 12000 * wire))
	stop cli
	until_true 20 test -s "$D/gone.log" || fail "client-disconnect was not run"
	told "bytes_received" "$(awk '{print $2}' "$D/gone.log")" $((up + 12000 * wire))
	told "bytes_sent" "$(awk '{print $4}' "$D/gone.log")" $((down + 10000 * wire))
}

# no address of a family, no route of it, and a line about it
iroute_without_address()
{
	mkdir -p "$D/ccd"
	printf 'iroute 172.16.5.0 255.255.255.0\niroute-ipv6 fd00:55::/64\n' >"$D/ccd/client"
	start srv s "$OURS" --dev tun --server 10.8.0.0 255.255.255.0 --topology subnet --dh none --verb 4 --proto udp \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --client-config-dir "$D/ccd"
	wait_log srv 'Initialization Sequence Completed' 12
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	want_log srv 'no route to fd00:55::/64 is set for client/.*: the client has no IPv6 address'
	ip -n s -6 route >"$D/routes.log"
	no_log routes 'fd00:55::'
	ping_vpn c 10.8.0.1
}

learn_address_refuses()
{
	mkdir -p "$D/ccd"
	cat >"$D/learn" <<-'S'
		#!/bin/sh
		[ "$2" != 172.16.5.0/24 ]
	S
	chmod +x "$D/learn"
	printf 'iroute 172.16.5.0 255.255.255.0\niroute 172.16.6.0 255.255.255.0\n' >"$D/ccd/client"
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd" --script-security 2 --learn-address "$D/learn"
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	wait_log srv 'MULTI: Learn FAILED: 172.16.5.0/24' 5
	ip -n s route >"$D/routes.log"
	no_log routes '172\.16\.5\.0'
	want_log routes '172\.16\.6\.0/24 via'
}

# a client without any address cannot be found by the kernel
no_address()
{
	start srv s "$OURS" --dev tun --mode server --tls-server --ifconfig 10.8.0.1 255.255.255.0 --topology subnet --dh none \
		--verb 4 --proto udp --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key
	wait_log srv 'Initialization Sequence Completed' 12
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	wait_log srv 'client has been rejected: data channel offload needs an address for it' 20
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "the server left the kernel"
}

# two clients with one address: the kernel of 7.2 refuses the second, who harms nobody
same_address()
{
	mkdir -p "$D/ccd"
	echo 'ifconfig-push 10.8.0.50 255.255.255.0' >"$D/ccd/DEFAULT"
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd"
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	start cli2 c "$OURS" --client --dev tun --nobind --remote-cert-tls server --remote 192.0.2.1 --proto udp \
		--ca /w/pki/ca.crt --cert /w/pki/client2.crt --key /w/pki/client2.key --verb 4
	if [ "$GUEST" = g72 ]; then
		wait_log srv 'Cannot add peer to DCO for client2' 20
	else
		wait_log srv 'client2/.*Data Channel: cipher' 20
	fi
	stop cli2 KILL
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "the server left the kernel"
	[ "$GUEST" = g72 ] && ping_vpn c 10.8.0.1
	return 0
}

mark()
{
	ip netns exec c nft -f - <<-N
		table inet t {
			counter marked { }
			chain o {
				type filter hook output priority 0;
				meta mark 42 udp dport 1194 counter name marked
			}
		}
	N
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --mark 42
	connected cli || return
	ip netns exec c ping -f -c 100 10.8.0.1 >/dev/null 2>&1
	local n
	n=$(ip netns exec c nft -j list counters | jq '[.nftables[].counter? | select(. != null)][0].packets')
	# the legacy module marks nothing but looks routes up with it
	[ "$GUEST" != g72 ] || [ "${n:-0}" -ge 100 ] || fail "only ${n:-0} packets have the mark"
	[ "${n:-0}" -ge 5 ] || fail "control packets do not have the mark"
}

# the connection of a TCP client ends with a reset: no need to wait for silence
tcp_reset()
{
	server srv "$OURS" --proto tcp-server --keepalive 10 60
	client cli "$OURS" --remote 192.0.2.1 --proto tcp-client
	connected cli || return
	ping_vpn c 10.8.0.1
	ip netns exec c ss -K dport = 1194 >"$D/ss.log" 2>&1
	stop cli KILL
	wait_log srv 'client/.*(connection-reset|transport disconnected|transport error)' 3
}

# somebody else takes the peer away: both ends notice at once
deleted_by_admin()
{
	server srv "$OURS" --proto udp --keepalive 10 60
	client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1
	connected cli || return
	ip netns exec c /w/bin/dump_peers tun0 delete 0 || fail "cannot delete the client's peer"
	wait_log cli 'SIGUSR1\[soft,dco peer deleted\] received' 3
	until_true 20 sh -c "[ \"\$(grep -c 'Initialization Sequence Completed' $D/cli.log)\" -ge 2 ]" || fail "not connected again"
	ping_vpn c 10.8.0.1
	local id
	id=$(grep -a 'SENT CONTROL \[client\].*PUSH_REPLY' "$D/srv.log" | grep -o 'peer-id [0-9]*' | tail -n 1 | cut -d' ' -f2)
	ip netns exec s /w/bin/dump_peers tun0 delete "${id:-0}" || fail "cannot delete the server's peer"
	wait_log srv 'SIGTERM\[soft,ovpn-dco: unknown reason\] received, client-instance exiting' 3
}

# nobody can disturb a server's socket that the kernel listens to
garbage()
{
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	cat >"$D/noise" <<-'S'
		for i in $(seq 0 31); do
			printf "\\x$(printf %02x $((i << 3)))" >/dev/udp/192.0.2.1/1194
			printf "\\x$(printf %02x $((i << 3)))\\x00\\x00\\x05" >/dev/udp/192.0.2.1/1194
			printf "\\x$(printf %02x $((i << 3)))\\x00\\x00\\x00" >/dev/udp/192.0.2.1/1194
			{ printf "\\x$(printf %02x $((i << 3)))\\x00\\x00\\x00"; head -c 200 /dev/urandom; } >/dev/udp/192.0.2.1/1194
		done
	S
	ip netns exec c bash "$D/noise"
	ping_vpn c 10.8.0.1
	no_log srv 'client-instance (exiting|restarting)'
	no_log cli 'SIGUSR1'
}

# addresses inside are checked by the kernel; the user is told where to look
wrong_source()
{
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ip -n c addr add 10.8.0.200/32 dev tun0
	ip netns exec c ping -c 3 -i 0.2 -W 1 -I 10.8.0.200 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping '100% packet loss'
	if [ "$GUEST" = g72 ]; then # ovpn-dco-v2 does not count them
		wait_log srv 'tun0 dropped [0-9]+ packets that it received: .* missing --iroute' 12
	fi
	ping_vpn c 10.8.0.1
}

run_case client_floats client_floats
run_case server_floats server_floats
run_case only_ping one_timer "keepalive 5/$([ "$GUEST" = g72 ] && echo 86400 || echo 0)," --ping 5 --ping-restart 0
run_case only_ping_restart one_timer "keepalive $([ "$GUEST" = g72 ] && echo 86400 || echo 0)/60," --ping-restart 60
run_case ping_exit ping_exit
run_case inactive inactive
run_case counters counters
run_case iroute_without_address iroute_without_address
run_case learn_address_refuses learn_address_refuses
run_case no_address no_address
run_case same_address same_address
run_case mark mark
run_case tcp_reset tcp_reset
run_case deleted_by_admin deleted_by_admin
run_case garbage garbage
run_case wrong_source wrong_source
exit "${GUEST_FAILED:-0}"
