/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "daemon/commands.h"

#include <stdio.h>
#include <string.h>

#include <lzo/lzoconf.h>

#include "config/options.h"
#include "crypto/library.h"
#include "dco.h"

/* In the order that front-ends know. */
static const char tags[] =
	" [SSL (" CRYPTO_LIBRARY_NAME ")] [LZO] [LZ4] [EPOLL] [MH/PKTINFO] [AEAD]"
#ifdef ENABLE_DCO
	" [DCO]"
#endif
	;

void version_title(struct str *out)
{
	str_add(out, "OpenVPN " PACKAGE_VERSION "-dco " HOST_TRIPLET);
	str_add(out, tags);
}

void version_libraries(struct str *out)
{
	str_addf(out, "library versions: %s, LZO %s", crypto_library_version(),
		 lzo_version_string());
}

void version_dco(struct str *out)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	char version[128];

	str_add(out, "DCO version: ");
	for (size_t i = 0; i + 1 < count; i++) { /* the last is no driver */
		if (strcmp(all[i]->version(version, sizeof(version)), "N/A") == 0)
			continue;
		str_add(out, version);
		return;
	}
	str_add(out, count > 1 ? "N/A" : "not-compiled");
}

void version_log(const struct log *log)
{
	static void (*const lines[])(struct str *) = {version_title, version_libraries,
						      version_dco};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct str s = str_init();

		lines[i](&s);
		log_info(log, 1, "%s", str_text(&s));
		str_fini(&s);
	}
}

/* "yes" when the option table says that this build has it. */
static const char *built(const char *option)
{
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info info = option_get(i);

		if (!strcmp(info.name, option))
			return info.status == OPTION_BUILT ? "yes" : "no";
	}
	return "no";
}

void version_block(struct str *out)
{
	version_title(out);
	str_add(out, "\n");
	version_libraries(out);
	str_add(out, "\n");
	version_dco(out);
	str_add(out, "\nIndependent implementation of the OpenVPN protocol\n"
		     "Copyright (C) 2026 the openvpn-dco authors, GPL-2.0-only\n");
	str_addf(
		out,
		"Compile time defines: enable_dco=%s enable_fragment=%s enable_lz4=yes enable_lzo=yes enable_management=%s enable_plugins=%s enable_port_share=%s enable_systemd=%s with_crypto_library=%s\n",
#ifdef ENABLE_DCO
		"yes",
#else
		"no",
#endif
		built("fragment"), built("management"), built("plugin"), built("port-share"),
#ifdef ENABLE_SYSTEMD
		"yes",
#else
		"no",
#endif
		"openssl");
}
