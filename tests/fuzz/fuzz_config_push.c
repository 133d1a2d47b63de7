/* SPDX-License-Identifier: GPL-2.0-only */
/* The items of a PUSH_REPLY or (first byte odd) PUSH_UPDATE, cut at commas. */
#include <stdlib.h>
#include <string.h>

#include "config/push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char client[] =
	"client\nremote a\nca f\nauth-user-pass\npull-filter ignore \"route 9\"\n"
	"pull-filter reject reject-me\nallow-pull-fqdn\n";

static int check_access(void *ctx, const char *path, int mode)
{
	(void)ctx;
	(void)path;
	(void)mode;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_host host = {.access = check_access, .take_unbuilt = true};
	struct config_report report = {0};
	struct config_push push;
	struct config *cfg;
	struct err err;
	bool update;

	if (size < 1)
		return 0;
	cfg = config_new();
	if (!cfg || config_parse_text(cfg, "c", client, strlen(client), &host, &report, &err) < 0 ||
	    config_finish(cfg, &host, &report, &err) < 0)
		abort();
	config_select_entry(cfg, 0);
	config_push_start(&push, cfg, &host, &report);
	update = data[0] & 1;

	const char *at = (const char *)data + 1;
	size_t left = size - 1;

	while (left > 0) {
		const char *comma = memchr(at, ',', left);
		size_t len = comma ? (size_t)(comma - at) : left;
		int ret = update ? config_push_update_item(&push, at, len, &err)
				 : config_push_item(&push, at, len, &err);

		if (ret < 0)
			break;
		at += comma ? len + 1 : len;
		left -= comma ? len + 1 : len;
	}
	if (config_push_done(&push, &err) < 0)
		config_report_add(&report, LOG_CLASS_ERROR, 1, "%s", err.text);
	config_report_fini(&report);
	config_free(cfg);
	return 0;
}
