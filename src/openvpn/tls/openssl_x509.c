// SPDX-License-Identifier: GPL-2.0-only
/* Names, numbers and fingerprints of a certificate, on OpenSSL. */
#include "tls/openssl_tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/openssl_x509.h"

int x509_cert_parse(const char *pem, struct x509_cert **out, struct err *err)
{
	BIO *bio = text_bio(pem);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	*out = (struct x509_cert *)cert;
	return cert ? 0 : err_set(err, ERR_CERT, "not a certificate in PEM form");
}

void x509_cert_free(struct x509_cert *cert)
{
	X509_free((X509 *)cert);
}

static void add_bio(struct str *out, BIO *bio)
{
	char *text;
	const long len = BIO_get_mem_data(bio, &text);

	if (len > 0)
		str_add_len(out, text, (size_t)len);
}

int x509_cert_subject(const struct x509_cert *cert, struct str *out)
{
	const unsigned long flags = XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN |
				    ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_ESC_CTRL;
	BIO *bio = BIO_new(BIO_s_mem());
	const size_t from = out->len;
	int ok = bio && X509_NAME_print_ex(bio, X509_get_subject_name(x509_to_openssl(cert)), 0,
					   flags) >= 0;

	if (ok)
		add_bio(out, bio);
	BIO_free(bio);
	ERR_clear_error();
	if (!ok || out->failed || !out->text)
		return ERR_CERT;
	str_printable(out->text + from, '_');
	for (char *p = out->text + from; *p == '-'; p++)
		*p = '_'; /* a subject must not look like an option of a script */
	return 0;
}

static int add_serial(const struct x509_cert *cert, struct str *out,
		      char *(*convert)(const BIGNUM *))
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509_to_openssl(cert)), NULL);
	char *text = bn ? convert(bn) : NULL;

	if (text)
		str_add(out, text);
	BN_free(bn);
	OPENSSL_free(text);
	return text && !out->failed ? 0 : ERR_CERT;
}

int x509_cert_serial(const struct x509_cert *cert, struct str *out)
{
	return add_serial(cert, out, BN_bn2dec);
}

int x509_cert_serial_hex(const struct x509_cert *cert, struct str *out)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509_to_openssl(cert));
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	const int len = ASN1_STRING_length(serial);

	if (len <= 0)
		return ERR_CERT;
	for (int i = 0; i < len; i++) {
		char hex[3];

		str_hex(hex, sizeof(hex), bytes + i, 1, 0);
		str_add(out, i ? ":" : "");
		str_add(out, hex);
	}
	return out->failed ? ERR_NOMEM : 0;
}

static int digest(const struct x509_cert *cert, const char *name, uint8_t *out)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	const int ok = md && X509_digest(x509_to_openssl(cert), md, out, NULL) == 1;

	EVP_MD_free(md);
	if (ok)
		return 0;
	ERR_clear_error();
	return ERR_CRYPTO;
}

int x509_cert_sha1(const struct x509_cert *cert, uint8_t out[SHA1_LEN])
{
	return digest(cert, "SHA1", out);
}

int x509_cert_sha256(const struct x509_cert *cert, uint8_t out[SHA256_LEN])
{
	return digest(cert, "SHA256", out);
}

int x509_cert_pem(const struct x509_cert *cert, struct str *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ok = bio && PEM_write_bio_X509(bio, x509_to_openssl(cert)) == 1;

	if (ok)
		add_bio(out, bio);
	BIO_free(bio);
	ERR_clear_error();
	return ok && !out->failed ? 0 : ERR_CERT;
}

/* ---- user name fields -------------------------------------------------------------------- */

int x509_add_asn1_string(const ASN1_STRING *value, struct str *out)
{
	unsigned char *utf8 = NULL;
	const int len = ASN1_STRING_to_UTF8(&utf8, value);
	int ret = 0;

	/* "good\0evil" must not read as "good" */
	if (len < 0 || memchr(utf8, 0, (size_t)len))
		ret = ERR_CERT;
	else
		str_add_len(out, utf8, (size_t)len);
	OPENSSL_free(utf8);
	ERR_clear_error();
	return out->failed ? ERR_NOMEM : ret;
}

/* The last occurrence in the subject. */
static int subject_field(const struct x509_cert *cert, const char *field, struct str *out)
{
	const X509_NAME *name = X509_get_subject_name(x509_to_openssl(cert));
	ASN1_OBJECT *obj = OBJ_txt2obj(field, 0);
	int found = -1;

	ERR_clear_error();
	if (!obj)
		return ERR_CERT;
	for (int at = -1; (at = X509_NAME_get_index_by_OBJ(name, obj, at)) >= 0;)
		found = at;
	ASN1_OBJECT_free(obj);
	if (found < 0)
		return ERR_CERT;
	return x509_add_asn1_string(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, found)),
				    out);
}

/* The last e-mail address of a list of names. */
static int email_field(const struct x509_cert *cert, int nid, struct str *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509_to_openssl(cert), nid, NULL, NULL);
	const ASN1_STRING *found = NULL;
	int ret;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_EMAIL)
			found = name->d.rfc822Name;
	}
	ret = found ? x509_add_asn1_string(found, out) : ERR_CERT;
	GENERAL_NAMES_free(names);
	return ret;
}

static int ext_nid(const char *field)
{
	if (strcmp(field, "ext:subjectAltName") == 0)
		return NID_subject_alt_name;
	if (strcmp(field, "ext:issuerAltName") == 0)
		return NID_issuer_alt_name;
	return NID_undef;
}

bool x509_field_supported(const char *field)
{
	return !str_starts(field, "ext:") || ext_nid(field) != NID_undef;
}

int x509_cert_field(const struct x509_cert *cert, const char *field, struct str *out)
{
	const size_t from = out->len;
	int ret;

	if (strcmp(field, "serialNumber") == 0) {
		str_add(out, "0x");
		ret = add_serial(cert, out, BN_bn2hex);
	} else if (str_starts(field, "ext:")) {
		ret = email_field(cert, ext_nid(field), out);
	} else {
		ret = subject_field(cert, field, out);
	}
	if (ret == 0 && out->len - from > X509_FIELD_MAX)
		ret = ERR_CERT;
	return ret;
}
