/* SPDX-License-Identifier: GPL-2.0-only */
/* Which client owns which address or network inside the tunnel. Spec 03 section 3.8.11. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct learn_table;
struct learn_entry;
struct client_entry;

/* The entries of one client, embedded in it; all zero before the first. */
struct learn_list {
	struct learn_entry *first, *last;
	size_t count;
};

/* family of a struct ip_net which holds an Ethernet address */
#define LEARN_FAMILY_MAC ((sa_family_t)0xfe)

enum {
	LEARN_MAC_LEN = 8 /* with the VLAN, in network order */
};

/* What a lookup or a walk shows. */
struct learn_row {
	struct ip_net net; /* full length: one address */
	struct client_entry *owner;
	uint64_t last_unix_sec; /* learnt or last refreshed */
};

struct learn_table *learn_table_new(uint32_t seed) MUST_CHECK;
void learn_table_free(struct learn_table *t);
size_t learn_table_count(const struct learn_table *t);

enum learn_step {
	LEARN_KNOWN,   /* the client has it already: refreshed */
	LEARN_ADD,     /* nobody has it: ask the script with "add" */
	LEARN_UPDATE,  /* another client has it: ask with "update" */
	LEARN_QUOTA,   /* the client holds as many as it may */
	LEARN_REFUSED, /* an address that no client may have */
};

/**
 * learn_table_check() - what learning would mean; nothing but the time of a known entry changes
 * @quota: --max-routes-per-client
 * @own: the server's address inside the tunnel of that family, or AF_UNSPEC
 */
enum learn_step learn_table_check(struct learn_table *t, const struct ip_net *net,
				  const struct client_entry *owner, uint32_t quota,
				  const struct ip_addr *own, uint64_t unix_sec);

/** learn_table_set() - after LEARN_ADD or LEARN_UPDATE was agreed to. Return: 0 or ERR_NOMEM. */
int learn_table_set(struct learn_table *t, const struct ip_net *net, struct client_entry *owner,
		    uint64_t unix_sec) MUST_CHECK;

/** learn_table_refresh() - all addresses of a client are in use */
void learn_table_refresh(const struct client_entry *owner, uint64_t unix_sec);

/** learn_table_refresh_one() - that entry was last used then */
void learn_table_refresh_one(struct learn_table *t, const struct ip_net *net, uint64_t unix_sec);

/** learn_table_owner() - of an exact entry, or NULL */
struct client_entry *learn_table_owner(const struct learn_table *t, const struct ip_net *net);

/**
 * learn_table_forget() - delete one entry of a client that is gone, or of any when @owner is NULL
 * and the entry is older than @before_unix_sec
 * @row: gets what was deleted, for the script
 *
 * Call until it returns false.
 */
bool learn_table_forget(struct learn_table *t, struct client_entry *owner, uint64_t before_unix_sec,
			struct learn_row *row);

/** learn_table_next() - walk in the order of learning; start with NULL. Return: NULL at the end. */
const struct learn_row *learn_table_next(const struct learn_table *t, const struct learn_row *row);

/** learn_mac() - the key of an Ethernet address; learn_mac_bytes() - back */
struct ip_net learn_mac(const uint8_t mac[LEARN_MAC_LEN]);
const uint8_t *learn_mac_bytes(const struct ip_net *net);

/** learn_net_format() - "10.8.0.6", "10.1.0.0/16" or "02:03:04:05:06:07@0" (VLAN); returns @buf */
const char *learn_net_format(const struct ip_net *net, char *buf, size_t cap);
