/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that a server gives to clients, and what it remembers of them. Spec 03 section
 * 3.8.8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum {
	ADDRESS_POOL_MAX = 65536,    /* addresses of one pool */
	ADDRESS_POOL_NAME_MAX = 128, /* common name with NUL */
};

struct address_pool_config {
	bool has_ip4;
	bool net30;	      /* a unit is a /30, else one address */
	struct ip_addr start; /* first and last address of the IPv4 pool */
	struct ip_addr end;
	bool has_ip6;
	struct ip_net ip6; /* base and prefix length of the IPv6 pool */
	bool duplicate_cn; /* names are not remembered */
	uint32_t seed;	   /* random: names come from clients */
};

struct address_pool;

/* What a client got. */
struct address_pool_lease {
	unsigned int unit;
	struct ip_addr ip4;	 /* AF_UNSPEC: no IPv4 pool */
	struct ip_addr ip4_peer; /* net30: the other end of the /30 */
	struct ip_addr ip6;
};

/**
 * address_pool_new() - @lines gets the "IFCONFIG POOL" lines, each ended by '\n'
 *
 * Return: 0, or ERR_RANGE / ERR_NOMEM with the line in @err.
 */
int address_pool_new(const struct address_pool_config *cfg, struct address_pool **out,
		     struct str *lines, struct err *err) MUST_CHECK;
void address_pool_free(struct address_pool *pool);

/** address_pool_size() - number of units */
size_t address_pool_size(const struct address_pool *pool);

/**
 * address_pool_take() - a unit for a client
 * @name: common name; the unit that it had last is preferred
 *
 * Return: 0, or ERR_NOT_FOUND when all are taken.
 */
int address_pool_take(struct address_pool *pool, const char *name,
		      struct address_pool_lease *out) MUST_CHECK;

/**
 * address_pool_release() - give a unit back
 * @unix_sec: the unit released longest ago is given out first
 * @forget: it was not used after all: do not remember the name
 */
void address_pool_release(struct address_pool *pool, unsigned int unit, uint64_t unix_sec,
			  bool forget);

/**
 * address_pool_read() - take up what an earlier process remembered
 * @text: content of the --ifconfig-pool-persist file
 * @fixed: units are for these names only (interval 0)
 * @lines: gets log lines, each ended by '\n'
 */
void address_pool_read(struct address_pool *pool, const char *text, bool fixed, uint64_t unix_sec,
		       struct str *lines);

/** address_pool_write() - one line "NAME,IPv4,IPv6" for each unit with a name */
void address_pool_write(const struct address_pool *pool, struct str *out);
