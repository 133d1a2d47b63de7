# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The host around the client: privileges, the DNS helper, passphrases, cached passwords, devices.

# A dns-updown program which writes down who it is and what it was told.
dns_program()
{
	cat >"$DIR/dns" <<-E
		#!/bin/sh
		{
			echo "uid \$(/usr/bin/id -u)"
			if [ -n "\$dns_vars_file" ]; then echo from a file; /bin/cat "\$dns_vars_file"; else /usr/bin/env; fi
		} >>$DIR/dns.out
		chmod 644 $DIR/dns.out
	E
	chmod 755 "$DIR/dns"
}

# With --user the program still runs as root, before and after, and only sees a file.
dns_helper()
{
	dns_program
	server 2.6 <<-E
		push "dns server 1 address 10.8.0.1"
		push "dns search-domains a.example"
		push "dhcp-option DNS 10.8.0.9"
	E
	client <<-E
		remote $SERVER4
		script-security 2
		dns-updown $DIR/dns
		persist-tun
		user nobody
		group nogroup
	E
	wait_for 5 "user nobody" runs_as_nobody
	want "as root" "uid 0" "$(head -n 1 "$DIR/dns.out")"
	for line in 'from a file' 'script_type=dns-up' 'dns_search_domain_1=a.example' 'dns_server_1_address_1=10.8.0.1' \
		'dev=tun0'; do
		grep -qxF "$line" "$DIR/dns.out" || fail "the program was not told: $line"
	done
	! grep -q 10.8.0.9 "$DIR/dns.out" || fail "dhcp-option and dns were mixed"
	: >"$DIR/dns.out"
	kill -USR1 "$UT_PID"
	wait_for 20 "another connection" grep -qxF script_type=dns-up "$DIR/dns.out"
	want "still as root" 2 "$(grep -cxF 'uid 0' "$DIR/dns.out")"
	kill -TERM "$UT_PID"
	ut_exit 10
	want "exit status" 0 "$RC"
	want "the last call" script_type=dns-down "$(grep script_type "$DIR/dns.out" | tail -n 1)"
	wait_for 5 "the helper ends" no_process_of "$DIR/client.conf"
}
no_process_of()
{
	! pgrep -f -- "$1"
}
case_add dns_user_nobody__helper_stays_root dns_helper

# The private key is encrypted; its passphrase comes from a file.
askpass()
{
	echo "$1" >"$DIR/pass"
	chmod 600 "$DIR/pass"
	openssl ec -in "$PKI/client.key" -aes256 -passout pass:sesame -out "$DIR/client.key" 2>/dev/null
	server 2.6 </dev/null
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $DIR/client.key
remote-cert-tls server" client_conf <<-E
		remote $SERVER4
		askpass $DIR/pass
	E
	ut --config "$DIR/client.conf"
}
askpass_right()
{
	askpass sesame
	connected 20
	ping_ok
	want_no_log client sesame
	ut_stop
}
askpass_wrong()
{
	askpass wrong
	ut_exit 15
	want "exit status" 1 "$RC"
	want_log client 'Cannot load private key file'
}
case_add askpass_file askpass_right
case_add askpass_wrong__ends askpass_wrong

# auth-nocache: the file is read again for every key exchange, so a new password in it counts.
nocache()
{
	user_server 2.6 <<-E
		reneg-sec 4
	E
	login alice "secret 1"
	client <<-E
		remote $SERVER4
		auth-user-pass $DIR/login
		auth-nocache
	E
	want_no_log client 'may cache passwords'
	echo "alice changed" >"$DIR/users"
	login alice changed
	wait_for 20 "a login by the new password" logins 2
	ping_ok
	want_no_log client AUTH_FAILED
	ut_stop
}
logins()
{
	[ "$(wc -l <"$DIR/asked")" -ge "$1" ]
}
case_add nocache__file_is_read_again nocache

# In a jail and as nobody: what was read at the start is enough for a restart.
chroot_restart()
{
	export ASAN_OPTIONS=detect_leaks=0 # it needs /proc, which a jail has not
	mkdir -p "$DIR/jail/tmp"
	chmod 1777 "$DIR/jail/tmp"
	server 2.6 <<-E
		keepalive 1 4
	E
	client <<-E
		remote $SERVER4
		chroot $DIR/jail
		tmp-dir /tmp
		user nobody
		group nogroup
		persist-tun
		persist-key
	E
	want_log client 'NOTE: chroot will be delayed because of --client, --pull, or --up-delay'
	want_log client 'NOTE: UID/GID downgrade will be delayed because of --client, --pull, or --up-delay'
	want_log client "chroot to '$DIR/jail' and cd to '/' succeeded"
	wait_for 5 "user nobody" runs_as_nobody
	case $(readlink "/proc/$UT_PID/root") in
	*"$DIR/jail") ;;
	*) fail "not in the jail but in $(readlink "/proc/$UT_PID/root")" ;;
	esac
	mark client
	kill -USR1 "$UT_PID"
	connected 25
	ping_ok
	kill -TERM "$UT_PID"
	ut_exit 10
	want "exit status" 0 "$RC"
}
case_add chroot_user__restarts chroot_restart

# Exactly CAP_NET_ADMIN stays, no groups, and no capability for scripts.
capabilities()
{
	local status
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		user nobody
		group nogroup
	E
	wait_for 5 "user nobody" runs_as_nobody
	status=$(cat "/proc/$UT_PID/status")
	want permitted 0000000000001000 "$(awk '/^CapPrm:/ {print $2}' <<<"$status")"
	want effective 0000000000001000 "$(awk '/^CapEff:/ {print $2}' <<<"$status")"
	want inheritable 0000000000000000 "$(awk '/^CapInh:/ {print $2}' <<<"$status")"
	want ambient 0000000000000000 "$(awk '/^CapAmb:/ {print $2}' <<<"$status")"
	want groups "" "$(awk '/^Groups:/ {print $2}' <<<"$status")"
	want_log client 'Capabilities retained: CAP_NET_ADMIN'
	ping_ok
	ut_stop
}
case_add capabilities_after_user capabilities

# Started by somebody else than root, with the one capability that is needed.
ambient()
{
	[ "$OPENVPN" != 2.7 ] || skip "it runs in a root of its own, which takes more than this capability"
	command -v setpriv >/dev/null || skip "setpriv (util-linux) is missing"
	server 2.6 </dev/null
	cp "$PKI/client.key" "$DIR/client.key"
	chown nobody "$DIR/client.key"
	chmod 666 "$DIR/client.log" 2>/dev/null
	mknod "$DIR/tun" c 10 200
	chmod 666 "$DIR/tun"
	# shellcheck disable=SC2034 # used by ut
	UT_WRAP=(setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps +net_admin --ambient-caps +net_admin)
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $DIR/client.key
remote-cert-tls server" client <<-E
		remote $SERVER4
		dev-node $DIR/tun
	E
	want_no_log client 'lacks CAP_NET_ADMIN'
	ping_ok
	ut_stop
}
case_add ambient_capability__no_root ambient

# A device for an unprivileged owner, made and removed by hand.
persistent_device()
{
	version_cmd "$OPENVPN"
	in_c "${CMD[@]}" --mktun --dev tun5 --user nobody >"$DIR/mk.log" 2>&1 || fail "mktun: $(cat "$DIR/mk.log")"
	grep -q 'Persist state set to: ON' "$DIR/mk.log" || fail "mktun: $(cat "$DIR/mk.log")"
	want owner "tun persist user 65534" "$(in_c ip -d -o link show tun5 | grep -oE 'tun (.* )?persist on|user [a-z0-9]+' |
		sed 's/^tun.*persist on/tun persist/; s/nobody/65534/' | tr '\n' ' ' | sed 's/ $//')"
	in_c "${CMD[@]}" --rmtun --dev tun5 >"$DIR/rm.log" 2>&1 || fail "rmtun: $(cat "$DIR/rm.log")"
	grep -q 'Persist state set to: OFF' "$DIR/rm.log" || fail "rmtun: $(cat "$DIR/rm.log")"
	! in_c ip link show tun5 >/dev/null 2>&1 || fail "tun5 is still there"
}
case_add mktun_rmtun persistent_device

# The modes that print and end: exit status and first line.
commands()
{
	local cipher
	version_cmd "$OPENVPN"
	"${CMD[@]}" --show-gateway >"$DIR/out" 2>&1 || fail "show-gateway: $(cat "$DIR/out")"
	in_c "${CMD[@]}" --show-gateway >"$DIR/out" 2>&1 || fail "show-gateway: $(cat "$DIR/out")"
	grep -qE "ROUTE_GATEWAY 198\.51\.100\.1/255\.255\.255\.0 IFACE=eth0 HWADDR=[0-9a-f:]{17}$" "$DIR/out" ||
		fail "show-gateway: $(cat "$DIR/out")"
	"${CMD[@]}" --genkey secret "$DIR/k" >"$DIR/out" 2>&1 || fail "genkey: $(cat "$DIR/out")"
	want mode 600 "$(stat -c %a "$DIR/k")"
	want lines 21 "$(wc -l <"$DIR/k")"
	"${CMD[@]}" --test-crypto --cipher AES-128-GCM >"$DIR/out" 2>&1 || fail "test-crypto: $(tail -n 3 "$DIR/out")"
	grep -q 'OpenVPN crypto self-test mode SUCCEEDED.' "$DIR/out" || fail "test-crypto: $(tail -n 3 "$DIR/out")"
	for cipher in AES-256-CBC AES-128-CFB; do
		"${CMD[@]}" --test-crypto --cipher $cipher >"$DIR/out" 2>&1 || fail "test-crypto with $cipher: $(tail -n 3 "$DIR/out")"
	done
	"${CMD[@]}" --test-crypto --cipher BF-CBC --providers legacy default >"$DIR/out" 2>&1 ||
		fail "test-crypto with a provider: $(tail -n 3 "$DIR/out")"
	! "${CMD[@]}" --dev tun --ifconfig 10.1.0.1 10.1.0.2 --tls-server --providers nothing >"$DIR/out" 2>&1 ||
		fail "a provider that there is not"
	grep -q "failed to load provider 'nothing'" "$DIR/out" || fail "a provider that there is not: $(cat "$DIR/out")"
	"${CMD[@]}" --show-ciphers | grep -qE '^AES-256-GCM  \(256 bit key, 128 bit block' || fail "show-ciphers"
	"${CMD[@]}" --show-tls | grep -qx TLS_AES_256_GCM_SHA384 || fail "show-tls"
	"${CMD[@]}" --help >"$DIR/out"
	want "exit status of --help" 1 $?
}
case_add commands commands

# Nothing secret is written, however much is asked for.
secrets()
{
	user_server 2.6 <<-E
		auth-gen-token 600 200
		tls-crypt $PKI/ta.key
		reneg-sec 3
	E
	login alice "secret 1"
	client <<-E
		verb 11
		remote $SERVER4
		tls-crypt $PKI/ta.key
		auth-user-pass $DIR/login
	E
	ping_ok
	wait_for 20 "a renegotiation with the token" twice
	ut_stop
	want_no_log client 'secret 1'
	want_no_log client 'c2VjcmV0IDE'
	want_no_log client 'SESS_ID_AT_[A-Za-z0-9+/_-]{12}'
	sed -n '/BEGIN/,/END/p' "$PKI/ta.key" | grep -v -- '---' | while read -r line; do
		want_no_log client "${line:0:24}"
	done || exit 1
}
case_add secrets_not_logged secrets

# In the background nobody can be asked: the passphrase is read before, also at a restart in a jail.
askpass_daemon()
{
	echo sesame >"$DIR/pass"
	chmod 600 "$DIR/pass"
	openssl ec -in "$PKI/client.key" -aes256 -passout pass:sesame -out "$DIR/client.key" 2>/dev/null
	server 2.6 </dev/null
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $DIR/client.key
remote-cert-tls server" client_conf <<-E
		remote $SERVER4
		askpass pass
		cd $DIR
		daemon
		log client.log
		writepid pid
	E
	ut --config "$DIR/client.conf"
	wait "$UT_PID" || fail "the start in the background failed"
	connected 20
	ping_ok
	UT_PID=$(cat "$DIR/pid")
	kill -TERM "$UT_PID"
	wait_for 10 "the daemon ends" test ! -e "$DIR/pid"
	UT_PID=''
}
case_add askpass_daemon askpass_daemon

# Nobody can be asked at all: the start fails in the foreground.
prompt_daemon()
{
	client_conf <<-E
		remote $SERVER4
		auth-user-pass
		daemon
		log $DIR/client.log
	E
	version_cmd "$OPENVPN"
	setsid -w "${CMD[@]}" --config "$DIR/client.conf" </dev/null >"$DIR/out" 2>&1
	want "exit status" 1 $?
	grep -q 'Enter Auth Username' "$DIR/client.log" || fail "the question is not named: $(cat "$DIR/client.log")"
}
case_add prompt_daemon__fails_in_the_foreground prompt_daemon

# IPv6 that must not enter the tunnel is answered by the other end's address inside it
block_ipv6()
{
	server 2.6 <<-E
		push "block-ipv6"
	E
	client <<-E
		remote $SERVER4
	E
	ping_ok 10.8.0.1
	in_c ping -6 -nc 1 -W 2 fd00:8::99 >"$DIR/ping" && fail "IPv6 is not blocked"
	grep -q 'From fd00:8::1 .*[Nn]o route' "$DIR/ping" || { cat "$DIR/ping"; fail "no answer"; }
	ut_stop
}
case_add block_ipv6__answered_by_the_other_end block_ipv6
