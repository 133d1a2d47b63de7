/* SPDX-License-Identifier: GPL-2.0-only */
/* A server with many clients (--mode server). Spec 03 section 3.8. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct server;

/**
 * server_start() - open sockets and the tunnel, then serve
 * @app: configuration, loop, log, signals; borrowed for the server's life
 *
 * Everything else happens on the loop. When the server has ended, app_finished() is called: by a
 * signal that is pending in @app, or by a fatal error.
 *
 * Return: 0, or ERR_* with the fatal line in @err.
 */
int server_start(struct app *app, struct server **out, struct err *err) MUST_CHECK;

/** server_signal() - a signal of the process became pending */
void server_signal(struct server *s);

/** server_status() - append the lines of --status and SIGUSR2; @version 1..3, 0: as configured */
void server_status(struct server *s, unsigned int version, struct str *out);
/** server_log_lateness() - one line at --verb 1: how late the loop ran timers since the last call
 */
void server_log_lateness(struct server *s);

/** server_free() - close all clients and the tunnel; client-disconnect and down hooks run */
void server_free(struct server *s);
