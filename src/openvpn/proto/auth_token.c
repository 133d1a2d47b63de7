/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/auth_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/digest.h"

enum {
	TOKEN_FIRST_AT = AUTH_TOKEN_SESSION_LEN,
	TOKEN_TIME_AT = TOKEN_FIRST_AT + 8,
	TOKEN_SIGNED_LEN = TOKEN_TIME_AT + 8,
	TOKEN_RAW_LEN = TOKEN_SIGNED_LEN + SHA256_LEN,
};

BUILD_ASSERT(sizeof(AUTH_TOKEN_PREFIX) - 1 + (size_t)TOKEN_RAW_LEN / 3 * 4 == AUTH_TOKEN_LEN);

void auth_token_config_set_key(struct auth_token_config *cfg, const uint8_t file_bytes[128])
{
	memcpy(cfg->key, file_bytes + 64, sizeof(cfg->key));
}

bool auth_token_looks_like(const char *password)
{
	return strlen(password) == AUTH_TOKEN_LEN && str_starts(password, AUTH_TOKEN_PREFIX);
}

static int auth_token_hmac(const struct auth_token_config *cfg, const char *user,
			   const uint8_t raw[TOKEN_RAW_LEN], uint8_t out[SHA256_LEN])
{
	const struct iov_part parts[] = {{user, strlen(user)}, {raw, TOKEN_SIGNED_LEN}};

	return hmac_once(DIGEST_SHA256, cfg->key, sizeof(cfg->key), parts, ARRAY_SIZE(parts), out);
}

void auth_token_session_begin(struct auth_token_session *session, uint64_t unix_sec,
			      const struct rng *rng)
{
	if (session->valid)
		return;
	rng_fill(rng, session->id, sizeof(session->id));
	session->first_unix_sec = unix_sec;
	session->valid = true;
}

int auth_token_issue(const struct auth_token_config *cfg, struct auth_token_session *session,
		     const char *user, uint64_t unix_sec, const struct rng *rng,
		     char out[AUTH_TOKEN_LEN + 1])
{
	uint8_t raw[TOKEN_RAW_LEN];
	char *text;
	int ret;

	auth_token_session_begin(session, unix_sec, rng);
	memcpy(raw, session->id, sizeof(session->id));
	store_be64(raw + TOKEN_FIRST_AT, session->first_unix_sec);
	store_be64(raw + TOKEN_TIME_AT, unix_sec);
	ret = auth_token_hmac(cfg, session->empty_user ? "" : user, raw, raw + TOKEN_SIGNED_LEN);
	if (ret < 0)
		return ret;
	text = str_base64_encode(raw, sizeof(raw));
	if (!text)
		return ERR_NOMEM;
	snprintf(out, AUTH_TOKEN_LEN + 1, AUTH_TOKEN_PREFIX "%s", text);
	secret_wipe(text, strlen(text));
	free(text);
	return 0;
}

const char *auth_token_state_name(enum auth_token_state state)
{
	static const char *const names[] = {
		[AUTH_TOKEN_INITIAL] = "Initial",
		[AUTH_TOKEN_AUTHENTICATED] = "Authenticated",
		[AUTH_TOKEN_EXPIRED] = "Expired",
		[AUTH_TOKEN_INVALID] = "Invalid",
		[AUTH_TOKEN_AUTHENTICATED_EMPTY_USER] = "AuthenticatedEmptyUser",
		[AUTH_TOKEN_EXPIRED_EMPTY_USER] = "ExpiredEmptyUser",
	};

	return names[state];
}

/* Times of a token whose HMAC is good. */
static bool auth_token_is_expired(const struct auth_token_config *cfg, uint64_t first,
				  uint64_t issued, uint64_t now, struct str *lines)
{
	bool expired = false;

	if (now < issued || now - issued >= 2ULL * cfg->renewal_sec) {
		str_addf(lines, "Timestamp (%llu) of auth-token is out of the renewal window\n",
			 (unsigned long long)issued);
		expired = true;
	}
	if (issued < first) {
		str_addf(
			lines,
			"Initial timestamp (%llu) in token from client earlier than current timestamp (%llu). Broken/unsynchronised clock?\n",
			(unsigned long long)first, (unsigned long long)issued);
		expired = true;
	}
	if (cfg->lifetime_sec && now > first && now - first > cfg->lifetime_sec)
		expired = true;
	if (expired)
		str_add(lines, "--auth-gen-token: auth-token from client expired\n");
	return expired;
}

/* Whose token is it: @user's, nobody's (the empty name), or not ours. */
static int auth_token_owner(const struct auth_token_config *cfg, const char *user,
			    const uint8_t raw[TOKEN_RAW_LEN], bool *empty_user)
{
	uint8_t want[SHA256_LEN];
	int ret = auth_token_hmac(cfg, user, raw, want);

	*empty_user = false;
	if (ret < 0)
		return ret;
	if (secret_equal(want, raw + TOKEN_SIGNED_LEN, sizeof(want)))
		return 0;
	*empty_user = true;
	ret = auth_token_hmac(cfg, "", raw, want);
	if (ret < 0)
		return ret;
	return secret_equal(want, raw + TOKEN_SIGNED_LEN, sizeof(want)) ? 0 : ERR_AUTH;
}

static enum auth_token_state auth_token_check(const struct auth_token_config *cfg,
					      struct auth_token_session *session, const char *user,
					      const uint8_t raw[TOKEN_RAW_LEN], uint64_t unix_sec,
					      struct str *lines)
{
	uint64_t first = load_be64(raw + TOKEN_FIRST_AT), issued = load_be64(raw + TOKEN_TIME_AT);
	bool empty_user, expired;

	if (auth_token_owner(cfg, user, raw, &empty_user) < 0) {
		str_addf(lines, "--auth-gen-token: HMAC on token from client failed (%s)\n", user);
		return AUTH_TOKEN_INVALID;
	}
	expired = auth_token_is_expired(cfg, first, issued, unix_sec, lines);
	if (session->valid && memcmp(session->id, raw, sizeof(session->id)) != 0) {
		str_add(lines,
			"--auth-gen-token: session id in token changed (Rejecting token.)\n");
		return AUTH_TOKEN_INVALID;
	}
	session->valid = true;
	memcpy(session->id, raw, sizeof(session->id));
	session->first_unix_sec = first;
	session->empty_user = empty_user;
	if (expired)
		return empty_user ? AUTH_TOKEN_EXPIRED_EMPTY_USER : AUTH_TOKEN_EXPIRED;
	return empty_user ? AUTH_TOKEN_AUTHENTICATED_EMPTY_USER : AUTH_TOKEN_AUTHENTICATED;
}

enum auth_token_state auth_token_verify(const struct auth_token_config *cfg,
					struct auth_token_session *session, const char *user,
					const char *password, uint64_t unix_sec, struct str *lines)
{
	uint8_t raw[TOKEN_RAW_LEN];
	long len;

	if (!auth_token_looks_like(password))
		return AUTH_TOKEN_INITIAL;
	len = str_base64_decode(password + strlen(AUTH_TOKEN_PREFIX), raw, sizeof(raw));
	if (len != TOKEN_RAW_LEN) {
		str_addf(lines, "ERROR: --auth-token wrong size (%ld!=%d)\n", len < 0 ? 0 : len,
			 TOKEN_RAW_LEN);
		return AUTH_TOKEN_INVALID;
	}
	return auth_token_check(cfg, session, user, raw, unix_sec, lines);
}

void auth_token_session_text(const struct auth_token_session *session,
			     char out[AUTH_TOKEN_SESSION_TEXT])
{
	auto_free char *text = str_base64_encode(session->id, sizeof(session->id));

	str_copy(out, AUTH_TOKEN_SESSION_TEXT, text ? text : "");
}
