# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Ciphers on the kernel's data plane: what is on the wire, and who counts what. The matrix has all but the one
# that is the default here. A gigabyte with each is some minutes:
#   tests/guest/run.sh -w ordinary -s MEGABYTES=1000 -s CIPHERS="AES-128-GCM AES-192-GCM AES-256-GCM CHACHA20-POLY1305" ciphers
# tests: AES-128-GCM AES-192-GCM AES-256-GCM CHACHA20-POLY1305
# seconds: 900
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

told() # read|write: bytes of the client
{
	sed -n "s/.*TCP\\/UDP $1 bytes,//p" "$D/cli.log" | tail -n 1
}

# what one end sent is what the other got; at most a packet or two of the control channel make the difference
agree() # WHAT AT-LEAST SENT RECEIVED
{
	local more=$(($3 - $4))
	echo "FIGURE $1: $3 and $4 bytes"
	[ "$3" -ge "$2" ] || fail "$1: only $3 bytes were sent"
	[ "${more#-}" -le 1000 ] || fail "$1: one end counts $3 bytes, the other $4"
}

data_packets() # TCPDUMP-FILTER
{
	tcpdump -nr "$D/wire" "$1" 2>/dev/null | wc -l
}

# the header of data packets: opcode 9 with the key id, and the id of the peer
header()
{
	local pid id
	id=$(grep -aoE "PUSH_REPLY.*peer-id [0-9]+" "$D/cli.log" | grep -oE '[0-9]+$' | head -n 1)
	[ -n "$id" ] || fail "no peer id in cli.log"
	ip netns exec c tcpdump -ni vc -U -w "$D/wire" 'udp port 1194' >"$D/tcpdump" 2>&1 &
	pid=$!
	until_true 10 grep -q 'listening on' "$D/tcpdump" || fail "tcpdump: $(cat "$D/tcpdump")"
	ping_vpn c 10.8.0.1
	sleep 1
	kill "$pid"
	wait "$pid" 2>/dev/null
	[ "$(data_packets "udp[8:4] = $((0x48000000 + ${id:-0}))")" -ge 6 ] || fail "too few packets with key 0 and id $id"
	[ "$(data_packets "udp[8] & 0xf8 = 0x30 or udp[8:4] & 0xf8ffffff != $((0x48000000 + ${id:-0}))")" = 0 ] ||
		fail "other data packets: $(tcpdump -nxr "$D/wire" 2>&1 | head -n 20)"
}

cipher() # NAME MEGABYTES-UP
{
	server srv "$OURS" --proto udp --data-ciphers "$1" --status "$D/status" 1 --status-version 2 --reneg-sec 0
	client cli "$OURS" --remote 192.0.2.1 --proto udp --data-ciphers "$1" --reneg-sec 0
	connected cli || return
	[ "$(link_kind s tun0)-$(link_kind c tun0)" = "$KIND-$KIND" ] || fail "the tunnel is not in the kernel"
	want_log cli "Data Channel: cipher '$1'"
	header
	ping_vpn c 10.8.0.1
	ping_vpn c 10.8.0.1 3000
	ping_vpn s 10.8.0.2 3000
	start iperf s iperf3 -s -B 10.8.0.1
	until_true 10 ip netns exec c nc -z 10.8.0.1 5201 || fail "iperf3 does not listen"
	ip netns exec c iperf3 -c 10.8.0.1 -n "$2M" >"$D/iperf-c.log" 2>&1 || fail "$(tail -n 1 "$D/iperf-c.log")"
	ip netns exec c iperf3 -R -c 10.8.0.1 -n 25M >"$D/iperf-r.log" 2>&1 || fail "$(tail -n 1 "$D/iperf-r.log")"
	sleep 3
	# the driver's counters of the peer, not those of the interface, which count what is dropped too
	kill -USR2 "$(cat "$D/cli.pid")"
	wait_log cli 'TCP/UDP write bytes,[0-9]+' 5
	agree "$1 up" $(($2 * 1000000)) "$(told write)" "$(awk -F, '$1 == "CLIENT_LIST" {print $6}' "$D/status")"
	agree "$1 down" 25000000 "$(awk -F, '$1 == "CLIENT_LIST" {print $7}' "$D/status")" "$(told read)"
	no_log srv 'mismatch|cannot install'
}

for c in ${CIPHERS:-AES-192-GCM}; do
	run_case "$c" cipher "$c" "${MEGABYTES:-50}"
done
exit "${GUEST_FAILED:-0}"
