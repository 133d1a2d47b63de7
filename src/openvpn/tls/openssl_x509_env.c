// SPDX-License-Identifier: GPL-2.0-only
/* Certificate fields in the environment of scripts. Spec 03 section 3.6.4. */
#include "tls/openssl_x509.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

enum {
	ENV_NAME_MAX = 128,
};

/* X509_<depth>_<attr>, and _1, _2 ... when the name is taken. */
static void set_next(struct env *env, unsigned int depth, const char *attr, struct str *value)
{
	char name[ENV_NAME_MAX];
	unsigned int n = 0;

	if (value->text)
		str_printable(value->text, '_');
	snprintf(name, sizeof(name), "X509_%u_%s", depth, attr);
	while (env_get(env, name))
		snprintf(name, sizeof(name), "X509_%u_%s_%u", depth, attr, ++n);
	env_set(env, name, str_text(value));
}

static void set_entry(const X509_NAME_ENTRY *entry, unsigned int depth, const char *attr,
		      struct env *env)
{
	struct str value = str_init();

	if (x509_add_asn1_string(X509_NAME_ENTRY_get_data(entry), &value) == 0)
		set_next(env, depth, attr, &value);
	str_fini(&value);
}

void x509_cert_env_subject(const struct x509_cert *cert, unsigned int depth, struct env *env)
{
	const X509_NAME *name = X509_get_subject_name(x509_to_openssl(cert));

	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const ASN1_OBJECT *obj = X509_NAME_ENTRY_get_object(entry);
		const int nid = OBJ_obj2nid(obj);
		char oid[ENV_NAME_MAX - 16];

		if (nid == NID_undef) {
			if (OBJ_obj2txt(oid, sizeof(oid), obj, 1) > 0)
				set_entry(entry, depth, oid, env);
		} else {
			set_entry(entry, depth, OBJ_nid2sn(nid), env);
		}
	}
}

/* ---- --x509-track ------------------------------------------------------------------------ */

bool x509_track_known(const char *attr)
{
	const bool known = strcmp(attr, "SHA1") == 0 || strcmp(attr, "SHA256") == 0 ||
			   OBJ_txt2nid(attr) != NID_undef;

	ERR_clear_error();
	return known;
}

static void set_fingerprint(const struct x509_cert *cert, unsigned int depth, const char *attr,
			    struct env *env)
{
	uint8_t hash[SHA256_LEN];
	const bool sha1 = strcmp(attr, "SHA1") == 0;
	struct str value = str_init();

	if ((sha1 ? x509_cert_sha1(cert, hash) : x509_cert_sha256(cert, hash)) == 0) {
		for (size_t i = 0; i < (size_t)(sha1 ? SHA1_LEN : SHA256_LEN); i++)
			str_addf(&value, "%s%02X", i ? ":" : "", hash[i]);
		set_next(env, depth, attr, &value);
	}
	str_fini(&value);
}

static void set_extension(X509 *cert, int at, unsigned int depth, const char *attr, struct env *env)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct str value = str_init();
	char *text;
	long len;

	if (bio && X509V3_EXT_print(bio, X509_get_ext(cert, at), 0, 0) == 1) {
		len = BIO_get_mem_data(bio, &text);
		if (len > 0)
			str_add_len(&value, text, (size_t)len);
		set_next(env, depth, attr, &value);
	}
	BIO_free(bio);
	str_fini(&value);
}

void x509_cert_env_track(const struct x509_cert *cert, unsigned int depth, const char *attr,
			 struct env *env)
{
	X509 *x = x509_to_openssl(cert);
	const X509_NAME *name = X509_get_subject_name(x);
	const int nid = OBJ_txt2nid(attr);
	int at;

	if (strcmp(attr, "SHA1") == 0 || strcmp(attr, "SHA256") == 0) {
		set_fingerprint(cert, depth, attr, env);
		return;
	}
	ERR_clear_error();
	if (nid == NID_undef)
		return;
	at = X509_NAME_get_index_by_NID(name, nid, -1); /* the first one only */
	if (at >= 0)
		set_entry(X509_NAME_get_entry(name, at), depth, attr, env);
	at = X509_get_ext_by_NID(x, nid, -1);
	if (at >= 0)
		set_extension(x, at, depth, attr, env);
	ERR_clear_error();
}
