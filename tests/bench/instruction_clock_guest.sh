# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154,SC2317,SC2329
# Runs inside a guest for tests/bench/instruction-clock: prints "RATE what up|down bits/s". Set by
# the host: SECS, CIPHER.
. /w/guest.sh

# stream WHAT up|down [-R]
stream()
{
	local what=$1 dir=$2 out rate
	shift 2
	out=$(ip netns exec c iperf3 -c 10.8.0.1 -t "$SECS" -J "$@")
	rate=$(jq -r '.end.sum_received.bits_per_second // empty' <<<"$out")
	[ -n "$rate" ] || fail "$what $dir: $(jq -r .error <<<"$out")" || return
	echo "RATE $what $dir $rate"
}

both_ways() # WHAT
{
	ip netns exec s iperf3 -s -D
	until_true 20 ip netns exec s ss -Hltn 'sport = 5201' || fail "no iperf3"
	stream "$1" up
	stream "$1" down -R
	# shellcheck disable=SC2046
	kill $(ip netns pids s | while read -r p; do [ "$(cat "/proc/$p/comm")" = iperf3 ] && echo "$p"; done)
}

openvpn() # WHAT PROGRAM KIND OPTIONS...
{
	local what=$1 prog=$2 kind=$3
	shift 3
	server srv "$prog" --proto udp --tun-mtu 1420 --data-ciphers "$CIPHER" "$@" || return
	client cli "$prog" --remote 192.0.2.1 --proto udp --tun-mtu 1420 --data-ciphers "$CIPHER" "$@"
	connected cli || return
	[ "$(link_kind c tun0)" = "$kind" ] && [ "$(link_kind s tun0)" = "$kind" ] ||
		fail "tun0 is a $(link_kind c tun0), $(link_kind s tun0)" || return
	ping_vpn c 10.8.0.1 || return
	both_ways "$what"
	stop cli
	stop srv
}

wireguard()
{
	local n
	for n in s c; do
		wg genkey >"$D/$n.key"
		ip -n "$n" link add wg0 type wireguard
	done
	ip netns exec s wg set wg0 private-key "$D/s.key" listen-port 1194 peer "$(wg pubkey <"$D/c.key")" allowed-ips 10.8.0.2/32
	ip netns exec c wg set wg0 private-key "$D/c.key" peer "$(wg pubkey <"$D/s.key")" endpoint 192.0.2.1:1194 allowed-ips 10.8.0.1/32
	ip -n s addr add 10.8.0.1/24 dev wg0
	ip -n c addr add 10.8.0.2/24 dev wg0
	for n in s c; do ip -n "$n" link set wg0 mtu 1420 up; done
	ping_vpn c 10.8.0.1 || return
	both_ways wg
}

echo # after what the firmware wrote
run_case ours_kernel openvpn ok "$OURS" ovpn
run_case theirs_kernel openvpn tk "$THEIRS" ovpn
run_case ours_user openvpn ou "$OURS" tun --disable-dco
run_case theirs_user openvpn tu "$THEIRS" tun --disable-dco
run_case wireguard wireguard
exit "${GUEST_FAILED:-0}"
