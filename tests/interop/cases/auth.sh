# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# User names and passwords, tokens, and certificates which must be refused.

# user_server VERSION [< more options]: a server which knows the pairs in $DIR/users
user_server()
{
	echo "alice secret 1" >"$DIR/users"
	cat >"$DIR/verify" <<-E
		#!/bin/sh
		{ read -r u; read -r p; } <"\$1"
		echo "\$u" >>$DIR/asked
		grep -qxF "\$u \$p" $DIR/users
	E
	chmod +x "$DIR/verify"
	{
		cat <<-E
			script-security 2
			auth-user-pass-verify $DIR/verify via-file
		E
		cat
	} >"$DIR/user.opts"
	server "$1" <"$DIR/user.opts"
}

login()
{
	printf '%s\n%s\n' "$1" "$2" >"$DIR/login"
	chmod 600 "$DIR/login"
}

user_right()
{
	user_server "$1" </dev/null
	login alice "secret 1"
	client <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
	E
	ping_ok
	ut_stop
}
case_add user_right_26 user_right 2.6
case_add user_right_27 user_right 2.7

user_inline()
{
	user_server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		<auth-user-pass>
		alice
		secret 1
		</auth-user-pass>
	E
	ping_ok
	ut_stop
}
case_add user_inline user_inline

# no certificate at all on the client's side
user_no_cert()
{
	user_server "$1" <<-E
		verify-client-cert none
		username-as-common-name
	E
	login alice "secret 1"
	C_ID="ca $PKI/ca.crt
remote-cert-tls server" client <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
	E
	ping_ok
	want_log server 'alice/198.51.100.2'
	ut_stop
}
case_add user_without_certificate user_no_cert 2.6

user_wrong()
{
	user_server "$1" </dev/null
	login alice wrong
	client_conf <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
	E
	ut --config "$DIR/client.conf"
	ut_exit 20
	want_log client 'AUTH: Received control message: AUTH_FAILED'
	want_log client 'SIGTERM\[soft,auth-failure\] received, process exiting'
	want "exit status" 0 "$RC"
	want_net_restored
}
case_add user_wrong_26__ends user_wrong 2.6
case_add user_wrong_27__ends user_wrong 2.7

# auth-retry nointeract: asks again after ten seconds; meanwhile the server learns the password
user_retry()
{
	user_server 2.6 </dev/null
	login alice later
	client_conf <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
		auth-retry nointeract
	E
	ut --config "$DIR/client.conf"
	wait_log client 'SIGUSR1\[soft,auth-failure\] received, process restarting'
	want_log client 'AUTH: Received control message: AUTH_FAILED'
	echo "alice later" >>"$DIR/users"
	connected 30
	ping_ok
	ut_stop
}
case_add user_wrong_nointeract__tries_again user_retry

# reasons of a server's answer
auth_failed_reason()
{
	user_server 2.6 </dev/null
	cat >"$DIR/verify" <<-E
		#!/bin/sh
		echo '$1' >"\$auth_failed_reason_file"
		exit 1
	E
	login alice x
	client_conf <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
	E
	ut --config "$DIR/client.conf"
}
reason_plain()
{
	auth_failed_reason 'go away'
	ut_exit 20
	want_log client 'AUTH: Received control message: AUTH_FAILED,go away'
	want "exit status" 0 "$RC"
}
reason_temp()
{
	auth_failed_reason 'TEMP[backoff 3]:busy'
	wait_log client 'AUTH: Received control message: AUTH_FAILED,TEMP\[backoff 3\]:busy'
	wait_log client 'SIGUSR1\[soft,auth-temp-failure \(server temporary reject\)\] received, process restarting'
	want_log client 'Restart pause, 3 second\(s\)'
	ut_stop
}
case_add auth_failed_reason__shown reason_plain
case_add auth_failed_temp__backoff reason_temp

# A token replaces the password at renegotiations: the script is asked once.
token()
{
	user_server "$1" <<-E
		auth-gen-token 600 200
		reneg-sec 3
	E
	login alice "secret 1"
	client <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
		auth-nocache
		reneg-sec 0
	E
	want_log client 'PUSH_REPLY.*auth-token'
	wait_for 20 "two renegotiations" twice
	ping_ok
	want "password checks" 1 "$(wc -l <"$DIR/asked")"
	want_no_log client 'SESS_ID_AT_'
	ut_stop
}
twice()
{
	[ "$(log_count client 'Control Channel: TLS')" -ge 3 ]
}
case_add token_26__used_at_renegotiation token 2.6
case_add token_27__used_at_renegotiation token 2.7

# bad_server CERTIFICATE REGEX: the client refuses the server
bad_server()
{
	S_ID="ca $PKI/ca.crt
cert $PKI/$1.crt
key $PKI/$1.key" server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		${3-}
	E
	ut --config "$DIR/client.conf"
	wait_log client "$2"
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	want_no_log client 'Initialization Sequence Completed'
	ut_stop
}
case_add server_expired__refused bad_server expired-server 'VERIFY ERROR: depth=0, error=certificate has expired'
case_add server_wrong_ca__refused bad_server wrongca-server 'VERIFY ERROR: depth=0, error=unable to get local issuer certificate'
case_add server_is_a_client__refused bad_server client 'VERIFY EKU ERROR|VERIFY ERROR: depth=0, error=unsuitable certificate purpose'

server_revoked()
{
	bad_server revoked-server 'VERIFY ERROR: depth=0, error=certificate revoked' "crl-verify $PKI/crl.pem"
}
case_add server_revoked__refused server_revoked

server_crl_old()
{
	bad_server server 'VERIFY ERROR: depth=0, error=CRL has expired' "crl-verify $PKI/crl-old.pem"
}
case_add crl_expired__refused server_crl_old

crl_good()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		crl-verify $PKI/crl.pem
	E
	ping_ok
	ut_stop
}
case_add crl_not_revoked__connects crl_good

# bad_client CERTIFICATE: the server refuses the client, which tries again
bad_client()
{
	server 2.6 <<-E
		crl-verify $PKI/crl.pem
	E
	C_ID="ca $PKI/ca.crt
cert $PKI/$1.crt
key $PKI/$1.key" client_conf <<-E
		remote $SERVER4
		hand-window 5
	E
	ut --config "$DIR/client.conf"
	wait_log server 'TLS Error: TLS handshake failed'
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	want_no_log client 'Initialization Sequence Completed'
	ut_stop
}
case_add client_revoked__tries_again bad_client revoked
case_add client_expired__tries_again bad_client expired
case_add client_wrong_ca__tries_again bad_client wrongca

# wrap_wrong SERVER-OPTION CLIENT-OPTION SERVER-REGEX: other keys on both ends
wrap_wrong()
{
	server 2.6 <<-E
		$1
	E
	client_conf <<-E
		remote $SERVER4
		$2
		hand-window 4
	E
	ut --config "$DIR/client.conf"
	wait_log client 'TLS Error: TLS key negotiation failed to occur within 4 seconds \(check your network connectivity\)'
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	[ -z "$3" ] || want_log server "$3"
	ut_stop
}
wrap_wrong_keys()
{
	local k=$PKI
	case $1 in
	tls-auth) wrap_wrong "tls-auth $k/ta.key 0" "tls-auth $k/other-ta.key 1" 'packet HMAC authentication failed' ;;
	direction) wrap_wrong "tls-auth $k/ta.key 0" "tls-auth $k/ta.key 0" 'packet HMAC authentication failed' ;;
	tls-crypt) wrap_wrong "tls-crypt $k/ta.key" "tls-crypt $k/other-ta.key" 'tls-crypt unwrap error|TLS Error' ;;
	v2) wrap_wrong "tls-crypt-v2 $k/v2-server.key" "tls-crypt-v2 $k/other-v2-client.key" '' ;;
	none) wrap_wrong "tls-crypt $k/ta.key" "" '' ;;
	esac
}
case_add wrap_tls-auth_other_key__times_out wrap_wrong_keys tls-auth
case_add wrap_tls-auth_same_direction__times_out wrap_wrong_keys direction
case_add wrap_tls-crypt_other_key__times_out wrap_wrong_keys tls-crypt
case_add wrap_tls-crypt-v2_other_server__times_out wrap_wrong_keys v2
case_add wrap_missing_on_client__times_out wrap_wrong_keys none

# tls-auth without direction, and with other digests
tls_auth_form()
{
	server 2.6 <<-E
		tls-auth $PKI/ta.key $1
		auth $3
	E
	client <<-E
		remote $SERVER4
		tls-auth $PKI/ta.key $2
		auth $3
	E
	ping_ok
	ut_stop
}
tls_auth_both()
{
	tls_auth_form '' '' "$1"
}
case_add tls-auth_no_direction_sha1 tls_auth_both SHA1
case_add tls-auth_no_direction_sha256 tls_auth_both SHA256
case_add tls-auth_direction_sha256 tls_auth_form 0 1 SHA256
case_add tls-auth_direction_sha512 tls_auth_form 0 1 SHA512
case_add tls-auth_direction_swapped tls_auth_form 1 0 SHA1

# A server with tls-crypt-v2 and tls-crypt serves both kinds; one which insists on cookies too.
v2_modes()
{
	server 2.6 <<-E
		tls-crypt-v2 $PKI/v2-server.key $1
	E
	client <<-E
		remote $SERVER4
		tls-crypt-v2 $PKI/v2-client.key
	E
	ping_ok
	ut_stop
}
case_add tls-crypt-v2_force_cookie v2_modes force-cookie
case_add tls-crypt-v2_allow_noncookie v2_modes allow-noncookie
