/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/str.h"
#include "daemon/dns.h"

static struct ip_addr ip(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_addr_parse(text, &out), 0);
	return out;
}

/* Variables in the order of setting, one a line. */
static void assert_vars(const struct env *env, const char *expected)
{
	struct str s = str_init();

	for (size_t i = 0; i < env_count(env); i++)
		str_addf(&s, "%s\n", env_at(env, i));
	assert_string_equal(str_text(&s), expected);
	str_fini(&s);
}

struct fixture {
	struct config cfg;
	struct env *env;
	struct config_dns_server servers[3];
	const char *search[2];
	const char *domains[2];
	const char *foreign[8];
	struct ip_addr dns4[2];
	struct ip_addr dns6[1];
	const char *domain_search[1];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->env = env_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	env_free(f->env);
	free(f);
	return 0;
}

static struct dns_settings *make(struct fixture *f)
{
	struct dns_settings *dns = dns_settings_new(&f->cfg);

	assert_non_null(dns);
	return dns;
}

/* dhcp-option lines as a server would push them. */
static void add_dhcp(struct fixture *f)
{
	struct config_dhcp *d = &f->cfg.dhcp;

	f->dns4[0] = ip("10.8.0.1");
	f->dns4[1] = ip("10.8.0.2");
	f->dns6[0] = ip("fd00::53");
	f->domain_search[0] = "b.example";
	d->dns4.at = f->dns4;
	d->dns4.count = 2;
	d->dns6.at = f->dns6;
	d->dns6.count = 1;
	d->domain = "a.example";
	d->domain_search.at = f->domain_search;
	d->domain_search.count = 1;
	f->foreign[0] = "dhcp-option DNS 10.8.0.1";
	f->foreign[1] = "dhcp-option WINS 10.8.0.9";
	f->foreign[2] = "dhcp-option DNS 10.8.0.2";
	f->foreign[3] = "dhcp-option DNS6 fd00::53";
	f->foreign[4] = "dhcp-option DOMAIN a.example";
	f->foreign[5] = "dhcp-option DOMAIN-SEARCH b.example";
	f->foreign[6] = "dhcp-option NTP 10.8.0.8";
	d->foreign.at = f->foreign;
	d->foreign.count = 7;
}

/* A DoT server of priority -2 and a plain one of priority 1. */
static void add_servers(struct fixture *f)
{
	f->servers[0].priority = -2;
	f->servers[0].addr[0] = (struct config_dns_addr){ip("2001:db8::1"), 853};
	f->servers[0].addr[1] = (struct config_dns_addr){ip("192.0.2.53"), 0};
	f->servers[0].addr_count = 2;
	f->domains[0] = "in.example";
	f->domains[1] = "corp.example";
	f->servers[0].resolve_domains.at = f->domains;
	f->servers[0].resolve_domains.count = 2;
	f->servers[0].dnssec = CONFIG_DNSSEC_OPTIONAL;
	f->servers[0].transport = CONFIG_DNS_DOT;
	f->servers[0].sni = "dns.example";
	f->servers[1].priority = 1;
	f->servers[1].addr[0] = (struct config_dns_addr){ip("10.9.0.1"), 53};
	f->servers[1].addr[1] = (struct config_dns_addr){ip("fd09::1"), 0};
	f->servers[1].addr_count = 2;
	f->cfg.dns.servers.at = f->servers;
	f->cfg.dns.servers.count = 2;
	f->search[0] = "s1.example";
	f->search[1] = "s2.example";
	f->cfg.dns.search_domains.at = f->search;
	f->cfg.dns.search_domains.count = 2;
}

static void export_servers__dns_options__all_variables(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_servers(f);
	dns = make(f);
	assert_int_equal(dns_server_count(dns), 2);
	dns_export_servers(dns, f->env);
	assert_vars(f->env, "dns_search_domain_1=s1.example\n"
			    "dns_search_domain_2=s2.example\n"
			    "dns_server_1_address_1=2001:db8::1\n"
			    "dns_server_1_port_1=853\n"
			    "dns_server_1_address_2=192.0.2.53\n"
			    "dns_server_1_resolve_domain_1=in.example\n"
			    "dns_server_1_resolve_domain_2=corp.example\n"
			    "dns_server_1_dnssec=optional\n"
			    "dns_server_1_transport=DoT\n"
			    "dns_server_1_sni=dns.example\n"
			    "dns_server_2_address_1=10.9.0.1\n"
			    "dns_server_2_port_1=53\n"
			    "dns_server_2_address_2=fd09::1\n");
	dns_settings_free(dns);
}

static void export_servers__only_dhcp_options__become_server_0(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_dhcp(f);
	dns = make(f);
	dns_export_servers(dns, f->env);
	assert_vars(f->env, "dns_search_domain_1=a.example\n"
			    "dns_search_domain_2=b.example\n"
			    "dns_server_1_address_1=10.8.0.1\n"
			    "dns_server_1_address_2=10.8.0.2\n"
			    "dns_server_1_address_3=fd00::53\n");
	assert_true(dns_updown_wanted(dns));
	dns_settings_free(dns);
}

static void export_servers__domain_without_address__is_nothing(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	f->cfg.dhcp.domain = "a.example";
	dns = make(f);
	dns_export_servers(dns, f->env);
	assert_int_equal(env_count(f->env), 0);
	assert_false(dns_updown_wanted(dns));
	dns_settings_free(dns);
}

static void export_foreign__only_dhcp_options__all_stay(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_dhcp(f);
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_int_equal(env_count(f->env), 7);
	assert_string_equal(env_get(f->env, "foreign_option_3"), "dhcp-option DNS 10.8.0.2");
	dns_settings_free(dns);
}

static const char *const rest_renumbered = "foreign_option_1=dhcp-option WINS 10.8.0.9\n"
					   "foreign_option_2=dhcp-option NTP 10.8.0.8\n";

static void export_foreign__user_program_or_force__dns_is_removed(void **state)
{
	struct fixture *f = *state;

	add_dhcp(f);
	for (int i = 0; i < 2; i++) {
		struct dns_settings *dns;

		f->cfg.dns.updown_user = i == 0;
		f->cfg.dns.updown_force = i == 1;
		dns = make(f);
		dns_export_foreign(dns, f->env);
		assert_vars(f->env, rest_renumbered);
		dns_settings_free(dns);
	}
}

static void export_foreign__dns_servers_without_up__dns_is_removed(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_dhcp(f);
	add_servers(f);
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_vars(f->env, rest_renumbered);
	dns_settings_free(dns);
}

static void export_foreign__dns_servers_and_up__are_converted_back(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_servers(f);
	f->cfg.scripts.up = "/bin/up";
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_vars(f->env, "foreign_option_1=dhcp-option DOMAIN s1.example\n"
			    "foreign_option_2=dhcp-option DOMAIN s2.example\n"
			    "foreign_option_3=dhcp-option DNS 10.9.0.1\n"
			    "foreign_option_4=dhcp-option DNS6 fd09::1\n");
	dns_settings_free(dns);
	/* not when dns-updown does it */
	f->cfg.dns.updown_force = true;
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_int_equal(env_count(f->env), 0);
	dns_settings_free(dns);
}

static void export_foreign__no_server_fit_for_dhcp__only_domains(void **state)
{
	struct fixture *f = *state;
	struct dns_settings *dns;

	add_servers(f);
	f->cfg.scripts.up = "/bin/up";
	f->servers[1].dnssec = CONFIG_DNSSEC_YES;
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_int_equal(env_count(f->env), 2);
	dns_settings_free(dns);
	f->servers[1].dnssec = CONFIG_DNSSEC_NO;
	f->servers[1].addr[1].port = 5353;
	dns = make(f);
	dns_export_foreign(dns, f->env);
	assert_int_equal(env_count(f->env), 2);
	dns_settings_free(dns);
}

static void updown_wanted__rules(void **state)
{
	struct fixture *f = *state;
	static const struct {
		bool up, user, force, disabled, unix_node, wanted;
	} rows[] = {
		{.wanted = true},
		{.up = true},
		{.up = true, .user = true, .wanted = true},
		{.up = true, .force = true, .wanted = true},
		{.disabled = true},
		{.unix_node = true},
	};

	add_servers(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dns_settings *dns;

		f->cfg.scripts.up = rows[i].up ? "/bin/up" : NULL;
		f->cfg.dns.updown_user = rows[i].user;
		f->cfg.dns.updown_force = rows[i].force;
		f->cfg.dns.updown_disabled = rows[i].disabled;
		f->cfg.tun.dev_node = rows[i].unix_node ? "unix:/bin/x" : NULL;
		dns = make(f);
		assert_int_equal(dns_updown_wanted(dns), rows[i].wanted);
		dns_settings_free(dns);
	}
}

static void warn_unreachable__family_missing__names_priority(void **state)
{
	struct fixture *f = *state;
	struct log_capture cap;
	struct dns_settings *dns;

	add_servers(f);
	f->servers[0].addr_count = 1; /* IPv6 only */
	f->servers[0].priority = -2;
	dns = make(f);
	log_capture_start(&cap, 1);
	dns_warn_unreachable(dns, true, true, &cap.log);
	assert_int_equal(cap.lines, 0);
	dns_warn_unreachable(dns, true, false, &cap.log);
	assert_string_equal(cap.all, "DNS server -2 only has address(es) from a family the tunnel "
				     "is not configured for - it will not be reachable\n");
	log_capture_stop(&cap);
	dns_settings_free(dns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(export_servers__dns_options__all_variables),
		T(export_servers__only_dhcp_options__become_server_0),
		T(export_servers__domain_without_address__is_nothing),
		T(export_foreign__only_dhcp_options__all_stay),
		T(export_foreign__user_program_or_force__dns_is_removed),
		T(export_foreign__dns_servers_without_up__dns_is_removed),
		T(export_foreign__dns_servers_and_up__are_converted_back),
		T(export_foreign__no_server_fit_for_dhcp__only_domains),
		T(updown_wanted__rules),
		T(warn_unreachable__family_missing__names_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
