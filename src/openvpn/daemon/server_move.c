/* SPDX-License-Identifier: GPL-2.0-only */
/* A server's data plane is lost or refuses to work: all clients move to another. Spec 05 section
 * 1.19; fallback is a matter of the process, never of one client. */
#include "daemon/server_internal.h"

#include <signal.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"

/* The kernel was reading the stream of a TCP client, perhaps to the middle of a record. */
static bool must_reconnect(const struct server_peer *p)
{
	return p->entry.tcp;
}

static void leave(struct server *s)
{
	struct client_entry *e, *next;

	for (e = client_table_next(s->clients, NULL); e; e = next) {
		struct server_peer *p = peer_of(e);

		next = client_table_next(s->clients, e);
		if (must_reconnect(p))
			peer_close(p, SIGUSR1, "device-gone");
		else
			peer_data_leave(p);
	}
	server_listen_detach(s);
	server_device_unwatch(s);
}

/* Nobody can renegotiate before the first keys, which a client makes when it has its options. */
static uint64_t renewal_begins(const struct server_peer *p, uint64_t now_ms)
{
	uint64_t sent = p->push_sent_at ? p->push_sent_at : now_ms;
	uint64_t taken = time_after(sent, SERVER_PUSH_TAKEN_MS);

	return taken > now_ms ? taken : now_ms;
}

static void enter(struct server_peer *p)
{
	struct now now = clock_now();
	struct err err = {0};

	if (p->state != PEER_CONNECTED || !p->moving)
		return;
	if (peer_data_add(p, &err) < 0) {
		log_error(&p->log, "cannot hand the client to the data plane: %s", err.text);
		peer_close(p, SIGTERM, "dco-connect-error");
		return;
	}
	key_renewal_start(&p->renewal, renewal_begins(p, now.mono_ms));
	peer_wake(p);
}

/* Return: 0, or ERR_* after the server has ended. */
static int move(struct server *s)
{
	struct client_entry *e, *next;
	struct err err = {0};
	int ret;

	leave(s);
	ret = tunnel_close(s->tunnel);
	if (ret == 0)
		ret = server_open_tunnel(s, &err);
	if (ret == 0)
		ret = server_listen_attach(s, &err);
	if (ret < 0) {
		server_fatal(s, "%s", err.text[0] ? err.text : err_text(ret));
		return ret;
	}
	for (e = client_table_next(s->clients, NULL); e; e = next) {
		next = client_table_next(s->clients, e);
		enter(peer_of(e));
	}
	server_learn_again(s);
	log_info(&s->log, 1, "The tunnel goes on with %s, interface %s",
		 dco_device_backend(tunnel_device(s->tunnel))->text, tunnel_name(s->tunnel));
	return 0;
}

void server_device_gone(struct server *s)
{
	assume_control_thread();
	log_error(&s->log, "the tunnel interface %s is gone", tunnel_name(s->tunnel));
	(void)move(s);
}

bool server_offload_refused(struct server *s, const struct server_peer *by, int code)
{
	struct client_entry *e = NULL;

	assume_control_thread();
	if (s->offload_proven || !tunnel_is_offloaded(s->tunnel))
		return false;
	while ((e = client_table_next(s->clients, e)))
		if (peer_of(e) != by && peer_of(e)->dco_added)
			return false;
	if (!app_offload_refused(s->app, code))
		return false;
	return move(s) == 0 && by->state != PEER_CLOSED;
}
