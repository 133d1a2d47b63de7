/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "config/parse.h"
#include "crypto/genkey.h"
#include "crypto/show.h"
#include "daemon/backend_choice.h"
#include "daemon/process_setup.h"
#include "daemon/show_gateway.h"
#include "dco.h"
#include "net/tun.h"
#include "tls/tls.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1
};

static int print(struct str *text, int status)
{
	bool whole = !text->failed && fputs(str_text(text), stdout) >= 0 && fflush(stdout) == 0;

	str_fini(text);
	return whole ? status : EXIT_FAILED;
}

/* A usage error without timestamp, any other as the last line of a start. */
static int fail(const struct err *err, const struct log *log)
{
	if (err->code == ERR_USAGE) {
		const char *prefix =
			str_starts(err->text, "Options error: ") ? "" : "Options error: ";

		printf("%s%s\nUse --help for more information.\n", prefix, err->text);
		return EXIT_FAILED;
	}
	log_fatal(log, "%s", err->text);
	log_fatal(log, "Exiting due to fatal error");
	return EXIT_FAILED;
}

static int print_help(void)
{
	struct str title = str_init();
	char *help;

	version_title(&title);
	help = config_help_text(str_text(&title));
	str_clear(&title);
	str_add(&title, help ? help : "");
	free(help);
	return print(&title, EXIT_FAILED); /* the known exit status of --help */
}

static int print_version(void)
{
	struct str out = str_init();

	version_block(&out);
	return print(&out, EXIT_OK);
}

static int show_lists(const struct config *cfg, const struct log *log)
{
	const struct tls_ctx_config tls = {
		.cipher_list = cfg->tls.cipher_list,
		.ciphersuites = cfg->tls.ciphersuites,
		.groups = cfg->tls.groups,
		.cert_profile = cfg->tls.cert_profile,
	};
	unsigned int show = cfg->command.show;
	struct str out = str_init();
	struct err err;

	if (show & CONFIG_SHOW_CIPHERS)
		show_ciphers(&out);
	if (show & CONFIG_SHOW_DIGESTS)
		show_digests(&out);
	if (show & CONFIG_SHOW_ENGINES)
		show_engines(&out);
	if ((show & CONFIG_SHOW_TLS) && tls_show_ciphers(&tls, log, &out, &err) < 0) {
		str_fini(&out);
		return fail(&err, log);
	}
	if (show & CONFIG_SHOW_CURVES)
		tls_show_groups(&out);
	return print(&out, EXIT_OK);
}

/* Where a key goes: the old form names its file by --secret. */
static int genkey_path(const struct config *cfg, enum genkey_type type, const char **path,
		       const struct log *log, struct err *err)
{
	const char *old = cfg->crypto.secret.path;

	*path = cfg->command.genkey_file;
	if (!old)
		return 0;
	if (*path)
		return err_set(
			err, ERR_USAGE,
			"You must provide a filename to either --genkey or --secret, not both");
	if (type != GENKEY_SECRET)
		return err_set(
			err, ERR_USAGE,
			"Using --genkey type with --secret filename is not supported.  Use --genkey type filename instead.");
	log_warn(
		log,
		"WARNING: Using --genkey --secret filename is DEPRECATED.  Use --genkey secret filename instead.");
	*path = old;
	return 0;
}

static int genkey(const struct config *cfg, const struct log *log)
{
	const struct config_file *server_key = &cfg->ce.tls_crypt_v2;
	struct rng rng = rng_system();
	struct genkey_request req = {
		.type = GENKEY_SECRET,
		.server_key = {.path = server_key->path, .text = server_key->text},
		.metadata_base64 = cfg->command.genkey_metadata,
		.unix_sec = clock_now().unix_sec,
	};
	struct err err;
	int rc = 0;

	if (cfg->command.genkey_type)
		rc = genkey_type_parse(cfg->command.genkey_type, &req.type, &err);
	if (rc == 0)
		rc = genkey_path(cfg, req.type, &req.path, log, &err);
	if (rc == 0 && req.type == GENKEY_CRYPT_V2_CLIENT && !source_given(&req.server_key))
		rc = err_set(
			&err, ERR_USAGE,
			"--genkey tls-crypt-v2-client requires a server key to be set via --tls-crypt-v2 to create a client key");
	if (rc == 0)
		rc = genkey_run(&req, &rng, &err);
	if (rc < 0)
		return fail(&err, log);
	if (req.type == GENKEY_SECRET && req.path && req.path[0])
		log_info(log, 3, "Randomly generated 2048 bit key written to %s", req.path);
	return EXIT_OK;
}

static int persist_device(const struct config *cfg, bool on, const struct log *log)
{
	const struct tun_config tun = {
		.name = cfg->tun.dev,
		.dev_node = cfg->tun.dev_node,
		.type = cfg->tun.type == CONFIG_DEV_TAP ? TUN_TYPE_TAP : TUN_TYPE_TUN,
	};
	const struct tun_owner owner = {.user = cfg->process.user, .group = cfg->process.group};
	size_t backends;
	struct err err;

	if (cfg->tun.ifconfig_local || cfg->tun.ifconfig6_local ||
	    config_file_is_set(&cfg->crypto.secret) || cfg->tls.server || cfg->tls.client) {
		err_set(&err, ERR_OPTION,
			"Options error: options --mktun or --rmtun should only be used together with --dev");
		return fail(&err, log);
	}
	if (!cfg->tun.dev) {
		err_set(&err, ERR_USAGE, "You must define TUN/TAP device (--dev)");
		return fail(&err, log);
	}
	(void)dco_backends(&backends);
	if (on && tun.type == TUN_TYPE_TUN && !cfg->tun.disable_dco && backends > 1)
		log_warn(log, "Note: --mktun does not support DCO. Creating TUN interface.");
	if (tun_persist(&tun, on, &owner, log, &err) < 0)
		return fail(&err, log);
	return EXIT_OK;
}

static int gateway(const struct config *cfg, const struct log *log)
{
	struct err err;

	if (show_gateway(cfg->command.show_gateway_addr, log, &err) < 0)
		return fail(&err, log);
	return EXIT_OK;
}

int command_dco_check(const struct config *cfg, const struct log *log)
{
	struct process_privileges privileges;
	struct str out = str_init();
	struct err err;
	enum dco_check_result result;

	if (process_privileges_init(&privileges, cfg, &err) < 0) {
		log_fatal(log, "%s", err.text);
		return 1;
	}
	result = backend_check(cfg, process_privileges_dco_possible(&privileges, log), &out);
	if (process_check_capability(cfg, NULL) < 0)
		str_add(&out,
			"Note: this process lacks CAP_NET_ADMIN, a service started as root may find more\n");
	return print(&out, (int)result);
}

int command_run(const struct config *cfg, const struct log *log)
{
	switch (cfg->command.kind) {
	case CONFIG_RUN:
	case CONFIG_TEST_CRYPTO:
	case CONFIG_DCO_CHECK:
		return -1;
	case CONFIG_HELP:
		return print_help();
	case CONFIG_VERSION:
		return print_version();
	case CONFIG_SHOW_GATEWAY:
		return gateway(cfg, log);
	case CONFIG_SHOW_LISTS:
		return show_lists(cfg, log);
	case CONFIG_GENKEY:
		return genkey(cfg, log);
	case CONFIG_MKTUN:
		return persist_device(cfg, true, log);
	case CONFIG_RMTUN:
		return persist_device(cfg, false, log);
	}
	return -1;
}
