/* SPDX-License-Identifier: GPL-2.0-only */
/* Watching a descriptor from the control loop, with a handle that outlives its owner's last call.
 */
#ifndef DAEMON_POLL_H
#define DAEMON_POLL_H

#include <uv.h>

/**
 * poll_watch() - call @on_ready whenever @fd is ready
 * @loop: the control loop
 * @fd: stays the caller's; must stay open until poll_unwatch()
 * @events: UV_READABLE, UV_WRITABLE or both
 * @on_ready: called in the control thread
 * @data: in the handle's data
 *
 * Return: the handle, NULL without memory or when the descriptor cannot be watched.
 */
uv_poll_t *poll_watch(uv_loop_t *loop, int fd, int events, uv_poll_cb on_ready, void *data);

/**
 * poll_unwatch() - stop, and forget the handle
 * @poll: in: the handle or NULL; out: NULL. Its data is NULL from here on, which a callback under
 *way can look at; the handle is freed by the loop in a later round.
 */
void poll_unwatch(uv_poll_t **poll);

#endif
