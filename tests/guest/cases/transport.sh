# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# The socket that daemon and driver share: both families on one, TCP queues at the hand-over, large control packets.
# seconds: 900
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

renegotiations() # NAME
{
	grep -ac 'VERIFY OK: depth=0' "$D/$1.log"
}

renegotiated() # NAME TIMES
{
	[ "$(renegotiations "$1")" -ge "$2" ]
}

# an IPv4 client on an IPv6 socket
dual_stack() # PROTO-SERVER PROTO-CLIENT CLIENT-PROGRAM
{
	server srv "$OURS" --proto "$1" --reneg-sec 0
	client cli "$3" --remote 192.0.2.1 --proto "$2" --reneg-sec 10
	connected cli || return
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind s tun0)"
	ping_vpn c 10.8.0.1
	ping_vpn c fd00:8::1 3000
	ping_vpn s 10.8.0.2 3000
	until_true 30 renegotiated srv 2 || fail "no renegotiation"
	ping_vpn c 10.8.0.1
}

# and from another address: the daemon must know the client by it
dual_stack_float()
{
	server srv "$OURS" --proto udp6 --status "$D/status" 1 --status-version 2 --reneg-sec 0
	client cli "$OURS" --remote 192.0.2.1 --proto udp4 --reneg-sec 12
	connected cli || return
	ip -n c addr del 192.0.2.2/24 dev vc
	ip -n c addr add 192.0.2.77/24 dev vc
	ping_vpn c 10.8.0.1
	if [ "$GUEST" = g72 ]; then # the module does not tell; it takes a control packet
		wait_log srv 'floated from .*192\.0\.2\.2.* to .*192\.0\.2\.77' 3
		[ "$(renegotiations srv)" = 1 ] || fail "a renegotiation told it, not the driver"
	fi
	until_true 30 renegotiated srv 2 || fail "no renegotiation from the new address"
	wait_log srv 'floated from .*192\.0\.2\.2.* to .*192\.0\.2\.77' 3
	until_true 5 grep -q '192\.0\.2\.77' "$D/status" || fail "the status file has the old address"
	ping_vpn c 10.8.0.1
	no_log cli 'SIGUSR1'
	no_log srv 'client-instance (exiting|restarting)'
}

# a certificate of 20 kB and more for NAME in $D/big.*
big_certificate() # NAME
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$D/big-$1.key" \
		-out "$D/big.csr" >"$D/openssl" 2>&1
	{
		printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%sAuth\n' "$1"
		printf 'subjectAltName=DNS:none.example'
		printf ',DNS:host-%060d.example' {1..280}
	} >"$D/big.ext"
	openssl x509 -req -in "$D/big.csr" -CA /w/pki/ca.crt -CAkey /w/pki/ca.key -CAcreateserial -days 3650 \
		-extfile "$D/big.ext" -out "$D/big-$1.crt" >>"$D/openssl" 2>&1 || fail "$(cat "$D/openssl")"
	[ "$(openssl x509 -in "$D/big-$1.crt" -outform DER | wc -c)" -ge 20000 ] || fail "the certificate is small"
}

# Control packets of the largest size before and after the hand-over, and a push reply of 60 kB in parts
large_control() # SERVER-PROGRAM CLIENT-PROGRAM
{
	local i word
	big_certificate server
	big_certificate client
	word=$(printf 'x%.0s' {1..220})
	for i in {1..260}; do echo "push \"setenv-safe V$i $word\""; done >"$D/push.conf"
	cat >"$D/up" <<-S
		#!/bin/sh
		env | grep -c '^OPENVPN_V[0-9]*=$word\$' >$D/pushed
	S
	chmod +x "$D/up"
	server srv "$1" --proto tcp-server --max-packet-size 2048 --reneg-sec 0 --keepalive 10 60 \
		--cert "$D/big-server.crt" --key "$D/big-server.key" --config "$D/push.conf"
	client cli "$2" --remote 192.0.2.1 --proto tcp-client --max-packet-size 2048 --reneg-sec 15 \
		--cert "$D/big-client.crt" --key "$D/big-client.key" --script-security 2 --up "$D/up"
	connected cli || return
	[ "$(link_kind s tun0)-$(link_kind c tun0)" = "$KIND-$KIND" ] || fail "the tunnel is not in the kernel"
	[ "$(cat "$D/pushed")" = 260 ] || fail "$(cat "$D/pushed") of 260 pushed values arrived"
	ip netns exec c ping -i 0.2 -c 250 -W 5 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	renegotiated srv 3 || fail "$(renegotiations srv) handshakes"
	no_log srv 'SIGUSR1|Connection reset|mismatch|TLS Error|Bad encapsulated'
	no_log cli 'SIGUSR1|Connection reset|mismatch|TLS Error|Bad encapsulated'
}

# The program NAME stands still while its peer sends: what waits in its socket then is for daemon and driver.
# A script of it stops it and makes $D/stopped.
stopper() # NAME
{
	cat >"$D/stop-it" <<-S
		#!/bin/sh
		[ -e $D/stopped ] && exit 0
		touch $D/stopped
		kill -STOP \$(cat $D/$1.pid)
		exit 0
	S
	chmod +x "$D/stop-it"
}

# the tunnel works at once, without a loss, and a renegotiation comes and passes
goes_on() # WHO-RENEGOTIATES SECONDS NETNS ADDRESS
{
	connected cli "$2" || return
	ip netns exec "$3" ping -q -i 0.2 -c 130 -W 5 "$4" >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	renegotiated "$1" 2 || fail "no renegotiation"
	no_log cli 'SIGUSR1|Connection reset|mismatch|TLS Error'
	no_log srv 'SIGUSR1|Connection reset|mismatch|TLS Error'
}

# The client reads nothing between the push reply and the hand-over, while the server sends and, before 25 s, renegotiates.
# Nothing is lost, and the tunnel works at once. (2.7.8 ends a connection on which an old packet is acknowledged after its
# renegotiation began: it is given more time.)
queued_for_client() # SERVER-PROGRAM RENEG-SEC
{
	stopper cli
	server srv "$1" --proto tcp-server --keepalive 60 240 --reneg-sec "$2"
	client cli "$OURS" --remote 192.0.2.1 --proto tcp-client --reneg-sec 0 --script-security 2 --up "$D/stop-it"
	until_true 20 test -e "$D/stopped" || fail "the client was not stopped"
	# dump_peers speaks to the mainline driver only
	[ "$GUEST" != g72 ] || [ "$(ip netns exec c /w/bin/dump_peers tun0 2>/dev/null | awk 'END {print $1}')" = 0 ] ||
		fail "the hand-over was before"
	ip netns exec s ping -i 0.2 -c 110 -W 1 10.8.0.2 >"$D/queued.log" 2>&1
	local waiting
	waiting=$(ip netns exec c ss -Htn dport = 1194 | awk '{print $2}')
	echo "FIGURE ${waiting:-0} bytes wait for the client at the hand-over"
	[ "${waiting:-0}" -ge 8000 ] || fail "only ${waiting:-0} bytes wait"
	kill -CONT "$(cat "$D/cli.pid")"
	goes_on cli 3 s 10.8.0.2
	local arrived
	arrived=$(ip netns exec c nstat -asz IcmpInEchos | awk '/IcmpInEchos/ {print $2}')
	echo "FIGURE $arrived of 240 pings arrived, 110 of them sent before the hand-over"
	[ "$arrived" = 240 ] || fail "$((240 - arrived)) packets which waited at the hand-over were lost"
}

# the server reads nothing while it looks for the client's options; the client asks for them again and again
queued_for_server() # CLIENT-PROGRAM RENEG-SEC
{
	stopper srv
	server srv "$OURS" --proto tcp-server --keepalive 60 240 --reneg-sec 0 --script-security 2 --client-connect "$D/stop-it"
	client cli "$1" --remote 192.0.2.1 --proto tcp-client --reneg-sec "$2"
	until_true 20 test -e "$D/stopped" || fail "the server was not stopped"
	sleep 26
	local waiting
	waiting=$(ip netns exec s ss -Htn sport = 1194 | awk '{print $2}')
	echo "FIGURE ${waiting:-0} bytes wait for the server at the hand-over"
	[ "${waiting:-0}" -ge 100 ] || fail "only ${waiting:-0} bytes wait"
	kill -CONT "$(cat "$D/srv.pid")"
	goes_on srv 5 c 10.8.0.1
}

run_case dual_stack_udp_ours dual_stack udp6 udp4 "$OURS"
run_case dual_stack_udp_theirs dual_stack udp6 udp4 "$THEIRS"
run_case dual_stack_tcp_ours dual_stack tcp6-server tcp4-client "$OURS"
run_case dual_stack_tcp_theirs dual_stack tcp6-server tcp4-client "$THEIRS"
run_case dual_stack_float dual_stack_float
run_case large_control_ours large_control "$OURS" "$OURS"
run_case large_control_server large_control "$OURS" "$THEIRS"
run_case large_control_client large_control "$THEIRS" "$OURS"
run_case queued_for_client_ours queued_for_client "$OURS" 20
run_case queued_for_client_theirs queued_for_client "$THEIRS" 35
run_case queued_for_server_ours queued_for_server "$OURS" 20
run_case queued_for_server_theirs queued_for_server "$THEIRS" 40
exit "${GUEST_FAILED:-0}"
