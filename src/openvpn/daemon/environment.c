/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/environment.h"

#include <inttypes.h>
#include <stdio.h>

/* Set NAME_N, or leave it out when there is no value. */
static void set_numbered(struct env *env, const char *name, size_t n, const char *value)
{
	char full[64];

	if (!value)
		return;
	snprintf(full, sizeof(full), "%s_%zu", name, n);
	env_set(env, full, value);
}

static void add_entry(struct env *env, const struct conn_entry *e, size_t n)
{
	set_numbered(env, "remote", n, e->remote);
	set_numbered(env, "remote_port", n, e->remote_port);
	set_numbered(env, "http_proxy_server", n, e->http_proxy.host);
	if (e->http_proxy.host)
		set_numbered(env, "http_proxy_port", n, e->http_proxy.port);
	set_numbered(env, "socks_proxy_server", n, e->socks_proxy.host);
	if (e->socks_proxy.host)
		set_numbered(env, "socks_proxy_port", n, e->socks_proxy.port);
}

static void add_listen(struct env *env, const struct config_listen *l, size_t n)
{
	struct config_proto proto = {.kind = l->proto.kind, .family = AF_UNSPEC};

	set_numbered(env, "proto", n, config_proto_name(proto));
	set_numbered(env, "local", n, l->host);
	set_numbered(env, "local_port", n, l->port);
}

void environment_add_setenv(struct env *env, const struct config *cfg)
{
	for (size_t i = 0; i < cfg->setenv.count; i++)
		env_set(env, cfg->setenv.at[i].name, cfg->setenv.at[i].value);
}

void environment_add_start(struct env *env, const struct config *cfg, pid_t pid, uint64_t unix_sec)
{
	/* before the built-in ones, which overwrite (spec 04 section 6.1 rule 6) */
	environment_add_setenv(env, cfg);
	env_set(env, "config", cfg->config_name);
	env_setf(env, "verb", "%" PRIu32, cfg->log.verb);
	env_set(env, "daemon", cfg->process.daemon ? "1" : "0");
	env_set(env, "daemon_log_redirect", cfg->log.file ? "1" : "0");
	env_setf(env, "daemon_start_time", "%" PRIu64, unix_sec);
	env_setf(env, "daemon_pid", "%ld", (long)pid);
	for (size_t i = 0; i < cfg->entries.count; i++)
		add_entry(env, &cfg->entries.at[i], i + 1);
	for (size_t i = 0; i < cfg->listen.count; i++)
		add_listen(env, &cfg->listen.at[i], i + 1);
}

static bool has_netmask(const struct config *cfg)
{
	return cfg->tun.type == CONFIG_DEV_TAP || cfg->tun.topology == CONFIG_TOPOLOGY_SUBNET;
}

void environment_add_device(struct env *env, const struct config *cfg, const char *dev,
			    unsigned int mtu)
{
	const struct config_tun *tun = &cfg->tun;
	bool v4 = tun->ifconfig_local != NULL;

	env_set(env, "dev", dev);
	env_set(env, "dev_type", tun->type == CONFIG_DEV_TAP ? "tap" : "tun");
	env_setf(env, "tun_mtu", "%u", mtu);
	env_set(env, "ifconfig_local", tun->ifconfig_local);
	env_set(env, "ifconfig_remote", v4 && !has_netmask(cfg) ? tun->ifconfig_remote : NULL);
	env_set(env, "ifconfig_netmask", v4 && has_netmask(cfg) ? tun->ifconfig_remote : NULL);
	env_del_prefix(env, "ifconfig_ipv6_");
	if (!tun->ifconfig6_local)
		return;
	env_set(env, "ifconfig_ipv6_local", tun->ifconfig6_local);
	env_setf(env, "ifconfig_ipv6_netbits", "%u", (unsigned int)tun->ifconfig6_bits);
	env_set(env, "ifconfig_ipv6_remote", tun->ifconfig6_remote);
}

static void set_suffixed(struct env *env, const char *prefix, const char *suffix, const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", prefix, suffix);
	env_set(env, name, value);
}

void environment_set_address(struct env *env, const char *prefix, const union sock_addr *addr)
{
	union sock_addr a = *addr;
	char ip[ADDR_TEXT_MAX];
	char port[8];
	struct ip_addr bare;
	bool v6;

	set_suffixed(env, prefix, "ip", NULL);
	set_suffixed(env, prefix, "ip6", NULL);
	set_suffixed(env, prefix, "port", NULL);
	sock_addr_unmap(&a);
	if (a.sa.sa_family == AF_UNSPEC)
		return;
	v6 = a.sa.sa_family == AF_INET6;
	bare = sock_addr_ip(&a);
	set_suffixed(env, prefix, v6 ? "ip6" : "ip", ip_addr_format(&bare, ip, sizeof(ip)));
	snprintf(port, sizeof(port), "%u", (unsigned int)sock_addr_port(&a));
	set_suffixed(env, prefix, "port", port);
}

void environment_set_foreign(struct env *env, const char *const *options, size_t n)
{
	env_del_prefix(env, "foreign_option_");
	for (size_t i = 0; i < n; i++)
		set_numbered(env, "foreign_option", i + 1, options[i]);
}

void environment_add_redirect(struct env *env, unsigned int redirect)
{
	const char *value = redirect & CONFIG_REDIRECT_BLOCK_LOCAL ? "2" : "1";
	bool any = redirect & (CONFIG_REDIRECT | CONFIG_REDIRECT_PRIVATE);

	env_del_prefix(env, "route_redirect_gateway_");
	if (!any)
		return;
	if (!(redirect & CONFIG_REDIRECT_NOT_IPV4))
		env_set(env, "route_redirect_gateway_ipv4", value);
	if (redirect & CONFIG_REDIRECT_IPV6)
		env_set(env, "route_redirect_gateway_ipv6", value);
}
