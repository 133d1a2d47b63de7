// SPDX-License-Identifier: GPL-2.0-only
#include "tls/byte_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
	QUEUE_FIRST_BYTES = 2048,
};

void byte_queue_fini(struct byte_queue *q)
{
	free(q->buf);
	*q = (struct byte_queue){0};
}

/* Make room for @len more bytes at the end. */
static int reserve(struct byte_queue *q, size_t len)
{
	size_t cap = q->cap ? q->cap : QUEUE_FIRST_BYTES;
	uint8_t *buf;

	if (q->cap - q->start - q->len >= len)
		return 0;
	while (cap < q->len + len)
		cap *= 2;
	buf = malloc(cap);
	if (!buf)
		return ERR_NOMEM;
	if (q->len > 0)
		memcpy(buf, q->buf + q->start, q->len);
	free(q->buf);
	q->buf = buf;
	q->cap = cap;
	q->start = 0;
	return 0;
}

int byte_queue_push(struct byte_queue *q, const void *data, size_t len, size_t max)
{
	int ret;

	if (len == 0)
		return 0;
	if (q->len > max || len > max - q->len)
		return ERR_LIMIT;
	ret = reserve(q, len);
	if (ret < 0)
		return ret;
	memcpy(q->buf + q->start + q->len, data, len);
	q->len += len;
	return 0;
}

size_t byte_queue_pull(struct byte_queue *q, void *out, size_t cap)
{
	const size_t n = q->len < cap ? q->len : cap;

	if (n == 0)
		return 0;
	memcpy(out, q->buf + q->start, n);
	q->start += n;
	q->len -= n;
	if (q->len == 0)
		byte_queue_fini(q);
	return n;
}
