/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/attr.h"
#include "base/err.h"
#include "data/framing.h"

#define P                                                                      \
	"4500002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c" \
	"2074756e6e656c"
#define PING   "2a187bf3641eb4cb07ed2d0a981fc748"
#define Q_HEAD "4500009400024000401126450a0800020a080001c3501e610080bdde"

/* The largest output that 11.5 allows by default. */
enum {
	CAP = 1768
};

static const struct {
	enum data_framing framing;
	const char *plain, *framed;
} sent[] = {
	{DATA_FRAMING_NONE, P, P},
	{DATA_FRAMING_LZO_STUB, P, "fa" P},
	{DATA_FRAMING_LZO, P, "fa" P},
	{DATA_FRAMING_STUB, P,
	 "fb00002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c2074756e6e656c45"},
	{DATA_FRAMING_LZ4, P,
	 "fb00002900014000401126b10a0800020a080001c3501e61001555b968656c6c6f2c2074756e6e656c45"},
	{DATA_FRAMING_STUB_V2, P, P},
	{DATA_FRAMING_LZ4_V2, P, P},
	{DATA_FRAMING_STUB_V2, "501122", "5000501122"},
	{DATA_FRAMING_LZ4_V2, "501122", "5000501122"},
	{DATA_FRAMING_LZO_STUB, PING, "fa" PING},
	{DATA_FRAMING_STUB, PING, "fb187bf3641eb4cb07ed2d0a981fc7482a"},
	{DATA_FRAMING_STUB, "11", "fb11"},
};

static void assert_reads(enum data_framing framing, const char *framed, const uint8_t *want,
			 size_t want_len)
{
	uint8_t in[256], scratch[CAP];
	struct framing_result r;
	size_t len = unhex(in, sizeof(in), framed);

	assert_int_equal(framing_read(framing, in, len, scratch, sizeof(scratch), &r), 0);
	assert_int_equal(r.len, want_len);
	assert_memory_equal(r.payload, want, want_len);
	if (r.payload == scratch)
		assert_in_range(r.packed_len, 1, len - 1);
	else
		assert_int_equal(r.packed_len, 0);
}

/* 33, 35 */
static void write__each_kind__as_in_the_vectors_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++) {
		uint8_t plain[128], want[128], got[128];
		size_t len = unhex(plain, sizeof(plain), sent[i].plain);
		size_t want_len = unhex(want, sizeof(want), sent[i].framed);
		struct wr w = wr_init(got, len + DATA_FRAMING_MAX);

		framing_write(sent[i].framing, plain, len, &w);
		assert_int_equal(wr_error(&w), 0);
		assert_int_equal(w.len, want_len);
		assert_memory_equal(got, want, want_len);
		assert_reads(sent[i].framing, sent[i].framed, plain, len);
	}
}

/* 33 */
static void read__compressed__as_in_the_vectors(void **state)
{
	uint8_t q[148];

	(void)state;
	memset(q, 0x41, sizeof(q));
	assert_int_equal(unhex(q, sizeof(q), Q_HEAD), 28);
	assert_reads(DATA_FRAMING_LZO,
		     "66000b4500009400024000401126450a0800020a080001c3501e610080bdde41204300000001"
		     "41414141414141414141414141414141414141110000",
		     q, sizeof(q));
	assert_reads(DATA_FRAMING_LZ4,
		     "690e4500009400024000401126450a0800020a080001c3501e610080bdde4101005f50414141"
		     "4141ff",
		     q, sizeof(q));
	assert_reads(DATA_FRAMING_LZ4_V2,
		     "5001ff0e4500009400024000401126450a0800020a080001c3501e610080bdde4101005f5041"
		     "41414141",
		     q, sizeof(q));
}

/* 34 */
static void read__not_of_this_kind__refused_with_the_known_line(void **state)
{
	static const struct {
		enum data_framing framing;
		const char *framed, *line;
	} rows[] = {
		{DATA_FRAMING_LZO_STUB, "fb11",
		 "Bad compression stub decompression header byte: 251"},
		{DATA_FRAMING_LZO_STUB, "6611",
		 "Bad compression stub decompression header byte: 102"},
		{DATA_FRAMING_STUB, "fa11",
		 "Bad compression stub (swap) decompression header byte: 250"},
		{DATA_FRAMING_STUB, "6911",
		 "Bad compression stub (swap) decompression header byte: 105"},
		{DATA_FRAMING_LZO, "6711", "Bad LZO decompression header byte: 103"},
		{DATA_FRAMING_LZO, "6811", "Bad LZO decompression header byte: 104"},
		{DATA_FRAMING_LZ4, "6811", "Bad LZ4 decompression header byte: 104"},
		{DATA_FRAMING_STUB_V2, "500111",
		 "Bad compression stubv2 decompression header byte: 1"},
		{DATA_FRAMING_STUB_V2, "50",
		 "Bad compression stubv2 decompression header byte: 80"},
		{DATA_FRAMING_LZ4_V2, "500211", "Bad LZ4v2 decompression header byte: 2"},
		{DATA_FRAMING_LZ4_V2, "500311", "Bad LZ4v2 decompression header byte: 3"},
		{DATA_FRAMING_LZ4_V2, "5001ffff", NULL},
		{DATA_FRAMING_LZ4, "69ffff", NULL},
		{DATA_FRAMING_LZ4, "69", NULL},
		{DATA_FRAMING_LZO, "66ffffff", NULL},
		{DATA_FRAMING_LZO, "66", NULL},
		{DATA_FRAMING_LZO, "", NULL},
		{DATA_FRAMING_STUB, "", NULL},
		{DATA_FRAMING_STUB_V2, "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t in[64] = {0}, scratch[CAP];
		struct framing_result r;
		size_t len = unhex(in, sizeof(in), rows[i].framed);
		char line[128];

		assert_int_equal(
			framing_read(rows[i].framing, in, len, scratch, sizeof(scratch), &r),
			ERR_COMPRESSION);
		assert_non_null(r.text);
		snprintf(line, sizeof(line), "%s: %d", r.text, r.value);
		if (rows[i].line)
			assert_string_equal(line, rows[i].line);
	}
}

static void read__lone_code__nothing_to_deliver(void **state)
{
	(void)state;
	assert_reads(DATA_FRAMING_LZO_STUB, "fa", (const uint8_t *)"", 0);
	assert_reads(DATA_FRAMING_STUB, "fb", (const uint8_t *)"", 0);
}

static void read__escape_of_2x__plain(void **state)
{
	static const uint8_t want[] = {0x50, 0x11, 0x22};

	(void)state;
	assert_reads(DATA_FRAMING_STUB_V2, "500a501122", want, 3);
	assert_reads(DATA_FRAMING_LZ4_V2, "500a501122", want, 3);
}

/* 34: an LZ4 block of @out bytes, all the same but the last five literals */
static size_t lz4_block(uint8_t *p, size_t out)
{
	size_t run = out - 1 - 5 - 4 - 15, n = 0;

	p[n++] = 0x1f; /* one literal, a long match */
	p[n++] = 'a';
	p[n++] = 1; /* offset */
	p[n++] = 0;
	while (run >= 255) {
		p[n++] = 255;
		run -= 255;
	}
	p[n++] = (uint8_t)run;
	p[n++] = 0x50; /* five literals */
	memcpy(p + n, "aaaaa", 5);
	return n + 5;
}

static void read__output_of_the_buffer_size__passes_and_one_more_does_not(void **state)
{
	uint8_t in[128] = {0x50, 1}, scratch[CAP];
	struct framing_result r;
	size_t len = 2 + lz4_block(in + 2, CAP);

	(void)state;
	assert_int_equal(framing_read(DATA_FRAMING_LZ4_V2, in, len, scratch, CAP, &r), 0);
	assert_int_equal(r.len, CAP);
	len = 2 + lz4_block(in + 2, CAP + 1);
	assert_int_equal(framing_read(DATA_FRAMING_LZ4_V2, in, len, scratch, CAP, &r),
			 ERR_COMPRESSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__each_kind__as_in_the_vectors_and_back),
		cmocka_unit_test(read__compressed__as_in_the_vectors),
		cmocka_unit_test(read__not_of_this_kind__refused_with_the_known_line),
		cmocka_unit_test(read__lone_code__nothing_to_deliver),
		cmocka_unit_test(read__escape_of_2x__plain),
		cmocka_unit_test(read__output_of_the_buffer_size__passes_and_one_more_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
