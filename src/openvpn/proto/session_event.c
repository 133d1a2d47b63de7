/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of a session's events and what they lend to the layer above. */
#include "proto/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct event_node {
	struct event_node *next;
	struct session_event ev;
	void *payload; /* secret memory */
};

static void event_free(struct event_node *node)
{
	if (!node)
		return;
	secret_free(node->payload);
	free(node);
}

/* Takes @payload. Without memory the session cannot go on: nobody would hear of it. */
static void event_append(struct session *s, const struct session_event *ev, void *payload)
{
	struct event_node *node = calloc(1, sizeof(*node));

	if (!node) {
		secret_free(payload);
		s->failed = true;
		return;
	}
	node->ev = *ev;
	node->payload = payload;
	*s->events_tail = node;
	s->events_tail = &node->next;
}

void event_push(struct session *s, const struct session_event *ev)
{
	event_append(s, ev, NULL);
}

void event_push_key_method(struct session *s, const struct key_state *ks, struct key_method *msg)
{
	const struct session_event ev = {
		.type = SESSION_EV_PEER_KEY_METHOD,
		.key_id = ks->key_id,
		.key_serial = ks->serial,
		.peer =
			{
				.options = msg->options,
				.username = msg->has_username ? msg->username : NULL,
				.password = msg->has_password ? msg->password : NULL,
				.peer_info = msg->has_peer_info ? msg->peer_info : NULL,
				.credentials_too_long = msg->credentials_too_long,
			},
	};

	secret_wipe(&msg->source, sizeof(msg->source));
	event_append(s, &ev, msg);
}

void event_push_key_ready(struct session *s, const struct key_state *ks,
			  const struct static_key *block)
{
	struct static_key *copy = secret_alloc(sizeof(*copy));
	struct session_event ev = {
		.type = SESSION_EV_KEY_READY,
		.key_id = ks->key_id,
		.key_serial = ks->serial,
	};
	/* 10.3: the TLS client is the side that uses the block as "normal" */
	enum key_direction dir = s->cfg->tls_server ? KEY_DIR_INVERSE : KEY_DIR_NORMAL;
	struct key_slice seal, open;

	if (!copy) {
		s->failed = true;
		return;
	}
	*copy = *block;
	seal = static_key_send(copy, dir);
	open = static_key_recv(copy, dir);
	ev.key_block = copy->k;
	ev.slices = (struct session_key_slices){
		.seal_cipher = seal.cipher,
		.seal_hmac = seal.hmac,
		.open_cipher = open.cipher,
		.open_hmac = open.hmac,
	};
	event_append(s, &ev, copy);
}

void event_push_message(struct session *s, const char *text)
{
	struct session_event ev = {.type = SESSION_EV_CONTROL_MESSAGE};
	char *copy = secret_strdup(text); /* AUTH_FAILED,CRV1 and tokens are nobody's business */

	ev.message = copy;
	ev.key_id = s->active.primary->key_id;
	ev.key_serial = s->active.primary->serial;
	if (copy)
		event_append(s, &ev, copy);
	else
		s->failed = true;
}

bool session_next_event(struct session *s, struct session_event *ev)
{
	event_free(s->lent);
	s->lent = s->events;
	if (!s->lent)
		return false;
	s->events = s->lent->next;
	if (!s->events)
		s->events_tail = &s->events;
	*ev = s->lent->ev;
	return true;
}

void events_free(struct session *s)
{
	event_free(s->lent);
	s->lent = NULL;
	while (s->events) {
		struct event_node *next = s->events->next;

		event_free(s->events);
		s->events = next;
	}
	s->events_tail = &s->events;
}
