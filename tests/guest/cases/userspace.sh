# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# One end in the kernel, the other an old release, which moves packets itself.
# seconds: 900
# releases: 2.4.4 2.5
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
RELEASE_2_5=/w/2.5/bin/openvpn RELEASE_2_4_4=/w/2.4.4/bin/openvpn

renegotiated() # NAME TIMES
{
	[ "$(grep -ac 'VERIFY OK: depth=0' "$D/$1.log")" -ge "$2" ]
}

# What goes through the tunnel, with the kernel at SIDE, over a renegotiation that NAME makes.
check() # SIDE NAME
{
	[ "$(link_kind "$1" tun0)" = "$KIND" ] || fail "tun0 of $1 is a $(link_kind "$1" tun0)"
	[ "$(link_kind s tun0)" != "$(link_kind c tun0)" ] || fail "both ends are in the kernel"
	ping_vpn c 10.8.0.1
	ping_vpn c 10.8.0.1 3000
	ping_vpn s 10.8.0.2
	ping_vpn c fd00:8::1
	start iperf s iperf3 -s -B 10.8.0.1
	until_true 10 ip netns exec c nc -z 10.8.0.1 5201 || fail "iperf3 does not listen"
	ip netns exec c iperf3 -c 10.8.0.1 -n 5M >"$D/iperf-c.log" 2>&1 || fail "up: $(tail -n 1 "$D/iperf-c.log")"
	ip netns exec c iperf3 -c 10.8.0.1 -n 5M -R >"$D/iperf-c.log" 2>&1 || fail "down: $(tail -n 1 "$D/iperf-c.log")"
	until_true 30 renegotiated "$2" 3 || fail "no renegotiation"
	ip netns exec c ping -i 0.2 -c 60 -W 5 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	no_log cli 'SIGUSR1|mismatch|Authenticate/Decrypt packet error'
	no_log srv 'SIGUSR1|mismatch|Authenticate/Decrypt packet error'
}

kernel_client() # PROTO-SERVER PROTO-CLIENT SERVER-PROGRAM SERVER-OPTIONS...
{
	local ps=$1 pc=$2 prog=$3
	shift 3
	server srv "$prog" --proto "$ps" --reneg-sec 0 "$@"
	client cli "$OURS" --remote 192.0.2.1 --proto "$pc" --reneg-sec 12
	connected cli || return
	check c cli
}

kernel_server() # PROTO-SERVER PROTO-CLIENT CLIENT-PROGRAM CLIENT-OPTIONS...
{
	local ps=$1 pc=$2 prog=$3
	shift 3
	server srv "$OURS" --proto "$ps" --reneg-sec 12
	client cli "$prog" --remote 192.0.2.1 --proto "$pc" --reneg-sec 0 "$@"
	connected cli || return
	check s srv
}

# 2.4.0 to 2.4.4 give a peer id and send the old format, which no driver opens
old_format() # PROTO-SERVER PROTO-CLIENT SECONDS
{
	server srv "$RELEASE_2_4_4" --proto "$1" --keepalive 2 20
	client cli "$OURS" --remote 192.0.2.1 --proto "$2" --connect-retry 1 1
	connected cli || return
	wait_log cli 'servers before 2.4.5 send DATA_V1, which it cannot take. Continuing without' "$3"
	until_true 15 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel without the kernel"
	[ "$(link_kind c tun0)" = tun ] || fail "tun0 is a $(link_kind c tun0)"
	ping_vpn c 10.8.0.1 3000
	ping_vpn c fd00:8::1
	ip netns exec c ping -i 0.5 -c 60 -W 5 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
}

run_case server_2_4_4_udp old_format udp udp 8
run_case server_2_4_4_tcp old_format tcp-server tcp-client 8
run_case client_2_5_udp kernel_server udp udp "$RELEASE_2_5"
run_case client_2_5_tcp kernel_server tcp-server tcp-client "$RELEASE_2_5"
run_case server_2_5_udp kernel_client udp udp "$RELEASE_2_5"
run_case server_2_5_tcp kernel_client tcp-server tcp-client "$RELEASE_2_5"
exit "${GUEST_FAILED:-0}"
