/* SPDX-License-Identifier: GPL-2.0-only */
/* What load_client keeps, and its packets with data (load_traffic.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/random.h"
#include "proto/session.h"
#include "raw_burst.h"

enum {
	PACKET_MAX = 2048,
	KEYS = 8, /* by key id */
};

struct options {
	union sock_addr server;
	const char *ca, *cert, *key, *tls_crypt;
	unsigned int clients, rate, at_once, seconds, ping_sec, reneg_sec, certs;
	bool until_up, leave, traffic;
};

enum load_state {
	LOAD_WAITING,
	LOAD_HANDSHAKE,
	LOAD_GET_CONFIG,
	LOAD_UP,
	LOAD_FAILED,
};

struct load;

struct load_client {
	struct load *load;
	int fd;
	enum load_state state;
	struct session *session;
	struct data_key *keys[KEYS];
	int send_key; /* -1: none */
	uint32_t peer_id;
	uint32_t address;	  /* in the tunnel, in network order */
	struct sockaddr_in local; /* for --traffic */
	enum cipher_id cipher;
	bool epoch, tls_ekm, dyn_tls_crypt;
	uint64_t started_ms, up_ms, push_next, ping_next, deadline;
};

/* Packets that all clients send, one after another in an order which has no pattern. */
struct traffic {
	struct load_client **order;
	unsigned int count, next;
	uint64_t left, sent, next_ns;
	unsigned int rate, len;
	struct raw_burst burst;
};

struct load {
	struct options opt;
	struct session_config *cfgs; /* one for each certificate */
	unsigned int n_cfgs;
	struct session_hooks hooks;
	struct log log;
	struct rng rng;
	int epoll;
	struct load_client *clients;
	unsigned int started, up, failed, lost;
	uint64_t data_in, data_out, control_in, control_out, lateness_max_ms;
	uint64_t *latencies;
	unsigned int n_latencies;
	struct traffic traffic;
};

/**
 * traffic_command() - read what standard input says: "send COUNT RATE LEN"
 *
 * COUNT packets of LEN bytes, from all clients which are connected in turn, RATE of them a second.
 * Return: false at the end of the input.
 */
bool traffic_command(struct load *l);

/** traffic_run() - send what is due; prints "sent COUNT" at the end */
void traffic_run(struct load *l);
