/* SPDX-License-Identifier: GPL-2.0-only */
/* What iface_linux.c, route_linux.c and tun_linux.c share: one exchange with rtnetlink. */
#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "net/netlink.h"

enum {
	NETLINK_REASON_MAX = 128
};

/* Called for every message of an answer. */
typedef void (*netlink_msg_fn)(void *ctx, struct nlmsghdr *nlh);

struct netlink {
	struct nl_sock *sock;
	struct log log;
	/* of the exchange that is going on */
	netlink_msg_fn on_msg;
	void *on_msg_ctx;
	bool answered;
	int errnum;			 /* what the kernel answered, 0 for fine */
	char reason[NETLINK_REASON_MAX]; /* the kernel's own words (extended ack), or "" */
};

/**
 * netlink_open_protocol() - as netlink_open(), for another netlink family than rtnetlink
 * @protocol: NETLINK_GENERIC ...
 */
int netlink_open_protocol(const struct log *log, int protocol, struct netlink **out,
			  struct err *err) MUST_CHECK;

/**
 * netlink_exchange() - send a request and take in the whole answer
 * @msg: freed in any case; NULL is ENOMEM, so that builders may fail late
 * @on_msg: NULL when only the acknowledgement matters
 *
 * Return: 0 or a positive errno, which is also kept in @nl with the kernel's explanation.
 */
int netlink_exchange(struct netlink *nl, struct nl_msg *msg, netlink_msg_fn on_msg,
		     void *ctx) MUST_CHECK;

/**
 * netlink_exchange_pair() - two requests which the kernel is given at once
 * @first, @second: freed in any case; NULL is ENOMEM
 * @first_done: gets whether the first request was granted
 *
 * It takes them one after the other, the second even when it refused the first, without coming
 * back to us in between.
 *
 * Return: 0 or a positive errno: that of the first if it failed, else that of the second; it is
 * kept in @nl with the kernel's explanation.
 */
int netlink_exchange_pair(struct netlink *nl, struct nl_msg *first, struct nl_msg *second,
			  bool *first_done) MUST_CHECK;

/** netlink_errno_code() - ERR_* that fits an errno of rtnetlink */
int netlink_errno_code(int errnum);

/**
 * netlink_fail() - "WHAT: strerror (errno=N): kernel's reason" into @err
 *
 * Return: netlink_errno_code() of the last exchange.
 */
int netlink_fail(const struct netlink *nl, struct err *err, const char *fmt, ...) PRINTF_FMT(3, 4);

/** netlink_put_ip() - an address attribute. Return: 0, or -1 when the message is full. */
int netlink_put_ip(struct nl_msg *msg, int type, const struct ip_addr *ip);
/** netlink_get_ip() - read an address attribute; unset unless its length fits @family */
struct ip_addr netlink_get_ip(struct nlattr *attr, int family);

/** netlink_ip_len() - 4 or 16 */
static inline size_t netlink_ip_len(sa_family_t family)
{
	return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}
