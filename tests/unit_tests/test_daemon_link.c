/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/link.h"

/* Packets that arrived, as text: "[0x38 len 14]" and so on. */
struct seen {
	char text[512];
	struct link *link;
	bool free_on_packet;
	struct local_addr local; /* of the last */
};

static void on_packet(void *ctx, const union sock_addr *from, const struct local_addr *local,
		      const uint8_t *bytes, size_t len)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	(void)from;
	s->local = *local;
	snprintf(s->text + at, sizeof(s->text) - at, "[%02x %zu]", bytes[0], len);
	if (s->free_on_packet) {
		link_free(s->link);
		s->link = NULL;
	}
}

static void on_connected(void *ctx, int err)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	snprintf(s->text + at, sizeof(s->text) - at, "[connected %d]", err);
}

static void on_closed(void *ctx, int err, uint32_t bad_length)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);

	snprintf(s->text + at, sizeof(s->text) - at, "[closed %d %u]", err, bad_length);
}

static const struct link_callbacks callbacks = {
	.packet = on_packet, .connected = on_connected, .closed = on_closed};

struct fixture {
	uv_loop_t loop;
	struct log log;
	struct seen seen;
	int peer;
};

static void spin(struct fixture *f)
{
	for (int i = 0; i < 5; i++)
		uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void start(struct fixture *f, enum dco_transport_proto proto)
{
	int fds[2];
	struct link_config cfg = {.proto = proto, .record_max_bytes = 1768};

	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, proto == DCO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0, fds),
			 0);
	f->peer = fds[1];
	cfg.fd = fds[0];
	f->seen.link = link_new(&f->loop, &cfg, &callbacks, &f->seen, &f->log);
	assert_non_null(f->seen.link);
}

static void finish(struct fixture *f)
{
	link_free(f->seen.link);
	close(f->peer);
	spin(f);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void put(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(write(f->peer, bytes, len), len);
	spin(f);
}

/* A01-2 */
static void tcp__byte_by_byte_and_two_in_one__all_arrive(void **state)
{
	static const uint8_t one[] = {0, 3, 0x38, 1, 2};
	static const uint8_t two[] = {0, 1, 0x28, 0, 2, 0x20, 7};
	struct fixture f;

	(void)state;
	start(&f, DCO_TCP);
	for (size_t i = 0; i < sizeof(one); i++)
		put(&f, one + i, 1);
	put(&f, two, sizeof(two));
	assert_string_equal(f.seen.text, "[38 3][28 1][20 2]");
	finish(&f);
}

/* A01-3 */
static void tcp__bad_lengths__close_the_stream(void **state)
{
	static const uint8_t zero[] = {0, 0, 1}, longest[] = {1768 >> 8, 1768 & 255, 0x20};
	static const uint8_t too_long[] = {1769 >> 8, 1769 & 255, 0x20};
	struct fixture f;

	(void)state;
	start(&f, DCO_TCP);
	put(&f, zero, sizeof(zero));
	assert_string_equal(f.seen.text, "[closed -1 0]");
	finish(&f);
	start(&f, DCO_TCP);
	put(&f, longest, sizeof(longest));
	assert_string_equal(f.seen.text, "");
	finish(&f);
	start(&f, DCO_TCP);
	put(&f, too_long, sizeof(too_long));
	assert_string_equal(f.seen.text, "[closed -1 1769]");
	finish(&f);
}

/* The data plane takes them from the socket. */
static void tcp__data_when_it_is_held__stays_with_what_follows(void **state)
{
	static const uint8_t early[] = {0, 5, 0x48, 0, 0, 0, 9, 0, 2, 0x28, 3};
	static const uint8_t bytes[] = {0, 2, 0x38, 1, 0, 5, 0x48, 0, 0, 0, 1, 0, 2, 0x20, 7};
	uint8_t rest[32];
	struct fixture f;

	(void)state;
	start(&f, DCO_TCP);
	put(&f, early, sizeof(early)); /* nobody needs this data, but the packet behind it */
	assert_string_equal(f.seen.text, "[28 2]");
	link_hold_data(f.seen.link);
	f.seen.text[0] = '\0';
	put(&f, bytes, sizeof(bytes));
	put(&f, bytes, 4);
	assert_string_equal(f.seen.text, "[38 2]");
	assert_int_equal(recv(link_fd(f.seen.link), rest, sizeof(rest), MSG_PEEK | MSG_DONTWAIT),
			 sizeof(bytes) - 4 + 4);
	assert_memory_equal(rest, bytes + 4, sizeof(bytes) - 4);
	assert_int_equal(shutdown(f.peer, SHUT_RDWR), 0);
	spin(&f);
	assert_string_equal(f.seen.text, "[38 2][closed 0 0]");
	finish(&f);
}

static void tcp__end_of_file__is_reported_once(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, DCO_TCP);
	assert_int_equal(shutdown(f.peer, SHUT_WR), 0);
	spin(&f);
	spin(&f);
	assert_string_equal(f.seen.text, "[closed 0 0]");
	finish(&f);
}

/* A01-4 */
static void tcp__full_socket__records_stay_whole_and_in_order(void **state)
{
	enum {
		RECORDS = 200,
		LEN = 1200
	};
	uint8_t record[LEN], back[2 + LEN];
	struct fixture f;
	int size = 4096;

	(void)state;
	start(&f, DCO_TCP);
	assert_int_equal(
		setsockopt(link_fd(f.seen.link), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (int i = 0; i < RECORDS; i++) {
		memset(record, i, sizeof(record));
		assert_int_equal(link_send(f.seen.link, NULL, NULL, record, sizeof(record)), 0);
	}
	for (int i = 0; i < RECORDS; i++) {
		for (size_t got = 0; got < sizeof(back);) {
			ssize_t n = recv(f.peer, back + got, sizeof(back) - got, MSG_DONTWAIT);

			if (n > 0)
				got += (size_t)n;
			else
				spin(&f);
		}
		assert_int_equal(back[0] << 8 | back[1], LEN);
		assert_int_equal(back[2], i & 255);
		assert_int_equal(back[LEN + 1], i & 255);
	}
	finish(&f);
}

static void tcp__queue_full__refuses_whole_records(void **state)
{
	uint8_t record[1200] = {0};
	struct fixture f;
	int ret = 0;

	(void)state;
	start(&f, DCO_TCP);
	for (int i = 0; i < 1000 && ret == 0; i++)
		ret = link_send(f.seen.link, NULL, NULL, record, sizeof(record));
	assert_int_equal(ret, ERR_AGAIN);
	finish(&f);
}

static void udp__data_packets_and_empty_ones__are_dropped(void **state)
{
	static const uint8_t data1[] = {0x30, 1}, data2[] = {0x48, 1, 2, 3}, control[] = {0x40, 1};
	struct fixture f;

	(void)state;
	start(&f, DCO_UDP);
	put(&f, data1, sizeof(data1));
	put(&f, data2, sizeof(data2));
	put(&f, "", 0);
	put(&f, control, sizeof(control));
	assert_string_equal(f.seen.text, "[40 2]");
	assert_int_equal(link_counters(f.seen.link).rx_bytes, 2);
	finish(&f);
}

static int loopback_socket(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

/* The peer's machine refuses a packet, and later somebody listens there. */
static void udp__refused__packets_still_arrive(void **state)
{
	struct sockaddr_in ours = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in peer = ours;
	struct link_config cfg = {.proto = DCO_UDP};
	struct fixture f = {0};
	int on = 1;

	(void)state;
	assert_int_equal(uv_loop_init(&f.loop), 0);
	cfg.fd = loopback_socket(&ours);
	assert_int_equal(setsockopt(cfg.fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
	close(loopback_socket(&peer));
	cfg.remote.in4 = peer;
	f.seen.link = link_new(&f.loop, &cfg, &callbacks, &f.seen, &f.log);
	assert_non_null(f.seen.link);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			link_send(f.seen.link, &cfg.remote, NULL, (const uint8_t *)"\70", 1), 0);
		spin(&f);
	}
	f.peer = loopback_socket(&peer);
	assert_int_equal(sendto(f.peer, "\100\1", 2, 0, (struct sockaddr *)&ours, sizeof(ours)), 2);
	spin(&f);
	assert_string_equal(f.seen.text, "[40 2]");
	finish(&f);
}

/* --multihome: a wildcard socket answers from the address that was asked, by @ifindex. */
static void answers(bool same_interface, int ifindex)
{
	struct sockaddr_in ours = {.sin_family = AF_INET}, from;
	struct sockaddr_in peer = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct link_config cfg = {.proto = DCO_UDP, .same_interface = same_interface};
	struct fixture f = {0};
	socklen_t len = sizeof(ours);
	uint8_t got[8];
	int on = 1;

	assert_int_equal(uv_loop_init(&f.loop), 0);
	cfg.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(cfg.fd, (struct sockaddr *)&ours, sizeof(ours)), 0);
	assert_int_equal(getsockname(cfg.fd, (struct sockaddr *)&ours, &len), 0);
	assert_int_equal(setsockopt(cfg.fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), 0);
	f.peer = loopback_socket(&peer);
	cfg.remote.in4 = peer;
	f.seen.link = link_new(&f.loop, &cfg, &callbacks, &f.seen, &f.log);
	assert_non_null(f.seen.link);
	ours.sin_addr.s_addr = htonl(0x7f000002);
	assert_int_equal(sendto(f.peer, "\100\1", 2, 0, (struct sockaddr *)&ours, sizeof(ours)), 2);
	spin(&f);
	assert_string_equal(f.seen.text, "[40 2]");
	assert_int_equal(f.seen.local.addr.in4.sin_family, AF_INET);
	assert_int_equal(f.seen.local.addr.in4.sin_addr.s_addr, ours.sin_addr.s_addr);
	assert_int_equal(f.seen.local.ifindex, ifindex);
	assert_int_equal(
		link_send(f.seen.link, &cfg.remote, &f.seen.local, (const uint8_t *)"\70", 1), 0);
	len = sizeof(from);
	assert_int_equal(recvfrom(f.peer, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin_addr.s_addr, ours.sin_addr.s_addr);
	assert_int_equal(from.sin_port, ours.sin_port);
	finish(&f);
}

static void udp__several_addresses__answers_from_the_one_asked(void **state)
{
	(void)state;
	answers(false, 0);
}

static void udp__same_interface__answers_by_the_one_of_arrival(void **state)
{
	(void)state;
	answers(true, (int)if_nametoindex("lo"));
}

static void free_in_callback__nothing_follows(void **state)
{
	static const uint8_t two[] = {0, 1, 0x28, 0, 2, 0x20, 7};
	struct fixture f;

	(void)state;
	start(&f, DCO_TCP);
	f.seen.free_on_packet = true;
	put(&f, two, sizeof(two));
	assert_string_equal(f.seen.text, "[28 1]");
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp__byte_by_byte_and_two_in_one__all_arrive),
		cmocka_unit_test(tcp__bad_lengths__close_the_stream),
		cmocka_unit_test(tcp__data_when_it_is_held__stays_with_what_follows),
		cmocka_unit_test(tcp__end_of_file__is_reported_once),
		cmocka_unit_test(tcp__full_socket__records_stay_whole_and_in_order),
		cmocka_unit_test(tcp__queue_full__refuses_whole_records),
		cmocka_unit_test(udp__data_packets_and_empty_ones__are_dropped),
		cmocka_unit_test(udp__refused__packets_still_arrive),
		cmocka_unit_test(udp__several_addresses__answers_from_the_one_asked),
		cmocka_unit_test(udp__same_interface__answers_by_the_one_of_arrival),
		cmocka_unit_test(free_in_callback__nothing_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
