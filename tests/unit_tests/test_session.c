/* SPDX-License-Identifier: GPL-2.0-only */
/* Handshakes, keys and renegotiation of two sessions. */
#include "test.h"

#include <stdio.h>

#include "base/err.h"
#include "certs.h"
#include "proto/constants.h"
#include "proto/packet.h"
#include "session_pair.h"

static struct pair *start_pair(enum pair_wrap wrap)
{
	const struct pair_options opt = {.wrap = wrap};

	return pair_new(&opt);
}

static struct pair *connected_pair(enum pair_wrap wrap)
{
	struct pair *p = start_pair(wrap);

	pair_connect(p);
	return p;
}

/* Which key id sends at this end, -1 for none. */
static int sends_with(const struct pair *p, const struct pair_end *e)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];
	size_t n = session_data_keys(e->s, p->now, keys);
	int found = -1;

	for (size_t i = 0; i < n; i++)
		if (keys[i].sends) {
			assert_int_equal(found, -1);
			found = keys[i].key_id;
		}
	return found;
}

static size_t n_keys(const struct pair *p, const struct pair_end *e)
{
	struct session_data_key keys[SESSION_DATA_KEYS_MAX];

	return session_data_keys(e->s, p->now, keys);
}

/* Transmitted by one end since pair_forget(), as "7 4 4 5". */
static const char *opcodes_of(const struct pair *p, bool server)
{
	static char text[512];
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < p->n_sent; i++)
		if (p->sent[i].from_server == server)
			len += (size_t)snprintf(text + len, sizeof(text) - len, len ? " %u" : "%u",
						packet_opcode(p->sent[i].data[0]));
	return text;
}

static void handshake__every_wrap__equal_keys(void **state)
{
	(void)state;
	for (enum pair_wrap wrap = PAIR_NONE; wrap <= PAIR_V2; wrap++) {
		struct pair *p = connected_pair(wrap);

		assert_int_equal(sends_with(p, &p->client), 0);
		assert_int_equal(sends_with(p, &p->server), 0);
		/* 10.3: what one end seals with, the other opens with */
		assert_int_equal(p->client.seal[0], p->client.key_block[0][0]);
		assert_int_equal(p->client.seal[0], p->server.open[0]);
		assert_int_equal(p->client.open[0], p->client.key_block[0][128]);
		assert_int_equal(p->client.open[0], p->server.seal[0]);
		assert_int_equal(session_soft_errors(p->client.s), 0);
		assert_int_equal(session_soft_errors(p->server.s), 0);
		assert_true(
			end_logged(&p->client, "TLS: Initial packet from [AF_INET]10.0.0.1:1194"));
		assert_true(
			end_logged(&p->client, "initial untrusted session promoted to trusted"));
		assert_true(
			end_logged(&p->server, "initial untrusted session promoted to trusted"));
		assert_true(end_logged(&p->server,
				       "Peer Connection Initiated with [AF_INET]10.0.0.2:40000"));
		pair_free(p);
	}
}

static void handshake__prf_keys__equal(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	p->client.negotiated.tls_ekm = p->server.negotiated.tls_ekm = false;
	pair_connect(p);
	pair_free(p);
}

static void handshake__packets__as_specified(void **state)
{
	struct pair *p = start_pair(PAIR_V2);
	const uint8_t *third;

	(void)state;
	pair_connect(p);
	assert_string_equal(opcodes_of(p, true), "8 4 4");
	assert_int_equal(packet_opcode(p->sent[0].data[0]), OP_CONTROL_HARD_RESET_CLIENT_V3);
	/* after RESEND_WKC the next is message 1 with the key, never a P_ACK_V1 */
	third = p->sent[2].data;
	assert_false(p->sent[2].from_server);
	assert_int_equal(packet_opcode(third[0]), OP_CONTROL_WKC_V1);
	assert_int_equal(load_be32(third + 9), 0x0f000002);
	pair_free(p);

	p = connected_pair(PAIR_CRYPT);
	for (size_t i = 0; i < p->n_sent; i++)
		assert_int_not_equal(packet_opcode(p->sent[i].data[0]), OP_CONTROL_WKC_V1);
	pair_free(p);
}

/* v3 servers take only a third packet which acknowledges message 0 and nothing else (7.2). */
static void handshake__third_packet__acknowledges_exactly_zero(void **state)
{
	struct pair *p = connected_pair(PAIR_NONE);
	struct rd r = rd_init(p->sent[2].data, p->sent[2].len);
	struct packet_header h;
	struct ack_record ack;

	(void)state;
	assert_false(p->sent[2].from_server);
	assert_int_equal(packet_header_read(&r, &h), 0);
	assert_int_equal(h.opcode, OP_CONTROL_V1);
	assert_int_equal(ack_record_read(&r, &ack), 0);
	assert_int_equal(ack.count, 1);
	assert_int_equal(ack.id[0], 0);
	assert_int_equal(rd_u32(&r), 1);
	pair_free(p);
}

static void replay__recorded_packet__dropped_and_logged_unless_muted(void **state)
{
	(void)state;
	for (unsigned int mute = 0; mute < 2; mute++) {
		struct pair *p = start_pair(PAIR_CRYPT);

		p->server.cfg.mute_replay_warnings = mute;
		pair_connect(p);
		for (size_t i = 2; i < p->n_sent; i++)
			if (!p->sent[i].from_server)
				assert_int_equal(
					pair_inject(p, &p->server, p->sent[i].data, p->sent[i].len),
					ERR_REPLAY_SEEN);
		assert_int_equal(
			end_logged(
				&p->server,
				"tls-crypt unwrap error: bad packet ID (may be a replay): [ #2 / time = (1711276032) "),
			!mute);
		assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
		pair_exchange(p);
		assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
		pair_free(p);
	}
}

static void handshake__wkc_message_lost__repeated_with_its_key(void **state)
{
	struct pair *p = start_pair(PAIR_V2);
	static struct session_packet reset;
	size_t first;

	(void)state;
	pair_start(p);
	assert_true(session_output(p->client.s, p->now, &reset));
	pair_inject(p, &p->server, reset.data, reset.len); /* the answer arrives at once */
	p->drop_from_client = true;
	pair_step(p, &p->client);
	assert_string_equal(opcodes_of(p, false), "11");
	first = p->sent[p->n_sent - 1].len;
	pair_forget(p);
	pair_advance(p, 2000);
	assert_string_equal(opcodes_of(p, false), "11");
	assert_int_equal(p->sent[0].len, first);
	p->drop_from_client = false;
	pair_advance(p, 4000);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	pair_free(p);
}

/* 30: the client's key goes along once only, unless the server asked for it again */
static void handshake__not_asked_for_the_wkc__never_repeats_it(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_V2, .tcp = true};
	struct pair *p = pair_new(&opt);

	(void)state;
	pair_connect(p);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	assert_int_equal(p->sent[0].data[0] >> 3, OP_CONTROL_HARD_RESET_CLIENT_V3);
	for (size_t i = 1; i < p->n_sent; i++) {
		assert_int_not_equal(p->sent[i].data[0] >> 3, OP_CONTROL_WKC_V1);
		assert_int_not_equal(p->sent[i].data[0] >> 3, OP_CONTROL_HARD_RESET_CLIENT_V3);
	}
	pair_free(p);
}

static void handshake__p2p__either_end_may_be_heard_first(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_CRYPT, .p2p = true};

	(void)state;
	for (unsigned int first = 0; first < 3; first++) {
		struct pair *p = pair_new(&opt);

		pair_start(p);
		p->drop_from_client = first == 0;
		p->drop_from_server = first == 1;
		pair_step(p, first == 0 ? &p->server : &p->client);
		pair_step(p, first == 0 ? &p->client : &p->server);
		p->drop_from_client = p->drop_from_server = false;
		pair_advance(p, 8000);
		assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
		assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
		pair_free(p);
	}
}

static void handshake__tcp_server__is_silent_until_spoken_to(void **state)
{
	const struct pair_options opt = {.tcp = true};
	struct pair *p = pair_new(&opt);

	(void)state;
	pair_start(p);
	pair_step(p, &p->server);
	assert_int_equal(p->n_sent, 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	pair_free(p);
}

static void handshake__no_answer__attempts_then_failure(void **state)
{
	static const uint64_t at_ms[] = {2000, 6000, 14000, 30000, 60000};
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	p->drop_from_client = true;
	pair_start(p);
	pair_exchange(p);
	for (size_t i = 0; i < ARRAY_SIZE(at_ms); i++) {
		assert_int_equal(p->n_sent, i + 1);
		assert_int_equal(session_deadline(p->client.s), 10000 + at_ms[i]);
		assert_false(p->client.failed);
		pair_advance(p, at_ms[i] - (p->now.mono_ms - 10000));
	}
	assert_true(p->client.failed);
	assert_string_equal(end_last(&p->client, SESSION_EV_FAILED)->reason, "tls-error");
	assert_true(end_logged(
		&p->client,
		"TLS Error: TLS key negotiation failed to occur within 60 seconds (check your network connectivity)\nTLS Error: TLS handshake failed\n"));
	assert_int_equal(session_deadline(p->client.s), TIME_NEVER);
	pair_free(p);
}

static void handshake__wrong_ca__alert_is_sent_and_both_fail(void **state)
{
	/* a certificate that issued nothing */
	const struct pair_options opt = {.client_ca = sim_client_cert};
	struct pair *p = pair_new(&opt);

	(void)state;
	pair_start(p);
	pair_exchange(p);
	assert_true(p->client.failed);
	assert_true(p->server.failed);
	assert_true(end_logged(&p->client,
			       "TLS Error: TLS object -> incoming plaintext read error\n"
			       "TLS Error: TLS handshake failed\n"));
	assert_true(end_logged(&p->server, "TLS Error: TLS handshake failed\n"));
	assert_int_equal(session_input(p->client.s, p->now, &p->server.addr, "x", 1), ERR_STATE);
	/* the alert left once, after the failure, and the other end understood it */
	assert_string_equal(opcodes_of(p, false), "7 4 5 4");
	assert_true(end_logged(&p->server, "Received fatal SSL alert: "));
	pair_forget(p);
	pair_advance(p, 30000);
	assert_int_equal(p->n_sent, 0);
	pair_free(p);
}

static void handshake__missing_password__fails(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	p->server.cfg.userpass = SESSION_USERPASS_REQUIRED;
	pair_start(p);
	pair_exchange(p);
	assert_true(p->server.failed);
	assert_true(end_logged(&p->server,
			       "TLS Error: Auth Username/Password was not provided by peer"));
	pair_free(p);

	p = start_pair(PAIR_NONE);
	p->server.cfg.userpass = SESSION_USERPASS_REQUIRED;
	p->client.text.username = "alice";
	p->client.text.password = "";
	pair_connect(p);
	assert_string_equal(p->server.username, "alice");
	pair_free(p);
}

static void handshake__options_text_too_long__fails(void **state)
{
	static char options[600];
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	memset(options, 'x', sizeof(options) - 1);
	p->client.text.options = options;
	pair_start(p);
	pair_exchange(p);
	assert_true(p->client.failed);
	assert_true(end_logged(&p->client, "TLS Error: Key Method #2 write failed"));
	pair_free(p);
}

static void auth__refused__message_arrives_and_no_key(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	p->server.verdict = SESSION_AUTH_FAILED;
	pair_start(p);
	pair_exchange(p);
	assert_int_equal(session_send_control(p->server.s, p->now, "AUTH_FAILED,no"), 0);
	pair_exchange(p);
	assert_int_equal(p->client.n_messages, 1);
	assert_string_equal(p->client.messages[0], "AUTH_FAILED,no");
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 0);
	assert_true(end_logged(&p->server, "promoted to semi-trusted"));
	pair_free(p);
}

static void auth__pending__keys_wait_for_the_decision(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);
	uint32_t serial;

	(void)state;
	p->server.verdict = SESSION_AUTH_PENDING;
	pair_start(p);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->server, SESSION_EV_ACTIVE), 1);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 0);
	serial = end_last(&p->server, SESSION_EV_PEER_KEY_METHOD)->key_serial;
	session_auth(p->server.s, p->now, serial, SESSION_AUTH_OK);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	pair_free(p);
}

static void auth__pending_too_long__is_reported(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);
	uint32_t serial;

	(void)state;
	p->server.verdict = SESSION_AUTH_PENDING;
	pair_start(p);
	pair_exchange(p);
	pair_advance(p, 59000);
	assert_int_equal(end_saw(&p->server, SESSION_EV_AUTH_TIMEOUT), 0);
	serial = end_last(&p->server, SESSION_EV_PEER_KEY_METHOD)->key_serial;
	session_extend_auth(p->server.s, serial, p->now.mono_ms + 10000);
	pair_advance(p, 9000);
	assert_int_equal(end_saw(&p->server, SESSION_EV_AUTH_TIMEOUT), 0);
	pair_advance(p, 1000);
	assert_int_equal(end_saw(&p->server, SESSION_EV_AUTH_TIMEOUT), 1);
	pair_free(p);
}

static void renegotiation__ten_times__key_ids_skip_zero(void **state)
{
	static const int want[] = {1, 2, 3, 4, 5, 6, 7, 1, 2, 3};
	struct pair *p = connected_pair(PAIR_CRYPT);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct session *s = i % 2 ? p->client.s : p->server.s;

		assert_int_equal(session_renegotiate(s, p->now, NULL), 0);
		assert_int_equal(session_renegotiate(s, p->now, NULL), ERR_STATE);
		pair_exchange(p);
		pair_forget(p);
		assert_int_equal(end_last(&p->client, SESSION_EV_KEY_READY)->key_id, want[i]);
		assert_int_equal(end_last(&p->server, SESSION_EV_KEY_READY)->key_id, want[i]);
		assert_memory_equal(p->client.key_block[want[i]], p->server.key_block[want[i]],
				    SESSION_KEY_BLOCK_LEN);
		pair_advance(p, 1000);
	}
	assert_int_equal(session_soft_errors(p->client.s), 0);
	pair_free(p);
}

static void renegotiation__both_at_once__one_key(void **state)
{
	struct pair *p = connected_pair(PAIR_NONE);

	(void)state;
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	assert_int_equal(session_renegotiate(p->server.s, p->now, NULL), 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 2);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
	assert_int_equal(end_last(&p->server, SESSION_EV_KEY_READY)->key_id, 1);
	pair_free(p);
}

static void renegotiation__by_time__client_exact_server_scattered(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 20; seed++) {
		struct pair *p = start_pair(PAIR_NONE);

		p->seed.state = seed;
		p->server.cfg.reneg_sec = 1000;
		pair_connect(p);
		pair_advance(p, 900 * 1000);
		assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
		pair_advance(p, 100 * 1000);
		assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
		pair_free(p);
	}
	struct pair *p = start_pair(PAIR_NONE);

	p->client.cfg.reneg_sec = 1000;
	pair_connect(p);
	pair_advance(p, 999999);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	pair_advance(p, 1);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 2);
	assert_true(end_logged(&p->client, "TLS: soft reset sec=1000/1000 bytes=0/-1 pkts=0/0"));
	pair_free(p);
}

static void renegotiation__by_bytes_and_packets(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);
	uint32_t serial;

	(void)state;
	p->client.cfg.reneg_bytes = 1000;
	p->client.cfg.reneg_packets = 10;
	pair_connect(p);
	serial = end_last(&p->client, SESSION_EV_KEY_READY)->key_serial;
	session_note_data(p->client.s, p->now, serial, 999, 9);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	session_note_data(p->client.s, p->now, serial + 100, 5000, 0); /* another key */
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	session_note_data(p->client.s, p->now, serial, 1000, 9);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 2);
	serial = end_last(&p->client, SESSION_EV_KEY_READY)->key_serial;
	session_note_data(p->client.s, p->now, serial, 0, 10);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 3);
	pair_free(p);
}

static void renegotiation__sending_switches_at_promotion__old_key_expires(void **state)
{
	struct pair *p = connected_pair(PAIR_NONE);

	(void)state;
	pair_advance(p, 100000);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	assert_int_equal(n_keys(p, &p->client), 2);
	assert_int_equal(sends_with(p, &p->client), 0);
	pair_advance(p, 59999);
	assert_int_equal(sends_with(p, &p->client), 0);
	assert_int_equal(end_last(&p->client, SESSION_EV_KEY_SEND)->key_id, 0);
	pair_advance(p, 1);
	assert_int_equal(sends_with(p, &p->client), 1);
	assert_int_equal(end_last(&p->client, SESSION_EV_KEY_SEND)->key_id, 1);
	pair_advance(p, 3600000 - 60000 - 1);
	assert_int_equal(n_keys(p, &p->client), 2);
	pair_advance(p, 1);
	assert_int_equal(n_keys(p, &p->client), 1);
	assert_int_equal(end_last(&p->client, SESSION_EV_KEY_EXPIRED)->key_id, 0);
	assert_true(end_logged(&p->client, "TLS: tls_process: killed expiring key"));
	pair_free(p);
}

static void renegotiation__short_interval__promotes_after_half(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);

	(void)state;
	p->client.cfg.reneg_sec = 40;
	pair_connect(p);
	pair_advance(p, 40000);
	assert_int_equal(n_keys(p, &p->client), 2);
	assert_int_equal(sends_with(p, &p->client), 0);
	pair_advance(p, 20000);
	assert_int_equal(sends_with(p, &p->client), 1);
	pair_free(p);
}

/* The loop was late: the moment at which the new key would have settled has passed unused. */
static void deadline__missed_settling__does_not_stay_in_the_past(void **state)
{
	struct pair *p = connected_pair(PAIR_NONE);

	(void)state;
	pair_advance(p, 57500);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	p->now.mono_ms += 3500;
	session_timer(p->client.s, p->now);
	assert_int_equal(sends_with(p, &p->client), 0);
	assert_true(session_deadline(p->client.s) > p->now.mono_ms);
	pair_free(p);
}

static void renegotiation__dynamic_wrap__is_used_for_new_keys_only(void **state)
{
	(void)state;
	for (enum pair_wrap wrap = PAIR_NONE; wrap <= PAIR_V2; wrap++) {
		struct pair *p = start_pair(wrap);

		p->client.negotiated.dyn_tls_crypt = p->server.negotiated.dyn_tls_crypt = true;
		pair_connect(p);
		pair_forget(p);
		for (unsigned int i = 1; i < 3; i++) {
			assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
			pair_exchange(p);
			assert_int_equal(end_last(&p->server, SESSION_EV_KEY_READY)->key_id, i);
		}
		/* tls-crypt format, counting from 1 */
		assert_int_equal(p->sent[0].len, 54);
		assert_int_equal(load_be32(p->sent[0].data + 9), 1);
		pair_free(p);
	}
}

static void renegotiation__never_completes__old_key_stays_and_a_new_session_follows(void **state)
{
	struct pair *p = connected_pair(PAIR_NONE);

	(void)state;
	pair_advance(p, 1000);
	p->drop_from_client = p->drop_from_server = true;
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	pair_advance(p, 59000);
	pair_forget(p);
	pair_advance(p, 1000);
	assert_false(p->client.failed);
	assert_int_equal(sends_with(p, &p->client), 0);
	assert_string_equal(opcodes_of(p, false), "7");
	p->drop_from_client = p->drop_from_server = false;
	pair_forget(p);
	pair_advance(p, 2000);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 2);
	assert_true(end_last(&p->client, SESSION_EV_ACTIVE)->reconnect);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
	pair_free(p);
}

static void renegotiation__never_completes_on_tcp__ends_the_connection(void **state)
{
	const struct pair_options opt = {.tcp = true};
	struct pair *p = pair_new(&opt);

	(void)state;
	pair_connect(p);
	p->drop_from_client = true;
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_advance(p, 60000);
	assert_true(p->client.failed);
	assert_true(end_logged(&p->client, "Fatal TLS error (check_tls_errors_co), restarting"));
	pair_free(p);
}

static void restart__client_from_same_address__replaces_the_session(void **state)
{
	struct pair *p = connected_pair(PAIR_CRYPT);
	struct session *old = p->client.s;
	const struct log no_log = {0};

	(void)state;
	p->client.s = session_new(&p->client.cfg, &p->client.hooks, &no_log, &p->rng, p->now);
	session_free(old);
	p->now.unix_sec++;
	session_start(p->client.s, p->now, &p->server.addr);
	pair_step(p, &p->client);
	assert_int_equal(n_keys(p, &p->server), 1); /* the old one, until promotion */
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_EXPIRED), 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_EXPIRED), 1);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
	assert_true(end_last(&p->server, SESSION_EV_ACTIVE)->reconnect);
	assert_memory_equal(p->client.key_block[0], p->server.key_block[0], SESSION_KEY_BLOCK_LEN);
	pair_free(p);
}

static void restart__single_session__is_refused(void **state)
{
	(void)state;
	for (unsigned int late = 0; late < 2; late++) {
		struct pair *p = start_pair(PAIR_NONE);
		const struct log no_log = {0};

		p->server.cfg.single_session = !late;
		pair_connect(p);
		if (late)
			session_refuse_new(p->server.s);
		session_free(p->client.s);
		p->client.s =
			session_new(&p->client.cfg, &p->client.hooks, &no_log, &p->rng, p->now);
		session_start(p->client.s, p->now, &p->server.addr);
		pair_step(p, &p->client);
		assert_int_equal(p->server.last_input, ERR_STATE);
		assert_true(end_logged(
			&p->server,
			"TLS Error: Cannot accept new session request from [AF_INET]10.0.0.2:40000 due to session context expire or --single-session"));
		assert_int_equal(sends_with(p, &p->server), 0);
		pair_free(p);
	}
}

static void packet_size__no_datagram_exceeds_the_limit(void **state)
{
	static const uint32_t sizes[] = {154, 300, 576, 1250, 2048};

	(void)state;
	for (enum pair_wrap wrap = PAIR_NONE; wrap <= PAIR_CRYPT; wrap++)
		for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
			struct pair_options opt = {.wrap = wrap, .ipv6 = i % 2};
			uint32_t size = sizes[i / 2];
			struct pair *p = pair_new(&opt);

			p->client.cfg.max_packet_size = p->server.cfg.max_packet_size = size;
			pair_connect(p);
			for (size_t n = 0; n < p->n_sent; n++)
				assert_true(p->sent[n].len + (i % 2 ? 48 : 28) <= size);
			pair_free(p);
		}
	assert_int_equal(session_clamp_size(100), 154);
	assert_int_equal(session_clamp_size(3000), 2048);
}

/* 170 bytes of TLS in a message: IPv6, tls-crypt, one ACK, --max-packet-size 300. */
static void packet_size__chunk_as_specified(void **state)
{
	struct pair_options opt = {.wrap = PAIR_CRYPT, .ipv6 = true};
	struct pair *p = pair_new(&opt);

	(void)state;
	p->client.cfg.max_packet_size = 300;
	pair_connect(p);
	assert_int_equal(packet_opcode(p->sent[2].data[0]), OP_CONTROL_V1);
	assert_int_equal(p->sent[2].len, 1 + 8 + 40 + 13 + 4 + 170);
	pair_free(p);
}

static void packet_size__client_key_larger_than_packets__still_connects(void **state)
{
	struct pair *p = start_pair(PAIR_V2);

	(void)state;
	p->client.cfg.max_packet_size = 154;
	pair_connect(p);
	pair_free(p);
}

static void export__equal_at_both_ends(void **state)
{
	struct pair *p = start_pair(PAIR_NONE);
	uint8_t a[3], b[3];

	(void)state;
	pair_start(p);
	assert_int_equal(session_export(p->client.s, EXPORTER_P2P_PEER_ID, a, 3), ERR_STATE);
	pair_exchange(p);
	assert_int_equal(session_export(p->client.s, EXPORTER_P2P_PEER_ID, a, 3), 0);
	assert_int_equal(session_export(p->server.s, EXPORTER_P2P_PEER_ID, b, 3), 0);
	assert_memory_equal(a, b, 3);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake__every_wrap__equal_keys),
		cmocka_unit_test(handshake__prf_keys__equal),
		cmocka_unit_test(handshake__packets__as_specified),
		cmocka_unit_test(handshake__third_packet__acknowledges_exactly_zero),
		cmocka_unit_test(replay__recorded_packet__dropped_and_logged_unless_muted),
		cmocka_unit_test(handshake__wkc_message_lost__repeated_with_its_key),
		cmocka_unit_test(handshake__not_asked_for_the_wkc__never_repeats_it),
		cmocka_unit_test(handshake__p2p__either_end_may_be_heard_first),
		cmocka_unit_test(handshake__tcp_server__is_silent_until_spoken_to),
		cmocka_unit_test(handshake__no_answer__attempts_then_failure),
		cmocka_unit_test(handshake__wrong_ca__alert_is_sent_and_both_fail),
		cmocka_unit_test(handshake__missing_password__fails),
		cmocka_unit_test(handshake__options_text_too_long__fails),
		cmocka_unit_test(auth__refused__message_arrives_and_no_key),
		cmocka_unit_test(auth__pending__keys_wait_for_the_decision),
		cmocka_unit_test(auth__pending_too_long__is_reported),
		cmocka_unit_test(renegotiation__ten_times__key_ids_skip_zero),
		cmocka_unit_test(renegotiation__both_at_once__one_key),
		cmocka_unit_test(renegotiation__by_time__client_exact_server_scattered),
		cmocka_unit_test(renegotiation__by_bytes_and_packets),
		cmocka_unit_test(renegotiation__sending_switches_at_promotion__old_key_expires),
		cmocka_unit_test(renegotiation__short_interval__promotes_after_half),
		cmocka_unit_test(deadline__missed_settling__does_not_stay_in_the_past),
		cmocka_unit_test(renegotiation__dynamic_wrap__is_used_for_new_keys_only),
		cmocka_unit_test(
			renegotiation__never_completes__old_key_stays_and_a_new_session_follows),
		cmocka_unit_test(renegotiation__never_completes_on_tcp__ends_the_connection),
		cmocka_unit_test(restart__client_from_same_address__replaces_the_session),
		cmocka_unit_test(restart__single_session__is_refused),
		cmocka_unit_test(packet_size__no_datagram_exceeds_the_limit),
		cmocka_unit_test(packet_size__chunk_as_specified),
		cmocka_unit_test(packet_size__client_key_larger_than_packets__still_connects),
		cmocka_unit_test(export__equal_at_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
