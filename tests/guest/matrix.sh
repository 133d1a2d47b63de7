# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Runs inside a guest for tests/guest/matrix: every pair of client and server. Prints
# "CELL client server transport what ok|FAIL|- detail". Ends: ok our program on the kernel's data
# plane, ou in user space; tk and tu the guest's own OpenVPN. Set by the host: GUEST, CLIENTS,
# SERVERS, PROTOS, FAMILIES, CIPHERS, STEPS, IPERF_S, LIMIT, LOAD.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
UP='Initialization Sequence Completed'
TIMEOUT='Inactivity timeout|soft,ping-restart|ping expired'

options_of() # END: sets prog, opts
{
	prog=$THEIRS opts=
	[ "${1:0:1}" = o ] && prog=$OURS
	[ "${1:1:1}" = u ] && opts=--disable-dco
}

is_kernel()
{
	[ "${1:1:1}" = k ]
}

transport() # SIDE: udp4, tcp6-server, ...
{
	[ "$proto" = udp ] && echo "udp$family" || echo "tcp$family-$1"
}

remote()
{
	[ "$family" = 4 ] && echo 192.0.2.1 || echo 2001:db8::1
}

cell() # WHAT ok|FAIL|- DETAIL
{
	echo "CELL $cli_end $srv_end $proto$family $*"
	[ "$2" = FAIL ] || return 0
	export GUEST_FAILED=1
	tail -n "${LOG_LINES:-25}" "$D/cli.log" "$D/srv.log" "$D/iperf-srv.log"
}

# check WHAT COMMAND...: a cell from what the command prints to the file "detail" and its status
check()
{
	local what=$1
	shift
	CASE_RC=0
	: >"$D/detail"
	"$@" >"$D/out" 2>&1 || CASE_RC=1
	if [ "$CASE_RC" = 0 ]; then
		cell "$what" ok "$(cat "$D/detail")"
	else
		cell "$what" FAIL "$(tr '\n' ';' <"$D/out" | tail -c 200)"
	fi
}

server_up()
{
	local prog opts
	options_of "$srv_end"
	# shellcheck disable=SC2086
	start srv s "$prog" $opts --dev tun --server 10.8.0.0 255.255.255.0 --server-ipv6 fd00:8::/64 --topology subnet \
		--dh none --ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --reneg-sec 0 \
		--proto "$(transport server)" --keepalive 1 6 --verb 4 --data-ciphers AES-128-GCM:AES-256-GCM:CHACHA20-POLY1305
	until_true 20 grep -aq "$UP" "$D/srv.log"
}

client_up() # OPTIONS...: cipher, reneg
{
	local prog opts
	options_of "$cli_end"
	# shellcheck disable=SC2086
	start cli c "$prog" $opts --client --dev tun --nobind --remote-cert-tls server --remote "$(remote)" 1194 \
		--ca /w/pki/ca.crt --cert /w/pki/client.crt --key /w/pki/client.key --verb 4 --connect-retry 1 2 \
		--proto "$(transport client)" --hand-window 20 "$@"
	wait_log cli "$UP" 30
}

kind_is() # NETNS WHOSE
{
	[ -n "$(ip -n "$1" link show dev tun0 type "$KIND")" ] || fail "$2's tun0 is a $(link_kind "$1" tun0)"
}

kinds()
{
	is_kernel "$srv_end" && kind_is s server
	is_kernel "$cli_end" && kind_is c client
	return 0
}

pings()
{
	until_true "${1:-10}" ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no answer within ${1:-10} s"
	ping_vpn c 10.8.0.1 1400
}

connect() # CIPHER
{
	client_up --data-ciphers "$1" || return
	kinds
	want_log cli "Data Channel: cipher '$1'"
	pings
	ping_vpn c 10.8.0.1 3000
	ping_vpn c fd00:8::1
	local addr
	read -r _ _ _ addr _ < <(ip -n c -4 -o addr show tun0)
	ping_vpn s "${addr%/*}"
}

iperf() # [-R]
{
	local out
	out=$(ip netns exec c timeout $((IPERF_S + 20)) iperf3 -c 10.8.0.1 -f m -t "$IPERF_S" ${LIMIT:+-b "$LIMIT"} "$@" 2>&1) &&
		[[ $out =~ \ ([0-9.]+)\ Mbits/sec\ +receiver ]] || fail "iperf3 $*: ${out##*$'\n'}" || return
	printf '%s ' "${BASH_REMATCH[1]}" >>"$D/detail"
}

both_ways()
{
	iperf && iperf -R && printf 'Mbit/s' >>"$D/detail"
}

# ---- once for each pair and protocol -------------------------------------------------------------
count() # FILE REGEX
{
	grep -acE -- "$2" "$D/$1.log"
}

more_than()
{
	[ "$(count "$1" "$2")" -gt "$3" ]
}

# again FILE REGEX SECONDS COMMAND...: the line comes once more after the command
again()
{
	local file=$1 regex=$2 secs=$3 n
	n=$(count "$1" "$2")
	shift 3
	"$@"
	until_true "$secs" more_than "$file" "$regex" "$n" || fail "not again within $secs s in $file.log: $regex"
}

reneg()
{
	local n iperf_pid answers
	ip netns exec c iperf3 -c 10.8.0.1 -t 10 -b "$LOAD" >/dev/null 2>&1 &
	iperf_pid=$!
	# ping waits two round trips only for the last ones
	ip netns exec c ping -D -O -i 0.2 -c 55 10.8.0.1 >"$D/ping.log" 2>&1
	wait "$iperf_pid" || fail "iperf3 broke off"
	answers=$(<"$D/ping.log")
	for ((n = 1; n <= 50; n++)); do
		[[ $answers = *" icmp_seq=$n ttl="* ]] || fail "ping $n of 50 has no answer: $(grep -m 1 ' no answer' "$D/ping.log")"
	done
	n=$(count cli 'VERIFY OK: depth=0')
	[ "$n" -ge 2 ] || fail "$((n - 1)) renegotiations"
	printf '%s renegotiations' "$((n - 1))" >"$D/detail"
	no_log cli 'mismatch|cannot install|Authenticate/Decrypt'
	no_log srv 'mismatch|cannot install|Authenticate/Decrypt'
}

usr1()
{
	again cli "$UP" 30 kill -USR1 "$(cat "$D/cli.pid")" || return
	kinds
	pings
}

hup()
{
	again cli "$UP" 30 kill -HUP "$(cat "$D/cli.pid")" || return
	kinds
	pings
}

server_usr1()
{
	again cli "$UP" 40 again srv "$UP" 20 kill -USR1 "$(cat "$D/srv.pid")" || return
	kinds
	pings
}

# the client has another address from one packet to the next
float()
{
	ip -n c addr flush dev vc scope global
	ip -n c addr add 192.0.2.3/24 dev vc
	pings 20 || return
	# the legacy module tells nobody, and 2.6 does not find out
	[ "$srv_end" != tk ] || [ "$GUEST" = g72 ] || return 0
	# the control channel has to follow, too
	again cli 'VERIFY OK: depth=0' 20 true
	pings
	[ "${srv_end:0:1}" = t ] || want_log srv 'floated from .*192\.0\.2\.2.* to .*192\.0\.2\.3'
	no_log cli 'Restart|restarting'
}

# nothing arrives any more, and nobody is told
cut()
{
	local n
	for n in s c; do
		ip netns exec "$n" nft "add table inet cut
			add chain inet cut in { type filter hook input priority 0; }
			add rule inet cut in iifname v$n drop"
	done
}

mend()
{
	local n
	for n in s c; do ip netns exec "$n" nft delete table inet cut 2>/dev/null; done
	return 0
}

peer_timeout()
{
	local before
	before=$(count cli 'SIGUSR1\[soft,ping-restart\]')
	again srv "$TIMEOUT" 25 cut || return
	until_true 25 more_than cli 'SIGUSR1\[soft,ping-restart\]' "$before" ||
		fail "client: no SIGUSR1[soft,ping-restart]" || return
	again cli "$UP" 40 mend || return
	kinds
	pings
}

# the client ends by SIGTERM: the server knows at once
exit_notify()
{
	local timeouts
	timeouts=$(count srv "$TIMEOUT")
	again srv 'remote-exit|onnection.reset|client-instance exiting' 5 stop cli
	[ "$(count srv "$TIMEOUT")" = "$timeouts" ] || fail "the server noticed by time only"
}

p2p()
{
	local prog opts bind
	stop cli
	stop srv
	rm -f "$D"/{cli,srv}.log
	options_of "$srv_end"
	# shellcheck disable=SC2086
	start srv s "$prog" $opts --dev tun --mode p2p --tls-server --dh none --ifconfig 10.9.0.1 10.9.0.2 --port 1194 --verb 4 \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --proto "$(transport server)" --keepalive 1 6 \
		--data-ciphers AES-256-GCM --connect-retry 1 2
	sleep 1
	options_of "$cli_end"
	# 2.7 answers a peer without a fixed port at its old one for ever
	[ "$proto" = udp ] && bind="--lport 1194" || bind=--nobind
	# shellcheck disable=SC2086
	start cli c "$prog" $opts --dev tun --mode p2p --tls-client --ifconfig 10.9.0.2 10.9.0.1 --remote "$(remote)" 1194 $bind \
		--ca /w/pki/ca.crt --cert /w/pki/client.crt --key /w/pki/client.key --proto "$(transport client)" --keepalive 1 6 \
		--data-ciphers AES-256-GCM --verb 4 --connect-retry 1 2
	wait_log cli "$UP" 30 || return
	until_true 15 ip netns exec c ping -c 1 -W 1 10.9.0.1 || fail "no answer"
	kinds
	ping_vpn c 10.9.0.1 1400
	again cli "$UP" 40 kill -USR1 "$(cat "$D/cli.pid")" || return
	until_true 15 ip netns exec c ping -c 1 -W 1 10.9.0.1 || fail "no answer after SIGUSR1"
	ping_vpn s 10.9.0.2
	kinds
}

# what the client of a step needs
client_for() # STEP
{
	case $1 in
	p2p) return 0 ;;
	reneg) client_up --reneg-sec 4 ;;
	float) client_up --reneg-sec 8 ;;
	*) if [ "$proto" = udp ]; then client_up --explicit-exit-notify 1; else client_up; fi ;;
	esac && pings
}

lifecycle()
{
	local step
	for step in $STEPS; do
		[ "$step" != float ] || [ "$proto" = udp ] || continue
		if [ ! -e "$D/cli.pid" ]; then
			rm -f "$D/cli.log"
			CASE_RC=0
			client_for "$step" >"$D/out"
			if [ "$CASE_RC" != 0 ]; then
				cell "$step" FAIL "$(tr '\n' ';' <"$D/out")"
				stop cli
				continue
			fi
		fi
		check "$step" "$step"
		# these have a client of their own; after a failure the next one begins anew
		case $step$CASE_RC in reneg? | float? | p2p? | *1) stop cli ;; esac
		[ "$step" != p2p ] || stop srv
		restore
	done
	stop cli
}

# as it was before
restore()
{
	mend
	ip -n c addr flush dev vc scope global
	ip -n c addr add 192.0.2.2/24 dev vc
	ip -n c addr add 2001:db8::2/64 dev vc nodad
}

one_server()
{
	local cipher
	rm -rf "$D" && mkdir -p "$D"
	net_up
	ip netns exec s iperf3 -s >"$D/iperf-srv.log" 2>&1 &
	local iperf_pid=$!
	for cli_end in $CLIENTS; do
		# two of the guest's own are not ours to test
		[ "${cli_end:0:1}${srv_end:0:1}" = tt ] && continue
		if [ ! -e "$D/srv.pid" ] && ! server_up; then
			cell server FAIL "the server does not start"
			stop srv KILL
			continue
		fi
		for cipher in $CIPHERS; do
			rm -f "$D/cli.log"
			check "ping-$cipher" connect "$cipher"
			[ "$CASE_RC" != 0 ] || check "iperf-$cipher" both_ways
			stop cli
		done
		[ "$family" = 4 ] && lifecycle
	done
	stop srv
	kill $iperf_pid
	wait $iperf_pid 2>/dev/null
	net_down
}

echo # after what the firmware wrote
for srv_end in $SERVERS; do
	for proto in $PROTOS; do
		for family in $FAMILIES; do
			one_server
		done
	done
done
exit "${GUEST_FAILED:-0}"
