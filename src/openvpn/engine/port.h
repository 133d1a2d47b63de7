/* SPDX-License-Identifier: GPL-2.0-only */
/* A port is a socket of the engine: what UDP and TCP have in common. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "dco.h"

struct engine;
struct engine_peer;
struct udp_port;
struct tcp_port;

struct port {
	int transport; /* index in the engine's table */
	int fd;
	enum dco_transport_proto proto;
	sa_family_t family;
	union sock_addr remote; /* TCP */
	uint32_t peer_count;
	struct engine_peer *peer; /* TCP: the one peer of the connection, or NULL */
	struct udp_port *udp;
	struct tcp_port *tcp;

	bool wants_write; /* has something to send that the socket did not take */
	uint32_t watched; /* events that epoll looks for */
	bool held;	  /* TCP: data waits for the first key, and nothing is read */
	bool dead;	  /* TCP: ended, nothing is read or written any more */
	int dead_err;	  /* as dco_event.err */
	uint32_t dead_length;
	bool dirty; /* in the list of ports that the worker looks at after the batch */
	struct port *dirty_next;
	unsigned int packets_waiting; /* control packets in the event queue */
	struct port *closed_next;
	bool closed_listed;
};

/**
 * port_new() - take a socket into use
 * @hold_data: TCP: data packets wait for port_release()
 * @cfg: of the device: sizes and limits
 */
int port_new(int fd, enum dco_transport_proto proto, bool hold_data,
	     const struct dco_device_config *cfg, struct port **out, struct err *err) MUST_CHECK;
void port_free(struct port *port);

/** port_readable() - one batch of packets into forward_from_link() */
void port_readable(struct engine *e, struct port *port);

/** port_release() - the peer has a key: data packets of the stream need not wait any more */
void port_release(struct engine *e, struct port *port);

/** port_errors() - the socket has errors waiting (IP_RECVERR); they are logged and gone after */
void port_errors(struct engine *e, struct port *port);

/** port_touch() - the worker shall flush the port and see what it waits for, after this batch */
void port_touch(struct engine *e, struct port *port);

/** port_flush() - send what was queued; what the socket does not take stays (wants_write) */
void port_flush(struct engine *e, struct port *port);

/** port_is_full() - whether the socket is full, so that packets only pile up */
bool port_is_full(const struct port *port);

/**
 * port_begin() - room for one data packet of at most @len bytes to @p
 * @w: gets the writer
 *
 * Return: 0, or ERR_AGAIN when the queue is full. Follow with port_commit().
 */
int port_begin(struct engine *e, struct port *port, size_t len, struct wr *w) MUST_CHECK;

/** port_commit() - the packet in @w is complete; empty: it is given up */
void port_commit(struct port *port, const struct engine_peer *p, const struct wr *w);

/** port_send_record() - dco_control_send() of a stream */
int port_send_record(struct engine *e, struct port *port, const uint8_t *packet,
		     size_t len) MUST_CHECK;

/** port_map_addr() - @a as a socket of @family wants it */
union sock_addr port_map_addr(const union sock_addr *a, sa_family_t family);
