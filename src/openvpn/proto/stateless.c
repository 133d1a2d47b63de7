/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/stateless.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "proto/cookie.h"
#include "proto/wrap.h"

struct stateless {
	struct stateless_config cfg;
	struct log log;
	struct cookie_key cookie;
	/* rate limit of answers, 7.5 */
	uint64_t period_start_ms;
	uint32_t answers;
	uint32_t dropped;
};

/* One packet on its way through. */
struct visit {
	struct stateless *st;
	struct now now;
	const union sock_addr *from;
	struct stateless_verdict *verdict;
	struct wrap wrap; /* temporary copy of the configured one */
	struct wrap_opened pkt;
	char addr[ADDR_TEXT_MAX];
};

struct stateless *stateless_new(const struct stateless_config *cfg, const struct log *log,
				const struct rng *rng)
{
	struct stateless *st = secret_alloc(sizeof(*st));

	if (!st)
		return NULL;
	st->cfg = *cfg;
	st->log = *log;
	cookie_key_init(&st->cookie, rng, cfg->hand_window_sec);
	return st;
}

void stateless_free(struct stateless *st)
{
	secret_free(st);
}

/* A new period begins: say how many packets the old one cost. */
static void rate_limit_renew(struct stateless *st, uint64_t now_ms)
{
	if (st->dropped)
		log_info(&st->log, 3,
			 "Dropped %u initial handshake packets due to --connect-freq-initial %u %u",
			 st->dropped, st->cfg.initial_count, st->cfg.initial_sec);
	st->period_start_ms = now_ms;
	st->answers = 0;
	st->dropped = 0;
}

static bool rate_limit_allows(struct stateless *st, uint64_t now_ms)
{
	uint64_t period_ms = (uint64_t)st->cfg.initial_sec * 1000;

	if (st->cfg.initial_count == 0)
		return true;
	if (now_ms - st->period_start_ms > period_ms || st->period_start_ms == 0)
		rate_limit_renew(st, now_ms);
	if (++st->answers <= st->cfg.initial_count)
		return true;
	if (st->dropped++ == 0)
		log_warn(
			&st->log,
			"Note: --connect-freq-initial %u %u rate limit exceeded, dropping initial handshake packets for the next %llu seconds",
			st->cfg.initial_count, st->cfg.initial_sec,
			(unsigned long long)(period_ms - (now_ms - st->period_start_ms)) / 1000);
	return false;
}

static void reply_reset(struct visit *v, bool resend_wkc)
{
	struct stateless_verdict *out = v->verdict;
	const struct early_neg neg = {.resend_wkc = resend_wkc};
	struct ack_record ack = {.count = 1, .id = {0}, .addressee = v->pkt.h.sid};
	struct packet_header h = {.opcode = OP_CONTROL_HARD_RESET_SERVER_V2};
	uint8_t body[64];
	struct wr w = wr_init(body, sizeof(body));
	struct wr reply = wr_init(out->reply, sizeof(out->reply));

	h.sid = cookie_make(&v->st->cookie, v->now, 0, v->from, &v->pkt.h.sid);
	ack_record_write(&w, &ack);
	wr_u32(&w, 0);
	early_neg_write(&w, &neg);
	if (wrap_seal(&v->wrap, v->now, &h, body, w.len, &reply) < 0)
		return;
	log_dbg(&v->st->log, 7, "Reset packet from client, sending HMAC based reset challenge");
	out->reply_len = reply.len;
	out->action = STATELESS_REPLY;
}

/* Opcodes 7 and 10. */
static void visit_reset(struct visit *v)
{
	struct rd body = v->pkt.body;
	struct ack_record ack;

	/* All clients send a whole body; whoever does not gets no answer that is larger. */
	if (ack_record_read(&body, &ack) < 0 || rd_left(&body) < 4)
		return;
	if (!rate_limit_allows(v->st, v->now.mono_ms))
		return;
	if (v->pkt.h.opcode == OP_CONTROL_HARD_RESET_CLIENT_V2) {
		reply_reset(v, false);
	} else if ((v->pkt.replay_counter & EARLY_NEG_COUNTER_MASK) == EARLY_NEG_COUNTER_START) {
		reply_reset(v, true);
	} else if (wrap_config_force_cookie(v->st->cfg.wrap)) {
		log_warn(
			&v->st->log,
			"tls-crypt-v2 force-cookie is enabled, ignoring connection attempt from old client (%s)",
			v->addr);
	} else {
		v->verdict->action = STATELESS_CREATE_UNPROVEN;
	}
}

static bool cookie_is_proven(const struct visit *v)
{
	struct rd body = v->pkt.body;
	struct ack_record ack;

	if (ack_record_read(&body, &ack) < 0 || ack.count == 0)
		return false;
	for (unsigned int i = 0; i < ack.count; i++)
		if (ack.id[i] > 1)
			return false;
	if (v->pkt.h.opcode != OP_ACK_V1 && (rd_u32(&body) > 1 || rd_error(&body) < 0))
		return false;
	v->verdict->own_sid = ack.addressee;
	return cookie_check(&v->st->cookie, v->now, v->from, &v->pkt.h.sid, &ack.addressee);
}

/* Opcodes 4, 5 and 11. */
static void visit_third_packet(struct visit *v)
{
	const char *name = opcode_name(v->pkt.h.opcode);

	if (!cookie_is_proven(v)) {
		log_info(&v->st->log, 4,
			 "Packet (%s) with invalid or missing SID from %s or wrong packet id", name,
			 v->addr);
		return;
	}
	log_dbg(&v->st->log, 7,
		"Valid packet (%s) with HMAC challenge from peer (%s), accepting new connection.",
		name, v->addr);
	if (v->st->answers)
		v->st->answers--; /* a real client: its reset is not counted */
	v->verdict->peer_sid = v->pkt.h.sid;
	v->verdict->action = STATELESS_CREATE;
}

/* Checks that need no key; most junk ends here. */
static bool visit_header(struct visit *v, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);
	struct packet_header h = {0};
	int ret = packet_header_read(&r, &h);

	if (len < 1 + SID_LEN) {
		log_dbg(&v->st->log, 7,
			"TLS State Error: Too short packet (length  %zu) received from %s", len,
			v->addr);
		return false;
	}
	switch (h.opcode) {
	case OP_CONTROL_V1:
	case OP_ACK_V1:
	case OP_CONTROL_HARD_RESET_CLIENT_V2:
	case OP_CONTROL_HARD_RESET_CLIENT_V3:
	case OP_CONTROL_WKC_V1:
		break;
	default:
		log_dbg(&v->st->log, 7, "TLS State Error: No TLS state for client %s, opcode=%u",
			v->addr, h.opcode);
		return false;
	}
	if (h.key_id != 0) {
		log_dbg(&v->st->log, 7,
			"TLS State Error: Unknown key ID (%u) received from %s -- 0 was expected",
			h.key_id, v->addr);
		return false;
	}
	if (ret < 0) {
		log_warn(&v->st->log, "TLS Error: session-id not found in packet from %s", v->addr);
		return false;
	}
	return true;
}

void stateless_input(struct stateless *st, struct now now, const union sock_addr *from,
		     const void *data, size_t len, struct stateless_verdict *verdict)
{
	const struct wrap_params params = {.tls_server = true};
	struct visit v = {.st = st, .now = now, .from = from, .verdict = verdict};
	const struct wrap_input in = {.log = &st->log, .now = now, .from = from, .stateless = true};
	uint8_t plain[CONTROL_PACKET_MAX];

	verdict->action = STATELESS_DROP;
	verdict->from = *from;
	verdict->reply_len = 0;
	sock_addr_format(from, v.addr, sizeof(v.addr));
	if (!visit_header(&v, data, len))
		return;
	wrap_init(&v.wrap, st->cfg.wrap, &params);
	if (wrap_open(&v.wrap, &in, data, len, plain, &v.pkt) == 0) {
		if (opcode_is_hard_reset(v.pkt.h.opcode))
			visit_reset(&v);
		else
			visit_third_packet(&v);
	}
	wrap_fini(&v.wrap);
}
