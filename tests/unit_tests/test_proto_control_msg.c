/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <stdio.h>

#include "base/err.h"
#include "base/secret.h"
#include "proto/control_msg.h"

static void split__several_in_one_read(void **state)
{
	static const char in[] = "PUSH_REPLY,a\0\0\r\n\0HALT\r\n\0bad\x01\n\0ok\xc3\xa9\0tail";
	struct rd r = rd_init(in, sizeof(in) - 1);
	struct str out = str_init();

	(void)state;
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_GOOD);
	assert_string_equal(str_text(&out), "PUSH_REPLY,a");
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_GOOD);
	assert_string_equal(str_text(&out), "HALT");
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_INVALID);
	assert_string_equal(str_text(&out),
			    "WARNING: Received control with invalid characters: 62616401");
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_GOOD);
	assert_string_equal(str_text(&out), "ok\xc3\xa9");
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_END);
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_END);
	r = rd_init(NULL, 0);
	assert_int_equal(control_msg_next(&r, &out), CONTROL_MSG_END);
	str_fini(&out);
}

static void classify__prefix_order(void **state)
{
	static const struct {
		const char *text;
		enum control_msg_type type;
		const char *payload;
	} rows[] = {
		{"AUTH_FAILED", CONTROL_MSG_AUTH_FAILED, ""},
		{"AUTH_FAILED,x,y", CONTROL_MSG_AUTH_FAILED, "x,y"},
		{"PUSH_FOO", CONTROL_MSG_PUSH, ""},
		{"RESTART,[P]", CONTROL_MSG_RESTART, "[P]"},
		{"HALTX", CONTROL_MSG_HALT, ""},
		{"INFO_PRE,WEB_AUTH::u", CONTROL_MSG_INFO_PRE, "WEB_AUTH::u"},
		{"INFO,x", CONTROL_MSG_INFO, "x"},
		{"CR_RESPONSE,eA==", CONTROL_MSG_CR_RESPONSE, "eA=="},
		{"AUTH_PENDING,timeout 5", CONTROL_MSG_AUTH_PENDING, "timeout 5"},
		{"EXIT", CONTROL_MSG_EXIT, ""},
		{"FOO,bar", CONTROL_MSG_UNKNOWN, ""},
		{"AUTH_", CONTROL_MSG_UNKNOWN, ""},
		{"", CONTROL_MSG_UNKNOWN, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum control_msg_type type = control_msg_classify(rows[i].text);

		assert_int_equal(type, rows[i].type);
		assert_string_equal(control_msg_payload(rows[i].text, type), rows[i].payload);
	}
}

static void log_text__hides_secrets(void **state)
{
	static const char text[] = "PUSH_REPLY,echo hello world,echo,auth-token SESS_ID_AT_abc,"
				   "auth-token plain,ping 10,";
	struct str out = str_init();

	(void)state;
	control_msg_for_log(text, 6, &out);
	assert_string_equal(str_text(&out),
			    "PUSH_REPLY,echo,echo,auth-tokenSESS_ID,auth-token,ping 10,");
	str_clear(&out);
	control_msg_for_log(text, 7, &out);
	assert_string_equal(
		str_text(&out),
		"PUSH_REPLY,echo hello world,echo,auth-tokenSESS_ID,auth-token,ping 10,");
	str_fini(&out);
}

static struct auth_failed failed(const char *text, const char *want_lines)
{
	struct auth_failed af;
	struct str lines = str_init();

	auth_failed_parse(text, &af, &lines);
	assert_string_equal(str_text(&lines), want_lines);
	str_fini(&lines);
	return af;
}

static void auth_failed__reasons(void **state)
{
	struct auth_failed af = failed("AUTH_FAILED", "");

	(void)state;
	assert_null(af.reason);
	assert_false(af.temporary);
	af = failed("AUTH_FAILED,", "");
	assert_string_equal(af.reason, "");
	af = failed("AUTH_FAILED,SESSION: token expired", "");
	assert_true(af.session_expired && !af.temporary);
	af = failed("AUTH_FAILED,CRV1:R,E:x:dXNlcg==:text", "");
	assert_true(af.is_challenge);
	af = failed("AUTH_FAILED,plain TEMP", "");
	assert_false(af.temporary);
}

static void auth_failed__temp_flags(void **state)
{
	struct auth_failed af = failed("AUTH_FAILED,TEMP[backoff 3,advance remote,foo]:come later",
				       "WARNING: unknown AUTH_FAIL,TEMP flag: foo\n");

	(void)state;
	assert_true(af.temporary && af.has_backoff);
	assert_int_equal(af.backoff_sec, 3);
	assert_int_equal(af.advance, AUTH_FAILED_ADVANCE_REMOTE);
	assert_string_equal(af.temp_text, "come later");
	af = failed("AUTH_FAILED,TEMP[backoff x]", "invalid AUTH_FAIL,TEMP flag: backoff x\n");
	assert_true(af.temporary && !af.has_backoff);
	af = failed("AUTH_FAILED,TEMP[", "");
	assert_true(af.temporary);
	af = failed("AUTH_FAILED,TEMP[foo,backoff 3", "");
	assert_true(af.temporary && !af.has_backoff);
	af = failed("AUTH_FAILED,TEMP[advance addr,advance elsewhere,,]x", "");
	assert_int_equal(af.advance, AUTH_FAILED_ADVANCE_ADDR);
	assert_string_equal(af.temp_text, "");
	af = failed("AUTH_FAILED,TEMP[advance no]:", "");
	assert_int_equal(af.advance, AUTH_FAILED_ADVANCE_NO);
	af = failed("AUTH_FAILED,TEMP:x", "");
	assert_string_equal(af.temp_text, "x");
	af = failed("AUTH_FAILED,TEMP[backoff 99999999999999999999]", "");
	assert_int_equal(af.backoff_sec, UINT32_MAX);
}

static void challenge__round_trip(void **state)
{
	struct challenge c;
	char *response;

	(void)state;
	assert_int_equal(challenge_parse("CRV1:R,E:Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l:Y3Ix:Please "
					 "enter: token",
					 &c),
			 0);
	assert_true(c.echo && c.response_required);
	assert_string_equal(c.state_id, "Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l");
	assert_string_equal(c.user, "cr1");
	assert_string_equal(c.text, "Please enter: token");
	response = challenge_response_crv1(&c, "123");
	assert_string_equal(response, "CRV1::Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l::123");
	secret_free(response);
	challenge_fini(&c);
	assert_int_equal(challenge_parse("CRV1::x:Y3Ix:", &c), 0);
	assert_false(c.echo || c.response_required);
	challenge_fini(&c);
}

static void challenge__malformed__is_refused(void **state)
{
	static const char *const bad[] = {"CRV1:",	"CRV1:E",	 "CRV1:E:s",
					  "CRV1:E:s:u", "CRV1:E:s:?!:t", "CRV2:E:s:Y3Ix:t"};
	struct challenge c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(challenge_parse(bad[i], &c), ERR_INVALID);
}

static void challenge__static_forms(void **state)
{
	char *r = challenge_response_scrv1("secret", "123");

	(void)state;
	assert_string_equal(r, "SCRV1:c2VjcmV0:MTIz");
	secret_free(r);
	r = challenge_response_concat("secret", "123");
	assert_string_equal(r, "secret123");
	secret_free(r);
}

static struct auth_pending pending(const char *text, const char *want_lines)
{
	struct auth_pending p;
	struct str lines = str_init();

	auth_pending_parse(text, &p, &lines);
	assert_string_equal(str_text(&lines), want_lines);
	str_fini(&lines);
	return p;
}

static void auth_pending__keywords(void **state)
{
	struct auth_pending p = pending("AUTH_PENDING,timeout 45", "");

	(void)state;
	assert_true(p.has_timeout);
	assert_int_equal(auth_pending_window(&p, 60, 3600), 45);
	assert_string_equal(p.keywords, "timeout 45");
	p = pending("AUTH_PENDING,timeout 4000", "");
	assert_int_equal(auth_pending_window(&p, 60, 3600), 1800);
	assert_int_equal(auth_pending_window(&p, 60, 0), 60);
	p = pending("AUTH_PENDING", "");
	assert_false(p.has_timeout);
	assert_int_equal(auth_pending_window(&p, 60, 3600), 60);
	p = pending("AUTH_PENDING,foo,timeout 5", "ignoring AUTH_PENDING parameter: foo\n");
	assert_int_equal(p.timeout_sec, 5);
	p = pending("AUTH_PENDING,timeout x,,timeout",
		    "ignoring AUTH_PENDING parameter: timeout x\n"
		    "ignoring AUTH_PENDING parameter: timeout\n");
	assert_false(p.has_timeout);
}

static void auth_pending__composed_for_both_kinds(void **state)
{
	struct str a = str_init(), b = str_init();
	char big[1100];

	(void)state;
	assert_int_equal(auth_pending_compose(true, 30, "WEB_AUTH::http://x", &a, &b), 0);
	assert_string_equal(str_text(&a), "AUTH_PENDING,timeout 30");
	assert_string_equal(str_text(&b), "INFO_PRE,WEB_AUTH::http://x");
	str_clear(&a);
	str_clear(&b);
	assert_int_equal(auth_pending_compose(false, 30, "x", &a, &b), 0);
	assert_string_equal(str_text(&a), "AUTH_PENDING");
	str_clear(&a);
	assert_int_equal(auth_pending_compose(true, 0, "x", &a, &b), ERR_RANGE);
	memset(big, 'x', sizeof(big));
	big[1015] = '\0'; /* 9 + 1015 = 1024 */
	assert_int_equal(auth_pending_compose(true, 5, big, &a, &b), ERR_OVERFLOW);
	assert_string_equal(str_text(&a), "");
	big[1014] = '\0';
	assert_int_equal(auth_pending_compose(true, 5, big, &a, &b), 0);
	str_fini(&a);
	str_fini(&b);
}

static void kick__flags(void **state)
{
	static const struct {
		const char *text;
		bool keep, advance;
		const char *shown;
	} rows[] = {
		{"RESTART", false, false, ""},
		{"RESTART,", false, false, ""},
		{"RESTART,[P]", true, false, "[P]"},
		{"RESTART,[N]", false, true, "[N]"},
		{"RESTART,[PN]", true, true, "[PN]"},
		{"RESTART,[P,N]text", true, true, "[P,N]text"},
		{"RESTART,[PX", true, false, "[PX"},
		{"RESTART,text[PN]", false, false, "text[PN]"},
	};
	struct server_kick k;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		server_kick_parse(rows[i].text, CONTROL_MSG_RESTART, &k);
		assert_int_equal(k.keep_credentials, rows[i].keep);
		assert_int_equal(k.advance, rows[i].advance);
		assert_string_equal(k.text, rows[i].shown);
	}
	server_kick_parse("HALT,bye", CONTROL_MSG_HALT, &k);
	assert_string_equal(k.text, "bye");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split__several_in_one_read),
		cmocka_unit_test(classify__prefix_order),
		cmocka_unit_test(log_text__hides_secrets),
		cmocka_unit_test(auth_failed__reasons),
		cmocka_unit_test(auth_failed__temp_flags),
		cmocka_unit_test(challenge__round_trip),
		cmocka_unit_test(challenge__malformed__is_refused),
		cmocka_unit_test(challenge__static_forms),
		cmocka_unit_test(auth_pending__keywords),
		cmocka_unit_test(auth_pending__composed_for_both_kinds),
		cmocka_unit_test(kick__flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
