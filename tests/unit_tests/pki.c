// SPDX-License-Identifier: GPL-2.0-only
#include "pki.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "test.h"

static const long default_end = 3650L * PKI_DAY;

static void to_text(BIO *bio, char text[PKI_TEXT_MAX])
{
	char *p;
	const long len = BIO_get_mem_data(bio, &p);

	assert_true(len > 0 && len < PKI_TEXT_MAX);
	memcpy(text, p, (size_t)len);
	text[len] = '\0';
	BIO_free(bio);
}

static EVP_PKEY *new_key(const char *type)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (!type || strncmp(type, "P-", 2) == 0)
		return EVP_EC_gen(type ? type : "P-256");
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL); /* RSA: 2048 bits */
	assert_non_null(ctx);
	assert_true(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_keygen(ctx, &key) > 0);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void set_subject(X509 *cert, const char *subject)
{
	X509_NAME *name = X509_get_subject_name(cert);
	char copy[512], *save = NULL;

	assert_true(strlen(subject) < sizeof(copy));
	strcpy(copy, subject);
	for (char *item = strtok_r(copy, "/", &save); item; item = strtok_r(NULL, "/", &save)) {
		char *value = strchr(item, '=');
		const int join = item[0] == '+' ? -1 : 0;
		int len;

		assert_non_null(value);
		*value++ = '\0';
		len = (int)strlen(value);
		for (char *nul = strchr(value, '%'); nul; nul = strchr(nul + 1, '%'))
			*nul = '\0';
		/* a value that is too long for its attribute can only be set without conversion */
		assert_true(X509_NAME_add_entry_by_txt(name, item - join,
						       len > 64 ? V_ASN1_UTF8STRING : MBSTRING_UTF8,
						       (unsigned char *)value, len, -1, join));
	}
}

static void add_ext(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext;

	if (!value)
		return;
	ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	assert_non_null(ext);
	assert_true(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

void pki_issue(struct pki_cert *out, const struct pki_spec *spec)
{
	X509 *cert = X509_new(), *issuer = spec->issuer ? spec->issuer->x509 : cert;
	EVP_PKEY *key = new_key(spec->key_type);
	EVP_PKEY *signer = spec->issuer ? spec->issuer->pkey : key;
	BIO *bio;
	X509V3_CTX ctx;

	assert_non_null(cert);
	assert_non_null(key);
	assert_true(X509_set_version(cert, X509_VERSION_3));
	ASN1_INTEGER_set(X509_get_serialNumber(cert), spec->serial ? spec->serial : 1);
	set_subject(cert, spec->subject);
	assert_true(X509_set_issuer_name(cert, X509_get_subject_name(issuer)));
	X509_gmtime_adj(X509_getm_notBefore(cert), spec->starts_sec ? spec->starts_sec : -PKI_DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), spec->ends_sec ? spec->ends_sec : default_end);
	assert_true(X509_set_pubkey(cert, key));
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	add_ext(cert, &ctx, NID_basic_constraints, spec->ca ? "critical,CA:TRUE" : NULL);
	add_ext(cert, &ctx, NID_key_usage, spec->key_usage);
	add_ext(cert, &ctx, NID_ext_key_usage, spec->eku);
	add_ext(cert, &ctx, NID_subject_alt_name, spec->san);
	add_ext(cert, &ctx, NID_netscape_cert_type, spec->ns_type);
	assert_true(X509_sign(cert, signer,
			      EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448")
				      ? NULL
				      : EVP_sha256()) > 0);
	bio = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_X509(bio, cert));
	to_text(bio, out->cert);
	bio = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
	to_text(bio, out->key);
	out->x509 = cert;
	out->pkey = key;
}

void pki_free(struct pki_cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->pkey);
	cert->x509 = NULL;
	cert->pkey = NULL;
}

void pki_crl(const struct pki_cert *ca, const long *serials, unsigned int n, long ends_sec,
	     char text[PKI_TEXT_MAX])
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2L * PKI_DAY);
	ASN1_TIME *to = X509_gmtime_adj(NULL, ends_sec ? ends_sec : default_end);
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(X509_CRL_set_version(crl, X509_CRL_VERSION_2));
	assert_true(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x509)));
	assert_true(X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to));
	for (unsigned int i = 0; i < n; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set(serial, serials[i]);
		assert_true(X509_REVOKED_set_serialNumber(entry, serial));
		assert_true(X509_REVOKED_set_revocationDate(entry, from));
		assert_true(X509_CRL_add0_revoked(crl, entry));
		ASN1_INTEGER_free(serial);
	}
	assert_true(X509_CRL_sign(crl, ca->pkey, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_X509_CRL(bio, crl));
	to_text(bio, text);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(crl);
}
