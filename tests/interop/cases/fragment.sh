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
