/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.11: the management interface. */
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static int management_apply(struct opt *o)
{
	struct config_management *m = &o->cfg->management;
	bool unix_socket = strcmp(o->arg[1], "unix") == 0;
	int ret = unix_socket ? value_text(o, o->arg[1], &m->port)
			      : value_port(o, o->arg[1], false, &m->port);

	if (ret == 0)
		ret = value_text(o, o->arg[0], &m->addr);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &m->password_file);
	if (ret == 0 && !unix_socket && o->argc < 3)
		opt_warn(
			o,
			"WARNING: Using --management on a TCP port WITHOUT passwords is STRONGLY discouraged and considered insecure");
	return ret;
}

static int modifier_apply(struct opt *o)
{
	struct config_management *m = &o->cfg->management;
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"management-client", &m->client},
		{"management-query-passwords", &m->query_passwords},
		{"management-query-proxy", &m->query_proxy},
		{"management-query-remote", &m->query_remote},
		{"management-hold", &m->hold},
		{"management-signal", &m->signal},
		{"management-forget-disconnect", &m->forget_disconnect},
		{"management-up-down", &m->up_down},
		{"management-client-auth", &m->client_auth},
	};

	m->modifier_set = true;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(flags[i].name, o->name) == 0)
			*flags[i].flag = true;
	return 0;
}

static int client_user_apply(struct opt *o)
{
	o->cfg->management.modifier_set = true;
	return value_text(o, o->arg[0], &o->cfg->management.client_user);
}

static int client_group_apply(struct opt *o)
{
	o->cfg->management.modifier_set = true;
	return value_text(o, o->arg[0], &o->cfg->management.client_group);
}

static int log_cache_apply(struct opt *o)
{
	int ret = value_range(o, "management-log-cache", o->arg[0], 1, INT32_MAX,
			      &o->cfg->management.log_cache);

	if (ret == 0)
		o->cfg->management.modifier_set = true;
	return ret;
}

static int external_key_apply(struct opt *o)
{
	struct config_management *m = &o->cfg->management;
	struct str flags = str_init();
	int ret;

	for (size_t i = 0; i < o->argc; i++) {
		if (strcmp(o->arg[i], "nopadding") != 0 && strcmp(o->arg[i], "pkcs1") != 0 &&
		    strcmp(o->arg[i], "pss") != 0 && strcmp(o->arg[i], "digest") != 0) {
			str_fini(&flags);
			return opt_error(o, "Unknown management-external-key flag: %s", o->arg[i]);
		}
		str_addf(&flags, "%s ", o->arg[i]);
	}
	if (m->external_key_flags) /* flags accumulate */
		str_add(&flags, m->external_key_flags);
	m->external_key = true;
	m->modifier_set = true;
	ret = value_text(o, str_text(&flags), &m->external_key_flags);
	str_fini(&flags);
	return ret;
}

static int external_cert_apply(struct opt *o)
{
	o->cfg->management.modifier_set = true;
	return value_text(o, o->arg[0], &o->cfg->management.external_cert);
}

#define MANAGEMENT .groups = GROUP_GENERAL, IF_BUILT(MANAGEMENT)

static const struct option_row rows[] = {
	{.name = "management",
	 .args = "addr port|unix [pwfile]",
	 .help = "open the management interface",
	 MANAGEMENT,
	 FN(2, 3, management_apply),
	 APART},
	{.name = "management-client",
	 .help = "connect to the address instead of listening",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-query-passwords",
	 .help = "ask credentials there",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-query-proxy",
	 .help = "ask proxy settings there",
	 .needs = FEAT_PROXY_QUERY,
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 OBSTACLE("the answer may be a proxy, and the driver sends straight to the peer",
		  "remove it")},
	{.name = "management-query-remote",
	 .help = "ask for each remote there",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-hold",
	 .help = "wait for a release at start",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-signal",
	 .help = "restart when the interface disconnects",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-forget-disconnect",
	 .help = "forget passwords when the interface disconnects",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-up-down",
	 .help = "report the tunnel's state there",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-client-auth",
	 .help = "decide there about clients",
	 MANAGEMENT,
	 FN(0, 0, modifier_apply),
	 APART},
	{.name = "management-client-user",
	 .args = "name",
	 .help = "user who may connect to the unix socket",
	 MANAGEMENT,
	 FN(1, 1, client_user_apply),
	 APART},
	{.name = "management-client-group",
	 .args = "name",
	 .help = "group which may connect to the unix socket",
	 MANAGEMENT,
	 FN(1, 1, client_group_apply),
	 APART},
	{.name = "management-log-cache",
	 .args = "lines",
	 .help = "log lines that are kept (250)",
	 MANAGEMENT,
	 FN(1, 1, log_cache_apply),
	 APART},
	{.name = "management-external-key",
	 .args = "[nopadding] [pkcs1] [pss] [digest]",
	 .help = "the private key is used there",
	 MANAGEMENT,
	 FN(0, MANY, external_key_apply),
	 APART},
	{.name = "management-external-cert",
	 .args = "hint",
	 .help = "the certificate comes from there",
	 MANAGEMENT,
	 FN(1, 1, external_cert_apply),
	 APART},
};

const struct option_table table_management = {"Management interface", rows, ARRAY_SIZE(rows)};
