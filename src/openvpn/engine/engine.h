/* SPDX-License-Identifier: GPL-2.0-only */
/* The userspace data plane: a worker thread between a tun device and link sockets. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/key.h"
#include "dco.h"

/*
 * Threads and locking. The worker owns everything; the control thread borrows it for a moment by
 * taking the one lock, which the worker holds for a batch of packets at a time and gives up
 * whenever somebody waits for it (engine_lock()). So a call of the control thread is an
 * ordinary function call, it waits for at most one batch (about 0.1 ms), what it changes is seen
 * by the next packet as a whole, and the packet path pays for two uncontended locks a batch.
 *
 * The thread starts with the first transport, so a program may fork (--daemon) after it has
 * opened the device. Signals are blocked in it.
 */

extern const struct dco_ops engine_ops;

/* What tests replace. */
struct engine_env {
	int tun_fd;   /* use this instead of a tun device; closed by the engine */
	bool offload; /* packets of the device have a virtio header, large ones are cut */
	uint64_t (*now_ms)(void *ctx); /* NULL: CLOCK_MONOTONIC */
	void *ctx;
	struct data_limits limits; /* of keys; zero fields: the default */
};

struct engine;

/**
 * engine_new() - open the device and make an engine for it
 * @env: NULL outside of tests
 *
 * Return: 0; release with engine_ops.tundev_close(). Else ERR_* with @err set.
 */
int engine_new(const struct dco_device_config *cfg, const struct log *log,
	       const struct engine_env *env, struct engine **out, struct err *err) MUST_CHECK;
