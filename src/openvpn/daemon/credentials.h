/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client sends as user name and password, and what it does when they are refused. Spec 03
 * section 3.7. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/user_pass.h"

enum credentials_retry {
	CREDENTIALS_RETRY_NONE,
	CREDENTIALS_RETRY_NOINTERACT,
	CREDENTIALS_RETRY_INTERACT,
};

enum credentials_challenge_format {
	CREDENTIALS_SCRV1,
	CREDENTIALS_CONCAT,
};

/* The options; strings are borrowed for the life of the object. */
struct credentials_config {
	bool enabled;		 /* auth-user-pass is present */
	const char *file;	 /* NULL: none; "stdin" asks */
	const char *inline_text; /* NULL: none */
	bool username_only;
	bool nocache;
	bool by_management; /* a management client is asked, not the console */
	enum credentials_retry retry;
	const char *static_challenge; /* NULL: none */
	bool static_challenge_echo;
	enum credentials_challenge_format format;
};

/** credentials_config_from() - of the options; borrows their strings */
struct credentials_config credentials_config_from(const struct config *cfg);

struct credentials;

/* What must be asked before the next connection attempt. */
struct credentials_query {
	bool user;
	bool pass;
	const char *known_user; /* when only the password is asked; else NULL */
	/* static, or on the console also dynamic, challenge; NULL for none */
	const char *challenge;
	bool challenge_echo;
};

/** credentials_new() - nothing known yet; NULL when out of memory */
struct credentials *credentials_new(const struct credentials_config *cfg,
				    const struct log *log) MUST_CHECK;
/** credentials_reconfigure() - after SIGHUP: other options, the same credentials and token */
void credentials_reconfigure(struct credentials *c, const struct credentials_config *cfg);
/** credentials_free() - wipe and release; NULL is fine */
void credentials_free(struct credentials *c);

/**
 * credentials_prepare() - make sure that credentials_wire() can answer
 *
 * Reads the file or inline text unless credentials or a token are at hand. Call before the first
 * attempt (before forking, unless management is asked) and before each later one.
 *
 * Return: 0 when ready (also without auth-user-pass), ERR_AGAIN when a person must be asked
 * (credentials_query() tells what), other codes are fatal with the text in @err.
 */
int credentials_prepare(struct credentials *c, struct err *err) MUST_CHECK;

/** credentials_query() - what credentials_prepare() found missing; strings are borrowed */
struct credentials_query credentials_query(const struct credentials *c);

/** credentials_ask() - ask on the console what is missing. Return: 0 or a fatal error. */
int credentials_ask(struct credentials *c, const struct prompter *prompter,
		    struct err *err) MUST_CHECK;

/**
 * credentials_answer() - what a management client said
 * @user: NULL when only the password was asked
 * @pass: sent as it is: such clients build SCRV1 and CRV1 forms themselves
 *
 * Return: 0, or ERR_INVALID / ERR_LIMIT with the query still open.
 */
int credentials_answer(struct credentials *c, const char *user, const char *pass,
		       struct err *err) MUST_CHECK;

/**
 * credentials_wire() - what to put into the key exchange
 * @user, @pass: borrowed until the next call of a function of this object; both NULL without
 *               auth-user-pass (two empty fields are sent then)
 *
 * Return: 0, or ERR_STATE when credentials_prepare() was not successful.
 */
int credentials_wire(const struct credentials *c, const char **user, const char **pass) MUST_CHECK;

/** credentials_used() - the key exchange took them: forget with auth-nocache, else warn once */
void credentials_used(struct credentials *c);

/** credentials_forget() - forget user name and password (RESTART without 'P'); a token stays */
void credentials_forget(struct credentials *c);

/** credentials_set_token() - a pushed auth-token; replaces the password from now on */
void credentials_set_token(struct credentials *c, const char *token);
/** credentials_set_token_user() - a pushed auth-token-user (base64). Return: 0 or ERR_INVALID. */
int credentials_set_token_user(struct credentials *c, const char *base64);
bool credentials_has_token(const struct credentials *c);

/* What a client does after AUTH_FAILED. */
struct credentials_verdict {
	int signum;	  /* SIGUSR1 or SIGTERM */
	const char *text; /* constant: "auth-failure (auth-token)", "auth-failure" */
	bool forget_key_password;
	unsigned int pause_sec; /* at least this long before the next attempt */
};

/**
 * credentials_refused() - the server sent AUTH_FAILED
 * @reason: text behind "AUTH_FAILED,"; NULL without. TEMP reasons are not for this function.
 *
 * Keeps a CRV1 challenge for the next query, forgets a token or, as auth-retry says, the password.
 *
 * Return: 0 with @out, or ERR_INVALID "ERROR: received malformed challenge request from server",
 * which is fatal.
 * Spec: 03 section 3.4.4 steps 4, 5, 7; 3.7.6.
 */
int credentials_refused(struct credentials *c, const char *reason, struct credentials_verdict *out,
			struct err *err) MUST_CHECK;

/** credentials_set_retry(), credentials_retry() - auth-retry, also of the management command */
void credentials_set_retry(struct credentials *c, enum credentials_retry retry);
enum credentials_retry credentials_retry(const struct credentials *c);
/** credentials_retry_name() - "none", "nointeract", "interact" */
const char *credentials_retry_name(enum credentials_retry retry);
