/* SPDX-License-Identifier: GPL-2.0-only */
/* One rtnetlink socket, through which net/iface.h and net/route.h talk to the kernel. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"

/* Requests are answered by the local kernel at once, so all calls are synchronous. */
struct netlink;

/**
 * netlink_open() - connect to the kernel's routing tables
 * @log: copied; the "net_..." lines go there
 * @out: released by netlink_close()
 *
 * The socket belongs to the network namespace in which it was opened. One object may serve the
 * whole process; it keeps working after a change of user as long as CAP_NET_ADMIN was retained.
 *
 * Return: 0 or ERR_SYSTEM / ERR_NOMEM.
 */
int netlink_open(const struct log *log, struct netlink **out, struct err *err) MUST_CHECK;
void netlink_close(struct netlink *nl);
