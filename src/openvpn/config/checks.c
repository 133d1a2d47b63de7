/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that exclude or need each other, in the order of spec 04 section 3.3. */
#include <string.h>

#include "config/internal.h"

static bool is_udp(const struct conn_entry *ce)
{
	return ce->proto.kind == CONFIG_PROTO_UDP;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool has_local(const struct conn_entry *ce)
{
	return ce->listen.count > 0 && ce->listen.at[0].host;
}

static bool local_is(const struct conn_entry *ce, const char *host, const char *port)
{
	for (size_t i = 0; i < ce->listen.count; i++)
		if (same_text(ce->listen.at[i].host, host) &&
		    (!port || same_text(ce->listen.at[i].port, port)))
			return true;
	return false;
}

/* ---- numbers 2 to 14 ------------------------------------------------------------------------- */

static int check_addresses(struct parse *p, const struct conn_entry *ce)
{
	const struct config_tun *tun = &p->cfg->tun;

	if (same_text(ce->remote, tun->ifconfig_local) ||
	    same_text(ce->remote, tun->ifconfig_remote))
		return finish_error(
			p,
			"--local and --remote addresses must be distinct from --ifconfig addresses");
	if (same_text(tun->ifconfig_local, tun->ifconfig_remote))
		return finish_error(
			p, "local and remote/netmask --ifconfig addresses must be different");
	return 0;
}

static int check_binding(struct parse *p, const struct conn_entry *ce)
{
	const struct config_tun *tun = &p->cfg->tun;

	if (ce->bind_set && ce->nobind)
		return finish_error(p, "--bind and --nobind can't be used together");
	if (ce->local_port_set && ce->nobind)
		return finish_error(p, "--lport and --nobind don't make sense when used together");
	if (!ce->bind_local && !ce->remote)
		return finish_error(p, "--nobind doesn't make sense unless used with --remote%s",
				    ce->nobind ? "" : " (a client needs at least one --remote)");
	if (local_is(ce, ce->remote, ce->remote_port))
		return finish_error(p, "--remote and one of the --local addresses are the same");
	if (local_is(ce, tun->ifconfig_local, NULL) || local_is(ce, tun->ifconfig_remote, NULL))
		return finish_error(p,
				    "--local addresses must be distinct from --ifconfig addresses");
	if (has_local(ce) && ce->nobind)
		return finish_error(p, "--local and --nobind don't make sense when used together");
	return 0;
}

static int check_general(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;
	int ret;

	if (ce->proto.kind == CONFIG_PROTO_TCP)
		return finish_error(
			p,
			"--proto tcp is ambiguous in this context. Please specify --proto tcp-server or --proto tcp-client");
	if (cfg->locals.count > 1 && cfg->mode != CONFIG_MODE_SERVER)
		return finish_error(p, "multiple --local statements only allowed in --server mode");
	if (cfg->tun.lladdr && cfg->tun.type != CONFIG_DEV_TAP)
		return finish_error(p, "--lladdr can only be used in --dev tap mode");
	if (ce->tun_mtu_set && ce->link_mtu_set)
		return finish_error(p, "only one of --tun-mtu or --link-mtu may be defined");
	if (cfg->tun.mtu_test && !is_udp(ce))
		return finish_error(p, "--mtu-test only makes sense with --proto udp");
	ret = check_addresses(p, ce);
	return ret < 0 ? ret : check_binding(p, ce);
}

/* ---- numbers 15 to 21 ------------------------------------------------------------------------ */

static int check_management(struct parse *p)
{
	const struct config_management *m = &p->cfg->management;

	if (!m->addr && m->modifier_set)
		return finish_error(
			p,
			"--management is not specified, however one or more options which modify the behavior of --management were specified");
	if ((m->client_user || m->client_group) && !same_text(m->port, "unix"))
		return finish_error(
			p,
			"--management-client-(user|group) can only be used on unix domain sockets");
	return 0;
}

static int check_transport(struct parse *p, const struct conn_entry *ce)
{
	const struct config_http_proxy *hp = &ce->http_proxy;

	if (ce->fragment && !is_udp(ce))
		return finish_error(p, "--fragment can only be used with --proto udp");
	if (ce->proto.kind == CONFIG_PROTO_TCP_CLIENT && !ce->remote)
		return finish_error(p, "--remote MUST be used in TCP Client mode");
	if (hp->host && ce->proto.kind != CONFIG_PROTO_TCP_CLIENT)
		return finish_error(
			p,
			"--http-proxy MUST be used in TCP Client mode (i.e. --proto tcp-client)");
	if (!hp->host && hp->options_set)
		return finish_error(
			p, "--http-proxy not specified but other http proxy options present");
	if (hp->host && ce->socks_proxy.host)
		return finish_error(p, "--http-proxy can not be used together with --socks-proxy");
	if (ce->socks_proxy.host && ce->proto.kind == CONFIG_PROTO_TCP_SERVER)
		return finish_error(p, "--socks-proxy can not be used in TCP Server mode");
	if (ce->proto.kind == CONFIG_PROTO_TCP_SERVER && p->cfg->entries.count > 1)
		return finish_error(p, "TCP server mode allows at most one --remote address");
	return 0;
}

/* ---- server mode, 22 to 36 ------------------------------------------------------------------- */

static bool has_verifier(const struct config *cfg)
{
	return cfg->scripts.auth_user_pass_verify || cfg->plugins.count > 0 ||
	       cfg->management.client_auth;
}

static int check_client_options(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;
	const struct {
		const char *name;
		bool given;
	} refused[] = {
		{"pull", cfg->pull},
		{"remote", ce->remote},
		{"nobind", !ce->bind_local},
		{"http-proxy", ce->http_proxy.host},
		{"socks-proxy", ce->socks_proxy.host},
		{"shaper", cfg->shaper},
		{"route-delay", cfg->routing.delay_set},
		{"up-delay", cfg->scripts.up_delay},
		{"allow-recursive-routing", cfg->routing.allow_recursive_routing},
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (refused[i].given)
			return finish_error(p, "--%s cannot be used with --mode server.",
					    refused[i].name);
	return 0;
}

static bool listens_on_tcp(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->listen.count; i++)
		if (cfg->listen.at[i].proto.kind != CONFIG_PROTO_UDP)
			return true;
	return false;
}

static int check_server_addresses(struct parse *p)
{
	const struct config *cfg = p->cfg;
	const struct config_server *s = &cfg->server;

	if (s->pool4.netmask.s_addr && cfg->tun.type == CONFIG_DEV_TUN &&
	    cfg->tun.topology != CONFIG_TOPOLOGY_SUBNET)
		return finish_error(
			p,
			"The third parameter to --ifconfig-pool (netmask) is only valid in --dev tap mode");
	if (cfg->routing.redirect)
		return finish_error(
			p,
			"--redirect-gateway cannot be used with --mode server (however --push \"redirect-gateway\" is fine)");
	if (s->pool_persist && !s->pool4.defined && !s->pool6_defined)
		return finish_error(
			p,
			"--ifconfig-pool-persist must be used with --ifconfig-pool or --ifconfig-ipv6-pool");
	if (s->pool6_defined && !cfg->tun.ifconfig6_local)
		return finish_error(p, "--ifconfig-ipv6-pool needs --ifconfig-ipv6");
	if (cfg->auth.user_pass)
		return finish_error(
			p,
			"--auth-user-pass cannot be used with --mode server (it should be used on the client side only)");
	if (s->ccd_exclusive && !s->client_config_dir)
		return finish_error(p, "--ccd-exclusive must be used with --client-config-dir");
	return 0;
}

static int check_server_auth(struct parse *p)
{
	const struct config *cfg = p->cfg;
	const struct config_server *s = &cfg->server;
	const struct {
		const char *name;
		bool given;
	} need_verifier[] = {
		{"verify-client-cert none|optional",
		 s->verify_client != CONFIG_VERIFY_CLIENT_REQUIRE},
		{"username-as-common-name", s->username_as_cn},
		{"auth-user-pass-optional", s->auth_optional},
	};

	if (s->auth_token && cfg->tls.reneg_sec == 0)
		return finish_error(
			p, "--auth-gen-token needs a non-infinite --renegotiate_seconds setting");
	if (s->auth_token && s->auth_token_renewal_sec < 2 * cfg->tls.hand_window_sec)
		return finish_error(
			p,
			"--auth-gen-token renewal time needs to be at least  two times --hand-window (%u).",
			cfg->tls.hand_window_sec);
	for (size_t i = 0; i < ARRAY_SIZE(need_verifier); i++)
		if (need_verifier[i].given && !has_verifier(cfg))
			return finish_error(
				p,
				"--%s must be used with --management-client-auth, an --auth-user-pass-verify script, or plugin",
				need_verifier[i].name);
	return 0;
}

static int check_vlan(struct parse *p)
{
	const struct config_server *s = &p->cfg->server;

	if (s->vlan_tagging && p->cfg->tun.type != CONFIG_DEV_TAP)
		return finish_error(p, "--vlan-tagging must be used with --dev tap");
	if (!s->vlan_tagging && s->vlan_accept != CONFIG_VLAN_ALL)
		return finish_error(p, "--vlan-accept requires --vlan-tagging");
	if (!s->vlan_tagging && s->vlan_pvid != 1)
		return finish_error(p, "--vlan-pvid requires --vlan-tagging");
	return 0;
}

static int check_server_transport(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;

	if (ce->proto.kind != CONFIG_PROTO_UDP && ce->proto.kind != CONFIG_PROTO_TCP_SERVER)
		return finish_error(
			p,
			"--mode server currently only supports --proto values of udp, tcp-server, tcp4-server, or tcp6-server");
	if (cfg->server.port_share_host && !listens_on_tcp(cfg))
		return finish_error(
			p,
			"--port-share only works in TCP server mode (--proto values of tcp-server, tcp4-server, or tcp6-server)");
	if (!cfg->tls.server)
		return finish_error(p, "--mode server requires --tls-server");
	if (cfg->entries_are_blocks)
		return finish_error(p, "<connection> cannot be used with --mode server");
	if (cfg->scripts.ipchange)
		return finish_error(
			p,
			"--ipchange cannot be used with --mode server (use --client-connect instead)");
	if (cfg->server.connect_freq_max && !is_udp(ce))
		return finish_error(
			p,
			"--connect-freq only works with --mode server --proto udp.  Try --max-clients instead.");
	return 0;
}

static int check_server(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;
	int ret;

	if (cfg->tun.type == CONFIG_DEV_UNDEFINED)
		return finish_error(p, "--mode server only works with --dev tun or --dev tap");
	ret = check_client_options(p, ce);
	if (ret < 0)
		return ret;
	if (cfg->pull_filters.count > 0)
		finish_warn(p, "--pull-filter ignored for --mode server");
	ret = check_server_transport(p, ce);
	if (ret == 0)
		ret = check_server_addresses(p);
	if (ret == 0)
		ret = check_server_auth(p);
	if (ret == 0)
		ret = check_vlan(p);
	if (ret == 0 && cfg->server.tcp_nodelay)
		finish_info(
			p,
			"NOTE: TCP_NODELAY is always enabled locally; --tcp-nodelay pushes it to clients of older versions.");
	return ret;
}

/* ---- not server mode, 38 and 39 -------------------------------------------------------------- */

static int check_not_server(struct parse *p)
{
	const struct config *cfg = p->cfg;
	const struct config_server *s = &cfg->server;
	const struct config_scripts *sc = &cfg->scripts;
	const struct {
		const char *name;
		bool given;
	} server_only[] = {
		{"ifconfig-pool", s->pool4.defined},
		{"ifconfig-pool-persist", s->pool_persist},
		{"ifconfig-ipv6-pool", s->pool6_defined},
		{"hash-size", s->hash_real || s->hash_virtual},
		{"learn-address", sc->learn_address},
		{"client-connect", sc->client_connect},
		{"client-crresponse", sc->client_crresponse},
		{"client-disconnect", sc->client_disconnect},
		{"client-config-dir", s->client_config_dir},
		{"ccd-exclusive", s->ccd_exclusive},
		{"client-to-client", s->client_to_client},
		{"duplicate-cn", s->duplicate_cn},
		{"connect-freq", s->connect_freq_max},
		{"verify-client-cert", s->verify_client != CONFIG_VERIFY_CLIENT_REQUIRE},
		{"username-as-common-name", s->username_as_cn},
		{"auth-user-pass-optional", s->auth_optional},
		{"auth-user-pass-verify", sc->auth_user_pass_verify},
		{"auth-gen-token", s->auth_token},
		{"stale-routes-check", s->stale_routes_age_sec},
		{"vlan-tagging", s->vlan_tagging},
		{"vlan-accept", s->vlan_accept != CONFIG_VLAN_ALL},
		{"vlan-pvid", s->vlan_pvid != 1},
		{"force-key-material-export", s->force_key_export},
	};

	for (size_t i = 0; i < ARRAY_SIZE(server_only); i++)
		if (server_only[i].given)
			return finish_error(p, "--%s requires --mode server", server_only[i].name);
	if (s->port_share_host)
		return finish_error(
			p,
			"--port-share requires TCP server mode (--mode server --proto tcp-server)");
	if (s->push.count > 0)
		finish_warn(
			p,
			"Note: Using --push without --mode server is an unsupported configuration. Negotiation of OpenVPN features is expected to fail.");
	if (s->tcp_nodelay)
		finish_warn(p, "DEPRECATED OPTION: --tcp-nodelay is always enabled on clients");
	return 0;
}

/* ---- TLS, 40 to 48 --------------------------------------------------------------------------- */

static int check_roles(struct parse *p)
{
	const struct config *cfg = p->cfg;
	int roles = cfg->tls.server + cfg->tls.client + config_file_is_set(&cfg->crypto.secret);

	if (roles > 1)
		return finish_error(p,
				    "specify only one of --tls-server, --tls-client, or --secret");
	if (cfg->tls.server || cfg->tls.client || cfg->command.test_crypto)
		return 0;

	static const char text[] =
		"DEPRECATION: No tls-client or tls-server option in configuration detected. OpenVPN 2.8 will remove the functionality to run a VPN without TLS. See the examples section in the manual page for examples of a similar quick setup with peer-fingerprint. OpenVPN 2.7 allows using this configuration when using --allow-deprecated-insecure-static-crypto but you should move to a proper configuration using TLS as soon as possible.";

	if (!cfg->crypto.allow_static)
		return finish_error(p, "%s", text);
	finish_info(p, "%s", text);
	return 0;
}

static int check_pkcs12_alone(struct parse *p)
{
	const struct config *cfg = p->cfg;
	const struct {
		const char *name;
		bool given;
	} excluded[] = {
		{"capath", cfg->tls.capath},
		{"cert", config_file_is_set(&cfg->tls.cert)},
		{"key", config_file_is_set(&cfg->tls.key)},
		{"management-external-key", cfg->management.external_key},
		{"management-external-cert", cfg->management.external_cert},
	};

	for (size_t i = 0; i < ARRAY_SIZE(excluded); i++)
		if (excluded[i].given)
			return finish_error(
				p, "Parameter --%s cannot be used when --pkcs12 is also specified.",
				excluded[i].name);
	return 0;
}

static int check_key_source(struct parse *p)
{
	const struct config *cfg = p->cfg;
	const struct config_management *m = &cfg->management;
	bool cert = config_file_is_set(&cfg->tls.cert) || m->external_cert;
	bool key = config_file_is_set(&cfg->tls.key) || m->external_key;

	if (config_file_is_set(&cfg->tls.pkcs12))
		return check_pkcs12_alone(p);
	if (config_file_is_set(&cfg->tls.key) && m->external_key)
		return finish_error(p,
				    "--key and --management-external-key are mutually exclusive");
	if (config_file_is_set(&cfg->tls.cert) && m->external_cert)
		return finish_error(p,
				    "--cert and --management-external-cert are mutually exclusive");
	if (m->external_cert && !m->external_key)
		return finish_error(
			p,
			"--management-external-cert must be used with --management-external-key");
	if (cfg->pull) {
		if (!cert && !key && !cfg->auth.user_pass)
			return finish_error(
				p,
				"No client-side authentication method is specified.  You must use either --cert/--key, --pkcs12, or --auth-user-pass");
		if (cert != key)
			return finish_error(
				p, "If you use one of --cert or --key, you must use them both");
		return 0;
	}
	if (!cert)
		return finish_error(
			p, "You must define certificate file (--cert) or PKCS#12 file (--pkcs12)");
	if (!key)
		return finish_error(
			p, "You must define private key file (--key) or PKCS#12 file (--pkcs12)");
	return 0;
}

static int check_wrap(struct parse *p, const struct conn_entry *ce)
{
	bool auth = config_file_is_set(&ce->tls_auth);
	bool crypt = config_file_is_set(&ce->tls_crypt);
	bool crypt_v2 = config_file_is_set(&ce->tls_crypt_v2);

	if (auth && crypt)
		return finish_error(p, "--tls-auth and --tls-crypt are mutually exclusive");
	if (p->cfg->tls.client && crypt_v2 && (auth || crypt))
		return finish_error(
			p,
			"--tls-crypt-v2, --tls-auth and --tls-crypt are mutually exclusive in client mode");
	return 0;
}

static int check_tls(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;
	const struct config_tls *tls = &cfg->tls;
	int ret;

	if (cfg->server.verify_client != CONFIG_VERIFY_CLIENT_REQUIRE)
		finish_warn(
			p,
			"WARNING: POTENTIALLY DANGEROUS OPTION --verify-client-cert none|optional may accept clients which do not present a certificate");
	if (tls->version_max != CONFIG_TLS_UNSET && tls->version_min > tls->version_max)
		return finish_error(p, "--tls-version-min bigger than --tls-version-max");
	if (!config_file_is_set(&tls->ca) && !tls->capath && !tls->without_ca &&
	    !config_file_is_set(&tls->pkcs12))
		return finish_error(
			p,
			"You must define CA file (--ca) or CA path (--capath) and/or peer fingerprint verification (--peer-fingerprint)");
	ret = check_key_source(p);
	return ret < 0 ? ret : check_wrap(p, ce);
}

/* 47: what makes no sense without TLS; whether it was given, not its value, counts here */
static int check_not_tls(struct parse *p)
{
	static const char *const names[] = {
		"ca",
		"capath",
		"dh",
		"cert",
		"key",
		"pkcs12",
		"tls-cipher",
		"tls-ciphersuites",
		"tls-cert-profile",
		"tls-verify",
		"tls-export-cert",
		"verify-x509-name",
		"tls-timeout",
		"reneg-bytes",
		"reneg-pkts",
		"reneg-sec",
		"hand-window",
		"tran-window",
		"tls-auth",
		"tls-crypt",
		"tls-crypt-v2",
		"single-session",
		"push-peer-info",
		"tls-exit",
		"crl-verify",
		"ns-cert-type",
		"remote-cert-ku",
		"remote-cert-eku",
	};
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !name; i++)
		if (config_given(p->cfg, names[i]))
			name = names[i];
	if (!name && p->cfg->pull)
		name = "--pull";
	if (!name)
		return 0;
	return finish_error(
		p,
		"Parameter %s can only be specified in TLS-mode, i.e. where --tls-server or --tls-client is also specified.",
		name);
}

/* What is not built yet and cannot be seen at one option alone. */
static int check_built(struct parse *p)
{
	const struct config *cfg = p->cfg;

	(void)cfg; /* not looked at where everything below is built */
	if (BUILT_P2P_TLS || (p->host && p->host->take_unbuilt))
		return 0;
	if (cfg->mode != CONFIG_MODE_SERVER && !cfg->pull && !cfg->command.test_crypto)
		return finish_error(
			p,
			"TLS point-to-point (neither --pull nor --mode server) is not supported by this build yet");
	return 0;
}

static int check_entry(struct parse *p, const struct conn_entry *ce)
{
	const struct config *cfg = p->cfg;
	bool tls;
	int ret = check_general(p, ce);

	if (ret == 0)
		ret = check_management(p);
	if (ret == 0)
		ret = check_transport(p, ce);
	if (ret == 0)
		ret = cfg->mode == CONFIG_MODE_SERVER ? check_server(p, ce) : check_not_server(p);
	if (ret == 0)
		ret = check_roles(p);
	if (ret < 0)
		return ret;
	tls = cfg->tls.server || cfg->tls.client;
	ret = tls ? check_tls(p, ce) : check_not_tls(p);
	if (ret < 0)
		return ret;
	if (cfg->auth.user_pass && !cfg->pull)
		return finish_error(p, "--auth-user-pass requires --pull");
	return check_built(p);
}

static bool is_unprotected(const struct config *cfg)
{
	return !cfg->tls.server && !cfg->tls.client && !cfg->command.test_crypto &&
	       !config_file_is_set(&cfg->crypto.secret);
}

int finish_checks(struct parse *p)
{
	for (size_t i = 0; i < p->cfg->entries.count; i++) {
		struct parse entry = *p;
		int ret;

		if (i > 0)
			entry.report = NULL; /* say each warning once */
		ret = check_entry(&entry, &p->cfg->entries.at[i]);
		if (ret < 0)
			return ret;
	}
	if (is_unprotected(p->cfg))
		finish_warn(
			p,
			"******* WARNING *******: All encryption and authentication features disabled -- All data will be tunnelled as clear text and will not be protected against man-in-the-middle changes. PLEASE DO RECONSIDER THIS CONFIGURATION!");
	return dns_check(&p->cfg->dns, p->err);
}
