/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/secret.h"
#include "daemon/user_pass.h"

struct fixture {
	struct test_dir dir;
	struct user_pass *up;
	struct err err;
	char path[128];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_dir_make(&f->dir);
	f->up = user_pass_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	test_dir_remove(&f->dir);
	user_pass_free(f->up);
	free(f);
	return 0;
}

static int read_bytes(struct fixture *f, const void *bytes, size_t len)
{
	test_dir_file(&f->dir, "auth", 0600, bytes, len, f->path);
	return user_pass_read_file("Auth", f->path, f->up, &f->err);
}

static void read_file__two_lines__any_line_end(void **state)
{
	struct fixture *f = *state;
	static const char *const forms[] = {"user\npass\n", "user\r\npass\r\n", "user\npass",
					    "us\x01"
					    "er\npa\x7f"
					    "ss\nmore\n"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		assert_int_equal(read_bytes(f, forms[i], strlen(forms[i])), 0);
		assert_string_equal(f->up->user, "user");
		assert_string_equal(f->up->pass, "pass");
	}
}

static void read_file__one_line__leaves_password_empty(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_bytes(f, "user", 4), 0);
	assert_string_equal(f->up->user, "user");
	assert_string_equal(f->up->pass, "");
	assert_int_equal(read_bytes(f, "user\n\nx\n", 8), 0);
	assert_string_equal(f->up->pass, "");
}

static void read_file__empty_or_without_name__is_refused(void **state)
{
	struct fixture *f = *state;
	char text[256];

	assert_int_equal(read_bytes(f, "", 0), ERR_INVALID);
	snprintf(text, sizeof(text), "Error reading username from Auth authfile: %s", f->path);
	assert_string_equal(f->err.text, text);
	assert_int_equal(read_bytes(f, "\npass\n", 6), ERR_INVALID);
	snprintf(text, sizeof(text), "ERROR: username from Auth authfile '%s' is empty", f->path);
	assert_string_equal(f->err.text, text);
	assert_string_equal(f->up->pass, "");
}

static void read_file__missing__names_file_and_reason(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(user_pass_read_file("HTTP Proxy", "/nonexistent/a", f->up, &f->err),
			 ERR_SYSTEM);
	assert_string_equal(f->err.text, "Error opening 'HTTP Proxy' auth file: /nonexistent/a: No "
					 "such file or directory (errno=2)");
	assert_int_equal(user_pass_read_file("Auth", "/tmp", f->up, &f->err), ERR_SYSTEM);
}

static void read_file__longest_line__fits_and_one_more_does_not(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, 3 * USER_PASS_MAX);

	memset(bytes, 'u', USER_PASS_MAX - 1);
	bytes[USER_PASS_MAX - 1] = '\n';
	memset(bytes + USER_PASS_MAX, 'p', USER_PASS_MAX - 1);
	assert_int_equal(read_bytes(f, bytes, 2 * USER_PASS_MAX - 1), 0);
	assert_int_equal(strlen(f->up->user), USER_PASS_MAX - 1);
	assert_int_equal(strlen(f->up->pass), USER_PASS_MAX - 1);

	bytes[2 * USER_PASS_MAX - 1] = 'p';
	assert_int_equal(read_bytes(f, bytes, 2 * USER_PASS_MAX), ERR_LIMIT);
	assert_non_null(strstr(f->err.text, "password in Auth authfile"));
	assert_string_equal(f->up->user, "");

	/* the rest of an over-long name must not become the password */
	memset(bytes, 'u', 2 * USER_PASS_MAX);
	assert_int_equal(read_bytes(f, bytes, 2 * USER_PASS_MAX), ERR_LIMIT);
	assert_non_null(strstr(f->err.text, "username in Auth authfile"));
	free(bytes);
}

static void read_text__inline__names_itself(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(user_pass_read_text("Auth", "me\nsecret\n", f->up, &f->err), 0);
	assert_string_equal(f->up->pass, "secret");
	assert_int_equal(user_pass_read_text("Auth", "", f->up, &f->err), ERR_INVALID);
	assert_string_equal(f->err.text, "Error reading username from Auth authfile: [[INLINE]]");
}

static void password_read_file__first_line_only(void **state)
{
	struct fixture *f = *state;
	char *out = secret_alloc(USER_PASS_MAX);
	char text[256];

	test_dir_file(&f->dir, "pw", 0600, "p w\r\nx\n", 7, f->path);
	assert_int_equal(password_read_file("Private Key", f->path, out, &f->err), 0);
	assert_string_equal(out, "p w");
	test_dir_file(&f->dir, "pw", 0600, "\nx\n", 3, f->path);
	assert_int_equal(password_read_file("Private Key", f->path, out, &f->err), ERR_INVALID);
	snprintf(text, sizeof(text), "Error reading password from Private Key authfile: %s",
		 f->path);
	assert_string_equal(f->err.text, text);
	assert_string_equal(out, "");
	secret_free(out);
}

struct script_person {
	const char *const *answers;
	char asked[512];
	int fail;
};

static int answer(void *ctx, const char *text, bool echo, char *out, size_t cap, struct err *err)
{
	struct script_person *p = ctx;
	size_t used = strlen(p->asked);

	snprintf(p->asked + used, sizeof(p->asked) - used, "%s%s|", echo ? "+" : "-", text);
	if (p->fail)
		return err_set(err, p->fail, "nobody there");
	snprintf(out, cap, "%s", *p->answers++);
	return 0;
}

static void user_pass_ask__asks_only_what_is_missing(void **state)
{
	struct fixture *f = *state;
	static const char *const both[] = {"me\r", "pw"};
	struct script_person p = {.answers = both};
	struct prompter prompter = {.ask = answer, .ctx = &p};

	assert_int_equal(user_pass_ask(&prompter, "Auth", true, f->up, &f->err), 0);
	assert_string_equal(p.asked, "+Enter Auth Username:|-Enter Auth Password:|");
	assert_string_equal(f->up->user, "me");
	assert_string_equal(f->up->pass, "pw");

	p = (struct script_person){.answers = both};
	f->up->pass[0] = '\0';
	assert_int_equal(user_pass_ask(&prompter, "HTTP Proxy", true, f->up, &f->err), 0);
	assert_string_equal(p.asked, "-Enter HTTP Proxy Password:|");
}

static void user_pass_ask__empty_name_or_nobody__fails(void **state)
{
	struct fixture *f = *state;
	static const char *const empty[] = {""};
	struct script_person p = {.answers = empty};
	struct prompter prompter = {.ask = answer, .ctx = &p};

	assert_int_equal(user_pass_ask(&prompter, "Auth", true, f->up, &f->err), ERR_INVALID);
	p.fail = ERR_UNSUPPORTED;
	assert_int_equal(user_pass_ask(&prompter, "Auth", true, f->up, &f->err), ERR_UNSUPPORTED);
	assert_string_equal(f->err.text, "nobody there");
}

static void password_obtain__stdin_or_nothing__asks(void **state)
{
	struct fixture *f = *state;
	static const char *const answers[] = {"a", "b"};
	struct script_person p = {.answers = answers};
	struct prompter prompter = {.ask = answer, .ctx = &p};
	char *out = secret_alloc(USER_PASS_MAX);

	assert_int_equal(password_obtain(&prompter, "Private Key", NULL, out, &f->err), 0);
	assert_string_equal(out, "a");
	assert_int_equal(password_obtain(&prompter, "Private Key", "stdin", out, &f->err), 0);
	assert_string_equal(out, "b");
	assert_string_equal(p.asked, "-Enter Private Key Password:|-Enter Private Key Password:|");
	secret_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(read_file__two_lines__any_line_end),
		T(read_file__one_line__leaves_password_empty),
		T(read_file__empty_or_without_name__is_refused),
		T(read_file__missing__names_file_and_reason),
		T(read_file__longest_line__fits_and_one_more_does_not),
		T(read_text__inline__names_itself),
		T(password_read_file__first_line_only),
		T(user_pass_ask__asks_only_what_is_missing),
		T(user_pass_ask__empty_name_or_nobody__fails),
		T(password_obtain__stdin_or_nothing__asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
