/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/tcp_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

int tcp_queue_put(struct tcp_queue *q, const uint8_t *packet, size_t len, size_t max_bytes)
{
	size_t need;

	if (len == 0 || len > UINT16_MAX)
		return ERR_OVERFLOW;
	need = q->len + TCP_QUEUE_PREFIX_LEN + len;
	if (need > max_bytes)
		return ERR_AGAIN;
	if (need > q->cap) {
		uint8_t *bytes = realloc(q->bytes, need);

		if (!bytes)
			return ERR_NOMEM;
		q->bytes = bytes;
		q->cap = need;
	}
	store_be16(&q->bytes[q->len], (uint16_t)len);
	memcpy(&q->bytes[q->len + TCP_QUEUE_PREFIX_LEN], packet, len);
	q->len = need;
	return 0;
}

void tcp_queue_sent(struct tcp_queue *q, size_t n)
{
	q->len -= n;
	memmove(q->bytes, &q->bytes[n], q->len);
}

void tcp_queue_free(struct tcp_queue *q)
{
	free(q->bytes);
	*q = (struct tcp_queue){0};
}
