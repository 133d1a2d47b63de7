// SPDX-License-Identifier: GPL-2.0-only
/* Fingerprint lists, and the queue between TLS and the control protocol. */
#include "test.h"

#include "tls/byte_queue.h"
#include "tls/fingerprint.h"

#define FP19 ":01:02:03:04:05:06:07:08:09:0a:0B:0c:0d:0e:0f:10:11:12:13"
#define FP20 "00" FP19

static struct fingerprint_list *sha1_list(void)
{
	struct fingerprint_list *list = fingerprint_list_new(DIGEST_SHA1);

	assert_non_null(list);
	return list;
}

static void expect_refused(const char *text, const char *line)
{
	struct fingerprint_list *list = sha1_list();
	struct err err;

	assert_int_equal(fingerprint_list_add(list, text, &err), ERR_OPTION);
	assert_string_equal(err.text, line);
	assert_int_equal(fingerprint_list_count(list), 0);
	fingerprint_list_free(list);
}

static void fingerprint__any_case__is_found(void **state)
{
	struct fingerprint_list *list = sha1_list();
	uint8_t fp[SHA1_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(fp); i++)
		fp[i] = (uint8_t)i;
	assert_false(fingerprint_list_has(list, fp));
	assert_int_equal(fingerprint_list_add(list, "ff" FP19, NULL), 0);
	assert_false(fingerprint_list_has(list, fp));
	assert_int_equal(fingerprint_list_add(list, FP20, NULL), 0);
	assert_true(fingerprint_list_has(list, fp));
	fp[19] ^= 1;
	assert_false(fingerprint_list_has(list, fp));
	assert_int_equal(fingerprint_list_count(list), 2);
	assert_int_equal(fingerprint_list_digest(list), DIGEST_SHA1);
	fingerprint_list_free(list);
	fingerprint_list_free(NULL);
}

static void fingerprint__malformed__lines_as_told(void **state)
{
	(void)state;
	expect_refused("AA:BB",
		       "hash fingerprint is wrong length - expected 20 bytes, got 2: AA:BB");
	expect_refused(FP20 ":14",
		       "hash fingerprint too long - expected only 20 bytes: " FP20 ":14");
	expect_refused("", "format error in hash fingerprint: ");
	expect_refused("AA:", "format error in hash fingerprint: AA:");
	expect_refused(":AA", "format error in hash fingerprint: :AA");
	expect_refused("AABB", "format error in hash fingerprint: AABB");
	expect_refused("AG:00", "format error in hash fingerprint: AG:00");
	expect_refused("AA;BB", "format error in hash fingerprint: AA;BB");
}

static void fingerprint__every_prefix__is_refused(void **state)
{
	const char full[] = FP20;
	char text[sizeof(full)];

	(void)state;
	for (size_t n = 0; n < sizeof(full) - 2; n++) {
		struct fingerprint_list *list = sha1_list();

		memcpy(text, full, n);
		text[n] = '\0';
		assert_int_equal(fingerprint_list_add(list, text, NULL), ERR_OPTION);
		fingerprint_list_free(list);
	}
}

static void fingerprint__inline_block__comments_and_blank_lines_are_skipped(void **state)
{
	struct fingerprint_list *list = sha1_list();
	struct err err;

	(void)state;
	assert_int_equal(fingerprint_list_add_lines(
				 list, "# one\n\n" FP20 "\r\n  ; two\n \t" FP20 " \n\n", NULL),
			 0);
	assert_int_equal(fingerprint_list_count(list), 2);
	assert_int_equal(fingerprint_list_add_lines(list, FP20 "\nxx\n", &err), ERR_OPTION);
	assert_string_equal(err.text, "format error in hash fingerprint: xx");
	fingerprint_list_free(list);
}

/* ---- byte queue -------------------------------------------------------------------------- */

static void byte_queue__random_pushes_and_pulls__keep_order(void **state)
{
	struct byte_queue q = {0};
	uint32_t seed = 1;
	uint8_t in = 0, out = 0, buf[5000];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t n;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % sizeof(buf);
		if (seed >> 31) {
			for (size_t i = 0; i < n; i++)
				buf[i] = in++;
			if (byte_queue_push(&q, buf, n, 20000) < 0)
				in = (uint8_t)(in - n);
		} else {
			n = byte_queue_pull(&q, buf, n);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(buf[i], out++);
		}
		assert_true(q.len <= 20000);
		assert_int_equal((uint8_t)(in - out), (uint8_t)q.len);
	}
	byte_queue_fini(&q);
}

static void byte_queue__emptied__holds_no_memory(void **state)
{
	struct byte_queue q = {0};
	uint8_t buf[100] = {0};

	(void)state;
	assert_int_equal(byte_queue_push(&q, buf, 100, 99), ERR_LIMIT);
	assert_int_equal(byte_queue_push(&q, buf, 100, 100), 0);
	assert_int_equal(byte_queue_push(&q, buf, 1, 100), ERR_LIMIT);
	assert_int_equal(byte_queue_pull(&q, buf, 60), 60);
	assert_non_null(q.buf);
	assert_int_equal(byte_queue_pull(&q, buf, 60), 40);
	assert_null(q.buf);
	assert_int_equal(byte_queue_pull(&q, buf, 60), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprint__any_case__is_found),
		cmocka_unit_test(fingerprint__malformed__lines_as_told),
		cmocka_unit_test(fingerprint__every_prefix__is_refused),
		cmocka_unit_test(fingerprint__inline_block__comments_and_blank_lines_are_skipped),
		cmocka_unit_test(byte_queue__random_pushes_and_pulls__keep_order),
		cmocka_unit_test(byte_queue__emptied__holds_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
