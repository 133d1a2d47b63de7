/* SPDX-License-Identifier: GPL-2.0-only */
/* Session tokens that stand in for a password (--auth-gen-token). Spec 03 section 3.7.8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/random.h"
#include "base/str.h"

enum {
	AUTH_TOKEN_HMAC_KEY_LEN = 32, /* bytes 64 .. 95 of the key file's 128 */
	AUTH_TOKEN_SESSION_LEN = 12,  /* raw */
	AUTH_TOKEN_SESSION_TEXT = 16 + 1,
	AUTH_TOKEN_LEN = 91, /* characters */
};

#define AUTH_TOKEN_PREFIX	"SESS_ID_AT_"
#define AUTH_TOKEN_EXPIRED_TEXT "SESSION: token expired"

/* Secret of a server, and its rules. */
struct auth_token_config {
	uint8_t key[AUTH_TOKEN_HMAC_KEY_LEN];
	uint32_t lifetime_sec; /* 0: no end */
	uint32_t renewal_sec;
};

/** auth_token_config_set_key() - take the HMAC key out of the 128 bytes of a key file */
void auth_token_config_set_key(struct auth_token_config *cfg, const uint8_t file_bytes[128]);

/* What all tokens of one client session have in common. */
struct auth_token_session {
	bool valid;
	uint8_t id[AUTH_TOKEN_SESSION_LEN];
	uint64_t first_unix_sec;
	bool empty_user; /* tokens are made over the empty name */
};

/** auth_token_looks_like() - whether a password has the form of a token */
bool auth_token_looks_like(const char *password);

/** auth_token_session_begin() - choose the session id of tokens to come; nothing if it is valid */
void auth_token_session_begin(struct auth_token_session *session, uint64_t unix_sec,
			      const struct rng *rng);

/**
 * auth_token_issue() - make a token for the present time
 * @session: of the instance; a new one is begun when it is not valid
 * @user: the locked user name
 * @out: gets AUTH_TOKEN_LEN characters and NUL
 *
 * Return: 0 or ERR_CRYPTO.
 */
int auth_token_issue(const struct auth_token_config *cfg, struct auth_token_session *session,
		     const char *user, uint64_t unix_sec, const struct rng *rng,
		     char out[AUTH_TOKEN_LEN + 1]) MUST_CHECK;

/* The value of session_state in the environment. */
enum auth_token_state {
	AUTH_TOKEN_INITIAL, /* the password is no token */
	AUTH_TOKEN_AUTHENTICATED,
	AUTH_TOKEN_EXPIRED,
	AUTH_TOKEN_INVALID,
	AUTH_TOKEN_AUTHENTICATED_EMPTY_USER,
	AUTH_TOKEN_EXPIRED_EMPTY_USER,
};

const char *auth_token_state_name(enum auth_token_state state);

/**
 * auth_token_verify() - check a password that may be a token
 * @session: of the instance; set from a token whose HMAC is good when it was not valid before
 * @lines: gets log lines, each ended by '\n'
 *
 * AUTH_TOKEN_EXPIRED*: the client is to be told AUTH_TOKEN_EXPIRED_TEXT.
 */
enum auth_token_state auth_token_verify(const struct auth_token_config *cfg,
					struct auth_token_session *session, const char *user,
					const char *password, uint64_t unix_sec, struct str *lines);

/** auth_token_session_text() - session_id for the environment: base64 of the session id */
void auth_token_session_text(const struct auth_token_session *session,
			     char out[AUTH_TOKEN_SESSION_TEXT]);
