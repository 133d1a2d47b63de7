/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/bytes.h"
#include "base/err.h"

static void reader__all_widths__big_endian(void **state)
{
	uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	struct rd r = rd_init(in, sizeof(in));

	(void)state;
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u24(&r), 0x040506);
	assert_int_equal(rd_u32(&r), 0x0708090a);
	assert_int_equal(rd_finish(&r), 0);
	r = rd_init(in, sizeof(in));
	assert_int_equal(rd_u48(&r), 0x010203040506ULL);
	assert_int_equal(rd_finish(&r), ERR_TRAILING);
	r = rd_init(in, sizeof(in));
	assert_true(rd_u64(&r) == 0x0102030405060708ULL);
}

static void reader__short_read__is_sticky(void **state)
{
	uint8_t in[] = {1, 2, 3}, out[2] = {9, 9};
	struct rd r = rd_init(in, sizeof(in));

	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(rd_error(&r), ERR_SHORT);
	assert_int_equal(rd_u8(&r), 0); /* although one byte would be there */
	rd_copy(&r, out, sizeof(out));
	assert_int_equal(out[0], 0);
	assert_null(rd_bytes(&r, 1));
	assert_int_equal(rd_left(&r), 0);
}

static void reader__null__is_empty(void **state)
{
	struct rd r = rd_init(NULL, 0);

	(void)state;
	assert_int_equal(rd_finish(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_error(&r), ERR_SHORT);
}

static void sub_reader__cannot_leave_its_part(void **state)
{
	uint8_t in[] = {1, 2, 3, 4};
	struct rd r = rd_init(in, sizeof(in)), sub = rd_sub(&r, 2);

	(void)state;
	assert_int_equal(rd_u24(&sub), 0);
	assert_int_equal(rd_error(&sub), ERR_SHORT);
	assert_int_equal(rd_u8(&r), 3);
	sub = rd_sub(&r, 2);
	assert_int_equal(rd_error(&sub), ERR_SHORT);
	assert_int_equal(rd_error(&r), ERR_SHORT);
}

static void writer__overflow__is_sticky(void **state)
{
	uint8_t out[4] = {0};
	struct wr w = wr_init(out, sizeof(out));

	(void)state;
	wr_u24(&w, 0x010203);
	wr_u16(&w, 0xffff);
	assert_int_equal(wr_error(&w), ERR_OVERFLOW);
	wr_u8(&w, 7); /* would fit, but something before it is missing */
	assert_int_equal(out[3], 0);
	assert_int_equal(w.len, 3);
}

static void writer__patch__stays_inside(void **state)
{
	uint8_t out[4] = {0};
	struct wr w = wr_init(out, sizeof(out));
	size_t mark = wr_mark(&w);

	(void)state;
	wr_u16(&w, 0);
	wr_u16(&w, 5);
	wr_patch_u16(&w, mark, 0x0102);
	assert_int_equal(out[1], 2);
	wr_patch_u16(&w, 3, 1);
	assert_int_equal(wr_error(&w), ERR_OVERFLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader__all_widths__big_endian),
		cmocka_unit_test(reader__short_read__is_sticky),
		cmocka_unit_test(reader__null__is_empty),
		cmocka_unit_test(sub_reader__cannot_leave_its_part),
		cmocka_unit_test(writer__overflow__is_sticky),
		cmocka_unit_test(writer__patch__stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
