/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/environment.h"

enum {
	DNS_PORT = 53
};

/* A growing array of strings, each owned. */
struct text_list {
	char **at;
	size_t n;
	bool failed;
};

struct dns_settings {
	const struct config *cfg;
	const struct config_dns_server *servers; /* of cfg, or &converted */
	size_t n_servers;
	struct config_dns_server converted; /* server 0 made from dhcp-option */
	struct text_list search;
	struct text_list foreign;
};

static void list_add(struct text_list *list, const char *prefix, const char *text)
{
	char **grown = realloc(list->at, (list->n + 1) * sizeof(*grown));
	struct str s = str_init();

	if (grown)
		list->at = grown;
	str_addf(&s, "%s%s", prefix, text);
	if (!grown || s.failed) {
		list->failed = true;
		str_fini(&s);
		return;
	}
	list->at[list->n] = str_take(&s);
	list->n += list->at[list->n] != NULL;
}

static void list_fini(struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->at[i]);
	free(list->at);
}

static void convert_address(struct config_dns_server *server, const struct ip_addr *ip)
{
	if (server->addr_count < ARRAY_SIZE(server->addr))
		server->addr[server->addr_count++].ip = *ip;
}

/* dhcp-option DNS, DNS6 become one server, the domains search domains. */
static void convert_dhcp(struct dns_settings *dns)
{
	const struct config_dhcp *dhcp = &dns->cfg->dhcp;

	for (size_t i = 0; i < dhcp->dns4.count; i++)
		convert_address(&dns->converted, &dhcp->dns4.at[i]);
	for (size_t i = 0; i < dhcp->dns6.count; i++)
		convert_address(&dns->converted, &dhcp->dns6.at[i]);
	if (!dns->converted.addr_count)
		return;
	dns->servers = &dns->converted;
	dns->n_servers = 1;
	if (dhcp->domain)
		list_add(&dns->search, "", dhcp->domain);
	for (size_t i = 0; i < dhcp->domain_search.count; i++)
		list_add(&dns->search, "", dhcp->domain_search.at[i]);
}

static bool is_dns_option(const char *foreign)
{
	static const char *const types[] = {"DNS ", "DNS6 ", "DOMAIN ", "ADAPTER_DOMAIN_SUFFIX ",
					    "DOMAIN-SEARCH "};
	const char *type = foreign + strlen("dhcp-option ");

	if (!str_starts(foreign, "dhcp-option "))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_starts(type, types[i]))
			return true;
	}
	return false;
}

/* Whether an old-style up script can use the server: plain DNS, no DNSSEC demanded, port 53. */
static bool usable_by_dhcp(const struct config_dns_server *server)
{
	if (server->transport != CONFIG_DNS_TRANSPORT_UNSET &&
	    server->transport != CONFIG_DNS_PLAIN)
		return false;
	if (server->dnssec == CONFIG_DNSSEC_YES)
		return false;
	for (size_t i = 0; i < server->addr_count; i++) {
		if (server->addr[i].port && server->addr[i].port != DNS_PORT)
			return false;
	}
	return server->addr_count > 0;
}

static void export_as_dhcp(struct dns_settings *dns)
{
	const struct config_dns_server *server = NULL;

	for (size_t i = 0; i < dns->search.n; i++)
		list_add(&dns->foreign, "dhcp-option DOMAIN ", dns->search.at[i]);
	for (size_t i = 0; !server && i < dns->n_servers; i++) {
		if (usable_by_dhcp(&dns->servers[i]))
			server = &dns->servers[i];
	}
	for (size_t i = 0; server && i < server->addr_count; i++) {
		const struct ip_addr *ip = &server->addr[i].ip;
		char text[ADDR_TEXT_MAX];

		list_add(&dns->foreign,
			 ip->family == AF_INET6 ? "dhcp-option DNS6 " : "dhcp-option DNS ",
			 ip_addr_format(ip, text, sizeof(text)));
	}
}

static bool updown_by_user(const struct config_dns *dns)
{
	return dns->updown_user || dns->updown_force;
}

struct dns_settings *dns_settings_new(const struct config *cfg)
{
	struct dns_settings *dns = calloc(1, sizeof(*dns));
	bool has_servers = cfg->dns.servers.count > 0;

	if (!dns)
		return NULL;
	dns->cfg = cfg;
	for (size_t i = 0; i < cfg->dns.search_domains.count; i++)
		list_add(&dns->search, "", cfg->dns.search_domains.at[i]);
	if (has_servers) {
		dns->servers = cfg->dns.servers.at;
		dns->n_servers = cfg->dns.servers.count;
	} else {
		convert_dhcp(dns);
	}
	for (size_t i = 0; i < cfg->dhcp.foreign.count; i++) {
		const char *foreign = cfg->dhcp.foreign.at[i];

		if (!is_dns_option(foreign) || (!has_servers && !updown_by_user(&cfg->dns)))
			list_add(&dns->foreign, "", foreign);
	}
	if (has_servers && cfg->scripts.up && !updown_by_user(&cfg->dns))
		export_as_dhcp(dns);
	if (dns->search.failed || dns->foreign.failed) {
		dns_settings_free(dns);
		return NULL;
	}
	return dns;
}

void dns_settings_free(struct dns_settings *dns)
{
	if (!dns)
		return;
	list_fini(&dns->search);
	list_fini(&dns->foreign);
	free(dns);
}

size_t dns_server_count(const struct dns_settings *dns)
{
	return dns->n_servers;
}

void dns_export_foreign(const struct dns_settings *dns, struct env *env)
{
	environment_set_foreign(env, (const char *const *)dns->foreign.at, dns->foreign.n);
}

static void export_server(const struct config_dns_server *s, size_t rank, struct env *env)
{
	static const char *const dnssec[] = {
		[CONFIG_DNSSEC_UNSET] = NULL,
		[CONFIG_DNSSEC_YES] = "yes",
		[CONFIG_DNSSEC_NO] = "no",
		[CONFIG_DNSSEC_OPTIONAL] = "optional",
	};
	static const char *const transport[] = {
		[CONFIG_DNS_TRANSPORT_UNSET] = NULL,
		[CONFIG_DNS_PLAIN] = "plain",
		[CONFIG_DNS_DOH] = "DoH",
		[CONFIG_DNS_DOT] = "DoT",
	};
	char name[80];

	for (size_t i = 0; i < s->addr_count; i++) {
		char ip[ADDR_TEXT_MAX];

		snprintf(name, sizeof(name), "dns_server_%zu_address_%zu", rank, i + 1);
		env_set(env, name, ip_addr_format(&s->addr[i].ip, ip, sizeof(ip)));
		if (!s->addr[i].port)
			continue;
		snprintf(name, sizeof(name), "dns_server_%zu_port_%zu", rank, i + 1);
		env_setf(env, name, "%u", (unsigned int)s->addr[i].port);
	}
	for (size_t i = 0; i < s->resolve_domains.count; i++) {
		snprintf(name, sizeof(name), "dns_server_%zu_resolve_domain_%zu", rank, i + 1);
		env_set(env, name, s->resolve_domains.at[i]);
	}
	/* env_set() with NULL leaves the variable out */
	snprintf(name, sizeof(name), "dns_server_%zu_dnssec", rank);
	env_set(env, name, dnssec[s->dnssec]);
	snprintf(name, sizeof(name), "dns_server_%zu_transport", rank);
	env_set(env, name, transport[s->transport]);
	snprintf(name, sizeof(name), "dns_server_%zu_sni", rank);
	env_set(env, name, s->sni);
}

void dns_export_servers(const struct dns_settings *dns, struct env *env)
{
	for (size_t i = 0; i < dns->search.n; i++) {
		char name[64];

		snprintf(name, sizeof(name), "dns_search_domain_%zu", i + 1);
		env_set(env, name, dns->search.at[i]);
	}
	for (size_t i = 0; i < dns->n_servers; i++)
		export_server(&dns->servers[i], i + 1, env);
}

void dns_warn_unreachable(const struct dns_settings *dns, bool has_ipv4, bool has_ipv6,
			  const struct log *log)
{
	for (size_t i = 0; i < dns->n_servers; i++) {
		const struct config_dns_server *s = &dns->servers[i];
		bool reachable = false;

		for (size_t j = 0; j < s->addr_count; j++)
			reachable |= s->addr[j].ip.family == AF_INET6 ? has_ipv6 : has_ipv4;
		if (!reachable)
			log_warn(
				log,
				"DNS server %d only has address(es) from a family the tunnel is not configured for - it will not be reachable",
				s->priority);
	}
}

bool dns_updown_wanted(const struct dns_settings *dns)
{
	const struct config *cfg = dns->cfg;
	bool has_address = false;

	if (cfg->dns.updown_disabled)
		return false;
	if (cfg->scripts.up && !updown_by_user(&cfg->dns))
		return false;
	if (cfg->tun.dev_node && str_starts(cfg->tun.dev_node, "unix:"))
		return false;
	for (size_t i = 0; i < dns->n_servers; i++)
		has_address |= dns->servers[i].addr_count > 0;
	return has_address;
}
