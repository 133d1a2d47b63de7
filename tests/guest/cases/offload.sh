# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# With the kernel's data plane no data packet passes through the program: it sleeps while they move.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
SECS=10

# process FILE: CPU ticks, read and write calls, and how often the process of a pid file was woken
process()
{
	local pid
	pid=$(cat "$D/$1.pid")
	awk '{sub(/.*\) /, ""); printf "%d ", $12 + $13}' "/proc/$pid/stat"
	awk '/^syscr|^syscw/ {n += $2} END {printf "%d ", n}' "/proc/$pid/io"
	cat "/proc/$pid"/task/*/status | awk '/^voluntary_ctxt/ {n += $2} END {print n}'
}

packets() # NETNS
{
	ip -n "$1" -j -s link show tun0 | jq '.[0].stats64 | .rx.packets + .tx.packets'
}

check_process() # NAME NETNS PACKETS-BEFORE TICKS CALLS WAKEUPS: all as they were before
{
	local ticks calls wakeups moved hz
	read -r ticks calls wakeups < <(process "$1")
	ticks=$((ticks - $4)) calls=$((calls - $5)) wakeups=$((wakeups - $6)) moved=$(($(packets "$2") - $3))
	hz=$(getconf CLK_TCK)
	echo "FIGURE $1: $moved packets, $calls read and write calls, woken $wakeups times, $ticks ticks of CPU in $SECS s"
	[ "$moved" -gt 1000 ] || fail "only $moved packets passed"
	[ "$calls" -lt $((moved / 50)) ] || fail "$calls read and write calls for $moved packets"
	[ "$wakeups" -lt $((moved / 50)) ] || fail "woken $wakeups times for $moved packets"
	[ $((ticks * 100)) -lt $((SECS * hz)) ] || fail "$ticks ticks of CPU are 1 % of $SECS s or more"
	! find "/proc/$(cat "$D/$1.pid")/fd" -lname '*net/tun' | grep -q . || fail "$1 has a tun device open"
}

asleep()
{
	local before=() s c
	server srv "$OURS" --proto "$1"
	client cli "$OURS" --remote 192.0.2.1 --proto "$2"
	connected cli || return
	ping_vpn c 10.8.0.1
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "tun0 of the server is a $(link_kind s tun0)"
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 of the client is a $(link_kind c tun0)"
	start iperf s iperf3 -s -B 10.8.0.1
	until_true 10 ip netns exec c nc -z 10.8.0.1 5201 || fail "iperf3 does not listen"
	read -ra s < <(process srv)
	read -ra c < <(process cli)
	before=("$(packets s)" "$(packets c)")
	ip netns exec c iperf3 -c 10.8.0.1 -t "$SECS" >"$D/iperf.log" 2>&1 || fail "$(tail -n 1 "$D/iperf.log")"

	awk -v what="$1" '/receiver/ && !told++ {print "FIGURE " what ": " $7 " " $8}' "$D/iperf.log"
	check_process srv s "${before[0]}" "${s[@]}"
	check_process cli c "${before[1]}" "${c[@]}"
}

run_case process_sleeps_udp asleep udp udp
run_case process_sleeps_tcp asleep tcp-server tcp-client
exit "${GUEST_FAILED:-0}"
