/* SPDX-License-Identifier: GPL-2.0-only */
/* --tls-crypt-v2-verify beside the loop, and --client-crresponse: what clients send for programs to
 * judge. Spec 01 section 6.7, 03 section 3.7.7. */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/app.h"

static void drop_file(char **path)
{
	if (*path)
		temp_file_remove(*path);
	free(*path);
	*path = NULL;
}

/* ---- tls-crypt-v2-verify ---- */

static void key_env_set(struct env *env, int type, const char *path)
{
	env_setf(env, "metadata_type", "%d", type);
	env_set(env, "metadata_file", path);
}

static void on_verified(void *ctx, int code, int exit_code, const struct err *err)
{
	struct server_peer *p = ctx;
	struct peer_client_key *k = &p->client_key;
	uint8_t *packet = k->packet;

	(void)exit_code;
	(void)err;
	k->process = NULL;
	drop_file(&k->file);
	k->verdict = code == 0 ? CLIENT_KEY_GOOD : CLIENT_KEY_BAD;
	if (code == 0)
		log_info(&p->log, 2, "TLS CRYPT V2 VERIFY SCRIPT OK");
	else
		log_info(&p->log, 2, "TLS CRYPT V2 VERIFY SCRIPT ERROR");
	/* the packet that asked did not count: here it comes again */
	k->packet = NULL;
	if (packet)
		peer_packet(p, &p->entry.addr, &p->local, packet, k->packet_len);
	free(packet);
	if (code != 0 && p->state == PEER_HANDSHAKE)
		peer_close(p, SIGUSR1, "tls-error");
}

static int ask(struct server_peer *p, int type, const uint8_t *metadata, size_t len)
{
	struct server *s = p->server;
	struct peer_client_key *k = &p->client_key;
	struct env *env = env_new(); /* it holds nothing else */
	struct err err = {0};
	int ret;

	k->file = calloc(1, TEMP_FILE_PATH_MAX);
	ret = env && k->file ? 0 : ERR_NOMEM;
	if (ret == 0)
		ret = temp_file_create(s->cfg->process.tmp_dir, "tls_crypt_v2_metadata_",
				       &s->app->rng, metadata, len, k->file, &err);
	if (ret == 0) {
		key_env_set(env, type, k->file);
		ret = script_start(&s->app->scripts, SCRIPT_TLS_CRYPT_V2_VERIFY, env, NULL, 0,
				   on_verified, p, &k->process, &err);
	}
	env_free(env);
	if (ret < 0) {
		log_warn(&p->log, "%s", err.text[0] ? err.text : err_text(ret));
		drop_file(&k->file);
		return ERR_WKC;
	}
	k->verdict = CLIENT_KEY_ASKED;
	return ERR_AGAIN;
}

int peer_verify_client_key(void *ctx, int type, const uint8_t *metadata, size_t len)
{
	struct server_peer *p = ctx;

	if (!script_configured(&p->server->app->scripts, SCRIPT_TLS_CRYPT_V2_VERIFY))
		return 0;
	switch (p->client_key.verdict) {
	case CLIENT_KEY_UNASKED:
		if (type >= 0)
			return ask(p, type, metadata, len);
		log_warn(&p->log, "ERROR: no metadata type");
		return ERR_WKC;
	case CLIENT_KEY_ASKED:
		return ERR_AGAIN;
	case CLIENT_KEY_GOOD:
		return 0;
	case CLIENT_KEY_BAD:
		break;
	}
	return ERR_WKC;
}

void peer_client_key_hold(struct server_peer *p, const uint8_t *packet, size_t len)
{
	struct peer_client_key *k = &p->client_key;

	if (k->verdict != CLIENT_KEY_ASKED || k->packet)
		return;
	k->packet = malloc(len ? len : 1);
	if (!k->packet)
		return; /* the client repeats it */
	memcpy(k->packet, packet, len);
	k->packet_len = len;
}

void peer_client_key_stop(struct server_peer *p)
{
	struct peer_client_key *k = &p->client_key;

	if (k->process)
		script_abandon(k->process);
	k->process = NULL;
	drop_file(&k->file);
	free(k->packet);
	k->packet = NULL;
}

/* ---- client-crresponse ---- */

static void revoke_keys(struct server_peer *p)
{
	struct now now = clock_now();

	peer_refuse(p, &now, p->reason);
}

static void on_response_judged(void *ctx, int code, int exit_code, const struct err *err)
{
	struct server_peer *p = ctx;

	(void)exit_code;
	(void)err;
	p->response_process = NULL;
	drop_file(&p->response_file);
	if (code != 0)
		revoke_keys(p);
}

void peer_response(struct server_peer *p, const char *text)
{
	struct server *s = p->server;
	const char *args[1];
	struct err err = {0};
	int ret;

	/* what it says is as good as a password: never in a log (spec 07 case 40) */
	log_info(&p->log, 3, "CR response was sent by client ('[hidden]')");
	if (!script_configured(&s->app->scripts, SCRIPT_CLIENT_CRRESPONSE) || p->response_process)
		return;
	p->response_file = calloc(1, TEMP_FILE_PATH_MAX);
	if (!p->response_file) {
		revoke_keys(p);
		return;
	}
	args[0] = p->response_file;
	ret = temp_file_create(s->cfg->process.tmp_dir, "cr", &s->app->rng, text, strlen(text),
			       p->response_file, &err);
	if (ret == 0)
		ret = script_start(&s->app->scripts, SCRIPT_CLIENT_CRRESPONSE, p->env, args, 1,
				   on_response_judged, p, &p->response_process, &err);
	if (ret == 0)
		return;
	log_warn(&p->log, "%s", err.text);
	drop_file(&p->response_file);
	revoke_keys(p);
}

void peer_response_stop(struct server_peer *p)
{
	if (p->response_process)
		script_abandon(p->response_process);
	p->response_process = NULL;
	drop_file(&p->response_file);
}
