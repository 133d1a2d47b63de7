/* SPDX-License-Identifier: GPL-2.0-only */
/* All wraps: known packets in both directions, damaged ones, replays, client keys. */
#include "test.h"

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/kdf.h"
#include "proto/wrap.h"

#define REPLAY_TIME 0x66000000U
#define CLIENT_SID  "c1c2c3c4c5c6c7c8"
#define SERVER_SID  "5152535455565758"

static const struct now now = {.mono_ms = 5000, .unix_sec = REPLAY_TIME};
static const struct log no_log = {0};
static const union sock_addr peer = {.in4 = {.sin_family = AF_INET, .sin_port = 0x409c}};

static struct static_key key_k;
static struct crypt_v2_server_key v2_server;

/* Two ends of one wrap. */
struct ends {
	struct wrap_config *client_cfg, *server_cfg;
	struct wrap client, server;
};

static void open_ends(struct ends *e, const struct wrap_options *client,
		      const struct wrap_options *server)
{
	const struct wrap_params client_params = {.replay_window = 64, .replay_time_sec = 15};
	const struct wrap_params server_params = {
		.tls_server = true, .replay_window = 64, .replay_time_sec = 15};

	assert_int_equal(wrap_config_new(client, &e->client_cfg), 0);
	assert_int_equal(wrap_config_new(server, &e->server_cfg), 0);
	wrap_init(&e->client, e->client_cfg, &client_params);
	wrap_init(&e->server, e->server_cfg, &server_params);
}

static void close_ends(struct ends *e)
{
	wrap_fini(&e->client);
	wrap_fini(&e->server);
	wrap_config_free(e->client_cfg);
	wrap_config_free(e->server_cfg);
}

static void open_auth(struct ends *e, enum digest_id digest, bool directions)
{
	struct wrap_options client = {.kind = WRAP_AUTH, .key = &key_k, .digest = digest};
	struct wrap_options server = client;

	server.tls_server = true;
	if (directions) {
		client.direction = KEY_DIR_INVERSE;
		server.direction = KEY_DIR_NORMAL;
	}
	open_ends(e, &client, &server);
}

static void open_crypt(struct ends *e)
{
	const struct wrap_options client = {.kind = WRAP_CRYPT, .key = &key_k};
	const struct wrap_options server = {.tls_server = true, .kind = WRAP_CRYPT, .key = &key_k};

	open_ends(e, &client, &server);
}

/* Client key K, wrapped with the given metadata. */
static void open_v2(struct ends *e, const char *metadata_hex)
{
	struct crypt_v2_client_key client_key = {.kc = key_k};
	const struct wrap_options client = {.v2_client = &client_key};
	const struct wrap_options server = {.tls_server = true, .v2_server = &v2_server};
	uint8_t metadata[64];
	size_t len = unhex(metadata, sizeof(metadata), metadata_hex);

	assert_int_equal(
		wkc_wrap(&v2_server, &key_k, metadata, len, client_key.wkc, &client_key.wkc_len),
		0);
	open_ends(e, &client, &server);
}

static size_t seal(struct wrap *w, uint8_t opcode, uint8_t key_id, const char *sid,
		   const char *body_hex, uint8_t out[CONTROL_PACKET_MAX])
{
	struct packet_header h = {.opcode = opcode, .key_id = key_id};
	uint8_t body[256];
	size_t len = unhex(body, sizeof(body), body_hex);
	struct wr wr = wr_init(out, CONTROL_PACKET_MAX);

	unhex(h.sid.b, sizeof(h.sid.b), sid);
	assert_int_equal(wrap_seal(w, now, &h, body, len, &wr), 0);
	return wr.len;
}

static int open_packet(struct wrap *w, const void *data, size_t len, struct wrap_opened *out)
{
	static uint8_t plain[CONTROL_PACKET_MAX];
	const struct wrap_input in = {.log = &no_log, .now = now, .from = &peer};

	return wrap_open(w, &in, data, len, plain, out);
}

/* Seal at @from, compare, open at @to. */
static void check_vector(struct wrap *from, struct wrap *to, uint8_t opcode, uint8_t key_id,
			 const char *sid, const char *body_hex, const char *packet_hex)
{
	uint8_t want[CONTROL_PACKET_MAX], got[CONTROL_PACKET_MAX], body[256];
	size_t want_len = unhex(want, sizeof(want), packet_hex);
	size_t body_len = unhex(body, sizeof(body), body_hex), rest;
	size_t got_len = seal(from, opcode, key_id, sid, body_hex, got);
	struct wrap_opened pkt;

	assert_true(got_len >= want_len);
	if (!opcode_carries_wkc(opcode))
		assert_int_equal(got_len, want_len);
	assert_memory_equal(got, want, want_len);
	assert_int_equal(open_packet(to, got, got_len, &pkt), 0);
	assert_int_equal(pkt.h.opcode, opcode);
	assert_int_equal(pkt.h.key_id, key_id);
	assert_memory_equal(rd_rest(&pkt.body, &rest), body, body_len);
	assert_int_equal(rest, body_len);
}

#define ACK0_CLIENT "0100000000" CLIENT_SID
#define ACK0_SERVER "0100000000" SERVER_SID
#define TLS_BYTES   "16030100015a"

static void none__vectors(void **state)
{
	struct ends e;
	const struct wrap_options client = {0}, server = {.tls_server = true};

	(void)state;
	open_ends(&e, &client, &server);
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c80000000000");
	check_vector(&e.server, &e.client, 8, 0, SERVER_SID, ACK0_CLIENT "00000000",
		     "4051525354555657580100000000c1c2c3c4c5c6c7c800000000");
	assert_int_equal(wrap_overhead(&e.client, 0), 0);
	assert_true(wrap_is_plain(&e.client));
	close_ends(&e);
}

static void auth__sha1_vectors(void **state)
{
	struct ends e;

	(void)state;
	open_auth(&e, DIGEST_SHA1, true);
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c82efb428ac442871ef54ff76905a7cb2e836c3e40000000"
		     "01660000000000000000");
	check_vector(&e.server, &e.client, 8, 0, SERVER_SID, ACK0_CLIENT "00000000",
		     "405152535455565758ebb5f1c276844a652c0454aab33fede6fe3d8be2000000"
		     "01660000000100000000c1c2c3c4c5c6c7c800000000");
	check_vector(&e.client, &e.server, 4, 0, CLIENT_SID, ACK0_SERVER "00000001" TLS_BYTES,
		     "20c1c2c3c4c5c6c7c84255ea9bff80ca7d3662bee9b47af70938fef3af000000"
		     "0266000000010000000051525354555657580000000116030100015a");
	assert_int_equal(wrap_overhead(&e.client, 0), 28);
	close_ends(&e);
}

static void auth__sha256_vectors(void **state)
{
	struct ends e;

	(void)state;
	open_auth(&e, DIGEST_SHA256, true);
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c8bd692b8e7afc0a1df47c38cc9aa970ffd3541b5370e12d"
		     "e3a4046f356e7ce8ed00000001660000000000000000");
	check_vector(&e.server, &e.client, 8, 0, SERVER_SID, ACK0_CLIENT "00000000",
		     "405152535455565758b1d556d31ff94e8f1d14fb626d415588ea51e53e5c8704"
		     "c66c0cf554bf38fef700000001660000000100000000c1c2c3c4c5c6c7c80000"
		     "0000");
	close_ends(&e);
}

static void auth__without_direction__vector(void **state)
{
	struct ends e;

	(void)state;
	open_auth(&e, DIGEST_SHA1, false);
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c861355ab1a550be715e29c041b7e688add61d307e000000"
		     "01660000000000000000");
	close_ends(&e);
}

static void crypt__vectors(void **state)
{
	struct ends e;

	(void)state;
	open_crypt(&e);
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c80000000166000000955da25c1adf8d5aab770e8103e638"
		     "a644bfb244ee0d4676fcbc214cfd692a24992c344eab");
	check_vector(&e.server, &e.client, 8, 0, SERVER_SID, ACK0_CLIENT "00000000",
		     "40515253545556575800000001660000006e9077096fdf6e97e0f2a160b158d1"
		     "07e714ddb5d093e63bf7e03ed9f7d4760f2a495a71f76fabd114490ccaca3aac"
		     "a9e4");
	check_vector(&e.client, &e.server, 4, 0, CLIENT_SID, ACK0_SERVER "00000001" TLS_BYTES,
		     "20c1c2c3c4c5c6c7c80000000266000000adbfa67edefe1d639fa3f8cbf1430f"
		     "f65cd234b0535b30a3f7e6550290737df9d933dc25cb307307fd5ae53775355a"
		     "425e0dc5c31a4a42");
	check_vector(&e.server, &e.client, 5, 0, SERVER_SID, "020000000100000000" CLIENT_SID,
		     "285152535455565758000000026600000059d2e694456ca48ff969aa94055e74"
		     "21644a5b685a4bb4422e96bc08a71549c5f58a95b1da22e51900f9352cc4b0ff"
		     "8c9b");
	assert_int_equal(wrap_overhead(&e.client, 0), 56);
	close_ends(&e);
}

static void v2__vectors(void **state)
{
	struct ends e;
	uint8_t got[CONTROL_PACKET_MAX];

	(void)state;
	open_v2(&e, "010000000066000000");
	e.server.base.tx.counter = 0;
	check_vector(&e.client, &e.server, 10, 0, CLIENT_SID, "0000000000",
		     "50c1c2c3c4c5c6c7c80f000001660000005fef12c177ca1888562573c0d19bd7"
		     "a26a32c8d131c0b893ee1bbe31c285b032c1491f42cc"
		     "43fb7dc851555a4f0db70bdc84731949ad1e640431d701074e0734815863cb3d"
		     "7cb7cea0c85d2ffbe1a02453ae8901ee767c96ed1aea733346df88f2f6a0e7c1"
		     "6b2159c36f15c06cf384b29a289da50af625d7f2771828ea90c41047ac97fe8c"
		     "8c61f8813149dc8978885e0f68a82b275b84d4848fc5978bc1ea790203c2b2e0"
		     "c2d84ece7541219102f25a941a213c0b082fb9b70722c6ca093ca057953389a6"
		     "fda1b99a33ec79c6c66f295a711a9fc7fbab6daf33f0647589e18f6067560920"
		     "7a0675c4865b51b0fe8de093561b0052eb0e497f5814811b73347794e065b974"
		     "0c4b789a2c1203dbb39d2e6c40c54d5f6b0424a370b26add4859a8ed18c9d633"
		     "cf38990b5c0ec373d664a010e9fc3e296f63ba1d1b1cba41ce2ccd639bd3abb4"
		     "667649dc3c9ed7cfc1012b");
	assert_int_equal(e.server.base.tx.counter, EARLY_NEG_COUNTER_START);
	e.server.base.tx.counter = 0; /* as the stateless answer starts */
	check_vector(&e.server, &e.client, 8, 0, SERVER_SID,
		     ACK0_CLIENT "00000000"
				 "000100020001",
		     "4051525354555657580000000166000000d73113ac9ba20ae726b69b094affa1"
		     "4d74805a8842ea40717e98efb225b1f1235bb64ea92f7d145a8a113e36591db1"
		     "d0833f0f266ba57e");
	check_vector(&e.client, &e.server, 11, 0, CLIENT_SID, ACK0_SERVER "00000001",
		     "58c1c2c3c4c5c6c7c80f000002660000005cd78a48121a56e430a650525b70b4"
		     "b12d87d10a9f047bfd9f21264add4515d58976e06dde1f940eb6100332e3c29d"
		     "41e7");
	assert_int_equal(seal(&e.client, 4, 0, CLIENT_SID, "00", got), 50);
	close_ends(&e);
}

/* TLS 1.3 exporter (RFC 8446 7.5) without context, SHA-256. */
static void export_tls13(const uint8_t secret[32], const char *label, uint8_t *out, size_t len)
{
	uint8_t empty_hash[32], derived[32], info[128];
	struct wr w;

	assert_int_equal(sha256("", 0, empty_hash), 0);
	for (unsigned int step = 0; step < 2; step++) {
		const char *name = step ? "exporter" : label;

		w = wr_init(info, sizeof(info));
		wr_u16(&w, (uint16_t)(step ? len : sizeof(derived)));
		wr_u8(&w, (uint8_t)(6 + strlen(name)));
		wr_bytes(&w, "tls13 ", 6);
		wr_bytes(&w, name, strlen(name));
		wr_u8(&w, 32);
		wr_bytes(&w, empty_hash, 32);
		assert_int_equal(hkdf_expand_sha256(step ? derived : secret, info, w.len,
						    step ? out : derived, step ? len : 32),
				 0);
	}
}

static void dynamic__vector(void **state)
{
	struct ends e;
	struct static_key d;
	uint8_t secret[32], first[32], last[32];

	(void)state;
	for (uint8_t i = 0; i < sizeof(secret); i++)
		secret[i] = i;
	export_tls13(secret, EXPORTER_DYN_TLS_CRYPT, d.k, sizeof(d.k));
	unhex(first, 32, "b3de59a6a3f104f810f39d89d2718fb6dc2f24620508fab3a1ed0e154677e462");
	unhex(last, 32, "de073af8aa174d7d773e3cde372a0cfb76de5ccb43c8fffed3c7c2e58d24c553");
	assert_memory_equal(d.k, first, 32);
	assert_memory_equal(d.k + 224, last, 32);

	open_crypt(&e);
	assert_int_equal(wrap_set_dynamic(&e.client, &d), 0);
	assert_int_equal(wrap_set_dynamic(&e.server, &d), 0);
	check_vector(&e.client, &e.server, 3, 1, CLIENT_SID, "0000000000",
		     "19c1c2c3c4c5c6c7c8000000016600000092fd8ef5b644d2ac312d3ce0918778"
		     "b96425c8352a7abe57d61589d6e0dcf86b6d719a23d6");
	/* key id 0 keeps the ordinary wrap */
	check_vector(&e.client, &e.server, 7, 0, CLIENT_SID, "0000000000",
		     "38c1c2c3c4c5c6c7c80000000166000000955da25c1adf8d5aab770e8103e638"
		     "a644bfb244ee0d4676fcbc214cfd692a24992c344eab");
	close_ends(&e);
}

static void dynamic__without_base__both_ways(void **state)
{
	const struct wrap_params client_params = {.replay_window = 64, .replay_time_sec = 15};
	const struct wrap_params server_params = {
		.tls_server = true, .replay_window = 64, .replay_time_sec = 15};
	struct wrap client, server;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	wrap_init(&client, NULL, &client_params);
	wrap_init(&server, NULL, &server_params);
	assert_int_equal(wrap_set_dynamic(&client, &key_k), 0);
	assert_int_equal(wrap_set_dynamic(&server, &key_k), 0);
	len = seal(&client, 3, 1, CLIENT_SID, "0000000000", buf);
	assert_int_equal(len, 54);
	assert_int_equal(open_packet(&server, buf, len, &pkt), 0);
	len = seal(&server, 3, 1, SERVER_SID, "0000000000", buf);
	assert_int_equal(open_packet(&client, buf, len, &pkt), 0);
	len = seal(&client, 4, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(len, 14);
	assert_int_equal(open_packet(&server, buf, len, &pkt), 0);
	wrap_fini(&client);
	wrap_fini(&server);
}

static void auth__equal_directions__are_refused(void **state)
{
	const struct wrap_options options = {.kind = WRAP_AUTH,
					     .key = &key_k,
					     .digest = DIGEST_SHA1,
					     .direction = KEY_DIR_INVERSE};
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_ends(&e, &options, &options);
	len = seal(&e.client, 7, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&e.server, buf, len, &pkt), ERR_WRAP);
	close_ends(&e);
}

/* One bit anywhere, and every prefix. The packet must still pass afterwards: no state moved. */
static void damage_everything(struct ends *e, uint8_t opcode)
{
	uint8_t good[CONTROL_PACKET_MAX], bad[CONTROL_PACKET_MAX];
	size_t len = seal(&e->client, opcode, 0, CLIENT_SID, "0000000000", good);
	struct wrap_opened pkt;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(bad, good, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(open_packet(&e->server, bad, len, &pkt) < 0);
	}
	for (size_t n = 0; n < len; n++)
		assert_true(open_packet(&e->server, good, n, &pkt) < 0);
	assert_int_equal(open_packet(&e->server, good, len, &pkt), 0);
	assert_int_equal(open_packet(&e->server, good, len, &pkt), ERR_REPLAY_SEEN);
}

static void auth__damaged_or_cut__is_refused(void **state)
{
	struct ends e;

	(void)state;
	open_auth(&e, DIGEST_SHA512, true);
	damage_everything(&e, 7);
	close_ends(&e);
}

static void crypt__damaged_or_cut__is_refused(void **state)
{
	struct ends e;

	(void)state;
	open_crypt(&e);
	damage_everything(&e, 7);
	close_ends(&e);
}

static void v2__damaged_or_cut__is_refused(void **state)
{
	struct ends e;

	(void)state;
	open_v2(&e, "");
	damage_everything(&e, 10);
	close_ends(&e);
}

static void v2__bad_length_fields__are_refused(void **state)
{
	static const uint16_t lengths[] = {0, 1, 33, 34, 289, 291, 344, 345, 1025, 65535};
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&e, "");
	len = seal(&e.client, 10, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(len, 54 + 290);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		store_be16(buf + len - 2, lengths[i]);
		assert_true(open_packet(&e.server, buf, len, &pkt) < 0);
		assert_null(e.server.client_key);
	}
	close_ends(&e);
}

static void v2__other_server_key__is_refused(void **state)
{
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	v2_server.s[0] ^= 1;
	open_v2(&e, "");
	v2_server.s[0] ^= 1;
	len = seal(&e.client, 10, 0, CLIENT_SID, "0000000000", buf);
	close_ends(&e);
	open_v2(&e, "");
	assert_int_equal(open_packet(&e.server, buf, len, &pkt), ERR_WKC);
	close_ends(&e);
}

static void v2__repeated_first_packet__only_its_rest_counts(void **state)
{
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&e, "");
	len = seal(&e.client, 10, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&e.server, buf, len, &pkt), 0);
	len = seal(&e.client, 11, 0, CLIENT_SID, "00", buf);
	buf[len - 10] ^= 1; /* nobody unwraps this one any more */
	assert_int_equal(open_packet(&e.server, buf, len, &pkt), 0);
	close_ends(&e);
}

/* A packet of the same peer under another key must not take the place of the first. */
static void v2__stolen_wkc_with_garbage__leaves_no_key(void **state)
{
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&e, "");
	len = seal(&e.client, 10, 0, CLIENT_SID, "0000000000", buf);
	buf[20] ^= 1;
	assert_int_equal(open_packet(&e.server, buf, len, &pkt), ERR_WRAP);
	assert_null(e.server.client_key);
	close_ends(&e);
}

static void v2__opcode_without_server_key__is_refused(void **state)
{
	struct ends v2, plain;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&v2, "");
	open_crypt(&plain);
	len = seal(&v2.client, 10, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&plain.server, buf, len, &pkt), ERR_WKC);
	close_ends(&v2);
	close_ends(&plain);
}

static void v2_only__unwrapped_and_tls_crypt__are_refused(void **state)
{
	struct ends v2, crypt, none;
	const struct wrap_options client = {0}, server = {.tls_server = true};
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&v2, "");
	open_crypt(&crypt);
	open_ends(&none, &client, &server);
	len = seal(&crypt.client, 7, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&v2.server, buf, len, &pkt), ERR_WRAP);
	len = seal(&none.client, 7, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&v2.server, buf, len, &pkt), ERR_WRAP);
	close_ends(&v2);
	close_ends(&crypt);
	close_ends(&none);
}

static void v2_with_tls_crypt__both_kinds_pass(void **state)
{
	const struct wrap_options options = {
		.tls_server = true, .kind = WRAP_CRYPT, .key = &key_k, .v2_server = &v2_server};
	const struct wrap_params params = {
		.tls_server = true, .replay_window = 64, .replay_time_sec = 15};
	struct wrap_config *cfg;
	struct wrap w;
	struct ends v2, crypt;
	uint8_t buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	size_t len;

	(void)state;
	open_v2(&v2, "");
	open_crypt(&crypt);
	assert_int_equal(wrap_config_new(&options, &cfg), 0);
	wrap_init(&w, cfg, &params);
	len = seal(&crypt.client, 7, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&w, buf, len, &pkt), 0);
	wrap_fini(&w);
	wrap_init(&w, cfg, &params);
	len = seal(&v2.client, 10, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(open_packet(&w, buf, len, &pkt), 0);
	wrap_fini(&w);
	wrap_config_free(cfg);
	close_ends(&v2);
	close_ends(&crypt);
}

struct verdict {
	int ret;
	int type;
	size_t len;
	unsigned int calls;
};

static int metadata_verdict(void *user, int type, const uint8_t *metadata UNUSED, size_t len)
{
	struct verdict *v = user;

	v->type = type;
	v->len = len;
	v->calls++;
	return v->ret;
}

/* First packet of a client whose key has this metadata, at a server with these checks. */
static int open_with_checks(const char *metadata_hex, uint32_t max_age_days, uint64_t unix_sec,
			    struct verdict *verdict)
{
	const struct wrap_options options = {
		.tls_server = true, .v2_server = &v2_server, .v2_max_age_days = max_age_days};
	const struct wrap_params params = {.tls_server = true, .replay_window = 64};
	struct wrap_input in = {
		.log = &no_log,
		.now = {.mono_ms = 5000, .unix_sec = unix_sec},
		.from = &peer,
		.metadata = verdict ? metadata_verdict : NULL,
		.metadata_user = verdict,
	};
	uint8_t plain[CONTROL_PACKET_MAX], buf[CONTROL_PACKET_MAX];
	struct wrap_opened pkt;
	struct wrap_config *cfg;
	struct wrap w;
	struct ends e;
	size_t len;
	int ret;

	open_v2(&e, metadata_hex);
	len = seal(&e.client, 10, 0, CLIENT_SID, "0000000000", buf);
	assert_int_equal(wrap_config_new(&options, &cfg), 0);
	wrap_init(&w, cfg, &params);
	ret = wrap_open(&w, &in, buf, len, plain, &pkt);
	if (ret == ERR_AGAIN) { /* the same bytes again: nothing was recorded */
		verdict->ret = 0;
		ret = wrap_open(&w, &in, buf, len, plain, &pkt);
	}
	wrap_fini(&w);
	wrap_config_free(cfg);
	close_ends(&e);
	return ret;
}

static void v2__max_age__exact_limit_passes(void **state)
{
	const char *made = "010000000066000000";
	const uint64_t day = 86400;

	(void)state;
	assert_int_equal(open_with_checks(made, 30, REPLAY_TIME + 30 * day, NULL), 0);
	assert_int_equal(open_with_checks(made, 30, REPLAY_TIME + 30 * day + 1, NULL), ERR_WKC);
	assert_int_equal(open_with_checks(made, 30, REPLAY_TIME - 5, NULL), 0);
	assert_int_equal(open_with_checks("", 30, REPLAY_TIME, NULL), ERR_WKC);
	assert_int_equal(open_with_checks("0075736572", 30, REPLAY_TIME, NULL), ERR_WKC);
	assert_int_equal(open_with_checks("007573657265736572", 30, REPLAY_TIME, NULL), ERR_WKC);
	assert_int_equal(open_with_checks("0075736572", 0, REPLAY_TIME, NULL), 0);
}

static void v2__metadata_hook__decides(void **state)
{
	struct verdict v = {0};

	(void)state;
	assert_int_equal(open_with_checks("0075736572", 0, REPLAY_TIME, &v), 0);
	assert_int_equal(v.type, 0);
	assert_int_equal(v.len, 4);
	assert_int_equal(v.calls, 1);
	v.ret = ERR_PERMISSION;
	assert_int_equal(open_with_checks("0075736572", 0, REPLAY_TIME, &v), ERR_WKC);
	v.ret = ERR_AGAIN;
	v.calls = 0;
	assert_int_equal(open_with_checks("", 0, REPLAY_TIME, &v), 0);
	assert_int_equal(v.type, -1);
	assert_int_equal(v.calls, 2);
}

static void replay__every_packet_has_a_new_id__time_stays(void **state)
{
	struct ends e;
	uint8_t buf[CONTROL_PACKET_MAX];

	(void)state;
	open_crypt(&e);
	for (uint32_t i = 1; i < 5; i++) {
		seal(&e.client, i % 2 ? 4 : 5, 0, CLIENT_SID, "00", buf);
		assert_int_equal(load_be32(buf + 9), i);
		assert_int_equal(load_be32(buf + 13), REPLAY_TIME);
	}
	close_ends(&e);
}

static void config__contradictions__are_refused(void **state)
{
	struct crypt_v2_client_key client_key = {.wkc_len = 290};
	const struct wrap_options bad[] = {
		{.kind = WRAP_AUTH, .key = &key_k, .digest = DIGEST_NONE},
		{.kind = WRAP_CRYPT},
		{.kind = WRAP_CRYPT, .key = &key_k, .v2_client = &client_key},
		{.v2_server = &v2_server, .v2_client = &client_key},
		{.tls_server = true, .v2_client = &client_key},
	};
	struct wrap_config *cfg;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(wrap_config_new(&bad[i], &cfg), ERR_INVALID);
}

static void config__large_client_key__needs_larger_packets(void **state)
{
	struct ends e;

	(void)state;
	open_v2(&e, "");
	assert_int_equal(wrap_config_wkc_overhead(e.client_cfg), 5 + 290 + 56 + 1 + 8 + 40);
	assert_int_equal(wrap_config_wkc_overhead(e.server_cfg), 0);
	close_ends(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none__vectors),
		cmocka_unit_test(auth__sha1_vectors),
		cmocka_unit_test(auth__sha256_vectors),
		cmocka_unit_test(auth__without_direction__vector),
		cmocka_unit_test(crypt__vectors),
		cmocka_unit_test(v2__vectors),
		cmocka_unit_test(dynamic__vector),
		cmocka_unit_test(dynamic__without_base__both_ways),
		cmocka_unit_test(auth__equal_directions__are_refused),
		cmocka_unit_test(auth__damaged_or_cut__is_refused),
		cmocka_unit_test(crypt__damaged_or_cut__is_refused),
		cmocka_unit_test(v2__damaged_or_cut__is_refused),
		cmocka_unit_test(v2__bad_length_fields__are_refused),
		cmocka_unit_test(v2__other_server_key__is_refused),
		cmocka_unit_test(v2__repeated_first_packet__only_its_rest_counts),
		cmocka_unit_test(v2__stolen_wkc_with_garbage__leaves_no_key),
		cmocka_unit_test(v2__opcode_without_server_key__is_refused),
		cmocka_unit_test(v2_only__unwrapped_and_tls_crypt__are_refused),
		cmocka_unit_test(v2_with_tls_crypt__both_kinds_pass),
		cmocka_unit_test(v2__max_age__exact_limit_passes),
		cmocka_unit_test(v2__metadata_hook__decides),
		cmocka_unit_test(replay__every_packet_has_a_new_id__time_stays),
		cmocka_unit_test(config__contradictions__are_refused),
		cmocka_unit_test(config__large_client_key__needs_larger_packets),
	};

	for (size_t i = 0; i < sizeof(key_k.k); i++)
		key_k.k[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(v2_server.s); i++)
		v2_server.s[i] = (uint8_t)(3 * i + 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
