# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# seconds: 240
# --multihome with the kernel's data plane: the server has a second address and answers from the one
# that was asked, with control packets and with data.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

multihome() # CLIENT-PROGRAM ADDRESS PROTO
{
	ip -n s addr add 192.0.2.77/24 dev vs
	ip -n s addr add 2001:db8::77/64 dev vs nodad
	server srv "$OURS" --proto "$3" --multihome
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "the server's tun0 is a $(link_kind s tun0)"
	client cli "$1" --remote "$2" --proto "$3"
	connected cli || return
	ping_vpn c 10.8.0.1
	ping_vpn c fd00:8::1
	no_log cli 'Incoming packet rejected'
	# the client's kernel takes packets of the peer's address only, so the pings tell of the data
}

run_case multihome_second "multihome" "$OURS" 192.0.2.77 udp
run_case multihome_first "multihome" "$OURS" 192.0.2.1 udp
run_case multihome_ip6 "multihome" "$OURS" 2001:db8::1 udp6
run_case multihome_theirs "multihome" "$THEIRS" 192.0.2.77 udp
exit "${GUEST_FAILED:-0}"
