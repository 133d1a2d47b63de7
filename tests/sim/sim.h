/* SPDX-License-Identifier: GPL-2.0-only */
/* A world of clients and one server over a virtual network, in virtual time, from a seed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum sim_wrap {
	SIM_WRAP_NONE,
	SIM_WRAP_AUTH,
	SIM_WRAP_CRYPT,
	SIM_WRAP_V2,
	SIM_WRAP_V2_OLD, /* a client of 2.5: no early negotiation */
	SIM_WRAP_KINDS
};

enum sim_auth {
	SIM_AUTH_OK,
	SIM_AUTH_LATER, /* pending for a second */
	SIM_AUTH_REFUSE,
};

/* What the server's revocation list says; a file, read again when it changes. */
enum sim_crl {
	SIM_CRL_UNUSED,
	SIM_CRL_NOBODY,
	SIM_CRL_OTHER, /* another certificate */
	SIM_CRL_CLIENT,
};

struct sim_options {
	uint64_t seed;
	enum sim_wrap wrap;
	enum sim_auth auth;
	bool tcp;
	bool p2p; /* one client, and the server knows its address */
	bool tls12;
	bool tokens; /* the password counts once, then the token that the server gave last */
	enum sim_crl crl;
	bool tls_ekm;
	bool dyn_tls_crypt;
	bool ipv6;
	unsigned int n_clients;
	unsigned int loss_permille, dup_permille, corrupt_permille;
	uint32_t delay_min_ms, delay_max_ms;
	uint32_t client_reneg_sec, server_reneg_sec; /* 0: off */
	uint32_t hand_window_sec;
	uint32_t tran_window_sec;
	uint32_t max_packet_size; /* 0: preset */
	bool trace;		  /* print each packet and event */
	bool log;		  /* print the sessions' own lines */
};

/* What happened so far. */
struct sim_stats {
	uint64_t trace_hash;
	unsigned int packets, data_good, data_unknown_key;
	unsigned int client_failures, server_failures;
	unsigned int client_restarts;
	unsigned int keys_ready, keys_expired;
	unsigned int max_control_len;
	unsigned int auth_failed; /* clients that were told so */
	unsigned int tokens_accepted;
};

struct sim;

/** sim_new() - nothing has started yet; NULL with a line on standard error */
struct sim *sim_new(const struct sim_options *opt);
void sim_free(struct sim *sim);

/** sim_run() - let this much virtual time pass */
void sim_run(struct sim *sim, uint32_t sec);

/** sim_set_net() - other faults from now on */
void sim_set_net(struct sim *sim, unsigned int loss_permille, unsigned int dup_permille,
		 unsigned int corrupt_permille);

/** sim_restart_client(), sim_restart_server() - the process dies without a word and comes back */
void sim_restart_client(struct sim *sim, unsigned int client);
void sim_restart_server(struct sim *sim);
/** sim_jump_clock() - the wall clocks of both ends are set */
void sim_jump_clock(struct sim *sim, int64_t sec);
/** sim_set_crl() - the file is replaced; opt.crl was not SIM_CRL_UNUSED */
void sim_set_crl(struct sim *sim, enum sim_crl crl);
/** sim_renegotiate() - one end starts a soft reset, if it can */
void sim_renegotiate(struct sim *sim, unsigned int client, bool by_server);
/** sim_float_client() - the client has another address from now on and data packets prove it */
void sim_float_client(struct sim *sim, unsigned int client);

/** sim_connected() - both ends have the same keys, send with one that the other has, and talk */
bool sim_connected(const struct sim *sim, unsigned int client);
/** sim_connected_all() - all clients are */
bool sim_connected_all(const struct sim *sim);
/** sim_instances() - for how many clients the server holds a session */
unsigned int sim_instances(const struct sim *sim);
/** sim_why_not() - what sim_connected() misses, for messages */
const char *sim_why_not(const struct sim *sim, unsigned int client);
/** sim_client_key_id() - of the key that the client sends with, -1 for none */
int sim_client_key_id(const struct sim *sim, unsigned int client);
const struct sim_stats *sim_stats(const struct sim *sim);
uint64_t sim_now_ms(const struct sim *sim);

/* sim_scenario.c */

/** sim_random_scenario() - a whole run drawn from the seed. Return: 0, or -1 after a line why. */
int sim_random_scenario(uint64_t seed, bool trace, bool log, struct sim_stats *stats);
/** sim_named_scenarios() - the written ones, for all their seeds. Return: number of failures. */
int sim_named_scenarios(const char *only, bool log);
