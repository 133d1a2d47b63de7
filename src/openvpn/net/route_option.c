/* SPDX-License-Identifier: GPL-2.0-only */
#include "net/route_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

enum {
	NAME_ADDRS_MAX = 64
};

static bool is_default(const char *word)
{
	return !word || strcmp(word, "default") == 0;
}

static int failed(const struct log *log, const struct route_option *opt)
{
	log_warn(log, "OpenVPN ROUTE: failed to parse/resolve route for host/network: %s",
		 opt->network ? opt->network : "");
	return ERR_INVALID;
}

/* vpn_gateway, net_gateway, remote_host. Return: 1 with @out set, 0 for other words, or ERR_*. */
static int special_word(const char *word, const struct route_words *words, const struct log *log,
			struct ip_addr *out)
{
	if (strcmp(word, "vpn_gateway") == 0) {
		*out = words->vpn_gateway;
		if (!ip_addr_is_set(out))
			log_warn(log, "OpenVPN ROUTE: vpn_gateway undefined");
	} else if (strcmp(word, "net_gateway") == 0 || strcmp(word, "net_gateway_ipv6") == 0) {
		*out = words->net_gateway;
		if (!ip_addr_is_set(out))
			log_warn(
				log,
				"OpenVPN ROUTE: net_gateway undefined -- unable to get default gateway from system");
	} else if (strcmp(word, "remote_host") == 0) {
		*out = words->remote_host;
		if (!ip_addr_is_set(out))
			log_warn(log, "OpenVPN ROUTE: remote_host undefined");
	} else {
		return 0;
	}
	return ip_addr_is_set(out) ? 1 : ERR_NOT_FOUND;
}

/* Special word, literal or name to IPv4 addresses. Return: their number (at least 1), or ERR_*. */
static int word_addrs(const char *word, const struct route_words *words, const struct log *log,
		      struct ip_addr *out, size_t cap)
{
	int ret = special_word(word, words, log, out);

	if (ret != 0)
		return ret;
	if (ip_addr_parse_family(word, AF_INET, out) == 0)
		return 1;
	if (!words->resolve)
		return ERR_RESOLVE;
	ret = words->resolve(words->resolve_ctx, word, out, cap);
	return ret == 0 ? ERR_RESOLVE : ret;
}

static int parse_netmask(const char *word, uint8_t *bits)
{
	struct ip_addr mask;
	int ret;

	*bits = 32;
	if (is_default(word))
		return 0;
	if (ip_addr_parse_family(word, AF_INET, &mask) < 0)
		return ERR_INVALID;
	ret = ip_mask4_bits(ntohl(mask.u.in4.s_addr));
	if (ret < 0)
		return ret;
	*bits = (uint8_t)ret;
	return 0;
}

static int parse_metric(const struct route_option *opt, const struct route_words *words,
			const struct log *log, uint32_t *out)
{
	char *end;
	long metric = words->metric;

	if (!is_default(opt->metric)) {
		errno = 0;
		metric = strtol(opt->metric, &end, 10);
		if (errno || *end || end == opt->metric || metric < 0 || metric > UINT32_MAX) {
			log_warn(log,
				 "OpenVPN ROUTE: route metric for network %s (%s) must be >= 0",
				 opt->network, opt->metric);
			return ERR_RANGE;
		}
	}
	*out = metric > 0 ? (uint32_t)metric : 0;
	return 0;
}

static int gateway4(const struct route_option *opt, const struct route_words *words,
		    const struct log *log, struct ip_addr *out)
{
	struct ip_addr addrs[NAME_ADDRS_MAX];
	int n;

	if (is_default(opt->gateway)) {
		*out = words->vpn_gateway;
		if (ip_addr_is_set(out))
			return 0;
		log_warn(
			log,
			"OpenVPN ROUTE: OpenVPN needs a gateway parameter for a --route option and no default was specified by either --route-gateway or --ifconfig options");
		return ERR_NOT_FOUND;
	}
	n = word_addrs(opt->gateway, words, log, addrs, NAME_ADDRS_MAX);
	if (n < 0)
		return n;
	*out = addrs[0];
	return 0;
}

/* The kernel refuses IPv4 networks with host bits set; people write them. */
static void clear_host_bits(struct ip_net *net)
{
	uint8_t *bytes =
		net->addr.family == AF_INET ? (uint8_t *)&net->addr.u.in4 : net->addr.u.in6.s6_addr;
	unsigned int len = net->addr.family == AF_INET ? 32 : 128;

	for (unsigned int bit = net->bits; bit < len; bit++)
		bytes[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
}

int route_option_v4(const struct route_option *opt, const struct route_words *words,
		    const struct log *log, struct route_ops *ops)
{
	struct ip_addr addrs[NAME_ADDRS_MAX];
	struct route rt = {.table = opt->table};
	int n;

	if (!opt->network || parse_netmask(opt->netmask, &rt.dst.bits) < 0 ||
	    gateway4(opt, words, log, &rt.gateway) < 0 ||
	    parse_metric(opt, words, log, &rt.metric) < 0)
		return failed(log, opt);
	n = word_addrs(opt->network, words, log, addrs, NAME_ADDRS_MAX);
	if (n < 0)
		return failed(log, opt);
	for (int i = 0; i < n; i++) {
		rt.dst.addr = addrs[i];
		clear_host_bits(&rt.dst);
		route_ops_add(ops, ROUTE_OP_ADD, &rt);
	}
	return 0;
}

static int parse_net6(const char *text, struct ip_net *out)
{
	char addr[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	long bits = 128;
	char *end;

	if (len >= sizeof(addr))
		return ERR_INVALID;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (slash) {
		errno = 0;
		bits = strtol(slash + 1, &end, 10);
		if (errno || *end || end == slash + 1 || bits < 0 || bits > 128)
			return ERR_INVALID;
	}
	out->bits = (uint8_t)bits;
	return ip_addr_parse_family(addr, AF_INET6, &out->addr);
}

/* A tun device takes everything that is routed to it; only Ethernet needs a next hop. */
static int path6(const struct route_option *opt, const struct route_words *words,
		 const struct log *log, struct route *rt)
{
	struct ip_addr gateway = words->vpn_gateway;
	int ret;

	rt->ifindex = words->tun_ifindex;
	if (!is_default(opt->gateway)) {
		ret = special_word(opt->gateway, words, log, &gateway);
		if (ret < 0)
			return ret;
		if (ret == 0 && ip_addr_parse_family(opt->gateway, AF_INET6, &gateway) < 0)
			return ERR_INVALID;
		if (ret == 1 && str_starts(opt->gateway, "net_gateway")) {
			rt->gateway = gateway;
			rt->ifindex = words->net_ifindex;
			return 0;
		}
	}
	if (words->tap)
		rt->gateway = gateway;
	return 0;
}

int route_option_v6(const struct route_option *opt, const struct route_words *words,
		    const struct log *log, struct route_ops *ops)
{
	struct route rt = {.table = opt->table};

	if (!opt->network || parse_net6(opt->network, &rt.dst) < 0 ||
	    path6(opt, words, log, &rt) < 0 || parse_metric(opt, words, log, &rt.metric) < 0)
		return failed(log, opt);
	clear_host_bits(&rt.dst);
	route_ops_add(ops, ROUTE_OP_ADD, &rt);
	return 0;
}
