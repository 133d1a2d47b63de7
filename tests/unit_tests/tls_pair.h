/* SPDX-License-Identifier: GPL-2.0-only */
/* A TLS client and server joined in memory, with everything that they logged. */
#pragma once

#include "base/str.h"
#include "pki.h"
#include "tls/tls.h"

struct tls_side {
	struct tls_ctx_config cfg;
	struct verify_config verify_cfg;
	struct verify_hooks hooks;
	void *user;
	struct env *env;
	uint64_t unix_sec;
	/* made by tls_pair_start() */
	struct log_sink *sink;
	struct log log;
	struct str lines; /* each ends in '\n' */
	struct tls_ctx *ctx;
	struct verify *verify;
	struct tls_conn *conn;
	int result; /* of the handshake: 0 or ERR_TLS */
};

struct tls_pair {
	struct tls_side client;
	struct tls_side server;
};

/** tls_pair_init() - a client and a server that trust @ca and show these certificates; change the
 * configurations before tls_pair_start() */
void tls_pair_init(struct tls_pair *p, const struct pki_cert *ca, const struct pki_cert *client,
		   const struct pki_cert *server);

/** tls_pair_start() - make contexts and connections; fails the test if a context is refused */
void tls_pair_start(struct tls_pair *p);

/** tls_pair_handshake() - start, and run until both are done, one failed, or nothing moves.
 * Return: whether both are done. */
bool tls_pair_handshake(struct tls_pair *p);

/** tls_pair_reconnect() - new connections on the same contexts, then as tls_pair_handshake() */
bool tls_pair_reconnect(struct tls_pair *p);

/** tls_pair_move() - carry what waits in both directions. Return: whether there was anything. */
bool tls_pair_move(struct tls_pair *p);

void tls_pair_fini(struct tls_pair *p);

/** tls_side_logged() - whether @text is part of what the side logged */
bool tls_side_logged(const struct tls_side *side, const char *text);

/** tls_write_file() - the file at @path holds @text from now on */
void tls_write_file(const char *path, const char *text);

/** tls_side_crl_file() - have the side ask a new file with @crl. @path: mkstemp()'s template, kept.
 */
void tls_side_crl_file(struct tls_side *side, char *path, const char *crl);
