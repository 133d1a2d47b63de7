#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Strangers attack a server while a client works: the client's pings must not be lost and the
# server's memory must stay bounded, and when it is over a new client must be able to come.
#
# usage: tests/attack/run.sh [-f FACTOR]
#   -f        times as many packets and connections as the short run (default 1: under a minute)
#   RATE      packets a second (default 4000)
#   OPENVPN   the program under test (default build-check/gcc/openvpn); attack is beside it
# Four servers: UDP without (twice) and with tls-crypt-v2, and TCP. Who can change the packets of a client
# can always end a session that has no tls-crypt; hence forged control packets go to the second.
# Needs root. Prints a line per attack and at the end "N passed, N failed, N skipped".
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
# shellcheck source=tests/interop/lib.sh
. "$TOP/tests/interop/lib.sh"

factor=1 RATE=${RATE:-4000}
while getopts f: o; do
	case $o in
	f) factor=$OPTARG ;;
	*) sed -n '3,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo "attack: needs root" >&2; exit 1; }
OPENVPN=$(realpath "${OPENVPN:-$TOP/build-check/gcc/openvpn}")
attack=$(dirname "$OPENVPN")/attack
for p in "$OPENVPN" "$attack"; do
	[ -x "$p" ] || { echo "attack: no program $p (make openvpn attack)" >&2; exit 1; }
done
standalone attack
CLIENTS_MAX=200
# What an attack may cost at once: so many clients, each as large as one with all its keys, and
# packets that wait in queues.
GROWTH_MAX=$((CLIENTS_MAX * 64 + 8192))
pass=0 fail=0

rss()
{
	awk '/^Rss:/ {print $2}' "/proc/$SRV_PID/smaps_rollup"
}

cpu()
{
	awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$SRV_PID/stat"
}

# scene NAME PROTO SERVER-OPTIONS CLIENT-OPTIONS: a server, and a client whose packets are recorded
scene()
{
	scene=$1
	NS=ova$$-$1
	net_direct
	# answers to strangers have a way
	ip -n "$NS-s" route add default via 192.0.2.1
	: >"$DIR/server.log"
	: >"$DIR/client.log"
	server "$OPENVPN" <<-X
		proto $2
		verb 3
		keepalive 10 60
		hand-window 5
		max-clients $CLIENTS_MAX
		status $RUN/status 1
		status-version 2
		$3
	X
	in_c "$attack" capture "$RUN/captured" 4 1194 &
	recorder=$!
	tick
	client <<-X
		proto ${2/server/client}
		remote $SERVER4
		verb 3
		$4
	X
	pings 10.8.0.1 >"$DIR/ping" || fail "$1: the tunnel does not work"
	in_c ping -qc 20 -i 0.02 10.8.0.1 >/dev/null
	wait "$recorder"
	[ -s "$RUN/captured" ] || [ "$2" != udp ] || fail "$1: nothing was captured"
}

# judge NAME GOOD TEXT
judge()
{
	if [ "$2" = 1 ]; then
		echo "PASS attack:$scene-$1 $3"
		pass=$((pass + 1))
	else
		echo "FAIL attack:$scene-$1 $3"
		fail=$((fail + 1))
		tail -n 5 "$DIR/server.log" | cut -c 1-200
	fi
}

# under KIND COUNT [RATE]: the attack, beside steady pings
under()
{
	local r0 r1 c0 c1 t0 note good=1 before after lost=''
	r0=$(rss) c0=$(cpu) t0=${EPOCHREALTIME/./}
	read -ra before <<<"$(drops)"
	ping_start 0.02
	note=$(in_c "$attack" "$1" "$SERVER4" 1194 $(($2 * factor)) "${3:-$RATE}" 192.0.2.1 "$RUN/captured" 2>&1) || good=0
	r1=$(rss) c1=$(cpu)
	t0=$(((${EPOCHREALTIME/./} - t0) / 1000))
	ping_end
	read -ra after <<<"$(drops)"
	[ "$LOST" = 0 ] || {
		good=0
		lost=" (load $(cut -d' ' -f1 /proc/loadavg); dropped for want of room: $((after[0] - before[0])) by the server's socket, $((after[1] - before[1])) by its device, $((after[2] - before[2])) by the client's socket, $((after[3] - before[3])) by its device)"
	}
	[ $((r1 - r0)) -le $GROWTH_MAX ] || good=0
	[ "$(grep -c 'bytes from' "$DIR/steady")" -gt 5 ] || good=0
	judge "$1" $good "$(($2 * factor)) in $t0 ms: $LOST of $(grep -c 'bytes from' "$DIR/steady") pings lost$lost, memory $r0 -> $r1 KiB, CPU $(((c1 - c0) * 1000 / $(getconf CLK_TCK))) ms${note:+, $note}"
}

clients()
{
	grep -c '^CLIENT_LIST' "$RUN/status"
}

only_one()
{
	[ "$(clients)" -le 1 ]
}

# after: nothing is left of the attacks, and who is welcome can come
after()
{
	local good=1
	until_true 15 only_one || good=0
	judge forgotten $good "$(clients) clients, memory $(rss) KiB"
	good=1
	kill "$UT_PID"
	wait "$UT_PID" 2>/dev/null
	mark client
	ut --config "$DIR/client.conf"
	until_true 15 log_has client 'Initialization Sequence Completed' && pings 10.8.0.1 >"$DIR/ping" || good=0
	judge new-client $good "connects afterwards"
	good=1
	kill "$UT_PID" "$SRV_PID"
	wait "$UT_PID" 2>/dev/null
	wait "$SRV_PID" || good=0
	grep -aE 'ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|internal error' "$DIR/server.log" && good=0
	judge end $good "the server ends in order"
	net_down "$NS"
	rm -f "$RUN/captured"
}

scene plain udp '' ''
under resets 8000
under garbage 8000
under oversized 200 400
under replay 4000
under stalled 600 500
after

scene hello udp '' ''
# OpenSSL takes 128 KiB before it looks, 2.6's server as well
growth=$GROWTH_MAX GROWTH_MAX=$((60 * 192 + 8192))
under large-hello 60 2000
GROWTH_MAX=$growth
until_true 15 only_one
under dribbled-hello 150
after

scene v2 udp "tls-crypt-v2 $PKI/v2-server.key force-cookie" "tls-crypt-v2 $PKI/v2-client.key"
under resets 4000
under garbage 8000
under wkc 8000
under replay 8000
under forge 8000
after

scene tcp tcp-server '' ''
under silent 150 1000
under slow 150 1000
under broken 1000 500
under half-open 8000
under large 150 1000
under dribbled-hello-tcp 150
after

echo "$pass passed, $fail failed, 0 skipped"
[ $fail -eq 0 ]
