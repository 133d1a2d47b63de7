/* SPDX-License-Identifier: GPL-2.0-only */
/* One option: find its row, check where it stands, store its value. Spec 04 sections 1.8, 1.9. */
#include <config.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

/* ---- the table ------------------------------------------------------------------------------- */

static const struct option_table *const tables[] = {
	&table_general, &table_transport, &table_proxy,	 &table_mtu,	    &table_timers,
	&table_device,	&table_routing,	  &table_client, &table_server,	    &table_server_access,
	&table_scripts, &table_crypto,	  &table_tls,	 &table_management, &table_pkcs11,
	&table_windows, &table_commands,
};

size_t option_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		count += tables[i]->count;
	return count;
}

static const struct option_row *row_at(size_t index, const char **topic)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (index < tables[i]->count) {
			if (topic)
				*topic = tables[i]->topic;
			return &tables[i]->row[index];
		}
		index -= tables[i]->count;
	}
	return NULL;
}

const struct option_row *option_row(size_t index)
{
	return row_at(index, NULL);
}

size_t option_index(const char *name)
{
	size_t base = 0;

	/* looked up a dozen times for each client: call strcmp() for few of the 300 rows */
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (size_t k = 0; k < tables[i]->count; k++)
			if (tables[i]->row[k].name[0] == name[0] &&
			    strcmp(tables[i]->row[k].name, name) == 0)
				return base + k;
		base += tables[i]->count;
	}
	return base;
}

enum {
	GROUPS_PUSH = GROUP_UP | GROUP_ROUTE | GROUP_ROUTE_EXTRAS | GROUP_DNS | GROUP_SETENV |
		      GROUP_SHAPER | GROUP_TIMER | GROUP_PERSIST | GROUP_COMP | GROUP_MESSAGES |
		      GROUP_CRYPTO | GROUP_EXIT_NOTIFY | GROUP_ECHO | GROUP_PULL_ONLY |
		      GROUP_SOCKBUF | GROUP_SOCKFLAGS | GROUP_PEER_ID | GROUP_PUSH_MTU,
	GROUPS_CLIENT = GROUP_TIMER | GROUP_COMP | GROUP_ECHO | GROUP_SOCKFLAGS | GROUP_PUSH |
			GROUP_INHERIT | GROUP_CONFIG | GROUP_INSTANCE,
};

unsigned int option_groups(enum source_kind kind, const struct config *cfg)
{
	switch (kind) {
	case SOURCE_COMMAND_LINE:
	case SOURCE_FILE:
	case SOURCE_CONNECTION:
		return ~(unsigned int)(GROUP_INSTANCE | GROUP_PULL_ONLY);
	case SOURCE_CLIENT:
		return GROUPS_CLIENT;
	case SOURCE_PUSH:
		if (cfg->routing.nopull)
			return GROUPS_PUSH & ~(unsigned int)(GROUP_ROUTE | GROUP_DNS);
		return GROUPS_PUSH;
	}
	return 0;
}

struct option_info option_get(size_t index)
{
	const char *topic = "";
	const struct option_row *row = row_at(index, &topic);

	return (struct option_info){
		.name = row->name,
		.args = row->args ? row->args : "",
		.help = row->help ? row->help : "",
		.topic = topic,
		.status = row->status,
		.groups = row->groups,
		.in_connection = row->flags & F_CONN,
		.in_push = row->groups & (GROUPS_PUSH | GROUP_ANY),
		.in_update = row->flags & F_UPDATE,
		.in_client = row->groups & (GROUPS_CLIENT | GROUP_ANY),
		.inline_ok = row->flags & F_INLINE,
		.needs_server = row->flags & F_SERVER,
		.needs_tls = row->flags & F_TLS,
		.needs = row->needs,
		.offload = row->offload,
	};
}

struct offload_note option_offload(const char *name)
{
	const struct option_row *row = option_row(option_index(name));

	if (row && row->offload.kind == OFFLOAD_PART_OF)
		row = option_row(option_index(row->offload.why));
	return row ? row->offload : (struct offload_note){0};
}

const char *option_offload_text(enum option_offload kind)
{
	static const char *const texts[] = {
		[OFFLOAD_UNSTATED] = "unstated", [OFFLOAD_REFUSED] = "refused",
		[OFFLOAD_APART] = "apart",	 [OFFLOAD_WORKS] = "works",
		[OFFLOAD_PART_OF] = "part of",	 [OFFLOAD_IDLE] = "no effect",
		[OFFLOAD_OBSTACLE] = "obstacle",
	};

	return texts[kind];
}

const char *option_status_text(enum option_status status)
{
	switch (status) {
	case OPTION_BUILT:
		return "built";
	case OPTION_NOT_BUILT:
		return "not built";
	case OPTION_NO_OP:
		return "ignored";
	case OPTION_REMOVED:
		return "removed";
	case OPTION_ABSENT:
		return "absent";
	}
	return "?";
}

/* ---- errors and notes ------------------------------------------------------------------------ */

static int PRINTF_FMT(4, 0)
	set_error(struct err *err, int code, const char *prefix, const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	str_printable(text, '?');
	return err_set(err, code, "%s%s", prefix, text);
}

int opt_error(const struct opt *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_error(o->p->err, ERR_USAGE, "Options error: ", fmt, ap);
	va_end(ap);
	return ERR_USAGE;
}

int opt_fatal(const struct opt *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_error(o->p->err, ERR_OPTION, "", fmt, ap);
	va_end(ap);
	return ERR_OPTION;
}

void opt_warn(const struct opt *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	config_report_addv(o->p->report, LOG_CLASS_WARN, 1, fmt, ap);
	va_end(ap);
}

void opt_info(const struct opt *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	config_report_addv(o->p->report, LOG_CLASS_INFO, 1, fmt, ap);
	va_end(ap);
}

/* Only an unknown name may be softened: a bad value of a known option is always an error. */
static bool is_softened(const struct opt *o, const char *name)
{
	if (o->soft || o->cfg->forward_compatible)
		return true;
	for (size_t i = 0; i < o->cfg->ignore_unknown.count; i++)
		if (strcmp(o->cfg->ignore_unknown.at[i], name) == 0)
			return true;
	return false;
}

int opt_unrecognised(const struct opt *o, const char *name)
{
	static const char text[] = "Unrecognized option or missing or extra parameter(s) in";

	if (is_softened(o, name)) {
		opt_warn(o, "%s %s:%u: %.255s (%s)", text, o->src->name, o->src->line, name,
			 PACKAGE_VERSION);
		return 0;
	}
	return opt_error(o, "%s %s:%u: %.255s (%s)", text, o->src->name, o->src->line, name,
			 PACKAGE_VERSION);
}

int opt_not_built(const struct opt *o, bool built, const char *what)
{
	if (built || (o->p->host && o->p->host->take_unbuilt))
		return 0;
	if (is_softened(o, o->name)) {
		opt_warn(o, "%s is not supported by this build yet (%s:%u)", what, o->src->name,
			 o->src->line);
		return ERR_UNSUPPORTED;
	}
	return opt_error(o, "%s is not supported by this build yet", what);
}

bool opt_clear_once(const struct opt *o, enum update_kind kind)
{
	if (!o->p->cleared || *o->p->cleared & kind)
		return false;
	*o->p->cleared |= kind;
	return true;
}

/* ---- generic values -------------------------------------------------------------------------- */

static void *target(const struct opt *o)
{
	uint8_t *base = o->row->flags & F_CONN ? (uint8_t *)o->ce : (uint8_t *)o->cfg;

	return base + o->row->offset;
}

static int script_apply(const struct opt *o)
{
	const char **slot = target(o);
	struct str command = str_init();
	int ret;

	if (o->argc > 1)
		return opt_error(
			o,
			"the --%s directive should have at most 1 parameter.  To pass a list of arguments as one of the parameters, try enclosing them in double quotes (\"\").",
			o->name);
	ret = opt_check_script(o, o->arg[0], o->row->flags & F_CHROOT);
	if (ret < 0)
		return ret;
	if (*slot)
		opt_warn(
			o,
			"Multiple --%s scripts defined.  The previously configured script is overridden.",
			o->name);

	str_add(&command, o->arg[0]);
	if (o->row->flags & F_COMMAS && command.text)
		for (char *c = command.text; *c; c++)
			if (*c == ',')
				*c = ' ';
	ret = value_text(o, str_text(&command), slot);
	str_fini(&command);
	return ret;
}

static int store_value(struct opt *o)
{
	const struct option_row *row = o->row;

	switch (row->kind) {
	case KIND_NONE:
		return 0;
	case KIND_FUNCTION:
		return row->apply(o);
	case KIND_FLAG:
		*(bool *)target(o) = true;
		return 0;
	case KIND_U31:
		return value_u31(o, o->arg[0], target(o));
	case KIND_I32:
		return value_i32(o, o->arg[0], target(o));
	case KIND_U63:
		return value_u63(o, o->name, o->arg[0], target(o));
	case KIND_RANGE:
		return value_range(o, row->label, o->arg[0], row->lo, row->hi, target(o));
	case KIND_TEXT:
		return value_text(o, o->arg[0], target(o));
	case KIND_FILE:
		return value_file(o, target(o));
	case KIND_SCRIPT:
		return script_apply(o);
	case KIND_REMOVED:
		return row->apply ? row->apply(o) : opt_error(o, "%s", row->label);
	case KIND_IGNORED:
		if (row->label && !opt_is_pushed(o))
			opt_warn(o, "%s", row->label);
		return 0;
	}
	return ERR_INTERNAL;
}

/* ---- permission ------------------------------------------------------------------------------ */

/* An earlier <connection> block inherits these from a later line, too. */
static bool is_inherited_key(const struct opt *o)
{
	static const char *const names[] = {"tls-auth", "tls-crypt", "tls-crypt-v2",
					    "key-direction"};
	bool key = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		key = key || strcmp(o->name, names[i]) == 0;
	if (!key)
		return false;
	for (size_t i = 0; i < o->cfg->entries.count; i++)
		if (!o->cfg->entries.at[i].wrap_set)
			return true;
	return false;
}

static int check_permission(const struct opt *o)
{
	const struct option_row *row = o->row;

	if (o->is_inline && !(row->flags & F_INLINE))
		return opt_error(o, "option '%s' is not expected to be inline (%s:%u)", o->name,
				 o->src->name, o->src->line);
	if (o->src->kind == SOURCE_CONNECTION ? !(row->flags & F_CONN)
					      : !(row->groups & (o->src->groups | GROUP_ANY)))
		return opt_error(o, "option '%s' cannot be used in this context (%s)", o->name,
				 o->src->name);
	if (row->flags & F_CONN && o->cfg->entries.count > 0 && !is_inherited_key(o)) {
		if (o->src->kind == SOURCE_COMMAND_LINE)
			opt_warn(o, "Option '%s' is ignored by previous <connection> blocks",
				 o->name);
		else if (o->src->kind == SOURCE_FILE)
			opt_warn(o,
				 "Option '%s' in %s:%u is ignored by previous <connection> blocks ",
				 o->name, o->src->name, o->src->line);
	}
	return 0;
}

static void note_origin(const struct opt *o, size_t index)
{
	const char *file = o->src->block_file ? o->src->block_file : o->src->name;
	struct config *cfg = o->cfg;
	struct config_origin *at;

	while (cfg->origins.count <= index)
		if (!LIST_ADD_ITEM(cfg, &cfg->origins, &(struct config_origin){0}))
			return;
	at = list_own(cfg->pool, &cfg->origins.list, sizeof(*at));
	if (!at)
		return;
	/* most lines come from one file: share its name */
	for (size_t i = 0; i < cfg->origins.count && !at[index].file; i++)
		if (at[i].file && strcmp(at[i].file, file) == 0)
			at[index].file = at[i].file;
	if (!at[index].file || strcmp(at[index].file, file) != 0)
		at[index].file = pool_strdup(cfg->pool, file);
	at[index].line = o->src->block_line + o->src->line;
}

static int apply_row(struct opt *o, size_t index)
{
	int ret = check_permission(o);

	if (ret < 0)
		return ret;
	if (o->row->status == OPTION_NOT_BUILT && !(o->row->flags & F_LATE)) {
		char what[80];

		snprintf(what, sizeof(what), "--%s", o->name);
		ret = opt_not_built(o, false, what);
		if (ret == ERR_UNSUPPORTED)
			return 0; /* a warning, as for an unknown option */
		if (ret < 0) {
			if (o->p->found && o->row->groups & GROUP_COMP)
				*o->p->found |= GROUP_COMP;
			return ret;
		}
	}
	ret = store_value(o);
	if (ret == ERR_UNSUPPORTED)
		return 0;
	if (ret < 0)
		return ret;
	if (pool_failed(o->cfg->pool))
		return err_set(o->p->err, ERR_NOMEM, "%s:%u: --%s: %s", o->src->name, o->src->line,
			       o->name, err_text(ERR_NOMEM));
	note_origin(o, index);
	if (o->p->found)
		*o->p->found |= o->row->groups & o->src->groups;
	return 0;
}

/* setenv opt NAME ARGS...: the option NAME, unless this build does not know it */
static bool is_setenv_opt(const struct config_source *src, const char *const *words, size_t count)
{
	return src->kind != SOURCE_PUSH && count >= 2 && strcmp(words[0], "setenv") == 0 &&
	       strcmp(words[1], "opt") == 0;
}

int option_apply(struct parse *p, const struct config_source *src, const char *const *words,
		 size_t count, bool is_inline)
{
	struct opt o = {.p = p, .cfg = p->cfg, .ce = p->ce, .src = src, .is_inline = is_inline};

	if (is_setenv_opt(src, words, count)) {
		o.soft = true;
		if (count == 2)
			return opt_unrecognised(&o, "setenv opt");
		words += 2;
		count -= 2;
	}
	o.name = words[0];
	o.arg = words + 1;
	o.argc = count - 1;

	size_t index = option_index(o.name);

	o.row = option_row(index);
	if (!o.row || o.row->status == OPTION_ABSENT || o.argc < o.row->min_args ||
	    o.argc > o.row->max_args)
		return opt_unrecognised(&o, o.name);
	return apply_row(&o, index);
}
