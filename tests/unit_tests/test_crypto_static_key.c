// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <stdio.h>

#include "base/str.h"
#include "crypto/static_key.h"

#define HEAD "-----BEGIN OpenVPN Static key V1-----"
#define FOOT "-----END OpenVPN Static key V1-----"

static char good[STATIC_KEY_TEXT_LEN + 1];
static struct static_key good_key;

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATIC_KEY_LEN; i++)
		good_key.k[i] = (uint8_t)i;
	static_key_format(&good_key, good);
	return 0;
}

static int parse(const char *text, struct static_key *key, struct err *err)
{
	return static_key_parse(text, strlen(text), "f", key, err);
}

static void expect_refused(const char *text, const char *line)
{
	struct static_key key;
	struct err err = {0};

	memset(&key, 0xff, sizeof(key));
	assert_int_equal(parse(text, &key, &err), ERR_KEY_FILE);
	assert_string_equal(err.text, line);
	for (size_t i = 0; i < sizeof(key.k); i++)
		assert_int_equal(key.k[i], 0);
}

static void expect_good(const char *text)
{
	struct static_key key;
	struct err err = {0};

	if (parse(text, &key, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(key.k, good_key.k, sizeof(key.k));
}

/* Header, @bytes bytes of data (a..a), footer. */
static char *with_bytes(size_t bytes)
{
	struct str s = str_init();

	str_add(&s, HEAD "\n");
	for (size_t i = 0; i < bytes; i++)
		str_add(&s, "aa");
	str_add(&s, "\n" FOOT "\n");
	return str_take(&s);
}

static void static_key_format__known_key__is_the_exact_file(void **state)
{
	(void)state;
	assert_int_equal(strlen(good), STATIC_KEY_TEXT_LEN);
	assert_true(str_starts(good, "#\n# 2048 bit OpenVPN static key\n#\n" HEAD "\n"
				     "000102030405060708090a0b0c0d0e0f\n"
				     "101112131415161718191a1b1c1d1e1f\n"));
	assert_non_null(strstr(good, "\nf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n" FOOT "\n"));
}

static void static_key_parse__forms_that_peers_accept__give_the_key(void **state)
{
	struct str s = str_init();

	(void)state;
	expect_good(good);

	str_addf(&s, "text\n --" HEAD "\n%s", good); /* header not in column 0: text */
	expect_good(str_text(&s));
	str_clear(&s);
	for (const char *p = good; *p; p++) /* CRLF, upper case digits */
		str_addf(&s, "%s%c", *p == '\n' ? "\r" : "",
			 p > strstr(good, HEAD) + 40 && p < strstr(good, FOOT) && *p >= 'a' &&
					 *p <= 'f'
				 ? *p - 32
				 : *p);
	expect_good(str_text(&s));
	str_clear(&s);
	str_add(&s, HEAD "rest of line is ignored zz\n\n\n");
	for (size_t i = 0; i < STATIC_KEY_LEN; i++) /* a digit a line, blanks */
		str_addf(&s, "%x\n \t%x ", good_key.k[i] >> 4, good_key.k[i] & 15);
	str_add(&s, "\n" FOOT "rest");
	expect_good(str_text(&s));
	str_clear(&s);
	str_add_len(&s, good, strlen(good) - strlen(FOOT) - 1);
	str_add(&s, "no hex after 256 bytes\n\x01\n-\nmore zz\n" FOOT "\n");
	expect_good(str_text(&s));
	str_fini(&s);
}

static void static_key_parse__non_hex__names_character_line_and_count(void **state)
{
	(void)state;
	expect_refused(HEAD "\n0123\nabx0\n" FOOT "\n",
		       "Non-Hex character ('x') found at line 3 in key file 'f' (3/128/256 bytes "
		       "found/min/max)");
	expect_refused("text\n\n" HEAD "\naa-b\n" FOOT "\n",
		       "Non-Hex character ('-') found at line 4 in key file 'f' (1/128/256 bytes "
		       "found/min/max)");
	expect_refused(HEAD "\n\x01\n" FOOT "\n",
		       "Non-Hex, unprintable character (0x01) found at line 2 in key file 'f' "
		       "(0/128/256 bytes found/min/max)");
	expect_refused(HEAD "\n\xe9\n",
		       "Non-Hex, unprintable character (0xe9) found at line 2 in key file 'f' "
		       "(0/128/256 bytes found/min/max)");
}

static void static_key_parse__byte_counts__as_told(void **state)
{
	static const struct {
		size_t bytes;
		const char *line;
	} cases[] = {
		{0, "Insufficient key material or header text not found in file 'f' (0/128/256 "
		    "bytes found/min/max)"},
		{127, "Insufficient key material or header text not found in file 'f' (127/128/256 "
		      "bytes found/min/max)"},
		{128, "File 'f' does not have OpenVPN Static Key format.  Using free-form "
		      "passphrase file is not supported anymore."},
		{255, "File 'f' does not have OpenVPN Static Key format.  Using free-form "
		      "passphrase file is not supported anymore."},
		{256, NULL},
		{300, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = with_bytes(cases[i].bytes);
		struct static_key key;

		if (cases[i].line)
			expect_refused(text, cases[i].line);
		else
			assert_int_equal(parse(text, &key, NULL), 0);
		free(text);
	}
}

static void static_key_parse__header_or_footer_wrong__is_refused(void **state)
{
	struct str s = str_init();

	(void)state;
	expect_refused("", "Read error on key file ('f')");
	expect_refused("only text\n", "Insufficient key material or header text not found in file "
				      "'f' (0/128/256 bytes found/min/max)");
	str_add_len(&s, good, strlen(good) - strlen(FOOT) - 1);
	expect_refused(str_text(&s),
		       "Footer text not found in file 'f' (256/128/256 bytes found/min/max)");
	str_add(&s, " " FOOT "\n");
	expect_refused(str_text(&s),
		       "Footer text not found in file 'f' (256/128/256 bytes found/min/max)");
	str_fini(&s);
}

static void static_key_parse__every_prefix__is_refused_until_the_footer(void **state)
{
	const size_t complete = STATIC_KEY_TEXT_LEN - 1; /* the last line end may be missing */
	struct static_key key;

	(void)state;
	for (size_t n = 0; n < complete; n++)
		assert_int_equal(static_key_parse(good, n, "f", &key, NULL), ERR_KEY_FILE);
	assert_int_equal(static_key_parse(good, complete, "f", &key, NULL), 0);
}

static void static_key_load__inline_and_missing_file__named_in_messages(void **state)
{
	const struct text_source bad = {.path = "p", .text = "x"};
	const struct text_source missing = {.path = "/nonexistent/key"};
	struct static_key key;
	struct err err;

	(void)state;
	assert_int_equal(static_key_load(&bad, &key, &err), ERR_KEY_FILE);
	assert_string_equal(err.text, "Insufficient key material or header text not found in file "
				      "'[[INLINE]]' (0/128/256 bytes found/min/max)");
	assert_int_equal(static_key_load(&missing, &key, &err), ERR_SYSTEM);
	assert_string_equal(err.text,
			    "Cannot open '/nonexistent/key': No such file or directory (errno=2)");
}

static void static_key__directions__choose_the_slices(void **state)
{
	const uint8_t *k = good_key.k;

	(void)state;
	assert_ptr_equal(static_key_send(&good_key, KEY_DIR_NORMAL).cipher, k);
	assert_ptr_equal(static_key_send(&good_key, KEY_DIR_NORMAL).hmac, k + 64);
	assert_ptr_equal(static_key_recv(&good_key, KEY_DIR_NORMAL).cipher, k + 128);
	assert_ptr_equal(static_key_recv(&good_key, KEY_DIR_NORMAL).hmac, k + 192);
	assert_ptr_equal(static_key_send(&good_key, KEY_DIR_INVERSE).cipher, k + 128);
	assert_ptr_equal(static_key_recv(&good_key, KEY_DIR_INVERSE).cipher, k);
	assert_ptr_equal(static_key_send(&good_key, KEY_DIR_BIDIRECTIONAL).cipher, k);
	assert_ptr_equal(static_key_recv(&good_key, KEY_DIR_BIDIRECTIONAL).cipher, k);
}

static void key_direction_parse__only_0_and_1__are_known(void **state)
{
	enum key_direction dir;
	struct err err;

	(void)state;
	assert_int_equal(key_direction_parse("0", &dir, NULL), 0);
	assert_int_equal(dir, KEY_DIR_NORMAL);
	assert_int_equal(key_direction_parse("1", &dir, NULL), 0);
	assert_int_equal(dir, KEY_DIR_INVERSE);
	assert_int_equal(key_direction_parse("2", &dir, &err), ERR_OPTION);
	assert_string_equal(err.text, "Unknown key direction '2' -- must be '0' or '1'");
	assert_int_equal(key_direction_parse("", &dir, NULL), ERR_OPTION);
}

static void static_key_check_crypt__zero_cipher_slot__names_the_key(void **state)
{
	struct static_key key = good_key;
	struct err err;

	(void)state;
	assert_int_equal(static_key_check_crypt(&key, "f", NULL), 0);
	memset(key.k + 128, 0, 32);
	assert_int_equal(static_key_check_crypt(&key, "f", &err), ERR_ZERO_KEY);
	assert_string_equal(err.text, "Key #2 in 'f' is bad.  Try making a new key with --genkey.");
	memset(key.k, 0, 32);
	assert_int_equal(static_key_check_crypt(&key, "f", &err), ERR_ZERO_KEY);
	assert_string_equal(err.text, "Key #1 in 'f' is bad.  Try making a new key with --genkey.");
	key.k[31] = 1;
	key.k[128] = 1;
	assert_int_equal(static_key_check_crypt(&key, "f", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_key_format__known_key__is_the_exact_file),
		cmocka_unit_test(static_key_parse__forms_that_peers_accept__give_the_key),
		cmocka_unit_test(static_key_parse__non_hex__names_character_line_and_count),
		cmocka_unit_test(static_key_parse__byte_counts__as_told),
		cmocka_unit_test(static_key_parse__header_or_footer_wrong__is_refused),
		cmocka_unit_test(static_key_parse__every_prefix__is_refused_until_the_footer),
		cmocka_unit_test(static_key_load__inline_and_missing_file__named_in_messages),
		cmocka_unit_test(static_key__directions__choose_the_slices),
		cmocka_unit_test(key_direction_parse__only_0_and_1__are_known),
		cmocka_unit_test(static_key_check_crypt__zero_cipher_slot__names_the_key),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
