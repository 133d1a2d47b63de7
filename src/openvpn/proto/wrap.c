/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "proto/wrap_key.h"

struct wrap_config {
	bool tls_server;
	struct wrap_key *key;	  /* NULL: none (for clients of ours without tls-crypt-v2) */
	struct static_key *block; /* secret memory; NULL like key */
	struct crypt_v2_server_key *v2_server; /* secret memory, or NULL */
	uint8_t wkc[WKC_MAX];
	size_t wkc_len; /* 0: none */
	uint32_t v2_max_age_days;
	bool v2_force_cookie;
};

static int wrap_config_set_key(struct wrap_config *cfg, const struct wrap_options *opt)
{
	const struct static_key *block = opt->v2_client ? &opt->v2_client->kc : opt->key;

	if (opt->kind == WRAP_NONE && !opt->v2_client)
		return 0;
	cfg->block = secret_alloc(sizeof(*cfg->block));
	if (!cfg->block)
		return ERR_NOMEM;
	*cfg->block = *block;
	if (opt->kind == WRAP_AUTH)
		cfg->key = wrap_auth_key(block, opt->direction, opt->digest);
	else
		cfg->key = wrap_crypt_key(block, opt->tls_server);
	return cfg->key ? 0 : ERR_CRYPTO;
}

int wrap_config_new(const struct wrap_options *opt, struct wrap_config **out)
{
	struct wrap_config *cfg;
	int ret;

	if (opt->kind == WRAP_AUTH && opt->digest == DIGEST_NONE)
		return ERR_INVALID;
	if (opt->kind != WRAP_NONE && !opt->key)
		return ERR_INVALID;
	if (opt->v2_client && (opt->tls_server || opt->v2_server || opt->kind != WRAP_NONE))
		return ERR_INVALID;
	cfg = calloc(1, sizeof(*cfg));
	if (!cfg)
		return ERR_NOMEM;
	cfg->tls_server = opt->tls_server;
	cfg->v2_max_age_days = opt->v2_max_age_days;
	cfg->v2_force_cookie = opt->v2_force_cookie;
	ret = wrap_config_set_key(cfg, opt);
	if (ret < 0)
		goto err_free;
	if (opt->v2_client) {
		memcpy(cfg->wkc, opt->v2_client->wkc, opt->v2_client->wkc_len);
		cfg->wkc_len = opt->v2_client->wkc_len;
	}
	if (opt->v2_server) {
		ret = ERR_NOMEM;
		cfg->v2_server = secret_alloc(sizeof(*cfg->v2_server));
		if (!cfg->v2_server)
			goto err_free;
		*cfg->v2_server = *opt->v2_server;
	}
	*out = cfg;
	return 0;

err_free:
	wrap_config_free(cfg);
	return ret;
}

void wrap_config_free(struct wrap_config *cfg)
{
	if (!cfg)
		return;
	wrap_key_free(cfg->key);
	secret_free(cfg->block);
	secret_free(cfg->v2_server);
	free(cfg);
}

bool wrap_config_force_cookie(const struct wrap_config *cfg)
{
	return cfg && cfg->v2_force_cookie;
}

uint32_t wrap_config_wkc_overhead(const struct wrap_config *cfg)
{
	if (!cfg || !cfg->wkc_len)
		return 0;
	return 5 + (uint32_t)cfg->wkc_len + TLS_CRYPT_OVERHEAD + TLS_CRYPT_SIZE_SLACK + 1 +
	       SID_LEN + 40;
}

void wrap_init(struct wrap *w, const struct wrap_config *cfg, const struct wrap_params *params)
{
	*w = (struct wrap){.cfg = cfg, .params = *params};
	if (cfg && cfg->wkc_len)
		w->base.tx.counter = EARLY_NEG_COUNTER_START;
}

void wrap_fini(struct wrap *w)
{
	replay_receiver_free(w->base.rx);
	replay_receiver_free(w->dynamic_replay.rx);
	wrap_key_free(w->client_key);
	wrap_key_free(w->dynamic);
	secret_free(w->client_block);
	*w = (struct wrap){0};
}

void wrap_resume(struct wrap *w, struct now now)
{
	w->base.tx.counter = 1;
	w->base.tx.time = (uint32_t)now.unix_sec;
}

/* The key for packets with this key id, NULL for none; @replay gets the counters that go with it.
 */
static struct wrap_key *wrap_select(struct wrap *w, uint8_t key_id, struct wrap_replay **replay)
{
	if (key_id > 0 && w->dynamic) {
		*replay = &w->dynamic_replay;
		return w->dynamic;
	}
	*replay = &w->base;
	if (w->client_key)
		return w->client_key;
	return w->cfg ? w->cfg->key : NULL;
}

static void log_replay(const struct wrap *w, const struct wrap_input *in, const char *what,
		       const struct replay_id *id)
{
	char date[32];

	if (w->params.mute_replay)
		return;
	clock_format_local(id->time, date, sizeof(date));
	log_warn(
		in->log,
		"%s: bad packet ID (may be a replay): [ #%u / time = (%u) %s ] -- see the man page entry for --replay-window for more info or silence this warning with --mute-replay-warnings",
		what, id->counter, id->time, date);
}

static int wrap_check_replay(struct wrap *w, struct wrap_replay *replay,
			     const struct wrap_input *in, enum wrap_kind kind,
			     const struct replay_id *id)
{
	int ret;

	if (in->stateless)
		return 0;
	if (!replay->rx) {
		replay->rx =
			replay_receiver_new(w->params.replay_window, w->params.replay_time_sec);
		if (!replay->rx)
			return ERR_NOMEM;
	}
	ret = replay_receiver_accept(replay->rx, in->now, id);
	if (ret < 0 && kind == WRAP_AUTH) {
		log_replay(w, in, "Authenticate/Decrypt packet error", id);
	} else if (ret < 0) {
		log_replay(w, in, "tls-crypt unwrap error", id);
		if (!w->params.mute_replay)
			log_warn(in->log, "tls-crypt unwrap error: packet replay");
	}
	return ret;
}

static void log_unwrap_failed(const struct wrap_input *in, enum wrap_kind kind)
{
	char addr[ADDR_TEXT_MAX];

	sock_addr_format(in->from, addr, sizeof(addr));
	if (kind == WRAP_AUTH)
		log_warn(in->log, "TLS Error: incoming packet authentication failed from %s", addr);
	else
		log_warn(in->log, "TLS Error: tls-crypt unwrapping failed from %s", addr);
}

static int wrap_open_keyed(struct wrap_key *key, const struct wrap_crypted *pkt,
			   uint8_t plain[CONTROL_PACKET_MAX], struct replay_id *id,
			   struct wrap_opened *out)
{
	if (key->kind == WRAP_AUTH)
		return wrap_auth_open(key, pkt, id, &out->body);
	return wrap_crypt_open(key, pkt, plain, id, &out->body);
}

/* A packet whose key is known already. */
static int wrap_open_known(struct wrap *w, const struct wrap_crypted *pkt,
			   uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *out)
{
	struct wrap_replay *replay;
	struct wrap_key *key = wrap_select(w, out->h.key_id, &replay);
	struct replay_id id;
	char addr[ADDR_TEXT_MAX];
	int ret;

	if (!key && w->cfg && w->cfg->v2_server) {
		log_warn(pkt->in->log, "TLS Error: could not determine wrapping from %s",
			 sock_addr_format(pkt->in->from, addr, sizeof(addr)));
		return ERR_WRAP;
	}
	if (!key) {
		out->body = rd_init(pkt->data, pkt->len);
		rd_skip(&out->body, 1 + SID_LEN);
		return 0;
	}
	ret = wrap_open_keyed(key, pkt, plain, &id, out);
	if (ret == 0)
		ret = wrap_check_replay(w, replay, pkt->in, key->kind, &id);
	if (ret < 0) {
		log_unwrap_failed(pkt->in, key->kind);
		return ret;
	}
	out->proven = true;
	out->replay_counter = id.counter;
	return 0;
}

static int wrap_install_client(struct wrap *w, struct wrap_key *key, const struct wkc_plain *plain,
			       bool stateless)
{
	w->client_block = secret_alloc(sizeof(*w->client_block));
	if (!w->client_block)
		return ERR_NOMEM;
	*w->client_block = plain->kc;
	w->client_key = key;
	/* Stateless resets start at 1, and after them the session goes on counting (6.7). */
	if (!stateless && w->base.tx.counter == 0)
		w->base.tx.counter = EARLY_NEG_COUNTER_START;
	return 0;
}

/*
 * First packet with a wrapped client key: the key is installed only when the packet proves that the
 * sender owns it, else anyone could replay another client's WKc and lock this one out.
 */
static int wrap_open_new_client(struct wrap *w, const struct wrap_crypted *pkt,
				const struct wkc_plain *plain_key,
				uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *out)
{
	struct wrap_key *key = wrap_crypt_key(&plain_key->kc, true);
	struct replay_id id;
	int ret;

	if (!key)
		return ERR_CRYPTO;
	ret = wrap_open_keyed(key, pkt, plain, &id, out);
	if (ret == 0 && !pkt->in->stateless)
		ret = wrap_wkc_check(plain_key, w->cfg->v2_max_age_days, pkt->in);
	if (ret == 0)
		ret = wrap_check_replay(w, &w->base, pkt->in, WRAP_CRYPT, &id);
	if (ret == 0)
		ret = wrap_install_client(w, key, plain_key, pkt->in->stateless);
	if (ret < 0) {
		wrap_key_free(key);
		if (ret != ERR_AGAIN && ret != ERR_WKC)
			log_unwrap_failed(pkt->in, WRAP_CRYPT);
		return ret;
	}
	out->replay_counter = id.counter;
	return 0;
}

static int wrap_open_wkc(struct wrap *w, struct wrap_crypted *pkt,
			 uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *out)
{
	struct wkc_plain plain_key;
	const uint8_t *wkc;
	size_t wkc_len;
	int ret;

	if (!w->cfg || !w->cfg->v2_server) {
		log_warn(pkt->in->log, "Client wants tls-crypt-v2, but no server key present.");
		return ERR_WKC;
	}
	ret = wrap_wkc_locate(pkt, &wkc_len);
	if (ret < 0)
		return ret;
	log_info(pkt->in->log, 2, "Control Channel: using tls-crypt-v2 key");
	pkt->len -= wkc_len;
	if (w->client_key) {
		log_info(
			pkt->in->log, 4,
			"Control channel security already setup. Ignoring wrapped key part of packet.");
		return wrap_open_known(w, pkt, plain, out);
	}
	struct rd r = rd_init(pkt->data, pkt->len + wkc_len);

	rd_skip(&r, pkt->len);
	wkc = rd_bytes(&r, wkc_len);
	ret = wkc_unwrap(w->cfg->v2_server, wkc, wkc_len, &plain_key);
	if (ret < 0) {
		log_warn(pkt->in->log, "Can not unwrap tls-crypt-v2 client key");
		return ERR_WKC;
	}
	ret = wrap_open_new_client(w, pkt, &plain_key, plain, out);
	secret_wipe(&plain_key, sizeof(plain_key));
	return ret;
}

int wrap_open(struct wrap *w, const struct wrap_input *in, const void *data, size_t len,
	      uint8_t plain[CONTROL_PACKET_MAX], struct wrap_opened *out)
{
	struct wrap_crypted pkt = {.data = data, .len = len, .in = in};
	struct rd r = rd_init(data, len);
	char addr[ADDR_TEXT_MAX];
	int ret;

	if (len > CONTROL_PACKET_MAX)
		return ERR_LIMIT;
	*out = (struct wrap_opened){0};
	ret = packet_header_read(&r, &out->h);
	if (ret < 0)
		return ret;
	pkt.h = out->h;
	if (!opcode_carries_wkc(out->h.opcode))
		return wrap_open_known(w, &pkt, plain, out);
	ret = wrap_open_wkc(w, &pkt, plain, out);
	if (ret == ERR_WKC)
		log_warn(in->log, "TLS Error: can not extract tls-crypt-v2 client key from %s",
			 sock_addr_format(in->from, addr, sizeof(addr)));
	return ret;
}

int wrap_seal(struct wrap *w, struct now now, const struct packet_header *h, const void *body,
	      size_t len, struct wr *out)
{
	struct wrap_replay *replay;
	struct wrap_key *key = wrap_select(w, h->key_id, &replay);
	struct replay_id id;
	int ret;

	if (!key) {
		if (w->cfg && w->cfg->v2_server)
			return ERR_STATE;
		packet_header_write(out, h);
		wr_bytes(out, body, len);
		return wr_error(out);
	}
	ret = replay_sender_next(&replay->tx, now, &id);
	if (ret < 0)
		return ret;
	if (key->kind == WRAP_AUTH)
		ret = wrap_auth_seal(key, &id, h, body, len, out);
	else
		ret = wrap_crypt_seal(key, &id, h, body, len, out);
	if (ret < 0)
		return ret;
	if (opcode_carries_wkc(h->opcode))
		wr_bytes(out, w->cfg->wkc, w->cfg->wkc_len);
	return wr_error(out);
}

size_t wrap_overhead(const struct wrap *w, uint8_t key_id)
{
	const struct wrap_key *key = w->client_key;

	if (key_id > 0 && w->dynamic)
		key = w->dynamic;
	else if (!key && w->cfg)
		key = w->cfg->key;
	if (!key)
		return 0;
	if (key->kind == WRAP_AUTH)
		return hmac_len(key->seal_hmac) + REPLAY_ID_LEN;
	return TLS_CRYPT_OVERHEAD + TLS_CRYPT_SIZE_SLACK;
}

size_t wrap_wkc_len(const struct wrap *w)
{
	return w->cfg ? w->cfg->wkc_len : 0;
}

bool wrap_is_plain(const struct wrap *w)
{
	return !w->client_key && !(w->cfg && w->cfg->key);
}

int wrap_set_dynamic(struct wrap *w, const struct static_key *exported)
{
	const struct static_key *block = w->client_block;
	struct static_key combined = *exported;
	struct wrap_key *key;

	if (!block && w->cfg)
		block = w->cfg->block;
	for (size_t i = 0; block && i < sizeof(combined.k); i++)
		combined.k[i] ^= block->k[i];
	key = wrap_crypt_key(&combined, w->params.tls_server);
	secret_wipe(&combined, sizeof(combined));
	if (!key)
		return ERR_CRYPTO;
	wrap_key_free(w->dynamic);
	replay_receiver_free(w->dynamic_replay.rx);
	w->dynamic_replay = (struct wrap_replay){0};
	w->dynamic = key;
	return 0;
}
