/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.8: clients, and what servers push to them. */
#include <string.h>

#include "config/internal.h"

static int pull_filter_apply(struct opt *o)
{
	struct config_pull_filter f = {0};
	int ret;

	if (strcmp(o->arg[0], "accept") == 0)
		f.action = CONFIG_FILTER_ACCEPT;
	else if (strcmp(o->arg[0], "ignore") == 0)
		f.action = CONFIG_FILTER_IGNORE;
	else if (strcmp(o->arg[0], "reject") == 0)
		f.action = CONFIG_FILTER_REJECT;
	else
		return opt_error(o, "Unknown --pull-filter type: %s", o->arg[0]);
	ret = value_text(o, o->arg[1], &f.prefix);
	if (ret == 0)
		LIST_ADD_ITEM(o->cfg, &o->cfg->pull_filters, &f);
	return ret;
}

static int push_continuation_apply(struct opt *o)
{
	uint32_t n;
	int ret = value_range(o, "push-continuation", o->arg[0], 0, 2, &n);

	if (ret == 0)
		o->cfg->negotiated.push_continuation = (int)n;
	return ret;
}

static int auth_user_pass_apply(struct opt *o)
{
	struct config_auth *a = &o->cfg->auth;

	a->user_pass = true;
	if (o->argc == 0)
		return 0;
	if (!o->is_inline && strcmp(o->arg[0], "username-only") == 0) {
		a->username_only = true;
		return 0;
	}
	return value_file(o, &a->user_pass_file);
}

static int auth_retry_apply(struct opt *o)
{
	enum config_auth_retry *retry = &o->cfg->auth.retry;

	if (strcmp(o->arg[0], "none") == 0)
		*retry = CONFIG_AUTH_RETRY_NONE;
	else if (strcmp(o->arg[0], "nointeract") == 0)
		*retry = CONFIG_AUTH_RETRY_NOINTERACT;
	else if (strcmp(o->arg[0], "interact") == 0)
		*retry = CONFIG_AUTH_RETRY_INTERACT;
	else
		return opt_error(o,
				 "--auth-retry method must be 'interact', 'nointeract', or 'none'");
	return 0;
}

static int static_challenge_apply(struct opt *o)
{
	struct config_auth *a = &o->cfg->auth;
	int32_t echo;
	int ret = value_i32(o, o->arg[1], &echo);

	if (ret < 0)
		return ret;
	if (o->argc > 2 && strcmp(o->arg[2], "scrv1") != 0 && strcmp(o->arg[2], "concat") != 0)
		return opt_error(o, "--static-challenge: unknown format indicator '%s'", o->arg[2]);
	a->challenge_echo = echo != 0;
	a->challenge_concat = o->argc > 2 && strcmp(o->arg[2], "concat") == 0;
	return value_text(o, o->arg[0], &a->challenge);
}

static int peer_id_apply(struct opt *o)
{
	int32_t id;
	int ret = value_i32(o, o->arg[0], &id);

	if (ret < 0)
		return ret;
	o->cfg->negotiated.peer_id = (uint32_t)id & 0xffffff;
	o->cfg->negotiated.peer_id_set = true;
	return 0;
}

static int key_derivation_apply(struct opt *o)
{
	if (strcmp(o->arg[0], "tls-ekm") != 0)
		return opt_error(o, "Unknown key-derivation method %s", o->arg[0]);
	o->cfg->negotiated.flags |= CONFIG_PROTO_TLS_EKM;
	return 0;
}

static int protocol_flags_apply(struct opt *o)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} words[] = {
		{"cc-exit", CONFIG_PROTO_CC_EXIT},
		{"tls-ekm", CONFIG_PROTO_TLS_EKM},
		{"dyn-tls-crypt", CONFIG_PROTO_DYN_TLS_CRYPT},
		{"aead-epoch", CONFIG_PROTO_AEAD_EPOCH},
	};
	unsigned int flags = 0;

	for (size_t i = 0; i < o->argc; i++) {
		unsigned int flag = 0;

		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (strcmp(words[k].word, o->arg[i]) == 0)
				flag = words[k].flag;
		if (!flag)
			return opt_error(o, "Unknown protocol-flags flag: %s", o->arg[i]);
		flags |= flag;
	}
	o->cfg->negotiated.flags |= flags;
	return 0;
}

static int client_apply(struct opt *o)
{
	o->cfg->client_helper = true;
	return 0;
}

static const struct option_row rows[] = {
	{.name = "client",
	 .help = "be a client: --pull and --tls-client",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(0, 0, client_apply),
	 APART},
	{.name = "pull",
	 .help = "ask the server for options",
	 .groups = GROUP_GENERAL,
	 .flags = F_TLS,
	 IF_BUILT(ALWAYS),
	 FLAG(pull),
	 APART},
	{.name = "pull-filter",
	 .args = "accept|ignore|reject text",
	 .help = "treat pushed options that begin with a text",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(2, 2, pull_filter_apply),
	 APART},
	{.name = "push-peer-info",
	 .help = "tell the server about platform and libraries",
	 .groups = GROUP_GENERAL,
	 .flags = F_TLS,
	 IF_BUILT(ALWAYS),
	 FLAG(push_peer_info),
	 APART},
	{.name = "push-continuation",
	 .args = "0|1|2",
	 .help = "protocol item: more push messages follow",
	 .groups = GROUP_PULL_ONLY,
	 .flags = F_UPDATE,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, push_continuation_apply),
	 APART},
	{.name = "auth-user-pass",
	 .args = "[file|username-only]",
	 .help = "log in with user name and password",
	 .groups = GROUP_GENERAL,
	 .flags = F_INLINE,
	 IF_BUILT(ALWAYS),
	 FN(0, 1, auth_user_pass_apply),
	 APART},
	{.name = "auth-retry",
	 .args = "none|nointeract|interact",
	 .help = "what to do when the login fails",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, auth_retry_apply),
	 APART},
	{.name = "auth-nocache",
	 .help = "forget passwords after use",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FLAG(auth.nocache),
	 APART},
	{.name = "auth-token",
	 .args = "token",
	 .help = "protocol item: replaces the password from now on",
	 .groups = GROUP_ECHO,
	 IF_BUILT(ALWAYS),
	 TEXT(auth.token),
	 APART},
	{.name = "auth-token-user",
	 .args = "base64",
	 .help = "protocol item: replaces the user name from now on",
	 .groups = GROUP_ECHO,
	 IF_BUILT(ALWAYS),
	 TEXT(auth.token_user),
	 APART},
	{.name = "static-challenge",
	 .args = "text echo [scrv1|concat]",
	 .help = "ask a second secret and send it with the password",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(ALWAYS),
	 FN(2, 3, static_challenge_apply),
	 APART},
	{.name = "peer-id",
	 .args = "n",
	 .help = "protocol item: id of this peer on the data channel",
	 .groups = GROUP_PEER_ID,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, peer_id_apply),
	 WORKS("both sides must use one; a server that pushes none moves the tunnel to user space")},
	{.name = "key-derivation",
	 .args = "tls-ekm",
	 .help = "protocol item: derive data keys by TLS export",
	 .groups = GROUP_CRYPTO,
	 IF_BUILT(ALWAYS),
	 FN(1, 1, key_derivation_apply),
	 WORKS("keys are made in user space")},
	{.name = "protocol-flags",
	 .args = "flag ...",
	 .help = "protocol item: features that both peers have",
	 .groups = GROUP_CRYPTO,
	 IF_BUILT(ALWAYS),
	 FN(0, MANY, protocol_flags_apply),
	 WORKS("epoch keys are not offered with offload")},
};

const struct option_table table_client = {"Client", rows, ARRAY_SIZE(rows)};
