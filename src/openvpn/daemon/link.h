/* SPDX-License-Identifier: GPL-2.0-only */
/* The transport to one peer as the control plane sees it: control packets in, control packets out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/log.h"
#include "dco.h"

/*
 * Until the tunnel device exists the link reads its socket itself and drops data packets (there
 * is no key for them yet; see link_hold_data()). link_attach() hands the socket to the data plane;
 * from then on control packets arrive as device events, which the owner passes to link_event().
 */
struct link;

struct link_callbacks {
	/*
	 * One control packet; @bytes are borrowed during the call. @local is how it is answered:
	 * from the address that it was sent to, AF_UNSPEC when unknown (always without
	 * --multihome), and by which interface, see same_interface.
	 */
	void (*packet)(void *ctx, const union sock_addr *from, const struct local_addr *local,
		       const uint8_t *bytes, size_t len);
	/* TCP: the connection is up. @err: 0 or an errno value. */
	void (*connected)(void *ctx, int err);
	/* the stream ended. @err: 0 end of file, else errno; -1: record of @bad_length bytes */
	void (*closed)(void *ctx, int err, uint32_t bad_length);
};

struct link_config {
	enum dco_transport_proto proto;
	int fd;			   /* taken: the link closes it */
	bool connecting;	   /* TCP: connected() is still to come, even if it is up already */
	union sock_addr remote;	   /* where packets go, and who may send them when filter is set */
	bool same_interface;	   /* answer by the interface that a packet came in by */
	bool filter;		   /* UDP: drop packets from anybody else, with the known line */
	uint32_t record_max_bytes; /* TCP: longest record (spec 01 section 1.2) */
};

struct link_counters {
	uint64_t rx_bytes; /* control packets read, payload of UDP or TCP */
	uint64_t tx_bytes;
};

/**
 * link_new() - start reading @cfg->fd on @loop
 *
 * TCP: with @cfg->connecting, connected() tells the end of the connect. Callbacks come from the
 * loop only, never from within another link function.
 *
 * Return: the link, or NULL when out of memory (the descriptor is closed then too).
 */
struct link *link_new(uv_loop_t *loop, const struct link_config *cfg,
		      const struct link_callbacks *cb, void *ctx, const struct log *log) MUST_CHECK;

/** link_free() - detach and close; no callback comes after it. NULL is fine. */
void link_free(struct link *link);

/**
 * link_send() - send one control packet
 * @from: UDP: address and interface to send from, NULL or AF_UNSPEC for the system's choice
 *
 * TCP records are queued when the socket is full and never interleaved.
 *
 * Return: 0, ERR_AGAIN when nothing could be taken, ERR_SYSTEM with errno.
 */
int link_send(struct link *link, const union sock_addr *to, const struct local_addr *from,
	      const uint8_t *bytes, size_t len);

/**
 * link_hold_data() - TCP: from the next packet on data stays in the socket, and all behind it
 *
 * For the time between the last control packet that is needed and link_attach().
 */
void link_hold_data(struct link *link);

/**
 * link_attach() - hand the socket to @dev, which must outlive the link or see link_detach() first
 * @hold_data: as for dco_transport_attach()
 */
int link_attach(struct link *link, struct dco_device *dev, bool hold_data,
		struct err *err) MUST_CHECK;
void link_detach(struct link *link);

/** link_transport() - number of the transport while attached, else -1 */
int link_transport(const struct link *link);

/** link_event() - a DCO_EVENT_CONTROL or DCO_EVENT_TRANSPORT_CLOSED of the device; others are
 * ignored */
void link_event(struct link *link, const struct dco_event *ev);

const union sock_addr *link_remote(const struct link *link);
void link_set_remote(struct link *link, const union sock_addr *remote);
struct link_counters link_counters(const struct link *link);
int link_fd(const struct link *link);
