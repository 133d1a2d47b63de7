# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The same for our server: the driver of fake_kernel.c refuses, one client is closed, and the other one does
# not notice. Functions of offload_faults.sh.

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
