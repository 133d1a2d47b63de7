/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thousands of client sessions in one process, against any server: who connects, how fast, and
 * who stays. Uses the product's own protocol core and data codec, one UDP socket a client, one
 * epoll loop. No tunnel device: a client sends keepalive pings and counts what it can open; with
 * --traffic all send packets as lines on standard input say (load_client.h).
 *
 * usage: load_client --server ADDR:PORT --ca FILE --cert FILE --key FILE [--clients N] [--rate N]
 *                    [--at-once N] [--seconds N] [--ping N] [--reneg N] [--tls-crypt FILE]
 *                    [--until-up] [--leave] [--traffic] [--certs N]
 *
 * --certs gives client i the certificate in FILE.(i modulo N), all of the same key.
 * --at-once limits how many are in their handshake, so that a slow server is not overrun.
 * --until-up ends the run before its time as soon as nobody is in it any more, SIGTERM ends it at
 * once.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "crypto/cipher.h"
#include "data/key.h"
#include "data/ping.h"
#include "load_client.h"
#include "proto/push.h"
#include "proto/wrap.h"
#include "tls/tls.h"

enum {
	PUSH_EVERY_MS = 5000,
	TICK_MS = 5,
	LEAVE_AT_ONCE = 8,
	LEAVE_MS = 10000,
	DATA_V1 = 6,
	DATA_V2 = 9,
};

static const char peer_info[] =
	"IV_VER=2.7.0\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
	"IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=1950\n";

static int key_text(void *ctx, uint8_t key_id, struct session_key_text *text)
{
	(void)ctx;
	(void)key_id;
	text->options = "V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,cipher "
			"AES-256-GCM,auth [null-digest],keysize 256,key-method 2,tls-client";
	text->peer_info = peer_info;
	return 0;
}

static void fail(struct load_client *c, const char *why)
{
	if (c->state == LOAD_FAILED)
		return;
	if (c->state == LOAD_UP) {
		c->load->up--;
		c->load->lost++;
	} else {
		c->load->failed++;
	}
	c->state = LOAD_FAILED;
	log_info(&c->load->log, 1, "client %ld: %s", (long)(c - c->load->clients), why);
}

static void send_packet(struct load_client *c, const void *bytes, size_t len)
{
	if (send(c->fd, bytes, len, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
		fail(c, strerror(errno));
}

/* ---- push reply: only what a client without a tunnel needs ---- */

static void take_item(struct load_client *c, const char *item)
{
	const struct cipher_info *cipher;
	char address[64];
	struct ip_addr ip;

	if (sscanf(item, "ifconfig %63s", address) == 1 &&
	    ip_addr_parse_family(address, AF_INET, &ip) == 0)
		c->address = ip.u.in4.s_addr;
	if (str_starts(item, "peer-id "))
		c->peer_id = (uint32_t)strtoul(item + 8, NULL, 10);
	if (str_starts(item, "cipher ")) {
		cipher = cipher_by_name(item + 7);
		if (cipher)
			c->cipher = cipher->id;
	}
	if (str_starts(item, "protocol-flags ")) {
		c->epoch = strstr(item, "aead-epoch") != NULL;
		c->tls_ekm = strstr(item, "tls-ekm") != NULL;
		c->dyn_tls_crypt = strstr(item, "dyn-tls-crypt") != NULL;
	}
	if (str_starts(item, "key-derivation tls-ekm"))
		c->tls_ekm = true;
}

static void on_message(struct load_client *c, struct now now, const char *text)
{
	struct session_negotiated neg;
	char item[PUSH_ITEM_MAX];
	const char *items;
	bool more = false;

	if (!str_starts(text, "PUSH_")) {
		fail(c, text);
		return;
	}
	if (push_classify(text, &items) != PUSH_REPLY || c->state != LOAD_GET_CONFIG)
		return;
	while (push_next_item(&items, item)) {
		more = more || push_continuation(item) == 2;
		take_item(c, item);
	}
	if (more)
		return;
	c->push_next = TIME_NEVER;
	neg = (struct session_negotiated){.tls_ekm = c->tls_ekm, .dyn_tls_crypt = c->dyn_tls_crypt};
	session_options_done(c->session, now, &neg);
}

/* ---- keys ---- */

static void on_key(struct load_client *c, struct now now, const struct session_event *ev)
{
	struct data_key_config cfg = {
		.format = c->epoch ? DATA_FORMAT_EPOCH : DATA_FORMAT_V2,
		.cipher = c->cipher,
		.key_id = ev->key_id,
		.tx_peer_id = c->peer_id,
		.replay_window = 64,
		.limits = data_limits_default(c->cipher),
	};
	struct err err = {0};
	struct load *l = c->load;

	memcpy(cfg.seal.cipher, ev->slices.seal_cipher, sizeof(cfg.seal.cipher));
	memcpy(cfg.seal.hmac, ev->slices.seal_hmac, sizeof(cfg.seal.hmac));
	memcpy(cfg.open.cipher, ev->slices.open_cipher, sizeof(cfg.open.cipher));
	memcpy(cfg.open.hmac, ev->slices.open_hmac, sizeof(cfg.open.hmac));
	data_key_free(c->keys[ev->key_id]);
	c->keys[ev->key_id] = NULL;
	if (data_key_new(&cfg, &c->keys[ev->key_id], &err) < 0)
		fail(c, err.text);
	secret_wipe(&cfg, sizeof(cfg));
	if (c->state != LOAD_GET_CONFIG)
		return;
	c->state = LOAD_UP;
	c->up_ms = now.mono_ms;
	c->ping_next = now.mono_ms + rng_below(&l->rng, l->opt.ping_sec * 1000);
	l->latencies[l->n_latencies++] = now.mono_ms - c->started_ms;
	l->up++;
}

static void on_event(struct load_client *c, struct now now, const struct session_event *ev)
{
	switch (ev->type) {
	case SESSION_EV_ACTIVE:
		if (ev->key_id == 0) {
			c->state = LOAD_GET_CONFIG;
			c->push_next = now.mono_ms;
		}
		break;
	case SESSION_EV_CONTROL_MESSAGE:
		on_message(c, now, ev->message);
		break;
	case SESSION_EV_KEY_READY:
		on_key(c, now, ev);
		break;
	case SESSION_EV_FAILED:
		fail(c, ev->reason ? ev->reason : "failed");
		break;
	case SESSION_EV_INITIAL_PACKET:
	case SESSION_EV_PEER_KEY_METHOD:
	case SESSION_EV_AUTH_TIMEOUT:
	case SESSION_EV_KEY_SEND:
	case SESSION_EV_KEY_EXPIRED:
		break;
	}
}

static void choose_keys(struct load_client *c, struct now now)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];
	size_t n = session_data_keys(c->session, now, keys);

	c->send_key = -1;
	for (size_t i = 0; i < n; i++)
		if (keys[i].sends)
			c->send_key = keys[i].key_id;
}

static void send_ping(struct load_client *c)
{
	uint8_t buf[PING_LEN + DATA_KEY_OVERHEAD_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	if (c->send_key < 0 || !c->keys[c->send_key])
		return;
	if (data_key_seal(c->keys[c->send_key], ping_payload(), PING_LEN, &w) < 0) {
		fail(c, "cannot seal a ping");
		return;
	}
	send_packet(c, buf, w.len);
	c->load->data_out++;
}

/* ---- the loop ---- */

static void pump(struct load_client *c, struct now now)
{
	static struct session_packet packet;
	struct session_event ev;

	session_timer(c->session, now);
	while (c->state != LOAD_FAILED && session_next_event(c->session, &ev))
		on_event(c, now, &ev);
	if (c->push_next <= now.mono_ms && c->state == LOAD_GET_CONFIG) {
		if (session_send_control(c->session, now, "PUSH_REQUEST") < 0)
			fail(c, "cannot ask for the configuration");
		c->push_next = now.mono_ms + PUSH_EVERY_MS;
	}
	if (c->state == LOAD_UP) {
		choose_keys(c, now);
		if (c->ping_next <= now.mono_ms) {
			send_ping(c);
			c->ping_next = now.mono_ms + c->load->opt.ping_sec * 1000;
		}
	}
	while (session_output(c->session, now, &packet)) {
		send_packet(c, packet.data, packet.len);
		c->load->control_out++;
	}
	c->deadline = time_min(session_deadline(c->session), time_min(c->push_next, c->ping_next));
}

static void on_data(struct load_client *c, struct now now, const uint8_t *packet, size_t len)
{
	uint8_t plain[PACKET_MAX];
	size_t plain_len;
	struct data_key *key = c->keys[packet[0] & 7];

	if (key && data_key_open(key, packet, len, plain, sizeof(plain), &plain_len,
				 now.mono_ms / 1000) == 0)
		c->load->data_in++;
}

static void on_readable(struct load_client *c)
{
	uint8_t buf[PACKET_MAX];
	struct now now = clock_now();
	ssize_t n;

	while ((n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		if (buf[0] >> 3 == DATA_V1 || buf[0] >> 3 == DATA_V2) {
			on_data(c, now, buf, (size_t)n);
			continue;
		}
		c->load->control_in++;
		(void)session_input(c->session, now, &c->load->opt.server, buf, (size_t)n);
	}
	if (c->state != LOAD_FAILED)
		pump(c, now);
}

static void client_start(struct load *l, struct load_client *c)
{
	struct now now = clock_now();
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	c->load = l;
	c->state = LOAD_HANDSHAKE;
	c->started_ms = now.mono_ms;
	c->push_next = c->ping_next = TIME_NEVER;
	c->cipher = CIPHER_AES_256_GCM;
	c->send_key = -1;
	c->fd = socket(l->opt.server.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	c->session = session_new(&l->cfgs[(size_t)(c - l->clients) % l->n_cfgs], &l->hooks, &l->log,
				 &l->rng, now);
	l->started++;
	if (c->fd < 0 || !c->session ||
	    connect(c->fd, &l->opt.server.sa, sock_addr_len(&l->opt.server)) ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev)) {
		fail(c, "cannot make a socket (ulimit -n?)");
		return;
	}
	session_start(c->session, now, &l->opt.server);
	pump(c, now);
}

static void run_timers(struct load *l)
{
	struct now now = clock_now();

	for (unsigned int i = 0; i < l->started; i++) {
		struct load_client *c = &l->clients[i];

		if (c->state == LOAD_FAILED || c->deadline > now.mono_ms)
			continue;
		if (now.mono_ms - c->deadline > l->lateness_max_ms && c->state == LOAD_UP)
			l->lateness_max_ms = now.mono_ms - c->deadline;
		pump(c, now);
	}
}

/* How long nothing has to be done, in ms, at least a tick: looking is not free for many processes
 * on one slow processor. */
static int quiet_ms(const struct load *l, uint64_t until)
{
	uint64_t now = clock_now().mono_ms, earliest = until;

	if (l->started < l->opt.clients || l->opt.traffic)
		return TICK_MS;
	for (unsigned int i = 0; i < l->started; i++)
		if (l->clients[i].state != LOAD_FAILED)
			earliest = time_min(earliest, l->clients[i].deadline);
	return earliest > now + TICK_MS ? (int)(earliest - now) : TICK_MS;
}

static void report(const struct load *l, uint64_t ms)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("%6.1f s: started %u, up %u, failed %u, lost %u, control in/out %llu/%llu, data in/out %llu/%llu\n",
	       (double)ms / 1000, l->started, l->up, l->failed, l->lost,
	       (unsigned long long)l->control_in, (unsigned long long)l->control_out,
	       (unsigned long long)l->data_in, (unsigned long long)l->data_out);
	fflush(stdout);
}

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

static bool busy(const struct load *l)
{
	return l->opt.at_once && l->started - l->up - l->failed - l->lost >= l->opt.at_once;
}

/* Is all said that --until-up waits for? */
static bool complete(const struct load *l)
{
	return l->opt.until_up && l->up + l->failed + l->lost == l->opt.clients;
}

static void on_ready(struct load *l, struct load_client *c)
{
	if (c)
		on_readable(c);
	else if (!traffic_command(l))
		(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

static void run(struct load *l)
{
	uint64_t begin = clock_now().mono_ms, end = begin + l->opt.seconds * 1000ULL;
	uint64_t report_next = begin + 1000, timers_next = begin;
	struct epoll_event ev[256];
	int n = -1;

	for (uint64_t now = begin; now < end && !stopped && !complete(l);
	     now = clock_now().mono_ms) {
		uint64_t due = (now - begin) * l->opt.rate / 1000 + 1;

		if (l->opt.traffic)
			traffic_run(l);
		for (unsigned int i = 0;
		     i < 16 && l->started < l->opt.clients && l->started < due && !busy(l); i++)
			client_start(l, &l->clients[l->started]);
		n = epoll_wait(l->epoll, ev, ARRAY_SIZE(ev),
			       l->traffic.left ? 1
			       : n == 0	       ? quiet_ms(l, report_next)
					       : TICK_MS);
		for (int i = 0; i < n; i++)
			on_ready(l, ev[i].data.ptr);
		if (now >= timers_next) {
			run_timers(l);
			timers_next = now + 20;
		}
		if (now >= report_next) {
			report(l, now - begin);
			report_next += 1000;
		}
	}
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void summary(struct load *l)
{
	unsigned int n = l->n_latencies;

	qsort(l->latencies, n, sizeof(*l->latencies), compare_u64);
	printf("clients %u up %u failed %u lost %u handshake_ms median %llu p99 %llu\n",
	       l->opt.clients, l->up, l->failed, l->lost,
	       n ? (unsigned long long)l->latencies[n / 2] : 0ULL,
	       n ? (unsigned long long)l->latencies[n * 99 / 100] : 0ULL);
}

static void serve(struct load *l, uint64_t ms)
{
	uint64_t end = clock_now().mono_ms + ms;
	struct epoll_event ev[256];
	int n = -1;

	while (clock_now().mono_ms < end) {
		n = epoll_wait(l->epoll, ev, ARRAY_SIZE(ev), n == 0 ? quiet_ms(l, end) : TICK_MS);
		for (int i = 0; i < n; i++)
			on_ready(l, ev[i].data.ptr);
		run_timers(l);
	}
}

static void leave(struct load *l)
{
	struct now now = clock_now();

	for (unsigned int i = 0; i < l->started; i++) {
		struct load_client *c = &l->clients[i];

		if (c->state == LOAD_UP && session_send_control(c->session, now, "EXIT") == 0)
			pump(c, now);
		if (i % LEAVE_AT_ONCE == 0)
			serve(l, 10);
	}
	serve(l, LEAVE_MS); /* what was lost is sent again */
}

/* ---- set-up ---- */

static int parse_server(const char *text, union sock_addr *out)
{
	const char *colon = strrchr(text, ':');
	char host[128];
	struct ip_addr ip;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -1;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	if (ip_addr_parse(host, &ip) < 0)
		return -1;
	*out = sock_addr_make(&ip, (uint16_t)strtoul(colon + 1, NULL, 10));
	return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"server", 1, NULL, 's'},    {"ca", 1, NULL, 'a'},
		{"cert", 1, NULL, 'c'},	     {"key", 1, NULL, 'k'},
		{"clients", 1, NULL, 'n'},   {"rate", 1, NULL, 'r'},
		{"seconds", 1, NULL, 't'},   {"ping", 1, NULL, 'p'},
		{"reneg", 1, NULL, 'g'},     {"leave", 0, NULL, 'l'},
		{"tls-crypt", 1, NULL, 'x'}, {"certs", 1, NULL, 'm'},
		{"at-once", 1, NULL, 'o'},   {"traffic", 0, NULL, 'd'},
		{"until-up", 0, NULL, 'u'},  {0},
	};
	int opt;

	*o = (struct options){.clients = 10, .rate = 100, .seconds = 10, .ping_sec = 10};
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 's':
			if (parse_server(optarg, &o->server) < 0)
				return -1;
			break;
		case 'a':
			o->ca = optarg;
			break;
		case 'c':
			o->cert = optarg;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'x':
			o->tls_crypt = optarg;
			break;
		case 'n':
			o->clients = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			o->rate = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			o->at_once = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 't':
			o->seconds = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			o->ping_sec = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'g':
			o->reneg_sec = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			o->leave = true;
			break;
		case 'd':
			o->traffic = true;
			break;
		case 'u':
			o->until_up = true;
			break;
		case 'm':
			o->certs = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		default:
			return -1;
		}
	}
	return o->server.sa.sa_family && o->ca && o->cert && o->key && o->clients ? 0 : -1;
}

static int make_wrap(const char *path, struct wrap_config **out, struct err *err)
{
	struct text_source src = {.path = path};
	struct static_key key;
	struct wrap_options opt = {.kind = WRAP_CRYPT, .key = &key};
	int ret = static_key_load(&src, &key, err);

	return ret < 0 ? ret : wrap_config_new(&opt, out);
}

static int make_config(struct load *l, unsigned int i, struct wrap_config *wrap, struct err *err)
{
	struct str cert = str_init();
	struct tls_ctx_config tls = {
		.role = TLS_CLIENT,
		.ca = {.path = l->opt.ca},
		.key = {.path = l->opt.key},
	};
	struct tls_ctx *ctx = NULL;
	int ret;

	str_add(&cert, l->opt.cert);
	if (l->opt.certs)
		str_addf(&cert, ".%u", i);
	tls.cert.path = str_text(&cert);
	ret = tls_ctx_new(&tls, &l->log, &ctx, err);
	str_fini(&cert);
	l->cfgs[i] = (struct session_config){
		.mode = SESSION_PULL_CLIENT,
		.transport = SESSION_UDP,
		.tls = ctx,
		.wrap = wrap,
		.reneg_sec = l->opt.reneg_sec,
	};
	return ret;
}

static int make_configs(struct load *l, struct err *err)
{
	struct wrap_config *wrap = NULL;
	int ret = l->opt.tls_crypt ? make_wrap(l->opt.tls_crypt, &wrap, err) : 0;

	l->n_cfgs = l->opt.certs ? l->opt.certs : 1;
	l->cfgs = calloc(l->n_cfgs, sizeof(*l->cfgs));
	if (!l->cfgs)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (unsigned int i = 0; i < l->n_cfgs && ret == 0; i++)
		ret = make_config(l, i, wrap, err);
	l->hooks = (struct session_hooks){.key_text = key_text, .ctx = l};
	return ret;
}

int main(int argc, char **argv)
{
	static struct load l;
	struct epoll_event input = {.events = EPOLLIN};
	struct rlimit files = {.rlim_cur = 1 << 17, .rlim_max = 1 << 17};
	struct log_sink *sink = log_sink_new();
	struct err err = {0};

	if (parse_options(argc, argv, &l.opt) < 0) {
		fprintf(stderr,
			"usage: load_client --server ADDR:PORT --ca FILE --cert FILE --key FILE [--clients N]\n"
			"       [--rate N] [--at-once N] [--seconds N] [--ping N] [--reneg N] [--tls-crypt FILE]\n"
			"       [--until-up] [--leave] [--traffic] [--certs N]\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	log_sink_set_verb(sink, getenv("LOAD_VERB") ? (unsigned int)atoi(getenv("LOAD_VERB")) : 0);
	l.log = log_init(sink, "");
	l.rng = rng_system();
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	l.clients = calloc(l.opt.clients, sizeof(*l.clients));
	l.latencies = calloc(l.opt.clients, sizeof(*l.latencies));
	if (!l.clients || !l.latencies || l.epoll < 0 || make_configs(&l, &err) < 0) {
		fprintf(stderr, "load_client: %s\n", err.text[0] ? err.text : strerror(errno));
		return 2;
	}
	(void)signal(SIGTERM, on_signal);
	if (l.opt.traffic && epoll_ctl(l.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input)) {
		perror("load_client: standard input");
		return 2;
	}
	run(&l);
	summary(&l);
	if (l.opt.leave)
		leave(&l);
	return l.up == l.opt.clients ? 0 : 1;
}
