/* SPDX-License-Identifier: GPL-2.0-only */
/* Options from a server. Spec 04 section 1.11, spec 03 section 3.5. */
#include "config_test.h"

#include <config.h>

#include "config/built.h"

static struct config_push push;

/* A client with one UDP remote, ready for pushed options. */
static void client_start(struct cfg_test *t, const char *extra)
{
	static const struct test_file files[] = {{.name = "f"}};
	char text[1000];

	cfg_test_start(t);
	t->files = files;
	t->file_count = 1;
	snprintf(text, sizeof(text), "client\nremote a\nca f\ncert f\nkey f\n%s", extra);
	assert_int_equal(cfg_start(t, text), 0);
	config_report_fini(&t->report);
	t->host.take_unbuilt = false;
	config_select_entry(t->cfg, 0);
	config_push_start(&push, t->cfg, &t->host, &t->report);
}

static int give(struct cfg_test *t, const char *item)
{
	return config_push_item(&push, item, strlen(item), &t->err);
}

static int update(struct cfg_test *t, const char *item)
{
	return config_push_update_item(&push, item, strlen(item), &t->err);
}

static void push__usual_reply__is_applied(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	assert_int_equal(give(&t, "route-gateway 10.8.0.1"), 0);
	assert_int_equal(give(&t, " topology subnet"), 0);
	assert_int_equal(give(&t, "ping 10"), 0);
	assert_int_equal(give(&t, "ping-restart 60"), 0);
	assert_int_equal(give(&t, "ifconfig 10.8.0.2 255.255.255.0"), 0);
	assert_int_equal(give(&t, "ifconfig-ipv6 fd00::2/64 fd00::1"), 0);
	assert_int_equal(give(&t, "peer-id 5"), 0);
	assert_int_equal(give(&t, "cipher AES-256-GCM"), 0);
	assert_int_equal(give(&t, "protocol-flags cc-exit tls-ekm dyn-tls-crypt"), 0);
	assert_int_equal(give(&t, "tun-mtu 1400"), 0);
	assert_int_equal(give(&t, "push-continuation 1"), 0);
	assert_int_equal(give(&t, "setenv-safe X y"), 0);
	assert_int_equal(give(&t, ""), 0);
	assert_int_equal(config_push_done(&push, &t.err), 0);
	assert_string_equal(t.cfg->tun.ifconfig_local, "10.8.0.2");
	assert_string_equal(t.cfg->tun.ifconfig6_local, "fd00::2");
	assert_int_equal(t.cfg->tun.topology, CONFIG_TOPOLOGY_SUBNET);
	assert_int_equal(t.cfg->timers.ping_sec, 10);
	assert_int_equal(t.cfg->timers.ping_rec_sec, 60);
	assert_int_equal(t.cfg->negotiated.peer_id, 5);
	assert_true(t.cfg->negotiated.peer_id_set);
	assert_int_equal(t.cfg->negotiated.flags,
			 CONFIG_PROTO_CC_EXIT | CONFIG_PROTO_TLS_EKM | CONFIG_PROTO_DYN_TLS_CRYPT);
	assert_int_equal(t.cfg->ce.tun_mtu, 1400);
	assert_true(cfg_noted(&t, "OPTIONS IMPORT: --ifconfig/up options modified"));
	assert_true(cfg_noted(&t, "OPTIONS IMPORT: route-related options modified"));
	assert_false(cfg_noted(&t, "OPTIONS IMPORT: route options modified"));
	assert_true(cfg_noted(&t, "OPTIONS IMPORT: environment modified"));
	assert_true(cfg_noted(&t, "OPTIONS IMPORT: tun-mtu set to 1400"));
	assert_false(cfg_noted(&t, "Options error"));
	cfg_test_end(&t);
}

/* Every class of spec 03 section 3.5.6, but what is not built. */
static void push__every_class__is_accepted(void **state)
{
	static const char *const items[] = {
		"ifconfig 10.8.0.2 255.255.255.0",
		"ifconfig-ipv6 fd00::2/64 fd00::1",
		"ifconfig-noexec",
		"ifconfig-nowarn",
		"topology subnet",
		"route-gateway 10.8.0.1",
		"route-delay 2 10",
		"route-method exe",
		"route 10.9.0.0 255.255.0.0",
		"route-ipv6 fd01::/64",
		"route-metric 7",
		"redirect-gateway def1",
		"redirect-private",
		"block-ipv6",
		"dhcp-option DNS 10.8.0.1",
		"dns server 1 address 10.8.0.1",
		"sndbuf 100000",
		"rcvbuf 100000",
		"socket-flags TCP_NODELAY",
		"setenv-safe NAME value",
		"inactive 100",
		"session-timeout 1000",
		"ping 10",
		"ping-exit 60",
		"ping-restart 60",
		"ping-timer-rem",
		"persist-tun",
		"persist-key",
		"verb 3",
		"mute 5",
		"errors-to-stderr",
		"explicit-exit-notify 1",
		"echo some words",
		"parameter some words",
		"auth-token SESS_ID",
		"auth-token-user dXNlcg==",
		"push-continuation 0",
		"peer-id 5",
		"cipher AES-256-GCM",
		"key-derivation tls-ekm",
		"protocol-flags cc-exit",
		"tun-mtu 1400",
		"tun-ipv6",
		"route-ipv6-gateway fd00::1",
		"max-routes 5",
		"comp-noadapt",
	};
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		assert_int_equal(give(&t, items[i]), 0);
		if (cfg_noted(&t, "Options error"))
			fail_msg("%s: %s", items[i], t.report.note[t.report.count - 1].text);
	}
	assert_int_equal(config_push_done(&push, &t.err), 0);
	cfg_test_end(&t);
}

static void push__forbidden_options__are_refused(void **state)
{
	static const char *const items[] = {
		"up /bin/sh",
		"cd /",
		"log x",
		"plugin x",
		"script-security 3",
		"setenv X y",
		"remote x",
		"config x",
		"auth-user-pass-verify x via-env",
		"iroute 1.2.3.4",
		"bind-dev eth0",
		"disable-dco",
		"compat-mode 2.3.0",
		"providers x",
		"route-table 7",
		"dns-updown x",
		"persist-remote-ip",
		"fragment 1300",
		"management 127.0.0.1 7",
		"auth-user-pass",
		"ca x",
		"setenv opt verb 3",
	};
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		char line[160];

		assert_int_equal(give(&t, items[i]), 0);
		snprintf(
			line, sizeof(line),
			"Options error: option '%.*s' cannot be used in this context ([PUSH-OPTIONS])",
			(int)strcspn(items[i], " "), items[i]);
		if (strncmp(items[i], "setenv opt", 10) == 0)
			snprintf(
				line, sizeof(line),
				"Options error: Unrecognized option or missing or extra parameter(s) in [PUSH-OPTIONS]:%zu: setenv (%s)",
				i + 1, PACKAGE_VERSION);
		if (!cfg_noted(&t, line))
			fail_msg("%s: %s", items[i], t.report.note[t.report.count - 1].text);
	}
	assert_int_equal(push.found, 0);
	assert_int_equal(give(&t, "verb 5"), 0);
	assert_int_equal(t.cfg->log.verb, 5);
	cfg_test_end(&t);
}

static void push__bad_values__keep_the_old(void **state)
{
	static const char *const items[] = {
		"ifconfig foo bar",
		"ifconfig a b",
		"route evil.example.com",
		"route 10.0.0.0 nonsense",
		"dns server -1 address 1.2.3.4",
		"dns server 1 resolve-domains \"a;b\"",
		"tun-mtu 99",
		"verb x",
		"mute -1",
		"route foo",
		"route 10.0.0.0 mask",
		"route 10.0.0.0 255.0.0.0 gw",
		"route-ipv6 foo/64",
		"route-ipv6 fd00::/64 gw",
		"route-ipv6 fd00::/129",
		"route-gateway gw.example.net",
		"ifconfig-ipv6 fd00::1/64 host",
		"dns server -1 address 1.1.1.1",
		"dns server 0 address x",
		"dhcp-option DNS x",
		"topology foo",
		"inactive 10 x",
		"push-continuation 3",
		"protocol-flags cc-exit foo",
		"redirect-gateway foo",
		"peer-id x",
		"explicit-exit-notify x",
		"key-derivation foo",
		"block-outside-dns",
		"ping 10 20",
		"foo bar",
		"verb \"3",
		"verb \\3",
	};
	struct cfg_test t;
	struct config before;

	(void)state;
	client_start(&t, "verb 3\n");
	before = *t.cfg;
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		assert_int_equal(give(&t, items[i]), 0);
		assert_int_equal(t.report.count, i + 1);
		assert_int_equal(t.report.note[i].klass, LOG_CLASS_ERROR);
		assert_int_equal(strncmp(t.report.note[i].text, "Options ", 8), 0);
		if (memcmp(&before, t.cfg, sizeof(before)) != 0)
			fail_msg("changed by: %s", items[i]);
	}
	assert_true(cfg_noted(
		&t,
		"Unrecognized option or missing or extra parameter(s) in [PUSH-OPTIONS]:29: block-outside-dns"));
	assert_true(cfg_noted(&t, "route parameter network/IP 'foo' must be a valid address"));
	assert_true(cfg_noted(&t, "route parameter netmask 'mask' must be an IP address"));
	assert_true(cfg_noted(&t, "route parameter gateway 'gw' must be a valid address"));
	assert_true(
		cfg_noted(&t, "route-ipv6 parameter network/IP 'foo/64' must be a valid address"));
	assert_true(cfg_noted(&t, "route-ipv6 parameter gateway 'gw' must be a valid address"));
	cfg_test_end(&t);
}

static void push__too_long_item__is_refused_as_a_whole(void **state)
{
	struct cfg_test t;
	char item[301];

	(void)state;
	client_start(&t, "");
	memset(item, ' ', sizeof(item));
	memcpy(item + 240, "verb 5", 6);
	item[300] = '\0';
	item[0] = 'x';
	assert_int_equal(give(&t, item), 0);
	assert_int_equal(t.report.count, 1);
	assert_non_null(strstr(t.report.note[0].text,
			       "In [PUSH-OPTIONS]:1: Maximum option line length (256) exceeded"));
	assert_int_equal(t.cfg->log.verb, 1);
	assert_int_equal(give(&t, "mute 3"), 0);
	assert_int_equal(t.cfg->log.mute, 3);
	cfg_test_end(&t);
}

static void push__route_nopull__refuses_routes_and_dns(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "route-nopull\n");
	assert_int_equal(give(&t, "route 10.0.0.0 255.0.0.0"), 0);
	assert_int_equal(give(&t, "dhcp-option DNS 1.1.1.1"), 0);
	assert_int_equal(give(&t, "route-ipv6-gateway fd00::1"), 0);
	assert_int_equal(t.report.count, 3);
	assert_int_equal(give(&t, "ifconfig 10.8.0.2 255.255.255.0"), 0);
	assert_int_equal(give(&t, "route-gateway 10.8.0.1"), 0);
	assert_int_equal(t.report.count, 3);
	assert_int_equal(t.cfg->routing.routes.count, 0);
	cfg_test_end(&t);
}

static void push__names__need_allow_pull_fqdn(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "allow-pull-fqdn\n");
	assert_int_equal(give(&t, "route net.example.org 255.255.255.0 gw-1.example.org"), 0);
	assert_int_equal(give(&t, "route-gateway gw.example.org"), 0);
	assert_int_equal(t.report.count, 0);
	assert_int_equal(give(&t, "route a_b"), 0);
	assert_int_equal(t.report.count, 1);
	cfg_test_end(&t);
}

static void push__special_route_words__are_accepted(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	assert_int_equal(give(&t, "route remote_host default net_gateway 5"), 0);
	assert_int_equal(give(&t, "route 10.0.0.0 255.0.0.0 vpn_gateway"), 0);
	assert_int_equal(t.report.count, 0);
	assert_string_equal(t.cfg->routing.routes.at[0].gateway, "net_gateway");
	assert_null(t.cfg->routing.routes.at[0].netmask);
	cfg_test_end(&t);
}

static void filter__first_match__decides(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "pull-filter accept \"route 10.1.\"\npull-filter ignore route\n"
			 "pull-filter reject dhcp-option\n");
	assert_int_equal(give(&t, "route 10.1.0.0 255.255.0.0"), 0);
	assert_int_equal(give(&t, " route 10.2.0.0 255.255.0.0"), 0);
	assert_int_equal(t.cfg->routing.routes.count, 1);
	assert_true(
		cfg_noted(&t, "Pushed option accepted by filter: 'route 10.1.0.0 255.255.0.0'"));
	assert_true(cfg_noted(&t, "Pushed option removed by filter: 'route 10.2.0.0 255.255.0.0'"));
	assert_int_equal(give(&t, "dhcp-option DNS 1.1.1.1"), ERR_PERMISSION);
	assert_string_equal(t.err.text, "Offending option received from server");
	assert_true(cfg_noted(&t, "Pushed option rejected by filter: 'dhcp-option DNS 1.1.1.1'."));
	cfg_test_end(&t);
}

static void push__compression__ends_the_attempt(void **state)
{
	static const char *const items[] = {"compress lz4", "comp-lzo", "comp-lzo no", "compress"};
	size_t count = BUILT_COMPRESSION ? 2 : 4; /* framing alone is fine once it is built */

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct cfg_test t;

		client_start(&t, "");
		assert_int_equal(give(&t, items[i]), 0);
		assert_int_equal(config_push_done(&push, &t.err), ERR_OPTION);
		assert_string_equal(t.err.text, "ERROR: Failed to apply push options");
		assert_true(cfg_noted(
			&t,
			"OPTIONS ERROR: server pushed compression settings that are not allowed and will result in a non-working connection. See also allow-compression in the manual."));
		cfg_test_end(&t);
	}
}

static void push__exit_notify_on_tcp__is_dropped(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "proto tcp\n");
	assert_int_equal(give(&t, "explicit-exit-notify 2"), 0);
	assert_int_equal(config_push_done(&push, &t.err), 0);
	assert_int_equal(t.cfg->ce.explicit_exit_notify, 0);
	assert_true(cfg_noted(
		&t, "OPTIONS IMPORT: --explicit-exit-notify can only be used with --proto udp"));
	cfg_test_end(&t);
}

static void push__large_mtu__is_clamped(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	assert_int_equal(give(&t, "tun-mtu 9000"), 0);
	assert_int_equal(config_push_done(&push, &t.err), 0);
	assert_int_equal(t.cfg->ce.tun_mtu, 1600);
	assert_true(cfg_noted(
		&t,
		"Server-pushed tun-mtu is too large, please add tun-mtu-max 9000 in the client configuration"));
	cfg_test_end(&t);
}

static void push__dns_server_without_address__fails(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	assert_int_equal(give(&t, "dns server 3 dnssec yes"), 0);
	assert_int_equal(config_push_done(&push, &t.err), ERR_OPTION);
	assert_string_equal(t.err.text, "ERROR: dns server 3 does not have an address assigned");
	cfg_test_end(&t);
}

static void push__values__end_with_the_copy(void **state)
{
	struct cfg_test t;
	struct config *work;

	(void)state;
	client_start(&t, "verb 3\nroute 10.9.0.0\n");
	work = config_clone(t.cfg);
	config_push_start(&push, work, &t.host, &t.report);
	assert_int_equal(give(&t, "verb 9"), 0);
	assert_int_equal(give(&t, "route 10.0.0.0"), 0);
	assert_int_equal(give(&t, "inactive 7"), 0);
	assert_int_equal(give(&t, "sndbuf 9"), 0);
	assert_int_equal(give(&t, "tun-mtu 1400"), 0);
	config_free(work);
	assert_int_equal(t.cfg->log.verb, 3);
	assert_int_equal(t.cfg->routing.routes.count, 1);
	assert_int_equal(t.cfg->timers.inactive_sec, 0);
	assert_int_equal(t.cfg->sndbuf, 0);
	assert_int_equal(t.cfg->ce.tun_mtu, 1500);
	cfg_test_end(&t);
}

static void update__first_item_of_a_kind__replaces(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "route 10.9.0.0\nroute 10.10.0.0\ndns server 1 address 9.9.9.9\n"
			 "dhcp-option DNS 8.8.8.8\n");
	assert_int_equal(update(&t, "route 10.1.0.0 255.255.0.0"), 0);
	assert_int_equal(update(&t, "route 10.2.0.0 255.255.0.0"), 0);
	assert_int_equal(update(&t, "dns server 2 address 1.1.1.1"), 0);
	assert_int_equal(update(&t, "dhcp-option DNS x"), 0); /* refused: nothing is lost */
	assert_int_equal(t.cfg->routing.routes.count, 2);
	assert_string_equal(t.cfg->routing.routes.at[0].network, "10.1.0.0");
	assert_int_equal(t.cfg->dns.servers.count, 1);
	assert_int_equal(t.cfg->dns.servers.at[0].priority, 2);
	assert_int_equal(t.cfg->dhcp.dns4.count, 1);
	assert_int_equal(update(&t, "dhcp-option DNS 1.1.1.1"), 0);
	assert_int_equal(t.cfg->dhcp.dns4.count, 1);
	assert_int_equal(t.cfg->dhcp.foreign.count, 1);
	cfg_test_end(&t);
}

static void update__minus__resets(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "route 10.9.0.0\nroute-metric 7\ntun-mtu 1400\nredirect-gateway def1\n"
			 "block-ipv6\ndhcp-option DNS 8.8.8.8\nifconfig 10.8.0.2 10.8.0.1\n"
			 "route-gateway 10.8.0.9\ntopology subnet\n");
	assert_int_equal(update(&t, "-route"), 0);
	assert_int_equal(update(&t, "-?route-metric"), 0);
	assert_int_equal(update(&t, "-tun-mtu"), 0);
	assert_int_equal(update(&t, "-redirect-gateway"), 0);
	assert_int_equal(update(&t, "-block-ipv6"), 0);
	assert_int_equal(update(&t, "-dhcp-option"), 0);
	assert_int_equal(update(&t, "-ifconfig"), 0);
	assert_int_equal(update(&t, "-route-gateway"), 0);
	assert_int_equal(update(&t, "-topology"), 0);
	assert_int_equal(t.report.count, 0);
	assert_int_equal(t.cfg->routing.routes.count, 0);
	assert_int_equal(t.cfg->routing.metric, 0);
	assert_int_equal(t.cfg->ce.tun_mtu, 1500);
	assert_int_equal(t.cfg->routing.redirect, 0);
	assert_false(t.cfg->tun.block_ipv6);
	assert_int_equal(t.cfg->dhcp.foreign.count, 0);
	assert_null(t.cfg->tun.ifconfig_local);
	assert_null(t.cfg->routing.gateway);
	assert_int_equal(t.cfg->tun.topology, CONFIG_TOPOLOGY_NET30);
	assert_int_equal(update(&t, "-push-continuation"), 0);
	assert_int_equal(update(&t, "-route 10.9.0.0"), 0);
	assert_true(cfg_noted(
		&t,
		"Options error: Unrecognized option or missing or extra parameter(s) in [PUSH-OPTIONS]:10: -push-continuation"));
	assert_true(cfg_noted(&t, "[PUSH-OPTIONS]:11: -route 10.9.0.0"));
	cfg_test_end(&t);
}

static void update__whitelist__decides(void **state)
{
	static const char *const refused[] = {"foo",	  "verb 3",  "cipher AES-256-GCM",
					      "routes x", "?-route", "-",
					      "?",	  "",	     "--route"};
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_int_equal(update(&t, refused[i]), ERR_OPTION);
	assert_int_equal(update(&t, "foo"), ERR_OPTION);
	assert_string_equal(t.err.text, "Pushed option is not updatable: 'foo'.");
	assert_int_equal(update(&t, "?foo 1"), 0);
	assert_true(
		cfg_noted(&t, "Pushed dispensable option is not updatable: 'foo 1'. Ignoring."));
	assert_int_equal(update(&t, "keepalive 1 2"), 0);
	assert_true(cfg_noted(
		&t,
		"Options error: option 'keepalive' cannot be used in this context ([PUSH-OPTIONS])"));
	assert_int_equal(update(&t, "?route 10.0.0.0"), 0);
	assert_int_equal(t.cfg->routing.routes.count, 1);
	cfg_test_end(&t);
}

static void update__filters__apply_after_the_prefix(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "route 10.9.0.0\npull-filter ignore route\npull-filter reject dns\n");
	assert_int_equal(update(&t, "-route"), 0);
	assert_int_equal(t.cfg->routing.routes.count, 1);
	assert_int_equal(update(&t, "?dns search-domains x"), ERR_PERMISSION);
	cfg_test_end(&t);
}

static void digest__volatile_items__take_no_part(void **state)
{
	struct cfg_test t;

	(void)state;
	client_start(&t, "");
	assert_false(config_push_digested(t.cfg, "peer-id 3"));
	assert_false(config_push_digested(t.cfg, "auth-token x"));
	assert_false(config_push_digested(t.cfg, "ping 3"));
	assert_false(config_push_digested(t.cfg, "ping-restart 3"));
	assert_false(config_push_digested(t.cfg, "cipher AES-256-GCM"));
	assert_true(config_push_digested(t.cfg, "ifconfig 10.8.0.2 10.8.0.1"));
	assert_true(config_push_digested(t.cfg, "ping-exit 3"));
	cfg_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(push__usual_reply__is_applied),
		cmocka_unit_test(push__every_class__is_accepted),
		cmocka_unit_test(push__forbidden_options__are_refused),
		cmocka_unit_test(push__bad_values__keep_the_old),
		cmocka_unit_test(push__too_long_item__is_refused_as_a_whole),
		cmocka_unit_test(push__route_nopull__refuses_routes_and_dns),
		cmocka_unit_test(push__names__need_allow_pull_fqdn),
		cmocka_unit_test(push__special_route_words__are_accepted),
		cmocka_unit_test(filter__first_match__decides),
		cmocka_unit_test(push__compression__ends_the_attempt),
		cmocka_unit_test(push__exit_notify_on_tcp__is_dropped),
		cmocka_unit_test(push__large_mtu__is_clamped),
		cmocka_unit_test(push__dns_server_without_address__fails),
		cmocka_unit_test(push__values__end_with_the_copy),
		cmocka_unit_test(update__first_item_of_a_kind__replaces),
		cmocka_unit_test(update__minus__resets),
		cmocka_unit_test(update__whitelist__decides),
		cmocka_unit_test(update__filters__apply_after_the_prefix),
		cmocka_unit_test(digest__volatile_items__take_no_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
