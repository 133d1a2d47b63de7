/* SPDX-License-Identifier: GPL-2.0-only */
#include "config/push.h"

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/internal.h"

enum config_filter_result config_filter_item(const struct config *cfg, const char *item,
					     struct config_report *report)
{
	for (size_t i = 0; i < cfg->pull_filters.count; i++) {
		const struct config_pull_filter *f = &cfg->pull_filters.at[i];

		if (!str_starts(item, f->prefix))
			continue;
		switch (f->action) {
		case CONFIG_FILTER_ACCEPT:
			config_report_add(report, LOG_CLASS_INFO, 4,
					  "Pushed option accepted by filter: '%s'", item);
			return CONFIG_ITEM_TAKEN;
		case CONFIG_FILTER_IGNORE:
			config_report_add(report, LOG_CLASS_INFO, 3,
					  "Pushed option removed by filter: '%s'", item);
			return CONFIG_ITEM_DROPPED;
		case CONFIG_FILTER_REJECT:
			config_report_add(report, LOG_CLASS_WARN, 1,
					  "Pushed option rejected by filter: '%s'.", item);
			return CONFIG_ITEM_REJECTED;
		}
	}
	return CONFIG_ITEM_TAKEN;
}

void config_push_start(struct config_push *push, struct config *cfg, const struct config_host *host,
		       struct config_report *report)
{
	*push = (struct config_push){.cfg = cfg, .host = host, .report = report};
}

/* ---- one item -------------------------------------------------------------------------------- */

struct item {
	char text[CONFIG_LINE_MAX]; /* without leading blanks, terminated */
	struct parse p;
	struct config_source src;
};

static void item_init(struct item *it, struct config_push *push, struct err *err)
{
	push->ordinal++;
	it->p = (struct parse){.cfg = push->cfg,
			       .ce = &push->cfg->ce,
			       .host = push->host,
			       .report = push->report,
			       .err = err,
			       .found = &push->found};
	it->src = (struct config_source){.kind = SOURCE_PUSH,
					 .name = "[PUSH-OPTIONS]",
					 .line = push->ordinal,
					 .groups = option_groups(SOURCE_PUSH, push->cfg)};
}

/* Refused as one unit when too long, never cut: the rest would be an option of its own. */
static bool item_take_text(struct item *it, const char *text, size_t len)
{
	while (len > 0 && (*text == ' ' || (*text >= '\t' && *text <= '\r'))) {
		text++;
		len--;
	}
	if (len >= sizeof(it->text)) {
		config_report_add(
			it->p.report, LOG_CLASS_ERROR, 1,
			"Options error: In %s:%u: Maximum option line length (%d) exceeded, line starts with %.60s",
			it->src.name, it->src.line, CONFIG_LINE_MAX, text);
		return false;
	}
	memcpy(it->text, text, len);
	it->text[len] = '\0';
	return true;
}

/* Return: 1 to go on, 0 when dropped, ERR_PERMISSION when a filter rejects the message. */
static int item_filter(const struct item *it, const char *text)
{
	switch (config_filter_item(it->p.cfg, text, it->p.report)) {
	case CONFIG_ITEM_TAKEN:
		return 1;
	case CONFIG_ITEM_DROPPED:
		return 0;
	case CONFIG_ITEM_REJECTED:
		return err_set(it->p.err, ERR_PERMISSION, "Offending option received from server");
	}
	return ERR_INTERNAL;
}

static int item_apply(struct item *it, const char *text)
{
	const char *words[CONFIG_TOKENS_MAX];
	char store[CONFIG_LINE_MAX + CONFIG_TOKENS_MAX + 2];
	char where[64];
	size_t count;
	int ret;

	snprintf(where, sizeof(where), "%s:%u", it->src.name, it->src.line);
	ret = config_tokenise(text, strlen(text), where, words, store, sizeof(store), NULL,
			      it->p.err);
	if (ret == 0)
		return 0; /* blank, or a comment */
	if (ret > 0) {
		count = (size_t)ret;
		if (strncmp(words[0], "--", 2) == 0 && words[0][2] != '\0')
			words[0] += 2;
		ret = option_apply(&it->p, &it->src, words, count, false);
	}
	if (ret == ERR_NOMEM || ret == 0)
		return ret;
	parse_note_error(&it->p, &it->src);
	return 0;
}

int config_push_item(struct config_push *push, const char *item, size_t len, struct err *err)
{
	struct item it;
	int ret;

	item_init(&it, push, err);
	if (!item_take_text(&it, item, len))
		return 0;
	ret = item_filter(&it, it.text);
	return ret > 0 ? item_apply(&it, it.text) : ret;
}

/* ---- PUSH_UPDATE ----------------------------------------------------------------------------- */

/* The row of a name that may be updated; NULL otherwise. */
static const struct option_row *updatable(const char *text)
{
	char name[64];
	size_t len = strcspn(text, " ");
	const struct option_row *row;

	if (len == 0 || len >= sizeof(name))
		return NULL;
	memcpy(name, text, len);
	name[len] = '\0';
	row = option_row(option_index(name));
	return row && row->flags & F_UPDATE ? row : NULL;
}

static void reset_addresses(struct config_tun *tun)
{
	tun->ifconfig_local = NULL;
	tun->ifconfig_remote = NULL;
}

static void reset_addresses6(struct config_tun *tun)
{
	tun->ifconfig6_local = NULL;
	tun->ifconfig6_remote = NULL;
	tun->ifconfig6_bits = 0;
}

static void reset_mtu(struct config *cfg)
{
	cfg->ce.tun_mtu = 1500;
	cfg->ce.occ_mtu = 0;
}

static void reset_gateway(struct config_routing *r)
{
	r->gateway = NULL;
	r->gateway_dhcp = false;
}

static void reset_metric(struct config_routing *r)
{
	r->metric = 0;
	r->metric_set = false;
}

static void reset_dns(struct config_dns *dns)
{
	LIST_CLEAR(&dns->servers);
	LIST_CLEAR(&dns->search_domains);
}

static bool reset_option(struct config *cfg, const char *name)
{
	if (strcmp(name, "ifconfig") == 0)
		reset_addresses(&cfg->tun);
	else if (strcmp(name, "ifconfig-ipv6") == 0)
		reset_addresses6(&cfg->tun);
	else if (strcmp(name, "route") == 0)
		LIST_CLEAR(&cfg->routing.routes);
	else if (strcmp(name, "route-ipv6") == 0)
		LIST_CLEAR(&cfg->routing.routes6);
	else if (strcmp(name, "route-gateway") == 0)
		reset_gateway(&cfg->routing);
	else if (strcmp(name, "route-metric") == 0)
		reset_metric(&cfg->routing);
	else if (strcmp(name, "redirect-gateway") == 0 || strcmp(name, "redirect-private") == 0)
		cfg->routing.redirect = 0;
	else if (strcmp(name, "dns") == 0)
		reset_dns(&cfg->dns);
	else if (strcmp(name, "dhcp-option") == 0)
		cfg->dhcp = (struct config_dhcp){0};
	else if (strcmp(name, "topology") == 0)
		cfg->tun.topology = cfg->tun.type == CONFIG_DEV_TAP ? CONFIG_TOPOLOGY_UNDEFINED
								    : CONFIG_TOPOLOGY_NET30;
	else if (strcmp(name, "tun-mtu") == 0)
		reset_mtu(cfg);
	else if (strcmp(name, "block-ipv6") == 0)
		cfg->tun.block_ipv6 = false;
	else
		return false;
	return true;
}

static int item_reset(struct item *it, const char *name, const struct option_row *row)
{
	if (!(row->groups & it->src.groups)) {
		config_report_add(it->p.report, LOG_CLASS_ERROR, 1,
				  "Options error: option '%s' cannot be used in this context (%s)",
				  name, it->src.name);
		return 0;
	}
	if (!reset_option(it->p.cfg, name)) {
		config_report_add(
			it->p.report, LOG_CLASS_ERROR, 1,
			"Options error: Unrecognized option or missing or extra parameter(s) in %s:%u: -%s (%s)",
			it->src.name, it->src.line, name, PACKAGE_VERSION);
		return 0;
	}
	*it->p.found |= row->groups & it->src.groups;
	return 0;
}

int config_push_update_item(struct config_push *push, const char *item, size_t len, struct err *err)
{
	struct item it;
	const struct option_row *row;
	const char *text;
	bool reset, optional;
	int ret;

	item_init(&it, push, err);
	it.p.cleared = &push->cleared;
	if (!item_take_text(&it, item, len))
		return 0;
	text = it.text;
	reset = *text == '-';
	text += reset;
	optional = *text == '?';
	text += optional;

	row = updatable(text);
	if (!row && optional && *text && *text != '-') {
		config_report_add(push->report, LOG_CLASS_WARN, 1,
				  "Pushed dispensable option is not updatable: '%s'. Ignoring.",
				  text);
		return 0;
	}
	if (!row)
		return err_set(err, ERR_OPTION, "Pushed option is not updatable: '%s'.", text);
	ret = item_filter(&it, text);
	if (ret <= 0)
		return ret;
	return reset ? item_reset(&it, text, row) : item_apply(&it, text);
}

/* ---- the end of a sequence ------------------------------------------------------------------- */

static void note_imported(const struct config_push *push)
{
	static const struct {
		unsigned int group;
		unsigned int verb;
		const char *text;
	} lines[] = {
		{GROUP_MESSAGES, 3, "--verb and/or --mute level changed"},
		{GROUP_TIMER, 7, "timers and/or timeouts modified"},
		{GROUP_COMP, 7, "compression parms modified"},
		{GROUP_SHAPER, 3, "traffic shaper enabled"},
		{GROUP_SOCKBUF, 3, "--sndbuf/--rcvbuf options modified"},
		{GROUP_PERSIST, 3, "--persist options modified"},
		{GROUP_UP, 3, "--ifconfig/up options modified"},
		{GROUP_ROUTE, 3, "route options modified"},
		{GROUP_ROUTE_EXTRAS, 3, "route-related options modified"},
		{GROUP_DNS, 3, "--ip-win32 and/or --dhcp-option options modified"},
		{GROUP_SETENV, 3, "environment modified"},
		{GROUP_PEER_ID, 7, "peer-id set"},
		{GROUP_CRYPTO, 7, "data channel crypto options modified"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (push->found & lines[i].group)
			config_report_add(push->report, LOG_CLASS_INFO, lines[i].verb,
					  "OPTIONS IMPORT: %s", lines[i].text);
}

static void settle_exit_notify(struct config_push *push)
{
	struct conn_entry *ce = &push->cfg->ce;

	if (!(push->found & GROUP_EXIT_NOTIFY))
		return;
	if (ce->proto.kind != CONFIG_PROTO_UDP && ce->explicit_exit_notify) {
		config_report_add(
			push->report, LOG_CLASS_WARN, 1,
			"OPTIONS IMPORT: --explicit-exit-notify can only be used with --proto udp");
		ce->explicit_exit_notify = 0;
		return;
	}
	config_report_add(push->report, LOG_CLASS_INFO, 7,
			  "OPTIONS IMPORT: explicit notify parm(s) modified");
}

static void settle_pushed_mtu(struct config_push *push)
{
	struct conn_entry *ce = &push->cfg->ce;

	if (!(push->found & GROUP_PUSH_MTU))
		return;
	if (ce->tun_mtu > ce->tun_mtu_max) {
		config_report_add(
			push->report, LOG_CLASS_ERROR, 1,
			"Server-pushed tun-mtu is too large, please add tun-mtu-max %u in the client configuration",
			ce->tun_mtu);
		ce->tun_mtu = ce->tun_mtu_max;
	}
	config_report_add(push->report, LOG_CLASS_INFO, 3, "OPTIONS IMPORT: tun-mtu set to %u",
			  ce->tun_mtu);
}

static bool compression_allowed(const struct config *cfg)
{
	const struct config_crypto *c = &cfg->crypto;

	switch (c->comp) {
	case CONFIG_COMP_NONE:
		return true;
	case CONFIG_COMP_LZO_STUB:
	case CONFIG_COMP_STUB:
	case CONFIG_COMP_MIGRATE:
		return BUILT_COMPRESSION && !c->comp_none_only && c->comp != CONFIG_COMP_MIGRATE;
	case CONFIG_COMP_STUB_V2:
		return BUILT_COMPRESSION;
	case CONFIG_COMP_LZO:
	case CONFIG_COMP_LZ4:
	case CONFIG_COMP_LZ4_V2:
		return BUILT_COMPRESSION && !c->comp_none_only && !c->comp_stub_only;
	}
	return false;
}

int config_push_done(struct config_push *push, struct err *err)
{
	note_imported(push);
	settle_exit_notify(push);
	settle_pushed_mtu(push);
	/* an item of this group that was refused counts, too: the peer will use that framing */
	if (push->found & GROUP_COMP && (!BUILT_COMPRESSION || !compression_allowed(push->cfg))) {
		config_report_add(
			push->report, LOG_CLASS_ERROR, 1, "%s",
			push->cfg->crypto.comp_none_only
				? "Compression or compression stub framing is not allowed since data-channel offloading is enabled."
				: "Compression is not allowed since allow-compression is set to 'stub-only'");
		config_report_add(
			push->report, LOG_CLASS_ERROR, 1,
			"OPTIONS ERROR: server pushed compression settings that are not allowed and will result in a non-working connection. See also allow-compression in the manual.");
		return err_set(err, ERR_OPTION, "ERROR: Failed to apply push options");
	}
	return dns_check(&push->cfg->dns, err);
}

bool config_push_digested(const struct config *cfg, const char *item)
{
	static const char *const excluded[] = {
		"peer-id ",	   "auth-token ",     "auth-token-user",
		"protocol-flags ", "key-derivation ", "explicit-exit-notify ",
		"ping ",	   "ping-restart ",   "ping-timer ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(excluded); i++)
		if (str_starts(item, excluded[i]))
			return false;
	/* the cipher changes nothing about the device unless its MTU follows from the link's */
	return !(str_starts(item, "cipher ") && !cfg->ce.link_mtu_set);
}
