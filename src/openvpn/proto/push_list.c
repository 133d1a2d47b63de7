/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of options that a server pushes, and a client's own copy of it. */
#include "proto/push.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct push_entry {
	char *text;
	bool disabled;
};

struct push_list {
	struct push_entry *entries;
	size_t count;
	size_t cap;
	bool block_ifconfig;
	bool block_ifconfig_ipv6;
};

struct push_list *push_list_new(void)
{
	return calloc(1, sizeof(struct push_list));
}

static int push_list_append(struct push_list *list, const char *option)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 16;
		struct push_entry *entries = realloc(list->entries, cap * sizeof(*entries));

		if (!entries)
			return ERR_NOMEM;
		list->entries = entries;
		list->cap = cap;
	}
	list->entries[list->count] = (struct push_entry){.text = strdup(option)};
	if (!list->entries[list->count].text)
		return ERR_NOMEM;
	list->count++;
	return 0;
}

struct push_list *push_list_clone(const struct push_list *list)
{
	struct push_list *copy = push_list_new();

	if (!copy)
		return NULL;
	copy->block_ifconfig = list->block_ifconfig;
	copy->block_ifconfig_ipv6 = list->block_ifconfig_ipv6;
	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i].disabled)
			continue;
		if (push_list_append(copy, list->entries[i].text) < 0) {
			push_list_free(copy);
			return NULL;
		}
	}
	return copy;
}

void push_list_free(struct push_list *list)
{
	if (!list)
		return;
	push_list_reset(list);
	free(list->entries);
	free(list);
}

int push_list_add(struct push_list *list, const char *option, struct err *err)
{
	int ret;

	if (strchr(option, ','))
		return err_set(err, ERR_INVALID,
			       "PUSH OPTION FAILED (illegal comma (',') in string): '%s'", option);
	ret = push_list_append(list, option);
	return ret < 0 ? err_set(err, ret, "push: %s", err_text(ret)) : 0;
}

void push_list_reset(struct push_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].text);
	list->count = 0;
}

void push_list_remove(struct push_list *list, const char *prefix)
{
	if (strcmp(prefix, "ifconfig") == 0)
		list->block_ifconfig = true;
	else if (strcmp(prefix, "ifconfig-ipv6") == 0)
		list->block_ifconfig_ipv6 = true;
	for (size_t i = 0; i < list->count; i++)
		if (str_starts(list->entries[i].text, prefix))
			list->entries[i].disabled = true;
}

bool push_list_ifconfig_blocked(const struct push_list *list)
{
	return list->block_ifconfig;
}

bool push_list_ifconfig_ipv6_blocked(const struct push_list *list)
{
	return list->block_ifconfig_ipv6;
}

/* Cut "route 10.0.0.0 255.0.0.0" into words; more than @max words are reported as @max + 1. */
static size_t push_words(char *text, char **words, size_t max)
{
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(text, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		if (n == max)
			return max + 1;
		words[n++] = w;
	}
	return n;
}

static bool push_route_is(char *const *words, size_t n, const struct ip_net *net)
{
	struct ip_addr addr, mask;
	int bits = 32;

	if (strcmp(words[0], "route") != 0 || n < 2 || net->addr.family != AF_INET)
		return false;
	if (ip_addr_parse_family(words[1], AF_INET, &addr) < 0)
		return false;
	if (n == 3) {
		if (ip_addr_parse_family(words[2], AF_INET, &mask) < 0)
			return false;
		bits = ip_mask4_bits(ntohl(mask.u.in4.s_addr));
	}
	return bits == net->bits && ip_addr_equal(&addr, &net->addr);
}

static bool push_route_ipv6_is(char *const *words, size_t n, const struct ip_net *net)
{
	struct ip_addr addr;
	char *slash;
	long bits = 128;

	if (strcmp(words[0], "route-ipv6") != 0 || n != 2 || net->addr.family != AF_INET6)
		return false;
	slash = strchr(words[1], '/');
	if (slash) {
		*slash = '\0';
		bits = strtol(slash + 1, NULL, 10);
	}
	return ip_addr_parse_family(words[1], AF_INET6, &addr) == 0 && bits == net->bits &&
	       ip_addr_equal(&addr, &net->addr);
}

void push_list_remove_route(struct push_list *list, const struct ip_net *net,
			    void (*removed)(void *ctx, const char *option), void *ctx)
{
	for (size_t i = 0; i < list->count; i++) {
		struct push_entry *e = &list->entries[i];
		char copy[PUSH_ITEM_MAX], *words[3];
		size_t n;

		if (e->disabled || !str_starts(e->text, "route") ||
		    !str_copy(copy, sizeof(copy), e->text))
			continue;
		n = push_words(copy, words, ARRAY_SIZE(words));
		if (n == 0 || n > ARRAY_SIZE(words) ||
		    (!push_route_is(words, n, net) && !push_route_ipv6_is(words, n, net)))
			continue;
		e->disabled = true;
		if (removed)
			removed(ctx, e->text);
	}
}

const char *push_list_at(const struct push_list *list, size_t index)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->entries[i].disabled && index-- == 0)
			return list->entries[i].text;
	return NULL;
}
