/* SPDX-License-Identifier: GPL-2.0-only */
/* A node with one peer: the pull client, and either end of a point-to-point tunnel. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct client;

/**
 * client_start() - begin to connect
 * @app: configuration, loop, log, signals; borrowed for the client's life
 *
 * Everything happens on the loop from now on. When the client has ended, app_finished() is
 * called: by a signal that is pending in @app, or by a fatal error.
 *
 * Return: 0, or ERR_* with the fatal line in @err.
 */
int client_start(struct app *app, struct client **out, struct err *err) MUST_CHECK;

/** client_signal() - a signal of the process became pending */
void client_signal(struct client *c);

/** client_status() - append the lines of --status and SIGUSR2 */
void client_status(struct client *c, struct str *out);

/** client_free() - close and release everything; tunnel hooks run if it is still open */
void client_free(struct client *c);
