# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The process: scripts with their order and environment, files it writes, privileges, background.

# recorder NAME: a script which writes its name, arguments and chosen variables to $DIR/calls
recorder()
{
	cat >"$DIR/$1" <<-E
		#!/bin/sh
		echo "$1 \$script_type \$*" >>$DIR/calls
		env | sort >$DIR/env.$1.\${script_context-none}
	E
	chmod 755 "$DIR/$1"
}

# every script, in the order of a connection's life
scripts()
{
	local s
	for s in up down route-up route-pre-down ipchange tls-verify; do
		recorder $s
	done
	server "$1" <<-E
		push "route 203.0.113.0 255.255.255.0"
	E
	client <<-E
		remote $SERVER4
		script-security 2
		up $DIR/up
		down $DIR/down
		route-up $DIR/route-up
		route-pre-down $DIR/route-pre-down
		ipchange $DIR/ipchange
		tls-verify $DIR/tls-verify
		setenv-safe NAME value
		setenv other "some text"
		$2
	E
	ping_ok
	want_calls "$3"
	ut_stop
	want_calls "$3$4"
}

want_calls()
{
	printf '%s' "$1" >"$DIR/calls.want"
	diff "$DIR/calls.want" "$DIR/calls" || fail "scripts: other calls than expected"
}

UP_CALLS="tls-verify tls-verify 1 CN=Test-CA
tls-verify tls-verify 0 CN=server
ipchange ipchange [AF_INET]192.0.2.2 1194
up up tun0 1500 0 10.8.0.2 255.255.255.0 init
route-up route-up 
"
DOWN_CALLS="route-pre-down route-pre-down tun0 1500 0 10.8.0.2 255.255.255.0 init
down down tun0 1500 0 10.8.0.2 255.255.255.0 init
"
case_add scripts_order_26 scripts 2.6 '' "$UP_CALLS" "$DOWN_CALLS"
case_add scripts_order_27 scripts 2.7 '' "$UP_CALLS" "$DOWN_CALLS"
case_add scripts_order_down_pre scripts 2.6 down-pre "$UP_CALLS" "$DOWN_CALLS"

has_env()
{
	grep -qxF -- "$2" "$DIR/env.$1" || {
		cat "$DIR/env.$1"
		fail "the environment of $1 has no $2"
	}
}

script_env()
{
	export OVPN_PARENT_VARIABLE=leaks
	scripts 2.6 'verb 3' "$UP_CALLS" "$DOWN_CALLS"
	local v
	for v in script_type=up script_context=init dev=tun0 dev_type=tun tun_mtu=1500 \
		ifconfig_local=10.8.0.2 ifconfig_netmask=255.255.255.0 \
		ifconfig_ipv6_local=fd00:8::1000 ifconfig_ipv6_netbits=64 ifconfig_ipv6_remote=fd00:8::1 \
		common_name=server trusted_ip=192.0.2.2 trusted_port=1194 remote_1=192.0.2.2 \
		remote_port_1=1194 proto_1=udp OPENVPN_NAME=value "other=some text" tls_id_0=CN=server \
		tls_id_1=CN=Test-CA daemon=0 verb=3 "config=$DIR/client.conf" \
		route_net_gateway=198.51.100.1 route_vpn_gateway=10.8.0.1 route_network_1=203.0.113.0 \
		route_netmask_1=255.255.255.0 route_gateway_1=10.8.0.1; do
		has_env up.init "$v"
	done
	has_env down.init signal=sigterm
	has_env route-up.init script_type=route-up
	! grep -q OVPN_PARENT "$DIR"/env.* || fail "the environment of the parent reaches the scripts"
}
case_add script_environment script_env

# restart without and with persist-tun
script_restart()
{
	scripts_restart_start "$1"
	mark client
	kill -USR1 "$UT_PID"
	connected 25
	want_calls "$2"
	ut_stop
}
scripts_restart_start()
{
	recorder up
	recorder down
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		script-security 2
		up $DIR/up
		down $DIR/down
		$1
	E
}
D="tun0 1500 0 10.8.0.2 255.255.255.0"
case_add script_restart script_restart '' "up up $D init
down down $D init
up up $D init
"
case_add script_restart_persist_tun script_restart persist-tun "up up $D init
"
case_add script_restart_up_restart script_restart 'persist-tun
up-restart' "up up $D init
down down $D restart
up up $D restart
"

# a failing up script is fatal
script_up_fails()
{
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		script-security 2
		up /bin/false
	E
	ut --config "$DIR/client.conf"
	ut_fails 'WARNING: Failed running command \(--up/--down\): external program exited with error status: 1'
	want_log client 'Exiting due to fatal error'
	want_net_restored
}
case_add script_up_fails__fatal script_up_fails

script_security_1()
{
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		up /bin/true
	E
	ut --config "$DIR/client.conf"
	ut_fails "WARNING: Failed running command \(--up/--down\): disallowed by script-security setting"
	want_net_restored
}
case_add script_security_1__fatal script_security_1

tls_verify_fails()
{
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		script-security 2
		tls-verify /bin/false
	E
	ut --config "$DIR/client.conf"
	wait_log client 'VERIFY SCRIPT ERROR: depth=1, CN=Test-CA'
	wait_log client 'SIGUSR1\[soft,tls-error\]'
	ut_stop
}
case_add tls_verify_fails__refused tls_verify_fails

# ---- files ---------------------------------------------------------------------------------------
status_file()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		status $DIR/status 1
	E
	ping_ok
	wait_for 5 "counted traffic" grep -qE '^TUN/TAP write bytes,[1-9]' "$DIR/status"
	sed -E 's/[0-9]+/N/g' "$DIR/status" | diff - <(
		cat <<-E
			OpenVPN STATISTICS
			Updated,N-N-N N:N:N
			TUN/TAP read bytes,N
			TUN/TAP write bytes,N
			TCP/UDP read bytes,N
			TCP/UDP write bytes,N
			Auth read bytes,N
			END
		E
	) || fail "the status file looks different"
	ut_stop
}
case_add status_file status_file

# daemon: the starting process ends at once, the other writes its id and logs into the file
daemon()
{
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		writepid $DIR/pid
		log $DIR/client.log
		daemon
	E
	ut --config "$DIR/client.conf"
	ut_exit 10
	want "exit status of the starting process" 0 "$RC"
	connected 25
	ping_ok
	UT_PID=$(cat "$DIR/pid")
	[ -d "/proc/$UT_PID" ] || fail "no process $UT_PID"
	want "parent" 1 "$(awk '/^PPid/ {print $2}' "/proc/$UT_PID/status")"
	kill -TERM "$UT_PID"
	until_true 10 ut_gone || fail "the daemon does not end"
	want_log client 'SIGTERM\[hard,\] received, process exiting'
	want_net_restored
}
case_add daemon_writepid_log daemon

log_append()
{
	server 2.6 </dev/null
	echo "an older line" >"$DIR/client.log"
	client_conf <<-E
		remote $SERVER4
		log-append $DIR/client.log
	E
	ut --config "$DIR/client.conf"
	connected 25
	ut_stop
	want "first line" "an older line" "$(head -n 1 "$DIR/client.log")"
}
case_add log_append log_append

# user and group: the process keeps working, and its files and routes are handled
drop()
{
	server 2.6 <<-E
		keepalive 1 4
	E
	client <<-E
		remote $SERVER4
		user nobody
		group nogroup
		persist-tun
		persist-key
		$1
	E
	wait_for 5 "user nobody" runs_as_nobody
	want_log client 'UID set to nobody'
	ping_ok
	mark client
	kill -USR1 "$UT_PID"
	wait_log client 'process restarting'
	connected 25
	ping_ok
	kill -TERM "$UT_PID"
	ut_exit 10
	want "exit status" 0 "$RC"
}
runs_as_nobody()
{
	grep -qE "^Uid:\s*65534\s+65534\s+65534" "/proc/$UT_PID/status"
}
case_add user_nobody__restarts drop ''

# dev names
dev_name()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		dev $1
		dev-type tun
	E
	want "devices" "$1" "$(ip -n "$NS-c" -o link show type tun | sed -E 's/^[0-9]+: ([^:]+):.*/\1/')"
	ping_ok
	ut_stop
}
case_add dev_tun7 dev_name tun7
case_add dev_named dev_name office

# a device made before stays after the end
dev_persistent()
{
	in_c ip tuntap add dev tun5 mode tun
	ip -n "$NS-c" link set tun5 addrgenmode none
	net_state >"$DIR/net.before"
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		dev tun5
	E
	ping_ok
	kill -TERM "$UT_PID"
	ut_exit 10
	ip -n "$NS-c" link show tun5 >/dev/null || fail "the device is gone"
}
case_add dev_persistent__stays dev_persistent

# options of the socket
socket_options()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		lport 4711
		local $CLIENT4
		mark 77
		sndbuf 300000
		rcvbuf 300000
	E
	ping_ok
	want "local address" "$CLIENT4:4711" "$(in_c ss -Huan | awk '{print $4; exit}')"
	in_c ss -Huanm >"$DIR/ss"
	grep -q 'fwmark' "$DIR/ss" || want_log client 'mark'
	ut_stop
}
case_add socket_local_lport_mark socket_options

passtos()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		passtos
	E
	in_r timeout 10 tcpdump -nnvi rc -c 1 'udp port 1194 and ip[1] = 0x20' >"$DIR/dump" 2>"$DIR/dump.err" &
	local pid=$!
	wait_for 5 "tcpdump" grep -q listening "$DIR/dump.err"
	in_c ping -qnc 3 -i 0.1 -Q 0x20 10.8.0.1 >/dev/null
	wait $pid || fail "no outer packet with TOS 0x20"
	ut_stop
}
case_add passtos passtos
