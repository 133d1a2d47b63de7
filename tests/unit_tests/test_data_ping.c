/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "data/ping.h"

#define MAGIC "287f346bd4ef7a812d56b8d3afc5459c"

/* 46 */
static void ping__only_exact_length__matches(void **state)
{
	uint8_t p[17] = {0};

	(void)state;
	assert_int_equal(unhex(p, sizeof(p), "2a187bf3641eb4cb07ed2d0a981fc748"), PING_LEN);
	assert_true(ping_matches(p, 16));
	assert_false(ping_matches(p, 15));
	assert_false(ping_matches(p, 17));
	assert_memory_equal(ping_payload(), p, 16);
	p[15] ^= 1;
	assert_false(ping_matches(p, 16));
}

static struct occ_message parse(const char *hex)
{
	static uint8_t p[256];
	size_t len = unhex(p, sizeof(p), hex);
	struct occ_message m;

	assert_true(occ_matches(p, len));
	occ_parse(p, len, &m);
	return m;
}

static void occ__each_opcode__read(void **state)
{
	struct occ_message m;

	(void)state;
	assert_int_equal(parse(MAGIC "00").op, OCC_REQUEST);
	m = parse(MAGIC "01"
			"56342c00");
	assert_int_equal(m.op, OCC_REPLY);
	assert_string_equal(m.options, "V4,");
	m = parse(MAGIC "02"
			"0614");
	assert_int_equal(m.op, OCC_MTU_LOAD_REQUEST);
	assert_int_equal(m.size, 0x614);
	assert_int_equal(parse(MAGIC "03"
				     "00000000")
				 .op,
			 OCC_MTU_LOAD);
	assert_int_equal(parse(MAGIC "04").op, OCC_MTU_REQUEST);
	m = parse(MAGIC "05"
			"05dc0600");
	assert_int_equal(m.op, OCC_MTU_REPLY);
	assert_int_equal(m.max_received, 1500);
	assert_int_equal(m.max_sent, 1536);
	assert_int_equal(parse(MAGIC "06").op, OCC_EXIT);
}

/* 53 */
static void occ__truncated_or_unknown__ignored(void **state)
{
	uint8_t p[16];

	(void)state;
	assert_int_equal(parse(MAGIC).op, OCC_NONE);
	assert_int_equal(parse(MAGIC "07").op, OCC_NONE);
	assert_int_equal(parse(MAGIC "ff").op, OCC_NONE);
	assert_int_equal(parse(MAGIC "01").op, OCC_NONE);
	assert_int_equal(parse(MAGIC "01"
				     "5634")
				 .op,
			 OCC_NONE);
	assert_int_equal(parse(MAGIC "02").op, OCC_NONE);
	assert_int_equal(parse(MAGIC "02"
				     "06")
				 .op,
			 OCC_NONE);
	assert_int_equal(parse(MAGIC "05"
				     "05dc06")
				 .op,
			 OCC_NONE);
	unhex(p, sizeof(p), MAGIC);
	for (size_t n = 0; n < 16; n++)
		assert_false(occ_matches(p, n));
}

static void assert_answer(const char *message, const char *reply)
{
	static const struct occ_sizes sizes = {.max_received = 1500, .max_sent = 1536};
	struct occ_message m = parse(message);
	uint8_t got[64], want[64];
	struct wr w = wr_init(got, sizeof(got));
	size_t len = unhex(want, sizeof(want), reply);

	assert_int_equal(occ_answer(&m, "V4,", &sizes, 40, 20, &w), len > 0);
	assert_int_equal(w.len, len);
	assert_memory_equal(got, want, len);
}

/* 50 */
static void occ__questions__answered(void **state)
{
	(void)state;
	assert_answer(MAGIC "00", MAGIC "01"
					"56342c00");
	assert_answer(MAGIC "02"
			    "0025",
		      MAGIC "03");
	assert_answer(MAGIC "02"
			    "0027",
		      MAGIC "03"
			    "0000");
	assert_answer(MAGIC "02"
			    "0600",
		      MAGIC "03"
			    "000000");
	assert_answer(MAGIC "04", MAGIC "05"
					"05dc0600");
	assert_answer(MAGIC "06", "");
	assert_answer(MAGIC "01"
			    "00",
		      "");
	assert_answer(MAGIC "09", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ping__only_exact_length__matches),
		cmocka_unit_test(occ__each_opcode__read),
		cmocka_unit_test(occ__truncated_or_unknown__ignored),
		cmocka_unit_test(occ__questions__answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
