/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.7: whom a server lets in, and how many. */
#include <string.h>

#include "config/internal.h"

static int stale_routes_apply(struct opt *o)
{
	uint32_t age, interval;
	int ret = value_range(o, "stale-routes-check age", o->arg[0], 1, INT32_MAX, &age);

	interval = age;
	if (ret == 0 && o->argc > 1)
		ret = value_range(o, "stale-routes-check interval", o->arg[1], 1, INT32_MAX,
				  &interval);
	if (ret < 0)
		return ret;
	o->cfg->server.stale_routes_age_sec = age;
	o->cfg->server.stale_routes_interval_sec = interval;
	return 0;
}

/* Two ranged numbers which are stored together or not at all. */
static int two_numbers(struct opt *o, const char *first, const char *second, uint32_t *a,
		       uint32_t *b)
{
	uint32_t x = 0, y = 0;
	int ret = value_range(o, first, o->arg[0], 1, INT32_MAX, &x);

	if (ret == 0)
		ret = value_range(o, second, o->arg[1], 1, INT32_MAX, &y);
	if (ret < 0)
		return ret;
	*a = x;
	*b = y;
	return 0;
}

static int hash_size_apply(struct opt *o)
{
	return two_numbers(o, "hash-size real", "hash-size virtual", &o->cfg->server.hash_real,
			   &o->cfg->server.hash_virtual);
}

static int connect_freq_apply(struct opt *o)
{
	return two_numbers(o, "connect-freq n", "connect-freq seconds",
			   &o->cfg->server.connect_freq_max, &o->cfg->server.connect_freq_sec);
}

static int connect_freq_initial_apply(struct opt *o)
{
	return two_numbers(o, "connect-freq-initial n", "connect-freq-initial seconds",
			   &o->cfg->server.connect_freq_initial_max,
			   &o->cfg->server.connect_freq_initial_sec);
}

static int port_share_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;
	int ret = value_port(o, o->arg[1], false, &s->port_share_port);

	if (ret == 0)
		ret = value_text(o, o->arg[0], &s->port_share_host);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &s->port_share_dir);
	return ret;
}

static int auth_gen_token_apply(struct opt *o)
{
	struct config_server *s = &o->cfg->server;
	uint32_t lifetime = 0, renewal = 0;
	bool external = false, renewal_set = false;
	int ret = o->argc > 0 ? value_u31(o, o->arg[0], &lifetime) : 0;

	for (size_t i = 1; i < o->argc && ret == 0; i++) {
		char c = o->arg[i][0];

		if (i == 1 && c >= '0' && c <= '9') {
			ret = value_u31(o, o->arg[i], &renewal);
			renewal_set = renewal > 0;
		} else if (strcmp(o->arg[i], "external-auth") == 0) {
			external = true;
		} else {
			ret = opt_error(o, "Invalid argument to auth-gen-token: %s (%zu)",
					o->arg[i], i + 1);
		}
	}
	if (ret < 0)
		return ret;
	s->auth_token = true;
	s->auth_token_lifetime_sec = lifetime;
	s->auth_token_renewal_sec = renewal;
	s->auth_token_renewal_set = renewal_set;
	s->auth_token_external = external;
	return 0;
}

static int verify_client_cert_apply(struct opt *o)
{
	enum config_verify_client *v = &o->cfg->server.verify_client;

	if (o->argc == 0 || strcmp(o->arg[0], "require") == 0)
		*v = CONFIG_VERIFY_CLIENT_REQUIRE;
	else if (strcmp(o->arg[0], "none") == 0)
		*v = CONFIG_VERIFY_CLIENT_NONE;
	else if (strcmp(o->arg[0], "optional") == 0)
		*v = CONFIG_VERIFY_CLIENT_OPTIONAL;
	else
		return opt_error(
			o,
			"parameter to --verify-client-cert must be 'none', 'optional' or 'require'");
	return 0;
}

static int no_client_cert_apply(struct opt *o)
{
	return opt_fatal(
		o,
		"REMOVED OPTION: --client-cert-not-required, use '--verify-client-cert none' instead");
}

static int opt_verify_apply(struct opt *o)
{
	opt_info(o, "DEPRECATED OPTION: --opt-verify was removed in OpenVPN 2.7.");
	return 0;
}

static const struct option_row rows[] = {
	{.name = "max-clients",
	 .args = "n",
	 .help = "number of clients at a time (1024)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 RANGE(server.max_clients, 1, 16777214, "max-clients"),
	 APART},
	{.name = "max-routes-per-client",
	 .args = "n",
	 .help = "addresses that may be learned behind one client (256)",
	 .groups = GROUP_INHERIT,
	 IF_BUILT(SERVER),
	 RANGE(server.max_routes_per_client, 1, INT32_MAX, "max-routes-per-client"),
	 APART},
	{.name = "stale-routes-check",
	 .args = "age [interval]",
	 .help = "forget learned addresses that were not used",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 .needs = FEAT_STALE_ROUTES,
	 IF_BUILT(SERVER),
	 FN(1, 2, stale_routes_apply),
	 OBSTACLE("this process does not see which addresses are in use",
		  "remove it and limit them with --max-routes-per-client")},
	{.name = "hash-size",
	 .args = "real virtual",
	 .help = "sizes of internal tables",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(2, 2, hash_size_apply),
	 APART},
	{.name = "bcast-buffers",
	 .args = "n",
	 .help = "buffers for broadcast packets (256)",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_QUEUES,
	 IF_BUILT(SERVER),
	 RANGE(server.bcast_buffers, 1, 268435456, "bcast-buffers"),
	 IDLE("the driver copies no broadcasts", "remove it")},
	{.name = "tcp-queue-limit",
	 .args = "n",
	 .help = "packets queued for one TCP client (64)",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_QUEUES,
	 IF_BUILT(SERVER),
	 RANGE(server.tcp_queue_limit, 1, INT32_MAX, "tcp-queue-limit"),
	 IDLE("the driver has its own queues", "remove it")},
	{.name = "connect-freq",
	 .args = "n seconds",
	 .help = "limit of new sessions (UDP)",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(2, 2, connect_freq_apply),
	 APART},
	{.name = "connect-freq-initial",
	 .args = "n seconds",
	 .help = "limit of answers to first packets (100 10)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(SERVER),
	 FN(2, 2, connect_freq_initial_apply),
	 APART},
	{.name = "port-share",
	 .args = "host port [dir]",
	 .help = "hand other TCP connections to another server",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(PORT_SHARE),
	 FN(2, 3, port_share_apply),
	 WORKS("decided before the kernel takes the connection")},
	{.name = "auth-gen-token",
	 .args = "[lifetime [renewal] [external-auth]]",
	 .help = "give clients a token instead of their password",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(0, 3, auth_gen_token_apply),
	 APART},
	{.name = "auth-gen-token-secret",
	 .args = "file",
	 .help = "key for tokens, to be kept over restarts",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(SERVER),
	 FILE_ARG(server.auth_token_secret),
	 APART},
	{.name = "auth-user-pass-optional",
	 .help = "clients may come without user name and password",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FLAG(server.auth_optional),
	 APART},
	{.name = "username-as-common-name",
	 .help = "the user name takes the place of the certificate's name",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FLAG(server.username_as_cn),
	 APART},
	{.name = "verify-client-cert",
	 .args = "[none|optional|require]",
	 .help = "whether clients need a certificate",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FN(0, 1, verify_client_cert_apply),
	 APART},
	{.name = "client-cert-not-required",
	 .help = "removed, use --verify-client-cert none",
	 .groups = GROUP_GENERAL,
	 REMOVED,
	 ARGS(0, 0),
	 .kind = KIND_REMOVED,
	 .apply = no_client_cert_apply},
	{.name = "opt-verify",
	 .help = "removed, without effect",
	 .groups = GROUP_GENERAL,
	 NO_OP,
	 FN(0, 0, opt_verify_apply)},
	{.name = "force-tls-key-material-export",
	 .help = "refuse clients that cannot derive keys by TLS export",
	 .groups = GROUP_GENERAL,
	 .flags = F_SERVER,
	 IF_BUILT(SERVER),
	 FLAG(server.force_key_export),
	 WORKS("keys are made in user space")},
};

const struct option_table table_server_access = {"Who may connect to a server", rows,
						 ARRAY_SIZE(rows)};
