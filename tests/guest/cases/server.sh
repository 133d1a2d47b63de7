# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Our server with the kernel's data plane against the guest's own client, and against ourselves.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

both_ways() # PROTO-SERVER PROTO-CLIENT CLIENT-PROGRAM
{
	server srv "$OURS" --proto "$1"
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "tun0 of the server is a $(link_kind s tun0)"
	local remote=192.0.2.1
	[ "$1" = udp6 ] && remote=2001:db8::1
	client cli "$3" --remote "$remote" --proto "$2"
	connected cli || return
	ping_vpn c 10.8.0.1
	ping_vpn c 10.8.0.1 3000
	ping_vpn s 10.8.0.2
	ping_vpn c fd00:8::1
	stop cli
	stop srv
	! ip -n s link show tun0 >/dev/null 2>&1 || fail "tun0 of the server is left over"
}

iroute()
{
	mkdir -p "$D/ccd"
	cat >"$D/ccd/client" <<-'C'
		ifconfig-push 10.99.0.5 255.255.255.0
		ifconfig-ipv6-push fd00:8::55/64
		iroute 172.16.5.0 255.255.255.0
		iroute-ipv6 fd00:55::/64
	C
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd" --route 172.16.5.0 255.255.255.0 \
		--push "comp-lzo no"
	client cli "$THEIRS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ip -n c route add 10.8.0.1/32 dev tun0
	ip -n c addr add 172.16.5.1/32 dev lo
	ip -n c addr add fd00:55::1/128 dev lo
	ip -n s route >"$D/routes.log"
	ip -n s -6 route >>"$D/routes.log"
	want_log routes '^10\.99\.0\.5 dev tun0 .*metric 100'
	want_log routes '^172\.16\.5\.0/24 via 10\.99\.0\.5 dev tun0 .*metric 100'
	want_log routes '^172\.16\.5\.0/24 .*dev tun0 .*metric 200' # of --route, behind it
	want_log srv "Note: pushing compression is not possible with data channel offload: 'comp-lzo no' is left out"
	want_log routes '^fd00:55::/64 via .* dev tun0 .*metric 100'
	ip netns exec s ping -c 2 -W 5 -I 10.8.0.1 172.16.5.1 >"$D/ping.log" 2>&1 || fail "nothing from behind the client"
	ping_vpn s fd00:55::1
	killed cli c
	wait_log srv 'ovpn-dco: ping expired' 30
	until_true 5 sh -c '! ip -n s route | grep 172.16.5 | grep -q "metric 100"' || fail "the route stays"
}

renegotiation()
{
	server srv "$OURS" --proto "$1" --reneg-sec 8
	client cli "$OURS" --remote 192.0.2.1 --proto "${2:-$1}" --reneg-sec 0
	connected cli || return
	ip netns exec c ping -i 0.2 -c 130 -W 5 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	[ "$(grep -c 'TLS: tls_process: killed expiring key\|VERIFY OK: depth=0' "$D/srv.log")" -ge 3 ] || fail "no renegotiation"
	no_log srv 'mismatch|cannot install'
	no_log cli 'mismatch|cannot install'
}

counters()
{
	server srv "$OURS" --proto udp --status "$D/status" 1 --status-version 2
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ip netns exec c ping -i 0.01 -c 100 -s 1000 10.8.0.1 >/dev/null 2>&1
	sleep 2
	cp "$D/status" "$D/status.log"
	want_log status '^GLOBAL_STATS,dco_enabled,1'
	local rx
	rx=$(awk -F, '$1 == "CLIENT_LIST" {print $6}' "$D/status")
	[ "${rx:-0}" -gt 100000 ] || fail "the status file counts ${rx:-nothing}"
	kill -USR2 "$(cat "$D/cli.pid")"
	wait_log cli 'TUN/TAP write bytes,1[01][0-9]{4}' 5
}

run_case udp_theirs both_ways udp udp "$THEIRS"
run_case tcp_theirs both_ways tcp-server tcp-client "$THEIRS"
run_case udp_ours both_ways udp udp "$OURS"
run_case tcp_ours both_ways tcp-server tcp-client "$OURS"
run_case udp6_ours both_ways udp6 udp6 "$OURS"
run_case iroute iroute
run_case counters counters
run_case renegotiation_udp renegotiation udp
run_case renegotiation_tcp renegotiation tcp-server tcp-client
exit "${GUEST_FAILED:-0}"
