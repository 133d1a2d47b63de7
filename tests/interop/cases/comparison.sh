# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What both ends tell each other, beside a real program in the same place.

# peer_info_of PROGRAM OPTIONS: what a real server is told
peer_info_of()
{
	local OPENVPN=$1
	mark server
	client <<-E
		remote $SERVER4
		disable-dco
		$2
	E
	kill "$UT_PID"
	ut_exit 10
	# versions, libraries and the machine are their own; ours needs no word for lz4
	tail -c "+${MARK[server]}" "$DIR/server.log" | sed -nE 's/.* peer info: (IV_[A-Z0-9a-z_]+=.*|UV_.*)/\1/p' |
		sed -E 's/^(IV_VER|IV_SSL|IV_PLAT_VER|IV_HWADDR)=.*/\1/'
}

peer_info_same()
{
	server 2.6 </dev/null
	peer_info_of 2.7 "$1" >"$DIR/real"
	peer_info_of "$OPENVPN" "$1" >"$DIR/ours"
	diff "$DIR/real" "$DIR/ours" || fail "other peer info than the real client's (< real, > ours)"
	[ "$(wc -l <"$DIR/ours")" -ge 8 ] || fail "only $(wc -l <"$DIR/ours") lines"
}
case_add peer_info_as_real peer_info_same ''
case_add peer_info_pushed_as_real peer_info_same 'push-peer-info
setenv UV_ASSET 7'

# occ OPTIONS-OF-SERVER OPTIONS-OF-CLIENT REGEX-OR-NOTHING: differences that the client sees
occ_with_peer()
{
	server "$1" <<<"$2"
	client <<-E
		remote $SERVER4
		verb 7
		$3
	E
	ping_ok
	want "lines about differences" "$4" "$(log_count client "is used inconsistently|is present in (local|remote) config")"
	[ "$4" = 0 ] || for w in link-mtu tun-mtu; do want_log client "WARNING: '$w' is used inconsistently"; done
	ut_stop
}
case_add occ_equal_26__silent occ_with_peer 2.6 '' '' 0
case_add occ_equal_27__silent occ_with_peer 2.7 '' '' 0
case_add occ_other_mtu_26__two_warnings occ_with_peer 2.6 '' 'tun-mtu 1400' 2

# The reply for each form of a server's network.
reply_of()
{
	local v=$1
	S_NET=$2 server "$v" <<-E
		disable-dco
		$3
	E
	mark client
	their_client 2.6 <<<"${4-}"
	sed -nE "s/.*PUSH: Received control message: '(.*)'/\1/p" "$DIR/client.log" | tail -n 1
	their_client_stop
	server_stop
}

srv_reply_as_real()
{
	reply_of 2.7 "$1" "$2" "${3-}" >"$DIR/real"
	reply_of "$OPENVPN" "$1" "$2" "${3-}" >"$DIR/ours"
	grep -q PUSH_REPLY "$DIR/ours" || fail "no reply"
	diff "$DIR/real" "$DIR/ours" || fail "another reply than the real server's (< real, > ours)"
}
case_add srv_reply_as_real_subnet srv_reply_as_real 'server 10.66.0.0 255.255.255.0' 'keepalive 5 20'
case_add srv_reply_as_real_29 srv_reply_as_real 'server 10.66.0.8 255.255.255.248' ''
case_add srv_reply_as_real_net30 srv_reply_as_real 'server 10.66.0.0 255.255.255.0
topology net30' 'push "route 10.5.0.0 255.255.0.0"'
case_add srv_reply_as_real_net30_c2c srv_reply_as_real 'server 10.66.0.0 255.255.255.0
topology net30' client-to-client
case_add srv_reply_as_real_p2p srv_reply_as_real 'server 10.66.0.0 255.255.0.0
topology p2p' client-to-client
case_add srv_reply_as_real_v6 srv_reply_as_real 'server 10.66.0.0 255.255.255.0
server-ipv6 fd66::/112' 'tcp-nodelay'
case_add srv_reply_as_real_v6_124 srv_reply_as_real 'server 10.66.0.0 255.255.255.0
server-ipv6 fd66::10/124' ''
case_add srv_reply_as_real_v6_only srv_reply_as_real 'server-ipv6 fd66::/64' ''
case_add srv_reply_as_real_tap srv_reply_as_real 'server 10.66.0.0 255.255.255.248
dev tap' '' 'dev tap'
case_add srv_reply_as_real_bridge srv_reply_as_real 'server-bridge 10.66.0.4 255.255.255.0 10.66.0.50 10.66.0.60
dev tap' '' 'dev tap'

# ---- clients that do not negotiate ciphers, as before 2.4: 2.5 can be told to -----------------------
# cipher of the options string: it is taken when it is in the list, and not pushed
srv_old_cipher()
{
	our_server <<<"$1"
	their_client 2.5 <<-E
		ncp-disable
		cipher $2
		${3-}
	E
	want_no_log client 'PUSH: Received control message: .*,cipher '
	want_log client "Outgoing Data Channel: Cipher '$2' initialized"
	ping_ok
	their_client_stop
}
case_add srv_old_cipher_in_the_list srv_old_cipher 'data-ciphers AES-256-GCM:AES-256-CBC' AES-256-CBC

srv_old_cipher_refused()
{
	our_server <<<"$1"
	their_client_fails 2.5 'AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)' <<-E
		ncp-disable
		cipher AES-256-CBC
	E
	kill "$UT_PID" 2>/dev/null
	ut_exit 10
}
case_add srv_old_cipher_not_in_the_list__refused srv_old_cipher_refused 'data-ciphers AES-256-GCM'
# the fallback is for clients that do not say which cipher they have
case_add srv_old_cipher_fallback__refused srv_old_cipher_refused 'data-ciphers-fallback AES-256-CBC'

# ---- what a client's own file takes out of the list ---------------------------------------------------
srv_push_list()
{
	local v ours=$OPENVPN
	mkdir "$DIR/ccd"
	printf '%s\n' "$1" >"$DIR/ccd/client"
	for v in 2.7 "$ours"; do
		S_NET='server 10.66.0.0 255.255.255.0
server-ipv6 fd66::/64' server "$v" <<-E
			disable-dco
			client-config-dir $DIR/ccd
			keepalive 5 20
			push "route 10.91.0.0 255.255.0.0"
			push "route 10.92.0.0 255.255.0.0"
			push "dhcp-option DNS 10.66.0.1"
			route 10.91.0.0 255.255.0.0
		E
		mark client
		their_client 2.6 </dev/null
		sed -nE "s/.*PUSH: Received control message: '(.*)'/\1/p" "$DIR/client.log" | tail -n 1 >"$DIR/reply.${v##*/}"
		their_client_stop
		server_stop
	done
	diff "$DIR/reply.2.7" "$DIR/reply.${ours##*/}" || fail "another reply than the real server's (< real, > ours)"
	grep -q PUSH_REPLY "$DIR/reply.2.7" || fail "no reply"
	! grep -qE "$2" "$DIR/reply.2.7" || fail "the item is still there"
}
case_add srv_push_reset srv_push_list push-reset 'dhcp-option|topology'
case_add srv_push_remove_prefix srv_push_list 'push-remove ping' ',ping'
case_add srv_push_remove_route srv_push_list 'push-remove "route 10.9"' 'route 10\.9'
case_add srv_push_remove_ipv6 srv_push_list 'push-remove ifconfig-ipv6' 'ifconfig-ipv6'
case_add srv_push_iroute_is_not_pushed srv_push_list 'iroute 10.91.0.0 255.255.0.0' 'route 10\.91'
case_add srv_push_of_one_client srv_push_list 'push "route 10.93.0.0 255.255.0.0"
push-remove dhcp-option' 'dhcp-option'
