/* SPDX-License-Identifier: GPL-2.0-only */
/* The connect phase: what configures a client before it gets its reply. Spec 03 section 3.8.6. */
#include "daemon/server_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "daemon/app.h"
#include "daemon/backend_choice.h"
#include "daemon/data_setup.h"
#include "daemon/environment.h"
#include "config/options.h"
#include "proto/ncp.h"
#include "proto/peer_info.h"

enum {
	NEEDS_MAX = 32
};

/* ---- sources ---- */

static enum connect_result read_options(struct server_peer *p, const char *path)
{
	struct config_report report = {0};
	struct err err = {0};
	int ret;

	log_info(&p->log, 3, "OPTIONS IMPORT: reading client specific options from: %s", path);
	ret = config_parse_client_file(p->cfg, path, &p->server->app->host, &report, &err);
	config_report_log(&report, &p->log);
	config_report_fini(&report);
	if (ret == 0)
		return CONNECT_SUCCESS;
	log_error(&p->log, "%s", err.text);
	return CONNECT_FAILURE;
}

static enum connect_result run_config_dir(struct server_peer *p)
{
	const char *dir = p->server->cfg->server.client_config_dir;
	char path[TEMP_FILE_PATH_MAX];

	if (!dir || ccd_find(dir, p->cn, false, path, sizeof(path)) < 0)
		return CONNECT_NOT_CONFIGURED;
	return read_options(p, path);
}

static enum connect_result run_compress_migrate(struct server_peer *p)
{
	const char *option;

	if (!p->migrated)
		return CONNECT_SUCCESS;
	option = data_setup_migrate(session_peer_info(p->session), &p->cfg->crypto.comp);
	return config_add_push(p->cfg, option) < 0 ? CONNECT_FAILURE : CONNECT_SUCCESS;
}

static enum connect_result script_result(struct server_peer *p, bool just_ended)
{
	switch (connect_files_result(p->connect_files)) {
	case CONNECT_FILES_SUCCESS:
		return read_options(p, p->connect_files->config);
	case CONNECT_FILES_DEFERRED:
		return CONNECT_DEFERRED;
	case CONNECT_FILES_EMPTY:
		return just_ended ? read_options(p, p->connect_files->config) : CONNECT_DEFERRED;
	case CONNECT_FILES_FAILURE:
		if (just_ended)
			return read_options(p, p->connect_files->config);
		log_info(&p->log, 1,
			 "MULTI: deferred --client-connect script returned CC_RET_FAILED");
		return CONNECT_FAILURE;
	case CONNECT_FILES_UNKNOWN:
		break;
	}
	if (just_ended)
		return read_options(p, p->connect_files->config);
	log_warn(&p->log,
		 "WARNING: Unknown/unexpected value in deferred client-connect resultfile");
	return CONNECT_FAILURE;
}

static void files_fini(struct server_peer *p)
{
	if (p->connect_files)
		connect_files_remove(p->connect_files, p->env);
	free(p->connect_files);
	p->connect_files = NULL;
}

static void resume(struct server_peer *p, enum connect_result result);

static void on_script_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct server_peer *p = ctx;
	enum connect_result result = CONNECT_FAILURE;

	(void)exit_code;
	(void)err;
	p->connect_process = NULL;
	if (code == 0)
		result = script_result(p, true);
	resume(p, result);
}

static enum connect_result run_script(struct server_peer *p)
{
	struct server *s = p->server;
	struct err err = {0};
	const char *args[1];
	int ret;

	if (!script_configured(&s->app->scripts, SCRIPT_CLIENT_CONNECT))
		return CONNECT_NOT_CONFIGURED;
	p->connect_files = calloc(1, sizeof(*p->connect_files));
	if (!p->connect_files)
		return CONNECT_FAILURE;
	ret = connect_files_create(p->connect_files, s->cfg->process.tmp_dir, &s->app->rng, p->env,
				   &err);
	if (ret == 0) {
		args[0] = p->connect_files->config;
		ret = script_start(&s->app->scripts, SCRIPT_CLIENT_CONNECT, p->env, args, 1,
				   on_script_done, p, &p->connect_process, &err);
	}
	if (ret == 0)
		return CONNECT_DEFERRED;
	log_warn(&p->log, "%s", err.text);
	return CONNECT_FAILURE;
}

static enum connect_result run_source(void *ctx, enum connect_source source)
{
	struct server_peer *p = ctx;

	switch (source) {
	case CONNECT_COMPRESS_MIGRATE:
		return run_compress_migrate(p);
	case CONNECT_CONFIG_DIR:
		return run_config_dir(p);
	case CONNECT_SCRIPT:
		return run_script(p);
	case CONNECT_PLUGIN:
	case CONNECT_PLUGIN_V2:
	case CONNECT_MANAGEMENT:
	case CONNECT_SOURCES:
		break;
	}
	return CONNECT_NOT_CONFIGURED;
}

static bool source_applied(void *ctx, enum connect_source source)
{
	struct server_peer *p = ctx;

	if (source != CONNECT_COMPRESS_MIGRATE)
		peer_address_select(p);
	if (!p->cfg->per_client.disable)
		return true;
	log_info(&p->log, 1, "MULTI: client has been rejected due to 'disable' directive");
	return false;
}

static const struct connect_ops ops = {.run = run_source, .applied = source_applied};

/* ---- early part ---- */

/* Others with the same name have to go unless that is allowed. */
static void drop_namesakes(struct server_peer *p)
{
	struct client_entry *e = NULL, *next;
	bool found = false;

	if (p->server->cfg->server.duplicate_cn || !p->cn[0])
		return;
	for (e = client_table_next(p->server->clients, NULL); e; e = next) {
		struct server_peer *other = peer_of(e);

		next = client_table_next(p->server->clients, e);
		if (other == p || strcmp(other->cn, p->cn) != 0 || other->state == PEER_HANDSHAKE)
			continue;
		peer_close(other, SIGTERM, NULL);
		found = true;
	}
	if (found)
		log_info(
			&p->log, 3,
			"MULTI: new connection by client '%s' will cause previous active sessions by this client to be dropped.  Remember to use the --duplicate-cn option if you want multiple clients using the same certificate or username to concurrently connect.",
			p->cn);
}

/* ---- late part ---- */

static bool override_username(struct server_peer *p)
{
	const char *name = p->cfg->per_client.override_username;

	if (!name)
		return true;
	if (!p->user) {
		log_error(
			&p->log,
			"MULTI: Ignoring override-username as no user/password method is enabled. Enable one or remove override-username.");
		return false;
	}
	log_info(&p->log, 1, "MULTI: Note, override-username changes username from '%s' to '%s'",
		 p->user, name);
	p->client_user = p->user;
	p->user = strdup(name);
	if (p->user && p->server->cfg->server.username_as_cn)
		str_copy(p->cn, sizeof(p->cn), name);
	return p->user != NULL;
}

static void fail(struct server_peer *p, const struct now *now, const char *reason)
{
	p->disconnect_due = p->connect.any_success;
	peer_disconnect_script(p);
	peer_refuse(p, now, reason);
}

static void check_addresses(struct server_peer *p)
{
	const struct config_server *c = &p->server->cfg->server;
	char a[ADDR_TEXT_MAX], n[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];
	struct ip_addr net = {.family = AF_INET, .u.in4 = c->push_constraint.network};
	struct ip_addr mask = {.family = AF_INET, .u.in4 = c->push_constraint.netmask};

	if (!p->ip4.family) {
		log_info(
			&p->log, 1,
			"MULTI: no dynamic or static remote --ifconfig address is available for %s",
			peer_name(p));
		return;
	}
	if (!c->push_constraint_set ||
	    (p->ip4.u.in4.s_addr & mask.u.in4.s_addr) == net.u.in4.s_addr)
		return;
	log_error(
		&p->log,
		"MULTI ERROR: primary virtual IP for %s (%s) violates tunnel network/netmask constraint (%s/%s)",
		peer_name(p), ip_addr_format(&p->ip4, a, sizeof(a)),
		ip_addr_format(&net, n, sizeof(n)), ip_addr_format(&mask, m, sizeof(m)));
}

static bool negotiate(struct server_peer *p, const struct now *now)
{
	const struct config *cfg = p->cfg;
	char ciphers[BACKEND_CIPHERS_MAX];
	struct ncp_server srv = {
		.data_ciphers = ciphers,
		.data_ciphers_config = cfg->crypto.data_ciphers,
		.cipher = cfg->crypto.cipher ? cfg->crypto.cipher : "BF-CBC",
		.fallback = cfg->crypto.cipher_is_fallback,
		.force_tls_ekm = cfg->server.force_key_export,
		.epoch = p->server->features & FEAT_EPOCH,
		.require_v2 = !(p->server->features & FEAT_DATA_V1),
		.tun_mtu = cfg->ce.tun_mtu,
	};
	struct ncp_refusal refusal = {0};
	struct str lines = str_init();
	int ret;

	backend_ciphers(cfg->crypto.data_ciphers, p->server->features, ciphers);
	ret = ncp_server_choose(&srv, session_peer_info(p->session), p->occ_cipher,
				p->entry.peer_id, &p->neg, &refusal, &lines);
	log_lines(&p->log, 1, str_text(&lines));
	str_fini(&lines);
	p->negotiated = ret == 0;
	if (ret < 0)
		peer_refuse(p, now, refusal.client_reason);
	return ret == 0;
}

static void start_timers(struct server_peer *p, uint64_t now_ms)
{
	const struct config_timers *t = &p->cfg->timers;
	const struct config_server *c = &p->server->cfg->server;
	uint64_t small_blocks = data_setup_small_blocks(p->cfg, &p->neg, &p->log);

	if (t->session_sec)
		p->session_end_at = time_after(now_ms, 1000ull * t->session_sec);
	if (t->inactive_sec)
		p->inactive_at = time_after(now_ms, 1000ull * t->inactive_sec);
	if (p->token[0] && c->auth_token_renewal_sec < p->server->cfg->tls.reneg_sec)
		p->token_at = time_after(now_ms, 1000ull * c->auth_token_renewal_sec);
	if (small_blocks) {
		session_set_reneg_bytes(p->session, small_blocks);
		p->usage_at = time_after(now_ms, SERVER_USAGE_MS);
	}
}

/* Options of this client that the data plane in use cannot serve. */
static bool data_plane_serves(struct server_peer *p)
{
	struct config_need needs[NEEDS_MAX];
	size_t n = config_needs(p->cfg, needs, ARRAY_SIZE(needs));
	bool good = true;

	for (size_t i = 0; i < n && i < ARRAY_SIZE(needs); i++) {
		if (!needs[i].fatal || (needs[i].feature & p->server->features))
			continue;
		log_error(&p->log, "%s", needs[i].line);
		good = false;
	}
	if (!good)
		log_error(&p->log,
			  "MULTI: client has been rejected due to incompatible DCO options");
	return good;
}

/* The kernel finds the client of a packet by these addresses (spec 05 section 1.9). */
static bool can_be_reached(struct server_peer *p)
{
	if (!tunnel_is_offloaded(p->server->tunnel) || ip_addr_is_set(&p->ip4) ||
	    ip_addr_is_set(&p->ip6))
		return true;
	log_error(
		&p->log,
		"MULTI: client has been rejected: data channel offload needs an address for it, give one with --ifconfig-push, --ifconfig-ipv6-push or a pool");
	return false;
}

static void options_done(struct server_peer *p, const struct now *now)
{
	struct session_negotiated neg = {
		.tls_ekm = p->neg.tls_ekm,
		.dyn_tls_crypt = p->neg.dyn_tls_crypt,
	};

	session_options_done(p->session, *now, &neg);
}

static void complete(struct server_peer *p, const struct now *now)
{
	struct err err = {0};
	int ret;

	if (!override_username(p)) {
		fail(p, now, NULL);
		return;
	}
	if (!data_plane_serves(p) || !can_be_reached(p)) {
		fail(p, now, NULL);
		return;
	}
	check_addresses(p);
	p->disconnect_due = true;
	if (!negotiate(p, now)) {
		p->disconnect_due = false; /* as clients of scripts are used to */
		return;
	}
	ret = peer_data_add(p, &err);
	if (ret < 0 && server_offload_refused(p->server, p, ret))
		ret = peer_data_add(p, &err);
	if (ret < 0 && !p->server->ended) {
		log_error(&p->log, "cannot hand the client to the data plane: %s", err.text);
		peer_close(p, SIGTERM, "dco-connect-error");
	}
	if (ret < 0)
		return;
	peer_set_state(p, PEER_CONNECTED);
	options_done(p, now);
	start_timers(p, now->mono_ms);
	negotiated_log(&p->neg, p->cfg, &p->log);
	peer_learn(p);
	peer_wake(p);
}

void peer_learned(struct server_peer *p)
{
	struct now now = clock_now();

	p->may_push = true;
	peer_push_request(p, &now);
	peer_wake(p);
}

static void look_at_state(struct server_peer *p, enum connect_state state)
{
	struct now now = clock_now();

	switch (state) {
	case CONNECT_DONE:
		files_fini(p);
		complete(p, &now);
		break;
	case CONNECT_FAILED:
		files_fini(p);
		fail(p, &now, p->reason);
		break;
	case CONNECT_WAITING:
		if (!p->connect_process)
			p->poll_at = time_after(now.mono_ms, SERVER_POLL_MS);
		peer_wake(p);
		break;
	case CONNECT_NOT_STARTED:
	case CONNECT_RUNNING:
		break;
	}
}

static void resume(struct server_peer *p, enum connect_result result)
{
	if (result == CONNECT_DEFERRED)
		look_at_state(p, CONNECT_WAITING);
	else
		look_at_state(p, connect_phase_resume(&p->connect, &ops, p, result));
}

void peer_connect_timer(struct server_peer *p, const struct now *now)
{
	(void)now;
	if (p->connect.state == CONNECT_WAITING && !p->connect_process && p->connect_files)
		resume(p, script_result(p, false));
}

static void export_connection(struct server_peer *p)
{
	char text[32];

	environment_set_address(p->env, "trusted", &p->entry.addr);
	env_set(p->env, "common_name", p->cn);
	clock_format_local(p->created.unix_sec, text, sizeof(text));
	env_set(p->env, "time_ascii", text);
	env_setf(p->env, "time_unix", "%llu", (unsigned long long)p->created.unix_sec);
}

void peer_connect_begin(struct server_peer *p, const struct now *now)
{
	peer_set_state(p, PEER_CONNECTING);
	peer_update_name(p);
	drop_namesakes(p);
	p->cfg = config_clone(p->server->cfg);
	if (!p->cfg) {
		fail(p, now, NULL);
		return;
	}
	export_connection(p);
	peer_address_select(p);
	look_at_state(p, connect_phase_start(&p->connect, &ops, p));
}

/* The client began a new session on this instance: same options, new keys. */
void peer_connect_again(struct server_peer *p, const struct now *now)
{
	p->push_sent_at = 0;
	options_done(p, now);
	peer_push_request(p, now);
}

void peer_connect_stop(struct server_peer *p)
{
	if (p->connect_process)
		script_abandon(p->connect_process);
	p->connect_process = NULL;
	files_fini(p);
}

void peer_disconnect_script(struct server_peer *p)
{
	struct dco_peer_stats stats;
	struct now now = clock_now();

	if (!p->disconnect_due)
		return;
	p->disconnect_due = false;
	peer_data_stats(p, &stats);
	env_setf(p->env, "bytes_received", "%llu",
		 (unsigned long long)(stats.link_rx_bytes + p->control_rx));
	env_setf(p->env, "bytes_sent", "%llu",
		 (unsigned long long)(stats.link_tx_bytes + p->control_tx));
	env_setf(p->env, "time_duration", "%llu",
		 (unsigned long long)((now.mono_ms - p->created.mono_ms) / 1000));
	script_queue_add(p->server->queue, SCRIPT_CLIENT_DISCONNECT, p->env, NULL, 0, NULL, NULL);
}
