# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Both ends are the program under test, over every transport and wrap; and several clients at once.
# Uses the functions of server.sh.

# srv_keys: the keys of every wrap, in $DIR
srv_keys()
{
	cp "$PKI/ta.key" "$PKI/v2-server.key" "$PKI/v2-client.key" "$DIR"
}

# srv_wrap_options WRAP server|client
srv_wrap_options()
{
	case $1,$2 in
	none,*) ;;
	auth,server) echo "tls-auth $DIR/ta.key 0" ;;
	auth,client) echo "tls-auth $DIR/ta.key 1" ;;
	crypt,*) echo "tls-crypt $DIR/ta.key" ;;
	v2,server) echo "tls-crypt-v2 $DIR/v2-server.key force-cookie" ;;
	v2,client) echo "tls-crypt-v2 $DIR/v2-client.key" ;;
	esac
}

# srv_pair VERSION PROTO(udp|tcp) FAMILY(4|6) WRAP: renegotiates once, so that the wrap after the
# first handshake (which may be another one) is seen too
srv_pair()
{
	local version=$1 server=$2 client=$2 address=$SERVER4
	[ "$version" != self ] || version=$OPENVPN
	[ "$2" = udp ] || server=tcp-server client=tcp-client
	[ "$3" = 4 ] || {
		server=${server/udp/udp6} client=${client/udp/udp6}
		server=${server/tcp/tcp6} client=${client/tcp/tcp6} address=$SERVER6
	}
	srv_keys
	our_server <<-E
		proto $server
		reneg-sec 3
		$(srv_wrap_options "$4" server)
	E
	local OPENVPN=$version
	client <<-E
		proto $client
		remote $address
		reneg-sec 0
		$(srv_wrap_options "$4" client)
	E
	tunnel_ok
	wait_for 15 "two key exchanges" srv_renegotiated 2
	tunnel_ok
	want_no_log client 'process restarting'
	their_client_stop
}
for srv_w in none auth crypt v2; do
	for srv_p in udp tcp; do
		for srv_f in 4 6; do
			case_add "srv_self_${srv_p}${srv_f}_$srv_w" srv_pair self $srv_p $srv_f $srv_w
		done
	done
	case_add "srv_pair_26_tcp6_$srv_w" srv_pair 2.6 tcp 6 $srv_w
	case_add "srv_pair_27_udp6_$srv_w" srv_pair 2.7 udp 6 $srv_w
	case_add "srv_pair_27_tcp4_$srv_w" srv_pair 2.7 tcp 4 $srv_w
done

# ---- several clients -----------------------------------------------------------------------------
# also N VERSION [< more options]: one more client beside the first, on tunN with log alsoN.log
also()
{
	local n=$1
	{
		cat "$DIR/client.conf"
		echo "dev tun$n"
		cat
	} >"$DIR/also$n.conf"
	version_cmd "$2"
	ip netns exec "$NS-c" "${CMD[@]}" --config "$DIR/also$n.conf" >"$DIR/also$n.log" 2>&1 </dev/null &
	ALSO_PID[n]=$!
	wait_log "also$n" 'Initialization Sequence Completed'
}
declare -a ALSO_PID

also_pings()
{
	in_c ping -qnc 5 -i 0.05 -W 2 -s "${2-56}" -I "tun$1" 10.8.0.1 >"$DIR/ping" || fail "ping of client $1"
}

also_stop()
{
	local n
	for n in "${!ALSO_PID[@]}"; do
		kill "${ALSO_PID[n]}"
		wait "${ALSO_PID[n]}"
	done
}

srv_ciphers()
{
	our_server <<-E
		duplicate-cn
		data-ciphers AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305
	E
	their_client 2.6 <<<"data-ciphers AES-256-GCM"
	also 1 2.7 <<-E
		data-ciphers AES-128-GCM
	E
	also 2 2.6 <<-E
		data-ciphers CHACHA20-POLY1305
	E
	also 3 "$OPENVPN" <<-E
		data-ciphers CHACHA20-POLY1305:AES-128-GCM
	E
	ping_ok
	local n c
	for n in 1 2 3; do
		also_pings "$n"
		also_pings "$n" 1372
	done
	for c in AES-256-GCM AES-128-GCM CHACHA20-POLY1305; do
		want_log server "Data Channel: cipher '$c'"
	done
	also_stop
	ping_ok
	their_client_stop
}
case_add srv_ciphers_at_once srv_ciphers

# Traffic in both directions while keys are exchanged: nothing is lost. The hand-window is shorter than
# the life of a key: otherwise real ones use a new key at once, also before the other side can have it.
srv_reneg_load()
{
	our_server <<-E
		proto ${3-udp}
		reneg-sec $2
	E
	local reneg=0 version=$1 pid sent got
	[ "$2" != 0 ] || reneg=3
	[ "$version" != self ] || version=$OPENVPN
	their_client "$version" <<-E
		proto ${4-udp}
		reneg-sec $reneg
		hand-window 2
	E
	ping_ok
	ping_start 0.005
	ip netns exec "$NS-s" ping -nDi 0.005 -s 1300 10.8.0.2 >"$DIR/back" 2>&1 &
	pid=$!
	wait_for 30 "four key exchanges" srv_renegotiated 4
	for _ in {1..10}; do tick; done
	ping_end
	want "lost from the client" 0 "$LOST"
	kill -INT $pid
	wait $pid 2>/dev/null
	sent=$(sed -nE 's/^([0-9]+) packets transmitted.*/\1/p' "$DIR/back")
	got=$(sed -nE 's/.* ([0-9]+) received.*/\1/p' "$DIR/back")
	[ $((sent - got)) -le 1 ] || fail "lost from the server: $((sent - got)) of $sent"
	[ "$sent" -gt 500 ] || fail "only $sent packets were sent"
	want_no_log client 'process restarting'
	their_client_stop
}
case_add srv_reneg_load_26 srv_reneg_load 2.6 3
case_add srv_reneg_load_27 srv_reneg_load 2.7 3
case_add srv_reneg_load_27_client srv_reneg_load 2.7 0
case_add srv_reneg_load_self srv_reneg_load self 3
case_add srv_reneg_load_tcp srv_reneg_load 2.6 3 tcp-server tcp-client
