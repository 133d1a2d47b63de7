/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.2: proxies between a client and its server. */
#include <string.h>

#include "config/internal.h"

static int http_proxy_apply(struct opt *o)
{
	struct config_http_proxy *hp = &o->ce->http_proxy;
	int ret;

	if (o->argc < 2)
		return opt_error(o, "http-proxy port number not defined");
	ret = value_port(o, o->arg[1], false, &hp->port);
	if (ret == 0)
		ret = value_text(o, o->arg[0], &hp->host);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &hp->auth_file);
	if (ret == 0 && o->argc > 3)
		ret = value_text(o, o->arg[3], &hp->method);
	return ret;
}

enum {
	HTTP_HEADERS_MAX = 10,
};

static int http_header_apply(struct opt *o)
{
	struct config_http_proxy *hp = &o->ce->http_proxy;
	struct config_http_header h = {0};
	int ret;

	if (hp->headers.count >= HTTP_HEADERS_MAX)
		return opt_error(o,
				 "Cannot use more than 10 http-proxy-option CUSTOM-HEADER : '%s'",
				 o->arg[1]);
	ret = value_text(o, o->arg[1], &h.name);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &h.value);
	if (ret == 0)
		LIST_ADD_ITEM(o->cfg, &hp->headers, &h);
	return ret;
}

static int http_proxy_option_apply(struct opt *o)
{
	struct config_http_proxy *hp = &o->ce->http_proxy;
	const char *type = o->arg[0];

	hp->options_set = true;
	if (strcmp(type, "VERSION") == 0 && o->argc == 2)
		return value_text(o, o->arg[1], &hp->http_version);
	if (strcmp(type, "AGENT") == 0 && o->argc == 2)
		return value_text(o, o->arg[1], &hp->user_agent);
	if ((strcmp(type, "CUSTOM-HEADER") == 0 || strcmp(type, "EXT1") == 0 ||
	     strcmp(type, "EXT2") == 0) &&
	    o->argc >= 2)
		return http_header_apply(o);
	return opt_error(o, "Bad http-proxy-option or missing or extra parameter: '%s'", type);
}

static int http_proxy_override_apply(struct opt *o)
{
	int ret = value_port(o, o->arg[1], false, &o->cfg->http_proxy_override.port);

	if (ret == 0)
		ret = value_text(o, o->arg[0], &o->cfg->http_proxy_override.host);
	o->cfg->http_proxy_override.nct = o->argc > 2 && strcmp(o->arg[2], "nct") == 0;
	return ret;
}

static int proxy_ignored_apply(struct opt *o)
{
	opt_warn(o, "DEPRECATED OPTION: %s option ignored.", o->name);
	return 0;
}

static int socks_proxy_apply(struct opt *o)
{
	struct config_socks_proxy *sp = &o->ce->socks_proxy;
	int ret = o->argc > 1 ? value_port(o, o->arg[1], false, &sp->port) : 0;

	if (ret == 0 && o->argc <= 1)
		sp->port = "1080";
	if (ret == 0)
		ret = value_text(o, o->arg[0], &sp->host);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &sp->auth_file);
	return ret;
}

static const struct option_row rows[] = {
	{.name = "http-proxy",
	 .args = "host port [authfile|auto|auto-nct [method]]",
	 .help = "connect through an HTTP proxy (TCP only)",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 .needs = FEAT_HTTP_PROXY,
	 IF_BUILT(PROXY),
	 FN(1, 4, http_proxy_apply),
	 OBSTACLE("the driver sends straight to the peer",
		  "remove it, or lead the connection there with routes")},
	{.name = "http-proxy-user-pass",
	 .args = "file",
	 .help = "credentials for the HTTP proxy",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 .needs = FEAT_HTTP_PROXY,
	 IF_BUILT(PROXY),
	 FILE_ARG(http_proxy_user_pass),
	 PART_OF("http-proxy")},
	{.name = "http-proxy-option",
	 .args = "VERSION v|AGENT name|CUSTOM-HEADER name [value]",
	 .help = "details of the proxy request",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 .needs = FEAT_HTTP_PROXY,
	 IF_BUILT(PROXY),
	 FN(1, 3, http_proxy_option_apply),
	 PART_OF("http-proxy")},
	{.name = "http-proxy-override",
	 .args = "host port [nct]",
	 .help = "use this proxy for all TCP remotes, and no UDP remotes",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_HTTP_PROXY,
	 IF_BUILT(PROXY),
	 FN(2, 3, http_proxy_override_apply),
	 OBSTACLE("the driver sends straight to the peer",
		  "remove it, or lead the connection there with routes")},
	{.name = "http-proxy-retry",
	 .args = "[any]",
	 .help = "ignored",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 NO_OP,
	 FN(0, 1, proxy_ignored_apply)},
	{.name = "http-proxy-timeout",
	 .args = "[any]",
	 .help = "ignored",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 NO_OP,
	 FN(0, 1, proxy_ignored_apply)},
	{.name = "socks-proxy",
	 .args = "host [port [authfile]]",
	 .help = "connect through a SOCKS5 proxy (port 1080)",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 .needs = FEAT_SOCKS_PROXY,
	 IF_BUILT(PROXY),
	 FN(1, 3, socks_proxy_apply),
	 OBSTACLE("the driver sends straight to the peer",
		  "remove it, or lead the connection there with routes")},
	{.name = "socks-proxy-retry",
	 .args = "[any]",
	 .help = "ignored",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 NO_OP,
	 FN(0, 1, proxy_ignored_apply)},
};

const struct option_table table_proxy = {"Proxies", rows, ARRAY_SIZE(rows)};
