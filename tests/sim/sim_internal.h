/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the simulator, shared by sim_net.c, sim_node.c and sim_world.c. */
#pragma once

#include "base/addr.h"
#include "base/log.h"
#include "base/random.h"
#include "proto/auth_token.h"
#include "proto/session.h"
#include "proto/stateless.h"
#include "proto/wrap.h"
#include "sim.h"
#include "tls/tls.h"

enum {
	SIM_KEYS = 8,
	SIM_FINGERPRINT = 8,
	SIM_PING_SEC = 10,
	SIM_PING_RESTART_SEC = 60,
};

/* A data key as the daemon would hold it. */
struct sim_key {
	uint32_t serial; /* 0: free */
	uint8_t key_id;
	uint8_t seal[SIM_FINGERPRINT], open[SIM_FINGERPRINT];
};

/* One end: a client, or what the server has for one. */
struct sim_node {
	struct sim *sim;
	struct sim_node *next; /* of the server's instances */
	bool is_server;
	unsigned int index; /* of the client */
	uint32_t serial;    /* instance number, for the trace */
	union sock_addr own, peer;
	struct session *session; /* NULL while down */
	struct sim_key keys[SIM_KEYS];
	uint32_t sending; /* serial */
	bool optioned;
	bool refused;
	unsigned int hellos; /* messages of the other side after the connection came up */
	uint64_t heard_ms, restart_ms, push_ms, data_ms, hello_ms;
	uint64_t auth_ms; /* answer a pending authentication then */
	uint32_t auth_serial;
	char token[AUTH_TOKEN_LEN + 1]; /* that the client has, that the server gave last */
	struct auth_token_session token_session;
};

/* A packet on its way. */
struct sim_flight {
	uint64_t arrives_ms;
	uint64_t order;
	union sock_addr from, to;
	bool is_data;
	uint8_t key_id;
	uint8_t fingerprint[SIM_FINGERPRINT];
	size_t len;
	uint8_t *bytes;
};

struct sim {
	struct sim_options opt;
	struct sim_stats stats;
	struct rng_seed net_seed, node_seed;
	struct rng net_rng, node_rng;
	struct log log;
	struct log_sink *sink;
	uint64_t mono_ms;
	int64_t wall_offset_sec;
	struct tls_ctx *client_tls, *server_tls;
	char crl_path[sizeof("/tmp/sim-crl.XXXXXX")]; /* "" when unused */
	struct auth_token_config tokens;
	struct wrap_config *client_wrap, *server_wrap;
	struct session_config client_cfg, server_cfg;
	struct stateless *stateless;
	struct sim_node *clients; /* n_clients */
	struct sim_node *instances;
	uint32_t next_instance;
	struct sim_flight *flights;
	size_t n_flights, cap_flights;
	uint64_t next_order;
	uint64_t stream_ms[2]; /* TCP: last arrival in each direction */
};

struct now sim_now(const struct sim *sim);
void sim_trace(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sim_net.c */
void net_send(struct sim *sim, const struct sim_flight *f);
/** net_next() - arrival of the next packet, TIME_NEVER when none is on its way */
uint64_t net_next(const struct sim *sim);
bool net_take(struct sim *sim, struct sim_flight *out);
/** net_forget() - packets to and from this address are lost (a closed stream) */
void net_forget(struct sim *sim, const union sock_addr *client);
void net_free(struct sim *sim);

/* sim_node.c */
void node_start_client(struct sim_node *node);
struct sim_node *node_new_instance(struct sim *sim, const union sock_addr *client,
				   const struct stateless_verdict *verdict);
void node_stop(struct sim_node *node);
void node_receive(struct sim_node *node, const struct sim_flight *f);
uint64_t node_deadline(const struct sim_node *node);
void node_timer(struct sim_node *node);
/** node_drain() - events and packets that wait. The node may be without a session after it. */
void node_drain(struct sim_node *node);
bool node_has_key(const struct sim_node *node, uint8_t key_id, const uint8_t *open);
const struct sim_key *node_sending(const struct sim_node *node);
