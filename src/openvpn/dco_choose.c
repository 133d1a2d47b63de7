/* SPDX-License-Identifier: GPL-2.0-only */
#include "dco_choose.h"

#include <stdio.h>
#include <string.h>

enum {
	WHERE_MAX = 256
};

size_t dco_missing(const struct dco_wish *wish, uint64_t offered, size_t from)
{
	while (from < wish->need_count) {
		const struct config_need *need = &wish->needs[from];

		if (need->fatal && need->feature & ~offered)
			break;
		from++;
	}
	return from;
}

static bool is_last(size_t i, size_t count)
{
	return i + 1 == count;
}

/* What a kernel could do at best; the reason named first is the configuration's, as always. */
static uint64_t offered_at_best(const struct dco_backend *b)
{
	struct err why;

	return b->offers ? b->offers : b->features(&why);
}

/* An interface belongs to the driver that made it. */
static bool is_of_another(const struct dco_wish *wish, const struct dco_backend *b)
{
	return wish->link_kind && b->link_kind && strcmp(wish->link_kind, b->link_kind) != 0;
}

/* "--fragment in client.conf:12" */
static const char *where(const struct config_need *need, char *buf, size_t cap)
{
	if (need->origin)
		snprintf(buf, cap, "--%s in %.128s:%u", need->option, need->origin->file,
			 need->origin->line);
	else
		snprintf(buf, cap, "--%s by default", need->option);
	return buf;
}

static bool explained(const struct config_need *need)
{
	return need->option && need->note.remedy;
}

/* What the known line does not say: where it comes from, why it is so, and what to do. */
static void explain(const struct config_need *need, const struct log *log)
{
	char text[WHERE_MAX];

	if (explained(need))
		log_info(log, 3, "%s: %s; %s: %s", where(need, text, sizeof(text)), need->note.why,
			 need->fatal ? "to use offload" : "instead", need->note.remedy);
}

/* The first obstacle in full, the others by number: their lines would only repeat the outcome. */
static void tell_obstacle(const struct dco_wish *wish, size_t first, uint64_t offered,
			  const struct log *log)
{
	size_t others = 0;

	log_info(log, 1, "%s", wish->needs[first].line); /* shown even where notes are not */
	explain(&wish->needs[first], log);
	for (size_t i = dco_missing(wish, offered, first + 1); i < wish->need_count;
	     i = dco_missing(wish, offered, i + 1))
		others++;
	if (others > 0)
		log_info(log, 3, "%zu more obstacle%s to offload: see --dco-check", others,
			 others == 1 ? "" : "s");
}

/* What will have no effect. The known lines speak of offload, which the last backend is not. */
static void tell_idle(const struct dco_wish *wish, const struct dco_backend *b, uint64_t offered,
		      bool last, const struct log *log)
{
	for (size_t i = 0; i < wish->need_count; i++) {
		const struct config_need *need = &wish->needs[i];

		if (need->fatal || !(need->feature & ~offered))
			continue;
		if (last) {
			log_warn(log, "Note: --%s has no effect with the %s", need->option,
				 b->text);
			continue;
		}
		log_warn(log, "%s", need->line);
		explain(need, log);
	}
}

/* Every missing thing in one line: option, what it takes, remedy. */
static int refuse(const struct dco_wish *wish, uint64_t offered, struct err *err)
{
	size_t at = dco_missing(wish, offered, 0);
	char list[ERR_TEXT_MAX / 2] = "";
	size_t len = 0;

	for (; at < wish->need_count; at = dco_missing(wish, offered, at + 1)) {
		const struct config_need *need = &wish->needs[at];
		int n = snprintf(list + len, sizeof(list) - len, "%s%s%s needs %s", len ? "; " : "",
				 need->option ? "--" : "", need->option ? need->option : "this",
				 feature_text(need->feature));

		if (n < 0 || (size_t)n >= sizeof(list) - len)
			break;
		len += (size_t)n;
	}
	return err_set(
		err, ERR_UNSUPPORTED,
		"Options error: no data plane of this build can run this configuration: %s (remove the option, or see --dco-check)",
		list);
}

const struct dco_backend *dco_choose(const struct dco_backend *const *backends, size_t count,
				     const struct dco_wish *wish, const struct log *log,
				     struct err *err)
{
	const char *told = "";

	for (size_t i = wish->disabled ? count - 1 : 0; i < count; i++) {
		const struct dco_backend *b = backends[i];
		struct err why = {0};
		uint64_t offered = offered_at_best(b);
		size_t missing = dco_missing(wish, offered, 0);

		if (is_of_another(wish, b)) {
			log_info(log, 3, "Interface %s was made by another driver than the %s",
				 wish->link_name, b->text);
			continue;
		}
		if (missing == wish->need_count) {
			offered = b->features(&why);
			if (!offered) {
				log_info(log, 3, "%s", why.text);
				if (is_last(i, count))
					(void)err_set(err, ERR_UNSUPPORTED, "%s", why.text);
				continue;
			}
			missing = dco_missing(wish, offered, 0); /* it may be less than the best */
		}
		if (missing == wish->need_count) {
			tell_idle(wish, b, offered, is_last(i, count), log);
			return b;
		}
		if (is_last(i, count))
			(void)refuse(wish, offered, err);
		else if (wish->needs[missing].line != told)
			tell_obstacle(wish, missing, offered, log);
		told = wish->needs[missing].line; /* once for both kernel drivers */
	}
	return NULL;
}

/* ---- the table ---- */

static void add_reason(struct str *out, const char *line, const char *remedy)
{
	str_addf(out, "  no   %s\n", line);
	if (remedy)
		str_addf(out, "         remedy: %s\n", remedy);
}

static void add_explanation(struct str *out, const struct config_need *need)
{
	char text[WHERE_MAX];

	if (explained(need))
		str_addf(out, "         %s: %s\n         %s: %s\n", where(need, text, sizeof(text)),
			 need->note.why, need->fatal ? "remedy" : "instead", need->note.remedy);
}

/* The same needs are missing in each of the kernel's drivers: they are explained once. */
static void add_obstacles(const struct dco_wish *wish, uint64_t offered, const uint64_t *before,
			  bool last, struct str *out)
{
	for (size_t at = dco_missing(wish, offered, 0); at < wish->need_count;
	     at = dco_missing(wish, offered, at + 1)) {
		const struct config_need *need = &wish->needs[at];

		str_addf(out, "  no   %s\n", need->line);
		if (last)
			str_addf(out, "         needs %s; remove or change --%s\n",
				 feature_text(need->feature), need->option);
		else if (before && need->feature & ~*before)
			str_addf(out, "         see above\n");
		else
			add_explanation(out, need);
	}
}

static const char *remedy_of(const struct dco_backend *b, const struct err *why)
{
	switch (why->code) {
	case ERR_NOT_FOUND:
		return b->how_to_get;
	case ERR_PERMISSION:
		return "start it as root or with CAP_NET_ADMIN, and not in a user namespace (unprivileged container)";
	default:
		return NULL;
	}
}

static bool check_row(const struct dco_backend *b, const struct dco_wish *wish,
		      const uint64_t *before, bool last, struct str *out)
{
	struct err why = {0};
	char version[128];
	uint64_t offered = offered_at_best(b), usable;

	str_addf(out, "%-12s %s (%s)\n", b->name, b->text, b->version(version, sizeof(version)));
	if (wish->disabled && !last) {
		add_reason(out, wish->disabled_why, wish->disabled_remedy);
		return false;
	}
	if (is_of_another(wish, b)) {
		str_addf(out, "  no   Interface %s was made by another driver\n", wish->link_name);
		return false;
	}
	usable = b->features(&why);
	if (!usable)
		add_reason(out, why.text, remedy_of(b, &why));
	else
		offered = usable;
	add_obstacles(wish, offered, before, last, out);
	if (!usable || dco_missing(wish, offered, 0) < wish->need_count)
		return false;
	str_addf(out, "  yes\n");
	for (size_t i = 0; i < wish->need_count; i++) {
		const struct config_need *need = &wish->needs[i];

		if (need->fatal || !(need->feature & ~offered))
			continue;
		if (last) {
			str_addf(out, "       Note: --%s has no effect\n", need->option);
			continue;
		}
		str_addf(out, "       %s\n", need->line);
		add_explanation(out, need);
	}
	return true;
}

enum dco_check_result dco_check(const struct dco_backend *const *backends, size_t count,
				const struct dco_wish *wish, struct str *out)
{
	enum dco_check_result result = DCO_CHECK_NONE;
	const struct dco_backend *chosen = NULL;
	uint64_t before;

	for (size_t i = 0; i < count; i++) {
		bool usable = check_row(backends[i], wish, i > 0 ? &before : NULL,
					is_last(i, count), out);

		before = offered_at_best(backends[i]);
		if (!usable || chosen)
			continue;
		chosen = backends[i];
		result = is_last(i, count) ? DCO_CHECK_ENGINE : DCO_CHECK_OFFLOAD;
	}
	str_addf(out, "would be used: %s\n", chosen ? chosen->name : "none");
	return result;
}
