#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/dns-updown against programs that only record what they are asked to do.
set -u
script=${srcdir:-$(dirname "$0")/../..}/scripts/dns-updown
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cases=0
failed=0

# Only what the script may rely on, so that no real resolver of this machine is touched.
new_system() {
	rm -rf "$dir"
	mkdir -p "$dir/bin" "$dir/net" "$dir/state"
	for tool in awk sed grep cat cp mv rm mkdir mktemp readlink tr flock; do
		path=$(command -v "$tool") && ln -s "$path" "$dir/bin/$tool"
	done
	mkdir "$dir/net/tun0" "$dir/net/tun1"
	printf 'nameserver 192.0.2.53\nsearch lan\noptions edns0\n' >"$dir/resolv.conf"
	cp "$dir/resolv.conf" "$dir/before"
	: >"$dir/calls"
}

fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

# shellcheck disable=SC2016 # for the fake program
fake_resolvectl() {
	fake resolvectl 'echo "resolvectl $*" >>"'"$dir"'/calls"; '"${1-}"
	printf 'nameserver 127.0.0.53\n' >"$dir/resolv.conf"
}

# shellcheck disable=SC2016 # for the fake program
fake_resolvconf() {
	fake resolvconf 'if [ "$1" = --version ]; then echo "'"${1-}"'"; exit; fi
		echo "resolvconf $*" >>"'"$dir"'/calls"; [ "$1" = -d ] || cat >>"'"$dir"'/calls"'
}

# run SCRIPT_TYPE DEV VAR=VALUE...
run() {
	type=$1 dev=$2
	shift 2
	env -i "DNS_UPDOWN_PATH=$dir/bin" "DNS_UPDOWN_RESOLV_CONF=$dir/resolv.conf" \
		"DNS_UPDOWN_STATE_DIR=$dir/state" "DNS_UPDOWN_SYS_NET=$dir/net" \
		"script_type=$type" "dev=$dev" "$@" /bin/sh "$script" 2>"$dir/stderr"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL: $name: $*"
	cat "$dir/stderr"
}

case_named() {
	name=$1
	cases=$((cases + 1))
	new_system
}

expect_file() {
	printf '%s\n' "$2" | cmp -s - "$1" || fail "$1 is:
$(cat "$1")"
}

expect_unchanged() {
	cmp -s "$dir/before" "$dir/resolv.conf" || fail "resolv.conf is:
$(cat "$dir/resolv.conf")"
}

server1="dns_server_1_address_1=10.8.0.1"

case_named file__up_and_down__restored
run dns-up tun0 "$server1" dns_server_1_address_2=fd00::1 dns_search_domain_1=corp.example \
	dns_search_domain_2=b.example || fail "status $?"
expect_file "$dir/resolv.conf" "# openvpn-begin tun0
nameserver 10.8.0.1
nameserver fd00::1
search corp.example b.example
# openvpn-end tun0
#openvpn-tun0# nameserver 192.0.2.53
#openvpn-tun0# search lan
options edns0"
run dns-down tun0 "$server1" || fail "status $?"
expect_unchanged

case_named file__up_twice__one_block
run dns-up tun0 "$server1"
run dns-up tun0 dns_server_1_address_1=10.8.0.2
[ "$(grep -c begin "$dir/resolv.conf")" = 1 ] || fail "two blocks"
grep -q 'nameserver 10.8.0.2' "$dir/resolv.conf" || fail "old server"
run dns-down tun0
expect_unchanged

case_named file__down_without_up__untouched
run dns-down tun0 || fail "status $?"
expect_unchanged

for order in "tun0 tun1" "tun1 tun0"; do
	case_named "file__two_tunnels_end_in_order_${order% *}__restored"
	run dns-up tun0 "$server1"
	run dns-up tun1 dns_server_1_address_1=10.9.0.1
	[ "$(sed -n 2p "$dir/resolv.conf")" = "nameserver 10.9.0.1" ] || fail "last is not first"
	run dns-down "${order% *}"
	grep -q '^nameserver 192' "$dir/resolv.conf" && fail "server outside the tunnel is asked"
	[ "$(grep -c '^nameserver' "$dir/resolv.conf")" = 1 ] || fail "not one server"
	run dns-down "${order#* }"
	expect_unchanged
done

case_named file__killed__recovered_by_next_start
run dns-up tun0 "$server1"
rmdir "$dir/net/tun0"
run dns-recover '' || fail "status $?"
expect_unchanged

case_named file__killed__recovered_by_next_up_of_another
run dns-up tun0 "$server1"
rmdir "$dir/net/tun0"
run dns-up tun1 dns_server_1_address_1=10.9.0.1
run dns-down tun1
expect_unchanged

case_named file__recover_while_alive__untouched
run dns-up tun0 "$server1"
cp "$dir/resolv.conf" "$dir/before"
run dns-recover '' || fail "status $?"
expect_unchanged

case_named file__edited_by_others_meanwhile__their_line_stays
run dns-up tun0 "$server1"
echo 'options rotate' >>"$dir/resolv.conf"
echo 'options rotate' >>"$dir/before"
run dns-down tun0
expect_unchanged

case_named file__end_of_block_lost__nothing_else_removed
run dns-up tun0 "$server1"
sed -i '/openvpn-end/d' "$dir/resolv.conf"
run dns-down tun0
grep -q '^options edns0' "$dir/resolv.conf" || fail "$(cat "$dir/resolv.conf")"
grep -q '^nameserver 192' "$dir/resolv.conf" || fail "$(cat "$dir/resolv.conf")"

case_named file__missing__made_and_emptied
rm "$dir/resolv.conf"
run dns-up tun0 "$server1" || fail "status $?"
grep -q '^nameserver 10.8.0.1' "$dir/resolv.conf" || fail "no server"
run dns-down tun0
: >"$dir/before"
expect_unchanged

case_named file__symbolic_link__kept
mv "$dir/resolv.conf" "$dir/real"
ln -s real "$dir/resolv.conf"
run dns-up tun0 "$server1"
[ -L "$dir/resolv.conf" ] || fail "link replaced"
run dns-down tun0
expect_unchanged

case_named file__first_server_unusable__second_taken
run dns-up tun0 "$server1" dns_server_1_transport=DoT dns_server_2_address_1=10.8.0.2 || fail "status $?"
grep -q '^nameserver 10.8.0.2' "$dir/resolv.conf" || fail "no server"

case_named file__nothing_usable__says_so
for only in dns_server_1_transport=DoH dns_server_1_dnssec=yes dns_server_1_port_1=5353; do
	run dns-up tun0 "$server1" "$only" && fail "accepted $only"
	grep -q 'no server of tun0 can be used with file' "$dir/stderr" || fail "no reason for $only"
	expect_unchanged
done

case_named file__hostile_values__left_out
run dns-up tun0 "$server1" "dns_search_domain_1=a b" 'dns_search_domain_2=-x' \
	'dns_search_domain_3=ok.example' "dns_server_1_address_2=\$(touch $dir/pwned)" \
	'dns_server_1_address_3=10.8.0.3
nameserver 6.6.6.6' || fail "status $?"
expect_file "$dir/resolv.conf" "# openvpn-begin tun0
nameserver 10.8.0.1
search ok.example
# openvpn-end tun0
#openvpn-tun0# nameserver 192.0.2.53
#openvpn-tun0# search lan
options edns0"
[ ! -e "$dir/pwned" ] || fail "evaluated"

case_named vars_file__read_as_data
cat >"$dir/vars" <<END
script_type=dns-up
dev=tun0
dns_server_1_address_1=10.8.0.1
dns_search_domain_1=\$(touch $dir/pwned)
dns_search_domain_2=ok.example
PATH=/nowhere
not a variable
END
env -i "DNS_UPDOWN_PATH=$dir/bin" "DNS_UPDOWN_RESOLV_CONF=$dir/resolv.conf" \
	"DNS_UPDOWN_STATE_DIR=$dir/state" "DNS_UPDOWN_SYS_NET=$dir/net" \
	"dns_vars_file=$dir/vars" /bin/sh "$script" 2>"$dir/stderr" || fail "status $?"
grep -q '^search ok.example$' "$dir/resolv.conf" || fail "$(cat "$dir/resolv.conf")"
[ ! -e "$dir/pwned" ] || fail "evaluated"

case_named resolved__up_and_down__calls
fake_resolvectl
run dns-up tun0 "$server1" dns_server_1_port_1=53 dns_server_1_address_2=fd00::1 \
	dns_server_1_port_2=853 dns_server_1_sni=dns.example dns_server_1_transport=DoT \
	dns_server_1_dnssec=optional dns_search_domain_1=corp.example || fail "status $?"
run dns-down tun0 || fail "status $?"
expect_file "$dir/calls" "resolvectl status
resolvectl domain tun0 ~. corp.example
resolvectl default-route tun0 yes
resolvectl dns tun0 10.8.0.1#dns.example [fd00::1]:853#dns.example
resolvectl dnssec tun0 allow-downgrade
resolvectl dnsovertls tun0 yes
resolvectl status
resolvectl revert tun0"
expect_file "$dir/resolv.conf" "nameserver 127.0.0.53"

case_named resolved__resolve_domains__only_these
fake_resolvectl
run dns-up tun0 "$server1" dns_server_1_resolve_domain_1=corp.example \
	dns_server_1_resolve_domain_2=b.example. dns_server_1_dnssec=no dns_server_1_transport=plain
expect_file "$dir/calls" "resolvectl status
resolvectl domain tun0 ~corp.example ~b.example
resolvectl default-route tun0 no
resolvectl dns tun0 10.8.0.1
resolvectl dnssec tun0 no
resolvectl dnsovertls tun0 no"

case_named resolved__https_only__next_server
fake_resolvectl
run dns-up tun0 "$server1" dns_server_1_transport=DoH dns_server_2_address_1=10.8.0.2
grep -q 'dns tun0 10.8.0.2' "$dir/calls" || fail "$(cat "$dir/calls")"

case_named resolved__refuses__reverted
# shellcheck disable=SC2016
fake_resolvectl '[ "$1" != dns ]'
run dns-up tun0 "$server1" && fail "no failure"
tail -n 1 "$dir/calls" | grep -q 'revert tun0' || fail "not reverted"

case_named resolved__not_running_or_not_used__file
# shellcheck disable=SC2016
fake_resolvectl '[ "$1" != status ]'
run dns-up tun0 "$server1"
grep -q '^nameserver 10.8.0.1' "$dir/resolv.conf" || fail "not in the file"
new_system
fake_resolvectl
printf 'nameserver 192.0.2.53\n' >"$dir/resolv.conf"
run dns-up tun0 "$server1"
grep -q '^nameserver 10.8.0.1' "$dir/resolv.conf" || fail "not in the file"

case_named resolvconf__debian__record
fake_resolvconf ''
run dns-up tun0 "$server1" dns_search_domain_1=corp.example || fail "status $?"
run dns-down tun0 || fail "status $?"
expect_file "$dir/calls" "resolvconf -a tun0.openvpn
nameserver 10.8.0.1
search corp.example
resolvconf -d tun0.openvpn"
expect_unchanged

case_named openresolv__all_or_some_domains__exclusive_or_private
fake_resolvconf 'openresolv 3.12'
run dns-up tun0 "$server1"
run dns-up tun1 "$server1" dns_server_1_resolve_domain_1=corp.example
expect_file "$dir/calls" "resolvconf -x -a tun0.openvpn
nameserver 10.8.0.1
resolvconf -p -a tun1.openvpn
nameserver 10.8.0.1
domain corp.example"

case_named resolvconf__killed__record_removed_by_recover
fake_resolvconf ''
run dns-up tun0 "$server1"
run dns-up tun1 "$server1"
rmdir "$dir/net/tun0"
: >"$dir/calls"
run dns-recover '' || fail "status $?"
expect_file "$dir/calls" "resolvconf -d tun0.openvpn"

case_named resolvconf__alias_of_resolvectl__file
# shellcheck disable=SC2016
fake_resolvectl '[ "$1" != status ]'
ln -s resolvectl "$dir/bin/resolvconf"
run dns-up tun0 "$server1" || fail "status $?"
grep -q '^nameserver 10.8.0.1' "$dir/resolv.conf" || fail "not in the file"

case_named call__bad_device_or_type__refused
for bad in '' -x 'a b' ../x .. "a
b"; do
	run dns-up "$bad" "$server1" && fail "accepted device '$bad'"
done
run up tun0 "$server1" && fail "accepted type"
run dns-up tun0 && fail "accepted no server"
expect_unchanged

echo "$cases cases, $failed failures"
[ "$failed" = 0 ]
