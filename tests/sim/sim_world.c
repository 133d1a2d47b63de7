/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_internal.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "certs.h"
#include "proto/constants.h"
#include "proto/packet.h"

#define SIM_EPOCH 1711276032ULL /* wall clock at the start */

struct now sim_now(const struct sim *sim)
{
	return (struct now){
		.mono_ms = sim->mono_ms,
		.unix_sec = (uint64_t)((int64_t)(SIM_EPOCH + sim->mono_ms / 1000) +
				       sim->wall_offset_sec),
	};
}

/* FNV-1a over all lines: two runs of a seed must give the same. */
void sim_trace(struct sim *sim, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sim->stats.trace_hash = (sim->stats.trace_hash ^ sim->mono_ms) * 0x100000001b3ULL;
	for (const char *p = line; *p; p++)
		sim->stats.trace_hash =
			(sim->stats.trace_hash ^ (unsigned char)*p) * 0x100000001b3ULL;
	if (sim->opt.trace)
		printf("%9.3f %s\n", (double)sim->mono_ms / 1000, line);
}

void sim_set_crl(struct sim *sim, enum sim_crl crl)
{
	static const char *const texts[] = {
		[SIM_CRL_NOBODY] = sim_crl_none,
		[SIM_CRL_OTHER] = sim_crl_other,
		[SIM_CRL_CLIENT] = sim_crl_client,
	};
	FILE *f = fopen(sim->crl_path, "w");

	if (!f || fputs(texts[crl], f) < 0 || fclose(f)) {
		perror(sim->crl_path);
		abort();
	}
}

static void make_crl(struct sim *sim)
{
	int fd;

	if (sim->opt.crl == SIM_CRL_UNUSED)
		return;
	strcpy(sim->crl_path, "/tmp/sim-crl.XXXXXX");
	fd = mkstemp(sim->crl_path);
	if (fd < 0)
		abort();
	close(fd);
	sim_set_crl(sim, sim->opt.crl);
}

static int make_tls(struct sim *sim, enum tls_role role, struct tls_ctx **out)
{
	struct tls_ctx_config cfg = {
		.role = role,
		.ca = {.text = sim_ca},
		.cert = {.text = role == TLS_SERVER ? sim_server_cert : sim_client_cert},
		.key = {.text = role == TLS_SERVER ? sim_server_key : sim_client_key},
		.version_max = sim->opt.tls12 ? TLS_VERSION_1_2 : TLS_VERSION_DEFAULT,
		.groups = "X25519", /* one length, and quick */
	};
	struct err err;

	if (role == TLS_SERVER && sim->crl_path[0])
		cfg.crl.path = sim->crl_path;
	if (tls_ctx_new(&cfg, &sim->log, out, &err) == 0)
		return 0;
	fprintf(stderr, "simulator: %s\n", err.text);
	return -1;
}

static int make_wraps(struct sim *sim)
{
	struct wrap_options client = {0}, server = {.tls_server = true};
	struct crypt_v2_server_key server_key;
	struct crypt_v2_client_key client_key;
	struct static_key key;

	rng_fill(&sim->node_rng, key.k, sizeof(key.k));
	rng_fill(&sim->node_rng, server_key.s, sizeof(server_key.s));
	switch (sim->opt.wrap) {
	case SIM_WRAP_AUTH:
		client.kind = server.kind = WRAP_AUTH;
		client.key = server.key = &key;
		client.digest = server.digest = DIGEST_SHA256;
		client.direction = KEY_DIR_INVERSE;
		server.direction = KEY_DIR_NORMAL;
		break;
	case SIM_WRAP_CRYPT:
		client.kind = server.kind = WRAP_CRYPT;
		client.key = server.key = &key;
		break;
	case SIM_WRAP_V2:
		client_key.kc = key;
		if (wkc_wrap(&server_key, &key, NULL, 0, client_key.wkc, &client_key.wkc_len) < 0)
			return -1;
		client.v2_client = &client_key;
		server.v2_server = &server_key;
		break;
	default:
		return 0;
	}
	if (wrap_config_new(&client, &sim->client_wrap) < 0)
		return -1;
	return wrap_config_new(&server, &sim->server_wrap) < 0 ? -1 : 0;
}

static void make_configs(struct sim *sim)
{
	const struct session_config common = {
		.mode = SESSION_P2P,
		.transport = sim->opt.tcp ? SESSION_TCP : SESSION_UDP,
		.hand_window_sec = sim->opt.hand_window_sec,
		.tran_window_sec = sim->opt.tran_window_sec,
		.max_packet_size = sim->opt.max_packet_size,
	};

	sim->client_cfg = common;
	sim->client_cfg.wrap = sim->client_wrap;
	sim->client_cfg.tls = sim->client_tls;
	sim->client_cfg.reneg_sec = sim->opt.client_reneg_sec;
	sim->server_cfg = common;
	sim->server_cfg.tls_server = true;
	sim->server_cfg.wrap = sim->server_wrap;
	sim->server_cfg.tls = sim->server_tls;
	sim->server_cfg.reneg_sec = sim->opt.server_reneg_sec;
	sim->server_cfg.userpass = SESSION_USERPASS_REQUIRED;
	if (sim->opt.p2p)
		return;
	sim->client_cfg.mode = SESSION_PULL_CLIENT;
	sim->server_cfg.mode = SESSION_P2MP_SERVER;
}

static int make_stateless(struct sim *sim)
{
	const struct stateless_config cfg = {
		.wrap = sim->server_wrap,
		.hand_window_sec = sim->opt.hand_window_sec ? sim->opt.hand_window_sec : 60,
		.initial_count = CONNECT_FREQ_INITIAL_COUNT,
		.initial_sec = CONNECT_FREQ_INITIAL_SEC,
	};

	sim->stateless = stateless_new(&cfg, &sim->log, &sim->node_rng);
	return sim->stateless ? 0 : -1;
}

static union sock_addr make_addr(const struct sim *sim, unsigned int host, uint16_t port)
{
	union sock_addr a;

	memset(&a, 0, sizeof(a));
	if (sim->opt.ipv6) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_addr.s6_addr[0] = 0xfd;
		a.in6.sin6_addr.s6_addr[15] = (uint8_t)host;
	} else {
		a.in4.sin_family = AF_INET;
		a.in4.sin_addr.s_addr = htonl(0x0a000000U + host);
	}
	sock_addr_set_port(&a, port);
	return a;
}

struct sim *sim_new(const struct sim_options *opt)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return NULL;
	sim->opt = *opt;
	sim->stats.trace_hash = 0xcbf29ce484222325ULL;
	sim->mono_ms = 1000;
	sim->net_seed.state = opt->seed;
	sim->node_seed.state = ~opt->seed;
	sim->net_rng = rng_seeded(&sim->net_seed);
	sim->node_rng = rng_seeded(&sim->node_seed);
	if (opt->log) {
		sim->sink = log_sink_new();
		log_sink_set_verb(sim->sink, 4);
	}
	sim->log = log_init(sim->sink, "");
	sim->clients = calloc(opt->n_clients, sizeof(*sim->clients));
	make_crl(sim);
	sim->tokens.renewal_sec = 60;
	if (opt->tokens)
		rng_fill(&sim->node_rng, sim->tokens.key, sizeof(sim->tokens.key));
	if (!sim->clients || make_tls(sim, TLS_CLIENT, &sim->client_tls) < 0 ||
	    make_tls(sim, TLS_SERVER, &sim->server_tls) < 0 || make_wraps(sim) < 0) {
		sim_free(sim);
		return NULL;
	}
	make_configs(sim);
	if (make_stateless(sim) < 0) {
		sim_free(sim);
		return NULL;
	}
	for (unsigned int i = 0; i < opt->n_clients; i++) {
		sim->clients[i].sim = sim;
		sim->clients[i].index = i;
		sim->clients[i].own = make_addr(sim, 2 + i, (uint16_t)(40000 + i));
		sim->clients[i].peer = make_addr(sim, 1, 1194);
	}
	if (opt->p2p)
		(void)!node_new_instance(sim, &sim->clients[0].own, NULL);
	for (unsigned int i = 0; i < opt->n_clients; i++)
		node_start_client(&sim->clients[i]);
	return sim;
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	for (unsigned int i = 0; sim->clients && i < sim->opt.n_clients; i++)
		session_free(sim->clients[i].session);
	while (sim->instances) {
		struct sim_node *next = sim->instances->next;

		session_free(sim->instances->session);
		free(sim->instances);
		sim->instances = next;
	}
	net_free(sim);
	free(sim->clients);
	stateless_free(sim->stateless);
	wrap_config_free(sim->client_wrap);
	wrap_config_free(sim->server_wrap);
	tls_ctx_free(sim->client_tls);
	tls_ctx_free(sim->server_tls);
	if (sim->crl_path[0])
		unlink(sim->crl_path);
	log_sink_free(sim->sink);
	free(sim);
}

static struct sim_node *find_instance(const struct sim *sim, const union sock_addr *client)
{
	for (struct sim_node *n = sim->instances; n; n = n->next)
		if (n->session && sock_addr_equal(&n->peer, client))
			return n;
	return NULL;
}

/* Data packets find their instance by peer-id, here by their key. */
static struct sim_node *find_by_key(const struct sim *sim, const struct sim_flight *f)
{
	for (struct sim_node *n = sim->instances; n; n = n->next)
		if (n->session && node_has_key(n, f->key_id, f->fingerprint))
			return n;
	return NULL;
}

static void server_receive(struct sim *sim, const struct sim_flight *f)
{
	struct sim_node *node = find_instance(sim, &f->from);
	struct stateless_verdict *v;

	if (f->is_data && find_by_key(sim, f))
		node = find_by_key(sim, f);
	if (node) {
		node_receive(node, f);
		return;
	}
	if (f->is_data || sim->opt.tcp || sim->opt.p2p)
		return;
	v = malloc(sizeof(*v));
	if (!v)
		abort();
	stateless_input(sim->stateless, sim_now(sim), &f->from, f->bytes, f->len, v);
	if (v->action == STATELESS_REPLY) {
		struct sim_flight reply = {
			.from = f->to, .to = f->from, .len = v->reply_len, .bytes = v->reply};

		net_send(sim, &reply);
	} else if (v->action != STATELESS_DROP) {
		node_receive(node_new_instance(sim, &f->from, v), f);
	}
	free(v);
}

static void deliver(struct sim *sim, const struct sim_flight *f)
{
	if (sock_addr_port(&f->to) == 1194) {
		server_receive(sim, f);
		return;
	}
	for (unsigned int i = 0; i < sim->opt.n_clients; i++)
		if (sock_addr_equal(&sim->clients[i].own, &f->to))
			node_receive(&sim->clients[i], f);
}

/* Instances without a session are gone; a p2p server comes back, a stream takes both ends down. */
static void bury(struct sim *sim)
{
	struct sim_node **link = &sim->instances;
	bool revive = false;

	while (*link) {
		struct sim_node *node = *link;

		if (node->session) {
			link = &node->next;
			continue;
		}
		*link = node->next;
		if (sim->opt.tcp) {
			net_forget(sim, &node->peer);
			for (unsigned int i = 0; i < sim->opt.n_clients; i++)
				if (sock_addr_equal(&sim->clients[i].own, &node->peer) &&
				    sim->clients[i].restart_ms == TIME_NEVER)
					sim->clients[i].restart_ms = sim->mono_ms + 1000;
		}
		revive = revive || sim->opt.p2p;
		free(node);
	}
	if (revive)
		(void)!node_new_instance(sim, &sim->clients[0].own, NULL);
}

/* The client's end of a stream was closed. */
static void close_streams(struct sim *sim)
{
	if (!sim->opt.tcp)
		return;
	for (unsigned int i = 0; i < sim->opt.n_clients; i++) {
		struct sim_node *peer;

		if (sim->clients[i].session && sim->clients[i].restart_ms > sim->mono_ms)
			continue;
		peer = find_instance(sim, &sim->clients[i].own);
		net_forget(sim, &sim->clients[i].own);
		if (peer)
			node_stop(peer);
	}
	bury(sim);
}

static uint64_t next_event_ms(const struct sim *sim)
{
	uint64_t t = net_next(sim);

	for (unsigned int i = 0; i < sim->opt.n_clients; i++)
		t = time_min(t, node_deadline(&sim->clients[i]));
	for (const struct sim_node *n = sim->instances; n; n = n->next)
		t = time_min(t, node_deadline(n));
	return t;
}

static void run_timers(struct sim *sim)
{
	close_streams(sim);
	for (unsigned int i = 0; i < sim->opt.n_clients; i++)
		if (node_deadline(&sim->clients[i]) <= sim->mono_ms)
			node_timer(&sim->clients[i]);
	for (struct sim_node *n = sim->instances; n; n = n->next)
		if (node_deadline(n) <= sim->mono_ms)
			node_timer(n);
	bury(sim);
}

void sim_run(struct sim *sim, uint32_t sec)
{
	uint64_t end = sim->mono_ms + (uint64_t)sec * 1000, last = 0;
	unsigned int same = 0;

	for (;;) {
		uint64_t t = next_event_ms(sim);
		struct sim_flight f;

		if (t > end)
			break;
		if (t > sim->mono_ms)
			sim->mono_ms = t;
		while (net_take(sim, &f)) {
			deliver(sim, &f);
			free(f.bytes);
		}
		run_timers(sim);
		same = last == sim->mono_ms ? same + 1 : 0;
		last = sim->mono_ms;
		if (same > 100000) {
			fprintf(stderr, "simulator: time stands still at %llu ms (seed %llu)\n",
				(unsigned long long)last, (unsigned long long)sim->opt.seed);
			abort();
		}
	}
	sim->mono_ms = end;
}

void sim_set_net(struct sim *sim, unsigned int loss_permille, unsigned int dup_permille,
		 unsigned int corrupt_permille)
{
	sim->opt.loss_permille = loss_permille;
	sim->opt.dup_permille = dup_permille;
	sim->opt.corrupt_permille = corrupt_permille;
}

void sim_restart_client(struct sim *sim, unsigned int client)
{
	struct sim_node *node = &sim->clients[client];

	sim_trace(sim, "client/%u is killed", client);
	sim->stats.client_restarts++;
	if (sim->opt.tcp) {
		node->restart_ms = sim->mono_ms;
		return;
	}
	node_stop(node);
	node_start_client(node);
}

void sim_restart_server(struct sim *sim)
{
	sim_trace(sim, "server is killed");
	for (struct sim_node *n = sim->instances; n; n = n->next)
		node_stop(n);
	bury(sim);
	stateless_free(sim->stateless);
	sim->stateless = NULL;
	if (make_stateless(sim) < 0)
		abort();
}

void sim_jump_clock(struct sim *sim, int64_t sec)
{
	sim_trace(sim, "clock jumps by %lld", (long long)sec);
	sim->wall_offset_sec += sec;
}

void sim_renegotiate(struct sim *sim, unsigned int client, bool by_server)
{
	struct sim_node *node = &sim->clients[client];

	if (by_server)
		node = find_instance(sim, &node->own);
	if (!node || !node->session)
		return;
	if (session_renegotiate(node->session, sim_now(sim), NULL) == 0)
		node_drain(node);
}

void sim_float_client(struct sim *sim, unsigned int client)
{
	struct sim_node *node = &sim->clients[client];

	sock_addr_set_port(&node->own, (uint16_t)(sock_addr_port(&node->own) + 1000));
	sim_trace(sim, "client/%u floats to port %u", client, sock_addr_port(&node->own));
	node->data_ms = sim->mono_ms;
}

const char *sim_why_not(const struct sim *sim, unsigned int client)
{
	const struct sim_node *c = &sim->clients[client];
	const struct sim_node *s = find_instance(sim, &c->own);
	const struct sim_key *up = node_sending(c), *down = s ? node_sending(s) : NULL;

	if (!c->session)
		return "the client is down";
	if (!s)
		return "the server does not know the client";
	if (!up || !down)
		return "an end has no key to send with";
	if (!node_has_key(s, up->key_id, up->seal))
		return "the server lacks the key that the client sends with";
	if (!node_has_key(c, down->key_id, down->seal))
		return "the client lacks the key that the server sends with";
	if (!c->hellos || !s->hellos)
		return "control messages do not arrive";
	return NULL;
}

bool sim_connected(const struct sim *sim, unsigned int client)
{
	return sim_why_not(sim, client) == NULL;
}

bool sim_connected_all(const struct sim *sim)
{
	for (unsigned int i = 0; i < sim->opt.n_clients; i++)
		if (!sim_connected(sim, i))
			return false;
	return true;
}

unsigned int sim_instances(const struct sim *sim)
{
	unsigned int n = 0;

	for (const struct sim_node *node = sim->instances; node; node = node->next)
		n += node->session != NULL;
	return n;
}

int sim_client_key_id(const struct sim *sim, unsigned int client)
{
	const struct sim_key *k = node_sending(&sim->clients[client]);

	return k ? k->key_id : -1;
}

const struct sim_stats *sim_stats(const struct sim *sim)
{
	return &sim->stats;
}

uint64_t sim_now_ms(const struct sim *sim)
{
	return sim->mono_ms;
}
