# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Files as users write them: what the program says of them, word by word, and that it then ends with
# status 1 before anything is opened. Spec 04 section 8; no peer is needed.
# shellcheck disable=SC2016 # quotes and backslashes are the point

# names of the files of the PKI in $DIR, where the program is told to go
config_files()
{
	cp "$PKI"/{ca,client,server,other-server}.crt "$PKI"/{client,server,other-server,ta,v2-client,v2-server}.key "$DIR"
	CLIENT="client
dev tun
remote 192.0.2.99
ca ca.crt
cert client.crt
key client.key"
	SERVER="server 10.8.0.0 255.255.255.0
dev tun
dh none
ca ca.crt
cert server.crt
key server.key"
}

# program [ARGUMENT...]: runs to its end, output in client.log, status in RC
program()
{
	version_cmd "$OPENVPN"
	mark client
	in_c timeout -k 2 "${LIMIT-20}" "${CMD[@]}" --cd "$DIR" "$@" >>"$DIR/client.log" 2>&1 <"${STDIN-/dev/null}"
	RC=$?
}

# has TEXT: the text stands in what the program said, as it is
has()
{
	tail -c "+${MARK[client]}" "$DIR/client.log" | grep -aqF -- "$1" || fail "$ROW: not said: $1"
}

# refuses TEXT [CONFIGURATION]: with this file the program says so and ends; F is "f"
refuses()
{
	[ $# -lt 2 ] || printf '%s\n' "$2" >"$DIR/f"
	ROW=$(tail -c 60 "$DIR/f" | tail -n 1 | tr -cd '[:print:]')
	program --config f
	has "$1"
	[ "$RC" = 1 ] || fail "$ROW: exit status $RC"
	[ ! -s "$DIR/opened" ] || fail "$ROW: something was opened"
}

# usage TEXT [CONFIGURATION]: the same for an error of the file, with its two lines
usage()
{
	refuses "Options error: $1" "${@:2}"
	has 'Use --help for more information.'
}

# accepts CONFIGURATION [TEXT]: the program goes on to its sockets
accepts()
{
	printf '%s\n' "$1" >"$DIR/f"
	ROW=$(tail -n 1 "$DIR/f")
	version_cmd "$OPENVPN"
	mark client
	ip netns exec "$NS-c" "${CMD[@]}" --cd "$DIR" --config f >>"$DIR/client.log" 2>&1 </dev/null &
	UT_PID=$!
	until_true 10 log_has client 'link remote|Initialization Sequence Completed' || fail "$ROW: does not start"
	[ $# -lt 2 ] || has "$2"
	kill "$UT_PID"
	wait "$UT_PID"
}

config_syntax()
{
	local unknown='Unrecognized option or missing or extra parameter(s) in' long
	config_files
	refuses "Options warning: Bad backslash ('\\') usage in f:1:" 'log C:\\ok\bad'
	refuses 'Options error: No closing quotation (") in f:1' 'verb "3'
	refuses "Options error: No closing single quotation (') in f:1" "verb '3"
	printf '%s' "verb 3\\" >"$DIR/f"
	refuses 'Options error: Residual parse state (2) in f:1'
	usage "$unknown f:3: p15 (" "ignore-unknown-option$(printf ' p%d' {0..19})
p14 x
p15 x"
	has "$unknown f:2: p14 ("
	python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(128, 256)))' >"$DIR/f"
	usage "$unknown f:1: "
	usage 'DEPRECATION: No tls-client or tls-server option in configuration detected.' ''
	usage 'DEPRECATION: No tls-client or tls-server option in configuration detected.' '# nothing
; but comments'
	usage "$unknown f:1: --" '--'
	usage "$unknown f:1: foo (" '<foo>
text
</foo>'
	usage "option 'verb' is not expected to be inline (f:1)" '<verb>
3
</verb>'
	usage "$unknown f:1: VERB (" 'VERB 3'
	usage "$unknown f:1: verb (" 'verb 3 4 5'
	refuses 'ERROR: Endtag </ca> missing' '<ca>
text'
	has 'Exiting due to fatal error'
	usage 'In f:1: Error opening configuration file: nope.conf' 'config nope.conf'
	usage 'In f:1: Maximum recursive include levels exceeded in include attempt of file f -- ' 'config f'
	usage 'In f:1: Maximum option line length (256) exceeded, line starts with #' "#$(printf '%0254d' 0)"
	usage "Each 'connection' block must contain exactly one 'remote' directive" '<connection>
proto udp
</connection>'
	usage "option 'verb' cannot be used in this context ([CONNECTION-OPTIONS])" '<connection>
remote a
verb 3
</connection>'
	usage "$unknown [CONNECTION-OPTIONS]:2: foo (" '<connection>
remote a
foo
</connection>'
	usage "option 'iroute' cannot be used in this context (f)" 'iroute 1.2.3.0 255.255.255.0'
	long=$(printf 'x%.0s' {1..100000})
	usage "$unknown f:" "<ca>
$long
</ca>
foo"
	has ': foo ('
}
case_add config_syntax config_syntax

# what the real ones do otherwise
config_syntax_ours()
{
	local n
	config_files
	has_own config_syntax_ours
	head -c 60000 "$(command -v openssl)" >"$DIR/f"
	refuses 'Options '
	n=$(wc -c <"$DIR/client.log")
	[ "$n" -lt 10000 ] || fail "a program as a file: $n bytes of output"
	! tail -c "+${MARK[client]}" "$DIR/client.log" | LC_ALL=C grep -aq '[^[:print:][:space:]]' ||
		fail "a program as a file: bytes of it in the output"
	usage "In f:1: Error opening configuration file: $DIR" "config $DIR"
	in_c timeout 10 "$OPENVPN" . >>"$DIR/client.log" 2>&1
	want "exit status" 1 $?
	has 'Error opening configuration file: .'
	accepts "ignore-unknown-option foo
$CLIENT
<connection>
remote 192.0.2.98
foo bar
</connection>" 'Unrecognized option or missing or extra parameter(s) in [CONNECTION-OPTIONS]:2: foo ('
	usage 'Unrecognized option or missing or extra parameter(s) in f:2: foo (' "ignore-unknown-option$(printf ' p%d' {0..19})
foo"
	has 'only 15 parameters are possible, 5 more are ignored'
}
has_own()
{
	case $OPENVPN in
	2.6 | 2.7) skip "$1: the real ones do otherwise" ;;
	esac
}
case_add config_syntax_ours config_syntax_ours

# as the only argument; several; on the standard input
config_sources()
{
	config_files
	ROW='command line'
	program --dev tun verb 3
	has 'Options error: Unrecognized option or missing or extra parameter(s) in [CMD-LINE]:1: dev ('
	want "exit status" 1 "$RC"
	program --config nope.conf
	has 'Options error: In [CMD-LINE]:1: Error opening configuration file: nope.conf'
	program --config stdin --remap-usr1 SIGHUP
	has "Options error: Options 'config stdin' and 'remap-usr1 SIGHUP' are incompatible with each other."
	program --cd /nonexistent
	has "cd to '/nonexistent' failed: No such file or directory (errno=2)"
	has 'Exiting due to fatal error'
	case $OPENVPN in
	2.7) return ;; # started with --cd
	esac
	version_cmd "$OPENVPN"
	in_c "${CMD[@]}" verb 3 >>"$DIR/client.log" 2>&1
	want "exit status" 1 $?
	has "I'm trying to parse \"verb\" as an --option parameter but I don't see a leading '--'"
}
case_add config_sources config_sources

config_stdin()
{
	config_files
	printf 'cd %s\n%s\n' "$DIR" "$SERVER" >"$DIR/server.conf"
	version_cmd "$OPENVPN"
	mark server
	ip netns exec "$NS-s" "${CMD[@]}" --config stdin <"$DIR/server.conf" >>"$DIR/server.log" 2>&1 &
	SRV_PID=$!
	wait_log server 'Initialization Sequence Completed' 15
	# the text is gone, so a restart keeps what was read
	kill -USR1 "$SRV_PID"
	mark server
	wait_log server 'Initialization Sequence Completed' 15
	server_stop
}
case_add config_stdin__server_starts config_stdin

# a relative name stays what it was where the file itself goes elsewhere
config_cd()
{
	has_own config_cd
	config_files
	mkdir "$DIR/sub"
	mv "$DIR"/{ca,client}.crt "$DIR/client.key" "$DIR/sub"
	printf 'cd sub\n%s\nconfig more\nverb 3\n' "$CLIENT" >"$DIR/f"
	echo 'setenv FROM_MORE 1' >"$DIR/sub/more"
	(cd "$DIR" && exec ip netns exec "$NS-c" "$OPENVPN" --config f) >>"$DIR/client.log" 2>&1 </dev/null &
	UT_PID=$!
	wait_log client 'link remote'
	mark client
	until_true 2 kill -HUP "$UT_PID"
	wait_log client 'SIGHUP\[hard,\] received, process restarting'
	wait_log client 'link remote'
	want_no_log client 'Options error'
	ut_stop
}
case_add config_cd__hangup_reads_again config_cd

config_addresses()
{
	config_files
	refuses 'RESOLVE: Cannot parse IP address: 10.8.0.300: ' 'server 10.8.0.300 255.255.255.0'
	has 'Options error: error parsing --server parameters'
	usage "ifconfig parms '10.8.0.1' and '10.8.0.2.3x' must be valid addresses" 'ifconfig 10.8.0.1 10.8.0.2.3x'
	usage "ifconfig-ipv6: /netbits must be between 64 and 124, not '/48'" 'ifconfig-ipv6 fd00::1/48 fd00::2'
	usage "--server-ipv6 settings: network must be between /64 and /124 (not /48)" 'server-ipv6 fd00::/48'
	usage "--dns server: invalid priority value '200'" 'dns server 200 address 1.1.1.1'
	usage "--dns server 1: malformed address or maximum exceeded '1.2.3.4.5'" 'dns server 1 address 1.2.3.4.5'
	usage "--dns: unknown option type 'server' or missing or unknown parameter" 'dns server 1 foo'
	refuses "ERROR: dns server 1 does not have an address assigned" "$CLIENT
dns server 1 dnssec yes"
	usage "dhcp-option parameter DNS 'foo' must be an IP address" 'dhcp-option DNS foo'
	usage "route-gateway parm 'foo' must be a valid address" 'route-gateway foo'
	usage "--ifconfig-pool start IP [10.8.0.9] is greater than end IP [10.8.0.5]" 'ifconfig-pool 10.8.0.9 10.8.0.5'
	usage "--ifconfig-pool address range is too large [10.8.0.9 -> 10.10.0.5].  Current maximum is 65536 addresses, as defined by IFCONFIG_POOL_MAX variable." \
		'ifconfig-pool 10.8.0.9 10.10.0.5'
	usage "--server directive only makes sense with --dev tun or --dev tap" 'dev foo
server 10.8.0.0 255.255.255.0'
	usage "--server directive only makes sense with --dev tun or --dev tap" 'dev-type foo
server 10.8.0.0 255.255.255.0'
	# a route is not looked at before it is made
	accepts "$CLIENT
route foo bar"
}
case_add config_addresses config_addresses

config_crypto()
{
	config_files
	refuses "Message hash algorithm 'FOO' not found" "$CLIENT
auth FOO"
	refuses "Cipher FOO not supported" "$CLIENT
cipher FOO"
	refuses "Cipher FOO not supported" "$CLIENT
data-ciphers-fallback FOO"
	refuses "Failed to set allowed TLS group list: foo" "$CLIENT
tls-groups foo"
	refuses "Failed to set restricted TLS cipher list: foo" "$CLIENT
tls-cipher foo"
	refuses "Failed to set restricted TLS 1.3 cipher list: foo" "$CLIENT
tls-ciphersuites foo"
	refuses "ERROR: Invalid cert profile: foo" "$CLIENT
tls-cert-profile foo"
	accepts "data-ciphers AES-256-GCM:?FOO
$CLIENT" 'Unsupported optional cipher in --data-ciphers: FOO'
	usage "invalid or unsupported hashing algorithm: MD5 (only SHA1 and SHA256 are supported)" 'verify-hash 1F:D3 MD5'
}
case_add config_crypto config_crypto

config_keys()
{
	config_files
	refuses "Cannot pre-load keyfile (nope.key)" "$CLIENT
tls-auth nope.key 1"
	refuses "Insufficient key material or header text not found in file '" "$CLIENT
tls-auth ca.crt 1"
	has "' (0/128/256 bytes found/min/max)"
	head -n 12 "$DIR/ta.key" >"$DIR/cut.key"
	refuses "' (128/128/256 bytes found/min/max)" "$CLIENT
tls-auth cut.key 1"
	sed '/END/d' "$DIR/ta.key" >"$DIR/no-end.key"
	refuses "Footer text not found in file '" "$CLIENT
tls-crypt no-end.key"
	has "' (256/128/256 bytes found/min/max)"
	sed '6s/^../zz/' "$DIR/ta.key" >"$DIR/no-hex.key"
	refuses "Non-Hex character ('z') found at line 6 in key file '" "$CLIENT
tls-auth no-hex.key 1"
	refuses 'ERROR: invalid tls-crypt-v2 server key format' "$SERVER
tls-crypt-v2 ta.key"
	refuses 'ERROR: invalid tls-crypt-v2 client key format' "$CLIENT
tls-crypt-v2 ta.key"
	usage 'Unsupported tls-crypt-v2 argument: foo' 'tls-crypt-v2 v2-server.key foo'
	refuses 'Cannot load CA certificate file ta.key (no entries were read)' "$CLIENT
ca ta.key"
	refuses 'Cannot load private key file other-server.key' "$CLIENT
key other-server.key"
	refuses 'Cannot load certificate f' "$CLIENT
cert ta.key"
	refuses 'Cannot load private key file ca.crt' "$CLIENT
key ca.crt"
	has 'Exiting due to fatal error'
}
case_add config_keys config_keys

config_paths()
{
	local gone='No such file or directory (errno=2)'
	config_files
	refuses "Options error: --ca fails with 'nope.crt': $gone" "client
remote a
ca nope.crt
cert nope2.crt
key nope3.key"
	has "Options error: --cert fails with 'nope2.crt': $gone"
	has "Options error: --key fails with 'nope3.key': $gone"
	has "WARNING: cannot stat file 'nope3.key': $gone"
	has 'Options error: Please correct these errors.'
	refuses "Options error: --chroot directory fails with '/nonexistent': $gone" "$CLIENT
chroot /nonexistent"
	refuses "Options error: --status fails with '/nonexistent/status': $gone" "$CLIENT
status /nonexistent/status"
	refuses "Options error: --writepid fails with '/nonexistent/pid': $gone" "$CLIENT
writepid /nonexistent/pid"
	refuses "Options error: --crl-verify fails with 'nope': $gone" "$CLIENT
crl-verify nope"
	refuses "Options error: Temporary directory (--tmp-dir) fails with '/nonexistent': $gone" "$CLIENT
tmp-dir /nonexistent"
	refuses "Options error: --client-config-dir fails with 'nope': $gone" "$SERVER
client-config-dir nope"
	refuses "Options error: --up script fails with '/nonexistent/up.sh': $gone" "$CLIENT
up /nonexistent/up.sh"
	has 'Options error: Please correct this error.'
	usage "the --up directive should have at most 1 parameter.  To pass a list of arguments as one of the parameters, try enclosing them in double quotes (\"\")." \
		'up /bin/true arg'
	accepts "log /nonexistent/l
$CLIENT" 'Warning: Error redirecting stdout/stderr to --log file: /nonexistent/l'
	refuses 'failed to find UID for user nosuchuser' "$CLIENT
user nosuchuser"
	refuses 'failed to find GID for group nosuchgroup' "$CLIENT
group nosuchgroup"
}
case_add config_paths config_paths

config_removed()
{
	local name
	config_files
	for name in 'key-method 2' ncp-disable 'keysize 128' 'tls-remote x' no-iv memstats ifconfig-pool-linear; do
		usage "Unrecognized option or missing or extra parameter(s) in f:1: ${name%% *} (" "$name"
	done
	accepts "setenv opt key-method 2
ignore-unknown-option tls-remote
tls-remote x
$CLIENT" 'Unrecognized option or missing or extra parameter(s) in f:1: key-method ('
	refuses '--no-replay was removed in OpenVPN 2.7. Update your configuration.' 'no-replay'
	refuses 'Options error: --compat-names was removed in OpenVPN 2.5. Update your configuration.' 'compat-names'
}
case_add config_removed config_removed

# a name that is no port is only seen by the resolver
config_port()
{
	config_files
	refuses 'Servname not supported for ai_socktype)' "$SERVER
port abc"
	has 'Exiting due to fatal error'
	has ':abc'
}
case_add config_port__resolver_refuses config_port
