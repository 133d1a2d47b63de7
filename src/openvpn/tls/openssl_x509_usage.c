// SPDX-License-Identifier: GPL-2.0-only
/* What a certificate may be used for. Spec 03 section 3.6.5. */
#include "tls/openssl_x509.h"

#include <openssl/x509v3.h>

int x509_cert_key_usage(const struct x509_cert *cert, unsigned int *bits)
{
	ASN1_BIT_STRING *ku = X509_get_ext_d2i(x509_to_openssl(cert), NID_key_usage, NULL, NULL);

	*bits = 0;
	if (!ku)
		return ERR_NOT_FOUND;
	for (int i = 0; i < 8; i++)
		if (ASN1_BIT_STRING_get_bit(ku, i))
			*bits |= 1U << (7 - i);
	ASN1_BIT_STRING_free(ku);
	return 0;
}

int x509_cert_eku_each(const struct x509_cert *cert,
		       bool (*fn)(void *ctx, const char *name, const char *oid), void *ctx)
{
	EXTENDED_KEY_USAGE *eku =
		X509_get_ext_d2i(x509_to_openssl(cert), NID_ext_key_usage, NULL, NULL);
	bool stop = false;

	if (!eku)
		return ERR_NOT_FOUND;
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku) && !stop; i++) {
		const ASN1_OBJECT *obj = sk_ASN1_OBJECT_value(eku, i);
		char name[128], oid[128];

		if (OBJ_obj2txt(name, sizeof(name), obj, 0) <= 0 ||
		    OBJ_obj2txt(oid, sizeof(oid), obj, 1) <= 0)
			continue;
		stop = fn(ctx, name, oid);
	}
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return stop;
}

static bool has_ns_bit(X509 *cert, unsigned int bit)
{
	ASN1_BIT_STRING *ns = X509_get_ext_d2i(cert, NID_netscape_cert_type, NULL, NULL);
	const bool has = ns && ns->length > 0 && (ns->data[0] & bit);

	ASN1_BIT_STRING_free(ns);
	return has;
}

bool x509_cert_ns_type(const struct x509_cert *cert, enum ns_cert_type want)
{
	X509 *x = x509_to_openssl(cert);
	const int purpose =
		want == NS_CERT_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;

	return X509_check_purpose(x, purpose, 0) == 1 ||
	       has_ns_bit(x, want == NS_CERT_SERVER ? NS_SSL_SERVER : NS_SSL_CLIENT);
}
