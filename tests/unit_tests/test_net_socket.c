/* SPDX-License-Identifier: GPL-2.0-only */
#include "net_fixture.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket.h"

static union sock_addr endpoint(const char *text, uint16_t port)
{
	struct ip_addr a = ip(text);

	return sock_addr_make(&a, port);
}

static int open_udp(struct fixture *f, const struct socket_config *cfg)
{
	struct err err = {0};
	int fd;

	if (socket_udp_open(cfg, &f->log, &fd, &err) < 0)
		fail_msg("%s", err.text);
	return fd;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_int_equal(poll(&p, 1, 5000), 1);
}

static void udp__bound_pair__exchange(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET, .local = endpoint("127.0.0.1", 0)};
	int a = open_udp(f, &cfg), b = open_udp(f, &cfg);
	union sock_addr addr_a, addr_b, from;
	struct local_addr local;
	uint8_t buf[8];

	assert_true(fcntl(a, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(a, F_GETFD) & FD_CLOEXEC);
	socket_local_addr(a, &addr_a);
	socket_local_addr(b, &addr_b);
	assert_int_equal(socket_recv(b, buf, sizeof(buf), &from, NULL), ERR_AGAIN);
	assert_int_equal(socket_send(a, AF_INET, "hello", 5, &addr_b, NULL), 0);
	wait_for(b, POLLIN);
	assert_int_equal(socket_recv(b, buf, sizeof(buf), &from, &local), 5);
	assert_true(sock_addr_equal(&from, &addr_a));
	assert_int_equal(local.addr.sa.sa_family, AF_UNSPEC);
	assert_int_equal(local.ifindex, 0);
	assert_int_equal(socket_send(a, AF_INET, "too long for it", 15, &addr_b, NULL), 0);
	assert_int_equal(socket_send(a, AF_INET, "", 0, &addr_b, NULL), 0);
	wait_for(b, POLLIN);
	assert_int_equal(socket_recv(b, buf, sizeof(buf), &from, NULL), ERR_OVERFLOW);
	assert_int_equal(socket_recv(b, buf, sizeof(buf), &from, NULL), 0);
	close(a);
	close(b);
}

static void udp__bind_twice__known_text(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET, .local = endpoint("0.0.0.0", 1194)};
	struct err err = {0};
	int a = open_udp(f, &cfg), b;

	assert_int_equal(socket_udp_open(&cfg, &f->log, &b, &err), ERR_SYSTEM);
	assert_string_equal(err.text, "TCP/UDP: Socket bind failed on local address "
				      "[AF_INET][undef]:1194: Address already in use (errno=98)");
	assert_int_equal(b, -1);
	close(a);
}

static void udp__reuse_port__bind_twice(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {
		.family = AF_INET, .local = endpoint("0.0.0.0", 1194), .reuse_port = true};
	int a = open_udp(f, &cfg), b = open_udp(f, &cfg);

	close(a);
	close(b);
}

static void udp__dual_stack__ipv4_peer_unmapped_and_answered(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg6 = {
		.family = AF_INET6, .local = endpoint("::", 1194), .pktinfo = true};
	struct socket_config cfg4 = {.family = AF_INET, .local = endpoint("127.0.0.1", 0)};
	int server = open_udp(f, &cfg6), client = open_udp(f, &cfg4);
	union sock_addr to = endpoint("127.0.0.7", 1194), me, from;
	struct local_addr local;
	uint8_t buf[8];

	socket_local_addr(client, &me);
	assert_int_equal(socket_send(client, AF_INET, "x", 1, &to, NULL), 0);
	wait_for(server, POLLIN);
	assert_int_equal(socket_recv(server, buf, sizeof(buf), &from, &local), 1);
	assert_true(sock_addr_equal(&from, &me));
	assert_int_equal(local.addr.sa.sa_family, AF_INET);
	sock_addr_set_port(&local.addr, 1194);
	assert_true(sock_addr_equal(&local.addr, &to));
	assert_int_equal(local.ifindex, iface_index("lo"));

	assert_int_equal(socket_send(server, AF_INET6, "yy", 2, &from, &local), 0);
	wait_for(client, POLLIN);
	assert_int_equal(socket_recv(client, buf, sizeof(buf), &from, NULL), 2);
	assert_true(sock_addr_equal(&from, &to));
	assert_true(fixture_logged(f, "setsockopt(IPV6_V6ONLY=0)\n"));
	close(server);
	close(client);
}

static void udp__ipv6only__refuses_mapped(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg6 = {
		.family = AF_INET6, .local = endpoint("::", 1194), .ipv6only = true};
	struct socket_config cfg4 = {.family = AF_INET, .local = endpoint("0.0.0.0", 1194)};
	int a = open_udp(f, &cfg6), b = open_udp(f, &cfg4);

	assert_true(fixture_logged(f, "setsockopt(IPV6_V6ONLY=1)\n"));
	close(a);
	close(b);
}

static void udp__multihome4__replies_from_address_asked(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {
		.family = AF_INET, .local = endpoint("0.0.0.0", 1194), .pktinfo = true};
	struct socket_config any = {.family = AF_INET};
	int server = open_udp(f, &cfg), client = open_udp(f, &any);
	union sock_addr to = endpoint("127.0.0.9", 1194), from;
	struct local_addr local;
	uint8_t buf[8];

	assert_int_equal(socket_send(client, AF_INET, "x", 1, &to, NULL), 0);
	wait_for(server, POLLIN);
	assert_int_equal(socket_recv(server, buf, sizeof(buf), &from, &local), 1);
	assert_int_equal(socket_send(server, AF_INET, "y", 1, &from, &local), 0);
	wait_for(client, POLLIN);
	assert_int_equal(socket_recv(client, buf, sizeof(buf), &from, NULL), 1);
	assert_true(sock_addr_equal(&from, &to));
	close(server);
	close(client);
}

/* Nothing but the interface leads to the peer: without it there is no route. */
static void by_interface(struct fixture *f, const char *bound, const char *from, const char *peer,
			 int without)
{
	union sock_addr wildcard = endpoint(bound, 1194), to = endpoint(peer, 1194);
	struct socket_config cfg = {
		.family = wildcard.sa.sa_family, .local = wildcard, .pktinfo = true};
	struct local_addr local = {.addr = endpoint(from, 0)};
	int fd = open_udp(f, &cfg);

	errno = 0;
	assert_int_equal(socket_send(fd, cfg.family, "x", 1, &to, &local), ERR_SYSTEM);
	assert_int_equal(errno, without);
	local.ifindex = f->eth.ifindex;
	assert_int_equal(socket_send(fd, cfg.family, "x", 1, &to, &local), 0);
	close(fd);
}

static void udp__interface_of_arrival__is_answered_by(void **state)
{
	FIXTURE(f, state);
	by_interface(f, "0.0.0.0", "192.0.2.2", "198.51.100.9", ENETUNREACH);
	by_interface(f, "::", "192.0.2.2", "198.51.100.9", ENETUNREACH);
}

/* A link-local address of ours belongs to an interface, whatever the peer's address is. */
static void udp__link_local_address_asked__answered_from_it(void **state)
{
	FIXTURE(f, state);
	fixture_addr(f, f->eth.ifindex, "fe80::2", 64);
	by_interface(f, "::", "fe80::2", "2001:db8::9", EINVAL);
}

static void udp__options__set_on_socket(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET,
				    .mark = 77,
				    .sndbuf = 50000,
				    .rcvbuf = 60000,
				    .bind_dev = "lo",
				    .mtu_disc = SOCKET_MTU_DISC_DONT};
	int fd = open_udp(f, &cfg), value;
	char dev[16];
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MARK, &value, &len), 0);
	assert_int_equal(value, 77);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
	assert_int_equal(value, 120000);
	assert_int_equal(getsockopt(fd, SOL_IP, IP_MTU_DISCOVER, &value, &len), 0);
	assert_int_equal(value, IP_PMTUDISC_DONT);
	len = sizeof(dev);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, &len), 0);
	assert_string_equal(dev, "lo");
	assert_true(fixture_logged(f, "->120000] S=["));
	assert_int_equal(socket_set_tos(fd, 0x10), 0);
	len = sizeof(value);
	assert_int_equal(getsockopt(fd, SOL_IP, IP_TOS, &value, &len), 0);
	assert_int_equal(value, 0x10);
	close(fd);
}

static void udp__bad_device__only_warns(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET, .bind_dev = "nope9"};
	int fd = open_udp(f, &cfg);

	assert_true(fixture_logged(f, "WARN: setsockopt SO_BINDTODEVICE=nope9 failed"));
	close(fd);
}

static void errors__too_long_for_path__mtu_told(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET, .mtu_disc = SOCKET_MTU_DISC_DO};
	static const uint8_t big[1450];
	union sock_addr to = endpoint("192.0.2.9", 1194);
	struct socket_errors errors;
	char text[200];
	int fd = open_udp(f, &cfg);

	assert_int_equal(iface_set_mtu(f->nl, f->eth.ifindex, 1400, NULL), 0);
	assert_int_equal(socket_send(fd, AF_INET, big, sizeof(big), &to, NULL), ERR_SYSTEM);
	assert_int_equal(errno, EMSGSIZE);
	socket_errors_drain(fd, &errors);
	assert_int_equal(errors.count, 1);
	assert_int_equal(errors.path_mtu, 1400);
	socket_error_format(text, sizeof(text), "write", "UDPv4", &errors, 5, EMSGSIZE);
	assert_string_equal(
		text, "write UDPv4 [EMSGSIZE Path-MTU=1400]: Message too long (fd=5,code=90)");
	socket_errors_drain(fd, &errors);
	assert_int_equal(errors.count, 0);
	socket_error_format(text, sizeof(text), "read", "UDPv6", &errors, 5, ECONNREFUSED);
	assert_string_equal(text, "read UDPv6: Connection refused (fd=5,code=111)");
	close(fd);
}

static void errors__two_refused__joined(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET};
	union sock_addr to = endpoint("127.0.0.1", 9);
	struct socket_errors errors;
	int fd = open_udp(f, &cfg);

	assert_int_equal(socket_send(fd, AF_INET, "a", 1, &to, NULL), 0);
	wait_for(fd, POLLERR);
	/* The pending error is reported by the next call, which then sends nothing. */
	assert_int_equal(socket_send(fd, AF_INET, "b", 1, &to, NULL), ERR_SYSTEM);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(socket_send(fd, AF_INET, "b", 1, &to, NULL), 0);
	socket_errors_drain(fd, &errors);
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.text, "ECONNREFUSED|ECONNREFUSED");
	assert_int_equal(errors.path_mtu, 0);
	close(fd);
}

static void tcp__listen_connect_accept__established(void **state)
{
	FIXTURE(f, state);
	struct socket_config cfg = {.family = AF_INET6, .local = endpoint("::", 1194)};
	struct socket_config any = {.family = AF_INET};
	union sock_addr to = endpoint("127.0.0.1", 1194), remote;
	struct err err = {0};
	int l, c, s, value;
	socklen_t len = sizeof(value);

	assert_int_equal(socket_tcp_listen(&cfg, &f->log, &l, &err), 0);
	assert_true(fixture_logged(
		f, "Listening for incoming TCP connection on [AF_INET6][undef]:1194\n"));
	assert_int_equal(socket_tcp_accept(l, &cfg, &f->log, &s, &remote, &err), ERR_AGAIN);
	assert_int_equal(socket_tcp_connect(&any, &to, &f->log, &c, &err), 0);
	wait_for(c, POLLOUT);
	assert_int_equal(socket_tcp_connected(c, &to, &f->log, &err), 0);
	assert_true(fixture_logged(
		f, "Attempting to establish TCP connection with [AF_INET]127.0.0.1:1194\n"
		   "TCP connection established with [AF_INET]127.0.0.1:1194\n"));
	wait_for(l, POLLIN);
	assert_int_equal(socket_tcp_accept(l, &cfg, &f->log, &s, &remote, &err), 0);
	assert_int_equal(remote.sa.sa_family, AF_INET);
	assert_int_equal(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	assert_true(value);
	assert_int_equal(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	assert_true(value);
	assert_true(fcntl(s, F_GETFL) & O_NONBLOCK);
	close(l);
	close(c);
	close(s);
}

static void tcp__refused__known_text(void **state)
{
	FIXTURE(f, state);
	struct socket_config any = {.family = AF_INET};
	union sock_addr to = endpoint("127.0.0.1", 9);
	struct err err = {0};
	int c;

	assert_int_equal(socket_tcp_connect(&any, &to, &f->log, &c, &err), 0);
	wait_for(c, POLLOUT);
	assert_int_equal(socket_tcp_connected(c, &to, &f->log, &err), ERR_SYSTEM);
	assert_string_equal(err.text,
			    "TCP: connect to [AF_INET]127.0.0.1:9 failed: Connection refused");
	close(c);
}

static void tcp__no_route__fails_at_once(void **state)
{
	FIXTURE(f, state);
	struct socket_config any = {.family = AF_INET};
	union sock_addr to = endpoint("203.0.113.1", 1194);
	struct err err = {0};
	int c;

	assert_int_equal(socket_tcp_connect(&any, &to, &f->log, &c, &err), ERR_SYSTEM);
	assert_string_equal(
		err.text,
		"TCP: connect to [AF_INET]203.0.113.1:1194 failed: Network is unreachable");
	assert_int_equal(c, -1);
}

static void tcp__nobody_answers__in_progress(void **state)
{
	FIXTURE(f, state);
	struct socket_config any = {.family = AF_INET};
	union sock_addr to = endpoint("192.0.2.99", 1194);
	struct err err = {0};
	int c;

	assert_int_equal(socket_tcp_connect(&any, &to, &f->log, &c, &err), 0);
	assert_int_equal(socket_tcp_connected(c, &to, &f->log, &err), ERR_AGAIN);
	close(c);
}

static void proto_name__all__as_in_logs(void **state UNUSED)
{
	assert_string_equal(socket_proto_name(SOCKET_UDP, AF_INET), "UDPv4");
	assert_string_equal(socket_proto_name(SOCKET_UDP, AF_INET6), "UDPv6");
	assert_string_equal(socket_proto_name(SOCKET_TCP_CLIENT, AF_INET), "TCPv4_CLIENT");
	assert_string_equal(socket_proto_name(SOCKET_TCP_SERVER, AF_INET6), "TCPv6_SERVER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(udp__bound_pair__exchange),
		NETNS_TEST(udp__bind_twice__known_text),
		NETNS_TEST(udp__reuse_port__bind_twice),
		NETNS_TEST(udp__dual_stack__ipv4_peer_unmapped_and_answered),
		NETNS_TEST(udp__ipv6only__refuses_mapped),
		NETNS_TEST(udp__multihome4__replies_from_address_asked),
		NETNS_TEST(udp__interface_of_arrival__is_answered_by),
		NETNS_TEST(udp__link_local_address_asked__answered_from_it),
		NETNS_TEST(udp__options__set_on_socket),
		NETNS_TEST(udp__bad_device__only_warns),
		NETNS_TEST(errors__too_long_for_path__mtu_told),
		NETNS_TEST(errors__two_refused__joined),
		NETNS_TEST(tcp__listen_connect_accept__established),
		NETNS_TEST(tcp__refused__known_text),
		NETNS_TEST(tcp__no_route__fails_at_once),
		NETNS_TEST(tcp__nobody_answers__in_progress),
		cmocka_unit_test(proto_name__all__as_in_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
