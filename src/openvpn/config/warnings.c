/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice at tunnel initialisation. Spec 04 section 3.6. */
#include <string.h>

#include "config/internal.h"

static void warn(struct config_report *report, const char *text)
{
	config_report_add(report, LOG_CLASS_WARN, 1, "%s", text);
}

static bool has_user_script(const struct config *cfg)
{
	const struct config_scripts *s = &cfg->scripts;

	return s->up || s->down || s->route_up || s->route_pre_down || s->ipchange ||
	       s->tls_verify || s->tls_crypt_v2_verify || s->auth_user_pass_verify ||
	       s->client_connect || s->client_disconnect || s->client_crresponse ||
	       s->learn_address || cfg->dns.updown_user;
}

static void warn_process(const struct config *cfg, struct config_report *report)
{
	const struct config_process *pr = &cfg->process;

	if (cfg->timers.ping_sec && !cfg->timers.ping_rec_sec)
		warn(report,
		     "WARNING: --ping should normally be used with --ping-restart or --ping-exit");
	if ((pr->user || pr->group || pr->chroot_dir) && !pr->persist_tun)
		warn(report,
		     "WARNING: you are using user/group/chroot/setcon without persist-tun -- this may cause restarts to fail");
	if (pr->chroot_dir && !(pr->user && pr->group))
		warn(report,
		     "WARNING: you are using chroot without specifying user and group -- this may cause the chroot jail to be insecure");
	if (cfg->pull && cfg->tun.ifconfig_local)
		warn(report,
		     "WARNING: using --pull/--client and --ifconfig together is probably not what you want");
}

static void warn_server(const struct config *cfg, struct config_report *report)
{
	const struct config_server *s = &cfg->server;

	if (s->helper_bridge || s->helper_bridge_proxy)
		warn(report,
		     "NOTE: when bridging your LAN adapter with the TAP adapter, note that the new bridge adapter will often take on its own IP address that is different from what the LAN adapter was previously set to");
	if (cfg->mode != CONFIG_MODE_SERVER)
		return;
	if (s->duplicate_cn && s->client_config_dir)
		warn(report,
		     "WARNING: using --duplicate-cn and --client-config-dir together is probably not what you want");
	if (s->duplicate_cn && s->pool_persist)
		warn(report, "WARNING: --ifconfig-pool-persist will not work with --duplicate-cn");
	if (!cfg->timers.keepalive_ping_sec || !cfg->timers.keepalive_timeout_sec)
		warn(report, "WARNING: --keepalive option is missing from server config");
}

static void warn_tls(const struct config *cfg, struct config_report *report)
{
	const struct config_tls *tls = &cfg->tls;

	if (tls->client && !cfg->scripts.tls_verify && !tls->verify_name &&
	    tls->ns_cert_type != CONFIG_NS_CERT_SERVER && !tls->remote_cert_eku &&
	    tls->fingerprint_kind != CONFIG_FP_PEER)
		warn(report,
		     "WARNING: No server certificate verification method has been enabled.  See http://openvpn.net/howto.html#mitm for more info.");
	if (tls->ns_cert_type != CONFIG_NS_CERT_ANY)
		warn(report,
		     "WARNING: --ns-cert-type is DEPRECATED.  Use --remote-cert-tls instead.");
}

static void warn_scripts(const struct config *cfg, struct config_report *report)
{
	if (!has_user_script(cfg))
		return;
	if (cfg->scripts.security >= 3)
		warn(report,
		     "WARNING: the current --script-security setting may allow passwords to be passed to scripts via environmental variables");
	else if (cfg->scripts.security == 2)
		warn(report,
		     "NOTE: the current --script-security setting may allow this configuration to call user-defined scripts");
	else
		warn(report,
		     "NOTE: starting with OpenVPN 2.1, '--script-security 2' or higher is required to call user-defined scripts or executables");
}

void config_warnings(const struct config *cfg, struct config_report *report)
{
	warn_process(cfg, report);
	warn_server(cfg, report);
	warn_tls(cfg, report);
	warn_scripts(cfg, report);
	if (cfg->ce.fragment && cfg->ce.tun_mtu != 1500)
		warn(report,
		     "WARNING: normally if you use --fragment, you should also set --tun-mtu 1500");
	if (cfg->ce.fragment && cfg->ce.mssfix > cfg->ce.fragment)
		warn(report,
		     "WARNING: if you use --mssfix and --fragment, --mssfix should not be the larger one");
}
