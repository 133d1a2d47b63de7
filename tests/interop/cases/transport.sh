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
