/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a pushed route or route-ipv6, separated by newlines. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/route_option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *next_word(char **rest)
{
	char *word = strsep(rest, "\n");

	return word && *word ? word : NULL;
}

static void check(const struct route_ops *ops, sa_family_t family)
{
	for (size_t i = 0; i < ops->n; i++) {
		const struct route *rt = &ops->op[i].route;

		if (rt->dst.addr.family != family || rt->dst.bits > (family == AF_INET ? 32 : 128))
			abort();
		if (!ip_net_contains(&rt->dst, &rt->dst.addr))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct route_words words = {
		.vpn_gateway = {.family = AF_INET, .u.in4.s_addr = 0x0100080a},
		.remote_host = {.family = AF_INET, .u.in4.s_addr = 0x0100000a},
		.metric = -1,
		.tun_ifindex = 5,
	};
	struct log log = {0};
	struct route_ops ops = {0};
	struct str text = str_init();
	struct route_option opt;
	char *rest;

	str_add_len(&text, data, size);
	rest = text.text;
	opt.network = next_word(&rest);
	opt.netmask = next_word(&rest);
	opt.gateway = next_word(&rest);
	opt.metric = next_word(&rest);
	opt.table = 0;
	if (route_option_v4(&opt, &words, &log, &ops) == 0)
		check(&ops, AF_INET);
	route_ops_fini(&ops);
	words.vpn_gateway = (struct ip_addr){.family = AF_INET6};
	words.tap = size & 1;
	if (route_option_v6(&opt, &words, &log, &ops) == 0)
		check(&ops, AF_INET6);
	route_ops_fini(&ops);
	str_fini(&text);
	return 0;
}
