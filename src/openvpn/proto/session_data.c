/* SPDX-License-Identifier: GPL-2.0-only */
/* Data keys: making them, which one sends, when they are renewed and when they end. Spec 01 3.6
 * - 3.8. */
#include "proto/session_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "tls/tls.h"

enum {
	DATA_KEY_SETTLE_MS =
		1000, /* several round trips, and below the shortest useful --reneg-sec */
};

bool data_key_usable(const struct key_state *ks)
{
	return ks->phase == KEY_GENERATED && ks->auth == SESSION_AUTH_OK;
}

static int derive_by_prf(const struct session *s, const struct tls_slot *slot,
			 struct static_key *block)
{
	const struct key_state *ks = slot->primary;
	bool server = s->cfg->tls_server;
	int ret;

	ret = data_keys_prf(server ? &ks->secret->peer : &ks->secret->own,
			    server ? &ks->secret->own : &ks->secret->peer,
			    server ? &ks->remote_sid : &slot->sid,
			    server ? &slot->sid : &ks->remote_sid, block);
	if (ret < 0)
		log_warn(
			&s->log,
			"TLS Error: PRF calculation failed. Your system might not support the old TLS 1.0 PRF calculation anymore or the policy does not allow it (e.g. running in FIPS mode). The peer did not announce support for the modern TLS Export feature that replaces the TLS 1.0 PRF (requires OpenVPN 2.6.x or higher)");
	return ret;
}

static int derive_by_exporter(const struct session *s, const struct key_state *ks,
			      struct static_key *block)
{
	int ret = tls_conn_export(ks->tls, EXPORTER_DATA_KEYS, block->k, sizeof(block->k));

	if (ret < 0)
		log_warn(&s->log, "TLS Error: Keying material export failed");
	return ret;
}

/* Both directions must have a cipher key that is not zero in all its parts. */
static int check_block(const struct session *s, const struct static_key *block)
{
	if (!secret_is_zero(static_key_send(block, KEY_DIR_NORMAL).cipher, STATIC_KEY_SLOT_LEN) &&
	    !secret_is_zero(static_key_recv(block, KEY_DIR_NORMAL).cipher, STATIC_KEY_SLOT_LEN))
		return 0;
	log_warn(&s->log, "TLS Error: Bad dynamic key generated");
	return ERR_ZERO_KEY;
}

/* 6.8: once for a session, from the TLS connection of its key 0. */
static int begin_dynamic_wrap(struct session *s, struct tls_slot *slot)
{
	struct static_key exported;
	int ret = tls_conn_export(slot->primary->tls, EXPORTER_DYN_TLS_CRYPT, exported.k,
				  sizeof(exported.k));

	if (ret == 0)
		ret = wrap_set_dynamic(&slot->wrap, &exported);
	secret_wipe(&exported, sizeof(exported));
	if (ret < 0)
		log_warn(&s->log, "TLS Error: Keying material export failed");
	return ret;
}

int data_key_generate(struct session *s, struct tls_slot *slot, struct now now)
{
	struct key_state *ks = slot->primary;
	struct static_key block;
	int ret;

	(void)now;
	if (ks->phase != KEY_ACTIVE || ks->auth != SESSION_AUTH_OK || !slot->options_done)
		return 0;
	if (slot->negotiated.tls_ekm)
		ret = derive_by_exporter(s, ks, &block);
	else
		ret = derive_by_prf(s, slot, &block);
	if (ret == 0)
		ret = check_block(s, &block);
	if (ret == 0 && ks->key_id == 0 && slot->negotiated.dyn_tls_crypt)
		ret = begin_dynamic_wrap(s, slot);
	secret_free(ks->secret);
	ks->secret = NULL;
	if (ret == 0) {
		key_set_phase(s, ks, KEY_GENERATED);
		event_push_key_ready(s, ks, &block);
	}
	secret_wipe(&block, sizeof(block));
	return ret;
}

/* The three places of 3.7 in scan order. */
static size_t scan_usable(const struct session *s, struct key_state *out[SESSION_DATA_KEYS_MAX])
{
	struct key_state *const places[SESSION_DATA_KEYS_MAX] = {s->active.primary, s->active.lame,
								 s->lame};
	size_t n = 0;

	for (size_t i = 0; i < SESSION_DATA_KEYS_MAX; i++)
		if (places[i] && data_key_usable(places[i]))
			out[n++] = places[i];
	return n;
}

/*
 * When the peer surely has a key that we have: our last message may need a retransmission. Without
 * this the first packets under a new key are lost at the peer.
 */
static uint64_t settled_ms(const struct key_state *ks)
{
	return time_after(ks->established_ms, DATA_KEY_SETTLE_MS);
}

/*
 * The first whose promotion time has passed, else the newest that has settled, so that limits by
 * bytes and packets count the key that they are about. The lame session is not asked while
 * the trusted one has two keys: that the newer exists proves that the peer made the older, whereas
 * the lame session may be unknown to it by now. This matters when the peer renegotiates more often
 * than our promotion time.
 */
static size_t choose_sending(const struct session *s, struct key_state *const keys[], size_t n,
			     struct now now)
{
	if (n == SESSION_DATA_KEYS_MAX)
		n--;
	if (n && keys[0]->serial == s->reported_sending)
		return 0; /* never back to an older one */
	for (size_t i = 0; i < n; i++)
		if (keys[i]->promote_ms <= now.mono_ms)
			return i;
	if (n == 2 && keys[1] == s->active.lame && now.mono_ms < settled_ms(keys[0]))
		return 1;
	return 0;
}

size_t session_data_keys(const struct session *s, struct now now,
			 struct session_data_key out[SESSION_DATA_KEYS_MAX])
{
	struct key_state *keys[SESSION_DATA_KEYS_MAX];
	size_t n = scan_usable(s, keys), sending = choose_sending(s, keys, n, now);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct session_data_key){
			.key_id = keys[i]->key_id,
			.key_serial = keys[i]->serial,
			.sends = i == sending,
		};
	return n;
}

static bool serial_in(const uint32_t *list, size_t n, uint32_t serial)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == serial)
			return true;
	return false;
}

static void report(struct session *s, enum session_event_type type, uint8_t key_id, uint32_t serial)
{
	const struct session_event ev = {.type = type, .key_id = key_id, .key_serial = serial};

	event_push(s, &ev);
}

void data_keys_report(struct session *s, struct now now)
{
	struct key_state *keys[SESSION_DATA_KEYS_MAX];
	size_t n = scan_usable(s, keys), sending = choose_sending(s, keys, n, now);
	uint32_t serials[SESSION_DATA_KEYS_MAX];

	for (size_t i = 0; i < n; i++)
		serials[i] = keys[i]->serial;
	for (size_t i = 0; i < s->n_reported; i++)
		if (!serial_in(serials, n, s->reported[i].serial))
			report(s, SESSION_EV_KEY_EXPIRED, s->reported[i].key_id,
			       s->reported[i].serial);
	s->n_reported = n;
	for (size_t i = 0; i < n; i++) {
		s->reported[i].serial = serials[i];
		s->reported[i].key_id = keys[i]->key_id;
	}
	if (n == 0) {
		s->reported_sending = 0;
	} else if (serials[sending] != s->reported_sending) {
		s->reported_sending = serials[sending];
		report(s, SESSION_EV_KEY_SEND, keys[sending]->key_id, serials[sending]);
	}
}

uint64_t data_keys_deadline(const struct session *s)
{
	struct key_state *keys[SESSION_DATA_KEYS_MAX];
	size_t n = scan_usable(s, keys);
	uint64_t deadline = TIME_NEVER;

	/* Only a key earlier in the order than the sending one can take over. */
	for (size_t i = 0; i < n && keys[i]->serial != s->reported_sending; i++)
		deadline = time_min(deadline, keys[i]->promote_ms);
	/*
	 * An older key that was promoted before the newer settled keeps sending; so it does when
	 * the caller was late and saw both at once. Such a moment must not stay the deadline.
	 */
	if (n >= 2 && keys[0]->serial != s->reported_sending &&
	    settled_ms(keys[0]) < keys[1]->promote_ms && settled_ms(keys[0]) > s->pumped_ms)
		deadline = time_min(deadline, settled_ms(keys[0]));
	return deadline;
}

int soft_reset(struct session *s, struct tls_slot *slot, struct now now)
{
	uint32_t tran_sec = s->cfg->tran_window_sec ? s->cfg->tran_window_sec : 3600;
	struct key_state *old = slot->primary;
	struct key_state *ks = key_state_new(s, slot->next_key_id, OP_CONTROL_SOFT_RESET_V1);

	if (!ks)
		return ERR_NOMEM;
	key_retire(old, time_after(now.mono_ms, (uint64_t)tran_sec * 1000));
	key_state_free(s, slot->lame);
	slot->lame = old;
	slot->primary = ks;
	slot->next_key_id = slot->next_key_id == KEY_ID_MASK ? 1 : slot->next_key_id + 1;
	ks->remote_sid = old->remote_sid;
	ks->has_remote_sid = old->has_remote_sid;
	ks->remote = old->remote;
	return key_start(s, slot, now, false);
}

static uint64_t established_sec(const struct key_state *ks, struct now now)
{
	return ks->established_ms > now.mono_ms ? 0 : (now.mono_ms - ks->established_ms) / 1000;
}

static void log_soft_reset(const struct session *s, struct now now, const char *why)
{
	const struct key_state *ks = s->active.primary;
	char limit[24] = "-1";

	if (s->reneg_bytes)
		snprintf(limit, sizeof(limit), "%" PRIu64, s->reneg_bytes);
	log_info(&s->log, 3,
		 "TLS: soft reset sec=%" PRIu64 "/%u bytes=%" PRIu64 "/%s pkts=%" PRIu64 "/%" PRIu64
		 "%s%s",
		 established_sec(ks, now), s->reneg_sec, ks->data_bytes, limit, ks->data_packets,
		 s->cfg->reneg_packets, why ? " " : "", why ? why : "");
}

int session_renegotiate(struct session *s, struct now now, const char *why)
{
	int ret;

	if (s->failed || s->active.primary->phase != KEY_GENERATED)
		return ERR_STATE;
	log_soft_reset(s, now, why);
	ret = soft_reset(s, &s->active, now);
	if (ret < 0)
		key_fail(s, &s->active, now);
	session_pump(s, now);
	return 0;
}

static bool reneg_due(const struct session *s, struct now now)
{
	const struct key_state *ks = s->active.primary;

	if (ks->phase != KEY_GENERATED)
		return false;
	if (s->reneg_sec && established_sec(ks, now) >= s->reneg_sec)
		return true;
	if (s->reneg_bytes && ks->data_bytes >= s->reneg_bytes)
		return true;
	return s->cfg->reneg_packets && ks->data_packets >= s->cfg->reneg_packets;
}

void reneg_check(struct session *s, struct now now)
{
	if (!reneg_due(s, now))
		return;
	log_soft_reset(s, now, NULL);
	if (soft_reset(s, &s->active, now) < 0)
		key_fail(s, &s->active, now);
}

uint64_t reneg_deadline(const struct session *s)
{
	const struct key_state *ks = s->active.primary;

	if (ks->phase != KEY_GENERATED || !s->reneg_sec)
		return TIME_NEVER;
	return time_after(ks->established_ms, (uint64_t)s->reneg_sec * 1000);
}

void session_note_data(struct session *s, struct now now, uint32_t key_serial, uint64_t bytes,
		       uint64_t packets)
{
	struct key_state *ks = s->active.primary;

	if (ks->serial != key_serial)
		return;
	ks->data_bytes = bytes;
	ks->data_packets = packets;
	if (reneg_due(s, now))
		session_pump(s, now);
}

void session_set_reneg_bytes(struct session *s, uint64_t bytes)
{
	s->reneg_bytes = bytes;
}
