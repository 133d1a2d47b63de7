/* SPDX-License-Identifier: GPL-2.0-only */
/* Text messages on the control channel: splitting, dispatch, grammars. Spec 03 section 3.4. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/str.h"

enum {
	CONTROL_MSG_READ_MAX = 2048, /* plaintext of one read */
	CONTROL_MSG_TEXT_MAX = 1024, /* what we send, with NUL */
};

enum control_msg_type {
	CONTROL_MSG_UNKNOWN,
	CONTROL_MSG_AUTH_FAILED,
	CONTROL_MSG_PUSH,
	CONTROL_MSG_RESTART,
	CONTROL_MSG_HALT,
	CONTROL_MSG_INFO_PRE,
	CONTROL_MSG_INFO,
	CONTROL_MSG_CR_RESPONSE,
	CONTROL_MSG_AUTH_PENDING,
	CONTROL_MSG_EXIT,
};

enum control_msg_verdict {
	CONTROL_MSG_END,     /* nothing more; a tail without NUL was dropped */
	CONTROL_MSG_GOOD,    /* @out holds a message */
	CONTROL_MSG_INVALID, /* non-printable bytes: @out holds the line to warn with */
};

/**
 * control_msg_next() - take the next message out of one plaintext read
 * @r: over the plaintext
 * @out: gets the text, without trailing CR and LF; empty messages are passed over
 */
enum control_msg_verdict control_msg_next(struct rd *r, struct str *out);

/** control_msg_classify() - by prefix, in the order that peers use ("HALTX" is a HALT) */
enum control_msg_type control_msg_classify(const char *text);

/** control_msg_payload() - what follows the keyword and one comma, "" when there is none; borrowed
 */
const char *control_msg_payload(const char *text, enum control_msg_type type);

/**
 * control_msg_for_log() - the text as it may be shown
 * @verb: of the log; the text of echo items is left out below 7
 *
 * The text of an auth-token is left out always (but for SESS_ID, as the known line has it): it
 * serves as a password.
 */
void control_msg_for_log(const char *text, unsigned int verb, struct str *out);

/* ---- AUTH_FAILED (spec 03 section 3.4.4) ---- */

enum auth_failed_advance {
	AUTH_FAILED_ADVANCE_NO,
	AUTH_FAILED_ADVANCE_REMOTE,
	AUTH_FAILED_ADVANCE_ADDR,
};

struct auth_failed {
	const char *reason; /* borrowed: text after the comma, or NULL when there is none */
	bool temporary;
	enum auth_failed_advance advance;
	bool has_backoff;
	uint32_t backoff_sec;
	const char *temp_text; /* borrowed: text after "TEMP[...]:", or "" */
	bool is_challenge;     /* reason begins with "CRV1:" */
	bool session_expired;  /* reason begins with "SESSION:" */
};

/** auth_failed_parse() - @lines gets warnings about flags, each ended by '\n' */
void auth_failed_parse(const char *text, struct auth_failed *out, struct str *lines);

/* ---- challenges (spec 03 sections 3.7.2, 3.7.6) ---- */

struct challenge {
	bool echo;
	bool response_required;
	char *state_id; /* heap */
	char *user;	/* heap, decoded */
	char *text;	/* heap */
};

/** challenge_parse() - a reason that begins with "CRV1:". Return: 0, ERR_INVALID or ERR_NOMEM. */
int challenge_parse(const char *reason, struct challenge *out) MUST_CHECK;
void challenge_fini(struct challenge *c);
#define CHALLENGE_MALFORMED_TEXT "ERROR: received malformed challenge request from server"

/** challenge_response_crv1() - "CRV1::state::response"; secret memory, or NULL (secret_free()) */
char *challenge_response_crv1(const struct challenge *c, const char *response) MUST_CHECK;
/** challenge_response_scrv1() - static challenge, "SCRV1:b64:b64"; secret memory, or NULL */
char *challenge_response_scrv1(const char *password, const char *response) MUST_CHECK;
/** challenge_response_concat() - static challenge, password and response; secret memory, or NULL */
char *challenge_response_concat(const char *password, const char *response) MUST_CHECK;

/* ---- AUTH_PENDING (spec 03 section 3.4.5) ---- */

struct auth_pending {
	bool has_timeout;
	uint32_t timeout_sec;
	const char *keywords; /* borrowed, "" when there are none */
};

/** auth_pending_parse() - @lines gets "ignoring AUTH_PENDING parameter: %s", each ended by '\n' */
void auth_pending_parse(const char *text, struct auth_pending *out, struct str *lines);

/** auth_pending_window() - seconds a client waits: min(N or hand-window, max(reneg / 2, hand)) */
uint32_t auth_pending_window(const struct auth_pending *p, uint32_t hand_window_sec,
			     uint32_t reneg_sec);

/**
 * auth_pending_compose() - the two messages of a server
 * @keywords: the client has IV_PROTO bit 4
 * @timeout_sec: already limited to what is left of the handshake; not 0
 * @method_text: for INFO_PRE
 * @pending: gets AUTH_PENDING...
 * @info: gets INFO_PRE,...
 *
 * Return: 0, ERR_RANGE when no time is left, ERR_OVERFLOW when the second would be too long;
 * nothing is to be sent then.
 */
int auth_pending_compose(bool keywords, uint32_t timeout_sec, const char *method_text,
			 struct str *pending, struct str *info) MUST_CHECK;

/* ---- RESTART and HALT (spec 03 section 3.4.6) ---- */

struct server_kick {
	bool keep_credentials; /* P */
	bool advance;	       /* N */
	const char *text;      /* borrowed: with the flag brackets, "" when there is none */
};

void server_kick_parse(const char *text, enum control_msg_type type, struct server_kick *out);
