/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/remote_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
	ROUNDS_BEFORE_BACKOFF = 4,
	BACKOFF_SHIFT_MAX = 15,
};

struct remote_list {
	struct remote_list_config cfg;
	bool *disabled;
	size_t entry;
	bool started; /* something was chosen before */
	bool stay;
	bool skip_entry;
	union sock_addr *addrs;
	size_t addr_count;
	size_t addr;
	uint64_t attempts; /* since the tunnel was up last */
	uint32_t backoff_sec;
};

struct remote_list *remote_list_new(const struct remote_list_config *cfg)
{
	struct remote_list *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->cfg = *cfg;
	list->disabled = calloc(cfg->entries ? cfg->entries : 1, sizeof(*list->disabled));
	if (!list->disabled) {
		free(list);
		return NULL;
	}
	return list;
}

void remote_list_free(struct remote_list *list)
{
	if (!list)
		return;
	free(list->addrs);
	free(list->disabled);
	free(list);
}

void remote_list_disable(struct remote_list *list, size_t index)
{
	if (index < list->cfg.entries)
		list->disabled[index] = true;
}

bool remote_list_usable(const struct remote_list *list)
{
	for (size_t i = 0; i < list->cfg.entries; i++)
		if (!list->disabled[i])
			return true;
	return false;
}

static void advance_entry(struct remote_list *list)
{
	do
		list->entry = (list->entry + 1) % list->cfg.entries;
	while (list->disabled[list->entry]);
}

static bool exhausted(const struct remote_list *list)
{
	return list->cfg.attempts_max &&
	       list->attempts > (uint64_t)list->cfg.entries * list->cfg.attempts_max;
}

static enum remote_choice choose_entry(struct remote_list *list)
{
	if (list->started || list->disabled[list->entry])
		advance_entry(list);
	list->started = true;
	list->skip_entry = false;
	list->attempts++;
	remote_list_forget_addresses(list);
	return exhausted(list) ? REMOTE_GIVE_UP : REMOTE_RESOLVE;
}

enum remote_choice remote_list_next(struct remote_list *list)
{
	if (!remote_list_usable(list))
		return REMOTE_GIVE_UP;
	if (list->stay) {
		list->stay = false;
		list->started = true;
		return list->addr_count ? REMOTE_SAME_ADDRESS : REMOTE_RESOLVE;
	}
	if (!list->skip_entry && remote_list_has_more(list)) {
		list->addr++;
		return REMOTE_SAME_ADDRESS;
	}
	return choose_entry(list);
}

int remote_list_set_addresses(struct remote_list *list, const union sock_addr *addrs, size_t count)
{
	union sock_addr *copy = count ? malloc(count * sizeof(*copy)) : NULL;

	if (count && !copy)
		return ERR_NOMEM;
	if (count)
		memcpy(copy, addrs, count * sizeof(*copy));
	free(list->addrs);
	list->addrs = copy;
	list->addr_count = count;
	list->addr = 0;
	return 0;
}

void remote_list_forget_addresses(struct remote_list *list)
{
	free(list->addrs);
	list->addrs = NULL;
	list->addr_count = 0;
	list->addr = 0;
}

size_t remote_list_entry(const struct remote_list *list)
{
	return list->entry;
}

const union sock_addr *remote_list_address(const struct remote_list *list)
{
	return list->addr < list->addr_count ? &list->addrs[list->addr] : NULL;
}

bool remote_list_has_address(const struct remote_list *list, const union sock_addr *addr)
{
	struct ip_addr want = sock_addr_ip(addr);

	for (size_t i = 0; i < list->addr_count; i++) {
		struct ip_addr have = sock_addr_ip(&list->addrs[i]);

		if (ip_addr_equal(&have, &want))
			return true;
	}
	return false;
}

bool remote_list_has_more(const struct remote_list *list)
{
	return list->addr_count && list->addr + 1 < list->addr_count;
}

void remote_list_stay(struct remote_list *list)
{
	list->stay = true;
}

void remote_list_unstay(struct remote_list *list)
{
	list->stay = false;
}

bool remote_list_stays(const struct remote_list *list)
{
	return list->stay;
}

void remote_list_skip_entry(struct remote_list *list)
{
	list->stay = false;
	list->skip_entry = true;
}

void remote_list_connected(struct remote_list *list)
{
	list->attempts = 0;
	list->stay = true;
}

void remote_list_set_backoff(struct remote_list *list, uint32_t sec)
{
	list->backoff_sec = sec;
}

void remote_list_set_base(struct remote_list *list, uint32_t sec)
{
	list->cfg.retry_sec = sec;
}

uint32_t remote_list_pause_sec(struct remote_list *list, bool exponential)
{
	uint64_t rounds = list->attempts / (list->cfg.entries ? list->cfg.entries : 1);
	uint64_t pause = list->cfg.retry_sec;

	if (exponential && rounds > ROUNDS_BEFORE_BACKOFF) {
		uint64_t shift = rounds - ROUNDS_BEFORE_BACKOFF;

		pause <<= shift > BACKOFF_SHIFT_MAX ? BACKOFF_SHIFT_MAX : shift;
	}
	if (pause < list->backoff_sec)
		pause = list->backoff_sec;
	list->backoff_sec = 0;
	return pause > list->cfg.retry_max_sec ? list->cfg.retry_max_sec : (uint32_t)pause;
}
