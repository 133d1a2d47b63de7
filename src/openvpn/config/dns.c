/* SPDX-License-Identifier: GPL-2.0-only */
/* The options dns and dhcp-option. Spec 04 section 2.6. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static bool domain_ok(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (!isalnum(*c) && *c != '.' && *c != '-' && *c != '_' && *c < 0x80)
			return false;
	return *text != '\0';
}

/* "1.2.3.4[:port]", "2001:db8::1" or "[2001:db8::1]:port" */
static bool parse_server_addr(const char *text, struct config_dns_addr *out)
{
	char host[64];
	const char *port = NULL;
	const char *host_start = text;
	size_t host_len = strlen(text);

	if (*text == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] != ':' && end[1] != '\0'))
			return false;
		host_start = text + 1;
		host_len = (size_t)(end - host_start);
		port = end[1] == ':' ? end + 2 : NULL;
	} else if (strchr(text, '.') && strchr(text, ':') &&
		   strchr(text, ':') == strrchr(text, ':')) {
		port = strchr(text, ':') + 1;
		host_len = (size_t)(port - 1 - text);
	}
	if (host_len >= sizeof(host))
		return false;
	memcpy(host, host_start, host_len);
	host[host_len] = '\0';

	out->port = 0;
	if (port) {
		char *end;
		long n = strtol(port, &end, 10);

		if (!isdigit((unsigned char)*port) || *end != '\0' || n < 1 || n > 65535)
			return false;
		out->port = (uint16_t)n;
	}
	if (*text == '[')
		return ip_addr_parse_family(host, AF_INET6, &out->ip) == 0;
	if (strchr(host, ':'))
		return ip_addr_parse_family(host, AF_INET6, &out->ip) == 0;
	if (!value_dotted_quad(host, NULL))
		return false;
	return ip_addr_parse_family(host, AF_INET, &out->ip) == 0;
}

static struct config_dns_server *find_server(struct opt *o, int priority)
{
	struct config_dns *dns = &o->cfg->dns;
	struct config_dns_server *s = list_own(o->cfg->pool, &dns->servers.list, sizeof(*s));
	size_t at = 0;

	if (!s)
		return NULL;
	while (at < dns->servers.count && s[at].priority < priority)
		at++;
	if (at < dns->servers.count && s[at].priority == priority)
		return &s[at];
	if (!LIST_ADD_ITEM(o->cfg, &dns->servers, &(struct config_dns_server){0}))
		return NULL;
	s = dns->servers.at;
	for (size_t i = dns->servers.count - 1; i > at; i--)
		s[i] = s[i - 1];
	s[at] = (struct config_dns_server){.priority = priority};
	return &s[at];
}

static int add_addresses(struct opt *o, struct config_dns_server *s, long n)
{
	struct config_dns_server work = *s;

	for (size_t i = 3; i < o->argc; i++) {
		if (work.addr_count >= CONFIG_DNS_ADDRS_MAX ||
		    !parse_server_addr(o->arg[i], &work.addr[work.addr_count]))
			return opt_error(
				o, "--dns server %ld: malformed address or maximum exceeded '%s'",
				n, o->arg[i]);
		work.addr_count++;
	}
	*s = work;
	return 0;
}

static int add_domains(struct opt *o, struct config_list *list, size_t first)
{
	for (size_t i = first; i < o->argc; i++) {
		const char *name = NULL;
		int ret = value_text(o, o->arg[i], &name);

		if (ret < 0)
			return ret;
		list_add(o->cfg->pool, list, &name, sizeof(name));
	}
	return 0;
}

static bool domains_ok(const struct opt *o, size_t first)
{
	for (size_t i = first; i < o->argc; i++)
		if (!domain_ok(o->arg[i]))
			return false;
	return true;
}

static int set_dnssec(struct opt *o, struct config_dns_server *s, long n)
{
	if (strcmp(o->arg[3], "yes") == 0)
		s->dnssec = CONFIG_DNSSEC_YES;
	else if (strcmp(o->arg[3], "no") == 0)
		s->dnssec = CONFIG_DNSSEC_NO;
	else if (strcmp(o->arg[3], "optional") == 0)
		s->dnssec = CONFIG_DNSSEC_OPTIONAL;
	else
		return opt_error(o, "--dns server %ld: malformed dnssec value '%s'", n, o->arg[3]);
	return 0;
}

static int set_transport(struct opt *o, struct config_dns_server *s, long n)
{
	if (strcmp(o->arg[3], "plain") == 0)
		s->transport = CONFIG_DNS_PLAIN;
	else if (strcmp(o->arg[3], "DoH") == 0)
		s->transport = CONFIG_DNS_DOH;
	else if (strcmp(o->arg[3], "DoT") == 0)
		s->transport = CONFIG_DNS_DOT;
	else
		return opt_error(o, "--dns server %ld: malformed transport value '%s'", n,
				 o->arg[3]);
	return 0;
}

static int server_value(struct opt *o, struct config_dns_server *s, long n)
{
	const char *type = o->arg[2];

	if (strcmp(type, "address") == 0)
		return add_addresses(o, s, n);
	if (strcmp(type, "resolve-domains") == 0) {
		if (!domains_ok(o, 3))
			return opt_error(o, "--dns server %ld: %s contain invalid characters", n,
					 type);
		return add_domains(o, &s->resolve_domains.list, 3);
	}
	if (strcmp(type, "dnssec") == 0 && o->argc == 4)
		return set_dnssec(o, s, n);
	if (strcmp(type, "transport") == 0 && o->argc == 4)
		return set_transport(o, s, n);
	if (strcmp(type, "sni") == 0 && o->argc == 4) {
		if (!domain_ok(o->arg[3]))
			return opt_error(o, "--dns server %ld: %s contains invalid characters", n,
					 type);
		return value_text(o, o->arg[3], &s->sni);
	}
	return opt_error(
		o, "--dns server %ld: unknown option type '%s' or missing or unknown parameter", n,
		type);
}

static void clear_for_update(struct opt *o)
{
	if (opt_clear_once(o, UPDATE_DNS)) {
		LIST_CLEAR(&o->cfg->dns.servers);
		LIST_CLEAR(&o->cfg->dns.search_domains);
	}
}

static int server_apply(struct opt *o)
{
	char *end;
	long n = strtol(o->arg[1], &end, 10);
	struct config_dns_server scratch = {0};
	struct config_dns_server *s;
	int ret;

	if (end == o->arg[1] || *end != '\0' || n > 127 || n < (opt_is_pushed(o) ? 0 : -128))
		return opt_error(o, "--dns server: invalid priority value '%s'", o->arg[1]);
	/* first on a copy, so that a refused line leaves no empty server behind */
	for (size_t i = 0; i < o->cfg->dns.servers.count; i++)
		if (o->cfg->dns.servers.at[i].priority == n)
			scratch.addr_count = o->cfg->dns.servers.at[i].addr_count;
	if (o->p->cleared && !(*o->p->cleared & UPDATE_DNS))
		scratch.addr_count = 0;
	ret = server_value(o, &scratch, n);
	if (ret < 0)
		return ret;
	clear_for_update(o);
	s = find_server(o, (int)n);
	return s ? server_value(o, s, n) : ERR_NOMEM;
}

int dns_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "search-domains") == 0 && o->argc >= 2) {
		if (!domains_ok(o, 1))
			return opt_error(o, "--dns %s contain invalid characters", o->arg[0]);
		clear_for_update(o);
		return add_domains(o, &o->cfg->dns.search_domains.list, 1);
	}
	if (strcmp(o->arg[0], "server") == 0 && o->argc >= 4)
		return server_apply(o);
	return opt_error(o, "--dns: unknown option type '%s' or missing or unknown parameter",
			 o->arg[0]);
}

int dns_check(const struct config_dns *dns, struct err *err)
{
	for (size_t i = 0; i < dns->servers.count; i++)
		if (dns->servers.at[i].addr_count == 0)
			return err_set(err, ERR_OPTION,
				       "ERROR: dns server %d does not have an address assigned",
				       dns->servers.at[i].priority);
	return 0;
}

/* ---- dhcp-option ----------------------------------------------------------------------------- */

static int dhcp_address(struct opt *o)
{
	struct config_dhcp *dhcp = &o->cfg->dhcp;
	bool six = strcmp(o->arg[0], "DNS6") == 0 || strchr(o->arg[1], ':');
	struct ip_addr ip;

	if (six ? ip_addr_parse_family(o->arg[1], AF_INET6, &ip) != 0
		: !value_dotted_quad(o->arg[1], NULL) ||
			    ip_addr_parse_family(o->arg[1], AF_INET, &ip) != 0)
		return opt_error(o, "dhcp-option parameter %s '%s' must be an IP address",
				 o->arg[0], o->arg[1]);
	if ((six ? dhcp->dns6.count : dhcp->dns4.count) >= CONFIG_DHCP_MAX)
		return opt_error(o, "--dhcp-option %s: maximum of %d DNS servers can be specified",
				 o->arg[0], CONFIG_DHCP_MAX);
	if (six)
		LIST_ADD_ITEM(o->cfg, &dhcp->dns6, &ip);
	else
		LIST_ADD_ITEM(o->cfg, &dhcp->dns4, &ip);
	return 0;
}

static int dhcp_domain(struct opt *o)
{
	struct config_dhcp *dhcp = &o->cfg->dhcp;
	const char *name = NULL;
	int ret;

	if (!domain_ok(o->arg[1]))
		return opt_error(o, "--dhcp-option %s contains invalid characters", o->arg[0]);
	if (strcmp(o->arg[0], "DOMAIN-SEARCH") != 0)
		return value_text(o, o->arg[1], &dhcp->domain);
	if (dhcp->domain_search.count >= CONFIG_DOMAIN_SEARCH_MAX)
		return opt_error(o,
				 "--dhcp-option %s: maximum of %d search entries can be specified",
				 o->arg[0], CONFIG_DOMAIN_SEARCH_MAX);
	ret = value_text(o, o->arg[1], &name);
	if (ret == 0)
		LIST_ADD(o->cfg, &dhcp->domain_search, name);
	return ret;
}

static bool type_is(const struct opt *o, const char *type)
{
	return strcmp(o->arg[0], type) == 0;
}

int dhcp_option_apply(struct opt *o)
{
	struct str foreign = str_init();
	const char *text = NULL;
	struct config_dhcp before = o->cfg->dhcp;
	bool clear = opt_clear_once(o, UPDATE_DHCP);
	int ret = 0;

	if (clear)
		o->cfg->dhcp = (struct config_dhcp){0};
	if ((type_is(o, "DNS") || type_is(o, "DNS6")) && o->argc == 2)
		ret = dhcp_address(o);
	else if ((type_is(o, "DOMAIN") || type_is(o, "ADAPTER_DOMAIN_SUFFIX") ||
		  type_is(o, "DOMAIN-SEARCH")) &&
		 o->argc == 2)
		ret = dhcp_domain(o);
	if (ret < 0) {
		if (clear) {
			o->cfg->dhcp = before;
			*o->p->cleared &= ~(unsigned int)UPDATE_DHCP;
		}
		return ret;
	}

	/* every type is also handed to scripts */
	str_add(&foreign, "dhcp-option");
	for (size_t i = 0; i < o->argc; i++)
		str_addf(&foreign, " %s", o->arg[i]);
	ret = value_text(o, str_text(&foreign), &text);
	if (ret == 0)
		LIST_ADD(o->cfg, &o->cfg->dhcp.foreign, text);
	str_fini(&foreign);
	return ret;
}
