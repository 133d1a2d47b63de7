/* SPDX-License-Identifier: GPL-2.0-only */
/* --tls-verify beside the loop: certificates are judged after the handshake, before the key is
 * accepted. Spec 03 section 3.6.1. */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/tls_setup.h"

void peer_verify_stop(struct server_peer *p)
{
	struct peer_verify *v = &p->verify;

	if (v->process)
		script_abandon(v->process);
	for (size_t i = 0; i < v->count; i++) {
		free(v->cert[i].subject);
		env_free(v->cert[i].env);
	}
	*v = (struct peer_verify){0};
}

static enum verify_verdict verify_now(struct server_peer *p, unsigned int depth,
				      const char *subject, struct env *env)
{
	return script_tls_verify(&p->server->app->scripts, env, depth, subject) < 0 ? VERIFY_REJECT
										    : VERIFY_ACCEPT;
}

/* A certificate passed the other checks: remember it for the script. */
static enum verify_verdict verify_by_script(void *user, unsigned int depth, const char *subject,
					    struct env *env)
{
	struct server_peer *p = user;
	struct peer_verify *v = &p->verify;

	if (!script_configured(&p->server->app->scripts, SCRIPT_TLS_VERIFY))
		return VERIFY_SKIP;
	/* the exported certificate exists only now */
	if (p->server->cfg->scripts.tls_export_cert_dir)
		return verify_now(p, depth, subject, env);
	if (v->count && v->cert[v->count - 1].depth <= depth)
		peer_verify_stop(p); /* another handshake began */
	if (v->count == ARRAY_SIZE(v->cert))
		return VERIFY_REJECT;
	v->cert[v->count].depth = depth;
	v->cert[v->count].subject = strdup(subject);
	v->cert[v->count].env = env_clone(env);
	v->count++;
	if (!v->cert[v->count - 1].subject || !v->cert[v->count - 1].env)
		return VERIFY_REJECT;
	return VERIFY_LATER;
}

static int export_cert(void *user, const char *dir, const char *pem, struct str *path)
{
	struct server_peer *p = user;

	return verify_export_cert(dir, pem, &p->server->app->rng, &p->log, path);
}

const struct verify_hooks server_verify_hooks = {
	.script = verify_by_script,
	.export_cert = export_cert,
	.unexport_cert = verify_unexport_cert,
};

static void next(struct server_peer *p);

static void on_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct server_peer *p = ctx;
	struct peer_verify *v = &p->verify;
	const struct peer_verify_cert *cert = &v->cert[v->at];

	(void)exit_code;
	(void)err;
	v->process = NULL;
	if (code == 0) {
		log_info(&p->log, 2, "VERIFY SCRIPT OK: depth=%u, %s", cert->depth, cert->subject);
		v->at++;
		next(p);
		return;
	}
	log_info(&p->log, 1, "VERIFY SCRIPT ERROR: depth=%u, %s", cert->depth, cert->subject);
	log_warn(&p->log, "TLS Error: TLS handshake failed");
	peer_close(p, SIGUSR1, "tls-error");
}

static void next(struct server_peer *p)
{
	struct peer_verify *v = &p->verify;
	struct now now = clock_now();
	char depth[16];
	const char *args[2];
	struct err err = {0};

	if (v->at == v->count) {
		peer_verify_stop(p);
		peer_auth_go_on(p, &now);
		return;
	}
	snprintf(depth, sizeof(depth), "%u", v->cert[v->at].depth);
	args[0] = depth;
	args[1] = v->cert[v->at].subject;
	if (script_start(&p->server->app->scripts, SCRIPT_TLS_VERIFY, v->cert[v->at].env, args, 2,
			 on_done, p, &v->process, &err) < 0)
		on_done(p, ERR_SCRIPT, -1, &err);
}

void peer_verify_begin(struct server_peer *p)
{
	next(p);
}
