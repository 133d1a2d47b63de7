/* SPDX-License-Identifier: GPL-2.0-only */
/* Our connections against bare TLS of the library, which may do what ours never would. */
#include "crypto/openssl.h"

#include "test.h"

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/str.h"
#include "tls_pair.h"

static struct pki_cert ca, client_cert, server_cert;

static int setup(void **state)
{
	(void)state;
	pki_issue(&ca, &(struct pki_spec){.subject = "CN=ca", .ca = true});
	pki_issue(&client_cert,
		  &(struct pki_spec){.subject = "CN=client", .issuer = &ca, .serial = 2});
	pki_issue(&server_cert,
		  &(struct pki_spec){.subject = "CN=server", .issuer = &ca, .serial = 3});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_free(&ca);
	pki_free(&client_cert);
	pki_free(&server_cert);
	return 0;
}

/* A bare end; the other one is ours. */
struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

static void raw_init(struct raw *r, const struct pki_cert *own, bool server)
{
	*r = (struct raw){.ctx = SSL_CTX_new(TLS_method())};
	assert_non_null(r->ctx);
	assert_int_equal(SSL_CTX_use_certificate(r->ctx, own->x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(r->ctx, own->pkey), 1);
	r->ssl = SSL_new(r->ctx);
	r->in = BIO_new(BIO_s_mem());
	r->out = BIO_new(BIO_s_mem());
	SSL_set_bio(r->ssl, r->in, r->out);
	if (server)
		SSL_set_accept_state(r->ssl);
	else
		SSL_set_connect_state(r->ssl);
}

static void raw_fini(struct raw *r)
{
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
}

/* Carry what waits. Return: how many bytes came from the bare end, negative when ours refused. */
static int move(struct raw *r, struct tls_conn *conn)
{
	uint8_t buf[4096];
	int from_raw = 0, n;
	size_t len;

	while ((len = tls_conn_drain(conn, buf, sizeof(buf))) > 0)
		assert_int_equal(BIO_write(r->in, buf, (int)len), (int)len);
	while ((n = BIO_read(r->out, buf, sizeof(buf))) > 0) {
		from_raw += n;
		if (tls_conn_feed(conn, buf, (size_t)n) < 0)
			return -1;
	}
	return from_raw;
}

static bool shake(struct raw *r, struct tls_conn *conn)
{
	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(r->ssl);
		(void)move(r, conn);
		if (tls_conn_step(conn) < 0)
			return false;
		(void)move(r, conn);
	}
	return SSL_is_init_finished(r->ssl) && tls_conn_handshake_done(conn);
}

static void read_text(struct tls_conn *conn, const char *want)
{
	uint8_t buf[64];
	size_t len;

	assert_int_equal(tls_conn_read(conn, buf, sizeof(buf), &len), 0);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(buf, want, len);
}

/* 55: what the bare server saw in the hello */
static void client__hello__asks_for_no_ticket(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct tls_pair p;
		uint8_t hello[4096];
		struct rd r;
		size_t len, left;
		unsigned int seen = 0;

		tls_pair_init(&p, &ca, &client_cert, &server_cert);
		p.client.cfg.version_max =
			versions[i] == TLS1_2_VERSION ? TLS_VERSION_1_2 : TLS_VERSION_1_3;
		tls_pair_start(&p);
		assert_int_equal(tls_conn_step(p.client.conn), 0);
		len = tls_conn_drain(p.client.conn, hello, sizeof(hello));
		r = rd_init(hello, len);
		rd_skip(&r, 5 + 4 + 2 + 32); /* record, handshake, version, random */
		assert_int_equal(rd_u8(&r), versions[i] == TLS1_2_VERSION ? 0 : 32);
		if (versions[i] == TLS1_3_VERSION)
			rd_skip(&r, 32); /* of the compatible kind, nothing to resume */
		rd_skip(&r, rd_u16(&r)); /* suites */
		rd_skip(&r, rd_u8(&r));	 /* compression */
		left = rd_u16(&r);
		assert_int_equal(left, rd_left(&r));
		while (rd_left(&r) > 0) {
			uint16_t type = rd_u16(&r);

			rd_skip(&r, rd_u16(&r));
			assert_int_not_equal(type, TLSEXT_TYPE_session_ticket);
			assert_int_not_equal(type, TLSEXT_TYPE_psk);
			seen++;
		}
		assert_int_equal(rd_error(&r), 0);
		assert_true(seen > 4);
		tls_pair_fini(&p);
	}
}

/* 55 */
static void client__new_session_tickets__are_ignored(void **state)
{
	struct tls_pair p;
	struct raw server;

	(void)state;
	tls_pair_init(&p, &ca, &client_cert, &server_cert);
	tls_pair_start(&p);
	raw_init(&server, &server_cert, true);
	assert_int_equal(SSL_set_num_tickets(server.ssl, 5), 1);
	assert_true(shake(&server, p.client.conn));
	assert_string_equal(SSL_get_version(server.ssl), "TLSv1.3");
	assert_int_equal(SSL_write(server.ssl, "before", 6), 6);
	assert_int_equal(SSL_new_session_ticket(server.ssl), 1);
	assert_int_equal(SSL_write(server.ssl, "after", 5), 5);
	assert_true(move(&server, p.client.conn) > 200); /* the late ticket is among it */
	read_text(p.client.conn, "before");
	read_text(p.client.conn, "after");
	raw_fini(&server);
	tls_pair_fini(&p);
}

/* 55 */
static void server__renegotiation__refused(void **state)
{
	struct tls_pair p;
	struct raw client;
	uint8_t buf[64];

	(void)state;
	tls_pair_init(&p, &ca, &client_cert, &server_cert);
	tls_pair_start(&p);
	raw_init(&client, &client_cert, false);
	assert_int_equal(SSL_set_max_proto_version(client.ssl, TLS1_2_VERSION), 1);
	assert_true(shake(&client, p.server.conn));
	assert_int_equal(SSL_write(client.ssl, "before", 6), 6);
	(void)move(&client, p.server.conn);
	read_text(p.server.conn, "before");
	assert_int_equal(SSL_renegotiate(client.ssl), 1);
	(void)SSL_do_handshake(client.ssl);
	assert_true(move(&client, p.server.conn) > 50); /* a second hello */
	for (int i = 0; i < 5; i++) {
		size_t len;

		if (tls_conn_read(p.server.conn, buf, sizeof(buf), &len) == 0)
			fail_msg("%zu bytes came", len);
		(void)move(&client, p.server.conn);
		(void)SSL_do_handshake(client.ssl);
	}
	assert_true(SSL_get_state(client.ssl) != TLS_ST_OK); /* it got nothing but the refusal */
	assert_true(SSL_num_renegotiations(client.ssl) <= 1);
	assert_true(tls_side_logged(&p.server, "no_renegotiation") ||
		    tls_side_logged(&p.server, "no renegotiation"));
	raw_fini(&client);
	tls_pair_fini(&p);
}

static int accept_any(int ok, X509_STORE_CTX *store_ctx)
{
	(void)ok;
	(void)store_ctx;
	return 1;
}

/* What a peer without the intermediate needs, and no more. */
static void chain__found_among_ca__is_sent_without_root(void **state)
{
	struct pki_cert middle, leaf;
	struct str both = str_init();

	(void)state;
	pki_issue(&middle, &(struct pki_spec){.subject = "CN=middle", .issuer = &ca, .ca = true});
	pki_issue(&leaf, &(struct pki_spec){.subject = "CN=leaf", .issuer = &middle});
	str_addf(&both, "%s%s", ca.cert, middle.cert);
	for (int server = 0; server < 2; server++) {
		struct tls_pair p;
		struct raw peer;
		STACK_OF(X509) * chain;

		tls_pair_init(&p, &ca, &leaf, &leaf);
		p.client.cfg.ca.text = p.server.cfg.ca.text = str_text(&both);
		tls_pair_start(&p);
		raw_init(&peer, server ? &client_cert : &server_cert, !server);
		SSL_set_verify(peer.ssl, SSL_VERIFY_PEER, accept_any);
		assert_true(shake(&peer, server ? p.server.conn : p.client.conn));
		chain = SSL_get_peer_cert_chain(peer.ssl); /* of a client without its leaf */
		assert_int_equal(sk_X509_num(chain), server ? 2 : 1);
		assert_int_equal(X509_cmp(sk_X509_value(chain, server), middle.x509), 0);
		raw_fini(&peer);
		tls_pair_fini(&p);
	}
	str_fini(&both);
	pki_free(&middle);
	pki_free(&leaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client__hello__asks_for_no_ticket),
		cmocka_unit_test(client__new_session_tickets__are_ignored),
		cmocka_unit_test(server__renegotiation__refused),
		cmocka_unit_test(chain__found_among_ca__is_sent_without_root),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
