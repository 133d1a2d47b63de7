/* SPDX-License-Identifier: GPL-2.0-only */
/* The error queue of a UDP socket: what routers and hosts on the way answered. Spec 02 11.6. */
#include "config.h"

#include "net/socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

enum {
	DRAIN_MAX = 64 /* entries looked at in one call; more can only be a flood */
};

static const char *error_name(uint32_t e, char *buf, size_t cap)
{
	switch (e) {
	case EMSGSIZE:
		return "EMSGSIZE";
	case ECONNREFUSED:
		return "ECONNREFUSED";
	case EHOSTUNREACH:
		return "EHOSTUNREACH";
	case ENETUNREACH:
		return "ENETUNREACH";
	case EPROTO:
		return "EPROTO";
	case ETIMEDOUT:
		return "ETIMEDOUT";
	case EACCES:
		return "EACCES";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	default:
		snprintf(buf, cap, "error %u", e);
		return buf;
	}
}

static void take_error(const struct sock_extended_err *ee, struct socket_errors *out)
{
	char name[24], entry[64];
	size_t used = strlen(out->text);

	snprintf(entry, sizeof(entry), "%s%s", out->count ? "|" : "",
		 error_name(ee->ee_errno, name, sizeof(name)));
	if (ee->ee_errno == EMSGSIZE) {
		size_t len = strlen(entry);

		snprintf(entry + len, sizeof(entry) - len, " Path-MTU=%u", ee->ee_info);
		out->path_mtu = ee->ee_info;
	}
	out->count++;
	if (strlen(entry) < sizeof(out->text) - used)
		str_copy(out->text + used, sizeof(out->text) - used, entry);
}

static void take_message(struct msghdr *msg, struct socket_errors *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct sock_extended_err ee;

		if (!((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
		      (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) ||
		    c->cmsg_len < CMSG_LEN(sizeof(ee)))
			continue;
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		take_error(&ee, out);
	}
}

void socket_errors_drain(int fd, struct socket_errors *out)
{
	*out = (struct socket_errors){0};
	for (int i = 0; i < DRAIN_MAX; i++) {
		union {
			struct cmsghdr align;
			uint8_t bytes[256];
		} control;
		uint8_t packet[1]; /* a piece of our own packet, not needed */
		struct iovec iov = {.iov_base = packet, .iov_len = sizeof(packet)};
		union sock_addr to;
		struct msghdr msg = {
			.msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		take_message(&msg, out);
	}
}

void socket_error_format(char *buf, size_t cap, const char *verb, const char *name,
			 const struct socket_errors *queue, int fd, int errnum)
{
	if (queue && queue->text[0])
		snprintf(buf, cap, "%s %s [%s]: %s (fd=%d,code=%d)", verb, name, queue->text,
			 strerror(errnum), fd, errnum);
	else
		snprintf(buf, cap, "%s %s: %s (fd=%d,code=%d)", verb, name, strerror(errnum), fd,
			 errnum);
}
