// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library context with little to search through.
 *
 * Whenever OpenSSL 3 meets a public key in a certificate, it walks over everything that any
 * provider can decode and, for each kind of key, over all algorithms there are: several hundred
 * entries, twice for each certificate, a quarter of a server's handshake. So servers get a context
 * of their own. Its only provider hands on the library's default one without the entries for which
 * TLS has no use. Everything else, random numbers too, is that of the default context.
 */
#include "tls/openssl_tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

struct tls_library {
	OSSL_PROVIDER *full; /* the default context's; held for as long as ours hands it on */
	OSSL_PROVIDER *lean;
	OSSL_LIB_CTX *libctx;
};

/* What TLS makes keys of, signs and agrees with. */
static const char *const key_types[] = {"EC",	  "RSA",      "RSA-PSS", "ED25519", "ED448",
					"X25519", "X448",     "DH",	 "DHX",	    "DSA",
					"HMAC",	  "TLS1-PRF", "HKDF"};

/* No cipher suite has these. */
static const char *const other_ciphers[] = {"-ECB", "-CFB", "-OFB", "-CTR", "-CTS",
					    "-XTS", "-SIV", "-OCB", "WRAP", "-192-"};

/* ---- the provider ------------------------------------------------------------------------ */

/* The functions of a provider are told nothing but the context, which must be that of the full one
 * for its algorithms to work: look it up where it is held. */
static OSSL_PROVIDER *full_get(void)
{
	return OSSL_PROVIDER_try_load(NULL, "default", 1);
}

/* @names: "RSA:rsaEncryption:1.2.840..." */
static bool is_key_type(const char *names)
{
	const size_t len = strcspn(names, ":");

	for (size_t i = 0; i < ARRAY_SIZE(key_types); i++)
		if (strlen(key_types[i]) == len && strncmp(names, key_types[i], len) == 0)
			return true;
	return false;
}

static bool is_other_cipher(const char *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(other_ciphers); i++)
		if (strstr(names, other_ciphers[i]))
			return true;
	return false;
}

static bool is_shortened(int operation)
{
	return operation == OSSL_OP_DECODER || operation == OSSL_OP_KEYMGMT ||
	       operation == OSSL_OP_CIPHER;
}

static bool is_needed(int operation, const OSSL_ALGORITHM *alg)
{
	if (operation == OSSL_OP_CIPHER)
		return !is_other_cipher(alg->algorithm_names);
	if (operation == OSSL_OP_DECODER &&
	    (!strstr(alg->property_definition, "input=der") ||
	     !strstr(alg->property_definition, "structure=SubjectPublicKeyInfo")))
		return false;
	return is_key_type(alg->algorithm_names);
}

/* Return: a list for unquery() to free, or NULL */
static OSSL_ALGORITHM *shorten(const OSSL_ALGORITHM *all, int operation)
{
	OSSL_ALGORITHM *needed;
	size_t n = 0;

	while (all[n].algorithm_names)
		n++;
	needed = calloc(n + 1, sizeof(*needed));
	if (!needed)
		return NULL;
	n = 0;
	for (; all->algorithm_names; all++)
		if (is_needed(operation, all))
			needed[n++] = *all;
	return needed;
}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	OSSL_PROVIDER *full = full_get();
	const OSSL_ALGORITHM *all;

	(void)provctx;
	if (!full)
		return NULL;
	all = OSSL_PROVIDER_query_operation(full, operation, no_cache);
	if (all && is_shortened(operation))
		all = shorten(all, operation);
	OSSL_PROVIDER_unload(full);
	return all;
}

static void unquery(void *provctx, int operation, const OSSL_ALGORITHM *list)
{
	(void)provctx;
	if (is_shortened(operation))
		free((void *)(uintptr_t)list);
}

static int capabilities(void *provctx, const char *name, OSSL_CALLBACK *callback, void *arg)
{
	OSSL_PROVIDER *full = full_get();
	const int ret = full && OSSL_PROVIDER_get_capabilities(full, name, callback, arg);

	(void)provctx;
	OSSL_PROVIDER_unload(full);
	return ret;
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_UNQUERY_OPERATION, (void (*)(void))unquery},
		{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
		{0, NULL},
	};
	OSSL_PROVIDER *full = full_get();

	(void)handle;
	(void)in;
	if (!full)
		return 0;
	*provctx = OSSL_PROVIDER_get0_provider_ctx(full);
	*out = functions;
	OSSL_PROVIDER_unload(full); /* struct tls_library holds it */
	return 1;
}

/* ---- the context ------------------------------------------------------------------------- */

static int note_other(OSSL_PROVIDER *provider, void *arg)
{
	bool *others = arg;

	if (strcmp(OSSL_PROVIDER_get0_name(provider), "default") != 0)
		*others = true;
	return 1;
}

/* Somebody chose providers (--providers, openssl.cnf): then the choice is theirs, for each
 * algorithm. */
static bool user_chose_providers(void)
{
	bool others = false;

	return !OSSL_PROVIDER_do_all(NULL, note_other, &others) || others ||
	       EVP_default_properties_is_fips_enabled(NULL);
}

struct tls_library *tls_library_new(void)
{
	struct tls_library *lib;

	if (user_chose_providers())
		return NULL;
	lib = calloc(1, sizeof(*lib));
	if (!lib)
		return NULL;
	lib->full = full_get();
	lib->libctx = OSSL_LIB_CTX_new();
	if (lib->full && lib->libctx && OSSL_PROVIDER_add_builtin(lib->libctx, "lean", start))
		lib->lean = OSSL_PROVIDER_load(lib->libctx, "lean");
	if (!lib->lean) {
		ERR_clear_error();
		tls_library_free(lib);
		return NULL;
	}
	return lib;
}

void tls_library_free(struct tls_library *lib)
{
	if (!lib)
		return;
	if (lib->lean)
		OSSL_PROVIDER_unload(lib->lean);
	OSSL_LIB_CTX_free(lib->libctx);
	if (lib->full)
		OSSL_PROVIDER_unload(lib->full);
	free(lib);
}

OSSL_LIB_CTX *tls_library_libctx(const struct tls_library *lib)
{
	return lib ? lib->libctx : NULL;
}
