# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the user is told about offload where the kernel has no driver: --dco-check, notes, peer info.

# needs_no_driver: these cases are about machines without one; with one the guests' cases count
needs_no_driver()
{
	! [ -d /sys/module/ovpn ] && ! [ -d /sys/module/ovpn_dco_v2 ] && ! modinfo ovpn >/dev/null 2>&1 ||
		skip "this machine has a driver"
}

# check [OPTION...]: --dco-check of client.conf, table in check.log, exit status in RC
check()
{
	version_cmd "$OPENVPN"
	"${CHECK_WRAP[@]}" timeout 10 "${CMD[@]}" --dco-check --config "$DIR/client.conf" "$@" \
		>"$DIR/check.log" 2>&1 </dev/null
	RC=$?
}
CHECK_WRAP=()

no_driver()
{
	needs_no_driver
	server 2.6
	client <<<"remote $SERVER4
verb 3"
	want_log client 'DCO version: N/A$'
	want_log client 'Note: Kernel support for ovpn-dco missing, disabling data channel offload\.$'
	want_log client 'Note: Kernel support for ovpn interfaces missing, disabling data channel offload\. Use Linux 6\.16\.0 or newer with ovpn support or use ovpn-backports for interface support\.$'
	want_log client 'Data channel offload is not used: userspace engine'
	want_log client 'TUN/TAP device tun0 opened'
	want "Notes of a missing driver" 2 "$(log_count client 'Note: Kernel support for')"
	ping_ok
	ut_stop
}

disabled()
{
	server 2.6
	client <<<"remote $SERVER4
disable-dco"
	want_no_log client 'Note: .*offload|Kernel support'
	ping_ok
	ut_stop
	check
	want "exit status" 3 "$RC"
	want_log check "^  no   --disable-dco is set in $DIR/client\.conf:[0-9]+$"
	want_log check 'remedy: remove --disable-dco'
}

check_table()
{
	needs_no_driver
	client_conf <<<"remote $SERVER4"
	check
	want "exit status" 3 "$RC"
	want_log check '^ovpn +kernel driver ovpn \(N/A\)$'
	want_log check '^  no   Note: Kernel support for ovpn-dco missing'
	want_log check "remedy: .*modprobe ovpn'"
	want_log check '^ovpn-dco-v2 +legacy kernel module'
	want_log check '^engine +userspace'
	want_log check '^would be used: engine$'
	want_no_log check '^20[0-9][0-9]-' # the table and nothing else
}

# As an ordinary user: the same table, and a line that root may see more.
check_as_user()
{
	client_conf <<<"remote $SERVER4"
	chmod -R go+rX "$DIR" "$PKI"
	chmod go+r "$PKI/client.key"
	CHECK_WRAP=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	case $OPENVPN in
	/*) cp "$OPENVPN" "$DIR/program" && chmod 755 "$DIR/program" && OPENVPN=$DIR/program ;;
	esac
	check
	want "exit status" 3 "$RC"
	want_log check '^would be used: engine$'
	want_log check 'this process lacks CAP_NET_ADMIN'
}

# Nothing can run it: status 1. A faulty configuration: status 1 and its usual line.
check_refused()
{
	client_conf <<<"remote $SERVER4
no-such-option"
	check
	want "exit status" 1 "$RC"
	want_log check 'Options error: Unrecognized option'
}

# Each obstacle that this build can run, as the user meets it: file and line, reason, remedy, in the
# table and in the log of a start.
obstacles()
{
	local n=0 line option note why
	while IFS='|' read -r line option note; do
		client_conf <<<"remote $SERVER4
ifconfig 10.9.0.1 10.9.0.2
$line"
		sed -i 's/^client$/tls-client/' "$DIR/client.conf" # opens its device at once
		n=$(grep -nxF -- "$line" "$DIR/client.conf" | tail -n 1 | cut -d: -f1)
		check
		want "exit status with $line" 3 "$RC"
		want_log check "^  no   $note$"
		want_log check "^         --$option in $DIR/client\.conf:$n: "
		why=$(sed -nE "s/^         --$option in [^ ]*: //p" "$DIR/check.log" | head -n 1)
		want_log check '^         remedy: '
		: >"$DIR/client.log"
		ut --config "$DIR/client.conf" --verb 3
		wait_log client 'Data channel offload is not used'
		kill "$UT_PID" && ut_exit 10
		want "Notes about $line" 1 "$(log_count client "$note")"
		grep -aqF -- "--$option in $DIR/client.conf:$n: $why; to use offload: " "$DIR/client.log" ||
			fail "no explanation of $line in the log"
	done <<-'E'
		fragment 1300|fragment|Note: --fragment disables data channel offload\.
		comp-lzo no|comp-lzo|Note: '--allow-compression' is not set to 'no', disabling data channel offload\.
		compress stub-v2|compress|Note: '--allow-compression' is not set to 'no', disabling data channel offload\.
		allow-compression asym|allow-compression|Note: '--allow-compression' is not set to 'no', disabling data channel offload\.
		data-ciphers AES-256-GCM:AES-256-CBC|data-ciphers|Note: cipher 'AES-256-CBC' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload\.
		data-ciphers-fallback AES-256-CBC|data-ciphers-fallback|Note: --data-ciphers-fallback with cipher 'AES-256-CBC' disables data channel offload\.
		block-ipv6|block-ipv6|Note: --block-ipv6 disables data channel offload\.
		bind-dev lo|bind-dev|Note: --bind-dev disables data channel offload\.
		multihome same-interface|multihome|Note: --multihome same-interface disables data channel offload\.
	E
}

# A name that is taken by an interface of another kind, without a digit in it.
in_the_way()
{
	in_c ip tuntap add my-vpn mode tun
	client_conf <<<"remote $SERVER4
dev my-vpn
dev-type tun"
	CHECK_WRAP=(ip netns exec "$NS-c")
	check
	want "exit status" 3 "$RC"
	want_log check '^  no   Interface my-vpn exists and is not using the ovpn DCO driver\. Disabling data channel offload$'
	want_log check "remedy: delete it with 'ip link del', or choose another name"
}

version()
{
	version_cmd "$OPENVPN"
	"${CMD[@]}" --version >"$DIR/check.log" 2>&1
	want_log check '^DCO version: .+'
}

case_add offload_no_driver__notes_and_tun no_driver
case_add offload_disabled__no_note disabled
case_add offload_check__table_and_status check_table
case_add offload_check__ordinary_user check_as_user
case_add offload_check__faulty_configuration check_refused
case_add offload_obstacles__explained_in_check_and_log obstacles
case_add offload_interface_in_the_way__named in_the_way
case_add offload_version version
