/* SPDX-License-Identifier: GPL-2.0-only */
/* Post-processing after the parse: the order of spec 04 section 3. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

int finish_error(struct parse *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(text, '?');
	return err_set(p->err, ERR_USAGE, "Options error: %s", text);
}

int finish_fatal(struct parse *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(text, '?');
	return err_set(p->err, ERR_OPTION, "%s", text);
}

void finish_warn(struct parse *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	config_report_addv(p->report, LOG_CLASS_WARN, 1, fmt, ap);
	va_end(ap);
}

void finish_info(struct parse *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	config_report_addv(p->report, LOG_CLASS_INFO, 1, fmt, ap);
	va_end(ap);
}

/* 3.2 step 8 */
static int check_prf(struct parse *p)
{
	const struct config_host *host = p->host;

	if (!host || !host->has_tls1_prf || host->has_tls1_prf(host->ctx))
		return 0;
	finish_warn(
		p,
		"Warning: TLS 1.0 PRF with MD5+SHA1 PRF is not supported by the TLS library. Your system does not support this calculation anymore or your security policy (e.g. FIPS 140-2) forbids it. Connections will only work with peers running OpenVPN 2.6.0 or higher)");
	if (p->cfg->mode == CONFIG_MODE_SERVER && !p->cfg->server.force_key_export) {
		finish_warn(p, "Automatically enabling option --force-tls-key-material-export");
		p->cfg->server.force_key_export = true;
	}
	return 0;
}

/* 3.2 step 13 */
static void settle_dh(struct parse *p)
{
	struct config_tls *tls = &p->cfg->tls;

	if (tls->dh.path && strcmp(tls->dh.path, "none") == 0)
		tls->dh = (struct config_file){0};
	if (config_file_is_set(&tls->dh) && !tls->server) {
		finish_warn(
			p,
			"WARNING: Ignoring option 'dh' in tls-client mode, please only include this in your server configuration");
		tls->dh = (struct config_file){0};
	}
}

/* 3.2 step 14 */
static void override_http_proxy(struct parse *p)
{
	struct config *cfg = p->cfg;
	struct conn_entry *ce = cfg->entries.at;
	bool any_tcp = false;

	if (!cfg->http_proxy_override.host)
		return;
	for (size_t i = 0; i < cfg->entries.count; i++)
		any_tcp = any_tcp || ce[i].proto.kind == CONFIG_PROTO_TCP_CLIENT;
	if (!any_tcp) {
		finish_info(
			p,
			"Note: option http-proxy-override ignored because no TCP-based connection profiles are defined");
		return;
	}
	for (size_t i = 0; i < cfg->entries.count; i++) {
		if (ce[i].proto.kind != CONFIG_PROTO_TCP_CLIENT) {
			ce[i].disabled = true;
			continue;
		}
		ce[i].http_proxy.host = cfg->http_proxy_override.host;
		ce[i].http_proxy.port = cfg->http_proxy_override.port;
		ce[i].http_proxy.auth_file = cfg->http_proxy_override.nct ? "auto-nct" : "auto";
	}
}

/* 3.2 step 15 */
static void settle_trust(struct parse *p)
{
	struct config_tls *tls = &p->cfg->tls;

	if (tls->fingerprint_kind != CONFIG_FP_PEER || config_file_is_set(&tls->ca) ||
	    tls->capath || config_file_is_set(&tls->pkcs12))
		return;
	tls->without_ca = true;
	finish_info(p, "Using certificate fingerprint to verify peer (no CA option set). ");
}

/* 3.4: the default depends on the version to be compatible with, and on the maximum. */
static void settle_tls_version(struct config *cfg)
{
	struct config_tls *tls = &cfg->tls;

	if (tls->version_min != CONFIG_TLS_UNSET)
		return;
	if (cfg->process.compat_version && cfg->process.compat_version < 20307)
		tls->version_min = CONFIG_TLS_1_0;
	else if (tls->version_max != CONFIG_TLS_UNSET && tls->version_max < CONFIG_TLS_1_2)
		tls->version_min = tls->version_max;
	else
		tls->version_min = CONFIG_TLS_1_2;
}

/* 3.2 step 20, and the default of section 3.4 for incoming compression */
static int settle_compression(struct parse *p)
{
	struct config_crypto *c = &p->cfg->crypto;
	bool real = c->comp == CONFIG_COMP_LZO || c->comp == CONFIG_COMP_LZ4 ||
		    c->comp == CONFIG_COMP_LZ4_V2;

	if (c->allow_comp == CONFIG_ALLOW_COMP_UNSET && p->cfg->process.compat_version &&
	    p->cfg->process.compat_version < 20600)
		c->allow_comp = CONFIG_ALLOW_COMP_ASYM; /* what users of an old peer were told */
	c->comp_stub_only = c->allow_comp == CONFIG_ALLOW_COMP_NO ||
			    (c->allow_comp == CONFIG_ALLOW_COMP_UNSET && !real);
	if (real && c->comp_stub_only)
		return finish_error(
			p,
			"Compression is not allowed since allow-compression is set to 'stub-only'");
	return 0;
}

/* Options that commands may use, but no tunnel yet. */
static int refuse_unbuilt(struct parse *p)
{
	if (p->host && p->host->take_unbuilt)
		return 0;
	for (size_t i = 0; i < p->cfg->origins.count; i++) {
		const struct option_row *row = option_row(i);

		if (p->cfg->origins.at[i].file && row->flags & F_LATE &&
		    row->status == OPTION_NOT_BUILT)
			return finish_error(p, "--%s is not supported by this build yet",
					    row->name);
	}
	return 0;
}

static int finish_rest(struct parse *p)
{
	struct config *cfg = p->cfg;
	int ret;

	settle_dh(p);
	override_http_proxy(p);
	settle_trust(p);
	settle_tls_version(cfg);
	if (cfg->process.from_stdin && cfg->process.remap_usr1 == CONFIG_SIGHUP)
		return finish_error(
			p,
			"Options 'config stdin' and 'remap-usr1 SIGHUP' are incompatible with each other.");
	ret = settle_compression(p);
	if (ret < 0)
		return ret;
	if (cfg->server.auth_token && !cfg->server.auth_token_renewal_set)
		cfg->server.auth_token_renewal_sec = cfg->tls.reneg_sec;
	if (!cfg->tls.reneg_min_set)
		cfg->tls.reneg_min_sec =
			cfg->mode == CONFIG_MODE_SERVER
				? cfg->tls.reneg_sec / 10 * 9 + cfg->tls.reneg_sec % 10 * 9 / 10
				: cfg->tls.reneg_sec;
	if (cfg->auth.username_only && cfg->auth.challenge)
		return finish_error(
			p, "'auth-user-pass username-only' cannot be used with static challenge");
	return 0;
}

int config_finish(struct config *cfg, const struct config_host *host, struct config_report *report,
		  struct err *err)
{
	struct parse p = {.cfg = cfg, .ce = &cfg->ce, .host = host, .report = report, .err = err};
	static int (*const steps[])(struct parse *) = {
		refuse_unbuilt,	    finish_helpers, check_prf,	   finish_crypto,
		finish_connections, finish_rest,    finish_checks, finish_files,
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int ret = steps[i](&p);

		if (ret < 0)
			return ret;
		if (pool_failed(cfg->pool))
			return err_set(err, ERR_NOMEM, "configuration: %s", err_text(ERR_NOMEM));
	}
	return 0;
}
