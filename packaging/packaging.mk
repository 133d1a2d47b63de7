# SPDX-License-Identifier: GPL-2.0-only
# What is installed beside the programs.
helperdir = $(libexecdir)/openvpn
dist_helper_SCRIPTS = scripts/dns-updown

completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = packaging/bash-completion/openvpn

# distcheck may write below its own prefix only
AM_DISTCHECK_CONFIGURE_FLAGS = SYSTEMD_UNIT_DIR='$$dc_install_base/lib/systemd/system'

UNIT_FILES = packaging/systemd/openvpn-client@.service packaging/systemd/openvpn-server@.service
EXTRA_DIST += $(UNIT_FILES:=.in) packaging/systemd/openvpn.tmpfiles
CLEANFILES += $(UNIT_FILES)

if HAVE_SYSTEMD_DIRS
unitdir = $(SYSTEMD_UNIT_DIR)
unit_DATA = $(UNIT_FILES)

install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(TMPFILES_DIR)'
	$(INSTALL_DATA) $(srcdir)/packaging/systemd/openvpn.tmpfiles '$(DESTDIR)$(TMPFILES_DIR)/openvpn.conf'

uninstall-hook:
	rm -f '$(DESTDIR)$(TMPFILES_DIR)/openvpn.conf'
endif

MAKE_UNIT = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@sbindir[@]|$(sbindir)|g' $(srcdir)/$@.in > $@.tmp && mv $@.tmp $@
packaging/systemd/openvpn-client@.service: $(srcdir)/packaging/systemd/openvpn-client@.service.in Makefile
	$(MAKE_UNIT)
packaging/systemd/openvpn-server@.service: $(srcdir)/packaging/systemd/openvpn-server@.service.in Makefile
	$(MAKE_UNIT)
