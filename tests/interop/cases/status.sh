# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Status files under the eyes of programs that read them (tests/interop/status-reader).

# reads [COUNT]: the file can be read, COUNT clients are in it
reads()
{
	"$HERE/status-reader" "$DIR/status" >"$DIR/metrics" 2>"$DIR/reader" || return 1
	[ $# = 0 ] || grep -qx "openvpn_server_connected_clients{} $1" "$DIR/metrics"
}

want_reads()
{
	until_true 8 reads "$@" || {
		cat "$DIR/reader" "$DIR/status"
		fail "the file cannot be read, or not ${1-} clients in it"
	}
}

# status_crowd VERSION: nobody, one, and fifty beside it
status_crowd()
{
	our_server <<-E
		status $DIR/status 1
		status-version $1
		duplicate-cn
	E
	want_reads 0
	their_client 2.6 </dev/null
	want_reads 1
	scripted_client < <(printf '%s\n' 'say PUSH_REQUEST' 'until ^PUSH_REPLY' 'crowd 49' 'sleep 40') &
	local peer=$! n
	until_true 40 reads 51 || {
		tail -n 3 "$DIR/peer.log"
		fail "51 clients: $(cat "$DIR/reader" "$DIR/metrics" | head -n 3)"
	}
	n=$(grep -c '^openvpn_server_client_sent_bytes_total' "$DIR/metrics")
	[ "$n" = 51 ] || fail "$n series of clients"
	n=$(grep -c '^openvpn_server_route_last_reference' "$DIR/metrics")
	[ "$n" = 102 ] || fail "$n series of addresses"
	ping_ok
	kill $peer
	their_client_stop
}
case_add status_crowd_1__read status_crowd 1
case_add status_crowd_2__read status_crowd 2
case_add status_crowd_3__read status_crowd 3

# rows of a tap server are about MAC addresses, with a VLAN behind them
status_tap()
{
	local mac
	S_NET='server 10.8.0.0 255.255.255.0' our_server <<-E
		dev tap
		status $DIR/status 1
		status-version $1
		$2
	E
	their_client 2.6 <<-E
		dev tap
	E
	ping_ok
	mac=$(ip -n "$NS-c" -o link show tap0 | sed -nE 's/.* link\/ether ([0-9a-f:]+) .*/\1/p')
	wait_for 5 "the MAC address" grep -qE "(^|ROUTING_TABLE.)$mac$3[,	]client[,	]" "$DIR/status"
	want_reads 1
	grep -q "virtual_address=\"$mac$3\"" "$DIR/metrics" || fail "no series of $mac"
	their_client_stop
}
case_add status_tap_1__read status_tap 1 '' @0
case_add status_tap_2__read status_tap 2 '' @0
case_add status_tap_3_vlan__read status_tap 3 'vlan-tagging
vlan-accept untagged' '@1'

# a name with separators in it, networks behind the client, IPv6, TCP, a user name, a client that is unknown
status_odd()
{
	mkdir "$DIR/ccd"
	printf 'iroute 10.91.0.0 255.255.0.0\niroute-ipv6 fd91::/64\n' >"$DIR/ccd/DEFAULT"
	on user-pass-verify <<<'exit 0'
	our_server <<-E
		proto tcp6-server
		client-config-dir $DIR/ccd
		status $DIR/status 1
		status-version $1
		script-security 2
		auth-user-pass-verify $DIR/hook via-file
	E
	login $'jo,"e\tx' secret
	in_c timeout 30 nc "$SERVER4" 1194 </dev/null >/dev/null &
	local OPENVPN=2.6
	client <<-E
		proto tcp6-client
		remote $SERVER6
		disable-dco
		auth-user-pass $DIR/login
	E
	wait_for 5 "the networks" grep -q 'fd91::/64' "$DIR/status"
	want_reads
	grep -q 'virtual_address="10\.91\.0\.0/16"' "$DIR/metrics" || fail "no network behind the client"
	their_client_stop
}
case_add status_odd_1__read status_odd 1
case_add status_odd_2__read status_odd 2
case_add status_odd_3__read status_odd 3

# status_client OPTIONS COUNTERS: the file of a client, with those of compression framing where there is one
status_client()
{
	server 2.6 <<<"$1"
	client <<-E
		remote $SERVER4
		status $DIR/status 1
		$1
	E
	ping_ok
	wait_for 5 "what was sent" grep -q '^TUN/TAP read bytes,[1-9]' "$DIR/status"
	want_reads
	want "counters" "$2" "$(grep -c '^openvpn_client_' "$DIR/metrics")"
	ut_stop
}
case_add status_client__read status_client '' 5
case_add status_client_framing__read status_client 'comp-lzo no' 9

# what a server compressed, as it came and as it became
status_client_lz4()
{
	server 2.6 <<-E
		compress lz4-v2
		allow-compression yes
		push "compress lz4-v2"
	E
	client <<-E
		remote $SERVER4
		status $DIR/status 1
		allow-compression asym
	E
	in_c ping -qnc 5 -i 0.05 -s 1200 -p 41 10.8.0.1 >/dev/null || fail ping
	tick
	wait_for 5 "decompressed packets" awk -F, '/^pre-decompress/ {p = $2} /^post-decompress/ {ok = p > 0 && $2 > 5 * p} END {exit !ok}' "$DIR/status"
	want_reads
	grep -qx 'post-compress bytes,0' "$DIR/status" || fail "it compressed"
	ut_stop
}
case_add status_client_lz4__read status_client_lz4

# the reader itself: what released servers write can be read, and a wrong column cannot
status_real()
{
	server "$1" <<-E
		status $DIR/status 1
		status-version $2
	E
	client <<-E
		remote $SERVER4
	E
	want_reads 1
	for n in 1 2 3; do
		case $n in
		1) sed -E 's/^((CLIENT_LIST.)?client[,\t])/\1\1/' ;;
		2) sed 's/^END$/MORE/' ;;
		3) sed -E 's/(:[0-9]+[,\t].*[,\t])([0-9]+)([,\t])/\1\2x\3/' ;;
		esac <"$DIR/status" >"$DIR/broken"
		! cmp -s "$DIR/status" "$DIR/broken" || fail "nothing was broken"
		! "$HERE/status-reader" "$DIR/broken" >/dev/null 2>&1 || {
			cat "$DIR/broken"
			fail "the broken file could be read"
		}
	done
	ut_stop
}
case_add status_26_2__read status_real 2.6 2
case_add status_27_1__read status_real 2.7 1
case_add status_27_3__read status_real 2.7 3

# ---- a kernel which does not tell its counters ---------------------------------------------------------
# the numbers stay what they were, in the file and by SIGUSR2, and nothing restarts
status_mute_client()
{
	local before after
	server 2.6 </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<-E
		remote $SERVER4
		status $DIR/status 1
		inactive 3600
	E
	ping_ok
	wait_for 5 "bytes in the file" grep -qE '^TUN/TAP read bytes,[0-9]{4}' "$DIR/status"
	refuse fc device_stats ENOENT always
	refuse fc peer_stats ENOENT always
	for _ in {1..15}; do tick; done # a file that was written since
	before=$(counters)
	for _ in {1..25}; do tick; done
	ping_ok
	kill -USR2 "$UT_PID"
	wait_log client ' END$' 5
	want_reads
	after=$(counters)
	want "counters of the device" "$(head -n 2 <<<"$before")" "$(head -n 2 <<<"$after")"
	want_no_log client 'SIG(TERM|USR1|HUP)|estarting'
	rm "$DIR"/fc/fail.*
	wait_for 5 "more bytes" sh -c "[ \$(sed -n 's/^TUN.TAP read bytes,//p' $DIR/status) -gt $(head -n 1 <<<"$before") ]"
	ut_stop
}
counters()
{
	sed -nE 's/^TUN\/TAP [a-z]+ bytes,//p' "$DIR/status"
}
case_add status_query_fails_client__last_numbers status_mute_client

status_mute_server()
{
	local before
	faulty_server <<-E
		status $DIR/status 1
		status-version 2
	E
	their_client 2.6 </dev/null
	ping_ok
	wait_for 5 "bytes in the file" grep -qE '^CLIENT_LIST,client,.*,[0-9]{4,},[0-9]{4,},20' "$DIR/status"
	refuse fs device_stats EINVAL always
	refuse fs peer_stats EINVAL always
	for _ in {1..15}; do tick; done # a file that was written since
	before=$(client_counters)
	for _ in {1..25}; do tick; done
	want_reads 1
	want "counters of the client" "$before" "$(client_counters)"
	want "the last statistic" GLOBAL_STATS,dco_enabled,1 "$(tail -n 2 "$DIR/status" | head -n 1)"
	ping_ok
	want_no_log server 'SIG(TERM|USR1|HUP)|estarting'
	their_client_stop
}
# what the control channel adds may still come in
client_counters()
{
	sed -nE 's/^CLIENT_LIST,client,[^,]*,[^,]*,[^,]*,([0-9]+)..,([0-9]+)..,.*/\1 \2/p' "$DIR/status"
}
case_add status_query_fails_server__last_numbers status_mute_server
