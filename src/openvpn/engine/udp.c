/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "engine/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/ahead.h"
#include "engine/forward.h"
#include "engine/state.h"
#include "net/socket.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
	RX_MESSAGES = 32,
	RX_MESSAGE_LEN = 65536, /* a run of datagrams joined by the kernel */
	/* Not a power of two: the same lines of the cache would hold the start of all messages. */
	RX_STRIDE = RX_MESSAGE_LEN + 33 * 64,
	TX_RUNS = 64,
	TX_BUFFER = 512 * 1024,
	RUN_BYTES_MAX = 65000, /* with headers below the 64 KiB of an IP packet */
	RUN_SEGMENTS_MAX = 64, /* UDP_MAX_SEGMENTS of the oldest kernels that can */
	CONTROL_LEN = 128,
};

union udp_control {
	struct cmsghdr align;
	uint8_t bytes[CONTROL_LEN];
};

struct udp_rx {
	struct mmsghdr msgs[RX_MESSAGES];
	struct iovec iov[RX_MESSAGES];
	union sock_addr from[RX_MESSAGES];
	union udp_control control[RX_MESSAGES];
	uint8_t *buf;
};

/* Datagrams of one length to one place, sent by one message. Only the last may be shorter. */
struct udp_run {
	union sock_addr to;
	struct local_addr from; /* AF_UNSPEC: the system's choice */
	size_t at;
	size_t len;
	size_t segment;
	unsigned int segments;
	bool complete;
};

struct udp_port {
	int fd;
	sa_family_t family;
	bool gso;
	size_t gso_segment_max; /* learnt: larger segments do not fit the path */
	uint8_t *buf;
	size_t used;
	unsigned int run_count;
	unsigned int run_sent;
	struct udp_run runs[TX_RUNS];
};

struct udp_rx *udp_rx_new(void)
{
	struct udp_rx *rx = calloc(1, sizeof(*rx));

	if (!rx)
		return NULL;
	rx->buf = malloc((size_t)RX_MESSAGES * RX_STRIDE);
	if (!rx->buf) {
		free(rx);
		return NULL;
	}
	return rx;
}

void udp_rx_free(struct udp_rx *rx)
{
	if (!rx)
		return;
	free(rx->buf);
	free(rx);
}

/*
 * The legacy driver frees a buffer twice, which ends the machine, when it gets several datagrams in
 * one. Nobody joins them on the way from another machine, but a sender in another network namespace
 * of this one hands them over as they are.
 */
static void udp_spare_legacy_driver(struct udp_port *u)
{
	if (u->gso && access("/sys/module/ovpn_dco_v2", F_OK) == 0)
		u->gso = false;
}

void udp_peer_added(struct udp_port *u)
{
	udp_spare_legacy_driver(u);
}

struct udp_port *udp_port_new(int fd, sa_family_t family)
{
	struct udp_port *u = calloc(1, sizeof(*u));
	int zero = 0, one = 1;

	if (!u)
		return NULL;
	u->fd = fd;
	u->family = family;
	u->gso_segment_max = SIZE_MAX;
	u->buf = malloc(TX_BUFFER);
	if (!u->buf) {
		free(u);
		return NULL;
	}
	/* Setting 0 changes nothing but tells whether the kernel knows the option. */
	u->gso = setsockopt(fd, SOL_UDP, UDP_SEGMENT, &zero, sizeof(zero)) == 0;
	udp_spare_legacy_driver(u);
	/* Without it each datagram comes alone, which works as well. */
	(void)setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof(one));
	return u;
}

void udp_port_free(struct udp_port *u)
{
	int zero = 0;

	if (!u)
		return;
	(void)setsockopt(u->fd, SOL_UDP, UDP_GRO, &zero, sizeof(zero));
	free(u->buf);
	free(u);
}

/* ---- receiving ---- */

struct udp_meta {
	struct local_addr local;
	size_t segment; /* 0: the message is one datagram */
};

static void udp_read_meta(struct msghdr *msg, struct udp_meta *meta)
{
	memset(meta, 0, sizeof(*meta));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int n;

			memcpy(&n, CMSG_DATA(c), sizeof(n));
			meta->segment = n > 0 ? (size_t)n : 0;
		} else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo p4;

			memcpy(&p4, CMSG_DATA(c), sizeof(p4));
			meta->local.addr.in4.sin_family = AF_INET;
			meta->local.addr.in4.sin_addr = p4.ipi_addr;
			meta->local.ifindex = p4.ipi_ifindex;
		} else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo p6;

			memcpy(&p6, CMSG_DATA(c), sizeof(p6));
			meta->local.addr.in6.sin6_family = AF_INET6;
			meta->local.addr.in6.sin6_addr = p6.ipi6_addr;
			meta->local.ifindex = (int)p6.ipi6_ifindex;
			sock_addr_unmap(&meta->local.addr);
		}
	}
}

static void udp_deliver(struct engine *e, struct port *port, struct udp_rx *rx, unsigned int i)
{
	const uint8_t *bytes = rx->iov[i].iov_base;
	size_t left = rx->msgs[i].msg_len, step;
	struct udp_meta meta;

	if (rx->msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
		return;
	udp_read_meta(&rx->msgs[i].msg_hdr, &meta);
	sock_addr_unmap(&rx->from[i]);
	step = meta.segment ? meta.segment : left;
	while (left) {
		size_t len = left < step ? left : step;

		forward_from_link(e, port, &rx->from[i], &meta.local, bytes, len);
		bytes += len;
		left -= len;
	}
}

static void udp_deliver_some(struct engine *e, struct port *port, unsigned int first,
			     unsigned int count)
{
	struct udp_rx *rx = e->udp_rx;
	struct ahead_packet packets[AHEAD_MAX];

	if (count > 1 && ahead_pays(e)) {
		for (unsigned int i = 0; i < count; i++)
			packets[i] = (struct ahead_packet){
				.bytes = rx->iov[first + i].iov_base,
				.len = rx->msgs[first + i].msg_len,
			};
		ahead_from_link(e, packets, count);
	}
	for (unsigned int i = 0; i < count; i++)
		udp_deliver(e, port, rx, first + i);
}

/* Fragments can be made smaller, nothing else: spec 02 section 11.6. */
static void udp_note_path_mtu(struct engine *e, const struct port *port, uint32_t mtu)
{
	struct engine_peer *p = e->only;

	if (!mtu || !p || p->port != port || !p->params.fragment_max || p->path_mtu == mtu)
		return;
	p->path_mtu = mtu;
	event_mark_peer(&e->events, p, PEER_PENDING_PATH_MTU);
}

static void udp_report(struct engine *e, const struct port *port, const char *verb, int errnum)
{
	struct socket_errors queue;
	char line[512];

	socket_errors_drain(port->fd, &queue);
	udp_note_path_mtu(e, port, queue.path_mtu);
	if (!engine_may_log(e))
		return;
	socket_error_format(line, sizeof(line), verb, socket_proto_name(SOCKET_UDP, port->family),
			    &queue, port->fd, errnum);
	log_warn(&e->log, "%s", line);
}

/*
 * The error of an ICMP message is told once, by whatever call comes next, also one of the control
 * thread; its copy in the error queue keeps epoll awake until it is taken.
 */
void udp_errors(struct engine *e, struct port *port)
{
	int errnum = 0;
	socklen_t len = sizeof(errnum);

	if (getsockopt(port->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) == 0 && errnum) {
		udp_report(e, port, "read", errnum);
	} else {
		struct socket_errors queue;

		socket_errors_drain(port->fd, &queue);
		udp_note_path_mtu(e, port, queue.path_mtu);
	}
}

void udp_readable(struct engine *e, struct port *port)
{
	struct udp_rx *rx = e->udp_rx;
	int n;

	for (unsigned int i = 0; i < RX_MESSAGES; i++) {
		rx->iov[i] = (struct iovec){.iov_base = rx->buf + (size_t)i * RX_STRIDE,
					    .iov_len = RX_MESSAGE_LEN};
		rx->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &rx->from[i],
			.msg_namelen = sizeof(rx->from[i]),
			.msg_iov = &rx->iov[i],
			.msg_iovlen = 1,
			.msg_control = rx->control[i].bytes,
			.msg_controllen = sizeof(rx->control[i].bytes),
		};
	}
	n = recvmmsg(port->fd, rx->msgs, RX_MESSAGES, MSG_DONTWAIT, NULL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			udp_report(e, port, "read", errno);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)n; i += AHEAD_MAX)
		udp_deliver_some(e, port, i,
				 (unsigned int)n - i < AHEAD_MAX ? (unsigned int)n - i : AHEAD_MAX);
}

/* ---- sending ---- */

static void udp_reset(struct udp_port *u)
{
	u->used = 0;
	u->run_count = 0;
	u->run_sent = 0;
}

int udp_begin(struct engine *e, struct port *port, size_t len, struct wr *w)
{
	struct udp_port *u = port->udp;

	if (port->wants_write)
		return ERR_AGAIN;
	if (unlikely(u->run_count == TX_RUNS || TX_BUFFER - u->used < len)) {
		port_flush(e, port);
		if (port->wants_write || TX_BUFFER - u->used < len)
			return ERR_AGAIN;
	}
	*w = wr_init(u->buf + u->used, len);
	return 0;
}

static bool udp_run_takes(const struct udp_port *u, const struct udp_run *run,
			  const union sock_addr *to, size_t len)
{
	return u->gso && !run->complete && len <= run->segment &&
	       run->segment <= u->gso_segment_max && run->segments < RUN_SEGMENTS_MAX &&
	       run->len + len <= RUN_BYTES_MAX && sock_addr_equal(&run->to, to);
}

void udp_commit(struct udp_port *u, const union sock_addr *to, const struct local_addr *from,
		const struct wr *w)
{
	struct udp_run *run = u->run_count ? &u->runs[u->run_count - 1] : NULL;

	if (!w->len)
		return;
	if (run && udp_run_takes(u, run, to, w->len)) {
		run->segments++;
		run->len += w->len;
		run->complete = w->len < run->segment;
	} else {
		u->runs[u->run_count++] = (struct udp_run){
			.to = *to,
			.from = *from,
			.at = u->used,
			.len = w->len,
			.segment = w->len,
			.segments = 1,
		};
	}
	u->used += w->len;
}

static void udp_put_control(struct msghdr *msg, union udp_control *control, int level, int type,
			    const void *data, size_t len)
{
	struct cmsghdr *c;

	c = (struct cmsghdr *)(void *)(control->bytes + msg->msg_controllen);
	msg->msg_control = control->bytes;
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* What one sendmmsg() needs beside the runs. */
struct udp_tx {
	struct mmsghdr msgs[TX_RUNS];
	struct iovec iov[TX_RUNS];
	union sock_addr to[TX_RUNS];
	union udp_control control[TX_RUNS];
};

static void udp_prepare(const struct udp_port *u, const struct udp_run *run, struct udp_tx *tx,
			unsigned int i)
{
	struct msghdr *msg = &tx->msgs[i].msg_hdr;

	tx->to[i] = port_map_addr(&run->to, u->family);
	tx->iov[i] = (struct iovec){.iov_base = u->buf + run->at, .iov_len = run->len};
	*msg = (struct msghdr){.msg_name = &tx->to[i],
			       .msg_namelen = sock_addr_len(&tx->to[i]),
			       .msg_iov = &tx->iov[i],
			       .msg_iovlen = 1};
	if (run->segments > 1) {
		uint16_t segment = (uint16_t)run->segment;

		udp_put_control(msg, &tx->control[i], SOL_UDP, UDP_SEGMENT, &segment,
				sizeof(segment));
	}
	if (run->from.addr.sa.sa_family == AF_UNSPEC)
		return;
	if (u->family == AF_INET6) {
		union sock_addr from = port_map_addr(&run->from.addr, AF_INET6);
		struct in6_pktinfo p6 = {.ipi6_addr = from.in6.sin6_addr,
					 .ipi6_ifindex = (unsigned int)run->from.ifindex};

		udp_put_control(msg, &tx->control[i], SOL_IPV6, IPV6_PKTINFO, &p6, sizeof(p6));
	} else {
		struct in_pktinfo p4 = {.ipi_spec_dst = run->from.addr.in4.sin_addr,
					.ipi_ifindex = run->from.ifindex};

		udp_put_control(msg, &tx->control[i], SOL_IP, IP_PKTINFO, &p4, sizeof(p4));
	}
}

/*
 * The kernel refuses a run as a whole when its segments do not fit the path's MTU (EINVAL,
 * EMSGSIZE) or when the device cannot compute checksums (EIO). Alone, the same datagrams can be
 * cut by IP.
 */
static void udp_send_singly(struct engine *e, struct port *port, const struct udp_run *run,
			    int errnum)
{
	struct udp_port *u = port->udp;

	if (errnum == EIO)
		u->gso = false;
	else if (run->segment <= u->gso_segment_max)
		u->gso_segment_max = run->segment - 1;
	for (size_t at = 0; at < run->len; at += run->segment) {
		size_t left = run->len - at, len = left < run->segment ? left : run->segment;

		if (socket_send(u->fd, u->family, u->buf + run->at + at, len, &run->to,
				&run->from) == ERR_SYSTEM)
			udp_report(e, port, "write", errno);
	}
}

static bool udp_retry_singly(const struct udp_run *run, int errnum)
{
	return run->segments > 1 && (errnum == EINVAL || errnum == EMSGSIZE || errnum == EIO);
}

bool udp_flush(struct engine *e, struct port *port)
{
	struct udp_port *u = port->udp;
	struct udp_tx tx;

	if (!u->run_count)
		return false;
	for (unsigned int i = u->run_sent; i < u->run_count; i++)
		udp_prepare(u, &u->runs[i], &tx, i);
	while (u->run_sent < u->run_count) {
		int n = sendmmsg(u->fd, tx.msgs + u->run_sent, u->run_count - u->run_sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			u->run_sent += (unsigned int)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			return true;
		if (udp_retry_singly(&u->runs[u->run_sent], errno))
			udp_send_singly(e, port, &u->runs[u->run_sent], errno);
		else
			udp_report(e, port, "write", errno);
		u->run_sent++;
	}
	udp_reset(u);
	return false;
}
