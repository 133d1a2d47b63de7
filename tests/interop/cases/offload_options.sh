# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# With a driver that could be used (fake_kernel.c): what it lacks, and options that offload cannot have.
# Functions of offload_faults.sh.

# ---- a driver that lacks something -------------------------------------------------------------
lacking() # DIRECTORY FEATURE...
{
	mkdir -p "$DIR/$1"
	echo "${*:2}" >"$DIR/$1/lacks"
}

# Without ChaCha20-Poly1305: the default is used without it, and the other end is told so.
client_without_chacha()
{
	lacking fc CIPHER_CHACHA20_POLY1305
	server "$OPENVPN" <<<"data-ciphers CHACHA20-POLY1305:AES-128-GCM"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want_log server 'peer info: IV_CIPHERS=AES-256-GCM:AES-128-GCM$'
	want_log client "Data Channel: cipher 'AES-128-GCM'"
	want_log fc/requests '^kernel: key_install'
	want_no_log client 'ovpn-dco, disabling|incompatible with data channel offload'
	ut_stop
	# named, it is wanted
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
data-ciphers DEFAULT:CHACHA20-POLY1305"
	want_log client "Note: cipher 'CHACHA20-POLY1305' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload\."
	tunnel_ok
	ut_stop
}

# Who can do nothing else is refused with the reason; the others stay.
server_without_chacha()
{
	lacking fs CIPHER_CHACHA20_POLY1305
	two_clients
	kill "$UT_PID"
	wait "$UT_PID"
	mark client
	cp "$DIR/client.conf" "$DIR/client.conf.old"
	echo "data-ciphers CHACHA20-POLY1305" >>"$DIR/client.conf"
	OPENVPN=${OPENVPN%_fake_kernel} ut --config "$DIR/client.conf"
	wait_log client 'AUTH: Received control message: AUTH_FAILED,Data channel cipher negotiation failed \(no shared cipher\)' 20
	ut_exit 10
	mark client
	OPENVPN=${OPENVPN%_fake_kernel} ut --config "$DIR/client.conf.old"
	connected 20
	tunnel_ok
	two_clients_end
}

# The driver is another one when the server's answer comes, and lacks the cipher: in place, without it.
client_pushed_cipher()
{
	cat >"$DIR/hook" <<-E
		#!/bin/sh
		echo CIPHER_CHACHA20_POLY1305 >$DIR/fc/lacks
	E
	chmod +x "$DIR/hook"
	server "$OPENVPN" <<<"data-ciphers CHACHA20-POLY1305
script-security 2
client-connect $DIR/hook"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: pushed options are incompatible with data channel offload, continuing without it\.')"
	want_no_log client 'SIGUSR1'
	want_log fc/requests '^engine: key_install'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	ut_stop
}

# Compression framing is pushed
client_pushed_framing()
{
	fake fc
	server 2.6 <<<"$1
push \"$1\""
	OPENVPN=$PROGRAM client <<<"remote $SERVER4"
	tunnel_ok
	want "Notes" 1 "$(log_count client 'Note: pushed options are incompatible with data channel offload, continuing without it\.|disabling data channel offload')"
	want_no_log client 'SIGUSR1'
	want_log fc/requests '^engine: key_install'
	want "connections at the server" 1 "$(log_count server 'Peer Connection Initiated')"
	ut_stop
}

# ---- options that offload cannot have ----------------------------------------------------------
# option_client NOTE CLIENT-OPTION [SERVER-OPTIONS]: the driver is there, the line is said once, and the
# tunnel works without it
option_client()
{
	local note=$1 option=$2
	server 2.6 <<<"${3-}"
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
$option"
	option_worked client "$note"
	ut_stop
}

option_worked() # LOG NOTE
{
	want "lines: $2" 1 "$(log_count "$1" " $2\$")"
	want "lines about offload" "${WORDS-1}" "$(log_count "$1" 'disabl(es|ing) data channel offload')"
	want_no_log "f${1:0:1}/requests" '^kernel:'
	want_log "f${1:0:1}/requests" '^engine: key_install'
	ping_ok
}

option_server()
{
	local note=$1 own=$OPENVPN
	fake fs
	server "$PROGRAM" <<<"$2"
	OPENVPN=$own client <<<"remote $SERVER4
${3-}"
	option_worked server "$note"
	ut_stop
}

# An interface of another kind has the name: it is not offload's. A tun device is used, others cannot be.
option_interface()
{
	local kind=$1
	case $kind in
	tun) in_c ip tuntap add my-vpn mode tun ;;
	*) in_c ip link add my-vpn type "$kind" ;;
	esac
	server "$OPENVPN" </dev/null
	fake fc
	OPENVPN=$PROGRAM
	client_conf <<<"remote $SERVER4
dev my-vpn
dev-type tun"
	ut --config "$DIR/client.conf"
	wait_log client 'Interface my-vpn exists and is not using the ovpn DCO driver\. Disabling data channel offload$'
	want_no_log fc/requests '^kernel:'
	case $kind in
	tun)
		connected 20
		tunnel_ok
		kill "$UT_PID"
		ut_exit 10
		;;
	*) ut_fails 'my-vpn.*(errno=|Invalid|busy)' 20 ;;
	esac
}

option_disable_dco()
{
	server 2.6 </dev/null
	fake fc
	OPENVPN=$PROGRAM client <<<"remote $SERVER4
disable-dco"
	want_no_log client 'Note: .*offload|disabling'
	want_no_log fc/requests '^kernel:'
	tunnel_ok
	ut_stop
}

case_add offload_fault_client_without_chacha client_without_chacha
case_add offload_fault_server_without_chacha server_without_chacha
case_add offload_fault_client_pushed_cipher client_pushed_cipher
case_add offload_fault_client_pushed_comp_lzo client_pushed_framing 'comp-lzo no'
case_add offload_fault_client_pushed_compress client_pushed_framing 'compress'
C='Note: .--allow-compression. is not set to .no., disabling data channel offload\.'
case_add offload_option_fragment option_client 'Note: --fragment disables data channel offload\.' 'fragment 1300' 'fragment 1300'
case_add offload_option_comp_lzo option_client "$C" 'comp-lzo no' 'comp-lzo no'
case_add offload_option_compress option_client "$C" 'compress' 'compress'
case_add offload_option_allow_compression option_client "$C" 'allow-compression asym'
case_add offload_option_data_ciphers option_client \
	"Note: cipher 'AES-256-CBC' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload\." \
	'data-ciphers AES-256-GCM:AES-256-CBC'
case_add offload_option_data_ciphers_fallback option_client \
	"Note: --data-ciphers-fallback with cipher 'BF-CBC' disables data channel offload\." \
	$'data-ciphers-fallback BF-CBC\nproviders legacy default'
case_add offload_option_block_ipv6 option_client 'Note: --block-ipv6 disables data channel offload\.' 'block-ipv6'
case_add offload_option_tap option_client 'Note: dev-type not tun, disabling data channel offload\.' 'dev tap' 'dev tap'
case_add offload_option_disable_dco option_disable_dco
case_add offload_option_topology option_server \
	"Note: NOT using '--topology subnet' disables data channel offload\." 'topology net30'
case_add offload_option_stale_routes option_server \
	'Note: --stale-routes-check disables data channel offload\.' 'stale-routes-check 60'
case_add offload_option_interface_tun option_interface tun
case_add offload_option_interface_veth option_interface veth
