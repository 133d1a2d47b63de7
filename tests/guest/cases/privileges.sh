# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Offload without root: after --user, started by an ordinary user with the one capability, and what
# is said when it is missing.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco
NET_ADMIN=0000000000001000
NET_ADMIN_BIND=0000000000001400 # and ports below 1024
NOBODY="--reuid=65534 --regid=65534 --clear-groups"
chmod 644 /w/pki/*
chmod 666 /dev/net/tun # as udev does

# as_user NAME SETPRIV-OPTION...: $D/NAME runs our program so
as_user()
{
	local name=$1
	shift
	printf '#!/bin/sh\nexec setpriv %s %s "$@"\n' "$* $NOBODY" "$OURS" >"$D/$name"
	chmod 755 "$D/$name"
}

# unit_caps UNIT SETTING: as setpriv wants them
unit_caps()
{
	sed -n "s/^$2=//p" "/w/units/openvpn-$1@.service.in" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g; s/^/-all,/'
}

# ambient UNIT: as the service manager starts the unit with "User=nobody"
ambient()
{
	local caps
	caps=$(unit_caps "$1" AmbientCapabilities)
	as_user ambient --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$(unit_caps "$1" CapabilityBoundingSet)"
}

capless()
{
	as_user capless --inh-caps=-all --bounding-set=-all
}

# has_only NAME CAPABILITIES: user nobody, no groups, those capabilities and no other
has_only()
{
	local status
	status=/proc/$(cat "$D/$1.pid")/status
	[ "$(awk '$1 == "CapEff:" || $1 == "CapPrm:" {print $2}' "$status" | sort -u)" = "$2" ] ||
		fail "$1 has $(grep -E '^Cap(Eff|Prm)' "$status" | tr '\n' ' ')"
	[ "$(awk '$1 == "Uid:" {print $2, $3, $4}' "$status")" = '65534 65534 65534' ] || fail "$1: $(grep Uid "$status")"
	[ -z "$(awk '$1 == "Groups:" {print $2}' "$status")" ] || fail "$1: $(grep Groups "$status")"
}

count() # FILE REGEX
{
	grep -acE -- "$2" "$D/$1.log"
}

more_than() # FILE REGEX NUMBER
{
	[ "$(count "$1" "$2")" -gt "$3" ]
}

# again FILE REGEX COMMAND...: the line comes once more after the command
again()
{
	local file=$1 regex=$2 n
	n=$(count "$1" "$2")
	shift 2
	"$@"
	until_true 40 more_than "$file" "$regex" "$n" || fail "not again in $file.log: $regex"
}

offloaded() # NETNS
{
	[ "$(link_kind "$1" tun0)" = "$KIND" ] || fail "tun0 of $1 is a $(link_kind "$1" tun0)"
}

# lives NAME NETNS PEER: restarts and renegotiation of NAME, while the peer is there
lives()
{
	local done='Initialization Sequence Completed'
	offloaded "$2"
	ping_vpn c 10.8.0.1
	again cli "VERIFY OK: depth=0" true
	ip netns exec c ping -i 0.2 -c 30 -W 5 10.8.0.1 >"$D/ping.log" 2>&1
	want_log ping ' 0% packet loss'
	[ "$(count cli 'VERIFY OK: depth=0')" -ge 2 ] || fail "no renegotiation"
	for sig in USR1 HUP; do
		if [ "$1" = srv ]; then
			again cli "$done" again srv "$done" kill "-$sig" "$(cat "$D/srv.pid")"
		else
			again cli "$done" kill "-$sig" "$(cat "$D/cli.pid")"
		fi
		offloaded "$2"
		ping_vpn c 10.8.0.1
	done
	stop "$1"
	! ip -n "$2" link show tun0 >/dev/null 2>&1 || fail "tun0 is left over"
	no_log "$1" 'without data channel offload|[Dd]isabling data channel|Operation not permitted'
}

user_client()
{
	server srv "$THEIRS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --user nobody --group nogroup --reneg-sec 4 --route 172.16.7.0 255.255.255.0
	connected cli || return
	want_log cli 'Capabilities retained: CAP_NET_ADMIN'
	has_only cli "$NET_ADMIN"
	lives cli c
	! ip -n c route | grep -q 172.16.7 || fail "a route is left over"
}

user_server()
{
	server srv "$OURS" --proto udp --user nobody --group nogroup
	want_log srv 'Capabilities retained: CAP_NET_ADMIN'
	has_only srv "$NET_ADMIN"
	client cli "$THEIRS" --remote 192.0.2.1 --proto udp --reneg-sec 4
	connected cli || return
	lives srv s
}

ambient_client()
{
	ambient client
	server srv "$THEIRS" --proto "${1:-udp}"
	client cli "$D/ambient" --remote 192.0.2.1 --proto "${2:-udp}" --reneg-sec 4
	connected cli || return
	has_only cli "$NET_ADMIN"
	lives cli c
}

ambient_server()
{
	ambient server
	server srv "$D/ambient" --proto "${1:-udp}"
	has_only srv "$NET_ADMIN_BIND"
	client cli "$THEIRS" --remote 192.0.2.1 --proto "${2:-udp}" --reneg-sec 4
	connected cli || return
	lives srv s
}

# the engine, too, needs nothing else
ambient_tun()
{
	ambient client
	server srv "$D/ambient" --proto udp --disable-dco
	client cli "$D/ambient" --remote 192.0.2.1 --proto udp --disable-dco
	connected cli || return
	has_only cli "$NET_ADMIN"
	has_only srv "$NET_ADMIN"
	ping_vpn c 10.8.0.1
}

# what cannot be kept is not used
no_setpcap()
{
	printf '#!/bin/sh\nexec setpriv --bounding-set=-setpcap %s "$@"\n' "$OURS" >"$D/no_setpcap"
	chmod 755 "$D/no_setpcap"
	server srv "$D/no_setpcap" --proto udp --user nobody
	want_log srv 'lacking CAP_SETPCAP. Cannot retain CAP_NET_ADMIN. Disabling data channel offload'
	[ "$(link_kind s tun0)" = tun ] || fail "tun0 of the server is a $(link_kind s tun0)"
	client cli "$THEIRS" --remote 192.0.2.1 --proto udp
	connected cli || return
	ping_vpn c 10.8.0.1
}

ended() # NAME
{
	until_true 30 dead "$(cat "$D/$1.pid")" || fail "$1 goes on"
	cat "$D/$1.log"
}

capless_client()
{
	capless
	server srv "$THEIRS" --proto udp
	client cli "$D/capless" --remote 192.0.2.1 --proto udp
	ended cli
	want_log cli 'lacks CAP_NET_ADMIN -- start it as root, or with AmbientCapabilities=CAP_NET_ADMIN'
}

capless_server()
{
	capless
	start srv s "$D/capless" --dev tun --server 10.8.0.0 255.255.255.0 --topology subnet --dh none --proto udp \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key
	ended srv
	want_log srv 'lacks CAP_NET_ADMIN -- start it as root, or with AmbientCapabilities=CAP_NET_ADMIN'
}

run_case user_client user_client
run_case user_server user_server
run_case ambient_client ambient_client
run_case ambient_client_tcp ambient_client tcp-server tcp-client
run_case ambient_server ambient_server
run_case ambient_server_tcp ambient_server tcp-server tcp-client
run_case ambient_tun ambient_tun
run_case no_setpcap no_setpcap
run_case capless_client capless_client
run_case capless_server capless_server
exit "${GUEST_FAILED:-0}"
