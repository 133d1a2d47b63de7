/* SPDX-License-Identifier: GPL-2.0-only */
/* The clients of a server: by address, by peer-id, by number; who may be admitted, who may move.
 * Spec 03 sections 3.8.4 and 3.8.15. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/hash_table.h"
#include "daemon/learn_table.h"

/* Embedded in a client; members are set by the table's functions and may be read. */
struct client_entry {
	struct hash_link by_addr;
	union sock_addr addr;
	bool tcp;
	unsigned int listener; /* number of the socket it came in by */
	uint32_t peer_id;      /* lowest that was free */
	uint32_t cid;	       /* of management: never used again */
	struct learn_list learned;
};

struct client_table;

/** client_table_new() - @seed: random. Return: NULL when out of memory. */
struct client_table *client_table_new(uint32_t max_clients, uint32_t seed) MUST_CHECK;
/** client_table_free() - the clients themselves are not touched */
void client_table_free(struct client_table *t);

size_t client_table_count(const struct client_table *t);
bool client_table_full(const struct client_table *t);

/**
 * client_table_add() - admit a client
 *
 * Return: 0, ERR_LIMIT when full, ERR_EXISTS when its address is taken.
 */
int client_table_add(struct client_table *t, struct client_entry *e, const union sock_addr *addr,
		     bool tcp, unsigned int listener) MUST_CHECK;
void client_table_del(struct client_table *t, struct client_entry *e);

struct client_entry *client_table_by_addr(const struct client_table *t, const union sock_addr *addr,
					  bool tcp, unsigned int listener);
struct client_entry *client_table_by_peer_id(const struct client_table *t, uint32_t peer_id);
struct client_entry *client_table_by_cid(const struct client_table *t, uint32_t cid);

/** client_table_next() - walk in the order of peer-ids; start with NULL. The entry given may be
 * deleted between calls only if the walk is begun anew. */
struct client_entry *client_table_next(const struct client_table *t, const struct client_entry *e);

/** client_table_move() - the client has another address now, which must be free */
void client_table_move(struct client_table *t, struct client_entry *e, const union sock_addr *addr);

enum float_verdict {
	FLOAT_OK,
	FLOAT_REFUSED,	/* the address is taken by another client */
	FLOAT_SELF,	/* to its own address */
	FLOAT_REPLACES, /* close the other one, then move */
};

/**
 * client_table_float() - whether a client may move to an address
 * @same_user: whether two clients have the same certificates and user name
 * @other: gets the client that has the address, if any
 */
enum float_verdict client_table_float(const struct client_table *t, const struct client_entry *e,
				      const union sock_addr *addr,
				      bool (*same_user)(const struct client_entry *a,
							const struct client_entry *b),
				      struct client_entry **other);

/* At most so many events in so many seconds (--connect-freq). */
struct freq_limit {
	uint32_t max; /* 0: no limit */
	uint32_t period_sec;
	uint64_t period_start_ms;
	uint32_t count;
};

/** freq_limit_take() - count an event. Return: false when it exceeds the limit. */
bool freq_limit_take(struct freq_limit *f, uint64_t now_ms);
