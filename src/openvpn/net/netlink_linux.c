/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/netlink_linux.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netlink/attr.h>
#include <netlink/socket.h>

enum {
	ERRNO_MAX = 4095,
	DUMP_TRIES = 5 /* a dump is repeated when the tables changed meanwhile */
};

/* The extended acknowledgement follows the error; without NETLINK_CAP_ACK the request is between.
 */
static void take_reason(struct netlink *nl, struct nlmsgerr *nlerr)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)((char *)nlerr - NLMSG_HDRLEN);
	size_t used = NLMSG_HDRLEN + sizeof(*nlerr);
	struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || !(nlh->nlmsg_flags & NLM_F_CAPPED) ||
	    nlh->nlmsg_len <= used)
		return;
	attr = nla_find((struct nlattr *)(void *)(nlerr + 1), (int)(nlh->nlmsg_len - used),
			NLMSGERR_ATTR_MSG);
	if (attr) {
		nla_strlcpy(nl->reason, attr, sizeof(nl->reason));
		return;
	}
	attr = nla_find((struct nlattr *)(void *)(nlerr + 1), (int)(nlh->nlmsg_len - used),
			NLMSGERR_ATTR_MISS_TYPE);
	if (attr && nla_len(attr) >= (int)sizeof(uint32_t))
		snprintf(nl->reason, sizeof(nl->reason), "missing required attribute type %u",
			 nla_get_u32(attr));
	attr = nla_find((struct nlattr *)(void *)(nlerr + 1), (int)(nlh->nlmsg_len - used),
			NLMSGERR_ATTR_MISS_NEST);
	if (attr && nla_len(attr) >= (int)sizeof(uint32_t))
		snprintf(nl->reason, sizeof(nl->reason), "missing required nesting type %u",
			 nla_get_u32(attr));
}

/* The kernel sends errors as negative numbers. */
static int errno_of(int result)
{
	if (result == 0)
		return 0;
	return result < 0 && result >= -ERRNO_MAX ? -result : EIO;
}

static int on_error(struct sockaddr_nl *from UNUSED, struct nlmsgerr *nlerr, void *arg)
{
	struct netlink *nl = arg;

	nl->errnum = errno_of(nlerr->error);
	take_reason(nl, nlerr);
	nl->answered = true;
	return NL_STOP;
}

/* The acknowledgement. */
static int on_end(struct nl_msg *msg UNUSED, void *arg)
{
	struct netlink *nl = arg;

	nl->answered = true;
	return NL_STOP;
}

/* The end of a dump, which may be an error. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct netlink *nl = arg;
	int result = 0;

	if (nlmsg_datalen(nlh) >= (int)sizeof(result))
		memcpy(&result, nlmsg_data(nlh), sizeof(result));
	nl->errnum = errno_of(result);
	return on_end(msg, arg);
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct netlink *nl = arg;

	if (nl->on_msg)
		nl->on_msg(nl->on_msg_ctx, nlmsg_hdr(msg));
	return NL_OK;
}

int netlink_open(const struct log *log, struct netlink **out, struct err *err)
{
	return netlink_open_protocol(log, NETLINK_ROUTE, out, err);
}

int netlink_open_protocol(const struct log *log, int protocol, struct netlink **out,
			  struct err *err)
{
	static const struct timeval patience = {.tv_sec = 5};
	struct netlink *nl = calloc(1, sizeof(*nl));
	int on = 1, ret;

	*out = NULL;
	if (!nl)
		return err_set(err, ERR_NOMEM, "out of memory");
	nl->log = *log;
	nl->sock = nl_socket_alloc();
	if (!nl->sock) {
		free(nl);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	ret = nl_connect(nl->sock, protocol);
	if (ret < 0) {
		err_set(err, ERR_SYSTEM, "cannot open a netlink socket: %s", nl_geterror(ret));
		netlink_close(nl);
		return ERR_SYSTEM;
	}
	(void)setsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	/* Better words for errors; kernels that do not know it simply give none. */
	(void)setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nl_socket_modify_err_cb(nl->sock, NL_CB_CUSTOM, on_error, nl);
	nl_socket_modify_cb(nl->sock, NL_CB_VALID, NL_CB_CUSTOM, on_valid, nl);
	nl_socket_modify_cb(nl->sock, NL_CB_ACK, NL_CB_CUSTOM, on_end, nl);
	nl_socket_modify_cb(nl->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, nl);
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl);
}

/* @sent: what sending said */
static int take_answer(struct netlink *nl, int sent)
{
	int ret = sent;

	nl->errnum = 0;
	nl->answered = false;
	nl->reason[0] = '\0';
	while (ret >= 0 && !nl->answered)
		ret = nl_recvmsgs_default(nl->sock);
	if (ret < 0 && nl->errnum == 0)
		nl->errnum = ret == -NLE_DUMP_INTR ? EINTR
			     : ret == -NLE_NOMEM   ? ENOMEM
			     : ret == -NLE_AGAIN   ? ETIMEDOUT
						   : EIO;
	return nl->errnum;
}

int netlink_exchange(struct netlink *nl, struct nl_msg *msg, netlink_msg_fn on_msg, void *ctx)
{
	int errnum = ENOMEM;

	nl->errnum = ENOMEM;
	nl->reason[0] = '\0';
	if (!msg)
		return ENOMEM;
	nl->on_msg = on_msg;
	nl->on_msg_ctx = ctx;
	for (int i = 0; i < DUMP_TRIES; i++) {
		nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
		errnum = take_answer(nl, nl_send_auto(nl->sock, msg));
		if (errnum != EINTR)
			break;
	}
	nl->on_msg = NULL;
	nlmsg_free(msg);
	return errnum;
}

static struct iovec bytes_of(struct nl_msg *msg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);

	return (struct iovec){.iov_base = nlh, .iov_len = NLMSG_ALIGN(nlh->nlmsg_len)};
}

static int send_pair(struct netlink *nl, struct nl_msg *first, struct nl_msg *second)
{
	struct iovec both[2];

	nl_complete_msg(nl->sock, first);
	nl_complete_msg(nl->sock, second);
	both[0] = bytes_of(first);
	both[1] = bytes_of(second);
	return nl_send_iovec(nl->sock, first, both, ARRAY_SIZE(both));
}

int netlink_exchange_pair(struct netlink *nl, struct nl_msg *first, struct nl_msg *second,
			  bool *first_done)
{
	char reason[NETLINK_REASON_MAX];
	int errnum = ENOMEM, sent;

	*first_done = false;
	nl->errnum = ENOMEM;
	nl->reason[0] = '\0';
	nl->on_msg = NULL;
	if (first && second) {
		sent = send_pair(nl, first, second);
		errnum = take_answer(nl, sent);
		*first_done = errnum == 0;
		memcpy(reason, nl->reason, sizeof(reason));
		if (sent >= 0 && take_answer(nl, sent) && *first_done) {
			errnum = nl->errnum;
			memcpy(reason, nl->reason, sizeof(reason));
		}
		nl->errnum = errnum;
		memcpy(nl->reason, reason, sizeof(reason));
	}
	nlmsg_free(first);
	nlmsg_free(second);
	return errnum;
}

int netlink_errno_code(int errnum)
{
	switch (errnum) {
	case 0:
		return 0;
	case EEXIST:
		return ERR_EXISTS;
	case ESRCH:
	case ENOENT:
	case EADDRNOTAVAIL:
		return ERR_NOT_FOUND;
	case ENODEV:
	case ENXIO:
		return ERR_NO_DEVICE;
	case EPERM:
	case EACCES:
		return ERR_PERMISSION;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return ERR_UNREACHABLE;
	case ENOMEM:
	case ENOBUFS:
		return ERR_NOMEM;
	default:
		return ERR_SYSTEM;
	}
}

int netlink_fail(const struct netlink *nl, struct err *err, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, netlink_errno_code(nl->errnum), "%s: %s (errno=%d)%s%s", what,
		       strerror(nl->errnum), nl->errnum, nl->reason[0] ? ": " : "", nl->reason);
}

int netlink_put_ip(struct nl_msg *msg, int type, const struct ip_addr *ip)
{
	return nla_put(msg, type, (int)netlink_ip_len(ip->family), &ip->u) < 0 ? -1 : 0;
}

struct ip_addr netlink_get_ip(struct nlattr *attr, int family)
{
	struct ip_addr ip = {.family = AF_UNSPEC};

	if (!attr || (family != AF_INET && family != AF_INET6))
		return ip;
	if ((size_t)nla_len(attr) != netlink_ip_len((sa_family_t)family))
		return ip;
	ip.family = (sa_family_t)family;
	memcpy(&ip.u, nla_data(attr), netlink_ip_len(ip.family));
	return ip;
}
