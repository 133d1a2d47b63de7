/* SPDX-License-Identifier: GPL-2.0-only */
/* From program arguments and files to a configuration. Spec 04 sections 1 and 3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "config/config.h"
#include "config/report.h"

/*
 * What the parser needs of its surroundings. Every member may be NULL: then nothing happens
 * (actions) or the real system is asked (files). Errors: 0 or an errno value, except where said.
 */
struct config_host {
	void *ctx;

	/* actions at the moment of parsing */
	int (*change_dir)(void *ctx, const char *dir); /* NULL: chdir() */
	int (*log_to_file)(void *ctx, const char *path, bool append);
	void (*log_to_syslog)(void *ctx, const char *ident);
	void (*log_format)(void *ctx, const struct config_log *log); /* after each change of it */

	/* files */
	/* whole content, caller frees; @path "stdin" with @is_stdin is standard input */
	int (*read_file)(void *ctx, const char *path, bool is_stdin, char **text, size_t *len);
	int (*access)(void *ctx, const char *path, int mode);
	int (*private_mode)(void *ctx, const char *path, bool *others_can_access);

	/* address of a name; false: unknown. NULL: numeric addresses only */
	bool (*resolve)(void *ctx, const char *name, sa_family_t family, struct ip_addr *out);

	/* the crypto library; NULL: the usual AEAD ciphers, names taken as they are */
	/* canonical name of a usable data cipher into @out; false: unknown */
	bool (*cipher_canonical)(void *ctx, const char *name, char *out, size_t cap);
	bool (*has_tls1_prf)(void *ctx);

	/* take options whose behaviour is not built: for tests and checks of the parser only */
	bool take_unbuilt;
};

/**
 * config_parse_command_line() - parse all program arguments and the files they name
 * @cfg: fresh from config_new(); on error it is incomplete and can only be freed
 * @argv: as for main(), argv[0] is ignored
 * @report: gets warnings and notes in order; log them before the error
 *
 * On return look at cfg->command first: `immediate` (--help, --version, --show-gateway) means
 * that parsing stopped there. No arguments at all gives CONFIG_HELP.
 *
 * Return: 0; ERR_USAGE: @err holds the complete line (with "Options error: "), print it without
 * timestamp, then "Use --help for more information.", exit 1; any other error: a fatal line,
 * then "Exiting due to fatal error", exit 1.
 */
int config_parse_command_line(struct config *cfg, int argc, char *const *argv,
			      const struct config_host *host, struct config_report *report,
			      struct err *err) MUST_CHECK;

/** config_parse_file() - as if `config @path` stood on the command line */
int config_parse_file(struct config *cfg, const char *path, const struct config_host *host,
		      struct config_report *report, struct err *err) MUST_CHECK;

/** config_parse_text() - file rules for text in memory; @name is shown in messages */
int config_parse_text(struct config *cfg, const char *name, const char *text, size_t len,
		      const struct config_host *host, struct config_report *report,
		      struct err *err) MUST_CHECK;

/**
 * config_parse_client_file() - per-client options (ccd, client-connect) from a file
 * @cfg: a clone for this client
 *
 * Bad options are skipped and noted in @report (class error).
 *
 * Return: 0, or an error which must reject the client (unreadable file, unclosed inline block).
 */
int config_parse_client_file(struct config *cfg, const char *path, const struct config_host *host,
			     struct config_report *report, struct err *err) MUST_CHECK;

/** config_parse_client_text() - the same from management or plugin text ("[CONFIG-STRING]") */
int config_parse_client_text(struct config *cfg, const char *text, const struct config_host *host,
			     struct config_report *report, struct err *err) MUST_CHECK;

/**
 * config_finish() - helpers, mutations, conflict checks, file checks (spec 04 section 3)
 *
 * Call once after parsing, not for command-only modes. Afterwards: `entries` and `listen` are
 * complete, protocols are resolved, ciphers normalised, control-channel keys read.
 *
 * Return: as config_parse_command_line().
 */
int config_finish(struct config *cfg, const struct config_host *host, struct config_report *report,
		  struct err *err) MUST_CHECK;

/** config_warnings() - advice at tunnel initialisation (spec 04 section 3.6) */
void config_warnings(const struct config *cfg, struct config_report *report);

/**
 * config_tokenise() - split a line into words by the rules of spec 04 section 1.3
 * @where: "file:line" of messages
 * @words: array of CONFIG_TOKENS_MAX; the words point into @store
 * @store: at least strlen(@line) + CONFIG_TOKENS_MAX bytes
 *
 * Also for script commands.
 *
 * Return: number of words or ERR_USAGE with the whole line in @err. @dropped (may be NULL) gets
 * the number of words beyond the last.
 */
int config_tokenise(const char *line, size_t len, const char *where, const char **words,
		    char *store, size_t store_cap, size_t *dropped, struct err *err) MUST_CHECK;

/** config_help_text() - the text of --help below the line @title; caller frees, NULL: no memory */
char *config_help_text(const char *title) MUST_CHECK;

/** config_dump() - one "name = value" line for each option that was given, for verb 4 */
void config_dump(const struct config *cfg, struct config_report *report);
