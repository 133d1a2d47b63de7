/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <time.h>

#include "daemon/status_server.h"

static struct status_server example(unsigned int version)
{
	static struct status_server_client clients[] = {
		{.cn = "client1",
		 .user = "",
		 .real = "udp4:192.0.2.1:5000",
		 .rx_bytes = 1234,
		 .tx_bytes = 99999999999,
		 .since_unix_sec = 1000000000,
		 .cid = 0,
		 .peer_id = 0,
		 .cipher = "AES-256-GCM"},
		{.real = "udp4:192.0.2.2:5000",
		 .since_unix_sec = 1000000001,
		 .user = "a,b\tc\n",
		 .cid = 7,
		 .peer_id = 0xffffff,
		 .cipher = "BF-CBC"},
	};
	static const struct status_server_route routes[] = {
		{"10.8.0.2", "client1", "udp4:192.0.2.1:5000", 1000000100},
		{"10.9.0.5C", "client1", "udp4:192.0.2.1:5000", 1000000100},
	};

	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(ip_addr_parse("10.8.0.2", &clients[0].ip4), 0);
	return (struct status_server){.version = version,
				      .title = "OpenVPN 2.7.0, x",
				      .now_unix_sec = 1000000200,
				      .clients = clients,
				      .n_clients = 2,
				      .routes = routes,
				      .n_routes = 2,
				      .queue_max = 3,
				      .dco_enabled = true};
}

static void check(unsigned int version, const char *want)
{
	struct status_server s = example(version);
	struct str out = str_init();

	status_server_format(&out, &s);
	assert_string_equal(str_text(&out), want);
	str_fini(&out);
}

static void version1__all_sections(void **state)
{
	(void)state;
	check(1, "OpenVPN CLIENT LIST\nUpdated,2001-09-09 01:50:00\n"
		 "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since\n"
		 "client1,udp4:192.0.2.1:5000,1234,99999999999,2001-09-09 01:46:40\n"
		 "UNDEF,udp4:192.0.2.2:5000,0,0,2001-09-09 01:46:41\n"
		 "ROUTING TABLE\nVirtual Address,Common Name,Real Address,Last Ref\n"
		 "10.8.0.2,client1,udp4:192.0.2.1:5000,2001-09-09 01:48:20\n"
		 "10.9.0.5C,client1,udp4:192.0.2.1:5000,2001-09-09 01:48:20\n"
		 "GLOBAL STATS\nMax bcast/mcast queue length,3\nEND\n");
}

static void version2__columns_and_escapes(void **state)
{
	(void)state;
	check(2, "TITLE,OpenVPN 2.7.0_ x\nTIME,2001-09-09 01:50:00,1000000200\n"
		 "HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 "
		 "Address,Bytes Received,Bytes Sent,Connected Since,Connected Since "
		 "(time_t),Username,Client ID,Peer ID,Data Channel Cipher\n"
		 "CLIENT_LIST,client1,udp4:192.0.2.1:5000,10.8.0.2,,1234,99999999999,2001-09-09 "
		 "01:46:40,1000000000,UNDEF,0,0,AES-256-GCM\n"
		 "CLIENT_LIST,UNDEF,udp4:192.0.2.2:5000,,,0,0,2001-09-09 "
		 "01:46:41,1000000001,a_b_c_,7,16777215,BF-CBC\n"
		 "HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref "
		 "(time_t)\n"
		 "ROUTING_TABLE,10.8.0.2,client1,udp4:192.0.2.1:5000,2001-09-09 "
		 "01:48:20,1000000100\n"
		 "ROUTING_TABLE,10.9.0.5C,client1,udp4:192.0.2.1:5000,2001-09-09 "
		 "01:48:20,1000000100\n"
		 "GLOBAL_STATS,Max bcast/mcast queue length,3\nGLOBAL_STATS,dco_enabled,1\nEND\n");
}

/* Version 3 is version 2 with tabs; commas inside values are no separators then. */
static void version3__tabs(void **state)
{
	struct status_server s = example(3);
	struct str out = str_init();

	(void)state;
	status_server_format(&out, &s);
	assert_non_null(strstr(str_text(&out), "TITLE\tOpenVPN 2.7.0, x\nTIME\t"));
	assert_non_null(strstr(str_text(&out), "\tReal Address\tVirtual Address\t"));
	assert_non_null(strstr(str_text(&out), "\ta,b_c_\t7\t16777215\tBF-CBC\n"));
	assert_non_null(strstr(str_text(&out), "GLOBAL_STATS\tdco_enabled\t1\nEND\n"));
	str_fini(&out);
}

static void check_real(const char *ip, bool tcp, sa_family_t family, const char *want)
{
	struct ip_addr a;
	union sock_addr addr;
	char text[128];

	assert_int_equal(ip_addr_parse(ip, &a), 0);
	addr = sock_addr_make(&a, 1194);
	assert_string_equal(server_real_address(&addr, tcp, family, text, sizeof(text)), want);
}

static void real_address__names_the_socket(void **state)
{
	(void)state;
	check_real("192.0.2.1", false, AF_INET, "udp4:192.0.2.1:1194");
	check_real("192.0.2.1", false, AF_INET6, "udp6:192.0.2.1:1194");
	check_real("2001:db8::1", false, AF_INET6, "udp6:[2001:db8::1]:1194");
	check_real("192.0.2.1", true, AF_INET, "tcp4-server:192.0.2.1:1194");
	check_real("2001:db8::1", true, AF_INET6, "tcp6-server:[2001:db8::1]:1194");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version1__all_sections),
		cmocka_unit_test(version2__columns_and_escapes),
		cmocka_unit_test(version3__tabs),
		cmocka_unit_test(real_address__names_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
