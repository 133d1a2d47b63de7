# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# Who may become a client of the program under test, what others may do to it, and what clients
# may send to each other. Uses the functions of server.sh.

# srv_cert NAME CONFIG...: our server refuses the client with this certificate
srv_cert()
{
	local name=$1 re=$2 extra=${3-}
	our_server <<<"${extra//PKI/$PKI}"
	C_ID="ca $PKI/ca.crt
cert $PKI/$name.crt
key $PKI/$name.key" their_client_fails 2.6 'link remote' </dev/null
	wait_log server "$re"
	wait_log server 'SIGUSR1\[soft,tls-error\] received, client-instance restarting'
	want_no_log server 'Peer Connection Initiated'
	their_client_stop
}
case_add srv_wrong_ca__refused srv_cert wrongca 'VERIFY ERROR: depth=0, error=.*: CN=wrongca'
case_add srv_expired__refused srv_cert expired 'VERIFY ERROR: depth=0, error=certificate has expired: CN=expired'
case_add srv_server_cert__refused srv_cert other-server 'VERIFY ERROR: depth=0, error=unsuitable certificate purpose: CN=other-server'
case_add srv_revoked__refused srv_cert revoked 'VERIFY ERROR: depth=0, error=certificate revoked: CN=revoked' 'crl-verify PKI/crl.pem'
case_add srv_name__refused srv_cert client "VERIFY X509NAME ERROR: client, must be nobody" 'verify-x509-name nobody name'
case_add srv_name_shorter__refused srv_cert client "VERIFY X509NAME ERROR: client, must be clien" 'verify-x509-name clien name'
case_add srv_name_prefix__refused srv_cert client "VERIFY X509NAME ERROR: client, must start with lient" \
	'verify-x509-name lient name-prefix'
case_add srv_name_subject__refused srv_cert client "VERIFY X509NAME ERROR: CN=client, must be CN=clien" \
	'verify-x509-name CN=clien'
case_add srv_ku_wrong__refused srv_cert client 'Certificate has key usage +0080, expected one of:.*|VERIFY KU ERROR' 'remote-cert-ku 40 08'
case_add srv_eku_wrong__refused srv_cert client 'VERIFY EKU ERROR' 'remote-cert-eku "Code Signing"'

# srv_cert_good OPTION LINE: the same checks let the right one in
srv_cert_good()
{
	our_server <<<"$1"
	their_client 2.6 </dev/null
	want_log server "$2"
	ping_ok
	their_client_stop
}
case_add srv_name_subject srv_cert_good 'verify-x509-name CN=client subject' 'VERIFY X509NAME OK: CN=client'
case_add srv_name_name srv_cert_good 'verify-x509-name client name' 'VERIFY X509NAME OK: CN=client'
case_add srv_name_prefix srv_cert_good 'verify-x509-name cli name-prefix' 'VERIFY X509NAME OK: CN=client'
case_add srv_ku srv_cert_good 'remote-cert-ku 08 80' 'VERIFY KU OK'
case_add srv_eku srv_cert_good 'remote-cert-eku 1.3.6.1.5.5.7.3.2' 'VERIFY EKU OK'
case_add srv_remote_cert_tls srv_cert_good 'remote-cert-tls client' 'VERIFY EKU OK'

srv_fingerprint()
{
	S_ID="cert $PKI/self-server.crt
key $PKI/self-server.key
peer-fingerprint $(cat "$PKI/self-client.fp")" our_server </dev/null
	C_ID="cert $PKI/self-client.crt
key $PKI/self-client.key
peer-fingerprint $(cat "$PKI/self-server.fp")" their_client 2.6 </dev/null
	ping_ok
	their_client_stop
}
case_add srv_fingerprint srv_fingerprint

# a client without certificate, known by its user name
srv_no_cert()
{
	mkdir "$DIR/ccd"
	echo 'push "echo for-joe"' >"$DIR/ccd/joe"
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		verify-client-cert none
		username-as-common-name
		client-config-dir $DIR/ccd
	E
	printf 'joe\nsecret\n' >"$DIR/login"
	chmod 600 "$DIR/login"
	C_ID="ca $PKI/ca.crt" their_client 2.6 <<<"auth-user-pass $DIR/login"
	want_log server "TLS: Username/Password authentication succeeded for username 'joe' \[CN SET\]"
	want_log server "joe/[a-z0-9-]*:$CLIENT4:[0-9]* "
	want_log client 'PUSH_REPLY,.*,echo,'
	ping_ok
	their_client_stop
}
case_add srv_no_cert__user_name_counts srv_no_cert

# names that look like commands and paths
srv_ugly_name()
{
	(
		cd "$PKI" || exit
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -utf8 -multivalue-rdn \
			-subj '/C=XX/O=-Spec, Inc\+Co/CN=we ird"$(x)\/é;1' -keyout "$DIR/ugly.key" -out "$DIR/ugly.csr" &&
			openssl x509 -req -in "$DIR/ugly.csr" -CA ca.crt -CAkey ca.key -set_serial 77 -days 30 \
				-out "$DIR/ugly.crt"
	) >"$DIR/ugly.log" 2>&1 || fail "cannot make the certificate"
	mkdir "$DIR/ccd"
	echo 'push "echo found"' >"$DIR/ccd/we ird\"\$(x)_é;1"
	our_server <<-E
		client-config-dir $DIR/ccd
		script-security 2
		client-connect $DIR/hook
	E
	C_ID="ca $PKI/ca.crt
cert $DIR/ugly.crt
key $DIR/ugly.key" their_client 2.6 </dev/null
	want_log client 'PUSH_REPLY,.*,echo,'
	grep -qxF 'common_name=we ird"$(x)/é;1' "$DIR/env.client-connect" || fail "common_name"
	grep -qxF 'tls_serial_0=77' "$DIR/env.client-connect" || fail "tls_serial_0"
	want_log server 'VERIFY OK: depth=0, C=XX, O=-Spec, Inc\+Co, CN=we ird"\$\(x\)/é;1'
	their_client_stop
}
case_add srv_ugly_name__is_data srv_ugly_name

srv_username_field()
{
	our_server <<<"x509-username-field $1"
	their_client 2.6 </dev/null
	want_log server "$2/[a-z0-9-]*:$CLIENT4:[0-9]* "
	their_client_stop
}
case_add srv_username_serial srv_username_field serialNumber '0x10[0-9A-F]*'
case_add srv_username_two srv_username_field 'CN serialNumber' 'client_0x10[0-9A-F]*'

srv_user_too_long()
{
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
	E
	{
		printf '%0200d\n' 7
		echo secret
	} >"$DIR/login"
	chmod 600 "$DIR/login"
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED,Username or password is too long. Maximum length is 128 bytes' \
		<<<"auth-user-pass $DIR/login"
	want_log server 'TLS Error: Username \(201\) or password \([0-9]*\) too long'
	! grep -q user-pass-verify "$DIR/calls" || fail "the program was asked"
}
case_add srv_user_too_long__refused srv_user_too_long

srv_no_user()
{
	our_server <<-E
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
		$1
	E
}
srv_no_user_refused()
{
	srv_no_user ''
	their_client_fails 2.6 'link remote' </dev/null
	wait_log server 'TLS Error: Auth Username/Password was not provided by peer'
	want_no_log server PUSH_REPLY
	their_client_stop
}
case_add srv_no_user__refused srv_no_user_refused
srv_no_user_optional()
{
	srv_no_user auth-user-pass-optional
	their_client 2.6 </dev/null
	grep -q '^user-pass-verify' "$DIR/calls" || fail "the program was not asked"
	ping_ok
	their_client_stop
}
case_add srv_no_user_optional srv_no_user_optional

srv_force_ekm()
{
	our_server <<<"force-tls-key-material-export"
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
}
case_add srv_force_key_material_export srv_force_ekm

# ---- traffic -------------------------------------------------------------------------------------
# A source address that the client does not own is not let in.
srv_spoof()
{
	our_server </dev/null
	their_client 2.6 </dev/null
	ping_ok
	in_c ip addr add 10.8.0.200/32 dev tun0
	in_s timeout 20 tcpdump -nli tun0 icmp >"$DIR/seen" 2>/dev/null &
	local dump=$!
	in_c ping -qnc 3 -i 0.1 -W 1 -I 10.8.0.200 10.8.0.1 >"$DIR/ping" && fail "the spoofed address got an answer"
	ping_ok
	kill $dump
	! grep -q 10.8.0.200 "$DIR/seen" || fail "the spoofed packet reached the device"
	their_client_stop
}
case_add srv_spoofed_source__is_dropped srv_spoof

# srv_two_clients SERVER-OPTIONS [CLIENT-OPTIONS]: one in the client's namespace, one in the router's
srv_two_clients()
{
	our_server <<<"${1//STATUS/$DIR/status}"
	their_client 2.6 <<<"${2-}"
	{
		cat "$DIR/client.conf"
		echo "cert $PKI/revoked.crt"
		echo "key $PKI/revoked.key"
	} >"$DIR/second.conf"
	in_r /usr/sbin/openvpn --config "$DIR/second.conf" >"$DIR/second.log" 2>&1 </dev/null &
	SECOND_PID=$!
	wait_log second 'Initialization Sequence Completed'
}

srv_client_to_client()
{
	srv_two_clients client-to-client
	ping_ok 10.8.0.3
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
case_add srv_client_to_client srv_client_to_client

srv_not_client_to_client()
{
	srv_two_clients ''
	in_s sysctl -qw net.ipv4.ip_forward=0
	! pings 10.8.0.3 || fail "clients reach each other although that was not asked for"
	ping_ok
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
case_add srv_no_client_to_client__separated srv_not_client_to_client

srv_quota()
{
	mkdir "$DIR/ccd"
	for i in {1..5}; do echo "iroute 10.50.$i.0 255.255.255.0"; done >"$DIR/ccd/client"
	our_server <<-E
		client-config-dir $DIR/ccd
		max-routes-per-client 4
	E
	their_client 2.6 </dev/null
	want_log server 'MULTI: Learn: 10.50.2.0/24 -> client/'
	want_log server 'MULTI ROUTE: route quota \(4\) exceeded for client/'
	want_log server 'MULTI: Learn FAILED: 10.50.3.0/24 -> client/'
	ping_ok
	their_client_stop
}
case_add srv_max_routes_per_client srv_quota

srv_stale()
{
	mkdir "$DIR/ccd"
	echo "iroute 10.50.1.0 255.255.255.0" >"$DIR/ccd/client"
	our_server <<-E
		client-config-dir $DIR/ccd
		stale-routes-check 3 1
		script-security 2
		learn-address $DIR/hook
	E
	their_client 2.6 </dev/null
	ping_start 0.2
	sleep 5
	! grep -q 'learn-address delete' "$DIR/calls" || fail "an address in use was forgotten"
	ping_end
	want "lost packets" 0 "$LOST"
	in_c ip link set tun0 down
	wait_for 10 "unused addresses are forgotten" grep -q 'learn-address delete 10.50.1.0/24' "$DIR/calls"
	their_client_stop
}
case_add srv_stale_routes srv_stale

# ---- strangers -----------------------------------------------------------------------------------
# Junk and half-open handshakes must not stop anybody, and open no instance.
srv_junk()
{
	our_server <<<"proto ${1-udp}"
	their_client 2.6 <<<"proto ${2-udp}"
	in_c python3 - "$SERVER4" "${2-udp}" <<-'P'
		import os, random, socket, sys
		random.seed(7)
		tcp = sys.argv[2] != "udp"
		for i in range(400):
		    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
		    s.connect((sys.argv[1], 1194))
		    opcode = random.choice([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 31])
		    body = bytes([opcode << 3 | random.randrange(8)]) + os.urandom(random.choice([0, 1, 8, 13, 40, 1400]))
		    try:
		        s.send(len(body).to_bytes(2, "big") + body if tcp else body)
		        if tcp and i % 4 == 0:
		            s.send(b"\xff\xff")
		    except OSError:
		        pass
		    s.close()
	P
	ping_ok
	want_no_log client 'process restarting'
	[ "${1-udp}" != udp ] || want "instances" 1 "$(log_count server 'multi_create_instance')"
	their_client_stop
	their_client 2.6 <<<"proto ${2-udp}"
	ping_ok
	their_client_stop
}
case_add srv_junk_udp__others_unharmed srv_junk
case_add srv_junk_tcp__others_unharmed srv_junk tcp-server tcp-client

srv_freq_initial()
{
	our_server <<<"connect-freq-initial 5 3"
	in_c python3 - "$SERVER4" <<-'P'
		import os, socket, sys
		for i in range(30):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.sendto(b"\x38" + os.urandom(8) + b"\0\0\0\0\0", (sys.argv[1], 1194))
	P
	wait_log server 'Note: --connect-freq-initial 5 3 rate limit exceeded, dropping initial handshake packets for the next [0-9]+ seconds'
	want "instances" 0 "$(log_count server 'multi_create_instance')"
	their_client 2.6 </dev/null
	ping_ok
	their_client_stop
}
case_add srv_connect_freq_initial srv_freq_initial

# ---- restarts of a client ------------------------------------------------------------------------
# The same address and port again: the new session replaces the old one of the instance.
srv_same_port()
{
	our_server </dev/null
	their_client 2.6 <<-E
		bind
		lport 5555
	E
	ping_ok
	kill -KILL "$UT_PID"
	wait "$UT_PID" 2>/dev/null
	UT_PID=''
	in_c ip link del tun0 2>/dev/null
	their_client 2.6 <<-E
		bind
		lport 5555
	E
	ping_ok
	want "instances" 1 "$(log_count server 'multi_create_instance')"
	their_client_stop
}
case_add srv_new_session_same_port srv_same_port

srv_client_restarts()
{
	our_server <<<"proto ${1-udp}"
	their_client 2.6 <<<"proto ${2-udp}"
	mark client
	kill -USR1 "$UT_PID"
	wait_log client 'Initialization Sequence Completed'
	ping_ok
	their_client_stop
}
case_add srv_client_restarts_udp srv_client_restarts
case_add srv_client_restarts_tcp srv_client_restarts tcp-server tcp-client

# ---- queues --------------------------------------------------------------------------------------
# A client on TCP which takes nothing: its packets are dropped after the limit, others feel nothing.
srv_stalled()
{
	srv_two_clients 'proto tcp-server
tcp-queue-limit 32' 'proto tcp-client'
	kill -STOP "$UT_PID"
	in_s timeout 20 python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(30000):
    s.sendto(b"x" * 1300, ("10.8.0.2", 9))
    if i % 100 == 0: time.sleep(0.01)' &
	local flood=$!
	wait_log server 'client/.* MULTI: packet dropped due to output saturation \(multi_process_incoming_tun\)'
	want "loss of the other client" 0 "$(in_r ping -qnc 30 -i 0.02 -W 2 10.8.0.1 | sed -n 's/.* \([0-9]*\)% packet loss.*/\1/p')"
	want_no_log server 'revoked/.*output saturation'
	kill $flood
	kill -CONT "$UT_PID"
	wait_for 10 "the client's packets again" pings 10.8.0.1
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
case_add srv_tcp_stalled__others_unharmed srv_stalled

# multicast from the server's device and from a client reaches every other client
srv_multicast()
{
	srv_two_clients 'client-to-client
bcast-buffers 64
status STATUS 1'
	for n in c r; do
		ip -n "$NS-$n" route replace 239.1.2.0/24 dev tun0
		ip netns exec "$NS-$n" timeout 20 tcpdump -nli tun0 'dst host 239.1.2.3' >"$DIR/seen.$n" 2>"$DIR/dump.$n" &
	done
	in_s timeout 20 tcpdump -nli tun0 'dst host 239.1.2.3' >"$DIR/seen.s" 2>"$DIR/dump.s" &
	for n in c r s; do
		wait_for 5 tcpdump grep -q listening "$DIR/dump.$n"
	done
	in_c ping -c 5 -i 0.05 -W 1 -t 5 239.1.2.3 >/dev/null
	in_s ping -c 5 -i 0.05 -W 1 -t 5 -I tun0 239.1.2.3 >/dev/null
	wait_for 5 "packets of the first client at the second" multicast_seen r 10.8.0.2
	wait_for 5 "packets of the first client at the server" multicast_seen s 10.8.0.2
	wait_for 5 "packets of the server at the first client" multicast_seen c 10.8.0.1
	wait_for 5 "packets of the server at the second" multicast_seen r 10.8.0.1
	want "copies" 5 "$(grep -c 'IP 10\.8\.0\.2 > 239' "$DIR/seen.c")" # none came back
	wait_for 5 "the queue in the status file" grep -qE '^Max bcast/mcast queue length,[1-9]' "$DIR/status"
	kill $SECOND_PID
	wait $SECOND_PID
	their_client_stop
}
multicast_seen()
{
	[ "$(grep -c "IP ${2//./\\.} > 239" "$DIR/seen.$1")" = 5 ]
}
case_add srv_multicast__reaches_all_others srv_multicast

srv_tcp_nodelay()
{
	our_server <<-E
		proto tcp-server
		tcp-nodelay
	E
	want_log server 'NOTE: TCP_NODELAY is always enabled locally'
	their_client 2.6 <<-E
		proto tcp-client
	E
	want_log client 'PUSH_REPLY,.*socket-flags TCP_NODELAY'
	ping_ok
	their_client_stop
}
case_add srv_tcp_nodelay srv_tcp_nodelay

# single-session: a client that begins anew at the same port gets no second session
srv_single_session()
{
	our_server <<-E
		single-session
		ping-restart 8
	E
	their_client 2.6 <<-E
		lport 4444
	E
	ping_ok
	kill -9 "$UT_PID"
	wait "$UT_PID" 2>/dev/null
	ip -n "$NS-c" link del tun0 2>/dev/null
	ut --config "$DIR/client.conf"
	wait_log server "TLS Error: Cannot accept new session request from .*$CLIENT4:4444 due to session context expire or --single-session"
	# when the old one is over it gets in
	connected 30
	ping_ok
	kill "$UT_PID"
}
case_add srv_single_session__no_second srv_single_session

# UDP and TCP at once, on several addresses: clients of each reach the others
srv_listeners()
{
	ip -n "$NS-s" addr add 192.0.2.77/24 dev eth0
	our_server <<-E
		local $SERVER4 1194 udp4
		local $SERVER4 1194 tcp4-server
		local 192.0.2.77 1195 udp4
		local $SERVER6 1194 udp6
		client-to-client
		status $DIR/status 1
	E
	their_client 2.6 </dev/null
	local at=0 dev
	for where in "$SERVER4 1194 tcp4-client" "192.0.2.77 1195 udp4"; do
		at=$((at + 1))
		dev=tun$((4 + at))
		{
			sed 's/^remote .*//' "$DIR/client.conf"
			printf 'remote %s\ndev %s\n' "$where" "$dev"
			[ $at = 1 ] && printf 'cert %s\nkey %s\n' "$PKI/revoked.crt" "$PKI/revoked.key"
			[ $at = 2 ] && printf 'cert %s\nkey %s\n' "$DIR/other.crt" "$DIR/other.key"
		} >"$DIR/more$at.conf"
	done
	pki_more
	ip netns exec "$NS-r" /usr/sbin/openvpn --config "$DIR/more1.conf" >"$DIR/more1.log" 2>&1 </dev/null &
	local one=$!
	wait_log more1 'Initialization Sequence Completed'
	ip netns exec "$NS-r" /usr/sbin/openvpn --config "$DIR/more2.conf" --route-nopull --ifconfig-noexec \
		>"$DIR/more2.log" 2>&1 </dev/null &
	local two=$!
	wait_log more2 'Initialization Sequence Completed'
	ping_ok 10.8.0.3
	wait_for 5 "all three in the status file" listeners_listed
	kill $one $two
	wait $one $two
	their_client_stop
}
# a third name
pki_more()
{
	(
		cd "$PKI" || exit 1
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=other-client \
			-config openssl.cnf -keyout "$DIR/other.key" -out "$DIR/more.csr" &&
			openssl x509 -req -in "$DIR/more.csr" -CA ca.crt -CAkey ca.key -set_serial 99 -days 30 \
				-out "$DIR/other.crt"
	) >"$DIR/pki.log" 2>&1 || fail "cannot make a certificate"
}
listeners_listed()
{
	grep -q "^client,udp4:$CLIENT4:" "$DIR/status" && grep -q '^revoked,tcp4-server:192\.0\.2\.1:' "$DIR/status" &&
		grep -q '^other-client,udp4:192\.0\.2\.1:' "$DIR/status"
}
case_add srv_listeners__udp_and_tcp srv_listeners
