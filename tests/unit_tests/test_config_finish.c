/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens after the parse: helpers, entries, conflicts, files. Spec 04 section 3. */
#include "config_test.h"

#include <arpa/inet.h>

#include "config/built.h"

/* Enough for a client or a server to pass the checks. */
#define CERTS  "<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n<key>\nx\n</key>\n"
#define CLIENT "client\nremote a\n" CERTS
#define SERVER "server 10.8.0.0 255.255.255.0\ndh none\n" CERTS

struct combination {
	const char *text;
	const char *line; /* after "Options error: "; NULL: fine */
};

static void check_combinations(const struct combination *c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[900] = "";

		if (c[i].line)
			snprintf(line, sizeof(line), "Options error: %s", c[i].line);
		expect_start_error(c[i].text, line);
	}
}

#define CHECK_COMBINATIONS(list) check_combinations(list, sizeof(list) / sizeof(*(list)))

static const char no_tls[] =
	"DEPRECATION: No tls-client or tls-server option in configuration detected. OpenVPN 2.8 will remove the functionality to run a VPN without TLS. See the examples section in the manual page for examples of a similar quick setup with peer-fingerprint. OpenVPN 2.7 allows using this configuration when using --allow-deprecated-insecure-static-crypto but you should move to a proper configuration using TLS as soon as possible.";

static void conflicts__clients__have_their_texts(void **state)
{
	const struct combination list[] = {
		{CLIENT, NULL},
		{"", no_tls},
		{"# nothing\n", no_tls},
		{"client\n",
		 "--nobind doesn't make sense unless used with --remote (a client needs at least one --remote)"},
		{"client\nnobind\n", "--nobind doesn't make sense unless used with --remote"},
		{"client\nremote a\nca x\n",
		 "No client-side authentication method is specified.  You must use either --cert/--key, --pkcs12, or --auth-user-pass"},
		{"client\nremote a\n<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n",
		 "If you use one of --cert or --key, you must use them both"},
		{"client\nremote a\n<ca>\nx\n</ca>\nauth-user-pass\n", NULL},
		{"tls-client\nremote a\n",
		 "You must define CA file (--ca) or CA path (--capath) and/or peer fingerprint verification (--peer-fingerprint)"},
		{"tls-client\nremote a\n<ca>\nx\n</ca>\n",
		 "You must define certificate file (--cert) or PKCS#12 file (--pkcs12)"},
		{"tls-client\nremote a\n<ca>\nx\n</ca>\n<cert>\nx\n</cert>\n",
		 "You must define private key file (--key) or PKCS#12 file (--pkcs12)"},
		{CLIENT "bind\nnobind\n", "--bind and --nobind can't be used together"},
		{CLIENT "lport 5\nnobind\n",
		 "--lport and --nobind don't make sense when used together"},
		{CLIENT "local 1.2.3.4\nnobind\n",
		 "--local and --nobind don't make sense when used together"},
		{CLIENT "local 1.2.3.4\nlocal 1.2.3.5\n",
		 "multiple --local statements only allowed in --server mode"},
		{CLIENT "local a\n", "--remote and one of the --local addresses are the same"},
		{CLIENT "local a\nlport 7\n", NULL},
		{"client\nremote 10.8.0.1\nifconfig 10.8.0.1 10.8.0.2\n" CERTS,
		 "--local and --remote addresses must be distinct from --ifconfig addresses"},
		{CLIENT "ifconfig 10.8.0.1 10.8.0.1\n",
		 "local and remote/netmask --ifconfig addresses must be different"},
		{CLIENT "ifconfig 10.8.0.1 10.8.0.2\nlocal 10.8.0.2\n",
		 "--local addresses must be distinct from --ifconfig addresses"},
		{CLIENT "tun-mtu 1400\nlink-mtu 1500\n",
		 "only one of --tun-mtu or --link-mtu may be defined"},
		{CLIENT "fragment 1300\nproto tcp\n",
		 "--fragment can only be used with --proto udp"},
		{CLIENT "mtu-test\nproto tcp\n", "--mtu-test only makes sense with --proto udp"},
		{CLIENT "http-proxy p 8080\n",
		 "--http-proxy MUST be used in TCP Client mode (i.e. --proto tcp-client)"},
		{CLIENT "http-proxy-option AGENT x\n",
		 "--http-proxy not specified but other http proxy options present"},
		{CLIENT "proto tcp\nhttp-proxy p 8080\nsocks-proxy q\n",
		 "--http-proxy can not be used together with --socks-proxy"},
		{"tls-client\nproto tcp-server\nremote a\nsocks-proxy q\n",
		 "--socks-proxy can not be used in TCP Server mode"},
		{"tls-client\nremote a\nremote b\nproto tcp-server\n",
		 "TCP server mode allows at most one --remote address"},
		{CLIENT "tls-version-min 1.3\ntls-version-max 1.2\n",
		 "--tls-version-min bigger than --tls-version-max"},
		{CLIENT "<tls-auth>\nx\n</tls-auth>\n<tls-crypt>\nx\n</tls-crypt>\n",
		 "--tls-auth and --tls-crypt are mutually exclusive"},
		{CLIENT "<tls-auth>\nx\n</tls-auth>\n<tls-crypt-v2>\nx\n</tls-crypt-v2>\n",
		 "--tls-crypt-v2, --tls-auth and --tls-crypt are mutually exclusive in client mode"},
		{CLIENT "client-to-client\n", "--client-to-client requires --mode server"},
		{CLIENT "ccd-exclusive\n", "--ccd-exclusive requires --mode server"},
		{CLIENT "verify-client-cert none\n", "--verify-client-cert requires --mode server"},
		{CLIENT "verify-client-cert\n", NULL},
		{CLIENT "force-tls-key-material-export\n",
		 "--force-key-material-export requires --mode server"},
		{CLIENT "ifconfig-pool 10.8.0.2 10.8.0.9\n",
		 "--ifconfig-pool requires --mode server"},
		{CLIENT "port-share a 443\n",
		 "--port-share requires TCP server mode (--mode server --proto tcp-server)"},
		{CLIENT "management-hold\n",
		 "--management is not specified, however one or more options which modify the behavior of --management were specified"},
		{CLIENT "management 127.0.0.1 7000\nmanagement-client-user x\n",
		 "--management-client-(user|group) can only be used on unix domain sockets"},
		{CLIENT "management-external-key\nmanagement m unix\n",
		 "--key and --management-external-key are mutually exclusive"},
		{CLIENT "tls-server\n",
		 "specify only one of --tls-server, --tls-client, or --secret"},
		{"client\nremote a\n<pkcs12>\nx\n</pkcs12>\n<key>\nx\n</key>\n",
		 "Parameter --key cannot be used when --pkcs12 is also specified."},
		{"remote a\nallow-deprecated-insecure-static-crypto\nreneg-sec 5\n",
		 "Parameter reneg-sec can only be specified in TLS-mode, i.e. where --tls-server or --tls-client is also specified."},
		{"remote a\nallow-deprecated-insecure-static-crypto\npull\n",
		 "Parameter --pull can only be specified in TLS-mode, i.e. where --tls-server or --tls-client is also specified."},
		{"tls-client\nremote a\nauth-user-pass\n" CERTS,
		 "--auth-user-pass requires --pull"},
		{CLIENT "keepalive 10 15\n",
		 "the second parameter to --keepalive (restart timeout=15) must be at least twice the value of the first parameter (ping interval=10).  A ratio of 1:5 or 1:6 would be even better.  Recommended setting is --keepalive 10 60."},
		{CLIENT "keepalive 10 60\nping 3\n",
		 "--keepalive conflicts with --ping, --ping-exit, or --ping-restart.  If you use --keepalive, you don't need any of the other --ping directives."},
		{CLIENT "auth-user-pass username-only\nstatic-challenge x 1\n",
		 "'auth-user-pass username-only' cannot be used with static challenge"},
		{CLIENT "allow-compression no\ncompress lz4\n",
		 "Compression is not allowed since allow-compression is set to 'stub-only'"},
		{CLIENT "data-ciphers AES-256-GCM:FOO\n",
		 "--data-ciphers list contains unsupported ciphers or is too long."},
		{CLIENT "data-ciphers ?FOO\n",
		 "--data-ciphers list contains unsupported ciphers or is too long."},
	};

	(void)state;
	CHECK_COMBINATIONS(list);
	expect_start_error(CLIENT "dns server 1 dnssec yes\n",
			   "ERROR: dns server 1 does not have an address assigned");
	expect_start_error(CLIENT "proto-force tcp\n", "No usable connection profiles are present");
}

static void conflicts__servers__have_their_texts(void **state)
{
	const struct combination list[] = {
		{SERVER, NULL},
		{SERVER "client\n", "--server and --client cannot be used together"},
		{SERVER "remote a\n", "--remote cannot be used with --mode server."},
		{SERVER "pull\n",
		 "--nobind doesn't make sense unless used with --remote (a client needs at least one --remote)"},
		{SERVER "shaper 1000\n", "--shaper cannot be used with --mode server."},
		{SERVER "route-delay 5\n", "--route-delay cannot be used with --mode server."},
		{SERVER "up-delay\n", "--up-delay cannot be used with --mode server."},
		{SERVER "allow-recursive-routing\n",
		 "--allow-recursive-routing cannot be used with --mode server."},
		{SERVER "redirect-gateway\n",
		 "--redirect-gateway cannot be used with --mode server (however --push \"redirect-gateway\" is fine)"},
		{SERVER "ifconfig-pool 10.8.0.9 10.8.0.20\n",
		 "--server already defines an ifconfig-pool, so you can't also specify --ifconfig-pool explicitly"},
		{SERVER "auth-user-pass\n",
		 "--auth-user-pass cannot be used with --mode server (it should be used on the client side only)"},
		{SERVER "ccd-exclusive\n", "--ccd-exclusive must be used with --client-config-dir"},
		{SERVER "proto tcp-client\n",
		 "--nobind doesn't make sense unless used with --remote (a client needs at least one --remote)"},
		{SERVER "verify-client-cert none\n",
		 "--verify-client-cert none|optional must be used with --management-client-auth, an --auth-user-pass-verify script, or plugin"},
		{SERVER "username-as-common-name\n",
		 "--username-as-common-name must be used with --management-client-auth, an --auth-user-pass-verify script, or plugin"},
		{SERVER "auth-gen-token 10 20\n",
		 "--auth-gen-token renewal time needs to be at least  two times --hand-window (60)."},
		{SERVER "auth-gen-token\nreneg-sec 0\n",
		 "--auth-gen-token needs a non-infinite --renegotiate_seconds setting"},
		{SERVER "connect-freq 1 1\nproto tcp\n",
		 "--connect-freq only works with --mode server --proto udp.  Try --max-clients instead."},
		{SERVER "port-share a 443\n",
		 "--port-share only works in TCP server mode (--proto values of tcp-server, tcp4-server, or tcp6-server)"},
		{SERVER "ipchange /bin/true\n",
		 "--ipchange cannot be used with --mode server (use --client-connect instead)"},
		{SERVER "vlan-tagging\n", "--vlan-tagging must be used with --dev tap"},
		{SERVER "vlan-pvid 5\n", "--vlan-pvid requires --vlan-tagging"},
		{SERVER "keepalive 10 50000\n",
		 "The second parameter to --keepalive must not exceed 43200 in server mode."},
		{SERVER "server-bridge\n", "--server and --server-bridge cannot be used together"},
		{SERVER "dev-type foo\n",
		 "--server directive only makes sense with --dev tun or --dev tap"},
		{"dev foo\n" SERVER,
		 "--server directive only makes sense with --dev tun or --dev tap"},
		{"server 10.8.0.1 255.255.255.0\n",
		 "--server directive network/netmask combination is invalid"},
		{"server 10.8.0.0 255.0.255.0\n",
		 "--server directive network/netmask combination is invalid"},
		{"server 10.8.0.1 255.255.255.255\n", "--server directive netmask is invalid"},
		{"server 10.0.0.0 255.0.0.0\n",
		 "--server directive netmask allows for too many host addresses (subnet must be 255.255.0.0 (/16) or higher)"},
		{"server 10.8.0.0 255.255.255.252\n",
		 "--server directive when used with --dev tun must define a subnet of 255.255.255.248 (/29) or lower"},
		{"dev tap\nserver 10.8.0.0 255.255.255.254\n",
		 "--server directive when used with --dev tap must define a subnet of 255.255.255.252 (/30) or lower"},
		{"server-ipv6 fd00::/64\nclient\n",
		 "--server-ipv6 and --client cannot be used together"},
		{"server-ipv6 fd00::/64\nserver 10.8.0.0 255.255.255.0 nopool\n",
		 "--server-ipv6 is incompatible with 'nopool' option"},
		{"server-bridge 10.8.0.1 255.255.255.0 10.8.0.50 10.8.0.60\n",
		 "--server-bridge directive only makes sense with --dev tap"},
		{"dev tap\nserver-bridge 10.8.0.1 255.255.255.0 10.8.1.50 10.8.1.60\n",
		 "--server-bridge IP addresses 10.8.0.1 and 10.8.1.50 are not in the same 255.255.255.0 subnet"},
		{"mode server\ntls-server\nproto tcp\n",
		 "--proto tcp is ambiguous in this context. Please specify --proto tcp-server or --proto tcp-client"},
		{"mode server\n" CERTS, "--mode server requires --tls-server"},
		{"mode server\ntls-server\nifconfig-pool-persist f\n" CERTS,
		 "--ifconfig-pool-persist must be used with --ifconfig-pool or --ifconfig-ipv6-pool"},
		{"mode server\ntls-server\nifconfig-ipv6-pool fd00::/64\n" CERTS,
		 "--ifconfig-ipv6-pool needs --ifconfig-ipv6"},
		{"mode server\ntls-server\ntopology net30\nifconfig-pool 10.8.0.2 10.8.0.9 255.255.255.0\n" CERTS,
		 "The third parameter to --ifconfig-pool (netmask) is only valid in --dev tap mode"},
		{"mode server\ntls-server\n<connection>\nremote a\n</connection>\n" CERTS,
		 "--remote cannot be used with --mode server."},
	};

	(void)state;
	CHECK_COMBINATIONS(list);
}

static bool pushes(const struct cfg_test *t, size_t index, const char *text)
{
	return index < t->cfg->server.push.count &&
	       strcmp(t->cfg->server.push.at[index], text) == 0;
}

static const char *quad(struct in_addr a)
{
	static char buf[4][INET_ADDRSTRLEN];
	static unsigned int next;

	return inet_ntop(AF_INET, &a, buf[next++ % 4], INET_ADDRSTRLEN);
}

static void helper__server_subnet__expands(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, SERVER "push \"route 192.168.50.0 255.255.255.0\"\n"
					      "keepalive 10 60\ntcp-nodelay\n"),
			 0);
	assert_int_equal(t.cfg->mode, CONFIG_MODE_SERVER);
	assert_true(t.cfg->tls.server);
	assert_string_equal(t.cfg->tun.ifconfig_local, "10.8.0.1");
	assert_string_equal(t.cfg->tun.ifconfig_remote, "255.255.255.0");
	assert_string_equal(quad(t.cfg->server.pool4.start), "10.8.0.2");
	assert_string_equal(quad(t.cfg->server.pool4.end), "10.8.0.254");
	assert_string_equal(quad(t.cfg->server.pool4.netmask), "255.255.255.0");
	assert_string_equal(t.cfg->routing.gateway, "10.8.0.2");
	assert_true(pushes(&t, 0, "route 192.168.50.0 255.255.255.0"));
	assert_true(pushes(&t, 1, "route-gateway 10.8.0.1"));
	assert_true(pushes(&t, 2, "topology subnet"));
	assert_true(pushes(&t, 3, "ping 10"));
	assert_true(pushes(&t, 4, "ping-restart 60"));
	assert_true(pushes(&t, 5, "socket-flags TCP_NODELAY"));
	assert_int_equal(t.cfg->server.push.count, 6);
	assert_int_equal(t.cfg->timers.ping_sec, 10);
	assert_int_equal(t.cfg->timers.ping_rec_sec, 120);
	assert_int_equal(t.cfg->server.hash_real, 4096);
	assert_true(t.cfg->server.push_constraint_set);
	assert_int_equal(t.cfg->entries.count, 1);
	assert_true(t.cfg->entries.at[0].bind_local);
	assert_string_equal(t.cfg->listen.at[0].port, "1194");
	cfg_test_end(&t);
}

static void helper__server_net30__expands(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "topology net30\nclient-to-client\n" SERVER), 0);
	assert_string_equal(t.cfg->tun.ifconfig_remote, "10.8.0.2");
	assert_string_equal(quad(t.cfg->server.pool4.start), "10.8.0.4");
	assert_string_equal(quad(t.cfg->server.pool4.end), "10.8.0.251");
	assert_string_equal(t.cfg->routing.routes.at[0].network, "10.8.0.0");
	assert_true(pushes(&t, 0, "route 10.8.0.0 255.255.255.0"));
	assert_true(pushes(&t, 1, "topology net30"));
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "topology p2p\n" SERVER), 0);
	assert_true(pushes(&t, 0, "topology p2p"));
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "topology net30\n"
				       "server 10.8.0.0 255.255.255.248\n" CERTS),
			 0);
	assert_string_equal(quad(t.cfg->server.pool4.end), "10.8.0.7");
	assert_true(pushes(&t, 0, "route 10.8.0.1"));
	cfg_test_end(&t);
}

static void helper__server_ipv6_and_bridge__expand(void **state)
{
	struct cfg_test t;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "server-ipv6 fd00:1::/64\n" SERVER), 0);
	assert_string_equal(t.cfg->tun.ifconfig6_local, "fd00:1::1");
	assert_string_equal(t.cfg->tun.ifconfig6_remote, "fd00:1::2");
	assert_string_equal(inet_ntop(AF_INET6, &t.cfg->server.pool6.addr, text, sizeof(text)),
			    "fd00:1::1000");
	assert_true(pushes(&t, 0, "tun-ipv6"));
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, "server-ipv6 fd00:1::/120\n" CERTS), 0);
	assert_string_equal(inet_ntop(AF_INET6, &t.cfg->server.pool6.addr, text, sizeof(text)),
			    "fd00:1::2");
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(
		cfg_start(
			&t,
			"dev tap\nserver-bridge 10.8.0.1 255.255.255.0 10.8.0.50 10.8.0.60\n" CERTS),
		0);
	assert_string_equal(quad(t.cfg->server.pool4.start), "10.8.0.50");
	assert_true(pushes(&t, 0, "route-gateway 10.8.0.1"));
	assert_int_equal(t.cfg->tun.topology, CONFIG_TOPOLOGY_UNDEFINED);
	assert_int_equal(t.cfg->entries.at[0].tun_mtu_extra, 32);
	cfg_test_end(&t);
}

static void client__defaults__are_settled(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.host.take_unbuilt = false;
	assert_int_equal(
		cfg_start(&t, "client\nremote a\nremote b 443 tcp\nremote c 53 udp4\n" CERTS), 0);
	assert_true(t.cfg->pull && t.cfg->tls.client);
	assert_int_equal(t.cfg->entries.count, 3);
	assert_int_equal(t.cfg->entries.at[1].proto.kind, CONFIG_PROTO_TCP_CLIENT);
	assert_int_equal(t.cfg->entries.at[2].proto.family, AF_INET);
	assert_false(t.cfg->entries.at[0].bind_local);
	assert_int_equal(t.cfg->entries.at[0].mssfix, 1492);
	assert_true(t.cfg->entries.at[0].mssfix_counts_outer);
	assert_int_equal(t.cfg->tun.topology, CONFIG_TOPOLOGY_NET30);
	assert_int_equal(t.cfg->tls.version_min, CONFIG_TLS_1_2);
	assert_string_equal(t.cfg->crypto.data_ciphers,
			    "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305");
	assert_true(cfg_noted(&t, "Note: --cipher is not set."));
	config_select_entry(t.cfg, 0);
	assert_int_equal(t.cfg->timers.ping_rec_sec, 120);
	cfg_test_end(&t);
}

static void client__binding__follows_options(void **state)
{
	static const struct {
		const char *text;
		bool bind;
	} cases[] = {
		{CLIENT, false},
		{CLIENT "bind\n", true},
		{CLIENT "lport 0\n", false},
		{CLIENT "lport 99\n", true},
		{CLIENT "local 1.2.3.4\n", true},
		{CLIENT "port 443\n", false},
		{CLIENT "proto tcp\nbind\n", true},
		{CLIENT "nobind\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cfg_test t;

		cfg_test_start(&t);
		assert_int_equal(cfg_start(&t, cases[i].text), 0);
		assert_int_equal(t.cfg->entries.at[0].bind_local, cases[i].bind);
		cfg_test_end(&t);
	}
}

static void server__locals__become_the_listen_list(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, SERVER "port 443\nlocal 10.1.1.1\nlocal * 53 udp4\n"
					      "local ::1 99 tcp\n"),
			 0);
	assert_int_equal(t.cfg->listen.count, 3);
	assert_string_equal(t.cfg->listen.at[0].host, "10.1.1.1");
	assert_string_equal(t.cfg->listen.at[0].port, "443");
	assert_null(t.cfg->listen.at[1].host);
	assert_int_equal(t.cfg->listen.at[1].proto.family, AF_INET);
	assert_int_equal(t.cfg->listen.at[2].proto.kind, CONFIG_PROTO_TCP_SERVER);
	cfg_test_end(&t);
}

static bool no_prf(void *ctx)
{
	(void)ctx;
	return false;
}

/* A library without MD5, e.g. by policy: nobody but peers with the exporter can be served. */
static void prf__not_in_the_library__warns_and_server_forces_the_exporter(void **state)
{
	static const char warning[] =
		"Warning: TLS 1.0 PRF with MD5+SHA1 PRF is not supported by the TLS library.";
	static const char forced[] =
		"Automatically enabling option --force-tls-key-material-export";

	(void)state;
	for (int server = 0; server < 2; server++) {
		for (int given = 0; given <= server; given++) {
			struct cfg_test t;
			bool told;

			cfg_test_start(&t);
			t.host.has_tls1_prf = no_prf;
			assert_int_equal(cfg_parse(&t, server ? SERVER : CLIENT), 0);
			t.cfg->server.force_key_export = given;
			assert_int_equal(cfg_finish(&t), 0);
			told = cfg_noted(&t, forced);
			assert_true(cfg_noted(&t, warning));
			assert_int_equal(told, server && !given);
			assert_int_equal(t.cfg->server.force_key_export, server);
			cfg_test_end(&t);
		}
	}
}

/* Sizes of control packets that no peer could use become the nearest that it can. */
static void max_packet_size__out_of_bounds__is_clamped_with_a_note(void **state)
{
	static const struct {
		const char *given;
		uint32_t used;
		bool noted;
	} rows[] = {{"153", 154, true},
		    {"154", 154, false},
		    {"2048", 2048, false},
		    {"2049", 2048, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cfg_test t;
		char text[64], note[192];

		cfg_test_start(&t);
		snprintf(text, sizeof(text), "max-packet-size %s\n", rows[i].given);
		snprintf(
			note, sizeof(note),
			"Note: max-packet-size value outside of allowed control channel packet size (154 to 2048), will use %u instead.",
			rows[i].used);
		assert_int_equal(cfg_parse(&t, text), 0);
		assert_int_equal(t.cfg->ce.max_packet_size, rows[i].used);
		assert_int_equal(cfg_noted(&t, note), rows[i].noted);
		cfg_test_end(&t);
	}
}

static void proto_force__compares_transports(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(
		cfg_start(&t, "client\nremote a 1 tcp4\nremote b 2\nproto-force tcp\n" CERTS), 0);
	assert_false(t.cfg->entries.at[0].disabled);
	assert_true(t.cfg->entries.at[1].disabled);
	cfg_test_end(&t);
}

static void ciphers__lists__are_normalised(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.host.take_unbuilt = false;
	assert_int_equal(
		cfg_start(&t, CLIENT "data-ciphers aes-128-gcm:?FOO:DEFAULT\ncipher AES-256-CBC\n"),
		0);
	assert_string_equal(t.cfg->crypto.data_ciphers,
			    "AES-128-GCM:AES-256-GCM:CHACHA20-POLY1305");
	assert_true(cfg_noted(&t, "Unsupported optional cipher in --data-ciphers: FOO"));
	assert_true(cfg_noted(
		&t,
		"DEPRECATED OPTION: --cipher set to 'AES-256-CBC' but missing in --data-ciphers (aes-128-gcm:?FOO:AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305). OpenVPN ignores --cipher for cipher negotiations. "));
	cfg_test_end(&t);
	expect_note(CLIENT "data-ciphers AES-256-GCM:FOO\n",
		    "Unsupported cipher in --data-ciphers: FOO");
}

static void ciphers__legacy__are_named_as_not_built(void **state)
{
	struct cfg_test t;

	(void)state;
	if (BUILT_LEGACY_CIPHERS)
		return;
	cfg_test_start(&t);
	t.host.take_unbuilt = false;
	assert_int_equal(cfg_start(&t, CLIENT "data-ciphers AES-256-GCM:AES-256-CBC\n"), ERR_USAGE);
	assert_true(cfg_noted(
		&t, "cipher AES-256-CBC in --data-ciphers is not supported by this build yet"));
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.host.take_unbuilt = false;
	assert_int_equal(cfg_start(&t, CLIENT "data-ciphers-fallback BF-CBC\n"), ERR_USAGE);
	assert_string_equal(
		t.err.text,
		"Options error: --data-ciphers-fallback BF-CBC is not supported by this build yet");
	cfg_test_end(&t);
}

/* A crypto library without old ciphers. */
static bool only_aead(void *ctx, const char *name, char *out, size_t cap)
{
	(void)ctx;
	snprintf(out, cap, "%s", name);
	return strstr(name, "GCM") || strstr(name, "POLY1305");
}

static void compat_mode__old_versions__change_defaults(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, CLIENT "compat-mode 2.4.9\ncipher AES-256-CBC\n"), 0);
	assert_string_equal(t.cfg->crypto.data_ciphers,
			    "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305:AES-256-CBC");
	assert_false(t.cfg->crypto.cipher_is_fallback);
	assert_int_equal(t.cfg->crypto.allow_comp, CONFIG_ALLOW_COMP_ASYM);
	assert_int_equal(t.cfg->tls.version_min, CONFIG_TLS_1_2);
	cfg_test_end(&t);

	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, CLIENT "compat-mode 2.3.6\n"), 0);
	assert_string_equal(t.cfg->crypto.cipher, "BF-CBC");
	assert_true(t.cfg->crypto.cipher_is_fallback);
	assert_int_equal(t.cfg->tls.version_min, CONFIG_TLS_1_0);
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.host.take_unbuilt = false; /* no BF-CBC */
	t.host.cipher_canonical = only_aead;
	assert_int_equal(cfg_start(&t, CLIENT "compat-mode 2.3.6\ntls-version-max 1.1\n"), 0);
	assert_false(t.cfg->crypto.cipher_is_fallback);
	cfg_test_end(&t);
}

static void files__missing__are_all_named(void **state)
{
	static const struct test_file files[] = {{.name = "open.key", .text = "", .shared = true},
						 {.name = "a.crt", .text = ""}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(cfg_start(&t, "client\nremote a\nca nope.crt\ncert nope2.crt\n"
				       "key nope3.key\ncrl-verify nope\nstatus /x/s\n"
				       "writepid /x/p\nchroot /nonexistent\n"),
			 ERR_USAGE);
	assert_string_equal(t.err.text, "Options error: Please correct these errors.");
	assert_true(cfg_noted(
		&t,
		"Options error: --ca fails with 'nope.crt': No such file or directory (errno=2)"));
	assert_true(cfg_noted(&t, "--cert fails with 'nope2.crt'"));
	assert_true(cfg_noted(&t, "WARNING: cannot stat file 'nope3.key'"));
	assert_true(cfg_noted(&t, "--key fails with 'nope3.key'"));
	assert_true(cfg_noted(&t, "--crl-verify fails with '/nonexistent/nope'"));
	assert_true(cfg_noted(&t, "--chroot directory fails with '/nonexistent'"));
	assert_true(cfg_noted(&t, "--status fails with '/x/s'"));
	assert_true(cfg_noted(&t, "--writepid fails with '/x/p'"));
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(cfg_start(&t, "client\nremote a\nca a.crt\ncert file:a.crt\n"
				       "key pkcs11:token=x\n"),
			 0);
	cfg_test_end(&t);

	cfg_test_start(&t);
	t.files = files;
	t.file_count = 2;
	assert_int_equal(cfg_start(&t, "client\nremote a\nca a.crt\ncert a.crt\nkey open.key\n"),
			 0);
	assert_true(cfg_noted(&t, "WARNING: file 'open.key' is group or others accessible"));
	cfg_test_end(&t);

	expect_start_error("client\nremote a\n" CERTS "tls-auth nope.key 1\n",
			   "Cannot pre-load keyfile (nope.key)");
	expect_note("remote a\nallow-deprecated-insecure-static-crypto\n",
		    "******* WARNING *******: All encryption and authentication features disabled");
}

static void control_channel_key__is_read_ahead(void **state)
{
	static const struct test_file files[] = {{.name = "ta.key", .text = "KEY\n"}};
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	t.files = files;
	t.file_count = 1;
	assert_int_equal(cfg_start(&t, CLIENT "tls-auth ta.key 1\n"), 0);
	assert_string_equal(t.cfg->entries.at[0].tls_auth.text, "KEY\n");
	assert_string_equal(t.cfg->entries.at[0].tls_auth.path, "ta.key");
	assert_int_equal(t.cfg->entries.at[0].key_direction, CONFIG_KEY_INVERSE);
	cfg_test_end(&t);
}

static void warnings__conditions__are_noted(void **state)
{
	static const struct {
		const char *text;
		const char *part;
	} cases[] = {
		{CLIENT "ping 5\n", "WARNING: --ping should normally be used with"},
		{CLIENT "user nobody\n", "WARNING: you are using user/group/chroot/setcon without"},
		{CLIENT "chroot /tmp\n", "WARNING: you are using chroot without specifying user"},
		{CLIENT "ifconfig 10.8.0.1 10.8.0.2\n",
		 "WARNING: using --pull/--client and --ifconfig together"},
		{CLIENT, "WARNING: No server certificate verification method has been enabled."},
		{CLIENT "ns-cert-type server\n", "WARNING: --ns-cert-type is DEPRECATED."},
		{CLIENT "up /bin/true\n", "NOTE: starting with OpenVPN 2.1"},
		{CLIENT "script-security 2\nup /bin/true\n",
		 "NOTE: the current --script-security setting may allow this configuration"},
		{CLIENT "script-security 3\nup /bin/true\n",
		 "WARNING: the current --script-security setting may allow passwords"},
		{SERVER, "WARNING: --keepalive option is missing from server config"},
		{SERVER "duplicate-cn\nifconfig-pool-persist /tmp\n",
		 "WARNING: --ifconfig-pool-persist will not work with --duplicate-cn"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cfg_test t;

		cfg_test_start(&t);
		cfg_start(&t, cases[i].text);
		config_warnings(t.cfg, &t.report);
		if (!cfg_noted(&t, cases[i].part))
			fail_msg("not noted: %s", cases[i].part);
		cfg_test_end(&t);
	}
}

/* ---- needs of the data plane ----------------------------------------------------------------- */

static bool needs_line(const struct config *cfg, uint64_t feature, const char *line)
{
	struct config_need needs[64];
	size_t count = config_needs(cfg, needs, 64);

	assert_true(count <= 64);
	for (size_t i = 0; i < count; i++)
		if (needs[i].feature == feature && strcmp(needs[i].line, line) == 0)
			return true;
	return false;
}

static void needs__options_in_effect__are_listed(void **state)
{
	static const struct {
		const char *text;
		uint64_t feature;
		const char *line;
	} cases[] = {
		{CLIENT "fragment 1300\n", FEAT_FRAGMENT,
		 "Note: --fragment disables data channel offload."},
		{CLIENT "comp-lzo no\n", FEAT_COMPRESS_STUB,
		 "Note: '--allow-compression' is not set to 'no', disabling data channel offload."},
		{CLIENT "compress\n", FEAT_COMPRESS_STUB,
		 "Note: '--allow-compression' is not set to 'no', disabling data channel offload."},
		{CLIENT "allow-compression asym\n", FEAT_COMPRESS,
		 "Note: '--allow-compression' is not set to 'no', disabling data channel offload."},
		{CLIENT "data-ciphers AES-256-GCM:AES-256-CBC\n", FEAT_LEGACY_CIPHER,
		 "Note: cipher 'AES-256-CBC' in --data-ciphers is not supported by ovpn-dco, disabling data channel offload."},
		{CLIENT "data-ciphers-fallback BF-CBC\n", FEAT_LEGACY_CIPHER,
		 "Note: --data-ciphers-fallback with cipher 'BF-CBC' disables data channel offload."},
		{"topology net30\n" SERVER, FEAT_OTHER_TOPOLOGY,
		 "Note: NOT using '--topology subnet' disables data channel offload."},
		{"dev tap\n" CLIENT, FEAT_TAP,
		 "Note: dev-type not tun, disabling data channel offload."},
		{CLIENT "proto tcp\nhttp-proxy p 80\n", FEAT_HTTP_PROXY,
		 "Note: --http-proxy disables data channel offload."},
		{CLIENT "proto tcp\nsocks-proxy p\n", FEAT_SOCKS_PROXY,
		 "Note: --socks-proxy disables data channel offload."},
		{CLIENT "management m unix\nmanagement-query-proxy\n", FEAT_PROXY_QUERY,
		 "Note: --management-query-proxy disables data channel offload."},
		{CLIENT "client-nat snat 10.0.0.0 255.0.0.0 11.0.0.0\n", FEAT_CLIENT_NAT,
		 "Note: --client-nat disables data channel offload."},
		{CLIENT "shaper 1000\n", FEAT_SHAPER,
		 "Note: --shaper disables data channel offload."},
		{CLIENT "block-ipv6\n", FEAT_BLOCK_IPV6,
		 "Note: --block-ipv6 disables data channel offload."},
		{SERVER "stale-routes-check 60\n", FEAT_STALE_ROUTES,
		 "Note: --stale-routes-check disables data channel offload."},
		{SERVER "client-to-client\n", FEAT_CLIENT_TO_CLIENT,
		 "Note: --client-to-client has no effect when using data channel offload: packets are always sent to the VPN interface and then routed based on the system routing table"},
		{SERVER "reneg-bytes 1000\n", FEAT_RENEG_BY_AMOUNT,
		 "Note: '--reneg-bytes' and '--reneg-pkts' are not supported by data channel offload; automatic key renegotiation mechanisms are sufficient for modern ciphers. Ignoring these options."},
		{CLIENT "replay-window 128\n", FEAT_REPLAY_WINDOW,
		 "Note: --replay-window has no effect when using data channel offload"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cfg_test t;

		cfg_test_start(&t);
		if (cfg_start(&t, cases[i].text) < 0)
			fail_msg("%s", t.err.text);
		if (!needs_line(t.cfg, cases[i].feature, cases[i].line))
			fail_msg("missing: %s", cases[i].line);
		cfg_test_end(&t);
	}
}

static void needs__plain_client__are_few(void **state)
{
	struct cfg_test t;
	struct config_need needs[64];
	uint64_t all = 0;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_start(&t, CLIENT), 0);
	for (size_t i = config_needs(t.cfg, needs, 64); i > 0; i--)
		all |= needs[i - 1].feature;
	/* not ChaCha20-Poly1305, which is offered where it can be had */
	assert_int_equal(all, FEAT_CIPHER_AES_256_GCM | FEAT_CIPHER_AES_128_GCM | FEAT_UDP4);
	cfg_test_end(&t);
}

/* ---- samples --------------------------------------------------------------------------------- */

static const struct test_file sample_files[] = {
	{.name = "ca.crt", .text = "x"},     {.name = "server.crt", .text = "x"},
	{.name = "server.key", .text = "x"}, {.name = "client.crt", .text = "x"},
	{.name = "client.key", .text = "x"}, {.name = "a.crt", .text = "x"},
	{.name = "a.key", .text = "x"},	     {.name = "static.key", .text = "x"},
	{.name = "ta.key", .text = "x"},     {.name = "v2-server.key", .text = "x"},
	{.name = "ccd", .text = "x"},	     {.name = "/usr/local/bin/check-login", .text = "x"},
};

static const char s1[] = "port 1194\nproto udp\ndev tun\nca ca.crt\ncert server.crt\n"
			 "key server.key\ndh none\nserver 10.8.0.0 255.255.255.0\n"
			 "push \"route 192.168.50.0 255.255.255.0\"\n"
			 "ifconfig-pool-persist ipp.txt\nkeepalive 10 60\npersist-tun\n"
			 "status openvpn-status.log\nverb 3\n";
static const char s2[] =
	"client\ndev tun\nproto udp\nremote vpn.example.net 1194\nremote-random\n"
	"resolv-retry infinite\nnobind\npersist-tun\nremote-cert-tls server\nverb 3\n" CERTS;
static const char s3[] =
	"dev tun\ntls-server\nifconfig 10.9.0.1 10.9.0.2\ncert a.crt\nkey a.key\n"
	"<peer-fingerprint>\n# colon separated\n"
	"1F:D3:33:0F:7A:19:7C:C7:FE:C7:CE:DA:55:7C:A2:76:E5:98:E5:B8:59:F4:EE:4B:80:2A:31:51:B1:60:F4:F9\n"
	"</peer-fingerprint>\nkeepalive 10 60\n";
static const char s4[] =
	"dev tun\nremote b.example.net\nifconfig 10.7.0.1 10.7.0.2\nsecret static.key 0\n"
	"cipher AES-256-CBC\nauth SHA256\nallow-deprecated-insecure-static-crypto\n";
static const char s5_server[] =
	"dev tun\nproto tcp-server\nca ca.crt\ncert server.crt\nkey server.key\n"
	"server 10.8.0.0 255.255.255.0\nserver-ipv6 fd00:1::/64\n"
	"tls-crypt-v2 v2-server.key force-cookie\nkeepalive 10 60\n";
static const char s5_client[] =
	"client\ndev tun\nproto tcp\nremote vpn.example.net 443\nremote-cert-tls server\n"
	"ca ca.crt\ncert client.crt\nkey client.key\n<tls-crypt-v2>\nx\n</tls-crypt-v2>\n";
static const char s6[] =
	"dev tun\nca ca.crt\ncert server.crt\nkey server.key\nserver 10.20.0.0 255.255.0.0\n"
	"client-config-dir ccd\nscript-security 2\n"
	"auth-user-pass-verify \"/usr/local/bin/check-login --strict\" via-file\n"
	"username-as-common-name\nverify-client-cert none\nauth-gen-token 43200\n"
	"keepalive 10 120\nuser nobody\ngroup nogroup\npersist-tun\n";
static const char s7[] =
	"client\ndev tun\nproto udp\n<connection>\nremote vpn1.example.net 1194 udp\n"
	"connect-timeout 10\n</connection>\n<connection>\nremote vpn1.example.net 443 tcp\n"
	"</connection>\npersist-key\npersist-tun\ntun-ipv6\ncipher AES-256-CBC\n"
	"ncp-ciphers AES-256-GCM:AES-256-CBC\ncomp-lzo no\nauth SHA256\nca ca.crt\n"
	"cert client.crt\nkey client.key\ntls-auth ta.key 1\nremote-cert-tls server\n"
	"setenv opt block-outside-dns\nignore-unknown-option fancy-option\nfancy-option on\n"
	"tls-cipher DEFAULT:@SECLEVEL=0\nverb 3\n";

static void start_sample(struct cfg_test *t, const char *text, bool unbuilt)
{
	cfg_test_start(t);
	t->files = sample_files;
	t->file_count = sizeof(sample_files) / sizeof(*sample_files);
	t->host.take_unbuilt = unbuilt;
	cfg_start(t, text);
}

static void samples__all__start_when_everything_is_built(void **state)
{
	static const char *const samples[] = {s1, s2, s3, s4, s5_server, s5_client, s6, s7};
	struct cfg_test t;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		start_sample(&t, samples[i], true);
		if (t.ret < 0)
			fail_msg("sample %zu: %s", i, t.err.text);
		cfg_test_end(&t);
	}
	start_sample(&t, s3, true);
	assert_true(t.cfg->tls.without_ca);
	assert_true(
		cfg_noted(&t, "Using certificate fingerprint to verify peer (no CA option set). "));
	cfg_test_end(&t);

	start_sample(&t, s7, true);
	assert_true(cfg_noted(&t, "Note: Treating option '--ncp-ciphers' as  '--data-ciphers'"));
	assert_true(cfg_noted(&t, "f.conf:23: block-outside-dns"));
	assert_true(cfg_noted(&t, "f.conf:25: fancy-option"));
	assert_false(cfg_noted(&t, "'tls-auth' in"));
	assert_int_equal(t.cfg->entries.at[1].key_direction, CONFIG_KEY_INVERSE);
	cfg_test_end(&t);

	start_sample(&t, s5_client, true);
	assert_int_equal(t.cfg->entries.at[0].proto.kind, CONFIG_PROTO_TCP_CLIENT);
	cfg_test_end(&t);
}

static void sample__static_key_without_flag__is_refused(void **state)
{
	char line[900];

	(void)state;
	snprintf(line, sizeof(line), "Options error: %s", no_tls);
	expect_start_error("dev tun\nremote b\nifconfig 10.7.0.1 10.7.0.2\nsecret static.key 0\n",
			   line);
	expect_note("dev tun\nremote b\nsecret static.key 0\n",
		    "DEPRECATED OPTION: The option --secret is deprecated.");
}

/* Until their behaviour exists, samples are refused by the name of what is missing. */
static void samples__not_built__name_what_is_missing(void **state)
{
	static const struct {
		const char *text;
		bool built;
		const char *line;
	} samples[] = {
		{s1, BUILT_SERVER, "Options error: --server is not supported by this build yet"},
		{s2, true, NULL},
		{s3, BUILT_P2P_TLS, NULL},
		{s4, BUILT_STATIC_KEY,
		 "Options error: --secret is not supported by this build yet"},
		{s5_server, BUILT_SERVER,
		 "Options error: --server is not supported by this build yet"},
		{s5_client, true, NULL},
		{s6, BUILT_SERVER, "Options error: --server is not supported by this build yet"},
		{s7, BUILT_COMPRESSION && BUILT_LEGACY_CIPHERS, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		struct cfg_test t;

		start_sample(&t, samples[i].text, false);
		if (samples[i].built) {
			if (t.ret < 0)
				fail_msg("sample %zu: %s", i, t.err.text);
		} else if (samples[i].line) {
			assert_string_equal(t.err.text, samples[i].line);
		} else {
			assert_int_equal(t.ret, ERR_USAGE);
			assert_true(strstr(t.err.text, "is not supported by this build yet") ||
				    cfg_noted(&t, "is not supported by this build yet"));
		}
		cfg_test_end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conflicts__clients__have_their_texts),
		cmocka_unit_test(conflicts__servers__have_their_texts),
		cmocka_unit_test(helper__server_subnet__expands),
		cmocka_unit_test(helper__server_net30__expands),
		cmocka_unit_test(helper__server_ipv6_and_bridge__expand),
		cmocka_unit_test(client__defaults__are_settled),
		cmocka_unit_test(client__binding__follows_options),
		cmocka_unit_test(server__locals__become_the_listen_list),
		cmocka_unit_test(prf__not_in_the_library__warns_and_server_forces_the_exporter),
		cmocka_unit_test(max_packet_size__out_of_bounds__is_clamped_with_a_note),
		cmocka_unit_test(proto_force__compares_transports),
		cmocka_unit_test(ciphers__lists__are_normalised),
		cmocka_unit_test(ciphers__legacy__are_named_as_not_built),
		cmocka_unit_test(compat_mode__old_versions__change_defaults),
		cmocka_unit_test(files__missing__are_all_named),
		cmocka_unit_test(control_channel_key__is_read_ahead),
		cmocka_unit_test(warnings__conditions__are_noted),
		cmocka_unit_test(needs__options_in_effect__are_listed),
		cmocka_unit_test(needs__plain_client__are_few),
		cmocka_unit_test(samples__all__start_when_everything_is_built),
		cmocka_unit_test(sample__static_key_without_flag__is_refused),
		cmocka_unit_test(samples__not_built__name_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
