// SPDX-License-Identifier: GPL-2.0-only
/* Handshakes, records, exporter, alerts and the summary line. */
#include "test.h"

#include "tls_pair.h"

static struct pki_cert ca, client_cert, server_cert, rsa_cert, ed_cert, stranger_ca, stranger;

static int setup(void **state)
{
	(void)state;
	pki_issue(&ca, &(struct pki_spec){.subject = "CN=ca", .ca = true});
	pki_issue(&stranger_ca, &(struct pki_spec){.subject = "CN=other ca", .ca = true});
	pki_issue(&client_cert, &(struct pki_spec){.subject = "C=XX/O=Spec/CN=client",
						   .issuer = &ca,
						   .eku = "clientAuth",
						   .serial = 2});
	pki_issue(&server_cert,
		  &(struct pki_spec){
			  .subject = "CN=server", .issuer = &ca, .eku = "serverAuth", .serial = 3});
	pki_issue(&rsa_cert,
		  &(struct pki_spec){.subject = "CN=rsa", .issuer = &ca, .key_type = "RSA"});
	pki_issue(&ed_cert,
		  &(struct pki_spec){.subject = "CN=ed", .issuer = &ca, .key_type = "ED25519"});
	pki_issue(&stranger, &(struct pki_spec){.subject = "CN=stranger", .issuer = &stranger_ca});
	return 0;
}

static int teardown(void **state)
{
	struct pki_cert *all[] = {&ca,	    &client_cert, &server_cert, &rsa_cert,
				  &ed_cert, &stranger_ca, &stranger};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		pki_free(all[i]);
	return 0;
}

static void init(struct tls_pair *p)
{
	tls_pair_init(p, &ca, &client_cert, &server_cert);
}

/* Send @text from @from; read it at @to. */
static void expect_carried(struct tls_pair *p, struct tls_side *from, struct tls_side *to,
			   const char *text, size_t len)
{
	uint8_t buf[20000];
	size_t got = 0, n;
	int ret;

	assert_int_equal(tls_conn_write(from->conn, (const uint8_t *)text, len), 0);
	while (tls_pair_move(p))
		;
	while ((ret = tls_conn_read(to->conn, buf + got, 2048, &n)) == 0)
		got += n;
	assert_int_equal(ret, ERR_AGAIN);
	assert_int_equal(n, 0);
	assert_int_equal(got, len);
	assert_memory_equal(buf, text, len);
}

static void tls__handshake_1_3__carries_text_and_exports_the_same(void **state)
{
	static char big[10000];
	uint8_t a[256], b[256], other[256];
	struct tls_pair p;

	(void)state;
	init(&p);
	assert_true(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.client, "VERIFY OK: depth=1, CN=ca\n"
					       "VERIFY OK: depth=0, CN=server\n"));
	assert_true(tls_side_logged(&p.server, "VERIFY OK: depth=0, C=XX, O=Spec, CN=client\n"));
	assert_string_equal(verify_common_name(p.server.verify), "client");
	assert_true(tls_conn_has_peer_cert(p.server.conn));
	expect_carried(&p, &p.client, &p.server, "PUSH_REQUEST", 13);
	expect_carried(&p, &p.server, &p.client, big, sizeof(big));
	assert_int_equal(tls_conn_export(p.client.conn, "EXPORTER-OpenVPN-datakeys", a, sizeof(a)),
			 0);
	assert_int_equal(tls_conn_export(p.server.conn, "EXPORTER-OpenVPN-datakeys", b, sizeof(b)),
			 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(tls_conn_export(p.server.conn, "EXPORTER-OpenVPN-dynamic-tls-crypt", other,
					 sizeof(other)),
			 0);
	assert_memory_not_equal(a, other, sizeof(a));
	tls_pair_fini(&p);
}

static void tls__handshake_1_2__works_and_exports_the_same(void **state)
{
	uint8_t a[32], b[32];
	struct tls_pair p;

	(void)state;
	init(&p);
	p.client.cfg.version_max = TLS_VERSION_1_2;
	assert_true(tls_pair_handshake(&p));
	expect_carried(&p, &p.client, &p.server, "x", 1);
	expect_carried(&p, &p.server, &p.client, "y", 1);
	assert_int_equal(tls_conn_export(p.client.conn, "EXPORTER-x", a, sizeof(a)), 0);
	assert_int_equal(tls_conn_export(p.server.conn, "EXPORTER-x", b, sizeof(b)), 0);
	assert_memory_equal(a, b, sizeof(a));
	tls_pair_fini(&p);
}

/* A server's library context holds only what TLS can use: nothing that it can may be missing. */
static void tls__server_context__has_every_kind_of_key(void **state)
{
	static const char *const types[] = {"P-256",   "P-384",	  "P-521", "RSA",
					    "RSA-PSS", "ED25519", "ED448"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct pki_cert root, cert;
		struct tls_pair p;

		pki_issue(&root, &(struct pki_spec){
					 .subject = "CN=root", .ca = true, .key_type = types[i]});
		pki_issue(&cert, &(struct pki_spec){
					 .subject = "CN=x", .issuer = &root, .key_type = types[i]});
		for (enum tls_version v = TLS_VERSION_1_2; v <= TLS_VERSION_1_3; v++) {
			tls_pair_init(&p, &root, &cert, &cert);
			p.client.cfg.version_max = v;
			if (!tls_pair_handshake(&p))
				fail_msg("%s: %s", types[i], str_text(&p.server.lines));
			tls_pair_fini(&p);
		}
		pki_free(&root);
		pki_free(&cert);
	}
}

static bool agrees(const char *groups, const char *list, const char *suites,
		   const struct pki_cert *server)
{
	struct tls_pair p;
	bool done;

	tls_pair_init(&p, &ca, &client_cert, server);
	p.client.cfg.groups = groups;
	p.client.cfg.cipher_list = list;
	p.client.cfg.ciphersuites = suites;
	p.server.cfg.cipher_list = list ? "ALL:@SECLEVEL=0" : NULL;
	p.server.cfg.ciphersuites = suites;
	p.client.cfg.version_max = list ? TLS_VERSION_1_2 : TLS_VERSION_DEFAULT;
	done = tls_pair_handshake(&p);
	if (!done)
		print_error("%s %s %s: %s\n", groups ? groups : "", list ? list : "",
			    suites ? suites : "", str_text(&p.server.lines));
	tls_pair_fini(&p);
	return done;
}

static void tls__server_context__has_every_group_and_suite(void **state)
{
	static const char *const groups[] = {"X25519", "X448",	"P-256",
					     "P-384",  "P-521", "ffdhe2048"};
	static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					     "TLS_CHACHA20_POLY1305_SHA256",
					     "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};
	static const char *const lists[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
		"ECDHE-ECDSA-AES256-CCM",	 "ECDHE-ECDSA-AES128-SHA256",
		"ECDHE-ECDSA-AES256-SHA",	 "ECDHE-ECDSA-CAMELLIA128-SHA256",
		"ECDHE-ECDSA-ARIA256-GCM-SHA384"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		assert_true(agrees(groups[i], NULL, NULL, &server_cert));
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		assert_true(agrees(NULL, NULL, suites[i], &server_cert));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_true(agrees(NULL, lists[i], NULL, &server_cert));
	assert_true(agrees(NULL, "AES256-GCM-SHA384:@SECLEVEL=0", NULL, &rsa_cert));
}

/* The server's last flight must be the end: no tickets. */
static void tls__server_done__sends_no_tickets(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	tls_pair_start(&p);
	while (!tls_conn_handshake_done(p.server.conn)) {
		assert_int_equal(tls_conn_step(p.client.conn), 0);
		while (tls_pair_move(&p))
			;
		assert_int_equal(tls_conn_step(p.server.conn), 0);
	}
	assert_true(tls_conn_handshake_done(p.client.conn));
	assert_int_equal(tls_conn_pending(p.client.conn), 0);
	assert_int_equal(tls_conn_pending(p.server.conn), 0);
	tls_pair_fini(&p);
}

static void tls__one_write__is_one_record(void **state)
{
	uint8_t record[64];
	struct tls_pair p;
	size_t n;

	(void)state;
	init(&p);
	assert_true(tls_pair_handshake(&p));
	assert_int_equal(tls_conn_write(p.client.conn, (const uint8_t *)"hello", 5), 0);
	n = tls_conn_drain(p.client.conn, record, sizeof(record));
	assert_int_equal(n, 5 + 5 + 1 + 16);
	assert_int_equal(record[0], 23);
	assert_int_equal(record[3] << 8 | record[4], n - 5);
	assert_int_equal(tls_conn_write(p.client.conn, record, 0), ERR_RANGE);
	tls_pair_fini(&p);
}

static void tls__before_the_handshake__no_data_and_no_export(void **state)
{
	uint8_t buf[8] = {1};
	struct tls_pair p;
	size_t n;

	(void)state;
	init(&p);
	tls_pair_start(&p);
	assert_int_equal(tls_conn_write(p.client.conn, buf, 1), ERR_AGAIN);
	assert_int_equal(tls_conn_read(p.server.conn, buf, sizeof(buf), &n), ERR_AGAIN);
	assert_int_equal(tls_conn_export(p.client.conn, "EXPORTER-x", buf, 8), ERR_TLS);
	assert_int_equal(buf[0], 0);
	assert_false(tls_conn_handshake_done(p.client.conn));
	tls_pair_fini(&p);
}

static void tls__shutdown__reads_as_closed(void **state)
{
	uint8_t buf[8];
	struct tls_pair p;
	size_t n;

	(void)state;
	init(&p);
	assert_true(tls_pair_handshake(&p));
	tls_conn_shutdown(p.client.conn);
	assert_true(tls_pair_move(&p));
	assert_int_equal(tls_conn_read(p.server.conn, buf, sizeof(buf), &n), ERR_TLS_CLOSED);
	assert_int_equal(tls_conn_read(p.server.conn, buf, sizeof(buf), &n), ERR_TLS);
	tls_pair_fini(&p);
}

static void tls__record_changed__fails_with_an_alert(void **state)
{
	uint8_t record[64], buf[64];
	struct tls_pair p;
	size_t n;

	(void)state;
	init(&p);
	assert_true(tls_pair_handshake(&p));
	assert_int_equal(tls_conn_write(p.client.conn, (const uint8_t *)"hello", 5), 0);
	n = tls_conn_drain(p.client.conn, record, sizeof(record));
	record[n - 1] ^= 1;
	assert_int_equal(tls_conn_feed(p.server.conn, record, n), 0);
	assert_int_equal(tls_conn_read(p.server.conn, buf, sizeof(buf), &n), ERR_TLS);
	assert_true(tls_side_logged(&p.server, "Sent fatal SSL alert: bad record mac\n"
					       "OpenSSL: error:"));
	assert_true(tls_conn_pending(p.server.conn) > 0); /* the alert can still be sent */
	assert_true(tls_pair_move(&p));
	assert_int_equal(tls_conn_read(p.client.conn, buf, sizeof(buf), &n), ERR_TLS);
	assert_true(tls_side_logged(&p.client, "Received fatal SSL alert: bad record mac\n"));
	tls_pair_fini(&p);
}

static void tls__garbage_instead_of_hello__fails(void **state)
{
	struct tls_pair p;
	uint8_t garbage[100];

	(void)state;
	init(&p);
	tls_pair_start(&p);
	memset(garbage, 0x41, sizeof(garbage));
	assert_int_equal(tls_conn_feed(p.server.conn, garbage, sizeof(garbage)), 0);
	assert_int_equal(tls_conn_step(p.server.conn), ERR_TLS);
	assert_int_equal(tls_conn_step(p.server.conn), ERR_TLS);
	tls_pair_fini(&p);
}

static void tls__too_much_unread_input__is_refused(void **state)
{
	static uint8_t zeros[65536];
	struct tls_pair p;
	int ret = 0;

	(void)state;
	init(&p);
	tls_pair_start(&p);
	for (int i = 0; i < 5 && ret == 0; i++)
		ret = tls_conn_feed(p.server.conn, zeros, sizeof(zeros));
	assert_int_equal(ret, ERR_LIMIT);
	tls_pair_fini(&p);
}

static void tls__certificate_of_another_ca__lines_and_alert(void **state)
{
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &ca, &stranger, &server_cert);
	assert_false(tls_pair_handshake(&p));
	assert_int_equal(p.server.result, ERR_TLS);
	assert_true(tls_side_logged(
		&p.server, "VERIFY ERROR: depth=0, error=unable to get local issuer certificate: "
			   "CN=stranger, serial=1\n"
			   "Sent fatal SSL alert: unknown CA\n"
			   "OpenSSL: error:0A000086:SSL routines::certificate verify failed:\n"));
	assert_false(tls_conn_handshake_done(p.server.conn));
	assert_string_equal(verify_common_name(p.server.verify), "");
	tls_pair_fini(&p);
}

static void tls__no_common_version__hint(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	p.client.cfg.version_max = TLS_VERSION_1_2;
	p.server.cfg.version_min = TLS_VERSION_1_3;
	assert_false(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.server, "Sent fatal SSL alert: protocol version\n"
					       "TLS error: Unsupported protocol. This typically "
					       "indicates that client and server have no common "
					       "TLS version enabled."));
	tls_pair_fini(&p);
}

static void tls__no_common_cipher__hint(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	p.server.cfg.version_max = TLS_VERSION_1_2;
	p.server.cfg.cipher_list = "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384";
	p.client.cfg.cipher_list = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256";
	assert_false(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.server,
				    "TLS error: The server has no TLS ciphersuites in common with "
				    "the client. Your --tls-cipher setting might be too "
				    "restrictive.\nOpenSSL: error:0A0000C1:"));
	tls_pair_fini(&p);
}

static void tls__peer_cert_none_or_optional__client_may_be_without(void **state)
{
	const enum tls_peer_cert modes[] = {TLS_PEER_CERT_NONE, TLS_PEER_CERT_OPTIONAL,
					    TLS_PEER_CERT_REQUIRE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct tls_pair p;

		init(&p);
		p.server.cfg.peer_cert = modes[i];
		p.client.cfg.cert.text = NULL;
		p.client.cfg.key.text = NULL;
		assert_int_equal(tls_pair_handshake(&p), modes[i] != TLS_PEER_CERT_REQUIRE);
		assert_false(tls_conn_has_peer_cert(p.server.conn));
		assert_string_equal(verify_common_name(p.server.verify), "");
		tls_pair_fini(&p);

		/* a certificate that is shown and asked for is still checked */
		tls_pair_init(&p, &ca, &stranger, &server_cert);
		p.server.cfg.peer_cert = modes[i];
		assert_int_equal(tls_pair_handshake(&p), modes[i] == TLS_PEER_CERT_NONE);
		tls_pair_fini(&p);
	}
}

static void expect_described(const struct tls_side *side, const char *start)
{
	struct str line = str_init();

	tls_conn_describe(side->conn, &line);
	if (!str_starts(str_text(&line), start))
		fail_msg("%s\ninstead of %s", str_text(&line), start);
	str_fini(&line);
}

static void tls__describe__has_the_known_form(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	p.client.cfg.groups = "X25519";
	assert_true(tls_pair_handshake(&p));
	expect_described(&p.client,
			 "Control Channel: TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384, peer "
			 "certificate: 256 bits ECprime256v1, signature: ecdsa-with-SHA256, peer "
			 "temporary key: 253 bits X25519, peer signing digest/type: ");
	tls_pair_fini(&p);

	tls_pair_init(&p, &ca, &ed_cert, &rsa_cert);
	p.server.cfg.version_max = TLS_VERSION_1_2;
	p.server.cfg.groups = "P-256";
	assert_true(tls_pair_handshake(&p));
	expect_described(&p.client,
			 "Control Channel: TLSv1.2, cipher TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384, "
			 "peer certificate: 2048 bits RSA, signature: ecdsa-with-SHA256, peer "
			 "temporary key: 256 bits ECprime256v1");
	expect_described(&p.server,
			 "Control Channel: TLSv1.2, cipher TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384, "
			 "peer certificate: 256 bits ED25519, signature: ecdsa-with-SHA256");
	tls_pair_fini(&p);
}

/* The dates are judged by the time we are given, so that a simulator decides. */
static void tls__time_is_injected__dates_follow_it(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	p.server.unix_sec = 1000000000; /* 2001 */
	assert_false(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.server, "error=certificate is not yet valid: "));
	tls_pair_fini(&p);
	init(&p);
	p.client.unix_sec = 4000000000; /* 2096 */
	assert_false(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.client, "error=certificate has expired: "));
	tls_pair_fini(&p);
}

static void tls__half_way__can_be_freed(void **state)
{
	struct tls_pair p;

	(void)state;
	init(&p);
	tls_pair_start(&p);
	assert_int_equal(tls_conn_step(p.client.conn), 0);
	assert_true(tls_conn_pending(p.client.conn) > 0);
	tls_pair_fini(&p);
	tls_conn_free(NULL);
	tls_ctx_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls__handshake_1_3__carries_text_and_exports_the_same),
		cmocka_unit_test(tls__handshake_1_2__works_and_exports_the_same),
		cmocka_unit_test(tls__server_context__has_every_kind_of_key),
		cmocka_unit_test(tls__server_context__has_every_group_and_suite),
		cmocka_unit_test(tls__server_done__sends_no_tickets),
		cmocka_unit_test(tls__one_write__is_one_record),
		cmocka_unit_test(tls__before_the_handshake__no_data_and_no_export),
		cmocka_unit_test(tls__shutdown__reads_as_closed),
		cmocka_unit_test(tls__record_changed__fails_with_an_alert),
		cmocka_unit_test(tls__garbage_instead_of_hello__fails),
		cmocka_unit_test(tls__too_much_unread_input__is_refused),
		cmocka_unit_test(tls__certificate_of_another_ca__lines_and_alert),
		cmocka_unit_test(tls__no_common_version__hint),
		cmocka_unit_test(tls__no_common_cipher__hint),
		cmocka_unit_test(tls__peer_cert_none_or_optional__client_may_be_without),
		cmocka_unit_test(tls__describe__has_the_known_form),
		cmocka_unit_test(tls__time_is_injected__dates_follow_it),
		cmocka_unit_test(tls__half_way__can_be_freed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
