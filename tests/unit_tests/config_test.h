/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration under test: files in memory, and what the parser said. */
#pragma once

#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "config/config.h"
#include "config/options.h"
#include "config/parse.h"
#include "config/push.h"
#include "config/report.h"

struct test_file {
	const char *name;
	const char *text;
	size_t len;  /* 0: strlen(text) */
	bool shared; /* others may read it */
};

struct cfg_test {
	struct config *cfg;
	struct config_host host;
	struct config_report report;
	struct err err;
	int ret;
	const struct test_file *files;
	size_t file_count;
	char dir[64]; /* last --cd */
	char log_file[64];
	char ident[64];
};

static inline const struct test_file *test_file_find(struct cfg_test *t, const char *path)
{
	for (size_t i = 0; i < t->file_count; i++)
		if (strcmp(t->files[i].name, path) == 0)
			return &t->files[i];
	return NULL;
}

static inline int test_read_file(void *ctx, const char *path, bool is_stdin, char **text,
				 size_t *len)
{
	const struct test_file *f = test_file_find(ctx, path);

	(void)is_stdin;
	if (!f)
		return ENOENT;
	if (!f->text)
		return EISDIR;
	*len = f->len ? f->len : strlen(f->text);
	*text = malloc(*len + 1);
	assert_non_null(*text);
	memcpy(*text, f->text, *len);
	return 0;
}

static inline int test_access(void *ctx, const char *path, int mode)
{
	(void)mode;
	if (strcmp(path, "/tmp") == 0 || strcmp(path, ".") == 0 || strcmp(path, "/bin/true") == 0)
		return 0;
	return test_file_find(ctx, path) ? 0 : ENOENT;
}

static inline int test_private_mode(void *ctx, const char *path, bool *others)
{
	const struct test_file *f = test_file_find(ctx, path);

	if (!f)
		return ENOENT;
	*others = f->shared;
	return 0;
}

static inline int test_change_dir(void *ctx, const char *dir)
{
	struct cfg_test *t = ctx;

	if (strcmp(dir, "/nonexistent") == 0)
		return ENOENT;
	snprintf(t->dir, sizeof(t->dir), "%s", dir);
	return 0;
}

static inline int test_log_to_file(void *ctx, const char *path, bool append)
{
	struct cfg_test *t = ctx;

	if (strncmp(path, "/nonexistent", 12) == 0)
		return ENOENT;
	snprintf(t->log_file, sizeof(t->log_file), "%s%s", append ? "+" : "", path);
	return 0;
}

static inline void test_log_to_syslog(void *ctx, const char *ident)
{
	struct cfg_test *t = ctx;

	snprintf(t->ident, sizeof(t->ident), "%s", ident);
}

/* All options are taken unless a test asks for the product's own behaviour. */
static inline void cfg_test_start(struct cfg_test *t)
{
	*t = (struct cfg_test){0};
	t->cfg = config_new();
	assert_non_null(t->cfg);
	t->host = (struct config_host){
		.ctx = t,
		.read_file = test_read_file,
		.access = test_access,
		.private_mode = test_private_mode,
		.change_dir = test_change_dir,
		.log_to_file = test_log_to_file,
		.log_to_syslog = test_log_to_syslog,
		.take_unbuilt = true,
	};
}

static inline void cfg_test_end(struct cfg_test *t)
{
	config_report_fini(&t->report);
	config_free(t->cfg);
	t->cfg = NULL;
}

/* As the file "f.conf", which is not in t->files. */
static inline int cfg_parse(struct cfg_test *t, const char *text)
{
	t->ret = config_parse_text(t->cfg, "f.conf", text, strlen(text), &t->host, &t->report,
				   &t->err);
	return t->ret;
}

static inline int cfg_finish(struct cfg_test *t)
{
	t->ret = config_finish(t->cfg, &t->host, &t->report, &t->err);
	return t->ret;
}

static inline int cfg_start(struct cfg_test *t, const char *text)
{
	return cfg_parse(t, text) < 0 ? t->ret : cfg_finish(t);
}

static inline bool cfg_noted(const struct cfg_test *t, const char *part)
{
	for (size_t i = 0; i < t->report.count; i++)
		if (strstr(t->report.note[i].text, part))
			return true;
	return false;
}

/* Parse @text in a fresh configuration and compare the complete error line. */
static inline void expect_parse_error(const char *text, const char *line)
{
	struct cfg_test t;

	cfg_test_start(&t);
	t.ret = cfg_parse(&t, text);
	if (t.ret == 0)
		fail_msg("accepted: %s", text);
	assert_string_equal(t.err.text, line);
	cfg_test_end(&t);
}

/* The same after config_finish(); "" means that it must be fine. */
static inline void expect_start_error(const char *text, const char *line)
{
	struct cfg_test t;

	cfg_test_start(&t);
	t.ret = cfg_start(&t, text);
	assert_string_equal(t.ret == 0 ? "" : t.err.text, line);
	cfg_test_end(&t);
}

static inline void expect_note(const char *text, const char *part)
{
	struct cfg_test t;

	cfg_test_start(&t);
	if (cfg_start(&t, text) < 0 && !cfg_noted(&t, part))
		fail_msg("refused with: %s", t.err.text);
	if (!cfg_noted(&t, part))
		fail_msg("not noted: %s", part);
	cfg_test_end(&t);
}
