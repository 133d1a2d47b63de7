/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources of options: the command line, files, blocks, texts. Spec 04 section 1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "config/internal.h"
#include "config/lexer.h"

void parse_note_error(struct parse *p, const struct config_source *src)
{
	(void)src;
	config_report_add(p->report, LOG_CLASS_ERROR, 1, "%s", p->err->text);
}

/* Skip a refused option where errors are not fatal; only what ends the whole source is kept. */
static int absorb_error(struct parse *p, const struct config_source *src, int ret)
{
	if (src->fatal || (ret != ERR_USAGE && ret != ERR_OPTION))
		return ret;
	parse_note_error(p, src);
	return 0;
}

/* ---- one line -------------------------------------------------------------------------------- */

struct words {
	const char *at[CONFIG_TOKENS_MAX];
	size_t count;
	char store[CONFIG_LINE_MAX + CONFIG_TOKENS_MAX + 2];
};

static int split_line(struct parse *p, const struct config_source *src, const char *line,
		      size_t len, struct words *w)
{
	char where[320];
	size_t dropped = 0;

	snprintf(where, sizeof(where), "%.255s:%u", src->name, src->line);

	int ret = config_tokenise(line, len, where, w->at, w->store, sizeof(w->store), &dropped,
				  p->err);

	if (ret < 0)
		return ret;
	w->count = (size_t)ret;
	if (dropped > 0)
		config_report_add(p->report, LOG_CLASS_WARN, 1,
				  "%s: only %d parameters are possible, %zu more are ignored",
				  where, CONFIG_TOKENS_MAX - 1, dropped);
	if (w->count > 0 && strncmp(w->at[0], "--", 2) == 0 && w->at[0][2] != '\0')
		w->at[0] += 2;
	return 0;
}

static int apply_block(struct parse *p, const struct config_source *src, struct lines *l,
		       const char *name)
{
	struct str content = str_init();
	int ret = lines_inline_block(l, name, &content);

	if (ret == ERR_NOT_FOUND) {
		/* not ERR_USAGE: it ends a file of a client, too */
		ret = err_set(p->err, ERR_INVALID, "ERROR: Endtag </%s> missing", name);
	} else if (ret == 0) {
		const char *const words[] = {name, str_text(&content)};

		ret = option_apply(p, src, words, ARRAY_SIZE(words), true);
		ret = absorb_error(p, src, ret);
	}
	if (content.text)
		secret_wipe(content.text, content.len);
	str_fini(&content);
	return ret;
}

static int too_long(struct parse *p, const struct config_source *src, const char *line, size_t len)
{
	char start[64];

	snprintf(start, sizeof(start), "%.*s", len < 60 ? (int)len : 60, line);
	str_printable(start, '?');
	return err_set(
		p->err, ERR_USAGE,
		"Options error: In %s:%u: Maximum option line length (%d) exceeded, line starts with %s",
		src->name, src->line, CONFIG_LINE_MAX, start);
}

static int apply_line(struct parse *p, struct config_source *src, struct lines *l, const char *line,
		      size_t len, bool newline)
{
	struct words w;
	char name[CONFIG_LINE_MAX];
	int ret;

	if (len + newline >= CONFIG_LINE_MAX)
		return absorb_error(p, src, too_long(p, src, line, len));
	/* the newline takes part: it can be escaped. After a NUL byte there is none in sight. */
	ret = split_line(p, src, line, len + (newline && line[len] == '\n'), &w);
	if (ret < 0)
		return absorb_error(p, src, ret);
	if (w.count == 0)
		return 0;
	if (w.count == 1 && word_is_inline_tag(w.at[0], name, sizeof(name)))
		return apply_block(p, src, l, name);
	return absorb_error(p, src, option_apply(p, src, w.at, w.count, false));
}

static int apply_text(struct parse *p, struct config_source *src, const char *text, size_t len,
		      bool is_file)
{
	struct lines l = lines_init(text, len, is_file);
	const char *line;
	size_t line_len;
	bool newline;
	int ret = 0;

	while (ret == 0 && !p->cfg->command.immediate &&
	       lines_next(&l, &line, &line_len, &newline)) {
		src->line = l.number;
		ret = apply_line(p, src, &l, line, line_len, newline);
	}
	return ret;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int include_file(struct parse *p, const struct config_source *from,
			struct config_source *src)
{
	bool is_stdin = strcmp(src->name, "stdin") == 0;
	char *text = NULL;
	size_t len = 0;
	int ret;

	if (src->depth > CONFIG_NESTING_MAX)
		return err_set(
			p->err, ERR_USAGE,
			"Options error: In %s:%u: Maximum recursive include levels exceeded in include attempt of file %s -- probably you have a configuration file that tries to include itself.",
			from->name, from->line, src->name);
	if (is_stdin && src->kind == SOURCE_FILE)
		p->cfg->process.from_stdin = true;
	if (host_read_file(p->host, src->name, is_stdin && src->kind == SOURCE_FILE, &text, &len))
		return err_set(p->err, ERR_USAGE,
			       "Options error: In %s:%u: Error opening configuration file: %s",
			       from->name, from->line, src->name);
	ret = apply_text(p, src, text, len, true);
	if (text)
		secret_wipe(text, len);
	free(text);
	return ret;
}

int include_apply(struct opt *o)
{
	bool client = o->src->kind == SOURCE_CLIENT;
	struct config_source src = {
		.kind = client ? SOURCE_CLIENT : SOURCE_FILE,
		.name = pool_strdup(o->cfg->pool, o->arg[0]),
		.groups = o->src->groups,
		.depth = o->src->depth + 1,
		.fatal = o->src->fatal,
	};

	if (!src.name)
		return ERR_NOMEM;
	if (!client && !o->cfg->config_name)
		o->cfg->config_name = src.name;
	return include_file(o->p, o->src, &src);
}

/* ---- connection blocks ----------------------------------------------------------------------- */

int block_apply(struct opt *o)
{
	struct config_source src = {
		.kind = SOURCE_CONNECTION,
		.name = "[CONNECTION-OPTIONS]",
		.groups = o->src->groups,
		.depth = o->src->depth,
		.fatal = o->src->fatal,
		.block_file = o->src->name,
		.block_line = o->src->line,
	};
	struct conn_entry ce = o->cfg->ce;
	struct parse p = *o->p;
	int ret;

	if (!o->is_inline)
		return opt_unrecognised(o, o->name); /* a name alone has no effect */

	p.ce = &ce;
	ret = apply_text(&p, &src, o->arg[0], strlen(o->arg[0]), false);
	if (ret < 0)
		return ret;
	if (!ce.remote)
		return opt_error(
			o, "Each 'connection' block must contain exactly one 'remote' directive");
	LIST_ADD_ITEM(o->cfg, &o->cfg->entries, &ce);
	o->cfg->entries_are_blocks = true;
	return 0;
}

/* ---- command line ---------------------------------------------------------------------------- */

static int apply_arguments(struct parse *p, const struct config_source *src, int argc,
			   char *const *argv)
{
	const char *words[CONFIG_TOKENS_MAX];
	int ret = 0;

	for (int i = 0; i < argc && ret == 0 && !p->cfg->command.immediate;) {
		size_t count = 0;

		if (strncmp(argv[i], "--", 2) != 0)
			return err_set(
				p->err, ERR_USAGE,
				"Options error: I'm trying to parse \"%.255s\" as an --option parameter but I don't see a leading '--'",
				argv[i]);
		words[count++] = argv[i++] + 2;
		while (i < argc && count < ARRAY_SIZE(words) && strncmp(argv[i], "--", 2) != 0)
			words[count++] = argv[i++];
		ret = option_apply(p, src, words, count, false);
	}
	return ret;
}

static struct parse parse_init(struct config *cfg, const struct config_host *host,
			       struct config_report *report, struct err *err)
{
	return (struct parse){
		.cfg = cfg, .ce = &cfg->ce, .host = host, .report = report, .err = err};
}

static struct config_source source_init(enum source_kind kind, const char *name,
					const struct config *cfg)
{
	return (struct config_source){
		.kind = kind,
		.name = name,
		.line = 1,
		.groups = option_groups(kind, cfg),
		.fatal = kind != SOURCE_CLIENT && kind != SOURCE_PUSH,
	};
}

/* Which of several command-only modes is executed (spec 04 section 5). */
static void choose_command(struct config_command *c)
{
	if (c->immediate)
		return;
	if (c->show)
		c->kind = CONFIG_SHOW_LISTS;
	else if (c->genkey)
		c->kind = CONFIG_GENKEY;
	else if (c->mktun || c->rmtun)
		c->kind = c->mktun ? CONFIG_MKTUN : CONFIG_RMTUN;
	else if (c->test_crypto)
		c->kind = CONFIG_TEST_CRYPTO;
	else if (c->dco_check)
		c->kind = CONFIG_DCO_CHECK;
}

int config_parse_command_line(struct config *cfg, int argc, char *const *argv,
			      const struct config_host *host, struct config_report *report,
			      struct err *err)
{
	struct parse p = parse_init(cfg, host, report, err);
	struct config_source src = source_init(SOURCE_COMMAND_LINE, "[CMD-LINE]", cfg);
	int ret;

	if (argc < 2) {
		cfg->command = (struct config_command){.kind = CONFIG_HELP, .immediate = true};
		return 0;
	}
	if (argc == 2 && strncmp(argv[1], "--", 2) != 0) {
		const char *const words[] = {"config", argv[1]};

		ret = option_apply(&p, &src, words, ARRAY_SIZE(words), false);
	} else {
		ret = apply_arguments(&p, &src, argc - 1, argv + 1);
	}
	if (ret == 0)
		choose_command(&cfg->command);
	return ret;
}

int config_parse_file(struct config *cfg, const char *path, const struct config_host *host,
		      struct config_report *report, struct err *err)
{
	struct parse p = parse_init(cfg, host, report, err);
	struct config_source src = source_init(SOURCE_COMMAND_LINE, "[CMD-LINE]", cfg);
	const char *const words[] = {"config", path};
	int ret = option_apply(&p, &src, words, ARRAY_SIZE(words), false);

	if (ret == 0)
		choose_command(&cfg->command);
	return ret;
}

int config_parse_text(struct config *cfg, const char *name, const char *text, size_t len,
		      const struct config_host *host, struct config_report *report, struct err *err)
{
	struct parse p = parse_init(cfg, host, report, err);
	struct config_source src = source_init(SOURCE_FILE, name, cfg);
	int ret;

	src.depth = 1;
	ret = apply_text(&p, &src, text, len, true);
	if (ret == 0)
		choose_command(&cfg->command);
	return ret;
}

/* ---- per-client options ---------------------------------------------------------------------- */

int config_parse_client_file(struct config *cfg, const char *path, const struct config_host *host,
			     struct config_report *report, struct err *err)
{
	struct parse p = parse_init(cfg, host, report, err);
	struct config_source src = source_init(SOURCE_CLIENT, path, cfg);
	struct config_source from = src;

	src.depth = 1;
	return include_file(&p, &from, &src);
}

int config_parse_client_text(struct config *cfg, const char *text, const struct config_host *host,
			     struct config_report *report, struct err *err)
{
	struct parse p = parse_init(cfg, host, report, err);
	struct config_source src = source_init(SOURCE_CLIENT, "[CONFIG-STRING]", cfg);

	src.depth = 1;
	return apply_text(&p, &src, text, strlen(text), false);
}
