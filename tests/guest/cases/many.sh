# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# A thousand peers, and a status file that is written each second.
# guests: g72
# seconds: 1700
. /w/guest.sh
CLIENTS=${CLIENTS:-1000}
TRACING=/sys/kernel/tracing

# every time that a process starts to ask the kernel for all of something
trace_dumps()
{
	mount -t tracefs trace "$TRACING" 2>/dev/null
	echo 'p:asked __netlink_dump_start' >"$TRACING/kprobe_events" || return
	echo 1 >"$TRACING/events/kprobes/asked/enable"
}

dumps_of() # NAME
{
	# of all threads
	grep -cE -e "$(find "/proc/$(cat "$D/$1.pid")/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sed 's/.*/-&  *\\[/' | paste -sd'|')" "$TRACING/trace"
}

listed()
{
	awk -F, '$1 == "CLIENT_LIST" && $6 > 0 && $7 > 0 {n++} END {print n + 0}' "$D/status"
}

all_listed()
{
	sleep 1
	[ "$(listed)" = "$CLIENTS" ]
}

status_each_second()
{
	trace_dumps || fail "no kprobes: $(cat "$TRACING/error_log" 2>&1)"
	start srv s "$OURS" --dev tun --server 10.8.0.0 255.255.0.0 --topology subnet --proto udp --port 1194 \
		--dh none --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --verb 3 \
		--keepalive 20 120 --duplicate-cn --max-clients 2000 --connect-freq-initial 100000 1 --reneg-sec 0 \
		--status "$D/status" 1 --status-version 2 --inactive 600
	wait_log srv 'Initialization Sequence Completed' || return
	want_log srv 'DCO device tun0 opened'
	start load c /w/bin/load_client --server 192.0.2.1:1194 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
		--key /w/pki/client.key --clients "$CLIENTS" --rate 100 --at-once 6 --seconds 3000 --ping 5 --leave
	# the dump of the kernel's peers and keys is for the end: it takes thousands of requests
	until_true 1000 all_listed || fail "$(listed) clients are connected"
	sleep 2
	local from took asked i wrong=0 written=0 mtime last_mtime=
	echo >"$TRACING/trace"
	from=$(date +%s%N)
	for ((i = 0; i < 60; i++)); do
		mtime=$(stat -c %Y "$D/status")
		[ "$mtime" = "$last_mtime" ] || written=$((written + 1))
		last_mtime=$mtime
		[ "$(listed)" = "$CLIENTS" ] || wrong=$((wrong + 1))
		sleep 0.5
	done
	took=$((($(date +%s%N) - from) / 1000000))
	asked=$(dumps_of srv)
	echo "FIGURE $CLIENTS peers: $asked dumps and $written new status files in $took ms"
	[ "$wrong" = 0 ] || fail "$wrong times not all $CLIENTS were in the status file with their bytes"
	[ "$written" -ge 20 ] || fail "the status file was written $written times"
	[ "$asked" -ge 10 ] || fail "$asked dumps: is the probe right?"
	[ "$asked" -le $((took / 1000 + 1)) ] || fail "$asked dumps in $took ms"
	peers_are "$CLIENTS" || fail "peers were lost"
	kill "$(cat "$D/load.pid")"
	wait_log load "^clients $CLIENTS up $CLIENTS failed 0 lost 0" 60
	until_true 120 peers_are 0 || fail "peers are left over"
}

run_case status_each_second status_each_second
exit "${GUEST_FAILED:-0}"
