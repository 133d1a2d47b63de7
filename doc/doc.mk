# SPDX-License-Identifier: GPL-2.0-only
EXTRA_DIST += doc/openvpn.8.rst scripts/check-options.py
if HAVE_RST2MAN
dist_man_MANS += doc/openvpn.8
CLEANFILES += doc/openvpn.8
doc/openvpn.8: doc/openvpn.8.rst
	$(AM_V_GEN)$(MKDIR_P) doc && $(RST2MAN) --strict $(srcdir)/doc/openvpn.8.rst $@
endif
TESTS += scripts/check-options.py
EXTRA_DIST += doc/architecture.md doc/porting.md doc/security.md doc/troubleshooting.md scripts/check-troubleshooting
TESTS += scripts/check-troubleshooting
EXTRA_DIST += doc/dco.md doc/spec-notes.md
