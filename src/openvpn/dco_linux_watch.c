/* SPDX-License-Identifier: GPL-2.0-only */
/* What others do to the interface: delete it, or move it to another network namespace. Spec 05
 * section 2.8. */
#define _GNU_SOURCE /* setns() */
#include "dco_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#define NETNS_DIR "/run/netns" /* where ip-netns keeps them */

enum {
	MESSAGES_MAX_BYTES = 32 * 1024
};

/* The end of the interface in this namespace, and where it is instead. */
struct departure {
	bool seen;
	bool moved;
	int32_t nsid;
	int ifindex;
};

int kernel_links_open(struct dco_linux *d, struct err *err)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

	d->link_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (d->link_fd < 0 || bind(d->link_fd, (struct sockaddr *)(void *)&addr, sizeof(addr)) < 0)
		return err_set_errno(err, errno, "Cannot create netlink socket");
	return 0;
}

/* ---- another namespace ---- */

static void on_nsid(void *ctx, struct nlmsghdr *nlh)
{
	struct nlattr *tb[NETNSA_MAX + 1];
	int32_t *out = ctx;

	if (nlmsg_parse(nlh, sizeof(struct rtgenmsg), tb, NETNSA_MAX, NULL) == 0 &&
	    tb[NETNSA_NSID] && nla_len(tb[NETNSA_NSID]) >= (int)sizeof(*out))
		*out = nla_get_s32(tb[NETNSA_NSID]);
}

/* The number that this namespace has for another, -1 for none. */
static int32_t nsid_of(struct dco_linux *d, int netns_fd)
{
	struct rtgenmsg hdr = {.rtgen_family = AF_UNSPEC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETNSID, 0);
	int32_t nsid = -1;

	if (msg && (nlmsg_append(msg, &hdr, sizeof(hdr), NLMSG_ALIGNTO) < 0 ||
		    nla_put_u32(msg, NETNSA_FD, (uint32_t)netns_fd) < 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_exchange(d->rtnl, msg, on_nsid, &nsid))
		return -1;
	return nsid;
}

/* Return: a descriptor of the namespace, or -1. */
static int find_netns(struct dco_linux *d, int32_t nsid)
{
	DIR *dir = opendir(NETNS_DIR);
	const struct dirent *e;
	int found = -1;

	while (dir && found < 0 && (e = readdir(dir))) {
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (e->d_name[0] != '.' && nsid_of(d, fd) == nsid)
			found = fd;
		else
			close(fd);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Sockets belong to the namespace in which they are made. */
static int open_there(int netns_fd, struct dco_linux *to, struct err *err)
{
	auto_close int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int ret;

	if (home < 0 || setns(netns_fd, CLONE_NEWNET) < 0)
		return err_set_errno(err, errno, "cannot enter the network namespace");
	ret = netlink_open(&to->log, &to->rtnl, err);
	if (ret == 0)
		ret = netlink_open_protocol(&to->log, NETLINK_GENERIC, &to->genl, err);
	if (ret == 0)
		ret = kernel_links_open(to, err);
	/* the legacy driver tells its events where the device is, the other where the socket is */
	if (ret == 0 && !to->dialect->tells_at_socket)
		ret = kernel_events_open_socket(to, err);
	if (setns(home, CLONE_NEWNET) < 0)
		return err_set_errno(err, errno, "cannot leave the network namespace");
	return ret;
}

static int rewatch(struct dco_linux *d, int *fd, int other)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = fd};

	if (other < 0)
		return 0;
	close(*fd); /* which also ends the watch */
	*fd = other;
	return epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, other, &ev);
}

static int follow(struct dco_linux *d, const struct departure *to, struct err *err)
{
	struct dco_linux there = {.dialect = d->dialect,
				  .family = d->family,
				  .log = d->log,
				  .event_fd = -1,
				  .link_fd = -1};
	auto_close int netns = find_netns(d, to->nsid);
	int ret;

	if (netns < 0)
		return err_set(err, ERR_NOT_FOUND, "it is not below " NETNS_DIR);
	ret = open_there(netns, &there, err);
	if (ret < 0) {
		netlink_close(there.rtnl);
		netlink_close(there.genl);
		if (there.link_fd >= 0)
			close(there.link_fd);
		if (there.event_fd >= 0)
			close(there.event_fd);
		return ret;
	}
	netlink_close(d->rtnl);
	netlink_close(d->genl);
	d->rtnl = there.rtnl;
	d->genl = there.genl;
	d->ifindex = to->ifindex;
	if (rewatch(d, &d->link_fd, there.link_fd) < 0 ||
	    rewatch(d, &d->event_fd, there.event_fd) < 0)
		return err_set_errno(err, errno, "cannot wait for events of the kernel");
	return 0;
}

/* ---- notifications ---- */

static void take_link(const struct dco_linux *d, struct nlmsghdr *nlh, struct departure *out)
{
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct nlattr *tb[IFLA_MAX + 1];

	if (nlh->nlmsg_type != RTM_DELLINK || !nlmsg_valid_hdr(nlh, sizeof(*ifi)) ||
	    ifi->ifi_index != d->ifindex)
		return;
	out->seen = true;
	if (nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 || !tb[IFLA_NEW_NETNSID] ||
	    nla_len(tb[IFLA_NEW_NETNSID]) < (int)sizeof(int32_t))
		return;
	out->moved = true;
	out->nsid = nla_get_s32(tb[IFLA_NEW_NETNSID]);
	out->ifindex = d->ifindex;
	if (tb[IFLA_NEW_IFINDEX] && nla_len(tb[IFLA_NEW_IFINDEX]) >= (int)sizeof(int32_t))
		out->ifindex = nla_get_s32(tb[IFLA_NEW_IFINDEX]);
}

static struct departure read_links(const struct dco_linux *d)
{
	struct departure out = {0};
	union {
		struct nlmsghdr align;
		uint8_t bytes[MESSAGES_MAX_BYTES];
	} buf;

	for (;;) {
		ssize_t n = recv(d->link_fd, buf.bytes, sizeof(buf.bytes), MSG_DONTWAIT);
		struct nlmsghdr *nlh = &buf.align;
		int left = (int)n;

		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return out;
		out.seen = out.seen || (n < 0 && errno == ENOBUFS);
		for (; n > 0 && nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left))
			take_link(d, nlh, &out);
	}
}

void kernel_links_drain(struct dco_linux *d)
{
	struct departure left = read_links(d);
	struct err err = {0};

	if (!left.seen || d->device_gone || d->ifindex <= 0 ||
	    kernel_link_exists(d->rtnl, d->ifindex))
		return;
	if (!left.moved) {
		kernel_device_gone(d);
		return;
	}
	if (follow(d, &left, &err) == 0) {
		log_info(&d->log, 1, "DCO device %s was moved to another network namespace",
			 d->name);
		return;
	}
	log_error(
		&d->log,
		"DCO device %s was moved to another network namespace, where it cannot be controlled: %s",
		d->name, err.text);
	kernel_device_gone(d);
}
