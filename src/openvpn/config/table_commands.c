/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of section 2.14: do one thing and exit. */
#include <string.h>

#include "config/internal.h"

static int genkey_apply(struct opt *o)
{
	static const char *const types[] = {
		"secret",    "tls-auth", "tls-crypt", "tls-crypt-v2-server", "tls-crypt-v2-client",
		"auth-token"};
	struct config_command *c = &o->cfg->command;
	int ret = 0;

	if (o->argc > 0) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			known = known || strcmp(types[i], o->arg[0]) == 0;
		if (!known)
			return opt_error(o, "unknown --genkey type: %s", o->arg[0]);
		ret = value_text(o, o->arg[0], &c->genkey_type);
	}
	if (ret == 0 && o->argc > 1)
		ret = value_text(o, o->arg[1], &c->genkey_file);
	if (ret == 0 && o->argc > 2)
		ret = value_text(o, o->arg[2], &c->genkey_metadata);
	c->genkey = true;
	return ret;
}

static int show_apply(struct opt *o)
{
	static const struct {
		const char *name;
		unsigned int show;
	} lists[] = {
		{"show-ciphers", CONFIG_SHOW_CIPHERS}, {"show-digests", CONFIG_SHOW_DIGESTS},
		{"show-engines", CONFIG_SHOW_ENGINES}, {"show-tls", CONFIG_SHOW_TLS},
		{"show-curves", CONFIG_SHOW_CURVES},   {"show-groups", CONFIG_SHOW_CURVES},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strcmp(lists[i].name, o->name) == 0)
			o->cfg->command.show |= lists[i].show;
	return 0;
}

static int show_gateway_apply(struct opt *o)
{
	struct config_command *c = &o->cfg->command;
	struct ip_addr ip;

	if (o->argc > 0) {
		if (ip_addr_parse(o->arg[0], &ip) != 0)
			return opt_error(o, "--show-gateway: '%s' is not an address", o->arg[0]);
		int ret = value_text(o, o->arg[0], &c->show_gateway_addr);

		if (ret < 0)
			return ret;
	}
	c->kind = CONFIG_SHOW_GATEWAY;
	c->immediate = true;
	return 0;
}

#define COMMAND .groups = GROUP_GENERAL, APART, IF_BUILT(ALWAYS)

static const struct option_row rows[] = {
	{.name = "genkey",
	 .args = "[type [file [metadata]]]",
	 .help = "make a key: secret, tls-crypt, tls-crypt-v2-server, tls-crypt-v2-client, auth-token",
	 COMMAND,
	 FN(0, 3, genkey_apply)},
	{.name = "show-ciphers", .help = "list data ciphers", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-digests", .help = "list message digests", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-engines", .help = "list crypto engines", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-tls", .help = "list TLS cipher suites", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-curves", .help = "list key-exchange groups", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-groups", .help = "the same as --show-curves", COMMAND, FN(0, 0, show_apply)},
	{.name = "show-gateway",
	 .args = "[addr]",
	 .help = "show the default gateway, or the one towards an address",
	 COMMAND,
	 FN(0, 1, show_gateway_apply)},
	{.name = "mktun",
	 .help = "make a persistent device",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_PERSIST_NODE,
	 IF_BUILT(PERSIST_NODE),
	 FLAG(command.mktun),
	 WORKS("makes an ordinary tun device, and says so")},
	{.name = "rmtun",
	 .help = "remove a persistent device",
	 .groups = GROUP_GENERAL,
	 .needs = FEAT_PERSIST_NODE,
	 IF_BUILT(PERSIST_NODE),
	 FLAG(command.rmtun),
	 WORKS("removes an ordinary tun device")},
	{.name = "test-crypto",
	 .help = "test encryption and decryption",
	 .groups = GROUP_GENERAL,
	 IF_BUILT(TEST_CRYPTO),
	 FLAG(command.test_crypto),
	 APART},
	{.name = "dco-check",
	 .help = "show which data plane would be used, and why not a better one (exit status 0: kernel, 3: own engine, 1: none)",
	 COMMAND,
	 FLAG(command.dco_check)},
};

const struct option_table table_commands = {"Commands (do this and exit)", rows, ARRAY_SIZE(rows)};
