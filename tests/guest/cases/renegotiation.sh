# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Half an hour of the guest's clock with a new key every 20 s, while packets go both ways.
# seconds: 1700
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
MINUTES=${MINUTES:-30}

half_an_hour() # PROTO-SERVER PROTO-CLIENT CLIENT-PROGRAM
{
	local n
	server srv "$OURS" --proto "$1" --reneg-sec 20 --verb 3
	client cli "$3" --remote 192.0.2.1 --proto "$2" --reneg-sec 0 --verb 3
	connected cli || return
	[ "$(link_kind s tun0)-$(link_kind c tun0)" = "$KIND-$KIND" ] || fail "the tunnel is not in the kernel"
	ip netns exec c ping -q -i 0.5 -c $((MINUTES * 120)) -W 5 -s 1000 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping "^$((MINUTES * 120)) packets transmitted, $((MINUTES * 120)) received, 0% packet loss"
	n=$(grep -ac 'VERIFY OK: depth=0' "$D/srv.log")
	echo "FIGURE $1: $n handshakes, $(tail -n 2 "$D/ping.log" | head -n 1)"
	[ "$n" -ge $((MINUTES * 5 / 2)) ] || fail "only $n handshakes"
	no_log srv 'PKT ID|packet ID|mismatch|cannot install|TLS Error|client-instance (exiting|restarting)'
	no_log cli 'PKT ID|packet ID|mismatch|cannot install|TLS Error|SIGUSR1'
	! dmesg | grep -i 'pkt id' || fail "packet numbers came twice or were lost"
}

run_case half_an_hour_udp half_an_hour udp udp "$OURS"
run_case half_an_hour_tcp half_an_hour tcp-server tcp-client "$OURS"
exit "${GUEST_FAILED:-0}"
