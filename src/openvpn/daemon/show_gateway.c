/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/show_gateway.h"

#include "net/gateway.h"
#include "net/netlink.h"

enum {
	LINE_MAX_BYTES = 256
};

/* A family without a route prints nothing. */
static void show_family(struct netlink *nl, sa_family_t family, const struct ip_addr *towards,
			const struct log *log)
{
	const struct ip_addr *dst = towards->family == family ? towards : NULL;
	char line[LINE_MAX_BYTES];

	if (gateway_format(nl, family, dst, line, sizeof(line)) == 0)
		log_info(log, 1, "%s", line);
}

int show_gateway(const char *addr, const struct log *log, struct err *err)
{
	struct ip_addr towards = {.family = AF_UNSPEC};
	struct netlink *nl;
	int rc;

	if (addr && ip_addr_parse(addr, &towards) < 0)
		return err_set(
			err, ERR_USAGE,
			"Options error: --show-gateway: '%s' is neither an IPv4 nor an IPv6 address",
			addr);
	rc = netlink_open(log, &nl, err);
	if (rc < 0)
		return rc;
	show_family(nl, AF_INET, &towards, log);
	show_family(nl, AF_INET6, &towards, log);
	netlink_close(nl);
	return 0;
}
