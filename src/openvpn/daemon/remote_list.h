/* SPDX-License-Identifier: GPL-2.0-only */
/* Which server is tried next, and after what pause. Spec 03 sections 3.9.2 and 3.9.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct remote_list;

struct remote_list_config {
	size_t entries;		/* number of connection entries, at least 1 */
	uint32_t retry_sec;	/* first argument of --connect-retry */
	uint32_t retry_max_sec; /* second argument */
	uint32_t attempts_max;	/* --connect-retry-max; 0: no limit */
};

enum remote_choice {
	REMOTE_SAME_ADDRESS, /* use remote_list_address() again or the next one of the same entry */
	REMOTE_RESOLVE, /* resolve remote_list_entry(), then call remote_list_set_addresses() */
	REMOTE_GIVE_UP, /* all have been tried --connect-retry-max times */
};

struct remote_list *remote_list_new(const struct remote_list_config *cfg) MUST_CHECK;
void remote_list_free(struct remote_list *list);

/** remote_list_disable() - entry @index is not used (--proto-force) */
void remote_list_disable(struct remote_list *list, size_t index);
/** remote_list_usable() - whether any entry may be used */
bool remote_list_usable(const struct remote_list *list);

/**
 * remote_list_next() - choose for the next attempt
 *
 * Order: same address when that was asked for; else the next address of the entry, unless
 * skipping it was asked for; else the next entry.
 */
enum remote_choice remote_list_next(struct remote_list *list);

/** remote_list_set_addresses() - result of resolving the present entry; the array is copied */
int remote_list_set_addresses(struct remote_list *list, const union sock_addr *addrs,
			      size_t count) MUST_CHECK;
/** remote_list_forget_addresses() - resolve again before the next attempt (hard SIGUSR1, SIGHUP) */
void remote_list_forget_addresses(struct remote_list *list);

size_t remote_list_entry(const struct remote_list *list);
/** remote_list_address() - the address to use, or NULL when none is known */
const union sock_addr *remote_list_address(const struct remote_list *list);
/** remote_list_has_address() - whether @addr (without its port) is one of the present entry's */
bool remote_list_has_address(const struct remote_list *list, const union sock_addr *addr);
/** remote_list_has_more() - whether addresses of this entry were not tried yet */
bool remote_list_has_more(const struct remote_list *list);

/** remote_list_stay() - the next attempt uses the same address (used up by it) */
void remote_list_stay(struct remote_list *list);
/** remote_list_unstay() - take that back: RESTART with flag N, AUTH_FAILED with "advance addr" */
void remote_list_unstay(struct remote_list *list);
bool remote_list_stays(const struct remote_list *list);
/** remote_list_skip_entry() - the next attempt goes to the next entry ("advance remote") */
void remote_list_skip_entry(struct remote_list *list);
/** remote_list_connected() - the tunnel is up: failures count from zero, and it stays here */
void remote_list_connected(struct remote_list *list);

/** remote_list_set_backoff() - wait at least so long before the next attempt, once */
void remote_list_set_backoff(struct remote_list *list, uint32_t sec);
/** remote_list_set_base() - replaces retry_sec, e.g. 10 with --auth-retry nointeract */
void remote_list_set_base(struct remote_list *list, uint32_t sec);

/**
 * remote_list_pause_sec() - pause before the next attempt; uses up the backoff
 * @exponential: TCP clients and UDP TLS clients wait longer after the fourth round
 */
uint32_t remote_list_pause_sec(struct remote_list *list, bool exponential);
