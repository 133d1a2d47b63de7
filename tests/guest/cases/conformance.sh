# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The conformance suite of the data-plane interface on the guest's kernel driver; each test is a
# result.
# seconds: 1000
export DCO_BACKEND=ovpn-dco-v2
[ "$GUEST" != g72 ] || DCO_BACKEND=ovpn
rc=0
for program in test_dco_conformance test_dco_multi; do
	timeout 500 "/w/bin/$program" >/tmp/suite.log 2>&1 || {
		rc=1
		cat /tmp/suite.log
	}
	awk -v program="$program" '
		/^# skipped: / { sub(/^# skipped: /, ""); why = $0 }
		/^\[       OK \]/ { print "PASS " program ":" $4 }
		/^\[  SKIPPED \] .*__/ && !told[$4]++ { print "SKIP " program ":" $4 " " why }
		/^\[  FAILED  \] .*__/ && !told[$4]++ { print "FAIL " program ":" $4 }' /tmp/suite.log
done
exit $rc
