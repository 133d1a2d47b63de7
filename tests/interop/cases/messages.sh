# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Messages of a server while a client is connected or asks: updates of options, restarts with flags,
# refusals with every reason, requests that nobody answers, options that change from one connection
# to the next.

# manage COMMAND: to the management interface of the real server
manage()
{
	in_s python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", 7505), 5)
s.settimeout(5)
f = s.makefile("rw")
print(sys.argv[1], file=f, flush=True)
for line in f:
    print(line.rstrip())
    if line.startswith(("SUCCESS", "ERROR")):
        break
' "$1" >"$DIR/mgmt" 2>&1
	grep -aq '^SUCCESS' "$DIR/mgmt" || { cat "$DIR/mgmt"; fail "the server did not send: $1"; }
}

client_routes()
{
	ip -n "$NS-c" -4 route show dev tun0 | sed -nE 's/^(10\.9[0-9]\.[0-9./]*) .*/\1/p' | sort | paste -sd' '
}

routes_are()
{
	[ "$(client_routes)" = "$1" ]
}

# updated ITEMS: the server sends them and the client has come up again. 2.7.8 says at once that it
# sent them, but after a renegotiation it holds them back until its TLS has something else to do.
updated()
{
	mark client
	manage "push-update-cid 0 \"$1\""
	wait_log client 'Initialization Sequence Completed' 20
}

update_start()
{
	server 2.7 <<-E
		disable-dco
		management 127.0.0.1 7505
		push "route 10.91.0.0 255.255.0.0"
		push "dhcp-option DNS 10.8.0.1"
		keepalive 5 20
	E
	recorder up
	recorder down
	client <<-E
		remote $SERVER4
		disable-dco
		dns-updown disable
		script-security 2
		up $DIR/up
		down $DIR/down
		pull-filter ignore "route 10.97"
		$1
	E
	want "pushed routes" 10.91.0.0/16 "$(client_routes)"
}

# One update in each case, see above; its text is at most one word of the management interface.
update_applies()
{
	update_start ''
	: >"$DIR/calls"
	updated "$2"
	want "the scripts: closed and opened again" "down up" "$(cut -d' ' -f1 "$DIR/calls" | paste -sd' ')"
	case $1 in
	routes) want "the old routes are replaced" "10.92.0.0/16 10.93.0.0/16" "$(client_routes)" ;;
	no_routes) want "the routes are gone" "" "$(client_routes)" ;;
	optional)
		want_log client "Pushed dispensable option is not updatable: 'verb 3'\. Ignoring\."
		want_log client "Pushed option removed by filter: 'route 10.97.0.0 255.255.0.0'"
		want "routes" 10.94.0.0/16 "$(client_routes)"
		;;
	address)
		ip -n "$NS-c" -4 -o addr show dev tun0 | grep -q '10\.8\.0\.77/24' || fail "the address is the old one"
		;;
	mtu) want "MTU" 1400 "$(in_c cat /sys/class/net/tun0/mtu)" ;;
	esac
	wait_for 5 "traffic" pings
	ping_ok
	want_no_log client 'process restarting'
	ut_stop
}
case_add update_routes update_applies routes 'route 10.92.0.0 255.255.0.0,route 10.93.0.0 255.255.0.0'
case_add update_no_routes update_applies no_routes '-route'
case_add update_optional update_applies optional '?route 10.94.0.0 255.255.0.0,?verb 3,?route 10.97.0.0 255.255.0.0'
case_add update_address update_applies address 'ifconfig 10.8.0.77 255.255.255.0'
case_add update_mtu update_applies mtu 'tun-mtu 1400'

# update_refused ITEMS LINE: not possible, so the client connects anew
update_refused()
{
	update_start ''
	mark client
	manage "push-update-cid 0 \"$1\""
	wait_log client "$2"
	wait_log client 'SIGUSR1\[soft,Offending option received from server\] received, process restarting'
	connected 20
	want "pushed routes" 10.91.0.0/16 "$(client_routes)"
	ping_ok
	ut_stop
}
case_add update_refused_name update_refused 'verb 3' "Pushed option is not updatable: 'verb 3'\."
case_add update_refused_after_a_route update_refused 'route 10.92.0.0 255.255.0.0,foo' "Pushed option is not updatable: 'foo'\."
case_add update_refused_wrong_order update_refused '?-route' 'Received bad push/pull message'
case_add update_refused_bare_minus update_refused '-' 'Received bad push/pull message'
case_add update_refused_bare_question_mark update_refused '?' 'Received bad push/pull message'

# ---- restarts with flags ---------------------------------------------------------------------------
# kick FLAGS-AND-TEXT: the server's RESTART; the password is asked again by a script that counts
kick()
{
	local asked=$3
	user_server 2.6 <<-E
		management 127.0.0.1 7505
	E
	login alice "secret 1"
	client_conf <<-E
		remote $SERVER4
		remote 192.0.2.99
		auth-user-pass $DIR/login
		auth-nocache
		connect-timeout 3
	E
	ut --config "$DIR/client.conf"
	connected 25
	mark client
	manage "client-kill 0 RESTART$1"
	wait_log client "Connection reset command was pushed by server \\('$2'\\)"
	wait_log client 'SIGUSR1\[soft,server-pushed-connection-reset\] received, process restarting'
	case $asked in
	same) wait_log client "link remote: \[AF_INET\]$SERVER4:1194" ;;
	next) wait_log client 'link remote: \[AF_INET\]192.0.2.99:1194' ;;
	esac
	connected 30
	ping_ok
	ut_stop
}
case_add restart_flag_none kick '' '' same
case_add restart_flag_P kick ',[P]' '\[P\]' same
case_add restart_flag_N kick ',[N]' '\[N\]' next
case_add restart_flags_PN_text kick ',[P,N]bye' '\[P,N\]bye' next

# ---- refusals --------------------------------------------------------------------------------------
# refusal REASON RETRY CONDITION-REGEX: what a client does with a server's reason
refusal()
{
	user_server 2.6 </dev/null
	cat >"$DIR/verify" <<-E
		#!/bin/sh
		printf '%s' '$1' >"\$auth_failed_reason_file"
		exit 1
	E
	login alice x
	client_conf <<-E
		remote $SERVER4
		remote 192.0.2.99
		auth-user-pass $DIR/login
		auth-retry $2
		connect-timeout 3
	E
	ut --config "$DIR/client.conf"
	wait_log client 'AUTH: Received control message: AUTH_FAILED'
	wait_log client "$3"
	case $3 in
	*exiting*)
		ut_exit 10
		want "exit status" 0 "$RC"
		;;
	*)
		[ -z "${4-}" ] || wait_log client "$4"
		ut_stop
		;;
	esac
}
TEMP='SIGUSR1\[soft,auth-temp-failure \(server temporary reject\)\] received, process restarting'
AGAIN='SIGUSR1\[soft,auth-failure\] received, process restarting'
END='SIGTERM\[soft,auth-failure\] received, process exiting'
case_add refusal_plain_none refusal 'go away' none "$END"
case_add refusal_plain_nointeract refusal 'go away' nointeract "$AGAIN" 'Restart pause, 10 second\(s\)'
case_add refusal_empty_none refusal '' none "$END"
case_add refusal_temp_none refusal TEMP none "$TEMP"
case_add refusal_temp_nointeract refusal 'TEMP:busy' nointeract "$TEMP"
case_add refusal_temp_flags refusal 'TEMP[backoff 3,advance remote,foo]:x' none "$TEMP" 'link remote: \[AF_INET\]192.0.2.99:1194'
case_add refusal_temp_backoff_bad refusal 'TEMP[backoff x]' none "$TEMP"
case_add refusal_temp_open refusal 'TEMP[' none "$TEMP"
case_add refusal_session_none refusal 'SESSION: token expired' none "$END"

# ---- requests for options --------------------------------------------------------------------------
# A server that thinks about the client for ever: asked at once and then every 5 s, until the
# handshake window ends.
push_request_timing()
{
	cat >"$DIR/hook" <<-'E'
		#!/bin/sh
		echo 2 >"$client_connect_deferred_file"
	E
	chmod 755 "$DIR/hook"
	server 2.6 <<-E
		script-security 2
		client-connect $DIR/hook
		hand-window 120
	E
	client_conf <<-E
		remote $SERVER4
		hand-window 18
	E
	ut --config "$DIR/client.conf"
	wait_log client 'SIGUSR1\[soft,no-push-reply\] received, process restarting' 35
	sed -nE "s/^[0-9-]+ ([0-9]+):([0-9]+):([0-9]+) us=([0-9]+) (.*Peer Connection Initiated.*|SENT CONTROL .*PUSH_REQUEST.*|.*no-push-reply.*)/\1 \2 \3 \4 \5/p" \
		"$DIR/client.log" | head -n 6 | awk '{t = $1 * 3600 + $2 * 60 + $3 + $4 / 1e6; if (NR == 1) first = t
			printf("%s%d", (NR > 1) ? " " : "", t - first + 0.4)}' >"$DIR/times"
	case $(cat "$DIR/times") in
	'0 0 5 10 15 18' | '0 1 5 10 15 18' | '0 1 6 11 16 18' | '0 0 5 10 15 17' | '0 1 6 11 16 17') ;;
	*) fail "requests at: $(cat "$DIR/times")" ;;
	esac
	ut_stop
}
case_add push_request_timing push_request_timing

# Our server with a slow program: nothing is sent before, one reply after, however often it is asked.
srv_push_deferred()
{
	on client-connect <<-'E'
		echo 2 >$client_connect_deferred_file
		{ sleep 8; echo 'push "echo late"' >>$1; echo 1 >$client_connect_deferred_file; } >/dev/null 2>&1 &
	E
	our_server <<-E
		script-security 2
		client-connect $DIR/hook
	E
	their_client 2.6 </dev/null
	[ "$(log_count client "SENT CONTROL .*'PUSH_REQUEST'")" -ge 2 ] || fail "the client did not ask twice"
	want "replies" 1 "$(log_count server "SENT CONTROL \[client\]: 'PUSH_REPLY")"
	ping_ok
	their_client_stop
}
case_add srv_push_deferred__one_reply srv_push_deferred

# ---- a device that is kept ------------------------------------------------------------------------
# other_reply FROM TO LINE: the reply of the second connection differs; what becomes of the device
other_reply()
{
	mkdir "$DIR/ccd"
	printf '%s\n' "$1" >"$DIR/ccd/client"
	recorder up
	recorder down
	server 2.6 <<-E
		client-config-dir $DIR/ccd
	E
	client <<-E
		remote $SERVER4
		persist-tun
		script-security 2
		up $DIR/up
		down $DIR/down
	E
	printf '%s\n' "$2" >"$DIR/ccd/client"
	mark client
	kill -USR1 "$UT_PID"
	connected 25
	want_log client "$3"
	want "the scripts" "$4" "$(cut -d' ' -f1 "$DIR/calls" | paste -sd' ')"
	ping_ok
	ut_stop
}
KEPT='Preserving previous TUN/TAP instance: tun0'
NEW='NOTE: Pulled options changed on restart, will need to close and reopen TUN/TAP device\.'
case_add other_reply_route__reopened other_reply 'push "route 10.91.0.0 255.255.0.0"' 'push "route 10.92.0.0 255.255.0.0"' "$NEW" 'up down up'
case_add other_reply_ping__kept other_reply 'push "ping 5"' 'push "ping 6"' "$KEPT" up
case_add other_reply_token__kept other_reply 'push "auth-token one"' 'push "auth-token two"' "$KEPT" up

# Flag words that nobody knows: said, and the ones that are known count.
unknown_flags()
{
	server 2.6 <<-E
		push "protocol-flags cc-exit tls-ekm foo"
	E
	client <<-E
		remote $SERVER4
	E
	want_log client 'Unknown protocol-flags flag: foo'
	ping_ok
	ut_stop
}
case_add unknown_protocol_flag__connects unknown_flags
