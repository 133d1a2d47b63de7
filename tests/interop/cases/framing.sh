# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Headers inside the encrypted packets: fragments and the framing of compression.

# framing PEER OPTIONS [CLIENT-OPTIONS]: packets of all sizes pass both ways
framing()
{
	local s
	server "$1" <<-E
		$2
	E
	client <<-E
		remote $SERVER4
		${3-$2}
	E
	for s in 0 8 100 1000 1372 1472 3000 20000; do
		in_c ping -qnc 2 -i 0.02 -W 2 -s $s 10.8.0.1 >"$DIR/ping" || fail "ping -s $s"
		in_s ping -qnc 2 -i 0.02 -W 2 -s $s 10.8.0.2 >"$DIR/ping" || fail "ping -s $s from the server"
	done
	ut_stop
}
case_add fragment_1300_26 framing 2.6 'fragment 1300'
case_add fragment_500_27 framing 2.7 'fragment 500'
case_add comp_lzo_no_26 framing 2.6 'comp-lzo no'
case_add compress_26 framing 2.6 'compress'
case_add compress_stub_26 framing 2.6 'compress stub'
case_add compress_stub_v2_26 framing 2.6 'compress stub-v2'
case_add compress_stub_v2_pushed_26 framing 2.6 'compress stub-v2
push "compress stub-v2"' ''
