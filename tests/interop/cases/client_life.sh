# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of hooks are texts
# The client's choices in time: delays of scripts and routes, names and entries that are tried.

# up-delay: the device and its script wait for the peer; without it point to point opens first
p2p_up_delay()
{
	recorder up
	client_conf <<-E
		dev tun
		remote $SERVER4
		ifconfig 10.8.0.2 10.8.0.1
		script-security 2
		up $DIR/up
		hand-window 30
		$1
	E
	sed -i 's/^client$/tls-client/' "$DIR/client.conf"
	ut --config "$DIR/client.conf"
	wait_log client 'link remote'
	case $1 in
	up-delay)
		want_no_log client 'TUN/TAP device'
		[ ! -e "$DIR/calls" ] || fail "up ran before the peer was there"
		;;
	*)
		wait_log client 'TUN/TAP device tun0 opened'
		want "calls" 1 "$(wc -l <"$DIR/calls")"
		;;
	esac
	S_NET='ifconfig 10.8.0.1 10.8.0.2
tls-server' server 2.6 <<<"remote $CLIENT4"
	connected 20
	want "calls" 1 "$(wc -l <"$DIR/calls")"
	ping_ok
	kill "$UT_PID"
	ut_exit 10
}
case_add p2p_up_delay p2p_up_delay up-delay
case_add p2p_no_up_delay p2p_up_delay ''

# route-delay: routes, their script and the completion come some seconds after the device
route_delay()
{
	recorder route-up
	server 2.6 <<<'push "route 10.91.0.0 255.255.0.0"'
	client_conf <<-E
		remote $SERVER4
		route-delay 3
		script-security 2
		route-up $DIR/route-up
	E
	ut --config "$DIR/client.conf"
	wait_log client 'TUN/TAP device tun0 opened'
	local opened=$EPOCHSECONDS
	! in_c ip route | grep -q '^10\.91' || fail "the route is there at once"
	connected 20
	[ $((EPOCHSECONDS - opened)) -ge 2 ] || fail "complete after $((EPOCHSECONDS - opened)) s"
	in_c ip route | grep -q '^10\.91' || fail "no route"
	want "calls" 1 "$(wc -l <"$DIR/calls")"
	ping_ok
	ut_stop
}
case_add route_delay route_delay

# resolv-retry 10: two lookups, five seconds apart, then the next attempt
resolv_retry_10()
{
	mkdir -p "/etc/netns/$NS-c"
	echo "nameserver 127.0.0.1" >"/etc/netns/$NS-c/resolv.conf"
	trap 'rm -rf "/etc/netns/$NS-c"; net_down "$NS"' EXIT
	client_conf <<-E
		remote no-such-host.invalid 1194
		resolv-retry 10
	E
	ut --config "$DIR/client.conf"
	wait_log client 'RESOLVE: Cannot resolve host address: no-such-host.invalid:1194'
	local first=$EPOCHSECONDS
	wait_log client 'SIGUSR1\[soft,.*\] received, process restarting' 25
	[ $((EPOCHSECONDS - first)) -ge 4 ] || fail "restarts after $((EPOCHSECONDS - first)) s"
	want "lookups" 2 "$(log_count client 'RESOLVE: Cannot resolve host address')"
	ut_stop
}
case_add unresolvable_retry_10__two_lookups resolv_retry_10

# remote-random: not always the same first entry
remote_random()
{
	local i
	client_conf < <(for i in {1..8}; do echo "remote 192.0.2.10$i"; done; echo remote-random)
	for i in {1..6}; do
		mark client
		ut --config "$DIR/client.conf"
		wait_log client 'UDPv4 link remote'
		tail -c "+${MARK[client]}" "$DIR/client.log" | sed -nE 's/.*link remote: \[AF_INET\](.*):.*/\1/p' >>"$DIR/first"
		kill "$UT_PID"
		ut_exit 10
	done
	want "starts" 6 "$(wc -l <"$DIR/first")"
	[ "$(sort -u "$DIR/first" | wc -l)" -gt 1 ] || fail "six times the same: $(head -n 1 "$DIR/first")"
}
case_add remote_random remote_random

# The special words of routes, and what the real client makes of them.
route_words()
{
	server 2.6 <<-E
		push "route 203.0.113.1 255.255.255.255 net_gateway"
		push "route 203.0.113.2 255.255.255.255 vpn_gateway 5"
		push "route remote_host 255.255.255.255 net_gateway"
	E
	local ours=$OPENVPN v
	for v in 2.7 "$ours"; do
		OPENVPN=$v
		client <<-E
			remote $SERVER4
			disable-dco
		E
		in_c ip -4 route show | grep -E '203\.0\.113|192\.0\.2\.2' | sed 's/proto 111 //' | sort >"$DIR/routes.${v##*/}"
		ut_stop
	done
	diff "$DIR/routes.2.7" "$DIR/routes.${ours##*/}" || fail "other routes than the real client's (< real, > ours)"
	want "routes" 3 "$(wc -l <"$DIR/routes.2.7")"
}
case_add route_words_as_real route_words

# Packets from a client's network, and only from it.
srv_iroute_source()
{
	mkdir "$DIR/ccd"
	echo 'iroute 10.91.0.0 255.255.0.0' >"$DIR/ccd/client"
	our_server <<-E
		client-config-dir $DIR/ccd
		route 10.91.0.0 255.255.0.0
	E
	their_client 2.6 </dev/null
	ip -n "$NS-c" addr add 10.91.0.5/32 dev lo
	ip -n "$NS-c" addr add 10.92.0.5/32 dev lo
	in_c ping -qnc 3 -i 0.1 -W 2 -I 10.91.0.5 10.8.0.1 >/dev/null || fail "the network behind the client is not served"
	! in_c ping -qnc 2 -i 0.1 -W 1 -I 10.92.0.5 10.8.0.1 >/dev/null || fail "a foreign network is served"
	wait_log server 'MULTI: bad source address from client \[10.92.0.5\], packet dropped'
	their_client_stop
}
case_add srv_iroute_source srv_iroute_source

# No common cipher: told at once, closed after five seconds, others unharmed.
srv_refused_closes()
{
	our_server <<<'data-ciphers AES-256-GCM'
	their_client_fails 2.6 'AUTH: Received control message: AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)$' <<-E
		data-ciphers AES-128-GCM
	E
	local told=$EPOCHSECONDS
	wait_log server 'SIGTERM\[soft,delayed-exit\] received, client-instance exiting' 10
	[ $((EPOCHSECONDS - told)) -ge 3 ] || fail "closed after $((EPOCHSECONDS - told)) s"
	ut_exit 10
	want "exit status of the client" 0 "$RC"
}
case_add srv_no_common_cipher__closed_after_5_s srv_refused_closes
