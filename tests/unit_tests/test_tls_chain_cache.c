// SPDX-License-Identifier: GPL-2.0-only
/* Chains that verified: what may be taken from memory, and what must be looked at again. */
#include "tls/openssl_tls.h"

#include "test.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tls_pair.h"

static struct pki_cert ca, false_ca, intermediate, server_cert, client_cert, twin, false_twin, leaf,
	brief;
static char chain[2 * PKI_TEXT_MAX];
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	now = (uint64_t)time(NULL);
	pki_issue(&ca,
		  &(struct pki_spec){.subject = "CN=ca", .ca = true, .starts_sec = -10 * PKI_DAY});
	pki_issue(&false_ca, &(struct pki_spec){.subject = "CN=ca", .ca = true});
	pki_issue(&intermediate,
		  &(struct pki_spec){
			  .subject = "CN=intermediate", .issuer = &ca, .ca = true, .serial = 8});
	pki_issue(&server_cert, &(struct pki_spec){.subject = "CN=server", .issuer = &ca});
	pki_issue(&client_cert,
		  &(struct pki_spec){.subject = "CN=client", .issuer = &ca, .serial = 20});
	pki_issue(&twin, &(struct pki_spec){.subject = "CN=client", .issuer = &ca, .serial = 20});
	pki_issue(&false_twin,
		  &(struct pki_spec){.subject = "CN=client", .issuer = &false_ca, .serial = 20});
	pki_issue(&leaf,
		  &(struct pki_spec){.subject = "CN=leaf", .issuer = &intermediate, .serial = 30});
	snprintf(chain, sizeof(chain), "%s%s", leaf.cert, intermediate.cert);
	pki_issue(&brief, &(struct pki_spec){.subject = "CN=brief",
					     .issuer = &ca,
					     .starts_sec = -PKI_DAY,
					     .ends_sec = PKI_DAY,
					     .serial = 21});
	return 0;
}

static int teardown(void **state)
{
	struct pki_cert *all[] = {&ca,	 &false_ca,   &intermediate, &server_cert, &client_cert,
				  &twin, &false_twin, &leaf,	     &brief};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		pki_free(all[i]);
	return 0;
}

/* ---- the cache alone --------------------------------------------------------------------- */

static STACK_OF(X509) * stack_of(const struct pki_cert *const *certs, size_t n)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; i < n; i++)
		assert_true(sk_X509_push(stack, certs[i]->x509));
	return stack;
}

static struct chain_key key_of(const struct chain_cache *cache, const struct pki_cert *const *certs,
			       size_t n)
{
	STACK_OF(X509) *sent = stack_of(certs, n);
	struct chain_key key;

	assert_int_equal(chain_cache_key(cache, certs[0]->x509, sent, &key), 0);
	sk_X509_free(sent);
	return key;
}

static void chain_cache__key__depends_on_each_certificate_and_their_order(void **state)
{
	const struct pki_cert *const both[] = {&leaf, &intermediate};
	const struct pki_cert *const swapped[] = {&intermediate, &leaf};
	struct chain_cache *cache = chain_cache_new(NULL);
	const struct chain_key keys[] = {
		key_of(cache, both, 2),
		key_of(cache, both, 1),
		key_of(cache, swapped, 2),
		key_of(cache, swapped, 1),
	};
	const struct chain_key again = key_of(cache, both, 2);

	(void)state;
	assert_memory_equal(&again, &keys[0], sizeof(again));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&keys[i], &keys[k], sizeof(again));
	chain_cache_free(cache);
}

static void chain_cache__leaf_not_the_first__no_key(void **state)
{
	const struct pki_cert *const certs[] = {&intermediate, &leaf};
	STACK_OF(X509) *sent = stack_of(certs, 2), *nothing = stack_of(certs, 0);
	struct chain_cache *cache = chain_cache_new(NULL);
	struct chain_key key;

	(void)state;
	assert_int_equal(chain_cache_key(cache, leaf.x509, sent, &key), ERR_CRYPTO);
	assert_int_equal(chain_cache_key(cache, leaf.x509, nothing, &key), ERR_CRYPTO);
	assert_int_equal(chain_cache_key(cache, leaf.x509, NULL, &key), ERR_CRYPTO);
	sk_X509_free(sent);
	sk_X509_free(nothing);
	chain_cache_free(cache);
}

static void chain_cache__found__only_between_the_narrowest_dates(void **state)
{
	const struct pki_cert *const certs[] = {&brief, &ca};
	STACK_OF(X509) *verified = stack_of(certs, 2);
	struct chain_cache *cache = chain_cache_new(NULL);
	const struct chain_key key = key_of(cache, certs, 1);
	const STACK_OF(X509) * issuers;
	int64_t from = (int64_t)now - PKI_DAY - 60, until = (int64_t)now + PKI_DAY + 60;

	(void)state;
	assert_null(chain_cache_find(cache, &key, (int64_t)now));
	chain_cache_add(cache, &key, verified, NULL);
	issuers = chain_cache_find(cache, &key, (int64_t)now);
	assert_int_equal(sk_X509_num(issuers), 1);
	assert_ptr_equal(sk_X509_value(issuers, 0), ca.x509);
	assert_null(chain_cache_find(cache, &key, from));
	assert_null(chain_cache_find(cache, &key, until));
	/* the borders, which the library draws like this */
	while (!chain_cache_find(cache, &key, from))
		from++;
	while (!chain_cache_find(cache, &key, until))
		until--;
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(brief.x509), (time_t)from), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(brief.x509), (time_t)until + 1),
			 0);
	chain_cache_clear(cache);
	assert_null(chain_cache_find(cache, &key, (int64_t)now));
	chain_cache_free(cache);
	sk_X509_free(verified);
}

static void chain_cache__too_many__oldest_goes(void **state)
{
	const struct pki_cert *const certs[] = {&client_cert, &ca};
	STACK_OF(X509) *verified = stack_of(certs, 2);
	struct chain_cache *cache = chain_cache_new(NULL);
	struct chain_key key = {{0}};

	(void)state;
	for (uint32_t i = 0; i < CHAIN_CACHE_MAX + 2; i++) {
		memcpy(key.hash, &i, sizeof(i));
		chain_cache_add(cache, &key, verified, NULL);
		chain_cache_add(cache, &key, verified, NULL); /* the same one: no second place */
	}
	for (uint32_t i = 0; i < CHAIN_CACHE_MAX + 2; i++) {
		memcpy(key.hash, &i, sizeof(i));
		assert_int_equal(chain_cache_find(cache, &key, (int64_t)now) != NULL, i >= 2);
	}
	chain_cache_free(cache);
	sk_X509_free(verified);
}

/* ---- servers ----------------------------------------------------------------------------- */

static struct tls_pair with(const struct pki_cert *shown)
{
	struct tls_pair p;

	tls_pair_init(&p, &ca, shown, &server_cert);
	p.server.unix_sec = now;
	return p;
}

/* From now on the library verifies nothing: who gets in was known. */
static void trust_nobody(struct tls_pair *p)
{
	SSL_CTX_set_cert_store(p->server.ctx->ssl_ctx, X509_STORE_new());
}

static bool comes_as(struct tls_pair *p, const struct pki_cert *shown)
{
	struct err err;

	tls_ctx_free(p->client.ctx);
	p->client.cfg.cert.text = shown->cert;
	p->client.cfg.key.text = shown->key;
	assert_int_equal(tls_ctx_new(&p->client.cfg, &p->client.log, &p->client.ctx, &err), 0);
	return tls_pair_reconnect(p);
}

static void chain_cache__client_comes_back__same_lines_and_variables_unverified(void **state)
{
	static const char *const names[] = {"tls_id_0",	    "tls_id_1",	    "tls_id_2",
					    "tls_digest_0", "tls_serial_1", "X509_0_CN",
					    "common_name"};
	struct tls_pair p = with(&leaf);

	(void)state;
	p.client.cfg.cert.text = chain;
	assert_true(tls_pair_handshake(&p));
	trust_nobody(&p);
	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			env_del(p.server.env, names[k]);
		assert_true(tls_pair_reconnect(&p));
		assert_string_equal(
			str_text(&p.server.lines),
			"VERIFY OK: depth=2, CN=ca\nVERIFY OK: depth=1, CN=intermediate\n"
			"VERIFY OK: depth=0, CN=leaf\n");
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			assert_non_null(env_get(p.server.env, names[k]));
		assert_string_equal(env_get(p.server.env, "tls_serial_1"), "8");
		assert_string_equal(verify_common_name(p.server.verify), "leaf");
	}
	tls_pair_fini(&p);
}

static void chain_cache__other_leaf_with_the_same_names__is_verified(void **state)
{
	struct tls_pair p = with(&client_cert);

	(void)state;
	assert_true(tls_pair_handshake(&p));
	assert_false(comes_as(&p, &false_twin));
	assert_true(tls_side_logged(&p.server, "VERIFY ERROR: depth=0, error="));
	trust_nobody(&p);
	assert_true(comes_as(&p, &client_cert));
	assert_false(comes_as(&p, &twin));
	assert_false(comes_as(&p, &false_twin));
	tls_pair_fini(&p);
}

static void chain_cache__expired_since__is_refused_with_the_usual_lines(void **state)
{
	struct tls_pair p = with(&brief);

	(void)state;
	assert_true(tls_pair_handshake(&p));
	p.server.unix_sec = now + 2 * PKI_DAY;
	assert_false(tls_pair_reconnect(&p));
	assert_true(str_starts(str_text(&p.server.lines),
			       "VERIFY OK: depth=1, CN=ca\n"
			       "VERIFY ERROR: depth=0, error=certificate has expired: CN=brief, "
			       "serial=21\nSent fatal SSL alert: certificate expired\n"));
	p.server.unix_sec = now - 2 * PKI_DAY;
	assert_false(tls_pair_reconnect(&p));
	assert_true(tls_side_logged(&p.server, "error=certificate is not yet valid: CN=brief"));
	p.server.unix_sec = now;
	assert_true(tls_pair_reconnect(&p));
	tls_pair_fini(&p);
}

static void chain_cache__crl_changed_since__is_asked(void **state)
{
	const long client[] = {20};
	char path[] = "/tmp/test_tls_chain.XXXXXX", crl[PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	pki_crl(&ca, NULL, 0, 0, crl);
	tls_side_crl_file(&p.server, path, crl);
	assert_true(tls_pair_handshake(&p));
	assert_true(tls_pair_reconnect(&p));
	pki_crl(&ca, client, 1, 0, crl);
	tls_write_file(path, crl);
	tls_ctx_reload_crl(p.server.ctx);
	assert_false(tls_pair_reconnect(&p));
	assert_true(tls_side_logged(&p.server, "error=certificate revoked: CN=client, serial=20"));
	assert_false(tls_pair_reconnect(&p));
	tls_pair_fini(&p);
	assert_int_equal(unlink(path), 0);
}

static void chain_cache__crl_expired_since__is_refused(void **state)
{
	char crl[PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	pki_crl(&ca, NULL, 0, PKI_DAY, crl);
	p.server.cfg.crl.text = crl;
	p.server.verify_cfg.crl_file = true;
	assert_true(tls_pair_handshake(&p));
	p.server.unix_sec = now + 2 * PKI_DAY;
	assert_false(tls_pair_reconnect(&p));
	assert_true(tls_side_logged(&p.server, "error=CRL has expired: CN=client"));
	p.server.unix_sec = now;
	trust_nobody(&p);
	assert_true(tls_pair_reconnect(&p)); /* it was known all the time */
	tls_pair_fini(&p);
}

static void chain_cache__own_checks__refuse_a_known_chain(void **state)
{
	struct tls_pair p = with(&client_cert);

	(void)state;
	assert_true(tls_pair_handshake(&p));
	trust_nobody(&p);
	p.server.verify_cfg.x509_name = "other";
	p.server.verify_cfg.x509_name_type = VERIFY_NAME_FULL;
	assert_false(tls_pair_reconnect(&p));
	assert_true(str_starts(str_text(&p.server.lines),
			       "VERIFY OK: depth=1, CN=ca\n"
			       "VERIFY X509NAME ERROR: client, must be other\n"
			       "Sent fatal SSL alert: "));
	p.server.verify_cfg.x509_name = NULL;
	assert_true(tls_pair_reconnect(&p));
	tls_pair_fini(&p);
}

static void expect_unknown(struct tls_pair *p)
{
	trust_nobody(p);
	p->server.verify_cfg = (struct verify_config){0};
	assert_false(tls_pair_reconnect(p));
	tls_pair_fini(p);
}

static void chain_cache__refused_or_doubted__is_not_kept(void **state)
{
	char crl[PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.x509_name = "other"; /* our own checks */
	assert_false(tls_pair_handshake(&p));
	expect_unknown(&p);

	p = with(&client_cert); /* a warning: no CRL of this CA */
	pki_crl(&twin, NULL, 0, 0, crl);
	p.server.cfg.crl.text = crl;
	p.server.verify_cfg.crl_file = true;
	assert_true(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.server, "VERIFY WARNING: depth=0, unable to get"));
	expect_unknown(&p);

	p = with(&false_twin); /* the library's refusals do not matter: a fingerprint would */
	p.server.verify_cfg.fingerprint_without_ca = true;
	assert_true(tls_pair_handshake(&p));
	expect_unknown(&p);
}

static void chain_cache__folder_of_cas_or_crl_beside_the_ca__nothing_is_kept(void **state)
{
	char crl[PKI_TEXT_MAX], both[2 * PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.cfg.capath = "/nonexistent";
	tls_pair_start(&p);
	assert_null(p.server.ctx->chains);
	assert_null(p.client.ctx->chains); /* no client keeps any */
	tls_pair_fini(&p);

	p = with(&client_cert);
	pki_crl(&ca, NULL, 0, 0, crl);
	snprintf(both, sizeof(both), "%s%s", ca.cert, crl);
	p.server.cfg.ca.text = both;
	assert_true(tls_pair_handshake(&p));
	assert_null(p.server.ctx->chains);
	tls_pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_cache__key__depends_on_each_certificate_and_their_order),
		cmocka_unit_test(chain_cache__leaf_not_the_first__no_key),
		cmocka_unit_test(chain_cache__found__only_between_the_narrowest_dates),
		cmocka_unit_test(chain_cache__too_many__oldest_goes),
		cmocka_unit_test(
			chain_cache__client_comes_back__same_lines_and_variables_unverified),
		cmocka_unit_test(chain_cache__other_leaf_with_the_same_names__is_verified),
		cmocka_unit_test(chain_cache__expired_since__is_refused_with_the_usual_lines),
		cmocka_unit_test(chain_cache__crl_changed_since__is_asked),
		cmocka_unit_test(chain_cache__crl_expired_since__is_refused),
		cmocka_unit_test(chain_cache__own_checks__refuse_a_known_chain),
		cmocka_unit_test(chain_cache__refused_or_doubted__is_not_kept),
		cmocka_unit_test(chain_cache__folder_of_cas_or_crl_beside_the_ca__nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
