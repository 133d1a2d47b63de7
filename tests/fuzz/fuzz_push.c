/* SPDX-License-Identifier: GPL-2.0-only */
/* Push messages as a client takes them apart, and as a server splits an operator's update. */
#include <stdlib.h>
#include <string.h>

#include "proto/push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_message(void *ctx, const char *message)
{
	(void)ctx;
	if (strlen(message) >= PUSH_BUNDLE_MAX)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), item[PUSH_ITEM_MAX];
	struct push_digest *digest = push_digest_new();
	struct push_list *list = push_list_new();
	struct push_computed computed = {0};
	struct ip_net net = {.addr.family = AF_INET, .bits = 8};
	uint8_t out[PUSH_DIGEST_LEN];
	struct err err;
	const char *items;

	if (!text || !digest || !list)
		abort();
	push_classify(text, &items);
	while (push_next_item(&items, item)) {
		struct push_update_item update;

		push_digest_add(digest, item, true);
		push_continuation(item);
		if (push_update_item_parse(item, &update) == 0)
			push_update_item_updatable(update.option);
		if (push_list_add(list, item, &err) < 0)
			abort(); /* items have no commas */
	}
	push_list_remove_route(list, &net, NULL, NULL);
	if (push_digest_get(digest, out) < 0)
		abort();
	if (push_reply_compose(list, &computed, check_message, NULL) < 0)
		abort(); /* items are short enough */
	if (push_update_compose(text, check_message, NULL) < 0 && strlen(text) < 900)
		abort();
	push_list_free(list);
	push_digest_free(digest);
	free(text);
	return 0;
}
