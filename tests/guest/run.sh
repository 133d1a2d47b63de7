#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the cases which need a kernel of their own, in QEMU guests.
#
# usage: tests/guest/run.sh [-o PROGRAM] [-g "GUEST..."] [-n GUESTS] [-w instruction|ordinary]
#                           [-s NAME=VALUE]... [-t SECONDS] [CASE...]
#   PROGRAM  the program under test (default $OPENVPN); the test programs are beside it
#            (make openvpn guest-programs)
#   GUEST    g61 g612 g72 (default all)
#   GUESTS   so many run side by side (default 1)
#   -w       the guest's clock: "instruction" (default) lets one processor take 62 million instructions a
#            second, whatever the machine does besides, and waiting costs nothing; "ordinary" is the
#            machine's own time
#   -s       a variable that a case reads, e.g. -s MINUTES=120 soak, -s CLIENTS=60 many; of every case
#            -s ONLY=REGEX runs the tests whose names it matches
#   -t       the time limit of each case on this machine's clock, instead of its own
#   CASE     files of tests/guest/cases without .sh (default all but those which say "# named: only")
# Prints "PASS|FAIL|SKIP guest:GUEST:CASE:name" for each; the console of a failing guest is shown.
# Lines "FIGURE text" of a case are shown too.
# A case which says "# guests: NAME..." runs in those only; "# seconds: N" is its time limit on
# this machine's clock, "# clock: ordinary" the only one that it runs with. With
# "# releases: 2.4.4 2.5" these are there as /w/RELEASE/bin/openvpn (scripts/install-deps.sh peer-*).
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/guest/lib.sh
. "$here/lib.sh"
program=${OPENVPN:-} guests="g72 g612 g61" together=1 clock=instruction set=() limit_s=
while getopts o:g:n:w:s:t: opt; do
	case $opt in
	o) program=$OPTARG ;;
	g) guests=$OPTARG ;;
	n) together=$OPTARG ;;
	w) clock=$OPTARG ;;
	s) set+=("$OPTARG") ;;
	t) limit_s=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ -x "$program" ] || {
	echo "no program: give -o PROGRAM" >&2
	exit 2
}
beside=(test_dco_conformance test_dco_multi load_client dump_peers disturb)
for p in "${beside[@]}"; do
	[ -x "$(dirname "$program")/$p" ] || {
		echo "no program $(dirname "$program")/$p: make guest-programs" >&2
		exit 2
	}
done
declare -A root_of=([2.4.4]=bionic [2.5]=bullseye)
guest_clock "$clock" || exit 2
cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(cd "$here/cases" && grep -L '^# named: only' -- *.sh | sed 's/\.sh$//')
work=$(mktemp -d /var/tmp/guest-run.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT

make_pki "$work/pki" >"$work/pki.log" 2>&1 || {
	cat "$work/pki.log"
	exit 1
}

# one_case GUEST CASE: its results; the console when it failed, whole and alone
one_case()
{
	local guest=$1 case=$2 dir=$work/$1-$2 limit only old releases rc
	only=$(sed -n 's/^# clock: //p' "$here/cases/$case.sh")
	guest_clock "${only:-$clock}" || return 1
	mkdir -p "$dir/w"
	cp -a "$work/pki" "$here/guest.sh" "$dir/w/"
	cp -r "$here/../../packaging/systemd" "$dir/w/units"
	install -D "$program" "$dir/openvpn"
	guest_binary "$dir/w" "$dir/openvpn" "${beside[@]/#/$(dirname "$program")/}"
	read -ra releases < <(sed -n 's/^# releases: //p' "$here/cases/$case.sh")
	for old in "${releases[@]}"; do
		"$here/../../scripts/install-deps.sh" "peer-$old" >/dev/null || touch "$work/failed"
		GUEST_BINARY_ROOT=${GUESTS%/*}/${root_of[$old]} guest_binary "$dir/w/$old" /usr/sbin/openvpn
	done
	{
		echo 'echo # the console ends in the middle of a line'
		guest_prelude
		echo "export GUEST=$guest"
		[ ${#set[@]} = 0 ] || printf 'export %q\n' "${set[@]}"
		[ "$guest" = g72 ] && echo "modprobe ovpn" || echo "modprobe ovpn-dco-v2"
		cat "$here/cases/$case.sh"
	} >"$dir/w/script"
	limit=${limit_s:-$(sed -n 's/^# seconds: //p' "$here/cases/$case.sh")}
	GUEST_TIMEOUT_S=${limit:-900} guest_run "$guest" "$dir/w" >"$dir/console"
	rc=$?
	(
		flock 8
		sed -nE "s/^(PASS|FAIL|SKIP) (.*)/\1 guest:$guest:$case:\2/p
			s/^FIGURE (.*)/     $guest:$case: \1/p" "$dir/console"
		if [ $rc != 0 ]; then
			touch "$work/failed"
			grep -aq '^FAIL' "$dir/console" || echo "FAIL guest:$guest:$case:(guest)"
			cat "$dir/console"
		fi
	) 8>"$work/lock"
	rm -rf "$dir"
}

for guest in $guests; do
	if ! guest_root "$guest" || { [ "$guest" != g72 ] && ! guest_legacy_module "$guest"; }; then
		echo "FAIL guest:$guest:(root)"
		touch "$work/failed"
		continue
	fi
	for case in "${cases[@]}"; do
		only=$(sed -n 's/^# guests: //p' "$here/cases/$case.sh")
		[[ -z $only || " $only " = *" $guest "* ]] || continue
		at_most "$together"
		one_case "$guest" "$case" &
	done
done
wait
[ ! -e "$work/failed" ]
