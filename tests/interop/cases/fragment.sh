# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Internal fragmentation: packets of every size pass. (How large a datagram may be is shown by the
# unit tests: a capture would see whole runs, which the kernel cuts later.)

# fragment PEER VALUE OPTION
fragment()
{
	server "$1" <<-E
		fragment $2
		$3
	E
	client <<-E
		remote $SERVER4
		fragment $2
		$3
	E
	tunnel_ok
	for size in 100 600 1000 1300 1400 1472; do
		in_c ping -qnc 4 -i 0.05 -s $size 10.8.0.1 >/dev/null || fail "ping of $size bytes"
	done
	want_no_log client 'FRAG_IN error'
	want_no_log server 'FRAG_IN error'
	ut_stop
}
case_add fragment_26 fragment 2.6 1300 "verb 4"
case_add fragment_26_mtu fragment 2.6 "1300 mtu" "verb 4"
case_add fragment_27 fragment 2.7 1200 "verb 4"
case_add fragment_26_cbc fragment 2.6 1300 "data-ciphers AES-256-CBC"

# path_mtu MTU FRAGMENT LINE: a link on the way takes less than we send
path_mtu()
{
	ip -n "$NS-r" link set rs mtu "$1"
	ip -n "$NS-s" link set eth0 mtu "$1"
	server 2.6 <<-E
		$2
	E
	client <<-E
		remote $SERVER4
		mtu-disc yes
		$2
	E
	in_c ping -qnc 10 -i 0.1 -W 1 -s "${4-1310}" 10.8.0.1 >"$DIR/ping"
	wait_log client "(read|write) UDP(v4)? \[EMSGSIZE Path-MTU=$1\]: Message too long \(fd=[0-9]+,code=90\)" 5
	if [ "$3" ]; then
		wait_log client "Note adjusting '$3' to 'fragment $1 mtu' according to path MTU discovery" 5
		ping_ok
	else
		want_no_log client 'Note adjusting'
		in_c ping -qnc 3 -i 0.1 -W 1 -s 1000 10.8.0.1 >"$DIR/ping" || fail "the tunnel does not go on"
	fi
	ut_stop
}
case_add path_mtu_26__fragments_shrink path_mtu 1300 'fragment 1400' 'fragment 1400'
case_add path_mtu_26__fragments_with_headers_shrink path_mtu 1300 'fragment 1400 mtu' 'fragment 1400 mtu'
case_add path_mtu_26__without_fragment path_mtu 1300 'mssfix 1400' ''
# 2.6.14 compares the payload with the path, and leaves this one as it is
case_add path_mtu_26__just_too_large path_mtu 1410 'fragment 1400' 'fragment 1400' 1340
