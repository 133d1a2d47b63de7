/* SPDX-License-Identifier: GPL-2.0-only */
#include "dco_choose.h"

#include <stdio.h>
#include <string.h>

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

static void warn_without_effect(const struct dco_wish *wish, uint64_t offered,
				const struct log *log)
{
	for (size_t i = 0; i < wish->need_count; i++)
		if (!wish->needs[i].fatal && wish->needs[i].feature & ~offered)
			log_warn(log, "%s", wish->needs[i].line);
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

		if (missing < wish->need_count) {
			if (is_last(i, count))
				(void)refuse(wish, offered, err);
			else if (wish->needs[missing].line != told)
				log_info(log, 1, "%s", wish->needs[missing].line); /* FIX-28 */
			told = wish->needs[missing].line; /* once for both kernel drivers */
			continue;
		}
		offered = b->features(&why);
		if (!offered) {
			log_info(log, 3, "%s", why.text);
			if (is_last(i, count))
				(void)err_set(err, ERR_UNSUPPORTED, "%s", why.text);
			continue;
		}
		warn_without_effect(wish, offered, log);
		return b;
	}
	return NULL;
}

/* ---- the table ---- */

static void check_row(const struct dco_backend *b, const struct dco_wish *wish, bool skipped,
		      struct str *out, bool *usable)
{
	struct err why = {0};
	char version[128];
	uint64_t offered = offered_at_best(b);
	size_t at = dco_missing(wish, offered, 0);

	*usable = false;
	str_addf(out, "%-12s %s (%s)\n", b->name, b->text, b->version(version, sizeof(version)));
	if (skipped) {
		str_addf(out, "  no   --disable-dco is set\n       remove --disable-dco\n");
		return;
	}
	for (; at < wish->need_count; at = dco_missing(wish, offered, at + 1)) {
		const struct config_need *need = &wish->needs[at];

		str_addf(out, "  no   %s\n       needs %s", need->line,
			 feature_text(need->feature));
		if (need->option)
			str_addf(out, "; remove or change --%s", need->option);
		str_addf(out, "\n");
	}
	if (dco_missing(wish, offered, 0) < wish->need_count)
		return;
	if (!b->features(&why)) {
		str_addf(out, "  no   %s\n", why.text);
		return;
	}
	*usable = true;
	str_addf(out, "  yes\n");
	for (size_t i = 0; i < wish->need_count; i++)
		if (!wish->needs[i].fatal && wish->needs[i].feature & ~offered)
			str_addf(out, "       %s\n", wish->needs[i].line);
}

enum dco_check_result dco_check(const struct dco_backend *const *backends, size_t count,
				const struct dco_wish *wish, struct str *out)
{
	enum dco_check_result result = DCO_CHECK_NONE;
	const char *chosen = "none";

	for (size_t i = 0; i < count; i++) {
		bool usable;

		check_row(backends[i], wish, wish->disabled && !is_last(i, count), out, &usable);
		if (!usable || result != DCO_CHECK_NONE)
			continue;
		chosen = backends[i]->name;
		result = is_last(i, count) ? DCO_CHECK_ENGINE : DCO_CHECK_OFFLOAD;
	}
	str_addf(out, "would be used: %s\n", chosen);
	return result;
}
