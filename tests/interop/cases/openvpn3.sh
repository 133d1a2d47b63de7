# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# OpenVPN 3 clients of our server. What v3 says is in client.log.
# shellcheck disable=SC2016 # programs of hooks are texts

# v3_client_start [< more options]: what it shall answer to questions is in $DIR/answers
v3_client_start()
{
	client_conf
	touch "$DIR/answers"
	mark client
	ip netns exec "$NS-c" "$HERE/openvpn3" "$ROOT3" "$RUN" "$DIR/client.conf" >>"$DIR/client.log" 2>&1 <"$DIR/answers" &
	V3_PID=$!
}

v3_client()
{
	v3_client_start
	wait_log client 'v3: (connected|failed)' 60
	want_log client 'v3: connected'
}

v3_stop()
{
	kill "$V3_PID"
	wait_log client 'v3: disconnected'
}

# v3_connects PROTO(udp4|tcp6...) WRAP CIPHER
v3_connects()
{
	local proto=$1 remote=$SERVER4
	case $proto in *6) remote=$SERVER6 ;; esac
	our_server <<-E
		proto ${proto/tcp*/tcp6-server}
		data-ciphers $3
		push "route 203.0.113.0 255.255.255.0"
		$(wrap_of "$2" server)
	E
	v3_client <<-E
		proto ${proto/tcp*/tcp}
		remote $remote 1194
		$(wrap_of "$2" client)
	E
	want_log server 'peer info: IV_VER=v?3\.'
	wait_log server "Data Channel: cipher '$3'"
	tunnel_ok
	ip -n "$NS-c" route show 203.0.113.0/24 | grep -q 'via 10.8.0.1 dev tun' || fail "the pushed route is not there"
	v3_stop
}
i=0
for wrap in none tls-auth tls-crypt tls-crypt-v2; do
	v3_ciphers=(AES-256-GCM CHACHA20-POLY1305 AES-128-GCM AES-192-GCM)
	case_add "v3_udp4_$wrap" v3_connects udp4 $wrap "${v3_ciphers[i]}"
	case_add "v3_tcp6_$wrap" v3_connects tcp6 $wrap "${v3_ciphers[3 - i]}"
	i=$((i + 1))
done

# v3_renegotiates SERVER-OPTION CLIENT-OPTION: key exchanges without a lost packet. A peer sends with the
# old key until min(hand-window, reneg-sec / 2) of its own, so the distance must be larger than that.
v3_renegotiates()
{
	our_server <<<"$1"
	v3_client <<-E
		remote $SERVER4
		$2
	E
	ping_start 0.02
	wait_for 50 "key exchanges" v3_renegotiated 3
	in_c ping -qnc 20 -i 0.02 10.8.0.1 >/dev/null || fail "ping after renegotiation"
	ping_end
	want "lost packets of the steady ping" 0 "$LOST"
	v3_stop
}

v3_renegotiated()
{
	[ "$(log_count server 'Control Channel: TLSv')" -ge "$1" ]
}
case_add v3_reneg_by_server v3_renegotiates "reneg-sec 12" "reneg-sec 16"
case_add v3_reneg_by_client v3_renegotiates "reneg-sec 0" "reneg-sec 8"

v3_login_server()
{
	our_server <<-E
		auth-user-pass-verify $DIR/hook via-file
		script-security 2
		auth-gen-token 3600
		$1
	E
}

v3_login()
{
	on user-pass-verify <<<'[ "$(paste -sd: "$1")" = "alice:secret 1" ]'
	v3_login_server $'reneg-sec 12\nhand-window 6'
	printf 'alice\nsecret 1\n' >"$DIR/answers"
	v3_client <<-E
		remote $SERVER4
		auth-user-pass
		reneg-sec 16
	E
	tunnel_ok
	# later it logs in with the token
	wait_for 50 "key exchanges" v3_renegotiated 3
	tunnel_ok
	want "calls of the program" 1 "$(grep -c '^user-pass-verify' "$DIR/calls")"
	v3_stop
}
case_add v3_login_and_token v3_login

v3_login_wrong()
{
	on user-pass-verify <<<'exit 1'
	v3_login_server ''
	printf 'alice\nwrong\n' >"$DIR/answers"
	v3_client_start <<-E
		remote $SERVER4
		auth-user-pass
	E
	wait_log client 'v3: failed' 60
	want_log server "SENT CONTROL \[client\]: 'AUTH_FAILED"
}
case_add v3_login_wrong__told v3_login_wrong

v3_exit_notify()
{
	our_server <<<"explicit-exit-notify 1"
	v3_client <<<"remote $SERVER4"
	tunnel_ok
	v3_stop
	wait_log server '(CC-EEN exit message received by peer|remote-exit)'
}
case_add v3_leaves__server_knows v3_exit_notify

v3_server_restarts()
{
	our_server <<<"explicit-exit-notify 1"
	v3_client <<<"remote $SERVER4"
	tunnel_ok
	server_stop TERM
	server_start "$OPENVPN"
	wait_for 30 "traffic after the restart" pings
	tunnel_ok
	v3_stop
}
case_add v3_server_restarts__reconnects v3_server_restarts
