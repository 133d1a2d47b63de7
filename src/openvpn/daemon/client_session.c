/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's control channel: packets, events of the session, what the session asks. */
#include "daemon/client_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/thread.h"
#include "config/features.h"
#include "daemon/app.h"
#include "daemon/backend_choice.h"
#include "daemon/credentials.h"
#include "daemon/environment.h"
#include "daemon/negotiation_setup.h"
#include "daemon/tls_setup.h"
#include "tls/tls.h"

static struct peer_info_features features(struct client *c, uint8_t key_id)
{
	const struct config *cfg = c->cfg ? c->cfg : c->base;
	bool renegotiation = key_id > 0 && tunnel_is_open(c->tunnel);
	/* A device that was kept may give way to one in the kernel: client_tunnel_up(). */
	const struct dco_backend *plane = renegotiation
						  ? dco_device_backend(tunnel_device(c->tunnel))
						  : app_expected_backend(c->app, cfg);
	bool offload = plane && backend_is_kernel(plane);
	struct err err;

	backend_ciphers(cfg->crypto.data_ciphers, plane ? plane->features(&err) : 0, c->ciphers);
	/* The engine is always there to fall back on, but this would make it necessary. */
	return (struct peer_info_features){
		.epoch = !offload,
		.framing = !offload,
		.data_ciphers = c->ciphers,
		.push_update = c->pull && cfg->ce.proto.kind == CONFIG_PROTO_UDP,
	};
}

/* ---- what the session asks ---- */

static int key_text(void *ctx, uint8_t key_id, struct session_key_text *text)
{
	struct client *c = ctx;
	struct peer_info_features f = features(c, key_id);
	struct err err = {0};
	int ret;

	ret = peer_info_setup(c->cfg, &f, c->app->env, c->app->nl, c->peer_info, &err);
	if (ret < 0) {
		log_error(&c->log, "%s", err.text);
		return ret;
	}
	text->options = c->occ.local;
	text->peer_info = c->peer_info[0] ? c->peer_info : NULL;
	/* with auth-nocache each renegotiation reads them again */
	ret = app_credentials(c->app, &err);
	if (ret == 0)
		ret = credentials_wire(c->app->credentials, &text->username, &text->password);
	if (ret < 0)
		log_error(&c->log, "no credentials for the key exchange: %s", err.text);
	else
		c->credentials_sent = true;
	return ret;
}

static enum verify_verdict verify_by_script(void *user, unsigned int depth, const char *subject,
					    struct env *env)
{
	struct client *c = user;

	environment_set_address(env, "untrusted", session_remote(c->session));
	if (!script_configured(&c->app->scripts, SCRIPT_TLS_VERIFY))
		return VERIFY_SKIP;
	if (script_tls_verify(&c->app->scripts, env, depth, subject) < 0)
		return VERIFY_REJECT;
	return VERIFY_ACCEPT;
}

static int export_cert(void *user, const char *dir, const char *pem, struct str *path)
{
	struct client *c = user;

	return verify_export_cert(dir, pem, &c->app->rng, &c->log, path);
}

static const struct verify_hooks verify_hooks = {
	.script = verify_by_script,
	.export_cert = export_cert,
	.unexport_cert = verify_unexport_cert,
};

/* ---- events ---- */

static void on_peer_key_method(struct client *c, const struct now *now,
			       const struct session_event *ev)
{
	occ_peer_cipher(ev->peer.options, c->occ_peer_cipher, sizeof(c->occ_peer_cipher));
	occ_log_differences(&c->log, c->occ.expected, ev->peer.options);
	peer_info_export(&c->log, c->app->env, ev->peer.peer_info);
	if (c->base->tls.server)
		session_auth(c->session, *now, ev->key_serial, SESSION_AUTH_OK);
	/* The password has done its work for this key; --auth-nocache forgets it here. */
	if (c->credentials_sent)
		credentials_used(c->app->credentials);
	c->credentials_sent = false;
}

static void on_active(struct client *c, const struct now *now, const struct session_event *ev)
{
	if (ev->key_id != 0)
		return; /* a renegotiation: nothing is asked again */
	environment_set_address(c->app->env, "trusted", session_remote(c->session));
	c->active_at_ms = now->mono_ms;
	c->connect_until = TIME_NEVER;
	client_tunnel_connection_initiated(c);
	if (c->pull)
		client_push_start(c, now->mono_ms);
	else
		client_push_p2p(c, now);
}

static void on_failed(struct client *c, const struct session_event *ev)
{
	client_raise(c, c->base->tls.exit_on_failure ? SIGTERM : SIGUSR1,
		     ev->reason ? ev->reason : "tls-error");
}

static void on_event(struct client *c, const struct now *now, const struct session_event *ev)
{
	switch (ev->type) {
	case SESSION_EV_INITIAL_PACKET:
		c->connect_until = TIME_NEVER;
		if (c->state == CLIENT_WAIT)
			client_set_state(c, CLIENT_AUTH);
		if (!c->cfg->ce.remote)
			link_set_remote(c->link, &ev->from);
		break;
	case SESSION_EV_PEER_KEY_METHOD:
		on_peer_key_method(c, now, ev);
		break;
	case SESSION_EV_ACTIVE:
		on_active(c, now, ev);
		break;
	case SESSION_EV_CONTROL_MESSAGE:
		client_push_message(c, now, ev->message);
		break;
	case SESSION_EV_KEY_READY:
		client_data_key(c, now, ev);
		break;
	case SESSION_EV_KEY_SEND:
	case SESSION_EV_KEY_EXPIRED:
		break; /* client_data_sync_keys() looks at the whole picture */
	case SESSION_EV_AUTH_TIMEOUT:
	case SESSION_EV_FAILED:
		on_failed(c, ev);
		break;
	}
}

/* Where no route leads there is nothing to wait for: the next address may be of the other family.
 */
static void send_packets(struct client *c, const struct now *now)
{
	struct session_packet *packet = &c->packet;

	while (session_output(c->session, *now, packet)) {
		const union sock_addr *to =
			packet->to.sa.sa_family == AF_UNSPEC ? link_remote(c->link) : &packet->to;

		/* What the link could not send it has logged; the packet comes again. */
		if (link_send(c->link, to, &c->heard_at, packet->data, packet->len) == ERR_SYSTEM &&
		    errno == ENETUNREACH && c->state == CLIENT_WAIT) {
			log_info(&c->log, 1, "Network unreachable, restarting");
			client_raise(c, SIGUSR1, "network-unreachable");
			return;
		}
	}
}

void client_session_pump(struct client *c, const struct now *now)
{
	struct session_event ev;

	if (session_deadline(c->session) <= now->mono_ms)
		client_tunnel_tell_usage(c, now); /* a renegotiation says how much it was */
	session_timer(c->session, *now);
	while (c->session && session_next_event(c->session, &ev)) {
		on_event(c, now, &ev);
		if (c->state == CLIENT_ENDED)
			return;
	}
	if (!c->session)
		return;
	client_data_sync_keys(c, now);
	send_packets(c, now);
}

/*
 * With --float the link lets packets from elsewhere through. A driver may have followed the server
 * there without a word; what only the server can have made takes the control channel along.
 */
static int take_packet(struct client *c, struct now now, const union sock_addr *from,
		       const uint8_t *bytes, size_t len)
{
	bool udp = !client_is_tcp(c);
	int ret;

	if (!udp || !c->peer_added || !tunnel_is_offloaded(c->tunnel) ||
	    sock_addr_equal(session_remote(c->session), from))
		return session_input(c->session, now, from, bytes, len);
	ret = session_input_moved(c->session, now, from, bytes, len);
	if (ret == 0)
		link_set_remote(c->link, from);
	return ret;
}

void client_session_packet(struct client *c, const union sock_addr *from,
			   const struct local_addr *local, const uint8_t *bytes, size_t len)
{
	assume_control_thread();
	struct now now = clock_now();

	if (!c->session)
		return;
	if (take_packet(c, now, from, bytes, len) == 0) {
		c->heard_at = *local;
		if (c->silence_until != TIME_NEVER)
			client_watch_silence(c, now.mono_ms);
		if (c->peer_added)
			(void)dco_peer_note_rx(tunnel_device(c->tunnel), c->peer_id);
	}
	client_wake(c);
}

/* ---- life ---- */

int client_session_init(struct client *c, struct err *err)
{
	int ret = tls_setup_context(c->base, app_chroot_to_come(c->app), app_key_password, c->app,
				    &c->log, &c->tls, err);

	return ret < 0 ? ret : verify_setup_new(c->base, &c->verify, err);
}

static int prepare(struct client *c, struct err *err)
{
	int ret;

	wrap_config_free(c->wrap);
	c->wrap = NULL;
	ret = wrap_setup(c->cfg, &c->cfg->ce, &c->wrap, err);
	if (ret < 0)
		return ret;
	session_setup(c->cfg, &c->session_cfg);
	c->session_cfg.mode = c->pull ? SESSION_PULL_CLIENT : SESSION_P2P;
	c->session_cfg.wrap = c->wrap;
	c->session_cfg.tls = c->tls;
	return occ_setup(c->cfg, c->cfg->crypto.comp, &c->occ, err);
}

void client_session_start(struct client *c, const struct now *now)
{
	struct session_hooks hooks = {
		.key_text = key_text,
		.verify = verify_setup_config(c->verify),
		.verify_hooks = &verify_hooks,
		.env = c->app->env,
		.ctx = c,
	};
	struct err err = {0};

	c->neg = negotiated_init();
	c->occ_peer_cipher[0] = '\0';
	if (prepare(c, &err) < 0) {
		client_fatal(c, "%s", err.text);
		return;
	}
	log_info(&c->log, 7, "Local Options String (VER=V4): '%s'", c->occ.local);
	log_info(&c->log, 7, "Expected Remote Options String (VER=V4): '%s'", c->occ.expected);
	c->session = session_new(&c->session_cfg, &hooks, &c->log, &c->app->rng, *now);
	if (!c->session) {
		client_fatal(c, "out of memory");
		return;
	}
	client_watch_silence(c, now->mono_ms);
	if (c->cfg->ce.remote)
		session_start(c->session, *now, link_remote(c->link));
	client_wake(c);
}

void client_session_stop(struct client *c)
{
	struct now now = clock_now();

	if (c->session && c->link)
		send_packets(c, &now); /* a TLS alert, or the acknowledgement of what ended us */
	session_free(c->session);
	c->session = NULL;
}

void client_session_fini(struct client *c)
{
	wrap_config_free(c->wrap);
	verify_setup_free(c->verify);
	tls_ctx_free(c->tls);
}
