/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a program's command line. Spec 04 sections 1.3 and 6.3. */
#include "net/process.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void process_argv_fini(struct process_argv *argv)
{
	for (size_t i = 0; i < argv->n; i++)
		free(argv->word[i]);
	free(argv->word);
	*argv = (struct process_argv){0};
}

void process_argv_add(struct process_argv *argv, const char *word)
{
	char **grown = realloc(argv->word, (argv->n + 2) * sizeof(*grown));
	char *copy;

	if (!grown) {
		argv->failed = true;
		return;
	}
	argv->word = grown;
	copy = strdup(word);
	if (!copy)
		argv->failed = true;
	else
		argv->word[argv->n++] = copy;
	argv->word[argv->n] = NULL;
}

void process_argv_addf(struct process_argv *argv, const char *fmt, ...)
{
	struct str s = str_init();
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	if (s.failed)
		argv->failed = true;
	else
		process_argv_add(argv, str_text(&s));
	str_fini(&s);
}

static bool is_space(char c)
{
	return isspace((unsigned char)c);
}

/* One escaped character: only a backslash, a double quote or white space may be. */
static int take_escaped(const char **pos, struct str *word)
{
	char c = (*pos)[1];

	if (c != '\\' && c != '"' && (c == '\0' || !is_space(c)))
		return ERR_INVALID;
	str_add_len(word, &c, 1);
	*pos += 2;
	return 0;
}

/* Up to the closing @quote, which is consumed; backslash is literal inside single quotes. */
static int take_quoted(const char **pos, char quote, struct str *word)
{
	int ret = 0;

	(*pos)++;
	while (ret == 0 && **pos && **pos != quote) {
		if (**pos == '\\' && quote == '"')
			ret = take_escaped(pos, word);
		else
			str_add_len(word, (*pos)++, 1);
	}
	if (ret < 0 || !**pos)
		return ERR_INVALID;
	(*pos)++;
	return 0;
}

static int take_plain(const char **pos, struct str *word)
{
	int ret = 0;

	while (ret == 0 && **pos && !is_space(**pos)) {
		if (**pos == '\\')
			ret = take_escaped(pos, word);
		else
			str_add_len(word, (*pos)++, 1);
	}
	return ret;
}

static int take_word(const char **pos, struct str *word)
{
	if (**pos == '"' || **pos == '\'')
		return take_quoted(pos, **pos, word);
	return take_plain(pos, word);
}

static int split(struct process_argv *argv, const char *pos)
{
	struct str word = str_init();
	int ret = 0;

	while (ret == 0) {
		while (*pos && is_space(*pos))
			pos++;
		if (!*pos || *pos == '#' || *pos == ';' || argv->n == PROCESS_WORDS_MAX)
			break;
		str_clear(&word);
		ret = take_word(&pos, &word);
		if (ret == 0)
			process_argv_add(argv, str_text(&word));
	}
	argv->failed |= word.failed;
	str_fini(&word);
	return ret;
}

void process_argv_split(struct process_argv *argv, const char *command)
{
	if (split(argv, command) == 0 && argv->n > 0)
		return;
	process_argv_fini(argv);
	process_argv_add(argv, command);
}
