/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "config/internal.h"

static void set_entry_defaults(struct conn_entry *ce)
{
	ce->remote_port = "1194";
	ce->local_port = "1194";
	ce->connect_retry_sec = 1;
	ce->connect_retry_max_sec = 300;
	ce->connect_timeout_sec = 120;
	ce->tun_mtu = 1500;
	ce->tun_mtu_max = 1600;
	ce->mssfix_default = true;
	ce->max_packet_size = 1250;
	ce->key_direction = CONFIG_KEY_BIDIRECTIONAL;
}

static void set_defaults(struct config *cfg)
{
	const char *tmp = getenv("TMPDIR");

	set_entry_defaults(&cfg->ce);
	cfg->log.verb = 1;
	cfg->process.status_sec = 60;
	cfg->process.status_version = 1;
	cfg->process.tmp_dir = pool_strdup(cfg->pool, tmp ? tmp : "/tmp");
	cfg->resolv_retry_sec = UINT32_MAX;
	cfg->tun.dev = "tun";
	cfg->tun.type = CONFIG_DEV_TUN;
	cfg->routing.delay_window_sec = 30;
	cfg->crypto.auth = "SHA1";
	cfg->crypto.replay_window = 64;
	cfg->crypto.replay_time_sec = 15;
	cfg->tls.timeout_sec = 2;
	cfg->tls.hand_window_sec = 60;
	cfg->tls.tran_window_sec = 3600;
	cfg->tls.reneg_sec = 3600;
	cfg->scripts.security = 1;
	cfg->server.max_clients = 1024;
	cfg->server.max_routes_per_client = 256;
	cfg->server.pool_persist_sec = 600;
	cfg->server.bcast_buffers = 256;
	cfg->server.tcp_queue_limit = 64;
	cfg->server.connect_freq_initial_max = 100;
	cfg->server.connect_freq_initial_sec = 10;
	cfg->server.vlan_pvid = 1;
	cfg->management.log_cache = 250;
}

struct config *config_new(void)
{
	struct config *cfg = calloc(1, sizeof(*cfg));

	if (!cfg)
		return NULL;
	cfg->pool = pool_new(NULL);
	if (!cfg->pool) {
		free(cfg);
		return NULL;
	}
	set_defaults(cfg);
	if (pool_failed(cfg->pool)) {
		config_free(cfg);
		return NULL;
	}
	return cfg;
}

struct config *config_clone(const struct config *cfg)
{
	struct config *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *cfg;
	copy->pool = pool_new(cfg->pool);
	if (!copy->pool) {
		free(copy);
		return NULL;
	}
	return copy;
}

void config_free(struct config *cfg)
{
	if (!cfg)
		return;
	pool_put(cfg->pool);
	secret_wipe(cfg, sizeof(*cfg));
	free(cfg);
}

void config_select_entry(struct config *cfg, size_t index)
{
	cfg->ce = cfg->entries.at[index];
	if (cfg->pull && cfg->ce.proto.kind == CONFIG_PROTO_UDP && !cfg->timers.ping_rec_set)
		cfg->timers.ping_rec_sec = 120;
}

const struct config_origin *config_origin(const struct config *cfg, const char *name)
{
	size_t index = option_index(name);

	if (index >= cfg->origins.count || !cfg->origins.at[index].file)
		return NULL;
	return &cfg->origins.at[index];
}

const char *config_origin_text(const struct config *cfg, const char *name, char *buf, size_t cap)
{
	const struct config_origin *origin = config_origin(cfg, name);

	if (origin)
		snprintf(buf, cap, "%s:%u", origin->file, origin->line);
	else if (cap > 0)
		buf[0] = '\0';
	return buf;
}

const char *config_strdup(struct config *cfg, const char *text)
{
	return pool_strdup(cfg->pool, text);
}

int config_add_push(struct config *cfg, const char *option)
{
	const char *copy = config_strdup(cfg, option);

	return copy && LIST_ADD(cfg, &cfg->server.push, copy) ? 0 : ERR_NOMEM;
}

const char *config_strdup_printf(struct config *cfg, const char *fmt, ...)
{
	struct str s = str_init();
	const char *copy;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	copy = pool_strdup(cfg->pool, str_text(&s));
	str_fini(&s);
	return copy;
}
