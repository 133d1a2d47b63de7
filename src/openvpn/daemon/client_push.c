/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages of the server and the option exchange. Spec 03 sections 3.3 to 3.5. */
#include "daemon/client_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/credentials.h"
#include "daemon/negotiation_setup.h"
#include "proto/control_msg.h"
#include "proto/ncp.h"
#include "proto/peer_info.h"

enum {
	PUSH_REQUEST_EVERY_MS = 5000,
};

/* ---- asking ---- */

static void send_control(struct client *c, const struct now *now, const char *text)
{
	int ret = session_send_control(c->session, *now, text);

	if (ret < 0)
		log_warn(&c->log, "cannot send the control message '%s': %s", text, err_text(ret));
}

void client_push_start(struct client *c, uint64_t now_ms)
{
	c->push_begun = c->update_begun = false;
	c->push_next = now_ms;
	c->push_until = time_after(now_ms, (uint64_t)c->cfg->tls.hand_window_sec * 1000);
	client_set_state(c, CLIENT_GET_CONFIG);
}

void client_push_timer(struct client *c, const struct now *now)
{
	if (c->state != CLIENT_GET_CONFIG)
		return;
	if (c->push_until <= now->mono_ms) {
		c->push_until = c->push_next = TIME_NEVER;
		log_info(&c->log, 1, "No reply from server to push requests in %us",
			 (unsigned int)((now->mono_ms - c->active_at_ms) / 1000));
		client_raise(c, SIGUSR1, "no-push-reply");
		return;
	}
	if (c->push_next <= now->mono_ms) {
		send_control(c, now, "PUSH_REQUEST");
		c->push_next = time_after(now->mono_ms, PUSH_REQUEST_EVERY_MS);
	}
}

/* ---- settling ---- */

static void take_pushed_flags(struct client *c)
{
	const struct config_negotiated *p = &c->cfg->negotiated;

	c->neg = negotiated_init();
	if (p->peer_id_set)
		c->neg.peer_id = c->neg.tx_peer_id = p->peer_id;
	c->neg.use_v2 = p->peer_id_set;
	c->neg.cc_exit = p->flags & CONFIG_PROTO_CC_EXIT;
	c->neg.tls_ekm = p->flags & CONFIG_PROTO_TLS_EKM;
	c->neg.dyn_tls_crypt = p->flags & CONFIG_PROTO_DYN_TLS_CRYPT;
	c->neg.epoch = p->flags & CONFIG_PROTO_AEAD_EPOCH;
	if (c->push.found & GROUP_CRYPTO)
		str_copy(c->neg.cipher, sizeof(c->neg.cipher), c->cfg->crypto.cipher);
}

static int negotiate(struct client *c, struct err *err)
{
	struct ncp_client cl = {
		.data_ciphers = c->base->crypto.data_ciphers,
		.data_ciphers_config = c->base->crypto.data_ciphers,
		.cipher = c->cfg->crypto.cipher,
		.fallback = c->base->crypto.cipher_is_fallback,
	};
	struct str lines = str_init();
	int ret;

	take_pushed_flags(c);
	ret = ncp_client_accept(&cl, c->push.found & GROUP_CRYPTO, c->occ_peer_cipher, &c->neg,
				&lines, err);
	log_lines(&c->log, 1, str_text(&lines));
	str_fini(&lines);
	return ret;
}

static void push_failed(struct client *c, const struct err *err)
{
	static const char failed[] = "ERROR: Failed to apply push options";

	if (strcmp(err->text, failed) != 0)
		log_error(&c->log, "%s", err->text);
	log_error(&c->log, "%s", failed);
	log_error(&c->log, "Failed to open tun/tap interface");
	client_raise(c, SIGUSR1, "process-push-msg-failed");
}

static void apply_tokens(struct client *c)
{
	const struct config_auth *a = &c->cfg->auth;

	if (a->token_user && credentials_set_token_user(c->app->credentials, a->token_user) < 0)
		log_warn(&c->log,
			 "the server pushed an auth-token-user that is not base64: ignored");
	if (a->token)
		credentials_set_token(c->app->credentials, a->token);
	c->cfg->auth.token = NULL;
	c->cfg->auth.token_user = NULL;
}

static void apply_messages(struct client *c)
{
	if (!(c->push.found & GROUP_MESSAGES))
		return;
	log_sink_set_verb(c->app->sink, c->cfg->log.verb);
	log_sink_set_mute(c->app->sink, c->cfg->log.mute);
	c->verb_pulled = true;
}

static void reply_complete(struct client *c, const struct now *now)
{
	struct err err = {0};
	int ret = config_push_done(&c->push, &err);

	config_report_log(&c->push_report, &c->log);
	c->push_begun = false;
	apply_messages(c);
	apply_tokens(c);
	if (c->state != CLIENT_GET_CONFIG)
		return; /* a renewed token: the tunnel is up already */
	c->push_next = c->push_until = TIME_NEVER;
	if (ret == 0)
		ret = negotiate(c, &err);
	if (ret < 0) {
		push_failed(c, &err);
		return;
	}
	client_tunnel_up(c, now);
}

static void on_push_reply(struct client *c, const struct now *now, const char *items)
{
	char item[PUSH_ITEM_MAX];
	struct err err = {0};
	bool more = false;

	if (!c->push_begun) {
		config_push_start(&c->push, c->cfg, &c->app->host, &c->push_report);
		push_digest_reset(c->digest);
	}
	c->push_begun = true;
	while (push_next_item(&items, item)) {
		int cont = push_continuation(item);

		if (cont >= 0)
			more = cont == 2;
		else if (config_push_digested(c->cfg, item))
			push_digest_add(c->digest, item, c->cfg->ce.tun_mtu_set);
		if (config_push_item(&c->push, item, strlen(item), &err) < 0) {
			config_report_log(&c->push_report, &c->log);
			c->push_begun = false;
			client_raise(c, SIGUSR1, "Offending option received from server");
			return;
		}
	}
	config_report_log(&c->push_report, &c->log);
	if (more)
		c->push_next = TIME_NEVER; /* the rest comes by itself */
	else
		reply_complete(c, now);
}

/* ---- updates (spec 03 section 3.5.11) ---- */

static void update_complete(struct client *c, const struct now *now)
{
	struct err err = {0};
	int ret = config_push_done(&c->push, &err);

	config_report_log(&c->push_report, &c->log);
	c->update_begun = false;
	if (!c->update_any) {
		log_info(&c->log, 1, "No updatable options found in incoming PUSH_UPDATE message");
		return;
	}
	if (ret < 0) {
		log_error(&c->log, "%s", err.text);
		log_error(&c->log, "Failed to update options");
		client_raise(c, SIGUSR1, "process-push-msg-failed");
		return;
	}
	client_tunnel_update(c, now);
}

static void on_push_update(struct client *c, const struct now *now, const char *text,
			   const char *items)
{
	char item[PUSH_ITEM_MAX];
	struct err err = {0};
	bool more = false;

	if (!c->update_begun)
		config_push_start(&c->push, c->cfg, &c->app->host, &c->push_report);
	c->update_any = c->update_begun && c->update_any;
	c->update_begun = true;
	while (push_next_item(&items, item)) {
		int cont = push_continuation(item);
		int ret;

		if (cont >= 0) {
			more = cont == 2;
			continue;
		}
		ret = config_push_update_item(&c->push, item, strlen(item), &err);
		c->update_any = true;
		if (ret < 0) {
			config_report_log(&c->push_report, &c->log);
			if (err.text[0])
				log_error(&c->log, "%s", err.text);
			log_warn(&c->log, "WARNING: Received bad push/pull message: %s", text);
			c->update_begun = false;
			client_raise(c, SIGUSR1, "Offending option received from server");
			return;
		}
	}
	config_report_log(&c->push_report, &c->log);
	if (!more)
		update_complete(c, now);
}

static void on_push(struct client *c, const struct now *now, const char *text)
{
	struct str shown = str_init();
	const char *items;
	enum push_kind kind = push_classify(text, &items);

	if (!c->pull || (kind != PUSH_REPLY && kind != PUSH_UPDATE)) {
		log_warn(&c->log, "WARNING: Received bad push/pull message: %s", text);
		return;
	}
	control_msg_for_log(text, log_sink_verb(c->app->sink), &shown);
	log_info(&c->log, 3, "PUSH: Received control message: '%s'", str_text(&shown));
	str_fini(&shown);
	if (kind == PUSH_REPLY)
		on_push_reply(c, now, items);
	else if (client_tunnel_may_update(c))
		on_push_update(c, now, text, items);
	else
		log_warn(
			&c->log,
			"WARN: PUSH_UPDATE messages cannot currently be processed in client mode over TCP or before the connection is complete, ignoring.");
}

void client_push_p2p(struct client *c, const struct now *now)
{
	const char *fallback = c->base->crypto.fallback;
	struct ncp_p2p p = {
		.tls_server = c->base->tls.server,
		/* exactly what the peer was told, who draws the same conclusions */
		.data_ciphers = c->ciphers,
		.iv_proto = peer_info_number(c->peer_info, "IV_PROTO"),
	};
	struct str line = str_init();
	struct err err = {0};
	uint8_t id[3];

	if (session_export(c->session, NCP_P2P_PEER_ID_LABEL, id, sizeof(id)) == 0)
		p.exported_id = id;
	ncp_p2p_negotiate(&p, session_peer_info(c->session), fallback, &c->neg, &line);
	log_info(&c->log, 3, "%s", str_text(&line));
	str_fini(&line);
	if (ncp_p2p_settle(&c->neg, fallback, &err) < 0) {
		log_error(&c->log, "%s", err.text);
		log_error(&c->log, "ERROR: Failed to apply P2P negotiated protocol options");
		client_raise(c, SIGUSR1, "connection initialisation failed");
		return;
	}
	client_tunnel_up(c, now);
}

/* ---- the other messages ---- */

static void stay_at_remote(struct client *c, const struct auth_failed *f)
{
	remote_list_stay(c->remotes);
	if (!f->temporary)
		return;
	if (f->has_backoff)
		remote_list_set_backoff(c->remotes, f->backoff_sec);
	if (f->advance == AUTH_FAILED_ADVANCE_ADDR)
		remote_list_unstay(c->remotes);
	else if (f->advance == AUTH_FAILED_ADVANCE_REMOTE)
		remote_list_skip_entry(c->remotes);
}

static void on_auth_failed(struct client *c, const char *text)
{
	struct credentials_verdict verdict;
	struct str lines = str_init();
	struct auth_failed failed;
	struct err err = {0};

	log_info(&c->log, 0, "AUTH: Received control message: %s", text);
	auth_failed_parse(text, &failed, &lines);
	log_lines(&c->log, 1, str_text(&lines));
	str_fini(&lines);
	stay_at_remote(c, &failed);
	if (!c->pull)
		return;
	if (failed.temporary) {
		client_raise(c, SIGUSR1, "auth-temp-failure (server temporary reject)");
		return;
	}
	if (credentials_refused(c->app->credentials, failed.reason, &verdict, &err) < 0) {
		client_fatal(c, "%s", err.text);
		return;
	}
	if (verdict.pause_sec)
		remote_list_set_backoff(c->remotes, verdict.pause_sec);
	client_raise(c, verdict.signum, verdict.text);
}

static void on_auth_pending(struct client *c, const char *text)
{
	struct str lines = str_init();
	struct auth_pending pending;
	uint32_t window;

	if (!c->pull)
		return;
	auth_pending_parse(text, &pending, &lines);
	log_lines(&c->log, 1, str_text(&lines));
	str_fini(&lines);
	window = auth_pending_window(&pending, c->cfg->tls.hand_window_sec, c->cfg->tls.reneg_sec);
	log_info(&c->log, 3, "AUTH_PENDING received, extending handshake timeout from %us to %us",
		 c->cfg->tls.hand_window_sec, window);
	if (c->state == CLIENT_GET_CONFIG)
		c->push_until = time_after(c->active_at_ms, (uint64_t)window * 1000);
}

static void on_kick(struct client *c, const char *text, enum control_msg_type type)
{
	bool halt = type == CONTROL_MSG_HALT;
	struct server_kick kick;

	if (!c->pull)
		return;
	server_kick_parse(text, type, &kick);
	log_info(&c->log, 1,
		 halt ? "Halt command was pushed by server ('%s')"
		      : "Connection reset command was pushed by server ('%s')",
		 kick.text);
	if (!kick.keep_credentials)
		credentials_forget(c->app->credentials);
	if (kick.advance)
		remote_list_unstay(c->remotes);
	client_raise(c, halt ? SIGTERM : SIGUSR1,
		     halt ? "server-pushed-halt" : "server-pushed-connection-reset");
}

void client_push_message(struct client *c, const struct now *now, const char *text)
{
	enum control_msg_type type = control_msg_classify(text);

	switch (type) {
	case CONTROL_MSG_AUTH_FAILED:
		on_auth_failed(c, text);
		break;
	case CONTROL_MSG_PUSH:
		on_push(c, now, text);
		break;
	case CONTROL_MSG_RESTART:
	case CONTROL_MSG_HALT:
		on_kick(c, text, type);
		break;
	case CONTROL_MSG_INFO_PRE:
	case CONTROL_MSG_INFO:
		log_info(&c->log, 1, "Info command was pushed by server ('%s')",
			 control_msg_payload(text, type));
		break;
	case CONTROL_MSG_AUTH_PENDING:
		on_auth_pending(c, text);
		break;
	case CONTROL_MSG_EXIT:
		log_info(&c->log, 1, "CC-EEN exit message received by peer");
		client_raise(c, SIGUSR1, "remote-exit");
		break;
	case CONTROL_MSG_CR_RESPONSE:
		break; /* for servers only */
	case CONTROL_MSG_UNKNOWN:
		log_warn(&c->log, "WARNING: Received unknown control message: %s", text);
		break;
	}
}
