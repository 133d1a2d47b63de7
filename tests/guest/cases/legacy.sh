# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# The module ovpn-dco-v2 beside a program on the same machine that moves packets itself.
# guests: g61 g612
# seconds: 900
. /w/guest.sh

iperf() # CLIENT-NETNS ARGUMENTS...
{
	local ns=$1
	shift
	ip netns exec "$ns" iperf3 -c 10.8.0.1 -t 4 "$@" >"$D/iperf-c.log" 2>&1 || fail "iperf3 $*: $(tail -n 1 "$D/iperf-c.log")"
}

# Several datagrams in one end this module's machine, and an interface to a neighbour does not part them.
engine_beside_module() # SERVER-OPTION CLIENT-OPTION
{
	ip netns exec c ethtool -k vc | grep -q 'tx-udp-segmentation: on' || fail "the interface parts datagrams"
	server srv "$OURS" --proto udp ${1:+"$1"}
	client cli "$OURS" --remote 192.0.2.1 --proto udp ${2:+"$2"}
	connected cli || return
	[ "$(link_kind s tun0)" = "${1:+tun}${2:+ovpn-dco}" ] || fail "tun0 of the server is a $(link_kind s tun0)"
	[ "$(link_kind c tun0)" = "${2:+tun}${1:+ovpn-dco}" ] || fail "tun0 of the client is a $(link_kind c tun0)"
	start iperf s iperf3 -s -B 10.8.0.1
	until_true 10 ip netns exec c nc -z 10.8.0.1 5201 || fail "iperf3 does not listen"
	ip netns exec c tcpdump -ni vc -w "$D/wire" 'udp port 1194 and greater 1700' >/dev/null 2>&1 &
	local pid=$!
	iperf c
	iperf c -R
	iperf c -u -b 50M
	kill "$pid"
	wait "$pid" 2>/dev/null
	[ "$(tcpdump -nr "$D/wire" 2>/dev/null | wc -l)" = 0 ] || fail "datagrams were joined: $(tcpdump -nr "$D/wire" 2>/dev/null | head -n 3)"
	ping_vpn c 10.8.0.1
}

run_case engine_client engine_beside_module '' --disable-dco
run_case engine_server engine_beside_module --disable-dco ''
exit "${GUEST_FAILED:-0}"
