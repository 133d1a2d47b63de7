/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/err.h"
#include "data/block_ipv6.h"

#define REQUEST                                                                            \
	"600705fa00101121fd000008000000000000000000000001fd000008000000000000000000000099" \
	"e8f81e6100108d897636207465737421"
#define ANSWER                                                                             \
	"600705fa00403a21fd000008000000000000000000000002fd000008000000000000000000000001" \
	"01008d5f00000000" REQUEST

static const uint8_t remote[16] = {0xfd, 0, 0, 8, [15] = 2};

/* 74: spec 02 section 18.6 */
static void answer__vector__byte_for_byte(void **state)
{
	uint8_t in[128], want[256], got[256];
	size_t len = unhex(in, sizeof(in), REQUEST), want_len = unhex(want, sizeof(want), ANSWER);
	struct wr w = wr_init(got, sizeof(got));

	(void)state;
	assert_true(block_ipv6_matches(in, len, false));
	assert_int_equal(block_ipv6_answer(in, len, false, remote, 1500, &w), 0);
	assert_int_equal(w.len, want_len);
	assert_memory_equal(got, want, want_len);
}

static void answer__ethernet__addresses_exchanged(void **state)
{
	uint8_t in[128] = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 0x86, 0xdd}, want[256],
		got[256];
	size_t len = 14 + unhex(in + 14, sizeof(in) - 14, REQUEST);
	size_t want_len = unhex(want, sizeof(want), ANSWER);
	struct wr w = wr_init(got, sizeof(got));

	(void)state;
	assert_true(block_ipv6_matches(in, len, true));
	assert_int_equal(block_ipv6_answer(in, len, true, remote, 1500, &w), 0);
	assert_int_equal(w.len, 14 + want_len);
	assert_memory_equal(got, in + 6, 6);
	assert_memory_equal(got + 6, in, 6);
	assert_memory_equal(got + 12, in + 12, 2);
	assert_memory_equal(got + 14, want, want_len);
	in[12] = 8;
	assert_false(block_ipv6_matches(in, len, true));
}

static void answer__long_packet__quoted_as_far_as_it_may(void **state)
{
	static const struct {
		size_t len, quote;
		uint32_t mtu;
	} rows[] = {{2000, 1280, 1500}, {2000, 1280, 9000}, {2000, 952, 1000},
		    {2000, 64, 100},	{2000, 64, 0},	    {41, 41, 1500}};
	static uint8_t in[2000] = {0x60}, got[4000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wr w = wr_init(got, sizeof(got));

		assert_int_equal(block_ipv6_answer(in, rows[i].len, false, NULL, rows[i].mtu, &w),
				 0);
		assert_int_equal(w.len, 48 + rows[i].quote);
		assert_int_equal(load_be16(got + 4), 8 + rows[i].quote);
		assert_int_equal(got[8], 0xfe); /* fe80::7 */
		assert_int_equal(got[23], 7);
	}
}

static void answer__every_prefix__refused_or_quoted(void **state)
{
	uint8_t in[128], got[256];
	size_t len = unhex(in, sizeof(in), REQUEST);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct wr w = wr_init(got, sizeof(got));

		assert_int_equal(block_ipv6_answer(in, n, false, NULL, 1500, &w),
				 n < 40 ? ERR_SHORT : 0);
		w = wr_init(got, 40);
		assert_int_equal(block_ipv6_answer(in, n, false, NULL, 1500, &w),
				 n < 40 ? ERR_SHORT : ERR_OVERFLOW);
		assert_int_equal(block_ipv6_answer(in, n < 54 ? n : 53, true, NULL, 1500, &w),
				 ERR_SHORT);
	}
	assert_false(block_ipv6_matches(in, 0, false));
	in[0] = 0x45;
	assert_false(block_ipv6_matches(in, len, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer__vector__byte_for_byte),
		cmocka_unit_test(answer__ethernet__addresses_exchanged),
		cmocka_unit_test(answer__long_packet__quoted_as_far_as_it_may),
		cmocka_unit_test(answer__every_prefix__refused_or_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
