#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every fuzz target of a build directory a fixed number of times over the kept corpus.
#
# usage: tests/fuzz/run.sh BUILDDIR [TARGET...]
#   FUZZ_RUNS  runs of each target (default 20000)
#   FUZZ_SEED  seed (default 1; same seed, same inputs)
# A crashing input is kept as BUILDDIR/crash-TARGET-*; put it into
# tests/fuzz/corpus/TARGET/ together with the fix. Prints one line per target and a closing line.
set -u
src=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: tests/fuzz/run.sh BUILDDIR [TARGET...]}" && pwd) || exit 1
shift
runs=${FUZZ_RUNS:-20000} seed=${FUZZ_SEED:-1}
pass=0 fail=0
if [ $# -eq 0 ]; then
	for f in "$build"/fuzz_*; do
		[ -f "$f" ] && [ -x "$f" ] && set -- "$@" "$(basename "$f")"
	done
fi

one()
{
	local t=$1 corpus=$src/corpus/$1 work=$build/work-$1 log=$build/$1.log
	rm -rf "$work"
	mkdir -p "$work"
	[ -d "$corpus" ] || corpus=
	if (cd "$build" && timeout "${FUZZ_TIMEOUT:-600}" "./$t" -runs="$runs" -seed="$seed" -timeout=10 \
		-rss_limit_mb=2048 -artifact_prefix="$build/crash-$t-" "$work" ${corpus:+"$corpus"}) >"$log" 2>&1; then
		echo "PASS fuzz:$t $(grep -o '#[0-9]*.*DONE.*cov: [0-9]*' "$log" | sed 's/ *DONE */ /;s/\t/ /g')"
	else
		echo "FAIL fuzz:$t (replay: $build/$t $build/crash-$t-...)"
		tail -n 40 "$log" >&2
	fi
	rm -rf "$work"
}
export -f one
export src build runs seed

results=$(printf '%s\n' "$@" | grep . | xargs -r -P "$(nproc)" -I{} bash -c 'one {}')
[ -z "$results" ] || echo "$results"
pass=$(grep -c ^PASS <<<"$results")
fail=$(grep -c ^FAIL <<<"$results")
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" = 0 ]
