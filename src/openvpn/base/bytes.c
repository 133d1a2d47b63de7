/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/bytes.h"

#include <string.h>

#include "base/err.h"

struct rd rd_init(const void *data, size_t len)
{
	static const uint8_t nothing;
	const uint8_t *p = data ? data : &nothing;

	return (struct rd){.pos = p, .end = p + (data ? len : 0), .error = 0};
}

size_t rd_left(const struct rd *r)
{
	return r->error ? 0 : (size_t)(r->end - r->pos);
}

int rd_error(const struct rd *r)
{
	return r->error;
}

int rd_finish(const struct rd *r)
{
	if (r->error)
		return r->error;
	return r->pos == r->end ? 0 : ERR_TRAILING;
}

const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	const uint8_t *p = r->pos;

	if (r->error || (size_t)(r->end - r->pos) < len) {
		r->error = ERR_SHORT;
		return NULL;
	}
	r->pos += len;
	return p;
}

static uint64_t rd_be(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (size_t i = 0; i < len; i++)
		v = (v << 8) | p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t rd_u24(struct rd *r)
{
	return (uint32_t)rd_be(r, 3);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t rd_u48(struct rd *r)
{
	return rd_be(r, 6);
}

uint64_t rd_u64(struct rd *r)
{
	return rd_be(r, 8);
}

void rd_copy(struct rd *r, void *out, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);

	if (p && len)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

struct rd rd_sub(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	struct rd sub = rd_init(p, p ? len : 0);

	sub.error = r->error;
	return sub;
}

void rd_skip(struct rd *r, size_t len)
{
	(void)rd_bytes(r, len);
}

const uint8_t *rd_rest(struct rd *r, size_t *len)
{
	*len = rd_left(r);
	return rd_bytes(r, *len);
}

struct wr wr_init(void *buf, size_t cap)
{
	return (struct wr){.base = buf, .len = 0, .cap = cap, .error = 0};
}

int wr_error(const struct wr *w)
{
	return w->error;
}

size_t wr_left(const struct wr *w)
{
	return w->error ? 0 : w->cap - w->len;
}

uint8_t *wr_reserve(struct wr *w, size_t len)
{
	uint8_t *p;

	if (w->error || w->cap - w->len < len) {
		w->error = ERR_OVERFLOW;
		return NULL;
	}
	p = w->base + w->len;
	w->len += len;
	return p;
}

void wr_bytes(struct wr *w, const void *data, size_t len)
{
	uint8_t *p = wr_reserve(w, len);

	if (p && len)
		memcpy(p, data, len);
}

static void wr_be(struct wr *w, uint64_t v, size_t len)
{
	uint8_t *p = wr_reserve(w, len);

	if (!p)
		return;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void wr_u24(struct wr *w, uint32_t v)
{
	wr_be(w, v, 3);
}

void wr_u32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void wr_u48(struct wr *w, uint64_t v)
{
	wr_be(w, v, 6);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

size_t wr_mark(const struct wr *w)
{
	return w->len;
}

void wr_patch_u16(struct wr *w, size_t mark, uint16_t v)
{
	if (w->error)
		return;
	if (mark > w->len || w->len - mark < 2) {
		w->error = ERR_OVERFLOW;
		return;
	}
	store_be16(w->base + mark, v);
}
