/* SPDX-License-Identifier: GPL-2.0-only */
/* The service manager: readiness and status. Spec 07 section 5.4. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/** notify_wanted() - whether a service manager listens (NOTIFY_SOCKET); we do not fork then */
bool notify_wanted(void);

/**
 * notify_send() - one datagram, e.g. "READY=1\nSTATUS=...\nMAINPID=5"
 *
 * Return: 0 when delivered, ERR_NOT_FOUND when nobody listens, ERR_SYSTEM, or ERR_UNSUPPORTED in
 * builds without libsystemd.
 */
int notify_send(const char *state);
int notify_sendf(const char *fmt, ...) PRINTF_FMT(1, 2);

/** notify_watchdog_usec() - how often WATCHDOG=1 is expected (send at half of it); 0: never */
uint64_t notify_watchdog_usec(void);
