/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers of the engine and how they are found: by peer-id, by address. Spec 02 sections 3.5, 13.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/footprint.h"
#include "base/log.h"
#include "data/key.h"
#include "data/ping.h"
#include "dco.h"

enum {
	PEER_SLOTS = 2 /* indexed by enum dco_key_slot */
};

struct mac_entry;
struct port;
struct reassembly;
struct route;

/* What the control thread has not been told yet. Bits of struct engine_peer.pending. */
enum peer_pending {
	PEER_PENDING_GONE = 1 << 0,
	PEER_PENDING_FLOATED = 1 << 1,
	PEER_PENDING_FLOAT_REFUSED = 1 << 2,
	PEER_PENDING_KEY_LIMIT = 1 << 3,
	PEER_PENDING_REMOTE_EXIT = 1 << 4,
	PEER_PENDING_OUT_OF_SYNC = 1 << 5,
	PEER_PENDING_MAC = 1 << 6,
	PEER_PENDING_PATH_MTU = 1 << 7,
	PEER_PENDING_DHCP_ROUTER = 1 << 8,
};

/* Everything is used under the engine's lock (engine/engine.h). */
struct engine_peer {
	/* What each packet needs is together, in PEER_HOT_LINES lines of the cache. */
	uint32_t id;
	bool gone;		     /* reported; moves no data any more */
	bool limit_reported;	     /* KEY_LIMIT for the present primary key */
	uint8_t fragment_sequence;   /* of the last packet that was cut */
	struct engine_peer *id_next; /* bucket of struct peer_table */
	struct port *port;
	struct data_key *keys[PEER_SLOTS];
	uint64_t rx_ms;		 /* last authenticated packet */
	uint64_t tx_ms;		 /* last packet of any kind */
	struct route *routes;	 /* of engine/route.c */
	union sock_addr remote;	 /* never IPv4-mapped */
	struct local_addr local; /* AF_UNSPEC: never follows; interface 0: stays so */
	struct occ_sizes sizes;	 /* largest datagrams with data so far */
	struct dco_peer_params params;
	struct reassembly *reassembly; /* with fragment_max */
	struct dco_peer_stats stats;   /* link_ and vpn_ and dropped only */

	bool ping_at_once;
	uint32_t tx_id;
	struct log log;
	char name[64];
	char *options; /* of the answer to an OCC request */
	struct ip_addr vpn_ip4;
	struct ip_addr vpn_ip6;
	uint64_t out_of_sync_ms; /* last report */
	struct mac_entry *macs;	 /* of engine/mac.c */
	uint32_t mac_count;
	uint32_t mac_news; /* of them the control thread does not know */

	uint32_t path_mtu;	    /* the last that was told; 0: none */
	struct in_addr dhcp_router; /* of the event */
	unsigned int pending;	    /* enum peer_pending */
	enum dco_gone_reason gone_reason;
	uint8_t out_of_sync_key_id;
	union sock_addr event_remote;	  /* FLOAT_REFUSED, OUT_OF_SYNC */
	struct engine_peer *pending_next; /* list of peers with pending events */
	struct engine_peer **pending_prev;

	struct engine_peer *addr_next; /* bucket of struct peer_table */
	struct engine_peer *all_next;
	struct engine_peer **all_prev;
	struct engine_peer *wheel_next; /* struct wheel */
	struct engine_peer **wheel_prev;
};

enum {
	PEER_HOT_LINES = (offsetof(struct engine_peer, ping_at_once) + CACHE_LINE - 1) / CACHE_LINE,
};

struct peer_table {
	uint32_t bucket_mask;
	uint32_t count;
	uint32_t hash_seed;
	struct engine_peer **by_id;
	struct engine_peer **by_addr; /* UDP peers only */
	struct engine_peer *all;
	struct engine_peer *copies; /* who is next to get a copy of a packet for all */
};

/** peer_table_init() - @max_peers sizes the buckets only. Return: 0 or ERR_NOMEM. */
int peer_table_init(struct peer_table *t, uint32_t max_peers) MUST_CHECK;
/** peer_table_fini() - the table must be empty */
void peer_table_fini(struct peer_table *t);

/** engine_peer_new() - a peer that belongs to no table yet; NULL when out of memory */
struct engine_peer *engine_peer_new(const struct dco_peer_config *cfg,
				    struct port *port) MUST_CHECK;
/** engine_peer_free() - wipes the keys */
void engine_peer_free(struct engine_peer *p);

void peer_table_add(struct peer_table *t, struct engine_peer *p);
void peer_table_del(struct peer_table *t, struct engine_peer *p);
struct engine_peer *peer_table_find(const struct peer_table *t, uint32_t id);
/** peer_table_fetch() - ask for the memory where peer_table_find() will begin (base/footprint.h) */
void peer_table_fetch(const struct peer_table *t, uint32_t id);
/** peer_table_guess() - most likely what peer_table_find() finds, without touching its memory */
const struct engine_peer *peer_table_guess(const struct peer_table *t, uint32_t id);
struct engine_peer *peer_table_find_addr(const struct peer_table *t, const struct port *port,
					 const union sock_addr *remote);
/** peer_table_move() - give a peer another address */
void peer_table_move(struct peer_table *t, struct engine_peer *p, const union sock_addr *remote);

/** engine_peer_key_find() - the key that a packet names, primary first; NULL when unknown */
struct data_key *engine_peer_key_find(const struct engine_peer *p, uint8_t key_id);

/** engine_peer_stats() - counters including those of the primary key */
void engine_peer_stats(const struct engine_peer *p, struct dco_peer_stats *out);
