/* SPDX-License-Identifier: GPL-2.0-only */
#include "data/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 *  31 .. 29   28 ............. 15   14 ... 10   9 ....... 2   1 0
 *  unused     size of others / 4    frag id     sequence      type
 */
enum {
	TYPE_WHOLE = 0,
	TYPE_NOT_LAST = 1,
	TYPE_LAST = 2,
	TYPE_TEST = 3,
	SHIFT_SEQUENCE = 2,
	SHIFT_ID = 10,
	SHIFT_SIZE = 15,
	MASK_SIZE = 0x3fff,
	MASK_ID = 0x1f,
	UNIT = 4,
};

#define MAP_COMPLETE UINT32_MAX

/* ---- cutting ---- */

/* Pieces of even size rather than a tiny last one. */
static size_t fragment_size(size_t len, size_t max)
{
	size_t most = max - max % UNIT, full, rest, even;

	if (!most)
		return 0;
	full = len / most;
	rest = len % most;
	if (!full || !rest || rest >= most * 3 / 4)
		return most;
	even = max - (max - rest) / (full + 1) + UNIT - 1;
	even -= even % UNIT;
	return even < most ? even : most;
}

int fragmenter_init(struct fragmenter *f, const uint8_t *plain, size_t len, size_t max,
		    uint8_t sequence, bool *used)
{
	*f = (struct fragmenter){.plain = plain, .len = len, .sequence = sequence};
	*used = false;
	f->whole = len <= max;
	f->size = f->whole ? len : fragment_size(len, max);
	if (!f->size || len > f->size * FRAGMENTS_MAX)
		return ERR_LIMIT;
	*used = !f->whole;
	return 0;
}

static size_t piece_len(const struct fragmenter *f)
{
	size_t left = f->len - f->at;

	return left < f->size ? left : f->size;
}

size_t fragmenter_next_len(const struct fragmenter *f)
{
	return f->at < f->len ? FRAGMENT_HEADER_LEN + piece_len(f) : 0;
}

void fragmenter_next(struct fragmenter *f, struct wr *out)
{
	size_t piece = piece_len(f);
	bool last = f->at + piece == f->len;
	uint32_t flags = 0;

	if (!f->whole)
		flags = (uint32_t)(last ? TYPE_LAST : TYPE_NOT_LAST) |
			(uint32_t)f->sequence << SHIFT_SEQUENCE | (uint32_t)f->id << SHIFT_ID;
	if (!f->whole && last)
		flags |= (uint32_t)(f->size / UNIT) << SHIFT_SIZE;
	wr_u32(out, flags);
	wr_bytes(out, f->plain + f->at, piece);
	f->at += piece;
	f->id++;
}

/* ---- putting together ---- */

struct slot {
	bool used;
	size_t size; /* of every fragment but the last */
	size_t len;  /* end of the furthest fragment */
	uint32_t map;
	uint64_t touched_sec;
	uint8_t *bytes;
};

struct reassembly {
	size_t cap;
	uint8_t highest; /* sequence */
	uint64_t next_sweep_sec;
	struct slot slots[FRAGMENT_SLOTS]; /* of sequence highest - i, counted from the base */
	size_t base;
};

struct reassembly *reassembly_new(size_t cap)
{
	struct reassembly *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->cap = cap;
	for (size_t i = 0; i < FRAGMENT_SLOTS; i++) {
		r->slots[i].bytes = malloc(cap);
		if (!r->slots[i].bytes) {
			reassembly_free(r);
			return NULL;
		}
	}
	return r;
}

void reassembly_free(struct reassembly *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < FRAGMENT_SLOTS; i++)
		free(r->slots[i].bytes);
	free(r);
}

static struct slot *slot_behind(struct reassembly *r, unsigned int behind)
{
	return &r->slots[(r->base + FRAGMENT_SLOTS - behind) % FRAGMENT_SLOTS];
}

/* The slot of a sequence number; the window moves if it is new. */
static struct slot *slot_find(struct reassembly *r, uint8_t sequence)
{
	int diff = (int8_t)(uint8_t)(sequence - r->highest);

	if (diff >= FRAGMENT_SLOTS || diff <= -FRAGMENT_SLOTS) {
		for (size_t i = 0; i < FRAGMENT_SLOTS; i++)
			r->slots[i].used = false;
		r->highest = sequence;
		return slot_behind(r, 0);
	}
	for (; diff > 0; diff--) {
		r->base = (r->base + 1) % FRAGMENT_SLOTS;
		r->highest++;
		slot_behind(r, 0)->used = false;
	}
	return slot_behind(r, (unsigned int)-diff);
}

static void sweep(struct reassembly *r, uint64_t now_sec)
{
	if (now_sec < r->next_sweep_sec)
		return;
	r->next_sweep_sec = now_sec + FRAGMENT_SWEEP_SEC;
	for (size_t i = 0; i < FRAGMENT_SLOTS; i++)
		if (r->slots[i].touched_sec + FRAGMENT_TTL_SEC <= now_sec)
			r->slots[i].used = false;
}

static int refuse(struct reassembled *out, uint32_t flags, const char *text)
{
	out->flags = flags;
	out->text = text;
	return ERR_INVALID;
}

static int put_fragment(struct reassembly *r, uint32_t flags, const uint8_t *bytes, size_t len,
			uint64_t now_sec, struct reassembled *out)
{
	bool last = (flags & 3) == TYPE_LAST;
	unsigned int id = flags >> SHIFT_ID & MASK_ID;
	size_t size = last ? (size_t)(flags >> SHIFT_SIZE & MASK_SIZE) * UNIT : len;
	struct slot *slot;

	if (size % UNIT)
		return refuse(out, flags, "bad fragment size");
	slot = slot_find(r, (uint8_t)(flags >> SHIFT_SEQUENCE));
	if (!slot->used || slot->size != size) {
		slot->used = true;
		slot->size = size;
		slot->len = 0;
		slot->map = 0;
	}
	if (id * size + len > r->cap)
		return refuse(out, flags, "fragment buffer overflow");
	memcpy(slot->bytes + id * size, bytes, len);
	slot->touched_sec = now_sec;
	slot->map |= last ? MAP_COMPLETE << id : 1u << id;
	if (id * size + len > slot->len)
		slot->len = id * size + len;
	if (slot->map != MAP_COMPLETE)
		return 0;
	slot->used = false;
	out->packet = slot->bytes;
	out->len = slot->len;
	return 0;
}

int reassembly_put(struct reassembly *r, const uint8_t *bytes, size_t len, uint64_t now_sec,
		   struct reassembled *out)
{
	struct rd rd = rd_init(bytes, len);
	uint32_t flags = rd_u32(&rd);
	const uint8_t *data;

	*out = (struct reassembled){0};
	if (rd_error(&rd))
		return refuse(out, 0, "flags not found in packet");
	sweep(r, now_sec);
	data = rd_rest(&rd, &len);
	switch (flags & 3) {
	case TYPE_WHOLE:
		/* Only the low byte is looked at: type and part of the sequence. */
		if (flags & 0xff)
			return refuse(out, flags, "spurious FRAG_WHOLE flags");
		out->packet = data;
		out->len = len;
		return 0;
	case TYPE_TEST:
		return refuse(out, flags, "FRAG_TEST not implemented");
	default:
		return put_fragment(r, flags, data, len, now_sec, out);
	}
}
