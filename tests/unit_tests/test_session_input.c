/* SPDX-License-Identifier: GPL-2.0-only */
/* What sessions refuse, and control messages. */
#include "test.h"

#include <stdio.h>

#include "base/err.h"
#include "proto/constants.h"
#include "proto/packet.h"
#include "session_pair.h"

enum {
	CONTROL_TEXT_LONGEST = 2047
};

/* A packet without wrap as one end would send it; any part may be wrong. */
struct forged {
	uint8_t opcode, key_id;
	const struct session_id *sid; /* NULL: none at all */
	uint8_t acks;
	uint32_t ack_id;
	const struct session_id *addressee;
	bool no_id;
	uint32_t id;
	const void *payload;
	size_t len;
};

static const struct session_id nobody = {{0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4}};
static const struct session_id zero;

static struct pair *connected(bool tcp)
{
	const struct pair_options opt = {.tcp = tcp};
	struct pair *p = pair_new(&opt);

	pair_connect(p);
	return p;
}

/* The session ids as they were seen on the wire. */
static struct session_id sid_of(const struct pair *p, bool server)
{
	struct session_id sid = {{0}};

	for (size_t i = 0; i < p->n_sent; i++)
		if (p->sent[i].from_server == server)
			memcpy(sid.b, p->sent[i].data + 1, sizeof(sid.b));
	return sid;
}

static int inject(struct pair *p, struct pair_end *to, const struct forged *f)
{
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_u8(&w, packet_first_byte(f->opcode, f->key_id));
	if (f->sid)
		wr_bytes(&w, f->sid->b, SID_LEN);
	wr_u8(&w, f->acks);
	for (unsigned int i = 0; i < f->acks; i++)
		wr_u32(&w, f->ack_id);
	if (f->acks && f->addressee)
		wr_bytes(&w, f->addressee->b, SID_LEN);
	if (!f->no_id && f->opcode != OP_ACK_V1)
		wr_u32(&w, f->id);
	wr_bytes(&w, f->payload, f->len);
	assert_int_equal(wr_error(&w), 0);
	return pair_inject(p, to, buf, w.len);
}

static void refused(struct pair *p, struct pair_end *to, const struct forged *f, const char *line)
{
	unsigned int errors = session_soft_errors(to->s);

	assert_true(inject(p, to, f) < 0);
	assert_int_equal(session_soft_errors(to->s), errors + 1);
	if (!end_logged(to, line))
		fail_msg("not logged: %s", line);
}

/* The session goes on: a renegotiation still works. */
static void assert_alive(struct pair *p)
{
	size_t before = end_saw(&p->client, SESSION_EV_KEY_READY);

	assert_false(p->client.failed || p->server.failed);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), before + 1);
}

static void opcode__undefined__soft_error_with_its_line(void **state)
{
	static const uint8_t bad[] = {0, 1, 2, 12, 31};
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++) {
		snprintf(line, sizeof(line),
			 "TLS Error: unknown opcode received from [AF_INET]10.0.0.2:40000 op=%u",
			 bad[i]);
		refused(p, &p->server, &(struct forged){.opcode = bad[i], .sid = &client}, line);
	}
	assert_true(end_logged(&p->server, "Peer tried unsupported key-method 1"));
	assert_alive(p);
	pair_free(p);
}

static void opcode__undefined_on_tcp__ends_the_connection(void **state)
{
	struct pair *p = connected(true);

	(void)state;
	assert_true(inject(p, &p->server, &(struct forged){.opcode = 12, .sid = &nobody}) < 0);
	assert_true(p->server.failed);
	assert_true(end_logged(&p->server, "Fatal TLS error (check_tls_errors_co), restarting"));
	pair_free(p);
}

static void opcode__reset_of_the_wrong_direction__is_refused(void **state)
{
	struct pair *p = connected(false);
	const char *line =
		"TLS Error: client->client or server->server connection attempted from [AF_INET]10.0.0.";

	(void)state;
	refused(p, &p->server, &(struct forged){.opcode = 8, .sid = &nobody}, line);
	refused(p, &p->client, &(struct forged){.opcode = 7, .sid = &nobody}, line);
	refused(p, &p->client, &(struct forged){.opcode = 10, .sid = &nobody}, line);
	assert_alive(p);
	pair_free(p);
}

static void opcode__data__is_not_an_error(void **state)
{
	struct pair *p = connected(false);
	const uint8_t data[] = {0x48, 0, 0, 1, 2, 3, 4};

	(void)state;
	assert_true(pair_inject(p, &p->server, data, sizeof(data)) < 0);
	assert_int_equal(session_soft_errors(p->server.s), 0);
	assert_true(pair_inject(p, &p->server, data, 0) < 0);
	assert_int_equal(session_soft_errors(p->server.s), 0);
	pair_free(p);
}

static void session_id__missing_zero_unknown__refused(void **state)
{
	struct pair *p = connected(false);

	(void)state;
	refused(p, &p->server, &(struct forged){.opcode = 4, .no_id = true},
		"TLS Error: session-id not found in packet from [AF_INET]10.0.0.2:40000");
	refused(p, &p->server, &(struct forged){.opcode = 4, .sid = &zero},
		"TLS Error: session-id not found in packet from");
	refused(p, &p->server, &(struct forged){.opcode = 4, .sid = &nobody},
		"TLS Error: Unroutable control packet received from [AF_INET]10.0.0.2:40000 (si=3 op=P_CONTROL_V1)");
	assert_alive(p);
	pair_free(p);
}

static void session_id__of_the_lame_session__is_stale(void **state)
{
	struct pair *p = connected(false);
	struct session_id old = sid_of(p, true);

	(void)state;
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	p->drop_from_client = true;
	pair_advance(p, 60000); /* the renegotiation fails, its session becomes the lame one */
	refused(p, &p->client, &(struct forged){.opcode = 4, .sid = &old},
		"TLS ERROR: received control packet with stale session-id=");
	pair_free(p);
}

static void source_address__differs__refused(void **state)
{
	struct pair *p = connected(false);
	union sock_addr real = p->client.addr;
	const struct session_id client = sid_of(p, false);

	(void)state;
	sock_addr_set_port(&p->client.addr, 40001);
	refused(p, &p->server, &(struct forged){.opcode = 4, .sid = &client, .id = 9},
		"TLS Error: Received control packet from unexpected IP addr: [AF_INET]10.0.0.2:40001");
	session_set_remote(p->server.s, &p->client.addr); /* it floated */
	assert_int_equal(inject(p, &p->server, &(struct forged){.opcode = 5, .sid = &client}), 0);
	p->client.addr = real;
	pair_free(p);
}

/* The client's soft reset comes from another port. */
static void check_moved(enum pair_wrap wrap)
{
	const struct pair_options opt = {.wrap = wrap};
	struct pair *p = pair_new(&opt);
	union sock_addr elsewhere = p->client.addr, third = p->client.addr;
	const struct session_id client = (pair_connect(p), sid_of(p, false));
	struct pair_packet *packet;
	bool proven = wrap != PAIR_NONE;

	sock_addr_set_port(&elsewhere, 40001);
	sock_addr_set_port(&third, 40002);
	p->drop_from_client = true;
	pair_forget(p);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	assert_true(pair_step(p, &p->client) > 0);
	packet = &p->sent[0];
	assert_true(session_has_peer(p->server.s, &client));
	assert_false(session_has_peer(p->server.s, &nobody));
	if (proven) {
		packet->data[packet->len - 1] ^= 1;
		assert_true(session_input_moved(p->server.s, p->now, &elsewhere, packet->data,
						packet->len) < 0);
		assert_true(sock_addr_equal(session_remote(p->server.s), &p->client.addr));
		packet->data[packet->len - 1] ^= 1;
	}
	assert_int_equal(
		session_input_moved(p->server.s, p->now, &elsewhere, packet->data, packet->len),
		proven ? 0 : ERR_STATE);
	assert_true(sock_addr_equal(session_remote(p->server.s),
				    proven ? &elsewhere : &p->client.addr));
	/* said again by somebody else */
	assert_true(session_input_moved(p->server.s, p->now, &third, packet->data, packet->len) <
		    0);
	assert_false(sock_addr_equal(session_remote(p->server.s), &third));
	pair_free(p);
}

static void source_address__moved__followed_if_a_key_proves_it(void **state)
{
	(void)state;
	check_moved(PAIR_AUTH);
	check_moved(PAIR_CRYPT);
	check_moved(PAIR_V2);
	check_moved(PAIR_NONE);
}

static void key_id__wrong__refused(void **state)
{
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);

	(void)state;
	refused(p, &p->server, &(struct forged){.opcode = 4, .key_id = 3, .sid = &client},
		"TLS ERROR: local/remote key IDs out of sync (0/3) ID:");
	/* a soft reset must bring the next one */
	refused(p, &p->server, &(struct forged){.opcode = 3, .key_id = 2, .sid = &client},
		"TLS ERROR: local/remote key IDs out of sync (0/2) ID:");
	refused(p, &p->server, &(struct forged){.opcode = 3, .key_id = 0, .sid = &client},
		"TLS ERROR: local/remote key IDs out of sync (0/0) ID:");
	assert_alive(p);
	pair_free(p);
}

static void soft_reset__before_the_keys__is_dropped(void **state)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);
	struct session_id client;

	(void)state;
	p->client.manual_options = p->server.manual_options = true;
	pair_start(p);
	pair_exchange(p);
	client = sid_of(p, false);
	refused(p, &p->server, &(struct forged){.opcode = 3, .key_id = 1, .sid = &client},
		"TLS ERROR: local/remote key IDs out of sync (0/1) ID:");
	session_options_done(p->client.s, p->now, &p->client.negotiated);
	session_options_done(p->server.s, p->now, &p->server.negotiated);
	pair_exchange(p);
	assert_alive(p);
	pair_free(p);
}

static void ack_record__malformed__refused(void **state)
{
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false), server = sid_of(p, true);
	const struct forged bad[] = {
		{.opcode = 5, .sid = &client, .acks = 9, .addressee = &server},
		{.opcode = 5, .sid = &client, .acks = 8}, /* no addressee */
		{.opcode = 5, .sid = &client, .acks = 1, .addressee = &zero},
		{.opcode = 5, .sid = &client, .acks = 1, .addressee = &nobody},
		{.opcode = 4, .sid = &client, .acks = 1, .addressee = &client, .id = 50},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(p, &p->server, &bad[i],
			"TLS Error: reading acknowledgement record from packet");
	/* none at all, and one for what was never sent, are harmless */
	assert_int_equal(inject(p, &p->server, &(struct forged){.opcode = 5, .sid = &client}), 0);
	assert_int_equal(inject(p, &p->server,
				&(struct forged){.opcode = 5,
						 .sid = &client,
						 .acks = 1,
						 .ack_id = 77,
						 .addressee = &server}),
			 0);
	assert_int_equal(session_soft_errors(p->server.s), ARRAY_SIZE(bad));
	assert_alive(p);
	pair_free(p);
}

static void message_id__of_a_reset_not_zero__is_ignored(void **state)
{
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);

	(void)state;
	pair_forget(p);
	assert_int_equal(
		inject(p, &p->server, &(struct forged){.opcode = 7, .sid = &client, .id = 5}), 0);
	assert_true(end_logged(
		&p->server,
		"TLS Error: received P_CONTROL_HARD_RESET_CLIENT_V2 with packet id 5 from [AF_INET]10.0.0.2:40000 -- 0 was expected, ignoring packet"));
	pair_exchange(p);
	assert_int_equal(p->n_sent, 0);
	pair_free(p);
}

static void message_id__late_reset__gets_an_ack_only(void **state)
{
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);

	(void)state;
	pair_forget(p);
	assert_int_equal(inject(p, &p->server, &(struct forged){.opcode = 7, .sid = &client}), 0);
	pair_step(p, &p->server);
	assert_int_equal(p->n_sent, 1);
	assert_int_equal(packet_opcode(p->sent[0].data[0]), OP_ACK_V1);
	assert_alive(p);
	pair_free(p);
}

static void body__cut_before_the_id__only_its_acks_count(void **state)
{
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);

	(void)state;
	pair_forget(p);
	assert_int_equal(
		inject(p, &p->server, &(struct forged){.opcode = 4, .sid = &client, .no_id = true}),
		0);
	pair_exchange(p);
	assert_int_equal(p->n_sent, 0);
	pair_free(p);
}

/* The next message id that the client would use. */
static uint32_t next_client_id(struct pair *p)
{
	uint32_t id = 0;

	for (size_t i = 0; i < p->n_sent; i++) {
		const struct pair_packet *s = &p->sent[i];
		struct rd r = rd_init(s->data, s->len);
		struct packet_header h;
		struct ack_record ack;

		if (s->from_server || packet_header_read(&r, &h) < 0 || h.opcode == OP_ACK_V1 ||
		    ack_record_read(&r, &ack) < 0)
			continue;
		id = rd_u32(&r);
	}
	return id + 1;
}

static void payload__larger_than_any_peer_sends__is_refused(void **state)
{
	static uint8_t big[CONTROL_PAYLOAD_MAX + 1];
	struct pair *p = connected(false);
	const struct session_id client = sid_of(p, false);

	(void)state;
	refused(p, &p->server,
		&(struct forged){.opcode = 4,
				 .sid = &client,
				 .id = next_client_id(p),
				 .payload = big,
				 .len = sizeof(big)},
		"Incoming control channel packet too big, dropping.");
	assert_alive(p);
	pair_free(p);
}

static void tls__garbage__fails_only_this_key(void **state)
{
	static const uint8_t garbage[] = "GET / HTTP/1.0\r\n\r\n and so on";
	static const uint8_t endless[] = {0x17, 3, 3, 0x40, 0};
	struct pair *p = connected(false);
	struct session_id client = sid_of(p, false);

	(void)state;
	assert_int_equal(inject(p, &p->server,
				&(struct forged){.opcode = 4,
						 .sid = &client,
						 .id = next_client_id(p),
						 .payload = endless,
						 .len = sizeof(endless)}),
			 0);
	pair_advance(p, 1000);
	assert_false(p->server.failed); /* a record that never ends costs nothing but memory */
	assert_int_equal(inject(p, &p->server,
				&(struct forged){.opcode = 4,
						 .sid = &client,
						 .id = next_client_id(p) + 1,
						 .payload = garbage,
						 .len = sizeof(garbage)}),
			 0);
	pair_free(p);

	const struct pair_options opt = {0};

	p = pair_new(&opt);
	pair_start(p);
	p->drop_from_client = true;
	pair_step(p, &p->client);
	client = sid_of(p, false);
	p->drop_from_client = false;
	(void)pair_inject(p, &p->server, p->sent[0].data, p->sent[0].len); /* cookie */
	{
		const struct session_id cookie = sid_of(p, true);

		(void)inject(p, &p->server,
			     &(struct forged){.opcode = 4,
					      .sid = &client,
					      .acks = 1,
					      .addressee = &cookie,
					      .id = 1,
					      .payload = garbage,
					      .len = sizeof(garbage)});
	}
	assert_true(p->server.failed);
	assert_true(end_logged(&p->server, "TLS Error: TLS handshake failed"));
	pair_free(p);
}

static void tlv__malformed__handshake_fails(void **state)
{
	static const uint8_t bad[] = {0, 1, 0, 1, 1};
	static const uint8_t resend[] = {0, 1, 0, 2, 0, 1};
	const struct pair_options opt = {.p2p = true};

	(void)state;
	for (unsigned int good = 0; good < 2; good++) {
		struct pair *p = pair_new(&opt);
		struct forged f = {.opcode = 8, .sid = &nobody, .acks = 1};
		struct session_id client;

		pair_start(p);
		p->drop_from_client = true;
		pair_step(p, &p->client);
		client = sid_of(p, false);
		f.addressee = &client;
		f.payload = good ? resend : bad;
		f.len = good ? sizeof(resend) : sizeof(bad);
		assert_int_equal(inject(p, &p->client, &f), 0);
		assert_int_equal(p->client.failed, !good);
		if (!good)
			assert_true(end_logged(&p->client,
					       "TLS Error: Early negotiation malformed packet"));
		/* RESEND_WKC without such a key means nothing */
		pair_forget(p);
		pair_step(p, &p->client);
		for (size_t i = 0; i < p->n_sent; i++)
			assert_int_not_equal(packet_opcode(p->sent[i].data[0]), OP_CONTROL_WKC_V1);
		pair_free(p);
	}
}

static void message__before_active__arrives_in_order(void **state)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);

	(void)state;
	pair_start(p);
	assert_int_equal(session_send_control(p->client.s, p->now, "first"), 0);
	assert_int_equal(session_send_control(p->client.s, p->now, "second"), 0);
	assert_true(session_control_pending(p->client.s));
	pair_exchange(p);
	assert_int_equal(p->server.n_messages, 2);
	assert_string_equal(p->server.messages[0], "first");
	assert_string_equal(p->server.messages[1], "second");
	assert_false(session_control_pending(p->client.s));
	assert_true(end_logged(&p->client, "SENT CONTROL [UNDEF]: 'first' (status=1)"));
	pair_free(p);
}

static void message__during_renegotiation__arrives_after_it(void **state)
{
	struct pair *p = connected(false);

	(void)state;
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	assert_int_equal(session_send_control(p->client.s, p->now, "later"), 0);
	pair_exchange(p);
	assert_int_equal(p->server.n_messages, 1);
	assert_string_equal(p->server.messages[0], "later");
	pair_free(p);
}

/* Plaintext of one TLS record, as a peer might write it. */
static void write_record(struct pair *p, const char *bytes, size_t len)
{
	assert_int_equal(tls_conn_write(session_tls(p->client.s), (const uint8_t *)bytes, len), 0);
	session_timer(p->client.s, p->now);
	pair_exchange(p);
}

static void message__several_in_a_record__all_are_taken(void **state)
{
	static const char record[] = "one\0two\r\n\0three\n\n\0\0cut off";
	struct pair *p = connected(false);

	(void)state;
	write_record(p, record, sizeof(record) - 1);
	assert_int_equal(p->server.n_messages, 3);
	assert_string_equal(p->server.messages[0], "one");
	assert_string_equal(p->server.messages[1], "two");
	assert_string_equal(p->server.messages[2], "three");
	pair_free(p);
}

static void message__control_characters__are_refused(void **state)
{
	static const char record[] = "bad\x01text\0good";
	struct pair *p = connected(false);

	(void)state;
	write_record(p, record, sizeof(record));
	assert_int_equal(p->server.n_messages, 1);
	assert_string_equal(p->server.messages[0], "good");
	assert_true(end_logged(
		&p->server, "WARNING: Received control with invalid characters: 6261640174657874"));
	pair_free(p);
}

/* 67: the longest message is one record with its NUL, and nothing longer is sent */
static void message__own__never_above_2048_bytes(void **state)
{
	struct pair *p = connected(false);
	char text[CONTROL_TEXT_LONGEST + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[CONTROL_TEXT_LONGEST + 1] = 0;
	assert_int_equal(session_send_control(p->client.s, p->now, text), ERR_LIMIT);
	text[CONTROL_TEXT_LONGEST] = 0;
	assert_int_equal(session_send_control(p->client.s, p->now, text), 0);
	assert_int_equal(session_send_control(p->client.s, p->now, ""), 0);
	assert_int_equal(session_send_control(p->client.s, p->now, "next"), 0);
	pair_exchange(p);
	assert_int_equal(p->server.n_messages, 2);
	assert_memory_equal(p->server.messages[0], text, sizeof(p->server.messages[0]) - 1);
	assert_string_equal(p->server.messages[1], "next");
	assert_alive(p);
	pair_free(p);
}

static void message__not_terminated_or_too_long__is_dropped(void **state)
{
	static char big[3000];
	struct pair *p = connected(false);

	(void)state;
	write_record(p, "no end", 6);
	assert_int_equal(p->server.n_messages, 0);
	memset(big, 'x', sizeof(big) - 1);
	write_record(p, big, sizeof(big)); /* its tail may come through */
	assert_true(p->server.n_messages <= 1);
	assert_int_equal(session_send_control(p->client.s, p->now, big), ERR_LIMIT);
	big[2047] = 0;
	assert_int_equal(session_send_control(p->client.s, p->now, big), 0);
	pair_exchange(p);
	assert_int_equal(strlen(p->server.messages[p->server.n_messages - 1]), 255);
	assert_alive(p);
	pair_free(p);
}

static void unknown_data_key__is_told_with_all_keys(void **state)
{
	struct pair *p = connected(false);

	(void)state;
	session_log_unknown_key(p->server.s, &p->client.addr, 5);
	assert_true(end_logged(
		&p->server,
		"TLS Error: local/remote TLS keys are out of sync: [AF_INET]10.0.0.2:40000 (received key id: 5, known key ids:  [key#0 state=S_GENERATED_KEYS auth=KS_AUTH_TRUE id=0 sid="));
	pair_free(p);
}

static int metadata_calls, metadata_answer;

static int verify_client_key(void *ctx UNUSED, int type, const uint8_t *metadata UNUSED,
			     size_t len UNUSED)
{
	assert_int_equal(type, -1);
	metadata_calls++;
	return metadata_answer;
}

static void client_key__verified_once_a_connection(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_V2};
	struct pair *p = pair_new(&opt);

	(void)state;
	metadata_calls = metadata_answer = 0;
	p->server.hooks.verify_client_key = verify_client_key;
	pair_connect(p);
	assert_int_equal(metadata_calls, 1);
	/* the message with the key once more: a duplicate, and nothing else */
	for (size_t i = 0; i < p->n_sent; i++)
		if (packet_opcode(p->sent[i].data[0]) == OP_CONTROL_WKC_V1)
			assert_int_equal(
				pair_inject(p, &p->server, p->sent[i].data, p->sent[i].len),
				ERR_REPLAY_SEEN);
	assert_int_equal(metadata_calls, 1);
	assert_alive(p);
	pair_free(p);
}

static void client_key__refused__instance_fails(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_V2};
	struct pair *p = pair_new(&opt);

	(void)state;
	metadata_answer = ERR_PERMISSION;
	p->server.hooks.verify_client_key = verify_client_key;
	pair_start(p);
	pair_exchange(p);
	assert_true(p->server.failed);
	assert_true(end_logged(
		&p->server,
		"TLS Error: can not extract tls-crypt-v2 client key from [AF_INET]10.0.0.2:40000"));
	pair_free(p);
}

static void client_key__decided_later__by_the_next_attempt(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_V2};
	struct pair *p = pair_new(&opt);

	(void)state;
	metadata_answer = ERR_AGAIN;
	p->server.hooks.verify_client_key = verify_client_key;
	pair_start(p);
	pair_exchange(p);
	assert_false(p->server.failed);
	assert_int_equal(end_saw(&p->server, SESSION_EV_ACTIVE), 0);
	metadata_answer = 0;
	pair_advance(p, 4000);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	pair_free(p);
}

/* Every packet of a handshake with every byte changed once: no crash, and it still completes. */
static void handshake__each_packet_damaged_before__still_completes(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_CRYPT};
	struct pair *p = pair_new(&opt);
	struct session_packet *packet = malloc(sizeof(*packet));

	(void)state;
	assert_non_null(packet);
	pair_start(p);
	for (unsigned int round = 0; round < 20; round++) {
		struct pair_end *from = round % 2 ? &p->server : &p->client;

		while (from->s && session_output(from->s, p->now, packet)) {
			struct pair_end *to = round % 2 ? &p->client : &p->server;

			for (size_t i = 0; i < packet->len; i++) {
				packet->data[i] ^= 0x41;
				if (to->s)
					(void)pair_inject(p, to, packet->data, packet->len);
				packet->data[i] ^= 0x41;
			}
			(void)pair_inject(p, to, packet->data, packet->len);
		}
	}
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	free(packet);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcode__undefined__soft_error_with_its_line),
		cmocka_unit_test(opcode__undefined_on_tcp__ends_the_connection),
		cmocka_unit_test(opcode__reset_of_the_wrong_direction__is_refused),
		cmocka_unit_test(opcode__data__is_not_an_error),
		cmocka_unit_test(session_id__missing_zero_unknown__refused),
		cmocka_unit_test(session_id__of_the_lame_session__is_stale),
		cmocka_unit_test(source_address__differs__refused),
		cmocka_unit_test(source_address__moved__followed_if_a_key_proves_it),
		cmocka_unit_test(key_id__wrong__refused),
		cmocka_unit_test(soft_reset__before_the_keys__is_dropped),
		cmocka_unit_test(ack_record__malformed__refused),
		cmocka_unit_test(message_id__of_a_reset_not_zero__is_ignored),
		cmocka_unit_test(message_id__late_reset__gets_an_ack_only),
		cmocka_unit_test(body__cut_before_the_id__only_its_acks_count),
		cmocka_unit_test(payload__larger_than_any_peer_sends__is_refused),
		cmocka_unit_test(tls__garbage__fails_only_this_key),
		cmocka_unit_test(tlv__malformed__handshake_fails),
		cmocka_unit_test(message__before_active__arrives_in_order),
		cmocka_unit_test(message__during_renegotiation__arrives_after_it),
		cmocka_unit_test(message__several_in_a_record__all_are_taken),
		cmocka_unit_test(message__control_characters__are_refused),
		cmocka_unit_test(message__own__never_above_2048_bytes),
		cmocka_unit_test(message__not_terminated_or_too_long__is_dropped),
		cmocka_unit_test(unknown_data_key__is_told_with_all_keys),
		cmocka_unit_test(client_key__verified_once_a_connection),
		cmocka_unit_test(client_key__refused__instance_fails),
		cmocka_unit_test(client_key__decided_later__by_the_next_attempt),
		cmocka_unit_test(handshake__each_packet_damaged_before__still_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
