/* SPDX-License-Identifier: GPL-2.0-only */
/* The one list of error codes, and a value that carries an explained error upwards. */
#pragma once

#include "base/attr.h"

/* clang-format off: one section a layer, so that additions do not meet */
#define ERR_MAP(X)                                          \
	/* base */                                          \
	X(NOMEM, "out of memory")                           \
	X(SHORT, "message ends too early")                  \
	X(TRAILING, "message has trailing bytes")           \
	X(OVERFLOW, "does not fit the buffer")              \
	X(INVALID, "invalid value")                         \
	X(RANGE, "value out of range")                      \
	X(SYSTEM, "system call failed")                     \
	X(NOT_FOUND, "not found")                           \
	X(EXISTS, "exists already")                         \
	X(AGAIN, "nothing to do now")                       \
	X(UNSUPPORTED, "not supported")                     \
	X(PERMISSION, "permission denied")                  \
	X(STATE, "not possible in this state")              \
	X(INTERNAL, "internal error")                       \
	/* config */                                        \
	X(OPTION, "option refused")                         \
	X(USAGE, "wrong usage")                             \
	/* crypto */                                        \
	X(CRYPTO, "the crypto library refused")             \
	X(AUTH, "authentication failed")                    \
	X(KEY_FILE, "not a valid key file")                 \
	X(ZERO_KEY, "key consists of zero bytes")           \
	/* tls */                                           \
	X(TLS, "TLS error")                                 \
	X(TLS_CLOSED, "TLS connection closed by peer")      \
	X(CERT, "certificate refused")                      \
	/* proto */                                         \
	X(OPCODE, "unknown opcode")                         \
	X(SESSION_ID, "session id missing or zero")         \
	X(ACK_COUNT, "too many acknowledgements in packet") \
	X(WRAP, "packet authentication failed")             \
	X(REPLAY_SEEN, "packet id was seen before")         \
	X(REPLAY_OLD, "packet id is too old")               \
	X(WKC, "wrapped client key refused")                \
	X(TLV, "early negotiation malformed")               \
	X(KEY_METHOD, "key method message malformed")       \
	X(WINDOW, "outside the receive window")             \
	X(DUPLICATE, "duplicate message")                   \
	X(TIMEOUT, "timed out")                             \
	X(LIMIT, "limit exceeded")                          \
	/* data */                                          \
	X(PACKET_ID_ROLLOVER, "packet id roll over")        \
	X(EPOCH, "unknown epoch")                           \
	X(PACKET_ID, "error reading packet-id")             \
	X(CBC_PACKET_ID, "error reading CBC packet-id")     \
	X(OPEN_LIMIT, "too many failed verifications")      \
	X(NO_IV, "missing IV info")                         \
	X(NO_PAYLOAD, "missing payload")                    \
	X(PADDING, "packet authentication failed")          \
	X(COMPRESSION, "compression framing not accepted")  \
	/* net */                                           \
	X(RESOLVE, "name resolution failed")                \
	X(UNREACHABLE, "unreachable")                       \
	X(CLOSED, "connection closed")                      \
	/* dco, engine */                                   \
	X(NO_DEVICE, "no such device")                      \
	X(NO_PEER, "no such peer")                          \
	X(NO_KEY, "no such key")                            \
	/* daemon */                                        \
	X(SCRIPT, "external program failed")                \
	X(PRIVILEGE, "missing privilege")
/* clang-format on */

enum err_ordinal {
	ERR_ORDINAL_NONE,
#define X(name, text) ERR_ORDINAL_##name,
	ERR_MAP(X)
#undef X
	ERR_ORDINAL_COUNT
};

/* All functions return 0 or one of these negative codes. */
enum err_code {
#define X(name, text) ERR_##name = -ERR_ORDINAL_##name,
	ERR_MAP(X)
#undef X
};

enum {
	ERR_TEXT_MAX = 1024
};

/* An error on its way to the user: the code for programs, the text for people. */
struct err {
	int code;
	char text[ERR_TEXT_MAX];
};

/**
 * err_text() - the short text of a code
 * @code: 0 or an ERR_* value
 *
 * Return: a constant string, never NULL.
 */
const char *err_text(int code);

/**
 * err_set() - record what failed, on what, why, and what to do
 * @err: may be NULL when the caller does not care for the text
 * @code: an ERR_* value
 * @fmt: the whole line as the user will read it
 *
 * Return: @code, so that callers can write `return err_set(...)`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_FMT(3, 4);

/**
 * err_set_errno() - as err_set() with code ERR_SYSTEM (ERR_PERMISSION for EPERM and EACCES),
 * appending ": <strerror> (errno=N)"
 * @errnum: the errno value, taken by the caller before anything else could change it
 */
int err_set_errno(struct err *err, int errnum, const char *fmt, ...) PRINTF_FMT(3, 4);
