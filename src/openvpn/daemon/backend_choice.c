/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/backend_choice.h"

#include <stdlib.h>
#include <string.h>

#include "config/features.h"

bool backend_is_kernel(const struct dco_backend *backend)
{
	return strcmp(backend->name, "engine") != 0;
}

void backend_judge(const struct config *cfg, const struct dco_backend *backend, bool kernel_allowed,
		   struct backend_verdict *out)
{
	struct config_need needs[BACKEND_NEEDS_MAX];
	size_t n = config_needs(cfg, needs, BACKEND_NEEDS_MAX);
	uint64_t offered;

	memset(out, 0, sizeof(*out));
	out->backend = backend;
	out->forbidden = backend_is_kernel(backend) && (cfg->tun.disable_dco || !kernel_allowed);
	offered = backend->features(&out->why);
	out->usable = offered && !out->forbidden;
	if (!offered)
		return;
	out->why.text[0] = '\0';
	for (size_t i = 0; i < n && i < BACKEND_NEEDS_MAX; i++) {
		if (offered & needs[i].feature)
			continue;
		out->missing[out->n_missing++] = needs[i];
		out->usable = out->usable && !needs[i].fatal;
	}
}

/* Say why a backend of the kernel is passed over. --disable-dco needs no reason. */
static void log_refusal(const struct backend_verdict *v, const struct log *log)
{
	bool first = true;

	if (v->forbidden)
		return;
	if (v->why.text[0])
		log_info(log, 3, "%s", v->why.text);
	for (size_t i = 0; i < v->n_missing; i++) {
		if (!v->missing[i].fatal)
			continue;
		/* FIX-28: who runs at verb 1 must see why the tunnel is slower */
		log_info(log, first ? 1 : 3, "%s", v->missing[i].line);
		first = false;
	}
}

static void log_warnings(const struct backend_verdict *v, const struct log *log)
{
	for (size_t i = 0; i < v->n_missing; i++)
		log_warn(log, "%s", v->missing[i].line);
}

static int refuse(const struct backend_verdict *last, struct err *err)
{
	for (size_t i = 0; i < last->n_missing; i++) {
		if (last->missing[i].fatal)
			return err_set(
				err, ERR_UNSUPPORTED,
				"no data plane of this build offers what --%s needs (%s): see --dco-check",
				last->missing[i].option ? last->missing[i].option : "config",
				feature_text(last->missing[i].feature));
	}
	return err_set(err, ERR_UNSUPPORTED, "no data plane is usable: %s",
		       last->why.text[0] ? last->why.text : "see --dco-check");
}

const struct dco_backend *backend_choose(const struct config *cfg, bool kernel_allowed,
					 const struct dco_backend * not, const struct log *log,
					 struct err *err)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct backend_verdict *v = malloc(sizeof(*v));
	const struct dco_backend *found = NULL;

	if (!v) {
		err_set(err, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
		return NULL;
	}
	memset(v, 0, sizeof(*v));
	for (size_t i = 0; i < count && !found; i++) {
		if (all[i] == not )
			continue;
		backend_judge(cfg, all[i], kernel_allowed, v);
		if (v->usable)
			found = all[i];
		else
			log_refusal(v, log);
	}
	if (found) {
		log_warnings(v, log);
		log_info(log, 2, "Data channel: %s (%s)", found->text,
			 backend_is_kernel(found) ? "offload is used" : "offload is not used");
	} else {
		refuse(v, err);
	}
	free(v);
	return found;
}

static void describe_missing(const struct config *cfg, const struct config_need *need,
			     struct str *out)
{
	char where[128] = "";

	str_addf(out, "    %s: %s\n", need->fatal ? "missing" : "without effect",
		 feature_text(need->feature));
	str_addf(out, "      %s\n", need->line);
	if (!need->option)
		return;
	config_origin_text(cfg, need->option, where, sizeof(where));
	if (where[0])
		str_addf(out, "      remedy: remove '%s' (%s), or accept the next data plane\n",
			 need->option, where);
	else
		str_addf(out, "      remedy: see '%s' in the manual\n", need->option);
}

static void describe(const struct config *cfg, const struct backend_verdict *v, bool chosen,
		     struct str *out)
{
	char version[128] = "";
	const char *text =
		v->backend->version ? v->backend->version(version, sizeof(version)) : NULL;

	str_addf(out, "%-12s %s%s%s%s\n", v->backend->name, v->backend->text,
		 text && *text ? ", " : "", text ? text : "",
		 chosen	     ? ": used"
		 : v->usable ? ": usable"
			     : ": not usable");
	if (v->why.text[0])
		str_addf(out, "    %s\n", v->why.text);
	if (v->forbidden)
		str_add(out,
			cfg->tun.disable_dco
				? "    switched off; remedy: remove 'disable-dco'\n"
				: "    'user' would take CAP_NET_ADMIN away; remedy: grant CAP_SETPCAP, or leave 'user' out\n");
	for (size_t i = 0; i < v->n_missing; i++)
		describe_missing(cfg, &v->missing[i], out);
}

int backend_check(const struct config *cfg, bool kernel_allowed, struct str *out)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct backend_verdict *v = malloc(sizeof(*v));
	int status = BACKEND_CHECK_NONE;

	if (!v) {
		out->failed = true;
		return status;
	}
	for (size_t i = 0; i < count; i++) {
		bool chosen;

		backend_judge(cfg, all[i], kernel_allowed, v);
		chosen = v->usable && status == BACKEND_CHECK_NONE;
		if (chosen)
			status = backend_is_kernel(all[i]) ? BACKEND_CHECK_KERNEL
							   : BACKEND_CHECK_ENGINE;
		describe(cfg, v, chosen, out);
	}
	free(v);
	return status;
}
