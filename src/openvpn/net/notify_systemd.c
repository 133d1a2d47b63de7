/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/notify.h"

#include <stdarg.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/err.h"
#include "base/str.h"

bool notify_wanted(void)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	return socket && socket[0];
}

int notify_send(const char *state)
{
	int ret = sd_notify(0, state);

	if (ret == 0)
		return ERR_NOT_FOUND;
	return ret < 0 ? ERR_SYSTEM : 0;
}

int notify_sendf(const char *fmt, ...)
{
	struct str s = str_init();
	va_list ap;
	int ret;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	ret = s.failed ? ERR_NOMEM : notify_send(str_text(&s));
	str_fini(&s);
	return ret;
}

uint64_t notify_watchdog_usec(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}
