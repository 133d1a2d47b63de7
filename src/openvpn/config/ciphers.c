/* SPDX-License-Identifier: GPL-2.0-only */
/* Which data ciphers are offered. Spec 04 section 3.2 steps 6 to 10, section 3.4. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

enum {
	CIPHER_LIST_MAX = 127,
	CIPHER_NAME_MAX = 64,
};

/* Without a crypto library to ask: the AEAD ciphers, and what looks like a cipher with a mode. */
static bool guess_canonical(const char *name, char *out, size_t cap)
{
	static const char *const modes[] = {"-GCM", "-POLY1305", "-CBC", "-CFB",
					    "-OFB", "-CFB1",	 "-CFB8"};

	if (strlen(name) >= cap)
		return false;
	for (size_t i = 0; i <= strlen(name); i++)
		out[i] = (char)toupper((unsigned char)name[i]);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		size_t len = strlen(out), tail = strlen(modes[i]);

		if (len > tail && strcmp(out + len - tail, modes[i]) == 0)
			return true;
	}
	return false;
}

static bool canonical(const struct config_host *host, const char *name, char *out, size_t cap)
{
	if (strcasecmp(name, "none") == 0) {
		snprintf(out, cap, "none");
		return true;
	}
	if (host && host->cipher_canonical)
		return host->cipher_canonical(host->ctx, name, out, cap);
	return guess_canonical(name, out, cap);
}

static bool is_built(const struct parse *p, const char *name)
{
	uint64_t feature = feature_of_cipher(name);

	if (p->host && p->host->take_unbuilt)
		return true;
	return BUILT_LEGACY_CIPHERS ||
	       (feature != FEAT_LEGACY_CIPHER && feature != FEAT_CIPHER_NONE);
}

/* Whether @name is an item of a colon-separated list. */
bool cipher_list_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at; at = strchr(at, ':')) {
		if (*at == ':')
			at++;
		if (strncasecmp(at, name, len) == 0 && (at[len] == ':' || at[len] == '\0'))
			return true;
	}
	return false;
}

static void default_list(const struct parse *p, struct str *out)
{
	char name[CIPHER_NAME_MAX];

	str_add(out, "AES-256-GCM:AES-128-GCM");
	if (canonical(p->host, "CHACHA20-POLY1305", name, sizeof(name)))
		str_add(out, ":CHACHA20-POLY1305");
}

/* "DEFAULT" as an item stands for the default list */
static void expand_list(const struct parse *p, const char *list, struct str *out)
{
	const char *at = list;

	for (;;) {
		size_t len = strcspn(at, ":");

		if (out->len > 0)
			str_add(out, ":");
		if (len == strlen("DEFAULT") && strncmp(at, "DEFAULT", len) == 0)
			default_list(p, out);
		else
			str_add_len(out, at, len);
		if (at[len] == '\0')
			return;
		at += len + 1;
	}
}

static bool add_cipher(struct parse *p, const char *item, struct str *out)
{
	char name[CIPHER_NAME_MAX];
	bool optional = *item == '?';

	if (optional)
		item++;
	if (!canonical(p->host, item, name, sizeof(name))) {
		if (optional)
			finish_info(p, "Unsupported optional cipher in --data-ciphers: %s", item);
		else
			finish_warn(p, "Unsupported cipher in --data-ciphers: %s", item);
		return optional;
	}
	if (!is_built(p, name)) {
		finish_warn(p, "cipher %s in --data-ciphers is not supported by this build yet",
			    name);
		return optional;
	}
	if (strcmp(name, "none") == 0)
		finish_warn(
			p,
			"WARNING: cipher 'none' specified for --data-ciphers. This allows negotiation of NO encryption and tunnelled data WILL then be transmitted in clear text over the network! PLEASE DO RECONSIDER THIS SETTING!");
	if (!cipher_list_has(str_text(out), name))
		str_addf(out, "%s%s", out->len > 0 ? ":" : "", name);
	return true;
}

const char *ciphers_normalise(struct parse *p, const char *list)
{
	struct str all = str_init();
	struct str out = str_init();
	const char *result = NULL;
	bool ok = true;

	expand_list(p, list, &all);
	for (const char *at = str_text(&all); *at;) {
		char item[CIPHER_NAME_MAX * 2];
		size_t len = strcspn(at, ":");

		snprintf(item, sizeof(item), "%.*s", (int)len, at);
		if (len > 0)
			ok = add_cipher(p, item, &out) && ok;
		at += len;
		at += *at == ':';
	}
	if (ok && out.len > 0 && out.len <= CIPHER_LIST_MAX)
		result = config_strdup(p->cfg, str_text(&out));
	str_fini(&all);
	str_fini(&out);
	return result;
}

/* 3.4: thresholds that concern ciphers */
static void compat_ciphers(struct parse *p)
{
	struct config_crypto *c = &p->cfg->crypto;
	unsigned int compat = p->cfg->process.compat_version;
	char name[CIPHER_NAME_MAX];

	if (compat && compat < 20400) {
		if (c->cipher) {
			c->cipher_is_fallback = true;
		} else if (canonical(p->host, "BF-CBC", name, sizeof(name)) &&
			   is_built(p, "BF-CBC")) {
			c->cipher = "BF-CBC";
			c->cipher_is_fallback = true;
		} else {
			finish_warn(
				p,
				"Note: --compat-mode does not enable cipher BF-CBC because the crypto library does not support it");
		}
	}
	if (compat && compat < 20500 && c->cipher && !cipher_list_has(c->data_ciphers, c->cipher))
		c->data_ciphers = config_strdup_printf(p->cfg, "%s:%s", c->data_ciphers, c->cipher);
}

/* 3.2 step 9 */
static void settle_cipher(struct parse *p)
{
	struct config_crypto *c = &p->cfg->crypto;
	bool negotiates = p->cfg->pull || p->cfg->mode == CONFIG_MODE_SERVER;
	char name[CIPHER_NAME_MAX];

	if (c->cipher && canonical(p->host, c->cipher, name, sizeof(name)))
		c->cipher = config_strdup(p->cfg, name);
	if (!negotiates) {
		if (c->cipher_set)
			c->cipher_is_fallback = true;
		else if (!c->cipher)
			c->cipher = "BF-CBC";
		return;
	}
	if (!c->cipher) {
		c->cipher = "BF-CBC";
		finish_info(
			p,
			"Note: --cipher is not set. OpenVPN versions before 2.5 defaulted to BF-CBC as fallback when cipher negotiation failed in this case. If you need this fallback please add '--data-ciphers-fallback BF-CBC' to your configuration and/or add BF-CBC to --data-ciphers. E.g. --data-ciphers DEFAULT:BF-CBC");
	} else if (!c->cipher_is_fallback && !cipher_list_has(c->data_ciphers, c->cipher)) {
		finish_warn(
			p,
			"DEPRECATED OPTION: --cipher set to '%s' but missing in --data-ciphers (%s). OpenVPN ignores --cipher for cipher negotiations. ",
			c->cipher, c->data_ciphers);
	}
}

int finish_crypto(struct parse *p)
{
	struct config_crypto *c = &p->cfg->crypto;
	struct str list = str_init();
	const char *normal;

	c->chacha_by_default =
		!c->data_ciphers || (cipher_list_has(c->data_ciphers, "DEFAULT") &&
				     !cipher_list_has(c->data_ciphers, "CHACHA20-POLY1305"));
	if (c->data_ciphers)
		expand_list(p, c->data_ciphers, &list);
	else
		default_list(p, &list);
	c->data_ciphers = config_strdup(p->cfg, str_text(&list));
	str_fini(&list);
	if (!c->data_ciphers)
		return err_set(p->err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));

	compat_ciphers(p);
	settle_cipher(p);
	c->fallback = c->cipher_is_fallback ? c->cipher : NULL;
	normal = ciphers_normalise(p, c->data_ciphers);
	if (!normal)
		return finish_error(
			p, "--data-ciphers list contains unsupported ciphers or is too long.");
	c->data_ciphers = normal;
	if (c->cipher_is_fallback && c->cipher && !is_built(p, c->cipher))
		return finish_error(p,
				    "--data-ciphers-fallback %s is not supported by this build yet",
				    c->cipher);
	return 0;
}
