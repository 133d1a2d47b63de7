// SPDX-License-Identifier: GPL-2.0-only
#include "tls/openssl_lean.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/bytes.h"
#include "base/secret.h"

enum {
	HASH_MAX = 48,
	BLOCK_MAX = 128,
	LABEL_MAX = 255,
	HKDF_ROUNDS_MAX = 255,
	/* uint16 length, opaque label<7..255>, opaque context<0..255>: RFC 8446 7.1 */
	INFO_MAX = 2 + 1 + LABEL_MAX + 1 + LABEL_MAX,
};

/* A hash of the full provider. */
struct hash_kind {
	const char *name; /* the provider's first one */
	const char *other_name;
	size_t len;
	size_t block;
	OSSL_FUNC_digest_newctx_fn *new_ctx;
	OSSL_FUNC_digest_dupctx_fn *dup_ctx;
	OSSL_FUNC_digest_freectx_fn *free_ctx;
	OSSL_FUNC_digest_init_fn *init;
	OSSL_FUNC_digest_update_fn *update;
	OSSL_FUNC_digest_final_fn *final;
};

static struct {
	unsigned int users;
	void *provctx; /* of the full provider */
	struct hash_kind kind[2];
} kdf;

struct octets {
	const uint8_t *at;
	size_t len;
};

/* ---- HMAC, RFC 2104 ---------------------------------------------------------------------- */

static bool update(const struct hash_kind *kind, void *ctx, const void *data, size_t len)
{
	return len == 0 || kind->update(ctx, data, len);
}

static bool final(const struct hash_kind *kind, void *ctx, uint8_t *out)
{
	size_t len;

	return kind->final(ctx, out, &len, kind->len) && len == kind->len;
}

static bool hash_once(const struct hash_kind *kind, struct octets data, uint8_t *out)
{
	void *ctx = kind->new_ctx(kdf.provctx);
	const bool ok = ctx && kind->init(ctx, NULL) && update(kind, ctx, data.at, data.len) &&
			final(kind, ctx, out);

	kind->free_ctx(ctx);
	return ok;
}

/* A key. Hashing its two pads is half of an HMAC over little: do it once for all texts. */
struct hmac {
	const struct hash_kind *kind;
	void *inner, *outer;
};

static void *hash_pad(const struct hash_kind *kind, const uint64_t key[BLOCK_MAX / 8], uint8_t with)
{
	void *ctx = kind->new_ctx(kdf.provctx);
	uint64_t pad[BLOCK_MAX / 8];

	for (size_t i = 0; i < kind->block / 8; i++)
		pad[i] = key[i] ^ (with * UINT64_C(0x0101010101010101));
	if (ctx && (!kind->init(ctx, NULL) || !update(kind, ctx, pad, kind->block))) {
		kind->free_ctx(ctx);
		ctx = NULL;
	}
	secret_wipe(pad, sizeof(pad));
	return ctx;
}

static void hmac_fini(struct hmac *h)
{
	h->kind->free_ctx(h->inner); /* wipes it; NULL is fine */
	h->kind->free_ctx(h->outer);
}

static bool hmac_init(struct hmac *h, const struct hash_kind *kind, struct octets key)
{
	uint64_t block[BLOCK_MAX / 8] = {0};
	bool ok = true;

	*h = (struct hmac){.kind = kind};
	if (key.len > kind->block)
		ok = hash_once(kind, key, (uint8_t *)block);
	else if (key.len > 0)
		memcpy(block, key.at, key.len);
	if (ok) {
		h->inner = hash_pad(kind, block, 0x36);
		h->outer = hash_pad(kind, block, 0x5c);
	}
	secret_wipe(block, sizeof(block));
	return h->inner && h->outer;
}

/* @out may be a part of the text. With @last the key is used up, which saves two copies. */
static bool hmac_run(struct hmac *h, const struct octets *text, size_t n_text, bool last,
		     uint8_t *out)
{
	void *inner = last ? h->inner : h->kind->dup_ctx(h->inner);
	void *outer = last ? h->outer : h->kind->dup_ctx(h->outer);
	uint8_t digest[HASH_MAX];
	bool ok = inner && outer;

	for (size_t i = 0; i < n_text; i++)
		ok = ok && update(h->kind, inner, text[i].at, text[i].len);
	ok = ok && final(h->kind, inner, digest) && update(h->kind, outer, digest, h->kind->len) &&
	     final(h->kind, outer, out);
	secret_wipe(digest, sizeof(digest));
	if (!last) {
		h->kind->free_ctx(inner);
		h->kind->free_ctx(outer);
	}
	return ok;
}

/* ---- RFC 5869 and RFC 8446 7.1 ----------------------------------------------------------- */

static bool hkdf_extract(const struct hash_kind *kind, struct octets salt, struct octets key,
			 uint8_t *out)
{
	struct hmac h;
	const bool ok = hmac_init(&h, kind, salt) && hmac_run(&h, &key, 1, true, out);

	hmac_fini(&h);
	return ok;
}

static bool hkdf_expand(const struct hash_kind *kind, struct octets secret, struct octets info,
			uint8_t *out, size_t out_len)
{
	const size_t len = kind->len;
	uint8_t t[HASH_MAX], round = 0;
	struct hmac h;
	bool ok = hmac_init(&h, kind, secret) && out_len <= HKDF_ROUNDS_MAX * len;

	for (size_t done = 0; ok && done < out_len; done += len) {
		const struct octets text[] = {{t, round > 0 ? len : 0}, info, {&round, 1}};
		const size_t left = out_len - done;

		round++;
		ok = hmac_run(&h, text, ARRAY_SIZE(text), left <= len, t);
		if (ok)
			memcpy(out + done, t, left < len ? left : len);
	}
	hmac_fini(&h);
	secret_wipe(t, sizeof(t));
	return ok;
}

static bool expand_label(const struct hash_kind *kind, struct octets secret, struct octets prefix,
			 struct octets label, struct octets context, uint8_t *out, size_t out_len)
{
	uint8_t buf[INFO_MAX];
	struct wr info = wr_init(buf, sizeof(buf));

	if (out_len > UINT16_MAX || prefix.len > LABEL_MAX || label.len > LABEL_MAX - prefix.len ||
	    context.len > LABEL_MAX)
		return false;
	wr_u16(&info, (uint16_t)out_len);
	wr_u8(&info, (uint8_t)(prefix.len + label.len));
	wr_bytes(&info, prefix.at, prefix.len);
	wr_bytes(&info, label.at, label.len);
	wr_u8(&info, (uint8_t)context.len);
	wr_bytes(&info, context.at, context.len);
	return hkdf_expand(kind, secret, (struct octets){buf, info.len}, out, out_len);
}

struct inputs {
	int mode;
	const struct hash_kind *kind;
	struct octets key, salt, prefix, label, data;
};

/* The next secret of the key schedule from the one before, in->salt, and what is new, in->key. */
static bool next_secret(const struct inputs *in, uint8_t *out, size_t out_len)
{
	static const uint8_t zeros[HASH_MAX];
	const size_t len = in->kind->len;
	uint8_t empty_hash[HASH_MAX], derived[HASH_MAX];
	struct octets salt = {derived, 0}, key = in->key.at ? in->key : (struct octets){zeros, len};
	bool ok = out_len == len;

	if (ok && in->salt.at) {
		ok = hash_once(in->kind, (struct octets){NULL, 0}, empty_hash) &&
		     expand_label(in->kind, in->salt, in->prefix, in->label,
				  (struct octets){empty_hash, len}, derived, len);
		salt.len = len;
	}
	ok = ok && hkdf_extract(in->kind, salt, key, out);
	secret_wipe(derived, sizeof(derived));
	return ok;
}

/* ---- the algorithm ----------------------------------------------------------------------- */

/* As EVP_MD_get0_name() gives it, or as everybody writes it. */
static const struct hash_kind *hash_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kdf.kind); i++)
		if (strcmp(kdf.kind[i].name, name) == 0 ||
		    strcmp(kdf.kind[i].other_name, name) == 0)
			return &kdf.kind[i];
	return NULL;
}

static bool read_inputs(const OSSL_PARAM *p, struct inputs *in)
{
	const struct {
		const char *name;
		struct octets *to;
	} octets[] = {
		{OSSL_KDF_PARAM_KEY, &in->key},	      {OSSL_KDF_PARAM_SALT, &in->salt},
		{OSSL_KDF_PARAM_PREFIX, &in->prefix}, {OSSL_KDF_PARAM_LABEL, &in->label},
		{OSSL_KDF_PARAM_DATA, &in->data},
	};

	for (; p && p->key; p++) {
		if (strcmp(p->key, OSSL_KDF_PARAM_MODE) == 0) {
			if (!OSSL_PARAM_get_int(p, &in->mode))
				return false;
		} else if (strcmp(p->key, OSSL_KDF_PARAM_DIGEST) == 0) {
			in->kind =
				p->data_type == OSSL_PARAM_UTF8_STRING ? hash_kind(p->data) : NULL;
		} else {
			for (size_t i = 0; i < ARRAY_SIZE(octets); i++)
				if (p->key[0] == octets[i].name[0] &&
				    strcmp(p->key, octets[i].name) == 0)
					*octets[i].to = (struct octets){p->data, p->data_size};
		}
	}
	return in->kind != NULL;
}

static int derive(void *ctx, unsigned char *out, size_t out_len, const OSSL_PARAM params[])
{
	struct inputs in = {.mode = -1};

	(void)ctx;
	if (!read_inputs(params, &in))
		return 0;
	if (in.mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY && in.key.at)
		return expand_label(in.kind, in.key, in.prefix, in.label, in.data, out, out_len);
	return in.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY && next_secret(&in, out, out_len);
}

static void *new_ctx(void *provctx)
{
	return provctx; /* there is nothing to remember, but NULL would be a failure */
}

static void free_ctx(void *ctx)
{
	(void)ctx;
}

/* Nothing is remembered for derive(): say so. */
static int set_params(void *ctx, const OSSL_PARAM params[])
{
	(void)ctx;
	return !params || !params->key;
}

const OSSL_DISPATCH lean_tls13_kdf[] = {
	{OSSL_FUNC_KDF_NEWCTX, (void (*)(void))new_ctx},
	{OSSL_FUNC_KDF_FREECTX, (void (*)(void))free_ctx},
	{OSSL_FUNC_KDF_RESET, (void (*)(void))free_ctx},
	{OSSL_FUNC_KDF_DERIVE, (void (*)(void))derive},
	{OSSL_FUNC_KDF_SET_CTX_PARAMS, (void (*)(void))set_params},
	{0, NULL},
};

/* ---- life -------------------------------------------------------------------------------- */

static void find(OSSL_PROVIDER *full, struct hash_kind *k)
{
	const OSSL_DISPATCH *f = lean_functions(full, OSSL_OP_DIGEST, k->name);

	k->new_ctx = (OSSL_FUNC_digest_newctx_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_NEWCTX);
	k->dup_ctx = (OSSL_FUNC_digest_dupctx_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_DUPCTX);
	k->free_ctx = (OSSL_FUNC_digest_freectx_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_FREECTX);
	k->init = (OSSL_FUNC_digest_init_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_INIT);
	k->update = (OSSL_FUNC_digest_update_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_UPDATE);
	k->final = (OSSL_FUNC_digest_final_fn *)lean_dispatch(f, OSSL_FUNC_DIGEST_FINAL);
}

void lean_kdf_start(OSSL_PROVIDER *full)
{
	if (kdf.users++ > 0)
		return;
	kdf.provctx = OSSL_PROVIDER_get0_provider_ctx(full);
	kdf.kind[0] = (struct hash_kind){
		.name = "SHA2-256", .other_name = "SHA256", .len = 32, .block = 64};
	kdf.kind[1] = (struct hash_kind){
		.name = "SHA2-384", .other_name = "SHA384", .len = 48, .block = 128};
	for (size_t i = 0; i < ARRAY_SIZE(kdf.kind); i++)
		find(full, &kdf.kind[i]);
}

bool lean_kdf_ready(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kdf.kind); i++) {
		const struct hash_kind *k = &kdf.kind[i];

		if (!k->new_ctx || !k->dup_ctx || !k->free_ctx || !k->init || !k->update ||
		    !k->final)
			return false;
	}
	return true;
}

void lean_kdf_stop(void)
{
	if (--kdf.users == 0)
		memset(&kdf, 0, sizeof(kdf));
}
