# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Renegotiation, restarts of either side, lost servers, timers, and endings.

negotiations()
{
	[ "$(log_count client 'Control Channel: TLSv')" -ge "$1" ]
}

# reneg PEER PROTO SERVER-OPTION CLIENT-OPTION N: N key exchanges under load without a lost packet
reneg()
{
	server "$1" <<-E
		proto $2
		hand-window 10
		$3
	E
	client <<-E
		proto ${2/-server/-client}
		remote $SERVER4
		$4
	E
	ping_ok
	in_c ping -qni 0.002 -s 1300 -w 40 10.8.0.1 >"$DIR/load" 2>&1 &
	ping_start 0.02
	wait_for 40 "$5 key exchanges" negotiations "$5"
	# the last one takes effect under load too
	in_c ping -qnc 20 -i 0.02 10.8.0.1 >/dev/null || fail "ping after renegotiation"
	ping_end
	want "lost packets of the steady ping" 0 "$LOST"
	want_no_log client 'process restarting'
	ut_stop
}
case_add reneg_by_server_udp_26 reneg 2.6 udp "reneg-sec 3" "reneg-sec 0" 4
case_add reneg_by_server_udp_27 reneg 2.7 udp "reneg-sec 3" "reneg-sec 0" 4
case_add reneg_by_client_udp_26 reneg 2.6 udp "reneg-sec 0" "reneg-sec 3" 4
case_add reneg_by_client_udp_27 reneg 2.7 udp "reneg-sec 0" "reneg-sec 3" 4
case_add reneg_by_server_tcp_26 reneg 2.6 tcp-server "reneg-sec 3" "reneg-sec 0" 3
case_add reneg_by_client_tcp_27 reneg 2.7 tcp-server "reneg-sec 0" "reneg-sec 3" 3
case_add reneg_by_packets_27 reneg 2.7 udp "reneg-sec 0" "reneg-pkts 2000" 3
case_add reneg_by_bytes_26 reneg 2.6 udp "reneg-sec 0" "reneg-bytes 1000000" 3
case_add reneg_both_sides_26 reneg 2.6 udp "reneg-sec 3" "reneg-sec 3" 4
case_add reneg_key_ids_wrap_26 reneg 2.6 udp "reneg-sec 2" "reneg-sec 0" 10

# the wrap of a renegotiation: fresh keys where both can (dyn-tls-crypt), over each base wrap
reneg_wrap()
{
	server "$1" <<-E
		$2
		reneg-sec 2
	E
	client <<-E
		remote $SERVER4
		$3
		reneg-sec 0
	E
	want_log client 'protocol-flags[^,]* dyn-tls-crypt'
	wait_for 20 "three key exchanges" negotiations 3
	ping_ok
	want_no_log client 'process restarting'
	want_no_log client 'TLS Error'
	ut_stop
}
reneg_wraps()
{
	local k=$PKI
	case $2 in
	tls-auth) reneg_wrap "$1" "tls-auth $k/ta.key 0" "tls-auth $k/ta.key 1" ;;
	tls-crypt) reneg_wrap "$1" "tls-crypt $k/ta.key" "tls-crypt $k/ta.key" ;;
	v2) reneg_wrap "$1" "tls-crypt-v2 $k/v2-server.key" "tls-crypt-v2 $k/v2-client.key" ;;
	esac
}
case_add reneg_tls-auth_26 reneg_wraps 2.6 tls-auth
case_add reneg_tls-crypt_27 reneg_wraps 2.7 tls-crypt
case_add reneg_tls-crypt-v2_26 reneg_wraps 2.6 v2

# The server ends and says so; a new one takes over.
server_restart()
{
	server "$1" <<-E
		explicit-exit-notify 1
		keepalive 1 5
	E
	client <<-E
		remote $SERVER4
		$2
	E
	ping_ok
	mark client
	server_stop TERM
	wait_log client 'SIGUSR1\[soft,server-pushed-connection-reset\] received, process restarting'
	server_start "$1"
	connected 25
	ping_ok
	ut_stop
}
case_add server_restart_26__reconnects server_restart 2.6 ''
case_add server_restart_27__reconnects server_restart 2.7 ''
case_add server_restart_persist_tun__reconnects server_restart 2.6 persist-tun

# The server vanishes without a word and comes back.
server_killed()
{
	server "$1" <<-E
		proto $2
		keepalive 1 4
	E
	client <<-E
		proto ${2/-server/-client}
		remote $SERVER4
	E
	ping_ok
	mark client
	server_stop KILL
	server_start "$1"
	if [ "$2" = udp ]; then
		wait_log client '\[server\] Inactivity timeout \(--ping-restart\), restarting'
		wait_log client 'SIGUSR1\[soft,ping-restart\] received, process restarting'
	else
		wait_log client 'SIGUSR1\[soft,connection-reset\] received, process restarting'
	fi
	connected 25
	ping_ok
	ut_stop
}
case_add server_killed_udp_26__reconnects server_killed 2.6 udp
case_add server_killed_udp_27__reconnects server_killed 2.7 udp
case_add server_killed_tcp_26__reconnects server_killed 2.6 tcp-server

# A stopped server: everything times out; when it continues, so does the client.
server_silent()
{
	server 2.6 <<-E
		keepalive 1 4
	E
	client <<-E
		remote $SERVER4
		hand-window 5
	E
	mark client
	kill -STOP "$SRV_PID"
	wait_log client 'Inactivity timeout \(--ping-restart\), restarting'
	wait_log client 'TLS Error: TLS key negotiation failed to occur within 5 seconds'
	kill -CONT "$SRV_PID"
	connected 25
	ping_ok
	ut_stop
}
case_add server_silent__restarts_until_back server_silent

# SIGUSR1 and SIGHUP start a new connection; the tunnel works afterwards.
restart_by()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		$2
	E
	ping_ok
	mark client
	kill "-$1" "$UT_PID"
	wait_log client "SIG$1\[hard,\] received, process restarting"
	connected 25
	ping_ok
	if [ "$2" = persist-tun ]; then
		want_log client 'Preserving previous TUN/TAP instance: tun0'
	else
		want_no_log client 'Preserving previous TUN/TAP'
	fi
	ut_stop
}
case_add sigusr1__reconnects restart_by USR1 ''
case_add sigusr1_persist_tun__keeps_device restart_by USR1 persist-tun
case_add sighup__reconnects restart_by HUP ''

# SIGHUP reads the file again
sighup_reload()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		data-ciphers AES-256-GCM
	E
	mark client
	sed -i 's/AES-256-GCM/AES-256-GCM:AES-128-GCM/; s/^verb.*/verb 4\nsetenv-safe X y/' "$DIR/client.conf"
	echo "dev tun7" >>"$DIR/client.conf"
	kill -HUP "$UT_PID"
	connected 25
	want_log client 'TUN/TAP device tun7 opened'
	ping_ok
	ut_stop
}
case_add sighup__reads_the_file_again sighup_reload

sigint()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
	E
	ut_stop INT
}
case_add sigint__ends sigint

sigusr2()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
	E
	ping_ok
	kill -USR2 "$UT_PID"
	wait_log client 'OpenVPN STATISTICS'
	wait_log client 'TUN/TAP write bytes,[1-9]'
	ut_stop
}
case_add sigusr2__prints_statistics sigusr2

remap_usr1()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		remap-usr1 SIGTERM
	E
	kill -USR1 "$UT_PID"
	ut_exit 10
	want_log client 'SIGTERM\[(hard|soft),\] received, process exiting'
	want "exit status" 0 "$RC"
}
case_add remap_usr1__ends remap_usr1

# exit_notify PEER: tells the server, which frees the client's place
exit_notify()
{
	server "$1" </dev/null
	client <<-E
		remote $SERVER4
		explicit-exit-notify 1
	E
	ping_ok
	kill -TERM "$UT_PID"
	ut_exit 10
	want_log client 'SIGTERM received, sending exit notification to peer'
	want_log client 'SIGTERM\[soft,exit-with-notification\] received, process exiting'
	want "exit status" 0 "$RC"
	wait_log server 'SIGTERM\[soft,(delayed-exit|remote-exit)\] received, client-instance exiting' 10
	want_net_restored
}

exit_notify_tcp()
{
	server 2.6 <<<"proto tcp-server"
	client <<-E
		remote $SERVER4
		proto tcp-client
		explicit-exit-notify 2
	E
	want_log client 'NOTICE: --explicit-exit-notify ignored for --proto tcp'
	ut_stop
	want_no_log client 'sending exit notification'
}
case_add exit_notify_tcp__ignored exit_notify_tcp
case_add exit_notify_26 exit_notify 2.6
case_add exit_notify_27 exit_notify 2.7

# timer OPTION REGEX: the client ends by itself with status 0
timer()
{
	server 2.6 <<-E
		${3-}
	E
	client <<-E
		remote $SERVER4
		$1
	E
	[ "${3-}" != "" ] || ping_ok
	[ "${4-}" = "" ] || kill -STOP "$SRV_PID"
	ut_exit 20
	want_log client "$2"
	want "exit status" 0 "$RC"
	want_net_restored
}
case_add inactive__ends timer 'inactive 3' 'Inactivity timeout \(--inactive\), exiting'
case_add inactive_bytes__ends timer 'inactive 3 100000' 'SIGTERM\[soft,inactive\] received, process exiting' 'push "ping 1"'

# 1000 bytes in each four seconds keep the client, pings of the tunnel do not
inactive_kept()
{
	server 2.6 <<-E
		push "ping 1"
	E
	client <<-E
		remote $SERVER4
		inactive 4 1000
	E
	in_c ping -qnc 5 -i 2 -s 1200 10.8.0.1 >"$DIR/ping" || fail "ping"
	kill -0 "$UT_PID" || fail "the client ended under traffic"
	want_no_log client 'Inactivity timeout'
	ut_exit 12
	want_log client 'Inactivity timeout \(--inactive\), exiting'
	want "exit status" 0 "$RC"
}
case_add inactive_bytes__prevented_by_data inactive_kept

# nobody is missed who has not been there
timer_rem()
{
	p2p_ends 2.6 udp server
	sed -i '/^remote /d; /^keepalive/d; /^proto/d' "$DIR/client.conf"
	printf 'ping-restart 2\nproto udp4\nlocal %s\n' "$CLIENT4" >>"$DIR/client.conf"
	[ "$1" = none ] || echo "$1" >>"$DIR/client.conf"
	ut --config "$DIR/client.conf"
	wait_log client 'link remote'
	if [ "$1" = none ]; then
		wait_log client 'Inactivity timeout \(--ping-restart\), restarting' 6
	else
		! until_true 5 log_has client 'Inactivity timeout' || fail "it restarts although nobody was there"
	fi
	kill "$UT_PID"
	ut_exit 10
}
case_add ping_timer_rem__waits timer_rem ping-timer-rem
case_add ping_timer_rem__without timer_rem none
case_add session_timeout__ends timer 'session-timeout 3' 'Session timeout, exiting'
case_add ping_exit__ends timer 'ping-exit 3' '\[server\] Inactivity timeout \(--ping-exit\), exiting' 'ping 1' stop

# tls-exit: a failed handshake ends the client
tls_exit()
{
	client_conf <<-E
		remote $SERVER4
		tls-exit
		hand-window 3
	E
	ut --config "$DIR/client.conf"
	ut_exit 20
	want_log client 'TLS Error: TLS key negotiation failed to occur within 3 seconds'
	want_log client 'SIGTERM\[soft,tls-error\] received, process exiting'
	want "exit status" 0 "$RC"
}
case_add tls_exit__ends tls_exit

# ---- the list of remotes ------------------------------------------------------------------------
# refusing, silent, good
remotes()
{
	server 2.6 <<-E
		proto tcp-server
	E
	in_r ip route add blackhole 192.0.2.99
	client <<-E
		proto tcp-client
		remote $SERVER4 1199
		remote 192.0.2.98 1194
		remote $SERVER4 1194
		connect-timeout 3
	E
	want_log client "TCP: connect to \[AF_INET\]$SERVER4:1199 failed: Connection refused"
	want_log client 'SIGUSR1\[connection failed\(soft\),connection-failed\] received, process restarting'
	ping_ok
	ut_stop
}
case_add remotes_tcp__third_answers remotes

remotes_udp()
{
	server 2.6 <<-E
		proto udp6
	E
	in_r nft -f - <<-E
		table ip f { chain c { type filter hook forward priority 0; udp dport 1199 drop; } }
	E
	client <<-E
		<connection>
		remote $SERVER4 1199 udp
		connect-timeout 3
		</connection>
		<connection>
		remote $SERVER6 1194 udp6
		connect-timeout 3
		</connection>
	E
	want_log client 'Server poll timeout, restarting'
	want_log client 'SIGUSR1\[soft,server_poll\] received, process restarting'
	want_log client "UDPv6 link remote: \[AF_INET6\]$SERVER6:1194"
	ping_ok
	ut_stop
}
case_add remotes_udp_silent__next_entry remotes_udp

retry_max()
{
	client_conf <<-E
		proto tcp-client
		remote $SERVER4 1199
		remote $SERVER4 1198
		connect-retry 1
		connect-retry-max 1
	E
	ut --config "$DIR/client.conf"
	ut_fails 'All connections have been connect-retry-max \(1\) times unsuccessful, exiting' 15
	want "attempts" 2 "$(log_count client 'Attempting to establish TCP connection')"
}
case_add connect_retry_max__ends retry_max

# The client's address changes under a running session: the server follows (float).
float()
{
	server "$1" <<-E
		keepalive 2 20
	E
	client <<-E
		remote $SERVER4
	E
	ping_ok
	ip -n "$NS-c" addr add 198.51.100.3/24 dev eth0
	ip -n "$NS-c" addr del "$CLIENT4/24" dev eth0
	ip -n "$NS-c" addr add 198.51.100.3/24 dev eth0 2>/dev/null
	ip -n "$NS-c" route replace default via 198.51.100.1
	wait_for 10 "traffic from the new address" pings
	wait_log server 'Float|floated'
	want_no_log client 'process restarting'
	kill -TERM "$UT_PID"
	ut_exit 10
}
case_add float_26 float 2.6
case_add float_27 float 2.7

# The link goes away for a while: the session survives.
link_flap()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
	E
	ping_ok
	ip -n "$NS-r" link set rc down
	! pings || fail "ping without a link"
	ip -n "$NS-r" link set rc up
	wait_for 10 "traffic after the link is back" pings
	want_no_log client 'process restarting'
	ut_stop
}
case_add link_down_and_up__session_survives link_flap

# The server tells the client to stop.
halt()
{
	server 2.6 <<-E
		management 127.0.0.1 7505
	E
	ip -n "$NS-s" link set lo up
	client <<-E
		remote $SERVER4
	E
	mark client
	printf 'client-kill 0 %s\nquit\n' "$1" | in_s nc -N 127.0.0.1 7505 >"$DIR/mgmt" || cat "$DIR/mgmt"
	case $1 in
	HALT*)
		ut_exit 10
		want_log client 'SIGTERM\[soft,server-pushed-halt\] received, process exiting'
		want "exit status" 0 "$RC"
		want_net_restored
		;;
	*)
		wait_log client 'SIGUSR1\[soft,server-pushed-connection-reset\] received, process restarting'
		connected 25
		ping_ok
		ut_stop
		;;
	esac
}
case_add halt_from_server__ends halt HALT
case_add restart_from_server__reconnects halt RESTART

# The server's machine refuses at first: the client goes on sending until somebody listens.
late_server()
{
	client_conf <<-E
		remote $SERVER4
		explicit-exit-notify 1
	E
	ut --config "$DIR/client.conf"
	wait_log client 'read UDPv4 \[ECONNREFUSED'
	wait_for 10 "a second refusal" refused_twice
	server "$1" </dev/null
	connected 30
	want_no_log client 'process restarting'
	ping_ok
	ut_stop
}
refused_twice()
{
	[ "$(log_count client 'read UDPv4 \[ECONNREFUSED')" -ge 2 ]
}
case_add server_starts_later_26__connects late_server 2.6
case_add server_starts_later_27__connects late_server 2.7

# Where no route leads there is nothing to wait for: the next remote is tried at once.
network_unreachable()
{
	ip -n "$NS-c" -6 route del default
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER6 1194 udp6
		remote $SERVER4 1194 udp4
	E
	mark client
	ut --config "$DIR/client.conf"
	connected 8
	want_log client 'write UDPv6( \[\])?: Network is unreachable \(fd=[0-9]+,code=101\)'
	want_log client 'Network unreachable, restarting'
	want_log client 'SIGUSR1\[soft,network-unreachable\] received, process restarting'
	ping_ok
	# of a session that is up only the packets are lost
	mark client
	ip -n "$NS-c" route del default
	in_c ping -qnc 3 -i 0.2 -W 1 10.8.0.1 >/dev/null
	ip -n "$NS-c" route add default via 198.51.100.1
	ping_ok
	want_no_log client 'restarting'
	kill "$UT_PID"
	ut_exit 10
}
case_add network_unreachable__next_remote network_unreachable
