/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a session: slots, timers, promotion, and the answers to the layer above. Spec 01 3.
 */
#include "proto/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "proto/session_impl.h"
#include "proto/stateless.h"
#include "tls/tls.h"
#include "tls/verify.h"

bool sock_addr_known(const union sock_addr *a)
{
	return a->sa.sa_family != AF_UNSPEC;
}

static enum opcode own_reset(const struct session *s, const struct wrap *wrap)
{
	if (s->cfg->tls_server)
		return OP_CONTROL_HARD_RESET_SERVER_V2;
	return wrap_wkc_len(wrap) > 0 ? OP_CONTROL_HARD_RESET_CLIENT_V3
				      : OP_CONTROL_HARD_RESET_CLIENT_V2;
}

/* A fresh protocol session. Without memory the whole session has failed. */
void slot_init(struct session *s, struct tls_slot *slot)
{
	const struct wrap_params params = {
		.tls_server = s->cfg->tls_server,
		.replay_window = s->cfg->replay_strict	 ? 0
				 : s->cfg->replay_window ? s->cfg->replay_window
							 : REPLAY_WINDOW_DEFAULT,
		.replay_time_sec =
			s->cfg->replay_time_sec ? s->cfg->replay_time_sec : REPLAY_TIME_DEFAULT_SEC,
		.mute_replay = s->cfg->mute_replay_warnings,
	};

	*slot = (struct tls_slot){.sid = session_id_random(&s->rng), .next_key_id = 1};
	wrap_init(&slot->wrap, s->cfg->wrap, &params);
	slot->hold = s->cfg->transport == SESSION_TCP && s->cfg->tls_server;
	slot->primary = key_state_new(s, 0, (uint8_t)own_reset(s, &slot->wrap));
	if (!slot->primary)
		s->failed = true;
}

void slot_fini(struct session *s, struct tls_slot *slot)
{
	key_state_free(s, slot->primary);
	key_state_free(s, slot->lame);
	wrap_fini(&slot->wrap);
	*slot = (struct tls_slot){0};
}

/* --reneg-sec with its scatter, so that a server's clients do not come all at once; 3.6. */
static uint32_t draw_reneg_sec(const struct session_config *cfg, const struct rng *rng)
{
	uint32_t max = cfg->reneg_sec, span = 0;

	if (cfg->reneg_min_sec)
		span = max > cfg->reneg_min_sec ? max - cfg->reneg_min_sec : 1;
	else if (cfg->mode == SESSION_P2MP_SERVER)
		span = max / 10 > 0 ? max / 10 : 1;
	return max - rng_below(rng, max && span ? span : 1);
}

struct session *session_new(const struct session_config *cfg, const struct session_hooks *hooks,
			    const struct log *log, const struct rng *rng, struct now now)
{
	struct session *s = calloc(1, sizeof(*s));

	(void)now;
	if (!s)
		return NULL;
	s->cfg = cfg;
	s->hooks = *hooks;
	s->log = *log;
	s->rng = *rng;
	s->events_tail = &s->events;
	s->parting_tail = &s->parting;
	s->control_tail = &s->control;
	s->reneg_bytes = cfg->reneg_bytes;
	s->reneg_sec = draw_reneg_sec(cfg, rng);
	slot_init(s, &s->active);
	slot_init(s, &s->untrusted);
	if (s->failed) {
		session_free(s);
		return NULL;
	}
	return s;
}

struct session *session_new_from_cookie(const struct session_config *cfg,
					const struct session_hooks *hooks, const struct log *log,
					const struct rng *rng, struct now now,
					const struct stateless_verdict *verdict)
{
	struct session *s = session_new(cfg, hooks, log, rng, now);
	struct tls_slot *slot;

	if (!s)
		return NULL;
	slot = &s->untrusted;
	slot->sid = verdict->own_sid;
	slot->cookie_first = true;
	slot->primary->remote_sid = verdict->peer_sid;
	slot->primary->has_remote_sid = true;
	slot->primary->remote = verdict->from;
	s->remote = verdict->from;
	s->begun = 1;
	wrap_resume(&slot->wrap, now);
	if (key_start(s, slot, now, true) < 0) {
		session_free(s);
		return NULL;
	}
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	slot_fini(s, &s->active);
	slot_fini(s, &s->untrusted);
	key_state_free(s, s->lame);
	events_free(s);
	control_free(s);
	while (s->parting) {
		struct parting_packet *next = s->parting->next;

		free(s->parting);
		s->parting = next;
	}
	verify_free(s->first_verify);
	free(s->peer_info);
	free(s->common_name);
	free(s);
}

void session_set_log_prefix(struct session *s, const char *prefix)
{
	str_copy(s->log.prefix, sizeof(s->log.prefix), prefix);
}

void session_fail(struct session *s, const char *reason)
{
	const struct session_event ev = {.type = SESSION_EV_FAILED, .reason = reason};

	if (s->failed)
		return;
	s->failed = true;
	event_push(s, &ev);
}

int session_soft_error(struct session *s, int code)
{
	s->soft_errors++;
	if (s->cfg->transport == SESSION_TCP && !s->failed) {
		log_warn(&s->log, "Fatal TLS error (check_tls_errors_co), restarting");
		session_fail(s, "tls-error");
	}
	return code;
}

/* The untrusted session begins by itself when nothing else can bring up a trusted one. */
static void start_untrusted(struct session *s, struct now now)
{
	struct key_state *ks = s->untrusted.primary;

	if (ks->phase != KEY_INITIAL || s->active.primary->phase != KEY_INITIAL ||
	    !sock_addr_known(&s->remote))
		return;
	if (key_start(s, &s->untrusted, now, false) < 0)
		key_fail(s, &s->untrusted, now);
}

/* 3.5 "Promotion"; waits for the layer above, so that the line can say whether it is trusted. */
static bool promote_untrusted(struct session *s)
{
	struct key_state *ks = s->untrusted.primary;

	if (!ks->got_peer_key || ks->auth == SESSION_AUTH_UNASKED)
		return false;
	log_info(&s->log, 3, "TLS: tls_multi_process: initial untrusted session promoted to %s",
		 ks->auth == SESSION_AUTH_OK ? "trusted" : "semi-trusted");
	slot_fini(s, &s->active);
	s->active = s->untrusted;
	s->remote = ks->remote;
	slot_init(s, &s->untrusted);
	return true;
}

static void check_handshake_window(struct session *s, struct tls_slot *slot, struct now now)
{
	uint32_t hand_sec = s->cfg->hand_window_sec ? s->cfg->hand_window_sec : 60;

	if (s->failed || slot->primary->active_by_ms > now.mono_ms)
		return;
	log_warn(
		&s->log,
		"TLS Error: TLS key negotiation failed to occur within %u seconds (check your network connectivity)",
		hand_sec);
	key_fail(s, slot, now);
}

static void check_pending_auth(struct session *s, struct now now)
{
	struct key_state *ks = s->active.primary;
	const struct session_event ev = {
		.type = SESSION_EV_AUTH_TIMEOUT,
		.key_id = ks->key_id,
		.key_serial = ks->serial,
	};

	if (ks->auth != SESSION_AUTH_PENDING || ks->auth_by_ms > now.mono_ms)
		return;
	ks->auth = SESSION_AUTH_FAILED;
	event_push(s, &ev);
}

static void check_expiry(struct session *s, struct now now)
{
	if (s->active.lame && s->active.lame->expiry_ms <= now.mono_ms) {
		log_info(&s->log, 3, "TLS: tls_process: killed expiring key");
		key_state_free(s, s->active.lame);
		s->active.lame = NULL;
	}
	if (s->lame && s->lame->expiry_ms <= now.mono_ms) {
		log_info(&s->log, 3, "TLS: tls_multi_process: killed expiring key");
		key_state_free(s, s->lame);
		s->lame = NULL;
	}
}

/* One slot as far as it goes. The data key of a trusted one follows at once. */
static void advance_slot(struct session *s, struct tls_slot *slot, struct now now)
{
	int ret;

	if (s->failed)
		return;
	ret = key_advance(s, slot, now);
	if (ret == 0 && slot == &s->active)
		ret = data_key_generate(s, slot, now);
	if (ret < 0)
		key_fail(s, slot, now);
}

void session_pump(struct session *s, struct now now)
{
	if (s->failed)
		return;
	s->pumped_ms = now.mono_ms;
	check_expiry(s, now);
	check_handshake_window(s, &s->active, now);
	check_handshake_window(s, &s->untrusted, now);
	if (s->failed)
		return;
	check_pending_auth(s, now);
	reneg_check(s, now);
	advance_slot(s, &s->active, now);
	advance_slot(s, &s->untrusted, now);
	if (!s->failed && promote_untrusted(s))
		advance_slot(s, &s->active, now);
	if (!s->failed)
		start_untrusted(s, now);
	data_keys_report(s, now);
}

void session_start(struct session *s, struct now now, const union sock_addr *remote)
{
	s->remote = *remote;
	session_pump(s, now);
}

static int input(struct session *s, struct now now, const union sock_addr *from, bool may_move,
		 const void *data, size_t len)
{
	int ret;

	if (s->failed)
		return ERR_STATE;
	ret = session_route(s, now, from, may_move, data, len);
	session_pump(s, now);
	return ret;
}

int session_input(struct session *s, struct now now, const union sock_addr *from, const void *data,
		  size_t len)
{
	return input(s, now, from, false, data, len);
}

int session_input_moved(struct session *s, struct now now, const union sock_addr *from,
			const void *data, size_t len)
{
	return input(s, now, from, true, data, len);
}

bool session_output(struct session *s, struct now now, struct session_packet *out)
{
	return session_build_packet(s, now, out);
}

static uint64_t slot_deadline(const struct tls_slot *slot)
{
	const struct key_state *ks = slot->primary;
	uint64_t deadline = ks->active_by_ms;

	if (slot_may_send(slot))
		deadline = time_min(deadline, reliable_deadline(ks->rel));
	return deadline;
}

uint64_t session_deadline(const struct session *s)
{
	uint64_t deadline = TIME_NEVER;

	if (s->failed)
		return TIME_NEVER;
	deadline = time_min(slot_deadline(&s->active), slot_deadline(&s->untrusted));
	if (s->active.primary->auth == SESSION_AUTH_PENDING)
		deadline = time_min(deadline, s->active.primary->auth_by_ms);
	if (s->active.lame)
		deadline = time_min(deadline, s->active.lame->expiry_ms);
	if (s->lame)
		deadline = time_min(deadline, s->lame->expiry_ms);
	deadline = time_min(deadline, reneg_deadline(s));
	return time_min(deadline, data_keys_deadline(s));
}

void session_timer(struct session *s, struct now now)
{
	session_pump(s, now);
}

static struct key_state *find_key(const struct session *s, uint32_t serial)
{
	struct key_state *const keys[] = {s->active.primary, s->active.lame, s->untrusted.primary,
					  s->lame};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i] && keys[i]->serial == serial)
			return keys[i];
	return NULL;
}

void session_auth(struct session *s, struct now now, uint32_t key_serial, enum session_auth verdict)
{
	struct key_state *ks = find_key(s, key_serial);

	if (!ks || !ks->got_peer_key || s->failed)
		return;
	ks->auth = verdict;
	if (verdict == SESSION_AUTH_OK && !s->first_verify && ks->verify) {
		s->first_verify = ks->verify;
		ks->verify_kept = true;
	}
	session_pump(s, now);
}

void session_extend_auth(struct session *s, uint32_t key_serial, uint64_t deadline_ms)
{
	struct key_state *ks = find_key(s, key_serial);

	if (ks)
		ks->auth_by_ms = deadline_ms;
}

void session_options_done(struct session *s, struct now now, const struct session_negotiated *neg)
{
	s->active.options_done = true;
	s->active.negotiated = *neg;
	s->was_established = true;
	session_pump(s, now);
}

void session_refuse_new(struct session *s)
{
	s->refuse_new = true;
}

void session_set_remote(struct session *s, const union sock_addr *remote)
{
	struct key_state *const keys[] = {s->active.primary, s->active.lame, s->lame};

	s->remote = *remote;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i])
			keys[i]->remote = *remote;
}

const union sock_addr *session_remote(const struct session *s)
{
	return &s->remote;
}

struct tls_conn *session_tls(const struct session *s)
{
	return s->active.primary->tls;
}

const struct verify *session_verify(const struct session *s, uint32_t key_serial)
{
	const struct key_state *ks = key_serial ? find_key(s, key_serial) : NULL;

	if (key_serial == 0)
		return s->first_verify;
	return ks ? ks->verify : NULL;
}

const char *session_common_name(const struct session *s)
{
	return s->common_name ? s->common_name : "";
}

const char *session_peer_info(const struct session *s)
{
	return s->peer_info;
}

bool session_is_active(const struct session *s)
{
	return !s->failed && key_is_active(s->active.primary);
}

bool session_has_initial_packet(const struct session *s)
{
	return s->begun > 0;
}

int session_export(struct session *s, const char *label, void *out, size_t len)
{
	struct key_state *ks = s->active.primary;

	if (!ks->tls || !tls_conn_handshake_done(ks->tls))
		return ERR_STATE;
	return tls_conn_export(ks->tls, label, out, len);
}

unsigned int session_soft_errors(const struct session *s)
{
	return s->soft_errors;
}

static const char *auth_name(enum session_auth auth)
{
	switch (auth) {
	case SESSION_AUTH_OK:
		return "KS_AUTH_TRUE";
	case SESSION_AUTH_PENDING:
		return "KS_AUTH_DEFERRED";
	default:
		return "KS_AUTH_FALSE";
	}
}

const char *session_key_list(const struct session *s, char *buf, size_t cap)
{
	const struct key_state *const keys[] = {s->active.primary, s->active.lame, s->lame};
	struct str text = str_init();
	char sid[SESSION_ID_TEXT_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i])
			str_addf(&text, " [key#%zu state=%s auth=%s id=%u sid=%s]", i,
				 key_phase_name(keys[i]->phase), auth_name(keys[i]->auth),
				 keys[i]->key_id, session_id_format(&keys[i]->remote_sid, sid));
	str_copy(buf, cap, str_text(&text));
	str_fini(&text);
	return buf;
}

void session_log_unknown_key(struct session *s, const union sock_addr *from, uint8_t key_id)
{
	char addr[ADDR_TEXT_MAX], list[512];

	log_warn(
		&s->log,
		"TLS Error: local/remote TLS keys are out of sync: %s (received key id: %u, known key ids: %s)",
		sock_addr_format(from, addr, sizeof(addr)), key_id,
		session_key_list(s, list, sizeof(list)));
}
