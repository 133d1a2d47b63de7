# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every kind of compression framing, both ends configured alike or told by the server. The peer sends
# compressed where it can; we never do.

# compression PEER SERVER-LINES CLIENT-LINES
compression()
{
	server "$1" <<-E
		$2
	E
	client <<-E
		remote $SERVER4
		$3
	E
	tunnel_ok
	in_c ping -qnc 10 -i 0.05 -s 1200 -p 41 10.8.0.1 >/dev/null || fail "ping of compressible packets"
	for log in client server; do
		want_no_log $log 'decompression (header|error)'
	done
	ut_stop
}
yes=$'allow-compression yes\n'
case_add compression_26_lzo_stub compression 2.6 "comp-lzo no" "comp-lzo no"
case_add compression_26_stub compression 2.6 "compress stub" "compress stub"
case_add compression_26_stub_v2 compression 2.6 "compress stub-v2" "compress stub-v2"
case_add compression_26_lzo compression 2.6 "${yes}comp-lzo yes" "${yes}comp-lzo yes"
case_add compression_26_lz4 compression 2.6 "${yes}compress lz4" "${yes}compress lz4"
case_add compression_26_lz4_v2 compression 2.6 "${yes}compress lz4-v2" "${yes}compress lz4-v2"
case_add compression_26_pushed_lzo_no compression 2.6 $'comp-lzo no\npush "comp-lzo no"' ""
case_add compression_27_pushed_stub compression 2.7 $'compress stub\npush "compress stub"' ""
case_add compression_26_pushed_stub_v2 compression 2.6 $'compress stub-v2\npush "compress stub-v2"' ""
