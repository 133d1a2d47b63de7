/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificate fingerprints: verify-hash, peer-fingerprint. Spec 04 section 2.10. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

static size_t hash_len(enum config_hash hash)
{
	return hash == CONFIG_HASH_SHA1 ? 20 : 32;
}

/* Hex pairs separated by colons. */
static int parse_fingerprint(const struct opt *o, const char *text, size_t want,
			     struct config_fingerprint *out)
{
	size_t len = strlen(text);
	size_t count = (len + 1) / 3;

	if (len == 0 || len % 3 != 2)
		return opt_error(o, "format error in hash fingerprint: %s", text);
	for (size_t i = 0; i < count; i++) {
		const char *pair = text + 3 * i;
		char digits[3] = {pair[0], pair[1], '\0'};
		uint8_t byte;

		if (str_from_hex(&byte, 1, digits) < 0 || (i + 1 < count && pair[2] != ':'))
			return opt_error(o, "format error in hash fingerprint: %s", text);
		if (i < want)
			out->bytes[i] = byte;
	}
	if (count > want)
		return opt_error(o, "hash fingerprint too long - expected only %zu bytes: %s", want,
				 text);
	if (count < want)
		return opt_error(
			o, "hash fingerprint is wrong length - expected %zu bytes, got %zu: %s",
			want, count, text);
	return 0;
}

static int add_fingerprint(struct opt *o, const char *text, enum config_hash hash)
{
	struct config_fingerprint fp = {0};
	int ret = parse_fingerprint(o, text, hash_len(hash), &fp);

	if (ret == 0)
		LIST_ADD_ITEM(o->cfg, &o->cfg->tls.fingerprints, &fp);
	return ret;
}

/* One a line; blank lines and comments are allowed. */
static int add_lines(struct opt *o, enum config_hash hash)
{
	const char *at = o->arg[0];

	while (*at) {
		char line[128];
		size_t len = strcspn(at, "\r\n");
		size_t skip = 0;

		while (skip < len && isspace((unsigned char)at[skip]))
			skip++;

		size_t end = len;

		while (end > skip && isspace((unsigned char)at[end - 1]))
			end--;
		if (end > skip && at[skip] != '#' && at[skip] != ';') {
			size_t n = end - skip < sizeof(line) - 1 ? end - skip : sizeof(line) - 1;

			memcpy(line, at + skip, n);
			line[n] = '\0';

			int ret = add_fingerprint(o, line, hash);

			if (ret < 0)
				return ret;
		}
		at += len;
		at += strspn(at, "\r\n");
	}
	return 0;
}

int fingerprint_apply(struct opt *o)
{
	struct config_tls *tls = &o->cfg->tls;
	bool peer = strcmp(o->name, "peer-fingerprint") == 0;
	enum config_fingerprints kind = peer ? CONFIG_FP_PEER : CONFIG_FP_VERIFY_HASH;
	enum config_hash hash = peer || o->is_inline ? CONFIG_HASH_SHA256 : CONFIG_HASH_SHA1;

	if (!peer) {
		opt_warn(
			o,
			"DEPRECATED OPTION: The option --verify-hash is deprecated. You should switch to the either use the level 1 certificate as --ca option, use --tls-verify or use --peer-fingerprint");
		if (o->argc > 1) {
			if (strcmp(o->arg[1], "SHA256") == 0)
				hash = CONFIG_HASH_SHA256;
			else if (strcmp(o->arg[1], "SHA1") != 0)
				return opt_error(
					o,
					"invalid or unsupported hashing algorithm: %s (only SHA1 and SHA256 are supported)",
					o->arg[1]);
		}
	}
	if (tls->fingerprint_kind != CONFIG_FP_NONE &&
	    (tls->fingerprint_kind != kind || tls->fingerprint_hash != hash))
		return opt_fatal(
			o,
			"ERROR: Setting %s not allowed. --verify-hash and --peer-fingerprint are mutually exclusive",
			o->name);
	tls->fingerprint_kind = kind;
	tls->fingerprint_hash = hash;
	return o->is_inline ? add_lines(o, hash) : add_fingerprint(o, o->arg[0], hash);
}
