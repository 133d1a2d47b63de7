# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Our client with the kernel's data plane against the guest's own server.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

udp_client()
{
	server srv "$THEIRS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	want_log cli 'DCO device tun0 opened'
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0)"
	ping_vpn c 10.8.0.1
	ping_vpn c 10.8.0.1 3000
	ping_vpn c fd00:8::1
	stop cli
	! ip -n c link show tun0 >/dev/null 2>&1 || fail "tun0 is left over"
}

tcp_client()
{
	server srv "$THEIRS" --proto tcp-server
	client cli "$OURS" --remote 192.0.2.1 --proto tcp-client
	connected cli || return
	want_log cli 'DCO device tun0 opened'
	ping_vpn c 10.8.0.1
	ping_vpn c 10.8.0.1 3000
}

run_case udp_client udp_client
run_case tcp_client tcp_client
exit "${GUEST_FAILED:-0}"
