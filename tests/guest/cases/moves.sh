# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2317,SC2329
# What happens when the kernel's data plane is lost while it runs, and when it comes back.
. /w/guest.sh
[ "$GUEST" = g72 ] && KIND=ovpn MODULE=ovpn || KIND=ovpn-dco MODULE=ovpn-dco-v2

# the driver goes, and with it every device; nobody can load it again
module_away()
{
	echo "install $MODULE /bin/false" >/etc/modprobe.d/away.conf
	rmmod "$MODULE" || fail "rmmod $MODULE"
}

module_back()
{
	rm -f /etc/modprobe.d/away.conf
	modprobe "$MODULE"
}

# as ping_vpn, but the tunnel may need some seconds
ping_soon() # NETNS ADDRESS SECONDS
{
	until_true "$3" ip netns exec "$1" ping -c 1 -W 1 "$2" || fail "no answer from $2 of $1 within $3 s"
}

SERVER=$OURS CLIENT=$OURS

both_up() # PROTO-SERVER PROTO-CLIENT [CLIENT-OPTIONS...]
{
	local ps=$1 pc=$2
	shift 2
	server srv "$SERVER" --proto "$ps"
	client cli "$CLIENT" --remote 192.0.2.1 --proto "$pc" "$@"
	connected cli || return
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0)"
	ping_vpn c 10.8.0.1
}

client_device_deleted()
{
	both_up "$@" || return
	ip -n c link del tun0
	ping_soon c 10.8.0.1 12
	wait_log cli 'tunnel interface tun0 is gone' 1
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind c tun0)"
	if [ "$1" = udp ]; then
		no_log cli 'SIGUSR1'
		[ "$(grep -c 'Initialization Sequence Completed' "$D/cli.log")" = 1 ] || fail "connected again"
	fi
}

server_device_deleted()
{
	both_up "$@" || return
	ip -n s link del tun0
	ping_soon c 10.8.0.1 12
	wait_log srv 'tunnel interface tun0 is gone' 1
	[ "$(link_kind s tun0)" = "$KIND" ] || fail "tun0 is a $(link_kind s tun0)"
	if [ "$1" = udp ]; then
		no_log cli 'SIGUSR1'
		no_log srv 'SIGUSR1'
	fi
}

module_removed()
{
	both_up "$@" || return
	module_away
	ping_soon c 10.8.0.1 25
	[ "$(link_kind c tun0)" = tun ] || fail "tun0 of the client is a $(link_kind c tun0)"
	[ "$(link_kind s tun0)" = tun ] || fail "tun0 of the server is a $(link_kind s tun0)"
	ping_vpn c fd00:8::1 3000
	module_back
	kill -USR1 "$(cat "$D/cli.pid")"
	until_true 15 test "$(link_kind c tun0)" = "$KIND"
	until_true 20 sh -c "[ \"\$(grep -c 'Initialization Sequence Completed' $D/cli.log)\" -ge 2 ]"
	[ "$(link_kind c tun0)" = "$KIND" ] || fail "tun0 of the client is not back in the kernel"
	ping_soon c 10.8.0.1 10
}

# our end loses its device, the other end is the guest's own program
with_theirs() # server|client FUNCTION ARGUMENTS...
{
	local SERVER=$OURS CLIENT=$OURS
	[ "$1" = server ] && SERVER=$THEIRS || CLIENT=$THEIRS
	shift
	"$@"
}

run_case client_device_deleted_theirs with_theirs server client_device_deleted udp udp
run_case server_device_deleted_theirs with_theirs client server_device_deleted udp udp
run_case client_device_deleted_udp client_device_deleted udp udp
run_case client_device_deleted_tcp client_device_deleted tcp-server tcp-client
run_case server_device_deleted_udp server_device_deleted udp udp
run_case server_device_deleted_tcp server_device_deleted tcp-server tcp-client
run_case module_removed_udp module_removed udp udp
run_case module_removed_tcp module_removed tcp-server tcp-client
exit "${GUEST_FAILED:-0}"
