#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the cases which need a kernel of their own, in QEMU guests.
#
# usage: tests/guest/run.sh [-o PROGRAM] [-g "GUEST..."] [CASE...]
#   PROGRAM  the program under test (default $OPENVPN); the test programs are beside it
#            (make openvpn guest-programs)
#   GUEST    g61 g612 g72 (default all)
#   CASE     files of tests/guest/cases without .sh (default all)
# Prints "PASS|FAIL|SKIP guest:GUEST:CASE:name" for each; the console of a failing guest is shown.
# Lines "FIGURE text" of a case are shown too.
# A case which says "# guests: NAME..." runs in those only; "# seconds: N" is its time limit.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/guest/lib.sh
. "$here/lib.sh"
program=${OPENVPN:-} guests="g72 g612 g61"
while getopts o:g: opt; do
	case $opt in
	o) program=$OPTARG ;;
	g) guests=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ -x "$program" ] || {
	echo "no program: give -o PROGRAM" >&2
	exit 2
}
beside=(test_dco_conformance test_dco_multi load_client dump_peers)
for p in "${beside[@]}"; do
	[ -x "$(dirname "$program")/$p" ] || {
		echo "no program $(dirname "$program")/$p: make guest-programs" >&2
		exit 2
	}
done
cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(cd "$here/cases" && printf '%s\n' *.sh | sed 's/\.sh$//')
work=$(mktemp -d /var/tmp/guest-run.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT

make_pki "$work/pki" >"$work/pki.log" 2>&1 || {
	cat "$work/pki.log"
	exit 1
}
failed=0
for guest in $guests; do
	if ! guest_root "$guest" || { [ "$guest" != g72 ] && ! guest_legacy_module "$guest"; }; then
		echo "FAIL guest:$guest:(root)"
		failed=1
		continue
	fi
	for case in "${cases[@]}"; do
		only=$(sed -n 's/^# guests: //p' "$here/cases/$case.sh")
		[[ -z $only || " $only " = *" $guest "* ]] || continue
		rm -rf "$work/w" && mkdir -p "$work/w"
		cp -a "$work/pki" "$here/guest.sh" "$work/w/"
		cp -r "$here/../../packaging/systemd" "$work/w/units"
		install -D "$program" "$work/openvpn"
		guest_binary "$work/w" "$work/openvpn" "${beside[@]/#/$(dirname "$program")/}"
		{
			echo 'echo # the console ends in the middle of a line'
			echo "export GUEST=$guest"
			[ "$guest" = g72 ] && echo "modprobe ovpn" || echo "modprobe ovpn-dco-v2"
			cat "$here/cases/$case.sh"
		} >"$work/w/script"
		limit=$(sed -n 's/^# seconds: //p' "$here/cases/$case.sh")
		GUEST_TIMEOUT_S=${limit:-300} guest_run "$guest" "$work/w" >"$work/console"
		rc=$?
		sed -nE "s/^(PASS|FAIL|SKIP) (.*)/\1 guest:$guest:$case:\2/p
			s/^FIGURE (.*)/     $guest:$case: \1/p" "$work/console"
		if [ $rc != 0 ]; then
			failed=1
			grep -aq '^FAIL' "$work/console" || echo "FAIL guest:$guest:$case:(guest)"
			cat "$work/console"
		fi
	done
done
exit $failed
