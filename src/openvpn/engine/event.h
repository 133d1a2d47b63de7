/* SPDX-License-Identifier: GPL-2.0-only */
/* What the worker has to tell the control thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "dco.h"
#include "engine/peer.h"

struct port;
struct event_packet;

enum {
	EVENT_PACKETS_BYTES_MAX = 4 << 20, /* control packets that may wait */
};

/*
 * Control packets wait in a queue of their own, bounded in bytes, which data never enters.
 * Everything else is a mark at the peer or link that it is about: such an event can neither be
 * lost nor come twice, needs no memory, and goes away with its object.
 */
struct event_queue {
	int fd;		 /* eventfd, readable while anything waits */
	bool signal_due; /* the control thread has to be woken */
	bool signalled;	 /* it was, or event_take_signal() said that it will be */
	struct event_packet *packets, **packets_end;
	size_t packet_bytes;
	uint64_t packets_dropped;
	struct event_packet *current; /* lent to the control thread */
	struct engine_peer *peers;    /* with something pending */
	struct port *closed;	      /* TCP links to report */
	bool device_gone;
	bool packet_was_last; /* take turns between packets and marks */
};

int event_queue_init(struct event_queue *q, struct err *err) MUST_CHECK;
void event_queue_fini(struct event_queue *q);

/**
 * event_put_packet() - a control packet came
 *
 * Return: 0, ERR_AGAIN when too much is waiting, ERR_NOMEM.
 */
int event_put_packet(struct event_queue *q, struct port *port, const union sock_addr *remote,
		     const struct local_addr *local, const uint8_t *packet, size_t len) MUST_CHECK;

/** event_mark_peer() - something happened to @p; details are in @p already */
void event_mark_peer(struct event_queue *q, struct engine_peer *p, enum peer_pending what);

/** event_mark_closed() - a TCP link ended; its fields say how */
void event_mark_closed(struct event_queue *q, struct port *port);
void event_mark_device_gone(struct event_queue *q);

/** event_forget_peer() - no event of @p may be delivered any more */
void event_forget_peer(struct event_queue *q, struct engine_peer *p);
void event_forget_port(struct event_queue *q, struct port *port);

/**
 * event_take_signal() - whether the caller must call event_signal() once it has left the lock
 *
 * Not under it: the control thread would wake up just to wait for the lock.
 */
bool event_take_signal(struct event_queue *q) MUST_CHECK;
/** event_signal() - wake the control thread. Any thread, without the lock. */
void event_signal(const struct event_queue *q);

/** event_next() - as dco_next_event() */
bool event_next(struct event_queue *q, struct dco_event *ev);
