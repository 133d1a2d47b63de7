# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every hook with its arguments, order and environment, of a client and of a server, line by line
# the same as a real program's in the same place. The real one runs first, in the same namespaces.

# teller: a program $DIR/teller for every hook: $DIR/told has the calls, $DIR/told.env what each of
# them was given, with the call before each line
teller()
{
	cat >"$DIR/teller" <<-'E'
		#!/bin/sh
		d=${0%/*}
		echo "$script_type $*" >>"$d/told"
		env | while read -r line; do echo "$script_type $* | $line"; done | sort >>"$d/told.env"
		[ -z "$client_connect_config_file" ] || echo 'iroute 10.91.0.0 255.255.0.0' >"$client_connect_config_file"
		[ -z "$peer_cert" ] || echo "$script_type $* | $(grep -c BEGIN "$peer_cert") certificate" >>"$d/told.env"
	E
	chmod 755 "$DIR/teller"
	chmod 777 "$DIR"
}

# told_end NAME: keeps what was told under a name, without what differs from run to run and what is
# the shell's. The addresses of a client that left are deleted in no order.
told_end()
{
	local volatile='daemon_pid|daemon_start_time|time_unix|time_ascii|time_duration|session_id'
	sed -E "/\| (PWD|OLDPWD|SHLVL|_)=/d
		s/\| ($volatile|bytes_(received|sent)|(un)?trusted_port)=.+/| \1=N/" "$DIR/told.env" >"$DIR/told.all"
	mv "$DIR/told" "$DIR/calls.all"
	for f in told calls; do
		sed -E -i 's/openvpn_([a-z]*)_[0-9a-f]{20,32}\.tmp/openvpn_\1_N.tmp/g' "$DIR/$f.all"
		{
			grep -v '^learn-address delete' "$DIR/$f.all"
			grep '^learn-address delete' "$DIR/$f.all" | sort
		} >"$DIR/$f.$1"
		rm "$DIR/$f.all"
	done
	rm "$DIR/told.env"
}

told_same()
{
	diff "$DIR/calls.real" "$DIR/calls.ours" || fail "other calls than the real program (< real, > ours)"
	diff "$DIR/told.real" "$DIR/told.ours" || fail "another environment than the real program's (< real, > ours)"
	[ "$(wc -l <"$DIR/calls.ours")" -ge "$1" ] || fail "fewer than $1 calls"
}

env_client()
{
	local ours=$OPENVPN
	teller
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
		push "route 203.0.114.0 255.255.255.0 net_gateway 7"
		push "route-ipv6 2001:db8:77::/48"
		push "dhcp-option DNS 10.8.0.1"
		push "dhcp-option DOMAIN a.example"
		push "redirect-gateway def1"
		push "setenv-safe pushed text"
	E
	for OPENVPN in "$1" "$ours"; do
		client <<-E
			remote $SERVER4
			remote $SERVER6 1195 udp6
			disable-dco
			script-security 2
			up $DIR/teller
			down $DIR/teller
			route-up $DIR/teller
			route-pre-down $DIR/teller
			ipchange $DIR/teller
			tls-verify $DIR/teller
			dns-updown $DIR/teller
			setenv-safe NAME value
			setenv other "some text"
			setenv UV_X y
			log-append $DIR/client.log
			${2-}
		E
		case ${3-} in
		USR1)
			mark client
			kill -USR1 "$UT_PID"
			connected 20
			;;
		esac
		ut_stop
		if [ "$OPENVPN" = "$1" ]; then told_end real; else told_end ours; fi
	done
	told_same 8
}
case_add env_client_27 env_client 2.7
case_add env_client_restart_27 env_client 2.7 '' USR1
case_add env_client_persist_27 env_client 2.7 'persist-tun
up-restart' USR1
case_add env_client_p2p_topology_27 env_client 2.7 'pull-filter ignore ifconfig-ipv6
down-pre
x509-track CN
tls-export-cert /tmp'

env_server()
{
	local ours=$OPENVPN v
	teller
	mkdir "$DIR/tmp"
	chmod 777 "$DIR/tmp"
	login alice secret
	for v in "$1" "$ours"; do
		S_NET=$2 server "$v" <<-E
			disable-dco
			script-security 3
			tmp-dir $DIR/tmp
			setenv-safe NAME value
			up $DIR/teller
			down $DIR/teller
			route-up $DIR/teller
			tls-verify $DIR/teller
			tls-export-cert $DIR/tmp
			client-connect $DIR/teller
			client-disconnect $DIR/teller
			learn-address $DIR/teller
			auth-user-pass-verify $DIR/teller via-env
			auth-gen-token 1000
			keepalive 5 20
			route 10.91.0.0 255.255.0.0
			${3-}
		E
		their_client 2.6 <<-E
			auth-user-pass $DIR/login
			push-peer-info
			setenv UV_ID "a b"
			explicit-exit-notify 1
		E
		in_c ping -qnc 2 -i 0.1 "${4-10.8.0.1}" >/dev/null || fail "no traffic"
		their_client_stop
		wait_log server 'SIGTERM\[soft,(remote-exit|delayed-exit)\] received, client-instance exiting'
		server_stop
		want "files left in tmp-dir" "" "$(ls "$DIR/tmp")"
		if [ "$v" = "$1" ]; then told_end real; else told_end ours; fi
	done
	told_same 8
}
case_add env_server_26 env_server 2.6 'server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64
topology subnet'
case_add env_server_27 env_server 2.7 'server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64
topology subnet'
case_add env_server_net30_27 env_server 2.7 'server 10.8.0.0 255.255.255.0
topology net30' 'username-as-common-name'
case_add env_server_p2p_27 env_server 2.7 'server 10.8.0.0 255.255.255.0
topology p2p'
