/* SPDX-License-Identifier: GPL-2.0-only */
#include "netlink_answers.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

struct netlink_answers netlink_answers;

static int on_send(struct nl_sock *sock, struct nl_msg *msg)
{
	(void)sock;
	netlink_answers.requests++;
	return (int)nlmsg_hdr(msg)->nlmsg_len;
}

/* libnl frees what it gets, and looks at no more than its length. */
static int on_recv(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **bytes,
		   struct ucred **creds)
{
	struct netlink_answers *a = &netlink_answers;
	size_t len;

	(void)sock;
	(void)creds;
	if (a->next == a->count || a->len[a->next] == 0)
		return -NLE_AGAIN;
	len = a->len[a->next];
	*bytes = malloc(len);
	if (!*bytes)
		return -NLE_NOMEM;
	memcpy(*bytes, a->bytes[a->next++], len);
	*from = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	return (int)len;
}

int __wrap_nl_connect(struct nl_sock *sock, int protocol);
int __wrap_nl_connect(struct nl_sock *sock, int protocol)
{
	struct nl_cb *cb = nl_socket_get_cb(sock);

	(void)protocol;
	nl_socket_set_local_port(sock, 1);
	nl_socket_disable_seq_check(sock);
	nl_cb_overwrite_send(cb, on_send);
	nl_cb_overwrite_recv(cb, on_recv);
	nl_cb_put(cb);
	return 0;
}
