# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# Decisions about clients that change while the server runs: revocation, tokens, late answers, and
# bad answers. Uses the functions of server.sh.

# ---- revocation ----------------------------------------------------------------------------------
# srv_crl_empty FILE: a list that revokes nobody
srv_crl_empty()
{
	mkdir -p "$DIR/db"
	: >"$DIR/db/index"
	echo 01 >"$DIR/db/serial"
	sed "s|=db/|=$DIR/db/|; s|=db\$|=$DIR/db|" "$PKI/openssl.cnf" >"$DIR/openssl.cnf"
	openssl ca -config "$DIR/openssl.cnf" -keyfile "$PKI/ca.key" -cert "$PKI/ca.crt" -gencrl \
		-out "$1" 2>/dev/null || fail "cannot make the list"
}

srv_crl_client()
{
	C_ID="ca $PKI/ca.crt
cert $PKI/revoked.crt
key $PKI/revoked.key" "$@"
}

# a new list counts at the next handshake, without a restart
srv_crl_replaced()
{
	srv_crl_empty "$DIR/crl.pem"
	our_server <<<"crl-verify $DIR/crl.pem"
	srv_crl_client their_client 2.6 </dev/null
	ping_ok
	their_client_stop
	cp "$PKI/crl.pem" "$DIR/crl.new"
	touch -d '+10 seconds' "$DIR/crl.new"
	mv "$DIR/crl.new" "$DIR/crl.pem"
	srv_crl_client their_client_fails 2.6 'link remote' </dev/null
	wait_log server 'VERIFY ERROR: depth=0, error=certificate revoked: CN=revoked'
	their_client_stop
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
	# without a file the list last read stays in force
	rm "$DIR/crl.pem"
	mark server
	srv_crl_client their_client_fails 2.6 'link remote' </dev/null
	wait_log server 'VERIFY ERROR: depth=0, error=certificate revoked: CN=revoked'
	their_client_stop
}
case_add srv_crl_replaced__counts_at_once srv_crl_replaced

srv_crl_reneg()
{
	srv_crl_empty "$DIR/crl.pem"
	our_server <<-E
		crl-verify $DIR/crl.pem
		reneg-sec 5
		hand-window 10
	E
	srv_crl_client their_client 2.6 <<<"reneg-sec 0"
	ping_ok
	cp "$PKI/crl.pem" "$DIR/crl.new"
	touch -d '+10 seconds' "$DIR/crl.new"
	mv "$DIR/crl.new" "$DIR/crl.pem"
	wait_log server 'VERIFY ERROR: depth=0, error=certificate revoked: CN=revoked' 15
	their_client_stop
}
case_add srv_crl_replaced__counts_at_renegotiation srv_crl_reneg

srv_crl_dir()
{
	mkdir "$DIR/crl"
	: >"$DIR/crl/$((16#$(openssl x509 -in "$PKI/revoked.crt" -noout -serial | cut -d= -f2)))"
	our_server <<<"crl-verify $DIR/crl dir"
	srv_crl_client their_client_fails 2.6 'link remote' </dev/null
	wait_log server 'VERIFY CRL: depth=0, CN=revoked, serial=[0-9]* is revoked'
	their_client_stop
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
}
case_add srv_crl_dir__refused srv_crl_dir

# ---- tokens --------------------------------------------------------------------------------------
# The password works once: whoever comes again needs the token.
srv_token_server()
{
	/usr/sbin/openvpn --genkey auth-token "$DIR/token.key"
	on user-pass-verify <<<"mkdir $DIR/once"
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		auth-gen-token-secret $DIR/token.key
		$1
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
}

srv_token_reconnects()
{
	srv_token_server 'auth-gen-token 3600'
	their_client "$1" <<-E
		auth-user-pass $DIR/login
		auth-nocache
	E
	ping_ok
	mark client
	kill -USR1 "$UT_PID"
	connected 25
	want_log server "TLS: Username/auth-token authentication succeeded for username 'joe'"
	ping_ok
	# another process with the same secret accepts it as well
	mark client
	server_stop
	server_start "$OPENVPN"
	kill -USR1 "$UT_PID"
	connected 30
	want_log server "TLS: Username/auth-token authentication succeeded for username 'joe'"
	want "passwords asked" 1 "$(grep -c '^user-pass-verify' "$DIR/calls")"
	ping_ok
	their_client_stop
}
case_add srv_token_reconnect_26 srv_token_reconnects 2.6
case_add srv_token_reconnect_27 srv_token_reconnects 2.7

srv_token_expires()
{
	srv_token_server 'auth-gen-token 5
reneg-sec 7
hand-window 3'
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		reneg-sec 0
	E
	ping_ok
	wait_log server 'auth-gen-token: auth-token from client expired' 20
	wait_log client 'AUTH: Received control message: AUTH_FAILED,SESSION: token expired'
	their_client_stop
}
case_add srv_token_expires srv_token_expires

# A password that looks like a token but is none.
srv_token_forged()
{
	srv_token_server 'auth-gen-token 3600'
	printf 'joe\nSESS_ID_AT_%s\n' "$(head -c 60 /dev/zero | base64 -w0)" >"$DIR/login"
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED' <<<"auth-user-pass $DIR/login"
	want_log server "auth-gen-token: HMAC on token from client failed \(joe\)"
	want_log server "TLS: Username/auth-token authentication failed for username 'joe'"
	want "passwords asked" 0 "$(grep -c '^user-pass-verify' "$DIR/calls")"
}
case_add srv_token_forged__refused srv_token_forged

srv_token_external()
{
	on user-pass-verify <<<'echo "$session_state ${#session_id}" >>'"$DIR/states"
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		auth-gen-token 3600 external-auth
		reneg-sec 4
		hand-window 2
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		reneg-sec 0
	E
	wait_for 15 "the program sees the token" grep -qx 'Authenticated 16' "$DIR/states"
	want "first state" 'Initial 16' "$(head -n 1 "$DIR/states")"
	ping_ok
	their_client_stop
}
case_add srv_token_external_auth srv_token_external

# ---- answers that come late or never --------------------------------------------------------------
srv_login_never()
{
	srv_login 'exit 2' good via-file 2 'hand-window 6'
	their_client_fails 2.6 'Peer Connection Initiated' <<-E
		auth-user-pass $DIR/login
		hand-window 30
	E
	wait_log server 'TLS Error: TLS key negotiation failed|TLS Error: TLS handshake failed|auth.*timed? ?out|AUTH_FAILED' 15
	want_no_log server "'PUSH_REPLY"
	their_client_stop
}
case_add srv_login_never_answers__refused srv_login_never

# deferred at a renegotiation: traffic goes on under the old key. The time for the answer is at most
# half of reneg-sec. The client's hand-window is shorter than the life of its first key, or it would
# use the new key at once: nothing says then that the older one has been settled.
srv_login_deferred_reneg()
{
	srv_login '{ sleep 1; echo -n 1 >$auth_control_file; } >/dev/null 2>&1 &
exit 2' good via-file 2 "reneg-sec 8"
	their_client "$1" <<-E
		auth-user-pass $DIR/login
		hand-window 4
	E
	ping_ok
	ping_start 0.02
	wait_for 25 "the second decision" srv_decided 2
	for _ in {1..30}; do tick; done
	ping_end
	want "lost" 0 "$LOST"
	want_no_log client 'process restarting'
	their_client_stop
}
srv_decided()
{
	[ "$(log_count server 'Username/Password authentication succeeded')" -ge "$1" ]
}
case_add srv_login_deferred_renegotiates_26 srv_login_deferred_reneg 2.6
case_add srv_login_deferred_renegotiates_27 srv_login_deferred_reneg 2.7

# another user name on an established session
srv_reneg_other_user()
{
	on user-pass-verify <<<'exit 0'
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		reneg-sec 5
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		auth-nocache
		reneg-sec 0
	E
	printf 'eve\nsecret\n' >"$DIR/login"
	wait_log server "TLS Auth Error: username attempted to change from 'joe' to 'eve' -- tunnel disabled" 15
	wait_log client 'AUTH: Received control message: AUTH_FAILED'
}
case_add srv_reneg_other_user__refused srv_reneg_other_user

# ---- bad configuration of one client --------------------------------------------------------------
# Lines that mean nothing are told and left out; the client connects and nobody else is disturbed.
srv_ccd_bad()
{
	mkdir "$DIR/ccd"
	cat >"$DIR/ccd/revoked" <<-'E'
		ifconfig-push nonsense 255.255.255.0
		iroute 10.30.0.300
		push
		ifconfig-ipv6-push zz::/64
		push "a,b"
	E
	head -c 3000 /dev/urandom >>"$DIR/ccd/revoked"
	our_server <<<"client-config-dir $DIR/ccd"
	their_client 2.6 </dev/null
	ping_start 0.05
	{
		cat "$DIR/client.conf"
		echo "cert $PKI/revoked.crt"
		echo "key $PKI/revoked.key"
	} >"$DIR/second.conf"
	in_r timeout 8 /usr/sbin/openvpn --config "$DIR/second.conf" >"$DIR/second.log" 2>&1 </dev/null
	want_log server "OPTIONS IMPORT: reading client specific options from: $DIR/ccd/revoked"
	want_log server 'Options error: '
	log_has second 'Initialization Sequence Completed|AUTH_FAILED' || fail "the second client got no answer"
	ping_end
	want "lost by the other client" 0 "$LOST"
	their_client_stop
	server_stop
}
case_add srv_ccd_bad__others_unharmed srv_ccd_bad

srv_ccd_static()
{
	mkdir "$DIR/ccd"
	printf '%s\n' 'ifconfig-push 10.8.0.50 255.255.255.0' 'ifconfig-ipv6-push fd00:8::50/64' >"$DIR/ccd/client"
	our_server <<-E
		client-config-dir $DIR/ccd
		script-security 2
		client-connect $DIR/hook
	E
	on client-connect <<<'echo "ifconfig-push 10.8.0.60 255.255.255.0" >$1'
	their_client 2.7 </dev/null
	want_log client 'ifconfig-ipv6 fd00:8::50/64 fd00:8::1,ifconfig 10.8.0.60 255.255.255.0'
	tunnel_ok
	their_client_stop
}
case_add srv_connect_file_over_ccd srv_ccd_static

# ---- bad files of all clients ---------------------------------------------------------------------
# as_second: the second client, for four seconds, log in second.log
as_second()
{
	{
		cat "$DIR/client.conf"
		echo "cert $PKI/revoked.crt"
		echo "key $PKI/revoked.key"
		echo "connect-retry-max 1"
	} >"$DIR/second.conf"
	: >"$DIR/second.log"
	in_r timeout 4 /usr/sbin/openvpn --config "$DIR/second.conf" >>"$DIR/second.log" 2>&1 </dev/null
	true
}

# A revocation list that turns to rubbish keeps new clients out and says so; who is in stays in, and
# with the right file they come in again.
srv_crl_rubbish()
{
	srv_crl_empty "$DIR/crl.pem"
	cp "$DIR/crl.pem" "$DIR/crl.good"
	our_server <<<"crl-verify $DIR/crl.pem"
	their_client 2.6 </dev/null
	ping_start 0.05
	head -c 1000 /dev/urandom >"$DIR/crl.pem"
	touch -d '+10 seconds' "$DIR/crl.pem"
	as_second
	want_log server "CRL: cannot read CRL from file $DIR/crl.pem"
	want_log server 'VERIFY ERROR: CRL not loaded'
	! log_has second 'Initialization Sequence Completed' || fail "a client came in without a list"
	cp "$DIR/crl.good" "$DIR/crl.pem"
	touch -d '+20 seconds' "$DIR/crl.pem"
	as_second
	log_has second 'Initialization Sequence Completed' || fail "the good list does not count"
	ping_end
	want "lost by the other client" 0 "$LOST"
	their_client_stop
}
case_add srv_crl_rubbish__others_unharmed srv_crl_rubbish

# client-connect which writes rubbish, or a file of a client that is a directory or not readable
srv_connect_rubbish()
{
	mkdir -p "$DIR/ccd/revoked"
	our_server <<-E
		script-security 2
		client-connect $DIR/hook
		client-config-dir $DIR/ccd
	E
	on client-connect <<-'E'
		[ "$common_name" = revoked ] || exit 0
		{ echo 'ifconfig-push nonsense'; echo nonsense; head -c 100000 /dev/urandom; } >$1
	E
	their_client 2.6 </dev/null
	ping_start 0.05
	as_second
	want_log server "revoked/.* Options error: In $DIR/ccd/revoked:1: Error opening configuration file: "
	log_has second 'AUTH: Received control message: AUTH_FAILED' || fail "the second client got no answer"
	rmdir "$DIR/ccd/revoked"
	mark server
	as_second
	want_log server "revoked/.* Options error: "
	want_no_log server "client/.* Options error: "
	log_has second 'Initialization Sequence Completed|AUTH_FAILED' || fail "the second client got no answer"
	ping_end
	want "lost by the other client" 0 "$LOST"
	their_client_stop
	server_stop
}
case_add srv_connect_rubbish__others_unharmed srv_connect_rubbish

# srv_pool_rubbish REGEX: the server starts, says what is wrong with its pool file, and gives addresses
srv_pool_rubbish()
{
	our_server <<<"ifconfig-pool-persist $DIR/pool 0"
	want_log server "$1"
	their_client 2.6 </dev/null
	tunnel_ok
	their_client_stop
	server_stop
}
srv_pool_lines()
{
	printf '%s\n' 'client,10.8.0.300,' 'other,10.9.0.5' ',,,,' 'client' '# no' 'far,,fe80::1' 'client,10.8.0.9,' >"$DIR/pool"
	head -c 5000 /dev/urandom >>"$DIR/pool"
	srv_pool_rubbish 'pool: invalid IPv4 \(10.8.0.300\) for CN=client'
	want_log server 'pool: IPv4 \(10.9.0.5\) out of pool range for CN=other'
	want_log client 'ifconfig 10.8.0.9 255.255.255.0'
}
case_add srv_pool_rubbish__good_line_counts srv_pool_lines
srv_pool_dir()
{
	mkdir "$DIR/pool"
	srv_pool_rubbish "cannot read --ifconfig-pool-persist file $DIR/pool: Is a directory"
}
case_add srv_pool_directory__is_told srv_pool_dir

# a status file whose place vanishes, and a pool file that cannot be written: the server goes on
srv_files_vanish()
{
	mkdir "$DIR/state"
	our_server <<-E
		status $DIR/state/status 1
		ifconfig-pool-persist $DIR/state/pool 1
	E
	rm -r "$DIR/state"
	their_client 2.6 </dev/null
	wait_log server "cannot write --ifconfig-pool-persist file $DIR/state/pool: No such file or directory"
	ping_ok
	their_client_stop
	server_stop
	want_log server 'SIGTERM\[hard,\] received, process exiting'
}
case_add srv_files_vanish__server_goes_on srv_files_vanish

# seconds LOG REGEX: when the line was written, within the day
seconds()
{
	grep -aE -m 1 -- "$2" "$DIR/$1.log" | sed -nE 's/^[0-9-]+ 0?([0-9]+):0?([0-9]+):0?([0-9]+) .*/\1 \2 \3/p' | {
		read -r h m s
		echo $((h * 3600 + m * 60 + s))
	}
}

# The refused client is told, and its place is free five seconds later.
srv_refused_five_seconds()
{
	srv_login 'exit 1' bad via-file 2 ''
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED' <<<"auth-user-pass $DIR/login"
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 8
	local told left
	told=$(seconds server "SENT CONTROL .*'AUTH_FAILED'")
	left=$(seconds server 'SIGTERM\[soft,delayed-exit\]')
	[ $((left - told)) -eq 5 ] || [ $((left - told)) -eq 6 ] || fail "the client left $((left - told)) s after it was told"
	their_client_stop
}
case_add srv_login_refused__leaves_after_5_s srv_refused_five_seconds
