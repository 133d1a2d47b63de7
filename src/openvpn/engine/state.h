/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine's own state and its lock. Internal to engine/. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "engine/broadcast.h"
#include "engine/tundev.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/port.h"
#include "engine/mac.h"
#include "engine/peer.h"
#include "engine/route.h"
#include "engine/segment.h"
#include "engine/udp.h"
#include "engine/wheel.h"

enum {
	ROUTES_PER_PEER_DEFAULT = 256,
	BROADCASTS_DEFAULT = 256,
	TCP_QUEUE_DEFAULT = 64,
};

/* Why a packet was dropped, for the counters of the engine. */
enum engine_drop {
	DROP_NO_PEER,
	DROP_NO_KEY,
	DROP_OPEN,
	DROP_SEAL,
	DROP_QUEUE_FULL,
	DROP_NO_ROUTE,
	DROP_BAD_SOURCE,
	DROP_TOO_LARGE,
	DROP_RECURSIVE,
	DROP_BAD_PACKET,
	DROP_BLOCKED,
	DROP_ADDRESS,
	DROP_COUNT
};

/* All of it but the atomics and what is marked constant is used under the lock. */
struct engine {
	pthread_mutex_t lock;
	pthread_cond_t turn;	      /* the worker waits here while others want the lock */
	_Atomic unsigned int waiting; /* threads that want the lock; release/acquire with turn */
	pthread_t thread;
	bool thread_started;
	bool stopping;
	bool wake_due; /* engine_unlock() wakes the worker */

	struct dco_device_config cfg; /* constant; names are not kept */
	struct engine_env env;	      /* constant */
	struct log log;		      /* constant */

	int epoll_fd; /* constant */
	int wake_fd;  /* constant */
	uint64_t now_ms;
	struct wheel wheel; /* when to look at the timers of which peer */

	struct tundev device;
	struct event_queue events;
	struct peer_table peers;
	struct engine_peer *only; /* DCO_MODE_P2P: the one peer, or NULL */
	struct route_table *routes;
	struct mac_table *macs;		    /* DCO_TAP with several peers, else NULL */
	struct broadcast_queue *broadcasts; /* several peers, else NULL */
	bool broadcast_begun;		    /* the first of the queue: peers.copies is its next */
	bool broadcast_waits;		    /* for a UDP socket that is full */
	struct port **ports;		    /* by transport number; NULL where free */
	size_t port_count;
	struct port *dirty; /* ports that were used in this batch */
	struct udp_rx *udp_rx;
	struct early_packets *early;
	uint8_t *plain;	 /* scratch for one packet */
	uint8_t *framed; /* scratch for one packet with compression framing */

	bool device_paused;	    /* nothing is read from the device as a port is full */
	struct dco_peer_stats past; /* of peers that are gone */
	uint64_t drops[DROP_COUNT];
	uint64_t drop_log_ms; /* start of the present second of logged drops */
	unsigned int drop_log_count;
};

/** engine_wake() - the worker looks at its deadlines again. Without the lock; under it set
 * wake_due. */
void engine_wake(const struct engine *e);

/** engine_peer_gone() - report the peer once; it moves no data any more */
void engine_peer_gone(struct engine *e, struct engine_peer *p, enum dco_gone_reason reason);

/** engine_port_dead() - a TCP link ended: report it and its peer; arguments as in dco_event */
void engine_port_dead(struct engine *e, struct port *port, int err, uint32_t bad_length);

/** engine_device_must_wait() - whether the only peer's link is full, so that reading is in vain */
bool engine_device_must_wait(const struct engine *e);

/** device_is_ip() - whether the device carries IP packets; otherwise Ethernet frames */
static inline bool device_is_ip(const struct engine *e)
{
	return e->device.type != DCO_TAP;
}

/** engine_now() - the clock, injected or not */
uint64_t engine_now(const struct engine *e);

/** engine_may_log() - limits lines about dropped packets, which a stranger can cause */
bool engine_may_log(struct engine *e);
