/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/port_share.h"

enum {
	PATIENCE_MS = 10000,
	LARGE = 3000000,
};

/* ---- whose connection it is ---- */

static bool looks(const char *hex)
{
	uint8_t bytes[8];
	size_t len = unhex(bytes, sizeof(bytes), hex);

	return port_share_is_vpn(bytes, len);
}

static void look__fewer_than_two_bytes__is_vpn(void **state)
{
	(void)state;
	assert_true(port_share_is_vpn(NULL, 0));
	assert_true(looks("47"));
	assert_true(looks("00"));
}

static void look__two_bytes__length_decides(void **state)
{
	(void)state;
	assert_false(looks("000d"));
	assert_true(looks("000e"));
	assert_true(looks("00ff"));
	assert_false(looks("0100"));
	assert_false(looks("4745"));
}

static void look__three_bytes__opcode_and_its_lengths(void **state)
{
	(void)state;
	assert_true(looks("000e38"));
	assert_true(looks("00ff38"));
	assert_false(looks("000d38"));
	assert_false(looks("010038"));
	assert_true(looks("015050"));
	assert_true(looks("04fe50"));
	assert_false(looks("014f50"));
	assert_false(looks("04ff50"));
	assert_false(looks("000e39"));
	assert_false(looks("000e40"));
	assert_false(looks("001450"));
	assert_false(looks("160301"));
	assert_false(looks("474554"));
}

static void look__more_bytes__only_three_count(void **state)
{
	(void)state;
	assert_true(looks("000e38ffffffff"));
	assert_false(looks("47455420"));
}

/* ---- forwarding ---- */

struct net {
	struct port_share *share;
	int listener;
	char dir[32];
	int client;	      /* our end of the client's connection */
	int server;	      /* the other server's end */
	union sock_addr seen; /* whence the other server sees it */
	union sock_addr client_addr;
};

static int listen_at(sa_family_t family, union sock_addr *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memset(at, 0, sizeof(*at));
	at->sa.sa_family = family;
	if (family == AF_INET)
		at->in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		at->in6.sin6_addr = in6addr_loopback;
	assert_int_equal(bind(fd, &at->sa, sock_addr_len(at)), 0);
	assert_int_equal(listen(fd, 100), 0);
	assert_int_equal(getsockname(fd, &at->sa, &len), 0);
	return fd;
}

static void start_share(struct net *n, sa_family_t family, bool with_dir)
{
	struct port_share_config cfg = {0};
	struct log log = {0};
	struct err err = {0};

	memset(n, 0, sizeof(*n));
	strcpy(n->dir, "/tmp/port-share.XXXXXX");
	assert_non_null(mkdtemp(n->dir));
	n->listener = listen_at(family, &cfg.server);
	cfg.dir = with_dir ? n->dir : NULL;
	assert_int_equal(port_share_new(&cfg, &log, &n->share, &err), 0);
	n->client = n->server = -1;
}

static bool ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, PATIENCE_MS) == 1;
}

/* A connection from a client, which was accepted and is handed over. */
static void hand_over(struct net *n)
{
	union sock_addr at, from;
	socklen_t len = sizeof(from);
	int vpn = listen_at(AF_INET, &at), fd;

	n->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(n->client, &at.sa, sock_addr_len(&at)), 0);
	fd = accept(vpn, &from.sa, &len);
	assert_true(fd >= 0);
	close(vpn);
	n->client_addr = from;
	port_share_take(n->share, fd, &from);
}

static void connect_through(struct net *n)
{
	socklen_t len = sizeof(n->seen);

	hand_over(n);
	assert_true(ready(n->listener, POLLIN));
	n->server = accept(n->listener, &n->seen.sa, &len);
	assert_true(n->server >= 0);
}

static void stop(struct net *n)
{
	port_share_free(n->share);
	close(n->listener);
	if (n->client >= 0)
		close(n->client);
	if (n->server >= 0)
		close(n->server);
	assert_int_equal(rmdir(n->dir), 0); /* nothing is left in it */
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void hear(int fd, const char *want)
{
	char got[64] = "";
	size_t len = 0;

	while (len < strlen(want)) {
		assert_true(ready(fd, POLLIN));
		ssize_t n = recv(fd, got + len, sizeof(got) - 1 - len, 0);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_string_equal(got, want);
}

static void hear_end(int fd)
{
	char byte;

	assert_true(ready(fd, POLLIN));
	assert_true(recv(fd, &byte, 1, 0) <= 0);
}

static void forward__both_directions__bytes_arrive(void **state)
{
	struct net n;

	(void)state;
	start_share(&n, AF_INET, false);
	connect_through(&n);
	say(n.client, "GET /");
	hear(n.server, "GET /");
	say(n.server, "200");
	hear(n.client, "200");
	say(n.client, "more");
	hear(n.server, "more");
	stop(&n);
}

static void forward__server_on_ipv6__bytes_arrive(void **state)
{
	struct net n;
	int probe = socket(AF_INET6, SOCK_STREAM, 0);

	(void)state;
	if (probe < 0)
		skip();
	close(probe);
	start_share(&n, AF_INET6, false);
	connect_through(&n);
	say(n.client, "hello");
	hear(n.server, "hello");
	stop(&n);
}

static void forward__client_ends_its_side__answer_still_comes(void **state)
{
	struct net n;

	(void)state;
	start_share(&n, AF_INET, false);
	connect_through(&n);
	say(n.client, "question");
	assert_int_equal(shutdown(n.client, SHUT_WR), 0);
	hear(n.server, "question");
	hear_end(n.server);
	say(n.server, "answer");
	close(n.server);
	n.server = -1;
	hear(n.client, "answer");
	hear_end(n.client);
	stop(&n);
}

static void forward__server_closes_with_data_waiting__all_of_it_arrives(void **state)
{
	static uint8_t out[LARGE], got[65536];
	struct net n;
	size_t sent = 0, len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 >> 3);
	start_share(&n, AF_INET, false);
	connect_through(&n);
	assert_int_equal(fcntl(n.server, F_SETFL, O_NONBLOCK), 0);
	/* the client reads nothing until no buffer on the way takes more */
	while (sent < sizeof(out)) {
		struct pollfd p = {.fd = n.server, .events = POLLOUT};
		ssize_t k = send(n.server, out + sent, sizeof(out) - sent, MSG_NOSIGNAL);

		if (k < 0 && poll(&p, 1, 300) == 0)
			break;
		sent += k > 0 ? (size_t)k : 0;
	}
	close(n.server);
	n.server = -1;
	for (;;) {
		ssize_t k;

		assert_true(ready(n.client, POLLIN));
		k = recv(n.client, got, sizeof(got), 0);
		if (k <= 0)
			break;
		assert_true(len + (size_t)k <= sent);
		assert_memory_equal(got, out + len, (size_t)k);
		len += (size_t)k;
	}
	assert_int_equal(len, sent);
	stop(&n);
}

static void forward__one_end_vanishes__other_is_closed(void **state)
{
	struct linger hard = {.l_onoff = 1};
	struct net n;

	(void)state;
	start_share(&n, AF_INET, false);
	connect_through(&n);
	say(n.client, "x");
	hear(n.server, "x");
	assert_int_equal(setsockopt(n.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	close(n.client);
	n.client = -1;
	hear_end(n.server);
	close(n.server);
	connect_through(&n);
	assert_int_equal(setsockopt(n.server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	close(n.server);
	n.server = -1;
	hear_end(n.client);
	stop(&n);
}

static void forward__no_server__client_is_closed(void **state)
{
	struct net n;

	(void)state;
	start_share(&n, AF_INET, false);
	close(n.listener);
	hand_over(&n);
	hear_end(n.client);
	stop(&n);
}

static void forward__ended__connections_are_closed(void **state)
{
	struct net n;

	(void)state;
	start_share(&n, AF_INET, true);
	connect_through(&n);
	say(n.client, "x");
	hear(n.server, "x");
	port_share_free(n.share);
	n.share = NULL;
	hear_end(n.client);
	hear_end(n.server);
	stop(&n);
}

/* ---- the directory ---- */

static void dir__one_file_per_connection__tells_the_client(void **state)
{
	char path[256], text[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX], name[ADDR_TEXT_MAX];
	struct net n;
	ssize_t len;
	int fd;

	(void)state;
	start_share(&n, AF_INET, true);
	connect_through(&n);
	say(n.client, "x");
	hear(n.server, "x"); /* the file is there before the first byte */
	snprintf(path, sizeof(path), "%s/%s", n.dir, sock_addr_format(&n.seen, name, sizeof(name)));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(len > 0);
	text[len] = 0;
	assert_string_equal(text, sock_addr_format(&n.client_addr, want, sizeof(want)));
	close(n.client);
	n.client = -1;
	hear_end(n.server);
	stop(&n); /* finds the directory empty */
}

static void dir__missing__refused_with_its_name(void **state)
{
	struct port_share_config cfg = {.dir = "/nonexistent/dir"};
	struct port_share *share;
	struct log log = {0};
	struct err err = {0};

	(void)state;
	cfg.server.in4.sin_family = AF_INET;
	assert_true(port_share_new(&cfg, &log, &share, &err) < 0);
	assert_non_null(strstr(err.text, "--port-share: directory /nonexistent/dir"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(look__fewer_than_two_bytes__is_vpn),
		cmocka_unit_test(look__two_bytes__length_decides),
		cmocka_unit_test(look__three_bytes__opcode_and_its_lengths),
		cmocka_unit_test(look__more_bytes__only_three_count),
		cmocka_unit_test(forward__both_directions__bytes_arrive),
		cmocka_unit_test(forward__server_on_ipv6__bytes_arrive),
		cmocka_unit_test(forward__client_ends_its_side__answer_still_comes),
		cmocka_unit_test(forward__server_closes_with_data_waiting__all_of_it_arrives),
		cmocka_unit_test(forward__one_end_vanishes__other_is_closed),
		cmocka_unit_test(forward__no_server__client_is_closed),
		cmocka_unit_test(forward__ended__connections_are_closed),
		cmocka_unit_test(dir__one_file_per_connection__tells_the_client),
		cmocka_unit_test(dir__missing__refused_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
