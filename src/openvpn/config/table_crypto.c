/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.10 about the data channel: ciphers, static key, compression. */
#include <string.h>

#include "config/internal.h"

static int key_direction(struct opt *o, const char *text, enum config_key_direction *out)
{
	if (strcmp(text, "0") == 0)
		*out = CONFIG_KEY_NORMAL;
	else if (strcmp(text, "1") == 0)
		*out = CONFIG_KEY_INVERSE;
	else
		return opt_error(o, "Unknown key direction '%s' -- must be '0' or '1'", text);
	return 0;
}

static int secret_apply(struct opt *o)
{
	int ret = 0;

	opt_warn(o, "DEPRECATED OPTION: The option --secret is deprecated.");
	if (!o->is_inline && o->argc > 1)
		ret = key_direction(o, o->arg[1], &o->ce->key_direction);
	return ret < 0 ? ret : value_file(o, &o->cfg->crypto.secret);
}

static int allow_static_apply(struct opt *o)
{
	o->cfg->crypto.allow_static = true;
	return 0;
}

static int key_direction_apply(struct opt *o)
{
	return key_direction(o, o->arg[0], &o->ce->key_direction);
}

static int cipher_apply(struct opt *o)
{
	o->cfg->crypto.cipher_set = true;
	return value_text(o, o->arg[0], &o->cfg->crypto.cipher);
}

static int cipher_fallback_apply(struct opt *o)
{
	o->cfg->crypto.cipher_set = true;
	o->cfg->crypto.cipher_is_fallback = true;
	return value_text(o, o->arg[0], &o->cfg->crypto.cipher);
}

static int data_ciphers_apply(struct opt *o)
{
	struct config_crypto *c = &o->cfg->crypto;

	if (strcmp(o->name, "ncp-ciphers") == 0)
		opt_info(
			o,
			"Note: Treating option '--ncp-ciphers' as  '--data-ciphers' (renamed in OpenVPN 2.5).");
	if (o->src->kind == SOURCE_CLIENT) {
		/* The list of the server's own file is put in order at the end; here is no end. */
		const char *list = ciphers_normalise(o->p, o->arg[0]);

		if (!list)
			return opt_error(
				o,
				"--data-ciphers list contains unsupported ciphers or is too long.");
		c->data_ciphers = list;
		c->chacha_by_default = false;
	} else {
		int ret = value_text(o, o->arg[0], &c->data_ciphers);

		if (ret < 0)
			return ret;
	}
	c->data_ciphers_set = true;
	return 0;
}

static int replay_window_apply(struct opt *o)
{
	struct config_crypto *c = &o->cfg->crypto;
	uint32_t packets, sec = c->replay_time_sec;
	int ret;

	if (o->argc == 0)
		return opt_error(o, "replay-window option is missing window size parameter");
	ret = value_range(o, "replay-window windows size", o->arg[0], 0, 65536, &packets);
	if (ret == 0 && o->argc > 1)
		ret = value_range(o, "replay-window time window", o->arg[1], 0, 600, &sec);
	if (ret < 0)
		return ret;
	c->replay_window = packets;
	c->replay_time_sec = sec;
	c->replay_window_set = true;
	return 0;
}

static int no_replay_apply(struct opt *o)
{
	return opt_fatal(o, "--no-replay was removed in OpenVPN 2.7. Update your configuration.");
}

static bool comp_is_real(const struct config_crypto *c)
{
	return c->comp == CONFIG_COMP_LZO || c->comp == CONFIG_COMP_LZ4 ||
	       c->comp == CONFIG_COMP_LZ4_V2;
}

static int allow_compression_apply(struct opt *o)
{
	struct config_crypto *c = &o->cfg->crypto;

	if (strcmp(o->arg[0], "no") == 0) {
		if (comp_is_real(c))
			return opt_error(
				o, "'--allow-compression no' conflicts with  enabling compression");
		c->allow_comp = CONFIG_ALLOW_COMP_NO;
		return 0;
	}
	if (strcmp(o->arg[0], "asym") != 0 && strcmp(o->arg[0], "yes") != 0)
		return opt_error(
			o, "bad allow-compression option: %s -- must be 'yes', 'no', or 'asym'",
			o->arg[0]);
	if (c->allow_comp == CONFIG_ALLOW_COMP_NO)
		return opt_error(o, "Cannot set allow-compression to '%s' after set to 'no'",
				 o->arg[0]);
	int ret = opt_not_built(o, BUILT_COMPRESSION, "--allow-compression asym");

	if (ret < 0)
		return ret;
	if (strcmp(o->arg[0], "yes") == 0) {
		opt_warn(
			o,
			"DEPRECATED OPTION: \"--allow-compression yes\" has been removed. We will use \"asym\" mode instead. This will allow decompression of received packets only.");
		c->allow_comp = CONFIG_ALLOW_COMP_YES;
	} else {
		c->allow_comp = CONFIG_ALLOW_COMP_ASYM;
	}
	return 0;
}

static void warn_real_compression(const struct opt *o)
{
	opt_warn(
		o,
		"WARNING: Compression for receiving enabled. Compression has been used in the past to break encryption. Compression support is deprecated and we recommend to disable it completely.");
}

static int compress_apply(struct opt *o)
{
	static const struct {
		const char *word;
		enum config_comp comp;
	} words[] = {
		{"stub", CONFIG_COMP_STUB},	  {"stub-v2", CONFIG_COMP_STUB_V2},
		{"migrate", CONFIG_COMP_MIGRATE}, {"lzo", CONFIG_COMP_LZO},
		{"lz4", CONFIG_COMP_LZ4},	  {"lz4-v2", CONFIG_COMP_LZ4_V2},
	};
	struct config_crypto *c = &o->cfg->crypto;
	const char *word = o->argc > 0 ? o->arg[0] : "stub";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			c->comp = words[i].comp;
			c->comp_set = true;
			if (comp_is_real(c))
				warn_real_compression(o);
			return 0;
		}
	}
	return opt_error(o, "bad comp option: %s", word);
}

static int comp_lzo_apply(struct opt *o)
{
	struct config_crypto *c = &o->cfg->crypto;
	const char *word = o->argc > 0 ? o->arg[0] : "adaptive";

	if (strcmp(word, "no") == 0) {
		c->comp = CONFIG_COMP_LZO_STUB;
	} else if (strcmp(word, "yes") == 0 || strcmp(word, "adaptive") == 0) {
		c->comp = CONFIG_COMP_LZO;
		warn_real_compression(o);
	} else {
		return opt_error(o, "bad comp-lzo option: %s -- must be 'yes', 'no', or 'adaptive'",
				 word);
	}
	c->comp_set = true;
	return 0;
}

static const struct option_row rows[] = {
	{.name = "secret",
	 .args = "file [0|1]",
	 .help = "static key instead of TLS (deprecated)",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE | F_LATE, /* the old form of --genkey names its file with it */
	 .needs = FEAT_STATIC_KEY,
	 IF_BUILT(STATIC_KEY),
	 FN(1, 2, secret_apply),
	 OBSTACLE("the driver needs keys and ids that only TLS gives",
		  "use TLS: --tls-server and --tls-client with --peer-fingerprint")},
	{.name = "allow-deprecated-insecure-static-crypto",
	 .args = "[any]",
	 .help = "permit to work without TLS",
	 .groups = GROUP_GENERAL,
	 .flags = F_LATE,
	 IF_BUILT(STATIC_KEY),
	 FN(0, 1, allow_static_apply),
	 APART},
	{.name = "key-direction",
	 .args = "0|1",
	 .help = "which half of a static or tls-auth key sends",
	 .groups = GROUP_GENERAL,
	 .flags = F_CONN,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, key_direction_apply),
	 APART},
	{.name = "auth",
	 .args = "digest|none",
	 .help = "HMAC of tls-auth and of data packets without AEAD (SHA1)",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 TEXT(crypto.auth),
	 WORKS("AEAD ciphers need no digest")},
	{.name = "cipher",
	 .args = "name",
	 .help = "data cipher for peers that cannot negotiate",
	 .groups = GROUP_CRYPTO | GROUP_INSTANCE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, cipher_apply),
	 OBSTACLE("it is the cipher for peers without negotiation, and the driver lacks it",
		  "use AES-256-GCM")},
	{.name = "data-ciphers",
	 .args = "list",
	 .help = "data ciphers to negotiate, best first",
	 .groups = GROUP_GENERAL | GROUP_INSTANCE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, data_ciphers_apply),
	 OBSTACLE("the driver lacks a cipher of the list",
		  "name only AES-GCM ciphers and CHACHA20-POLY1305")},
	{.name = "ncp-ciphers",
	 .args = "list",
	 .help = "old name of --data-ciphers",
	 .groups = GROUP_GENERAL | GROUP_INSTANCE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, data_ciphers_apply),
	 PART_OF("data-ciphers")},
	{.name = "data-ciphers-fallback",
	 .args = "name",
	 .help = "cipher for peers that cannot negotiate",
	 .groups = GROUP_GENERAL | GROUP_INSTANCE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, cipher_fallback_apply),
	 OBSTACLE("the driver lacks the cipher", "remove it or use AES-256-GCM")},
	{.name = "replay-window",
	 .args = "packets [seconds]",
	 .help = "how late a packet may come (64 15)",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_REPLAY_WINDOW,
	 IF_BUILT(ALWAYS),
	 FN(0, 2, replay_window_apply),
	 IDLE("the window of the driver has a fixed size of 2048 packets", "remove it")},
	{.name = "mute-replay-warnings",
	 .help = "no log lines about repeated packets",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(crypto.mute_replay_warnings),
	 IDLE("the driver does not report replayed packets; those of the control channel are muted",
	      "remove it")},
	{.name = "replay-persist",
	 .args = "file",
	 .help = "keep the replay state of a static key over restarts",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(STATIC_KEY),
	 TEXT(crypto.replay_persist),
	 APART},
	{.name = "no-replay",
	 .help = "removed",
	 .groups = GROUP_GENERAL,
	 REMOVED,
	 ARGS(0, 0),
	 .kind = KIND_REMOVED,
	 .apply = no_replay_apply},
	{.name = "allow-compression",
	 .args = "no|asym|yes",
	 .help = "whether compressed packets are accepted",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, allow_compression_apply),
	 OBSTACLE("the driver cannot decompress what the peer may send", "set it to no")},
	{.name = "compress",
	 .args = "[stub|stub-v2|migrate|lzo|lz4|lz4-v2]",
	 .help = "compression framing; nothing is compressed on sending",
	 .groups = GROUP_COMP,
	 .needs = FEAT_COMPRESS_STUB,
	 IF_BUILT(COMPRESSION),
	 FN(0, 1, compress_apply),
	 OBSTACLE("the driver neither decompresses nor strips the framing",
		  "remove it; --compress migrate lets servers keep old clients")},
	{.name = "comp-lzo",
	 .args = "[yes|no|adaptive]",
	 .help = "older compression framing",
	 .groups = GROUP_COMP,
	 .needs = FEAT_COMPRESS_STUB,
	 IF_BUILT(COMPRESSION),
	 FN(0, 1, comp_lzo_apply),
	 OBSTACLE("the driver neither decompresses nor strips the framing",
		  "remove it; --compress migrate lets servers keep old clients")},
	{.name = "comp-noadapt",
	 .help = "ignored",
	 .groups = GROUP_ANY,
	 NO_OP,
	 ARGS(0, 0),
	 .kind = KIND_NONE},
	{.name = "compat-names",
	 .args = "[any]",
	 .help = "removed",
	 .groups = GROUP_GENERAL,
	 REMOVED,
	 ARGS(0, 1),
	 .kind = KIND_REMOVED,
	 .label = "--compat-names was removed in OpenVPN 2.5. Update your configuration."},
	{.name = "no-name-remapping",
	 .help = "removed",
	 .groups = GROUP_GENERAL,
	 REMOVED,
	 ARGS(0, 0),
	 .kind = KIND_REMOVED,
	 .label = "--no-name-remapping was removed in OpenVPN 2.5. Update your configuration."},
};

const struct option_table table_crypto = {"Data channel", rows, ARRAY_SIZE(rows)};
