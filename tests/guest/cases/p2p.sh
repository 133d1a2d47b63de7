# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Tunnels without --pull on the kernel's data plane, whose peer restarts again and again.
# seconds: 600
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
RESTART=6

# end NAME NETNS PROGRAM LOCAL REMOTE OPTIONS...: one end without --pull
end()
{
	local name=$1 ns=$2 prog=$3 id=$4 own=$5 peer=$6
	shift 6
	start "$name" "$ns" "$prog" --dev tun0 --ifconfig "$own" "$peer" --ca /w/pki/ca.crt --cert "/w/pki/$id.crt" \
		--key "/w/pki/$id.key" --ping 1 --ping-restart "$RESTART" --verb 4 --proto udp "$@"
}

# how many peers the mainline driver has, five times a second
watch_peers()
{
	until [ -e "$D/watched" ] || [ "$GUEST" != g72 ]; do
		ip netns exec s /w/bin/dump_peers tun0 2>/dev/null | tail -n 1
		sleep 0.2
	done >"$D/peers.log"
}

# The peer of a tunnel without --pull restarts again and again: one peer in the kernel, no stale end.
p2p() # PROGRAM-OF-PEER ROUNDS
{
	local i from took longest=0 watcher
	end a s "$OURS" server 10.9.0.1 10.9.0.2 --tls-server --dh none --port 1194 --float
	wait_log a 'link local \(bound\)' || return
	watch_peers &
	watcher=$!
	for ((i = 0; i < $2; i++)); do
		from=$SECONDS
		end b c "$1" client 10.9.0.2 10.9.0.1 --tls-client --nobind --remote 192.0.2.1
		connected b 30 || break
		until_true 15 ip netns exec c ping -c 1 -W 1 10.9.0.1 || fail "round $i: no answer"
		took=$((SECONDS - from))
		[ "$took" -le "$longest" ] || longest=$took
		killed b c # 2.7 would take over what is left of it, but loses its number
	done
	touch "$D/watched"
	wait "$watcher"
	echo "FIGURE $2 restarts, at most $longest s until the answer, peers seen: $(sort "$D/peers.log" | uniq -c | tr -s ' \n' ' ')"
	[ "$longest" -le "$RESTART" ] || fail "$longest s until the answer"
	[ "$GUEST" != g72 ] || want_log peers '^1 peers'
	no_log peers '^([2-9]|1[0-9]) peers'
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind s tun0)"
	want_log a 'P2P mode NCP negotiation result: .*DATA_v2=1.*epoch=0'
	no_log a 'mismatch|Cannot add peer|exists already|internal error'
}

run_case ours p2p "$OURS" 20
run_case theirs p2p "$THEIRS" 20
exit "${GUEST_FAILED:-0}"
