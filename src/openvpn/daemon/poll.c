/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/poll.h"

#include <stdlib.h>

static void free_poll(uv_handle_t *handle)
{
	free(handle);
}

uv_poll_t *poll_watch(uv_loop_t *loop, int fd, int events, uv_poll_cb on_ready, void *data)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));

	if (!poll)
		return NULL;
	if (uv_poll_init(loop, poll, fd)) {
		free(poll);
		return NULL;
	}
	poll->data = data;
	if (uv_poll_start(poll, events, on_ready))
		poll_unwatch(&poll);
	return poll;
}

void poll_unwatch(uv_poll_t **poll)
{
	if (!*poll)
		return;
	(*poll)->data = NULL;
	uv_poll_stop(*poll);
	uv_close((uv_handle_t *)*poll, free_poll);
	*poll = NULL;
}
