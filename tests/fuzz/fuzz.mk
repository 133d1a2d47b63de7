# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets (configure CC=clang --enable-fuzzers): one program fuzz_NAME per parser, from
# tests/fuzz/fuzz_NAME.c, linked with $(FUZZ_LDFLAGS). Inputs worth keeping go to
# tests/fuzz/corpus/fuzz_NAME/. tests/fuzz/run.sh BUILDDIR runs them all.
EXTRA_DIST += tests/fuzz/run.sh
FUZZ_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
