# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What goes wrong gives one clear line and the right exit status, and leaves nothing behind.

# refused REGEX OPTIONS: the client does not start: status 1, and nothing is opened
refused()
{
	client_conf <<<"remote $SERVER4
$2"
	ut --config "$DIR/client.conf"
	ut_fails "$1"
	[ "$(wc -l <"$DIR/client.log")" -lt 600 ] || fail "too many lines"
	want_net_restored
}

refused_id()
{
	C_ID=$2 refused "$1" "${3-}"
}

files()
{
	local k=$PKI
	case $1 in
	ca_missing) refused_id "Options error: --ca fails with '/nope.crt': No such file or directory \(errno=2\)" "ca /nope.crt
cert $k/client.crt
key $k/client.key" ;;
	cert_missing) refused_id "Options error: --cert fails with '/nope.crt': No such file or directory \(errno=2\)" "ca $k/ca.crt
cert /nope.crt
key $k/client.key" ;;
	ca_is_key) refused_id "Cannot load CA certificate file .*ta.key \(no entries were read\)" "ca $k/ta.key
cert $k/client.crt
key $k/client.key" ;;
	key_of_other) refused_id "Cannot load private key file .*other-server.key|key values mismatch" "ca $k/ca.crt
cert $k/client.crt
key $k/other-server.key" ;;
	no_ca) refused_id "You must define CA file \(--ca\) or CA path \(--capath\) and/or peer fingerprint verification \(--peer-fingerprint\)" "cert $k/client.crt
key $k/client.key" ;;
	no_auth) refused_id "No client-side authentication method is specified" "ca $k/ca.crt" ;;
	cert_without_key) refused_id "If you use one of --cert or --key, you must use them both" "ca $k/ca.crt
cert $k/client.crt" ;;
	tls_auth_missing) refused "Cannot pre-load keyfile \(/nope.key\)|--tls-auth fails with '/nope.key': No such file or directory \(errno=2\)" "tls-auth /nope.key 1" ;;
	tls_auth_is_cert) refused "(Cannot find|non-hex|not found|insufficient|key file|keyfile|static key).*|Exiting due to fatal error" "tls-auth $k/ca.crt 1" ;;
	v2_is_static) refused "tls-crypt-v2 client key|Exiting due to fatal error" "tls-crypt-v2 $k/ta.key" ;;
	crl_missing) refused "Options error: --crl-verify fails with '/nope.pem': No such file or directory \(errno=2\)" "crl-verify /nope.pem" ;;
	login_missing) refused "Options error: --auth-user-pass fails with '/nope': No such file or directory \(errno=2\)" "auth-user-pass /nope" ;;
	up_missing) refused "Options error: --up script fails with '/nope.sh': No such file or directory \(errno=2\)" "script-security 2
up /nope.sh" ;;
	status_dir) refused "Options error: --status fails with '/nope/status'" "status /nope/status" ;;
	writepid_dir) refused "/nope/pid" "writepid /nope/pid" ;;
	user) refused "failed to find UID for user nosuchuser" "user nosuchuser" ;;
	chroot) refused "/nope" "chroot /nope" ;;
	esac
}
for f in ca_missing cert_missing ca_is_key key_of_other no_ca no_auth cert_without_key tls_auth_missing \
	tls_auth_is_cert v2_is_static crl_missing login_missing up_missing status_dir writepid_dir user chroot; do
	case_add "error_file_$f" files $f
done

options()
{
	case $1 in
	unknown) refused "Options error: Unrecognized option or missing or extra parameter\(s\) in $DIR/client.conf:[0-9]+: foo" "foo bar" ;;
	proto) refused "Bad protocol: 'sctp'" "proto sctp" ;;
	cipher) refused "Unsupported cipher in --data-ciphers: FOO" "data-ciphers AES-256-GCM:FOO" ;;
	both_wraps) refused "--tls-auth and --tls-crypt are mutually exclusive" "tls-auth $PKI/ta.key 1
tls-crypt $PKI/ta.key" ;;
	tls_versions) refused "--tls-version-min bigger than --tls-version-max" "tls-version-min 1.3
tls-version-max 1.2" ;;
	quote) refused "Options error: No closing quotation" 'setenv x "y' ;;
	inline_end) refused "Endtag </tls-crypt> missing" "<tls-crypt>
abc" ;;
	keepalive) refused "must be at least twice" "keepalive 10 15" ;;
	auth_digest) refused "Message hash algorithm 'FOO' not found" "auth FOO" ;;
	fragment_tcp) refused "--fragment can only be used with --proto udp" "proto tcp-client
fragment 1300" ;;
	esac
}
for f in unknown proto cipher both_wraps tls_versions quote inline_end keepalive auth_digest fragment_tcp; do
	case_add "error_option_$f" options $f
done

config_missing()
{
	ut --config "$DIR/nope.conf"
	ut_fails "Options error: In \[CMD-LINE\]:1: Error opening configuration file: $DIR/nope.conf"
}
case_add error_config_missing config_missing

no_arguments()
{
	[ "$OPENVPN" != 2.7 ] || skip "the root of OpenVPN 2.7 needs --cd"
	ut
	ut_exit 5
	want "exit status" 1 "$RC"
	want_log client '^ *--config file'
}
case_add no_arguments__usage no_arguments

version()
{
	ut --version
	ut_exit 5
	want "exit status" 0 "$RC"
	want_log client '^OpenVPN [0-9.]+'
}
case_add version version

# a name which cannot be resolved
unresolvable()
{
	mkdir -p "/etc/netns/$NS-c"
	echo "nameserver 127.0.0.1" >"/etc/netns/$NS-c/resolv.conf"
	trap 'rm -rf "/etc/netns/$NS-c"; net_down "$NS"' EXIT
	client_conf <<-E
		remote no-such-host.invalid 1194
		resolv-retry $1
	E
	ut --config "$DIR/client.conf"
	wait_log client 'RESOLVE: Cannot resolve host address: no-such-host.invalid:1194'
	case $1 in
	0)
		ut_exit 10
		want "exit status" 1 "$RC"
		;;
	*)
		wait_log client 'SIGUSR1\[soft,.*\] received, process restarting'
		ut_stop
		;;
	esac
}
case_add unresolvable_retry_0__fatal unresolvable 0
case_add unresolvable_infinite__restarts unresolvable infinite

# as_nobody: the program under test runs without privileges
as_nobody()
{
	[ "$OPENVPN" != 2.7 ] || skip "the root of OpenVPN 2.7 needs privileges"
	# shellcheck disable=SC2034 # lib.sh
	UT_WRAP=(setpriv --reuid 65534 --regid 65534 --clear-groups)
}

# nobody answers
unreachable()
{
	in_r ip route add unreachable 192.0.2.99
	client_conf <<-E
		remote 192.0.2.99
		hand-window 3
	E
	ut --config "$DIR/client.conf"
	wait_log client 'TLS Error: TLS key negotiation failed to occur within 3 seconds \(check your network connectivity\)'
	wait_log client 'SIGUSR1\[soft,tls-error\] received, process restarting'
	ut_stop
}
case_add unreachable_udp__restarts unreachable

no_network()
{
	ip -n "$NS-c" route del default
	net_state >"$DIR/net.before"
	client_conf <<-E
		remote $SERVER4
		hand-window 3
		$1
	E
	ut --config "$DIR/client.conf"
	wait_log client 'Network is unreachable'
	wait_log client 'process restarting'
	ip -n "$NS-c" route add default via 198.51.100.1
	server 2.6 <<<"$2"
	connected 30
	ping_ok
	kill -TERM "$UT_PID"
	ut_exit 10
	want "exit status" 0 "$RC"
}
case_add no_network_udp__connects_later no_network 'proto udp' 'proto udp'
case_add no_network_tcp__connects_later no_network 'proto tcp-client' 'proto tcp-server'

# the tun device cannot be opened
no_tun_node()
{
	server 2.6 </dev/null
	# shellcheck disable=SC2034 # lib.sh
	UT_WRAP=(unshare -m sh -c 'mount -t tmpfs none /dev/net && exec "$@"' sh)
	client_conf <<-E
		remote $SERVER4
	E
	ut --config "$DIR/client.conf"
	ut_fails 'ERROR: Cannot open TUN/TAP dev /dev/net/tun: No such file or directory \(errno=2\)'
	want_log client 'Exiting due to fatal error'
	want_net_restored
}
case_add no_dev_net_tun__fatal no_tun_node

# no_permission OPTION LINE
no_permission()
{
	server 2.6 </dev/null
	cp "$PKI/ca.crt" "$PKI/client.crt" "$PKI/client.key" "$DIR"
	chmod 755 "$DIR" && chmod 644 "$DIR"/client.key
	as_nobody
	C_ID="ca $DIR/ca.crt
cert $DIR/client.crt
key $DIR/client.key" client_conf <<-E
		remote $SERVER4
		$1
	E
	chmod 644 "$DIR/client.conf"
	ut --config "$DIR/client.conf"
	ut_fails "$2" 25
	want_net_restored
}
case_add no_permission_for_network__fatal no_permission '' \
	'cannot configure the network: this process lacks CAP_NET_ADMIN -- start it as root, or with'
# who configures nothing may have been given a device
case_add no_permission_for_tun__fatal no_permission ifconfig-noexec \
	'ERROR: Cannot (ioctl TUNSETIFF|open TUN/TAP dev).*: (Operation not permitted|Permission denied) \(errno=(1|13)\)'

key_unreadable()
{
	cp "$PKI/client.key" "$DIR/secret.key"
	chmod 600 "$DIR/secret.key"
	as_nobody
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $DIR/secret.key" client_conf <<-E
		remote $SERVER4
	E
	ut --config "$DIR/client.conf"
	ut_fails "Options error: --key fails with '$DIR/secret.key': Permission denied \(errno=13\)"
}
case_add key_unreadable__refused key_unreadable

port_taken()
{
	in_c nc -dul "$CLIENT4" 4711 &
	wait_for 5 "port 4711" port_4711
	refused "Socket bind failed on local address \[AF_INET\]$CLIENT4:4711: Address already in use \(errno=98\)" "lport 4711
local $CLIENT4"
}
port_4711()
{
	in_c ss -Huln 'sport = 4711' | grep -q .
}
case_add local_port_taken__fatal port_taken

# Noise from the server's address does not disturb a wrapped session. (Without a wrap anybody can
# offer the client a new session.)
noise()
{
	server 2.6 <<-E
		tls-crypt $PKI/ta.key
	E
	client <<-E
		remote $SERVER4
		tls-crypt $PKI/ta.key
		lport 4711
	E
	cat >"$DIR/noise.py" <<-E
		import os, random, socket
		r = random.Random(1)
		s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
		for n in range(3000):
		    op = r.choice([0x38, 0x40, 0x28, 0x20, 0x30, 0x48, 0x50, 0x58, 0, 0xff, r.randrange(256)])
		    p = bytes([op | r.randrange(8)]) + r.randbytes(r.choice([0, 1, 3, 8, 13, 20, 40, 100, 1400]))
		    p = p[: r.choice([len(p), r.randrange(len(p) + 1)])]
		    h = (1194).to_bytes(2, "big") + (4711).to_bytes(2, "big") + (len(p) + 8).to_bytes(2, "big") + b"\0\0"
		    s.sendto(h + p, ("$CLIENT4", 0))
	E
	in_s python3 "$DIR/noise.py" || fail "cannot send noise"
	# what is still in the socket's buffer may push out a ping
	wait_for 5 "traffic after the noise" pings
	ping_ok
	want_no_log client 'process restarting'
	ut_stop
}
case_add noise_from_server_address__ignored noise
