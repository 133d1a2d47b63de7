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
	TCP_HOLD_SEC = 3,
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

static void send_from(struct attack *a, struct in_addr from, uint16_t sport, const void *bytes,
		      size_t len)
{
	uint8_t frame[sizeof(struct iphdr) + sizeof(struct udphdr) + PAYLOAD_MAX];
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = from.s_addr,
		.daddr = a->server.sin_addr.s_addr,
	};
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
			p.bytes[0] = (i % 4 < 2 ? OP_RESET_V3 : OP_WKC_V1) << 3;
			if (p.len > 56 && i % 3) { /* a length that fits */
				uint16_t len = htons((uint16_t)(p.len - 54));

				memcpy(p.bytes + p.len - 2, &len, sizeof(len));
			}
		}
		send_spoofed(a, p.bytes, p.len);
	}
}

/* Prove the address, then never go on: the server holds a session for each. */
static void stalled(struct attack *a)
{
	unsigned int proven = 0;

	for (unsigned int i = 0; i < a->count; i++) {
		uint8_t out[64], in[2048];
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct pollfd p = {.fd = fd, .events = POLLIN};

		make_reset(out, OP_RESET_V2);
		pace(a);
		if (fd < 0 || connect(fd, (const struct sockaddr *)&a->server, sizeof(a->server)) ||
		    send(fd, out, RESET_LEN, 0) < 0)
			die("udp socket");
		if (poll(&p, 1, 200) > 0 && recv(fd, in, sizeof(in), 0) >= SERVER_RESET_LEN &&
		    in[0] >> 3 == OP_RESET_SERVER_V2) {
			/* an acknowledgement of message 0, with the server's session id */
			out[0] = OP_ACK_V1 << 3;
			out[9] = 1;
			memset(out + 10, 0, 4);
			memcpy(out + 14, in + 1, 8);
			(void)send(fd, out, 22, 0);
			proven++;
		}
		close(fd);
	}
	printf("%u of %u addresses proven\n", proven, a->count);
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
	{"resets", resets},	 {"garbage", garbage},	 {"oversized", oversized},
	{"replay", replay},	 {"forge", forge},	 {"wkc", wkc},
	{"stalled", stalled},	 {"silent", tcp_silent}, {"slow", tcp_slow},
	{"broken", tcp_garbage},
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
