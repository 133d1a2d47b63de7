// SPDX-License-Identifier: GPL-2.0-only
#include "tls/openssl_chain_cache.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/hash_table.h"
#include "base/random.h"

/* All dates that a verdict depends on: good while from <= now < until. */
struct span {
	int64_t from;
	int64_t until;
};

struct verified_chain {
	struct hash_link link;
	struct verified_chain *newer;
	struct chain_key key;
	struct span span;
	STACK_OF(X509) * issuers; /* depth 1 and up */
};

struct chain_cache {
	EVP_MD *sha256;
	struct hash_table table;
	struct verified_chain *oldest;
	struct verified_chain *newest;
};

/* ---- life -------------------------------------------------------------------------------- */

struct chain_cache *chain_cache_new(OSSL_LIB_CTX *libctx)
{
	struct chain_cache *cache = calloc(1, sizeof(*cache));
	const struct rng rng = rng_system();

	if (!cache)
		return NULL;
	cache->sha256 = EVP_MD_fetch(libctx, "SHA2-256", NULL);
	if (!cache->sha256 || hash_table_init(&cache->table, rng_u32(&rng)) < 0) {
		chain_cache_free(cache);
		return NULL;
	}
	return cache;
}

static void drop_oldest(struct chain_cache *cache)
{
	struct verified_chain *c = cache->oldest;

	cache->oldest = c->newer;
	if (!cache->oldest)
		cache->newest = NULL;
	hash_table_del(&cache->table, &c->link);
	sk_X509_pop_free(c->issuers, X509_free);
	free(c);
}

void chain_cache_clear(struct chain_cache *cache)
{
	while (cache && cache->oldest)
		drop_oldest(cache);
}

void chain_cache_free(struct chain_cache *cache)
{
	if (!cache)
		return;
	chain_cache_clear(cache);
	hash_table_fini(&cache->table);
	EVP_MD_free(cache->sha256);
	free(cache);
}

/* ---- dates ------------------------------------------------------------------------------- */

/* Return: false: no date that can be told. */
static bool unix_time(const ASN1_TIME *at, int64_t *sec)
{
	struct tm tm;

	if (!at || ASN1_TIME_to_tm(at, &tm) != 1)
		return false;
	*sec = (int64_t)timegm(&tm);
	return true;
}

/* A date that cannot be told makes an empty span. */
static void narrow(struct span *span, const ASN1_TIME *from, const ASN1_TIME *until)
{
	int64_t first = INT64_MAX, end = INT64_MIN;

	if (unix_time(from, &first) && first > span->from)
		span->from = first;
	if (unix_time(until, &end) && end < span->until)
		span->until = end;
	if (first == INT64_MAX || end == INT64_MIN)
		span->until = INT64_MIN;
}

static struct span span_of(const STACK_OF(X509) * chain, const STACK_OF(X509_CRL) * crls)
{
	struct span span = {INT64_MIN, INT64_MAX};

	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *cert = sk_X509_value(chain, i);

		narrow(&span, X509_get0_notBefore(cert), X509_get0_notAfter(cert));
	}
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		const X509_CRL *crl = sk_X509_CRL_value(crls, i);

		narrow(&span, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl));
	}
	return span;
}

/* ---- chains ------------------------------------------------------------------------------ */

int chain_cache_key(const struct chain_cache *cache, const X509 *leaf, const STACK_OF(X509) * sent,
		    struct chain_key *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t fingerprint[SHA256_LEN];
	bool ok = md && sk_X509_value(sent, 0) == leaf &&
		  EVP_DigestInit_ex(md, cache->sha256, NULL) == 1;

	for (int i = 0; ok && i < sk_X509_num(sent); i++)
		ok = X509_digest(sk_X509_value(sent, i), cache->sha256, fingerprint, NULL) == 1 &&
		     EVP_DigestUpdate(md, fingerprint, sizeof(fingerprint)) == 1;
	ok = ok && EVP_DigestFinal_ex(md, key->hash, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok ? 0 : ERR_CRYPTO;
}

static uint32_t hash_of(const struct chain_cache *cache, const struct chain_key *key)
{
	return hash_table_hash(&cache->table, 0, key->hash, sizeof(key->hash));
}

static struct verified_chain *find(const struct chain_cache *cache, const struct chain_key *key)
{
	struct hash_link *link = hash_table_first(&cache->table, hash_of(cache, key));

	for (; link; link = hash_table_next(link)) {
		struct verified_chain *c = container_of(link, struct verified_chain, link);

		if (memcmp(&c->key, key, sizeof(*key)) == 0)
			return c;
	}
	return NULL;
}

STACK_OF(X509) *
	chain_cache_find(const struct chain_cache *cache, const struct chain_key *key, int64_t now)
{
	const struct verified_chain *c = find(cache, key);

	return c && c->span.from <= now && now < c->span.until ? c->issuers : NULL;
}

static STACK_OF(X509) * issuers_of(const STACK_OF(X509) * chain)
{
	STACK_OF(X509) *issuers = sk_X509_new_null();

	for (int i = 1; issuers && i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (!sk_X509_push(issuers, cert)) {
			sk_X509_pop_free(issuers, X509_free);
			return NULL;
		}
		X509_up_ref(cert);
	}
	return issuers;
}

void chain_cache_add(struct chain_cache *cache, const struct chain_key *key,
		     const STACK_OF(X509) * chain, const STACK_OF(X509_CRL) * crls)
{
	const struct span span = span_of(chain, crls);
	struct verified_chain *c;

	if (span.from >= span.until || find(cache, key))
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->key = *key;
	c->span = span;
	c->issuers = issuers_of(chain);
	if (!c->issuers) {
		free(c);
		return;
	}
	if (cache->table.count >= CHAIN_CACHE_MAX)
		drop_oldest(cache);
	hash_table_add(&cache->table, &c->link, hash_of(cache, key));
	if (cache->newest)
		cache->newest->newer = c;
	else
		cache->oldest = c;
	cache->newest = c;
}
