# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the operator sees: forms of log lines, the system log, status files, a server in a jail.
# shellcheck disable=SC2016 # programs of hooks are texts

# ---- log lines -----------------------------------------------------------------------------------
log_form()
{
	local stamp='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}' all
	server 2.6 </dev/null
	client <<-E
		verb 3
		remote $SERVER4
		$1
	E
	ut_stop
	all=$(wc -l <"$DIR/client.log")
	case ${2-} in
	machine) want "lines of that form" "$all" "$(grep -acE '^[0-9]+\.[0-9]{6} [0-9a-f]+ ' "$DIR/client.log")" ;;
	plain) want "lines with a time" 0 "$(grep -acE "^$stamp " "$DIR/client.log")" ;;
	us) want "lines of that form" "$all" "$(grep -acE "^$stamp us=[0-9]+ " "$DIR/client.log")" ;;
	*) want "lines of that form" "$all" "$(grep -acE "^$stamp [^u]" "$DIR/client.log")" ;;
	esac
	[ "$all" -gt 15 ] || fail "only $all lines"
}
case_add log_form_normal log_form 'verb 3'
case_add log_form_verb_4 log_form 'verb 4' us
case_add log_form_suppress_timestamps log_form suppress-timestamps plain
case_add log_form_machine_readable log_form 'machine-readable-output
suppress-timestamps' machine

# classes and levels in the flags of the machine-readable form
log_flags()
{
	server 2.6 </dev/null
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $PKI/client.key" client <<-E
		machine-readable-output
		remote $SERVER4
	E
	kill "$UT_PID"
	ut_exit 10
	want_log client '^[0-9.]+ 1 Initialization Sequence Completed$'
	want_log client '^[0-9.]+ [0-9a-f]*40 WARNING: No server certificate verification method'
	want_log client '^[0-9.]+ [0-9a-f]*2 VERIFY OK: depth=0'
	want_log client '^[0-9.]+ [0-9a-f]*3 SENT CONTROL|^[0-9.]+ [0-9a-f]*3 PUSH: Received'
}
case_add log_flags log_flags

log_truncates()
{
	server 2.6 </dev/null
	echo "an older line" >"$DIR/own.log"
	chmod 644 "$DIR/own.log"
	client_conf <<-E
		remote $SERVER4
		log $DIR/own.log
	E
	ut --config "$DIR/client.conf"
	wait_log own 'Initialization Sequence Completed'
	want_no_log own 'an older line'
	want "lines elsewhere" 0 "$(wc -l <"$DIR/client.log")"
	kill "$UT_PID"
	ut_exit 10
	rm "$DIR/own.log"
	ut --config "$DIR/client.conf"
	wait_log own 'Initialization Sequence Completed'
	want "mode of a new file" 600 "$(stat -c %a "$DIR/own.log")"
	kill "$UT_PID"
	ut_exit 10
}
case_add log_truncates log_truncates

log_mute()
{
	server 2.6 < <(for i in {1..30}; do echo "push \"route 10.99.$i.0 255.255.255.0\""; done)
	client <<-E
		verb 4
		mute 3
		remote $SERVER4
	E
	kill "$UT_PID"
	ut_exit 10
	want_log client 'NOTE: --mute triggered\.\.\.'
	want_log client '[0-9]+ variation\(s\) on previous 3 message\(s\) suppressed by --mute'
	[ "$(log_count client 'net_route_v4_add')" -lt 10 ] || fail "30 routes are told in spite of mute"
	want "routes told" 3 "$(log_count client 'net_route_v4_add')"
}
case_add log_mute log_mute

# Identity, facility and priorities, with and without a name; nothing on the standard output.
log_syslog()
{
	[ "$OPENVPN" != 2.7 ] || skip "the root of OpenVPN 2.7 has a /dev of its own"
	server 2.6 </dev/null
	cat >"$DIR/syslog.py" <<-E
		import socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("$DIR/log.sock")
		with open("$DIR/sys.log", "ab", buffering=0) as out:
		    while True:
		        out.write(s.recv(65536) + b"\n")
	E
	python3 "$DIR/syslog.py" &
	wait_for 5 "the system log" test -S "$DIR/log.sock"
	mkdir "$DIR/dev"
	# shellcheck disable=SC2034,SC2016 # lib.sh; the inner shell's
	UT_WRAP=(unshare -m sh -c 'd=$0/dev && mount -t tmpfs none "$d" && mkdir "$d/net" && mknod "$d/null" c 1 3 &&
		mknod "$d/urandom" c 1 9 && mknod "$d/net/tun" c 10 200 && ln -s "$0/log.sock" "$d/log" &&
		mount --rbind "$d" /dev && exec "$@"' "$DIR")
	C_ID="ca $PKI/ca.crt
cert $PKI/client.crt
key $PKI/client.key" client_conf <<-E
		remote $SERVER4
		syslog $1
	E
	ut --config "$DIR/client.conf"
	wait_log sys "^<29>.*${1:-openvpn}\[$UT_PID\]: Initialization Sequence Completed"
	want_log sys '^<28>.*: WARNING: No server certificate verification method'
	want "lines on the standard output" 0 "$(wc -l <"$DIR/client.log")"
	kill "$UT_PID"
	ut_exit 10
	want_log sys 'SIGTERM\[hard,\] received, process exiting'
	client_conf <<-E
		remote $SERVER4
		syslog $1
		foo bar
	E
	ut --config "$DIR/client.conf"
	ut_exit 10
	wait_log sys '^<27>.*: Options error: Unrecognized option'
}
case_add log_syslog log_syslog ''
case_add log_syslog_name log_syslog office

# ---- status --------------------------------------------------------------------------------------
# Every row has as many columns as its header, whatever names and networks clients have.
srv_status_rows()
{
	local sep=, cn='o"dd, na	me'
	mkdir "$DIR/ccd"
	printf 'iroute 10.91.0.0 255.255.0.0\niroute-ipv6 fd91::/64\n' >"$DIR/ccd/DEFAULT"
	(cd "$PKI" && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf -utf8 \
		-subj "/CN=$cn" -keyout "$DIR/odd.key" -out "$DIR/odd.csr" &&
		openssl x509 -req -in "$DIR/odd.csr" -CA ca.crt -CAkey ca.key -days 30 -out "$DIR/odd.crt" \
			-set_serial 77) >/dev/null 2>&1 || fail "cannot make a certificate"
	our_server <<-E
		client-config-dir $DIR/ccd
		status $DIR/status 1
		status-version $1
		hand-window 30
	E
	[ "$1" != 3 ] || sep='	'
	wait_for 5 "a file without clients" grep -qx END "$DIR/status"
	want "mode" 600 "$(stat -c %a "$DIR/status")"
	local inode
	inode=$(stat -c %i "$DIR/status")
	# a client that got no further than its first packets
	in_c python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex('38' + '1122334455667788' + '00' + '00000000'), ('$SERVER4', 1194))
a = s.recv(200)
s.sendto(bytes.fromhex('20' + '1122334455667788' + '01' + '00000000') + a[1:9] + bytes.fromhex('00000001') + b'\x16\x03\x01', ('$SERVER4', 1194))
"
	C_ID="ca $PKI/ca.crt
cert $DIR/odd.crt
key $DIR/odd.key" their_client 2.6 </dev/null
	wait_for 5 "the client's routes" grep -q 'fd91::/64' "$DIR/status"
	if [ "$1" = 1 ]; then
		wait_for 5 "an unknown client" grep -q '^UNDEF,udp' "$DIR/status"
		awk -F, '/^Common Name,/ {n = NF; next} /^Virtual Address,/ {n = NF; next} /^(ROUTING TABLE|GLOBAL STATS)$/ {n = 0}
			n && NF != n {print "columns:", n, $0; bad = 1} END {exit bad}' "$DIR/status" || fail "a row of other length"
	else
		wait_for 5 "an unknown client" grep -qE "^CLIENT_LIST${sep}UNDEF${sep}udp" "$DIR/status"
		awk -F"$sep" '$1 == "HEADER" {n[$2] = NF - 1} $1 == "CLIENT_LIST" || $1 == "ROUTING_TABLE" {rows++
			if (NF != n[$1]) {print "columns:", n[$1], $0; bad = 1}} END {exit bad || rows < 6}' "$DIR/status" ||
			fail "a row of other length"
		want "the last lines" "GLOBAL_STATS${sep}dco_enabled${sep}0 END" "$(tail -n 2 "$DIR/status" | paste -sd' ')"
	fi
	want "a name without separators" 1 "$(grep -acE "^(CLIENT_LIST.)?o\"dd[,_] na_me$sep" "$DIR/status")"
	want "written in place" "$inode" "$(stat -c %i "$DIR/status")"
	their_client_stop
}
case_add srv_status_rows_1 srv_status_rows 1
case_add srv_status_rows_2 srv_status_rows 2
case_add srv_status_rows_3 srv_status_rows 3

# A client's file has one form whatever version is asked for; SIGUSR2 logs the same lines.
status_forms()
{
	server 2.6 </dev/null
	client <<-E
		remote $SERVER4
		status $DIR/status $2
		status-version $1
	E
	[ "$2" != 0 ] || [ "$OPENVPN" = 2.7 ] || want "an interval of 0 writes once" 8 "$(wc -l <"$DIR/status")"
	kill -USR2 "$UT_PID"
	wait_log client ' END$'
	sed -nE '/OpenVPN STATISTICS/,/END$/{s/^[0-9-]{10} [0-9:]{8} (us=[0-9]+ )?//; s/[0-9]+/N/g; p}' "$DIR/client.log" >"$DIR/said"
	sed -E 's/[0-9]+/N/g' "$DIR/status" | diff - "$DIR/said" || fail "the file and SIGUSR2 differ"
	ut_stop
	want "the file stays" END "$(tail -n 1 "$DIR/status")"
}
case_add status_version_1 status_forms 1 1
case_add status_version_3 status_forms 3 1
case_add status_interval_0 status_forms 2 0

# ---- secrets -------------------------------------------------------------------------------------
srv_secrets()
{
	login alice "secret 1"
	on user-pass-verify <<<'[ "$password" = "secret 1" ]'
	our_server <<-E
		verb 11
		script-security 3
		auth-user-pass-verify $DIR/hook via-env
		auth-gen-token 600 200
		tls-crypt $PKI/ta.key
		reneg-sec 3
	E
	their_client 2.6 <<-E
		auth-user-pass $DIR/login
		tls-crypt $PKI/ta.key
	E
	wait_for 20 "renegotiation with the token" srv_renegotiated 3
	their_client_stop
	server_stop
	want_no_log server 'secret 1'
	want_no_log server 'SESS_ID_AT_[A-Za-z0-9+/_-]{12}'
	sed -n '/BEGIN/,/END/p' "$PKI/ta.key" | grep -v -- '---' | while read -r line; do
		want_no_log server "${line:0:24}"
	done || exit 1
}
case_add srv_secrets_not_logged srv_secrets

# ---- a server in a jail --------------------------------------------------------------------------
srv_jail()
{
	export ASAN_OPTIONS=detect_leaks=0 # it needs /proc, which a jail has not
	mkdir -p "$DIR/jail/tmp" "$DIR/jail/ccd" "$DIR/run"
	chmod 1777 "$DIR/jail/tmp"
	cp "$PKI/crl.pem" "$DIR/jail"
	echo 'push "echo msg-from-ccd"' >"$DIR/jail/ccd/client"
	chmod -R a+rX "$DIR/jail"
	our_server <<-E
		chroot $DIR/jail
		tmp-dir /tmp
		user nobody
		group nogroup
		persist-tun
		client-config-dir /ccd
		crl-verify /crl.pem
		status $DIR/run/status 1
		writepid $DIR/run/pid
	E
	want_log server "chroot to '$DIR/jail' and cd to '/' succeeded"
	want "the process" "$SRV_PID" "$(cat "$DIR/run/pid")"
	case $(readlink "/proc/$SRV_PID/root") in
	*"$DIR/jail") ;;
	*) fail "not in the jail" ;;
	esac
	want "effective capabilities" 0000000000001000 "$(awk '/^CapEff:/ {print $2}' "/proc/$SRV_PID/status")"
	their_client 2.6 </dev/null
	want_log client "PUSH_REPLY.*,echo,"
	ping_ok
	wait_for 5 "the status file is written" grep -q '^client,' "$DIR/run/status"
	their_client_stop
	# the list of revoked certificates is read again, in the jail
	: >"$DIR/jail/crl.pem"
	mark client
	client_conf <<-E
		remote $SERVER4
		disable-dco
		hand-window 5
	E
	local OPENVPN=2.6
	ut --config "$DIR/client.conf"
	wait_log server 'VERIFY ERROR|CRL' 15
	kill "$UT_PID"
	ut_exit 10
	server_stop
	[ -e "$DIR/run/pid" ] || fail "the file of the process id is outside and should have stayed"
}
case_add srv_chroot srv_jail
