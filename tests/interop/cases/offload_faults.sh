# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A driver of offload which refuses, forgets or tells of things: what our client and our server make of
# it. The driver is that of openvpn_fake_kernel (fake_kernel.c); each end has a directory by which
# the case speaks to it, fc for the client and fs for the server.

# fake DIRECTORY: PROGRAM is ours over the fake driver, which that directory drives
fake()
{
	case $OPENVPN in
	2.[0-9]) skip "the fake driver is part of our program" ;;
	esac
	PROGRAM=$(dirname "$OPENVPN")/openvpn_fake_kernel
	[ -x "$PROGRAM" ] || skip "no openvpn_fake_kernel beside openvpn: 'make check' builds it, with offload"
	export FAKE_KERNEL=$DIR/$1
	mkdir -p "$FAKE_KERNEL"
	[ ! -e "$FAKE_KERNEL/events" ] || return 0
	: >>"$FAKE_KERNEL/requests.log"
	mkfifo "$FAKE_KERNEL/events"
}

# refuse DIRECTORY REQUEST ERRNO [always]
refuse()
{
	echo "$3 ${4-}" >"$DIR/$1/fail.$2.new"
	mv "$DIR/$1/fail.$2.new" "$DIR/$1/fail.$2"
}

# tell DIRECTORY EVENT...
tell()
{
	local to=$1
	shift
	echo "$*" >"$DIR/$to/events"
}

# A key that comes to a data plane a second time starts at packet id 1 again.
want_no_key_twice()
{
	local twice
	twice=$(grep -ahoE 'key [0-9a-f]{8}' "$DIR"/f[cs]/requests.log 2>/dev/null | sort | uniq -d)
	want "keys that were installed twice at one end" "" "$twice"
}

# faulty_server [< options], faulty_client [< options]: ours over the fake driver
faulty_server()
{
	fake fs
	server "$PROGRAM"
	wait_log fs/requests '^kernel: device_open' 1
}

faulty_client_start()
{
	fake fc
	OPENVPN=$PROGRAM
	client_conf
	ut --config "$DIR/client.conf"
}

faulty_client()
{
	faulty_client_start
	connected 25
	[ -e "$DIR/fc/may_fail" ] || wait_log fc/requests '^kernel: key_install' 5
}

ERRNOS=(EPERM ENODEV ENOENT EINVAL ENOMEM ENOTSOCK EEXIST EADDRINUSE ETIMEDOUT)

# ---- the client --------------------------------------------------------------------------------
# The interface cannot be made although the driver said that it works: the same connection goes on.
client_device_refused()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc device_open "$1" always
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: the kernel cannot make the tunnel interface, continuing without data channel offload\.')"
	want_no_log client 'SIGUSR1'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	ut_stop
}

# The first peer or key is refused for good: one restart, the second attempt is without offload, and
# so is everything until SIGHUP.
client_first_refused()
{
	local request=$1 error=$2
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$request" "$error"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log client 'Note: data channel offload does not work here, continuing without it until SIGHUP\.'
	want "restarts" 1 "$(log_count client 'SIGUSR1.* received')"
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	mark client
	kill -USR1 "$UT_PID"
	connected 15
	ping_ok
	want "devices of the driver" 1 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	mark client
	kill -HUP "$UT_PID"
	connected 15
	tunnel_ok
	want "devices of the driver" 2 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	want_log client 'Data channel offload is used'
	want_no_key_twice
	ut_stop
}

# For want of memory it is refused once: the next attempt uses offload again.
client_first_starved()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$1" "$2"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "restarts" 1 "$(log_count client 'SIGUSR1.* received')"
	want_no_log client 'continuing without it until SIGHUP'
	want "devices of the driver" 2 "$(grep -c '^kernel: device_open' "$DIR/fc/requests.log")"
	want_no_log fc/requests '^engine: device_open'
	want_no_key_twice
	ut_stop
}

# It is refused for want of memory again and again: then it goes without.
client_first_starved_forever()
{
	server "$OPENVPN" </dev/null
	fake fc
	refuse fc "$1" ENOMEM always
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log client 'continuing without it until SIGHUP'
	want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	ut_stop
}

# Each request of a renegotiation fails in each way. The tunnel lives on, and no key comes twice.
client_later_refused()
{
	local request=$1 error
	shift
	server "$OPENVPN" <<<"keepalive 1 6
tran-window 2"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
tran-window 2"
	tunnel_ok
	for error in "$@"; do
		mark client
		mark fc/requests
		refuse fc "$request" "$error"
		tell fc key-limit "$(peer_id)"
		wait_for 20 "$request was refused with $error" test ! -e "$DIR/fc/fail.$request"
			wait_log client "cannot install the data channel key: " 5
		wait_log client "The tunnel goes on with|SIGUSR1.*dco update keys error.* received" 15
		wait_for 15 "the tunnel works after $request: $error" pings
		# the driver again, for the next
		mark client
		kill -HUP "$UT_PID"
		connected 15
		wait_for 5 "the tunnel works" pings
	done
	want_no_key_twice
	ut_stop
}

peer_id()
{
	sed -nE 's/^kernel: peer_add ([0-9]+) .*/\1/p' "$DIR/fc/requests.log" | tail -n 1
}

# ---- TCP: the stream was the driver's, so the connection is made anew ---------------------------
tcp_client_refused() # REQUEST ERRNO
{
	server "$OPENVPN" <<<"proto tcp-server"
	fake fc
	refuse fc "$1" "$2"
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
proto tcp-client
connect-retry 1 1"
	if [ "$1" = key_install_later ]; then
		ping_ok
		tell fc key-limit "$(peer_id)"
		wait_log client 'SIGUSR1\[soft,dco update keys error\] received, process restarting' 10
		wait_for 20 "the tunnel is back" pings
	else
		want_log fc/requests '^engine: key_install [0-9]+ slot 0'
	fi
	want "restarts" 1 "$(log_count client 'SIGUSR1.* received')"
	tunnel_ok
	want_no_key_twice
	ut_stop
}

tcp_server_refused() # REQUEST ERRNO
{
	local own=$OPENVPN
	fake fs
	refuse fs "$1" "$2"
	server "$PROGRAM" <<<"proto tcp-server"
	OPENVPN=$own client <<<"remote $SERVER4
proto tcp-client
connect-retry 1 1"
	wait_log fs/requests '^engine: key_install [0-9]+ slot 0' 20
	wait_for 20 "the tunnel" pings
	tunnel_ok
	want_log server 'continuing without it until SIGHUP'
	want_no_key_twice
	ut_stop
}

case_add offload_fault_client_device_EPERM client_device_refused EPERM
case_add offload_fault_client_device_EOPNOTSUPP client_device_refused EOPNOTSUPP
for e in EPERM EOPNOTSUPP ENOTSOCK EINVAL EBUSY; do
	case_add "offload_fault_client_first_peer_$e" client_first_refused peer_add $e
done
for e in ENOENT EINVAL EOPNOTSUPP; do
	case_add "offload_fault_client_first_key_$e" client_first_refused key_install $e
done
for e in ENOMEM ENOBUFS; do
	case_add "offload_fault_client_first_peer_$e" client_first_starved peer_add $e
	case_add "offload_fault_client_first_key_$e" client_first_starved key_install $e
done
case_add offload_fault_client_first_peer_ENOMEM_always client_first_starved_forever peer_add
case_add offload_fault_client_first_key_ENOMEM_always client_first_starved_forever key_install
for r in device_open peer_add peer_set key_install; do
	case_add "offload_fault_client_start_$r" client_start_refused $r
done
for r in key_install_later key_swap key_delete; do
	case_add "offload_fault_client_$r" client_later_refused $r "${ERRNOS[@]}"
done
case_add offload_fault_tcp_client_first_peer tcp_client_refused peer_add EINVAL
case_add offload_fault_tcp_client_first_key tcp_client_refused key_install ENOENT
case_add offload_fault_tcp_client_later_key tcp_client_refused key_install_later EINVAL
case_add offload_fault_tcp_server_first_peer tcp_server_refused peer_add EINVAL
case_add offload_fault_tcp_server_first_key tcp_server_refused key_install ENOENT
