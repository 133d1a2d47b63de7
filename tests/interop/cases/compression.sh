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

# What the server wants and the client does not have: the connection is given up, with the reason.
pushed_refused()
{
	server 2.6 <<-E
		allow-compression yes
		$1
		push "$1"
	E
	client_conf <<-E
		remote $SERVER4
		connect-retry 1 2
	E
	ut --config "$DIR/client.conf"
	wait_log client 'Compression is not allowed since allow-compression is set to .stub-only.'
	wait_log client 'OPTIONS ERROR: server pushed compression settings that are not allowed and will result in a non-working connection. See also allow-compression in the manual.'
	wait_log client 'SIGUSR1\[soft,process-push-msg-failed\]'
	want_no_log client 'Initialization Sequence Completed'
	kill "$UT_PID"
	ut_exit 10
}
case_add compression_26_pushed_lzo__refused pushed_refused "comp-lzo yes"
case_add compression_26_pushed_lz4_v2__refused pushed_refused "compress lz4-v2"

# announced OPTIONS LINES: the lines of the peer info which are about compression, in order
announced()
{
	server 2.6 <<-E
		allow-compression asym
	E
	client <<-E
		remote $SERVER4
		$1
	E
	want "peer info" "$2" "$(sed -nE 's/.* peer info: (IV_(LZ|COMP)[^ ]*).*/\1/p' "$DIR/server.log" | paste -sd ' ')"
	ut_stop
}
case_add compression_announced_default announced "" "IV_LZO_STUB=1 IV_COMP_STUB=1 IV_COMP_STUBv2=1"
case_add compression_announced_stub announced "compress stub-v2" "IV_LZO_STUB=1 IV_COMP_STUB=1 IV_COMP_STUBv2=1"
case_add compression_announced_lz4 announced "${yes}compress lz4" \
	"IV_LZ4=1 IV_LZ4v2=1 IV_LZO=1 IV_COMP_STUB=1 IV_COMP_STUBv2=1"

# srv_migrate CLIENT-OPTIONS PUSHED: a server that leaves compression framing behind
srv_migrate()
{
	our_server <<-E
		verb 7
		compress migrate
	E
	their_client 2.6 <<-E
		verb 7
		$1
	E
	tunnel_ok
	if [ "$2" ]; then
		want_log server "Note: 'compress migrate' detected remote peer with compression enabled."
		want_log client "PUSH_REPLY.*,$2,"
	else
		want_no_log server "compress migrate.*detected"
		want_no_log client 'PUSH_REPLY.*comp'
	fi
	for log in client server; do
		want_no_log $log "WARNING: '(comp-lzo|link-mtu)' is"
		want_no_log $log 'decompression (header|error)'
	done
	their_client_stop
}
case_add srv_compress_migrate__lzo srv_migrate "comp-lzo no" "compress stub-v2"
case_add srv_compress_migrate__stub srv_migrate "compress stub" "compress stub-v2"
case_add srv_compress_migrate__none srv_migrate "" ""
