// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library context with little to search through.
 *
 * Whenever OpenSSL 3.0 or 3.1 meets a public key in a certificate, it walks over everything that
 * any provider can decode and, for each kind of key, over all algorithms there are: several hundred
 * entries, twice for each certificate, a quarter of a server's handshake. So servers get a context
 * of their own. Its only provider hands on the library's default one without the entries for which
 * TLS has no use, and has its own ways for two things (openssl_lean.h). Everything else, random
 * numbers too, is that of the default context.
 */
#include "tls/openssl_lean.h"
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

/* What TLS 1.0 to 1.3 and chains of certificates need of each operation, by the first name that the
 * provider gives; operations which are not here are handed on whole. */
static const char *const cipher_names[] = {"NULL",
					   "AES-128-CBC",
					   "AES-256-CBC",
					   "AES-128-CBC-HMAC-SHA1",
					   "AES-256-CBC-HMAC-SHA1",
					   "AES-128-CBC-HMAC-SHA256",
					   "AES-256-CBC-HMAC-SHA256",
					   "AES-128-GCM",
					   "AES-256-GCM",
					   "AES-128-CCM",
					   "AES-256-CCM",
					   "ChaCha20-Poly1305",
					   "ARIA-128-GCM",
					   "ARIA-256-GCM",
					   "CAMELLIA-128-CBC",
					   "CAMELLIA-256-CBC",
					   "DES-EDE3-CBC",
					   NULL};
static const char *const digest_names[] = {
	"SHA1",		"SHA2-224",	"SHA2-256", "SHA2-384",	  "SHA2-512",
	"SHA2-512/224", "SHA2-512/256", "SHA3-224", "SHA3-256",	  "SHA3-384",
	"SHA3-512",	"MD5",		"MD5-SHA1", "RIPEMD-160", NULL};
static const char *const mac_names[] = {"HMAC", NULL};
static const char *const kdf_names[] = {"HKDF", "TLS13-KDF", "TLS1-PRF", NULL};
static const char *const keymgmt_names[] = {"EC",     "RSA",  "RSA-PSS", "ED25519", "ED448", "DSA",
					    "X25519", "X448", "DH",	 "HMAC",    NULL};
static const char *const keyexch_names[] = {"ECDH", "X25519", "X448", "DH", NULL};
static const char *const signature_names[] = {"ECDSA", "RSA",  "ED25519", "ED448",
					      "DSA",   "HMAC", NULL};
static const char *const decoder_names[] = {"EC",    "RSA", "RSA-PSS", "ED25519",
					    "ED448", "DSA", NULL};

static const struct needed {
	int operation;
	const char *const *names;
} needed[] = {
	{OSSL_OP_DIGEST, digest_names},
	{OSSL_OP_CIPHER, cipher_names},
	{OSSL_OP_MAC, mac_names},
	{OSSL_OP_KDF, kdf_names},
	{OSSL_OP_KEYMGMT, keymgmt_names},
	{OSSL_OP_KEYEXCH, keyexch_names},
	{OSSL_OP_SIGNATURE, signature_names},
	{OSSL_OP_DECODER, decoder_names},
};

/* The shortened lists, which are the same for each library context: made when they are first asked
 * for, and kept while there is a context, because the library asks again for each certificate. */
static struct {
	unsigned int users;
	OSSL_ALGORITHM *of[ARRAY_SIZE(needed)];
} lists;

/* ---- for the algorithms of ours ---------------------------------------------------------- */

lean_function lean_dispatch(const OSSL_DISPATCH *functions, int id)
{
	for (; functions && functions->function_id; functions++)
		if (functions->function_id == id)
			return functions->function;
	return NULL;
}

static bool is_named(const OSSL_ALGORITHM *alg, const char *name)
{
	const char *names = alg->algorithm_names; /* "RSA:rsaEncryption:1.2.840..." */
	const size_t len = strlen(name);

	return names[0] == name[0] && strncmp(names, name, len) == 0 &&
	       (names[len] == ':' || names[len] == '\0');
}

const OSSL_DISPATCH *lean_functions(OSSL_PROVIDER *full, int operation, const char *name)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *alg = OSSL_PROVIDER_query_operation(full, operation, &no_cache);

	for (; alg && alg->algorithm_names; alg++)
		if (is_named(alg, name))
			return alg->implementation;
	return NULL;
}

/* ---- the provider ------------------------------------------------------------------------ */

/* The functions of a provider are told nothing but the context, which must be that of the full one
 * for its algorithms to work: look it up where it is held. */
static OSSL_PROVIDER *full_get(void)
{
	return OSSL_PROVIDER_try_load(NULL, "default", 1);
}

/* Return: its place in needed[], or ARRAY_SIZE(needed) */
static size_t needed_at(int operation)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(needed) && needed[i].operation != operation)
		i++;
	return i;
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The library asks for each key of each certificate: keep it short. */
static bool is_needed(const OSSL_ALGORITHM *alg, int operation, const char *const *names)
{
	if (operation == OSSL_OP_DECODER &&
	    (!ends_with(alg->property_definition, "structure=SubjectPublicKeyInfo") ||
	     !strstr(alg->property_definition, "input=der,")))
		return false;
	for (; *names; names++)
		if (is_named(alg, *names))
			return true;
	return false;
}

/* Put an algorithm of ours in the place of the full provider's at @last, or behind it: the library
 * asks the last decoder first. Return: the last one. */
static OSSL_ALGORITHM *add_own(OSSL_ALGORITHM *last, int operation)
{
	if (operation == OSSL_OP_KDF && is_named(last, "TLS13-KDF") && lean_kdf_ready()) {
		last->implementation = lean_tls13_kdf;
	} else if (operation == OSSL_OP_DECODER && is_named(last, "EC") && lean_ec_ready()) {
		last[1] = last[0];
		last++;
		last->property_definition =
			"provider=lean,input=der,structure=SubjectPublicKeyInfo";
		last->implementation = lean_ec_decoder;
	}
	return last;
}

/* Return: a list to be freed, or NULL */
static OSSL_ALGORITHM *shorten(const OSSL_ALGORITHM *all, int operation, const char *const *names)
{
	OSSL_ALGORITHM *list, *next;
	size_t n = 0;

	while (all[n].algorithm_names)
		n++;
	list = calloc(n + 2, sizeof(*list)); /* one of ours and the end */
	if (!list)
		return NULL;
	next = list;
	for (; all->algorithm_names; all++)
		if (is_needed(all, operation, names)) {
			*next = *all;
			next = add_own(next, operation) + 1;
		}
	return list;
}

/* TLS fetches these when a context is made, and never again. What is not stored need not be passed
 * by on the way to the algorithms for a certificate's key. */
static bool is_for_start(int operation)
{
	return operation == OSSL_OP_CIPHER || operation == OSSL_OP_RAND;
}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	const size_t at = needed_at(operation);
	const bool shortened = at < ARRAY_SIZE(needed);
	const OSSL_ALGORITHM *all;
	OSSL_PROVIDER *full;

	(void)provctx;
	*no_cache = is_for_start(operation);
	if (shortened && lists.of[at])
		return lists.of[at];
	full = full_get();
	if (!full)
		return NULL;
	all = OSSL_PROVIDER_query_operation(full, operation, no_cache);
	if (all && shortened) {
		lists.of[at] = shorten(all, operation, needed[at].names);
		all = lists.of[at];
	}
	*no_cache = *no_cache || is_for_start(operation);
	OSSL_PROVIDER_unload(full);
	return all;
}

static int capabilities(void *provctx, const char *name, OSSL_CALLBACK *callback, void *arg)
{
	OSSL_PROVIDER *full = full_get();
	const int ret = full && OSSL_PROVIDER_get_capabilities(full, name, callback, arg);

	(void)provctx;
	OSSL_PROVIDER_unload(full);
	return ret;
}

static void stop(void *provctx)
{
	(void)provctx;
	lean_kdf_stop();
	lean_ec_stop();
	if (--lists.users > 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lists.of); i++)
		free(lists.of[i]);
	memset(&lists, 0, sizeof(lists));
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
		{OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))stop},
		{0, NULL},
	};
	OSSL_PROVIDER *full = full_get();

	(void)handle;
	if (!full)
		return 0;
	lists.users++;
	lean_ec_start(full, in);
	lean_kdf_start(full);
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

/* Later versions remember the decoder for a kind of key; and they have algorithms which are not in
 * the list above. */
static bool is_slow_library(void)
{
	return OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 2;
}

struct tls_library *tls_library_new(void)
{
	struct tls_library *lib;

	if (!is_slow_library() || user_chose_providers())
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
