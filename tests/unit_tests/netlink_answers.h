/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams of the test's own instead of the kernel's answers. The program is linked with
 * NETLINK_ANSWERS_WRAP, so that sockets of libnl are connected to nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	NETLINK_ANSWERS_MAX = 8
};

/* What the next requests get, one datagram after the other; then it is as if nobody answered. */
struct netlink_answers {
	const uint8_t *bytes[NETLINK_ANSWERS_MAX];
	size_t len[NETLINK_ANSWERS_MAX];
	size_t count, next;
	unsigned int requests; /* seen so far */
};

extern struct netlink_answers netlink_answers;
