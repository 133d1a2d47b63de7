/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/backend_choice.h"

#include <stdio.h>
#include <string.h>

#include "config/features.h"
#include "config/options.h"
#include "net/iface.h"

enum {
	NEEDS_MAX = 64 /* some twenty options have needs */
};

struct wish {
	struct config_need needs[NEEDS_MAX];
	struct dco_wish dco;
	char disabled_why[320];
};

/* The kind of an interface that has the name of ours already; false: there is none. */
static bool find_link(const char *name, struct iface_info *info)
{
	int ifindex = iface_index(name);
	struct log quiet = log_init(NULL, "");
	struct netlink *nl = NULL;
	bool found = ifindex > 0 && netlink_open(&quiet, &nl, NULL) == 0 &&
		     iface_get(nl, ifindex, info, NULL) == 0;

	netlink_close(nl);
	return found;
}

/* Only the userspace engine can take over what no driver of offload made, if anything can. */
static void add_in_the_way(struct wish *w, const struct config *cfg)
{
	struct config_need *need = &w->needs[w->dco.need_count];

	if (w->dco.need_count == NEEDS_MAX)
		return;
	w->dco.need_count++;
	*need = (struct config_need){
		.feature = FEAT_DEVICE_NODE,
		.option = "dev",
		.origin = config_origin(cfg, "dev"),
		.note = {OFFLOAD_OBSTACLE,
			 "the driver cannot take over an interface of another kind",
			 "delete it with 'ip link del', or choose another name"},
		.fatal = true,
	};
	snprintf(
		need->line, sizeof(need->line),
		"Interface %s exists and is not using the ovpn DCO driver. Disabling data channel offload",
		cfg->tun.dev);
}

/* Spec 04 section 4.2, B13, for every name but "tun"; and whose the interface is, spec 05 A13. */
static void look_at_link(struct wish *w, const struct config *cfg)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct iface_info info;

	if (cfg->tun.type != CONFIG_DEV_TUN || !cfg->tun.dev || strcmp(cfg->tun.dev, "tun") == 0 ||
	    !find_link(cfg->tun.dev, &info))
		return;
	for (size_t i = 0; i < count; i++) {
		if (!all[i]->link_kind || strcmp(info.kind, all[i]->link_kind) != 0)
			continue;
		w->dco.link_kind = all[i]->link_kind;
		w->dco.link_name = cfg->tun.dev;
		return;
	}
	add_in_the_way(w, cfg);
}

static void wish_init(struct wish *w, const struct config *cfg, bool kernel_allowed)
{
	size_t n = config_needs(cfg, w->needs, NEEDS_MAX);

	w->dco = (struct dco_wish){
		.needs = w->needs,
		.need_count = n < NEEDS_MAX ? n : NEEDS_MAX,
		.disabled = cfg->tun.disable_dco || !kernel_allowed,
	};
	if (!w->dco.disabled)
		look_at_link(w, cfg);
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

void backend_load_driver(void)
{
	size_t count;
	const struct dco_backend *const *all = dco_backends(&count);
	struct err why;

	for (size_t i = 0; i + 1 < count && !all[i]->features(&why); i++)
		continue;
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

/* The word after "cipher", NULL when the item is another one. */
static const char *pushed_cipher(const char *item)
{
	return str_starts(item, "cipher ") ? item + strlen("cipher ") : NULL;
}

const char *backend_push_obstacle(const char *item, uint64_t features, char *buf, size_t cap)
{
	const char *cipher = pushed_cipher(item);
	bool framing = str_starts(item, "comp-lzo") ||
		       (str_starts(item, "compress") && strcmp(item, "compress stub-v2") != 0);

	if (framing && !(features & FEAT_COMPRESS_STUB))
		return "Note: pushing compression is not possible with data channel offload";
	if (!cipher || feature_of_cipher(cipher) & features)
		return NULL;
	snprintf(
		buf, cap,
		"Note: pushing cipher '%s' is not possible with data channel offload, which does not support it",
		cipher);
	return buf;
}

void backend_ciphers(const char *list, uint64_t features, char out[BACKEND_CIPHERS_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	for (const char *at = list; at && *at; at += *at == ':') {
		int n = (int)strcspn(at, ":");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", n, at);
		at += n;
		if (!(feature_of_cipher(name) & features))
			continue;
		n = snprintf(out + len, BACKEND_CIPHERS_MAX - len, "%s%s", len ? ":" : "", name);
		len += n > 0 ? (size_t)n : 0;
		if (len >= BACKEND_CIPHERS_MAX)
			break;
	}
	if (len == 0 || len >= BACKEND_CIPHERS_MAX)
		(void)str_copy(out, BACKEND_CIPHERS_MAX, list ? list : "");
}

bool backend_is_kernel(const struct dco_backend *backend)
{
	return backend != backend_fallback();
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
