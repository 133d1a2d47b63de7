// SPDX-License-Identifier: GPL-2.0-only
/* The procedure for a peer's chain: its order, its lines, its hooks. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tls_pair.h"

static struct pki_cert ca, other_ca, intermediate, server_cert, client_cert, leaf, expired, early,
	wrong_eku, self_client, self_server, odd;
static char chain[2 * PKI_TEXT_MAX];

static int setup(void **state)
{
	(void)state;
	pki_issue(&ca, &(struct pki_spec){.subject = "CN=ca", .ca = true, .serial = 7});
	pki_issue(&other_ca, &(struct pki_spec){.subject = "CN=other", .ca = true});
	pki_issue(&intermediate,
		  &(struct pki_spec){
			  .subject = "CN=intermediate", .issuer = &ca, .ca = true, .serial = 8});
	pki_issue(&server_cert,
		  &(struct pki_spec){.subject = "CN=server", .issuer = &ca, .eku = "serverAuth"});
	pki_issue(&client_cert, &(struct pki_spec){.subject = "O=Spec/CN=client",
						   .issuer = &ca,
						   .key_usage = "digitalSignature",
						   .eku = "clientAuth",
						   .serial = 20});
	pki_issue(&leaf,
		  &(struct pki_spec){.subject = "CN=leaf", .issuer = &intermediate, .serial = 30});
	snprintf(chain, sizeof(chain), "%s%s", leaf.cert, intermediate.cert);
	pki_issue(&expired, &(struct pki_spec){.subject = "CN=expired",
					       .issuer = &ca,
					       .starts_sec = -10 * PKI_DAY,
					       .ends_sec = -PKI_DAY,
					       .serial = 21});
	pki_issue(&early, &(struct pki_spec){.subject = "CN=early",
					     .issuer = &ca,
					     .starts_sec = PKI_DAY,
					     .serial = 22});
	pki_issue(&wrong_eku,
		  &(struct pki_spec){
			  .subject = "CN=wrong", .issuer = &ca, .eku = "serverAuth", .serial = 23});
	pki_issue(&self_client, &(struct pki_spec){.subject = "CN=self client"});
	pki_issue(&self_server, &(struct pki_spec){.subject = "CN=self server"});
	pki_issue(&odd, &(struct pki_spec){.subject = "CN=a\nb", .issuer = &ca, .serial = 24});
	return 0;
}

static int teardown(void **state)
{
	struct pki_cert *all[] = {&ca,		&other_ca,    &intermediate, &server_cert,
				  &client_cert, &leaf,	      &expired,	     &early,
				  &wrong_eku,	&self_client, &self_server,  &odd};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		pki_free(all[i]);
	return 0;
}

/* A pair whose client shows @shown. */
static struct tls_pair with(const struct pki_cert *shown)
{
	struct tls_pair p;

	tls_pair_init(&p, &ca, shown, &server_cert);
	return p;
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Run, compare what the server logged up to the library's part, and clean up. The server may know
 * the chain when the client comes back: it must do and say the same. */
static void expect(struct tls_pair *p, bool success, const char *lines)
{
	const bool done = tls_pair_handshake(p);
	char *first = strdup(str_text(&p->server.lines));

	assert_non_null(first);
	if (!str_starts(first, lines))
		fail_msg("logged:\n%s\nexpected:\n%s", first, lines);
	assert_int_equal(done, success);
	assert_int_equal(verify_leaf_accepted(p->server.verify), success);
	assert_int_equal(tls_pair_reconnect(p), success);
	assert_int_equal(verify_leaf_accepted(p->server.verify), success);
	if (!ends_with(first, str_text(&p->server.lines)))
		fail_msg("logged:\n%s\nthe second time:\n%s", first, str_text(&p->server.lines));
	free(first);
	tls_pair_fini(p);
}

static void verify__chain_of_two_and_three__from_the_ca_down(void **state)
{
	struct tls_pair p = with(&client_cert);

	(void)state;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY OK: depth=0, O=Spec, CN=client\n");
	p = with(&leaf);
	p.client.cfg.cert.text = chain;
	expect(&p, true,
	       "VERIFY OK: depth=2, CN=ca\nVERIFY OK: depth=1, CN=intermediate\n"
	       "VERIFY OK: depth=0, CN=leaf\n");
	p = with(&leaf); /* without the intermediate */
	expect(&p, false,
	       "VERIFY ERROR: depth=0, error=unable to get local issuer certificate: "
	       "CN=leaf, serial=30\nSent fatal SSL alert: unknown CA\n");
	p = with(&leaf); /* the intermediate as --extra-certs */
	p.client.cfg.extra_certs.text = intermediate.cert;
	expect(&p, true, "VERIFY OK: depth=2, CN=ca\n");
}

static void verify__library_refuses__error_line_with_serial(void **state)
{
	struct tls_pair p = with(&expired);

	(void)state;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\n"
	       "VERIFY ERROR: depth=0, error=certificate has expired: CN=expired, "
	       "serial=21\nSent fatal SSL alert: certificate expired\n");
	p = with(&early);
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\n"
	       "VERIFY ERROR: depth=0, error=certificate is not yet valid: CN=early, "
	       "serial=22\n");
	p = with(&wrong_eku);
	expect(&p, false, "VERIFY ERROR: depth=0, error=");
}

static void verify__names__subject_name_and_prefix(void **state)
{
	static const struct {
		enum verify_name_type type;
		const char *name;
		const char *line;
	} cases[] = {
		{VERIFY_NAME_SUBJECT, "O=Spec, CN=client", NULL},
		{VERIFY_NAME_FULL, "client", NULL},
		{VERIFY_NAME_PREFIX, "cli", NULL},
		{VERIFY_NAME_SUBJECT, "CN=client",
		 "VERIFY X509NAME ERROR: O=Spec, CN=client, must be CN=client\n"},
		{VERIFY_NAME_FULL, "clien", "VERIFY X509NAME ERROR: client, must be clien\n"},
		{VERIFY_NAME_PREFIX, "lient",
		 "VERIFY X509NAME ERROR: client, must start with lient\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tls_pair p = with(&client_cert);
		char lines[256];

		p.server.verify_cfg.x509_name = cases[i].name;
		p.server.verify_cfg.x509_name_type = cases[i].type;
		snprintf(lines, sizeof(lines), "VERIFY OK: depth=1, CN=ca\n%s",
			 cases[i].line
				 ? cases[i].line
				 : "VERIFY X509NAME OK: O=Spec, CN=client\nVERIFY OK: depth=0");
		expect(&p, !cases[i].line, lines);
	}
}

static void verify__key_usage__masks_and_presence(void **state)
{
	const unsigned int good[] = {0x88, 0x80}, bad[] = {0x88, 0x04};
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.remote_cert_ku = true;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY KU OK\nVERIFY OK: depth=0");
	p = with(&client_cert);
	p.server.verify_cfg.remote_cert_ku = true;
	p.server.verify_cfg.ku = good;
	p.server.verify_cfg.n_ku = 2;
	expect(&p, true,
	       "VERIFY OK: depth=1, CN=ca\nValidating certificate key usage\n"
	       "VERIFY KU OK\n");
	p = with(&client_cert);
	p.server.verify_cfg.remote_cert_ku = true;
	p.server.verify_cfg.ku = bad;
	p.server.verify_cfg.n_ku = 2;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\nValidating certificate key usage\n"
	       "ERROR: Certificate has key usage 0080, expected one of:\n"
	       " * 0088\n * 0004\nVERIFY KU ERROR\n");
	p = with(&odd);
	p.server.verify_cfg.remote_cert_ku = true;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\n"
	       "Certificate does not have key usage extension\nVERIFY KU ERROR\n");
}

static void verify__extended_key_usage__by_name_and_oid(void **state)
{
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.remote_cert_eku = "TLS Web Client Authentication";
	expect(&p, true,
	       "VERIFY OK: depth=1, CN=ca\nValidating certificate extended key usage\n"
	       "++ Certificate has EKU (str) TLS Web Client Authentication, expects TLS "
	       "Web Client Authentication\nVERIFY EKU OK\nVERIFY OK: depth=0");
	p = with(&client_cert);
	p.server.verify_cfg.remote_cert_eku = "1.3.6.1.5.5.7.3.2";
	expect(&p, true, "VERIFY OK: depth=1");
	p = with(&client_cert);
	p.server.verify_cfg.remote_cert_eku = "TLS Web Server Authentication";
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\nValidating certificate extended key usage\n"
	       "++ Certificate has EKU (str) TLS Web Client Authentication, expects TLS Web Server "
	       "Authentication\n"
	       "++ Certificate has EKU (oid) 1.3.6.1.5.5.7.3.2, expects TLS Web Server "
	       "Authentication\nVERIFY EKU ERROR\n");
	p = with(&odd);
	p.server.verify_cfg.remote_cert_eku = "TLS Web Client Authentication";
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\nValidating certificate extended key usage\n"
	       "Certificate does not have extended key usage extension\nVERIFY EKU ERROR\n");
}

static void verify__ns_cert_type__of_the_leaf(void **state)
{
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.ns_cert_type = NS_CERT_CLIENT;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY OK: nsCertType=CLIENT\n");
	p = with(&client_cert);
	p.server.verify_cfg.ns_cert_type = NS_CERT_SERVER;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\nVERIFY nsCertType ERROR: O=Spec, CN=client, "
	       "require nsCertType=SERVER\n");
}

static void verify__username__replaced_missing_and_joined(void **state)
{
	static const char *const two[] = {"O", "serialNumber", NULL};
	static const char *const missing[] = {"O", "UID", NULL};
	struct tls_pair p = with(&odd);

	(void)state;
	assert_true(tls_pair_handshake(&p));
	assert_string_equal(verify_common_name(p.server.verify), "a_b");
	assert_string_equal(env_get(p.server.env, "common_name"), "a_b");
	assert_string_equal(env_get(p.server.env, "X509_0_CN"), "a_b");
	tls_pair_fini(&p);
	p = with(&client_cert);
	p.server.verify_cfg.username_fields = two;
	assert_true(tls_pair_handshake(&p));
	assert_string_equal(verify_common_name(p.server.verify), "Spec_0x14");
	tls_pair_fini(&p);
	p = with(&client_cert);
	p.server.verify_cfg.username_fields = missing;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\nVERIFY ERROR: could not extract O_UID from X509 subject "
	       "string ('O=Spec, CN=client') -- note that the field length is limited to 64 "
	       "characters\n");
}

static void verify__username_of_65_bytes__is_refused(void **state)
{
	char subject[3 + 65 + 1] = "CN=";
	struct pki_spec spec = {
		.subject = subject, .issuer = &ca, .key_usage = "digitalSignature", .serial = 65};
	struct pki_cert cert;
	struct tls_pair p;

	(void)state;
	memset(subject + 3, 'n', 64);
	pki_issue(&cert, &spec);
	p = with(&cert);
	assert_true(tls_pair_handshake(&p));
	assert_string_equal(verify_common_name(p.server.verify), subject + 3);
	tls_pair_fini(&p);
	pki_free(&cert);

	subject[3 + 64] = 'n';
	pki_issue(&cert, &spec);
	p = with(&cert);
	assert_false(tls_pair_handshake(&p));
	assert_true(tls_side_logged(&p.server, "VERIFY ERROR: could not extract CN from X509 "
					       "subject string ('CN=nnnn"));
	assert_string_equal(verify_common_name(p.server.verify), "");
	tls_pair_fini(&p);
	pki_free(&cert);
}

/* ---- fingerprints ------------------------------------------------------------------------ */

static struct fingerprint_list *fingerprint_of(const struct pki_cert *cert, enum digest_id digest)
{
	struct fingerprint_list *list = fingerprint_list_new(digest);
	struct x509_cert *x;
	uint8_t hash[SHA256_LEN];
	char text[X509_FINGERPRINT_TEXT];

	assert_int_equal(x509_cert_parse(cert->cert, &x, NULL), 0);
	if (digest == DIGEST_SHA1)
		assert_int_equal(x509_cert_sha1(x, hash), 0);
	else
		assert_int_equal(x509_cert_sha256(x, hash), 0);
	x509_cert_free(x);
	str_hex(text, sizeof(text), hash, digest == DIGEST_SHA1 ? SHA1_LEN : SHA256_LEN, ':');
	assert_int_equal(fingerprint_list_add(list, text, NULL), 0);
	return list;
}

static void pin(struct tls_side *side, const struct fingerprint_list *list)
{
	side->cfg.ca.text = NULL;
	side->cfg.fingerprint_without_ca = true;
	side->verify_cfg.fingerprint_without_ca = true;
	side->verify_cfg.peer_fingerprint = list;
}

static void verify__fingerprints_without_ca__self_signed_on_both_ends(void **state)
{
	struct fingerprint_list *of_client = fingerprint_of(&self_client, DIGEST_SHA256);
	struct fingerprint_list *of_server = fingerprint_of(&self_server, DIGEST_SHA256);
	struct tls_pair p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		tls_pair_init(&p, &ca, i ? &expired : &self_client, &self_server);
		pin(&p.client, of_server);
		pin(&p.server, of_client);
		if (i == 0)
			expect(&p, true, "VERIFY OK: depth=0, CN=self client\n");
		else
			expect(&p, false,
			       "TLS Error: --tls-verify/--peer-fingerprint certificate hash "
			       "verification failed. (got certificate fingerprint: ");
	}
	fingerprint_list_free(of_client);
	fingerprint_list_free(of_server);
}

static void verify__fingerprint_with_ca__both_must_agree(void **state)
{
	struct fingerprint_list *list = fingerprint_of(&client_cert, DIGEST_SHA256);
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.peer_fingerprint = list;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY OK: depth=0");
	p = with(&odd);
	p.server.verify_cfg.peer_fingerprint = list;
	expect(&p, false, "VERIFY OK: depth=1, CN=ca\nTLS Error: --tls-verify/--peer-fingerprint");
	p = with(&client_cert);
	p.server.cfg.ca.text = other_ca.cert;
	p.server.verify_cfg.peer_fingerprint = list;
	expect(&p, false,
	       "VERIFY ERROR: depth=0, error=unable to get local issuer certificate: "
	       "O=Spec, CN=client, serial=20\n");
	fingerprint_list_free(list);
}

static void verify__verify_hash__judges_depth_1(void **state)
{
	struct fingerprint_list *good = fingerprint_of(&ca, DIGEST_SHA1);
	struct fingerprint_list *bad = fingerprint_of(&client_cert, DIGEST_SHA1);
	struct tls_pair p = with(&client_cert);

	(void)state;
	p.server.verify_cfg.verify_hash = good;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\n");
	p = with(&client_cert);
	p.server.verify_cfg.verify_hash = bad;
	expect(&p, false, "TLS Error: --tls-verify/--peer-fingerprint certificate hash");
	fingerprint_list_free(good);
	fingerprint_list_free(bad);
}

static void verify__same_chain__compares_all_depths(void **state)
{
	struct tls_pair a = with(&client_cert), b = with(&client_cert), c = with(&odd);

	(void)state;
	assert_true(tls_pair_handshake(&a));
	assert_true(tls_pair_handshake(&b));
	assert_true(tls_pair_handshake(&c));
	assert_true(verify_same_chain(a.server.verify, b.server.verify));
	assert_false(verify_same_chain(a.server.verify, c.server.verify));
	assert_non_null(verify_fingerprint(a.server.verify, 1));
	assert_null(verify_fingerprint(a.server.verify, 2));
	assert_null(verify_fingerprint(a.server.verify, VERIFY_DEPTH_MAX));
	tls_pair_fini(&a);
	tls_pair_fini(&b);
	tls_pair_fini(&c);
}

/* ---- hooks ------------------------------------------------------------------------------- */

struct recorder {
	struct str calls;
	enum verify_verdict plugin, script;
	unsigned int script_fails_at; /* depth */
	bool export_fails;
};

static enum verify_verdict on_plugin(void *user, unsigned int depth, const char *subject,
				     struct env *env)
{
	struct recorder *r = user;

	(void)env;
	str_addf(&r->calls, "plugin %u %s\n", depth, subject);
	return r->plugin;
}

static enum verify_verdict on_script(void *user, unsigned int depth, const char *subject,
				     struct env *env)
{
	struct recorder *r = user;
	const char *peer_cert = env_get(env, "peer_cert");
	char name[32];

	snprintf(name, sizeof(name), "tls_id_%u", depth);
	assert_string_equal(env_get(env, name), subject);
	str_addf(&r->calls, "script %u %s%s\n", depth, subject, peer_cert ? " with cert" : "");
	return depth == r->script_fails_at ? VERIFY_REJECT : r->script;
}

static int on_export(void *user, const char *dir, const char *pem, struct str *path)
{
	struct recorder *r = user;

	assert_string_equal(dir, "/dir");
	assert_true(str_starts(pem, "-----BEGIN CERTIFICATE-----\n"));
	str_add(&r->calls, "export\n");
	str_add(path, "/dir/x");
	return r->export_fails ? ERR_SYSTEM : 0;
}

static void on_unexport(void *user, const char *path)
{
	struct recorder *r = user;

	assert_string_equal(path, "/dir/x");
	str_add(&r->calls, "unexport\n");
}

static const struct verify_hooks recording = {
	.plugin = on_plugin,
	.script = on_script,
	.export_cert = on_export,
	.unexport_cert = on_unexport,
};

static struct tls_pair recorded(struct recorder *r)
{
	struct tls_pair p = with(&client_cert);

	p.server.hooks = recording;
	p.server.user = r;
	return p;
}

static void verify__hooks_accept__order_and_lines(void **state)
{
	struct recorder r = {
		.plugin = VERIFY_ACCEPT, .script = VERIFY_ACCEPT, .script_fails_at = 9};
	struct tls_pair p = recorded(&r);

	(void)state;
	p.server.verify_cfg.export_cert_dir = "/dir";
	assert_true(tls_pair_handshake(&p));
	assert_string_equal(str_text(&r.calls),
			    "export\nplugin 1 CN=ca\nscript 1 CN=ca with cert\nunexport\n"
			    "export\nplugin 0 O=Spec, CN=client\n"
			    "script 0 O=Spec, CN=client with cert\nunexport\n");
	assert_string_equal(str_text(&p.server.lines),
			    "VERIFY PLUGIN OK: depth=1, CN=ca\nVERIFY SCRIPT OK: depth=1, CN=ca\n"
			    "VERIFY OK: depth=1, CN=ca\n"
			    "VERIFY PLUGIN OK: depth=0, O=Spec, CN=client\n"
			    "VERIFY SCRIPT OK: depth=0, O=Spec, CN=client\n"
			    "VERIFY OK: depth=0, O=Spec, CN=client\n");
	assert_null(env_get(p.server.env, "peer_cert"));
	tls_pair_fini(&p);
	str_fini(&r.calls);
}

static void verify__hook_rejects_at_any_depth__handshake_fails(void **state)
{
	struct recorder r = {.plugin = VERIFY_SKIP, .script = VERIFY_ACCEPT};
	struct tls_pair p;

	(void)state;
	for (r.script_fails_at = 0; r.script_fails_at < 2; r.script_fails_at++) {
		p = recorded(&r);
		expect(&p, false,
		       r.script_fails_at
			       ? "VERIFY SCRIPT ERROR: depth=1, CN=ca\n"
			       : "VERIFY SCRIPT OK: depth=1, CN=ca\nVERIFY OK: depth=1, "
				 "CN=ca\nVERIFY SCRIPT ERROR: depth=0, O=Spec, CN=client\n");
	}
	r.plugin = VERIFY_REJECT;
	p = recorded(&r);
	expect(&p, false, "VERIFY PLUGIN ERROR: depth=1, CN=ca\n");
	r = (struct recorder){.calls = r.calls,
			      .script = VERIFY_LATER,
			      .plugin = VERIFY_SKIP,
			      .script_fails_at = 9};
	p = recorded(&r);
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY OK: depth=0");
	r.export_fails = true;
	p = recorded(&r);
	p.server.verify_cfg.export_cert_dir = "/dir";
	expect(&p, false,
	       "TLS Error: Failed to export certificate for --tls-export-cert in /dir\n");
	str_fini(&r.calls);
}

static void verify__environment__all_variables_of_a_chain(void **state)
{
	static const struct verify_track track[] = {{"CN", true}, {"O", false}};
	struct tls_pair p = with(&client_cert);
	const struct env *env = p.server.env;

	(void)state;
	env_set(p.server.env, "X509_0_old", "x");
	assert_true(tls_pair_handshake(&p));
	assert_null(env_get(env, "X509_0_old"));
	assert_string_equal(env_get(env, "tls_id_0"), "O=Spec, CN=client");
	assert_string_equal(env_get(env, "tls_id_1"), "CN=ca");
	assert_string_equal(env_get(env, "tls_serial_0"), "20");
	assert_string_equal(env_get(env, "tls_serial_hex_0"), "14");
	assert_int_equal(strlen(env_get(env, "tls_digest_0")), 59);
	assert_int_equal(strlen(env_get(env, "tls_digest_sha256_1")), 95);
	assert_string_equal(env_get(env, "X509_0_O"), "Spec");
	assert_string_equal(env_get(env, "X509_1_CN"), "ca");
	assert_string_equal(env_get(env, "common_name"), "client");
	tls_pair_fini(&p);

	p = with(&client_cert);
	env = p.server.env;
	p.server.verify_cfg.track = track;
	p.server.verify_cfg.n_track = 2;
	assert_true(tls_pair_handshake(&p));
	assert_string_equal(env_get(env, "X509_0_CN"), "client");
	assert_string_equal(env_get(env, "X509_0_O"), "Spec");
	assert_string_equal(env_get(env, "X509_1_CN"), "ca");
	tls_pair_fini(&p);
}

/* ---- CRL --------------------------------------------------------------------------------- */

static void use_crl(struct tls_side *side, const char *text)
{
	side->cfg.crl.text = text;
	side->verify_cfg.crl_file = true;
}

static void verify__crl__revoked_leaf_and_intermediate(void **state)
{
	const long nobody[] = {99}, client[] = {20}, inter[] = {8}, leafs[] = {30};
	char crl[PKI_TEXT_MAX], crl2[PKI_TEXT_MAX], both[2 * PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	pki_crl(&ca, nobody, 1, 0, crl);
	use_crl(&p.server, crl);
	expect(&p, true, "CRL: loaded 1 CRLs from file [[INLINE]]\nVERIFY OK: depth=1, CN=ca\n");
	pki_crl(&ca, client, 1, 0, crl);
	p = with(&client_cert);
	use_crl(&p.server, crl);
	expect(&p, false,
	       "CRL: loaded 1 CRLs from file [[INLINE]]\nVERIFY ERROR: depth=0, "
	       "error=certificate revoked: O=Spec, CN=client, serial=20\n"
	       "Sent fatal SSL alert: certificate revoked\n");
	/* the leaf's own issuer has no CRL: a warning; the intermediate is revoked */
	pki_crl(&ca, inter, 1, 0, crl);
	p = with(&leaf);
	p.client.cfg.cert.text = chain;
	use_crl(&p.server, crl);
	expect(&p, false,
	       "CRL: loaded 1 CRLs from file [[INLINE]]\nVERIFY WARNING: depth=0, unable "
	       "to get certificate CRL: CN=leaf\nVERIFY ERROR: depth=1, error=certificate "
	       "revoked: CN=intermediate, serial=8\n");
	/* two CRLs in one file */
	pki_crl(&ca, nobody, 1, 0, crl);
	pki_crl(&intermediate, leafs, 1, 0, crl2);
	snprintf(both, sizeof(both), "%s%s", crl, crl2);
	p = with(&leaf);
	p.client.cfg.cert.text = chain;
	use_crl(&p.server, both);
	expect(&p, false,
	       "CRL: loaded 2 CRLs from file [[INLINE]]\nVERIFY ERROR: depth=0, "
	       "error=certificate revoked: CN=leaf, serial=30\n");
}

static void verify__crl__of_another_ca_expired_empty_or_forged(void **state)
{
	char crl[PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	pki_crl(&other_ca, NULL, 0, 0, crl);
	use_crl(&p.server, crl);
	expect(&p, true,
	       "CRL: loaded 1 CRLs from file [[INLINE]]\n"
	       "VERIFY WARNING: depth=0, unable to get certificate CRL: O=Spec, CN=client\n"
	       "VERIFY WARNING: depth=1, unable to get certificate CRL: CN=ca\n"
	       "VERIFY OK: depth=1, CN=ca\nVERIFY OK: depth=0");
	pki_crl(&ca, NULL, 0, -PKI_DAY, crl);
	p = with(&client_cert);
	use_crl(&p.server, crl);
	expect(&p, false,
	       "CRL: loaded 1 CRLs from file [[INLINE]]\n"
	       "VERIFY ERROR: depth=0, error=CRL has expired: O=Spec, CN=client");
	p = with(&client_cert);
	use_crl(&p.server, "nothing");
	expect(&p, false,
	       "OpenSSL: error:0480006C:PEM routines::no start line:Expecting: X509 CRL\n"
	       "CRL: cannot read CRL from file [[INLINE]]\n"
	       "CRL: loaded 0 CRLs from file [[INLINE]]\n"
	       "VERIFY WARNING: depth=0, unable to get certificate CRL: O=Spec, CN=client\n"
	       "VERIFY WARNING: depth=1, unable to get certificate CRL: CN=ca\n"
	       "VERIFY ERROR: CRL not loaded\n");
}

static void verify__crl_file_changes__takes_effect_at_the_next_handshake(void **state)
{
	const long client[] = {20}, nobody[] = {99};
	char path[] = "/tmp/test_tls_verify.XXXXXX", crl[PKI_TEXT_MAX];
	struct tls_pair p = with(&client_cert);

	(void)state;
	pki_crl(&ca, NULL, 0, 0, crl);
	tls_side_crl_file(&p.server, path, crl);
	assert_true(tls_pair_handshake(&p));

	pki_crl(&ca, client, 1, 0, crl); /* longer: the size tells even within one time stamp */
	tls_write_file(path, crl);
	assert_true(tls_pair_reconnect(&p)); /* nobody asked for a reload */
	tls_ctx_reload_crl(p.server.ctx);
	assert_true(tls_side_logged(&p.server, "CRL: loaded 1 CRLs from file /tmp/"));
	assert_false(tls_pair_reconnect(&p));

	assert_int_equal(unlink(path), 0);
	tls_ctx_reload_crl(p.server.ctx);
	assert_true(tls_side_logged(&p.server,
				    "WARNING: Failed to stat CRL file, not reloading CRL.\n"));
	assert_false(tls_pair_reconnect(&p)); /* the old one stays */

	pki_crl(&ca, nobody, 0, 0, crl);
	tls_write_file(path, crl);
	tls_ctx_reload_crl(p.server.ctx);
	assert_true(tls_pair_reconnect(&p));
	tls_ctx_reload_crl(p.server.ctx); /* unchanged: not read again */
	assert_false(tls_side_logged(&p.server, "CRL: loaded"));

	tls_write_file(path, "");
	tls_ctx_reload_crl(p.server.ctx);
	assert_false(tls_pair_reconnect(&p));
	assert_true(tls_side_logged(&p.server, "VERIFY ERROR: CRL not loaded\n"));
	tls_pair_fini(&p);
	assert_int_equal(unlink(path), 0);
}

static void verify__crl_dir__file_named_by_the_decimal_serial(void **state)
{
	char dir[] = "/tmp/test_tls_verify_dir.XXXXXX", path[64];
	struct tls_pair p = with(&client_cert);

	(void)state;
	assert_non_null(mkdtemp(dir));
	p.server.verify_cfg.crl_dir = dir;
	expect(&p, true, "VERIFY OK: depth=1, CN=ca\nVERIFY OK: depth=0");
	snprintf(path, sizeof(path), "%s/20", dir);
	tls_write_file(path, "");
	p = with(&client_cert);
	p.server.verify_cfg.crl_dir = dir;
	expect(&p, false,
	       "VERIFY OK: depth=1, CN=ca\n"
	       "VERIFY CRL: depth=0, O=Spec, CN=client, serial=20 is revoked\n");
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/7", dir);
	tls_write_file(path, "");
	p = with(&client_cert);
	p.server.verify_cfg.crl_dir = dir;
	expect(&p, false, "VERIFY CRL: depth=1, CN=ca, serial=7 is revoked\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Depths beyond the table, called without a library: no chain that long is built by it. */
static void verify__depth_16__is_convoluted(void **state)
{
	const struct verify_config cfg = {0};
	struct tls_pair p = with(&client_cert);
	struct x509_cert *cert;
	struct verify *v = verify_new(&cfg, NULL, NULL, NULL, &p.server.log);
	struct verify_input in = {.depth = 15, .library_ok = true};

	(void)state;
	assert_int_equal(x509_cert_parse(client_cert.cert, &cert, NULL), 0);
	in.cert = cert;
	assert_int_equal(verify_cert(v, &in), 0);
	in.depth = 16;
	assert_int_equal(verify_cert(v, &in), ERR_CERT);
	assert_false(verify_leaf_accepted(v));
	in.depth = 0;
	assert_int_equal(verify_cert(v, &in), 0);
	assert_true(verify_leaf_accepted(v));
	in.library_ok = false;
	in.library_error_text = "x";
	assert_int_equal(verify_cert(v, &in), ERR_CERT);
	assert_false(verify_leaf_accepted(v));
	verify_free(v);
	x509_cert_free(cert);
	tls_pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verify__chain_of_two_and_three__from_the_ca_down),
		cmocka_unit_test(verify__library_refuses__error_line_with_serial),
		cmocka_unit_test(verify__names__subject_name_and_prefix),
		cmocka_unit_test(verify__key_usage__masks_and_presence),
		cmocka_unit_test(verify__extended_key_usage__by_name_and_oid),
		cmocka_unit_test(verify__ns_cert_type__of_the_leaf),
		cmocka_unit_test(verify__username__replaced_missing_and_joined),
		cmocka_unit_test(verify__username_of_65_bytes__is_refused),
		cmocka_unit_test(verify__fingerprints_without_ca__self_signed_on_both_ends),
		cmocka_unit_test(verify__fingerprint_with_ca__both_must_agree),
		cmocka_unit_test(verify__verify_hash__judges_depth_1),
		cmocka_unit_test(verify__same_chain__compares_all_depths),
		cmocka_unit_test(verify__hooks_accept__order_and_lines),
		cmocka_unit_test(verify__hook_rejects_at_any_depth__handshake_fails),
		cmocka_unit_test(verify__environment__all_variables_of_a_chain),
		cmocka_unit_test(verify__crl__revoked_leaf_and_intermediate),
		cmocka_unit_test(verify__crl__of_another_ca_expired_empty_or_forged),
		cmocka_unit_test(verify__crl_file_changes__takes_effect_at_the_next_handshake),
		cmocka_unit_test(verify__crl_dir__file_named_by_the_decimal_serial),
		cmocka_unit_test(verify__depth_16__is_convoluted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
