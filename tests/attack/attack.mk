# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += tests/attack/run.sh
EXTRA_PROGRAMS += attack
attack_SOURCES = tests/attack/attack.c
attack_LDADD =
