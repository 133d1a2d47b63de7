/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session transmits: TLS output in messages, packets with their ACK record. Spec 01 5. */
#include "proto/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tls/tls.h"

enum {
	PACKET_FIXED = 1 + SID_LEN + 4, /* first byte, session id, message id */
};

uint32_t session_clamp_size(uint32_t max_packet_size)
{
	if (max_packet_size < MAX_PACKET_SIZE_LOWEST)
		return MAX_PACKET_SIZE_LOWEST;
	if (max_packet_size > MAX_PACKET_SIZE_HIGHEST)
		return MAX_PACKET_SIZE_HIGHEST;
	return max_packet_size;
}

static uint32_t max_packet_size(const struct session *s)
{
	uint32_t size = s->cfg->max_packet_size;

	return size ? session_clamp_size(size) : MAX_PACKET_SIZE_DEFAULT;
}

static size_t ip_overhead(const struct key_state *ks)
{
	return ks->remote.sa.sa_family == AF_INET6 ? IP6_UDP_HEADER : IP4_UDP_HEADER;
}

/* Bytes that a packet may have besides its fixed part, for ACK record and payload. */
static size_t packet_room(const struct session *s, const struct tls_slot *slot)
{
	size_t used = PACKET_FIXED + wrap_overhead(&slot->wrap, slot->primary->key_id) +
		      ip_overhead(slot->primary);
	size_t size = max_packet_size(s);

	return size > used ? size - used : 0;
}

/* TLS bytes of the next message; 5.7. */
static size_t chunk_size(struct session *s, const struct tls_slot *slot)
{
	const struct key_state *ks = slot->primary;
	size_t acks = ack_record_len(reliable_acks_count(ks->rel, ACK_IDS_IN_MESSAGE));
	size_t room = packet_room(s, slot);
	size_t chunk = room > acks ? room - acks : 0;

	if (chunk >= CONTROL_CHUNK_LOWEST)
		return chunk;
	if (!s->warned_packet_size)
		log_warn(
			&s->log,
			"Warning: --max-packet-size (%u) setting too low. Sending minimum sized packet.",
			max_packet_size(s));
	s->warned_packet_size = true;
	return CONTROL_CHUNK_LOWEST;
}

/* The message that carries the wrapped client key; it may have no room for TLS at all. */
static int queue_wkc_message(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	uint8_t buf[PLAINTEXT_MAX];
	size_t chunk = chunk_size(s, slot), wkc = wrap_wkc_len(&slot->wrap), len = 0;

	if (chunk > wkc)
		len = tls_conn_drain(ks->tls, buf, chunk - wkc);
	ks->wkc_queued = true;
	return reliable_queue(ks->rel, now.mono_ms, OP_CONTROL_WKC_V1, buf, len);
}

int send_tls_output(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	uint8_t buf[PLAINTEXT_MAX];
	int ret;

	if (ks->owe_wkc && !ks->wkc_queued && reliable_send_slots(ks->rel) > 0 &&
	    (tls_conn_pending(ks->tls) > 0 || reliable_acks_pending(ks->rel) > 0)) {
		ret = queue_wkc_message(s, slot, now);
		if (ret < 0)
			return ret;
	}
	while (reliable_send_slots(ks->rel) > 0 && tls_conn_pending(ks->tls) > 0) {
		size_t len = tls_conn_drain(ks->tls, buf, chunk_size(s, slot));

		ret = reliable_queue(ks->rel, now.mono_ms, OP_CONTROL_V1, buf, len);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* How many ids a message leaves room for. What does not fit goes with a packet of its own. */
static size_t ack_limit(const struct session *s, const struct tls_slot *slot, size_t payload)
{
	size_t room = packet_room(s, slot);
	size_t limit = ACK_IDS_IN_MESSAGE;

	if (payload <= CONTROL_CHUNK_LOWEST)
		return limit;
	while (limit > 0 && ack_record_len(limit) + payload > room)
		limit--;
	return limit;
}

static int build_packet(struct session *s, struct tls_slot *slot, struct now now, uint8_t opcode,
			const struct reliable_message *msg, struct session_packet *out)
{
	struct key_state *ks = slot->primary;
	struct packet_header h = {.opcode = opcode, .key_id = ks->key_id, .sid = slot->sid};
	struct ack_record ack = {.addressee = ks->remote_sid};
	struct wr w = wr_init(out->data, sizeof(out->data));
	uint8_t body[CONTROL_PACKET_MAX];
	struct wr b = wr_init(body, sizeof(body));
	size_t limit = ACK_IDS_MAX;
	int ret;

	if (msg)
		limit = ack_limit(s, slot, msg->len);
	else if (!s->cfg->tls_server && wrap_is_plain(&slot->wrap) && !slot->negotiated.tls_ekm)
		limit = ACK_IDS_IN_MESSAGE; /* SoftEther servers read no more (5.1) */
	if (ks->has_remote_sid)
		ack.count = (uint8_t)reliable_take_acks(ks->rel, limit, ack.id);
	ack_record_write(&b, &ack);
	if (msg) {
		wr_u32(&b, msg->id);
		wr_bytes(&b, msg->data, msg->len);
	}
	if (wr_error(&b) < 0)
		return wr_error(&b);
	ret = wrap_seal(&slot->wrap, now, &h, body, b.len, &w);
	if (ret == ERR_PACKET_ID_ROLLOVER)
		log_warn(&s->log, "TLS-CRYPT ERROR: packet ID roll over.");
	out->len = w.len;
	out->to = ks->remote;
	return ret;
}

bool slot_may_send(const struct tls_slot *slot)
{
	return slot->primary->rel && !slot->hold && slot->primary->phase != KEY_PRE_START_SKIP;
}

/* A client that owes its wrapped key must not send P_ACK_V1: the server could not read it. */
static bool ack_packet_due(const struct key_state *ks)
{
	if (ks->owe_wkc && !ks->wkc_queued)
		return false;
	return reliable_acks_pending(ks->rel) > 0 && ks->has_remote_sid;
}

static bool slot_output(struct session *s, struct tls_slot *slot, struct now now,
			struct session_packet *out)
{
	struct key_state *ks = slot->primary;
	struct reliable_message msg;

	if (!slot_may_send(slot))
		return false;
	while (reliable_next_due(ks->rel, now.mono_ms, &msg))
		if (build_packet(s, slot, now, msg.opcode, &msg, out) == 0)
			return true;
	if (ack_packet_due(ks))
		return build_packet(s, slot, now, OP_ACK_V1, NULL, out) == 0;
	return false;
}

bool session_build_packet(struct session *s, struct now now, struct session_packet *out)
{
	struct parting_packet *p = s->parting;

	if (p) {
		memcpy(out->data, p->data, p->len);
		out->len = p->len;
		out->to = p->to;
		s->parting = p->next;
		if (!s->parting)
			s->parting_tail = &s->parting;
		free(p);
		return true;
	}
	if (s->failed)
		return false;
	return slot_output(s, &s->active, now, out) || slot_output(s, &s->untrusted, now, out);
}

static void parting_append(struct session *s, const struct session_packet *packet)
{
	struct parting_packet *p = malloc(sizeof(*p) + packet->len);

	if (!p)
		return; /* best effort */
	p->next = NULL;
	p->to = packet->to;
	p->len = packet->len;
	memcpy(p->data, packet->data, packet->len);
	*s->parting_tail = p;
	s->parting_tail = &p->next;
}

void send_parting(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	struct session_packet *packet;
	uint32_t id;

	if (!slot_may_send(slot) || !ks->tls)
		return;
	switch (ks->phase) {
	case KEY_START:
	case KEY_SENT_KEY:
	case KEY_GOT_KEY:
	case KEY_ACTIVE:
	case KEY_GENERATED:
		break;
	default:
		return;
	}
	packet = malloc(sizeof(*packet));
	if (!packet)
		return;
	if (tls_conn_handshake_done(ks->tls))
		tls_conn_shutdown(ks->tls);
	while (slot_output(s, slot, now, packet))
		parting_append(s, packet);
	/* Beyond the send window: nobody will repeat these. */
	id = reliable_next_send_id(ks->rel);
	for (unsigned int i = 0; i < SEND_WINDOW && tls_conn_pending(ks->tls) > 0; i++) {
		uint8_t buf[PLAINTEXT_MAX];
		struct reliable_message msg = {.id = id++, .opcode = OP_CONTROL_V1, .data = buf};

		msg.len = tls_conn_drain(ks->tls, buf, chunk_size(s, slot));
		if (build_packet(s, slot, now, msg.opcode, &msg, packet) == 0)
			parting_append(s, packet);
	}
	free(packet);
}
