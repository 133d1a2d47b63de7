#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds and runs every test.
#
# usage: scripts/check.sh [--all] [--list] [STEP...]
#   no STEP runs the default steps, --all also the long ones; --list names them.
#   BUILD=dir     where to build (default build-check below the tree)
#   JOBS=n        parallel jobs (default: number of CPUs)
# Each step's output goes to $BUILD/log/STEP.log, and its end is shown when the step fails. Every
# test's result is a line in $BUILD/results. The last line is "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
BUILD=${BUILD:-$top/build-check}
JOBS=${JOBS:-$(nproc)}
WAITING=$((JOBS * 3)) # so many at once of what mostly waits
RESULTS=$BUILD/results
export BUILD JOBS

DEFAULT="format shellcheck layering gcc sim interop attack asan tsan clang fuzz acceptance"
LONG="tidy interop-asan fuzz-long distcheck scale guest matrix soak"
NOTHING=77 # of a step: the tree has nothing for it

note()
{
	printf '%s\n' "$*" >&3
}

# result PASS|FAIL|SKIP NAME [reason]
result()
{
	echo "$*" >>"$RESULTS"
}

# takes lines "PASS|FAIL|SKIP name ..." of a runner, shows them and keeps them
results_from()
{
	local line
	while IFS= read -r line; do
		case $line in
		PASS\ * | FAIL\ * | SKIP\ *)
			result "$line"
			note "     $line"
			;;
		*) echo "$line" ;;
		esac
	done
}

files()
{
	git ls-files -- "$@" 2>/dev/null | while IFS= read -r f; do [ -f "$f" ] && echo "$f"; done
}

shell_scripts()
{
	local f
	files '*.sh' '.ci/*' 'scripts/*' 'tests/*' | sort -u | while IFS= read -r f; do
		head -n 1 "$f" 2>/dev/null | grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$f"
	done
}

# ---- building ------------------------------------------------------------------------------------
autotools()
{
	if [ -e config.status ]; then
		echo "the source tree itself is configured; run 'make distclean' first" >&2
		return 1
	fi
	# once per run; configure itself is made again when configure.ac changes
	[ -e "$BUILD/autotools-done" ] && [ -x configure ] && return 0
	autoreconf -fi && touch "$BUILD/autotools-done"
}

cc_of()
{
	if command -v ccache >/dev/null; then echo "ccache $1"; else echo "$1"; fi
}

# build DIR COMPILER [configure arguments]
build()
{
	local dir=$BUILD/$1 cc
	cc=$(cc_of "$2")
	shift 2
	autotools && mkdir -p "$dir" && cd "$dir" &&
		CC=$cc "$top/configure" -q --enable-werror "$@" && make -k -j"$JOBS"
	local rc=$?
	cd "$top" || return 1
	return $rc
}

# unit DIR: make check, one result per cmocka test, or per program for the others
unit()
{
	local dir=$BUILD/$1 rc trs base log prog out
	(cd "$dir" && find . -name '*.trs' -delete; make -k -j"$JOBS" check) </dev/null
	rc=$?
	while IFS= read -r trs; do
		base=${trs%.trs}
		log=$base.log prog=$(basename "$base")
		out=$(sed -n 's/^:test-result: //p' "$trs" | head -n 1)
		if grep -aq '^\[ RUN      \]' "$log" 2>/dev/null; then
			sed -nE "s|^\[       OK \] (.*)|PASS $2$prog:\1|p; s|^\[  SKIPPED \] ([^ ]*__.*)|SKIP $2$prog:\1|p" \
				"$log" | sort -u >>"$RESULTS"
			if [ "$out" != PASS ]; then
				sed -nE "s|^\[  FAILED  \] ([A-Za-z0-9_]*__[A-Za-z0-9_]*).*|FAIL $2$prog:\1|p" "$log" |
					sort -u >"$BUILD/failed"
				[ -s "$BUILD/failed" ] || echo "FAIL $2$prog:(program)" >"$BUILD/failed"
				cat "$BUILD/failed" >>"$RESULTS"
				tail -n 60 "$log"
				rc=1
			fi
		else
			case $out in
			PASS | SKIP) result "$out $2$prog" ;;
			*)
				result "FAIL $2$prog"
				tail -n 60 "$log"
				rc=1
				;;
			esac
		fi
	done < <(find "$dir" -name '*.trs' | sort)
	return $rc
}

# ---- steps ---------------------------------------------------------------------------------------
step_format()
{
	files '*.c' '*.h' | grep -v '^kmod/' | xargs -r clang-format --dry-run -Werror --style=file
}

step_shellcheck()
{
	shell_scripts | xargs -r shellcheck -x
}

step_layering()
{
	scripts/check-layering
}

step_gcc()
{
	build gcc gcc && unit gcc ''
}

step_asan()
{
	build asan gcc --enable-asan CFLAGS='-g -O1' || return 1
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
		unit asan 'asan/'
}

# The test programs of the engine, which has threads.
threaded_tests()
{
	sed -n '/^ENGINE_TESTS *=/,/[^\\]$/p' tests/unit_tests/engine.mk | grep -o 'test_[a-z0-9_]*'
}

# The programs with threads, under the thread sanitizer.
step_tsan()
{
	local t found=0 rc=0
	build tsan gcc --enable-tsan CFLAGS='-g -O1' || return 1
	for t in $(threaded_tests); do
		found=1
		if make -C "$BUILD/tsan" -j"$JOBS" "$t" && (cd "$BUILD/tsan" && TSAN_OPTIONS=halt_on_error=1 "./$t"); then
			result "PASS tsan/$t"
		else
			result "FAIL tsan/$t"
			rc=1
		fi
	done
	[ "$found" = 1 ] || return $NOTHING
	return $rc
}

step_clang()
{
	build clang clang
}

step_tidy()
{
	# valist.Uninitialized of clang 14 does not see va_start() in functions with attributes
	local checks='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters'
	checks+=',-bugprone-assignment-in-if-condition,-bugprone-reserved-identifier'
	checks+=',-bugprone-narrowing-conversions,-clang-analyzer-valist.Uninitialized'
	# unix.Malloc does not know the cleanup attribute (ASan looks for leaks); tables want bare
	# arguments; the last two are wrong about arrays of pointers and about (size_t)(a - b)
	checks+=',-clang-analyzer-unix.Malloc,-bugprone-macro-parentheses'
	checks+=',-bugprone-misplaced-widening-cast,-bugprone-sizeof-expression'
	checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
	[ -e "$BUILD/gcc/config.h" ] || build gcc gcc || return 1
	# shellcheck disable=SC2016
	files 'src/*.c' | xargs -r -P "$JOBS" -n 4 bash -c 'checks=$1 build=$2; shift 2
		clang-tidy --quiet --checks="$checks" --warnings-as-errors="*" "$@" -- -std=gnu11 \
			-Isrc/openvpn -Iinclude -I"$build" -DSYSCONFDIR=\"\" -DLIBEXECDIR=\"\" \
			$(pkg-config --cflags libnl-3.0)' tidy "$checks" "$BUILD/gcc"
}

step_fuzz()
{
	build fuzz clang --enable-fuzzers CFLAGS='-g -O1' || return 1
	compgen -G "$BUILD/fuzz/fuzz_*" >/dev/null || return $NOTHING
	tests/fuzz/run.sh "$BUILD/fuzz" | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

step_fuzz-long()
{
	FUZZ_RUNS=${FUZZ_RUNS:-2000000} FUZZ_TIMEOUT=3600 FUZZ_SEED=$RANDOM step_fuzz
}

# Random sessions in virtual time beyond those of `make check`, in parts which run side by side. A
# failing seed prints what it violated; replay it with `sim --seed N --log`.
step_sim()
{
	local n=${SIM_SEEDS:-2000} part i rc=0 pids=()
	[ -x "$BUILD/gcc/sim" ] || build gcc gcc && make -C "$BUILD/gcc" -j"$JOBS" sim || return 1
	part=$(((n + JOBS - 1) / JOBS))
	for ((i = 0; i < JOBS; i++)); do
		"$BUILD/gcc/sim" --seeds "$((1001 + i * part))-$((1000 + (i + 1) * part))" &
		pids+=($!)
	done
	for ((i = 0; i < JOBS; i++)); do
		wait "${pids[i]}" || rc=1
	done
	if [ $rc = 0 ]; then result "PASS sim:seeds"; else result "FAIL sim:seeds"; fi
	return $rc
}

step_interop()
{
	[ -x tests/interop/run.sh ] || return $NOTHING
	JOBS=$WAITING OPENVPN=${OPENVPN:-$BUILD/gcc/openvpn} tests/interop/run.sh | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# virtual machines with kernels that have modules; the roots are made on first use
step_guest()
{
	[ -x "$BUILD/gcc/openvpn" ] || build gcc gcc || return 1
	make -C "$BUILD/gcc" openvpn guest-programs || return 1
	tests/guest/run.sh -o "${OPENVPN:-$BUILD/gcc/openvpn}" -n "$JOBS" | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# Fifty clients which come and go on a server, for SOAK_MINUTES (default 40) of a guest's clock. A minute of it takes
# about 20 s of one processor; SOAK_MINUTES=1440 is a day.
step_soak()
{
	local minutes=${SOAK_MINUTES:-40}
	[ -x "$BUILD/gcc/openvpn" ] || build gcc gcc || return 1
	make -C "$BUILD/gcc" openvpn guest-programs || return 1
	tests/guest/run.sh -o "${OPENVPN:-$BUILD/gcc/openvpn}" -g g72 -s "MINUTES=$minutes" -t $((minutes * 60 + 300)) soak |
		results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# Every pair of client and server, about an hour of one processor; less with e.g. MATRIX='-g g72 -p udp -t 2'.
# What failed or was broken off runs again the next time, the rest is kept as long as the program is the same.
step_matrix()
{
	[ -x "$BUILD/gcc/openvpn" ] || build gcc gcc || return 1
	make -C "$BUILD/gcc" openvpn || return 1
	# shellcheck disable=SC2086
	tests/guest/matrix -o "${OPENVPN:-$BUILD/gcc/openvpn}" -n "$JOBS" -d "$BUILD/matrix" -k -j "$BUILD/matrix.json" \
		-r "$BUILD/matrix.txt" ${MATRIX:--t 20 -b 1M} | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# The interop cases with the sanitizers' build, which finds what no log line tells.
step_interop-asan()
{
	[ -x "$BUILD/asan/openvpn" ] || build asan gcc --enable-asan CFLAGS='-g -O1' || return 1
	JOBS=$WAITING ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 SUITE_NAME=asan/interop \
		OPENVPN=$BUILD/asan/openvpn tests/interop/run.sh | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# A client of our server works while strangers attack it.
step_attack()
{
	[ -x "$BUILD/gcc/openvpn" ] || build gcc gcc && make -C "$BUILD/gcc" -j"$JOBS" openvpn attack || return 1
	OPENVPN=$BUILD/gcc/openvpn tests/attack/run.sh | results_from
	[ "${PIPESTATUS[0]}" = 0 ]
}

# 200 real clients at once; the server beside released OpenVPN, and with 10,000 clients. Figures are in
# the step's log.
step_scale()
{
	[ -x "$BUILD/gcc/openvpn" ] || build gcc gcc && make -C "$BUILD/gcc" -j"$JOBS" openvpn load_client burst_source tls_floor || return 1
	{
		OPENVPN=$BUILD/gcc/openvpn tests/bench/many-clients || touch "$BUILD/scale.failed"
		OPENVPN=$BUILD/gcc/openvpn tests/bench/server-scale -o "$BUILD/server-scale.json" || touch "$BUILD/scale.failed"
		OPENVPN=$BUILD/gcc/openvpn tests/bench/packet-cost -o "$BUILD/packet-cost.json" || touch "$BUILD/scale.failed"
		OPENVPN=$BUILD/gcc/openvpn tests/bench/packet-cost -i -m 2000 || touch "$BUILD/scale.failed"
	} | results_from
	! rm "$BUILD/scale.failed" 2>/dev/null
}

step_acceptance()
{
	[ -x scripts/check-acceptance ] || return $NOTHING
	scripts/check-acceptance "$RESULTS"
}

step_distcheck()
{
	autotools && mkdir -p "$BUILD/dist" && cd "$BUILD/dist" && "$top/configure" -q && make -j"$JOBS" distcheck
	local rc=$?
	cd "$top" || return 1
	return $rc
}

# ---- running -------------------------------------------------------------------------------------
count()
{
	grep -c "^$1 " "$RESULTS"
}

run_step()
{
	local s=$1 start=$SECONDS rc p0 f0 s0 p f k inner
	p0=$(count PASS) f0=$(count FAIL) s0=$(count SKIP)
	note "==== $s"
	"step_$s" >"$BUILD/log/$s.log" 2>&1 </dev/null
	rc=$?
	[ $rc -ne $NOTHING ] || { note "-- $s: the tree has nothing for this step"; return; }
	p=$(($(count PASS) - p0)) f=$(($(count FAIL) - f0)) k=$(($(count SKIP) - s0))
	inner=$((p + f + k))
	# The step itself counts when it is one check, or when it failed beyond its own tests.
	if [ $rc -ne 0 ] && [ $f -eq 0 ]; then
		result "FAIL step:$s"
		f=$((f + 1))
	elif [ $inner -eq 0 ]; then
		result "PASS step:$s"
		p=$((p + 1))
	fi
	if [ $f -gt 0 ]; then
		note "---- $BUILD/log/$s.log"
		tail -n 80 "$BUILD/log/$s.log" >&3
	fi
	note "$([ $f -eq 0 ] && echo ok || echo FAILED) $s: $p passed, $f failed, $k skipped, $((SECONDS - start)) s"
}

steps=
for a in "$@"; do
	case $a in
	--all) steps="$DEFAULT $LONG" ;;
	--list)
		echo "default: $DEFAULT"
		echo "long:    $LONG"
		exit 0
		;;
	-*)
		sed -n '3,11s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	*)
		declare -F "step_$a" >/dev/null || { echo "check: unknown step '$a', see --list" >&2; exit 2; }
		steps="$steps $a"
		;;
	esac
done
steps=${steps:-$DEFAULT}

mkdir -p "$BUILD/log" || exit 1
rm -f "$BUILD/autotools-done"
: >"$RESULTS"
exec 3>&1
for s in $steps; do
	run_step "$s"
done

if [ "$(count FAIL)" -gt 0 ]; then
	note "failed:"
	grep '^FAIL ' "$RESULTS" >&3
fi
[ "$(count SKIP)" -eq 0 ] || grep '^SKIP ' "$RESULTS" >&3
note "$SECONDS s"
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ "$(count FAIL)" -eq 0 ]
