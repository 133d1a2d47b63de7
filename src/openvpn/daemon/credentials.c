/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/credentials.h"

#include <signal.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "proto/control_msg.h"

enum {
	TOKEN_MAX = 4096, /* a control message bounds it */
	NOINTERACT_PAUSE_SEC = 10
};

/* In secret memory as a whole: nearly every member is secret at some time. */
struct credentials {
	struct credentials_config cfg;
	struct log log;
	struct user_pass up; /* pass: as it is sent, challenge response included */
	bool ready;
	bool failed_before; /* say so before asking again */
	bool warned_cache;
	struct credentials_query missing;
	char last_user[USER_PASS_MAX]; /* sent with the real password; goes with the token */
	char token_user[USER_PASS_MAX];
	char token[TOKEN_MAX];
	struct challenge challenge; /* of the last AUTH_FAILED; state_id NULL: none */
};

struct credentials_config credentials_config_from(const struct config *cfg)
{
	static const enum credentials_retry retry[] = {
		[CONFIG_AUTH_RETRY_NONE] = CREDENTIALS_RETRY_NONE,
		[CONFIG_AUTH_RETRY_NOINTERACT] = CREDENTIALS_RETRY_NOINTERACT,
		[CONFIG_AUTH_RETRY_INTERACT] = CREDENTIALS_RETRY_INTERACT,
	};
	const struct config_auth *auth = &cfg->auth;

	return (struct credentials_config){
		.enabled = auth->user_pass,
		.file = auth->user_pass_file.path,
		.inline_text = config_file_is_inline(&auth->user_pass_file)
				       ? auth->user_pass_file.text
				       : NULL,
		.username_only = auth->username_only,
		.nocache = auth->nocache,
		.by_management = cfg->management.query_passwords,
		.retry = retry[auth->retry],
		.static_challenge = auth->challenge,
		.static_challenge_echo = auth->challenge_echo,
		.format = auth->challenge_concat ? CREDENTIALS_CONCAT : CREDENTIALS_SCRV1,
	};
}

struct credentials *credentials_new(const struct credentials_config *cfg, const struct log *log)
{
	struct credentials *c = secret_alloc(sizeof(*c));

	if (!c)
		return NULL;
	c->cfg = *cfg;
	c->log = *log;
	return c;
}

void credentials_reconfigure(struct credentials *c, const struct credentials_config *cfg)
{
	c->cfg = *cfg;
	c->missing = (struct credentials_query){0};
}

void credentials_free(struct credentials *c)
{
	if (c)
		challenge_fini(&c->challenge);
	secret_free(c);
}

static bool asks_for_file(const char *file)
{
	return !file || !strcmp(file, "stdin");
}

static bool has_challenge(const struct credentials *c)
{
	return c->challenge.state_id != NULL;
}

/* A token without a name to go with it is of no use. */
static bool token_usable(const struct credentials *c)
{
	return credentials_has_token(c) && (c->token_user[0] || c->last_user[0]);
}

/* Fill c->up from file or inline text; nothing is found when a person is to be asked. */
static int read_source(struct credentials *c, struct err *err)
{
	user_pass_clear(&c->up);
	if (c->cfg.inline_text)
		return user_pass_read_text("Auth", c->cfg.inline_text, &c->up, err);
	if (!asks_for_file(c->cfg.file))
		return user_pass_read_file("Auth", c->cfg.file, &c->up, err);
	return 0;
}

static void remember_user(struct credentials *c)
{
	str_copy(c->last_user, sizeof(c->last_user), c->up.user);
	c->ready = true;
}

int credentials_prepare(struct credentials *c, struct err *err)
{
	bool has_user;
	int rc;

	c->missing = (struct credentials_query){0};
	if (!c->cfg.enabled || c->ready || token_usable(c))
		return 0;
	if (c->failed_before && c->cfg.retry == CREDENTIALS_RETRY_INTERACT)
		log_info(&c->log, 1, "Note: previous '%s' credentials failed", "Auth");
	c->failed_before = false;
	if (has_challenge(c)) {
		/* the answer to it replaces every other source */
		user_pass_clear(&c->up);
		c->missing.challenge = c->challenge.text;
		c->missing.challenge_echo = c->challenge.echo;
		c->missing.user = c->missing.pass = c->cfg.by_management;
		return ERR_AGAIN;
	}
	rc = read_source(c, err);
	if (rc < 0)
		return rc;
	has_user = c->up.user[0] != '\0';
	if (c->cfg.username_only && has_user)
		str_copy(c->up.pass, sizeof(c->up.pass), "[[BLANK]]");
	c->missing.user = !has_user;
	c->missing.pass = !c->up.pass[0] && !c->cfg.username_only;
	c->missing.known_user = has_user ? c->up.user : NULL;
	c->missing.challenge = c->cfg.static_challenge;
	c->missing.challenge_echo = c->cfg.static_challenge_echo;
	if (c->missing.user || c->missing.pass || c->missing.challenge)
		return ERR_AGAIN;
	remember_user(c);
	return 0;
}

struct credentials_query credentials_query(const struct credentials *c)
{
	return c->missing;
}

/* Put what the challenge was answered with where the password is sent; @joined is taken. */
static int set_joined(struct credentials *c, char *joined, struct err *err)
{
	int rc = 0;

	if (!joined)
		return err_set(err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	if (!str_copy(c->up.pass, sizeof(c->up.pass), joined))
		rc = err_set(err, ERR_LIMIT,
			     "ERROR: password and challenge response are longer than %d bytes",
			     USER_PASS_MAX - 1);
	secret_free(joined);
	return rc;
}

static int join_static(struct credentials *c, const char *response, struct err *err)
{
	if (c->cfg.format == CREDENTIALS_CONCAT)
		return set_joined(c, challenge_response_concat(c->up.pass, response), err);
	return set_joined(c, challenge_response_scrv1(c->up.pass, response), err);
}

static int join_dynamic(struct credentials *c, const char *response, struct err *err)
{
	str_copy(c->up.user, sizeof(c->up.user), c->challenge.user);
	text_drop_controls(c->up.user);
	return set_joined(c, challenge_response_crv1(&c->challenge, response), err);
}

static int ask_challenge(struct credentials *c, const struct prompter *prompter, bool dynamic,
			 struct err *err)
{
	char *response = secret_alloc(USER_PASS_MAX);
	struct str text = str_init();
	int rc;

	if (!response)
		return err_set(err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	str_addf(&text, "CHALLENGE: %s", c->missing.challenge);
	rc = prompter->ask(prompter->ctx, str_text(&text), c->missing.challenge_echo, response,
			   USER_PASS_MAX, err);
	if (rc == 0) {
		text_drop_controls(response);
		rc = dynamic ? join_dynamic(c, response, err) : join_static(c, response, err);
	}
	str_fini(&text);
	secret_free(response);
	return rc;
}

int credentials_ask(struct credentials *c, const struct prompter *prompter, struct err *err)
{
	bool dynamic = has_challenge(c);
	int rc = 0;

	if (!dynamic)
		rc = user_pass_ask(prompter, "Auth", !c->cfg.username_only, &c->up, err);
	if (rc == 0 && c->cfg.username_only)
		str_copy(c->up.pass, sizeof(c->up.pass), "[[BLANK]]");
	if (rc == 0 && c->missing.challenge)
		rc = ask_challenge(c, prompter, dynamic, err);
	if (rc < 0) {
		user_pass_clear(&c->up);
		return rc;
	}
	challenge_fini(&c->challenge);
	remember_user(c);
	return 0;
}

int credentials_answer(struct credentials *c, const char *user, const char *pass, struct err *err)
{
	if ((user && !*user) || (!user && !c->up.user[0]))
		return err_set(err, ERR_INVALID, "ERROR: Auth username is empty");
	if ((user && strlen(user) >= USER_PASS_MAX) || strlen(pass) >= USER_PASS_MAX)
		return err_set(err, ERR_LIMIT,
			       "ERROR: Auth username or password is longer than %d bytes",
			       USER_PASS_MAX - 1);
	if (user)
		str_copy(c->up.user, sizeof(c->up.user), user);
	str_copy(c->up.pass, sizeof(c->up.pass), c->cfg.username_only ? "[[BLANK]]" : pass);
	text_drop_controls(c->up.user);
	text_drop_controls(c->up.pass);
	challenge_fini(&c->challenge);
	remember_user(c);
	return 0;
}

int credentials_wire(const struct credentials *c, const char **user, const char **pass)
{
	*user = *pass = NULL;
	if (token_usable(c)) {
		*user = c->token_user[0] ? c->token_user : c->last_user;
		*pass = c->token;
		return 0;
	}
	if (!c->cfg.enabled)
		return 0;
	if (!c->ready)
		return ERR_STATE;
	*user = c->up.user;
	*pass = c->up.pass;
	return 0;
}

void credentials_used(struct credentials *c)
{
	if (!c->cfg.enabled || !c->ready)
		return;
	if (c->cfg.nocache) {
		credentials_forget(c);
		return;
	}
	if (!c->warned_cache)
		log_warn(
			&c->log,
			"WARNING: this configuration may cache passwords in memory -- use the auth-nocache option to prevent this");
	c->warned_cache = true;
}

void credentials_forget(struct credentials *c)
{
	user_pass_clear(&c->up);
	c->ready = false;
}

void credentials_set_token(struct credentials *c, const char *token)
{
	if (!str_copy(c->token, sizeof(c->token), token)) {
		log_warn(&c->log, "WARNING: auth-token longer than %d bytes ignored",
			 TOKEN_MAX - 1);
		c->token[0] = '\0';
		return;
	}
	if (c->cfg.nocache)
		credentials_forget(c);
}

int credentials_set_token_user(struct credentials *c, const char *base64)
{
	char user[USER_PASS_MAX];
	long n = str_base64_decode(base64, user, sizeof(user) - 1);

	if (n < 0)
		return ERR_INVALID;
	user[n] = '\0';
	if (strlen(user) != (size_t)n)
		return ERR_INVALID;
	str_copy(c->token_user, sizeof(c->token_user), user);
	return 0;
}

bool credentials_has_token(const struct credentials *c)
{
	return c->token[0] != '\0';
}

static void forget_token(struct credentials *c)
{
	secret_wipe(c->token, sizeof(c->token));
	secret_wipe(c->token_user, sizeof(c->token_user));
}

int credentials_refused(struct credentials *c, const char *reason, struct credentials_verdict *out,
			struct err *err)
{
	bool had_token = credentials_has_token(c);

	*out = (struct credentials_verdict){.signum = SIGUSR1, .text = "auth-failure"};
	forget_token(c);
	if (reason && str_starts(reason, "CRV1:") &&
	    (c->cfg.by_management || c->cfg.retry == CREDENTIALS_RETRY_INTERACT)) {
		challenge_fini(&c->challenge);
		if (challenge_parse(reason, &c->challenge) < 0)
			return err_set(err, ERR_INVALID, "%s", CHALLENGE_MALFORMED_TEXT);
		credentials_forget(c);
	}
	if (had_token) {
		out->text = "auth-failure (auth-token)";
		return 0;
	}
	c->failed_before = true;
	switch (c->cfg.retry) {
	case CREDENTIALS_RETRY_NONE:
		out->signum = SIGTERM;
		break;
	case CREDENTIALS_RETRY_NOINTERACT:
		out->pause_sec = NOINTERACT_PAUSE_SEC;
		break;
	case CREDENTIALS_RETRY_INTERACT:
		credentials_forget(c);
		out->forget_key_password = true;
		break;
	}
	return 0;
}

void credentials_set_retry(struct credentials *c, enum credentials_retry retry)
{
	c->cfg.retry = retry;
}

enum credentials_retry credentials_retry(const struct credentials *c)
{
	return c->cfg.retry;
}

const char *credentials_retry_name(enum credentials_retry retry)
{
	static const char *const names[] = {
		[CREDENTIALS_RETRY_NONE] = "none",
		[CREDENTIALS_RETRY_NOINTERACT] = "nointeract",
		[CREDENTIALS_RETRY_INTERACT] = "interact",
	};

	return names[retry];
}
