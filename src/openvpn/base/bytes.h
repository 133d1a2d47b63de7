/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounded reader and writer with sticky errors: the only way to touch packet bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Reads from borrowed bytes. A short read sets the error and yields 0 (or NULL). */
struct rd {
	const uint8_t *pos;
	const uint8_t *end;
	int error;
};

/* Writes into a borrowed buffer of fixed capacity. Overflow sets the error and writes nothing. */
struct wr {
	uint8_t *base;
	size_t len;
	size_t cap;
	int error;
};

/**
 * rd_init() - start reading @len bytes at @data
 *
 * @data is borrowed for as long as the reader is used; it may be NULL when @len is 0.
 */
struct rd rd_init(const void *data, size_t len);

/** rd_left() - bytes not read yet; 0 after an error */
size_t rd_left(const struct rd *r);

/** rd_error() - 0, or ERR_SHORT after the first read beyond the end */
int rd_error(const struct rd *r);

/** rd_finish() - rd_error(), or ERR_TRAILING when bytes are left */
int rd_finish(const struct rd *r) MUST_CHECK;

/** rd_u8() ... rd_u64() - big-endian integers in host order; 0 on error */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u48(struct rd *r);
uint64_t rd_u64(struct rd *r);

/** rd_bytes() - @len bytes in place, or NULL on error; borrowed from the reader's data */
const uint8_t *rd_bytes(struct rd *r, size_t len);

/** rd_copy() - copy @len bytes to @out; on error @out is zeroed */
void rd_copy(struct rd *r, void *out, size_t len);

/** rd_sub() - a reader over the next @len bytes, which are consumed; empty with error if too few */
struct rd rd_sub(struct rd *r, size_t len);

/** rd_skip() - pass over @len bytes */
void rd_skip(struct rd *r, size_t len);

/** rd_rest() - everything that is left, in place; @len gets the count */
const uint8_t *rd_rest(struct rd *r, size_t *len);

/** wr_init() - start writing to @buf, at most @cap bytes */
struct wr wr_init(void *buf, size_t cap);

/** wr_error() - 0, or ERR_OVERFLOW after the first write that did not fit */
int wr_error(const struct wr *w);

/** wr_left() - room that is left; 0 after an error */
size_t wr_left(const struct wr *w);

void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u24(struct wr *w, uint32_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u48(struct wr *w, uint64_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *data, size_t len);

/** wr_reserve() - @len uninitialised bytes in place for the caller to fill, or NULL on overflow */
uint8_t *wr_reserve(struct wr *w, size_t len);

/** wr_mark() - the present position, for wr_patch_u16() */
size_t wr_mark(const struct wr *w);

/** wr_patch_u16() - overwrite two bytes written before at @mark */
void wr_patch_u16(struct wr *w, size_t mark, uint16_t v);

/** load_be16() ... store_be64() - fixed places inside buffers whose length the caller checked */
static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return ((uint64_t)load_be32(p) << 32) | load_be32(p + 4);
}

static inline void store_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void store_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void store_be64(uint8_t *p, uint64_t v)
{
	store_be32(p, (uint32_t)(v >> 32));
	store_be32(p + 4, (uint32_t)v);
}
