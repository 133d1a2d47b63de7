# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every transport with every wrap against both peers; ciphers, TLS versions, certificates.

# wrap_of none|tls-auth|tls-crypt|tls-crypt-v2 client|server
wrap_of()
{
	case $1/$2 in
	tls-auth/client) echo "tls-auth $PKI/ta.key 1" ;;
	tls-auth/server) echo "tls-auth $PKI/ta.key 0" ;;
	tls-crypt/*) echo "tls-crypt $PKI/ta.key" ;;
	tls-crypt-v2/*) echo "tls-crypt-v2 $PKI/v2-$2.key" ;;
	esac
}

# connect PEER PROTO WRAP CIPHER: data flows both ways and the end is orderly
connect()
{
	local peer=$1 proto=$2 wrap=$3 cipher=$4 remote=$SERVER4 sproto=$2
	case $proto in *6) remote=$SERVER6 ;; esac
	case $proto in tcp*) sproto=$proto-server ;; esac
	[ "$proto" = tcp ] || [ "$proto" = udp ] || sproto=${sproto/tcp6-server/tcp6-server}
	server "$peer" <<-E
		proto $sproto
		data-ciphers $cipher
		$(wrap_of "$wrap" server)
	E
	client <<-E
		proto ${proto/tcp*/${proto}-client}
		remote $remote 1194
		data-ciphers $cipher
		$(wrap_of "$wrap" client)
	E
	wait_log client "Data Channel: cipher '$cipher'"
	tunnel_ok
	ut_stop
}

ciphers=(AES-256-GCM CHACHA20-POLY1305 AES-128-GCM AES-192-GCM)
i=0
for peer in 2.6 2.7; do
	for proto in udp4 udp6 tcp4 tcp6; do
		for wrap in none tls-auth tls-crypt tls-crypt-v2; do
			case_add "connect_${peer/./}_${proto}_$wrap" connect $peer $proto $wrap "${ciphers[i % 4]}"
			i=$((i + 1))
		done
		i=$((i + 1))
	done
done

# cipher PEER CIPHER
cipher()
{
	server "$1" <<-E
		data-ciphers $2
	E
	client <<-E
		remote $SERVER4
		data-ciphers AES-256-GCM:AES-192-GCM:AES-128-GCM:CHACHA20-POLY1305
	E
	wait_log client "Data Channel: cipher '$2'"
	tunnel_ok
	if [ "$1" = 2.7 ]; then
		want_log client 'protocol-flags[^,]* aead-epoch'
	else
		want_no_log client aead-epoch
	fi
	ut_stop
}
for peer in 2.6 2.7; do
	for c in "${ciphers[@]}"; do
		case_add "cipher_${peer/./}_$c" cipher $peer "$c"
	done
done

# The server's order decides.
cipher_order()
{
	server 2.6 <<-E
		data-ciphers AES-128-GCM:AES-256-GCM
	E
	client <<-E
		remote $SERVER4
		data-ciphers AES-256-GCM:AES-128-GCM
	E
	want_log client "PUSH_REPLY.*cipher AES-128-GCM"
	wait_log client "Data Channel: cipher 'AES-128-GCM'"
	tunnel_ok
	ut_stop
}
case_add cipher_server_order_wins cipher_order

cipher_none_common()
{
	server 2.6 <<-E
		data-ciphers AES-128-GCM
	E
	client_conf <<-E
		remote $SERVER4
		data-ciphers CHACHA20-POLY1305
	E
	ut --config "$DIR/client.conf"
	wait_log client 'AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)'
	ut_exit 10
	want "exit status" 0 "$RC"
	want_net_restored
}
case_add cipher_no_common__client_ends cipher_none_common

# tls PEER VERSION
tls()
{
	server "$1" <<-E
		tls-version-min $2
		tls-version-max $2
	E
	client <<-E
		remote $SERVER4
	E
	want_log client "Control Channel: TLSv$2, cipher"
	tunnel_ok
	ut_stop
}
for peer in 2.6 2.7; do
	case_add "tls_1.2_${peer/./}" tls $peer 1.2
	case_add "tls_1.3_${peer/./}" tls $peer 1.3
done

tls_no_common_version()
{
	server 2.6 <<-E
		tls-version-max 1.2
	E
	client_conf <<-E
		remote $SERVER4
		tls-version-min 1.3
		hand-window 4
	E
	ut --config "$DIR/client.conf"
	# a 2.6 server drops the session without an alert
	wait_log client 'TLS Error: TLS (handshake failed|key negotiation failed to occur within 4 seconds)'
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	ut_stop
}
case_add tls_no_common_version__restarts tls_no_common_version

# fingerprint PEER: self-signed certificates on both ends, no CA
fingerprint()
{
	S_ID="peer-fingerprint $(cat "$PKI/self-client.fp")
cert $PKI/self-server.crt
key $PKI/self-server.key" server "$1" <<-E
		tls-version-min 1.2
	E
	C_ID="peer-fingerprint $(cat "$PKI/self-server.fp")
cert $PKI/self-client.crt
key $PKI/self-client.key" client <<-E
		remote $SERVER4
	E
	tunnel_ok
	ut_stop
}
case_add fingerprint_26 fingerprint 2.6
case_add fingerprint_27 fingerprint 2.7

fingerprint_wrong()
{
	S_ID="peer-fingerprint $(cat "$PKI/self-client.fp")
cert $PKI/self-server.crt
key $PKI/self-server.key" server 2.6 </dev/null
	C_ID="peer-fingerprint $(cat "$PKI/self-client.fp")
cert $PKI/self-client.crt
key $PKI/self-client.key" client_conf <<-E
		remote $SERVER4
	E
	ut --config "$DIR/client.conf"
	wait_log client 'TLS Error: --tls-verify/--peer-fingerprint certificate hash verification failed'
	wait_log client 'process restarting'
	ut_stop
}
case_add fingerprint_wrong__refused fingerprint_wrong

# The options in the file, keys and certificates inline.
inline()
{
	local t
	server 2.6 <<-E
		tls-crypt $PKI/ta.key
	E
	C_ID='' client_conf <<-E
		remote $SERVER4
		remote-cert-tls server
		$(for t in ca:ca.crt cert:client.crt key:client.key tls-crypt:ta.key; do
			printf '<%s>\n' "${t%%:*}"
			cat "$PKI/${t#*:}"
			printf '</%s>\n' "${t%%:*}"
		done)
	E
	ut --config "$DIR/client.conf"
	connected 25
	tunnel_ok
	ut_stop
}
case_add inline_files inline

# The same by command line only.
command_line()
{
	server 2.7 </dev/null
	ut --client --dev tun --remote "$SERVER4" 1194 udp --ca "$PKI/ca.crt" --cert "$PKI/client.crt" \
		--key "$PKI/client.key" --remote-cert-tls server --verb 4
	connected 25
	tunnel_ok
	ut_stop
}
case_add command_line command_line

# name TYPE VALUE ok|bad: verify-x509-name
name()
{
	server 2.6 </dev/null
	client_conf <<-E
		remote $SERVER4
		verify-x509-name $2 $1
	E
	ut --config "$DIR/client.conf"
	if [ "$3" = ok ]; then
		connected 25
		ping_ok
	else
		wait_log client 'VERIFY X509NAME ERROR: (CN=)?server, must (be|start with)'
		wait_log client 'process restarting'
	fi
	ut_stop
}
case_add verify_name_ok name name server ok
case_add verify_name_prefix_ok name name-prefix ser ok
case_add verify_name_subject_ok name subject CN=server ok
case_add verify_name_wrong__refused name name serv bad
case_add verify_name_prefix_wrong__refused name name-prefix x bad

# fragments and pings of all sizes through the tunnel, over a small link
sizes()
{
	local s
	server "$1" <<-E
		proto $2
	E
	client <<-E
		proto ${2/-server/-client}
		remote $SERVER4
	E
	for s in 0 1 8 100 500 1000 1200 1372 1452 1472 1473 3000 20000 65000; do
		in_c ping -qnc 2 -i 0.02 -W 2 -s $s 10.8.0.1 >"$DIR/ping" || fail "ping -s $s"
		in_s ping -qnc 2 -i 0.02 -W 2 -s $s 10.8.0.2 >"$DIR/ping" || fail "ping -s $s from the server"
	done
	ut_stop
}
case_add sizes_udp_26 sizes 2.6 udp
case_add sizes_udp_27 sizes 2.7 udp
case_add sizes_tcp_27 sizes 2.7 tcp-server

# bulk PEER PROTO: a TCP stream in each direction arrives whole
bulk()
{
	local d up down
	server "$1" <<-E
		proto $2
	E
	client <<-E
		proto ${2/-server/-client}
		remote $SERVER4
	E
	head -c 20000000 /dev/urandom >"$DIR/data"
	in_s nc -dl 10.8.0.1 5000 >"$DIR/up" &
	up=$!
	in_c nc -dl 10.8.0.2 5001 >"$DIR/down" &
	down=$!
	wait_for 5 "listener" listening
	in_s nc -N 10.8.0.2 5001 <"$DIR/data" &
	in_c nc -N 10.8.0.1 5000 <"$DIR/data" || fail "nc failed"
	wait $up $down
	for d in up down; do
		cmp "$DIR/data" "$DIR/$d" || fail "the data sent $d is damaged"
	done
	ut_stop
}
listening()
{
	in_s ss -Hltn 'sport = 5000' | grep -q . && in_c ss -Hltn 'sport = 5001' | grep -q .
}
case_add bulk_udp_26 bulk 2.6 udp
case_add bulk_udp_27 bulk 2.7 udp
case_add bulk_tcp_26 bulk 2.6 tcp-server
case_add bulk_tcp_27 bulk 2.7 tcp-server

# ---- alerts, groups, profiles --------------------------------------------------------------------
# Who refuses the other's certificate says so, and the other one hears it before the session is gone.
alert_by_client()
{
	server "$1" </dev/null
	C_ID="ca $PKI/otherca.crt
cert $PKI/client.crt
key $PKI/client.key" client_conf <<-E
		remote $SERVER4
	E
	ut --config "$DIR/client.conf"
	wait_log client 'Sent fatal SSL alert: unknown CA'
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	wait_log server 'alert unknown ca'
	want "alerts" 1 "$(log_count client 'Sent fatal SSL alert')"
	kill "$UT_PID"
	ut_exit 10
}
case_add alert_by_client_26 alert_by_client 2.6
case_add alert_by_client_27 alert_by_client 2.7

srv_alert()
{
	our_server </dev/null
	C_ID="ca $PKI/ca.crt
cert $PKI/wrongca.crt
key $PKI/wrongca.key" their_client_fails "$1" '(Received fatal SSL alert: unknown CA|alert unknown ca)' <<<"tls-version-max $2"
	want_log server 'Sent fatal SSL alert: unknown CA'
	want_log server 'VERIFY ERROR: depth=0'
	their_client_stop
}
case_add srv_alert_26 srv_alert 2.6 1.3
case_add srv_alert_27_tls_1.2 srv_alert 2.7 1.2

# groups LIST LINE: the key agreement is by one of our list
groups()
{
	server 2.6 <<-E
		tls-version-max $3
	E
	client <<-E
		remote $SERVER4
		tls-groups $1
	E
	want_log client "Control Channel: .*$2"
	ping_ok
	ut_stop
}
case_add tls_groups_1.3 groups secp384r1:secp521r1 'peer temporary key: 384 bits ECsecp384r1' 1.3
case_add tls_groups_two_names groups prime256v1 'peer temporary key: 256 bits' 1.3

# ciphers OPTION LINE TLS-VERSION
tls_ciphers()
{
	server 2.7 <<-E
		tls-version-max $3
	E
	client <<-E
		remote $SERVER4
		$1
	E
	want_log client "Control Channel: .*$2"
	ping_ok
	ut_stop
}
case_add tls_cipher_list tls_ciphers 'tls-cipher TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256' 'cipher TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305' 1.2
case_add tls_cipher_openssl_name tls_ciphers 'tls-cipher ECDHE-ECDSA-AES128-GCM-SHA256' 'cipher TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256' 1.2
case_add tls_ciphersuites tls_ciphers 'tls-ciphersuites TLS_AES_128_GCM_SHA256' 'cipher TLSv1.3 TLS_AES_128_GCM_SHA256' 1.3
case_add tls_ciphersuites_dashes tls_ciphers 'tls-ciphersuites TLS-CHACHA20-POLY1305-SHA256' 'cipher TLSv1.3 TLS_CHACHA20_POLY1305_SHA256' 1.3

# profile NAME RSA-BITS GOOD: whether the server's key is strong enough for us
profile()
{
	(
		cd "$DIR" && openssl req -newkey "rsa:$2" -nodes -subj /CN=weak -keyout weak.key -out weak.csr &&
			openssl x509 -req -in weak.csr -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -days 10 -set_serial 77 -out weak.crt
	) >"$DIR/weak.log" 2>&1 || fail "certificate"
	S_ID="ca $PKI/ca.crt
cert $DIR/weak.crt
key $DIR/weak.key" server 2.6 <<<"tls-cert-profile insecure"
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $PKI/client.key" client_conf <<-E
		remote $SERVER4
		$1
	E
	ut --config "$DIR/client.conf"
	if [ "$3" = good ]; then
		connected 20
		ping_ok
	else
		wait_log client "$3"
		wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
		want_no_log client 'Initialization Sequence Completed'
	fi
	kill "$UT_PID"
	ut_exit 10
}
case_add tls_profile_default profile '' 1024 good
case_add tls_profile_default__too_weak profile '' 768 'VERIFY ERROR: depth=0, error=EE certificate key too weak: CN=weak'
case_add tls_profile_insecure profile 'tls-cert-profile insecure' 768 good
case_add tls_profile_preferred profile 'tls-cert-profile preferred' 2048 good
case_add tls_profile_preferred__too_weak profile 'tls-cert-profile preferred' 1024 'VERIFY ERROR: depth=0, error=EE certificate key too weak: CN=weak'

# What the server sends while the client's --up runs is in the stream behind the push reply.
tcp_data_waits_for_up() # [VERSION]
{
	local arrived
	server "${1:-$OPENVPN}" <<<"proto tcp-server
keepalive 1 60"
	printf '#!/bin/sh\ntouch %s\nsleep 3\n' "$DIR/up-runs" >"$DIR/up"
	chmod +x "$DIR/up"
	client_conf <<<"proto tcp-client
remote $SERVER4
script-security 2
up $DIR/up"
	ut --config "$DIR/client.conf"
	wait_for 20 "--up runs" test -e "$DIR/up-runs"
	in_s ping -qnc 100 -i 0.02 -W 5 10.8.0.2 >"$DIR/ping" || { cat "$DIR/ping"; fail "ping"; }
	connected 10
	arrived=$(in_c nstat -asz IcmpInEchos | awk '/IcmpInEchos/ {print $2}')
	want "pings that arrived" 100 "$arrived"
	tunnel_ok
	ut_stop
}
case_add tcp_data_waits_for_up_27 tcp_data_waits_for_up 2.7
case_add tcp_data_waits_for_up_ours tcp_data_waits_for_up
