/* SPDX-License-Identifier: GPL-2.0-only */
/* UDP link sockets in batches: recvmmsg with GRO, sendmmsg with GSO. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/port.h"

struct udp_rx;

/** udp_rx_new() - receive buffers, shared by all UDP links of a worker; NULL when out of memory */
struct udp_rx *udp_rx_new(void) MUST_CHECK;
void udp_rx_free(struct udp_rx *rx);

struct udp_port *udp_port_new(int fd, sa_family_t family) MUST_CHECK;
void udp_port_free(struct udp_port *u);

/** udp_peer_added() - a time to see what the machine has loaded meanwhile */
void udp_peer_added(struct udp_port *u);

/** udp_readable() - one recvmmsg() into forward_from_link() */
void udp_readable(struct engine *e, struct port *port);

/** udp_errors() - as port_errors() */
void udp_errors(struct engine *e, struct port *port);

int udp_begin(struct engine *e, struct port *port, size_t len, struct wr *w) MUST_CHECK;
void udp_commit(struct udp_port *u, const union sock_addr *to, const struct local_addr *from,
		const struct wr *w);

/** udp_flush() - Return: whether something had to stay as the socket is full */
bool udp_flush(struct engine *e, struct port *port) MUST_CHECK;
