// SPDX-License-Identifier: GPL-2.0-only
/* Loading of certificates, keys and limits; what is refused, with which line; the lists. */
#include "test.h"

#include <stdio.h>

#include "crypto/openssl.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "tls_pair.h"

static struct pki_cert ca, other_ca, own, peer;
static char encrypted_key[PKI_TEXT_MAX], dh[PKI_TEXT_MAX];
static const char garbage[] = "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n";

static void bio_text(BIO *bio, char text[PKI_TEXT_MAX])
{
	char *p;
	const long len = BIO_get_mem_data(bio, &p);

	assert_true(len > 0 && len < PKI_TEXT_MAX);
	memcpy(text, p, (size_t)len);
	text[len] = '\0';
	BIO_free(bio);
}

static void make_dh(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM params[] = {OSSL_PARAM_utf8_string("group", (char *)"ffdhe2048", 9),
			       OSSL_PARAM_END};
	EVP_PKEY *key = NULL;
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) > 0);
	assert_true(PEM_write_bio_Parameters(bio, key));
	bio_text(bio, dh);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

static int setup(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	pki_issue(&ca, &(struct pki_spec){.subject = "CN=ca", .ca = true});
	pki_issue(&other_ca, &(struct pki_spec){.subject = "CN=other", .ca = true});
	pki_issue(&own, &(struct pki_spec){.subject = "CN=own", .issuer = &ca, .serial = 2});
	pki_issue(&peer, &(struct pki_spec){.subject = "CN=peer", .issuer = &ca, .serial = 3});
	assert_true(PEM_write_bio_PKCS8PrivateKey(bio, own.pkey, EVP_aes_128_cbc(), "secret", 6,
						  NULL, NULL));
	bio_text(bio, encrypted_key);
	make_dh();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_free(&ca);
	pki_free(&other_ca);
	pki_free(&own);
	pki_free(&peer);
	return 0;
}

static struct tls_ctx_config base(void)
{
	return (struct tls_ctx_config){.role = TLS_SERVER,
				       .ca = {.text = ca.cert},
				       .cert = {.text = own.cert},
				       .key = {.text = own.key}};
}

static void expect_loaded(const struct tls_ctx_config *cfg)
{
	const struct log log = log_init(NULL, "");
	struct tls_ctx *ctx;
	struct err err;

	if (tls_ctx_new(cfg, &log, &ctx, &err) < 0)
		fail_msg("%s", err.text);
	tls_ctx_free(ctx);
}

static void expect_refused(const struct tls_ctx_config *cfg, const char *line)
{
	const struct log log = log_init(NULL, "");
	struct tls_ctx *ctx;
	struct err err = {0};

	assert_true(tls_ctx_new(cfg, &log, &ctx, &err) < 0);
	assert_null(ctx);
	assert_string_equal(err.text, line);
}

static void tls_ctx__broken_files__lines_as_told(void **state)
{
	struct tls_ctx_config cfg = base();

	(void)state;
	expect_loaded(&cfg);
	cfg.ca.text = garbage;
	expect_refused(&cfg, "Cannot load CA certificate file [[INLINE]] (no entries were read)");
	cfg = base();
	cfg.ca = (struct text_source){.path = "/nonexistent/ca"};
	expect_refused(&cfg, "Cannot open '/nonexistent/ca': No such file or directory (errno=2)");
	cfg = base();
	cfg.cert.text = garbage;
	expect_refused(&cfg, "Cannot load certificate file [[INLINE]]");
	cfg = base();
	cfg.key.text = garbage;
	expect_refused(&cfg, "Error: private key password verification failed");
	cfg = base();
	cfg.key.text = peer.key;
	expect_refused(&cfg, "Error: private key password verification failed");
	cfg = base();
	cfg.extra_certs.text = garbage;
	expect_refused(&cfg, "Error reading extra certificate");
	cfg = base();
	cfg.dh.text = garbage;
	expect_refused(&cfg, "Cannot load DH parameters from [[INLINE]]");
	cfg.dh.text = own.cert;
	expect_refused(&cfg, "Cannot load DH parameters from [[INLINE]]");
	cfg = base();
	cfg.pkcs12.text = "AAAA";
	expect_refused(&cfg, "Error reading PKCS#12 file [[INLINE]]");
	cfg.pkcs12.text = "!";
	expect_refused(&cfg, "Error reading PKCS#12 file [[INLINE]]");
	cfg = base();
	cfg.crl.path = "/nonexistent/crl";
	expect_refused(&cfg, "ERROR: Failed to stat CRL file during initialization, exiting.");
}

static void tls_ctx__limits__lines_as_told(void **state)
{
	struct tls_ctx_config cfg = base();

	(void)state;
	cfg.groups = "foo";
	expect_refused(&cfg, "Failed to set allowed TLS group list: foo");
	cfg.groups = "secp256r1:X25519";
	expect_loaded(&cfg);
	cfg = base();
	cfg.cipher_list = "FOO";
	expect_refused(&cfg, "Failed to set restricted TLS cipher list: FOO");
	cfg.cipher_list = "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384:FOO:!aNULL";
	expect_loaded(&cfg);
	cfg = base();
	cfg.ciphersuites = "FOO";
	expect_refused(&cfg, "Failed to set restricted TLS 1.3 cipher list: FOO");
	cfg.ciphersuites = "TLS-AES-128-GCM-SHA256:TLS_AES_256_GCM_SHA384";
	expect_loaded(&cfg);
	cfg = base();
	cfg.cert_profile = "foo";
	expect_refused(&cfg, "ERROR: Invalid cert profile: foo");
	cfg.cert_profile = "insecure";
	expect_loaded(&cfg);
	cfg.cert_profile = "preferred";
	expect_loaded(&cfg);
	cfg.cert_profile = "suiteb";
	expect_loaded(&cfg);
	cfg = base();
	cfg.dh.path = "none";
	expect_loaded(&cfg);
	cfg.dh.text = dh;
	expect_loaded(&cfg);
	cfg = base();
	cfg.role = TLS_CLIENT;
	cfg.dh.text = garbage; /* of no use on a client */
	expect_loaded(&cfg);
}

/* ---- passphrases ------------------------------------------------------------------------- */

struct password {
	const char *text;
	unsigned int asked;
};

static int on_password(void *user, char *buf, size_t cap)
{
	struct password *p = user;

	p->asked++;
	return p->text && str_copy(buf, cap, p->text) ? 0 : ERR_NOT_FOUND;
}

static void tls_ctx__encrypted_key__asks_once_and_never_prompts(void **state)
{
	struct password pw = {.text = "secret"};
	struct tls_ctx_config cfg = base();

	(void)state;
	cfg.key.text = encrypted_key;
	expect_refused(&cfg, "Error: private key password verification failed");
	cfg.password = on_password;
	cfg.password_user = &pw;
	expect_loaded(&cfg);
	assert_int_equal(pw.asked, 1);
	pw.text = "wrong";
	expect_refused(&cfg, "Error: private key password verification failed");
	pw.text = NULL;
	expect_refused(&cfg, "Error: private key password verification failed");
}

static char *make_pkcs12(const char *password)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;
	char *text;
	int len;

	assert_true(sk_X509_push(chain, ca.x509) > 0);
	p12 = PKCS12_create(password, "own", own.pkey, own.x509, chain, 0, 0, 0, 0, 0);
	assert_non_null(p12);
	len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	text = str_base64_encode(der, (size_t)len);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_X509_free(chain);
	return text;
}

static void tls_ctx__pkcs12__gives_key_certificate_and_trust(void **state)
{
	struct password pw = {.text = "pw"};
	char *plain = make_pkcs12(""), *protected = make_pkcs12("pw");
	struct tls_pair p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		tls_pair_init(&p, &ca, &peer, &own);
		p.server.cfg.ca.text = NULL;
		p.server.cfg.cert.text = NULL;
		p.server.cfg.key.text = NULL;
		p.server.cfg.pkcs12.text = i ? protected : plain;
		p.server.cfg.password = on_password;
		p.server.cfg.password_user = &pw;
		assert_true(tls_pair_handshake(&p));
		assert_int_equal(pw.asked, i);
		assert_string_equal(verify_common_name(p.client.verify), "own");
		tls_pair_fini(&p);
	}
	pw.text = "wrong";
	expect_refused(&(struct tls_ctx_config){.role = TLS_SERVER,
						.pkcs12 = {.text = protected},
						.password = on_password,
						.password_user = &pw},
		       "Error: private key password verification failed ([[INLINE]])");
	free(plain);
	free(protected);
}

static void tls_ctx__certificate_and_key_as_uri__are_loaded(void **state)
{
	char cert_path[] = "/tmp/test_tls_ctx_cert.XXXXXX", cert_uri[64];
	char key_path[] = "/tmp/test_tls_ctx_key.XXXXXX", key_uri[64];
	const int cert_fd = mkstemp(cert_path), key_fd = mkstemp(key_path);
	struct tls_ctx_config cfg = base();

	(void)state;
	assert_true(write(cert_fd, own.cert, strlen(own.cert)) > 0 && close(cert_fd) == 0);
	assert_true(write(key_fd, own.key, strlen(own.key)) > 0 && close(key_fd) == 0);
	snprintf(cert_uri, sizeof(cert_uri), "file:%s", cert_path);
	snprintf(key_uri, sizeof(key_uri), "file:%s", key_path);
	cfg.cert = (struct text_source){.path = cert_uri};
	cfg.key = (struct text_source){.path = key_uri};
	expect_loaded(&cfg);
	assert_int_equal(unlink(key_path), 0);
	expect_refused(&cfg, "Error: private key password verification failed");
	assert_int_equal(unlink(cert_path), 0);
}

/* A CA bundle of several certificates trusts each; capath is a directory of hashed names. */
static void tls_ctx__ca_bundle__trusts_every_entry(void **state)
{
	char bundle[2 * PKI_TEXT_MAX + 16];
	struct tls_pair p;

	(void)state;
	snprintf(bundle, sizeof(bundle), "text\n%stext\n%s", other_ca.cert, ca.cert);
	tls_pair_init(&p, &ca, &peer, &own);
	p.server.cfg.ca.text = bundle;
	assert_true(tls_pair_handshake(&p));
	tls_pair_fini(&p);
}

static void tls_ctx__capath__finds_the_hashed_name_and_asks_for_crls(void **state)
{
	char dir[] = "/tmp/test_tls_ctx_dir.XXXXXX", path[80];
	struct tls_pair p;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%08lx.0", dir,
		 X509_NAME_hash_ex(X509_get_subject_name(ca.x509), NULL, NULL, NULL));
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(ca.cert, f) >= 0);
	assert_int_equal(fclose(f), 0);
	tls_pair_init(&p, &ca, &peer, &own);
	p.server.cfg.ca.text = NULL;
	p.server.cfg.capath = dir;
	assert_true(tls_pair_handshake(&p));
	assert_true(str_starts(
		str_text(&p.server.lines),
		"VERIFY WARNING: depth=0, unable to get certificate CRL: CN=peer\n"
		"VERIFY WARNING: depth=1, unable to get certificate CRL: CN=ca\nVERIFY OK: depth=1"));
	tls_pair_fini(&p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void tls_ctx__openssl_cipher_name__is_deprecated(void **state)
{
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &ca, &peer, &own);
	p.server.cfg.cipher_list = "ECDHE-ECDSA-AES256-GCM-SHA384";
	p.client.cfg.cipher_list = "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384";
	p.client.cfg.version_max = TLS_VERSION_1_2;
	assert_true(tls_pair_handshake(&p));
	assert_true(tls_side_logged(
		&p.server, "Deprecated TLS cipher name 'ECDHE-ECDSA-AES256-GCM-SHA384', please use "
			   "IANA name 'TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384'\n"));
	assert_false(tls_side_logged(&p.client, "Deprecated"));
	tls_pair_fini(&p);
}

static void tls_ctx__maximum_below_the_default_minimum__is_the_minimum(void **state)
{
	struct str line = str_init();
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &ca, &peer, &own);
	p.server.cfg.version_max = TLS_VERSION_1_1;
	p.server.cfg.cert_profile = "insecure"; /* the library allows it no higher */
	p.client.cfg.version_min = TLS_VERSION_1_0;
	p.client.cfg.cert_profile = "insecure";
	assert_true(tls_pair_handshake(&p));
	tls_conn_describe(p.client.conn, &line);
	assert_true(str_starts(str_text(&line), "Control Channel: TLSv1.1, cipher "));
	str_fini(&line);
	tls_pair_fini(&p);
	/* without these options such a peer is refused */
	tls_pair_init(&p, &ca, &peer, &own);
	p.server.cfg.version_max = TLS_VERSION_1_1;
	p.server.cfg.cert_profile = "insecure";
	assert_false(tls_pair_handshake(&p));
	tls_pair_fini(&p);
}

static void tls_ctx__finite_field_dh__works_only_when_given(void **state)
{
	struct pki_cert rsa;

	(void)state;
	pki_issue(&rsa, &(struct pki_spec){.subject = "CN=rsa", .issuer = &ca, .key_type = "RSA"});
	for (int i = 0; i < 2; i++) {
		struct tls_pair p;

		tls_pair_init(&p, &ca, &peer, &rsa);
		p.server.cfg.dh.text = i ? dh : NULL;
		p.client.cfg.version_max = TLS_VERSION_1_2;
		p.client.cfg.cipher_list = "TLS-DHE-RSA-WITH-AES-256-GCM-SHA384";
		assert_int_equal(tls_pair_handshake(&p), i);
		if (i)
			assert_true(tls_side_logged(
				&p.server, "Diffie-Hellman initialized with 2048 bit key\n"));
		tls_pair_fini(&p);
	}
	pki_free(&rsa);
}

static void tls_ctx__own_certificate_out_of_date__warns(void **state)
{
	static const struct {
		uint64_t unix_sec;
		const char *line;
	} cases[] = {
		{1000000000, "WARNING: Your certificate is not yet valid!\n"},
		{4000000000, "WARNING: Your certificate has expired!\n"},
		{0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tls_pair p;

		tls_pair_init(&p, &ca, &peer, &own);
		p.server.cfg.unix_sec = cases[i].unix_sec;
		tls_pair_start(&p);
		assert_string_equal(str_text(&p.server.lines), cases[i].line);
		tls_pair_fini(&p);
	}
}

static void tls_version_parse__names__as_told(void **state)
{
	enum tls_version v;

	(void)state;
	assert_int_equal(tls_version_parse("1.2", &v), 0);
	assert_int_equal(v, TLS_VERSION_1_2);
	assert_int_equal(tls_version_parse("1.4", &v), ERR_INVALID);
	assert_int_equal(tls_version_parse("", &v), ERR_INVALID);
	assert_int_equal(tls_version_highest(), TLS_VERSION_1_3);
}

static void tls_show__ciphers__known_form_and_limits(void **state)
{
	const struct log log = log_init(NULL, "");
	struct tls_ctx_config cfg = {0};
	struct str text = str_init();
	struct err err;

	(void)state;
	assert_int_equal(tls_show_ciphers(&cfg, &log, &text, NULL), 0);
	assert_true(str_starts(str_text(&text),
			       "Available TLS Ciphers, listed in order of preference:\n\n"
			       "For TLS 1.3 and newer (--tls-ciphersuites):\n\n"
			       "TLS_AES_256_GCM_SHA384\n"));
	assert_non_null(strstr(str_text(&text), "\n\nFor TLS 1.2 and older (--tls-cipher):\n\n"
						"TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384\n"));
	assert_non_null(strstr(str_text(&text), "\n\nNote: Whether a cipher suite"));
	str_clear(&text);
	cfg.cipher_list = "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256";
	cfg.ciphersuites = "TLS_AES_128_GCM_SHA256";
	assert_int_equal(tls_show_ciphers(&cfg, &log, &text, NULL), 0);
	assert_non_null(strstr(str_text(&text),
			       "ciphersuites):\n\nTLS_AES_128_GCM_SHA256\n\nFor TLS 1.2 and older "
			       "(--tls-cipher):\n\nTLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256\n\nNote"));
	cfg.cipher_list = "FOO";
	assert_int_equal(tls_show_ciphers(&cfg, &log, &text, &err), ERR_TLS);
	assert_string_equal(err.text, "Failed to set restricted TLS cipher list: FOO");
	str_fini(&text);
}

static void tls_show__groups__with_x25519(void **state)
{
	struct str text = str_init();

	(void)state;
	tls_show_groups(&text);
	assert_non_null(strstr(str_text(&text), "\n\nAvailable Elliptic curves/groups:\n"));
	assert_non_null(strstr(str_text(&text), "\nX25519\n"));
	assert_non_null(strstr(str_text(&text), "\nprime256v1\n"));
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_ctx__broken_files__lines_as_told),
		cmocka_unit_test(tls_ctx__limits__lines_as_told),
		cmocka_unit_test(tls_ctx__encrypted_key__asks_once_and_never_prompts),
		cmocka_unit_test(tls_ctx__pkcs12__gives_key_certificate_and_trust),
		cmocka_unit_test(tls_ctx__certificate_and_key_as_uri__are_loaded),
		cmocka_unit_test(tls_ctx__ca_bundle__trusts_every_entry),
		cmocka_unit_test(tls_ctx__capath__finds_the_hashed_name_and_asks_for_crls),
		cmocka_unit_test(tls_ctx__openssl_cipher_name__is_deprecated),
		cmocka_unit_test(tls_ctx__maximum_below_the_default_minimum__is_the_minimum),
		cmocka_unit_test(tls_ctx__finite_field_dh__works_only_when_given),
		cmocka_unit_test(tls_ctx__own_certificate_out_of_date__warns),
		cmocka_unit_test(tls_version_parse__names__as_told),
		cmocka_unit_test(tls_show__ciphers__known_form_and_limits),
		cmocka_unit_test(tls_show__groups__with_x25519),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
