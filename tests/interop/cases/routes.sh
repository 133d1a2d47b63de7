# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Pushed addresses, routes and DNS; redirect-gateway; what is left behind in every kind of end.

# goes_to ADDRESS DEVICE
goes_to()
{
	want "device towards $1" "$2" "$(route_to "$1")"
}

has_route()
{
	ip -n "$NS-c" route show "$1" | grep -qE -- "$2" || {
		ip -n "$NS-c" route
		fail "no route $1 $2"
	}
}

no_route()
{
	[ -z "$(ip -n "$NS-c" route show "$1")" ] || fail "unwanted route $1"
}

addresses()
{
	S_NET="server 10.8.0.0 255.255.255.0
$3" server "$1" <<-E
		topology $2
	E
	client <<-E
		remote $SERVER4
		verb 4
	E
	case $2 in
	subnet) want address "10.8.0.2/24" "$(ip -n "$NS-c" -o -4 addr show tun0 | awk '{print $4}')" ;;
	net30) want address "10.8.0.6 10.8.0.5/32" "$(ip -n "$NS-c" -o -4 addr show tun0 | awk '{print $4, $6}')" ;;
	p2p) want address "10.8.0.4 10.8.0.1/32" "$(ip -n "$NS-c" -o -4 addr show tun0 | awk '{print $4, $6}')" ;;
	esac
	want mtu 1500 "$(ip -n "$NS-c" -o link show tun0 | sed -nE 's/.* mtu ([0-9]+).*/\1/p')"
	ping_ok
	[ -z "$3" ] || ping_ok fd00:8::1
	ut_stop
}
case_add topology_subnet_26 addresses 2.6 subnet ''
case_add topology_subnet_ipv6_27 addresses 2.7 subnet 'server-ipv6 fd00:8::/64'
case_add topology_net30_26 addresses 2.6 net30 ''
case_add topology_p2p_26 addresses 2.6 p2p ''

tun_mtu()
{
	server 2.6 <<-E
		tun-mtu 1400
	E
	client <<-E
		remote $SERVER4
	E
	want mtu 1400 "$(ip -n "$NS-c" -o link show tun0 | sed -nE 's/.* mtu ([0-9]+).*/\1/p')"
	ping_ok
	ut_stop
}
case_add tun_mtu_pushed tun_mtu

# more than the client's buffers were made for
tun_mtu_cap()
{
	server 2.6 <<-E
		tun-mtu 9000
	E
	client <<-E
		remote $SERVER4
		$1
	E
	want mtu "$2" "$(ip -n "$NS-c" -o link show tun0 | sed -nE 's/.* mtu ([0-9]+).*/\1/p')"
	want_log server "peer info: IV_MTU=$2$"
	if [ "$2" = 9000 ]; then
		want_no_log client 'tun-mtu is too large'
	else
		want_log client 'Server-pushed tun-mtu is too large, please add tun-mtu-max 9000 in the client configuration'
	fi
	ping_ok
	ut_stop
}
case_add tun_mtu_pushed__too_large tun_mtu_cap '' 1600
case_add tun_mtu_pushed__as_large_as_allowed tun_mtu_cap 'tun-mtu-max 9000' 9000

# MSS of connections through the tunnel, as the server sees it
mssfix()
{
	server 2.6 <<-E
		mssfix 0
	E
	client <<-E
		remote $SERVER4
		$1
	E
	in_s timeout 10 tcpdump -nni tun0 -c 1 'tcp[tcpflags] & tcp-syn != 0' >"$DIR/dump" 2>"$DIR/dump.err" &
	wait_for 5 "tcpdump" grep -q listening "$DIR/dump.err"
	in_c nc -w 1 10.8.0.1 5555 </dev/null >/dev/null 2>&1
	wait_for 5 "a SYN" grep -q mss "$DIR/dump"
	want mss "$2" "$(sed -nE 's/.*\bmss ([0-9]+).*/\1/p' "$DIR/dump")"
	ut_stop
}
case_add mssfix_default mssfix '' 1400
case_add mssfix_off mssfix 'mssfix 0' 1460
case_add mssfix_1300 mssfix 'mssfix 1300' 1236

routes_pushed()
{
	server "$1" <<-E
		push "route 203.0.113.0 255.255.255.0"
		push "route 203.0.112.7"
		push "route 203.0.111.0 255.255.255.0 vpn_gateway 77"
		push "route 203.0.110.0 255.255.255.0 net_gateway"
		push "route-ipv6 2001:db8:77::/48"
	E
	client <<-E
		remote $SERVER4
		route 203.0.109.0 255.255.255.0
		route-ipv6 2001:db8:78::/48
	E
	has_route 203.0.113.0/24 'via 10.8.0.1 dev tun0'
	has_route 203.0.112.7 'via 10.8.0.1 dev tun0'
	has_route 203.0.111.0/24 'via 10.8.0.1 dev tun0 (proto [0-9a-z]+ )?metric 77'
	has_route 203.0.110.0/24 'via 198.51.100.1 dev eth0'
	has_route 203.0.109.0/24 'via 10.8.0.1 dev tun0'
	goes_to 2001:db8:77::1 tun0
	goes_to 2001:db8:78::1 tun0
	goes_to "$SERVER4" eth0
	ut_stop
}
case_add routes_pushed_26 routes_pushed 2.6
case_add routes_pushed_27 routes_pushed 2.7

routes_many()
{
	{
		local i
		for i in $(seq 0 59); do
			echo "push \"route 203.0.113.$((i * 4)) 255.255.255.252\""
		done
	} >"$DIR/many"
	server "$1" <"$DIR/many"
	client <<-E
		remote $SERVER4
	E
	want "routes" 60 "$(ip -n "$NS-c" route show via 10.8.0.1 | grep -c '^203\.0\.113\.')"
	want_log client 'push-continuation 2'
	ut_stop
}
case_add routes_60_in_parts_26 routes_many 2.6
case_add routes_60_in_parts_27 routes_many 2.7

route_nopull()
{
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
		push "dhcp-option DNS 10.8.0.1"
	E
	client <<-E
		remote $SERVER4
		route-nopull
	E
	no_route 203.0.113.0/24
	want_log client "Options error: option 'route' cannot be used in this context \(\[PUSH-OPTIONS\]\)"
	ping_ok
	ut_stop
}
case_add route_nopull__no_routes route_nopull

route_noexec()
{
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
	E
	client <<-E
		remote $SERVER4
		route-noexec
	E
	no_route 203.0.113.0/24
	ping_ok
	ut_stop
}
case_add route_noexec__no_routes route_noexec

# an equal route which was there before stays
route_exists()
{
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
		push "route 203.0.112.0 255.255.255.0"
	E
	ip -n "$NS-c" link add keep type veth peer name keep2
	ip -n "$NS-c" link set keep addrgenmode none up
	ip -n "$NS-c" link set keep2 addrgenmode none up
	ip -n "$NS-c" route add 203.0.113.0/24 dev keep
	net_state >"$DIR/net.before"
	client <<-E
		remote $SERVER4
	E
	has_route 203.0.112.0/24 'dev tun0'
	has_route 203.0.113.0/24 'dev keep'
	ut_stop
}
case_add route_exists__is_kept route_exists

refused_pushes()
{
	server 2.6 <<-E
		push "up /bin/sh"
		push "cd /"
		push "script-security 3"
		push "setenv X y"
		push "remote 192.0.2.77"
		push "route nonsense.example.com"
		push "route 203.0.113.0 255.255.255.0"
	E
	client <<-E
		remote $SERVER4
	E
	local o
	for o in up cd script-security setenv remote; do
		want_log client "Options error: option '$o' cannot be used in this context \(\[PUSH-OPTIONS\]\)"
	done
	has_route 203.0.113.0/24 'dev tun0'
	ping_ok
	ut_stop
}
case_add push_forbidden_options__refused refused_pushes

pull_filter()
{
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
		push "route 203.0.112.0 255.255.255.0"
	E
	client <<-E
		remote $SERVER4
		pull-filter ignore "route 203.0.113."
	E
	no_route 203.0.113.0/24
	has_route 203.0.112.0/24 'dev tun0'
	ut_stop
}
case_add pull_filter_ignore pull_filter

pull_filter_reject()
{
	server 2.6 <<-E
		push "route 203.0.113.0 255.255.255.0"
	E
	client_conf <<-E
		remote $SERVER4
		pull-filter reject route\ 203
	E
	ut --config "$DIR/client.conf"
	wait_log client 'SIGUSR1\[soft,Offending option received from server\] received, process restarting'
	ut_stop
}
case_add pull_filter_reject__restarts pull_filter_reject

# ---- the default route ---------------------------------------------------------------------------
# What must hold while the tunnel is up, by flags.
redirected()
{
	case $1 in
	*'!ipv4'*) goes_to 203.0.113.9 eth0 ;;
	*) goes_to 203.0.113.9 tun0 ;;
	esac
	case $1 in
	*ipv6*) goes_to 2001:db8:99::1 tun0 ;;
	*) goes_to 2001:db8:99::1 eth0 ;;
	esac
	goes_to 198.51.100.1 eth0
	case $1 in
	*'!ipv4'*) ;;
	local) goes_to "$SERVER4" tun0 ;;
	def1*)
		has_route 0.0.0.0/1 'via 10.8.0.1 dev tun0'
		has_route 128.0.0.0/1 'via 10.8.0.1 dev tun0'
		has_route default 'via 198.51.100.1 dev eth0'
		has_route "$SERVER4" 'via 198.51.100.1 dev eth0'
		;;
	*)
		has_route default 'via 10.8.0.1 dev tun0'
		has_route "$SERVER4" 'via 198.51.100.1 dev eth0'
		;;
	esac
	case $1 in
	*block-local*) goes_to 198.51.100.77 tun0 ;;
	local | *'!ipv4'*) ;;
	*) goes_to 198.51.100.77 eth0 ;;
	esac
	[ "$1" = local ] || ping_ok
}

# redirect FLAGS SIGNAL
redirect()
{
	server 2.6 <<-E
		push "redirect-gateway $1"
	E
	client <<-E
		remote $SERVER4
	E
	redirected "$1"
	case $2 in
	TERM | INT) ut_stop "$2" ;;
	HUP | USR1)
		mark client
		kill "-$2" "$UT_PID"
		connected 25
		redirected "$1"
		ut_stop
		;;
	KILL)
		kill -KILL "$UT_PID"
		wait "$UT_PID" 2>/dev/null
		# the device goes with the process; the host route to the server may stay
		ut --config "$DIR/client.conf"
		connected 25
		redirected "$1"
		kill -TERM "$UT_PID"
		ut_exit 10
		same_net_state || ip -n "$NS-c" route del "$SERVER4" via 198.51.100.1 2>/dev/null
		;;
	esac
}
for s in TERM INT HUP USR1; do
	case_add "redirect_def1_SIG$s" redirect def1 $s
	case_add "redirect_plain_SIG$s" redirect '' $s
done
case_add redirect_def1_killed__starts_again redirect def1 KILL
case_add redirect_autolocal redirect 'autolocal' TERM
case_add redirect_def1_bypass redirect 'def1 bypass-dhcp bypass-dns' TERM
case_add redirect_block_local redirect 'def1 block-local' TERM
case_add redirect_ipv6 redirect 'def1 ipv6' TERM
case_add redirect_ipv6_only redirect 'ipv6 !ipv4' USR1

# over IPv6: the host route to the server is an IPv6 one
redirect_6()
{
	server 2.6 <<-E
		proto udp6
		push "redirect-gateway def1 ipv6"
	E
	client <<-E
		remote $SERVER6
		proto udp6
	E
	goes_to 203.0.113.9 tun0
	goes_to 2001:db8:99::1 tun0
	goes_to "$SERVER6" eth0
	tunnel_ok
	ut_stop
}
case_add redirect_over_ipv6 redirect_6

# with persist-tun everything stays during a restart, so nothing leaks past the tunnel
redirect_persist()
{
	server 2.6 <<-E
		push "redirect-gateway def1"
		keepalive 1 4
	E
	client <<-E
		remote $SERVER4
		persist-tun
	E
	mark client
	kill -STOP "$SRV_PID"
	wait_log client 'process restarting'
	goes_to 203.0.113.9 tun0
	kill -CONT "$SRV_PID"
	connected 25
	redirected def1
	ut_stop
}
case_add redirect_persist_tun__stays_during_restart redirect_persist

# the server goes away for good: everything is restored before the next attempt
redirect_server_gone()
{
	server 2.6 <<-E
		push "redirect-gateway def1"
		keepalive 1 4
	E
	client <<-E
		remote $SERVER4
	E
	redirected def1
	server_stop KILL
	wait_log client 'SIGUSR1\[soft,ping-restart\] received, process restarting'
	want_net_restored
	ut_stop
}
case_add redirect_server_gone__restored redirect_server_gone

# ---- DNS -----------------------------------------------------------------------------------------
# A program in place of the system's records what it is told.
dns()
{
	local e=$DIR/dns.env
	cat >"$DIR/dns" <<-E
		#!/bin/sh
		{ echo "== \$script_type"; env | grep -E '^(dns_|dev=|foreign)' | sort; } >>$e
	E
	chmod +x "$DIR/dns"
	server "$1" <<-E
		$2
	E
	client <<-E
		remote $SERVER4
		script-security 2
		dns-updown $DIR/dns
	E
	ut_stop
	sed -i '/^dns_vars_file/d' "$e"
	cat "$e"
	diff - "$e" || fail "the environment of dns-updown differs"
}
dns_options()
{
	dns 2.7 'push "dns search-domains example.com example.net"
push "dns server 1 address 10.8.0.53 [fd00:8::53]:5353"
push "dns server 1 resolve-domains corp.example"
push "dns server 1 dnssec optional"
push "dns server 2 address 10.8.0.54"
push "dns server 2 transport DoT"
push "dns server 2 sni dns.example"' <<-E
		== dns-up
		dev=tun0
		dns_search_domain_1=example.com
		dns_search_domain_2=example.net
		dns_server_1_address_1=10.8.0.53
		dns_server_1_address_2=fd00:8::53
		dns_server_1_dnssec=optional
		dns_server_1_port_2=5353
		dns_server_1_resolve_domain_1=corp.example
		dns_server_2_address_1=10.8.0.54
		dns_server_2_sni=dns.example
		dns_server_2_transport=DoT
		== dns-down
		dev=tun0
		dns_search_domain_1=example.com
		dns_search_domain_2=example.net
		dns_server_1_address_1=10.8.0.53
		dns_server_1_address_2=fd00:8::53
		dns_server_1_dnssec=optional
		dns_server_1_port_2=5353
		dns_server_1_resolve_domain_1=corp.example
		dns_server_2_address_1=10.8.0.54
		dns_server_2_sni=dns.example
		dns_server_2_transport=DoT
	E
}
dns_dhcp()
{
	dns 2.6 'push "dhcp-option DNS 10.8.0.53"
push "dhcp-option DNS 10.8.0.54"
push "dhcp-option DOMAIN example.com"' <<-E
		== dns-up
		dev=tun0
		dns_search_domain_1=example.com
		dns_server_1_address_1=10.8.0.53
		dns_server_1_address_2=10.8.0.54
		== dns-down
		dev=tun0
		dns_search_domain_1=example.com
		dns_server_1_address_1=10.8.0.53
		dns_server_1_address_2=10.8.0.54
	E
}
case_add dns_options_pushed dns_options
case_add dns_from_dhcp_options dns_dhcp
