/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "dco_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "config/features.h"
#include "crypto/cipher.h"
#include "engine/engine.h"

/* ---- the backend under test ---- */

_Atomic uint64_t test_now_ms;
static int next_tun_fd;
struct data_limits test_limits;
bool test_offload;
struct log_sink *test_sink;

static uint64_t test_clock(void *ctx)
{
	(void)ctx;
	return atomic_load(&test_now_ms);
}

static int open_with_socket(const struct dco_device_config *cfg, const struct log *log, void **ctx,
			    struct err *err)
{
	struct engine_env env = {.tun_fd = next_tun_fd,
				 .now_ms = test_clock,
				 .limits = test_limits,
				 .offload = test_offload};
	struct engine *e;
	int ret = engine_new(cfg, log, &env, &e, err);

	if (!ret)
		*ctx = e;
	return ret;
}

static struct dco_ops engine_ops_under_test;
static struct dco_backend engine_under_test = {.name = "engine", .ops = &engine_ops_under_test};
static const struct dco_backend *under_test = &engine_under_test;
static uint64_t offered = UINT64_MAX;
uint32_t peer_a = 7, peer_b = 9;

bool is_engine(void)
{
	return under_test == &engine_under_test;
}

bool offers(uint64_t features)
{
	return (offered & features) == features;
}

bool need(uint64_t features)
{
	uint64_t missing = features & ~offered;

	if (missing)
		print_message("# skipped: %s does not offer %s\n", under_test->name,
			      feature_text(missing & -missing));
	return !missing;
}

static const struct dco_backend *backend_named(const char *name)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

int harness_start(void **state)
{
	const char *name = getenv("DCO_BACKEND");
	const struct dco_backend *b = backend_named(name ? name : "engine");
	struct err why = {0};

	(void)state;
	engine_ops_under_test = engine_ops;
	engine_ops_under_test.device_open = open_with_socket;
	if (!b) {
		print_error("there is no backend %s in this build\n", name);
		return -1;
	}
	offered = b->features(&why);
	if (!offered) {
		print_error("%s: %s\n", b->name, why.text);
		return -1;
	}
	if (strcmp(b->name, "engine") == 0)
		return 0;
	under_test = b;
	if (!offers(FEAT_ASYM_PEER_ID))
		peer_b = peer_a;
	kernel_namespace();
	return 0;
}

/* ---- one end ---- */

struct dco_device_config default_config(void)
{
	return (struct dco_device_config){
		.name = "tun",
		.type = DCO_TUN,
		.mode = DCO_MODE_P2P,
		.tun_mtu = 1500,
		.max_packet_bytes = 1768,
		.replay_window = 64,
		.replay_time_sec = 15,
		.max_peers = 16,
	};
}

void end_open(struct end *end, const struct dco_device_config *cfg)
{
	struct log log = log_init(test_sink, "");
	struct err err = {0};
	int pair[2];

	memset(end, 0, sizeof(*end));
	end->fd = end->raw4 = end->raw6 = -1;
	end->transport = -1;
	if (is_engine()) {
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
		end->inner = pair[0];
		next_tun_fd = pair[1];
	}
	if (dco_device_open(under_test, cfg, &log, &end->dev, &err) < 0)
		fail_msg("%s", err.text);
	if (!is_engine())
		kernel_end_open(end, cfg);
}

void end_close(struct end *end)
{
	int fds[] = {end->inner, end->raw4, end->raw6, end->fd};

	dco_device_close(end->dev);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int udp_socket(union sock_addr *addr)
{
	struct ip_addr lo;
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(ip_addr_parse("127.0.0.1", &lo), 0);
	*addr = sock_addr_make(&lo, 0);
	assert_int_equal(bind(fd, &addr->sa, sizeof(addr->in4)), 0);
	assert_int_equal(getsockname(fd, &addr->sa, &len), 0);
	return fd;
}

void attach(struct end *end, enum dco_transport_proto proto)
{
	struct err err;

	end->transport = dco_transport_attach(end->dev, end->fd, proto, false, &err);
	assert_true(end->transport >= 0);
}

void connect_udp(struct end *a, struct end *b)
{
	a->fd = udp_socket(&a->addr);
	b->fd = udp_socket(&b->addr);
	attach(a, DCO_UDP);
	attach(b, DCO_UDP);
}

void tcp_sockets(struct end *a, struct end *b, int buffer)
{
	socklen_t len = sizeof(a->addr);
	struct ip_addr lo;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ip_addr_parse("127.0.0.1", &lo), 0);
	a->addr = sock_addr_make(&lo, 0);
	assert_int_equal(bind(listener, &a->addr.sa, sizeof(a->addr.in4)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &a->addr.sa, &len), 0);
	b->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (buffer)
		assert_int_equal(setsockopt(b->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)),
				 0);
	assert_int_equal(connect(b->fd, &a->addr.sa, sizeof(a->addr.in4)), 0);
	a->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(a->fd >= 0);
	close(listener);
	assert_int_equal(fcntl(a->fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(b->fd, F_SETFL, O_NONBLOCK), 0);
	if (buffer)
		assert_int_equal(setsockopt(a->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)),
				 0);
}

void connect_tcp(struct end *a, struct end *b)
{
	tcp_sockets(a, b, 0);
	attach(a, DCO_TCP);
	attach(b, DCO_TCP);
}

void add_peer(struct end *end, uint32_t id, uint32_t tx_id, const struct end *other)
{
	struct dco_peer_config cfg = {.peer_id = id,
				      .tx_peer_id = tx_id,
				      .transport = end->transport,
				      .remote = other->addr,
				      .name = "peer",
				      .options = "V4,",
				      .log = log_init(test_sink, "")};
	struct err err;

	assert_int_equal(dco_peer_add(end->dev, &cfg, &err), 0);
	if (!is_engine())
		kernel_end_ready(end);
}

/* The key @seed as seen by A; B has the directions exchanged. */
struct dco_key make_key(uint8_t key_id, uint8_t seed, bool at_a)
{
	struct dco_key key = {
		.key_id = key_id, .format = DCO_FORMAT_V2, .cipher = CIPHER_AES_256_GCM};

	memset(at_a ? &key.seal : &key.open, seed, sizeof(key.seal));
	memset(at_a ? &key.open : &key.seal, seed + 128, sizeof(key.seal));
	return key;
}

void install_as(struct end *end, uint32_t peer, enum dco_key_slot slot, struct dco_key key)
{
	struct err err;

	assert_int_equal(dco_key_install(end->dev, peer, slot, &key, &err), 0);
}

void install(struct end *a, struct end *b, enum dco_key_slot slot, uint8_t key_id)
{
	install_as(a, peer_a, slot, make_key(key_id, (uint8_t)(key_id + 1), true));
	install_as(b, peer_b, slot, make_key(key_id, (uint8_t)(key_id + 1), false));
}

/* ---- what goes through ---- */

/* An IPv4 packet of @len bytes which carries @number. */
void make_packet(uint8_t *p, size_t len, uint32_t number)
{
	memset(p, 0, len);
	p[0] = 0x45;
	store_be16(p + 2, (uint16_t)len);
	p[8] = 64;
	p[9] = 17;
	store_be32(p + 12, 0x0a080002);
	store_be32(p + 16, 0x0a080001);
	store_be32(p + 20, number);
	for (size_t i = 24; i < len; i++)
		p[i] = (uint8_t)(i * 7 + number);
}

bool wait_readable(int fd, int ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return poll(&pfd, 1, ms) > 0;
}

void inner_put(const struct end *end, const void *packet, size_t len)
{
	if (is_engine())
		assert_int_equal(send(end->inner, packet, len, 0), (ssize_t)len);
	else
		kernel_inner_put(end, packet, len);
}

size_t inner_take(const struct end *end, void *packet, size_t cap)
{
	ssize_t n = recv(end->inner, packet, cap, 0);

	assert_true(n >= 0);
	return (size_t)n;
}

void put_packet(const struct end *end, size_t len, uint32_t number)
{
	uint8_t p[PACKET_MAX];

	make_packet(p, len, number);
	inner_put(end, p, len);
}

void expect_packet(const struct end *end, size_t len, uint32_t number)
{
	uint8_t want[PACKET_MAX], got[PACKET_MAX];

	if (!wait_readable(end->inner, WAIT_MS))
		fail_msg("packet %u did not arrive", number);
	make_packet(want, len, number);
	assert_int_equal(inner_take(end, got, sizeof(got)), len);
	assert_memory_equal(got, want, len);
}

void expect_no_packet(const struct end *end)
{
	assert_false(wait_readable(end->inner, QUIET_MS));
}

void pass(const struct end *from, const struct end *to, size_t len, uint32_t number)
{
	put_packet(from, len, number);
	expect_packet(to, len, number);
}

bool poll_event(struct end *end, int ms)
{
	for (;;) {
		if (dco_next_event(end->dev, &end->ev)) {
			if (end->ev.packet)
				memcpy(end->packet, end->ev.packet, end->ev.packet_len);
			return true;
		}
		if (!wait_readable(dco_event_fd(end->dev), ms))
			return false;
	}
}

void expect_event(struct end *end, enum dco_event_type type)
{
	if (!poll_event(end, WAIT_MS))
		fail_msg("event %d did not come", (int)type);
	assert_int_equal(end->ev.type, type);
}

void expect_no_event_now(struct end *end)
{
	if (dco_next_event(end->dev, &end->ev))
		fail_msg("unexpected event %d", (int)end->ev.type);
}

void expect_no_event(struct end *end)
{
	if (poll_event(end, QUIET_MS))
		fail_msg("unexpected event %d", (int)end->ev.type);
}

/* ---- fixtures ---- */

static uint64_t counter_from(struct end *end, uint32_t peer, size_t offset, uint64_t least)
{
	struct dco_peer_stats stats;
	uint64_t got = 0;

	for (int ms = 0; ms < WAIT_MS; ms += 5) {
		assert_int_equal(dco_peer_stats(end->dev, peer, &stats), 0);
		memcpy(&got, (const uint8_t *)&stats + offset, sizeof(got));
		if (got >= least)
			break;
		(void)poll(NULL, 0, 5);
	}
	return got;
}

void expect_counter_at(struct end *end, uint32_t peer, size_t offset, uint64_t want)
{
	assert_int_equal(counter_from(end, peer, offset, want), want);
}

void expect_counter_above_at(struct end *end, uint32_t peer, size_t offset, uint64_t than)
{
	assert_true(counter_from(end, peer, offset, than + 1) > than);
}

void setup_pair(struct pair *p, enum dco_transport_proto proto)
{
	struct dco_device_config cfg = default_config();

	atomic_store(&test_now_ms, 100000);
	end_open(&p->a, &cfg);
	end_open(&p->b, &cfg);
	if (proto == DCO_UDP)
		connect_udp(&p->a, &p->b);
	else
		connect_tcp(&p->a, &p->b);
	add_peer(&p->a, peer_a, peer_b, &p->b);
	add_peer(&p->b, peer_b, peer_a, &p->a);
}

int setup_udp(void **state)
{
	static struct pair p;

	setup_pair(&p, DCO_UDP);
	*state = &p;
	return 0;
}

int setup_tcp(void **state)
{
	static struct pair p;

	setup_pair(&p, DCO_TCP);
	*state = &p;
	return 0;
}

int teardown(void **state)
{
	struct pair *p = *state;

	end_close(&p->a);
	end_close(&p->b);
	test_limits = (struct data_limits){0};
	test_offload = false;
	return 0;
}

/* Let time pass, and the worker look at it. */
void advance_ms(const struct end *end, uint64_t ms)
{
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
			      .tv_nsec = (long)(ms % 1000) * 1000000};
	struct dco_peer_stats stats;

	if (is_engine()) {
		atomic_fetch_add(&test_now_ms, ms);
		(void)dco_peer_stats(end->dev, peer_a, &stats);
	} else {
		while (nanosleep(&ts, &ts) < 0)
			continue;
	}
}
