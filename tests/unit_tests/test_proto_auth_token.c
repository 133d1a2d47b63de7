/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "proto/auth_token.h"

enum {
	T0 = 1700000000
};

static struct auth_token_config config(void)
{
	struct auth_token_config cfg = {.renewal_sec = 3600};
	uint8_t file[128];

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)i;
	auth_token_config_set_key(&cfg, file);
	return cfg;
}

static void issue(const struct auth_token_config *cfg, struct auth_token_session *session,
		  const char *user, uint64_t now, char out[AUTH_TOKEN_LEN + 1])
{
	struct rng_seed seed = {.state = 7};
	struct rng rng = rng_seeded(&seed);

	assert_int_equal(auth_token_issue(cfg, session, user, now, &rng, out), 0);
}

static enum auth_token_state verify(const struct auth_token_config *cfg,
				    struct auth_token_session *session, const char *user,
				    const char *password, uint64_t now, const char *want_lines)
{
	struct str lines = str_init();
	enum auth_token_state state = auth_token_verify(cfg, session, user, password, now, &lines);

	assert_string_equal(str_text(&lines), want_lines);
	str_fini(&lines);
	return state;
}

/* The token of key bytes 64..95 = 0x40.., session id 000102..0b, user "tester" by another tool. */
static void token__known_answer(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session s = {.valid = true, .first_unix_sec = T0};
	char token[AUTH_TOKEN_LEN + 1], id[AUTH_TOKEN_SESSION_TEXT];

	(void)state;
	for (uint8_t i = 0; i < AUTH_TOKEN_SESSION_LEN; i++)
		s.id[i] = i;
	issue(&cfg, &s, "tester", T0 + 60, token);
	assert_string_equal(
		token,
		"SESS_ID_AT_AAECAwQFBgcICQoLAAAAAGVT8QAAAAAAZVPxPLS+QvLDwknwNWCG0mo8TijI2ROvvC9AvUw//j5pkTnr");
	assert_true(auth_token_looks_like(token));
	auth_token_session_text(&s, id);
	assert_string_equal(id, "AAECAwQFBgcICQoL");
}

static void token__fresh__is_authenticated_by_any_process(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session s = {0}, other = {0};
	char token[AUTH_TOKEN_LEN + 1];

	(void)state;
	issue(&cfg, &s, "tester", T0, token);
	assert_true(s.valid);
	assert_int_equal(verify(&cfg, &s, "tester", token, T0, ""), AUTH_TOKEN_AUTHENTICATED);
	assert_int_equal(verify(&cfg, &other, "tester", token, T0 + 7199, ""),
			 AUTH_TOKEN_AUTHENTICATED);
	assert_memory_equal(other.id, s.id, sizeof(s.id));
	assert_true(other.first_unix_sec == T0);
}

#define HMAC_LINE "--auth-gen-token: HMAC on token from client failed (tester)\n"

static void token__tampered__is_invalid(void **state)
{
	struct auth_token_config cfg = config();
	char token[AUTH_TOKEN_LEN + 1];
	struct auth_token_session s = {0};

	(void)state;
	issue(&cfg, &s, "tester", T0, token);
	for (size_t i = sizeof(AUTH_TOKEN_PREFIX) - 1; i < AUTH_TOKEN_LEN; i++) {
		struct auth_token_session fresh = {0};
		char bad[AUTH_TOKEN_LEN + 1];

		memcpy(bad, token, sizeof(bad));
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(verify(&cfg, &fresh, "tester", bad, T0, HMAC_LINE),
				 AUTH_TOKEN_INVALID);
		assert_false(fresh.valid);
	}
	assert_int_equal(verify(&cfg, &s, "other", token, T0,
				"--auth-gen-token: HMAC on token from client failed (other)\n"),
			 AUTH_TOKEN_INVALID);
	token[20] = '!';
	assert_int_equal(
		verify(&cfg, &s, "tester", token, T0, "ERROR: --auth-token wrong size (0!=60)\n"),
		AUTH_TOKEN_INVALID);
}

#define WINDOW_LINE                                                           \
	"Timestamp (1700000000) of auth-token is out of the renewal window\n" \
	"--auth-gen-token: auth-token from client expired\n"

static void token__times(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session s = {0};
	char token[AUTH_TOKEN_LEN + 1];

	(void)state;
	issue(&cfg, &s, "tester", T0, token);
	assert_int_equal(verify(&cfg, &s, "tester", token, T0 - 1, WINDOW_LINE),
			 AUTH_TOKEN_EXPIRED);
	assert_int_equal(verify(&cfg, &s, "tester", token, T0 + 7200, WINDOW_LINE),
			 AUTH_TOKEN_EXPIRED);
	cfg.lifetime_sec = 100;
	assert_int_equal(verify(&cfg, &s, "tester", token, T0 + 100, ""), AUTH_TOKEN_AUTHENTICATED);
	assert_int_equal(verify(&cfg, &s, "tester", token, T0 + 101,
				"--auth-gen-token: auth-token from client expired\n"),
			 AUTH_TOKEN_EXPIRED);
	/* renewals do not prolong the lifetime: the first time is kept */
	issue(&cfg, &s, "tester", T0 + 90, token);
	assert_int_equal(verify(&cfg, &s, "tester", token, T0 + 101,
				"--auth-gen-token: auth-token from client expired\n"),
			 AUTH_TOKEN_EXPIRED);
}

static void token__of_empty_user(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session s = {.empty_user = true}, other = {0};
	char token[AUTH_TOKEN_LEN + 1];

	(void)state;
	issue(&cfg, &s, "tester", T0, token);
	assert_int_equal(verify(&cfg, &other, "tester", token, T0, ""),
			 AUTH_TOKEN_AUTHENTICATED_EMPTY_USER);
	assert_true(other.empty_user);
	assert_int_equal(verify(&cfg, &other, "tester", token, T0 + 7200, WINDOW_LINE),
			 AUTH_TOKEN_EXPIRED_EMPTY_USER);
}

static void token__other_session__is_rejected(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session a = {0}, b = {.valid = true, .first_unix_sec = T0};
	char token[AUTH_TOKEN_LEN + 1];

	(void)state;
	issue(&cfg, &a, "tester", T0, token);
	assert_int_equal(
		verify(&cfg, &b, "tester", token, T0,
		       "--auth-gen-token: session id in token changed (Rejecting token.)\n"),
		AUTH_TOKEN_INVALID);
}

static void token__plain_password__is_initial(void **state)
{
	struct auth_token_config cfg = config();
	struct auth_token_session s = {0};

	(void)state;
	assert_int_equal(verify(&cfg, &s, "tester", "secret", T0, ""), AUTH_TOKEN_INITIAL);
	assert_int_equal(verify(&cfg, &s, "tester", AUTH_TOKEN_PREFIX, T0, ""), AUTH_TOKEN_INITIAL);
	assert_string_equal(auth_token_state_name(AUTH_TOKEN_EXPIRED_EMPTY_USER),
			    "ExpiredEmptyUser");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token__known_answer),
		cmocka_unit_test(token__fresh__is_authenticated_by_any_process),
		cmocka_unit_test(token__tampered__is_invalid),
		cmocka_unit_test(token__times),
		cmocka_unit_test(token__of_empty_user),
		cmocka_unit_test(token__other_session__is_rejected),
		cmocka_unit_test(token__plain_password__is_initial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
