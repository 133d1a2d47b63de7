/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "data/packet.h"
#include "engine/forward.h"
#include "engine/state.h"

enum {
	RX_BUFFER = 128 * 1024,
	TX_BUFFER = 128 * 1024, /* data that waits; beyond it packets are dropped */
	CONTROL_BYTES_MAX = 1 << 20,
	RECORD_MAX = 65535,
};

BUILD_ASSERT(RX_BUFFER - RX_BUFFER / 4 > RECORD_MAX + TCP_LENGTH_LEN);

/* One control record with its length, on its way out. */
struct tcp_record {
	struct tcp_record *next;
	size_t len;
	size_t sent;
	uint8_t bytes[];
};

struct tcp_port {
	uint32_t max_packet;
	uint8_t *rx;
	size_t rx_at; /* first byte not consumed */
	size_t rx_end;
	bool hold_data; /* until there is a key */

	uint8_t *tx; /* data records back to back */
	size_t tx_at;
	size_t tx_end;
	uint32_t tx_records;   /* not wholly sent */
	uint32_t queue_limit;  /* of them, 0: none */
	size_t tx_record_left; /* of the record at tx_at, when some of it has been sent */

	struct tcp_record *control, **control_end;
	size_t control_bytes;
};

struct tcp_port *tcp_port_new(bool hold_data, uint32_t max_packet, uint32_t queue_limit)
{
	struct tcp_port *t;

	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->max_packet = max_packet < RECORD_MAX ? max_packet : RECORD_MAX;
	t->queue_limit = queue_limit;
	t->control_end = &t->control;
	t->rx = malloc(RX_BUFFER);
	t->tx = malloc(TX_BUFFER);
	if (!t->rx || !t->tx) {
		tcp_port_free(t);
		return NULL;
	}
	t->hold_data = hold_data;
	return t;
}

void tcp_port_free(struct tcp_port *t)
{
	if (!t)
		return;
	while (t->control) {
		struct tcp_record *rec = t->control;

		t->control = rec->next;
		free(rec);
	}
	free(t->rx);
	free(t->tx);
	free(t);
}

/* ---- receiving ---- */

/* Hand over whole records. Stops early when the link dies from what it said. */
static void tcp_take_records(struct engine *e, struct port *port)
{
	struct tcp_port *t = port->tcp;
	static const struct local_addr nowhere;

	while (!port->dead && t->rx_end - t->rx_at >= TCP_LENGTH_LEN) {
		size_t len = load_be16(t->rx + t->rx_at);

		if (!len || len > t->max_packet) {
			engine_port_dead(e, port, -1, (uint32_t)len);
			return;
		}
		if (t->rx_end - t->rx_at < TCP_LENGTH_LEN + len)
			break;
		port->held = t->hold_data && data_opcode_is_data(t->rx[t->rx_at + TCP_LENGTH_LEN]);
		if (port->held)
			break;
		t->rx_at += TCP_LENGTH_LEN;
		forward_from_link(e, port, &port->remote, &nowhere, t->rx + t->rx_at, len);
		t->rx_at += len;
	}
	if (t->rx_at == t->rx_end) {
		t->rx_at = 0;
		t->rx_end = 0;
	} else if (t->rx_at > RX_BUFFER / 4) {
		/* What is left of the buffer still takes the largest record. */
		memmove(t->rx, t->rx + t->rx_at, t->rx_end - t->rx_at);
		t->rx_end -= t->rx_at;
		t->rx_at = 0;
	}
}

void tcp_readable(struct engine *e, struct port *port)
{
	struct tcp_port *t = port->tcp;
	ssize_t n;

	if (port->dead || port->held)
		return;
	n = recv(port->fd, t->rx + t->rx_end, RX_BUFFER - t->rx_end, MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			engine_port_dead(e, port, errno, 0);
		return;
	}
	if (!n) {
		engine_port_dead(e, port, 0, 0);
		return;
	}
	t->rx_end += (size_t)n;
	tcp_take_records(e, port);
}

void tcp_release(struct engine *e, struct port *port)
{
	port->tcp->hold_data = false;
	if (!port->held || port->dead)
		return;
	port->held = false;
	tcp_take_records(e, port);
	port_touch(e, port);
}

/* ---- sending ---- */

static void tcp_make_room(struct tcp_port *t)
{
	if (!t->tx_at)
		return;
	memmove(t->tx, t->tx + t->tx_at, t->tx_end - t->tx_at);
	t->tx_end -= t->tx_at;
	t->tx_at = 0;
}

int tcp_begin(struct engine *e, struct port *port, size_t len, struct wr *w)
{
	struct tcp_port *t = port->tcp;

	if (port->dead)
		return ERR_CLOSED;
	if (len > RECORD_MAX)
		return ERR_OVERFLOW;
	if (t->queue_limit && t->tx_records > t->queue_limit) {
		if (!port->wants_write)
			port_flush(e, port);
		if (t->tx_records > t->queue_limit)
			return ERR_AGAIN;
	}
	if (TX_BUFFER - t->tx_end < TCP_LENGTH_LEN + len) {
		if (!port->wants_write)
			port_flush(e, port);
		tcp_make_room(t);
	}
	if (TX_BUFFER - t->tx_end < TCP_LENGTH_LEN + len)
		return ERR_AGAIN;
	*w = wr_init(t->tx + t->tx_end + TCP_LENGTH_LEN, len);
	return 0;
}

void tcp_commit(struct port *port, const struct wr *w)
{
	struct tcp_port *t = port->tcp;

	if (!w->len)
		return;
	store_be16(t->tx + t->tx_end, (uint16_t)w->len);
	t->tx_end += TCP_LENGTH_LEN + w->len;
	t->tx_records++;
}

int tcp_send_control(struct port *port, const uint8_t *packet, size_t len)
{
	struct tcp_port *t = port->tcp;
	struct tcp_record *rec;

	if (port->dead)
		return ERR_CLOSED;
	if (!len || len > RECORD_MAX)
		return ERR_OVERFLOW;
	if (t->control_bytes + len > CONTROL_BYTES_MAX)
		return ERR_AGAIN;
	rec = calloc(1, sizeof(*rec) + TCP_LENGTH_LEN + len);
	if (!rec)
		return ERR_NOMEM;
	rec->len = TCP_LENGTH_LEN + len;
	store_be16(rec->bytes, (uint16_t)len);
	memcpy(rec->bytes + TCP_LENGTH_LEN, packet, len);
	*t->control_end = rec;
	t->control_end = &rec->next;
	t->control_bytes += rec->len;
	return 0;
}

/* @len bytes of the data records were sent: remember how much of the last one is missing. */
static void tcp_data_sent(struct tcp_port *t, size_t len)
{
	while (len) {
		size_t take;

		if (!t->tx_record_left)
			t->tx_record_left = TCP_LENGTH_LEN + (size_t)load_be16(t->tx + t->tx_at);
		take = len < t->tx_record_left ? len : t->tx_record_left;
		t->tx_record_left -= take;
		t->tx_records -= t->tx_record_left == 0;
		t->tx_at += take;
		len -= take;
	}
	if (t->tx_at == t->tx_end) {
		t->tx_at = 0;
		t->tx_end = 0;
	}
}

/* Return: bytes taken by the socket, or -1 when it is full or the port died. */
static ssize_t tcp_write(struct engine *e, struct port *port, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	do {
		n = send(port->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != ENOBUFS)
		engine_port_dead(e, port, errno, 0);
	return n;
}

/* Send at most @len bytes of data. Return: whether all of it went out. */
static bool tcp_write_data(struct engine *e, struct port *port, size_t len)
{
	struct tcp_port *t = port->tcp;

	while (len) {
		ssize_t n = tcp_write(e, port, t->tx + t->tx_at, len);

		if (n < 0)
			return false;
		tcp_data_sent(t, (size_t)n);
		len -= (size_t)n;
	}
	return true;
}

static bool tcp_write_control(struct engine *e, struct port *port)
{
	struct tcp_port *t = port->tcp;

	while (t->control) {
		struct tcp_record *rec = t->control;
		ssize_t n = tcp_write(e, port, rec->bytes + rec->sent, rec->len - rec->sent);

		if (n < 0)
			return false;
		rec->sent += (size_t)n;
		if (rec->sent < rec->len)
			continue;
		t->control = rec->next;
		if (!t->control)
			t->control_end = &t->control;
		t->control_bytes -= rec->len;
		free(rec);
	}
	return true;
}

bool tcp_flush(struct engine *e, struct port *port)
{
	struct tcp_port *t = port->tcp;

	if (port->dead)
		return false;
	/* A record that was begun is finished first; then control goes before data. */
	if (!tcp_write_data(e, port, t->tx_record_left) || !tcp_write_control(e, port) ||
	    !tcp_write_data(e, port, t->tx_end - t->tx_at))
		return !port->dead;
	return false;
}
