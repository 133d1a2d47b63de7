# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A driver of offload which refuses, forgets or tells of things: what our client and our server make of
# it. The driver is that of openvpn_fake_kernel (fake_kernel.c); each end has a directory by which
# the case speaks to it, fc for the client and fs for the server.

# fake DIRECTORY: PROGRAM is ours over the fake driver, which that directory drives
fake()
{
	case $OPENVPN in
	2.[0-9]) skip "the fake driver is part of our program" ;;
	esac
	PROGRAM=$(dirname "$OPENVPN")/openvpn_fake_kernel
	[ -x "$PROGRAM" ] || skip "no openvpn_fake_kernel beside openvpn: 'make check' builds it, with offload"
	export FAKE_KERNEL=$DIR/$1
	mkdir -p "$FAKE_KERNEL"
	[ ! -e "$FAKE_KERNEL/events" ] || return 0
	: >>"$FAKE_KERNEL/requests.log"
	mkfifo "$FAKE_KERNEL/events"
}

# refuse DIRECTORY REQUEST ERRNO [always]
refuse()
{
	echo "$3 ${4-}" >"$DIR/$1/fail.$2.new"
	mv "$DIR/$1/fail.$2.new" "$DIR/$1/fail.$2"
}

# tell DIRECTORY EVENT...
tell()
{
	local to=$1
	shift
	echo "$*" >"$DIR/$to/events"
}

# A key that comes to a data plane a second time starts at packet id 1 again.
want_no_key_twice()
{
	local twice
	twice=$(grep -ahoE 'key [0-9a-f]{8}' "$DIR"/f[cs]/requests.log 2>/dev/null | sort | uniq -d)
	want "keys that were installed twice at one end" "" "$twice"
}

# faulty_server [< options], faulty_client [< options]: ours over the fake driver
faulty_server()
{
	fake fs
	server "$PROGRAM"
	wait_log fs/requests '^kernel: device_open' 1
}

faulty_client_start()
{
	fake fc
	OPENVPN=$PROGRAM
	client_conf
	ut --config "$DIR/client.conf"
}

faulty_client()
{
	faulty_client_start
	connected 25
	[ -e "$DIR/fc/may_fail" ] || wait_log fc/requests '^kernel: key_install' 5
}

# second_client: another one beside ours, from the router, with another certificate
second_client()
{
	sed "s|$PKI/client\.|$PKI/${SECOND:-revoked}.|" "$DIR/client.conf" >"$DIR/second.conf"
	ip netns exec "$NS-r" "${OPENVPN/openvpn_fake_kernel/openvpn}" --config "$DIR/second.conf" >>"$DIR/second.log" 2>&1 </dev/null &
	wait_log second 'Initialization Sequence Completed'
}

# second_undisturbed: from its connection to now its peer was left alone, and it still gets through
second_undisturbed()
{
	local id
	id=$(id_of "${SECOND:-revoked}")
	want "what was done to the peer of the other client" "key_install
peer_add
peer_set" "$(sed -nE "s/^kernel: ([a-z_]+) $id( .*|$)/\1/p" "$DIR/fs/requests.log" | sort)"
	wait_for 5 "a ping of the other client" ip netns exec "$NS-r" ping -c 1 -W 1 10.8.0.1
	want "connections of the other client" 1 "$(log_count second 'Initialization Sequence Completed')"
	want_no_log second 'SIGUSR1|estarting'
}

# id_of CN: the peer id by which the server's data plane knows a client
id_of()
{
	sed -nE "s|.* $1/udp[46]:[^ ]* SENT CONTROL \[$1\]: 'PUSH_REPLY,.*peer-id ([0-9]+).*|\1|p" "$DIR/server.log" | tail -n 1
}

# ---- the client --------------------------------------------------------------------------------
# The interface cannot be made although the driver said that it works: the same connection goes on.
client_device_refused()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc device_open "$1" always
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: the kernel cannot make the tunnel interface, continuing without data channel offload\.')"
	want_no_log client 'SIGUSR1'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	ut_stop
}

# The first peer or key is refused for good: one restart, the second attempt is without offload, and
# so is everything until SIGHUP.
client_first_refused()
{
	local request=$1 error=$2
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$request" "$error"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log client 'Note: data channel offload does not work here, continuing without it until SIGHUP\.'
	want "restarts" 1 "$(log_count client 'SIGUSR1.* received')"
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	mark client
	kill -USR1 "$UT_PID"
	connected 15
	ping_ok
	want "devices of the driver" 1 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	mark client
	kill -HUP "$UT_PID"
	connected 15
	tunnel_ok
	want "devices of the driver" 2 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	want_log client 'Data channel offload is used'
	want_no_key_twice
	ut_stop
}

# For want of memory it is refused once: the next attempt uses offload again.
client_first_starved()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$1" "$2"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "restarts" 1 "$(log_count client 'SIGUSR1.* received')"
	want_no_log client 'continuing without it until SIGHUP'
	want "devices of the driver" 2 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	want_no_log fc/requests '^engine: device_open'
	want_no_key_twice
	ut_stop
}

# It is refused for want of memory again and again: then it goes without.
client_first_starved_forever()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$1" ENOMEM always
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log client 'continuing without it until SIGHUP'
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	ut_stop
}

# Each request of a renegotiation fails in each way. The tunnel lives on, and no key comes twice.
client_later_refused()
{
	local request=$1 error
	shift
	server "$OPENVPN" <<<"keepalive 1 6
tran-window 2"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
tran-window 2"
	tunnel_ok
	for error in "$@"; do
		mark client
		mark fc/requests
		refuse fc "$request" "$error"
		tell fc key-limit "$(peer_id)"
		wait_for 20 "$request was refused with $error" test ! -e "$DIR/fc/fail.$request"
			wait_log client "cannot install the data channel key: " 5
		wait_log client "The tunnel goes on with|SIGUSR1.*dco update keys error.* received" 15
		wait_for 15 "the tunnel works after $request: $error" pings
		# the driver again, for the next
		mark client
		kill -HUP "$UT_PID"
		connected 15
		wait_for 5 "the tunnel works" pings
	done
	want_no_key_twice
	ut_stop
}

peer_id()
{
	sed -nE 's/^kernel: peer_add ([0-9]+) .*/\1/p' "$DIR/fc/requests.log" | tail -n 1
}

# ---- the server --------------------------------------------------------------------------------
# two_clients [SERVER-OPTION]: the other one first, then ours with an id in ID. Nobody is in a hurry
# to miss pings: this machine may be busy.
two_clients()
{
	local own=$OPENVPN
	fake fs
	server "$PROGRAM" <<-E
		ping 1
		ping-restart 60
		push "ping 1"
		push "ping-restart 60"
		${1-}
	E
	wait_log fs/requests '^kernel: device_open' 1
	OPENVPN=$own client_conf <<-E
		remote $SERVER4
		persist-tun
		tran-window 2
		connect-retry 1 1
	E
	OPENVPN=$own second_client
	wait_for 15 "pings of the other client" ip netns exec "$NS-r" ping -c 1 -W 1 10.8.0.1
	OPENVPN=$own ut --config "$DIR/client.conf"
	connected 25
	tunnel_ok
	ID=$(id_of client)
	[ -n "$ID" ] || fail "no peer id of the client in the server's log"
}

# again: our client comes again
again()
{
	mark client
	kill -USR1 "$UT_PID"
	connected 30
	wait_for 15 "the tunnel works" pings
	ID=$(id_of client)
}

two_clients_end()
{
	second_undisturbed
	want_no_log server 'process exiting|fatal'
	want_no_key_twice
	kill -0 "$SRV_PID" || fail "the server is gone"
	ut_stop
}

# The peer is deleted by the driver: that client is closed with the known words, and comes again.
server_peer_gone()
{
	local reason=$1 text=$2
	two_clients
	mark server
	tell fs gone "$ID" "$reason"
	wait_log server "client/udp[46]:$CLIENT4:[0-9]+ SIGTERM\[soft,$text\] received, client-instance exiting" 10
	again
	two_clients_end
}

# A request of a renegotiation fails: that client is closed, the other one does not notice.
server_later_refused()
{
	local request=$1 error
	shift
	two_clients "tran-window 2"
	for error in "$@"; do
		mark server
		refuse fs "$request" "$error"
		tell fs key-limit "$ID"
		wait_for 20 "$request was refused with $error" test ! -e "$DIR/fs/fail.$request"
		wait_log server "client/udp[46]:$CLIENT4:[0-9]+ SIGUSR1\[soft,dco update keys error\] received, client-instance restarting" 5
		again
	done
	want_no_log fs/requests '^engine: device_open'
	two_clients_end
}

# A client cannot be added while others are served: it is closed, and comes in at its next attempt.
server_add_refused()
{
	local request=$1 line=$2 error
	shift 2
	two_clients
	for error in "$@"; do
		mark server
		refuse fs "$request" "$error"
		kill -USR1 "$UT_PID"
		wait_log server "$line" 20
		again
	done
	want_no_log fs/requests '^engine: device_open'
	two_clients_end
}

# The very first client shows that the driver does not work: the server goes on without it, at once.
server_first_refused()
{
	local own=$OPENVPN
	fake fs
	refuse fs "$1" "$2"
	server "$PROGRAM" <<<"keepalive 1 6"
	OPENVPN=$own client <<<"remote $SERVER4"
	tunnel_ok
	want_log server 'Note: data channel offload does not work here, continuing without it until SIGHUP\.'
	want_log fs/requests '^engine: key_install [0-9]+ slot 0'
	want "connections" 1 "$(log_count client 'Peer Connection Initiated')"
	want_no_key_twice
	ut_stop
}

server_device_refused()
{
	local own=$OPENVPN
	fake fs
	refuse fs device_open "$1" always
	server "$PROGRAM" </dev/null
	want "Notes" 1 "$(log_count server 'Note: the kernel cannot make the tunnel interface, continuing without data channel offload\.')"
	OPENVPN=$own client <<<"remote $SERVER4"
	tunnel_ok
	ut_stop
}

# A start with each request refused in each way: the process lives, and the tunnel comes up.
client_start_refused()
{
	local request=$1 error
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<-E
		remote $SERVER4
		connect-retry 1 1
		inactive 3600
	E
	for error in "${ERRNOS[@]}"; do
		mark client
		refuse fc "$request" "$error"
		kill -HUP "$UT_PID"
		connected 30
		wait_for 15 "the tunnel works after $request: $error" pings
		[ ! -e "$DIR/fc/fail.$request" ] || fail "$request was not tried"
	done
	want_no_key_twice
	ut_stop
}

# ---- what the driver tells ---------------------------------------------------------------------
# The peer is deleted: the client starts again at once, with the known signal.
client_peer_gone()
{
	local reason=$1 line=$2
	server "$OPENVPN" <<<"keepalive 10 60"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	mark client
	tell fc gone "$(peer_id)" "$reason"
	wait_log client "$line" 3
	connected 20
	tunnel_ok
	want_no_log fc/requests '^engine: device_open'
	want_no_key_twice
	ut_stop
}

# --ping-exit: the end of the peer for silence is the end of the client
client_peer_expired_exit()
{
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
ping 10
ping-exit 60"
	ping_ok
	tell fc gone "$(peer_id)" expired
	wait_log client '\[server\] Inactivity timeout \(--ping-exit\), exiting' 3
	ut_exit 10
	want_log client 'SIGTERM\[soft,ping-exit\] received, process exiting'
}

# The key is used up: it is renewed within a second, and the new one sends.
client_key_limit()
{
	local t
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	mark fc/requests
	t=${EPOCHREALTIME/./}
	tell fc key-limit "$(peer_id)"
	wait_log client 'TLS: soft reset .* key limit' 5
	[ $((${EPOCHREALTIME/./} - t)) -lt 1000000 ] || echo "$(((${EPOCHREALTIME/./} - t) / 1000)) ms: a busy machine"
	wait_log fc/requests '^kernel: key_install [0-9]+ slot 1' 10
	wait_log fc/requests '^kernel: key_swap' 10
	tunnel_ok
	ut_stop
}

server_key_limit()
{
	two_clients
	mark fs/requests
	tell fs key-limit "$ID"
	wait_log server "client/udp[46]:$CLIENT4:[0-9]+ TLS: soft reset .* key limit" 5
	wait_log fs/requests "^kernel: key_install $ID slot 1" 10
	wait_log fs/requests "^kernel: key_swap $ID" 10
	tunnel_ok
	two_clients_end
}

# port_of CN: of a client, as the server sees it
port_of()
{
	sed -nE "s|.*\[$1\] Peer Connection Initiated with \[AF_INET6?\]([0-9a-f:.]*:)?([0-9]+)$|\2|p" "$DIR/server.log" | tail -n 1
}

# A client moves to the address of another one with another certificate: not with us, and the driver
# is told to go back. To its own: nothing happens. The notification is of IPv4, the socket of both.
server_float_collides()
{
	two_clients
	mark server
	tell fs float "$ID" "$CLIENT4" "$(port_of client)"
	wait_log server "Float requested for peer $ID to $CLIENT4:$(port_of client)" 5
	tell fs float "$ID" 192.0.2.1 "$(port_of revoked)"
	wait_log server 'Disallow float to an address taken by another client revoked/' 5
	want_log fs/requests "^kernel: peer_set_remote $ID \[AF_INET6?\](::ffff:)?$CLIENT4:$(port_of client)"
	want_no_log server 'floated from'
	mark fs/requests
	tell fs key-limit "$ID"
	wait_log fs/requests "^kernel: key_swap $ID" 20
	tunnel_ok
	two_clients_end
}

# The driver cannot go back: both views must not differ, so the client goes.
server_float_not_undone()
{
	two_clients
	mark server
	refuse fs peer_set_remote "$1"
	tell fs float "$ID" 192.0.2.1 "$(port_of revoked)"
	wait_log server "client/udp[46]:$CLIENT4:[0-9]+ SIGTERM\[soft,float-collision\] received, client-instance exiting" 5
	again
	two_clients_end
}

# to_nobody: how many datagrams came to ports of the client's machine which nobody has open
to_nobody()
{
	in_c sed -nE 's/^Udp: [0-9]+ ([0-9]+) .*/\1/p' /proc/net/snmp
}

went_to_nobody()
{
	[ "$(to_nobody)" -gt "$1" ]
}

# A free address, told as IPv4 on a socket of both: control packets go there, and back when it moves back.
server_float_moves()
{
	local port lost
	two_clients
	port=$(port_of client)
	mark server
	tell fs float "$ID" "$CLIENT4" $((port ^ 1))
	wait_log server "peer $ID \(client\) floated from $CLIENT4:$port to $CLIENT4:$((port ^ 1))" 5
	lost=$(to_nobody)
	mark fs/requests
	tell fs key-limit "$ID"
	wait_for 5 "control packets at the new address" went_to_nobody "$lost"
	tell fs float "$ID" "$CLIENT4" "$port"
	wait_log server "peer $ID \(client\) floated from $CLIENT4:$((port ^ 1)) to $CLIENT4:$port" 5
	wait_log fs/requests "^kernel: key_swap $ID" 20
	tunnel_ok
	two_clients_end
}

# To the address of an older instance of the same certificate: that one goes.
server_float_replaces()
{
	local SECOND=client own=$OPENVPN other
	fake fs
	server "$PROGRAM" <<<"duplicate-cn"
	OPENVPN=$own client_conf <<<"remote $SERVER4"
	OPENVPN=$own second_client
	other=$(port_of client)
	OPENVPN=$own ut --config "$DIR/client.conf"
	connected 25
	ping_ok
	ID=$(id_of client)
	mark server
	tell fs float "$ID" 192.0.2.1 "$other"
	wait_log server "closing instance client/udp[46]:192\.0\.2\.1:$other due to float collision with client/udp[46]:$CLIENT4:[0-9]+ using the same certificate" 5
	wait_log server "client/udp[46]:192\.0\.2\.1:$other SIGTERM\[soft,float-collision\] received, client-instance exiting" 5
	wait_log server "peer $ID \(client\) floated from $CLIENT4:[0-9]+ to 192\.0\.2\.1:$other" 5
	kill "$UT_PID"
}

# ---- counters ----------------------------------------------------------------------------------
# The driver does not answer: the last numbers stand, and nothing is started again.
server_stats_refused()
{
	local before
	two_clients "status $DIR/status 1"
	wait_for 10 "the client's bytes in the status file" client_bytes
	sleep 1.5
	before=$(client_bytes)
	mark server
	refuse fs peer_stats "$1" always
	refuse fs device_stats "$1" always
	ping_ok
	rm "$DIR/status" 2>/dev/null
	kill -USR2 "$SRV_PID"
	wait_log server '^.* END$' 5
	[ "$(sed -nE 's/.* client,[^,]*:[0-9]+,([0-9]+,[0-9]+),.*/\1/p' "$DIR/server.log" | tail -n 1)" != "" ] ||
		fail "no numbers of the client: $before"
	want_no_log server 'SIG(TERM|USR1|HUP)|estarting'
	rm "$DIR"/fs/fail.*
	two_clients_end
}

client_bytes()
{
	sed -nE 's/^client,[^,]*,([1-9][0-9]+),([1-9][0-9]+),.*/\1 \2/p' "$DIR/status" | grep .
}

client_stats_refused()
{
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
status $DIR/status 1
inactive 3600"
	tunnel_ok
	mark client
	refuse fc peer_stats "$1" always
	refuse fc device_stats "$1" always
	kill -USR2 "$UT_PID"
	wait_log client '^.* END$' 5
	tunnel_ok
	want_no_log client 'SIG(TERM|USR1|HUP)|estarting'
	ut_stop
}

# ---- a server that sends what no driver can take -----------------------------------------------
# Nothing comes through the driver, as with a server that sends DATA_V1: the tunnel works without it,
# after five seconds without a keepalive or as soon as such a packet was seen, and stays so until SIGHUP.
client_deaf()
{
	local proto=$1 seen=${2-} keepalive="1 12" how=deaf
	[ "$proto" = udp ] || how=uncounted # for TCP a wrong packet is the end of the stream
	[ -z "$seen" ] || keepalive="20 120"
	server "$OPENVPN" <<<"keepalive $keepalive
proto ${proto/client/server}"
	fake fc
	touch "$DIR/fc/$how"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
proto $proto
connect-retry 1 1"
	[ -z "$seen" ] || tell fc data-v1 0
	wait_log client 'Note: no data packet has come through the kernel since the connection began; servers before 2\.4\.5 send DATA_V1, which it cannot take\. Continuing without data channel offload\.' 8
	wait_for 15 "the tunnel works" pings
	tunnel_ok
	want_log fc/requests '^engine: key_install'
	case $proto in
	udp) want_no_log client 'SIGUSR1' ;;
	*) want "restarts" 1 "$(log_count client 'SIGUSR1.* received')" ;;
	esac
	[ -n "$seen" ] || wait_log client 'Note: data channel offload does not work here, continuing without it until SIGHUP\.' 10
	want_no_key_twice
	rm "$DIR/fc/$how"
	mark client
	mark fc/requests
	kill -HUP "$UT_PID"
	connected 15
	tunnel_ok
	want_log fc/requests '^kernel: key_install'
	ut_stop
}

# Anybody can send such a packet: who hears its server takes no notice.
client_data_v1_forged()
{
	server "$OPENVPN" <<<"keepalive 1 12"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	ping_ok
	tell fc data-v1 0
	wait_log fc/requests '^kernel: event data-v1' 3
	sleep 6 # beyond the time in which it must hear something
	tunnel_ok
	want_no_log client 'Note: no data packet|SIGUSR1'
	want_no_log fc/requests '^engine:'
	ut_stop
}

# ---- a driver that lacks something -------------------------------------------------------------
lacking() # DIRECTORY FEATURE...
{
	mkdir -p "$DIR/$1"
	echo "${*:2}" >"$DIR/$1/lacks"
}

# Without ChaCha20-Poly1305: the default is used without it, and the other end is told so.
client_without_chacha()
{
	lacking fc CIPHER_CHACHA20_POLY1305
	server "$OPENVPN" <<<"data-ciphers CHACHA20-POLY1305:AES-128-GCM"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log server 'peer info: IV_CIPHERS=AES-256-GCM:AES-128-GCM$'
	want_log client "Data Channel: cipher 'AES-128-GCM'"
	want_log fc/requests '^kernel: key_install'
	want_no_log client 'ovpn-dco, disabling|incompatible with data channel offload'
	ut_stop
	# named, it is wanted
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
data-ciphers DEFAULT:CHACHA20-POLY1305"
	want_log client "Note: cipher 'CHACHA20-POLY1305' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload\."
	tunnel_ok
	ut_stop
}

# Who can do nothing else is refused with the reason; the others stay.
server_without_chacha()
{
	lacking fs CIPHER_CHACHA20_POLY1305
	two_clients
	kill "$UT_PID"
	wait "$UT_PID"
	mark client
	cp "$DIR/client.conf" "$DIR/client.conf.old"
	echo "data-ciphers CHACHA20-POLY1305" >>"$DIR/client.conf"
	OPENVPN=${OPENVPN%_fake_kernel} ut --config "$DIR/client.conf"
	wait_log client 'AUTH: Received control message: AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)' 20
	ut_exit 10
	mark client
	OPENVPN=${OPENVPN%_fake_kernel} ut --config "$DIR/client.conf.old"
	connected 20
	tunnel_ok
	two_clients_end
}

# The driver is another one when the server's answer comes, and lacks the cipher: in place, without it.
client_pushed_cipher()
{
	cat >"$DIR/hook" <<-E
		#!/bin/sh
		echo CIPHER_CHACHA20_POLY1305 >$DIR/fc/lacks
	E
	chmod +x "$DIR/hook"
	server "$OPENVPN" <<<"data-ciphers CHACHA20-POLY1305
script-security 2
client-connect $DIR/hook"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: pushed options are incompatible with data channel offload, continuing without it\.')"
	want_no_log client 'SIGUSR1'
	want_log fc/requests '^engine: key_install'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	ut_stop
}

# Compression framing is pushed
client_pushed_framing()
{
	fake fc
	server 2.6 <<<"$1
push \"$1\""
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: pushed options are incompatible with data channel offload, continuing without it\.|disabling data channel offload')"
	want_no_log client 'SIGUSR1'
	want_log fc/requests '^engine: key_install'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	ut_stop
}

# ---- options that offload cannot have ----------------------------------------------------------
# option_client NOTE CLIENT-OPTION [SERVER-OPTIONS]: the driver is there, the line is said once, and the
# tunnel works without it
option_client()
{
	local note=$1 option=$2
	server 2.6 <<<"${3-}"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
$option"
	option_worked client "$note"
	ut_stop
}

option_worked() # LOG NOTE
{
	want "lines: $2" 1 "$(log_count "$1" " $2\$")"
	want "lines about offload" "${WORDS-1}" "$(log_count "$1" 'disabl(es|ing) data channel offload')"
	want_no_log "f${1:0:1}/requests" '^kernel:'
	want_log "f${1:0:1}/requests" '^engine: key_install'
	ping_ok
}

option_server()
{
	local note=$1 own=$OPENVPN
	fake fs
	server "$PROGRAM" <<<"$2"
	OPENVPN=$own client <<<"remote $SERVER4
${3-}"
	option_worked server "$note"
	ut_stop
}

# An interface of another kind has the name: it is not offload's. A tun device is used, others cannot be.
option_interface()
{
	local kind=$1
	case $kind in
	tun) in_c ip tuntap add my-vpn mode tun ;;
	*) in_c ip link add my-vpn type "$kind" ;;
	esac
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM
	client_conf <<<"remote $SERVER4
dev my-vpn
dev-type tun"
	ut --config "$DIR/client.conf"
	wait_log client 'Interface my-vpn exists and is not using the ovpn DCO driver\. Disabling data channel offload$'
	want_no_log fc/requests '^kernel:'
	case $kind in
	tun)
		connected 20
		tunnel_ok
		kill "$UT_PID"
		ut_exit 10
		;;
	*) ut_fails 'my-vpn.*(errno=|Invalid|busy)' 20 ;;
	esac
}

option_disable_dco()
{
	server 2.6 </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
disable-dco"
	want_no_log client 'Note: .*offload|disabling'
	want_no_log fc/requests '^kernel:'
	tunnel_ok
	ut_stop
}

ERRNOS=(EPERM ENODEV ENOENT EINVAL ENOMEM ENOTSOCK EEXIST EADDRINUSE ETIMEDOUT)
case_add offload_fault_client_device_EPERM client_device_refused EPERM
case_add offload_fault_client_device_EOPNOTSUPP client_device_refused EOPNOTSUPP
for e in EPERM EOPNOTSUPP ENOTSOCK EINVAL EBUSY; do
	case_add "offload_fault_client_first_peer_$e" client_first_refused peer_add $e
done
for e in ENOENT EINVAL EOPNOTSUPP; do
	case_add "offload_fault_client_first_key_$e" client_first_refused key_install $e
done
for e in ENOMEM ENOBUFS; do
	case_add "offload_fault_client_first_peer_$e" client_first_starved peer_add $e
	case_add "offload_fault_client_first_key_$e" client_first_starved key_install $e
done
case_add offload_fault_client_first_peer_ENOMEM_always client_first_starved_forever peer_add
case_add offload_fault_client_first_key_ENOMEM_always client_first_starved_forever key_install
for r in device_open peer_add peer_set key_install; do
	case_add "offload_fault_client_start_$r" client_start_refused $r
done
for r in key_install_later key_swap key_delete; do
	case_add "offload_fault_client_$r" client_later_refused $r "${ERRNOS[@]}"
done
case_add offload_fault_server_device_EPERM server_device_refused EPERM
case_add offload_fault_server_device_EOPNOTSUPP server_device_refused EOPNOTSUPP
case_add offload_fault_server_first_peer_EINVAL server_first_refused peer_add EINVAL
case_add offload_fault_server_first_peer_set_EINVAL server_first_refused peer_set EINVAL
case_add offload_fault_server_first_key_ENOENT server_first_refused key_install ENOENT
for r in key_install_later key_swap key_delete; do
	case_add "offload_fault_server_$r" server_later_refused $r "${ERRNOS[@]}"
done
for r in peer_add peer_set; do
	case_add "offload_fault_server_$r" server_add_refused $r \
		'SIGTERM\[soft,dco-connect-error\] received, client-instance exiting' "${ERRNOS[@]}"
done
case_add offload_fault_server_key_install server_add_refused key_install \
	'SIGUSR1\[soft,dco update keys error\] received, client-instance restarting' "${ERRNOS[@]}"
case_add offload_fault_server_gone_expired server_peer_gone expired 'ovpn-dco: ping expired'
case_add offload_fault_server_gone_transport_error server_peer_gone transport-error 'ovpn-dco: transport error'
case_add offload_fault_server_gone_transport_disconnect server_peer_gone transport-disconnect 'ovpn-dco: transport disconnected'
case_add offload_fault_server_gone_teardown server_peer_gone teardown 'ovpn-dco: unknown reason'
case_add offload_fault_server_gone_userspace server_peer_gone userspace 'ovpn-dco: unknown reason'
case_add offload_fault_client_gone_expired client_peer_gone expired 'SIGUSR1\[soft,ping-restart\] received, process restarting'
case_add offload_fault_client_gone_expired_exit client_peer_expired_exit
for r in error disconnect; do
	case_add offload_fault_client_gone_transport_$r client_peer_gone transport-$r 'SIGUSR1\[soft,connection-reset\] received, process restarting'
done
for r in teardown userspace; do
	case_add offload_fault_client_gone_$r client_peer_gone $r 'SIGUSR1\[soft,dco peer deleted\] received, process restarting'
done
case_add offload_fault_client_key_limit client_key_limit
case_add offload_fault_server_key_limit server_key_limit
case_add offload_fault_server_float_collides server_float_collides
for e in EOPNOTSUPP EINVAL ENOENT; do
	case_add offload_fault_server_float_not_undone_$e server_float_not_undone $e
done
case_add offload_fault_server_float_moves server_float_moves
case_add offload_fault_server_float_replaces server_float_replaces
for e in ENOENT ENOMEM EPERM; do
	case_add offload_fault_client_stats_$e client_stats_refused $e
	case_add offload_fault_server_stats_$e server_stats_refused $e
done
case_add offload_fault_client_deaf client_deaf udp
case_add offload_fault_client_deaf_tcp client_deaf tcp-client
case_add offload_fault_client_deaf_data_v1_seen client_deaf udp seen
case_add offload_fault_client_data_v1_forged client_data_v1_forged
case_add offload_fault_client_without_chacha client_without_chacha
case_add offload_fault_server_without_chacha server_without_chacha
case_add offload_fault_client_pushed_cipher client_pushed_cipher
case_add offload_fault_client_pushed_comp_lzo client_pushed_framing 'comp-lzo no'
case_add offload_fault_client_pushed_compress client_pushed_framing 'compress'
C='Note: .--allow-compression. is not set to .no., disabling data channel offload\.'
case_add offload_option_fragment option_client 'Note: --fragment disables data channel offload\.' 'fragment 1300' 'fragment 1300'
case_add offload_option_comp_lzo option_client "$C" 'comp-lzo no' 'comp-lzo no'
case_add offload_option_compress option_client "$C" 'compress' 'compress'
case_add offload_option_allow_compression option_client "$C" 'allow-compression asym'
case_add offload_option_data_ciphers option_client \
	"Note: cipher 'AES-256-CBC' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload\." \
	'data-ciphers AES-256-GCM:AES-256-CBC'
case_add offload_option_data_ciphers_fallback option_client \
	"Note: --data-ciphers-fallback with cipher 'BF-CBC' disables data channel offload\." \
	$'data-ciphers-fallback BF-CBC\nproviders legacy default'
case_add offload_option_block_ipv6 option_client 'Note: --block-ipv6 disables data channel offload\.' 'block-ipv6'
case_add offload_option_tap option_client 'Note: dev-type not tun, disabling data channel offload\.' 'dev tap' 'dev tap'
case_add offload_option_disable_dco option_disable_dco
case_add offload_option_topology option_server \
	"Note: NOT using '--topology subnet' disables data channel offload\." 'topology net30'
case_add offload_option_stale_routes option_server \
	'Note: --stale-routes-check disables data channel offload\.' 'stale-routes-check 60'
case_add offload_option_interface_tun option_interface tun
case_add offload_option_interface_veth option_interface veth
