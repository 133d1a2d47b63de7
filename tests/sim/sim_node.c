/* SPDX-License-Identifier: GPL-2.0-only */
/* What a daemon would do around one session: options, keys, pings, restarts. */
#include "sim_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "proto/constants.h"

static const char *node_name(const struct sim_node *node, char buf[24])
{
	if (node->is_server)
		snprintf(buf, 24, "server/%u#%u", node->index, node->serial);
	else
		snprintf(buf, 24, "client/%u", node->index);
	return buf;
}

#define trace(node, fmt, ...)                                                             \
	do {                                                                              \
		char name_[24];                                                           \
		sim_trace((node)->sim, "%s " fmt, node_name(node, name_), ##__VA_ARGS__); \
	} while (0)

static int key_text(void *ctx, uint8_t key_id, struct session_key_text *text)
{
	const struct sim_node *node = ctx;

	(void)key_id;
	text->options =
		node->is_server ? "V4,dev-type tun,tls-server" : "V4,dev-type tun,tls-client";
	if (!node->is_server) {
		text->username = "user";
		text->password = node->token[0] ? node->token : "secret";
		text->peer_info = "IV_VER=2.7.0\nIV_PROTO=990\n";
	}
	return 0;
}

static struct log node_log(const struct sim_node *node)
{
	char name[24], prefix[32];

	snprintf(prefix, sizeof(prefix), "%s ", node_name(node, name));
	return log_init(node->sim->sink, prefix);
}

static void node_reset(struct sim_node *node)
{
	struct now now = sim_now(node->sim);

	memset(node->keys, 0, sizeof(node->keys));
	node->sending = 0;
	node->optioned = false;
	node->hellos = 0;
	node->heard_ms = now.mono_ms;
	node->restart_ms = TIME_NEVER;
	node->push_ms = TIME_NEVER;
	node->data_ms = TIME_NEVER;
	node->hello_ms = TIME_NEVER;
	node->auth_ms = TIME_NEVER;
}

static struct session_hooks node_hooks(struct sim_node *node)
{
	return (struct session_hooks){.key_text = key_text, .ctx = node};
}

void node_start_client(struct sim_node *node)
{
	struct sim *sim = node->sim;
	struct session_hooks hooks = node_hooks(node);
	struct log log = node_log(node);

	node_reset(node);
	trace(node, "starts");
	if (sim->opt.tcp && !sim->opt.p2p)
		(void)!node_new_instance(sim, &node->own, NULL);
	node->session = session_new(&sim->client_cfg, &hooks, &log, &sim->node_rng, sim_now(sim));
	if (!node->session)
		abort();
	session_start(node->session, sim_now(sim), &node->peer);
	node_drain(node);
}

struct sim_node *node_new_instance(struct sim *sim, const union sock_addr *client,
				   const struct stateless_verdict *verdict)
{
	struct sim_node *node = calloc(1, sizeof(*node));
	struct session_hooks hooks = node_hooks(node);
	struct log log;

	if (!node)
		abort();
	node->sim = sim;
	node->is_server = true;
	node->peer = *client;
	node->own = sim->clients[0].peer;
	node->index = (unsigned int)(sock_addr_port(client) % 1000);
	node->serial = sim->next_instance++;
	node_reset(node);
	node->next = sim->instances;
	sim->instances = node;
	log = node_log(node);
	trace(node, "created%s", verdict ? " by cookie" : "");
	if (verdict && verdict->action == STATELESS_CREATE)
		node->session = session_new_from_cookie(&sim->server_cfg, &hooks, &log,
							&sim->node_rng, sim_now(sim), verdict);
	else
		node->session =
			session_new(&sim->server_cfg, &hooks, &log, &sim->node_rng, sim_now(sim));
	if (!node->session)
		abort();
	if (sim->opt.tcp || sim->opt.p2p)
		session_start(node->session, sim_now(sim), client);
	node_drain(node);
	return node;
}

void node_stop(struct sim_node *node)
{
	session_free(node->session);
	node->session = NULL;
	node_reset(node);
}

static struct sim_key *find_key(struct sim_node *node, uint32_t serial)
{
	for (size_t i = 0; i < SIM_KEYS; i++)
		if (node->keys[i].serial == serial)
			return &node->keys[i];
	return NULL;
}

bool node_has_key(const struct sim_node *node, uint8_t key_id, const uint8_t *open)
{
	for (size_t i = 0; i < SIM_KEYS; i++) {
		const struct sim_key *k = &node->keys[i];

		if (k->serial && k->key_id == key_id && !memcmp(k->open, open, SIM_FINGERPRINT))
			return true;
	}
	return false;
}

const struct sim_key *node_sending(const struct sim_node *node)
{
	return node->sending ? find_key((struct sim_node *)node, node->sending) : NULL;
}

static void install_key(struct sim_node *node, const struct session_event *ev)
{
	struct sim_key *k = find_key(node, 0);

	if (!k) {
		fprintf(stderr, "simulator: more than %d keys at once\n", SIM_KEYS);
		abort();
	}
	node->sim->stats.keys_ready++;
	k->serial = ev->key_serial;
	k->key_id = ev->key_id;
	memcpy(k->seal, ev->slices.seal_cipher, SIM_FINGERPRINT);
	memcpy(k->open, ev->slices.open_cipher, SIM_FINGERPRINT);
	if (node->data_ms == TIME_NEVER)
		node->data_ms = node->sim->mono_ms;
	if (node->hello_ms == TIME_NEVER)
		node->hello_ms = node->sim->mono_ms + 2000;
}

static void send_text(struct sim_node *node, const char *text)
{
	if (session_send_control(node->session, sim_now(node->sim), text) < 0)
		trace(node, "cannot send %s", text);
}

static void options_done(struct sim_node *node)
{
	const struct session_negotiated neg = {.tls_ekm = node->sim->opt.tls_ekm,
					       .dyn_tls_crypt = node->sim->opt.dyn_tls_crypt};

	node->optioned = true;
	node->push_ms = TIME_NEVER;
	session_options_done(node->session, sim_now(node->sim), &neg);
}

/* The token, if there are any, goes with the options and again after each renegotiation. */
static void send_reply(struct sim_node *node)
{
	char text[64 + AUTH_TOKEN_LEN] = "PUSH_REPLY";

	if (node->token[0])
		snprintf(text, sizeof(text), "PUSH_REPLY,auth-token %s", node->token);
	send_text(node, text);
}

static void take_token(struct sim_node *node, const char *text)
{
	const char *token = strstr(text, ",auth-token ");

	if (token && !str_copy(node->token, sizeof(node->token), token + strlen(",auth-token ")))
		abort();
}

/* As a server: the password, once; afterwards the token that this client was given last. */
static bool password_good(struct sim_node *node, const char *password)
{
	struct sim *sim = node->sim;
	struct str lines = str_init();
	bool good = !strcmp(password, "secret") && !node->token_session.valid;

	if (sim->opt.tokens && auth_token_looks_like(password)) {
		good = auth_token_verify(&sim->tokens, &node->token_session, "user", password,
					 sim_now(sim).unix_sec, &lines) == AUTH_TOKEN_AUTHENTICATED;
		sim->stats.tokens_accepted += good;
	}
	if (!good)
		trace(node, "refuses %s: %s", password, str_text(&lines));
	str_fini(&lines);
	if (good && sim->opt.tokens &&
	    auth_token_issue(&sim->tokens, &node->token_session, "user", sim_now(sim).unix_sec,
			     &sim->node_rng, node->token) < 0)
		abort();
	return good;
}

static void refuse(struct sim_node *node, uint32_t serial)
{
	struct now now = sim_now(node->sim);

	session_auth(node->session, now, serial, SESSION_AUTH_FAILED);
	session_refuse_new(node->session);
	send_text(node, "AUTH_FAILED");
	node->restart_ms = now.mono_ms + 5000;
}

static void on_message(struct sim_node *node, const char *text)
{
	trace(node, "message %s", text);
	if (!strcmp(text, "HELLO")) {
		node->hellos++;
	} else if (!strcmp(text, "PUSH_REQUEST") && node->is_server) {
		send_reply(node);
		options_done(node);
	} else if (str_starts(text, "PUSH_REPLY") && !node->is_server) {
		take_token(node, text);
		if (!node->optioned)
			options_done(node);
	} else if (!strcmp(text, "AUTH_FAILED")) {
		node->sim->stats.auth_failed++;
		node->refused = true;
	}
}

static void on_active(struct sim_node *node, const struct session_event *ev)
{
	if (ev->key_id != 0) {
		if (node->is_server && node->token[0])
			send_reply(node);
		return;
	}
	node->optioned = false;
	if (node->sim->opt.p2p)
		options_done(node);
	else if (!node->is_server)
		node->push_ms = node->sim->mono_ms;
}

static void on_key_method(struct sim_node *node, const struct session_event *ev)
{
	struct now now = sim_now(node->sim);

	if (!node->is_server)
		return;
	if (!ev->peer.username || strcmp(ev->peer.username, "user") || !ev->peer.password ||
	    (!node->sim->opt.tokens && strcmp(ev->peer.password, "secret"))) {
		fprintf(stderr, "simulator: credentials did not arrive\n");
		abort();
	}
	if (!password_good(node, ev->peer.password)) {
		refuse(node, ev->key_serial);
		return;
	}
	switch (node->sim->opt.auth) {
	case SIM_AUTH_OK:
		session_auth(node->session, now, ev->key_serial, SESSION_AUTH_OK);
		break;
	case SIM_AUTH_LATER:
		session_auth(node->session, now, ev->key_serial, SESSION_AUTH_PENDING);
		node->auth_ms = now.mono_ms + 1000;
		node->auth_serial = ev->key_serial;
		break;
	case SIM_AUTH_REFUSE:
		refuse(node, ev->key_serial);
		break;
	}
}

static void on_failed(struct sim_node *node, const struct session_event *ev)
{
	trace(node, "fails: %s", ev->reason);
	if (node->is_server)
		node->sim->stats.server_failures++;
	else
		node->sim->stats.client_failures++;
	node->restart_ms = node->sim->mono_ms + (node->is_server ? 0 : 1000);
}

static void on_event(struct sim_node *node, const struct session_event *ev)
{
	struct sim_key *k;

	switch (ev->type) {
	case SESSION_EV_INITIAL_PACKET:
		trace(node, "initial packet");
		break;
	case SESSION_EV_PEER_KEY_METHOD:
		trace(node, "key method kid=%u", ev->key_id);
		on_key_method(node, ev);
		break;
	case SESSION_EV_AUTH_TIMEOUT:
		trace(node, "auth timeout kid=%u", ev->key_id);
		break;
	case SESSION_EV_ACTIVE:
		trace(node, "active kid=%u%s", ev->key_id, ev->reconnect ? " again" : "");
		on_active(node, ev);
		break;
	case SESSION_EV_CONTROL_MESSAGE:
		on_message(node, ev->message);
		break;
	case SESSION_EV_KEY_READY:
		trace(node, "ready kid=%u", ev->key_id);
		install_key(node, ev);
		break;
	case SESSION_EV_KEY_SEND:
		trace(node, "sends with kid=%u", ev->key_id);
		node->sending = ev->key_serial;
		break;
	case SESSION_EV_KEY_EXPIRED:
		trace(node, "expired kid=%u", ev->key_id);
		node->sim->stats.keys_expired++;
		k = find_key(node, ev->key_serial);
		if (k)
			memset(k, 0, sizeof(*k));
		if (node->sending == ev->key_serial)
			node->sending = 0;
		break;
	case SESSION_EV_FAILED:
		on_failed(node, ev);
		break;
	}
}

static void drain_packets(struct sim_node *node)
{
	struct session_packet *packet = malloc(sizeof(*packet));

	if (!packet)
		abort();
	while (session_output(node->session, sim_now(node->sim), packet)) {
		struct sim_flight f = {.from = node->own,
				       .to = packet->to,
				       .len = packet->len,
				       .bytes = packet->data};

		net_send(node->sim, &f);
	}
	free(packet);
}

void node_drain(struct sim_node *node)
{
	struct session_event ev;

	while (session_next_event(node->session, &ev))
		on_event(node, &ev);
	drain_packets(node);
	while (session_next_event(node->session, &ev))
		on_event(node, &ev);
}

void node_receive(struct sim_node *node, const struct sim_flight *f)
{
	struct sim *sim = node->sim;

	if (!node->session)
		return;
	if (!f->is_data) {
		if (session_input(node->session, sim_now(sim), &f->from, f->bytes, f->len) == 0)
			node->heard_ms = sim->mono_ms;
		node_drain(node);
		return;
	}
	if (node_has_key(node, f->key_id, f->fingerprint)) {
		node->heard_ms = sim->mono_ms;
		sim->stats.data_good++;
		if (node->is_server && !sock_addr_equal(session_remote(node->session), &f->from)) {
			node->peer = f->from; /* authentic: the client floated */
			session_set_remote(node->session, &f->from);
		}
	} else if (node->sending) {
		trace(node, "cannot open data kid=%u", f->key_id);
		sim->stats.data_unknown_key++;
	}
}

static void send_data(struct sim_node *node)
{
	const struct sim_key *k = node_sending(node);
	uint8_t none = 0;
	struct sim_flight f = {
		.from = node->own, .to = node->peer, .is_data = true, .bytes = &none};

	node->data_ms = node->sim->mono_ms + SIM_PING_SEC * 1000 / 4;
	if (!k)
		return;
	f.key_id = k->key_id;
	memcpy(f.fingerprint, k->seal, SIM_FINGERPRINT);
	net_send(node->sim, &f);
}

uint64_t node_deadline(const struct sim_node *node)
{
	uint64_t t = node->restart_ms;

	if (!node->session)
		return t;
	if (t == TIME_NEVER && session_is_active(node->session))
		t = node->heard_ms + SIM_PING_RESTART_SEC * 1000;
	t = time_min(t, session_deadline(node->session));
	t = time_min(t, time_min(node->push_ms, node->data_ms));
	return time_min(t, time_min(node->hello_ms, node->auth_ms));
}

static void node_do_due(struct sim_node *node)
{
	struct sim *sim = node->sim;
	uint64_t now_ms = sim->mono_ms;

	if (node->push_ms <= now_ms) {
		node->push_ms = now_ms + 5000;
		send_text(node, "PUSH_REQUEST");
	}
	if (node->auth_ms <= now_ms) {
		node->auth_ms = TIME_NEVER;
		session_auth(node->session, sim_now(sim), node->auth_serial, SESSION_AUTH_OK);
	}
	if (node->hello_ms <= now_ms) {
		node->hello_ms = now_ms + 7000;
		send_text(node, "HELLO");
	}
	if (node->data_ms <= now_ms)
		send_data(node);
}

void node_timer(struct sim_node *node)
{
	struct sim *sim = node->sim;

	if (node->session && session_is_active(node->session) && node->restart_ms == TIME_NEVER &&
	    node->heard_ms + SIM_PING_RESTART_SEC * 1000 <= sim->mono_ms) {
		trace(node, "heard nothing, restarts");
		node->restart_ms = sim->mono_ms;
		return; /* streams are closed first */
	}
	if (node->restart_ms <= sim->mono_ms) {
		node_stop(node);
		if (!node->is_server && !node->refused) {
			sim->stats.client_restarts++;
			node_start_client(node);
		}
		return;
	}
	if (!node->session)
		return;
	session_timer(node->session, sim_now(sim));
	node_do_due(node);
	node_drain(node);
}
