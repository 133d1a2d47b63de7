/* SPDX-License-Identifier: GPL-2.0-only */
/* Where an incoming control packet belongs, and what it does there. Spec 01 3.4. */
#include "proto/session_impl.h"

#include "base/err.h"
#include "tls/tls.h"

/* One packet on its way. */
struct incoming {
	struct now now;
	const union sock_addr *from;
	const void *data;
	size_t len;
	bool may_move;		/* the peer is followed to @from if the packet proves it */
	struct packet_header h; /* not authenticated yet */
	char *text;		/* for from_text(), ADDR_TEXT_MAX */
};

static const char *from_text(const struct incoming *in)
{
	return sock_addr_format(in->from, in->text, ADDR_TEXT_MAX);
}

static int metadata_hook(void *user, int type, const uint8_t *metadata, size_t len)
{
	struct session *s = user;

	return s->hooks.verify_client_key(s->hooks.ctx, type, metadata, len);
}

static int unwrap(struct session *s, struct tls_slot *slot, const struct incoming *in,
		  uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *pkt)
{
	const struct wrap_input input = {
		.log = &s->log,
		.now = in->now,
		.from = in->from,
		.metadata = s->hooks.verify_client_key ? metadata_hook : NULL,
		.metadata_user = s,
	};

	return wrap_open(&slot->wrap, &input, in->data, in->len, plain, pkt);
}

/* Of a known session: one that comes from elsewhere has to be proven, and moves the peer. */
static int unwrap_known(struct session *s, struct tls_slot *slot, const struct incoming *in,
			uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *pkt)
{
	int ret = unwrap(s, slot, in, plain, pkt);

	if (ret < 0 || !in->may_move || sock_addr_equal(&slot->primary->remote, in->from))
		return ret;
	if (!pkt->proven)
		return ERR_STATE;
	session_set_remote(s, in->from);
	return 0;
}

static void request_burst(struct tls_slot *slot, struct now now)
{
	slot->hold = false;
	if (slot->burst_done || !slot->primary->rel)
		return;
	slot->burst_done = true;
	reliable_burst(slot->primary->rel, now.mono_ms);
}

static int check_opcode(struct session *s, const struct incoming *in)
{
	bool from_client = false;

	switch (in->h.opcode) {
	case OP_CONTROL_HARD_RESET_CLIENT_V2:
	case OP_CONTROL_HARD_RESET_CLIENT_V3:
		from_client = true;
		break;
	case OP_CONTROL_HARD_RESET_SERVER_V2:
		break;
	case OP_CONTROL_SOFT_RESET_V1:
	case OP_CONTROL_V1:
	case OP_ACK_V1:
	case OP_CONTROL_WKC_V1:
		return 0;
	case OP_CONTROL_HARD_RESET_CLIENT_V1:
	case OP_CONTROL_HARD_RESET_SERVER_V1:
		log_warn(&s->log, "Peer tried unsupported key-method 1");
		__attribute__((fallthrough));
	default:
		log_warn(&s->log, "TLS Error: unknown opcode received from %s op=%u", from_text(in),
			 in->h.opcode);
		return ERR_OPCODE;
	}
	if (from_client == s->cfg->tls_server)
		return 0;
	log_warn(&s->log,
		 "TLS Error: client->client or server->server connection attempted from %s",
		 from_text(in));
	return ERR_OPCODE;
}

/* Acknowledgements of the peer. */
static int take_acks(struct session *s, struct tls_slot *slot, struct now now, struct rd *body)
{
	struct ack_record ack;
	int ret = ack_record_read(body, &ack);

	if (ret == 0 && ack.count > 0 && !session_id_equal(&ack.addressee, &slot->sid))
		ret = ERR_SESSION_ID;
	if (ret < 0) {
		log_warn(&s->log, "TLS Error: reading acknowledgement record from packet");
		return ret;
	}
	for (unsigned int i = 0; i < ack.count; i++)
		reliable_acked(slot->primary->rel, now.mono_ms, ack.id[i]);
	return 0;
}

/* Steps 8 and 9, for a packet that is authentic. */
static int process_body(struct session *s, struct tls_slot *slot, const struct incoming *in,
			struct wrap_opened *pkt)
{
	struct key_state *ks = slot->primary;
	char list[512];
	const uint8_t *payload;
	uint32_t id;
	size_t len;
	int ret;

	/* Said before the other side heard of the soft reset: nobody's fault, also not on TCP. */
	if (slot->lame && pkt->h.key_id == slot->lame->key_id && pkt->h.key_id != ks->key_id) {
		log_dbg(&s->log, 4, "TLS: dropping %s of the retired key id %u",
			opcode_name(pkt->h.opcode), pkt->h.key_id);
		return 0;
	}
	if (pkt->h.key_id != ks->key_id || !ks->rel) {
		log_warn(&s->log, "TLS ERROR: local/remote key IDs out of sync (%u/%u) ID: %s",
			 ks->key_id, pkt->h.key_id, session_key_list(s, list, sizeof(list)));
		return ERR_STATE;
	}
	ret = take_acks(s, slot, in->now, &pkt->body);
	if (ret < 0 || pkt->h.opcode == OP_ACK_V1)
		return ret;
	if (rd_left(&pkt->body) < 4)
		return 0;
	id = rd_u32(&pkt->body);
	if (opcode_is_hard_reset(pkt->h.opcode) && id != 0) {
		log_warn(
			&s->log,
			"TLS Error: received %s with packet id %u from %s -- 0 was expected, ignoring packet",
			opcode_name(pkt->h.opcode), id, from_text(in));
		return 0;
	}
	payload = rd_rest(&pkt->body, &len);
	ret = reliable_receive(ks->rel, id, pkt->h.opcode, payload, len);
	if (ret == ERR_OVERFLOW)
		log_warn(&s->log, "Incoming control channel packet too big, dropping.");
	return ret == ERR_DUPLICATE || ret == ERR_WINDOW ? 0 : ret;
}

/* Step 5c: the untrusted session belongs to this peer from now on. */
static int adopt_peer(struct session *s, const struct incoming *in)
{
	struct tls_slot *slot = &s->untrusted;
	char sid[SESSION_ID_TEXT_LEN];
	const struct session_event ev = {
		.type = SESSION_EV_INITIAL_PACKET,
		.from = *in->from,
		.key_serial = slot->primary->serial,
	};
	int ret = 0;

	log_info(&s->log, 3, "TLS: Initial packet from %s, sid=%s", from_text(in),
		 session_id_format(&in->h.sid, sid));
	slot->primary->remote_sid = in->h.sid;
	slot->primary->has_remote_sid = true;
	slot->primary->remote = *in->from;
	s->begun++;
	if (!sock_addr_known(&s->remote))
		s->remote = *in->from;
	event_push(s, &ev);
	slot->hold = false;
	if (slot->primary->phase == KEY_INITIAL)
		ret = key_start(s, slot, in->now, false);
	else
		request_burst(slot, in->now);
	return ret;
}

/* The peer began anew while it was negotiating: so do we. Its wrap goes on, replay window and all.
 */
static void restart_untrusted(struct session *s)
{
	struct tls_slot *slot = &s->untrusted;
	struct wrap wrap = slot->wrap;

	wrap_init(&slot->wrap, NULL, &wrap.params);
	slot_fini(s, slot);
	slot_init(s, slot);
	slot->wrap = wrap;
}

/* Step 5. */
static int route_new_session(struct session *s, const struct incoming *in)
{
	struct tls_slot *slot = &s->untrusted;
	uint8_t plain[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	int ret;

	if ((s->cfg->single_session || s->refuse_new) && s->begun > 0) {
		log_warn(
			&s->log,
			"TLS Error: Cannot accept new session request from %s due to session context expire or --single-session",
			from_text(in));
		return ERR_STATE;
	}
	/*
	 * Only servers begin anew: a server that answers twice (its cookie changed between our two
	 * resets) must not throw back a client that goes on with the first answer, and two ends
	 * that both begin anew would do so for ever.
	 */
	if (slot->primary->has_remote_sid && !s->cfg->tls_server) {
		log_dbg(&s->log, 4, "TLS: ignoring another %s from %s", opcode_name(in->h.opcode),
			from_text(in));
		return ERR_DUPLICATE;
	}
	ret = unwrap(s, slot, in, plain, &pkt);
	if (ret < 0)
		return ret;
	if (slot->primary->has_remote_sid)
		restart_untrusted(s);
	ret = adopt_peer(s, in);
	if (ret < 0) {
		key_fail(s, slot, in->now);
		return ret;
	}
	return process_body(s, slot, in, &pkt);
}

/* Step 7a. */
static int route_soft_reset(struct session *s, struct tls_slot *slot, const struct incoming *in)
{
	uint8_t plain[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	char list[512];
	int ret;

	if (in->h.key_id != slot->next_key_id) {
		log_warn(&s->log, "TLS ERROR: local/remote key IDs out of sync (%u/%u) ID: %s",
			 slot->primary->key_id, in->h.key_id,
			 session_key_list(s, list, sizeof(list)));
		return ERR_STATE;
	}
	ret = unwrap_known(s, slot, in, plain, &pkt);
	if (ret < 0)
		return ret;
	log_dbg(&s->log, 4, "TLS: received P_CONTROL_SOFT_RESET_V1 s=%d sid=peer",
		slot == &s->untrusted);
	ret = soft_reset(s, slot, in->now);
	if (ret < 0) {
		key_fail(s, slot, in->now);
		return ret;
	}
	return process_body(s, slot, in, &pkt);
}

/* Step 7. */
static int route_known_session(struct session *s, struct tls_slot *slot, const struct incoming *in)
{
	struct key_state *ks = slot->primary;
	uint8_t plain[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	int ret;

	if (s->cfg->transport == SESSION_UDP && !in->may_move &&
	    !sock_addr_equal(&ks->remote, in->from)) {
		log_warn(&s->log, "TLS Error: Received control packet from unexpected IP addr: %s",
			 from_text(in));
		return ERR_STATE;
	}
	if (in->h.opcode == OP_CONTROL_SOFT_RESET_V1 && ks->phase == KEY_GENERATED)
		return route_soft_reset(s, slot, in);
	ret = unwrap_known(s, slot, in, plain, &pkt);
	if (slot->cookie_first && ret != ERR_AGAIN) {
		slot->cookie_first = false;
		if (ret < 0) {
			s->hard_errors++;
			session_fail(s, "tls-error");
			return ret;
		}
		key_set_phase(s, ks, KEY_PRE_START);
	}
	if (ret < 0)
		return ret;
	if (in->h.opcode == OP_CONTROL_SOFT_RESET_V1)
		request_burst(slot, in->now);
	return process_body(s, slot, in, &pkt);
}

static bool sid_is(const struct key_state *ks, const struct session_id *sid)
{
	return ks && ks->has_remote_sid && session_id_equal(&ks->remote_sid, sid);
}

bool session_has_peer(const struct session *s, const struct session_id *sid)
{
	return sid_is(s->active.primary, sid);
}

int session_route(struct session *s, struct now now, const union sock_addr *from, bool may_move,
		  const void *data, size_t len)
{
	char text[ADDR_TEXT_MAX];
	struct incoming in = {
		.text = text,
		.now = now,
		.from = from,
		.data = data,
		.len = len,
		.may_move = may_move,
	};
	struct rd r = rd_init(data, len);
	char sid[SESSION_ID_TEXT_LEN];
	int header = packet_header_read(&r, &in.h), ret;

	if (len == 0)
		return ERR_SHORT;
	if (in.h.opcode == OP_DATA_V1 || in.h.opcode == OP_DATA_V2)
		return ERR_AGAIN; /* not ours, and no error */
	ret = check_opcode(s, &in);
	if (ret < 0)
		return session_soft_error(s, ret);
	if (header < 0) {
		log_warn(&s->log, "TLS Error: session-id not found in packet from %s",
			 from_text(&in));
		return session_soft_error(s, header);
	}
	if (sid_is(s->active.primary, &in.h.sid)) {
		ret = route_known_session(s, &s->active, &in);
	} else if (sid_is(s->untrusted.primary, &in.h.sid)) {
		ret = route_known_session(s, &s->untrusted, &in);
	} else if (sid_is(s->lame, &in.h.sid)) {
		log_warn(&s->log, "TLS ERROR: received control packet with stale session-id=%s",
			 session_id_format(&in.h.sid, sid));
		ret = ERR_SESSION_ID;
	} else if (opcode_is_hard_reset(in.h.opcode)) {
		ret = route_new_session(s, &in);
	} else {
		log_warn(&s->log,
			 "TLS Error: Unroutable control packet received from %s (si=3 op=%s)",
			 from_text(&in), opcode_name(in.h.opcode));
		ret = ERR_SESSION_ID;
	}
	if (ret < 0 && ret != ERR_AGAIN && ret != ERR_DUPLICATE && !s->failed)
		session_soft_error(s, ret);
	return ret;
}
