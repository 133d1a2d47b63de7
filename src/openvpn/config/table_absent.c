/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of sections 2.12 and 2.13: of builds with PKCS#11, and of Windows. */
#include "config/internal.h"

static int msg_channel_apply(struct opt *o)
{
	return opt_error(o, "--msg-channel is only supported on Windows");
}

/* Not in this build: unrecognised, as everywhere without the library. */
#define PKCS11(text) .help = text, .groups = GROUP_GENERAL, .status = OPTION_ABSENT, REFUSED

static const struct option_row pkcs11_rows[] = {
	{.name = "pkcs11-providers",
	 .args = "module ...",
	 PKCS11("modules to load"),
	 ARGS(1, MANY)},
	{.name = "pkcs11-protected-authentication",
	 .args = "0|1 ...",
	 PKCS11("PIN is entered at the reader"),
	 ARGS(1, MANY)},
	{.name = "pkcs11-private-mode",
	 .args = "hex ...",
	 PKCS11("how private keys are used"),
	 ARGS(1, MANY)},
	{.name = "pkcs11-cert-private",
	 .args = "0|1 ...",
	 PKCS11("certificates need a login"),
	 ARGS(1, MANY)},
	{.name = "pkcs11-pin-cache",
	 .args = "seconds",
	 PKCS11("how long a PIN is kept"),
	 ARGS(1, 1)},
	{.name = "pkcs11-id", .args = "id", PKCS11("object to use"), ARGS(1, 1)},
	{.name = "pkcs11-id-management", PKCS11("ask the id through management"), ARGS(0, 0)},
	{.name = "show-pkcs11-ids",
	 .args = "[provider] [cert_private]",
	 PKCS11("list objects and exit"),
	 ARGS(0, 2)},
};

const struct option_table table_pkcs11 = {"PKCS#11 (builds with it)", pkcs11_rows,
					  ARRAY_SIZE(pkcs11_rows)};

#define WINDOWS(group, text) .help = text, .groups = group, .status = OPTION_ABSENT, REFUSED

static const struct option_row windows_rows[] = {
	{.name = "win-sys",
	 .args = "path|env",
	 WINDOWS(GROUP_GENERAL, "system directory"),
	 ARGS(1, 1)},
	{.name = "ip-win32",
	 .args = "method [offset [lease]]",
	 WINDOWS(GROUP_DNS, "how the address is set"),
	 ARGS(1, 3)},
	{.name = "tap-sleep",
	 .args = "seconds",
	 WINDOWS(GROUP_DNS, "delay after opening"),
	 ARGS(1, 1)},
	{.name = "dhcp-renew", WINDOWS(GROUP_DNS, "renew the lease at start"), ARGS(0, 0)},
	{.name = "dhcp-pre-release", WINDOWS(GROUP_DNS, "release the lease at start"), ARGS(0, 0)},
	{.name = "dhcp-release", WINDOWS(GROUP_ANY, "obsolete"), ARGS(0, 0)},
	{.name = "register-dns", WINDOWS(GROUP_DNS, "register with DNS"), ARGS(0, 0)},
	{.name = "block-outside-dns",
	 WINDOWS(GROUP_DNS, "block DNS on other adapters"),
	 .flags = F_UPDATE,
	 ARGS(0, 0)},
	{.name = "rdns-internal", .args = "index", WINDOWS(GROUP_GENERAL, "internal"), ARGS(1, 1)},
	{.name = "dhcp-internal", .args = "index", WINDOWS(GROUP_GENERAL, "internal"), ARGS(1, 1)},
	{.name = "msg-channel",
	 .args = "handle",
	 .help = "Windows only",
	 .groups = GROUP_GENERAL,
	 REMOVED,
	 FN(1, 1, msg_channel_apply)},
	{.name = "service",
	 .args = "event [0|1]",
	 WINDOWS(GROUP_GENERAL, "exit when the event is set"),
	 ARGS(1, 2)},
	{.name = "pause-exit", WINDOWS(GROUP_GENERAL, "wait for a key before exiting"), ARGS(0, 0)},
	{.name = "allow-nonadmin",
	 .args = "[adapter]",
	 WINDOWS(GROUP_GENERAL, "change adapter permissions"),
	 ARGS(0, 1)},
	{.name = "show-adapters", WINDOWS(GROUP_GENERAL, "list adapters"), ARGS(0, 0)},
	{.name = "show-net", WINDOWS(GROUP_GENERAL, "show network settings"), ARGS(0, 0)},
	{.name = "show-net-up", WINDOWS(GROUP_UP, "show settings when up"), ARGS(0, 0)},
	{.name = "show-valid-subnets", WINDOWS(GROUP_GENERAL, "list subnets"), ARGS(0, 0)},
	{.name = "cryptoapicert",
	 .args = "selector",
	 WINDOWS(GROUP_GENERAL, "certificate of the system's store"),
	 ARGS(1, 1)},
	{.name = "windows-driver", .args = "name", WINDOWS(GROUP_GENERAL, "ignored"), ARGS(1, 1)},
};

const struct option_table table_windows = {"Windows", windows_rows, ARRAY_SIZE(windows_rows)};
