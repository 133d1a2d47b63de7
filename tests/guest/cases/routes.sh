# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Networks behind clients of a server on the kernel's data plane.
# seconds: 900
. /w/guest.sh
ROUNDS=${ROUNDS:-50}

# a network with one host behind the client: 172.16.5.2, fd00:55::2
lan_up()
{
	ip netns add lan
	ip link add vl netns c type veth peer name vh netns lan
	ip -n lan link set lo up
	ip -n c addr add 172.16.5.1/24 dev vl
	ip -n c addr add fd00:55::1/64 dev vl nodad
	ip -n c link set vl up
	ip -n lan addr add 172.16.5.2/24 dev vh
	ip -n lan addr add fd00:55::2/64 dev vh nodad
	ip -n lan link set vh up
	ip -n lan route add default via 172.16.5.1
	ip -n lan route add default via fd00:55::1
	ip netns exec c sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

tunnel_routes()
{
	ip -n s route >"$D/routes.log"
	ip -n s -6 route >>"$D/routes.log"
}

none_of_the_client()
{
	tunnel_routes
	! grep -qE '10\.99\.0\.5|172\.16\.5\.|fd00:99|fd00:55' "$D/routes.log"
}

# addresses outside of the server's networks, and a network behind them
lan_behind_client() # CLIENT-PROGRAM
{
	mkdir -p "$D/ccd"
	cat >"$D/ccd/client" <<-'C'
		ifconfig-push 10.99.0.5 255.255.255.0
		ifconfig-ipv6-push fd00:99::5/64
		iroute 172.16.5.0 255.255.255.0
		iroute-ipv6 fd00:55::/64
	C
	lan_up
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd" --push "route 10.8.0.0 255.255.255.0" \
		--push "route-ipv6 fd00:8::/64" --route-gateway 10.99.0.1
	client cli "$1" --remote 192.0.2.1 --proto udp
	connected cli || return
	until_true 10 ip -n c -6 route get fd00:8::1 from fd00:99::5
	ip -n c route replace 10.8.0.0/24 dev tun0
	ip -n c -6 route replace fd00:8::/64 dev tun0
	tunnel_routes
	want_log routes '^10\.99\.0\.5 dev tun0 .*metric 100'
	want_log routes '^172\.16\.5\.0/24 via 10\.99\.0\.5 dev tun0 .*metric 100'
	want_log routes '^fd00:99::5 dev tun0 .*metric 100'
	want_log routes '^fd00:55::/64 via fd00:99::5 dev tun0 .*metric 100'
	ping_vpn s 172.16.5.2
	ping_vpn s fd00:55::2
	ping_vpn lan 10.8.0.1
	ping_vpn lan fd00:8::1
	stop cli KILL
	ip -n c link del tun0 2>/dev/null
	wait_log srv 'ovpn-dco: ping expired' 30
	until_true 5 none_of_the_client || fail "routes of the client stay"
	ip netns del lan
}

# the same client comes back from another address again and again, before its old instance is known to be dead
client_returns()
{
	mkdir -p "$D/ccd"
	printf 'iroute 172.16.5.0 255.255.255.0\niroute-ipv6 fd00:55::/64\n' >"$D/ccd/client"
	server srv "$OURS" --proto udp --client-config-dir "$D/ccd" --keepalive 10 60
	local round
	for ((round = 1; round <= ROUNDS; round++)); do
		ip -n c addr flush dev vc scope global
		ip -n c addr add "192.0.2.$((round % 2 + 50))/24" dev vc
		rm -f "$D/cli.log"
		client cli "$OURS" --remote 192.0.2.1 --proto udp
		connected cli || return
		tunnel_routes
		if ! grep -qE '^172\.16\.5\.0/24 via 10\.8\.0\.[0-9]+ dev tun0 .*metric 100' "$D/routes.log" ||
			! grep -qE '^fd00:55::/64 via fd00:8::.* dev tun0 .*metric 100' "$D/routes.log"; then
			fail "round $round: the routes are missing"
			return
		fi
		ping_vpn c 10.8.0.1 || return
		killed cli c
	done
	no_log srv 'ping expired'
	[ "$GUEST" != g72 ] || [ "$(dump_peers | tail -n 1)" = "1 peers, 1 keys" ] ||
		fail "peers are left over: $(dump_peers)"
}

run_case lan_behind_client_ours lan_behind_client "$OURS"
run_case lan_behind_client_theirs lan_behind_client "$THEIRS"
run_case client_returns client_returns
exit "${GUEST_FAILED:-0}"
