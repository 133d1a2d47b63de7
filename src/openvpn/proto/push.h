/* SPDX-License-Identifier: GPL-2.0-only */
/* PUSH_REPLY and PUSH_UPDATE: composing, splitting, taking apart, digest. Spec 03 section 3.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/err.h"
#include "proto/negotiated.h"

enum {
	PUSH_BUNDLE_MAX = 1024, /* a control message with NUL */
	PUSH_BUNDLE_SPARE = 84, /* room kept free for the continuation marker */
	PUSH_ITEM_MAX = 256,	/* one option with NUL */
	PUSH_DIGEST_LEN = 32,
};

/* ---- the server's list (spec 03 section 3.5.1) ---- */

struct push_list;

struct push_list *push_list_new(void) MUST_CHECK;
/** push_list_clone() - a client's own copy; NULL when out of memory */
struct push_list *push_list_clone(const struct push_list *list) MUST_CHECK;
void push_list_free(struct push_list *list);

/** push_list_add() - append. Return: 0, ERR_NOMEM, or ERR_INVALID with the line in @err (comma). */
int push_list_add(struct push_list *list, const char *option, struct err *err) MUST_CHECK;
/** push_list_reset() - empty the list; options computed for each client are not affected */
void push_list_reset(struct push_list *list);
/** push_list_remove() - disable every entry that begins with @prefix; "ifconfig" and
 * "ifconfig-ipv6" also stop the computed option */
void push_list_remove(struct push_list *list, const char *prefix);
bool push_list_ifconfig_blocked(const struct push_list *list);
bool push_list_ifconfig_ipv6_blocked(const struct push_list *list);
/**
 * push_list_remove_route() - disable "route NET MASK" or "route-ipv6 NET/BITS" without gateway
 * @net: an iroute of the client
 * @removed: called with the text of each entry, for the line "REMOVE PUSH ROUTE: '%s'"; may be NULL
 */
void push_list_remove_route(struct push_list *list, const struct ip_net *net,
			    void (*removed)(void *ctx, const char *option), void *ctx);
/** push_list_at() - enabled entry number @index, or NULL at the end */
const char *push_list_at(const struct push_list *list, size_t index);

/* ---- composing (spec 03 sections 3.5.3, 3.5.4) ---- */

/* What is computed for one client and follows the list. Strings are borrowed, NULL: not pushed. */
struct push_computed {
	const char *ifconfig_ipv6; /* "ADDR/BITS REMOTE" */
	const char *ifconfig;	   /* "LOCAL REMOTE_OR_MASK" */
	const char *auth_token;
	const char *auth_token_user;	     /* base64 */
	const struct negotiated *negotiated; /* NULL: nothing about ciphers and ids */
};

/* Takes one finished message. Return: 0, or a negative code which ends composing. */
typedef int (*push_emit_fn)(void *ctx, const char *message);

/**
 * push_reply_compose() - all messages of a PUSH_REPLY
 *
 * Return: 0, the code of @emit, or ERR_OVERFLOW when an option is too long; log
 * PUSH_TOO_LONG_TEXT then; messages before it have been emitted.
 */
int push_reply_compose(const struct push_list *list, const struct push_computed *c,
		       push_emit_fn emit, void *ctx) MUST_CHECK;

#define PUSH_TOO_LONG_TEXT "--push option is too long"

/**
 * push_update_compose() - PUSH_UPDATE messages for a text of comma separated items
 *
 * Return: 0, the code of @emit, or ERR_OVERFLOW (nothing is emitted) when a piece without comma is
 * too long.
 */
int push_update_compose(const char *items, push_emit_fn emit, void *ctx) MUST_CHECK;

/* ---- reading (spec 03 sections 3.5.5, 3.5.11) ---- */

enum push_kind {
	PUSH_BAD,
	PUSH_REQUEST,
	PUSH_REPLY,
	PUSH_UPDATE,
};

/**
 * push_classify() - what a message beginning with "PUSH_" is
 * @items: gets the text after the first comma, or "" (borrowed from @message)
 */
enum push_kind push_classify(const char *message, const char **items);

/**
 * push_next_item() - walk over items
 * @pos: start with the text of push_classify(); moved on
 * @item: gets the item without leading blanks, cut at 255 bytes
 *
 * Empty items are passed over. Return: false at the end.
 */
bool push_next_item(const char **pos, char item[PUSH_ITEM_MAX]);

/** push_continuation() - value of an item "push-continuation V": 0..2, or -1 if it is another item,
 * or -2 if the value is not legal */
int push_continuation(const char *item);

/* Prefixes of a PUSH_UPDATE item. */
struct push_update_item {
	bool remove;	    /* '-' */
	bool optional;	    /* '?' */
	const char *option; /* borrowed: text after the prefix */
};

/** push_update_item_parse() - Return: 0 or ERR_INVALID for a malformed prefix */
int push_update_item_parse(const char *item, struct push_update_item *out) MUST_CHECK;
/** push_update_item_updatable() - whether the option's name may be changed by PUSH_UPDATE */
bool push_update_item_updatable(const char *option);

/* Collects what decides whether a tunnel may be kept over a restart (spec 03 section 3.5.9). */
struct push_digest;

struct push_digest *push_digest_new(void) MUST_CHECK;
void push_digest_free(struct push_digest *d);
void push_digest_reset(struct push_digest *d);
/** push_digest_add() - one item, in order of arrival; @skip_cipher when tun-mtu is in force */
void push_digest_add(struct push_digest *d, const char *item, bool skip_cipher);
/** push_digest_get() - SHA-256 over what was added. Return: 0 or ERR_CRYPTO. */
int push_digest_get(struct push_digest *d, uint8_t out[PUSH_DIGEST_LEN]) MUST_CHECK;
