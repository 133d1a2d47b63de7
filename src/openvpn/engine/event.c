/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/mac.h"
#include "engine/port.h"

struct event_packet {
	struct event_packet *next;
	struct port *port; /* NULL once lent */
	int transport;
	union sock_addr remote;
	struct local_addr local;
	size_t len;
	uint8_t bytes[];
};

int event_queue_init(struct event_queue *q, struct err *err)
{
	*q = (struct event_queue){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	q->packets_end = &q->packets;
	if (q->fd < 0)
		return err_set_errno(err, errno, "engine: cannot make an eventfd");
	return 0;
}

void event_queue_fini(struct event_queue *q)
{
	while (q->packets) {
		struct event_packet *ep = q->packets;

		q->packets = ep->next;
		free(ep);
	}
	free(q->current);
	if (q->fd >= 0)
		close(q->fd);
}

static void event_wanted(struct event_queue *q)
{
	q->signal_due = !q->signalled;
}

bool event_take_signal(struct event_queue *q)
{
	bool due = q->signal_due;

	q->signal_due = false;
	q->signalled = q->signalled || due;
	return due;
}

void event_signal(const struct event_queue *q)
{
	uint64_t one = 1;

	/* Can only fail when the counter is full, and then it is readable already. */
	(void)!write(q->fd, &one, sizeof(one));
}

int event_put_packet(struct event_queue *q, struct port *port, const union sock_addr *remote,
		     const struct local_addr *local, const uint8_t *packet, size_t len)
{
	struct event_packet *ep;

	if (q->packet_bytes + len > EVENT_PACKETS_BYTES_MAX)
		return ERR_AGAIN;
	ep = malloc(sizeof(*ep) + len);
	if (!ep)
		return ERR_NOMEM;
	ep->next = NULL;
	ep->port = port;
	ep->transport = port->transport;
	ep->remote = *remote;
	ep->local = *local;
	ep->len = len;
	memcpy(ep->bytes, packet, len);
	*q->packets_end = ep;
	q->packets_end = &ep->next;
	q->packet_bytes += len;
	port->packets_waiting++;
	event_wanted(q);
	return 0;
}

void event_mark_peer(struct event_queue *q, struct engine_peer *p, enum peer_pending what)
{
	if (!p->pending) {
		p->pending_next = q->peers;
		p->pending_prev = &q->peers;
		if (q->peers)
			q->peers->pending_prev = &p->pending_next;
		q->peers = p;
	}
	p->pending |= what;
	event_wanted(q);
}

void event_mark_closed(struct event_queue *q, struct port *port)
{
	if (port->closed_listed)
		return;
	port->closed_listed = true;
	port->closed_next = q->closed;
	q->closed = port;
	event_wanted(q);
}

void event_mark_device_gone(struct event_queue *q)
{
	q->device_gone = true;
	event_wanted(q);
}

void event_forget_peer(struct event_queue *q, struct engine_peer *p)
{
	(void)q;
	if (!p->pending)
		return;
	p->pending = 0;
	*p->pending_prev = p->pending_next;
	if (p->pending_next)
		p->pending_next->pending_prev = p->pending_prev;
}

static void event_unlist_closed(struct event_queue *q, struct port *port)
{
	for (struct port **at = &q->closed; *at; at = &(*at)->closed_next) {
		if (*at == port) {
			*at = port->closed_next;
			break;
		}
	}
	port->closed_listed = false;
}

void event_forget_port(struct event_queue *q, struct port *port)
{
	struct event_packet **at = &q->packets;

	if (port->closed_listed)
		event_unlist_closed(q, port);
	while (*at) {
		struct event_packet *ep = *at;

		if (ep->port != port) {
			at = &ep->next;
			continue;
		}
		*at = ep->next;
		q->packet_bytes -= ep->len;
		free(ep);
	}
	q->packets_end = at;
	port->packets_waiting = 0;
}

static bool next_packet(struct event_queue *q, struct dco_event *ev)
{
	struct event_packet *ep = q->packets;

	if (!ep)
		return false;
	q->packets = ep->next;
	if (!q->packets)
		q->packets_end = &q->packets;
	q->packet_bytes -= ep->len;
	ep->port->packets_waiting--;
	ep->port = NULL;
	q->current = ep;
	ev->type = DCO_EVENT_CONTROL;
	ev->transport = ep->transport;
	ev->remote = ep->remote;
	ev->local = ep->local;
	ev->packet = ep->bytes;
	ev->packet_len = ep->len;
	return true;
}

static void clear_pending(struct event_queue *q, struct engine_peer *p, unsigned int bit)
{
	if (p->pending == bit)
		event_forget_peer(q, p);
	else
		p->pending &= ~bit;
}

/* One Ethernet address after the other, until all are told. */
static bool next_mac(struct event_queue *q, struct dco_event *ev)
{
	while (q->peers && q->peers->pending & PEER_PENDING_MAC) {
		struct engine_peer *p = q->peers;
		bool any = mac_table_news(p, ev->mac);

		if (!p->mac_news)
			clear_pending(q, p, PEER_PENDING_MAC);
		if (any) {
			ev->type = DCO_EVENT_MAC;
			ev->peer_id = p->id;
			return true;
		}
	}
	return false;
}

/* One pending thing of one peer, the most final last. */
static bool next_peer(struct event_queue *q, struct dco_event *ev)
{
	struct engine_peer *p = q->peers;
	unsigned int bit;

	if (!p)
		return false;
	ev->peer_id = p->id;
	if (p->pending & PEER_PENDING_FLOATED) {
		bit = PEER_PENDING_FLOATED;
		ev->type = DCO_EVENT_PEER_FLOATED;
		ev->remote = p->remote;
		ev->local = p->local;
	} else if (p->pending & PEER_PENDING_FLOAT_REFUSED) {
		bit = PEER_PENDING_FLOAT_REFUSED;
		ev->type = DCO_EVENT_FLOAT_COLLISION;
		ev->remote = p->event_remote;
	} else if (p->pending & PEER_PENDING_OUT_OF_SYNC) {
		bit = PEER_PENDING_OUT_OF_SYNC;
		ev->type = DCO_EVENT_OUT_OF_SYNC;
		ev->key_id = p->out_of_sync_key_id;
		ev->remote = p->event_remote;
	} else if (p->pending & PEER_PENDING_PATH_MTU) {
		bit = PEER_PENDING_PATH_MTU;
		ev->type = DCO_EVENT_PATH_MTU;
		ev->path_mtu = p->path_mtu;
	} else if (p->pending & PEER_PENDING_DHCP_ROUTER) {
		bit = PEER_PENDING_DHCP_ROUTER;
		ev->type = DCO_EVENT_DHCP_ROUTER;
		ev->router = (struct ip_addr){.family = AF_INET, .u.in4 = p->dhcp_router};
	} else if (p->pending & PEER_PENDING_KEY_LIMIT) {
		bit = PEER_PENDING_KEY_LIMIT;
		ev->type = DCO_EVENT_KEY_LIMIT;
		ev->key_id = p->keys[DCO_SLOT_PRIMARY] ? data_key_id(p->keys[DCO_SLOT_PRIMARY]) : 0;
	} else if (p->pending & PEER_PENDING_REMOTE_EXIT) {
		bit = PEER_PENDING_REMOTE_EXIT;
		ev->type = DCO_EVENT_REMOTE_EXIT;
	} else {
		bit = PEER_PENDING_GONE;
		ev->type = DCO_EVENT_PEER_GONE;
		ev->reason = p->gone_reason;
	}
	clear_pending(q, p, bit);
	return true;
}

/* The end of a stream comes after everything that was read from it. */
static bool next_closed(struct event_queue *q, struct dco_event *ev)
{
	struct port *port = q->closed;

	while (port && port->packets_waiting)
		port = port->closed_next;
	if (!port)
		return false;
	event_unlist_closed(q, port);
	ev->type = DCO_EVENT_TRANSPORT_CLOSED;
	ev->transport = port->transport;
	ev->err = port->dead_err;
	ev->bad_length = port->dead_length;
	return true;
}

static bool next_mark(struct event_queue *q, struct dco_event *ev)
{
	if (next_closed(q, ev) || next_mac(q, ev) || next_peer(q, ev))
		return true;
	if (!q->device_gone)
		return false;
	q->device_gone = false;
	ev->type = DCO_EVENT_DEVICE_GONE;
	return true;
}

bool event_next(struct event_queue *q, struct dco_event *ev)
{
	uint64_t count;

	free(q->current);
	q->current = NULL;
	memset(ev, 0, sizeof(*ev));
	ev->transport = -1;
	ev->peer_id = DCO_PEER_ID_UNDEF;
	/* Under a flood of control packets the marks must get through too. */
	q->packet_was_last = !q->packet_was_last;
	if (q->packet_was_last ? next_packet(q, ev) || next_mark(q, ev)
			       : next_mark(q, ev) || next_packet(q, ev))
		return true;
	/* Nothing to read: the signal was taken but is not given yet; one look in vain follows. */
	if (q->signalled && read(q->fd, &count, sizeof(count)) == sizeof(count))
		q->signalled = false;
	return false;
}
