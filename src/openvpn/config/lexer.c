/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/lexer.h"

#include <string.h>

#include "config/parse.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct lines lines_init(const char *text, size_t len, bool file)
{
	struct lines l = {.text = text, .len = len};

	if (file && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		l.pos = 3;
	return l;
}

bool lines_next(struct lines *l, const char **line, size_t *len, bool *with_newline)
{
	if (l->pos >= l->len)
		return false;

	const char *start = l->text + l->pos;
	size_t left = l->len - l->pos;
	const char *newline = memchr(start, '\n', left);
	size_t n = newline ? (size_t)(newline - start) : left;
	const char *nul = memchr(start, '\0', n);

	l->pos += newline ? n + 1 : n;
	l->number++;
	*line = start;
	*len = nul ? (size_t)(nul - start) : n;
	*with_newline = newline != NULL;
	return true;
}

static bool is_end_tag(const char *line, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	size_t i = 0;

	while (i < len && is_blank(line[i]))
		i++;
	return len - i >= name_len + 3 && line[i] == '<' && line[i + 1] == '/' &&
	       memcmp(line + i + 2, name, name_len) == 0 && line[i + 2 + name_len] == '>';
}

int lines_inline_block(struct lines *l, const char *name, struct str *content)
{
	const char *line;
	size_t len;
	bool newline;

	while (lines_next(l, &line, &len, &newline)) {
		if (is_end_tag(line, len, name))
			return content->failed ? ERR_NOMEM : 0;
		str_add_len(content, line, len);
		if (newline)
			str_add(content, "\n");
	}
	return ERR_NOT_FOUND;
}

bool word_is_inline_tag(const char *word, char *name, size_t cap)
{
	size_t len = strlen(word);

	if (len < 2 || word[0] != '<' || word[len - 1] != '>' || len - 2 >= cap)
		return false;
	memcpy(name, word + 1, len - 2);
	name[len - 2] = '\0';
	return true;
}

/* ---- words of a line ------------------------------------------------------------------------- */

enum lex_state {
	LEX_BETWEEN,
	LEX_UNQUOTED,
	LEX_DOUBLE,
	LEX_SINGLE,
};

struct lex {
	const char *where;
	const char **words;
	size_t count;
	size_t dropped;
	char *store;
	size_t cap;
	size_t used;
	size_t word_start;
	enum lex_state state;
	bool escaped;
	struct err *err;
};

static int lex_put(struct lex *x, char c)
{
	if (x->used - x->word_start >= CONFIG_LINE_MAX) {
		x->store[x->used] = '\0';
		return err_set(x->err, ERR_USAGE,
			       "Options error: Parameter at %s is too long (%d chars max): %s",
			       x->where, CONFIG_LINE_MAX, x->store + x->word_start);
	}
	if (x->used + 1 >= x->cap)
		return err_set(x->err, ERR_INTERNAL, "word buffer too small at %s", x->where);
	x->store[x->used++] = c;
	return 0;
}

static int lex_end_word(struct lex *x)
{
	x->state = LEX_BETWEEN;
	if (x->count >= CONFIG_TOKENS_MAX) {
		x->dropped++;
		x->used = x->word_start;
		return 0;
	}
	if (x->used >= x->cap)
		return err_set(x->err, ERR_INTERNAL, "word buffer too small at %s", x->where);
	x->store[x->used++] = '\0';
	x->words[x->count++] = x->store + x->word_start;
	x->word_start = x->used;
	return 0;
}

static int lex_escaped(struct lex *x, char c)
{
	x->escaped = false;
	if (c != '\\' && c != '"' && !is_blank(c))
		return err_set(
			x->err, ERR_USAGE,
			"Options warning: Bad backslash ('\\') usage in %s: remember that backslashes are treated as shell-escapes and if you need to pass backslash characters as part of a Windows filename, you should use double backslashes such as \"c:\\\\openvpn\\\\static.key\"",
			x->where);
	if (x->state == LEX_BETWEEN) {
		if (is_blank(c))
			return 0;
		x->state = LEX_UNQUOTED;
	}
	return lex_put(x, c);
}

/* Return: 1 when a comment begins here. */
static int lex_between(struct lex *x, char c)
{
	if (is_blank(c))
		return 0;
	if (c == '#' || c == ';')
		return 1;
	if (c == '"')
		x->state = LEX_DOUBLE;
	else if (c == '\'')
		x->state = LEX_SINGLE;
	else {
		x->state = LEX_UNQUOTED;
		return lex_put(x, c);
	}
	return 0;
}

static int lex_char(struct lex *x, char c)
{
	/* a comment starts even after a backslash */
	if (x->state == LEX_BETWEEN && (c == '#' || c == ';'))
		return 1;
	if (x->state != LEX_SINGLE && !x->escaped && c == '\\') {
		x->escaped = true;
		return 0;
	}
	if (x->escaped)
		return lex_escaped(x, c);

	switch (x->state) {
	case LEX_BETWEEN:
		return lex_between(x, c);
	case LEX_UNQUOTED:
		return is_blank(c) ? lex_end_word(x) : lex_put(x, c);
	case LEX_DOUBLE:
		return c == '"' ? lex_end_word(x) : lex_put(x, c);
	case LEX_SINGLE:
		return c == '\'' ? lex_end_word(x) : lex_put(x, c);
	}
	return ERR_INTERNAL;
}

static int lex_end_of_line(struct lex *x)
{
	/* 2: inside an unquoted word, the number that users know */
	if (x->escaped && x->state == LEX_UNQUOTED)
		return err_set(x->err, ERR_USAGE, "Options error: Residual parse state (2) in %s",
			       x->where);
	if (x->state == LEX_UNQUOTED)
		return lex_end_word(x);
	if (x->state == LEX_DOUBLE)
		return err_set(x->err, ERR_USAGE, "Options error: No closing quotation (\") in %s",
			       x->where);
	if (x->state == LEX_SINGLE)
		return err_set(x->err, ERR_USAGE,
			       "Options error: No closing single quotation (') in %s", x->where);
	return 0;
}

int config_tokenise(const char *line, size_t len, const char *where, const char **words,
		    char *store, size_t store_cap, size_t *dropped, struct err *err)
{
	struct lex x = {
		.where = where, .words = words, .store = store, .cap = store_cap, .err = err};
	int ret = 0;

	for (size_t i = 0; i < len && ret == 0; i++)
		ret = lex_char(&x, line[i]);
	if (ret == 0)
		ret = lex_end_of_line(&x);
	if (ret < 0)
		return ret;
	if (dropped)
		*dropped = x.dropped;
	return (int)x.count;
}
