# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# What is around the kernel's data plane: another namespace, an option that a server pushes.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

# the up script moves the interface to a namespace, in which programs see nothing but the tunnel
moved_to_netns()
{
	ip netns add inside
	cat >"$D/up" <<-'S'
		#!/bin/sh
		ip link set "$1" netns inside || exit 1
		ip -n inside addr add "$ifconfig_local/24" dev "$1"
		ip -n inside link set "$1" up
	S
	chmod +x "$D/up"
	server srv "$OURS" --proto "$1" --keepalive 1 6
	client cli "$OURS" --remote 192.0.2.1 --proto "$2" --ifconfig-noexec --route-noexec --script-security 2 --up "$D/up" \
		--reneg-sec 10 --connect-retry 1 1
	connected cli || return
	want_log cli 'DCO device tun0 was moved to another network namespace'
	[ "$(link_kind inside tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind inside tun0)"
	ping_vpn inside 10.8.0.1
	# a key comes in there
	until_true 30 sh -c "[ \"\$(grep -c 'VERIFY OK: depth=0' $D/cli.log)\" -ge 2 ]" || fail "no renegotiation"
	ping_vpn inside 10.8.0.1
	kill -USR2 "$(cat "$D/cli.pid")"
	wait_log cli 'TUN/TAP read bytes,[1-9]' 5
	# and what the kernel says of it arrives; the legacy module keeps the peers of a dead process
	stop srv KILL
	ip -n s link del tun0 2>/dev/null
	wait_log cli 'Inactivity timeout \(--ping-restart\)|Connection reset' 20
	stop cli
	! ip -n inside link show tun0 >/dev/null 2>&1 || fail "tun0 is left over"
	ip netns del inside
}

# the obstacle is pushed: no second connection; it is gone at the next: back to the kernel
pushed() # SERVER-OPTIONS...
{
	server srv "$THEIRS" --proto udp --disable-dco "$@"
	client cli "$OURS" --remote 192.0.2.1 --proto udp --persist-tun --connect-retry 1 1
	connected cli || return
	[ "$(link_kind c tun0)" = tun ] || fail "tun0 is a $(link_kind c tun0)"
	want_log cli '^[^ ]+ [^ ]+ (us=[0-9]+ )?N(ote|OTE):.*offload'
	no_log cli 'SIGUSR1'
	ping_vpn c 10.8.0.1
	stop srv KILL
	ip -n s link del tun0 2>/dev/null
	server srv "$THEIRS" --proto udp
	until_true 45 sh -c "[ \"\$(grep -c 'Initialization Sequence Completed' $D/cli.log)\" -ge 2 ]" || fail "not connected again"
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0) still"
	ping_vpn c 10.8.0.1
}

# the answer of an old server, without a peer id
no_peer_id()
{
	server srv "$THEIRS" --proto udp --disable-dco
	client cli "$OURS" --remote 192.0.2.1 --proto udp --pull-filter ignore peer-id
	connected cli || return
	[ "$(link_kind c tun0)" = tun ] || fail "tun0 is a $(link_kind c tun0)"
	want_log cli 'pushed options are incompatible with data channel offload, continuing without it'
	no_log cli 'SIGUSR1'
}

run_case netns_udp moved_to_netns udp udp
run_case netns_tcp moved_to_netns tcp-server tcp-client
run_case pushed_stub pushed --comp-lzo no --push "comp-lzo no"
run_case pushed_block_ipv6 pushed --push block-ipv6
run_case no_peer_id no_peer_id
exit "${GUEST_FAILED:-0}"
