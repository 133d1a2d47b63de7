/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a line, lines of a text. Spec 04 sections 1.2 to 1.4. */
#include "test.h"

#include "config/lexer.h"
#include "config/parse.h"

static const char *words[CONFIG_TOKENS_MAX];
static char store[4096];

static int split(const char *line, struct err *err)
{
	return config_tokenise(line, strlen(line), "f:1", words, store, sizeof(store), NULL, err);
}

static void expect_words(const char *line, int count, const char *joined)
{
	struct err err;
	char all[1024] = "";

	assert_int_equal(split(line, &err), count);
	for (int i = 0; i < count; i++) {
		strcat(all, words[i]);
		strcat(all, "|");
	}
	assert_string_equal(all, joined);
}

static void expect_refused(const char *line, const char *text)
{
	struct err err = {0};

	assert_int_equal(split(line, &err), ERR_USAGE);
	assert_memory_equal(err.text, text, strlen(text));
}

static void words__plain_and_quoted__are_split(void **state)
{
	(void)state;
	expect_words("", 0, "");
	expect_words("  \t\r\n", 0, "");
	expect_words("verb 3\r\n", 2, "verb|3|");
	expect_words("a\vb\fc", 3, "a|b|c|");
	expect_words("push \"route 1.2.3.0\"", 2, "push|route 1.2.3.0|");
	expect_words("a 'b c\\' d", 3, "a|b c\\|d|");
	expect_words("a#b a\"b a;b", 3, "a#b|a\"b|a;b|");
	expect_words("\"a b\"c", 2, "a b|c|");
	expect_words("a \"\" ''", 3, "a|||");
}

static void words__comments__end_the_line(void **state)
{
	(void)state;
	expect_words("# verb 3", 0, "");
	expect_words("verb 3 ; x", 2, "verb|3|");
	expect_words("verb 3 # \"", 2, "verb|3|");
	expect_words("verb 3 \\# x", 2, "verb|3|"); /* even after a backslash */
}

static void words__backslash__escapes_one_character(void **state)
{
	(void)state;
	expect_words("a\\ b", 1, "a b|");
	expect_words("c:\\\\x", 1, "c:\\x|");
	expect_words("\\\"foo\"x", 1, "\"foo\"x|");
	expect_words("\"a\\\"b\"", 1, "a\"b|");
	expect_words("\\ foo", 1, "foo|"); /* escaped white space starts no word */
	expect_words("a\\\n", 1, "a\n|");
	expect_words("verb \\", 1, "verb|");
	expect_refused("log C:\\\\ok\\bad",
		       "Options warning: Bad backslash ('\\') usage in f:1: remember");
	expect_refused("verb \\3", "Options warning: Bad backslash ('\\') usage in f:1: ");
}

static void words__unfinished__are_refused(void **state)
{
	(void)state;
	expect_refused("verb \"3", "Options error: No closing quotation (\") in f:1");
	expect_refused("verb '3", "Options error: No closing single quotation (') in f:1");
	expect_refused("verb \"3\\", "Options error: No closing quotation (\") in f:1");
	expect_refused("verb 3\\", "Options error: Residual parse state (2) in f:1");
}

static void words__too_many_or_too_long__are_bounded(void **state)
{
	struct err err;
	size_t dropped = 0;
	char line[600];

	(void)state;
	assert_int_equal(config_tokenise("0 1 2 3 4 5 6 7 8 9 a b c d e f 10 11", 37, "f:1", words,
					 store, sizeof(store), &dropped, &err),
			 16);
	assert_int_equal(dropped, 2);
	assert_string_equal(words[15], "f");

	memset(line, 'x', sizeof(line));
	line[256] = '\0';
	assert_int_equal(split(line, &err), 1);
	line[256] = 'x';
	line[257] = '\0';
	assert_int_equal(split(line, &err), ERR_USAGE);
	assert_memory_equal(err.text,
			    "Options error: Parameter at f:1 is too long (256 chars max): xxx", 60);
}

static void words__small_store__is_an_error(void **state)
{
	struct err err;
	char small[4];

	(void)state;
	assert_int_equal(
		config_tokenise("abcdef", 6, "f:1", words, small, sizeof(small), NULL, &err),
		ERR_INTERNAL);
}

static void lines__bom_nul_and_missing_newline__are_handled(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "verb 3\nmute\0rest\n\nlast";
	struct lines l = lines_init(text, sizeof(text) - 1, true);
	const char *line;
	size_t len;
	bool newline;

	(void)state;
	assert_true(lines_next(&l, &line, &len, &newline));
	assert_int_equal(len, 6);
	assert_memory_equal(line, "verb 3", 6);
	assert_true(lines_next(&l, &line, &len, &newline));
	assert_int_equal(len, 4);
	assert_true(lines_next(&l, &line, &len, &newline));
	assert_int_equal(len, 0);
	assert_true(lines_next(&l, &line, &len, &newline));
	assert_int_equal(len, 4);
	assert_false(newline);
	assert_int_equal(l.number, 4);
	assert_false(lines_next(&l, &line, &len, &newline));
}

static void block__content__is_verbatim(void **state)
{
	static const char text[] = "  a \"b\n\n#c\n </ca> rest\nverb 3\n";
	struct lines l = lines_init(text, strlen(text), true);
	struct str content = str_init();
	const char *line;
	size_t len;
	bool newline;

	(void)state;
	assert_int_equal(lines_inline_block(&l, "ca", &content), 0);
	assert_string_equal(str_text(&content), "  a \"b\n\n#c\n");
	assert_true(lines_next(&l, &line, &len, &newline));
	assert_memory_equal(line, "verb 3", 6);
	str_fini(&content);
}

static void block__every_prefix__misses_the_end_tag(void **state)
{
	static const char text[] = "x\n</ca>";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct lines l = lines_init(text, n, true);
		struct str content = str_init();

		assert_int_equal(lines_inline_block(&l, "ca", &content), ERR_NOT_FOUND);
		str_fini(&content);
	}
}

static void tag__shapes__are_recognised(void **state)
{
	char name[16];

	(void)state;
	assert_true(word_is_inline_tag("<ca>", name, sizeof(name)));
	assert_string_equal(name, "ca");
	assert_false(word_is_inline_tag("<ca", name, sizeof(name)));
	assert_false(word_is_inline_tag("ca>", name, sizeof(name)));
	assert_false(word_is_inline_tag("<", name, sizeof(name)));
	assert_false(word_is_inline_tag("<a-name-that-is-too-long>", name, sizeof(name)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words__plain_and_quoted__are_split),
		cmocka_unit_test(words__comments__end_the_line),
		cmocka_unit_test(words__backslash__escapes_one_character),
		cmocka_unit_test(words__unfinished__are_refused),
		cmocka_unit_test(words__too_many_or_too_long__are_bounded),
		cmocka_unit_test(words__small_store__is_an_error),
		cmocka_unit_test(lines__bom_nul_and_missing_newline__are_handled),
		cmocka_unit_test(block__content__is_verbatim),
		cmocka_unit_test(block__every_prefix__misses_the_end_tag),
		cmocka_unit_test(tag__shapes__are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
