#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The DNS hook, with stubs in place of resolvectl and resolvconf which write down their arguments.
set -eu
src=${srcdir:-.}/packaging/dns-updown
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

mkdir "$dir/bin" "$dir/resolve"
for tool in cat env sh; do
	ln -s "$(command -v $tool)" "$dir/bin/$tool"
done
# the program sets its own PATH, as a script of the daemon gets none
sed -e "s|^PATH=.*|PATH=$dir/bin|" -e "s|/run/systemd/resolve|$dir/resolve|" "$src" > "$dir/hook"

stub()
{
	# shellcheck disable=SC2016 # the stub expands them
	printf '#!/bin/sh\n{ echo "%s $*"; [ "$1" != -a ] || cat; } >> %s/calls\n' "$1" "$dir" > "$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

# expect NAME STATUS OUTPUT VAR=VALUE...
expect()
{
	name=$1 status=$2 output=$3
	shift 3
	rm -f "$dir/calls"
	got_status=0
	env -i "$@" sh "$dir/hook" > "$dir/log" 2>&1 || got_status=$?
	got=$(cat "$dir/calls" 2> /dev/null || true)
	if [ "$got_status" != "$status" ] || [ "$got" != "$output" ]; then
		echo "FAIL: $name: status $got_status, calls:"
		echo "$got"
		cat "$dir/log"
		failed=1
	else
		echo "PASS: $name"
	fi
}

expect nothing_there__fails 1 '' dev=tun0 script_type=dns-up dns_server_1_address_1=10.8.0.1

stub resolvconf
expect resolvconf_up 0 'resolvconf -a tun0.openvpn
search a.example b.example
nameserver 10.8.0.1
nameserver fd00::1' dev=tun0 script_type=dns-up dns_server_1_address_1=10.8.0.1 dns_server_1_address_2=fd00::1 \
	dns_search_domain_1=a.example dns_search_domain_2=b.example
expect resolvconf_down 0 'resolvconf -d tun0.openvpn' dev=tun0 script_type=dns-down

stub resolvectl
expect resolved_plain_server__is_for_all_names 0 'resolvectl dns tun0 10.8.0.1
resolvectl domain tun0 a.example ~.' dev=tun0 script_type=dns-up dns_server_1_address_1=10.8.0.1 \
	dns_search_domain_1=a.example
expect resolved_skips_doh__takes_all_of_the_next 0 'resolvectl dns tun0 192.0.2.53:853#dns.example [2001:db8::1]:853#dns.example
resolvectl domain tun0 ~in.example
resolvectl dnssec tun0 allow-downgrade
resolvectl dnsovertls tun0 yes' dev=tun0 script_type=dns-up \
	dns_server_1_address_1=10.8.0.1 dns_server_1_transport=DoH \
	dns_server_2_address_1=192.0.2.53 dns_server_2_port_1=853 \
	dns_server_2_address_2=2001:db8::1 dns_server_2_port_2=853 dns_server_2_sni=dns.example \
	dns_server_2_resolve_domain_1=in.example dns_server_2_dnssec=optional dns_server_2_transport=DoT
expect resolved_down 0 'resolvectl revert tun0' dev=tun0 script_type=dns-down
expect only_doh__fails 1 '' dev=tun0 script_type=dns-up dns_server_1_address_1=10.8.0.1 dns_server_1_transport=DoH
expect unknown_type__fails 1 '' dev=tun0 script_type=up dns_server_1_address_1=10.8.0.1
expect no_device__fails 1 '' script_type=dns-up dns_server_1_address_1=10.8.0.1

# from the helper: one variable which names a file; values are never evaluated
cat > "$dir/vars" <<-EOT
	dev=tun0
	script_type=dns-up
	dns_server_1_address_1=10.8.0.1
	dns_search_domain_1=\$(touch $dir/evil)
	PATH=/nonexistent
EOT
expect vars_file 0 "resolvectl dns tun0 10.8.0.1
resolvectl domain tun0 \$(touch $dir/evil) ~." dns_vars_file="$dir/vars"
if [ -e "$dir/evil" ]; then
	echo "FAIL: vars_file: a value was executed"
	failed=1
fi
exit $failed
