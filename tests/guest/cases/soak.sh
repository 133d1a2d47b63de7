# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Fifty clients that come, are cut off or leave, and come again, for MINUTES of the guest's clock.
# Nothing of those who are gone may be left, and nothing may grow.
# guests: g72
# seconds: 1800
# named: only
. /w/guest.sh
CLIENTS=${CLIENTS:-50} MINUTES=${MINUTES:-40}
SETTLE=$(((MINUTES + 3) / 4)) # minutes until figures are kept to compare with

fds_at_most() # NUMBER
{
	[ "$(count_fds srv)" -le "$1" ]
}

memory() # kB in use
{
	awk '/^RssAnon/ {print $2}' "/proc/$(cat "$D/srv.pid")/status"
}

# those that clients brought: 20.A.B.0/24 and 21.A.B.1
client_routes()
{
	ip -n s route show table all | grep -cE '^2[01]\.[0-9]'
}

all_routes()
{
	ip -n s route show table all
	ip -n s -6 route show table all
}

routes_of_empty()
{
	all_routes | diff "$D/routes" - >"$D/routes.diff"
}

peers()
{
	dump_peers | awk 'END {print $1 + 0}'
}

instances()
{
	grep -c '^CLIENT_LIST' "$D/status"
}

# The status file, the kernel's peers and the routes are of one number of clients: each has two
# routes, that to its address and that to its network. A second or two are between the looks at them,
# and every third second somebody comes or goes, so several looks in a row may differ.
agreed()
{
	instances=$(instances) peers=$(peers) routes=$(client_routes)
	[ "$peers" = "$instances" ] && [ "$routes" = $((peers * 2)) ]
}

# the clients without routes, with what the log has of them
explain()
{
	local address port
	while IFS=, read -r port address; do
		ip -n s route show table all | grep -q "^$address " && continue
		echo "  no route to ${address:-nowhere} of $port:"
		grep -a -- "$port " "$D/srv.log" | tail -n 20
	done < <(awk -F, '/^CLIENT_LIST/ {print $3 "," $4}' "$D/status")
}

# one client until the end: 20 s to 10 minutes of a connection, then a pause; half of them do not say good-bye
wanderer() # NUMBER
{
	local pid
	RANDOM=$1
	sleep "$1" # the guest is slow: a handshake takes some tenths of a second
	until [ -e "$D/enough" ]; do
		ip netns exec c /w/bin/load_client --server 192.0.2.1:1194 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
			--key /w/pki/client.key --clients 1 --rate 10 --seconds 100000 --ping 2 --leave >/dev/null 2>&1 &
		pid=$!
		echo "$pid" >"$D/wanderer.$1"
		sleep $((20 + RANDOM % 580))
		if [ $((RANDOM % 2)) = 0 ]; then
			kill -KILL "$pid"
			echo cut >>"$D/rounds"
		else
			kill "$pid"
			echo left >>"$D/rounds"
		fi
		wait "$pid" 2>/dev/null
		sleep $((1 + RANDOM % 30))
	done
}

figures() # MINUTE
{
	echo "FIGURE minute $1: $peers peers, $instances in the status file, $routes routes of clients;" \
		"$(memory) kB, $(count_fds srv) descriptors; $(grep -c left "$D/rounds") left, $(grep -c cut "$D/rounds") were cut off," \
		"$(grep -ac 'VERIFY OK: depth=0' "$D/srv.log") handshakes"
}

soak()
{
	address_by_port
	touch "$D/rounds"
	start srv s "$OURS" --dev tun --server 10.8.0.0 255.255.0.0 --topology subnet --proto udp --port 1194 \
		--dh none --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --verb 3 \
		--keepalive 2 8 --duplicate-cn --max-clients 200 --connect-freq-initial 100000 1 --reneg-sec 30 \
		--script-security 2 --client-connect "$D/connect" --status "$D/status" 1 --status-version 2
	wait_log srv 'Initialization Sequence Completed' || return
	want_log srv 'DCO device tun0 opened'
	until_true 10 test -s "$D/status" || fail "no status file"
	sleep 5 # the kernel adds routes of its own
	all_routes >"$D/routes"
	local empty_fds fds_early memory_early i n unequal=0 lowest=$CLIENTS all=() instances peers routes
	empty_fds=$(count_fds srv)
	for ((n = 0; n < CLIENTS; n++)); do
		wanderer "$n" &
		all+=($!)
	done
	for ((i = 1; i <= MINUTES; i++)); do
		sleep 60
		if ! until_true 30 agreed; then
			unequal=$((unequal + 1))
			echo "  minute $i: $instances in the status file, $peers peers, $routes routes of clients"
			explain
		fi
		[ "$peers" -ge "$lowest" ] || lowest=$peers
		[ $((i % SETTLE)) != 0 ] || figures "$i"
		[ "$i" != "$SETTLE" ] || { fds_early=$(count_fds srv) memory_early=$(memory); }
	done
	local ended handshakes memory_late
	ended=$(wc -l <"$D/rounds") handshakes=$(grep -ac 'VERIFY OK: depth=0' "$D/srv.log") memory_late=$(memory)
	echo "FIGURE $MINUTES minutes: $ended connections ended, $lowest to $CLIENTS clients at a time;" \
		"memory $memory_early -> $memory_late kB, descriptors $fds_early -> $(count_fds srv)"
	[ "$unequal" = 0 ] || fail "$unequal times clients, peers and routes were not of one number"
	[ "$lowest" -ge $((CLIENTS / 2)) ] || fail "only $lowest clients at a time"
	[ "$ended" -ge $((MINUTES * CLIENTS / 12)) ] || fail "only $ended connections ended"
	[ "$handshakes" -ge $((MINUTES * CLIENTS)) ] || fail "only $handshakes handshakes"
	[ $((memory_late * 100)) -le $((memory_early * 110 + 10000)) ] || fail "memory grew from $memory_early to $memory_late kB"
	until_true 5 fds_at_most "$fds_early" || fail "$(count_fds srv) descriptors instead of $fds_early"
	touch "$D/enough"
	kill "${all[@]}"
	for ((n = 0; n < CLIENTS; n++)); do kill -KILL "$(cat "$D/wanderer.$n")" 2>/dev/null; done
	until_true 60 peers_are 0 || fail "$(peers) peers are left over"
	until_true 10 agreed || fail "at the end: $instances in the status file, $peers peers, $routes routes of clients"
	dump_peers | grep -q '^0 peers, 0 keys' || fail "keys are left over: $(dump_peers | tail -n 1)"
	routes_of_empty || fail "other routes than before: $(cat "$D/routes.diff")"
	until_true 5 fds_at_most "$empty_fds" || fail "$(count_fds srv) descriptors instead of $empty_fds"
	no_log srv 'mismatch|cannot install|Cannot add peer|out of memory|the data plane refuses'
}

run_case wanderers soak
exit "${GUEST_FAILED:-0}"
