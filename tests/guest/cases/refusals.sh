# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# What the kernel refuses, loses or asks for while the daemon is at work.
# seconds: 900
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

initialised() # NAME TIMES
{
	[ "$(grep -ac 'Initialization Sequence Completed' "$D/$1.log")" -ge "$2" ]
}

kind_is() # NETNS KIND
{
	[ "$(link_kind "$1" tun0)" = "$2" ]
}

# the kernel has no ChaCha20-Poly1305 any more, or has it again
cipher_away()
{
	printf 'install chacha20poly1305 /bin/false\ninstall libchacha20poly1305 /bin/false\n' >/etc/modprobe.d/cipher.conf
	rmmod chacha20poly1305 2>/dev/null
	! grep -q '^name.*rfc7539(chacha20' /proc/crypto || fail "the kernel still has the cipher"
}

cipher_back()
{
	rm -f /etc/modprobe.d/cipher.conf
}

# the first key of a tunnel is refused: one restart, then without the kernel until SIGHUP
key_refused() # client|server
{
	local who=$1 ns=c name=cli other=srv own=() their=(--disable-dco)
	[ "$who" = client ] || ns=s name=srv other=cli own=(--disable-dco) their=()
	cipher_away
	server srv "$OURS" --proto udp --data-ciphers CHACHA20-POLY1305 "${their[@]}"
	client cli "$OURS" --remote 192.0.2.1 --proto udp --data-ciphers CHACHA20-POLY1305 --connect-retry 1 1 "${own[@]}"
	wait_log "$name" 'does not work here, continuing without it until SIGHUP' 30
	until_true 40 kind_is "$ns" tun || fail "tun0 is a $(link_kind "$ns" tun0)"
	until_true 100 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel without the kernel"
	no_log "$other" 'Exiting due to fatal error'
	cipher_back
	kill -HUP "$(cat "$D/$name.pid")"
	until_true 40 kind_is "$ns" "$KIND" || fail "tun0 is a $(link_kind "$ns" tun0) after SIGHUP"
	until_true 100 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel after SIGHUP"
}

# the first peer is refused, as the socket belongs to somebody else already
peer_refused() # client|server
{
	local who=$1 ns=c name=cli
	[ "$who" = client ] || ns=s name=srv
	server srv "$OURS" --proto udp
	if [ "$who" = server ]; then
		/w/bin/disturb claim "$(cat "$D/srv.pid")" || fail "cannot claim the socket"
		client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1 --disable-dco
	else
		# it waits in a script before it asks the kernel
		cat >"$D/up" <<-S
			#!/bin/sh
			[ -e $D/claimed ] && exit 0
			touch $D/asks
			kill -STOP \$(cat $D/cli.pid)
			exit 0
		S
		chmod +x "$D/up"
		client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1 --script-security 2 --up "$D/up"
		until_true 30 test -e "$D/asks" || fail "the client does not come so far"
		/w/bin/disturb claim "$(cat "$D/cli.pid")" || fail "cannot claim the socket"
		touch "$D/claimed"
		kill -CONT "$(cat "$D/cli.pid")"
	fi
	wait_log "$name" 'does not work here, continuing without it until SIGHUP' 30
	until_true 40 kind_is "$ns" tun || fail "tun0 is a $(link_kind "$ns" tun0)"
	until_true 100 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel without the kernel"
	kill -HUP "$(cat "$D/$name.pid")"
	until_true 40 kind_is "$ns" "$KIND" || fail "tun0 is a $(link_kind "$ns" tun0) after SIGHUP"
	until_true 100 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel after SIGHUP"
}

instances_gone() # NUMBER
{
	[ "$(grep -acE ' client/.*client-instance exiting' "$D/srv.log")" = "$1" ]
}

# The daemon sleeps while its notifications overflow: of 20 peers that went it is told of none. It must not find
# out by asking for counters, so there is no status file.
notifications_lost()
{
	server srv "$OURS" --proto udp --keepalive 10 120 --duplicate-cn
	start load c /w/bin/load_client --server 192.0.2.1:1194 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
		--key /w/pki/client.key --clients 20 --rate 10 --seconds 600 --ping 5
	start stay c /w/bin/load_client --server 192.0.2.1:1194 --ca /w/pki/ca.crt --cert /w/pki/client2.crt \
		--key /w/pki/client2.key --clients 3 --rate 10 --seconds 600 --ping 5 --leave
	until_true 60 peers_are 23 || fail "not all clients are connected"
	sleep 2
	kill -STOP "$(cat "$D/srv.pid")"
	ip netns exec s /w/bin/disturb noise tun0 20000 || fail "no noise"
	local id
	while read -r id; do
		ip netns exec s /w/bin/dump_peers tun0 delete "$id" || fail "cannot delete peer $id"
	done < <(sed -nE 's/.*SENT CONTROL \[client\].*PUSH_REPLY.*peer-id ([0-9]+).*/\1/p' "$D/srv.log" | sort -u)
	peers_are 3 || fail "$(dump_peers | tail -n 1)"
	kill -CONT "$(cat "$D/srv.pid")"
	wait_log srv 'notifications of the kernel were lost, asking for all peers' 5
	until_true 5 instances_gone 20 || fail "not 20 clients are gone"
	no_log srv ' client2/.*client-instance exiting'
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ping_vpn c 10.8.0.1
}

keys_are() # NETNS REGEX
{
	ip netns exec "$1" /w/bin/dump_peers tun0 | grep -qE "^peer [0-9]+ keys $2\$"
}

# What the driver says when packet numbers run out, to one end and to the other: a new key within a second.
key_limit() # CLIENT-PROGRAM
{
	server srv "$OURS" --proto udp --reneg-sec 0
	client cli "$1" --remote 192.0.2.1 --proto udp --reneg-sec 0
	connected cli || return
	ping_vpn c 10.8.0.1
	keys_are s '0 -' || fail "the server has keys $(dump_peers | head -n 1)"
	ip netns exec c ping -i 0.1 -c 150 -W 5 10.8.0.1 >"$D/ping.log" 2>&1 &
	local pid=$! id
	id=$(dump_peers | awk '/^peer/ {print $2}')
	ip netns exec s /w/bin/disturb limit tun0 "$id" 0
	until_true 3 keys_are s '(1 0|0 1)' || fail "the server did not renegotiate"
	until_true 3 keys_are s '1 0' || fail "the new key does not encrypt"
	if [ "$1" = "$OURS" ]; then
		id=$(ip netns exec c /w/bin/dump_peers tun0 | awk '/^peer/ {print $2}')
		ip netns exec c /w/bin/disturb limit tun0 "$id" 1
		until_true 5 keys_are c '(2 1|1 2)' || fail "the client did not renegotiate"
	fi
	wait "$pid"
	want_log ping ' 0% packet loss'
	no_log srv 'mismatch|cannot install|client-instance (exiting|restarting)'
	no_log cli 'SIGUSR1'
}

run_case key_refused_client key_refused client
# The legacy module keeps the cipher, takes a socket that somebody else has claimed, has no dump of keys and
# tells nothing of their limit.
if [ "$GUEST" = g72 ]; then
	run_case key_refused_server key_refused server
	run_case peer_refused_client peer_refused client
	run_case peer_refused_server peer_refused server
	run_case notifications_lost notifications_lost
	run_case key_limit key_limit "$OURS"
fi
exit "${GUEST_FAILED:-0}"
