/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of options and what is said about wrong ones. Spec 04 section 2. */
#include "config_test.h"

#include <arpa/inet.h>
#include <config.h>

struct refusal {
	const char *text;
	const char *line; /* after "Options error: " */
};

static void check_refusals(const struct refusal *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[700];

		snprintf(line, sizeof(line), "Options error: %s", r[i].line);
		expect_parse_error(r[i].text, line);
	}
}

#define CHECK_REFUSALS(list) check_refusals(list, sizeof(list) / sizeof(*(list)))

static void numbers__out_of_range__are_refused(void **state)
{
	static const struct refusal list[] = {
		{"verb -1", "Cannot parse argument '-1' as non-negative integer"},
		{"verb 99999999999999999999",
		 "Cannot parse argument '99999999999999999999' as non-negative integer"},
		{"verb 2147483648", "Cannot parse argument '2147483648' as non-negative integer"},
		{"hand-window -5", "Cannot parse argument '-5' as non-negative integer"},
		{"sndbuf 12k", "Cannot parse argument '12k' as non-negative integer"},
		{"reneg-sec abc", "Cannot parse argument 'abc' as non-negative integer"},
		{"nice x", "Cannot parse argument 'x' as integer"},
		{"nice 2147483648", "Cannot parse argument '2147483648' as integer"},
		{"inactive 10 x", "inactive: Cannot parse 'x' as non-negative integer"},
		{"reneg-bytes 9223372036854775808",
		 "reneg-bytes: Cannot parse '9223372036854775808' as non-negative integer"},
		{"reneg-pkts -1", "reneg-pkts: Cannot parse '-1' as non-negative integer"},
		{"tun-mtu 99", "tun-mtu: Must be an integer between 100 and 65536, not 99"},
		{"tun-mtu x", "tun-mtu: Cannot parse 'x' as integer"},
		{"tun-mtu 99999999999", "tun-mtu: Cannot parse '99999999999' as integer"},
		{"fragment 50", "fragment: Must be an integer >= 68, not 50"},
		{"shaper 50", "shaper: Must be an integer between 100 and 100000000, not 50"},
		{"vlan-pvid 4095", "vlan-pvid: Must be an integer between 1 and 4094, not 4095"},
		{"script-security 4", "script-security: Must be an integer between 0 and 3, not 4"},
		{"max-clients 0", "max-clients: Must be an integer between 1 and 16777214, not 0"},
		{"hash-size 0 1", "hash-size real: Must be an integer >= 1, not 0"},
		{"hash-size 1 0", "hash-size virtual: Must be an integer >= 1, not 0"},
		{"connect-freq 0 1", "connect-freq n: Must be an integer >= 1, not 0"},
		{"replay-window 70000",
		 "replay-window windows size: Must be an integer between 0 and 65536, not 70000"},
		{"replay-window 1 601",
		 "replay-window time window: Must be an integer between 0 and 600, not 601"},
		{"replay-window", "replay-window option is missing window size parameter"},
		{"keepalive 0 60", "keepalive ping: Must be an integer between 1 and 86400, not 0"},
		{"keepalive 10 86401",
		 "keepalive timeout: Must be an integer between 1 and 86400, not 86401"},
		{"ping 86401", "ping: Must be an integer between 0 and 86400, not 86401"},
		{"ping-exit -1", "ping-exit: Must be an integer between 0 and 86400, not -1"},
		{"mssfix 70000", "mssfix: Must be an integer between 0 and 65535, not 70000"},
		{"mssfix 100", "mssfix needs to be >= 154, not 100"},
		{"mssfix 1300 foo", "Unknown parameter to --mssfix: foo"},
		{"fragment 1300 foo", "Unknown parameter to --fragment: foo"},
		{"status-version 4", "status-version: Must be an integer between 1 and 3, not 4"},
		{"keying-material-exporter EXPORTER-x 5",
		 "keying-material-exporter: Must be an integer between 16 and 4095, not 5"},
	};

	(void)state;
	CHECK_REFUSALS(list);
}

static void numbers__strange_forms__follow_strtoll(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "verb ' 3'\nmute \"\"\nsndbuf +7\nnice ' -4'\n"), 0);
	assert_int_equal(t.cfg->log.verb, 3);
	assert_int_equal(t.cfg->log.mute, 0);
	assert_int_equal(t.cfg->sndbuf, 7);
	assert_int_equal(t.cfg->process.nice, -4);
	cfg_test_end(&t);
}

static void words__unknown__are_refused(void **state)
{
	static const struct refusal list[] = {
		{"topology foo", "--topology must be net30, p2p, or subnet"},
		{"mode foo", "Bad --mode parameter: foo"},
		{"remap-usr1 SIGFOO", "--remap-usr1 parm must be 'SIGHUP' or 'SIGTERM'"},
		{"auth-retry foo",
		 "--auth-retry method must be 'interact', 'nointeract', or 'none'"},
		{"multihome foo", "Unknown parameter to --multihome: foo"},
		{"redirect-gateway foo", "unknown --redirect-gateway flag: foo"},
		{"redirect-private foo", "unknown --redirect-private flag: foo"},
		{"compat-mode 2", "cannot parse version number for --compat-mode: 2"},
		{"pull-filter foo x", "Unknown --pull-filter type: foo"},
		{"route-method foo", "--route method must be 'adaptive', 'ipapi', or 'exe'"},
		{"socket-flags foo", "unknown socket flag: foo"},
		{"key-direction 2", "Unknown key direction '2' -- must be '0' or '1'"},
		{"allow-compression foo",
		 "bad allow-compression option: foo -- must be 'yes', 'no', or 'asym'"},
		{"compress foo", "bad comp option: foo"},
		{"comp-lzo foo", "bad comp-lzo option: foo -- must be 'yes', 'no', or 'adaptive'"},
		{"allow-compression no\nallow-compression asym",
		 "Cannot set allow-compression to 'asym' after set to 'no'"},
		{"compress lz4\nallow-compression no",
		 "'--allow-compression no' conflicts with  enabling compression"},
		{"tls-version-min 1.5", "unknown tls-version-min parameter: 1.5"},
		{"tls-version-max 2", "unknown tls-version-max parameter: 2"},
		{"remote-cert-tls foo", "--remote-cert-tls must be 'client' or 'server'"},
		{"ns-cert-type foo", "--ns-cert-type must be 'client' or 'server'"},
		{"remote-cert-ku zz", "remote-cert-ku: 'zz' is not a hexadecimal number"},
		{"verify-x509-name a foo", "unknown X.509 name type: foo"},
		{"x509-username-field ext:foo",
		 "Unsupported x509-username-field extension: ext:foo"},
		{"verify-client-cert foo",
		 "parameter to --verify-client-cert must be 'none', 'optional' or 'require'"},
		{"auth-gen-token 10 foo", "Invalid argument to auth-gen-token: foo (2)"},
		{"auth-gen-token 10 20 30", "Invalid argument to auth-gen-token: 30 (3)"},
		{"static-challenge text 1 foo",
		 "--static-challenge: unknown format indicator 'foo'"},
		{"tls-crypt-v2 f foo", "Unsupported tls-crypt-v2 argument: foo"},
		{"protocol-flags foo", "Unknown protocol-flags flag: foo"},
		{"key-derivation foo", "Unknown key-derivation method foo"},
		{"keying-material-exporter FOO 16",
		 "Keying material exporter label must begin with \"EXPORTER\""},
		{"keying-material-exporter EXPORTER-OpenVPN-datakeys 16",
		 "Keying material exporter label must not be 'EXPORTER-OpenVPN-datakeys'."},
		{"management-external-key foo", "Unknown management-external-key flag: foo"},
		{"vlan-accept foo", "--vlan-accept must be 'tagged', 'untagged' or 'all'"},
		{"http-proxy p", "http-proxy port number not defined"},
		{"http-proxy-option FOO",
		 "Bad http-proxy-option or missing or extra parameter: 'FOO'"},
		{"setenv GENERIC_CONFIG",
		 "this is a generic configuration and cannot directly be used"},
		{"setenv \"\" 1", "setenv: invalid name"},
		{"setenv-safe + 1", "setenv-safe: invalid name"},
		{"mtu-dynamic", "--mtu-dynamic has been replaced by --fragment"},
		{"compat-names",
		 "--compat-names was removed in OpenVPN 2.5. Update your configuration."},
		{"no-name-remapping",
		 "--no-name-remapping was removed in OpenVPN 2.5. Update your configuration."},
		{"msg-channel 1", "--msg-channel is only supported on Windows"},
		{"push \"route 1.2.3.0,foo\"",
		 "PUSH OPTION FAILED (illegal comma (',') in string): 'route 1.2.3.0,foo'"},
		{"up /bin/true arg",
		 "the --up directive should have at most 1 parameter.  To pass a list of arguments as one of the parameters, try enclosing them in double quotes (\"\")."},
		{"auth-user-pass-verify /bin/true",
		 "--auth-user-pass-verify requires a second parameter ('via-env' or 'via-file')"},
		{"auth-user-pass-verify /bin/true x",
		 "second parm to --auth-user-pass-verify must be 'via-env' or 'via-file'"},
	};

	(void)state;
	CHECK_REFUSALS(list);
	expect_parse_error("no-replay",
			   "--no-replay was removed in OpenVPN 2.7. Update your configuration.");
	expect_parse_error(
		"client-cert-not-required",
		"REMOVED OPTION: --client-cert-not-required, use '--verify-client-cert none' instead");
	expect_parse_error(
		"mtu-disc foo",
		"invalid --mtu-disc type: 'foo' -- valid types are 'yes', 'maybe', or 'no'");
}

static void counts__wrong__are_unrecognised(void **state)
{
	static const char *const texts[] = {
		"push route 1.2.3.0", "crl-verify f foo", "verify-x509-name \"\"",
		"server-bridge 1 2",  "genkey a b c d",	  "plugin",
		"tls-cert-profile",   "windows-driver x", "gremlin 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char line[200];

		snprintf(
			line, sizeof(line),
			"Options error: Unrecognized option or missing or extra parameter(s) in f.conf:1: %.*s (%s)",
			(int)strcspn(texts[i], " "), texts[i], PACKAGE_VERSION);
		expect_parse_error(texts[i], line);
	}
}

static void addresses__malformed__are_refused(void **state)
{
	static const struct refusal list[] = {
		{"server 10.8.0.300 255.255.255.0", "error parsing --server parameters"},
		{"server 10.8 255.255.255.0", "error parsing --server parameters"},
		{"server 10.8.0.0 255.255.255.0 foo",
		 "error parsing --server: foo is not a recognized flag"},
		{"server-ipv6 fd00::/48",
		 "--server-ipv6 settings: network must be between /64 and /124 (not /48)"},
		{"server-ipv6 zz/64", "error parsing --server-ipv6 parameter"},
		{"ifconfig-ipv6-pool zz", "error parsing --ifconfig-ipv6-pool parameters"},
		{"ifconfig 10.8.0.1 10.8.0.2.3x",
		 "ifconfig parms '10.8.0.1' and '10.8.0.2.3x' must be valid addresses"},
		{"ifconfig 10.8.0.1 10.8.0.2.3",
		 "ifconfig parms '10.8.0.1' and '10.8.0.2.3' must be valid addresses"},
		{"ifconfig-ipv6 fd00::1/48 fd00::2",
		 "ifconfig-ipv6: /netbits must be between 64 and 124, not '/48'"},
		{"ifconfig-ipv6 fd00::1/129 fd00::2",
		 "IP prefix 'fd00::1/129': invalid '/bits' spec (129)"},
		{"ifconfig-ipv6 fd00::1/ fd00::2", "IP prefix 'fd00::1/': invalid '/bits' spec ()"},
		{"ifconfig-ipv6 fd00::1/64 x",
		 "ifconfig-ipv6 parms 'fd00::1/64' and 'x' must be valid addresses"},
		{"route-gateway foo", "route-gateway parm 'foo' must be a valid address"},
		{"route-ipv6-gateway foo", "route-ipv6-gateway parm 'foo' must be a valid address"},
		{"client-nat foo 1.2.3.0 255.255.255.0 1.2.4.0",
		 "client-nat: type must be 'snat' or 'dnat'"},
		{"client-nat snat 1.2.3.x 255.255.255.0 1.2.4.0",
		 "client-nat: bad network: 1.2.3.x"},
		{"lladdr zz", "lladdr parm 'zz' must be a MAC address"},
		{"lladdr 00:11:22:33:44:5", "lladdr parm '00:11:22:33:44:5' must be a MAC address"},
		{"ifconfig-pool 10.8.0.9 10.8.0.5",
		 "--ifconfig-pool start IP [10.8.0.9] is greater than end IP [10.8.0.5]"},
		{"ifconfig-pool 10.8.0.9 10.10.0.5",
		 "--ifconfig-pool address range is too large [10.8.0.9 -> 10.10.0.5].  Current maximum is 65536 addresses, as defined by IFCONFIG_POOL_MAX variable."},
		{"ifconfig-push-constraint a b",
		 "cannot parse --ifconfig-push-constraint addresses"},
		{"dhcp-option DNS foo", "dhcp-option parameter DNS 'foo' must be an IP address"},
		{"dhcp-option DOMAIN a/b", "--dhcp-option DOMAIN contains invalid characters"},
		{"dns server 200 address 1.1.1.1", "--dns server: invalid priority value '200'"},
		{"dns server 1 address 1.2.3.4.5",
		 "--dns server 1: malformed address or maximum exceeded '1.2.3.4.5'"},
		{"dns server 1 address 1.2.3.4:0",
		 "--dns server 1: malformed address or maximum exceeded '1.2.3.4:0'"},
		{"dns server 1 address [::1]:70000",
		 "--dns server 1: malformed address or maximum exceeded '[::1]:70000'"},
		{"dns server 1 address 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.9",
		 "--dns server 1: malformed address or maximum exceeded '1.1.1.9'"},
		{"dns server 1 foo",
		 "--dns: unknown option type 'server' or missing or unknown parameter"},
		{"dns server 1 foo x",
		 "--dns server 1: unknown option type 'foo' or missing or unknown parameter"},
		{"dns server 1 dnssec x", "--dns server 1: malformed dnssec value 'x'"},
		{"dns server 1 transport x", "--dns server 1: malformed transport value 'x'"},
		{"dns server 1 sni a/b", "--dns server 1: sni contains invalid characters"},
		{"dns server 1 resolve-domains a/b",
		 "--dns server 1: resolve-domains contain invalid characters"},
		{"dns search-domains a/b", "--dns search-domains contain invalid characters"},
	};

	(void)state;
	CHECK_REFUSALS(list);
}

static void protocols_and_ports__wrong__are_refused(void **state)
{
	static const struct refusal list[] = {
		{"remote h 99999", "Invalid port number: 99999"},
		{"remote h 0", "Invalid port number: 0"},
		{"lport 99999", "Invalid port number: 99999"},
		{"port -1", "Invalid port number: -1"},
		{"remote a 1194 foo", "remote: bad protocol associated with host a: 'foo'"},
		{"proto-force foo", "Bad --proto-force protocol: 'foo'"},
		{"proto sctp",
		 "Bad protocol: 'sctp'. Allowed protocols with --proto option: [udp] [tcp-server] [tcp-client] [tcp] [udp4] [tcp4-server] [tcp4-client] [tcp4] [udp6] [tcp6-server] [tcp6-client] [tcp6]"},
	};
	struct cfg_test t;

	(void)state;
	CHECK_REFUSALS(list);
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "local 1.2.3.4 1194 foo"), ERR_USAGE);
	assert_non_null(strstr(t.err.text, "Bad protocol: 'foo'. "));
	assert_int_equal(cfg_parse(&t, "proto proto-uninitialized"), ERR_USAGE);
	assert_int_equal(cfg_parse(&t, "lport 0\nport openvpn\nproto tcp6-client\n"), 0);
	assert_string_equal(t.cfg->ce.local_port, "openvpn");
	assert_false(t.cfg->ce.local_port_set);
	assert_string_equal(config_proto_name(t.cfg->ce.proto), "tcp6-client");
	cfg_test_end(&t);
}

static void fingerprints__formats__are_checked(void **state)
{
	static const struct refusal list[] = {
		{"peer-fingerprint 1F:D3",
		 "hash fingerprint is wrong length - expected 32 bytes, got 2: 1F:D3"},
		{"peer-fingerprint zz", "format error in hash fingerprint: zz"},
		{"peer-fingerprint 1F:D", "format error in hash fingerprint: 1F:D"},
		{"peer-fingerprint 1F-D3", "format error in hash fingerprint: 1F-D3"},
		{"verify-hash 1F:D3",
		 "hash fingerprint is wrong length - expected 20 bytes, got 2: 1F:D3"},
		{"verify-hash 1F:D3 MD5",
		 "invalid or unsupported hashing algorithm: MD5 (only SHA1 and SHA256 are supported)"},
	};
	static const char good[] =
		"<peer-fingerprint>\n# comment\n\n"
		"1F:D3:33:0F:7A:19:7C:C7:FE:C7:CE:DA:55:7C:A2:76:E5:98:E5:B8:59:F4:EE:4B:80:2A:31:51:B1:60:F4:F9\n"
		" 00:D3:33:0f:7A:19:7C:C7:FE:C7:CE:DA:55:7C:A2:76:E5:98:E5:B8:59:F4:EE:4B:80:2A:31:51:B1:60:F4:F9\r\n"
		"</peer-fingerprint>\n";
	struct cfg_test t;

	(void)state;
	CHECK_REFUSALS(list);
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, good), 0);
	assert_int_equal(t.cfg->tls.fingerprints.count, 2);
	assert_int_equal(t.cfg->tls.fingerprints.at[0].bytes[0], 0x1f);
	assert_int_equal(t.cfg->tls.fingerprints.at[0].bytes[31], 0xf9);
	assert_int_equal(cfg_parse(&t, "verify-hash 1F:D3\n"), ERR_OPTION);
	assert_non_null(
		strstr(t.err.text, "--verify-hash and --peer-fingerprint are mutually exclusive"));
	cfg_test_end(&t);
}

static void names_of_scripts__are_checked(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "up /nonexistent/up.sh\n"), ERR_USAGE);
	assert_true(cfg_noted(
		&t,
		"--up script fails with '/nonexistent/up.sh': No such file or directory (errno=2)"));
	assert_string_equal(t.err.text, "Options error: Please correct this error.");
	assert_int_equal(cfg_parse(&t, "up \" \"\n"), ERR_USAGE);
	assert_true(cfg_noted(&t, "--up script fails with ' ': No path to executable."));
	assert_int_equal(cfg_parse(&t, "up \"/bin/true a b\"\nup /bin/true\n"), 0);
	assert_string_equal(t.cfg->scripts.up, "/bin/true");
	assert_true(cfg_noted(
		&t,
		"Multiple --up scripts defined.  The previously configured script is overridden."));
	assert_int_equal(cfg_parse(&t, "ipchange /bin/true,a,b\n"), ERR_USAGE);
	cfg_test_end(&t);
}

static void no_ops__are_accepted(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(
		cfg_parse(&t, "persist-key\ntun-ipv6\nprng x\nfast-io\nmax-routes 5\nopt-verify\n"
			      "comp-noadapt\nhttp-proxy-retry\niproute /sbin/ip\nroute-method exe\n"
			      "use-prediction-resistance\n"),
		0);
	assert_true(cfg_noted(&t, "DEPRECATED OPTION: --fast-io option ignored."));
	assert_true(cfg_noted(&t, "NOTICE: --prng option ignored (SSL library PRNG is used)"));
	assert_true(cfg_noted(&t, "DEPRECATED OPTION: --max-routes option ignored."));
	assert_true(cfg_noted(&t, "DEPRECATED OPTION: http-proxy-retry option ignored."));
	cfg_test_end(&t);
}

static void lists__second_occurrence__replaces_or_adds(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "remote-cert-ku a0 88\nremote-cert-ku 80\n"
				       "providers a b\nproviders c\n"
				       "crl-verify d dir\ncrl-verify f\n"
				       "route 10.0.0.0\nroute 10.1.0.0 255.255.0.0 vpn_gateway 7\n"
				       "route-table 9\nroute 10.2.0.0 default default\n"
				       "ignore-unknown-option a b\n"),
			 0);
	assert_int_equal(t.cfg->tls.remote_cert_ku.count, 1);
	assert_int_equal(t.cfg->tls.remote_cert_ku.at[0], 0x80);
	assert_int_equal(t.cfg->crypto.providers.count, 1);
	assert_false(t.cfg->tls.crl_is_dir);
	assert_int_equal(t.cfg->routing.routes.count, 3);
	assert_null(t.cfg->routing.routes.at[0].netmask);
	assert_string_equal(t.cfg->routing.routes.at[1].metric, "7");
	assert_int_equal(t.cfg->routing.routes.at[1].table, 0);
	assert_int_equal(t.cfg->routing.routes.at[2].table, 9);
	assert_null(t.cfg->routing.routes.at[2].netmask);
	cfg_test_end(&t);
}

static void dns__servers__are_sorted_and_merged(void **state)
{
	struct cfg_test t;
	char text[ADDR_TEXT_MAX];

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "dns server 5 address 1.1.1.1:5353 2001:db8::1\n"
				       "dns server -128 address [2001:db8::2]:853\n"
				       "dns server 5 dnssec optional\ndns server 5 transport DoT\n"
				       "dns server 5 sni dns.example\n"
				       "dns server 5 resolve-domains a.b c_d\n"
				       "dns search-domains x y\ndns search-domains z\n"),
			 0);
	assert_int_equal(t.cfg->dns.servers.count, 2);
	assert_int_equal(t.cfg->dns.servers.at[0].priority, -128);
	assert_int_equal(t.cfg->dns.servers.at[0].addr[0].port, 853);
	assert_int_equal(t.cfg->dns.servers.at[1].addr_count, 2);
	assert_string_equal(
		ip_addr_format(&t.cfg->dns.servers.at[1].addr[1].ip, text, sizeof(text)),
		"2001:db8::1");
	assert_int_equal(t.cfg->dns.servers.at[1].dnssec, CONFIG_DNSSEC_OPTIONAL);
	assert_int_equal(t.cfg->dns.servers.at[1].transport, CONFIG_DNS_DOT);
	assert_int_equal(t.cfg->dns.servers.at[1].resolve_domains.count, 2);
	assert_int_equal(t.cfg->dns.search_domains.count, 3);
	/* a refused line leaves nothing behind */
	assert_int_equal(cfg_parse(&t, "dns server 7 transport x\n"), ERR_USAGE);
	assert_int_equal(t.cfg->dns.servers.count, 2);
	cfg_test_end(&t);
}

static void dhcp_option__dns_and_others__are_kept(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "dhcp-option DNS 10.8.0.1\ndhcp-option DNS6 fd00::1\n"
				       "dhcp-option DOMAIN example.net\ndhcp-option WINS 1.2.3.4\n"
				       "dhcp-option DISABLE-NBT\n"),
			 0);
	assert_int_equal(t.cfg->dhcp.dns4.count, 1);
	assert_int_equal(t.cfg->dhcp.dns6.count, 1);
	assert_string_equal(t.cfg->dhcp.domain, "example.net");
	assert_int_equal(t.cfg->dhcp.foreign.count, 5);
	assert_string_equal(t.cfg->dhcp.foreign.at[3], "dhcp-option WINS 1.2.3.4");
	cfg_test_end(&t);
}

static void setenv__special_names__have_effects(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(cfg_parse(&t, "setenv a 1\nsetenv b-c\nsetenv-safe d \"x y\"\n"
				       "setenv REMOTE_RANDOM_HOSTNAME\nsetenv PUSH_PEER_INFO\n"
				       "setenv SERVER_POLL_TIMEOUT 8\n"),
			 0);
	assert_int_equal(t.cfg->setenv.count, 3);
	assert_string_equal(t.cfg->setenv.at[1].name, "bc");
	assert_string_equal(t.cfg->setenv.at[1].value, "");
	assert_string_equal(t.cfg->setenv.at[2].name, "OPENVPN_d");
	assert_true(t.cfg->remote_random_hostname);
	assert_true(t.cfg->push_peer_info);
	assert_int_equal(t.cfg->ce.connect_timeout_sec, 8);
	cfg_test_end(&t);
}

static void per_client__values__are_stored(void **state)
{
	struct cfg_test t;

	(void)state;
	cfg_test_start(&t);
	assert_int_equal(
		config_parse_client_text(
			t.cfg,
			"ifconfig-push 10.8.0.9 255.255.255.0\niroute 192.168.7.0 255.255.255.0\n"
			"iroute 192.168.7.1 255.255.255.0\niroute-ipv6 fd01::/64\n"
			"data-ciphers aes-256-gcm:?FOO:DEFAULT\npush \"route 1.2.3.0\"\n"
			"ifconfig-ipv6-push fd00::9/64\n",
			&t.host, &t.report, &t.err),
		0);
	assert_int_equal(t.cfg->per_client.ifconfig_push_local.s_addr, inet_addr("10.8.0.9"));
	assert_int_equal(t.cfg->per_client.iroutes.count, 2);
	assert_true(cfg_noted(&t, "in --iroute 192.168.7.1 255.255.255.0 : Bad network/subnet"));
	assert_string_equal(t.cfg->crypto.data_ciphers,
			    "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305");
	assert_true(cfg_noted(
		&t,
		"second argument to --ifconfig-ipv6-push missing and no global --ifconfig-ipv6 address set"));
	cfg_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers__out_of_range__are_refused),
		cmocka_unit_test(numbers__strange_forms__follow_strtoll),
		cmocka_unit_test(words__unknown__are_refused),
		cmocka_unit_test(counts__wrong__are_unrecognised),
		cmocka_unit_test(addresses__malformed__are_refused),
		cmocka_unit_test(protocols_and_ports__wrong__are_refused),
		cmocka_unit_test(fingerprints__formats__are_checked),
		cmocka_unit_test(names_of_scripts__are_checked),
		cmocka_unit_test(no_ops__are_accepted),
		cmocka_unit_test(lists__second_occurrence__replaces_or_adds),
		cmocka_unit_test(dns__servers__are_sorted_and_merged),
		cmocka_unit_test(dhcp_option__dns_and_others__are_kept),
		cmocka_unit_test(setenv__special_names__have_effects),
		cmocka_unit_test(per_client__values__are_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
