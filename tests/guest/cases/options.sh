# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Options and announcements with the kernel's data plane: what is told, what works, who is refused.
# seconds: 600
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

offloaded() # NETNS NAME-OF-LOG
{
	want_log "$2" 'Data channel offload is used: '
	[ "$(link_kind "$1" tun0)" = "$KIND" ] || fail "tun0 of $1 is a $(link_kind "$1" tun0)"
}

# check NAME OPTIONS...: --dco-check of a client, output in NAME.log; its exit status is ours
check()
{
	local name=$1
	shift
	"$OURS" --dco-check --client --dev tun --remote 192.0.2.1 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
		--key /w/pki/client.key "$@" >"$D/$name.log" 2>&1
}

dco_check()
{
	local rc=0
	check plain || fail "status $? of a plain client"
	want_log plain "^would be used: $([ "$GUEST" = g72 ] && echo ovpn || echo ovpn-dco-v2)\$"
	no_log plain 'DCO|offload.*N/A$'
	check shaped --block-ipv6 || rc=$?
	[ $rc = 3 ] || fail "status $rc with --block-ipv6"
	want_log shaped 'remedy: remove it and reject IPv6'
	check fine --mssfix 1300 --client || fail "status $? with --mssfix"
	want_log fine 'Note: --mssfix has no effect when using data channel offload'
	want_log fine 'instead: lower --tun-mtu'
	"$OURS" --version >"$D/version.log"
	want_log version '^DCO version: .*[0-9]'
	no_log version '^DCO version: N/A'
}

# Options without effect are told, and the kernel is used all the same.
idle_options()
{
	server srv "$OURS" --proto udp --client-to-client --reneg-bytes 1000000 --route-metric 90 --tcp-queue-limit 10
	want_log srv 'Note: --client-to-client has no effect when using data channel offload: packets are always sent to the VPN interface and then routed based on the system routing table'
	want_log srv "Note: '--reneg-bytes' and '--reneg-pkts' are not supported by data channel offload; automatic key renegotiation mechanisms are sufficient for modern ciphers\. Ignoring these options\."
	want_log srv 'Note: --route-metric 90 makes routes of --route win'
	want_log srv 'Note: --tcp-queue-limit has no effect when using data channel offload'
	offloaded s srv
	client cli "$THEIRS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ping_vpn c 10.8.0.1
}

# What a peer is told of us while the kernel moves the packets.
announced()
{
	server srv "$THEIRS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --push-peer-info
	connected cli || return
	offloaded c cli
	want_log srv 'peer info: IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305'
	no_log srv 'peer info: IV_(LZO|LZ4|COMP)'
	local proto
	proto=$(sed -nE 's/.*peer info: IV_PROTO=([0-9]+).*/\1/p' "$D/srv.log" | head -n 1)
	[ $((proto & 2)) = 2 ] || fail "DATA_V2 is not announced: $proto"
	[ $((proto & 1024)) = 0 ] || fail "epoch keys are announced: $proto"
}

# A 2.7 server, in user space because it does not do this with offload, changes options of a client.
push_update()
{
	server srv "$THEIRS" --proto udp --disable-dco --management "$D/m" unix
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	offloaded c cli
	ping_vpn c 10.8.0.1
	{
		echo 'push-update-cid 0 "route 203.0.113.0 255.255.255.0"'
		sleep 1
	} | nc -N -U "$D/m" >"$D/management.log" 2>&1
	until_true 20 sh -c 'ip -n c route | grep -q "^203.0.113.0/24"' || fail "the route does not come"
	until_true 20 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel afterwards"
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0) afterwards"
	no_log cli 'SIGUSR1'
	{
		echo 'push-update-cid 0 "block-ipv6"'
		sleep 1
	} | nc -N -U "$D/m" >>"$D/management.log" 2>&1
	until_true 20 sh -c '[ "$(ip -n c -j -d link show tun0 | jq -r ".[0].linkinfo.info_kind")" = tun ]' ||
		fail "block-ipv6 does not move the tunnel"
	until_true 20 ip netns exec c ping -c 1 -W 1 10.8.0.1 || fail "no tunnel in user space"
}

mtu()
{
	server srv "$OURS" --proto udp --tun-mtu 1400
	client cli "$OURS" --remote 192.0.2.1 --proto udp --tun-mtu 1400 --mssfix 1300
	connected cli || return
	[ "$(ip netns exec c cat /sys/class/net/tun0/mtu)" = 1400 ] || fail "the MTU of tun0 is not 1400"
	want_log cli 'Note: --mssfix has no effect when using data channel offload'
	want_log srv 'Note: the default of --mssfix has no effect when using data channel offload'
	ping_vpn c 10.8.0.1 3000
}

# The driver does not look for its own packets coming back.
recursion()
{
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --route 192.0.2.1
	wait_log cli 'WARNING: Recursive routing: the system routes packets to the peer 192\.0\.2\.1 into the tunnel itself'
	stop cli
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	no_log cli 'Recursive routing'
}

# Options of one client: what the driver cannot do refuses that client and no other.
ccd()
{
	mkdir -p "$D/ccd"
	echo 'comp-lzo' >"$D/ccd/client"
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd"
	start bad c "$THEIRS" --client --dev tun9 --nobind --remote 192.0.2.1 --proto udp --ca /w/pki/ca.crt \
		--cert /w/pki/client.crt --key /w/pki/client.key --verb 4
	wait_log srv 'MULTI: client has been rejected due to incompatible DCO options' 20
	want_log srv "Note: '--allow-compression' is not set to 'no', disabling data channel offload\."
	stop bad KILL
	start good c "$OURS" --client --dev tun --nobind --remote 192.0.2.1 --proto udp --ca /w/pki/ca.crt \
		--cert /w/pki/client2.crt --key /w/pki/client2.key --verb 4
	connected good || return
	ping_vpn c 10.8.0.1
	stop good
	# a list is looked at after its names were settled
	echo 'data-ciphers aes-256-gcm:?CHACHA20-POLY1305:?NO-SUCH' >"$D/ccd/client"
	client cli "$THEIRS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ping_vpn c 10.8.0.1
}

run_case dco_check dco_check
run_case idle_options idle_options
run_case announced announced
if [ "$GUEST" = g72 ]; then
	run_case push_update push_update
fi
run_case mtu mtu
run_case recursion recursion
run_case ccd ccd
exit "${GUEST_FAILED:-0}"
