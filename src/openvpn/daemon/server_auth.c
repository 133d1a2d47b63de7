/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may come in: certificates, user names, tokens; at once or later. Spec 03 sections 3.6.9, 3.7.
 */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/environment.h"
#include "daemon/negotiation_setup.h"
#include "proto/control_msg.h"
#include "proto/iv_proto.h"
#include "proto/occ.h"
#include "proto/peer_info.h"

#define TOO_LONG_REASON "Username or password is too long. Maximum length is 128 bytes"

/* ---- what every key exchange tells ---- */

const struct occ_strings *peer_occ(const struct server_peer *p)
{
	const struct server_profile *profile = &p->listener->profile;

	return p->migrated ? &profile->occ_migrated : &profile->occ;
}

void peer_take_options(struct server_peer *p, const char *options)
{
	occ_peer_cipher(options, p->occ_cipher, sizeof(p->occ_cipher));
	p->migrated =
		p->server->cfg->crypto.comp == CONFIG_COMP_MIGRATE && occ_has_comp_lzo(options);
	if (p->migrated)
		log_info(&p->log, 1,
			 "Note: 'compress migrate' detected remote peer with compression enabled.");
	occ_log_differences(&p->log, peer_occ(p)->expected, options);
}

static void take_peer_info(struct server_peer *p, const char *text)
{
	env_del_prefix(p->env, "IV_");
	env_del_prefix(p->env, "UV_");
	peer_info_export(&p->log, p->env, text);
}

/* ---- the verdict ---- */

void peer_refuse(struct server_peer *p, const struct now *now, const char *reason)
{
	struct str text = str_init();

	if (p->told_failed || p->state == PEER_CLOSED)
		return;
	p->told_failed = true;
	if (p->state != PEER_FAILED)
		peer_set_state(p, PEER_FAILED);
	str_add(&text, "AUTH_FAILED");
	if (reason && *reason)
		str_addf(&text, ",%.*s", CONTROL_MSG_TEXT_MAX - 13, reason);
	peer_send(p, now, str_text(&text));
	str_fini(&text);
	peer_schedule_exit(p, now->mono_ms);
}

static void set_reason(struct server_peer *p, const char *reason)
{
	str_copy(p->reason, sizeof(p->reason), reason ? reason : "");
}

static void drop_password_file(struct server_peer *p)
{
	if (p->auth.password_file)
		temp_file_remove(p->auth.password_file);
	free(p->auth.password_file);
	p->auth.password_file = NULL;
}

/* The files of the programs stay, as do their names, until the next time or the end. */
static void auth_done(struct server_peer *p)
{
	struct peer_auth *a = &p->auth;
	bool named = a->files_named;

	if (a->process)
		script_abandon(a->process);
	free(a->files);
	drop_password_file(p);
	free(a->user);
	secret_free(a->sent_user);
	secret_free(a->sent_password);
	*a = (struct peer_auth){.files_named = named};
}

static void auth_fini(struct server_peer *p)
{
	auth_done(p);
	if (p->auth.files_named)
		auth_files_remove_named(p->env);
	p->auth.files_named = false;
}

void peer_auth_stop(struct server_peer *p)
{
	auth_fini(p);
}

static void answer(struct server_peer *p, const struct now *now, enum session_auth verdict)
{
	p->auth.verdict = verdict;
	session_auth(p->session, *now, p->auth.serial, verdict);
	peer_wake(p);
}

static void fail(struct server_peer *p, const struct now *now)
{
	answer(p, now, SESSION_AUTH_FAILED);
	auth_done(p);
	peer_refuse(p, now, p->reason);
}

/* ---- locks ---- */

static bool cn_is_locked_to_other(struct server_peer *p, const char *cn)
{
	if (p->state != PEER_CONNECTED && p->state != PEER_CONNECTING)
		return false;
	if (strcmp(cn, p->cn) == 0)
		return false;
	log_error(
		&p->log,
		"TLS Auth Error: TLS object CN attempted to change from '%s' to '%s' -- tunnel disabled",
		p->cn, cn);
	return true;
}

static bool chain_changed(struct server_peer *p)
{
	const struct verify *first = session_verify(p->session, 0);
	const struct verify *now = session_verify(p->session, p->auth.serial);

	if (p->state == PEER_HANDSHAKE || !first || !now || verify_same_chain(first, now))
		return false;
	log_error(
		&p->log,
		"TLS Auth Error: TLS object CN=%s client-provided SSL certs unexpectedly changed during mid-session reauth",
		p->cn);
	return true;
}

static bool user_is_locked_to_other(struct server_peer *p, const char *user)
{
	if (!p->user || strcmp(user, p->user) == 0 ||
	    (p->client_user && strcmp(user, p->client_user) == 0))
		return false;
	log_error(
		&p->log,
		"TLS Auth Error: username attempted to change from '%s' to '%s' -- tunnel disabled",
		p->user, user);
	return true;
}

static bool ccd_missing(struct server_peer *p, const char *cn)
{
	const struct config_server *c = &p->server->cfg->server;
	char path[TEMP_FILE_PATH_MAX];

	if (!c->ccd_exclusive || !c->client_config_dir)
		return false;
	if (ccd_find(c->client_config_dir, cn, true, path, sizeof(path)) == 0)
		return false;
	log_error(
		&p->log,
		"TLS Auth Error: --client-config-dir authentication failed for common name '%s' file='%s'",
		cn, path);
	return true;
}

static const char *certificate_name(const struct server_peer *p)
{
	const struct verify *v = session_verify(p->session, p->auth.serial);

	return v ? verify_common_name(v) : "";
}

static void void_keys(struct server_peer *p)
{
	p->token_session.valid = false;
	peer_data_del(p);
}

/* Whether the name is one that this client may have, whatever the methods say of its password. */
static bool user_is_allowed(struct server_peer *p)
{
	const char *user = p->auth.user;

	if (p->server->cfg->server.username_as_cn && strlen(user) >= sizeof(p->cn)) {
		log_error(
			&p->log,
			"TLS Auth Error: --username-as-common-name specified and username is longer than the maximum permitted Common Name length of %d characters",
			SERVER_CN_MAX - 1);
		return false;
	}
	if (user_is_locked_to_other(p, user)) {
		void_keys(p);
		return false;
	}
	return true;
}

/* All methods agreed: what may still be wrong, and what is kept from now on. */
static void succeed(struct server_peer *p, const struct now *now)
{
	const struct config_server *c = &p->server->cfg->server;
	const char *user = p->auth.user, *cn = certificate_name(p);

	if (user && c->username_as_cn)
		cn = user;
	if (cn_is_locked_to_other(p, cn) || chain_changed(p) || ccd_missing(p, cn)) {
		void_keys(p);
		fail(p, now);
		return;
	}
	if (user && !p->user)
		p->user = strdup(user);
	if (p->state == PEER_HANDSHAKE)
		str_copy(p->cn, sizeof(p->cn), cn);
	env_set(p->env, "common_name", cn);
	if (user && c->auth_token &&
	    auth_token_issue(&p->server->tokens, &p->token_session, p->user ? p->user : "",
			     now->unix_sec, &p->server->app->rng, p->token) < 0)
		log_warn(&p->log, "cannot make an auth-token");
	answer(p, now, SESSION_AUTH_OK);
	auth_done(p);
	if (p->state == PEER_CONNECTED)
		peer_push_token(p, now);
	if (p->state != PEER_HANDSHAKE)
		return;
	p->first_auth_done = true;
	if (p->session_active)
		peer_connect_begin(p, now);
}

static void log_userpass_result(struct server_peer *p, const char *word)
{
	log_info(&p->log, 2, "TLS: Username/Password authentication %s for username '%s' %s", word,
		 p->auth.user, p->server->cfg->server.username_as_cn ? "[CN SET]" : "");
}

static void userpass_failed(struct server_peer *p, const struct now *now)
{
	char reason[AUTH_REASON_MAX];

	if (p->auth.files && auth_files_reason(p->auth.files, reason))
		set_reason(p, reason);
	log_error(&p->log, "TLS Auth Error: Auth Username/Password verification failed for peer");
	fail(p, now);
}

static void userpass_succeeded(struct server_peer *p, const struct now *now)
{
	if (!user_is_allowed(p)) {
		userpass_failed(p, now);
		return;
	}
	log_userpass_result(p, "succeeded");
	succeed(p, now);
}

/* ---- deferral ---- */

/* Spec 03 section 3.4.5. Return: whether the client was asked to wait. */
static bool ask_to_wait(struct server_peer *p, const struct now *now,
			const struct auth_files_pending *want)
{
	const struct config_tls *t = &p->server->cfg->tls;
	uint32_t limit =
		t->reneg_sec / 2 > t->hand_window_sec ? t->reneg_sec / 2 : t->hand_window_sec;
	uint64_t spent = (now->mono_ms - p->auth.begun_ms) / 1000;
	uint32_t left = spent < limit ? limit - (uint32_t)spent : 0;
	uint32_t sec = want->timeout_sec < left ? want->timeout_sec : left;
	uint32_t bits = peer_info_number(session_peer_info(p->session), "IV_PROTO");
	struct str pending = str_init(), info = str_init();
	int ret = auth_pending_compose(bits & IV_PROTO_AUTH_PENDING, sec, want->text, &pending,
				       &info);

	if (ret == 0) {
		peer_send(p, now, str_text(&pending));
		peer_send(p, now, str_text(&info));
		session_extend_auth(p->session, p->auth.serial,
				    time_after(now->mono_ms, 1000ull * sec));
	} else {
		log_warn(&p->log, "cannot ask the client to wait: %s", err_text(ret));
	}
	str_fini(&pending);
	str_fini(&info);
	return ret == 0;
}

static bool read_pending_file(struct server_peer *p, const struct now *now)
{
	struct auth_files_pending want;
	struct err err = {0};
	int ret = auth_files_pending(p->auth.files, &want, &err);

	if (ret == ERR_NOT_FOUND)
		return true;
	if (ret < 0) {
		log_warn(&p->log, "%s", err.text);
		return false;
	}
	if (!peer_info_has_item(session_peer_info(p->session), "IV_SSO", want.method)) {
		struct str reason = str_init();

		log_warn(&p->log, "Client does not supported auth pending method '%s'",
			 want.method);
		str_addf(&reason,
			 "Authentication failed, required pending auth method '%s' not supported",
			 want.method);
		if (reason.len > 127)
			reason.text[127] = '\0';
		set_reason(p, str_text(&reason));
		str_fini(&reason);
		return false;
	}
	return ask_to_wait(p, now, &want);
}

static void defer(struct server_peer *p, const struct now *now)
{
	if (!user_is_allowed(p) || !read_pending_file(p, now)) {
		userpass_failed(p, now);
		return;
	}
	log_userpass_result(p, "deferred");
	p->poll_at = time_after(now->mono_ms, 0);
	peer_wake(p);
}

void peer_auth_timer(struct server_peer *p, const struct now *now)
{
	if (!p->auth.files || p->auth.process || p->auth.verdict != SESSION_AUTH_PENDING)
		return;
	switch (auth_files_result(p->auth.files)) {
	case AUTH_FILES_SUCCESS:
		userpass_succeeded(p, now);
		break;
	case AUTH_FILES_FAILURE:
		userpass_failed(p, now);
		break;
	case AUTH_FILES_PENDING:
		p->poll_at = time_after(now->mono_ms, SERVER_POLL_MS);
		break;
	}
}

/* ---- the script ---- */

static void on_script_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct server_peer *p = ctx;
	struct now now = clock_now();

	(void)err;
	p->auth.process = NULL;
	drop_password_file(p);
	env_del(p->env, "password");
	if (code == 0)
		userpass_succeeded(p, &now);
	else if (exit_code == 2)
		defer(p, &now);
	else
		userpass_failed(p, &now);
}

static int write_password_file(struct server_peer *p, const char *user, const char *password,
			       struct err *err)
{
	struct str text = str_init();
	int ret;

	p->auth.password_file = calloc(1, TEMP_FILE_PATH_MAX);
	str_addf(&text, "%s\n%s\n", user, password);
	ret = text.failed || !p->auth.password_file
		      ? err_set(err, ERR_NOMEM, "out of memory")
		      : temp_file_create(p->server->cfg->process.tmp_dir, "up",
					 &p->server->app->rng, text.text, text.len,
					 p->auth.password_file, err);
	if (text.text)
		secret_wipe(text.text, text.len);
	str_fini(&text);
	return ret;
}

static int run_script(struct server_peer *p, const char *user, const char *password,
		      struct err *err)
{
	struct server *s = p->server;
	const char *args[1];
	size_t n = 0;
	int ret;

	p->auth.files = calloc(1, sizeof(*p->auth.files));
	if (!p->auth.files)
		return err_set(err, ERR_NOMEM, "out of memory");
	ret = auth_files_create(p->auth.files, s->cfg->process.tmp_dir, &s->app->rng, p->env, err);
	if (ret < 0)
		return ret;
	p->auth.files_named = true;
	if (s->cfg->scripts.auth_user_pass_via_file) {
		ret = write_password_file(p, user, password, err);
		args[n++] = p->auth.password_file;
	} else {
		env_set(p->env, "password", password);
	}
	if (ret == 0)
		ret = script_start(&s->app->scripts, SCRIPT_USER_PASS_VERIFY, p->env, args, n,
				   on_script_done, p, &p->auth.process, err);
	return ret;
}

/* ---- tokens ---- */

enum token_outcome {
	TOKEN_DECIDED, /* accepted or refused: nobody else is asked */
	TOKEN_ASK,     /* the methods decide */
};

/* Of the client's token, or of those that it will get. */
static void export_session_id(struct server_peer *p, const struct now *now)
{
	char id[AUTH_TOKEN_SESSION_TEXT];

	auth_token_session_begin(&p->token_session, now->unix_sec, &p->server->app->rng);
	auth_token_session_text(&p->token_session, id);
	env_set(p->env, "session_id", id);
}

static enum token_outcome check_token(struct server_peer *p, const struct now *now,
				      const char *password)
{
	const struct config_server *c = &p->server->cfg->server;
	struct str lines = str_init();
	enum auth_token_state state;

	state = auth_token_verify(&p->server->tokens, &p->token_session, p->auth.user, password,
				  now->unix_sec, &lines);
	log_lines(&p->log, 1, str_text(&lines));
	str_fini(&lines);
	env_set(p->env, "session_state", auth_token_state_name(state));
	export_session_id(p, now);
	if (state == AUTH_TOKEN_EXPIRED || state == AUTH_TOKEN_EXPIRED_EMPTY_USER)
		set_reason(p, AUTH_TOKEN_EXPIRED_TEXT);
	if (state == AUTH_TOKEN_INITIAL || c->auth_token_external)
		return TOKEN_ASK;
	if (state == AUTH_TOKEN_AUTHENTICATED) {
		log_info(&p->log, 1,
			 "TLS: Username/auth-token authentication succeeded for username '%s'",
			 p->auth.user);
		if (user_is_allowed(p))
			succeed(p, now);
		else
			userpass_failed(p, now);
		return TOKEN_DECIDED;
	}
	log_info(&p->log, 1, "TLS: Username/auth-token authentication failed for username '%s'",
		 p->auth.user);
	p->token_session = (struct auth_token_session){0};
	fail(p, now);
	return TOKEN_DECIDED;
}

/* ---- beginning ---- */

static void ask_methods(struct server_peer *p, const struct now *now, const char *password)
{
	struct err err = {0};

	if (!p->auth.user[0] && !p->server->cfg->server.auth_optional) {
		log_error(&p->log, "TLS Auth Error: peer provided a blank username");
		userpass_failed(p, now);
		return;
	}
	if (p->server->cfg->server.auth_token && check_token(p, now, password) == TOKEN_DECIDED)
		return;
	if (run_script(p, p->auth.user, password, &err) < 0) {
		log_warn(&p->log, "%s", err.text);
		userpass_failed(p, now);
		return;
	}
	answer(p, now, SESSION_AUTH_PENDING);
}

/* Control characters are never part of a name or password. */
static char *clean(const char *text)
{
	char *copy = secret_strdup(text ? text : "");

	if (copy)
		str_printable(copy, '_');
	return copy;
}

static void begin_userpass(struct server_peer *p, const struct now *now)
{
	char *user = clean(p->auth.sent_user), *password = clean(p->auth.sent_password);

	if (user && password)
		p->auth.user = strdup(p->client_user && strcmp(user, p->client_user) == 0 ? p->user
											  : user);
	if (!p->auth.user) {
		fail(p, now);
	} else {
		if (strcmp(p->auth.user, user) != 0)
			log_info(
				&p->log, 3,
				"TLS: Replacing client provided username '%s' with username from override-user '%s'",
				user, p->auth.user);
		env_set(p->env, "username", p->auth.user);
		env_set(p->env, "common_name", certificate_name(p));
		environment_set_address(p->env, "untrusted", session_remote(p->session));
		ask_methods(p, now, password);
	}
	secret_free(user);
	secret_free(password);
}

void peer_auth_go_on(struct server_peer *p, const struct now *now)
{
	if (p->auth.too_long) {
		set_reason(p, TOO_LONG_REASON);
		fail(p, now);
	} else if (p->server->has_userpass) {
		begin_userpass(p, now);
	} else {
		succeed(p, now);
	}
}

void peer_auth_begin(struct server_peer *p, const struct now *now, const struct session_event *ev)
{
	take_peer_info(p, ev->peer.peer_info);
	auth_fini(p);
	p->auth.used = true;
	p->auth.serial = ev->key_serial;
	p->auth.begun_ms = p->state == PEER_HANDSHAKE ? p->created.mono_ms : now->mono_ms;
	p->auth.too_long = ev->peer.credentials_too_long;
	/* a name without a password field is no credentials, and the other way round */
	if (ev->peer.username && ev->peer.password) {
		p->auth.sent_user = secret_strdup(ev->peer.username);
		p->auth.sent_password = secret_strdup(ev->peer.password);
	}
	set_reason(p, NULL);
	if (p->verify.count) {
		answer(p, now, SESSION_AUTH_PENDING);
		peer_verify_begin(p);
	} else {
		peer_auth_go_on(p, now);
	}
}
