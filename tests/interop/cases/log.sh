# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lines which people and tools search for: the program under test writes the same ones as the
# real 2.7, at the same verbosity, for the same events. Spec 07 section 3.

# What is compared; wording of everything else is free.
KNOWN='^(library versions: |DCO version: |WARNING: file .* is group or others accessible'
KNOWN+='|WARNING: No server certificate verification method|NOTE: the current --script-security'
KNOWN+='|WARNING: this configuration may cache passwords|WARNING: you are using user/group'
KNOWN+='|WARNING: --keepalive option is missing|Note: --cipher is not set'
KNOWN+='|TCP/UDP: Preserving|Socket Buffers: |(UDP|TCP)v[46][A-Z_]* link |Attempting to establish TCP|TCP connection established'
KNOWN+='|TCP: connect to|Listening for incoming|TLS: (Initial|soft reset|tls_process|Username)|VERIFY |Control Channel: |\[[^]]*\] Peer Connection'
KNOWN+='|TLS Error: |TLS Auth Error: |Data Channel: |Timers: |Protocol options: |SENT CONTROL|PUSH: |AUTH: |AUTH_PENDING'
KNOWN+='|OPTIONS IMPORT: |TUN/TAP device|net_|Initialization Sequence|MULTI: |MULTI_sva|IFCONFIG POOL|peer info: '
KNOWN+='|CC-EEN|Delayed exit|\[[^]]*\] Inactivity timeout|Connection reset|Server poll|Network unreachable|Halt command'
KNOWN+='|SIG[A-Z0-9]* ?\[|SIGTERM received|Closing |Restart pause|All connections|Exiting due|Preserving previous'
KNOWN+='|Options error: |Use --help|Inactivity timeout|Session timeout|UID set|GID set|Capabilities|chroot|ECHO|NOTE: )'

# What one of the two is right to say by itself: versions, look-ups of gateways; whether the reply came
# before it was asked for; the pause of 2.7, which is not the configured one.
OTHER='^(library versions|net_route_v[46]_best_gw (query|result)|DCO version|Restart pause'
OTHER+="|SENT CONTROL .*PUSH_REQUEST'|PUSH: Received control message: 'PUSH_REQUEST'|TLS: soft reset .* bytes=0)"

# plain LOG: known lines without time, prefix of a client, numbers that differ from run to run
plain()
{
	tail -c "+${MARK[$1]:-1}" "$DIR/$1.log" | sed -E '
		s/^[0-9-]{10} [0-9:]{8} (us=[0-9]+ )?//
		s#^([A-Za-z0-9_ -]+/)?(udp|tcp)[46](-server|-client)?:[0-9a-f.:]+:[0-9]+ #\1X #
		s/^client\/X /X /
		s/(192\.0\.2\.2|198\.51\.100\.2|2001:db8:[12]::2)\]?:[0-9]{4,5}/\1:P/g
		s/(peer-id[: ]+)[0-9]+/\1N/g
		s/sid=[0-9a-f]{8} [0-9a-f]{8}/sid=S/
		s/R=\[[0-9]+->[0-9]+\] S=\[[0-9]+->[0-9]+\]/R S/
		s/(TLS: soft reset sec=)[0-9]+(\/[0-9]+ bytes=)[1-9][0-9]*(\/-1 pkts=)[1-9][0-9]*\/0.*/\1N\2N\3N/
		s/, peer temporary key: [^,]*//
		s/, peer signing digest.*//
		s/openvpn_([a-z]*)_[0-9a-f]{20,32}\.tmp/openvpn_\1_N.tmp/
		s/((UDP|TCP)v)6([A-Z_]* link .*)AF_INET6/\14\3AF_INET/
		s/((UDP|TCP)v)6([A-Z_]* link remote: .AF_UNSPEC)/\14\3/
		s/(Listening .*)AF_INET6/\1AF_INET/
		s/(udp|tcp)6(:|-server:)198/\14\2198/g
		s/IV_(VER|TCPNL|SSL|LZ4|LZ4v2|LZO|PROTO|COMP[A-Za-z0-9_]*|MTU|CIPHERS|PLAT_VER|HWADDR)=.*/IV_\1/
		s/auth-token [^,'\'']*/auth-token T/' |
		sed -E 's/^X //' | grep -aE "$KNOWN" | grep -avE "$OTHER" | sort -u
}

# log_same: of $DIR/real and $DIR/ours
log_same()
{
	diff "$DIR/real" "$DIR/ours" || fail "other lines than the real program (< real, > ours)"
	[ "$(wc -l <"$DIR/ours")" -ge "$1" ] || fail "fewer than $1 known lines"
}

log_client()
{
	local ours=$OPENVPN
	server 2.7 <<-E
		${1//tcp-client/tcp-server}
		push "route 203.0.113.0 255.255.255.0"
		push "echo msg-hello"
		push "inactive 3000"
		push "sndbuf 300000"
		push "setenv-safe A b"
		push "dhcp-option DNS 10.8.0.1"
		push "persist-tun"
		push "tun-mtu 1400"
		keepalive 5 20
	E
	for OPENVPN in 2.7 "$ours"; do
		client <<-E
			remote $SERVER4
			disable-dco
			dns-updown disable
			verb $2
			$1
			reneg-sec 4
			$3
		E
		[ "$2" -lt 2 ] || wait_log client 'tls_process: killed expiring key|soft reset' 15
		kill -USR1 "$UT_PID"
		wait_for 20 "another connection" connected_times 2
		ut_stop
		if [ "$OPENVPN" = 2.7 ]; then plain client >"$DIR/real"; else plain client >"$DIR/ours"; fi
	done
	log_same 8
}
connected_times()
{
	[ "$(log_count client 'Initialization Sequence Completed')" -ge "$1" ]
}
case_add log_client_udp_1 log_client 'proto udp' 1 ''
case_add log_client_udp_3 log_client 'proto udp' 3 ''
case_add log_client_udp_4 log_client 'proto udp' 4 'explicit-exit-notify 1'
case_add log_client_tcp_3 log_client 'proto tcp-client' 3 'user nobody
group nogroup'

log_server()
{
	local v ours=$OPENVPN
	login alice secret
	teller
	for v in 2.7 "$ours"; do
		server "$v" <<-E
			disable-dco
			verb $2
			${1//tcp-client/tcp-server}
			push "route 203.0.113.0 255.255.255.0"
			script-security 2
			auth-user-pass-verify $DIR/teller via-file
			client-connect $DIR/teller
			keepalive 5 20
			reneg-sec 4
			$3
		E
		their_client 2.6 <<-E
			$1
			auth-user-pass $DIR/login
			setenv UV_X y
			push-peer-info
		E
		ping_ok
		in_c ping -qnc 2 -i 0.2 -I "$CLIENT4" 10.8.0.1 >/dev/null 2>&1
		[ "$2" -lt 2 ] || wait_log server 'soft reset' 15
		rm -f "$DIR/second.log"
		second
		wait_for 20 "the second client" grep -aq 'Initialization Sequence Completed' "$DIR/second.log"
		kill "$SECOND_PID"
		wait "$SECOND_PID"
		their_client_stop
		server_stop
		if [ "$v" = 2.7 ]; then plain server >"$DIR/real"; else plain server >"$DIR/ours"; fi
	done
	log_same 8
}
case_add log_server_udp_1 log_server 'proto udp' 1 ''
case_add log_server_udp_3 log_server 'proto udp' 3 ''
case_add log_server_udp_4 log_server 'proto udp' 4 'explicit-exit-notify 1'
case_add log_server_tcp_3 log_server 'proto tcp-client' 3 'user nobody
group nogroup'
