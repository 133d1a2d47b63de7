/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers and strangers that go wrong on purpose, and what must be gone when a session is. */
#include "crypto/openssl.h"

#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/secret.h"
#include "proto/constants.h"
#include "proto/packet.h"
#include "proto/session_impl.h"
#include "session_pair.h"

/* ---- TCP: who changes a packet ends the connection ---- */

static const char *const wrap_lines[] = {
	[PAIR_AUTH] = "TLS Error: incoming packet authentication failed from ",
	[PAIR_CRYPT] = "TLS Error: tls-crypt unwrapping failed from ",
	[PAIR_V2] = "TLS Error: tls-crypt unwrapping failed from ",
};

/* 11 */
static void tcp__one_bit_changed__ends_the_connection(void **state)
{
	(void)state;
	for (enum pair_wrap wrap = PAIR_AUTH; wrap <= PAIR_V2; wrap++) {
		for (size_t part = 0; part < 8; part++) {
			const struct pair_options opt = {.wrap = wrap, .tcp = true};
			struct pair *p = pair_new(&opt);
			struct pair_packet *sent;
			size_t at;

			pair_connect(p);
			pair_forget(p);
			p->drop_from_client = true;
			assert_int_equal(session_send_control(p->client.s, p->now, "INFO,x"), 0);
			pair_step(p, &p->client);
			assert_true(p->n_sent > 0);
			sent = &p->sent[p->n_sent - 1];
			at = 9 + part * (sent->len - 10) / 7; /* behind the session id */
			sent->data[at] ^= (uint8_t)(1 << part);
			assert_true(pair_inject(p, &p->server, sent->data, sent->len) < 0);
			end_drain(&p->server);
			assert_true(p->server.failed);
			if (!end_logged(&p->server, wrap_lines[wrap]))
				fail_msg("wrap %d, byte %zu: %s", (int)wrap, at, p->server.log);
			pair_free(p);
		}
	}
}

/* The first packet of all, with the client's key behind it. */
static void tcp__wrapped_client_key_changed__ends_the_connection(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_V2, .tcp = true};

	(void)state;
	for (size_t back = 1; back <= 290; back += 17) {
		struct pair *p = pair_new(&opt);
		struct pair_packet *sent;

		p->drop_from_client = true;
		pair_start(p);
		pair_step(p, &p->client);
		assert_int_equal(p->n_sent, 1);
		sent = &p->sent[0];
		sent->data[sent->len - back] ^= 1;
		assert_true(pair_inject(p, &p->server, sent->data, sent->len) < 0);
		end_drain(&p->server);
		assert_true(p->server.failed);
		assert_true(end_logged(&p->server,
				       "TLS Error: can not extract tls-crypt-v2 client key from "));
		pair_free(p);
	}
}

/* ---- who stops talking is forgotten after the handshake window, and not before ---- */

static struct pair *after_the_reset(uint32_t hand_window_sec)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);

	p->server.cfg.hand_window_sec = hand_window_sec;
	p->drop_from_client = true;
	pair_start(p);
	pair_step(p, &p->client);
	p->drop_from_client = false;
	assert_int_equal(pair_inject(p, &p->server, p->sent[0].data, p->sent[0].len),
			 ERR_NOT_FOUND); /* the answer is the stateless one */
	return p;
}

static void assert_ends_after(struct pair *p, uint32_t sec)
{
	char line[192];

	assert_non_null(p->server.s);
	p->drop_from_client = p->drop_from_server = true;
	pair_advance(p, sec * 1000ull - 1);
	assert_false(p->server.failed);
	pair_advance(p, 1);
	assert_true(p->server.failed);
	snprintf(
		line, sizeof(line),
		"TLS Error: TLS key negotiation failed to occur within %u seconds (check your network connectivity)\nTLS Error: TLS handshake failed\n",
		sec);
	assert_true(end_logged(&p->server, line));
}

/* 43, 58 */
static void silence__after_client_hello__ends_exactly_after_the_window(void **state)
{
	static const uint32_t windows[] = {7, 60, 300};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		struct pair *p = after_the_reset(windows[i]);

		pair_step(p, &p->client);
		assert_ends_after(p, windows[i]);
		pair_free(p);
	}
}

/* 58: the header of a record that never comes, as large as a record can be */
static void silence__after_a_record_header__ends_after_the_window(void **state)
{
	static const uint8_t header[] = {0x16, 3, 1, 0x40, 0x00};
	struct pair *p = after_the_reset(60);
	const struct pair_packet *reset = &p->sent[0], *answer = &p->sent[1];
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	wr_u8(&w, packet_first_byte(OP_CONTROL_V1, 0));
	wr_bytes(&w, reset->data + 1, SID_LEN);
	wr_u8(&w, 1);
	wr_u32(&w, 0);
	wr_bytes(&w, answer->data + 1, SID_LEN);
	wr_u32(&w, 1);
	wr_bytes(&w, header, sizeof(header));
	assert_int_equal(pair_inject(p, &p->server, buf, w.len), 0);
	assert_ends_after(p, 60);
	pair_free(p);
}

/* ---- key-method-2 messages that are no single record ---- */

static const uint8_t *extra_record;
static size_t extra_len;

/* Sends a record of its own in front of the message. */
static int key_text_behind_a_record(void *ctx, uint8_t key_id UNUSED, struct session_key_text *text)
{
	struct pair_end *e = ctx;

	*text = e->text;
	return tls_conn_write(e->s->untrusted.primary->tls, extra_record, extra_len);
}

static void assert_key_method_fails(const void *record, size_t len, const char *line)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);

	extra_record = record;
	extra_len = len;
	p->client.hooks.key_text = key_text_behind_a_record;
	pair_start(p);
	pair_exchange(p);
	assert_true(p->server.failed);
	assert_int_equal(end_saw(&p->server, SESSION_EV_PEER_KEY_METHOD), 0);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 0);
	if (!end_logged(&p->server, line))
		fail_msg("%zu bytes: %s", len, p->server.log);
	pair_free(p);
}

/* 60 */
static void key_method__in_two_records__fails(void **state)
{
	static uint8_t part[117] = {0, 0, 0, 0, 2};

	(void)state;
	for (size_t len = 1; len <= sizeof(part); len += 29)
		assert_key_method_fails(part, len, "TLS Error: TLS handshake failed\n");
}

/* 60 */
static void key_method__longer_than_2048__fails(void **state)
{
	static uint8_t message[3000] = {0, 0, 0, 0, 2};
	struct wr w = wr_init(message + 117, sizeof(message) - 117);
	static uint8_t info[2500];

	(void)state;
	memset(info, 'x', sizeof(info));
	wr_u16(&w, 3);
	wr_bytes(&w, "V4", 3);
	wr_u16(&w, 0);
	wr_u16(&w, 0);
	wr_u16(&w, sizeof(info));
	wr_bytes(&w, info, sizeof(info));
	assert_int_equal(wr_error(&w), 0);
	assert_key_method_fails(message, 117 + w.len,
				"TLS Error: Key Method #2 message is longer than 2048 bytes\n");
}

/* ---- point to point ---- */

/* 44: both resets are under way at the same time */
static void p2p__both_begin_at_once__one_session(void **state)
{
	const struct pair_options opt = {.wrap = PAIR_AUTH, .p2p = true};
	struct pair *p = pair_new(&opt);
	struct pair_packet from_client, from_server;

	(void)state;
	pair_start(p);
	p->drop_from_client = p->drop_from_server = true;
	assert_int_equal(pair_step(p, &p->client), 1);
	assert_int_equal(pair_step(p, &p->server), 1);
	from_client = p->sent[0];
	from_server = p->sent[1];
	p->drop_from_client = p->drop_from_server = false;
	assert_int_equal(pair_inject(p, &p->client, from_server.data, from_server.len), 0);
	assert_int_equal(pair_inject(p, &p->server, from_client.data, from_client.len), 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 1);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 1);
	assert_memory_equal(p->client.key_block[0], p->server.key_block[0], SESSION_KEY_BLOCK_LEN);
	pair_free(p);
}

/* ---- a library that has no MD5 any more ---- */

/* 63: the TLS connection is up, and then the keys cannot be made */
static void prf__refused_by_the_library__named_and_no_key(void **state)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);

	(void)state;
	p->client.manual_options = true;
	p->client.negotiated.tls_ekm = p->server.negotiated.tls_ekm = false;
	pair_start(p);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->client, SESSION_EV_ACTIVE), 1);
	assert_int_equal(EVP_set_default_properties(NULL, "provider=nobody"), 1);
	session_options_done(p->client.s, p->now, &p->client.negotiated);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	end_drain(&p->client);
	assert_true(end_logged(&p->client, "TLS Error: PRF calculation failed. "));
	assert_int_equal(end_saw(&p->client, SESSION_EV_KEY_READY), 0);
	assert_true(p->client.failed);
	pair_free(p);
}

/* ---- what must be gone ---- */

enum {
	SECRETS = 4,
	CHUNK = 32, /* less can be a register that the dynamic linker saved on the stack */
	MASK = 0x5a,
	READ_LEN = 1 << 16,
	REGION_MAX = 256 << 20,
};

/* Secrets as they are not found in memory. */
static struct {
	const char *what;
	uint8_t masked[SESSION_KEY_BLOCK_LEN];
	size_t len;
} secrets[SECRETS];

static void remember(size_t i, const char *what, void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	secrets[i].what = what;
	secrets[i].len = len;
	for (size_t k = 0; k < len; k++)
		secrets[i].masked[k] = b[k] ^ MASK;
	secret_wipe(bytes, len);
}

static bool is_chunk(const uint8_t *mem, const uint8_t *masked)
{
	size_t k = 0;

	while (k < CHUNK && mem[k] == (masked[k] ^ MASK))
		k++;
	return k == CHUNK;
}

/* The bytes that some chunk begins with. The first ones of a secret may lie under a list of free
 * blocks. */
static void first_bytes(bool first[256])
{
	memset(first, 0, 256);
	for (size_t i = 0; i < SECRETS; i++)
		for (size_t c = CHUNK; c + CHUNK <= secrets[i].len; c += CHUNK)
			first[secrets[i].masked[c] ^ MASK] = true;
}

/* Is a part of a secret in this piece of memory? */
static const char *find_secret(const uint8_t *mem, size_t len)
{
	bool first[256];

	first_bytes(first);
	for (size_t at = 0; at + CHUNK <= len; at++) {
		if (!first[mem[at]])
			continue;
		for (size_t i = 0; i < SECRETS; i++)
			for (size_t c = CHUNK; c + CHUNK <= secrets[i].len; c += CHUNK)
				if (is_chunk(mem + at, secrets[i].masked + c))
					return secrets[i].what;
	}
	return NULL;
}

/* Most of what a sanitizer maps was never touched. */
static bool is_untouched(const uint8_t *mem, size_t len)
{
	return len == 0 || (mem[0] == 0 && memcmp(mem, mem + 1, len - 1) == 0);
}

static const char *find_in_region(int mem, unsigned long from, unsigned long to)
{
	static uint8_t piece[READ_LEN + CHUNK];

	for (unsigned long at = from; at < to; at += READ_LEN) {
		size_t want = to - at < sizeof(piece) ? to - at : sizeof(piece);
		ssize_t got = pread(mem, piece, want, (off_t)at);
		const char *what = NULL;

		if (got > 0 && !is_untouched(piece, (size_t)got))
			what = find_secret(piece, (size_t)got);
		secret_wipe(piece, got > 0 ? (size_t)got : 0);
		if (what)
			return what;
	}
	return NULL;
}

/* Return: what was found, with the line of the memory map in @where. */
static const char *find_in_memory(char *where, size_t cap)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "r");
	const char *what = NULL;

	assert_true(mem >= 0 && maps);
	while (!what && fgets(where, (int)cap, maps)) {
		unsigned long from, to;
		char perm[5];

		if (sscanf(where, "%lx-%lx %4s", &from, &to, perm) == 3 && perm[0] == 'r' &&
		    perm[1] == 'w' && to - from <= REGION_MAX)
			what = find_in_region(mem, from, to);
	}
	fclose(maps);
	close(mem);
	return what;
}

/* 69 */
static void secrets__session_freed__nowhere_in_memory(void **state)
{
	const struct pair_options opt = {0};
	struct pair *p = pair_new(&opt);
	char *password = strdup("0123456789abcdef-0a-long-passwordCORRECTHORSEBATTERYSTAPLE");
	uint8_t dynamic[256];
	char where[256];
	const char *what;

	(void)state;
	p->client.text.username = "user";
	p->client.text.password = password;
	p->server.cfg.userpass = SESSION_USERPASS_REQUIRED;
	p->client.negotiated.dyn_tls_crypt = p->server.negotiated.dyn_tls_crypt = true;
	pair_connect(p);
	assert_int_equal(session_export(p->client.s, "EXPORTER-OpenVPN-dynamic-tls-crypt", dynamic,
					sizeof(dynamic)),
			 0);
	assert_int_equal(session_renegotiate(p->client.s, p->now, NULL), 0);
	pair_exchange(p);
	assert_int_equal(end_saw(&p->server, SESSION_EV_KEY_READY), 2);
	remember(0, "the first data key", p->client.key_block[0], SESSION_KEY_BLOCK_LEN);
	remember(1, "the second data key", p->client.key_block[1], SESSION_KEY_BLOCK_LEN);
	remember(2, "the key of the control channel", dynamic, sizeof(dynamic));
	remember(3, "the password", password, strlen(password) + 1);
	secret_wipe(p->server.key_block, sizeof(p->server.key_block));
	/* while the sessions live, their keys do: the search finds what there is */
	assert_non_null(find_in_memory(where, sizeof(where)));
	session_free(p->client.s);
	session_free(p->server.s);
	p->client.s = p->server.s = NULL;
	what = find_in_memory(where, sizeof(where));
	if (what)
		fail_msg("%s is still at %s", what, where);
	free(password);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp__one_bit_changed__ends_the_connection),
		cmocka_unit_test(tcp__wrapped_client_key_changed__ends_the_connection),
		cmocka_unit_test(silence__after_client_hello__ends_exactly_after_the_window),
		cmocka_unit_test(silence__after_a_record_header__ends_after_the_window),
		cmocka_unit_test(key_method__in_two_records__fails),
		cmocka_unit_test(key_method__longer_than_2048__fails),
		cmocka_unit_test(p2p__both_begin_at_once__one_session),
		cmocka_unit_test(prf__refused_by_the_library__named_and_no_key),
		cmocka_unit_test(secrets__session_freed__nowhere_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
