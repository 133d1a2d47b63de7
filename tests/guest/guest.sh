# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced inside a guest: two namespaces, peers, waiting. OURS is the program under test, THEIRS the
# guest's own OpenVPN.
#
#   client 192.0.2.2, 2001:db8::2  --  server 192.0.2.1, 2001:db8::1
OURS=/w/bin/openvpn
THEIRS=/usr/sbin/openvpn
export OURS THEIRS
D=/tmp/run
PAUSE=/tmp/pause
[ -p "$PAUSE" ] || mkfifo "$PAUSE"
CASE_RC=0

net_up()
{
	ip netns add s && ip netns add c
	ip link add vs netns s type veth peer name vc netns c
	ip -n s addr add 192.0.2.1/24 dev vs
	ip -n c addr add 192.0.2.2/24 dev vc
	ip -n s addr add 2001:db8::1/64 dev vs nodad
	ip -n c addr add 2001:db8::2/64 dev vc nodad
	for n in s c; do
		ip -n $n link set lo up
		ip -n $n link set v$n up
	done
}

net_down()
{
	ip netns del s
	ip netns del c
}

# until_true SECONDS COMMAND...
until_true()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		# a sleep without a process
		read -rt "${PAUSE_S:-0.1}" <>"$PAUSE" || :
	done
	return 0
}

fail()
{
	echo "  $*"
	CASE_RC=1
	return 1
}

wait_log() # FILE REGEX [SECONDS]
{
	until_true "${3:-30}" grep -aqE -- "$2" "$D/$1.log" || fail "not within ${3:-30} s in $1.log: $2"
}

want_log()
{
	grep -aqE -- "$2" "$D/$1.log" || fail "no line in $1.log: $2"
}

no_log()
{
	! grep -aqE -- "$2" "$D/$1.log" || fail "unwanted line in $1.log: $2"
}

# start NAME NETNS PROGRAM OPTIONS...
start()
{
	local name=$1 ns=$2
	shift 2
	# exec: the process id is that of the program
	(exec ip netns exec "$ns" "$@" >"$D/$name.log" 2>&1) &
	echo $! >"$D/$name.pid"
}

stop() # NAME [SIGNAL]
{
	local pid
	pid=$(cat "$D/$1.pid" 2>/dev/null) || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	until_true 10 dead "$pid" || kill -KILL "$pid" 2>/dev/null
	rm -f "$D/$1.pid"
}

# killed NAME NETNS: without a word; the legacy module's device would outlive the process and go on pinging
killed()
{
	stop "$1" KILL
	ip -n "$2" link del tun0 2>/dev/null
}

dead()
{
	! kill -0 "$1" 2>/dev/null
}

# server NAME PROGRAM OPTIONS...: 10.8.0.1, fd00:8::1
server()
{
	local name=$1 prog=$2
	shift 2
	start "$name" s "$prog" --dev tun --server 10.8.0.0 255.255.255.0 --server-ipv6 fd00:8::/64 --topology subnet \
		--dh none --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key \
		--keepalive 2 8 --verb 4 --port 1194 "$@"
	wait_log "$name" 'Initialization Sequence Completed' 40
}

client()
{
	local name=$1 prog=$2
	shift 2
	start "$name" c "$prog" --client --dev tun --nobind --remote-cert-tls server \
		--ca /w/pki/ca.crt --cert /w/pki/client.crt --key /w/pki/client.key --verb 4 "$@"
}

connected()
{
	wait_log "$1" 'Initialization Sequence Completed' "${2:-40}"
}

ping_vpn() # NETNS ADDRESS [SIZE]
{
	ip netns exec "$1" ping -c 3 -i 0.2 -W 5 -s "${3:-64}" "$2" >"$D/ping" 2>&1 ||
		fail "no answer from $2 of $1: $(tail -n 2 "$D/ping" | head -n 1)"
}

link_kind() # NETNS NAME
{
	ip -n "$1" -d -j link show "$2" 2>/dev/null | jq -r '.[0].linkinfo.info_kind // "none"'
}

# The peers and keys that the mainline driver has at the server; the legacy module cannot be asked.
dump_peers()
{
	ip netns exec s /w/bin/dump_peers tun0
}

peers_are() # NUMBER
{
	dump_peers | grep -q "^$1 peers"
}

count_fds() # NAME
{
	find "/proc/$(cat "$D/$1.pid")/fd" -mindepth 1 | wc -l
}

# A script for client-connect: the client from port A * 256 + B has 21.A.B.1, and 20.A.B.0/24 behind it.
address_by_port()
{
	cat >"$D/connect" <<-'S'
		#!/bin/sh
		a=$((trusted_port / 256)) b=$((trusted_port % 256))
		printf 'ifconfig-push 21.%d.%d.1 255.0.0.0\niroute 20.%d.%d.0 255.255.255.0\n' $a $b $a $b >"$1"
	S
	chmod +x "$D/connect"
}

# run_case NAME FUNCTION ARGUMENTS...; where the regex ONLY is set, names that it matches
run_case()
{
	local name=$1 f
	[[ $name =~ ${ONLY:-} ]] || return 0
	shift
	rm -rf "$D" && mkdir -p "$D"
	CASE_RC=0
	net_up
	"$@" || CASE_RC=1
	for f in "$D"/*.pid; do [ -e "$f" ] && stop "$(basename "$f" .pid)" KILL; done
	net_down
	if [ "$CASE_RC" = 0 ]; then
		echo "PASS $name"
		return
	fi
	echo "FAIL $name"
	for f in "$D"/*.log; do
		echo "---- $(basename "$f")"
		tail -n "${LOG_LINES:-40}" "$f"
	done
	export GUEST_FAILED=1
}
