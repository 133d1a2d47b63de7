/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes on their way between TLS and the control protocol: first in, first out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Holds memory only while bytes wait, so that an idle connection costs nothing. */
struct byte_queue {
	uint8_t *buf;
	size_t start;
	size_t len;
	size_t cap;
};

void byte_queue_fini(struct byte_queue *q);

/** byte_queue_push() - append. Return: 0, ERR_LIMIT above @max bytes, ERR_NOMEM; all or nothing */
int byte_queue_push(struct byte_queue *q, const void *data, size_t len, size_t max) MUST_CHECK;

/** byte_queue_pull() - take up to @cap bytes; returns how many */
size_t byte_queue_pull(struct byte_queue *q, void *out, size_t cap);
