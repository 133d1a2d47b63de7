# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Hundreds of clients come, renegotiate and leave; nothing of them must be left in kernel or process.
# guests: g72
# seconds: 1700
. /w/guest.sh
CLIENTS=${CLIENTS:-500}

count_routes()
{
	{
		ip -n s route show table all
		ip -n s -6 route show table all
	} | wc -l
}

# key ids other than 0 come from renegotiations
all_rekeyed()
{
	! dump_peers | grep -qE 'keys (0 -|- 0|- -)$'
}

figures() # WHEN
{
	echo "FIGURE $1: $(dump_peers | tail -n 1), $(count_routes) routes, $(count_fds srv) descriptors"
}

load()
{
	address_by_port
	start srv s "$OURS" --dev tun --server 10.8.0.0 255.255.0.0 --topology subnet --proto udp --port 1194 \
		--dh none --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --verb 3 \
		--keepalive 20 120 --duplicate-cn --max-clients 1000 --connect-freq-initial 100000 1 --reneg-sec 0 \
		--script-security 2 --client-connect "$D/connect"
	wait_log srv 'Initialization Sequence Completed' || return
	want_log srv 'DCO device tun0 opened'
	local fds routes
	sleep 5 # the kernel adds routes of its own when the device is up
	fds=$(count_fds srv) routes=$(count_routes)
	figures 'before'
	start load c /w/bin/load_client --server 192.0.2.1:1194 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
		--key /w/pki/client.key --clients "$CLIENTS" --rate 100 --at-once 6 --seconds 1500 --ping 15 \
		--reneg 240 --leave
	until_true 700 peers_are "$CLIENTS" || fail "not all clients are connected"
	[ "$(count_routes)" -ge $((routes + 2 * CLIENTS)) ] || fail "the routes to the clients are missing"
	figures 'connected'
	until_true 500 all_rekeyed || fail "not all clients renegotiated"
	figures 'after renegotiation'
	local pid
	pid=$(cat "$D/load.pid")
	kill "$pid"
	until_true 120 dead "$pid" || fail "the clients do not leave"
	want_log load "^clients $CLIENTS up $CLIENTS failed 0 lost 0"
	until_true 120 peers_are 0 || fail "peers are left over"
	figures 'all gone'
	dump_peers | grep -q '^0 peers, 0 keys' || fail "$(dump_peers | tail -n 1)"
	[ "$(count_routes)" = "$routes" ] || fail "$(count_routes) routes instead of $routes"
	[ "$(count_fds srv)" = "$fds" ] || fail "$(count_fds srv) descriptors instead of $fds"
	no_log srv 'mismatch|cannot install|Cannot add peer|out of memory'
}

run_case clients_come_rekey_and_leave load
exit "${GUEST_FAILED:-0}"
