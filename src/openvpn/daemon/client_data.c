/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's peer in the data plane: what happens to it, its keys, and its move to another. */
#include "daemon/client_internal.h"

#include <signal.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/app.h"
#include "daemon/data_setup.h"
#include "daemon/poll.h"
#include "net/socket.h"

/* ---- moving to another data plane ---- */

/*
 * With UDP the session and what was negotiated stay; keys are made anew. A TCP stream was read by
 * the data plane that is lost, perhaps to the middle of a record, so it takes a new connection.
 */
static bool may_move(const struct client *c)
{
	return c->state == CLIENT_CONNECTED && c->peer_added && !c->finish_pending &&
	       !client_is_tcp(c) && session_is_active(c->session);
}

/* The tunnel goes on with another device, from the loop: the lost one is still in use here. */
static void data_lost(struct client *c, const struct now *now, const char *text)
{
	if (c->moving)
		return;
	if (!may_move(c)) {
		client_raise(c, SIGUSR1, text);
		return;
	}
	c->moving = true;
	c->reopen_at = now->mono_ms;
	client_wake(c);
}

void client_data_leave(struct client *c, const struct now *now, const char *text)
{
	c->avoid_kernel = true;
	data_lost(c, now, text);
}

/* ---- events of the data plane ---- */

/* A driver that ends a TCP peer for DATA_V1 leaves the stream open: it can be told from a lost one.
 */
static bool stream_is_open(const struct client *c)
{
	return client_is_tcp(c) && tunnel_is_offloaded(c->tunnel) && c->link &&
	       socket_tcp_is_established(link_fd(c->link));
}

static void on_peer_gone(struct client *c, const struct dco_event *ev)
{
	c->peer_added = false;
	switch (ev->reason) {
	case DCO_GONE_EXPIRED:
		client_silent(c);
		break;
	case DCO_GONE_DECRYPT_ERROR:
		log_error(&c->log, "Fatal decryption error (process_incoming_link), restarting");
		client_raise(c, SIGUSR1, "decryption-error");
		break;
	case DCO_GONE_TRANSPORT_ERROR:
	case DCO_GONE_TRANSPORT_DISCONNECT:
		if (ev->reason == DCO_GONE_TRANSPORT_ERROR && stream_is_open(c))
			client_hear_none(c);
		client_raise(c, SIGUSR1, "connection-reset");
		break;
	case DCO_GONE_TEARDOWN:
	case DCO_GONE_USER:
		log_warn(&c->log, "the data plane dropped the peer, restarting");
		client_raise(c, SIGUSR1, "dco peer deleted");
		break;
	}
}

struct dco_peer_params client_data_params(const struct client *c)
{
	return data_setup_params(c->cfg, &c->neg, client_is_tcp(c),
				 link_remote(c->link)->sa.sa_family);
}

static void on_path_mtu(struct client *c, uint32_t mtu)
{
	sa_family_t family = link_remote(c->link)->sa.sa_family;
	struct dco_peer_params params;

	assume_control_thread();
	if (!data_setup_path_mtu(&c->cfg->ce, family, mtu, &c->log))
		return;
	params = client_data_params(c);
	if (dco_peer_set(tunnel_device(c->tunnel), c->peer_id, &params) < 0)
		log_warn(&c->log, "cannot change the size of fragments");
}

static void on_device_event(struct client *c, const struct dco_event *ev)
{
	struct now now = clock_now();

	switch (ev->type) {
	case DCO_EVENT_CONTROL:
	case DCO_EVENT_TRANSPORT_CLOSED:
		if (c->link)
			link_event(c->link, ev);
		break;
	case DCO_EVENT_PEER_GONE:
		if (c->peer_added)
			on_peer_gone(c, ev);
		break;
	case DCO_EVENT_PEER_FLOATED:
		link_set_remote(c->link, &ev->remote);
		session_set_remote(c->session, &ev->remote);
		break;
	case DCO_EVENT_PATH_MTU:
		if (c->peer_added)
			on_path_mtu(c, ev->path_mtu);
		break;
	case DCO_EVENT_DHCP_ROUTER:
		client_tunnel_gateway(c, &ev->router);
		break;
	case DCO_EVENT_KEY_LIMIT:
		if (c->session)
			(void)session_renegotiate(c->session, now, "key limit"); /* or under way */
		break;
	case DCO_EVENT_REMOTE_EXIT:
		log_info(&c->log, 1, "OCC exit message received by peer");
		client_raise(c, SIGUSR1, "remote-exit");
		break;
	case DCO_EVENT_DATA_V1:
		client_hear_doubt(c, &now);
		break;
	case DCO_EVENT_FLOAT_COLLISION: /* takes a second peer */
	case DCO_EVENT_MAC:
		break;
	case DCO_EVENT_OUT_OF_SYNC:
		if (c->session)
			session_log_unknown_key(c->session, &ev->remote, ev->key_id);
		break;
	case DCO_EVENT_DEVICE_GONE:
		log_error(&c->log, "the tunnel interface %s is gone", tunnel_name(c->tunnel));
		c->device_gone = true;
		data_lost(c, &now, "device-gone");
		break;
	}
}

static void on_device_readable(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;
	struct dco_event ev;

	(void)status;
	(void)events;
	assume_control_thread();
	while (c && tunnel_is_open(c->tunnel) && dco_next_event(tunnel_device(c->tunnel), &ev))
		on_device_event(c, &ev);
	if (c)
		client_wake(c);
}

int client_data_watch(struct client *c)
{
	c->device_poll = poll_watch(c->app->loop, dco_event_fd(tunnel_device(c->tunnel)),
				    UV_READABLE, on_device_readable, c);
	return c->device_poll ? 0 : ERR_SYSTEM;
}

/* ---- the peer ---- */

int client_data_add_peer(struct client *c, struct err *err)
{
	assume_control_thread();
	struct dco_device *dev = tunnel_device(c->tunnel);
	bool has_id = c->neg.use_v2 && c->neg.peer_id != NEGOTIATED_PEER_ID_NONE;
	/* with --float the session may have come from elsewhere than where we sent to */
	const union sock_addr *heard = session_remote(c->session);
	struct dco_peer_config peer = {
		.peer_id = has_id ? c->neg.peer_id : 0,
		.tx_peer_id = has_id ? c->neg.tx_peer_id : DCO_PEER_ID_UNDEF,
		.transport = link_transport(c->link),
		.remote = *link_remote(c->link),
		.local = c->heard_at,
		.name = session_common_name(c->session),
		.options = c->occ.local,
		.log = c->log,
	};
	struct dco_peer_params params = client_data_params(c);
	int ret;

	if (heard->sa.sa_family != AF_UNSPEC && !sock_addr_equal(heard, &peer.remote)) {
		peer.remote = *heard;
		link_set_remote(c->link, heard);
	}
	dco_peer_del(dev, c->peer_id); /* of an earlier session, if any */
	if (c->moving)
		data_slots_move(&c->slots);
	else
		data_slots_init(&c->slots);
	c->peer_id = peer.peer_id;
	ret = dco_peer_add(dev, &peer, err);
	if (ret < 0)
		return ret;
	c->peer_added = true;
	c->silence_until = TIME_NEVER;
	return dco_peer_set(dev, c->peer_id, &params);
}

/* ---- keys ---- */

/*
 * The kernel refuses a later key: this connection goes on without it. A refused first key is
 * another matter, see client_tunnel_refused().
 */
static void key_unusable(struct client *c, const struct now *now, const struct err *err)
{
	log_error(&c->log, "cannot install the data channel key: %s", err->text);
	if (c->finish_pending)
		client_tunnel_refused(c, err->code);
	if (err->code != ERR_NO_DEVICE && tunnel_is_offloaded(c->tunnel) && may_move(c)) {
		log_warn(
			&c->log,
			"Note: the kernel refuses a key, continuing without data channel offload.");
		client_data_leave(c, now, "dco update keys error");
		return;
	}
	data_lost(c, now, "dco update keys error");
}

void client_data_key(struct client *c, const struct now *now, const struct session_event *ev)
{
	struct err err = {0};

	if (c->moving && !c->finish_pending) {
		data_slots_skip(&c->slots, ev->key_serial); /* there is nothing to put it into */
		return;
	}
	if (!c->peer_added)
		return;
	if (data_setup_install(&c->neg, c->cfg->crypto.auth, ev, &c->slots,
			       tunnel_device(c->tunnel), c->peer_id, &err) < 0) {
		key_unusable(c, now, &err);
		return;
	}
	key_renewal_key_ready(&c->renewal, now->mono_ms);
	if (c->finish_pending)
		client_tunnel_finished(c, now);
}

void client_data_sync_keys(struct client *c, const struct now *now)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];
	struct err err = {0};
	size_t count;
	int ret;

	if (!c->peer_added || !c->session || c->moving)
		return;
	count = session_data_keys(c->session, *now, keys);
	ret = data_slots_sync(&c->slots, tunnel_device(c->tunnel), c->peer_id, keys, count);
	if (ret == 0)
		return;
	err_set(&err, ret, "the slots of the data plane do not match the session: %s",
		err_text(ret));
	key_unusable(c, now, &err);
}
