/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/attr.h"
#include "base/err.h"
#include "base/random.h"
#include "data/fragment.h"

enum {
	CAP = 1768,
	PIECES = 3,
};

/* Spec 02 section 18.5: IPv4/UDP of 124 bytes, sequence 200, fragments of 48 bytes. */
static size_t make_f(uint8_t *f)
{
	size_t n = unhex(f, 28, "4500007c000340004011265c0a0800020a080001c3501e6100683051");

	for (uint8_t i = 0; i <= 0x5f; i++)
		f[n++] = i;
	assert_int_equal(n, 124);
	return n;
}

static const char *const f_flags[PIECES] = {"00000321", "00000721", "00060b22"};

static size_t f_piece(size_t i, uint8_t *out)
{
	uint8_t f[128];
	size_t len = make_f(f), at = i * 48, take = len - at < 48 ? len - at : 48;

	assert_int_equal(unhex(out, 4, f_flags[i]), 4);
	memcpy(out + 4, f + at, take);
	return 4 + take;
}

static int put(struct reassembly *r, const uint8_t *bytes, size_t len, uint64_t now,
	       struct reassembled *out)
{
	return reassembly_put(r, bytes, len, now, out);
}

static void assert_is_f(const struct reassembled *out)
{
	uint8_t f[128];
	size_t len = make_f(f);

	assert_non_null(out->packet);
	assert_int_equal(out->len, len);
	assert_memory_equal(out->packet, f, len);
}

static void cut__vector__byte_for_byte(void **state)
{
	uint8_t f[128], got[128], want[128];
	struct fragmenter fr;
	size_t len = make_f(f);
	bool used;

	(void)state;
	assert_int_equal(fragmenter_init(&fr, f, len, 51, 200, &used), 0);
	assert_true(used);
	fr.size = 48; /* of the vector; by itself it would choose 44 */
	for (size_t i = 0; i < PIECES; i++) {
		struct wr w = wr_init(got, sizeof(got));
		size_t want_len = f_piece(i, want);

		assert_int_equal(fragmenter_next_len(&fr), want_len);
		fragmenter_next(&fr, &w);
		assert_int_equal(w.len, want_len);
		assert_memory_equal(got, want, want_len);
	}
	assert_int_equal(fragmenter_next_len(&fr), 0);
	assert_int_equal(fragmenter_init(&fr, f, len, 124, 200, &used), 0);
	assert_false(used);
	{
		struct wr w = wr_init(got, 4 + len);

		fragmenter_next(&fr, &w);
		assert_int_equal(w.len, 4 + len);
		assert_int_equal(load_be32(got), 0);
		assert_memory_equal(got + 4, f, len);
	}
}

/* 40, 42 */
static void cut__sizes__even_pieces_and_no_more_than_32(void **state)
{
	static const size_t want[] = {204, 204, 204, 189};
	static uint8_t plain[8000];
	struct fragmenter f;
	uint8_t out[512];
	bool used;

	(void)state;
	assert_int_equal(fragmenter_init(&f, plain, 801, 227, 0, &used), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct wr w = wr_init(out, sizeof(out));

		assert_int_equal(fragmenter_next_len(&f), 4 + want[i]);
		fragmenter_next(&f, &w);
	}
	assert_int_equal(fragmenter_next_len(&f), 0);
	assert_int_equal(fragmenter_init(&f, plain, 32 * 100, 100, 0, &used), 0);
	assert_int_equal(fragmenter_init(&f, plain, 32 * 100 + 1, 100, 0, &used), ERR_LIMIT);
	assert_int_equal(fragmenter_init(&f, plain, 100, 3, 0, &used), ERR_LIMIT);
}

/* 39 */
static void join__all_orders_with_duplicates__delivered_once(void **state)
{
	static const size_t orders[][PIECES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
						{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	(void)state;
	for (size_t o = 0; o < ARRAY_SIZE(orders); o++) {
		struct reassembly *r = reassembly_new(CAP);

		for (size_t i = 0; i < PIECES; i++) {
			struct reassembled out;
			uint8_t bytes[64];
			size_t len = f_piece(orders[o][i], bytes);

			for (int twice = 0; twice < (i + 1 < PIECES ? 2 : 1); twice++)
				assert_int_equal(put(r, bytes, len, 1, &out), 0);
			if (i + 1 < PIECES)
				assert_null(out.packet);
			else
				assert_is_f(&out);
		}
		reassembly_free(r);
	}
}

static uint32_t flags_of(unsigned int type, uint8_t sequence, unsigned int id, unsigned int size)
{
	return type | (uint32_t)sequence << 2 | id << 10 | (uint32_t)(size / 4) << 15;
}

static int put_flags(struct reassembly *r, uint32_t flags, size_t len, uint64_t now,
		     struct reassembled *out)
{
	static uint8_t bytes[4 + CAP];

	store_be32(bytes, flags);
	return put(r, bytes, 4 + len, now, out);
}

static void join__interleaved_sequences__both_delivered(void **state)
{
	struct reassembly *r = reassembly_new(CAP);
	struct reassembled out;

	(void)state;
	assert_int_equal(put_flags(r, flags_of(1, 7, 0, 0), 100, 1, &out), 0);
	assert_int_equal(put_flags(r, flags_of(1, 8, 0, 0), 100, 1, &out), 0);
	assert_int_equal(put_flags(r, flags_of(2, 7, 1, 100), 50, 1, &out), 0);
	assert_int_equal(out.len, 150);
	assert_int_equal(put_flags(r, flags_of(2, 8, 1, 100), 10, 1, &out), 0);
	assert_int_equal(out.len, 110);
	reassembly_free(r);
}

/* 41 */
static void join__window_of_sequences__24_keeps_25_discards(void **state)
{
	(void)state;
	for (unsigned int ahead = 1; ahead <= 30; ahead++) {
		struct reassembly *r = reassembly_new(CAP);
		struct reassembled out;

		assert_int_equal(put_flags(r, flags_of(1, 250, 0, 0), 100, 1, &out), 0);
		assert_int_equal(
			put_flags(r, flags_of(1, (uint8_t)(250 + ahead), 0, 0), 100, 1, &out), 0);
		assert_int_equal(put_flags(r, flags_of(2, 250, 1, 100), 50, 1, &out), 0);
		if (ahead <= 24)
			assert_int_equal(out.len, 150);
		else
			assert_null(out.packet);
		reassembly_free(r);
	}
}

/* 41 */
static void join__slow_or_changing__restarts(void **state)
{
	struct reassembly *r = reassembly_new(CAP);
	struct reassembled out;

	(void)state;
	assert_int_equal(put_flags(r, flags_of(1, 7, 0, 0), 100, 100, &out), 0);
	assert_int_equal(put_flags(r, flags_of(1, 7, 1, 0), 104, 100, &out), 0); /* other size */
	assert_int_equal(put_flags(r, flags_of(2, 7, 2, 104), 50, 100, &out), 0);
	assert_null(out.packet); /* the first one is lost */
	assert_int_equal(put_flags(r, flags_of(1, 7, 0, 0), 104, 100, &out), 0);
	assert_int_equal(out.len, 258);
	assert_int_equal(put_flags(r, flags_of(1, 9, 0, 0), 100, 200, &out), 0);
	assert_int_equal(put_flags(r, flags_of(2, 9, 1, 100), 50, 210, &out), 0);
	assert_null(out.packet); /* older than 10 s */
	reassembly_free(r);
}

/* 41 */
static void join__bad_headers__refused_with_the_known_text(void **state)
{
	static const struct {
		uint32_t flags;
		size_t len;
		const char *text;
	} rows[] = {
		{0x4, 20, "spurious FRAG_WHOLE flags"},
		{0x80, 20, "spurious FRAG_WHOLE flags"},
		{0x100, 20, NULL},
		{0xffffff00, 20, NULL},
		{0x3, 20, "FRAG_TEST not implemented"},
		{0x1, 158, "bad fragment size"},
		{1 | 31u << 10, 100, "fragment buffer overflow"},
		{2 | 31u << 10 | 25u << 15, 100, "fragment buffer overflow"},
	};
	struct reassembly *r = reassembly_new(CAP);
	struct reassembled out;
	uint8_t bytes[4] = {0};

	(void)state;
	for (size_t n = 0; n < 4; n++) {
		assert_int_equal(put(r, bytes, n, 1, &out), ERR_INVALID);
		assert_string_equal(out.text, "flags not found in packet");
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = put_flags(r, rows[i].flags, rows[i].len, 1, &out);

		assert_int_equal(ret, rows[i].text ? ERR_INVALID : 0);
		if (!rows[i].text) {
			assert_int_equal(out.len, rows[i].len);
			continue;
		}
		assert_string_equal(out.text, rows[i].text);
		assert_int_equal(out.flags, rows[i].flags);
	}
	reassembly_free(r);
}

static void cut_and_join__any_size_and_order__same_packet(void **state)
{
	struct rng_seed seed = {.state = 3};
	struct rng rng = rng_seeded(&seed);
	struct reassembly *r = reassembly_new(CAP);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint8_t plain[CAP], pieces[FRAGMENTS_MAX][CAP];
		size_t lens[FRAGMENTS_MAX], count = 0, len = 1 + rng_below(&rng, CAP);
		size_t max = 60 + rng_below(&rng, 1400), first;
		struct fragmenter f;
		struct reassembled out = {0};
		bool used;

		rng_fill(&rng, plain, len);
		if (fragmenter_init(&f, plain, len, max, (uint8_t)round, &used) < 0)
			continue;
		while (fragmenter_next_len(&f)) {
			struct wr w = wr_init(pieces[count], CAP);

			assert_true(fragmenter_next_len(&f) <= 4 + max);
			fragmenter_next(&f, &w);
			lens[count++] = w.len;
		}
		first = rng_below(&rng, (uint32_t)count);
		for (size_t i = 0; i < count; i++) {
			size_t k = (first + i) % count;

			assert_null(out.packet);
			assert_int_equal(put(r, pieces[k], lens[k], 1, &out), 0);
		}
		assert_non_null(out.packet);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.packet, plain, len);
	}
	reassembly_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut__vector__byte_for_byte),
		cmocka_unit_test(cut__sizes__even_pieces_and_no_more_than_32),
		cmocka_unit_test(join__all_orders_with_duplicates__delivered_once),
		cmocka_unit_test(join__interleaved_sequences__both_delivered),
		cmocka_unit_test(join__window_of_sequences__24_keeps_25_discards),
		cmocka_unit_test(join__slow_or_changing__restarts),
		cmocka_unit_test(join__bad_headers__refused_with_the_known_text),
		cmocka_unit_test(cut_and_join__any_size_and_order__same_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
