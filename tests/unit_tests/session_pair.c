/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "session_pair.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/err.h"
#include "certs.h"
#include "proto/constants.h"

static int pair_key_text(void *ctx, uint8_t key_id UNUSED, struct session_key_text *text)
{
	*text = ((struct pair_end *)ctx)->text;
	return 0;
}

static void pair_log(void *ctx, const struct log_line *line)
{
	struct pair_end *e = ctx;
	size_t len = strlen(line->text);

	if (e->log_len + len + 2 > PAIR_LOG)
		e->log_len = 0;
	memcpy(e->log + e->log_len, line->text, len);
	e->log_len += len;
	e->log[e->log_len++] = '\n';
	e->log[e->log_len] = 0;
}

static struct tls_ctx *pair_tls(enum tls_role role, const char *ca)
{
	const struct tls_ctx_config cfg = {
		.role = role,
		.ca = {.text = ca ? ca : sim_ca},
		.cert = {.text = role == TLS_SERVER ? sim_server_cert : sim_client_cert},
		.key = {.text = role == TLS_SERVER ? sim_server_key : sim_client_key},
	};
	const struct log no_log = {0};
	struct tls_ctx *ctx = NULL;
	struct err err;

	assert_int_equal(tls_ctx_new(&cfg, &no_log, &ctx, &err), 0);
	return ctx;
}

static void pair_wraps(struct pair *p, enum pair_wrap wrap)
{
	struct wrap_options client = {0}, server = {.tls_server = true};
	struct crypt_v2_server_key server_key = {{9}};
	struct crypt_v2_client_key client_key;
	struct static_key key;

	for (size_t i = 0; i < sizeof(key.k); i++)
		key.k[i] = (uint8_t)(i + 1);
	client_key.kc = key;
	if (wrap == PAIR_AUTH || wrap == PAIR_CRYPT) {
		client.kind = server.kind = wrap == PAIR_AUTH ? WRAP_AUTH : WRAP_CRYPT;
		client.key = server.key = &key;
		client.digest = server.digest = DIGEST_SHA256;
	} else if (wrap == PAIR_V2) {
		assert_int_equal(
			wkc_wrap(&server_key, &key, NULL, 0, client_key.wkc, &client_key.wkc_len),
			0);
		client.v2_client = &client_key;
		server.v2_server = &server_key;
	}
	assert_int_equal(wrap_config_new(&client, &p->client.wrap), 0);
	assert_int_equal(wrap_config_new(&server, &p->server.wrap), 0);
}

static void end_init(struct pair *p, struct pair_end *e, const struct pair_options *opt)
{
	bool server = e == &p->server;

	e->pair = p;
	e->cfg.mode = opt->p2p ? SESSION_P2P : server ? SESSION_P2MP_SERVER : SESSION_PULL_CLIENT;
	e->cfg.transport = opt->tcp ? SESSION_TCP : SESSION_UDP;
	e->cfg.tls_server = server;
	e->cfg.wrap = e->wrap;
	e->cfg.tls = e->tls;
	e->hooks.key_text = pair_key_text;
	e->hooks.ctx = e;
	e->text.options = server ? "V4,tls-server" : "V4,tls-client";
	e->verdict = SESSION_AUTH_OK;
	e->negotiated.tls_ekm = true;
	e->sink = log_sink_new();
	log_sink_set_verb(e->sink, 3);
	log_sink_set_observer(e->sink, pair_log, e);
	if (opt->ipv6) {
		e->addr.in6.sin6_family = AF_INET6;
		e->addr.in6.sin6_addr.s6_addr[15] = server ? 1 : 2;
	} else {
		e->addr.in4.sin_family = AF_INET;
		e->addr.in4.sin_addr.s_addr = htonl(server ? 0x0a000001 : 0x0a000002);
	}
	sock_addr_set_port(&e->addr, server ? 1194 : 40000);
}

struct pair *pair_new(const struct pair_options *opt)
{
	struct pair *p = calloc(1, sizeof(*p));
	const struct stateless_config stateless = {.hand_window_sec = 60};
	struct stateless_config cfg = stateless;
	const struct log no_log = {0};

	assert_non_null(p);
	p->now = (struct now){.mono_ms = 10000, .unix_sec = 1711276032};
	p->seed.state = 42;
	p->rng = rng_seeded(&p->seed);
	p->sent = calloc(PAIR_PACKETS, sizeof(*p->sent));
	assert_non_null(p->sent);
	pair_wraps(p, opt->wrap);
	p->client.tls = pair_tls(TLS_CLIENT, opt->client_ca);
	p->server.tls = pair_tls(TLS_SERVER, NULL);
	end_init(p, &p->client, opt);
	end_init(p, &p->server, opt);
	cfg.wrap = p->server.wrap;
	if (!opt->tcp && !opt->p2p)
		p->stateless = stateless_new(&cfg, &no_log, &p->rng);
	return p;
}

static struct log end_log(const struct pair_end *e)
{
	return log_init(e->sink, "");
}

void pair_start(struct pair *p)
{
	struct log client_log = end_log(&p->client), server_log = end_log(&p->server);

	if (!p->stateless) {
		p->server.s =
			session_new(&p->server.cfg, &p->server.hooks, &server_log, &p->rng, p->now);
		assert_non_null(p->server.s);
		session_start(p->server.s, p->now, &p->client.addr);
	}
	p->client.s = session_new(&p->client.cfg, &p->client.hooks, &client_log, &p->rng, p->now);
	assert_non_null(p->client.s);
	session_start(p->client.s, p->now, &p->server.addr);
}

static void end_free(struct pair_end *e)
{
	session_free(e->s);
	tls_ctx_free(e->tls);
	wrap_config_free(e->wrap);
	log_sink_free(e->sink);
}

void pair_free(struct pair *p)
{
	end_free(&p->client);
	end_free(&p->server);
	stateless_free(p->stateless);
	free(p->sent);
	free(p);
}

static void end_event(struct pair_end *e, const struct session_event *ev)
{
	struct session_event *copy = &e->events[e->n_events++];

	assert_true(e->n_events < PAIR_EVENTS);
	*copy = *ev;
	copy->peer.username = copy->peer.password = copy->peer.options = copy->peer.peer_info =
		NULL;
	copy->message = NULL;
	copy->key_block = NULL;
	switch (ev->type) {
	case SESSION_EV_PEER_KEY_METHOD:
		snprintf(e->username, sizeof(e->username), "%s",
			 ev->peer.username ? ev->peer.username : "");
		if (e->cfg.tls_server)
			session_auth(e->s, e->pair->now, ev->key_serial, e->verdict);
		break;
	case SESSION_EV_ACTIVE:
		if (ev->key_id == 0 && !e->manual_options)
			session_options_done(e->s, e->pair->now, &e->negotiated);
		break;
	case SESSION_EV_CONTROL_MESSAGE:
		assert_true(e->n_messages < PAIR_MESSAGES);
		snprintf(e->messages[e->n_messages++], sizeof(e->messages[0]), "%s", ev->message);
		break;
	case SESSION_EV_KEY_READY:
		memcpy(e->key_block[ev->key_id], ev->key_block, SESSION_KEY_BLOCK_LEN);
		e->seal[ev->key_id] = ev->slices.seal_cipher[0];
		e->open[ev->key_id] = ev->slices.open_cipher[0];
		break;
	case SESSION_EV_FAILED:
		e->failed = true;
		break;
	default:
		break;
	}
}

void end_drain(struct pair_end *e)
{
	struct session_event ev;

	while (e->s && session_next_event(e->s, &ev))
		end_event(e, &ev);
}

int pair_inject(struct pair *p, struct pair_end *to, const void *data, size_t len)
{
	const union sock_addr *from = to == &p->server ? &p->client.addr : &p->server.addr;
	struct log log = end_log(to);

	if (!to->s && p->stateless) {
		struct stateless_verdict *v = malloc(sizeof(*v));

		assert_non_null(v);
		stateless_input(p->stateless, p->now, from, data, len, v);
		if (v->action == STATELESS_REPLY && !p->drop_from_server) {
			struct pair_packet *sent = &p->sent[p->n_sent++];

			sent->from_server = true;
			sent->len = v->reply_len;
			memcpy(sent->data, v->reply, v->reply_len);
			(void)pair_inject(p, &p->client, v->reply, v->reply_len);
		} else if (v->action == STATELESS_CREATE) {
			to->s = session_new_from_cookie(&to->cfg, &to->hooks, &log, &p->rng, p->now,
							v);
		}
		free(v);
	}
	if (!to->s)
		return ERR_NOT_FOUND;
	to->last_input = session_input(to->s, p->now, from, data, len);
	end_drain(to);
	return to->last_input;
}

size_t pair_step(struct pair *p, struct pair_end *from)
{
	bool server = from == &p->server;
	struct session_packet *packet = malloc(sizeof(*packet));
	size_t n = 0;

	assert_non_null(packet);
	end_drain(from);
	while (from->s && session_output(from->s, p->now, packet)) {
		struct pair_packet *sent = &p->sent[p->n_sent++];

		assert_true(p->n_sent < PAIR_PACKETS);
		sent->from_server = server;
		sent->len = packet->len;
		memcpy(sent->data, packet->data, packet->len);
		n++;
		if (server ? p->drop_from_server : p->drop_from_client)
			continue;
		(void)pair_inject(p, server ? &p->client : &p->server, packet->data, packet->len);
		end_drain(from);
	}
	free(packet);
	return n;
}

void pair_exchange(struct pair *p)
{
	while (pair_step(p, &p->client) + pair_step(p, &p->server) > 0)
		;
}

static uint64_t pair_deadline(const struct pair *p)
{
	uint64_t t = TIME_NEVER;

	if (p->client.s)
		t = session_deadline(p->client.s);
	if (p->server.s)
		t = time_min(t, session_deadline(p->server.s));
	return t;
}

void pair_advance(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now.mono_ms + ms;

	for (;;) {
		uint64_t t = pair_deadline(p);

		t = time_min(t < p->now.mono_ms ? p->now.mono_ms : t, end);
		p->now.unix_sec += t / 1000 - p->now.mono_ms / 1000;
		p->now.mono_ms = t;
		if (p->client.s)
			session_timer(p->client.s, p->now);
		if (p->server.s)
			session_timer(p->server.s, p->now);
		pair_exchange(p);
		if (t == end)
			return;
	}
}

void pair_connect(struct pair *p)
{
	pair_start(p);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	assert_memory_equal(p->client.key_block[0], p->server.key_block[0], SESSION_KEY_BLOCK_LEN);
}

void pair_forget(struct pair *p)
{
	p->n_sent = 0;
}

size_t end_saw(const struct pair_end *e, enum session_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_events; i++)
		n += e->events[i].type == type;
	return n;
}

const struct session_event *end_last(const struct pair_end *e, enum session_event_type type)
{
	for (size_t i = e->n_events; i > 0; i--)
		if (e->events[i - 1].type == type)
			return &e->events[i - 1];
	return NULL;
}

bool end_logged(const struct pair_end *e, const char *text)
{
	return strstr(e->log, text) != NULL;
}
