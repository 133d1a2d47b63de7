/* SPDX-License-Identifier: GPL-2.0-only */
/* Host names to addresses without stalling the loop. Spec 03 section 3.9.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"

enum {
	RESOLVE_MAX = 64 /* addresses of one name that are used */
};

struct resolve_query {
	const char *host;   /* name or literal; NULL or "*" with @passive: the wildcard address */
	const char *port;   /* number or service name; NULL: 0 */
	sa_family_t family; /* AF_UNSPEC: both */
	bool stream;	    /* TCP: matters for service names only */
	bool passive;	    /* an address to bind to */
};

struct resolve_result {
	int code;	/* 0, or ERR_RESOLVE, ERR_NOMEM */
	int gai_code;	/* EAI_* of a failed lookup, else 0 */
	struct err err; /* "RESOLVE: Cannot resolve host address: HOST:PORT[AF_INET] (TEXT)" */
	size_t n_addrs; /* in the resolver's order, without duplicates */
	union sock_addr addrs[RESOLVE_MAX];
};

/* @result is borrowed during the call. The request is gone when this runs. */
typedef void (*resolve_done_fn)(void *ctx, const struct resolve_result *result);

struct resolve_request;

/** resolve_is_literal() - whether @host is an IP address, for which no lookup takes place */
bool resolve_is_literal(const char *host);

/**
 * resolve_start() - look up a name in libuv's thread pool
 * @query: copied
 * @done: called exactly once from the loop (never from inside this function) unless cancelled;
 *        literals take the same way but do not go to the resolver
 * @out: for resolve_cancel(); invalid once @done was called
 *
 * Return: 0 or ERR_NOMEM / ERR_INVALID (no call of @done then).
 */
int resolve_start(uv_loop_t *loop, const struct resolve_query *query, resolve_done_fn done,
		  void *ctx, struct resolve_request **out) MUST_CHECK;

/** resolve_cancel() - @done will not be called. The lookup may still run to its end unseen. */
void resolve_cancel(struct resolve_request *req);

/** resolve_wait() - the same, but blocks; for start-up and for names in --route */
int resolve_wait(const struct resolve_query *query, struct resolve_result *result) MUST_CHECK;

/** resolve_first() - resolve_wait() for callers who want one address only: the resolver's first */
int resolve_first(const struct resolve_query *query, union sock_addr *out,
		  struct err *err) MUST_CHECK;
