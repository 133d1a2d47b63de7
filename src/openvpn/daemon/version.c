/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "daemon/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <lzo/lzoconf.h>

#include "config/options.h"
#include "crypto/library.h"

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

/* First line of a file, "" when there is none. */
static void read_line(const char *path, char *out, size_t cap)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

void version_dco(struct str *out)
{
	static const char *const modules[] = {"/sys/module/ovpn", "/sys/module/ovpn_dco_v2"};
	struct utsname uts;

	str_add(out, "DCO version: ");
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[64];
		char version[128];

		if (access(modules[i], F_OK) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/version", modules[i]);
		read_line(path, version, sizeof(version));
		if (version[0])
			str_add(out, version);
		else if (uname(&uts) == 0)
			str_addf(out, "%s %s", uts.release, uts.version);
		else
			str_add(out, "unknown");
		return;
	}
	str_add(out, "N/A");
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
