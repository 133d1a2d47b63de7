/* SPDX-License-Identifier: GPL-2.0-only */
/* The peer-info block: NAME=value lines by which an end tells what it is. Spec 03 section 3.2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	PEER_INFO_MAX = 1536 /* what we build, with NUL */
};

/* How much is told; each level includes those below. */
enum peer_info_level {
	PEER_INFO_NOTHING, /* mode server */
	PEER_INFO_P2P,
	PEER_INFO_PULL,
	PEER_INFO_FULL, /* push-peer-info */
};

/* Facts to tell. Strings are borrowed; NULL leaves a line out. */
struct peer_info_input {
	enum peer_info_level level;
	bool pull;
	bool server;		  /* mode server; for completeness, it is silent */
	const char *version;	  /* IV_VER */
	const char *platform;	  /* IV_PLAT */
	uint32_t max_tun_mtu;	  /* IV_MTU: largest of 1600, tun-mtu and tun-mtu-max */
	const char *data_ciphers; /* expanded list */
	bool epoch;		  /* epoch keys are possible with the data plane in use */
	bool dns_v2;
	bool push_update; /* the client handles it */
	bool comp_stub;	  /* stub framing allowed: IV_LZO_STUB, IV_COMP_STUB, IV_COMP_STUBv2 */
	bool comp_lzo;	  /* real lzo may be negotiated; needs comp_stub */
	bool comp_lz4;
	const char *hwaddr;	  /* IV_HWADDR */
	const char *ssl_version;  /* IV_SSL */
	const char *plat_version; /* IV_PLAT_VER */
	/* environment as "NAME=value", oldest first; those of interest are picked */
	char *const *env;
	size_t n_env;
};

/** peer_info_iv_proto() - the IV_PROTO value for these facts (spec 03 section 3.2.2) */
uint32_t peer_info_iv_proto(const struct peer_info_input *in);

/**
 * peer_info_build() - the block to send
 * @out: gets the text with NUL; "" when there is nothing to tell
 *
 * Return: 0 or ERR_OVERFLOW. An environment line that does not fit is left out instead.
 */
int peer_info_build(const struct peer_info_input *in, char *out, size_t cap) MUST_CHECK;

/**
 * peer_info_get() - raw value of one name
 * @text: the block, or NULL
 * @out: gets the value up to the newline
 *
 * Return: true, or false when the name is missing or its value does not fit (@out is "" then).
 */
bool peer_info_get(const char *text, const char *name, char *out, size_t cap);

/** peer_info_number() - decimal value of one name; 0 when missing or unparsable */
uint32_t peer_info_number(const char *text, const char *name);

/** peer_info_has_item() - whether @item is in a comma separated value, as IV_SSO has it */
bool peer_info_has_item(const char *text, const char *name, const char *item);

/* One line of a block, safe for logs, scripts and management. */
struct peer_info_line {
	bool valid;	 /* false: warn with peer_info_invalid_text, the rest is empty */
	char name[256];	 /* IV_* or UV_* */
	char value[256]; /* unsafe characters are replaced by '_' */
};

#define PEER_INFO_INVALID_TEXT "validation failed on peer_info line received"

/**
 * peer_info_next() - walk the lines for environment and log
 * @pos: start with the block's text; moved on by each call
 *
 * Return: true with @line filled, false at the end.
 */
bool peer_info_next(const char **pos, struct peer_info_line *line);
