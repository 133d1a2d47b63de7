# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# Interfaces of the kernel's data plane: taken over, kept, left over, replaced.
# seconds: 900
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn || KIND=ovpn-dco

index_of() # NETNS NAME
{
	ip -n "$1" -j link show "$2" 2>/dev/null | jq '.[0].ifindex'
}

initialised() # NAME TIMES
{
	[ "$(grep -c 'Initialization Sequence Completed' "$D/$1.log")" -ge "$2" ]
}

adopted_by_client()
{
	ip -n c link add vpn7 type "$KIND" || return
	local index
	index=$(index_of c vpn7)
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --dev vpn7 --dev-type tun
	connected cli || return
	want_log cli 'DCO device vpn7 already exists, won.t be destroyed at shutdown'
	ping_vpn c 10.8.0.1
	stop cli
	[ "$(index_of c vpn7)" = "$index" ] || fail "vpn7 was destroyed"
	[ -z "$(ip -n c -4 addr show vpn7)" ] || fail "vpn7 keeps an address"
	client cli2 "$OURS" --remote 192.0.2.1 --proto udp --dev vpn7 --dev-type tun
	connected cli2 || return
	ping_vpn c 10.8.0.1
}

# a device made without a mode is point-to-point
wrong_mode_for_server()
{
	ip -n s link add vpn7 type "$KIND" || return
	local index pid
	index=$(index_of s vpn7)
	start srv s "$OURS" --dev vpn7 --dev-type tun --server 10.8.0.0 255.255.255.0 --topology subnet --dh none \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --verb 4 --proto udp
	pid=$(cat "$D/srv.pid")
	until_true 15 dead "$pid" || fail "the server runs on"
	wait_log srv 'DCO device vpn7 exists in point-to-point mode, but multi-peer mode is needed' 1
	wait "$pid" && fail "exit status 0"
	[ "$(index_of s vpn7)" = "$index" ] || fail "vpn7 was destroyed"
}

in_use_by_another()
{
	server srv "$OURS" --proto udp --dev vpn7 --dev-type tun
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	start srv2 s "$OURS" --dev vpn7 --dev-type tun --server 10.9.0.0 255.255.255.0 --topology subnet --dh none \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key --verb 4 --proto udp --port 1195
	wait_log srv2 'DCO device vpn7 is in use by another program' 15
	until_true 10 dead "$(cat "$D/srv2.pid")" || fail "the second server runs on"
	ping_vpn c 10.8.0.1
}

# after SIGKILL the device stays, without peers
left_over()
{
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --dev vpn7 --dev-type tun
	connected cli || return
	stop cli KILL
	[ "$(link_kind c vpn7)" = "$KIND" ] || fail "vpn7 did not stay"
	client cli2 "$OURS" --remote 192.0.2.1 --proto udp --dev vpn7 --dev-type tun
	connected cli2 || return
	want_log cli2 'DCO device vpn7 already exists'
	ping_vpn c 10.8.0.1
	stop cli2
	ip -n c link del vpn7
	client cli3 "$OURS" --remote 192.0.2.1 --proto udp
	connected cli3 || return
	stop cli3 KILL
	client cli4 "$OURS" --remote 192.0.2.1 --proto udp
	connected cli4 || return
	want_log cli4 'DCO device tun1 opened'
	want_log cli4 'WARNING: DCO device tun0 exists and has no peers'
}

# the server dies and comes back; the client notices by silence, 2 s after the time for it at most
restarts() # KEEPS-DEVICE CLIENT-OPTIONS...
{
	local keeps=$1 index round
	shift
	server srv "$OURS" --proto udp --keepalive 1 5
	client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1 "$@"
	connected cli || return
	ping_vpn c 10.8.0.1 # a kernel through which nothing has come is given up before the server is
	index=$(index_of c tun0)
	for round in {1..20}; do
		stop srv KILL
		ip -n s link del tun0
		until_true 7 sh -c "[ \"\$(grep -c 'Inactivity timeout (--ping-restart), restarting' $D/cli.log)\" -ge $round ]" ||
			fail "round $round: the silence was not noticed within 7 s"
		server srv "$OURS" --proto udp --keepalive 1 5
		until_true 30 initialised cli $((round + 1)) || fail "round $round: not connected again"
		ping_vpn c 10.8.0.1
	done
	if [ "$keeps" = yes ]; then
		[ "$(index_of c tun0)" = "$index" ] || fail "the device was not kept"
		want_log cli 'Preserving previous TUN/TAP instance: tun0'
	else
		[ "$(index_of c tun0)" != "$index" ] || fail "the device was kept"
	fi
}

# The server is gone before a data packet has come. The client doubts the driver, but when the engine
# hears nothing either the next connection is the driver's again.
silent_from_the_start()
{
	server srv "$OURS" --proto udp --keepalive 1 8
	client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1
	connected cli || return
	stop srv KILL
	ip -n s link del tun0
	wait_log cli 'Note: no data packet has come through the kernel' 10
	wait_log cli 'Inactivity timeout \(--ping-restart\), restarting' 20
	server srv "$OURS" --proto udp --keepalive 1 8
	until_true 30 initialised cli 2 || fail "not connected again"
	ping_vpn c 10.8.0.1
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0)"
	no_log cli 'data channel offload does not work here'
}

# other options on the second connection: another device, whose events arrive too
persist_changed_options()
{
	server srv "$OURS" --proto udp --keepalive 1 5
	client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1 --persist-tun
	connected cli || return
	local index
	index=$(index_of c tun0)
	stop srv KILL
	ip -n s link del tun0
	server srv "$OURS" --proto udp --keepalive 1 5 --push 'route 172.30.0.0 255.255.0.0'
	until_true 30 initialised cli 2 || fail "not connected again"
	want_log cli 'Pulled options changed on restart, will need to close and reopen TUN/TAP device'
	[ "$(index_of c tun0)" != "$index" ] || fail "the device was kept"
	ping_vpn c 10.8.0.1
	stop srv KILL
	ip -n s link del tun0 2>/dev/null # the legacy module keeps the peers of a dead process
	until_true 15 sh -c "[ \"\$(grep -c 'Inactivity timeout (--ping-restart), restarting' $D/cli.log)\" -ge 2 ]" ||
		fail "the silence was not noticed on the new device"
}

server_keeps_device()
{
	server srv "$OURS" --proto udp --persist-tun --keepalive 1 5
	client cli "$OURS" --remote 192.0.2.1 --proto udp --connect-retry 1 1
	connected cli || return
	local index
	index=$(index_of s tun0)
	kill -USR1 "$(cat "$D/srv.pid")"
	until_true 20 initialised srv 2 || fail "the server did not restart"
	# the legacy module keeps the sockets of a device, which is then not kept itself
	[ "$GUEST" != g72 ] || [ "$(index_of s tun0)" = "$index" ] || fail "the device was not kept"
	until_true 30 initialised cli 2 || fail "not connected again"
	ping_vpn c 10.8.0.1
}

mktun()
{
	ip netns exec c "$OURS" --mktun --dev tun5 --dev-type tun >"$D/mktun.log" 2>&1 || fail "--mktun: $?"
	want_log mktun 'Note: --mktun does not support DCO. Creating TUN interface.'
	[ "$(link_kind c tun5)" = tun ] || fail "tun5 is a $(link_kind c tun5)"
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp --dev tun5
	connected cli || return
	want_log cli 'Interface tun5 exists and is not using the ovpn DCO driver'
	ping_vpn c 10.8.0.1
	stop cli
	[ "$(link_kind c tun5)" = tun ] || fail "the persistent tun5 went away"
	ip netns exec c "$OURS" --rmtun --dev tun5 --dev-type tun >"$D/rmtun.log" 2>&1 || fail "--rmtun: $?"
	! ip -n c link show tun5 >/dev/null 2>&1 || fail "tun5 is still there"
}

names_in_use()
{
	ip -n c link add tun0 type dummy || return
	server srv "$OURS" --proto udp
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	want_log cli 'DCO device tun1 opened'
	ping_vpn c 10.8.0.1
	stop cli
	! ip -n c link show tun1 >/dev/null 2>&1 || fail "tun1 is left over"
	client cli2 "$OURS" --remote 192.0.2.1 --proto udp --dev vpnfoo --dev-type tun
	connected cli2 || return
	want_log cli2 'DCO device vpnfoo opened'
	stop cli2
	! ip -n c link show vpnfoo >/dev/null 2>&1 || fail "vpnfoo is left over"
}

# SIGHUP looks again at what the machine can do
hangup()
{
	local module=${KIND/ovpn-dco/ovpn-dco-v2}
	server srv "$OURS" --proto udp --disable-dco
	echo "install $module /bin/false" >/etc/modprobe.d/away.conf
	rmmod "$module" || fail "rmmod"
	client cli "$OURS" --remote 192.0.2.1 --proto udp
	connected cli || return
	[ "$(link_kind c tun0)" = tun ] || fail "tun0 is a $(link_kind c tun0)"
	rm -f /etc/modprobe.d/away.conf
	modprobe "$module"
	kill -HUP "$(cat "$D/cli.pid")"
	until_true 30 initialised cli 2 || fail "not connected again"
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0) after SIGHUP"
	ping_vpn c 10.8.0.1
}

# root of a user namespace may make the interface, but the driver takes no orders from it
unprivileged_container()
{
	start srv s unshare -Urn "$OURS" --dev tun --server 10.8.0.0 255.255.255.0 --topology subnet --dh none --verb 4 \
		--ca /w/pki/ca.crt --cert /w/pki/server.crt --key /w/pki/server.key
	wait_log srv 'no permission to use the ovpn.* kernel module' 10
	wait_log srv 'Data channel offload is not used' 5
	wait_log srv 'Initialization Sequence Completed' 10
}

# the version is that of a driver which nobody has loaded before
driver_loaded_first()
{
	rmmod "${KIND/ovpn-dco/ovpn-dco-v2}" || fail "rmmod"
	start ver c "$OURS" --client --dev tun --nobind --remote 192.0.2.9 --ca /w/pki/ca.crt --cert /w/pki/client.crt \
		--key /w/pki/client.key --verb 4
	wait_log ver 'DCO version: [0-9]' 10
}

run_case adopted_by_client adopted_by_client
run_case wrong_mode_for_server wrong_mode_for_server
run_case in_use_by_another in_use_by_another
run_case left_over left_over
run_case restarts restarts no
run_case restarts_persist_tun restarts yes --persist-tun
# with the legacy module something is counted as received before the server can be stopped
[ "$GUEST" != g72 ] || run_case silent_from_the_start silent_from_the_start
run_case persist_changed_options persist_changed_options
run_case server_keeps_device server_keeps_device
run_case mktun mktun
run_case names_in_use names_in_use
run_case hangup hangup
run_case unprivileged_container unprivileged_container
run_case driver_loaded_first driver_loaded_first
exit "${GUEST_FAILED:-0}"
