// SPDX-License-Identifier: GPL-2.0-only
/* What we read from a certificate. */
#include "test.h"

#include <stdio.h>

#include "pki.h"
#include "tls/x509.h"

static struct pki_cert odd;
static struct x509_cert *cert;

static int setup(void **state)
{
	(void)state;
	pki_issue(&odd, &(struct pki_spec){
				.subject = "C=XX/O=-Spec, Inc/+OU=A/OU=B/OU=C/emailAddress=x@y.z/"
					   "CN=first/CN=we ird\"$(x)\xc3\xa9;1",
				.key_usage = "digitalSignature,dataEncipherment",
				.eku = "clientAuth,codeSigning,1.2.3.4",
				.san = "email:a@b.c,DNS:foo,email:d@e.f",
				.ns_type = "server",
				.serial = 0xab01});
	return x509_cert_parse(odd.cert, &cert, NULL);
}

static int teardown(void **state)
{
	(void)state;
	x509_cert_free(cert);
	pki_free(&odd);
	return 0;
}

static void expect_text(int ret, struct str *s, const char *expected)
{
	assert_int_equal(ret, 0);
	assert_string_equal(str_text(s), expected);
	str_clear(s);
}

/* A certificate that holds nothing but a subject. */
static struct x509_cert *with_subject(const char *subject)
{
	struct pki_cert made;
	struct x509_cert *out;

	pki_issue(&made, &(struct pki_spec){.subject = subject});
	assert_int_equal(x509_cert_parse(made.cert, &out, NULL), 0);
	pki_free(&made);
	return out;
}

static void x509__subject_and_serial__known_form(void **state)
{
	struct str s = str_init();

	(void)state;
	/* the library sorts the names inside one RDN */
	expect_text(x509_cert_subject(cert, &s), &s,
		    "C=XX, OU=A + O=-Spec, Inc, OU=B, OU=C, emailAddress=x@y.z, CN=first, "
		    "CN=we ird\"$(x)\xc3\xa9;1");
	expect_text(x509_cert_serial(cert, &s), &s, "43777");
	expect_text(x509_cert_serial_hex(cert, &s), &s, "ab:01");
	str_fini(&s);
}

static void x509__control_and_dash__are_replaced(void **state)
{
	struct x509_cert *c = with_subject("CN=a\nb\tc");
	struct str s = str_init();

	(void)state;
	expect_text(x509_cert_subject(c, &s), &s, "CN=a\\0Ab\\09c");
	expect_text(x509_cert_field(c, "CN", &s), &s, "a\nb\tc"); /* verify replaces them */
	x509_cert_free(c);
	str_fini(&s);
}

static void x509__fields__last_occurrence_oid_serial_and_email(void **state)
{
	struct str s = str_init();

	(void)state;
	expect_text(x509_cert_field(cert, "CN", &s), &s, "we ird\"$(x)\xc3\xa9;1");
	expect_text(x509_cert_field(cert, "emailAddress", &s), &s, "x@y.z");
	expect_text(x509_cert_field(cert, "2.5.4.11", &s), &s, "C");
	expect_text(x509_cert_field(cert, "serialNumber", &s), &s, "0xAB01");
	expect_text(x509_cert_field(cert, "ext:subjectAltName", &s), &s, "d@e.f");
	assert_int_equal(x509_cert_field(cert, "ext:issuerAltName", &s), ERR_CERT);
	assert_int_equal(x509_cert_field(cert, "UID", &s), ERR_CERT);
	assert_int_equal(x509_cert_field(cert, "foo", &s), ERR_CERT);
	assert_true(x509_field_supported("CN"));
	assert_true(x509_field_supported("ext:subjectAltName"));
	assert_false(x509_field_supported("ext:keyUsage"));
	str_fini(&s);
}

static void x509__field_of_65_bytes__is_refused(void **state)
{
	struct x509_cert *c;
	struct str s = str_init();
	char subject[80];

	(void)state;
	/* a user id may be longer than a common name */
	snprintf(subject, sizeof(subject), "UID=%064d", 0);
	c = with_subject(subject);
	assert_int_equal(x509_cert_field(c, "UID", &s), 0);
	assert_int_equal(s.len, 64);
	x509_cert_free(c);
	str_clear(&s);
	snprintf(subject, sizeof(subject), "UID=%065d", 0);
	c = with_subject(subject);
	assert_int_equal(x509_cert_field(c, "UID", &s), ERR_CERT);
	x509_cert_free(c);
	str_fini(&s);
}

/* "good\0evil" must not pass as "good" anywhere. */
static void x509__nul_inside_a_name__is_no_field(void **state)
{
	struct x509_cert *c = with_subject("O=fine/CN=good%evil");
	struct env *env = env_new();
	struct str s = str_init();

	(void)state;
	assert_int_equal(x509_cert_field(c, "CN", &s), ERR_CERT);
	expect_text(x509_cert_subject(c, &s), &s, "O=fine, CN=good\\00evil");
	x509_cert_env_subject(c, 0, env);
	assert_null(env_get(env, "X509_0_CN"));
	assert_string_equal(env_get(env, "X509_0_O"), "fine");
	env_free(env);
	x509_cert_free(c);
	str_fini(&s);
}

static bool collect(void *ctx, const char *name, const char *oid)
{
	str_addf(ctx, "%s|%s\n", name, oid);
	return strcmp(oid, "1.3.6.1.5.5.7.3.3") == 0;
}

static void x509__usages__bits_names_and_oids(void **state)
{
	struct x509_cert *plain = with_subject("CN=plain");
	struct str s = str_init();
	unsigned int bits;

	(void)state;
	assert_int_equal(x509_cert_key_usage(cert, &bits), 0);
	assert_int_equal(bits, 0x90);
	assert_int_equal(x509_cert_eku_each(cert, collect, &s), 1);
	assert_string_equal(str_text(&s), "TLS Web Client Authentication|1.3.6.1.5.5.7.3.2\n"
					  "Code Signing|1.3.6.1.5.5.7.3.3\n");
	assert_true(x509_cert_ns_type(cert, NS_CERT_SERVER)); /* by the Netscape bit */
	assert_int_equal(x509_cert_key_usage(plain, &bits), ERR_NOT_FOUND);
	assert_int_equal(x509_cert_eku_each(plain, collect, &s), ERR_NOT_FOUND);
	assert_true(x509_cert_ns_type(plain, NS_CERT_CLIENT));
	x509_cert_free(plain);
	str_fini(&s);
}

static void expect_env(const struct env *env, const char *name, const char *value)
{
	const char *got = env_get(env, name);

	if (!got)
		fail_msg("%s is not set", name);
	assert_string_equal(got, value);
}

static void x509__env_of_the_subject__suffixes_for_repeated_names(void **state)
{
	struct env *env = env_new();

	(void)state;
	x509_cert_env_subject(cert, 0, env);
	expect_env(env, "X509_0_C", "XX");
	expect_env(env, "X509_0_O", "-Spec, Inc");
	expect_env(env, "X509_0_OU", "A");
	expect_env(env, "X509_0_OU_1", "B");
	expect_env(env, "X509_0_OU_2", "C");
	expect_env(env, "X509_0_emailAddress", "x@y.z");
	expect_env(env, "X509_0_CN", "first");
	assert_int_equal(env_count(env), 8);
	env_free(env);
}

static void x509__tracked_attributes__subject_extension_and_fingerprints(void **state)
{
	struct env *env = env_new();
	char expected[64];
	uint8_t hash[SHA256_LEN];

	(void)state;
	x509_cert_env_track(cert, 1, "OU", env);
	x509_cert_env_track(cert, 1, "keyUsage", env);
	x509_cert_env_track(cert, 1, "subjectAltName", env);
	x509_cert_env_track(cert, 1, "SHA256", env);
	x509_cert_env_track(cert, 1, "UID", env);
	x509_cert_env_track(cert, 1, "no such", env);
	expect_env(env, "X509_1_OU", "A");
	expect_env(env, "X509_1_keyUsage", "Digital Signature, Data Encipherment");
	expect_env(env, "X509_1_subjectAltName", "email:a@b.c, DNS:foo, email:d@e.f");
	assert_int_equal(env_count(env), 4);
	assert_int_equal(x509_cert_sha256(cert, hash), 0);
	snprintf(expected, sizeof(expected), "%02X:%02X:", hash[0], hash[1]);
	assert_memory_equal(env_get(env, "X509_1_SHA256"), expected, 6);
	assert_int_equal(strlen(env_get(env, "X509_1_SHA256")), 95);
	assert_true(x509_track_known("CN"));
	assert_true(x509_track_known("SHA1"));
	assert_false(x509_track_known("1.2.3.4.5"));
	assert_false(x509_track_known("no such"));
	env_free(env);
}

static void x509__pem__round_trips_and_garbage_is_refused(void **state)
{
	struct x509_cert *c = NULL;
	struct str s = str_init();
	struct err err;

	(void)state;
	assert_int_equal(x509_cert_pem(cert, &s), 0);
	assert_string_equal(str_text(&s), odd.cert);
	str_fini(&s);
	assert_int_equal(x509_cert_parse("", &c, &err), ERR_CERT);
	assert_int_equal(x509_cert_parse("-----BEGIN CERTIFICATE-----\nAAAA\n", &c, &err),
			 ERR_CERT);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x509__subject_and_serial__known_form),
		cmocka_unit_test(x509__control_and_dash__are_replaced),
		cmocka_unit_test(x509__fields__last_occurrence_oid_serial_and_email),
		cmocka_unit_test(x509__field_of_65_bytes__is_refused),
		cmocka_unit_test(x509__nul_inside_a_name__is_no_field),
		cmocka_unit_test(x509__usages__bits_names_and_oids),
		cmocka_unit_test(x509__env_of_the_subject__suffixes_for_repeated_names),
		cmocka_unit_test(x509__tracked_attributes__subject_extension_and_fingerprints),
		cmocka_unit_test(x509__pem__round_trips_and_garbage_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
