/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole answers of the kernel: to requests of both drivers, about their families, about links. */
#include <linux/netlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "dco_linux.h"
#include "netlink_answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kernel_dialect *const both[] = {&kernel_mainline, &kernel_legacy};

static void on_message(void *ctx, struct nlmsghdr *nlh)
{
	struct kernel_peer_info info;
	struct kernel_event ev;

	(void)ctx;
	for (size_t i = 0; i < 2; i++) {
		(void)both[i]->get_peer(nlh, &info);
		(void)both[i]->get_event(nlh, &ev);
	}
}

static void again(const uint8_t *data, size_t size)
{
	netlink_answers = (struct netlink_answers){.bytes = {data}, .len = {size}, .count = 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log quiet = log_init(NULL, "");
	struct kernel_family family = {.id = 0x21};
	struct kernel_link link;
	struct netlink *nl;
	struct err err = {0};

	if (netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, &err) < 0)
		abort();
	again(data, size);
	if (netlink_exchange(nl, kernel_request(&family, 3, NLM_F_DUMP, 5), on_message, NULL))
		(void)netlink_fail(nl, &err, "fuzz");
	if (memchr(nl->reason, '\0', sizeof(nl->reason)) == NULL)
		abort();
	again(data, size);
	(void)!kernel_family_find(nl, &kernel_mainline, &family, &err);
	again(data, size);
	if (kernel_link_get(nl, "tun0", &link, &err) == 0 &&
	    memchr(link.kind, '\0', sizeof(link.kind)) == NULL)
		abort();
	netlink_close(nl);
	return 0;
}
