/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include <signal.h>

#include "daemon/credentials.h"

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	struct credentials_config cfg;
	struct credentials *c;
	struct err err;
	char path[128];
	const char *answers[4];
	unsigned int answered;
	char asked[512];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	f->cfg.enabled = true;
	f->cfg.inline_text = "me\npw\n";
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	credentials_free(f->c);
	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	f->c = credentials_new(&f->cfg, &f->cap.log);
	assert_non_null(f->c);
}

static int on_ask(void *ctx, const char *text, bool echo, char *out, size_t cap, struct err *err)
{
	struct fixture *f = ctx;
	size_t used = strlen(f->asked);

	(void)err;
	snprintf(f->asked + used, sizeof(f->asked) - used, "%s%s|", echo ? "+" : "-", text);
	assert_non_null(f->answers[f->answered]);
	snprintf(out, cap, "%s", f->answers[f->answered++]);
	return 0;
}

static int ask(struct fixture *f)
{
	struct prompter prompter = {.ask = on_ask, .ctx = f};

	f->asked[0] = '\0';
	f->answered = 0;
	return credentials_ask(f->c, &prompter, &f->err);
}

static void assert_wire(struct fixture *f, const char *user, const char *pass)
{
	const char *u, *p;

	assert_int_equal(credentials_wire(f->c, &u, &p), 0);
	if (!user) {
		assert_null(u);
		assert_null(p);
		return;
	}
	assert_string_equal(u, user);
	assert_string_equal(p, pass);
}

static void wire__without_auth_user_pass__is_absent(void **state)
{
	struct fixture *f = *state;

	f->cfg = (struct credentials_config){0};
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, NULL, NULL);
	credentials_used(f->c);
	assert_int_equal(f->cap.lines, 0);
}

static void wire__before_prepare__is_refused(void **state)
{
	struct fixture *f = *state;
	const char *u, *p;

	start(f);
	assert_int_equal(credentials_wire(f->c, &u, &p), ERR_STATE);
	assert_null(u);
}

static void used__cached__warns_once_and_stays(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "me", "pw");
	credentials_used(f->c);
	credentials_used(f->c);
	assert_int_equal(f->cap.lines, 1);
	assert_string_equal(f->cap.last,
			    "WARNING: this configuration may cache passwords in memory -- use the "
			    "auth-nocache option to prevent this");
	assert_wire(f, "me", "pw");
}

static void used__nocache__reads_the_file_again(void **state)
{
	struct fixture *f = *state;
	const char *u, *p;

	test_dir_file(&f->dir, "auth", 0600, "a\nb\n", 4, f->path);
	f->cfg.inline_text = NULL;
	f->cfg.file = f->path;
	f->cfg.nocache = true;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "a", "b");
	credentials_used(f->c);
	assert_int_equal(credentials_wire(f->c, &u, &p), ERR_STATE);
	test_dir_file(&f->dir, "auth", 0600, "c\nd\n", 4, f->path);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "c", "d");
	assert_int_equal(f->cap.lines, 0);
}

static void reconfigure__sighup__keeps_what_was_entered(void **state)
{
	struct fixture *f = *state;
	struct credentials_config other = {.enabled = true, .nocache = true};

	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	credentials_set_token(f->c, "tok");
	other.inline_text = "new\npw\n";
	credentials_reconfigure(f->c, &other);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "me", "tok");
	credentials_forget(f->c);
	credentials_set_token(f->c, "");
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "new", "pw");
}

static void prepare__file_cannot_be_read__is_fatal(void **state)
{
	struct fixture *f = *state;

	f->cfg.inline_text = NULL;
	f->cfg.file = "/nonexistent/a";
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_SYSTEM);
	assert_non_null(strstr(f->err.text, "Error opening 'Auth' auth file: /nonexistent/a"));
}

static void ask__nothing_known__asks_both(void **state)
{
	struct fixture *f = *state;
	struct credentials_query q;

	f->cfg.inline_text = NULL;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	q = credentials_query(f->c);
	assert_true(q.user && q.pass && !q.challenge && !q.known_user);
	f->answers[0] = "joe";
	f->answers[1] = "pw2";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "+Enter Auth Username:|-Enter Auth Password:|");
	assert_wire(f, "joe", "pw2");
}

static void ask__file_without_password__asks_password_only(void **state)
{
	struct fixture *f = *state;
	struct credentials_query q;

	f->cfg.inline_text = "joe\n";
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	q = credentials_query(f->c);
	assert_true(!q.user && q.pass);
	assert_string_equal(q.known_user, "joe");
	f->answers[0] = "pw2";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "-Enter Auth Password:|");
	assert_wire(f, "joe", "pw2");
}

static void ask__username_only__sends_blank(void **state)
{
	struct fixture *f = *state;

	f->cfg.inline_text = NULL;
	f->cfg.username_only = true;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	f->answers[0] = "joe";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "+Enter Auth Username:|");
	assert_wire(f, "joe", "[[BLANK]]");
}

static void static_challenge__scrv1__is_base64_of_both(void **state)
{
	struct fixture *f = *state;

	f->cfg.static_challenge = "PIN please";
	f->cfg.static_challenge_echo = true;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	assert_string_equal(credentials_query(f->c).challenge, "PIN please");
	f->answers[0] = "123";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "+CHALLENGE: PIN please|");
	assert_wire(f, "me", "SCRV1:cHc=:MTIz");
}

static void static_challenge__concat__joins_and_has_a_limit(void **state)
{
	struct fixture *f = *state;
	char *longest = calloc(1, USER_PASS_MAX);

	f->cfg.static_challenge = "PIN";
	f->cfg.format = CREDENTIALS_CONCAT;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	f->answers[0] = "123";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "-CHALLENGE: PIN|");
	assert_wire(f, "me", "pw123");

	credentials_forget(f->c);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	memset(longest, 'x', USER_PASS_MAX - 1);
	f->answers[0] = longest;
	assert_int_equal(ask(f), ERR_LIMIT);
	free(longest);
}

static void answer__management__is_sent_as_it_is(void **state)
{
	struct fixture *f = *state;

	f->cfg.inline_text = NULL;
	f->cfg.by_management = true;
	f->cfg.static_challenge = "PIN";
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	assert_int_equal(credentials_answer(f->c, "", "x", &f->err), ERR_INVALID);
	assert_int_equal(credentials_answer(f->c, NULL, "x", &f->err), ERR_INVALID);
	assert_int_equal(credentials_answer(f->c, "joe", "SCRV1:cHc=:MTIz", &f->err), 0);
	assert_wire(f, "joe", "SCRV1:cHc=:MTIz");
}

static void token__pushed__replaces_password_until_refused(void **state)
{
	struct fixture *f = *state;
	struct credentials_verdict v;

	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	credentials_used(f->c);
	credentials_set_token(f->c, "SESS_ID_abc");
	assert_wire(f, "me", "SESS_ID_abc");
	assert_int_equal(credentials_set_token_user(f->c, "am9l"), 0);
	assert_wire(f, "joe", "SESS_ID_abc");
	assert_int_equal(credentials_set_token_user(f->c, "!"), ERR_INVALID);
	assert_int_equal(credentials_set_token_user(f->c, "YQBi"), ERR_INVALID); /* NUL inside */
	assert_int_equal(credentials_refused(f->c, "SESSION: token expired", &v, &f->err), 0);
	assert_int_equal(v.signum, SIGUSR1);
	assert_string_equal(v.text, "auth-failure (auth-token)");
	assert_int_equal(v.pause_sec, 0);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "me", "pw");
}

static void token__nocache__password_is_gone_name_is_not(void **state)
{
	struct fixture *f = *state;
	struct credentials_verdict v;
	const char *u, *p;

	f->cfg.nocache = true;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	credentials_used(f->c);
	credentials_set_token(f->c, "tok");
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "me", "tok");
	assert_int_equal(credentials_refused(f->c, NULL, &v, &f->err), 0);
	assert_int_equal(credentials_wire(f->c, &u, &p), ERR_STATE);
}

static void refused__each_auth_retry__has_its_action(void **state)
{
	struct fixture *f = *state;
	struct credentials_verdict v;

	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_int_equal(credentials_refused(f->c, NULL, &v, &f->err), 0);
	assert_int_equal(v.signum, SIGTERM);
	assert_string_equal(v.text, "auth-failure");

	credentials_set_retry(f->c, CREDENTIALS_RETRY_NOINTERACT);
	assert_int_equal(credentials_refused(f->c, "no", &v, &f->err), 0);
	assert_int_equal(v.signum, SIGUSR1);
	assert_int_equal(v.pause_sec, 10);
	assert_false(v.forget_key_password);
	assert_wire(f, "me", "pw");

	credentials_set_retry(f->c, CREDENTIALS_RETRY_INTERACT);
	assert_string_equal(credentials_retry_name(credentials_retry(f->c)), "interact");
	assert_int_equal(credentials_refused(f->c, "no", &v, &f->err), 0);
	assert_int_equal(v.signum, SIGUSR1);
	assert_int_equal(v.pause_sec, 0);
	assert_true(v.forget_key_password);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_string_equal(f->cap.last, "Note: previous 'Auth' credentials failed");
}

static void crv1__interact__asks_the_challenge_instead_of_the_file(void **state)
{
	struct fixture *f = *state;
	struct credentials_verdict v;

	f->cfg.retry = CREDENTIALS_RETRY_INTERACT;
	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_int_equal(
		credentials_refused(f->c, "CRV1:R,E:st8:am9l:Your code: please", &v, &f->err), 0);
	assert_int_equal(v.signum, SIGUSR1);
	assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
	f->answers[0] = "4711";
	assert_int_equal(ask(f), 0);
	assert_string_equal(f->asked, "+CHALLENGE: Your code: please|");
	assert_wire(f, "joe", "CRV1::st8::4711");
	/* the challenge was for one attempt */
	credentials_forget(f->c);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_wire(f, "me", "pw");
}

static void crv1__retry_none__is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct credentials_verdict v;

	start(f);
	assert_int_equal(credentials_prepare(f->c, &f->err), 0);
	assert_int_equal(credentials_refused(f->c, "CRV1:R:st8:am9l:x", &v, &f->err), 0);
	assert_int_equal(v.signum, SIGTERM);
	assert_wire(f, "me", "pw");
}

static void crv1__malformed__is_fatal(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {
		"CRV1:", "CRV1:R", "CRV1:R:", "CRV1:R:st8", "CRV1:R:st8:am9l", "CRV1:R:st8:*:txt",
	};
	struct credentials_verdict v;

	f->cfg.retry = CREDENTIALS_RETRY_INTERACT;
	start(f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(credentials_refused(f->c, bad[i], &v, &f->err), ERR_INVALID);
		assert_string_equal(f->err.text,
				    "ERROR: received malformed challenge request from server");
	}
}

static void crv1__no_echo_flag__hides_the_answer(void **state)
{
	struct fixture *f = *state;
	static const char *const flags[] = {"R", "", "EE", "RE", "R,X"};
	struct credentials_verdict v;

	f->cfg.retry = CREDENTIALS_RETRY_INTERACT;
	start(f);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		char reason[64];

		snprintf(reason, sizeof(reason), "CRV1:%s:st8:am9l:x", flags[i]);
		assert_int_equal(credentials_refused(f->c, reason, &v, &f->err), 0);
		assert_int_equal(credentials_prepare(f->c, &f->err), ERR_AGAIN);
		assert_false(credentials_query(f->c).challenge_echo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(wire__without_auth_user_pass__is_absent),
		T(wire__before_prepare__is_refused),
		T(used__cached__warns_once_and_stays),
		T(used__nocache__reads_the_file_again),
		T(reconfigure__sighup__keeps_what_was_entered),
		T(prepare__file_cannot_be_read__is_fatal),
		T(ask__nothing_known__asks_both),
		T(ask__file_without_password__asks_password_only),
		T(ask__username_only__sends_blank),
		T(static_challenge__scrv1__is_base64_of_both),
		T(static_challenge__concat__joins_and_has_a_limit),
		T(answer__management__is_sent_as_it_is),
		T(token__pushed__replaces_password_until_refused),
		T(token__nocache__password_is_gone_name_is_not),
		T(refused__each_auth_retry__has_its_action),
		T(crv1__interact__asks_the_challenge_instead_of_the_file),
		T(crv1__retry_none__is_not_kept),
		T(crv1__malformed__is_fatal),
		T(crv1__no_echo_flag__hides_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
