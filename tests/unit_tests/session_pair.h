/* SPDX-License-Identifier: GPL-2.0-only */
/* Two sessions joined by hand: packets are moved, dropped and looked at by the test. */
#pragma once

#include "proto/session.h"
#include "proto/stateless.h"
#include "proto/wrap.h"
#include "tls/tls.h"

enum {
	PAIR_EVENTS = 256,
	PAIR_PACKETS = 256,
	PAIR_MESSAGES = 16,
	PAIR_LOG = 65536,
};

enum pair_wrap {
	PAIR_NONE,
	PAIR_AUTH,
	PAIR_CRYPT,
	PAIR_V2
};

/* One end. cfg, text and the answers may be changed before pair_start() or between steps. */
struct pair_end {
	struct pair *pair;
	struct session_config cfg;
	struct session_hooks hooks;
	struct session_key_text text;
	struct session *s;
	union sock_addr addr;
	struct wrap_config *wrap;
	struct tls_ctx *tls;
	struct log_sink *sink;
	enum session_auth verdict; /* of a server */
	bool manual_options;	   /* do not call session_options_done() at ACTIVE */
	struct session_negotiated negotiated;
	/* what happened */
	struct session_event events[PAIR_EVENTS]; /* without the borrowed parts */
	size_t n_events;
	char messages[PAIR_MESSAGES][256];
	size_t n_messages;
	uint8_t key_block[8][SESSION_KEY_BLOCK_LEN]; /* by key id, newest */
	uint8_t seal[8], open[8];		     /* first byte of the slices, by key id */
	char username[64];
	bool failed;
	int last_input;
	char log[PAIR_LOG];
	size_t log_len;
};

/* A packet that was transmitted. */
struct pair_packet {
	bool from_server;
	uint8_t data[SESSION_PACKET_MAX];
	size_t len;
};

struct pair {
	struct now now;
	struct rng_seed seed;
	struct rng rng;
	struct pair_end client, server;
	struct stateless *stateless; /* a UDP multi-client server's */
	bool drop_from_client, drop_from_server;
	struct pair_packet *sent; /* all packets since pair_forget() */
	size_t n_sent;
};

struct pair_options {
	enum pair_wrap wrap;
	bool tcp, p2p, ipv6;
	const char *client_ca; /* NULL: the right one */
};

/** pair_new() - both ends configured, no session yet */
struct pair *pair_new(const struct pair_options *opt);
/** pair_start() - the client begins; p2p and TCP servers exist, others wait for the cookie */
void pair_start(struct pair *p);
/** pair_connect() - pair_start() and exchange until both ends have keys; asserts that */
void pair_connect(struct pair *p);
void pair_free(struct pair *p);

/** pair_exchange() - move packets until neither end has one */
void pair_exchange(struct pair *p);
/** pair_step() - the packets that one end has now; returns how many */
size_t pair_step(struct pair *p, struct pair_end *from);
/** pair_advance() - time passes in steps of the ends' deadlines, packets are exchanged */
void pair_advance(struct pair *p, uint64_t ms);
/** pair_inject() - a packet arrives at @to; returns what session_input() said */
int pair_inject(struct pair *p, struct pair_end *to, const void *data, size_t len);
void pair_forget(struct pair *p);

/** end_saw() - how often this event happened */
size_t end_saw(const struct pair_end *e, enum session_event_type type);
/** end_last() - the newest event of this type, or NULL */
const struct session_event *end_last(const struct pair_end *e, enum session_event_type type);
/** end_logged() - whether a line contains @text */
bool end_logged(const struct pair_end *e, const char *text);
void end_drain(struct pair_end *e);
