#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the client against real OpenVPN servers in network namespaces. Needs root.
#
# usage: tests/interop/run.sh [--list] [FILTER...]
#   FILTER      only cases whose name matches one of these extended regular expressions
#   OPENVPN     the program under test: a path (default build-check/gcc/openvpn), or 2.6 or 2.7 for
#               a real OpenVPN, which checks the cases themselves (results "interop-of-2.7:CASE")
#   JOBS        cases at once (default: three per CPU; they mostly wait)
#   KEEP=1      keep the directory with all logs
#   RETRY=0     no second attempt for a case that fails
# Prints a line per case and at the end "N passed, N failed, N skipped".
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
# shellcheck source=tests/interop/lib.sh
. "$HERE/lib.sh"

# Cases: case_add NAME FUNCTION [ARGUMENTS...] in cases/*.sh
NAMES=()
declare -A CALL
case_add()
{
	NAMES+=("$1")
	CALL[$1]=$(printf '%q ' "${@:2}")
}
for f in "$HERE"/cases/*.sh; do
	# shellcheck disable=SC1090
	. "$f"
done

# one NAME: a case in its own process; prints its result line and, if it failed, the logs
one()
{
	CASE=$1
	DIR=$RUN/$CASE
	NS=ovt$$
	local start=$SECONDS rc f
	mkdir -p "$DIR"
	echo "$NS" >>"$RUN/prefixes"
	(
		mkfifo "$DIR/tick"
		exec {TICK}<>"$DIR/tick"
		trap 'net_down "$NS"' EXIT

		trap 'exit 143' TERM INT
		net_up
		eval "${CALL[$CASE]}"
		! grep -aE 'ERROR: (Address|Leak|Thread)Sanitizer|runtime error:' "$DIR"/*.log ||
			fail "sanitizer report"
	) >"$DIR/out" 2>&1 </dev/null
	rc=$?
	if [ $rc = 1 ] && grep -ahoE 'Options error: .* is not supported by this build yet' "$DIR/client.log" >"$DIR/skip"; then
		rc=77
	fi
	case $rc in
	0) echo "PASS $SUITE:$CASE $((SECONDS - start)) s" ;;
	77) echo "SKIP $SUITE:$CASE $(cat "$DIR/skip")" ;;
	*)
		echo "FAIL $SUITE:$CASE $(sed -n "s/^$CASE: //p" "$DIR/out" | tail -n 1)"
		echo "---- $CASE: output"
		cat "$DIR/out"
		for f in client.conf client.log server.conf server.log; do
			[ -s "$DIR/$f" ] || continue
			echo "---- $CASE: $f"
			tail -n 60 "$DIR/$f"
		done
		echo "----"
		;;
	esac
}

if [ "${1-}" = --one ]; then
	one "$2" >"$RUN/$2.report"
	# Real time on a shared machine: a case that fails gets a second attempt, and its line says so.
	if [ "${RETRY-1}" = 1 ] && first=$(grep -a '^FAIL ' "$RUN/$2.report"); then
		mv "$RUN/$2" "$RUN/$2.first"
		one "$2" >"$RUN/$2.report"
		sed -i '/^PASS /s/$/, at the second attempt/' "$RUN/$2.report"
		echo "first attempt: ${first#FAIL }" >>"$RUN/$2.report"
	fi
	# one write, so that the reports of parallel cases do not mix
	cat "$RUN/$2.report"
	exit 0
fi

list=0 filters=()
for a in "$@"; do
	case $a in
	--list) list=1 ;;
	-*) sed -n '3,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
	*) filters+=("$a") ;;
	esac
done
filter=$(IFS='|'; echo "${filters[*]-}")
mapfile -t chosen < <(printf '%s\n' "${NAMES[@]}" | grep -E -- "${filter:-.}")
[ ${#chosen[@]} -gt 0 ] || { echo "interop: no case matches" >&2; exit 2; }
if [ $list = 1 ]; then
	printf '%s\n' "${chosen[@]}"
	exit 0
fi

[ "$(id -u)" = 0 ] || { echo "interop: needs root for network namespaces" >&2; exit 1; }
export OPENVPN=${OPENVPN:-$TOP/build-check/gcc/openvpn}
SUITE=${SUITE_NAME:-interop}
case $OPENVPN in
2.6 | 2.7) SUITE=interop-of-$OPENVPN ;;
*)
	OPENVPN=$(realpath "$OPENVPN" 2>/dev/null)
	[ -x "$OPENVPN" ] || { echo "interop: no program to test, set OPENVPN (scripts/check.sh gcc builds one)" >&2; exit 1; }
	;;
esac
"$TOP/scripts/install-deps.sh" peer-2.5 peer-2.7 peer-3 || exit 1
# from another archive than the rest; without it the cases with 2.4 are skipped
"$TOP/scripts/install-deps.sh" peer-2.4 || true

RUN=$(mktemp -d /tmp/ovpn-interop.XXXXXX)
chmod 755 "$RUN"
PKI=$RUN/pki
export RUN PKI SUITE
finish()
{
	local p
	if [ -e "$RUN/prefixes" ]; then
		while read -r p; do
			ip netns list | grep -q "^$p-" && net_down "$p"
		done <"$RUN/prefixes"
	fi
	rmdir "$ROOT24$RUN" "$ROOT25$RUN" "$ROOT27$RUN" "$ROOT3$RUN" 2>/dev/null
	[ -n "${KEEP-}" ] || rm -rf "$RUN"
}
trap finish EXIT
trap 'exit 143' TERM INT
(pki_make "$PKI") >"$RUN/pki.log" 2>&1 || { cat "$RUN/pki.log"; echo "interop: cannot make certificates" >&2; exit 1; }
chmod 755 "$PKI" && chmod 644 "$PKI"/*.crt && chmod 600 "$PKI"/*.key

printf '%s\n' "${chosen[@]}" |
	xargs -P "${JOBS:-$(($(nproc) * 3))}" -I{} timeout -k 20 180 "$0" --one {} | tee "$RUN/all"
[ -z "${KEEP-}" ] || echo "logs: $RUN"
pass=$(grep -ac "^PASS $SUITE:" "$RUN/all")
skip=$(grep -ac "^SKIP $SUITE:" "$RUN/all")
# a case that was killed left no line
fail=$((${#chosen[@]} - pass - skip))
[ "$fail" -eq "$(grep -ac "^FAIL $SUITE:" "$RUN/all")" ] ||
	for c in "${chosen[@]}"; do
		grep -aqE "^(PASS|FAIL|SKIP) $SUITE:$c " "$RUN/all" || echo "FAIL $SUITE:$c ran out of time"
	done
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" -eq 0 ]
