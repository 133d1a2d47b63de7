/* SPDX-License-Identifier: GPL-2.0-only */
/* One key state: from the reset over TLS and key method 2 until it is active. Spec 01 3.5, 9. */
#include "proto/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "tls/tls.h"
#include "tls/verify.h"

/* Which phase may follow which; KEY_DEAD may follow all. */
static const bool key_may_go[KEY_PHASES][KEY_PHASES] = {
	[KEY_INITIAL] = {[KEY_PRE_START_SKIP] = true, [KEY_PRE_START] = true},
	[KEY_PRE_START_SKIP] = {[KEY_PRE_START] = true},
	[KEY_PRE_START] = {[KEY_START] = true},
	[KEY_START] = {[KEY_SENT_KEY] = true, [KEY_GOT_KEY] = true},
	[KEY_SENT_KEY] = {[KEY_GOT_KEY] = true, [KEY_ACTIVE] = true},
	[KEY_GOT_KEY] = {[KEY_SENT_KEY] = true, [KEY_ACTIVE] = true},
	[KEY_ACTIVE] = {[KEY_GENERATED] = true},
};

const char *key_phase_name(enum key_phase phase)
{
	static const char *const names[KEY_PHASES] = {
		[KEY_INITIAL] = "S_INITIAL",	 [KEY_PRE_START_SKIP] = "S_PRE_START_SKIP",
		[KEY_PRE_START] = "S_PRE_START", [KEY_START] = "S_START",
		[KEY_SENT_KEY] = "S_SENT_KEY",	 [KEY_GOT_KEY] = "S_GOT_KEY",
		[KEY_ACTIVE] = "S_ACTIVE",	 [KEY_GENERATED] = "S_GENERATED_KEYS",
		[KEY_DEAD] = "S_ERROR",
	};

	return names[phase];
}

void key_set_phase(struct session *s, struct key_state *ks, enum key_phase to)
{
	if (to != KEY_DEAD && !key_may_go[ks->phase][to]) {
		log_error(&s->log, "internal error: key %u cannot go from %s to %s", ks->key_id,
			  key_phase_name(ks->phase), key_phase_name(to));
		to = KEY_DEAD;
	}
	log_dbg(&s->log, 4, "STATE key %u: %s -> %s", ks->key_id, key_phase_name(ks->phase),
		key_phase_name(to));
	ks->phase = to;
}

bool key_is_active(const struct key_state *ks)
{
	return ks->phase == KEY_ACTIVE || ks->phase == KEY_GENERATED;
}

struct key_state *key_state_new(struct session *s, uint8_t key_id, uint8_t initial_opcode)
{
	struct key_state *ks = calloc(1, sizeof(*ks));

	if (!ks)
		return NULL;
	ks->key_id = key_id;
	ks->initial_opcode = initial_opcode;
	ks->serial = ++s->next_serial;
	ks->active_by_ms = TIME_NEVER;
	ks->auth_by_ms = TIME_NEVER;
	ks->established_ms = TIME_NEVER;
	ks->expiry_ms = TIME_NEVER;
	return ks;
}

static void key_release_control(struct key_state *ks)
{
	reliable_free(ks->rel);
	tls_conn_free(ks->tls);
	secret_free(ks->secret);
	ks->rel = NULL;
	ks->tls = NULL;
	ks->secret = NULL;
}

void key_state_free(struct session *s, struct key_state *ks)
{
	if (!ks)
		return;
	(void)s;
	key_release_control(ks);
	if (!ks->verify_kept)
		verify_free(ks->verify);
	free(ks);
}

void key_retire(struct key_state *ks, uint64_t expiry_ms)
{
	key_release_control(ks);
	ks->expiry_ms = expiry_ms;
	ks->active_by_ms = TIME_NEVER;
}

static int key_start_tls(struct session *s, struct key_state *ks, struct now now)
{
	struct tls_conn_params params = {.log = s->log, .unix_sec = now.unix_sec};

	if (s->hooks.verify) {
		ks->verify = verify_new(s->hooks.verify, s->hooks.verify_hooks, s->hooks.ctx,
					s->hooks.env, &s->log);
		if (!ks->verify)
			return ERR_NOMEM;
		params.verify = ks->verify;
	}
	tls_ctx_reload_crl(s->cfg->tls);
	ks->tls = tls_conn_new(s->cfg->tls, &params);
	return ks->tls ? 0 : ERR_NOMEM;
}

static uint32_t or_default(uint32_t value, uint32_t preset)
{
	return value ? value : preset;
}

int key_start(struct session *s, struct tls_slot *slot, struct now now, bool from_cookie)
{
	struct key_state *ks = slot->primary;
	uint32_t hand_sec = or_default(s->cfg->hand_window_sec, 60), promote_sec = hand_sec;
	int ret;

	if (s->reneg_sec && s->reneg_sec / 2 < promote_sec)
		promote_sec = s->reneg_sec / 2;
	if (!sock_addr_known(&ks->remote))
		ks->remote = s->remote;
	ks->active_by_ms = time_after(now.mono_ms, (uint64_t)hand_sec * 1000);
	ks->promote_ms = time_after(now.mono_ms, (uint64_t)promote_sec * 1000);
	ks->auth_by_ms = ks->promote_ms;
	ks->rel = reliable_new(or_default(s->cfg->tls_timeout_sec, 2) * 1000);
	ks->secret = secret_alloc(sizeof(*ks->secret));
	if (!ks->rel || !ks->secret)
		return ERR_NOMEM;
	ret = key_start_tls(s, ks, now);
	if (ret < 0)
		return ret;
	if (from_cookie) {
		reliable_skip_reset(ks->rel);
		key_set_phase(s, ks, KEY_PRE_START_SKIP);
		return 0;
	}
	key_set_phase(s, ks, KEY_PRE_START);
	return reliable_queue(ks->rel, now.mono_ms, ks->initial_opcode, NULL, 0);
}

/* TLVs of a hard reset. */
static int key_hard_reset_payload(struct session *s, struct tls_slot *slot,
				  const struct reliable_message *msg)
{
	struct rd r = rd_init(msg->data, msg->len);
	struct early_neg neg;

	if (early_neg_read(&r, &neg) < 0) {
		log_warn(&s->log, "TLS Error: Early negotiation malformed packet");
		return ERR_TLV;
	}
	/* Without a wrapped key, or at a server, the flag means nothing (7.4). */
	if (neg.resend_wkc && !s->cfg->tls_server && wrap_wkc_len(&slot->wrap) > 0)
		slot->primary->owe_wkc = true;
	return 0;
}

static int key_deliver(struct session *s, struct tls_slot *slot)
{
	struct key_state *ks = slot->primary;
	struct reliable_message msg;
	int ret = 0;

	while (ret == 0 && reliable_deliver(ks->rel, &msg)) {
		if (opcode_is_hard_reset(msg.opcode))
			ret = key_hard_reset_payload(s, slot, &msg);
		else if (msg.len > 0)
			ret = tls_conn_feed(ks->tls, msg.data, msg.len);
	}
	return ret;
}

/* Our key-method-2 message, one TLS record. */
static int key_write_method(struct session *s, struct key_state *ks)
{
	uint8_t buf[PLAINTEXT_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct session_key_text text = {0};
	int ret = s->hooks.key_text ? s->hooks.key_text(s->hooks.ctx, ks->key_id, &text) : 0;

	if (ret < 0)
		return ret;
	key_source_random(&ks->secret->own, &s->rng, s->cfg->tls_server);
	ret = key_method_write(&w, s->cfg->tls_server, &ks->secret->own, &text);
	if (ret < 0)
		log_warn(&s->log, "TLS Error: Key Method #2 write failed");
	else
		ret = tls_conn_write(ks->tls, buf, w.len);
	secret_wipe(buf, sizeof(buf));
	return ret;
}

/* What must be there before anybody looks at it; 9, "server checks". */
static int key_check_method(struct session *s, struct key_state *ks, const struct key_method *msg)
{
	if (!s->cfg->tls_server)
		return 0;
	if (s->cfg->userpass == SESSION_USERPASS_UNUSED && !tls_conn_has_peer_cert(ks->tls)) {
		log_warn(&s->log, "TLS Error: Certificate verification failed (key-method 2)");
		return ERR_CERT;
	}
	if (s->cfg->userpass == SESSION_USERPASS_REQUIRED && !msg->credentials_too_long &&
	    (!msg->has_username || !msg->has_password)) {
		log_warn(&s->log, "TLS Error: Auth Username/Password was not provided by peer");
		return ERR_AUTH;
	}
	return 0;
}

static void key_learn_peer(struct session *s, struct key_state *ks, const struct key_method *msg)
{
	const char *name = ks->verify ? verify_common_name(ks->verify) : "";

	free(s->common_name);
	s->common_name = *name ? strdup(name) : NULL;
	free(s->peer_info);
	s->peer_info = msg->has_peer_info ? strdup(msg->peer_info) : NULL;
}

/* Return: 1 when the peer's message arrived, 0 not yet, or why the key fails. */
static int key_read_method(struct session *s, struct key_state *ks)
{
	uint8_t buf[PLAINTEXT_MAX];
	struct key_method *msg;
	size_t len;
	struct rd r;
	int ret = tls_conn_read(ks->tls, buf, sizeof(buf), &len);

	if (ret < 0)
		return ret == ERR_AGAIN ? 0 : ret;
	if (tls_conn_unread(ks->tls) > 0) {
		secret_wipe(buf, len);
		log_warn(&s->log, "TLS Error: Key Method #2 message is longer than %d bytes",
			 PLAINTEXT_MAX);
		return ERR_LIMIT;
	}
	msg = secret_alloc(sizeof(*msg));
	if (!msg) {
		secret_wipe(buf, len);
		return ERR_NOMEM;
	}
	r = rd_init(buf, len);
	ret = key_method_read(&r, !s->cfg->tls_server, &s->log, msg);
	secret_wipe(buf, len);
	if (ret == 0)
		ret = key_check_method(s, ks, msg);
	if (ret < 0) {
		secret_free(msg);
		return ret;
	}
	ks->secret->peer = msg->source;
	ks->got_peer_key = true;
	ks->auth = s->cfg->tls_server ? SESSION_AUTH_UNASKED : SESSION_AUTH_OK;
	key_learn_peer(s, ks, msg);
	if (s->cfg->tls_server && s->hooks.peer_options)
		s->hooks.peer_options(s->hooks.ctx, msg->options);
	event_push_key_method(s, ks, msg);
	return 1;
}

static void log_connection(const struct session *s, const struct key_state *ks)
{
	struct str line = str_init();

	tls_conn_describe(ks->tls, &line);
	log_info(&s->log, 2, "%s", str_text(&line));
	str_fini(&line);
}

static void key_became_active(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	struct session_event ev = {
		.type = SESSION_EV_ACTIVE,
		.key_id = ks->key_id,
		.key_serial = ks->serial,
		.reconnect = ks->key_id == 0 && s->was_established,
	};
	const char *name = session_common_name(s);
	char addr[ADDR_TEXT_MAX];

	key_set_phase(s, ks, KEY_ACTIVE);
	ks->active_by_ms = TIME_NEVER;
	ks->established_ms = now.mono_ms;
	if (log_enabled(&s->log, 2))
		log_connection(s, ks);
	if (ks->key_id == 0)
		log_info(&s->log, 1, "[%s] Peer Connection Initiated with %s", name,
			 sock_addr_format(&ks->remote, addr, sizeof(addr)));
	event_push(s, &ev);
}

/* All that we said has arrived: the last condition for ACTIVE. */
static bool key_all_said(const struct key_state *ks)
{
	return reliable_all_acked(ks->rel) && tls_conn_pending(ks->tls) == 0;
}

static int key_start_phase(struct session *s, struct key_state *ks)
{
	int ret = 0;

	if (!tls_conn_handshake_done(ks->tls))
		ret = tls_conn_step(ks->tls);
	if (ret < 0 || !tls_conn_handshake_done(ks->tls))
		return ret;
	if (s->cfg->tls_server) {
		ret = key_read_method(s, ks);
		if (ret > 0)
			key_set_phase(s, ks, KEY_GOT_KEY);
		return ret;
	}
	ret = key_write_method(s, ks);
	if (ret < 0)
		return ret;
	key_set_phase(s, ks, KEY_SENT_KEY);
	return 1;
}

/* One move. Return: 1 when the phase changed, 0 when it waits, or why the key fails. */
static int key_step(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	int ret;

	switch (ks->phase) {
	case KEY_PRE_START:
		if (!reliable_all_acked(ks->rel))
			return 0;
		key_set_phase(s, ks, KEY_START);
		return 1;
	case KEY_START:
		return key_start_phase(s, ks);
	case KEY_SENT_KEY:
		if (!s->cfg->tls_server) {
			ret = key_read_method(s, ks);
			if (ret > 0)
				key_set_phase(s, ks, KEY_GOT_KEY);
			return ret;
		}
		break;
	case KEY_GOT_KEY:
		if (s->cfg->tls_server) {
			ret = key_write_method(s, ks);
			if (ret < 0)
				return ret;
			key_set_phase(s, ks, KEY_SENT_KEY);
			return 1;
		}
		break;
	default:
		return 0;
	}
	if (!key_all_said(ks))
		return 0;
	key_became_active(s, slot, now);
	return 1;
}

/* TLS may speak from START on. */
static bool key_tls_runs(const struct key_state *ks)
{
	switch (ks->phase) {
	case KEY_START:
	case KEY_SENT_KEY:
	case KEY_GOT_KEY:
	case KEY_ACTIVE:
	case KEY_GENERATED:
		return true;
	default:
		return false;
	}
}

static void log_tls_error(struct session *s, int code)
{
	if (code != ERR_TLS && code != ERR_TLS_CLOSED)
		return;
	log_warn(&s->log, "TLS_ERROR: BIO read tls_read_plaintext error");
	log_warn(&s->log, "TLS Error: TLS object -> incoming plaintext read error");
}

int key_advance(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	int ret;

	if (!ks->rel || ks->phase == KEY_PRE_START_SKIP)
		return 0;
	ret = key_deliver(s, slot);
	if (ret < 0)
		return ret;
	do
		ret = key_step(s, slot, now);
	while (ret > 0);
	if (ret == 0 && slot == &s->active && key_is_active(ks)) {
		ret = control_read(s, ks);
		if (ret == 0)
			ret = control_flush(s);
	}
	if (ret == 0 && key_tls_runs(ks))
		ret = send_tls_output(s, slot, now);
	log_tls_error(s, ret);
	return ret;
}

static bool any_data_key_left(const struct session *s)
{
	const struct key_state *const keys[] = {s->active.primary, s->active.lame, s->lame};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i] && key_is_active(keys[i]))
			return true;
	return false;
}

void key_fail(struct session *s, struct tls_slot *slot, struct now now)
{
	bool was_active = slot == &s->active;
	bool no_trusted_key = !key_is_active(s->active.primary);

	log_warn(&s->log, "TLS Error: TLS handshake failed");
	send_parting(s, slot, now);
	key_set_phase(s, slot->primary, KEY_DEAD);
	if (was_active && slot->lame && data_key_usable(slot->lame) && !s->cfg->single_session &&
	    !s->refuse_new) {
		key_state_free(s, s->lame);
		s->lame = slot->lame;
		slot->lame = NULL;
	}
	slot_fini(s, slot);
	slot_init(s, slot);
	session_soft_error(s, ERR_TLS);
	if ((was_active || no_trusted_key) && !s->failed && !any_data_key_left(s)) {
		s->hard_errors++;
		session_fail(s, "tls-error");
	}
}
