/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

enum {
	LISTEN_BACKLOG = 128,
	VERB_BUFFERS = 3,
};

const char *socket_proto_name(enum socket_role role, sa_family_t family)
{
	static const char *const names[][2] = {
		[SOCKET_UDP] = {"UDPv4", "UDPv6"},
		[SOCKET_TCP_CLIENT] = {"TCPv4_CLIENT", "TCPv6_CLIENT"},
		[SOCKET_TCP_SERVER] = {"TCPv4_SERVER", "TCPv6_SERVER"},
	};

	return names[role][family == AF_INET6];
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, name, &value, &len) < 0)
		return -1;
	return value;
}

static void warn_option(const struct log *log, const char *what)
{
	int e = errno;

	log_warn(log, "WARN: setsockopt %s failed: %s (errno=%d)", what, strerror(e), e);
}

void socket_set_buffers(int fd, int rcvbuf, int sndbuf, const struct log *log)
{
	int r = get_int(fd, SOL_SOCKET, SO_RCVBUF), s = get_int(fd, SOL_SOCKET, SO_SNDBUF);

	if (sndbuf > 0 && set_int(fd, SOL_SOCKET, SO_SNDBUF, sndbuf) < 0)
		warn_option(log, "SO_SNDBUF");
	if (rcvbuf > 0 && set_int(fd, SOL_SOCKET, SO_RCVBUF, rcvbuf) < 0)
		warn_option(log, "SO_RCVBUF");
	log_info(log, VERB_BUFFERS, "Socket Buffers: R=[%d->%d] S=[%d->%d]", r,
		 get_int(fd, SOL_SOCKET, SO_RCVBUF), s, get_int(fd, SOL_SOCKET, SO_SNDBUF));
}

int socket_set_mtu_disc(int fd, sa_family_t family, enum socket_mtu_disc how)
{
	static const int values[] = {
		[SOCKET_MTU_DISC_DONT] = IP_PMTUDISC_DONT,
		[SOCKET_MTU_DISC_WANT] = IP_PMTUDISC_WANT,
		[SOCKET_MTU_DISC_DO] = IP_PMTUDISC_DO,
		[SOCKET_MTU_DISC_PROBE] = IP_PMTUDISC_PROBE,
	};

	if (how == SOCKET_MTU_DISC_UNSET)
		return 0;
	/* An IPv6 socket may carry IPv4 too; the numbers of IPV6_PMTUDISC_* are the same. */
	if (family == AF_INET6 && set_int(fd, SOL_IPV6, IPV6_MTU_DISCOVER, values[how]) < 0)
		return ERR_SYSTEM;
	return set_int(fd, SOL_IP, IP_MTU_DISCOVER, values[how]) < 0 ? ERR_SYSTEM : 0;
}

int socket_set_tos(int fd, uint8_t tos)
{
	return set_int(fd, SOL_IP, IP_TOS, tos) < 0 ? ERR_SYSTEM : 0;
}

/* Options whose failure must not stop a tunnel that worked without them. */
static void apply_config(int fd, const struct socket_config *cfg, const struct log *log)
{
	socket_set_buffers(fd, cfg->rcvbuf, cfg->sndbuf, log);
	if (cfg->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &cfg->mark, sizeof(cfg->mark)) < 0)
		warn_option(log, "SO_MARK");
	if (cfg->bind_dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, cfg->bind_dev,
					(socklen_t)strlen(cfg->bind_dev) + 1) < 0) {
		int e = errno;

		log_warn(log, "WARN: setsockopt SO_BINDTODEVICE=%s failed: %s (errno=%d)",
			 cfg->bind_dev, strerror(e), e);
	}
	if (socket_set_mtu_disc(fd, cfg->family, cfg->mtu_disc) < 0)
		warn_option(log, "IP_MTU_DISCOVER");
}

static int open_socket(const struct socket_config *cfg, int type, const char *what,
		       const struct log *log, struct err *err)
{
	int fd = socket(cfg->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_set_errno(err, errno, "%s: Cannot create %s socket", what,
				     cfg->family == AF_INET6 ? "IPv6" : "IPv4");
	apply_config(fd, cfg, log);
	return fd;
}

static int bind_local(int fd, const struct socket_config *cfg, const char *what,
		      const struct log *log, struct err *err)
{
	char text[ADDR_TEXT_MAX];

	if (cfg->local.sa.sa_family == AF_UNSPEC)
		return 0;
	if (cfg->family == AF_INET6) {
		log_info(log, 3, "setsockopt(IPV6_V6ONLY=%d)", cfg->ipv6only);
		if (set_int(fd, SOL_IPV6, IPV6_V6ONLY, cfg->ipv6only) < 0)
			warn_option(log, "IPV6_V6ONLY");
	}
	if (cfg->reuse_port && set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0)
		return err_set_errno(err, errno, "%s: setsockopt SO_REUSEPORT failed", what);
	if (bind(fd, &cfg->local.sa, sock_addr_len(&cfg->local)) < 0)
		return err_set_errno(err, errno, "%s: Socket bind failed on local address %s", what,
				     sock_addr_format(&cfg->local, text, sizeof(text)));
	return 0;
}

/* What the receive path needs: errors as messages, and the address a packet was sent to. */
static void enable_messages(int fd, const struct socket_config *cfg, const struct log *log)
{
	if (set_int(fd, SOL_IP, IP_RECVERR, 1) < 0)
		warn_option(log, "IP_RECVERR");
	if (cfg->family == AF_INET6 && set_int(fd, SOL_IPV6, IPV6_RECVERR, 1) < 0)
		warn_option(log, "IPV6_RECVERR");
	if (!cfg->pktinfo)
		return;
	if (cfg->family == AF_INET6) {
		if (set_int(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1) < 0)
			warn_option(log, "IPV6_RECVPKTINFO");
	} else if (set_int(fd, SOL_IP, IP_PKTINFO, 1) < 0) {
		warn_option(log, "IP_PKTINFO");
	}
}

int socket_udp_open(const struct socket_config *cfg, const struct log *log, int *fd,
		    struct err *err)
{
	int ret;

	*fd = -1;
	ret = open_socket(cfg, SOCK_DGRAM, "TCP/UDP", log, err);
	if (ret < 0)
		return ret;
	*fd = ret;
	enable_messages(*fd, cfg, log);
	ret = bind_local(*fd, cfg, "TCP/UDP", log, err);
	if (ret < 0) {
		close(*fd);
		*fd = -1;
	}
	return ret;
}

int socket_tcp_listen(const struct socket_config *cfg, const struct log *log, int *fd,
		      struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int ret;

	*fd = -1;
	ret = open_socket(cfg, SOCK_STREAM, "TCP/UDP", log, err);
	if (ret < 0)
		return ret;
	*fd = ret;
	/* A restart must not wait for connections of the last run to leave TIME_WAIT. */
	if (set_int(*fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		warn_option(log, "SO_REUSEADDR");
	ret = bind_local(*fd, cfg, "TCP/UDP", log, err);
	if (ret == 0 && listen(*fd, LISTEN_BACKLOG) < 0)
		ret = err_set_errno(err, errno, "TCP: listen() failed");
	if (ret < 0) {
		close(*fd);
		*fd = -1;
		return ret;
	}
	log_info(log, 1, "Listening for incoming TCP connection on %s",
		 sock_addr_format(&cfg->local, text, sizeof(text)));
	return 0;
}

/* Errors of a connection that went away while it waited; accept(2) says: treat like EAGAIN. */
static bool is_gone(int e)
{
	return e == EAGAIN || e == EINTR || e == ECONNABORTED || e == EPROTO || e == ENETDOWN ||
	       e == EHOSTDOWN || e == EHOSTUNREACH || e == ENETUNREACH || e == ENOPROTOOPT ||
	       e == EOPNOTSUPP;
}

static void set_nodelay(int fd, const struct log *log)
{
	if (set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0)
		warn_option(log, "TCP_NODELAY");
}

int socket_tcp_accept(int listen_fd, const struct socket_config *cfg, const struct log *log,
		      int *fd, union sock_addr *remote, struct err *err)
{
	socklen_t len = sizeof(*remote);

	memset(remote, 0, sizeof(*remote));
	*fd = accept4(listen_fd, &remote->sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (*fd < 0)
		return is_gone(errno) ? ERR_AGAIN
				      : err_set_errno(err, errno, "TCP: accept() failed");
	sock_addr_unmap(remote);
	apply_config(*fd, cfg, log);
	set_nodelay(*fd, log);
	return 0;
}

static int connect_failed(const union sock_addr *remote, int e, struct err *err)
{
	char text[ADDR_TEXT_MAX];

	return err_set(err, ERR_SYSTEM, "TCP: connect to %s failed: %s",
		       sock_addr_format(remote, text, sizeof(text)), strerror(e));
}

int socket_tcp_connect(const struct socket_config *cfg, const union sock_addr *remote,
		       const struct log *log, int *fd, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int ret;

	*fd = -1;
	ret = open_socket(cfg, SOCK_STREAM, "TCP", log, err);
	if (ret < 0)
		return ret;
	*fd = ret;
	set_nodelay(*fd, log);
	if (cfg->local.sa.sa_family != AF_UNSPEC && set_int(*fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		warn_option(log, "SO_REUSEADDR");
	ret = bind_local(*fd, cfg, "TCP/UDP", log, err);
	if (ret < 0)
		goto err_close;
	log_info(log, 1, "Attempting to establish TCP connection with %s",
		 sock_addr_format(remote, text, sizeof(text)));
	if (connect(*fd, &remote->sa, sock_addr_len(remote)) < 0 && errno != EINPROGRESS &&
	    errno != EINTR) {
		ret = connect_failed(remote, errno, err);
		goto err_close;
	}
	return 0;

err_close:
	close(*fd);
	*fd = -1;
	return ret;
}

int socket_tcp_connected(int fd, const union sock_addr *remote, const struct log *log,
			 struct err *err)
{
	union sock_addr peer;
	socklen_t len = sizeof(peer);
	char text[ADDR_TEXT_MAX];
	int e = get_int(fd, SOL_SOCKET, SO_ERROR);

	if (e > 0)
		return connect_failed(remote, e, err);
	if (getpeername(fd, &peer.sa, &len) < 0)
		return errno == ENOTCONN ? ERR_AGAIN : connect_failed(remote, errno, err);
	log_info(log, 1, "TCP connection established with %s",
		 sock_addr_format(remote, text, sizeof(text)));
	return 0;
}

/* Room for one address message of either family, aligned as the kernel wants it. */
union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		      CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void take_pktinfo(struct msghdr *msg, struct local_addr *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct in6_pktinfo p6;
		struct in_pktinfo p4;

		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&p4, CMSG_DATA(c), sizeof(p4));
			local->addr.in4 = (struct sockaddr_in){.sin_family = AF_INET,
							       .sin_addr = p4.ipi_addr};
			local->ifindex = p4.ipi_ifindex;
		} else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&p6, CMSG_DATA(c), sizeof(p6));
			local->addr.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
								.sin6_addr = p6.ipi6_addr};
			sock_addr_unmap(&local->addr);
			local->ifindex = (int)p6.ipi6_ifindex;
		}
	}
}

long socket_recv(int fd, void *buf, size_t cap, union sock_addr *from, struct local_addr *local)
{
	struct iovec iov = {.iov_base = buf, .iov_len = cap};
	union control control;
	struct msghdr msg = {
		.msg_name = from,
		.msg_namelen = sizeof(*from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct local_addr dest = {0};
	ssize_t n;

	memset(from, 0, sizeof(*from));
	do {
		n = recvmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_AGAIN : ERR_SYSTEM;
	if (msg.msg_flags & MSG_TRUNC)
		return ERR_OVERFLOW;
	sock_addr_unmap(from);
	take_pktinfo(&msg, &dest);
	if (local)
		*local = dest;
	return (long)n;
}

static void map4(struct in6_addr *out, struct in_addr in)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = 0xff;
	out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], &in, sizeof(in));
}

/* An AF_INET6 socket takes IPv4 destinations in their mapped form only. */
static union sock_addr for_family(const union sock_addr *a, sa_family_t family)
{
	union sock_addr out = *a;

	if (family == AF_INET6 && a->sa.sa_family == AF_INET) {
		memset(&out, 0, sizeof(out));
		out.in6.sin6_family = AF_INET6;
		out.in6.sin6_port = a->in4.sin_port;
		map4(&out.in6.sin6_addr, a->in4.sin_addr);
	}
	return out;
}

static void put_pktinfo(struct msghdr *msg, union control *control, const union sock_addr *from,
			int ifindex)
{
	struct cmsghdr *c = &control->align;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	if (from->sa.sa_family == AF_INET6) {
		struct in6_pktinfo p6 = {.ipi6_addr = from->in6.sin6_addr,
					 .ipi6_ifindex = (unsigned int)ifindex};

		c->cmsg_level = SOL_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(p6));
		memcpy(CMSG_DATA(c), &p6, sizeof(p6));
		msg->msg_controllen = CMSG_SPACE(sizeof(p6));
	} else {
		struct in_pktinfo p4 = {.ipi_spec_dst = from->in4.sin_addr, .ipi_ifindex = ifindex};

		c->cmsg_level = SOL_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(p4));
		memcpy(CMSG_DATA(c), &p4, sizeof(p4));
		msg->msg_controllen = CMSG_SPACE(sizeof(p4));
	}
}

int socket_send(int fd, sa_family_t socket_family, const void *buf, size_t len,
		const union sock_addr *to, const struct local_addr *from)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union sock_addr dest, src;
	union control control;
	ssize_t n;

	if (to) {
		dest = for_family(to, socket_family);
		msg.msg_name = &dest;
		msg.msg_namelen = sock_addr_len(&dest);
	}
	if (from && from->addr.sa.sa_family != AF_UNSPEC) {
		src = for_family(&from->addr, socket_family);
		put_pktinfo(&msg, &control, &src, from->ifindex);
	}
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? ERR_AGAIN : ERR_SYSTEM;
}

bool socket_tcp_is_established(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state == TCP_ESTABLISHED && get_int(fd, SOL_SOCKET, SO_ERROR) == 0;
}

void socket_local_addr(int fd, union sock_addr *out)
{
	socklen_t len = sizeof(*out);

	memset(out, 0, sizeof(*out));
	if (getsockname(fd, &out->sa, &len) < 0)
		out->sa.sa_family = AF_UNSPEC;
	sock_addr_unmap(out);
}
