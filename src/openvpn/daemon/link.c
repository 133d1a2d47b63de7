/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/poll.h"
#include "data/packet.h"
#include "net/socket.h"
#include "net/tcp_queue.h"
#include "net/tcp_record.h"

enum {
	PACKET_MAX = 65536,
	TCP_QUEUE_MAX_BYTES =
		256 * 1024, /* far above what one send window of control packets needs */
};

struct link {
	struct link_config cfg;
	struct link_callbacks cb;
	void *ctx;
	struct log log;
	struct link_counters counters;
	sa_family_t family; /* of the socket */

	uv_poll_t *poll; /* NULL while attached */
	bool connecting;
	struct dco_device *dev;
	int transport;

	struct tcp_record_reader stream;
	bool hold_data;	      /* TCP: data is for the data plane, which comes soon */
	bool held;	      /* the next packet is data, and waits */
	struct tcp_queue out; /* what the socket did not take yet */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static int link_poll_update(struct link *link)
{
	int events = link->held ? UV_DISCONNECT : UV_READABLE;

	if (!link->poll)
		return 0;
	if (link->connecting)
		events = UV_WRITABLE;
	else if (link->out.len)
		events |= UV_WRITABLE;
	return uv_poll_start(link->poll, events, on_poll) ? ERR_SYSTEM : 0;
}

static int link_poll_start(struct link *link, uv_loop_t *loop)
{
	link->poll = poll_watch(loop, link->cfg.fd, UV_READABLE, on_poll, link);
	return link->poll ? link_poll_update(link) : ERR_SYSTEM;
}

/* Return: false when the callback freed the link. */
static void deliver(struct link *link, const union sock_addr *from, const struct local_addr *local,
		    const uint8_t *bytes, size_t len)
{
	char got[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
	const struct ip_addr ours = sock_addr_ip(&local->addr);
	struct local_addr answer = *local;

	if (len > 0 && data_opcode_is_data(bytes[0]))
		return;
	if (link->cfg.filter && !sock_addr_equal(from, &link->cfg.remote)) {
		log_info(
			&link->log, 1,
			"TCP/UDP: Incoming packet rejected from %s[%d], expected peer address: %s (allow this incoming source address/port by removing --remote or adding --float)",
			sock_addr_format(from, got, sizeof(got)), from->sa.sa_family,
			sock_addr_format(&link->cfg.remote, want, sizeof(want)));
		return;
	}
	link->counters.rx_bytes += len;
	if (!link->cfg.same_interface && !ip_addr_is_link_local(&ours))
		answer.ifindex = 0;
	link->cb.packet(link->ctx, from, &answer, bytes, len);
}

/*
 * A callback may free the link. The poll handle outlives it until the loop closes it, and its
 * data pointer is cleared by link_free(), so that is what readers look at.
 */
static bool alive(const uv_poll_t *poll)
{
	return poll->data != NULL;
}

/* What the network said about earlier packets (spec 02 section 11.6); never fatal on UDP. */
static void log_udp_error(struct link *link, const char *verb, int errnum)
{
	struct socket_errors queue;
	char text[512];

	socket_errors_drain(link->cfg.fd, &queue);
	socket_error_format(text, sizeof(text), verb, socket_proto_name(SOCKET_UDP, link->family),
			    &queue, link->cfg.fd, errnum);
	log_info(&link->log, 1, "%s", text);
}

static void read_udp(struct link *link, uv_poll_t *poll)
{
	uint8_t buf[PACKET_MAX];

	for (unsigned int i = 0; i < 64 && alive(poll); i++) {
		union sock_addr from;
		struct local_addr local;
		long n = socket_recv(link->cfg.fd, buf, sizeof(buf), &from, &local);

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			log_udp_error(link, "read", errno);
			return;
		}
		if (n > 0)
			deliver(link, &from, &local, buf, (size_t)n);
	}
}

static void stream_ended(struct link *link, int err, uint32_t bad_length)
{
	poll_unwatch(&link->poll);
	link->cb.closed(link->ctx, err, bad_length);
}

/* The data plane takes the stream over where we stop: at the first data packet. */
static void hold(struct link *link)
{
	link->held = true;
	if (link_poll_update(link))
		stream_ended(link, EIO, 0);
}

static int closed_err(long ret)
{
	switch (ret) {
	case ERR_SYSTEM:
		return errno;
	case ERR_RANGE:
		return -1;
	default:
		return 0;
	}
}

/* One packet only: what the owner makes of it in its own time decides about the next. */
static void read_tcp(struct link *link)
{
	static const struct local_addr nowhere;
	uint8_t record[TCP_RECORD_MAX];
	uint32_t bad_length = 0;
	long len = tcp_record_peek(&link->stream, record, &bad_length);

	if (len == ERR_AGAIN)
		return;
	if (len >= 0 && link->hold_data && data_opcode_is_data(record[TCP_QUEUE_PREFIX_LEN])) {
		hold(link);
		return;
	}
	if (len >= 0)
		len = tcp_record_take(&link->stream, record, (size_t)len) < 0 ? ERR_SYSTEM : len;
	if (len < 0)
		stream_ended(link, closed_err(len), bad_length);
	else
		deliver(link, &link->cfg.remote, &nowhere, record + TCP_QUEUE_PREFIX_LEN,
			(size_t)len - TCP_QUEUE_PREFIX_LEN);
}

static int flush_tcp(struct link *link)
{
	while (link->out.len) {
		ssize_t n = send(link->cfg.fd, link->out.bytes, link->out.len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : ERR_SYSTEM;
		tcp_queue_sent(&link->out, (size_t)n);
	}
	return 0;
}

static void finish_connect(struct link *link)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(link->cfg.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	link->connecting = false;
	if (link_poll_update(link))
		err = EIO;
	link->cb.connected(link->ctx, err);
}

/*
 * libuv stops watching a descriptor with an error. On UDP that is only what the network said about
 * a packet: whatever read_udp() left of it goes, and watching goes on.
 */
static void rewatch_udp(struct link *link)
{
	struct socket_errors rest;

	socket_errors_drain(link->cfg.fd, &rest);
	if (link_poll_update(link))
		log_warn(&link->log, "cannot watch the UDP socket again");
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct link *link = poll->data;

	if (!link)
		return;
	if (link->connecting) {
		finish_connect(link);
		return;
	}
	if ((events & UV_WRITABLE) && flush_tcp(link) == 0)
		(void)link_poll_update(link); /* a failure shows at the next read */
	if ((events & UV_DISCONNECT) && link->held) {
		stream_ended(link, 0, 0);
		return;
	}
	if (!(events & UV_READABLE) && status == 0)
		return;
	if (link->cfg.proto == DCO_TCP)
		read_tcp(link);
	else
		read_udp(link, poll);
	if (status < 0 && alive(poll) && link->cfg.proto != DCO_TCP)
		rewatch_udp(link);
}

struct link *link_new(uv_loop_t *loop, const struct link_config *cfg,
		      const struct link_callbacks *cb, void *ctx, const struct log *log)
{
	struct link *link = calloc(1, sizeof(*link));
	union sock_addr local;

	if (!link) {
		close(cfg->fd);
		return NULL;
	}
	link->cfg = *cfg;
	link->cb = *cb;
	link->ctx = ctx;
	link->log = *log;
	link->transport = -1;
	socket_local_addr(cfg->fd, &local);
	link->family = local.sa.sa_family;
	if (cfg->proto == DCO_TCP) {
		link->stream.fd = cfg->fd;
		link->stream.packet_max_bytes = cfg->record_max_bytes;
		link->connecting = cfg->connecting;
	}
	if (link_poll_start(link, loop)) {
		link_free(link);
		return NULL;
	}
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	link_detach(link);
	poll_unwatch(&link->poll);
	close(link->cfg.fd);
	tcp_queue_free(&link->out);
	free(link);
}

static int send_tcp(struct link *link, const uint8_t *bytes, size_t len)
{
	int ret = tcp_queue_put(&link->out, bytes, len, TCP_QUEUE_MAX_BYTES);

	if (ret == 0 && !link->connecting)
		ret = flush_tcp(link);
	if (ret == 0)
		ret = link_poll_update(link);
	return ret;
}

static int send_udp(struct link *link, const union sock_addr *to, const struct local_addr *from,
		    const uint8_t *bytes, size_t len)
{
	int ret = socket_send(link->cfg.fd, link->family, bytes, len, to, from);

	if (ret == ERR_SYSTEM) {
		const int errnum = errno;

		log_udp_error(link, "write", errnum);
		errno = errnum;
	}
	return ret;
}

int link_send(struct link *link, const union sock_addr *to, const struct local_addr *from,
	      const uint8_t *bytes, size_t len)
{
	assume_control_thread();
	int ret;

	if (link->dev)
		ret = dco_control_send(link->dev, link->transport, to, from, bytes, len);
	else if (link->cfg.proto == DCO_TCP)
		ret = send_tcp(link, bytes, len);
	else
		ret = send_udp(link, to, from, bytes, len);
	if (ret == 0)
		link->counters.tx_bytes += len;
	return ret;
}

void link_hold_data(struct link *link)
{
	link->hold_data = true;
}

int link_attach(struct link *link, struct dco_device *dev, bool hold_data, struct err *err)
{
	assume_control_thread();
	int transport;

	if (link->out.len)
		return err_set(err, ERR_AGAIN,
			       "control packets are still waiting for the TCP socket");
	tcp_record_end(&link->stream);
	transport = dco_transport_attach(dev, link->cfg.fd, link->cfg.proto, hold_data, err);
	if (transport < 0)
		return transport;
	poll_unwatch(&link->poll);
	link->dev = dev;
	link->transport = transport;
	return 0;
}

void link_detach(struct link *link)
{
	assume_control_thread();
	if (!link->dev)
		return;
	dco_transport_detach(link->dev, link->transport);
	link->dev = NULL;
	link->transport = -1;
}

int link_transport(const struct link *link)
{
	return link->transport;
}

void link_event(struct link *link, const struct dco_event *ev)
{
	if (!link->dev || ev->transport != link->transport)
		return;
	if (ev->type == DCO_EVENT_CONTROL)
		deliver(link, link->cfg.proto == DCO_TCP ? &link->cfg.remote : &ev->remote,
			&ev->local, ev->packet, ev->packet_len);
	else if (ev->type == DCO_EVENT_TRANSPORT_CLOSED)
		link->cb.closed(link->ctx, ev->err, ev->bad_length);
}

const union sock_addr *link_remote(const struct link *link)
{
	return &link->cfg.remote;
}

void link_set_remote(struct link *link, const union sock_addr *remote)
{
	link->cfg.remote = *remote;
}

struct link_counters link_counters(const struct link *link)
{
	return link->counters;
}

int link_fd(const struct link *link)
{
	return link->cfg.fd;
}
