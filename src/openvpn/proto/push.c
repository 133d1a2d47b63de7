/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/push.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypto/digest.h"

#define PUSH_REPLY_WORD	  "PUSH_REPLY"
#define PUSH_UPDATE_WORD  "PUSH_UPDATE"
#define PUSH_REQUEST_WORD "PUSH_REQUEST"

enum {
	PUSH_FILL_MAX = PUSH_BUNDLE_MAX - PUSH_BUNDLE_SPARE
};

/* One message under construction. */
struct push_bundle {
	const char *word;
	struct str text;
	bool split; /* a part went out already */
	push_emit_fn emit;
	void *ctx;
};

static int push_bundle_flush(struct push_bundle *b, int continuation)
{
	int ret;

	if (continuation)
		str_addf(&b->text, ",push-continuation %d", continuation);
	ret = b->text.failed ? ERR_NOMEM : b->emit(b->ctx, str_text(&b->text));
	str_clear(&b->text);
	str_add(&b->text, b->word);
	return ret;
}

/* The separating comma is not counted: other servers cut at the same items then. */
static int push_bundle_add(struct push_bundle *b, const char *option)
{
	size_t len = strlen(option);

	if (b->text.len + len >= PUSH_FILL_MAX) {
		int ret;

		if (strlen(b->word) + len >= PUSH_FILL_MAX)
			return ERR_OVERFLOW;
		ret = push_bundle_flush(b, 2);
		if (ret < 0)
			return ret;
		b->split = true;
	}
	str_addf(&b->text, ",%s", option);
	return 0;
}

static struct push_bundle push_bundle_start(const char *word, push_emit_fn emit, void *ctx)
{
	struct push_bundle b = {.word = word, .emit = emit, .ctx = ctx};

	str_add(&b.text, word);
	return b;
}

static int push_bundle_end(struct push_bundle *b, int ret)
{
	if (ret == 0)
		ret = push_bundle_flush(b, b->split ? 1 : 0);
	str_fini(&b->text);
	return ret;
}

static int push_bundle_addf(struct push_bundle *b, const char *fmt, ...) PRINTF_FMT(2, 3);
static int push_bundle_addf(struct push_bundle *b, const char *fmt, ...)
{
	struct str s = str_init();
	va_list ap;
	int ret;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	ret = s.failed ? ERR_NOMEM : push_bundle_add(b, str_text(&s));
	str_fini(&s);
	return ret;
}

static int push_add_flags(struct push_bundle *b, const struct negotiated *n)
{
	if (!n->cc_exit && !n->dyn_tls_crypt && !n->epoch)
		return 0;
	/* tls-ekm is a flag only for those who take flags of the first kind, cc-exit */
	return push_bundle_addf(b, "protocol-flags%s%s%s%s", n->cc_exit ? " cc-exit" : "",
				n->cc_exit && n->tls_ekm ? " tls-ekm" : "",
				n->dyn_tls_crypt ? " dyn-tls-crypt" : "",
				n->epoch ? " aead-epoch" : "");
}

static int push_add_negotiated(struct push_bundle *b, const struct negotiated *n)
{
	int ret = 0;

	if (n->push_cipher && n->cipher[0])
		ret = push_bundle_addf(b, "cipher %s", n->cipher);
	if (ret == 0 && n->tls_ekm && !n->cc_exit)
		ret = push_bundle_add(b, "key-derivation tls-ekm");
	if (ret == 0)
		ret = push_add_flags(b, n);
	if (ret == 0 && n->tun_mtu)
		ret = push_bundle_addf(b, "tun-mtu %u", n->tun_mtu);
	return ret;
}

static int push_add_computed(struct push_bundle *b, const struct push_list *list,
			     const struct push_computed *c)
{
	int ret = 0;

	if (c->ifconfig_ipv6 && !push_list_ifconfig_ipv6_blocked(list))
		ret = push_bundle_addf(b, "ifconfig-ipv6 %s", c->ifconfig_ipv6);
	if (ret == 0 && c->ifconfig && !push_list_ifconfig_blocked(list))
		ret = push_bundle_addf(b, "ifconfig %s", c->ifconfig);
	if (ret == 0 && c->negotiated && c->negotiated->use_v2)
		ret = push_bundle_addf(b, "peer-id %u", c->negotiated->peer_id);
	if (ret == 0 && c->auth_token)
		ret = push_bundle_addf(b, "auth-token %s", c->auth_token);
	if (ret == 0 && c->auth_token && c->auth_token_user)
		ret = push_bundle_addf(b, "auth-token-user %s", c->auth_token_user);
	if (ret == 0 && c->negotiated)
		ret = push_add_negotiated(b, c->negotiated);
	return ret;
}

int push_reply_compose(const struct push_list *list, const struct push_computed *c,
		       push_emit_fn emit, void *ctx)
{
	struct push_bundle b = push_bundle_start(PUSH_REPLY_WORD, emit, ctx);
	const char *option;
	int ret = 0;

	for (size_t i = 0; ret == 0 && (option = push_list_at(list, i)); i++)
		ret = push_bundle_add(&b, option);
	if (ret == 0)
		ret = push_add_computed(&b, list, c);
	return push_bundle_end(&b, ret);
}

/* ---- PUSH_UPDATE ---- */

enum {
	PUSH_UPDATE_FILL_MAX = PUSH_FILL_MAX - 12 /* "PUSH_UPDATE," */
};

/* Length of the next part: all that is left, or up to the last comma that fits; 0 if none does. */
static size_t push_update_cut(const char *items)
{
	size_t len = strlen(items);

	if (len <= PUSH_UPDATE_FILL_MAX)
		return len;
	for (len = PUSH_UPDATE_FILL_MAX; len > 0 && items[len] != ','; len--)
		;
	return len;
}

int push_update_compose(const char *items, push_emit_fn emit, void *ctx)
{
	bool split = strlen(items) > PUSH_UPDATE_FILL_MAX;
	int ret = 0;

	for (const char *p = items;; p += push_update_cut(p) + 1) {
		size_t len = push_update_cut(p);

		if (len == 0 && *p)
			return ERR_OVERFLOW;
		if (!p[len])
			break;
	}
	while (ret == 0) {
		size_t len = push_update_cut(items);
		struct str s = str_init();
		bool last = items[len] == '\0';

		str_addf(&s, PUSH_UPDATE_WORD ",%.*s", (int)len, items);
		if (split)
			str_addf(&s, ",push-continuation %d", last ? 1 : 2);
		ret = s.failed ? ERR_NOMEM : emit(ctx, str_text(&s));
		str_fini(&s);
		if (last)
			break;
		items += len + 1;
	}
	return ret;
}

/* ---- reading ---- */

static bool push_is(const char *message, const char *word, const char **items)
{
	size_t len = strlen(word);

	if (!str_starts(message, word) || (message[len] && message[len] != ','))
		return false;
	*items = message[len] ? message + len + 1 : "";
	return true;
}

enum push_kind push_classify(const char *message, const char **items)
{
	*items = "";
	if (str_starts(message, PUSH_REQUEST_WORD))
		return PUSH_REQUEST;
	if (push_is(message, PUSH_REPLY_WORD, items))
		return PUSH_REPLY;
	if (push_is(message, PUSH_UPDATE_WORD, items))
		return PUSH_UPDATE;
	return PUSH_BAD;
}

bool push_next_item(const char **pos, char item[PUSH_ITEM_MAX])
{
	while (**pos) {
		const char *start = *pos;
		size_t len = strcspn(start, ",");

		*pos = start + len + (start[len] == ',');
		while (len > 0 && (*start == ' ' || *start == '\t')) {
			start++;
			len--;
		}
		if (len == 0)
			continue;
		if (len > PUSH_ITEM_MAX - 1)
			len = PUSH_ITEM_MAX - 1;
		memcpy(item, start, len);
		item[len] = '\0';
		return true;
	}
	return false;
}

int push_continuation(const char *item)
{
	static const char word[] = "push-continuation ";
	const char *value = item + sizeof(word) - 1;

	if (!str_starts(item, word))
		return -1;
	if (value[0] < '0' || value[0] > '2' || value[1])
		return -2;
	return value[0] - '0';
}

int push_update_item_parse(const char *item, struct push_update_item *out)
{
	*out = (struct push_update_item){0};
	if (*item == '-') {
		out->remove = true;
		item++;
	}
	if (*item == '?') {
		out->optional = true;
		item++;
		if (*item == '-')
			return ERR_INVALID;
	}
	if (!*item)
		return ERR_INVALID;
	out->option = item;
	return 0;
}

bool push_update_item_updatable(const char *option)
{
	static const char *const names[] = {
		"block-ipv6",	    "block-outside-dns", "dhcp-option", "dns",
		"ifconfig",	    "ifconfig-ipv6",	 "keepalive",	"push-continuation",
		"redirect-gateway", "redirect-private",	 "route",	"route-gateway",
		"route-ipv6",	    "route-metric",	 "topology",	"tun-mtu",
	};
	size_t len = strcspn(option, " ");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncmp(option, names[i], len) == 0)
			return true;
	return false;
}

/* ---- digest ---- */

struct push_digest {
	struct hash *hash;
	int error; /* sticky */
};

struct push_digest *push_digest_new(void)
{
	struct push_digest *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->hash = hash_new(DIGEST_SHA256);
	if (!d->hash) {
		free(d);
		return NULL;
	}
	return d;
}

void push_digest_free(struct push_digest *d)
{
	if (!d)
		return;
	hash_free(d->hash);
	free(d);
}

void push_digest_reset(struct push_digest *d)
{
	uint8_t unused[PUSH_DIGEST_LEN];

	d->error = hash_final(d->hash, unused);
}

/* Values that may differ between two connections without any effect on the tunnel device. */
static bool push_digest_skips(const char *item, bool skip_cipher)
{
	static const char *const prefixes[] = {
		"peer-id ",	   "auth-token ",     "auth-token-user",
		"protocol-flags ", "key-derivation ", "explicit-exit-notify ",
		"ping ",	   "ping-restart ",   "ping-timer ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(item, prefixes[i]))
			return true;
	return skip_cipher && str_starts(item, "cipher ");
}

void push_digest_add(struct push_digest *d, const char *item, bool skip_cipher)
{
	if (d->error || push_digest_skips(item, skip_cipher))
		return;
	d->error = hash_update(d->hash, item, strlen(item) + 1);
}

int push_digest_get(struct push_digest *d, uint8_t out[PUSH_DIGEST_LEN])
{
	return d->error ? d->error : hash_final(d->hash, out);
}
