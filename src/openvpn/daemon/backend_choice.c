/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/backend_choice.h"

#include <stdio.h>

#include "config/features.h"
#include "config/options.h"

enum {
	NEEDS_MAX = 64 /* some twenty options have needs */
};

struct wish {
	struct config_need needs[NEEDS_MAX];
	struct dco_wish dco;
	char disabled_why[320];
};

static void wish_init(struct wish *w, const struct config *cfg, bool kernel_allowed)
{
	size_t n = config_needs(cfg, w->needs, NEEDS_MAX);

	w->dco = (struct dco_wish){
		.needs = w->needs,
		.need_count = n < NEEDS_MAX ? n : NEEDS_MAX,
		.disabled = cfg->tun.disable_dco || !kernel_allowed,
	};
}

/* For --dco-check: what forbids all of the kernel's drivers. */
static void tell_disabled(struct wish *w, const struct config *cfg)
{
	char where[160];

	if (cfg->tun.disable_dco) {
		config_origin_text(cfg, "disable-dco", where, sizeof(where));
		snprintf(w->disabled_why, sizeof(w->disabled_why), "--disable-dco is set in %s",
			 where);
		w->dco.disabled_remedy = "remove --disable-dco";
	} else {
		config_origin_text(cfg, "user", where, sizeof(where));
		snprintf(w->disabled_why, sizeof(w->disabled_why),
			 "--user in %s: this process cannot keep CAP_NET_ADMIN", where);
		w->dco.disabled_remedy =
			"start it as root; in a systemd unit or container with CAP_NET_ADMIN, CAP_SETPCAP, CAP_SETUID and CAP_SETGID";
	}
	w->dco.disabled_why = w->disabled_why;
}

const struct dco_backend *backend_fallback(void)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);

	return all[count - 1];
}

bool backend_suits(const struct dco_backend *backend, const struct negotiated *neg)
{
	uint64_t need = feature_of_cipher(neg->cipher);
	struct err why;

	need |= neg->use_v2 && neg->peer_id != NEGOTIATED_PEER_ID_NONE ? FEAT_DATA_V2
								       : FEAT_DATA_V1;
	if (neg->epoch)
		need |= FEAT_EPOCH;
	if (neg->use_v2 && neg->tx_peer_id != neg->peer_id)
		need |= FEAT_ASYM_PEER_ID;
	return (backend->features(&why) & need) == need;
}

bool backend_is_kernel(const struct dco_backend *backend)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);

	return backend != all[count - 1]; /* the engine is the last */
}

const struct dco_backend *backend_choose(const struct config *cfg, bool kernel_allowed,
					 const struct log *log, struct err *err)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	const struct dco_backend *found;
	struct wish w;

	wish_init(&w, cfg, kernel_allowed);
	found = dco_choose(all, count, &w.dco, log, err);
	if (found)
		log_info(log, 2, "Data channel offload is %s: %s",
			 backend_is_kernel(found) ? "used" : "not used", found->text);
	return found;
}

enum dco_check_result backend_check(const struct config *cfg, bool kernel_allowed, struct str *out)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct wish w;

	wish_init(&w, cfg, kernel_allowed);
	tell_disabled(&w, cfg);
	return dco_check(all, count, &w.dco, out);
}
