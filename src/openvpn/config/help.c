/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts made from the option table: --help, and the dump of what was given. */
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

enum {
	HELP_INDENT = 34,
	HELP_WIDTH = 100,
};

/* Wrap at blanks, continuation lines start at the text column. */
static void add_wrapped(struct str *s, const char *text)
{
	size_t column = HELP_INDENT;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > HELP_INDENT && column + 1 + word > HELP_WIDTH) {
			str_addf(s, "\n%*s", HELP_INDENT, "");
			column = HELP_INDENT;
		} else if (column > HELP_INDENT) {
			str_add(s, " ");
			column++;
		}
		str_add_len(s, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	str_add(s, "\n");
}

static void add_option(struct str *s, const struct option_info *o)
{
	struct str head = str_init();

	str_addf(&head, "--%s%s%s", o->name, *o->args ? " " : "", o->args);
	str_add(s, str_text(&head));
	if (head.len < HELP_INDENT - 2)
		str_addf(s, "%*s: ", (int)(HELP_INDENT - 2 - head.len), "");
	else
		str_addf(s, "\n%*s: ", HELP_INDENT - 2, "");
	str_fini(&head);
	add_wrapped(s, o->help);
}

char *config_help_text(const char *title)
{
	struct str s = str_init();
	const char *topic = "";

	str_addf(&s, "%s\n\n", title);
	str_add(&s, "Usage: openvpn FILE\n       openvpn --option [argument ...] ...\n\n"
		    "In a file each option stands on its own line, without the dashes.\n");
	for (size_t i = 0; i < option_count(); i++) {
		struct option_info o = option_get(i);

		if (o.status != OPTION_BUILT && o.status != OPTION_NO_OP)
			continue;
		if (strcmp(topic, o.topic) != 0)
			str_addf(&s, "\n%s:\n", o.topic);
		topic = o.topic;
		add_option(&s, &o);
	}
	return str_take(&s);
}

/* ---- dump ------------------------------------------------------------------------------------ */

static void dump_value(const struct config *cfg, const struct option_row *row, struct str *s)
{
	const uint8_t *base =
		row->flags & F_CONN ? (const uint8_t *)&cfg->ce : (const uint8_t *)cfg;
	const void *at = base + row->offset;
	const struct config_file *file = at;
	const char *text;

	switch (row->kind) {
	case KIND_FLAG:
		str_add(s, *(const bool *)at ? "ENABLED" : "DISABLED");
		return;
	case KIND_U31:
	case KIND_RANGE:
		str_addf(s, "%u", *(const uint32_t *)at);
		return;
	case KIND_I32:
		str_addf(s, "%d", *(const int32_t *)at);
		return;
	case KIND_U63:
		str_addf(s, "%llu", (unsigned long long)*(const uint64_t *)at);
		return;
	case KIND_TEXT:
	case KIND_SCRIPT:
		text = *(const char *const *)at;
		str_addf(s, "'%s'", text ? text : "[UNDEF]");
		return;
	case KIND_FILE:
		if (config_file_is_inline(file))
			str_add(s, "[INLINE]");
		else
			str_addf(s, "'%s'", file->path ? file->path : "[UNDEF]");
		return;
	case KIND_NONE:
	case KIND_FUNCTION:
	case KIND_REMOVED:
	case KIND_IGNORED:
		str_add(s, "given");
	}
}

/* Tokens replace passwords. */
static bool is_confidential(const char *name)
{
	return strcmp(name, "auth-token") == 0;
}

void config_dump(const struct config *cfg, struct config_report *report)
{
	for (size_t i = 0; i < cfg->origins.count; i++) {
		const struct config_origin *origin = &cfg->origins.at[i];
		const struct option_row *row = option_row(i);
		struct str value = str_init();

		if (!origin->file)
			continue;
		if (is_confidential(row->name))
			str_add(&value, "[HIDDEN]");
		else
			dump_value(cfg, row, &value);
		config_report_add(report, LOG_CLASS_INFO, 4, "  %s = %s (%s:%u)", row->name,
				  str_text(&value), origin->file, origin->line);
		str_fini(&value);
	}
}
