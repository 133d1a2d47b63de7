/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages of clients, and what the server answers. Spec 03 sections 3.4 and 3.5. */
#include "daemon/server_internal.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/backend_choice.h"
#include "proto/control_msg.h"
#include "proto/iv_proto.h"
#include "proto/peer_info.h"
#include "proto/push.h"

/* ---- the reply ---- */

static void log_removed(void *ctx, const char *option)
{
	struct server_peer *p = ctx;

	log_info(&p->log, 3, "REMOVE PUSH ROUTE: '%s'", option);
}

/* A client that followed it would send what our data plane cannot take. */
static bool may_push(const struct server_peer *p, const char *item)
{
	char line[192];
	const char *obstacle = backend_push_obstacle(item, p->server->features, line, sizeof(line));

	if (obstacle)
		log_warn(&p->log, "%s: '%s' is left out", obstacle, item);
	return !obstacle;
}

/* The client's options, without routes to the networks behind itself. */
static struct push_list *make_list(struct server_peer *p)
{
	const struct config *cfg = p->cfg;
	struct push_list *list = push_list_new();
	struct err err = {0};

	for (size_t i = 0; list && i < cfg->server.push.count; i++)
		if (may_push(p, cfg->server.push.at[i]) &&
		    push_list_add(list, cfg->server.push.at[i], &err) < 0)
			log_error(&p->log, "%s", err.text);
	if (!list)
		return NULL;
	if (cfg->per_client.push_ifconfig_blocked)
		push_list_remove(list, "ifconfig");
	if (cfg->per_client.push_ifconfig6_blocked && !cfg->per_client.ifconfig6_push_set)
		push_list_remove(list, "ifconfig-ipv6");
	for (size_t i = 0; i < cfg->per_client.iroutes.count; i++)
		push_list_remove_route(list, &cfg->per_client.iroutes.at[i], log_removed, p);
	return list;
}

static int send_part(void *ctx, const char *message)
{
	struct server_peer *p = ctx;
	struct now now = clock_now();

	peer_send(p, &now, message);
	return 0;
}

static void send_reply(struct server_peer *p)
{
	char ifconfig[2 * ADDR_TEXT_MAX], ifconfig6[2 * ADDR_TEXT_MAX + 8];
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];
	struct push_computed c = {.negotiated = &p->neg};
	struct push_list *list = make_list(p);
	char *user = NULL;

	if (!list)
		return;
	if (p->ip4.family) {
		snprintf(
			ifconfig, sizeof(ifconfig), "%s %s",
			ip_addr_format(p->ip4_alias.family ? &p->ip4_alias : &p->ip4, a, sizeof(a)),
			ip_addr_format(&p->ip4_second, b, sizeof(b)));
		c.ifconfig = ifconfig;
	}
	if (p->ip6.family) {
		snprintf(ifconfig6, sizeof(ifconfig6), "%s/%u %s",
			 ip_addr_format(&p->ip6, a, sizeof(a)), p->ip6_bits,
			 ip_addr_format(&p->ip6_remote, b, sizeof(b)));
		c.ifconfig_ipv6 = ifconfig6;
	}
	if (p->token[0]) {
		c.auth_token = p->token;
		if (p->user)
			user = str_base64_encode(p->user, strlen(p->user));
		c.auth_token_user = user;
	}
	if (push_reply_compose(list, &c, send_part, p) < 0)
		log_error(&p->log, "%s", PUSH_TOO_LONG_TEXT);
	push_list_free(list);
	free(user);
}

void peer_push_request(struct server_peer *p, const struct now *now)
{
	uint32_t bits = peer_info_number(session_peer_info(p->session), "IV_PROTO");

	if (p->state != PEER_CONNECTED || !p->may_push ||
	    (!p->push_requested && !(bits & IV_PROTO_REQUEST_PUSH)))
		return;
	/* @now may be a little before the last one: a request that waited while we sent it unasked
	 */
	if (p->push_sent_at && now->mono_ms < time_after(p->push_sent_at, SERVER_PUSH_AGAIN_MS))
		return;
	p->push_sent_at = now->mono_ms ? now->mono_ms : 1;
	send_reply(p);
}

void peer_push_token(struct server_peer *p, const struct now *now)
{
	const struct config_server *c = &p->server->cfg->server;
	struct str text = str_init();

	if (p->token_at <= now->mono_ms) {
		p->token_at = time_after(now->mono_ms, 1000ull * c->auth_token_renewal_sec);
		if (auth_token_issue(&p->server->tokens, &p->token_session, p->user ? p->user : "",
				     now->unix_sec, &p->server->app->rng, p->token) < 0)
			log_warn(&p->log, "cannot make an auth-token");
	}
	if (p->token[0]) {
		str_addf(&text, "PUSH_REPLY,auth-token %s", p->token);
		peer_send(p, now, str_text(&text));
	}
	str_fini(&text);
}

/* ---- messages ---- */

static void on_push(struct server_peer *p, const struct now *now, const char *text)
{
	const char *items;

	if (push_classify(text, &items) != PUSH_REQUEST) {
		log_warn(&p->log, "WARNING: Received bad push/pull message: %s", text);
		return;
	}
	log_info(&p->log, 3, "PUSH: Received control message: '%s'", text);
	p->push_requested = true;
	peer_auth_timer(p, now);
	if (p->state == PEER_FAILED)
		peer_refuse(p, now, p->reason);
	else
		peer_push_request(p, now);
}

void peer_message(struct server_peer *p, const struct now *now, const char *text)
{
	enum control_msg_type type = control_msg_classify(text);

	switch (type) {
	case CONTROL_MSG_PUSH:
		on_push(p, now, text);
		break;
	case CONTROL_MSG_EXIT:
		log_info(&p->log, 1, "CC-EEN exit message received by peer");
		peer_schedule_exit(p, now->mono_ms);
		break;
	case CONTROL_MSG_AUTH_FAILED:
		log_info(&p->log, 0, "AUTH: Received control message: %s", text);
		break;
	case CONTROL_MSG_INFO_PRE:
	case CONTROL_MSG_INFO:
		log_info(&p->log, 1, "Info command was pushed by server ('%s')",
			 control_msg_payload(text, type));
		break;
	case CONTROL_MSG_CR_RESPONSE:
		peer_response(p, control_msg_payload(text, type));
		break;
	case CONTROL_MSG_RESTART:
	case CONTROL_MSG_HALT:
	case CONTROL_MSG_AUTH_PENDING:
		break; /* for clients only */
	case CONTROL_MSG_UNKNOWN:
		log_warn(&p->log, "WARNING: Received unknown control message: %s", text);
		break;
	}
}
