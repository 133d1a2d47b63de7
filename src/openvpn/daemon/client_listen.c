/* SPDX-License-Identifier: GPL-2.0-only */
/* Point to point over TCP, the end that waits: one listening socket until the peer has come. */
#include "daemon/client_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

struct listener {
	uv_poll_t poll;
	int fd;
	struct socket_config socket;
	struct client *client; /* NULL: being closed */
};

static void on_closed(uv_handle_t *handle)
{
	struct listener *l = handle->data;

	close(l->fd);
	free(l);
}

void client_listen_stop(struct client *c)
{
	struct listener *l = c->listener;

	if (!l)
		return;
	c->listener = NULL;
	l->client = NULL;
	uv_poll_stop(&l->poll);
	uv_close((uv_handle_t *)&l->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	struct client *c = l->client;
	union sock_addr remote;
	struct err err = {0};
	char text[ADDR_TEXT_MAX];
	int fd, ret;

	(void)status;
	(void)events;
	if (!c)
		return;
	ret = socket_tcp_accept(l->fd, &l->socket, &c->log, &fd, &remote, &err);
	if (ret == ERR_AGAIN)
		return;
	if (ret < 0) {
		log_warn(&c->log, "%s", err.text);
		return;
	}
	if (c->cfg->ce.remote && !remote_list_has_address(c->remotes, &remote)) {
		log_info(&c->log, 1,
			 "TCP NOTE: Rejected connection attempt from %s due to --remote setting",
			 sock_addr_format(&remote, text, sizeof(text)));
		close(fd);
		return;
	}
	client_listen_stop(c);
	client_connect_accepted(c, fd, &remote);
}

int client_listen_start(struct client *c, const struct socket_config *socket, struct err *err)
{
	struct listener *l = calloc(1, sizeof(*l));
	int ret;

	if (!l)
		return err_set(err, ERR_NOMEM, "out of memory");
	l->socket = *socket;
	l->client = c;
	ret = socket_tcp_listen(socket, &c->log, &l->fd, err);
	if (ret < 0) {
		free(l);
		return ret;
	}
	uv_poll_init(c->timer.loop, &l->poll, l->fd);
	l->poll.data = l;
	c->listener = l;
	if (uv_poll_start(&l->poll, UV_READABLE, on_readable)) {
		client_listen_stop(c);
		return err_set(err, ERR_SYSTEM, "cannot wait for TCP connections");
	}
	return 0;
}
