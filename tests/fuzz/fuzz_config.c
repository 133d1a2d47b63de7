/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration file, then its post-processing; the first byte chooses file or per-client rules.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One small file exists under every name that begins with "f". */
static int read_file(void *ctx, const char *path, bool is_stdin, char **text, size_t *len)
{
	(void)ctx;
	(void)is_stdin;
	if (path[0] != 'f')
		return ENOENT;
	*text = strdup("verb 3\nroute 10.0.0.0\n");
	*len = *text ? strlen(*text) : 0;
	return *text ? 0 : ENOMEM;
}

static int check_access(void *ctx, const char *path, int mode)
{
	(void)ctx;
	(void)mode;
	return path[0] == 'n' ? ENOENT : 0;
}

static int private_mode(void *ctx, const char *path, bool *others)
{
	(void)ctx;
	*others = path[0] == 'o';
	return 0;
}

static int change_dir(void *ctx, const char *dir)
{
	(void)ctx;
	(void)dir;
	return 0;
}

static int log_to_file(void *ctx, const char *path, bool append)
{
	(void)ctx;
	(void)path;
	(void)append;
	return 0;
}

static void parse_file(struct config *cfg, const struct config_host *host, const char *text,
		       size_t len)
{
	struct config_report report = {0};
	struct err err;
	int ret = config_parse_text(cfg, "fuzz", text, len, host, &report, &err);

	if (ret == 0 && cfg->command.kind == CONFIG_RUN)
		ret = config_finish(cfg, host, &report, &err);
	if (ret == 0) {
		struct config *copy = config_clone(cfg);

		config_warnings(cfg, &report);
		config_dump(cfg, &report);
		config_free(copy);
	}
	config_report_fini(&report);
}

/* Errors end a file; taken line by line more of the table is reached. */
static void parse_lines(struct config *cfg, const struct config_host *host, const char *text,
			size_t len)
{
	struct config_report report = {0};
	struct err err;

	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) + 1 : len;

		if (config_parse_text(cfg, "fuzz", text, n, host, &report, &err) < 0)
			config_report_add(&report, LOG_CLASS_ERROR, 1, "%s", err.text);
		text += n;
		len -= n;
	}
	cfg->command = (struct config_command){0};
	config_report_fini(&report);
	parse_file(cfg, host, "", 0);
}

static void parse_client(struct config *cfg, const struct config_host *host, const char *text)
{
	struct config_report report = {0};
	struct err err;

	if (config_parse_client_text(cfg, text, host, &report, &err) == 0)
		config_dump(cfg, &report);
	config_report_fini(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_host host = {
		.read_file = read_file,
		.access = check_access,
		.private_mode = private_mode,
		.change_dir = change_dir,
		.log_to_file = log_to_file,
		.take_unbuilt = true,
	};
	struct config *cfg;
	char *text;

	if (size < 1)
		return 0;
	cfg = config_new();
	text = malloc(size);
	if (!cfg || !text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] & 1)
		parse_client(cfg, &host, text);
	else if (data[0] & 2)
		parse_lines(cfg, &host, text, size - 1);
	else
		parse_file(cfg, &host, text, size - 1);
	free(text);
	config_free(cfg);
	return 0;
}
