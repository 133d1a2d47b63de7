/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker's loop: descriptors, timers of peers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct engine;
struct port;
struct engine_peer;

/** worker_start() - begin to move packets; does nothing when running already */
int worker_start(struct engine *e, struct err *err) MUST_CHECK;
/** worker_stop() - end the thread and wait for it; the lock must not be held */
void worker_stop(struct engine *e);

/** worker_watch_device() - let the loop look at the device, or stop it from that */
int worker_watch_device(struct engine *e) MUST_CHECK;
int worker_watch_port(struct engine *e, struct port *port) MUST_CHECK;
void worker_forget_port(struct engine *e, struct port *port);

/** worker_must_see() - whether the loop waits for other things at @port than it should */
bool worker_must_see(const struct port *port);

/**
 * worker_peer_timers() - ping @p if it is time, report it when it was silent for too long
 *
 * Called when the wheel says so, and when the timers or keys of @p change.
 */
void worker_peer_timers(struct engine *e, struct engine_peer *p);
