/* SPDX-License-Identifier: GPL-2.0-only */
/* Cookies, and the answers to packets from unknown addresses. */
#include "test.h"

#include <malloc.h>

#include <arpa/inet.h>

#include "base/err.h"
#include "proto/cookie.h"
#include "proto/stateless.h"
#include "proto/wrap.h"

static const struct session_id client_sid = {{0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8}};
static const struct log no_log = {0};
static struct rng_seed seed = {5};

static union sock_addr addr4(const char *ip, uint16_t port)
{
	union sock_addr a = {.in4 = {.sin_family = AF_INET, .sin_port = htons(port)}};

	assert_int_equal(inet_pton(AF_INET, ip, &a.in4.sin_addr), 1);
	return a;
}

static struct cookie_key vector_key(void)
{
	struct cookie_key key = {.slot_sec = 30};

	for (uint8_t i = 0; i < sizeof(key.key); i++)
		key.key[i] = i;
	return key;
}

static void assert_cookie(const struct session_id *got, const char *hex)
{
	uint8_t want[8];

	unhex(want, sizeof(want), hex);
	assert_memory_equal(got->b, want, sizeof(want));
}

static void cookie__vectors(void **state)
{
	const struct cookie_key key = vector_key();
	const struct now now = {.unix_sec = 1711276032};
	const union sock_addr a4 = addr4("192.0.2.7", 40000);
	union sock_addr a6 = {.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(40000)}};
	struct session_id c;

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::7", &a6.in6.sin6_addr), 1);
	c = cookie_make(&key, now, 0, &a4, &client_sid);
	assert_cookie(&c, "cdae7e73fd75b7a3");
	c = cookie_make(&key, now, 1, &a4, &client_sid);
	assert_cookie(&c, "10f4eb5d32c86383");
	c = cookie_make(&key, now, 2, &a4, &client_sid);
	assert_cookie(&c, "950f389c1824cfab");
	c = cookie_make(&key, now, 0, &a6, &client_sid);
	assert_cookie(&c, "aa1a0675bdac059f");
}

static void cookie_check__three_slots__then_stale(void **state)
{
	const struct cookie_key key = vector_key();
	const union sock_addr a = addr4("192.0.2.7", 40000);
	const uint64_t slot = 1711276032 / 30;
	struct session_id c =
		cookie_make(&key, (struct now){.unix_sec = slot * 30}, 0, &a, &client_sid);

	(void)state;
	for (uint64_t later = 0; later < 4; later++)
		assert_int_equal(cookie_check(&key, (struct now){.unix_sec = (slot + later) * 30},
					      &a, &client_sid, &c),
				 later <= 2);
}

static void cookie_check__other_client__fails(void **state)
{
	const struct cookie_key key = vector_key();
	const struct now now = {.unix_sec = 1711276032};
	const union sock_addr a = addr4("192.0.2.7", 40000), ip = addr4("192.0.2.8", 40000),
			      port = addr4("192.0.2.7", 40001);
	struct session_id c = cookie_make(&key, now, 0, &a, &client_sid), sid = client_sid;

	(void)state;
	assert_true(cookie_check(&key, now, &a, &client_sid, &c));
	assert_false(cookie_check(&key, now, &ip, &client_sid, &c));
	assert_false(cookie_check(&key, now, &port, &client_sid, &c));
	sid.b[7] ^= 1;
	assert_false(cookie_check(&key, now, &a, &sid, &c));
	c.b[0] ^= 1;
	assert_false(cookie_check(&key, now, &a, &client_sid, &c));
}

/* A server, one client's address, and a client's wrap to talk to it. */
struct scene {
	struct stateless *st;
	struct now now;
	union sock_addr from;
	struct stateless_verdict v;
	struct wrap_config *server_cfg, *client_cfg;
	struct wrap client;
	struct session_id cookie;
};

static void scene_begin(struct scene *sc, bool v2, bool force_cookie, uint32_t count)
{
	const struct rng rng = rng_seeded(&seed);
	struct crypt_v2_server_key server_key = {{1}};
	struct crypt_v2_client_key client_key = {.kc = {{2}}};
	const struct wrap_params params = {.replay_window = 64, .replay_time_sec = 15};
	struct wrap_options server = {.tls_server = true}, client = {0};
	struct stateless_config cfg = {
		.hand_window_sec = 60, .initial_count = count, .initial_sec = 10};

	*sc = (struct scene){.now = {.mono_ms = 1000, .unix_sec = 1711276032}};
	sc->from = addr4("192.0.2.7", 40000);
	if (v2) {
		assert_int_equal(wkc_wrap(&server_key, &client_key.kc, NULL, 0, client_key.wkc,
					  &client_key.wkc_len),
				 0);
		server.v2_server = &server_key;
		server.v2_force_cookie = force_cookie;
		client.v2_client = &client_key;
	}
	assert_int_equal(wrap_config_new(&server, &sc->server_cfg), 0);
	assert_int_equal(wrap_config_new(&client, &sc->client_cfg), 0);
	wrap_init(&sc->client, sc->client_cfg, &params);
	cfg.wrap = sc->server_cfg;
	sc->st = stateless_new(&cfg, &no_log, &rng);
	assert_non_null(sc->st);
}

static void scene_end(struct scene *sc)
{
	stateless_free(sc->st);
	wrap_fini(&sc->client);
	wrap_config_free(sc->client_cfg);
	wrap_config_free(sc->server_cfg);
}

static enum stateless_action send_body(struct scene *sc, uint8_t opcode, uint8_t key_id,
				       const void *body, size_t len)
{
	const struct packet_header h = {.opcode = opcode, .key_id = key_id, .sid = client_sid};
	uint8_t packet[CONTROL_PACKET_MAX];
	struct wr w = wr_init(packet, sizeof(packet));

	assert_int_equal(wrap_seal(&sc->client, sc->now, &h, body, len, &w), 0);
	stateless_input(sc->st, sc->now, &sc->from, packet, w.len, &sc->v);
	return sc->v.action;
}

static enum stateless_action send_reset(struct scene *sc, uint8_t opcode)
{
	static const uint8_t body[5] = {0};

	return send_body(sc, opcode, 0, body, sizeof(body));
}

/* Take the cookie out of the answer; returns whether it carried RESEND_WKC. */
static bool read_answer(struct scene *sc)
{
	const struct wrap_input in = {.log = &no_log, .now = sc->now, .from = &sc->from};
	uint8_t plain[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	struct ack_record ack;
	struct early_neg neg;

	assert_int_equal(wrap_open(&sc->client, &in, sc->v.reply, sc->v.reply_len, plain, &pkt), 0);
	assert_int_equal(pkt.h.opcode, OP_CONTROL_HARD_RESET_SERVER_V2);
	assert_int_equal(pkt.h.key_id, 0);
	assert_int_equal(ack_record_read(&pkt.body, &ack), 0);
	assert_int_equal(ack.count, 1);
	assert_int_equal(ack.id[0], 0);
	assert_true(session_id_equal(&ack.addressee, &client_sid));
	assert_int_equal(rd_u32(&pkt.body), 0);
	assert_int_equal(early_neg_read(&pkt.body, &neg), 0);
	sc->cookie = pkt.h.sid;
	return neg.resend_wkc;
}

struct third {
	uint8_t opcode, key_id;
	bool no_ack, no_id;
	uint32_t ack, ack2, id;
	uint8_t acks;
};

static enum stateless_action send_third(struct scene *sc, struct third t)
{
	struct ack_record ack = {.count = t.acks ? t.acks : 1, .id = {t.ack, t.ack2}};
	uint8_t body[64];
	struct wr w = wr_init(body, sizeof(body));

	if (t.no_ack)
		ack.count = 0;
	ack.addressee = sc->cookie;
	ack_record_write(&w, &ack);
	if (t.opcode != OP_ACK_V1 && !t.no_id)
		wr_u32(&w, t.id);
	return send_body(sc, t.opcode, t.key_id, body, w.len);
}

static void reset__is_answered_with_a_cookie(void **state)
{
	struct scene sc;

	(void)state;
	scene_begin(&sc, false, false, 0);
	assert_int_equal(send_reset(&sc, 7), STATELESS_REPLY);
	assert_int_equal(sc.v.reply_len, 26);
	assert_false(read_answer(&sc));
	scene_end(&sc);
}

static void third_packet__ack_or_control__creates(void **state)
{
	struct scene sc;

	(void)state;
	scene_begin(&sc, false, false, 0);
	send_reset(&sc, 7);
	read_answer(&sc);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_CREATE);
	assert_true(session_id_equal(&sc.v.own_sid, &sc.cookie));
	assert_true(session_id_equal(&sc.v.peer_sid, &client_sid));
	assert_true(sock_addr_equal(&sc.v.from, &sc.from));
	assert_int_equal(send_third(&sc, (struct third){.opcode = 4, .id = 1}), STATELESS_CREATE);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 4, .acks = 2, .ack2 = 1}),
			 STATELESS_CREATE);
	sc.now.unix_sec += 60; /* two slots later */
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_CREATE);
	scene_end(&sc);
}

static void third_packet__anything_wrong__is_dropped(void **state)
{
	static const struct third wrong[] = {
		{.opcode = 5, .no_ack = true},
		{.opcode = 4, .id = 1, .no_ack = true},
		{.opcode = 4, .no_id = true},
		{.opcode = 4, .id = 2},
		{.opcode = 5, .ack = 2},
		{.opcode = 4, .acks = 2, .ack2 = 2, .id = 1},
		{.opcode = 4, .id = 1, .key_id = 1},
	};
	struct scene sc;

	(void)state;
	scene_begin(&sc, false, false, 0);
	send_reset(&sc, 7);
	read_answer(&sc);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(send_third(&sc, wrong[i]), STATELESS_DROP);
	sc.from = addr4("192.0.2.7", 40001);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_DROP);
	sc.from = addr4("192.0.2.8", 40000);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_DROP);
	sc.from = addr4("192.0.2.7", 40000);
	sc.cookie.b[3] ^= 1;
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_DROP);
	sc.cookie.b[3] ^= 1;
	sc.now.unix_sec += 90;
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_DROP);
	scene_end(&sc);
}

static void opcodes__all_others__are_dropped(void **state)
{
	static const uint8_t body[5] = {0};
	struct scene sc;

	(void)state;
	scene_begin(&sc, false, false, 0);
	for (uint8_t op = 0; op < 32; op++)
		if (op != 7)
			assert_int_equal(send_body(&sc, op == 10 || op == 11 ? 3 : op, 0, body, 5),
					 STATELESS_DROP);
	assert_int_equal(send_body(&sc, 7, 1, body, 5), STATELESS_DROP);
	assert_int_equal(send_body(&sc, 7, 0, body, 4), STATELESS_DROP);
	assert_int_equal(send_body(&sc, 7, 0, body, 0), STATELESS_DROP);
	scene_end(&sc);
}

static void junk__every_first_byte_and_length__no_answer(void **state)
{
	struct scene sc;
	uint8_t packet[64];

	(void)state;
	scene_begin(&sc, false, false, 0);
	for (unsigned int first = 0; first < 256; first++)
		for (size_t len = 0; len < 14; len++) {
			memset(packet, 0xa5, sizeof(packet));
			packet[0] = (uint8_t)first;
			stateless_input(sc.st, sc.now, &sc.from, packet, len, &sc.v);
			assert_int_equal(sc.v.action, STATELESS_DROP);
		}
	memset(packet, 0, sizeof(packet)); /* no session id */
	packet[0] = 0x38;
	stateless_input(sc.st, sc.now, &sc.from, packet, 14, &sc.v);
	assert_int_equal(sc.v.action, STATELESS_DROP);
	scene_end(&sc);
}

static void v2__cookie_client__is_asked_for_its_key_again(void **state)
{
	struct scene sc;

	(void)state;
	scene_begin(&sc, true, false, 0);
	assert_int_equal(send_reset(&sc, 10), STATELESS_REPLY);
	assert_int_equal(sc.v.reply_len, 72);
	assert_true(read_answer(&sc));
	assert_int_equal(send_third(&sc, (struct third){.opcode = 11, .id = 1}), STATELESS_CREATE);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 4, .id = 1}), STATELESS_DROP);
	assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_DROP);
	scene_end(&sc);
}

static void v2__client_without_cookies__created_unless_forced(void **state)
{
	struct scene sc;

	(void)state;
	scene_begin(&sc, true, false, 0);
	sc.client.base.tx.counter = 0; /* as 2.5 counts */
	assert_int_equal(send_reset(&sc, 10), STATELESS_CREATE_UNPROVEN);
	scene_end(&sc);
	scene_begin(&sc, true, true, 0);
	sc.client.base.tx.counter = 0;
	assert_int_equal(send_reset(&sc, 10), STATELESS_DROP);
	scene_end(&sc);
}

static void rate_limit__spoofed_resets__hundred_answers_in_a_period(void **state)
{
	struct scene sc;
	unsigned int answers = 0;
	size_t before;

	(void)state;
	scene_begin(&sc, false, false, 100);
	answers += send_reset(&sc, 7) == STATELESS_REPLY;
	before = mallinfo2().uordblks;
	for (unsigned int i = 1; i < 10000; i++) {
		sc.from = addr4("198.51.100.1", (uint16_t)(1024 + i));
		answers += send_reset(&sc, 7) == STATELESS_REPLY;
	}
	assert_int_equal(answers, 100);
	assert_int_equal(mallinfo2().uordblks, before); /* nothing is kept of them */
	sc.now.mono_ms += 10000;
	assert_int_equal(send_reset(&sc, 7), STATELESS_DROP);
	sc.now.mono_ms += 1;
	assert_int_equal(send_reset(&sc, 7), STATELESS_REPLY);
	scene_end(&sc);
}

static void rate_limit__clients_that_finish__are_not_counted(void **state)
{
	struct scene sc;

	(void)state;
	scene_begin(&sc, false, false, 2);
	for (unsigned int i = 0; i < 50; i++) {
		assert_int_equal(send_reset(&sc, 7), STATELESS_REPLY);
		read_answer(&sc);
		assert_int_equal(send_third(&sc, (struct third){.opcode = 5}), STATELESS_CREATE);
	}
	scene_end(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookie__vectors),
		cmocka_unit_test(cookie_check__three_slots__then_stale),
		cmocka_unit_test(cookie_check__other_client__fails),
		cmocka_unit_test(reset__is_answered_with_a_cookie),
		cmocka_unit_test(third_packet__ack_or_control__creates),
		cmocka_unit_test(third_packet__anything_wrong__is_dropped),
		cmocka_unit_test(opcodes__all_others__are_dropped),
		cmocka_unit_test(junk__every_first_byte_and_length__no_answer),
		cmocka_unit_test(v2__cookie_client__is_asked_for_its_key_again),
		cmocka_unit_test(v2__client_without_cookies__created_unless_forced),
		cmocka_unit_test(rate_limit__spoofed_resets__hundred_answers_in_a_period),
		cmocka_unit_test(rate_limit__clients_that_finish__are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
