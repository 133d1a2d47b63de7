# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The program under test as a server for real clients.
# shellcheck disable=SC2016 # programs of hooks are texts

# our_server [< more options]: with a program $DIR/hook that records how it was called
our_server()
{
	cat >"$DIR/hook" <<-E
		#!/bin/bash
		echo "\$script_type \$* cn=\$common_name" >>$DIR/calls
		env | sort >$DIR/env.\$script_type
		[ ! -x $DIR/hook.\$script_type ] || exec $DIR/hook.\$script_type "\$@"
	E
	chmod +x "$DIR/hook"
	: >"$DIR/calls"
	server "$OPENVPN"
}

# on TYPE < SCRIPT: what the hook does for one type
on()
{
	{
		echo '#!/bin/bash'
		cat
	} >"$DIR/hook.$1"
	chmod +x "$DIR/hook.$1"
}

their_options()
{
	echo "remote $SERVER4"
	echo setenv opt disable-dco
	cat
}

# their_client VERSION [< more options]
their_client()
{
	local OPENVPN=$1
	their_options >"$DIR/their.opts"
	client <"$DIR/their.opts"
}

# their_client_fails VERSION REGEX [< more options]
their_client_fails()
{
	local OPENVPN=$1
	their_options >"$DIR/their.opts"
	client_conf <"$DIR/their.opts"
	ut --config "$DIR/client.conf"
	wait_log client "$2" 25
}

their_client_stop()
{
	kill "$UT_PID"
	ut_exit 10
}

# second: another client beside the first, log in second.log
second()
{
	ip netns exec "$NS-c" /usr/sbin/openvpn --config "$DIR/client.conf" --dev tun9 --route-nopull >"$DIR/second.log" 2>&1 </dev/null &
	SECOND_PID=$!
}

srv_connects()
{
	local version=$1
	[ "$version" != self ] || version=$OPENVPN
	our_server <<-E
		proto ${2-udp}
	E
	their_client "$version" <<-E
		proto ${3-udp}
	E
	tunnel_ok
	want_log server 'peer info: IV_VER=2\.'
	want_log server "client/[a-z0-9-]*:$CLIENT4:[0-9]* .*MULTI: Learn: 10.8.0.2 -> "
	# a client may ask as well, although it gets the reply unasked
	want "replies" 1 "$(log_count server "SENT CONTROL \[client\]: 'PUSH_REPLY")"
	their_client_stop
}
case_add srv_udp_26 srv_connects 2.6
case_add srv_udp_27 srv_connects 2.7
case_add srv_udp_self srv_connects self
case_add srv_tcp_self srv_connects self tcp-server tcp-client
case_add srv_tcp_26 srv_connects 2.6 tcp-server tcp-client
case_add srv_tcp_27 srv_connects 2.7 tcp-server tcp-client

srv_udp6()
{
	our_server </dev/null
	local OPENVPN=2.6
	client <<-E
		remote $SERVER6
		disable-dco
		proto udp6
	E
	tunnel_ok
	their_client_stop
}
case_add srv_udp6 srv_udp6

# one server, two sockets
srv_two_listeners()
{
	our_server <<-E
		local $SERVER4 1194 udp
		local $SERVER4 1195 udp
	E
	their_client 2.6 <<-E
		port 1195
	E
	ping_ok
	their_client_stop
}
case_add srv_two_listeners srv_two_listeners

# REPLY in the order of other servers
srv_reply()
{
	S_NET=$1 our_server <<-E
		push "route 10.77.0.0 255.255.0.0"
		push "dhcp-option DNS 10.66.0.1"
		keepalive 10 60
	E
	their_client 2.6 </dev/null
	want_log client "PUSH: Received control message: 'PUSH_REPLY,route 10.77.0.0 255.255.0.0,dhcp-option DNS 10.66.0.1,$2,cipher AES-256-GCM,protocol-flags cc-exit tls-ekm dyn-tls-crypt,tun-mtu 1500'"
	their_client_stop
}
case_add srv_reply_subnet srv_reply 'server 10.66.0.0 255.255.255.0
server-ipv6 fd66::/64
topology subnet' 'tun-ipv6,route-gateway 10.66.0.1,topology subnet,ping 10,ping-restart 60,ifconfig-ipv6 fd66::1000/64 fd66::1,ifconfig 10.66.0.2 255.255.255.0,peer-id 0'
case_add srv_reply_net30 srv_reply 'server 10.66.0.0 255.255.255.0
topology net30' 'route 10.66.0.1,topology net30,ping 10,ping-restart 60,ifconfig 10.66.0.6 10.66.0.5,peer-id 0'
case_add srv_reply_p2p srv_reply 'server 10.66.0.0 255.255.255.0
topology p2p' 'topology p2p,ping 10,ping-restart 60,ifconfig 10.66.0.4 10.66.0.1,peer-id 0'

srv_push_parts()
{
	our_server < <(for i in {100..159}; do echo "push \"route 10.$i.10.0 255.255.255.0\""; done)
	their_client 2.6 </dev/null
	want "parts" 3 "$(log_count client 'PUSH: Received control message')"
	want "markers" "2 2 1" \
		"$(grep -a 'PUSH: Received' "$DIR/client.log" | grep -o 'push-continuation [12]' | cut -d' ' -f2 | paste -sd' ')"
	want "routes" 60 "$(in_c ip route | grep -c '^10\.1[0-9][0-9]\.10\.0')"
	their_client_stop
}
case_add srv_push_parts__all_routes_arrive srv_push_parts

# ---- control-channel wraps -----------------------------------------------------------------------
srv_wrap()
{
	/usr/sbin/openvpn --genkey secret "$DIR/ta.key"
	/usr/sbin/openvpn --genkey tls-crypt-v2-server "$DIR/v2.server"
	/usr/sbin/openvpn --tls-crypt-v2 "$DIR/v2.server" --genkey tls-crypt-v2-client "$DIR/v2.client"
	our_server <<-E
		${2//DIR/$DIR}
		script-security 2
	E
	their_client "$1" <<-E
		${3//DIR/$DIR}
	E
	ping_ok
	their_client_stop
}
case_add srv_tls_auth srv_wrap 2.6 'tls-auth DIR/ta.key 0' 'tls-auth DIR/ta.key 1'
case_add srv_tls_crypt srv_wrap 2.7 'tls-crypt DIR/ta.key' 'tls-crypt DIR/ta.key'
case_add srv_tls_crypt_v2 srv_wrap 2.6 'tls-crypt-v2 DIR/v2.server' 'tls-crypt-v2 DIR/v2.client'
case_add srv_tls_crypt_v2_cookie srv_wrap 2.7 'tls-crypt-v2 DIR/v2.server force-cookie' 'tls-crypt-v2 DIR/v2.client'
case_add srv_tls_crypt_v2_verify srv_wrap 2.6 'tls-crypt-v2 DIR/v2.server
tls-crypt-v2-verify DIR/hook' 'tls-crypt-v2 DIR/v2.client'

srv_v2_refused()
{
	/usr/sbin/openvpn --genkey tls-crypt-v2-server "$DIR/v2.server"
	/usr/sbin/openvpn --tls-crypt-v2 "$DIR/v2.server" --genkey tls-crypt-v2-client "$DIR/v2.client"
	on tls-crypt-v2-verify <<<'exit 1'
	our_server <<-E
		tls-crypt-v2 $DIR/v2.server
		script-security 2
		tls-crypt-v2-verify $DIR/hook
	E
	their_client_fails 2.6 'link remote' <<<"tls-crypt-v2 $DIR/v2.client"
	wait_log server 'TLS CRYPT V2 VERIFY SCRIPT ERROR'
	want_no_log server 'VERIFY OK'
	want "environment" "metadata_file metadata_type script_type" \
		"$(cut -d= -f1 "$DIR/env.tls-crypt-v2-verify" | grep -E '^(metadata|script)' | paste -sd' ')"
	their_client_stop
}
case_add srv_tls_crypt_v2_verify__refused srv_v2_refused

# ---- ciphers -------------------------------------------------------------------------------------
srv_cipher()
{
	our_server <<<"data-ciphers AES-128-GCM:AES-256-GCM"
	their_client "$1" <<<"data-ciphers AES-256-GCM:AES-128-GCM"
	want_log client "PUSH: Received control message: .*,cipher AES-128-GCM,"
	want_log client "Data Channel: cipher 'AES-128-GCM'"
	ping_ok
	their_client_stop
}
case_add srv_cipher_order_26 srv_cipher 2.6
case_add srv_cipher_order_27 srv_cipher 2.7

srv_no_cipher()
{
	our_server <<<"data-ciphers AES-128-GCM"
	their_client_fails 2.6 'AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)$' \
		<<<"data-ciphers CHACHA20-POLY1305"
	want_log server "PUSH: No common cipher between server and client. Server data-ciphers: 'AES-128-GCM', client supported ciphers 'CHACHA20-POLY1305'"
	want_log server 'Delayed exit in 5 seconds'
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 8
}
case_add srv_no_common_cipher__refused srv_no_cipher

srv_epoch()
{
	our_server <<<"reneg-sec 3"
	their_client 2.7 <<<"reneg-sec 0"
	want_log client 'protocol-flags cc-exit tls-ekm dyn-tls-crypt aead-epoch'
	ping_ok
	wait_for 20 "three key exchanges" srv_renegotiated 3
	ping_ok
	their_client_stop
}
srv_renegotiated()
{
	[ "$(log_count server 'Control Channel: TLSv')" -ge "$1" ]
}
case_add srv_epoch_27 srv_epoch

srv_reneg()
{
	our_server <<-E
		proto ${4-udp}
		reneg-sec $2
	E
	their_client "$1" <<-E
		proto ${5-udp}
		reneg-sec $3
	E
	wait_for 25 "four key exchanges" srv_renegotiated 4
	ping_ok
	want_no_log client 'process restarting'
	their_client_stop
}
case_add srv_reneg_by_server srv_reneg 2.6 3 0
case_add srv_reneg_by_client srv_reneg 2.7 0 3

# by what a key has carried
srv_reneg_amount()
{
	our_server <<-E
		reneg-sec 0
		$1
	E
	their_client 2.6 <<<'reneg-sec 0'
	in_c ping -qni 0.005 -s 1000 -w 30 10.8.0.1 >/dev/null 2>&1 &
	wait_for 25 "three key exchanges" srv_renegotiated 3
	want_log server "TLS: soft reset sec=[0-9]+/0 $2"
	ping_ok
	their_client_stop
}
case_add srv_reneg_by_bytes srv_reneg_amount 'reneg-bytes 500000' 'bytes=[5-9][0-9]{5}/500000 pkts=[0-9]+/0'
case_add srv_reneg_by_packets srv_reneg_amount 'reneg-pkts 500' 'bytes=[0-9]+/-1 pkts=[5-9][0-9]{2}/500'
case_add srv_reneg_tcp srv_reneg 2.6 3 0 tcp-server tcp-client

# ---- configuration of one client -----------------------------------------------------------------
srv_ccd()
{
	mkdir "$DIR/ccd"
	cat >"$DIR/ccd/client" <<-E
		push-remove ping
		push "route 10.20.0.0 255.255.0.0"
		push "route 10.30.0.0 255.255.0.0"
		iroute 10.30.0.0 255.255.0.0
		ifconfig-push 10.8.0.77 255.255.255.0
		route 1.2.3.4
		no-such-thing
	E
	our_server <<-E
		keepalive 10 60
		client-config-dir $DIR/ccd
	E
	their_client 2.6 </dev/null
	want_log server "OPTIONS IMPORT: reading client specific options from: $DIR/ccd/client"
	want_log server "Options error: option 'route' cannot be used in this context \($DIR/ccd/client\)"
	want_log server "Options error: Unrecognized option or missing or extra parameter\(s\) in $DIR/ccd/client:7: no-such-thing"
	want_log server "MULTI: internal route 10.30.0.0/16 -> client/"
	want_log server "REMOVE PUSH ROUTE: 'route 10.30.0.0 255.255.0.0'"
	want_log client "route 10.20.0.0 255.255.0.0,ifconfig 10.8.0.77 255.255.255.0"
	want_log server "MULTI_sva: WARNING: if --ifconfig-push is used for IPv4, automatic IPv6 assignment from"
	want_no_log client 'PUSH: .*(,ping|route 10.30)'
	ping_ok
	# behind the client: the server routes the network into the tunnel, the data plane to the client
	in_c ip addr add 10.30.0.1/16 dev lo
	in_s ip route add 10.30.0.0/16 dev tun0
	in_s ping -qnc 3 -i 0.1 -W 2 -I 10.8.0.1 10.30.0.1 >"$DIR/ping" || fail "iroute"
	their_client_stop
}
case_add srv_ccd__options_of_one_client srv_ccd

srv_ccd_other()
{
	mkdir "$DIR/ccd"
	printf '%s\n' "$2" >"$DIR/ccd/$1"
	our_server <<-E
		client-config-dir $DIR/ccd
		$3
	E
}

srv_ccd_default()
{
	srv_ccd_other DEFAULT 'push-reset
push-remove ifconfig-ipv6' ''
	their_client 2.6 </dev/null
	want_log client "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,peer-id 0"
	their_client_stop
}
case_add srv_ccd_default srv_ccd_default

srv_ccd_disable()
{
	srv_ccd_other client disable ''
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED$' </dev/null
	want_log server "MULTI: client has been rejected due to 'disable' directive"
}
case_add srv_ccd_disable__refused srv_ccd_disable

srv_ccd_exclusive()
{
	srv_ccd_other DEFAULT '' ccd-exclusive
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED' </dev/null
	want_log server "TLS Auth Error: --client-config-dir authentication failed for common name 'client'"
}
case_add srv_ccd_exclusive__refused srv_ccd_exclusive

# ---- programs ------------------------------------------------------------------------------------
srv_calls()
{
	our_server <<-E
		script-security 2
		tls-verify $DIR/hook
		client-connect $DIR/hook
		client-disconnect $DIR/hook
		learn-address $DIR/hook
		auth-user-pass-verify $DIR/hook via-file
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
	their_client "$1" <<<"auth-user-pass $DIR/login"
	ping_ok
	their_client_stop
	server_stop
	sed -E 's/openvpn_([a-z]+)_[0-9a-f]+/openvpn_\1_X/; s|/tmp/||' "$DIR/calls" >"$DIR/calls.seen"
	cat >"$DIR/calls.want" <<-E
		tls-verify 1 CN=Test CA cn=
		tls-verify 0 CN=client cn=client
		user-pass-verify openvpn_up_X.tmp cn=client
		client-connect openvpn_cc_X.tmp cn=client
		learn-address add 10.8.0.2 client cn=client
		learn-address add fd00:8::1000 client cn=client
		client-disconnect  cn=client
		learn-address delete 10.8.0.2 cn=
		learn-address delete fd00:8::1000 cn=
	E
	# the subject of the test CA is not the point
	sed -i 's/^tls-verify 1 .* cn=/tls-verify 1 CA cn=/' "$DIR/calls.seen" "$DIR/calls.want"
	diff "$DIR/calls.want" "$DIR/calls.seen" || fail "calls differ"
	local v
	for v in ifconfig_pool_remote_ip=10.8.0.2 ifconfig_pool_netmask=255.255.255.0 trusted_ip=$CLIENT4 \
		ifconfig_pool_remote_ip6=fd00:8::1000 ifconfig_pool_ip6_netbits=64 username=joe IV_PLAT=linux \
		tls_id_0=CN=client dev=tun0; do
		grep -qxF "$v" "$DIR/env.client-connect" || fail "client-connect lacks $v"
	done
	! grep -q '^password=' "$DIR/env.client-connect" || fail "client-connect sees the password"
	for v in bytes_received bytes_sent time_duration; do
		grep -qE "^$v=[0-9]+$" "$DIR/env.client-disconnect" || fail "client-disconnect lacks $v"
	done
}
case_add srv_calls_26 srv_calls 2.6
case_add srv_calls_27 srv_calls 2.7

srv_client_connect()
{
	on client-connect <<<"$1"
	our_server <<-E
		script-security 2
		client-connect $DIR/hook
		client-disconnect $DIR/hook
	E
}

srv_client_connect_good()
{
	srv_client_connect "$1"
	their_client 2.6 </dev/null
	want_log client 'echo'
	ping_ok
	their_client_stop
}
case_add srv_client_connect srv_client_connect_good 'echo "push \"echo hello\"" >$1'
case_add srv_client_connect_deferred srv_client_connect_good 'echo "push \"echo hello\"" >$1
echo 2 >$client_connect_deferred_file
{ sleep 2; echo 1 >$client_connect_deferred_file; } >/dev/null 2>&1 &'

srv_client_connect_bad()
{
	srv_client_connect "$1"
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED$' </dev/null
	want_log server "$2"
	wait_for 5 "client-disconnect runs" grep -q '^client-disconnect ' "$DIR/calls"
}
case_add srv_client_connect_fails__refused srv_client_connect_bad 'exit 1' \
	'WARNING: Failed running command \(--client-connect\): external program exited with error status: 1'
case_add srv_client_connect_fails_deferring__refused srv_client_connect_bad 'echo 2 >$client_connect_deferred_file; exit 1' \
	'WARNING: Failed running command \(--client-connect\)'
case_add srv_client_connect_deferred_fails__refused srv_client_connect_bad 'echo 2 >$client_connect_deferred_file
{ sleep 1; echo 0 >$client_connect_deferred_file; } >/dev/null 2>&1 &' \
	'MULTI: deferred --client-connect script returned CC_RET_FAILED'
case_add srv_client_connect_deferred_garbage__refused srv_client_connect_bad 'echo 2 >$client_connect_deferred_file
{ sleep 1; echo x >$client_connect_deferred_file; } >/dev/null 2>&1 &' \
	'WARNING: Unknown/unexpected value in deferred client-connect resultfile'

srv_learn_refused()
{
	on learn-address <<<'exit 1'
	our_server <<-E
		script-security 2
		learn-address $DIR/hook
	E
	their_client 2.6 </dev/null
	want_log server 'MULTI: Learn FAILED: 10.8.0.2 -> client/'
	! pings || fail "packets pass although the address was refused"
	their_client_stop
}
case_add srv_learn_address_fails__no_packets srv_learn_refused

srv_tls_verify_fails()
{
	on tls-verify <<<'[ "$1" != 0 ]'
	our_server <<-E
		script-security 2
		tls-verify $DIR/hook
	E
	their_client_fails 2.6 'link remote' </dev/null
	wait_log server 'VERIFY SCRIPT ERROR: depth=0, CN=client'
	want_log server 'SIGUSR1\[soft,tls-error\] received, client-instance restarting'
	want_no_log server 'PUSH_REPLY'
	their_client_stop
}
case_add srv_tls_verify_fails__refused srv_tls_verify_fails

# a program that takes its time for one client must not stop the others
srv_not_blocked()
{
	on client-connect <<<"mkdir $DIR/once && sleep 8; exit 0"
	our_server <<-E
		script-security 2
		client-connect $DIR/hook
		duplicate-cn
	E
	their_client_fails 2.6 'Peer Connection Initiated' </dev/null
	wait_for 20 "the slow program runs" test -d "$DIR/once"
	second
	wait_log second 'Initialization Sequence Completed' 6
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
case_add srv_slow_program__others_connect srv_not_blocked

# ---- user names ----------------------------------------------------------------------------------
srv_login()
{
	on user-pass-verify <<<"$1"
	our_server <<-E
		script-security ${4-2}
		auth-user-pass-verify $DIR/hook ${3-via-file}
		${5-}
	E
	printf 'joe\n%s\n' "$2" >"$DIR/login"
	chmod 600 "$DIR/login"
}

srv_login_good()
{
	srv_login "$@"
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		push-peer-info
		setenv IV_SSO webauth
	E
	want_log server "TLS: Username/Password authentication succeeded for username 'joe'"
	ping_ok
	their_client_stop
}
case_add srv_login_file srv_login_good '[ "$(paste -sd: <$1)" = joe:good ]' good
case_add srv_login_env srv_login_good '[ $username:$password = joe:good ]' good via-env 3
case_add srv_login_deferred srv_login_good '{ sleep 2; echo -n 1 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' good
case_add srv_login_pending srv_login_good 'printf "20\nwebauth\nWEB_AUTH::https://x.example/\n" >$auth_pending_file
{ sleep 2; echo -n 1 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' good

srv_login_bad()
{
	local re=$1
	shift
	srv_login "$@"
	their_client_fails 2.6 "AUTH: Received control message: AUTH_FAILED$re\$" <<<"auth-user-pass $DIR/login"
	wait_log client 'SIGTERM\[soft,auth-failure\] received, process exiting'
	ut_exit 5
	want "exit status" 0 "$RC"
}
case_add srv_login_refused srv_login_bad '' '[ "$(sed -n 2p $1)" = good ]' bad
case_add srv_login_reason srv_login_bad ',no such user' 'echo no such user >$auth_failed_reason_file; exit 1' bad
case_add srv_login_killed__refused srv_login_bad '' 'kill -9 $$' bad
for how in 'file 2' 'env 3'; do
	for code in 1 3 127; do
		case_add "srv_login_${how%% *}_exit_$code" srv_login_bad '' "exit $code" bad "via-${how% *}" "${how#* }"
	done
	case_add "srv_login_${how%% *}_killed__refused" srv_login_bad '' 'kill -9 $$' bad "via-${how% *}" "${how#* }"
	case_add "srv_login_${how%% *}_deferred" srv_login_good '{ sleep 1; echo -n 1 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' good "via-${how% *}" "${how#* }"
done
case_add srv_login_garbage_then_yes srv_login_good '{ echo maybe >$auth_control_file; sleep 2; echo 1 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' good
case_add srv_login_decided_without_deferring srv_login_bad '' 'echo 1 >$auth_control_file; exit 1' bad
case_add srv_login_reason_lines__first_counts srv_login_bad ',one' 'printf "one\ntwo\n" >$auth_failed_reason_file; exit 1' bad
case_add srv_login_pending_timeout_0__refused srv_login_bad '' 'printf "0\nwebauth\nx\n" >$auth_pending_file; exit 2' bad
case_add srv_login_pending_timeout_text__refused srv_login_bad '' 'printf "soon\nwebauth\nx\n" >$auth_pending_file; exit 2' bad
case_add srv_login_deferred_refused srv_login_bad ',later' '{ sleep 1; echo later >$auth_failed_reason_file
echo -n 0 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' bad
case_add srv_login_pending_short__refused srv_login_bad '' 'printf "20\nwebauth\n" >$auth_pending_file; exit 2' bad
case_add srv_login_pending_method__refused srv_login_bad \
	",Authentication failed, required pending auth method 'webauth' not supported" \
	'printf "20\nwebauth\nx\n" >$auth_pending_file; exit 2' bad

srv_token()
{
	srv_login '[ "$(sed -n 2p $1)" = good ]' good via-file 2 "auth-gen-token 3600 20
reneg-sec 4
hand-window 10"
	their_client "$1" <<-E
		auth-user-pass $DIR/login
		reneg-sec 0
	E
	wait_log server "TLS: Username/auth-token authentication succeeded for username 'joe'" 15
	want_log server "SENT CONTROL \[client\]: 'PUSH_REPLY,auth-tokenSESS_ID'"
	want "passwords asked" 1 "$(grep -c '^user-pass-verify' "$DIR/calls")"
	ping_ok
	their_client_stop
}
case_add srv_token_26 srv_token 2.6
case_add srv_token_27 srv_token 2.7

# a token of one process is good for another one with the same secret
srv_token_secret()
{
	/usr/sbin/openvpn --genkey auth-token "$DIR/token.key"
	srv_login '[ "$(sed -n 2p $1)" = good ]' good via-file 2 "auth-gen-token 3600
auth-gen-token-secret $DIR/token.key
explicit-exit-notify 1"
	their_client 2.6 <<<"auth-user-pass $DIR/login"
	mark client
	server_stop
	server_start "$OPENVPN"
	wait_log client 'Initialization Sequence Completed' 30
	wait_log server "TLS: Username/auth-token authentication succeeded for username 'joe'"
	want "passwords asked" 1 "$(grep -c '^user-pass-verify' "$DIR/calls")"
	their_client_stop
}
case_add srv_token_secret__other_process srv_token_secret

srv_token_external()
{
	srv_login "echo \$session_state \$session_id >>$DIR/states" good via-file 2 "auth-gen-token 3600 20 external-auth
reneg-sec 4
hand-window 10"
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		reneg-sec 0
	E
	wait_for 15 "the token is judged" grep -q '^Authenticated ' "$DIR/states"
	want "first state" Initial "$(head -n 1 "$DIR/states" | cut -d' ' -f1)"
	want "session ids" 1 "$(cut -d' ' -f2 "$DIR/states" | sort -u | wc -l)"
	ping_ok
	their_client_stop
}
case_add srv_token_external srv_token_external

srv_reneg_fails()
{
	on user-pass-verify <<<"mkdir $DIR/once"
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		reneg-sec 4
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		reneg-sec 0
	E
	wait_log client 'AUTH: Received control message: AUTH_FAILED' 15
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 10
}
case_add srv_reneg_login_fails__refused srv_reneg_fails

# ---- life ----------------------------------------------------------------------------------------
srv_float()
{
	our_server </dev/null
	their_client "$1" </dev/null
	ping_ok
	local dev via
	read -r _ _ via _ dev _ < <(in_c ip -o route get "$SERVER4")
	in_c ip addr add 198.51.100.77/24 dev "$dev"
	in_c ip route replace "$SERVER4" via "$via" src 198.51.100.77
	wait_for 10 "traffic from the new address" pings
	want_log server "peer 0 \(client\) floated from $CLIENT4:[0-9]* to 198.51.100.77:"
	ping_ok
	their_client_stop
}
case_add srv_float_26 srv_float 2.6
case_add srv_float_27 srv_float 2.7

srv_status()
{
	our_server <<-E
		status $DIR/status 1
		status-version $1
	E
	their_client 2.6 </dev/null
	ping_ok
	wait_for 5 "the client is in the file" grep -q "$2" "$DIR/status"
	want "last line" END "$(tail -n 1 "$DIR/status")"
	kill -USR2 "$SRV_PID"
	wait_log server 'Max bcast/mcast queue length'
	their_client_stop
}
case_add srv_status_1 srv_status 1 "^client,udp[46]:$CLIENT4:[0-9]*,[0-9]*,[0-9]*,20"
case_add srv_status_2 srv_status 2 "^CLIENT_LIST,client,udp[46]:$CLIENT4:[0-9]*,10.8.0.2,fd00:8::1000,[0-9]*,[0-9]*,20[^,]*,[0-9]*,UNDEF,0,0,AES-256-GCM$"
case_add srv_status_3 srv_status 3 "^ROUTING_TABLE	fd00:8::1000	client	udp[46]:$CLIENT4:"

srv_notice()
{
	our_server <<-E
		explicit-exit-notify $2
		persist-tun
	E
	their_client 2.6 </dev/null
	kill "-$1" "$SRV_PID"
	wait_log client "Connection reset command was pushed by server \('$3'\)"
	wait_log server "SIG$1\[hard,\] received, process" 4
	case $1 in
	USR1 | HUP)
		mark client
		wait_log client 'Initialization Sequence Completed' 20
		ping_ok
		;;
	esac
	their_client_stop
}
case_add srv_sigusr1_notice srv_notice USR1 1 ''
case_add srv_sighup_notice srv_notice HUP 1 ''
case_add srv_sigterm_notice_next srv_notice TERM 2 '\[N\]'

srv_sigterm()
{
	our_server <<<"proto ${1-udp}"
	their_client 2.6 <<<"proto ${2-udp}"
	ping_ok
	server_stop
	want_log server 'SIGTERM\[hard,\] received, process exiting'
	want_no_log server "SENT CONTROL .*'RESTART"
	[ -z "${2-}" ] || wait_log client 'Connection reset, restarting'
	[ "$(in_s ip link | grep -c tun0)" = 0 ] || fail "the device is still there"
	their_client_stop
}
case_add srv_sigterm_udp srv_sigterm
case_add srv_sigterm_tcp__client_sees_the_close srv_sigterm tcp-server tcp-client

srv_exit_notify()
{
	our_server <<<"proto ${2-udp}"
	their_client "$1" <<-E
		proto ${3-udp}
		explicit-exit-notify 1
	E
	ping_ok
	their_client_stop
	wait_log server 'CC-EEN exit message received by peer'
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 8
}
case_add srv_exit_notify_26 srv_exit_notify 2.6
case_add srv_exit_notify_27 srv_exit_notify 2.7

srv_vanished()
{
	our_server <<<"keepalive 1 3"
	their_client 2.6 </dev/null
	kill -KILL "$UT_PID"
	wait "$UT_PID" 2>/dev/null
	UT_PID=''
	wait_log server '\[client\] Inactivity timeout \(--ping-restart\), restarting' 12
	want_log server 'SIGUSR1\[soft,ping-restart\] received, client-instance restarting'
	in_c ip link del tun0 2>/dev/null
	their_client 2.6 </dev/null
	want_log client 'ifconfig 10.8.0.2 '
	their_client_stop
}
case_add srv_vanished_client__removed srv_vanished

srv_duplicate()
{
	our_server <<<"$1"
	their_client 2.6 <<<"connect-retry 30"
	second
	wait_log second 'Initialization Sequence Completed'
	wait_log server "$2"
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
case_add srv_duplicate_name__first_is_dropped srv_duplicate '' \
	"MULTI: new connection by client 'client' will cause previous active sessions by this client to be dropped."
case_add srv_duplicate_cn__both_live srv_duplicate duplicate-cn 'primary virtual IP for client/.*: 10.8.0.3'

srv_max_clients()
{
	our_server <<-E
		max-clients 1
		duplicate-cn
	E
	their_client 2.6 </dev/null
	second
	wait_log server 'MULTI: new incoming connection would exceed maximum number of clients \(1\)'
	kill $SECOND_PID
	wait $SECOND_PID
	ping_ok
	their_client_stop
}
case_add srv_max_clients srv_max_clients

srv_connect_freq()
{
	our_server <<-E
		connect-freq 1 60
		duplicate-cn
	E
	their_client 2.6 </dev/null
	second
	wait_log server 'MULTI: Connection from [^ ]* would exceed new connection frequency limit as controlled by --connect-freq'
	kill $SECOND_PID
	wait $SECOND_PID
	ping_ok
	their_client_stop
}
case_add srv_connect_freq srv_connect_freq

srv_pool_file()
{
	our_server <<<"ifconfig-pool-persist $DIR/pool 1"
	their_client 2.6 </dev/null
	wait_for 5 "the file is written" grep -qx 'client,10.8.0.2,fd00:8::1000' "$DIR/pool"
	their_client_stop
	server_stop
	printf 'other,10.8.0.2,\nclient,10.8.0.9,\n' >"$DIR/pool"
	server_start "$OPENVPN"
	their_client 2.6 </dev/null
	want_log client 'ifconfig 10.8.0.9 '
	their_client_stop
}
case_add srv_pool_file__address_is_kept srv_pool_file

srv_user()
{
	our_server <<-E
		user nobody
		persist-tun
	E
	their_client 2.6 </dev/null
	ping_ok
	want "user" nobody "$(ps -o user= -p "$SRV_PID")"
	their_client_stop
	server_stop
	want_log server 'SIGTERM\[hard,\] received, process exiting'
}
case_add srv_user_nobody srv_user
