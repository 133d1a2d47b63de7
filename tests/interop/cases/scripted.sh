# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# What no released peer sends: a script speaks on the control channel (tests/interop/scripted-peer), to
# the program under test as a client and as a server.

# scripted_client [NAME=VALUE...] < SCRIPT: as a client of our server, log in peer.log
scripted_client()
{
	local cert=${S_CERT-client}
	mark peer
	in_c timeout 60 "$HERE/scripted-peer" client "$SERVER4" 1194 "$PKI/ca.crt" "$PKI/$cert.crt" "$PKI/$cert.key" "$@" \
		>>"$DIR/peer.log" 2>&1
}

# scripted_server [NAME=VALUE...] < SCRIPT: as a server for our client, in the background
scripted_server()
{
	ip netns exec "$NS-s" timeout 90 "$HERE/scripted-peer" server "$SERVER4" 1194 "$PKI/ca.crt" "$PKI/server.crt" \
		"$PKI/server.key" "$@" >"$DIR/peer.log" 2>&1 <"${SCRIPT-/dev/stdin}" &
	PEER_PID=$!
	wait_log peer '^ready'
}

# ---- the program under test as a client ------------------------------------------------------------
REPLY='PUSH_REPLY,route-gateway 10.8.0.1,topology subnet,ping 10,ping-restart 60,ifconfig 10.8.0.2 255.255.255.0,peer-id 0,cipher AES-256-GCM'

# says SCRIPT [< more options]: our client, connected to a server that says SCRIPT after the reply
says()
{
	printf '%s\n' 'until ^PUSH_REQUEST' "$1" 'sleep 60' >"$DIR/script"
	SCRIPT=$DIR/script scripted_server
	{
		echo "remote $SERVER4"
		cat
	} >"$DIR/client.opts"
	client_conf <"$DIR/client.opts"
	ut --config "$DIR/client.conf"
}

# says_connects SCRIPT LINE...: it is up, and each line was logged
says_connects()
{
	says "$1" </dev/null
	connected 20
	shift
	for line in "$@"; do
		wait_log client "$line"
	done
	want_no_log client 'process restarting'
	ut_stop
}
case_add says_nothing_else__connects says_connects "say $REPLY"
case_add says_reply_in_two_records__connects says_connects "say PUSH_REPLY,route 10.91.0.0 255.255.0.0,push-continuation 2
say $REPLY,push-continuation 1" 'net_route_v4_add: 10.91.0.0/16'
# without NUL a part is dropped; what follows in another record counts
case_add says_part_without_nul__dropped says_connects "record PUSH_REPLY,route 10.92.0.0 255.255.0.0,push-continuation 2
say $REPLY" 'PUSH: Received control message: .PUSH_REPLY,route-gateway'
case_add says_two_in_one_record__both_count says_connects "record INFO,hello\\0$REPLY\\0" \
	"Info command was pushed by server \\('hello'\\)" 'OPTIONS IMPORT: '
case_add says_control_character__ignored says_connects "say INFO,first
record PUSH_REPLY,echo a\\x01b\\0
say $REPLY" 'WARNING: Received control with invalid characters: '
case_add says_unknown__ignored says_connects "say FOO,bar
say PUSH_FOO
say PUSH_REPLYx
record \\r\\n\\0\\0\\0
say CR_RESPONSE,abc
say PUSH_REQUEST
say $REPLY" 'WARNING: Received unknown control message: FOO,bar' 'Received bad push/pull message: PUSH_FOO' \
	'Received bad push/pull message: PUSH_REPLYx'
case_add says_empty_items__ignored says_connects "say ${REPLY/,ping 10/,,,ping 10},," 'OPTIONS IMPORT: '
# a bare reply is the end of the options: no addresses, but a connection
case_add says_bare_reply__connects says_connects 'say PUSH_REPLY,push-continuation 0
say PUSH_REPLY'

# says_restarts SCRIPT REASON LINE...: the client connects anew, for this reason
says_restarts()
{
	says "$1" </dev/null
	wait_log client "SIGUSR1\\[soft,$2\\] received, process restarting"
	want_no_log client 'Initialization Sequence Completed'
	shift 2
	for line in "$@"; do
		want_log client "$line"
	done
	ut_stop
}
case_add says_cipher_outside_list__restarts says_restarts "say ${REPLY/AES-256-GCM/AES-192-GCM}" process-push-msg-failed \
	'Error: negotiated cipher not allowed - AES-192-GCM not in (DEFAULT \()?AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305' \
	'OPTIONS ERROR: failed to import crypto options'
case_add says_unknown_cipher__restarts says_restarts "say ${REPLY/AES-256-GCM/ROT13}" process-push-msg-failed \
	'negotiated cipher not allowed - ROT13' 'OPTIONS ERROR: failed to import crypto options'
case_add says_epoch_without_peer_id__restarts says_restarts "say ${REPLY/,peer-id 0/},protocol-flags aead-epoch" process-push-msg-failed \
	'OPTIONS ERROR: Epoch key data format tag requires data v2'
case_add says_exit__restarts says_restarts 'say EXIT' remote-exit
case_add says_restart__restarts says_restarts 'say RESTART,[PN]x' server-pushed-connection-reset \
	"Connection reset command was pushed by server \\('\\[PN\\]x'\\)"

# says_ends SCRIPT REASON LINE
says_ends()
{
	says "$1" </dev/null
	wait_log client "SIGTERM\\[soft,$2\\] received, process exiting"
	want_log client "$3"
	ut_exit 10
	want "exit status" 0 "$RC"
	want_net_restored
}
case_add says_halt_with_more__ends says_ends 'say HALTX' server-pushed-halt "Halt command was pushed by server \\('"
case_add says_halt__ends says_ends 'say HALT,[P]go home' server-pushed-halt "Halt command was pushed by server \\('\\[P\\]go home'\\)"
case_add says_auth_failed__ends says_ends 'say AUTH_FAILED,go away' auth-failure 'AUTH: Received control message: AUTH_FAILED,go away'

# ---- the program under test as a server ------------------------------------------------------------
# told SCRIPT LINE...: our server hears SCRIPT from a client which is connected, and logs each line
told()
{
	our_server <<-E
		script-security 2
		client-disconnect $DIR/hook
	E
	scripted_client <<<"say PUSH_REQUEST
until ^PUSH_REPLY,
$1" || fail "the peer: $(tail -n 3 "$DIR/peer.log")"
	shift
	for line in "$@"; do
		wait_log server "$line" 8
	done
}

# what says nothing to a server changes nothing: the client is still there and gets answers
told_and_stays()
{
	told "$1
record PUSH_REQUEST" "${@:2}"
	want_no_log server 'client-instance (exiting|restarting)'
	want "client-disconnect calls" 0 "$(grep -c '^client-disconnect' "$DIR/calls")"
	[ "$(log_count server 'Peer Connection Initiated')" = 1 ] || fail "the client is another one"
	their_client 2.6 <<<"port 1194"
	ping_ok
	their_client_stop
}
case_add told_nothing_new__stays told_and_stays 'sleep 1' 'PUSH_REPLY'
case_add told_restart__stays told_and_stays 'say RESTART,[P]x' 'client/.*'
case_add told_halt__stays told_and_stays 'say HALT,bye'
case_add told_auth_pending__stays told_and_stays 'say AUTH_PENDING,timeout 5'
case_add told_auth_failed__logged_and_stays told_and_stays 'say AUTH_FAILED,me' 'AUTH: Received control message: AUTH_FAILED,me'
case_add told_info__logged_and_stays told_and_stays 'say INFO,hello
say INFO_PRE,WEB_AUTH::https://x.example/' "Info command was pushed by server \\('hello'\\)"
case_add told_cr_response__stays told_and_stays 'say CR_RESPONSE,c2VjcmV0'
case_add told_push_messages__stays told_and_stays 'say PUSH_REPLY,route 1.2.3.0 255.255.255.0
say PUSH_UPDATE,route 1.2.3.0 255.255.255.0
say PUSH_FOO' 'WARNING: Received bad push/pull message: PUSH_REPLY,route' 'WARNING: Received bad push/pull message: PUSH_UPDATE,route' \
	'WARNING: Received bad push/pull message: PUSH_FOO'
case_add told_unknown__stays told_and_stays 'say FOO,bar
record \x01\x02\0
record no end' 'WARNING: Received unknown control message: FOO,bar' 'WARNING: Received control with invalid characters: 01 ?02'

told_exit()
{
	told 'say EXIT
sleep 7' 'CC-EEN exit message received by peer' 'Delayed exit in 5 seconds' \
		'SIGTERM\[soft,delayed-exit\] received, client-instance exiting'
	wait_for 3 "client-disconnect" grep -q '^client-disconnect' "$DIR/calls"
}
case_add told_exit__leaves_after_5_s told_exit

# ---- user names and passwords ------------------------------------------------------------------------
# login_told USER|absent PASSWORD|absent SEEN SERVER-OPTIONS: the program is asked with SEEN; "-": it is not asked, and
# the client is not let in
login_told()
{
	on user-pass-verify <<<"printf '%s' \"\$username\" >$DIR/user; printf '%s' \"\$password\" >$DIR/password"
	our_server <<-E
		script-security 3
		auth-user-pass-verify $DIR/hook via-env
		${4-}
	E
	local peer=("user=$1" "password=$2")
	[ "$2" != absent ] || unset 'peer[1]'
	[ "$1" != absent ] || unset 'peer[0]'
	if [ "$3" = - ]; then
		printf '%s\n' 'until ^AUTH_FAILED' 'sleep 1' | scripted_client "${peer[@]}"
		[ ! -e "$DIR/user" ] || fail "the program was asked"
		want_no_log server PUSH_REPLY
	else
		printf '%s\n' 'say PUSH_REQUEST' 'until ^PUSH_REPLY' | scripted_client "${peer[@]}" ||
			fail "the peer: $(tail -n 3 "$DIR/peer.log")"
		want "what the program saw" "$3" "$(cat "$DIR/user"):$(cat "$DIR/password")"
	fi
}
LONG=$(printf '%0130d' 7)
case_add told_login_control_characters__underscores login_told $'jo\x01e\nx\x7f' $'pa\tss\r\x1b[1m' 'jo_e_x_:pa_ss__[1m'
case_add told_login_127_characters__passes login_told "${LONG:0:127}" "${LONG:1:127}" "${LONG:0:127}:${LONG:1:127}"
case_add told_login_no_password_optional__nobody login_told joe absent ':' auth-user-pass-optional
case_add told_login_no_user_optional__nobody login_told absent secret ':' auth-user-pass-optional
case_add told_login_empty_password_optional__asked login_told joe '' 'joe:' auth-user-pass-optional
case_add told_login_empty_user_optional__asked login_told '' secret ':secret' auth-user-pass-optional
case_add told_login_empty_password__asked login_told joe '' 'joe:'
case_add told_login_common_name_64__passes login_told "${LONG:0:64}" secret "${LONG:0:64}:secret" username-as-common-name

login_refused()
{
	login_told "$1" "$2" - "${4-}"
	wait_log server "$3"
}
case_add told_login_128_characters__refused login_refused "${LONG:0:128}" secret 'TLS Error: Username \(129\) or password \(7\) too long'
case_add told_login_password_128__refused login_refused joe "${LONG:0:128}" 'TLS Error: Username \(4\) or password \(129\) too long'
case_add told_login_empty_user__refused login_refused '' secret 'TLS Auth Error: peer provided a blank username'
case_add told_login_no_password__refused login_refused joe absent 'TLS Error: Auth Username/Password was not provided by peer'

login_65()
{
	on user-pass-verify <<<'exit 0'
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		username-as-common-name
	E
	printf '%s\n' 'until ^AUTH_FAILED$' | scripted_client "user=${LONG:0:65}" password=x ||
		fail "the peer: $(tail -n 3 "$DIR/peer.log")"
	wait_log server 'TLS Auth Error: --username-as-common-name specified and username is longer than the maximum permitted Common Name length of 64 characters'
	want_log server 'TLS Auth Error: Auth Username/Password verification failed for peer'
	want_no_log server 'authentication succeeded|PUSH_REPLY'
}
case_add told_login_common_name_65__refused login_65

# ---- renegotiation -----------------------------------------------------------------------------------
# renegotiated SCRIPT OPTIONS: the client connects, then the script
renegotiated()
{
	on user-pass-verify <<<'exit 0'
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		client-disconnect $DIR/hook
		hand-window 8
		${2-}
	E
	scripted_client user=joe password=x < <(printf '%s\n' 'say PUSH_REQUEST' 'until ^PUSH_REPLY' "${1//PKI/$PKI}") ||
		fail "the peer: $(tail -n 3 "$DIR/peer.log")"
}
renegotiated_same()
{
	renegotiated 'renegotiate
renegotiate PKI/client.crt PKI/client.key
sleep 1
say FOO'
	want "exchanges" 3 "$(log_count server 'Username/Password authentication succeeded')"
	wait_log server 'Received unknown control message: FOO'
}
case_add told_reneg_same__goes_on renegotiated_same

# another certificate of the same authority: no longer who was let in
renegotiated_other()
{
	renegotiated "$1
until ^AUTH_FAILED
sleep 6"
	wait_log server "$2"
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 8
	wait_for 3 "client-disconnect" grep -q '^client-disconnect' "$DIR/calls"
	want "accepted logins" "$3" "$(log_count server 'Username/Password authentication succeeded')"
}
case_add told_reneg_other_certificate__refused renegotiated_other 'renegotiate PKI/revoked.crt PKI/revoked.key' \
	"TLS Auth Error: TLS object CN attempted to change from 'client' to 'revoked' -- tunnel disabled" 2
case_add told_reneg_other_user__refused renegotiated_other $'user eve\nrenegotiate' \
	"TLS Auth Error: username attempted to change from 'joe' to 'eve' -- tunnel disabled" 1

# ---- noise -------------------------------------------------------------------------------------------
# Clients with good certificates which say rubbish: each is refused or ignored, and a good client beside
# them loses nothing.
noise_told()
{
	our_server <<<"duplicate-cn"
	their_client 2.6 </dev/null
	ping_start 0.05
	S_CERT=revoked scripted_client seed="$1" sessions=80 </dev/null ||
		fail "the peer: $(tail -n 3 "$DIR/peer.log")"
	want "sessions" 80 "$(log_count peer '^played')"
	ping_end
	want "lost by the other client" 0 "$LOST"
	want_no_log server 'client/.*(exiting|restarting)'
	log_has server 'TLS Error: .*(key|options|entropy)|Key Method|key_method' || fail "nothing was refused"
	log_has server 'Received (control with invalid characters|unknown control message)' || fail "nothing was ignored"
	ping_ok
	their_client_stop
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
	server_stop
}
case_add noise_told_1__others_unharmed noise_told 1
case_add noise_told_2__others_unharmed noise_told 2

# A server that says rubbish: the client goes on trying, and a good server serves it afterwards.
noise_said()
{
	ip netns exec "$NS-s" timeout 90 "$HERE/scripted-peer" server "$SERVER4" 1194 "$PKI/ca.crt" "$PKI/server.crt" \
		"$PKI/server.key" seed="$1" sessions=12 >"$DIR/peer.log" 2>&1 </dev/null &
	wait_log peer '^ready'
	client_conf <<-E
		remote $SERVER4
		connect-retry 1 1
		hand-window 3
		ping-restart 4
		dns-updown disable
	E
	ut --config "$DIR/client.conf"
	wait_log peer '^done' 80
	server 2.6 </dev/null
	mark client
	kill -USR1 "$UT_PID"
	wait_log client 'SIGUSR1\[hard,\] received'
	mark client
	connected 20
	ping_ok
	ut_stop
}
case_add noise_said_1__goes_on noise_said 1
case_add noise_said_2__goes_on noise_said 2

# Answers to challenges are not written, however much is asked for: neither those of a client's password
# field nor those that it sends later, and neither what a user types.
challenge_told()
{
	on user-pass-verify <<<'exit 0'
	our_server <<-E
		verb 11
		script-security 3
		auth-user-pass-verify $DIR/hook via-env
	E
	scripted_client user=joe "password=SCRV1:$(base64 <<<'pass word'):$(base64 <<<'123 456 PIN')" <<-E || fail "the peer: $(tail -n 2 "$DIR/peer.log")"
		say PUSH_REQUEST
		until ^PUSH_REPLY
		say CR_RESPONSE,$(base64 <<<'other PIN')
		sleep 1
	E
	want_log server "CR response was sent by client \\('\\[hidden\\]'\\)"
	for secret in 'pass word' '123 456 PIN' 'other PIN'; do
		want_no_log server "$secret"
		want_no_log server "$(base64 <<<"$secret" | cut -c1-8)"
	done
}
case_add told_challenge__not_logged challenge_told

# typist ANSWERS-TO-PROMPTS...: the client at a terminal, where somebody types the next answer whenever
# a challenge is shown
typist()
{
	cat >"$DIR/typist" <<-'E'
		import os, pty, sys
		end = sys.argv.index("--")
		answers = [a.encode() for a in sys.argv[1:end]]
		pid, terminal = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[end + 1], sys.argv[end + 1:])
		seen = b""
		while True:
		    try:
		        data = os.read(terminal, 4096)
		    except OSError:
		        break
		    sys.stdout.buffer.write(data)
		    sys.stdout.flush()
		    seen += data
		    if answers and b"CHALLENGE: " in seen:
		        seen = b""
		        os.write(terminal, answers.pop(0) + b"\n")
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	E
	version_cmd "$OPENVPN"
	mark client
	ip netns exec "$NS-c" python3 "$DIR/typist" "$@" -- "${CMD[@]}" --config "$DIR/client.conf" >>"$DIR/client.log" 2>&1 </dev/null &
	connected 25
	ping_ok
	for secret in 'secret 1' 'typed PIN'; do
		want_no_log client "$secret"
		want_no_log client "$(printf '%s' "$secret" | base64 | cut -c1-8)"
	done
}

# challenge_typed PASSWORD-THAT-THE-SERVER-WANTS FORMAT
challenge_typed()
{
	user_server 2.6 </dev/null
	echo "alice $1" >"$DIR/users"
	login alice "secret 1"
	client_conf <<-E
		remote $SERVER4
		verb 11
		auth-user-pass $DIR/login
		static-challenge "the PIN" 0 $2
	E
	typist 'typed PIN'
}
case_add challenge_typed__not_logged challenge_typed "SCRV1:$(printf 'secret 1' | base64):$(printf 'typed PIN' | base64)" ''
case_add challenge_typed_concat__not_logged challenge_typed 'secret 1typed PIN' concat

# the server asks by the reason of a refusal, and again when the answer is wrong
challenge_dynamic()
{
	user_server 2.6 </dev/null
	cat >"$DIR/verify" <<-'E'
		#!/bin/sh
		{ read -r u; read -r p; } <"$1"
		[ "$u/$p" != "alice/CRV1::c3RhdGU=::typed PIN" ] || exit 0
		printf 'CRV1:R:c3RhdGU=:YWxpY2U=:now the PIN' >"$auth_failed_reason_file"
		exit 1
	E
	login alice "secret 1"
	client_conf <<-E
		remote $SERVER4
		verb 11
		auth-user-pass $DIR/login
		auth-retry interact
		connect-retry 1 1
	E
	typist wrong 'typed PIN'
	want "questions" 2 "$(log_count client 'AUTH: Received control message: AUTH_FAILED,CRV1:')"
}
case_add challenge_dynamic__not_logged challenge_dynamic

# asked while it waits, a client answers on the control channel: a program judges what it says
challenge_later()
{
	on user-pass-verify <<<'printf "20\ncrtext\nCR_TEXT:E,R:your PIN\n" >$auth_pending_file; echo $auth_control_file >'"$DIR"'/control; exit 2'
	on client-crresponse <<<'grep -qx c2VjcmV0 $1 && echo 1 >$auth_control_file || echo 0 >$auth_control_file'
	our_server <<-E
		verb 11
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		client-crresponse $DIR/hook
	E
	scripted_client user=joe password=x info=IV_VER=2.6.14,IV_PROTO=478,IV_CIPHERS=AES-256-GCM,IV_SSO=crtext <<-E || fail "the peer: $(cat "$DIR/peer.log")"
		until ^AUTH_PENDING,timeout 20
		until ^INFO_PRE,CR_TEXT:E,R:your PIN
		say PUSH_REQUEST
		sleep 1
		say CR_RESPONSE,$1
		until $2
	E
	want_no_log server "$1"
}
case_add told_response_right__passes challenge_later c2VjcmV0 ^PUSH_REPLY
case_add told_response_wrong__refused challenge_later d3Jvbmc= '^AUTH_FAILED'
