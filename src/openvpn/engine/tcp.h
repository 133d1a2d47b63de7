/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP link sockets: records with a 2-byte length in front. Spec 02 section 2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/port.h"

enum {
	TCP_LENGTH_LEN = 2,
};

/**
 * tcp_port_new() - framing state of one stream
 * @hold_data: records with data packets wait for tcp_release()
 * @max_packet: largest record that is accepted
 * @queue_limit: data records that may wait for the socket, 0: only their bytes are limited
 *
 * Return: NULL when out of memory.
 */
struct tcp_port *tcp_port_new(bool hold_data, uint32_t max_packet, uint32_t queue_limit) MUST_CHECK;
void tcp_port_free(struct tcp_port *t);

/** tcp_readable() - read once and hand every whole record to forward_from_link() */
void tcp_readable(struct engine *e, struct port *port);

/** tcp_release() - as port_release() */
void tcp_release(struct engine *e, struct port *port);

/** tcp_begin() - as port_begin() */
int tcp_begin(struct engine *e, struct port *port, size_t len, struct wr *w) MUST_CHECK;
void tcp_commit(struct port *port, const struct wr *w);

/** tcp_send_control() - queue a record in front of all data. Return: 0, ERR_AGAIN, ERR_NOMEM. */
int tcp_send_control(struct port *port, const uint8_t *packet, size_t len) MUST_CHECK;

/** tcp_flush() - Return: whether something had to stay as the socket is full */
bool tcp_flush(struct engine *e, struct port *port) MUST_CHECK;
