/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel and the sockets tell: one queue, taken in apart from answers to requests. */
#include "dco_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	RCVBUF_BYTES = 4 << 20,
	MESSAGES_MAX_BYTES = 32 * 1024,
	RETRY_MS = 20,
	LIVENESS_SEC = 30,    /* how often the kernel is asked whether it has our peers still */
	IDLE_ROUNDS_MAX = 16, /* ready according to epoll, but nothing there (spec 05 problem 15) */
	REASON_TEARDOWN = 0,
	REASON_USER,
	REASON_EXPIRED,
	REASON_TRANSPORT_ERROR,
	REASON_TRANSPORT_DISCONNECT,
};

struct kernel_queued {
	struct kernel_queued *next;
	struct dco_event ev;
	bool lent; /* to the caller of kernel_next_event(), until it calls again */
	uint8_t packet[];
};

/* ---- the queue ---- */

static void wake(struct dco_linux *d)
{
	uint64_t one = 1;

	if (write(d->wake_fd, &one, sizeof(one)) < 0)
		log_dbg(&d->log, 6, "the wake-up counter is full");
}

void kernel_event_put(struct dco_linux *d, const struct dco_event *ev)
{
	struct kernel_queued *q = malloc(sizeof(*q) + ev->packet_len);

	if (!q) {
		log_error(&d->log, "out of memory, an event of the data plane is lost");
		return;
	}
	*q = (struct kernel_queued){.ev = *ev};
	if (ev->packet_len) {
		memcpy(q->packet, ev->packet, ev->packet_len);
		q->ev.packet = q->packet;
	}
	*d->queue_end = q;
	d->queue_end = &q->next;
	wake(d);
}

static void unlink_at(struct dco_linux *d, struct kernel_queued **at)
{
	struct kernel_queued *q = *at;

	*at = q->next;
	if (!q->next)
		d->queue_end = at;
	free(q);
}

static void forget(struct dco_linux *d, bool by_transport, uint32_t id)
{
	struct kernel_queued **at = &d->queue;

	while (*at) {
		const struct dco_event *ev = &(*at)->ev;
		bool of_transport = ev->type == DCO_EVENT_CONTROL ||
				    ev->type == DCO_EVENT_DATA_V1 ||
				    ev->type == DCO_EVENT_TRANSPORT_CLOSED;
		bool hit = by_transport ? of_transport && ev->transport == (int)id
					: !of_transport && ev->type != DCO_EVENT_DEVICE_GONE &&
						  ev->peer_id == id;

		if (hit && !(*at)->lent)
			unlink_at(d, at);
		else
			at = &(*at)->next;
	}
}

void kernel_events_forget_peer(struct dco_linux *d, uint32_t peer_id)
{
	forget(d, false, peer_id);
}

void kernel_events_forget_transport(struct dco_linux *d, int transport)
{
	forget(d, true, (uint32_t)transport);
}

/* ---- what happens to peers ---- */

void kernel_peer_gone(struct dco_linux *d, struct kernel_peer *p, enum dco_gone_reason reason)
{
	struct dco_event ev = {.type = DCO_EVENT_PEER_GONE, .peer_id = p->id, .reason = reason};

	if (p->gone)
		return;
	p->gone = true;
	kernel_transport_take_back(p->transport);
	kernel_event_put(d, &ev);
}

static void went_with_device(struct dco_linux *d UNUSED, struct kernel_peer *p)
{
	if (!p->gone)
		kernel_transport_take_back(p->transport);
	p->gone = true;
}

void kernel_device_gone(struct dco_linux *d)
{
	struct dco_event ev = {.type = DCO_EVENT_DEVICE_GONE};

	if (d->device_gone)
		return;
	d->device_gone = true;
	kernel_peer_each(d, went_with_device);
	kernel_event_put(d, &ev);
}

void kernel_peer_moved(struct dco_linux *d, struct kernel_peer *p, const union sock_addr *remote)
{
	struct dco_event ev = {.type = DCO_EVENT_PEER_FLOATED, .peer_id = p->id, .remote = *remote};

	if (sock_addr_equal(&p->remote, remote))
		return;
	p->remote = *remote;
	kernel_event_put(d, &ev);
}

/* ---- notifications ---- */

static bool was_ours(struct dco_linux *d, uint32_t id)
{
	uint64_t now_ms = clock_now().mono_ms;

	for (size_t i = 0; i < ARRAY_SIZE(d->deletions); i++)
		if (d->deletions[i].until_ms > now_ms && d->deletions[i].id == id) {
			d->deletions[i].until_ms = 0;
			return true;
		}
	return false;
}

static enum dco_gone_reason reason_of(uint32_t number)
{
	switch (number) {
	case REASON_USER:
		return DCO_GONE_USER;
	case REASON_EXPIRED:
		return DCO_GONE_EXPIRED;
	case REASON_TRANSPORT_ERROR:
		return DCO_GONE_TRANSPORT_ERROR;
	case REASON_TRANSPORT_DISCONNECT:
		return DCO_GONE_TRANSPORT_DISCONNECT;
	default:
		return DCO_GONE_TEARDOWN;
	}
}

static void on_deleted(struct dco_linux *d, const struct kernel_event *kev)
{
	struct kernel_peer *p = kernel_peer_find(d, kev->peer_id);

	log_dbg(&d->log, 6,
		"ovpn-dco: received CMD_PEER_DEL_NTF, ifindex: %u, peer-id %u, reason: %u",
		kev->ifindex, kev->peer_id, kev->reason);
	if (was_ours(d, kev->peer_id) || !p) {
		log_dbg(&d->log, 6,
			"Received DCO message for unknown peer-id: %u, type %d, del_peer_reason %u",
			kev->peer_id, (int)kev->type, kev->reason);
		return;
	}
	if (kev->reason == REASON_TEARDOWN && !kernel_link_exists(d->rtnl, d->ifindex))
		kernel_device_gone(d);
	kernel_peer_gone(d, p, reason_of(kev->reason));
}

static void on_kernel_event(struct dco_linux *d, const struct kernel_event *kev)
{
	struct kernel_peer *p = kernel_peer_find(d, kev->peer_id);
	struct dco_event ev = {
		.type = DCO_EVENT_KEY_LIMIT, .peer_id = kev->peer_id, .key_id = kev->key_id};
	char text[ADDR_TEXT_MAX];

	if (kev->ifindex != (uint32_t)d->ifindex) {
		log_dbg(&d->log, 6, "ovpn-dco: ignoring message for foreign ifindex %u",
			kev->ifindex);
		return;
	}
	switch (kev->type) {
	case KERNEL_PEER_GONE:
		on_deleted(d, kev);
		break;
	case KERNEL_KEY_LIMIT:
		log_dbg(&d->log, 6,
			"ovpn-dco: received CMD_KEY_SWAP_NTF, ifindex: %u, peer-id %u, key-id: %u",
			kev->ifindex, kev->peer_id, kev->key_id);
		if (p && !p->gone)
			kernel_event_put(d, &ev);
		break;
	case KERNEL_FLOAT:
		log_dbg(&d->log, 6,
			"ovpn-dco: received CMD_PEER_FLOAT_NTF, ifindex: %u, peer-id %u, address: %s",
			kev->ifindex, kev->peer_id,
			sock_addr_format(&kev->remote, text, sizeof(text)));
		if (p && !p->gone)
			kernel_peer_moved(d, p, &kev->remote);
		break;
	}
}

static void take_messages(struct dco_linux *d, uint8_t *bytes, size_t size)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)bytes;
	struct kernel_event kev;
	int left = (int)size;

	for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type != d->family.id)
			continue;
		if (d->dialect->get_event(nlh, &kev))
			on_kernel_event(d, &kev);
		else
			log_info(&d->log, 6, "received bogus data from ovpn-dco");
	}
}

void kernel_events_drain(struct dco_linux *d)
{
	union {
		struct nlmsghdr align;
		uint8_t bytes[MESSAGES_MAX_BYTES];
	} buf;
	bool lost = false;

	for (;;) {
		ssize_t n = recv(d->event_fd, buf.bytes, sizeof(buf.bytes), MSG_DONTWAIT);

		if (n >= 0)
			take_messages(d, buf.bytes, (size_t)n);
		else if (errno == ENOBUFS)
			lost = true;
		else if (errno != EINTR)
			break;
	}
	if (!lost)
		return;
	log_info(&d->log, 3, "notifications of the kernel were lost, asking for all peers");
	memset(d->deletions, 0, sizeof(d->deletions));
	(void)kernel_poll_peers(d); /* who is missing is gone */
}

/* ---- waiting ---- */

static int watch(struct dco_linux *d, int fd, void *tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = tag};

	return epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int kernel_events_open_socket(struct dco_linux *d, struct err *err)
{
	int size = RCVBUF_BYTES;
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK};

	d->event_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (d->event_fd < 0 ||
	    bind(d->event_fd, (struct sockaddr *)(void *)&addr, sizeof(addr)) < 0)
		return err_set_errno(err, errno, "Cannot create netlink socket");
	if (setsockopt(d->event_fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(d->event_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(d->event_fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &d->family.group,
		       sizeof(d->family.group)) < 0)
		return err_set_errno(err, errno, "%s: failed to join groups", d->dialect->family);
	return 0;
}

int kernel_events_open(struct dco_linux *d, struct err *err)
{
	struct itimerspec often = {.it_interval.tv_sec = LIVENESS_SEC,
				   .it_value.tv_sec = LIVENESS_SEC};
	int ret = kernel_events_open_socket(d, err);

	if (ret == 0)
		ret = kernel_links_open(d, err);
	if (ret < 0)
		return ret;
	d->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	d->retry_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (d->epoll_fd < 0 || d->wake_fd < 0 || d->timer_fd < 0 || d->retry_fd < 0 ||
	    timerfd_settime(d->timer_fd, 0, &often, NULL) < 0 ||
	    watch(d, d->event_fd, &d->event_fd) < 0 || watch(d, d->wake_fd, &d->wake_fd) < 0 ||
	    watch(d, d->link_fd, &d->link_fd) < 0 || watch(d, d->timer_fd, &d->timer_fd) < 0 ||
	    watch(d, d->retry_fd, &d->retry_fd) < 0)
		return err_set_errno(err, errno, "cannot wait for events of the kernel");
	return 0;
}

void kernel_events_retry_soon(struct dco_linux *d)
{
	struct itimerspec once = {.it_value.tv_nsec = RETRY_MS * 1000000L};

	(void)timerfd_settime(d->retry_fd, 0, &once, NULL);
}

void kernel_events_close(struct dco_linux *d)
{
	int fds[] = {d->event_fd, d->link_fd, d->wake_fd, d->timer_fd, d->retry_fd, d->epoll_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	while (d->queue)
		unlink_at(d, &d->queue);
}

/* Return: whether something may have changed. */
static bool take_ready(struct dco_linux *d, const struct epoll_event *ready)
{
	uint64_t count;

	if (ready->data.ptr == &d->event_fd) {
		kernel_events_drain(d);
		return true;
	}
	if (ready->data.ptr == &d->link_fd) {
		kernel_links_drain(d);
		return true;
	}
	if (ready->data.ptr == &d->wake_fd)
		return read(d->wake_fd, &count, sizeof(count)) > 0;
	if (ready->data.ptr == &d->timer_fd) {
		if (read(d->timer_fd, &count, sizeof(count)) > 0)
			(void)kernel_poll_peers(d); /* finds what was not told */
		return true;
	}
	if (ready->data.ptr == &d->retry_fd) {
		if (read(d->retry_fd, &count, sizeof(count)) > 0)
			kernel_transports_retry(d);
		return true;
	}
	return kernel_transport_event(d, ready->data.ptr, ready->events);
}

bool kernel_next_event(struct dco_linux *d, struct dco_event *ev)
{
	if (d->queue && d->queue->lent)
		unlink_at(d, &d->queue);
	/* One ready descriptor at a time: epoll takes turns between them. */
	for (unsigned int idle = 0; !d->queue && idle < IDLE_ROUNDS_MAX;) {
		struct epoll_event ready;

		if (epoll_wait(d->epoll_fd, &ready, 1, 0) <= 0)
			break;
		if (!take_ready(d, &ready))
			idle++;
	}
	if (!d->queue)
		return false;
	d->queue->lent = true;
	*ev = d->queue->ev;
	return true;
}
