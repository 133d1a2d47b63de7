/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds without libsystemd: there is no service manager to tell. */
#include "net/notify.h"

#include "base/err.h"

bool notify_wanted(void)
{
	return false;
}

int notify_send(const char *state UNUSED)
{
	return ERR_UNSUPPORTED;
}

int notify_sendf(const char *fmt UNUSED, ...)
{
	return ERR_UNSUPPORTED;
}

uint64_t notify_watchdog_usec(void)
{
	return 0;
}
