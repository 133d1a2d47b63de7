/* SPDX-License-Identifier: GPL-2.0-only */
/* Control packets on sockets whose data packets the kernel takes. Spec 05 sections 2.5, 2.6, 3.6.
 */
#include "dco_linux.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "data/packet.h"
#include "net/socket.h"
#include "net/tcp_queue.h"
#include "net/tcp_record.h"

enum {
	PREFIX_LEN = TCP_QUEUE_PREFIX_LEN,
	RECORD_MAX = TCP_RECORD_MAX,
	OUT_MAX_BYTES = 1 << 20,
	TCP_BUFFER_BYTES = 128 * 1024, /* a record larger than it would stop the kernel's parser */
};

struct kernel_transport {
	int number;
	int fd;
	enum dco_transport_proto proto;
	sa_family_t family;
	int peers;
	bool in_kernel;	    /* TCP: the kernel reads the stream */
	bool was_in_kernel; /* now or before */
	bool dead;
	bool v1_told;
	bool hold_data; /* TCP: until there is a key */
	bool held;	/* the next record is data, and waits */
	uint32_t watched;
	struct tcp_record_reader plain; /* while the kernel does not read the stream */
	struct tcp_queue out;		/* what the socket does not take yet */
	size_t out_rest; /* bytes of the first record that are still to be sent, 0: it is whole */
	uint8_t *in;	 /* legacy module: start of a record of the stream */
	size_t in_len;
};

struct kernel_transport *kernel_transport_find(const struct dco_linux *d, int transport)
{
	return transport >= 0 && (size_t)transport < d->transport_count ? d->transports[transport]
									: NULL;
}

bool kernel_transport_is_tcp(const struct kernel_transport *t)
{
	return t->proto == DCO_TCP;
}

int kernel_transport_fd(const struct kernel_transport *t)
{
	return t->fd;
}

void kernel_transport_use(struct kernel_transport *t, int by)
{
	t->peers += by;
}

static int watch(struct dco_linux *d, struct kernel_transport *t, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = t};
	int op = !t->watched ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	if (events == t->watched)
		return 0;
	if (epoll_ctl(d->epoll_fd, op, t->fd, &ev) < 0)
		return -1;
	t->watched = events;
	return 0;
}

static int update_watch(struct dco_linux *d, struct kernel_transport *t)
{
	uint32_t events = t->held ? 0 : EPOLLIN;

	if (t->proto == DCO_TCP)
		events |= EPOLLRDHUP;
	if (t->out.len)
		events |= EPOLLOUT;
	return t->dead ? 0 : watch(d, t, events);
}

static void closed(struct dco_linux *d, struct kernel_transport *t, int err, uint32_t bad_length)
{
	struct dco_event ev = {
		.type = DCO_EVENT_TRANSPORT_CLOSED,
		.transport = t->number,
		.err = err,
		.bad_length = bad_length,
	};

	if (t->dead)
		return;
	t->dead = true;
	(void)watch(d, t, 0);
	kernel_event_put(d, &ev);
	if (t->in_kernel)
		kernel_transport_ended(
			d, t, err ? DCO_GONE_TRANSPORT_ERROR : DCO_GONE_TRANSPORT_DISCONNECT);
}

/* ---- receiving ---- */

static void tell_data_v1(struct dco_linux *d, struct kernel_transport *t,
			 const union sock_addr *remote)
{
	struct dco_event ev = {
		.type = DCO_EVENT_DATA_V1,
		.transport = t->number,
		.remote = *remote,
	};

	if (t->v1_told)
		return;
	t->v1_told = true;
	log_warn(
		&d->log,
		"Data Channel Offload doesn't support DATA_V1 packets. Upgrade your server to 2.4.5 or newer.");
	kernel_event_put(d, &ev);
}

static void take_packet(struct dco_linux *d, struct kernel_transport *t,
			const union sock_addr *remote, const struct local_addr *local,
			const uint8_t *packet, size_t len)
{
	struct dco_event ev = {
		.type = DCO_EVENT_CONTROL,
		.transport = t->number,
		.remote = *remote,
		.local = *local,
		.packet = packet,
		.packet_len = len,
	};

	if (len == 0)
		return;
	if (packet[0] >> 3 == DATA_OPCODE_V1)
		tell_data_v1(d, t, remote);
	else if (!data_opcode_is_data(packet[0])) /* else of no peer that the kernel knows */
		kernel_event_put(d, &ev);
}

static bool read_udp(struct dco_linux *d, struct kernel_transport *t)
{
	uint8_t buf[UINT16_MAX];
	struct socket_errors errors;
	union sock_addr from;
	struct local_addr local;
	long n = socket_recv(t->fd, buf, sizeof(buf), &from, &local);

	if (n == ERR_AGAIN)
		return false;
	if (n < 0) {
		socket_errors_drain(t->fd, &errors);
		return true;
	}
	take_packet(d, t, &from, &local, buf, (size_t)n);
	return true;
}

/* Whole records at the start of @bytes. Return: how many bytes they have, or -1. */
static ssize_t take_records(struct dco_linux *d, struct kernel_transport *t, const uint8_t *bytes,
			    size_t len)
{
	static const struct local_addr nowhere;
	size_t at = 0;

	while (len - at >= PREFIX_LEN) {
		size_t record = load_be16(&bytes[at]);

		if (record == 0 || record > d->max_packet_bytes) {
			closed(d, t, -1, (uint32_t)record);
			return -1;
		}
		if (len - at < PREFIX_LEN + record)
			break;
		take_packet(d, t, &nowhere.addr, &nowhere, &bytes[at + PREFIX_LEN], record);
		at += PREFIX_LEN + record;
	}
	return (ssize_t)at;
}

static bool receive_failed(struct dco_linux *d, struct kernel_transport *t, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0 && errno == EBADF)
		return true; /* its peer went away just now; a plain socket from here on */
	if (n > 0)
		return false;
	closed(d, t, n < 0 ? errno : 0, 0);
	return true;
}

static bool have_in(struct kernel_transport *t)
{
	if (!t->in)
		t->in = malloc(RECORD_MAX);
	return t->in != NULL;
}

/*
 * Before the kernel reads the stream we take whole records only: what is left in the socket is
 * where the kernel starts to parse.
 */
static bool read_plain(struct dco_linux *d, struct kernel_transport *t)
{
	static const struct local_addr nowhere;
	uint8_t record[RECORD_MAX];
	uint32_t bad_length = 0;
	long len = tcp_record_peek(&t->plain, record, &bad_length);

	if (len == ERR_AGAIN)
		return false;
	if (len >= 0 && t->hold_data && record[PREFIX_LEN] >> 3 == DATA_OPCODE_V2) {
		t->held = true;
		(void)update_watch(d, t);
		return false;
	}
	if (len >= 0)
		len = tcp_record_take(&t->plain, record, (size_t)len) < 0 ? ERR_SYSTEM : len;
	if (len == ERR_SYSTEM) {
		(void)receive_failed(d, t, -1);
		return false;
	}
	if (len < 0) {
		closed(d, t, len == ERR_RANGE ? -1 : 0, bad_length);
		return false;
	}
	take_packet(d, t, &nowhere.addr, &nowhere, &record[PREFIX_LEN], (size_t)len - PREFIX_LEN);
	return true;
}

static bool read_records(struct dco_linux *d, struct kernel_transport *t)
{
	static const struct local_addr nowhere;
	uint8_t buf[RECORD_MAX];
	ssize_t n = recv(t->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (receive_failed(d, t, n))
		return false;
	if (n > PREFIX_LEN)
		take_packet(d, t, &nowhere.addr, &nowhere, &buf[PREFIX_LEN],
			    (size_t)n - PREFIX_LEN);
	return true;
}

static bool read_stream(struct dco_linux *d, struct kernel_transport *t)
{
	ssize_t n, used;

	if (!have_in(t))
		return false;
	n = recv(t->fd, &t->in[t->in_len], RECORD_MAX - t->in_len, MSG_DONTWAIT);
	if (receive_failed(d, t, n))
		return false;
	t->in_len += (size_t)n;
	used = take_records(d, t, t->in, t->in_len);
	if (used > 0) {
		t->in_len -= (size_t)used;
		memmove(t->in, &t->in[used], t->in_len);
	}
	return used >= 0;
}

/* ---- sending ---- */

/* Whether a record would go out in one piece, as far as that can be known. */
static bool has_room(const struct kernel_transport *t)
{
	struct pollfd pfd = {.fd = t->fd, .events = POLLOUT};

	return poll(&pfd, 1, 0) > 0;
}

/*
 * While the kernel uses the stream too records go one by one. The legacy module would put its own
 * packets between the parts of one that does not fit.
 *
 * Return: 0 when all is out or the socket is full, else ERR_SYSTEM with errno.
 */
static int flush_tcp(struct dco_linux *d, struct kernel_transport *t)
{
	while (t->out.len) {
		bool shared = t->in_kernel && !d->dialect->tcp_records;
		ssize_t n;

		if (!t->out_rest)
			t->out_rest = PREFIX_LEN + (size_t)load_be16(t->out.bytes);
		if (shared) /* nobody is told when there is room again */
			kernel_events_retry_soon(d);
		if (shared && !has_room(t))
			return 0;
		n = send(t->fd, t->out.bytes, t->out_rest, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : ERR_SYSTEM;
		t->out_rest -= (size_t)n;
		tcp_queue_sent(&t->out, (size_t)n);
	}
	return 0;
}

int kernel_control_send(struct dco_linux *d, int transport, const union sock_addr *to,
			const struct local_addr *from, const uint8_t *packet, size_t len)
{
	struct kernel_transport *t = kernel_transport_find(d, transport);
	int ret;

	if (!t)
		return ERR_NOT_FOUND;
	if (t->proto == DCO_UDP)
		return socket_send(t->fd, t->family, packet, len, to, from);
	if (t->dead)
		return ERR_CLOSED;
	ret = tcp_queue_put(&t->out, packet, len, OUT_MAX_BYTES);
	if (ret == 0)
		ret = flush_tcp(d, t);
	(void)update_watch(d, t);
	return ret;
}

/* ---- life ---- */

static void tune_tcp(int fd)
{
	int have = 0;
	socklen_t len = sizeof(have);
	int want = TCP_BUFFER_BYTES;

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &have, &len) == 0 && have < want)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
}

static int free_slot(struct dco_linux *d, size_t *slot)
{
	struct kernel_transport **grown;

	for (*slot = 0; *slot < d->transport_count; (*slot)++)
		if (!d->transports[*slot])
			return 0;
	grown = realloc(d->transports, (d->transport_count + 1) * sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	d->transports = grown;
	d->transports[d->transport_count++] = NULL;
	return 0;
}

static void transport_free(struct dco_linux *d, struct kernel_transport *t)
{
	(void)watch(d, t, 0);
	d->transports[t->number] = NULL;
	tcp_queue_free(&t->out);
	free(t->in);
	free(t);
}

int kernel_transport_attach(struct dco_linux *d, int fd, enum dco_transport_proto proto,
			    bool hold_data, struct err *err)
{
	struct kernel_transport *t;
	union sock_addr local;
	size_t slot;

	t = calloc(1, sizeof(*t));
	if (!t || free_slot(d, &slot) < 0) {
		free(t);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	socket_local_addr(fd, &local);
	*t = (struct kernel_transport){
		.number = (int)slot,
		.fd = fd,
		.proto = proto,
		.family = local.sa.sa_family,
		.hold_data = hold_data && proto == DCO_TCP,
		.plain = {.fd = fd, .packet_max_bytes = d->max_packet_bytes},
	};
	d->transports[slot] = t;
	if (proto == DCO_TCP)
		tune_tcp(fd);
	if (update_watch(d, t) < 0) {
		int errnum = errno;

		transport_free(d, t);
		return err_set_errno(err, errnum, "cannot wait for a socket");
	}
	return (int)slot;
}

int kernel_transport_detach(struct dco_linux *d, int transport)
{
	struct kernel_transport *t = kernel_transport_find(d, transport);

	if (!t)
		return ERR_NOT_FOUND;
	if (t->peers)
		return ERR_STATE;
	kernel_events_forget_transport(d, transport);
	tcp_record_end(&t->plain);
	transport_free(d, t);
	return 0;
}

bool kernel_transport_is_between(const struct kernel_transport *t)
{
	return t->out.len > 0 || t->in_len > 0;
}

int kernel_transport_hand_over(struct dco_linux *d, struct kernel_transport *t)
{
	if (t->proto != DCO_TCP)
		return 0;
	if (kernel_transport_is_between(t))
		return ERR_AGAIN;
	tcp_record_end(&t->plain);
	t->hold_data = false;
	t->held = false;
	t->in_kernel = true;
	t->was_in_kernel = true;
	return update_watch(d, t);
}

bool kernel_transport_holds_data(const struct kernel_transport *t)
{
	return t->hold_data;
}

void kernel_transport_nudge(const struct kernel_transport *t)
{
	int one = 1;

	if (t->proto == DCO_TCP)
		(void)setsockopt(t->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
}

void kernel_transport_take_back(struct kernel_transport *t)
{
	t->in_kernel = false;
}

bool kernel_transport_event(struct dco_linux *d, struct kernel_transport *t, uint32_t epoll_events)
{
	bool done = false;

	if (t->dead)
		return false;
	if (epoll_events & EPOLLOUT) {
		done = t->out.len > 0;
		if (flush_tcp(d, t) < 0)
			closed(d, t, errno, 0);
		(void)update_watch(d, t);
	}
	if (!(epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return done;
	if (t->proto == DCO_UDP)
		return read_udp(d, t) || done;
	/* The legacy module lets go of a socket some time after its peer is gone, and has no
	 * peeking */
	if (t->was_in_kernel && !d->dialect->tcp_records)
		return read_stream(d, t) || done;
	if (t->in_kernel)
		return read_records(d, t) || done;
	if (t->held) { /* its end is all that is waited for */
		closed(d, t, 0, 0);
		return true;
	}
	return read_plain(d, t) || done;
}

void kernel_transports_retry(struct dco_linux *d)
{
	for (size_t i = 0; i < d->transport_count; i++) {
		struct kernel_transport *t = d->transports[i];

		if (!t || t->dead || !t->out.len)
			continue;
		if (flush_tcp(d, t) < 0)
			closed(d, t, errno, 0);
		(void)update_watch(d, t);
	}
}

void kernel_transports_close(struct dco_linux *d)
{
	for (size_t i = 0; i < d->transport_count; i++)
		if (d->transports[i])
			transport_free(d, d->transports[i]);
	free(d->transports);
	d->transports = NULL;
	d->transport_count = 0;
}
