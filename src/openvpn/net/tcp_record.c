/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE /* POLLRDHUP */
#include "net/tcp_record.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
	PREFIX_LEN = TCP_QUEUE_PREFIX_LEN,
	FIRST_LOOK = 2048, /* whole for nearly all control packets */
};

static void set_lowat(struct tcp_record_reader *r, int bytes)
{
	if (r->lowat == bytes || (bytes == 1 && r->lowat == 0))
		return;
	if (setsockopt(r->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0)
		r->lowat = bytes;
}

/* A stream that has ended counts as readable, however little is in it. */
static bool has_ended(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLRDHUP};

	return poll(&pfd, 1, 0) > 0;
}

static long peek(const struct tcp_record_reader *r, uint8_t *record, size_t len)
{
	ssize_t n = recv(r->fd, record, len, MSG_DONTWAIT | MSG_PEEK);

	if (n > 0)
		return (long)n;
	if (n == 0)
		return ERR_CLOSED;
	return errno == EAGAIN || errno == EINTR ? ERR_AGAIN : ERR_SYSTEM;
}

/* Return: bytes of the first record, 0 while its length is not there; ERR_RANGE: a bad length. */
static long record_len(const struct tcp_record_reader *r, const uint8_t *record, long have,
		       uint32_t *bad_length)
{
	uint32_t len;

	if (have < PREFIX_LEN)
		return 0;
	len = load_be16(record);
	if (len > 0 && len <= r->packet_max_bytes)
		return PREFIX_LEN + (long)len;
	*bad_length = len;
	return ERR_RANGE;
}

long tcp_record_peek(struct tcp_record_reader *r, uint8_t *record, uint32_t *bad_length)
{
	bool ended = false;
	long have, need;

	for (;;) {
		have = peek(r, record, FIRST_LOOK);
		need = have < 0 ? have : record_len(r, record, have, bad_length);
		if (need > FIRST_LOOK)
			have = peek(r, record, (size_t)need);
		if (have < 0 || need < 0)
			return have < 0 ? have : need;
		if (need > 0 && have >= need) {
			set_lowat(r, 1);
			return need;
		}
		if (ended)
			return ERR_CLOSED; /* the rest will not come */
		if (!has_ended(r->fd))
			break;
		ended = true; /* and the rest may have come just before */
	}
	set_lowat(r, (int)(need > 0 ? need : PREFIX_LEN));
	return ERR_AGAIN;
}

int tcp_record_take(const struct tcp_record_reader *r, uint8_t *record, size_t len)
{
	ssize_t n = recv(r->fd, record, len, MSG_DONTWAIT);

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0)
		errno = EIO;
	return ERR_SYSTEM;
}

void tcp_record_end(struct tcp_record_reader *r)
{
	set_lowat(r, 1);
}
