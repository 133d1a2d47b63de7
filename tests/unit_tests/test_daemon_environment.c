/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include <arpa/inet.h>

#include "daemon/environment.h"

/* Every variable as "NAME=value", each ended by LF, in the order of setting. */
static void assert_env(const struct env *env, const char *const *expected, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t name_len = strcspn(expected[i], "=");
		char name[64];
		const char *value;

		snprintf(name, sizeof(name), "%.*s", (int)name_len, expected[i]);
		value = env_get(env, name);
		if (!value)
			fail_msg("%s is not set", name);
		assert_string_equal(value, expected[i] + name_len + 1);
	}
	assert_int_equal(env_count(env), n);
}

static void add_start__entries_listen_and_setenv(void **state)
{
	struct conn_entry entries[] = {
		{.remote = "a.example", .remote_port = "1194"},
		{.remote = "192.0.2.1",
		 .remote_port = "443",
		 .http_proxy = {.host = "proxy", .port = "3128"},
		 .socks_proxy = {.host = "socks", .port = "1080"}},
		{.remote_port = "1194"},
	};
	struct config_listen listen[] = {
		{.port = "1194", .proto = {.kind = CONFIG_PROTO_UDP, .family = AF_INET}},
		{.host = "::1", .port = "443", .proto = {.kind = CONFIG_PROTO_TCP_SERVER}},
	};
	struct config_setenv set[] = {{"FOO", "bar"}, {"OPENVPN_x", ""}, {"verb", "99"}};
	struct config cfg = {.config_name = "c.conf", .log = {.verb = 3}};
	struct env *env = env_new();
	static const char *const expected[] = {
		"FOO=bar",
		"OPENVPN_x=",
		"verb=3",
		"config=c.conf",
		"daemon=1",
		"daemon_log_redirect=0",
		"daemon_start_time=1795227941",
		"daemon_pid=42",
		"remote_1=a.example",
		"remote_port_1=1194",
		"remote_2=192.0.2.1",
		"remote_port_2=443",
		"http_proxy_server_2=proxy",
		"http_proxy_port_2=3128",
		"socks_proxy_server_2=socks",
		"socks_proxy_port_2=1080",
		"remote_port_3=1194", /* a server has no remote, but its port */
		"proto_1=udp",
		"local_port_1=1194",
		"proto_2=tcp-server",
		"local_2=::1",
		"local_port_2=443",
	};

	(void)state;
	cfg.process.daemon = true;
	cfg.entries.at = entries;
	cfg.entries.count = ARRAY_SIZE(entries);
	cfg.listen.at = listen;
	cfg.listen.count = ARRAY_SIZE(listen);
	cfg.setenv.at = set;
	cfg.setenv.count = ARRAY_SIZE(set);
	environment_add_start(env, &cfg, 42, 1795227941);
	assert_env(env, expected, ARRAY_SIZE(expected));
	env_free(env);
}

static void add_device__second_time__drops_what_is_gone(void **state)
{
	struct config cfg = {0};
	struct env *env = env_new();
	static const char *const p2p[] = {
		"dev=tun3",
		"dev_type=tun",
		"tun_mtu=1400",
		"ifconfig_local=10.8.0.6",
		"ifconfig_remote=10.8.0.5",
		"ifconfig_ipv6_local=fd00::2",
		"ifconfig_ipv6_netbits=64",
		"ifconfig_ipv6_remote=fd00::1",
	};
	static const char *const subnet[] = {
		"dev=tun3",
		"dev_type=tun",
		"tun_mtu=1500",
		"ifconfig_local=10.8.0.2",
		"ifconfig_netmask=255.255.255.0",
	};
	static const char *const tap[] = {"dev=tap0", "dev_type=tap", "tun_mtu=1500"};

	(void)state;
	cfg.tun = (struct config_tun){
		.type = CONFIG_DEV_TUN,
		.topology = CONFIG_TOPOLOGY_NET30,
		.ifconfig_local = "10.8.0.6",
		.ifconfig_remote = "10.8.0.5",
		.ifconfig6_local = "fd00::2",
		.ifconfig6_bits = 64,
		.ifconfig6_remote = "fd00::1",
	};
	environment_add_device(env, &cfg, "tun3", 1400);
	assert_env(env, p2p, ARRAY_SIZE(p2p));
	cfg.tun = (struct config_tun){
		.type = CONFIG_DEV_TUN,
		.topology = CONFIG_TOPOLOGY_SUBNET,
		.ifconfig_local = "10.8.0.2",
		.ifconfig_remote = "255.255.255.0",
	};
	environment_add_device(env, &cfg, "tun3", 1500);
	assert_env(env, subnet, ARRAY_SIZE(subnet));
	cfg.tun = (struct config_tun){.type = CONFIG_DEV_TAP};
	environment_add_device(env, &cfg, "tap0", 1500);
	assert_env(env, tap, ARRAY_SIZE(tap));
	env_free(env);
}

static union sock_addr parse(const char *text, uint16_t port)
{
	struct ip_addr ip;

	assert_int_equal(ip_addr_parse(text, &ip), 0);
	return sock_addr_make(&ip, port);
}

static void set_address__each_family__replaces_the_other(void **state)
{
	struct env *env = env_new();
	union sock_addr a = parse("192.0.2.7", 1194);
	static const char *const v4[] = {"trusted_ip=192.0.2.7", "trusted_port=1194"};
	static const char *const v6[] = {"trusted_ip6=2001:db8::1", "trusted_port=7"};

	(void)state;
	environment_set_address(env, "trusted", &a);
	assert_env(env, v4, ARRAY_SIZE(v4));
	a = parse("2001:db8::1", 7);
	environment_set_address(env, "trusted", &a);
	assert_env(env, v6, ARRAY_SIZE(v6));
	a = parse("::ffff:192.0.2.7", 1194);
	environment_set_address(env, "trusted", &a);
	assert_env(env, v4, ARRAY_SIZE(v4));
	a = (union sock_addr){0};
	environment_set_address(env, "trusted", &a);
	assert_int_equal(env_count(env), 0);
	env_free(env);
}

static void set_foreign__shorter_list__renumbers(void **state)
{
	struct env *env = env_new();
	static const char *const three[] = {"dhcp-option DNS 10.8.0.1", "dhcp-option WINS 1.2.3.4",
					    "dhcp-option DOMAIN x"};
	static const char *const one[] = {"foreign_option_1=dhcp-option WINS 1.2.3.4"};

	(void)state;
	environment_set_foreign(env, three, 3);
	assert_string_equal(env_get(env, "foreign_option_3"), "dhcp-option DOMAIN x");
	environment_set_foreign(env, three + 1, 1);
	assert_env(env, one, 1);
	env_free(env);
}

static void add_redirect__flags__per_family(void **state)
{
	struct env *env = env_new();
	static const char *const both[] = {"route_redirect_gateway_ipv4=1",
					   "route_redirect_gateway_ipv6=1"};
	static const char *const only6[] = {"route_redirect_gateway_ipv6=2"};

	(void)state;
	environment_add_redirect(env, CONFIG_REDIRECT | CONFIG_REDIRECT_IPV6);
	assert_env(env, both, 2);
	environment_add_redirect(env, CONFIG_REDIRECT_PRIVATE | CONFIG_REDIRECT_IPV6 |
					      CONFIG_REDIRECT_NOT_IPV4 |
					      CONFIG_REDIRECT_BLOCK_LOCAL);
	assert_env(env, only6, 1);
	environment_add_redirect(env, 0);
	assert_int_equal(env_count(env), 0);
	env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_start__entries_listen_and_setenv),
		cmocka_unit_test(add_device__second_time__drops_what_is_gone),
		cmocka_unit_test(set_address__each_family__replaces_the_other),
		cmocka_unit_test(set_foreign__shorter_list__renumbers),
		cmocka_unit_test(add_redirect__flags__per_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
